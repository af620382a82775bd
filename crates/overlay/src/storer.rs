//! The storer's side: keep what belongs here, hand it on to the next in order, answer reads.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use roneo_keys::time::{Day, Mono, Now};
use roneo_keys::{Block, Locator, NodeId, SizeClass};
use roneo_packet::{Class, Surb};
use roneo_social::{AnnouncementRecord, RecordName};

use crate::environment::{Environment, Output, RecordRole, StoreOp, Stored, packet_class};
use crate::frame::{Frame, Handover, HandoverOutcome};
use crate::stamp::Load;
use crate::storage_message::{Answer, Ask, Proof, Receipt, Request, Stamp, Word, is_better, receipt_digest};
use crate::timers::Timer;
use crate::toll::{Passage, Passing, Toll};

/// Blocks on their way to this node's disk, at most; each is up to 32 KiB of memory.
pub(crate) const MAX_STORES: usize = 512;
/// Reads of this node's disk under way, at most.
pub(crate) const MAX_LOADS: usize = 1_024;
/// Blocks being handed on to other storers, at most.
pub(crate) const MAX_HANDOVERS: usize = 256;
/// Storers that one block is handed to at a time.
pub(crate) const HANDOVERS_AT_ONCE: usize = 8;
/// How long storers that were handed a block are waited for alone: then the next in order get it too. They
/// are one link and one write to a disk away.
const HANDOVER_PATIENCE: Duration = Duration::from_secs(2);

/// Who waits for a block to be on disk.
enum StoreFor {
    /// A request that came through a path.
    Request { surb: Surb, copies: u8 },
    /// Another storer.
    Handover { from: NodeId, number: u32 },
    /// Nobody: a better record that another storer held.
    Nobody,
}

struct Storing {
    locator: Locator,
    block: Block,
    /// What is written where that is more than the block that came: a record merged with what was kept.
    whole: Option<Block>,
    proof: Proof,
    day: Day,
    stamp: Stamp,
    rank: u8,
    client: StoreFor,
}

struct Loading {
    locator: Locator,
    class: SizeClass,
    day: Day,
    surb: Surb,
}

/// One block being handed on until the copies asked for stand.
struct HandingOn {
    locator: Locator,
    block: Block,
    proof: Proof,
    day: Day,
    stamp: Stamp,
    copies: u8,
    surb: Surb,
    receipts: Vec<Receipt>,
    /// Storers still to be asked, next in order last.
    candidates: Vec<NodeId>,
    asked: BTreeSet<NodeId>,
    /// Asked, and not waited for any more; their receipts still count.
    slow: BTreeSet<NodeId>,
    /// When whoever waits is answered, whatever has come.
    deadline: Mono,
}

impl HandingOn {
    fn no_longer_awaits(&mut self, storer: &NodeId) -> bool {
        self.asked.remove(storer) || self.slow.remove(storer)
    }
}

/// What this node does for others with its disk.
pub(crate) struct Storer {
    toll: Toll,
    storing: BTreeMap<StoreOp, Storing>,
    loading: BTreeMap<StoreOp, Loading>,
    handing: BTreeMap<u32, HandingOn>,
    merges: Merges,
}

/// Records that wait to be merged with what is kept under their locator.
///
/// Merging reads before it writes; two at once could both read the old one, and the worse one be
/// written last. So each locator has a queue for as long as one of its records is read or written.
#[derive(Default)]
struct Merges {
    queues: BTreeMap<Locator, VecDeque<Storing>>,
    /// Reads under way, for the first record of a queue.
    reads: BTreeMap<StoreOp, Locator>,
    /// Records in all queues, those being written not counted.
    waiting: usize,
}

impl Storer {
    pub(crate) fn new(toll: Toll) -> Self {
        Self {
            toll,
            storing: BTreeMap::new(),
            loading: BTreeMap::new(),
            handing: BTreeMap::new(),
            merges: Merges::default(),
        }
    }

    /// How much of what this node can do for others is taken.
    pub(crate) fn load_at(&mut self, now: Mono) -> Load {
        let queues = self.queues();
        self.toll.load(now, queues)
    }

