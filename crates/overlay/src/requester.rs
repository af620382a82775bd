//! The user's side: place blocks until their copies stand, search for blocks until one hashes right.
//!
//! Each request asks storers in the locator's order through paths drawn afresh. Only an answer is a
//! try; a silence is retried on other paths, and a storer silent on all of them is passed over. So is at
//! once one whose link closes, or that is no longer heard when its answer is overdue. A placement does
//! not wait for one that was silent: from then on the next in order is asked beside it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rand::Rng;
use roneo_content::record::Record;
use roneo_keys::time::{Day, Mono, Now};
use roneo_keys::{Block, Locator, NodeId, SizeClass};
use roneo_packet::{Class, Packet, ReplyKey, SealedReply, SurbId, make_surb, wrap};
use roneo_social::{AnnouncementRecord, Proof as WorkProof, RecordName};

use crate::defences::HashCheck;
use crate::environment::{Environment, NoPath, Output, RecordRole, Routes, SolveId, packet_class};
use crate::frame::Frame;
use crate::round_trip::RoundTrip;
use crate::rules::Prices;
use crate::stamp::{self, Price};
use crate::storage_message::{Answer, Ask, MAX_COPIES, Proof, Receipt, Request, Stamp, receipt_digest};
use crate::timers::Timer;

/// Requests under way, at most.
pub const MAX_REQUESTS: usize = 1_024;
/// Paths on which one storer is asked before its silence counts.
pub(crate) const PATHS_PER_STORER: u32 = 4;
/// Storers whose answers one search takes, at most: 2 first, then 2, then 4.
pub(crate) const MAX_ANSWERS: usize = 8;
/// Stamps being made at one time, at most; beyond it a storer that asks for one is passed over.
pub const MAX_SOLVES: usize = 16;
/// Stamps that one request has made for one storer, at most: its price may rise meanwhile, and it may lie.
const STAMPS_PER_STORER: u32 = 3;
/// How long a stamp may take; one of the highest price paid takes 10 s on the mean.
const SOLVE_PATIENCE: Duration = Duration::from_secs(60);
/// How long a storer is taken to ask what it asked: meanwhile its stamps are made before it is asked again.
const PRICE_KNOWN: Duration = Duration::from_secs(60);
/// Storers whose prices are known, at most.
const MAX_PRICES_KNOWN: usize = 256;
/// How long a request that found no path is left alone.
const HOLD: Duration = Duration::from_millis(250);
/// Storers asked at one time by a placement, all but one of them silent on a path before.
const PLACED_AT_ONCE: usize = 3;
/// Storers asked at one time by a search that counts copies.
const COUNTED_AT_ONCE: usize = 4;

/// Names one request of this node for as long as it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// How many storers a search asks before it has heard from any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstAsk {
    /// One: for shards, where another shard of the segment does as well as another copy.
    One,
    /// Two: for everything that nothing else can stand in for.
    Two,
    /// So many, the first in order, and each of them: the search does not end with the first that has
    /// the block, but counts its copies. A storer that has not been heard lately is taken for silent.
    Every(u8),
}

/// What came of a search for a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlockAnswer {
    /// The block, its hash checked.
    pub block: Option<Block>,
    /// Storers that answered with it: one at most, unless [`FirstAsk::Every`] was asked.
    pub holding: usize,
    /// Storers that answered that they do not have it.
    pub without: usize,
    /// Of [`FirstAsk::Every`]: those of them that gave no answer of use. Else 0.
    pub silent: usize,
}