    fn queues(&self) -> Load {
        let part = |taken: usize, room: usize| Load::of(taken as u64, room as u64);
        part(self.loading.len(), MAX_LOADS)
            .max(part(self.storing.len() + self.merges.waiting, MAX_STORES))
            .max(part(self.handing.len(), MAX_HANDOVERS))
    }

    /// Serves a request that ended its path here. What cannot be served is dropped in silence.
    pub(crate) fn request(&mut self, env: &mut Environment, now: Now, from: NodeId, length: usize, payload: &[u8]) {
        env.record(RecordRole::Storer, "request", from, None, length, payload);
        let Ok(request) = Request::from_bytes(payload) else {
            env.counters.dropped_malformed += 1;
            return;
        };
        let Ok(surb) = Surb::from_bytes(&request.surb) else {
            env.counters.dropped_malformed += 1;
            return;
        };
        let Request { locator, class, day, stamp, .. } = request;
        let reply = if request.ask == Ask::Get { packet_class(class) } else { Class::Small };
        let passing = Passing { locator: &locator, class, day, stamp: &stamp };
        let queues = self.queues();
        match self.toll.pass_or_say(&mut env.counters, now, queues, &passing, reply) {
            Passage::Open => self.toll.spend(now.mono, reply.packet_len()),
            Passage::Asks(price) | Passage::AsksMore(price) => {
                let word = Word::Price(price.code()).sign(&env.secret, &locator, day);
                return answer(env, now, surb, reply, &word);
            }
            Passage::Silent => return,
        }
        env.counters.requests_served += 1;
        match request.ask {
            Ask::Get => self.load(env, Loading { locator, class, day, surb }),
            Ask::Put { block, proof, copies } => {
                let client = StoreFor::Request { surb, copies };
                self.keep(env, now, Storing { locator, block, whole: None, proof, day, stamp, rank: 0, client });
            }
        }
    }

    /// Serves a block that another storer hands on.
    pub(crate) fn handover(&mut self, env: &mut Environment, now: Now, from: NodeId, handover: Handover) {
        let Handover { number, day, stamp, proof, block, .. } = handover;
        env.record(RecordRole::Storer, "handover", from, None, block.bytes().len(), block.bytes());
        let client = StoreFor::Handover { from, number };
        let Some(locator) = proof.locator(&block) else {
            env.counters.blocks_refused += 1;
            let outcome = HandoverOutcome::Refused;
            return env.send(now.mono, from, &Frame::HandoverAnswer { number, outcome });
        };
        let passing = Passing { locator: &locator, class: block.class(), day, stamp: &stamp };
        let queues = self.queues();
        // Whoever hands on turns to the next then; the writer hears the price when it asks this storer itself.
        if self.toll.pass(&mut env.counters, now, queues, &passing) != Passage::Open {
            return env.send(now.mono, from, &Frame::HandoverAnswer { number, outcome: HandoverOutcome::Full });
        }
        self.keep(env, now, Storing { locator, block, whole: None, proof, day, stamp, rank: 0, client });
    }

    /// Keeps a block if this node is one of its storers and it is what it claims to be.
    fn keep(&mut self, env: &mut Environment, now: Now, storing: Storing) {
        let Storing { locator, day, .. } = storing;
        let Some(rank) = rank_of_keeper(env, now, &storing) else {
            return refuse(env, now, &locator, day, storing.client);
        };
        if self.storing.len() + self.merges.waiting >= MAX_STORES {
            env.counters.blocks_full += 1;
            return refuse(env, now, &locator, day, storing.client);
        }
        let storing = Storing { rank, ..storing };
        match storing.proof {
            Proof::Hash => self.store(env, storing),
            Proof::Signed | Proof::Announced => {
                let at_work = self.merges.queues.contains_key(&locator);
                self.merges.queues.entry(locator).or_default().push_back(storing);
                self.merges.waiting += 1;
                if !at_work {
                    self.merge_next(env, locator);
                }
            }
        }
    }

    /// Reads what is kept where the first record of a queue belongs.
    fn merge_next(&mut self, env: &mut Environment, locator: Locator) {
        match self.merges.queues.get(&locator) {
            Some(queue) if !queue.is_empty() => {
                let op = env.new_op();
                env.outputs.push_back(Output::Load { op, locator });
                self.merges.reads.insert(op, locator);
            }
            _ => drop(self.merges.queues.remove(&locator)),
        }
    }

    /// Keeps the better of what is kept and what came, or both where they are announcements.
    fn merge(&mut self, env: &mut Environment, now: Now, locator: Locator, kept: Option<Block>) {
        let Some(queue) = self.merges.queues.get_mut(&locator) else { return };
        let Some(mut storing) = queue.pop_front() else { return };
        self.merges.waiting -= 1;
        if storing.proof == Proof::Announced {
            match united(&storing.block, kept.as_ref()) {
                Union::Grown(whole) => {
                    storing.whole = Some(whole);
                    self.store(env, storing);
                }
                Union::Same => {
                    self.kept(env, now, storing);
                    self.merge_next(env, locator);
                }
                Union::Outbid => {
                    full(env, now, storing);
                    self.merge_next(env, locator);
                }
            }
            return;
        }
        match kept {
            Some(kept) if kept == storing.block => {
                self.kept(env, now, storing);
                self.merge_next(env, locator);
            }
            Some(kept) if is_better(&kept, &storing.block) == Ok(true) => {
                held(env, now, storing, kept);
                self.merge_next(env, locator);
            }
            // The queue goes on once it is on disk.
            _ => self.store(env, storing),
        }
    }

    /// Takes another storer's answer to a block handed on to it.
    pub(crate) fn handover_answer(
        &mut self,
        env: &mut Environment,
        now: Now,
        from: NodeId,
        number: u32,
        outcome: HandoverOutcome,
    ) {
        let Some(handing) = self.handing.get_mut(&number) else { return };
        if !handing.no_longer_awaits(&from) {
            return;
        }
        match outcome {
            HandoverOutcome::Kept { rank, signature } => {
                let digest = receipt_digest(&handing.locator, &handing.block, handing.day);
                if from.verify(&digest, &signature).is_ok() {
                    handing.receipts.push(Receipt { rank, signature });
                    env.counters.handed_over += 1;
                }
            }
            HandoverOutcome::Held(better) => return self.superseded(env, now, number, better),
            HandoverOutcome::Full | HandoverOutcome::Refused => {}
        }
        self.hand_on(env, now, number);
    }

    /// Another storer keeps a better record than the one being handed on: this node keeps it too,
    /// and the writer is told.
    fn superseded(&mut self, env: &mut Environment, now: Now, number: u32, better: Block) {
        let Some(handing) = self.handing.get(&number) else { return };
        let (locator, day, stamp) = (handing.locator, handing.day, handing.stamp);
        let genuine = handing.proof == Proof::Signed
            && is_better(&better, &handing.block) == Ok(true)
            && Proof::Signed.holds(&locator, &better, now.wall, env.rules.announcement_floor);
        if !genuine {
            env.counters.answers_forged += 1;
            return self.hand_on(env, now, number);
        }
        if let Some(handing) = self.handing.remove(&number) {
            answer(env, now, handing.surb, Class::Small, &Answer::Held(better.clone()));
        }
        let client = StoreFor::Nobody;
        self.keep(
            env,
            now,
            Storing { locator, block: better, whole: None, proof: Proof::Signed, day, stamp, rank: 0, client },
        );
    }

    /// Takes the datastore's word that a block is on disk, or is not.
    pub(crate) fn stored(&mut self, env: &mut Environment, now: Now, op: StoreOp, outcome: Stored) {
        let Some(storing) = self.storing.remove(&op) else { return };
        let (locator, proof) = (storing.locator, storing.proof);
        if outcome == Stored::Kept {
            env.counters.blocks_kept += 1;
            self.kept(env, now, storing);
        } else {
            full(env, now, storing);
        }
        if proof != Proof::Hash {
            self.merge_next(env, locator);
        }
    }