impl BlockAnswer {
    /// That nobody has it: `without` storers answered so.
    #[must_use]
    pub fn missing(without: usize) -> Self {
        Self { without, ..Self::default() }
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Copies of a block stand; more are being placed.
    Placing {
        /// Which request.
        request: RequestId,
        /// Distinct storers whose receipts verified.
        receipts: u8,
    },
    /// A placement ended: as many copies stand as were wanted, or no storer is left to ask.
    Placed {
        /// Which request.
        request: RequestId,
        /// Distinct storers whose receipts verified.
        receipts: u8,
    },
    /// A placement of a record ended early: a storer keeps a better one of the same name.
    Superseded {
        /// Which request.
        request: RequestId,
        /// The better one; its signatures were checked.
        record: Record,
    },
    /// A search for a record ended.
    RecordSearched {
        /// Which request.
        request: RequestId,
        /// The best of those that came, their signatures checked.
        best: Option<Record>,
        /// Storers that answered, with a record or that they have none.
        answered: usize,
        /// Storers that answered with the best one.
        agreeing: usize,
    },
    /// Announcements were gathered.
    Gathered {
        /// Which request.
        request: RequestId,
        /// All that storers gave, each of them checked.
        record: AnnouncementRecord,
        /// Storers that answered, with a record or that they have none.
        answered: usize,
    },
    /// A search ended.
    Searched {
        /// Which request.
        request: RequestId,
        /// What came of it.
        answer: BlockAnswer,
    },
}

impl Event {
    /// Whose news it is.
    #[must_use]
    pub fn request(&self) -> RequestId {
        match self {
            Self::Placing { request, .. }
            | Self::Placed { request, .. }
            | Self::Superseded { request, .. }
            | Self::RecordSearched { request, .. }
            | Self::Gathered { request, .. }
            | Self::Searched { request, .. } => *request,
        }
    }
}

/// Too many requests under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests under way")]
pub struct TooManyRequests;

enum Work {
    Place { block: Block, proof: Proof, wanted: u8, holders: BTreeSet<NodeId> },
    Search { class: SizeClass, answers: usize, at_once: usize },
    Count { class: SizeClass, storers: u8, answer: BlockAnswer },
    SearchRecord(RecordSearch),
    Gather(Gathering),
}

impl Work {
    /// The size of what is placed or looked for.
    fn class(&self) -> SizeClass {
        match self {
            Self::Place { block, .. } => block.class(),
            Self::Search { class, .. } | Self::Count { class, .. } => *class,
            Self::SearchRecord(_) => SizeClass::Leaf,
            Self::Gather(_) => SizeClass::Block,
        }
    }
}

/// A search for announcements: a storer may leave some out, so that the answers of several are merged.
struct Gathering {
    wanted: usize,
    record: AnnouncementRecord,
    answered: usize,
    /// Storers whose answer was no answer.
    forged: usize,
}

/// A search for the best record of a name: not the first answer ends it, but enough of them.
struct RecordSearch {
    wanted: usize,
    best: Option<Record>,
    answered: usize,
    agreeing: usize,
    /// Storers whose answer was no answer.
    forged: usize,
}

impl RecordSearch {
    fn take(&mut self, record: Record) {
        match self.best.as_ref().map(|best| record.against(best)) {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) => self.agreeing += 1,
            Some(Ordering::Greater) | None => (self.best, self.agreeing) = (Some(record), 1),
        }
        self.answered += 1;
    }
}

/// One storer as one request sees it.
#[derive(Default)]
struct Asked {
    tries: u32,
    /// The newest attempt; `None` once it answered or was passed over.
    attempt: Option<SurbId>,
    /// Whether one was sent again because the guard was gone. That is no try, once.
    resent: bool,
    /// What it is shown, and on which day it is worth something.
    stamp: Option<(Stamp, Day)>,
    /// The stamp being made for it.
    solving: Option<SolveId>,
    /// Stamps that were begun for it.
    stamps: u32,
    /// Whether it asked for more than is paid.
    dear: bool,
}

struct Running {
    locator: Locator,
    work: Work,
    /// Storers not asked yet, in order.
    candidates: VecDeque<NodeId>,
    asked: BTreeMap<NodeId, Asked>,
    attempts: Vec<SurbId>,
}

impl Running {
    fn in_flight(&self) -> usize {
        self.asked.values().filter(|asked| asked.attempt.is_some()).count()
    }

    /// Storers that a stamp is being made for.
    fn solving(&self) -> usize {
        self.asked.values().filter(|asked| asked.solving.is_some()).count()
    }

    /// Storers that named a price: they have not answered, and count among those that a search may ask.
    fn priced(&self) -> usize {
        self.asked.values().filter(|asked| asked.solving.is_some() || asked.dear).count()
    }

    /// Storers that were to be asked when there was no path to them, and will be.
    fn held(&self) -> usize {
        self.candidates.iter().filter(|candidate| self.asked.contains_key(candidate)).count()
    }

    /// Whether a storer is being asked that was not silent yet.
    fn is_hopeful(&self) -> bool {
        self.asked.values().any(|asked| asked.attempt.is_some() && asked.tries == 1)
    }
}

struct Attempt {
    request: RequestId,
    storer: NodeId,
    key: ReplyKey,
    day: Day,
    sent: Mono,
    guard: NodeId,
    relays: Vec<NodeId>,
}

/// A stamp being made.
struct Solving {
    request: RequestId,
    storer: NodeId,
    day: Day,
}

/// The requests of this node's own user.
#[derive(Default)]
pub(crate) struct Requester {
    running: BTreeMap<RequestId, Running>,
    attempts: BTreeMap<SurbId, Attempt>,
    next: u64,
    /// Stamps being made, for whom.
    solves: BTreeMap<SolveId, Solving>,
    next_solve: u64,
    max_price: Price,
    /// What storers asked lately.
    prices: BTreeMap<NodeId, (Price, Mono)>,
    /// Round trips of reads, and of placements with their hand-overs.
    reads: RoundTrip,
    placements: RoundTrip,
}