    /// A block is on disk: signs for it, and hands it on for whoever came through a path.
    fn kept(&mut self, env: &mut Environment, now: Now, storing: Storing) {
        let Storing { locator, block, whole: _, proof, day, stamp, rank, client } = storing;
        let signature = env.secret.sign(&receipt_digest(&locator, &block, day));
        match client {
            StoreFor::Nobody => {}
            StoreFor::Handover { from, number } => {
                let outcome = HandoverOutcome::Kept { rank, signature };
                env.send(now.mono, from, &Frame::HandoverAnswer { number, outcome });
            }
            StoreFor::Request { surb, copies } => {
                let mut candidates = env.order(now, &locator);
                candidates.retain(|node| *node != env.me && env.usable(now, node));
                candidates.reverse();
                let receipts = vec![Receipt { rank, signature }];
                let (asked, slow) = (BTreeSet::new(), BTreeSet::new());
                let deadline = now.mono + env.rules.handover_wait;
                let handing = HandingOn {
                    locator,
                    block,
                    proof,
                    day,
                    stamp,
                    copies,
                    surb,
                    receipts,
                    candidates,
                    asked,
                    slow,
                    deadline,
                };
                let number = env.random_u32();
                if self.handing.len() >= MAX_HANDOVERS || self.handing.contains_key(&number) {
                    finish(env, now, handing);
                    return;
                }
                self.handing.insert(number, handing);
                env.timers.set(now.mono + HANDOVER_PATIENCE, Timer::Handover(number));
                self.hand_on(env, now, number);
            }
        }
    }

    /// Takes the datastore's answer to a read.
    pub(crate) fn loaded(&mut self, env: &mut Environment, now: Now, op: StoreOp, block: Option<Block>) {
        if let Some(locator) = self.merges.reads.remove(&op) {
            return self.merge(env, now, locator, block);
        }
        let Some(Loading { locator, class, day, surb }) = self.loading.remove(&op) else { return };
        let reply = match block.filter(|block| block.class() == class) {
            Some(block) => {
                env.counters.reads_found += 1;
                Answer::Found(block)
            }
            None => {
                env.counters.reads_not_found += 1;
                Word::NotFound.sign(&env.secret, &locator, day)
            }
        };
        answer(env, now, surb, packet_class(class), &reply);
    }

    /// Turns to the next storers, or at last answers with the receipts that have come, however many these are.
    pub(crate) fn handover_overdue(&mut self, env: &mut Environment, now: Now, number: u32) {
        let Some(handing) = self.handing.get_mut(&number) else { return };
        if now.mono < handing.deadline {
            handing.slow.append(&mut handing.asked);
            env.timers.set(handing.deadline, Timer::Handover(number));
            self.hand_on(env, now, number);
        } else if let Some(handing) = self.handing.remove(&number) {
            finish(env, now, handing);
        }
    }

    /// A link closed or could not be opened: what was handed on over it will not be answered.
    pub(crate) fn link_down(&mut self, env: &mut Environment, now: Now, peer: NodeId) {
        let waiting: Vec<u32> = self
            .handing
            .iter_mut()
            .filter_map(|(number, handing)| handing.no_longer_awaits(&peer).then_some(*number))
            .collect();
        for number in waiting {
            self.hand_on(env, now, number);
        }
    }

    fn store(&mut self, env: &mut Environment, mut storing: Storing) {
        let op = env.new_op();
        let block = storing.whole.take().unwrap_or_else(|| storing.block.clone());
        env.outputs.push_back(Output::Store { op, locator: storing.locator, block });
        self.storing.insert(op, storing);
    }

    fn load(&mut self, env: &mut Environment, loading: Loading) {
        // Beyond the bound a reader hears nothing and asks the next storer.
        if self.loading.len() < MAX_LOADS {
            let op = env.new_op();
            env.outputs.push_back(Output::Load { op, locator: loading.locator });
            self.loading.insert(op, loading);
        }
    }

    /// Hands a block to as many of the next storers as are still needed, or answers if none is.
    fn hand_on(&mut self, env: &mut Environment, now: Now, number: u32) {
        let Some(handing) = self.handing.get_mut(&number) else { return };
        let wanted = usize::from(handing.copies).saturating_sub(handing.receipts.len());
        while handing.asked.len() < wanted.min(HANDOVERS_AT_ONCE)
            && let Some(next) = handing.candidates.pop()
        {
            handing.asked.insert(next);
            let handover = Handover {
                number,
                day: handing.day,
                copies: handing.copies,
                stamp: handing.stamp,
                proof: handing.proof,
                block: handing.block.clone(),
            };
            self.toll.spend(now.mono, handover.block.bytes().len());
            env.send(now.mono, next, &Frame::Handover(handover));
        }
        let nobody_is_awaited = handing.asked.is_empty() && handing.slow.is_empty();
        if (wanted == 0 || nobody_is_awaited)
            && let Some(handing) = self.handing.remove(&number)
        {
            finish(env, now, handing);
        }
    }
}