impl Requester {
    pub(crate) fn place(
        &mut self,
        env: &mut Environment,
        now: Now,
        block: Block,
        copies: u8,
    ) -> Result<RequestId, TooManyRequests> {
        let locator = block.locator();
        let wanted = copies.clamp(1, MAX_COPIES);
        self.begin(env, now, locator, Work::Place { block, proof: Proof::Hash, wanted, holders: BTreeSet::new() })
    }

    pub(crate) fn place_record(
        &mut self,
        env: &mut Environment,
        now: Now,
        record: &Record,
        copies: u8,
    ) -> Result<RequestId, TooManyRequests> {
        let (locator, block) = (record.locator(), record.block().clone());
        let wanted = copies.clamp(1, MAX_COPIES);
        self.begin(env, now, locator, Work::Place { block, proof: Proof::Signed, wanted, holders: BTreeSet::new() })
    }

    pub(crate) fn search_record(
        &mut self,
        env: &mut Environment,
        now: Now,
        locator: Locator,
        answers: usize,
    ) -> Result<RequestId, TooManyRequests> {
        let id = self.search_record_later(env, now, locator, answers)?;
        self.advance(env, now, id);
        Ok(id)
    }

    /// As [`search_record`](Self::search_record), but nobody is asked before [`advance`](Self::advance).
    pub(crate) fn search_record_later(
        &mut self,
        env: &Environment,
        now: Now,
        locator: Locator,
        answers: usize,
    ) -> Result<RequestId, TooManyRequests> {
        let wanted = answers.clamp(1, MAX_ANSWERS);
        let search = RecordSearch { wanted, best: None, answered: 0, agreeing: 0, forged: 0 };
        self.prepare(env, now, locator, Work::SearchRecord(search))
    }

    pub(crate) fn place_announcements(
        &mut self,
        env: &mut Environment,
        now: Now,
        record: &AnnouncementRecord,
        copies: u8,
    ) -> Result<RequestId, TooManyRequests> {
        let block = Block::new(record.to_bytes()).expect("a record of announcements is as long as a block");
        let wanted = copies.clamp(1, MAX_COPIES);
        let work = Work::Place { block, proof: Proof::Announced, wanted, holders: BTreeSet::new() };
        self.begin(env, now, record.name().locator(), work)
    }

    pub(crate) fn gather(
        &mut self,
        env: &mut Environment,
        now: Now,
        name: RecordName,
        answers: usize,
    ) -> Result<RequestId, TooManyRequests> {
        let id = self.gather_later(env, now, name, answers)?;
        self.advance(env, now, id);
        Ok(id)
    }

    /// As [`gather`](Self::gather), but nobody is asked before [`advance`](Self::advance).
    pub(crate) fn gather_later(
        &mut self,
        env: &Environment,
        now: Now,
        name: RecordName,
        answers: usize,
    ) -> Result<RequestId, TooManyRequests> {
        let (wanted, record) = (answers.clamp(1, MAX_ANSWERS), AnnouncementRecord::empty(name));
        let gathering = Gathering { wanted, record, answered: 0, forged: 0 };
        self.prepare(env, now, name.locator(), Work::Gather(gathering))
    }

    pub(crate) fn search(
        &mut self,
        env: &mut Environment,
        now: Now,
        locator: Locator,
        class: SizeClass,
        first: FirstAsk,
    ) -> Result<RequestId, TooManyRequests> {
        let work = match first {
            FirstAsk::One => Work::Search { class, answers: 0, at_once: 1 },
            FirstAsk::Two => Work::Search { class, answers: 0, at_once: 2 },
            FirstAsk::Every(storers) => Work::Count { class, storers, answer: BlockAnswer::default() },
        };
        self.begin(env, now, locator, work)
    }

    fn begin(
        &mut self,
        env: &mut Environment,
        now: Now,
        locator: Locator,
        work: Work,
    ) -> Result<RequestId, TooManyRequests> {
        let id = self.prepare(env, now, locator, work)?;
        self.advance(env, now, id);
        Ok(id)
    }

    fn prepare(
        &mut self,
        env: &Environment,
        now: Now,
        locator: Locator,
        work: Work,
    ) -> Result<RequestId, TooManyRequests> {
        if self.running.len() >= MAX_REQUESTS {
            return Err(TooManyRequests);
        }
        self.next += 1;
        let id = RequestId(self.next);
        let candidates = candidates(env, now, &locator, &work);
        let running = Running { locator, work, candidates, asked: BTreeMap::new(), attempts: Vec::new() };
        self.running.insert(id, running);
        Ok(id)
    }

    /// Whether a request has not ended.
    pub(crate) fn is_running(&self, id: RequestId) -> bool {
        self.running.contains_key(&id)
    }

    /// Forgets a request; answers to it will find nobody.
    pub(crate) fn cancel(&mut self, env: &mut Environment, id: RequestId) {
        if let Some(running) = self.running.remove(&id) {
            for solve in running.asked.values().filter_map(|asked| asked.solving) {
                self.solves.remove(&solve);
                env.outputs.push_back(Output::Unsolve { solve });
            }
            for attempt in running.attempts {
                self.attempts.remove(&attempt);
            }
        }
    }

    /// Requests under way.
    pub(crate) fn count(&self) -> usize {
        self.running.len()
    }

    /// Takes an answer. One that matches no outstanding reply block is dropped.
    pub(crate) fn reply(
        &mut self,
        env: &mut Environment,
        now: Now,
        from: NodeId,
        length: usize,
        id: SurbId,
        sealed: SealedReply,
    ) {
        let Some(attempt) = self.attempts.remove(&id) else {
            env.counters.replies_unknown += 1;
            return;
        };
        let Ok(payload) = attempt.key.open(sealed) else {
            env.counters.dropped_unreadable += 1;
            return;
        };
        env.counters.replies_opened += 1;
        env.record(RecordRole::User, "answer", from, None, length, &payload);
        let Some(running) = self.running.get_mut(&attempt.request) else { return };
        running.attempts.retain(|other| *other != id);
        let answer = Answer::from_bytes(&payload);
        let Ok(answer) = answer.and_then(|answer| {
            let genuine = answer.is_from(&attempt.storer, &running.locator, attempt.day);
            if genuine { Ok(answer) } else { Err(crate::storage_message::Malformed) }
        }) else {
            env.counters.answers_forged += 1;
            return self.pass_over(env, now, attempt.request, attempt.storer);
        };
        for relay in &attempt.relays {
            env.view.heard(now, relay);
        }
        if attempt.storer != env.me {
            env.view.heard(now, &attempt.storer);
        }
        if let Answer::Price(price, _) = answer {
            return self.priced(env, now, id, &attempt, price);
        }
        let took = now.mono.since(attempt.sent);
        match running.work {
            Work::Place { .. } => {
                self.placements.measure(took);
                self.placed(env, now, &attempt, answer);
            }
            Work::Search { .. } => {
                self.reads.measure(took);
                self.searched(env, now, &attempt, answer);
            }
            Work::Count { .. } => {
                self.reads.measure(took);
                self.counted(env, now, &attempt, answer);
            }
            Work::SearchRecord(_) => {
                self.reads.measure(took);
                self.searched_record(env, now, &attempt, answer);
            }
            Work::Gather(_) => {
                self.reads.measure(took);
                self.gathered(env, now, &attempt, answer);
            }
        }
    }

    fn placed(&mut self, env: &mut Environment, now: Now, attempt: &Attempt, answer: Answer) {
        let Some(running) = self.running.get_mut(&attempt.request) else { return };
        let Work::Place { block, proof, wanted, holders } = &mut running.work else { return };
        if let Answer::Held(held) = &answer {
            let better = Record::check(&running.locator, held, now.wall.day()).ok().filter(|record| {
                *proof == Proof::Signed && Record::parse(block).is_ok_and(|placed| record.against(&placed).is_gt())
            });
            if let Some(record) = better {
                return self.finish(env, Event::Superseded { request: attempt.request, record });
            }
            env.counters.answers_forged += 1;
        }
        if let Answer::Receipts(receipts) = answer {
            let digest = receipt_digest(&running.locator, block, attempt.day);
            let order = env.order(now, &running.locator);
            for receipt in receipts {
                match signer(&order, &receipt, &digest) {
                    Some(node) => {
                        env.counters.receipts_verified += 1;
                        holders.insert(node);
                    }
                    None => env.counters.receipts_refused += 1,
                }
            }
        }
        let receipts = u8::try_from(holders.len()).unwrap_or(u8::MAX);
        if receipts < *wanted {
            env.outputs.push_back(Output::Event(Event::Placing { request: attempt.request, receipts }));
        }
        self.pass_over(env, now, attempt.request, attempt.storer);
    }

    fn searched(&mut self, env: &mut Environment, now: Now, attempt: &Attempt, answer: Answer) {
        let Some(running) = self.running.get_mut(&attempt.request) else { return };
        let Work::Search { class, answers, at_once } = &mut running.work else { return };
        if let Answer::Found(block) = answer {
            let genuine = env.defences.hash_check == HashCheck::Off || block.locator() == running.locator;
            if genuine && block.class() == *class {
                let answer = BlockAnswer { block: Some(block), holding: 1, without: *answers, silent: 0 };
                return self.finish(env, Event::Searched { request: attempt.request, answer });
            }
            env.counters.answers_forged += 1;
        }
        *answers += 1;
        // 1 or 2 first, 2 more once these have answered, then 4.
        *at_once = if *answers >= 4 { 4 } else { 2 };
        self.pass_over(env, now, attempt.request, attempt.storer);
    }