/// This node's place in the order of a block's storers, if the block is what it claims to be and the
/// order names this node.
fn rank_of_keeper(env: &mut Environment, now: Now, storing: &Storing) -> Option<u8> {
    let Storing { locator, block, proof, day, .. } = storing;
    let today = now.wall.day();
    let around_midnight = [today.previous(), today, today.next()].contains(day);
    let rank = env.order(now, locator).iter().position(|node| *node == env.me);
    // What costs most, signatures, is looked at last.
    let keeper = rank
        .filter(|_| around_midnight)
        .filter(|_| proof.holds(locator, block, now.wall, env.rules.announcement_floor));
    if keeper.is_none() {
        env.counters.blocks_refused += 1;
    }
    keeper.and_then(|rank| u8::try_from(rank).ok())
}

fn refuse(env: &mut Environment, now: Now, locator: &Locator, day: Day, client: StoreFor) {
    match client {
        StoreFor::Request { surb, .. } => {
            answer(env, now, surb, Class::Small, &Word::Refused.sign(&env.secret, locator, day));
        }
        StoreFor::Handover { from, number } => {
            env.send(now.mono, from, &Frame::HandoverAnswer { number, outcome: HandoverOutcome::Refused });
        }
        StoreFor::Nobody => {}
    }
}

/// What becomes of a record of announcements that is kept, by what came.
enum Union {
    /// All that came was there.
    Same,
    /// The kept one is full of what has more work in it.
    Outbid,
    /// This is what both come to.
    Grown(Block),
}

/// Both were checked before: what came as it came, what is kept when it was written.
fn united(came: &Block, kept: Option<&Block>) -> Union {
    let read = |block: &Block| {
        let name = RecordName::claimed(block.bytes())?;
        AnnouncementRecord::checked_before(block.bytes(), name).ok()
    };
    let Some(came) = read(came) else { return Union::Outbid };
    // Under this locator nothing else can be kept; what is damaged is replaced.
    let kept = kept.and_then(read).unwrap_or_else(|| AnnouncementRecord::empty(*came.name()));
    if kept.covers(&came) {
        return Union::Same;
    }
    let mut whole = kept.clone();
    whole.merge(&came);
    match Block::new(whole.to_bytes()) {
        Ok(block) if whole != kept => Union::Grown(block),
        _ => Union::Outbid,
    }
}

/// Tells whoever brought a block that there is no room for it.
fn full(env: &mut Environment, now: Now, storing: Storing) {
    env.counters.blocks_full += 1;
    match storing.client {
        StoreFor::Request { surb, .. } => {
            let word = Word::Full.sign(&env.secret, &storing.locator, storing.day);
            answer(env, now, surb, Class::Small, &word);
        }
        StoreFor::Handover { from, number } => {
            env.send(now.mono, from, &Frame::HandoverAnswer { number, outcome: HandoverOutcome::Full });
        }
        StoreFor::Nobody => {}
    }
}

/// Tells whoever brought a record that a better one is kept.
fn held(env: &mut Environment, now: Now, storing: Storing, better: Block) {
    env.counters.records_superseded += 1;
    match storing.client {
        StoreFor::Request { surb, .. } => answer(env, now, surb, Class::Small, &Answer::Held(better)),
        StoreFor::Handover { from, number } => {
            let outcome = HandoverOutcome::Held(better);
            env.send(now.mono, from, &Frame::HandoverAnswer { number, outcome });
        }
        StoreFor::Nobody => {}
    }
}

fn finish(env: &mut Environment, now: Now, handing: HandingOn) {
    answer(env, now, handing.surb, Class::Small, &Answer::Receipts(handing.receipts));
}

fn answer(env: &mut Environment, now: Now, surb: Surb, class: Class, answer: &Answer) {
    // The budget of both classes is checked at compile time; a reply block of the wrong class is
    // its maker's fault and dropped at the first hop.
    if let Ok((first_hop, packet)) = surb.reply(class, &answer.to_bytes()) {
        env.send(now.mono, first_hop, &Frame::Packet(packet.into_bytes()));
    }
}