    fn counted(&mut self, env: &mut Environment, now: Now, attempt: &Attempt, answer: Answer) {
        let Some(running) = self.running.get_mut(&attempt.request) else { return };
        let Work::Count { class, answer: so_far, .. } = &mut running.work else { return };
        match answer {
            Answer::Found(block) if block.locator() == running.locator && block.class() == *class => {
                so_far.block = Some(block);
                so_far.holding += 1;
            }
            // Whoever answers with other bytes keeps no copy, and is not believed to say so.
            Answer::Found(_) => env.counters.answers_forged += 1,
            _ => so_far.without += 1,
        }
        self.pass_over(env, now, attempt.request, attempt.storer);
    }

    fn searched_record(&mut self, env: &mut Environment, now: Now, attempt: &Attempt, answer: Answer) {
        let Some(running) = self.running.get_mut(&attempt.request) else { return };
        let Work::SearchRecord(search) = &mut running.work else { return };
        match answer {
            Answer::Found(block) => match Record::check(&running.locator, &block, now.wall.day()) {
                Ok(record) => search.take(record),
                Err(_) => {
                    env.counters.answers_forged += 1;
                    search.forged += 1;
                }
            },
            _ => search.answered += 1,
        }
        self.pass_over(env, now, attempt.request, attempt.storer);
    }

    fn gathered(&mut self, env: &mut Environment, now: Now, attempt: &Attempt, answer: Answer) {
        let Some(running) = self.running.get_mut(&attempt.request) else { return };
        let Work::Gather(gathering) = &mut running.work else { return };
        match answer {
            Answer::Found(block) => {
                let (name, floor) = (*gathering.record.name(), env.rules.announcement_floor);
                match AnnouncementRecord::read(block.bytes(), name, floor) {
                    Ok(found) => {
                        gathering.record.merge(&found);
                        gathering.answered += 1;
                    }
                    Err(_) => {
                        env.counters.answers_forged += 1;
                        gathering.forged += 1;
                    }
                }
            }
            _ => gathering.answered += 1,
        }
        self.pass_over(env, now, attempt.request, attempt.storer);
    }

    /// A storer wants a stamp first. While one is made the next in order is asked: its answer may come sooner.
    fn priced(&mut self, env: &mut Environment, now: Now, surb: SurbId, attempt: &Attempt, code: u8) {
        let (id, storer) = (attempt.request, attempt.storer);
        let price = Price::from_code(code).filter(|price| *price > Price::FREE);
        if let Some(price) = price {
            self.know_price(now, storer, price);
        }
        let asked = self.running.get_mut(&id).and_then(|running| running.asked.get_mut(&storer));
        if asked.is_none_or(|asked| asked.attempt != Some(surb)) {
            // Late: it is being asked again, perhaps with a stamp.
            return;
        }
        if !price.is_some_and(|price| self.solve(env, now, id, storer, price)) {
            self.too_dear(env, id, storer);
        }
        self.advance(env, now, id);
    }

    fn know_price(&mut self, now: Now, storer: NodeId, price: Price) {
        if self.prices.len() >= MAX_PRICES_KNOWN {
            self.prices.retain(|_, (_, heard)| now.mono.since(*heard) < PRICE_KNOWN);
        }
        if self.prices.len() < MAX_PRICES_KNOWN || self.prices.contains_key(&storer) {
            self.prices.insert(storer, (price, now.mono));
        }
    }

    fn known_price(&self, now: Now, storer: &NodeId) -> Option<Price> {
        let (price, heard) = self.prices.get(storer)?;
        (now.mono.since(*heard) < PRICE_KNOWN).then_some(*price)
    }

    fn too_dear(&mut self, env: &mut Environment, id: RequestId, storer: NodeId) {
        if let Some(asked) = self.running.get_mut(&id).and_then(|running| running.asked.get_mut(&storer)) {
            env.counters.prices_not_paid += 1;
            (asked.attempt, asked.dear) = (None, true);
        }
    }

    /// Has a stamp made, if the price is one that is paid and there is room.
    fn solve(&mut self, env: &mut Environment, now: Now, id: RequestId, storer: NodeId, price: Price) -> bool {
        let Some(effort) = price.effort().filter(|_| price <= self.max_price && self.solves.len() < MAX_SOLVES) else {
            return false;
        };
        let Some(running) = self.running.get_mut(&id) else { return false };
        let (locator, class) = (running.locator, running.work.class());
        let asked = running.asked.entry(storer).or_default();
        if asked.stamps >= STAMPS_PER_STORER {
            return false;
        }
        self.next_solve += 1;
        let (solve, day) = (SolveId(self.next_solve), now.wall.day());
        (asked.attempt, asked.solving, asked.stamps) = (None, Some(solve), asked.stamps + 1);
        self.solves.insert(solve, Solving { request: id, storer, day });
        let challenge = stamp::challenge(&locator, class, day, price);
        let nonce = env.rng.next_u64();
        env.outputs.push_back(Output::Solve { solve, challenge, effort, nonce });
        env.timers.set(now.mono + SOLVE_PATIENCE, Timer::Solve(solve));
        true
    }

    pub(crate) fn set_max_price(&mut self, price: Price) {
        self.max_price = price;
    }

    /// A stamp is made, or is not going to be: its storer is asked again, on a fresh path, or passed over.
    pub(crate) fn solved(&mut self, env: &mut Environment, now: Now, solve: SolveId, proof: Option<WorkProof>) {
        let Some(Solving { request, storer, day }) = self.solves.remove(&solve) else { return };
        let Some(asked) = self.running.get_mut(&request).and_then(|running| running.asked.get_mut(&storer)) else {
            return;
        };
        asked.solving = None;
        match proof {
            Some(proof) => {
                env.counters.stamps_made += 1;
                asked.stamp = Some((proof.into(), day));
                asked.tries = asked.tries.min(PATHS_PER_STORER - 1);
                self.ask(env, now, request, storer);
            }
            None => self.too_dear(env, request, storer),
        }
        self.advance(env, now, request);
    }

    pub(crate) fn solving_overdue(&mut self, env: &mut Environment, now: Now, solve: SolveId) {
        if self.solves.contains_key(&solve) {
            env.outputs.push_back(Output::Unsolve { solve });
            self.solved(env, now, solve, None);
        }
    }

    /// Done with one storer, for better or worse: ask the next.
    fn pass_over(&mut self, env: &mut Environment, now: Now, id: RequestId, storer: NodeId) {
        if let Some(running) = self.running.get_mut(&id) {
            if let Some(asked) = running.asked.get_mut(&storer) {
                asked.attempt = None;
            }
            self.advance(env, now, id);
        }
    }

    /// An answer did not come in time.
    pub(crate) fn overdue(&mut self, env: &mut Environment, now: Now, id: SurbId) {
        // The attempt stays, so that a late answer still counts; it goes with its request.
        let Some(attempt) = self.attempts.get(&id) else { return };
        let (request, storer) = (attempt.request, attempt.storer);
        let Some(asked) = self.running.get_mut(&request).and_then(|running| running.asked.get_mut(&storer)) else {
            return;
        };
        if asked.attempt != Some(id) {
            return;
        }
        env.counters.requests_silent += 1;
        for relay in attempt.relays.clone() {
            env.view.silent_path(now, &relay);
        }
        if !env.usable(now, &storer) {
            self.pass_over(env, now, request, storer);
        } else if asked.tries < PATHS_PER_STORER {
            // It may have no room even to name its price. The lowest costs little, and who brings that hears more.
            let guess = env.rules.prices == Prices::ByLoad && asked.stamp.is_none() && asked.stamps == 0;
            let known = self.known_price(now, &storer).is_some();
            if known || !guess || !self.solve(env, now, request, storer, Price::MIN) {
                self.ask(env, now, request, storer);
            }
            self.advance(env, now, request);
        } else {
            env.view.silent_path(now, &storer);
            self.pass_over(env, now, request, storer);
        }
    }

    /// The link to a node closed. What it was asked as a storer it will not answer; what was sent through
    /// it as the guard did not arrive, or its answer will not, and goes out again: once without counting as a
    /// try, or a guard that closes its link after each packet could have paths drawn for ever.
    pub(crate) fn link_down(&mut self, env: &mut Environment, now: Now, peer: NodeId) {
        let lost = self.attempts.iter().filter(|(_, attempt)| attempt.storer == peer || attempt.guard == peer);
        let lost: Vec<_> = lost.map(|(id, attempt)| (*id, attempt.request, attempt.storer)).collect();
        for (id, request, storer) in lost {
            let Some(asked) = self.running.get_mut(&request).and_then(|running| running.asked.get_mut(&storer)) else {
                continue;
            };
            if asked.attempt != Some(id) {
                continue;
            }
            if storer == peer || asked.tries >= PATHS_PER_STORER && asked.resent {
                self.pass_over(env, now, request, storer);
                continue;
            }
            if !std::mem::replace(&mut asked.resent, true) {
                asked.tries -= 1;
            }
            asked.attempt = None;
            self.attempts.remove(&id);
            if let Some(running) = self.running.get_mut(&request) {
                running.attempts.retain(|attempt| *attempt != id);
            }
            self.ask(env, now, request, storer);
            self.advance(env, now, request);
        }
    }

    /// Asks as many storers as the request wants asked now; ends it where none is left.
    pub(crate) fn advance(&mut self, env: &mut Environment, now: Now, id: RequestId) {
        loop {
            let Some(running) = self.running.get_mut(&id) else { return };
            let (in_flight, priced) = (running.in_flight(), running.priced());
            let idle = in_flight == 0 && running.solving() == 0;
            let wants_more = match &running.work {
                Work::Place { wanted, holders, .. } => {
                    if holders.len() >= usize::from(*wanted) {
                        return self.finish_exhausted(env, now, id);
                    }
                    !running.is_hopeful() && in_flight < PLACED_AT_ONCE
                }
                Work::SearchRecord(search) => {
                    let asked = search.answered + search.forged + in_flight + priced;
                    search.answered + in_flight < search.wanted && asked < MAX_ANSWERS
                }
                Work::Gather(gathering) => {
                    let asked = gathering.answered + gathering.forged + in_flight + priced;
                    gathering.answered + in_flight < gathering.wanted && asked < MAX_ANSWERS
                }
                Work::Search { answers, at_once, .. } => {
                    in_flight < *at_once && answers + in_flight + priced < MAX_ANSWERS
                }
                Work::Count { storers, .. } => {
                    in_flight < COUNTED_AT_ONCE && running.asked.len() - running.held() < usize::from(*storers)
                }
            };
            if !wants_more {
                if idle {
                    self.finish_exhausted(env, now, id);
                }
                return;
            }
            let Some(storer) = next_candidate(env, now, running) else {
                if idle {
                    self.finish_exhausted(env, now, id);
                }
                return;
            };
            if !self.ask(env, now, id, storer) {
                return;
            }
        }
    }

    /// Ends a request with what it has come to.
    fn finish_exhausted(&mut self, env: &mut Environment, now: Now, request: RequestId) {
        let Some(running) = self.running.get_mut(&request) else { return };
        let event = match &mut running.work {
            Work::Place { holders, .. } => {
                Event::Placed { request, receipts: u8::try_from(holders.len()).unwrap_or(u8::MAX) }
            }
            Work::Search { answers, .. } => Event::Searched { request, answer: BlockAnswer::missing(*answers) },
            Work::Count { storers, answer, .. } => {
                let places = env.order(now, &running.locator).len().min(usize::from(*storers));
                let mut answer = std::mem::take(answer);
                answer.silent = places.saturating_sub(answer.holding + answer.without);
                Event::Searched { request, answer }
            }
            Work::SearchRecord(search) => {
                let RecordSearch { answered, agreeing, .. } = *search;
                Event::RecordSearched { request, best: search.best.take(), answered, agreeing }
            }
            Work::Gather(Gathering { record, answered, .. }) => {
                Event::Gathered { request, record: record.clone(), answered: *answered }
            }
        };
        self.finish(env, event);
    }

    fn finish(&mut self, env: &mut Environment, event: Event) {
        self.cancel(env, event.request());
        env.outputs.push_back(Output::Event(event));
    }

    /// Sends one attempt to a storer. `false` if no path could be drawn: the storer goes back to the
    /// head of the candidates and the request is looked at again shortly.
    fn ask(&mut self, env: &mut Environment, now: Now, id: RequestId, storer: NodeId) -> bool {
        let stamped = self.running.get(&id).and_then(|running| running.asked.get(&storer)?.stamp).is_some();
        if !stamped
            && let Some(price) = self.known_price(now, &storer)
            && price <= self.max_price
        {
            if !self.solve(env, now, id, storer, price) {
                self.too_dear(env, id, storer);
            }
            return true;
        }
        let routes = if env.ready(now) { env.routes(now, storer) } else { Err(NoPath::Hold) };
        let Some(running) = self.running.get_mut(&id) else { return false };
        match routes {
            Ok(routes) => {
                let tries = running.asked.get(&storer).map_or(0, |asked| asked.tries);
                let (surb, attempt, packet) = onion(env, now, id, running, storer, &routes);
                let wait = match running.work {
                    Work::Place { .. } => self.placements.wait(env.rules.first_wait + env.rules.handover_wait, tries),
                    Work::Search { .. } | Work::Count { .. } | Work::SearchRecord(_) | Work::Gather(_) => {
                        self.reads.wait(env.rules.first_wait, tries)
                    }
                };
                let asked = running.asked.entry(storer).or_default();
                (asked.tries, asked.attempt) = (tries + 1, Some(surb));
                running.attempts.push(surb);
                self.attempts.insert(surb, attempt);
                env.timers.set(now.mono + wait, Timer::Attempt(surb));
                env.counters.packets_sent += 1;
                env.small_sent += u64::from(packet.class() == Class::Small);
                env.send(now.mono, routes.request.first_hop(), &Frame::Packet(packet.into_bytes()));
                true
            }
            Err(NoPath::UnknownStorer) => {
                let asked = running.asked.entry(storer).or_default();
                (asked.tries, asked.attempt) = (PATHS_PER_STORER, None);
                true
            }
            Err(NoPath::Hold) => {
                if let Some(asked) = running.asked.get_mut(&storer) {
                    asked.attempt = None;
                }
                running.candidates.push_front(storer);
                env.timers.set(now.mono + HOLD, Timer::Request(id));
                false
            }
        }
    }
}

/// A request in its onion, with what its answer is recognised and opened by.
pub(crate) struct Sealed {
    pub(crate) surb: SurbId,
    pub(crate) key: ReplyKey,
    pub(crate) packet: Packet,
}

/// What one request says, its reply block aside.
pub(crate) struct Saying {
    pub(crate) ask: Ask,
    pub(crate) locator: Locator,
    pub(crate) class: SizeClass,
    pub(crate) day: Day,
    pub(crate) stamp: Stamp,
}

impl Saying {
    /// The class of packet it travels in, and that of its answer, which the asker fixes beforehand.
    fn classes(&self) -> (Class, Class) {
        match &self.ask {
            Ask::Get => (Class::Small, packet_class(self.class)),
            Ask::Put { .. } => (packet_class(self.class), Class::Small),
        }
    }

    /// Seals it along `routes`, with a reply block for the way back.
    pub(crate) fn seal(self, env: &mut Environment, routes: &Routes) -> Sealed {
        let (request_class, reply_class) = self.classes();
        let id = SurbId::random(&mut env.rng);
        let (surb, key) = make_surb(reply_class, &routes.reply, id, &mut env.rng);
        let Self { ask, locator, class, day, stamp } = self;
        let request = Request { ask, locator, class, day, stamp, surb: surb.to_bytes() };
        let packet = wrap(request_class, &routes.request, &request.to_bytes(), &mut env.rng)
            .expect("the byte budget of requests is checked at compile time");
        Sealed { surb: id, key, packet }
    }
}

/// Seals one attempt and the reply block for its answer.
fn onion(
    env: &mut Environment,
    now: Now,
    id: RequestId,
    running: &Running,
    storer: NodeId,
    routes: &Routes,
) -> (SurbId, Attempt, Packet) {
    let class = running.work.class();
    let ask = match &running.work {
        Work::Place { block, proof, wanted, holders } => {
            let copies = wanted.saturating_sub(u8::try_from(holders.len()).unwrap_or(u8::MAX)).max(1);
            Ask::Put { block: block.clone(), proof: *proof, copies }
        }
        Work::SearchRecord(_) | Work::Gather(_) | Work::Search { .. } | Work::Count { .. } => Ask::Get,
    };
    let (locator, day) = (running.locator, now.wall.day());
    let stamp = running.asked.get(&storer).and_then(|asked| asked.stamp).filter(|(_, of)| *of == day);
    let stamp = stamp.map_or(Stamp::NONE, |(stamp, _)| stamp);
    let Sealed { surb, key, packet } = Saying { ask, locator, class, day, stamp }.seal(env, routes);
    let (guard, relays) = (routes.request.first_hop(), routes.relays().collect());
    (surb, Attempt { request: id, storer, key, day, sent: now.mono, guard, relays }, packet)
}

/// The storers to ask, in order. A reader asks those without a pulse last; a writer, and whoever counts
/// copies, passes them over.
fn candidates(env: &Environment, now: Now, locator: &Locator, work: &Work) -> VecDeque<NodeId> {
    let mut order = env.order(now, locator);
    if let Work::Count { storers, .. } = work {
        order.truncate(usize::from(*storers));
    }
    let (mut usable, silent): (Vec<_>, Vec<_>) = order.into_iter().partition(|node| env.usable(now, node));
    if matches!(work, Work::Search { .. } | Work::SearchRecord(_) | Work::Gather(_)) {
        usable.extend(silent);
    }
    usable.into()
}

/// The next storer worth asking. A request that has waited for a path may have been made before its
/// network was known, so an empty list is drawn again once.
fn next_candidate(env: &Environment, now: Now, running: &mut Running) -> Option<NodeId> {
    if running.candidates.is_empty() {
        let fresh = candidates(env, now, &running.locator, &running.work);
        running.candidates = fresh.into_iter().filter(|node| !running.asked.contains_key(node)).collect();
    }
    while let Some(node) = running.candidates.pop_front() {
        let holds = matches!(&running.work, Work::Place { holders, .. } if holders.contains(&node));
        let spent = running.asked.get(&node).is_some_and(|asked| asked.tries >= PATHS_PER_STORER);
        if !holds && !spent {
            return Some(node);
        }
    }
    None
}

/// Who signed a receipt: the node at its rank, or, where views differ a little, another of the order.
fn signer(order: &[NodeId], receipt: &Receipt, digest: &[u8; 32]) -> Option<NodeId> {
    let claimed = order.get(usize::from(receipt.rank)).copied();
    claimed.into_iter().chain(order.iter().copied()).find(|node| node.verify(digest, &receipt.signature).is_ok())
}
