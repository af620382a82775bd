//! The blocks of one insert on their way to their storers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use roneo_content::record::Record;
use roneo_content::redundancy::{self, Health, Kind};
use roneo_content::{EncodedSegment, KeepList};
use roneo_keys::time::Mono;
use roneo_keys::{Block, Locator};
use roneo_overlay::{NetworkState, Proof};

use super::Token;
use super::desk::{Desk, ready};
use super::experiment::Redundancy;
use super::outlook::Outlook;
use crate::journal::{Entry, PartId};
use crate::notice::Note;

/// Blocks of one insert that are being placed at one time.
pub const PUT_WINDOW: usize = 24;
/// Wait before a block that lacks copies is placed again, once the first retry was made at once.
pub const RETRY_FIRST: Duration = Duration::from_secs(5);
/// The wait doubles up to this.
pub const RETRY_LONGEST: Duration = Duration::from_secs(60);
/// The longest wait for a block of a part that is not even weak: [`INSERT_PATIENCE`] is short.
pub const RETRY_LONGEST_FAILING: Duration = Duration::from_secs(10);
/// How long an insert that is not even weak goes on trying before it fails.
pub const INSERT_PATIENCE: Duration = Duration::from_secs(60);

/// Rounds after which a block has had its fair try: the first, and one retry at once.
const PROMPT_ROUNDS: u32 = 2;

/// What is placed together and judged together: a segment with its keep list, or a single block.
struct Batch {
    part: Part,
    /// A segment's shards, then its keep list; or one block.
    pieces: Vec<Piece>,
    /// Whether every piece has had its fair try.
    settled: bool,
    /// Since when it has been settled below weak.
    failing_since: Option<Mono>,
    /// Pieces that lack copies, and their bytes: a large insert asks for these sums at every input.
    lacking: usize,
    held_bytes: usize,
    /// What losing half of the network would do to it, as of its last judgement.
    outlook: Outlook,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Segment {
        index: u32,
        k: u8,
    },
    /// One block that only copies protect.
    Copied(Kind),
}

impl Part {
    /// What kind its last piece is of: the keep list of a segment, or all there is.
    const fn last(self) -> Kind {
        match self {
            Self::Segment { .. } => Kind::Uncoded,
            Self::Copied(kind) => kind,
        }
    }
}

struct Piece {
    locator: Locator,
    /// The bytes, for as long as copies are lacking.
    block: Option<Block>,
    copies: u8,
    receipts: u8,
    rounds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct PieceId {
    batch: PartId,
    piece: usize,
}

/// A segment that lacks copies and whose blocks are not here: its content is read and coded again when
/// it is its turn.
struct Shed {
    copies: u8,
    /// Each shard, then the keep list.
    pieces: Vec<Standing>,
    /// Whether it had its fair try before.
    settled: bool,
    outlook: Outlook,
}

/// How a piece whose bytes are not here stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    receipts: u8,
    /// Whether nothing is left to do for it.
    stands: bool,
}

/// How the placing of everything added so far stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Something has not had its fair try, or is below weak and still within patience.
    Open,
    /// Everything is as safe as the network can make it.
    Stored,
    /// Everything can be read; some copies are lacking.
    Weak,
    /// Too little of this part could be placed.
    Failed(Shortfall),
}

/// Which part of an insert could not be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shortfall {
    /// Index of the segment; `None` for root, keep lists and the like.
    pub(super) segment: Option<u32>,
    /// Pieces (of a single block: copies) that stand somewhere.
    pub(super) placed: u32,
    /// How many would have made it weak.
    pub(super) needed: u32,
}

/// Everything of one insert that lacks copies, and what became of the rest.
pub(super) struct Placing {
    redundancy: Redundancy,
    batches: BTreeMap<PartId, Batch>,
    shed: BTreeMap<u32, Shed>,
    /// When to try the shed ones again that had their try.
    shed_due: BTreeSet<(Mono, u32)>,
    /// Shed segments whose blocks are wanted now.
    wanted: BTreeSet<u32>,
    /// Pieces to place as soon as the window has room. Pieces of batches that left are skipped.
    ready: VecDeque<PieceId>,
    resting: BTreeSet<(Mono, PieceId)>,
    in_flight: BTreeMap<Token, PieceId>,
    outlook: Outlook,
    /// Blocks that left with all the copies they needed.
    placed: u64,
    /// Whether the insert can still fail. Once it was called weak it cannot.
    can_fail: bool,
}

impl Batch {
    fn new(part: Part, pieces: Vec<Piece>) -> Self {
        let outlook = Outlook::default();
        let mut batch = Self { part, pieces, settled: false, failing_since: None, lacking: 0, held_bytes: 0, outlook };
        batch.recount();
        batch
    }

    /// Takes notice of a count of receipts for one piece.
    fn receipted(&mut self, piece: usize, receipts: u8, network: &NetworkState) {
        let Some(piece) = self.pieces.get_mut(piece) else { return };
        // Another round may count fewer, when a storer of an earlier one has gone since: that copy
        // was receipted all the same.
        piece.receipts = piece.receipts.max(receipts);
        if piece.block.is_some() && piece.receipts >= piece.wanted(network) {
            piece.block = None;
            self.recount();
        }
    }

    /// Takes over how the pieces stood when they were here before.
    fn restore(&mut self, pieces: &[Standing]) {
        for (piece, standing) in self.pieces.iter_mut().zip(pieces) {
            piece.receipts = standing.receipts;
            if standing.stands {
                piece.block = None;
            }
        }
        self.recount();
    }

    /// Frees what is as safe as it can be made, while the rest of the batch still lacks copies.
    fn release(&mut self, coded: Health, uncoded: Health) {
        let (last, shards) = self.pieces.split_last_mut().expect("a batch has a piece");
        if coded == Health::Stored {
            shards.iter_mut().for_each(|shard| shard.block = None);
        }
        if uncoded == Health::Stored {
            last.block = None;
        }
        self.recount();
    }

    fn recount(&mut self) {
        let blocks = || self.pieces.iter().filter_map(|piece| piece.block.as_ref());
        self.lacking = blocks().count();
        self.held_bytes = blocks().map(|block| block.bytes().len()).sum();
    }

    /// Health of the shards and of what is not coded.
    fn health(&self, storers: usize) -> (Health, Health) {
        let uncoded = |piece: &Piece| match piece.block {
            None => Health::Stored,
            Some(_) => redundancy::copied_health(self.part.last(), piece.receipts, storers),
        };
        let (last, shards) = self.pieces.split_last().expect("a batch has a piece");
        let coded = match self.part {
            Part::Copied(_) => Health::Stored,
            Part::Segment { k, .. } => {
                // A shard that was let go once it stood on all storers there were, or once enough
                // others stood, counts as whole also where storers have come since: there is
                // nothing left to place it from.
                let credit = |piece: &Piece| piece.block.as_ref().map_or(piece.copies, |_| piece.receipts);
                let receipts: Vec<u8> = shards.iter().map(credit).collect();
                redundancy::segment_health(k, &receipts, storers)
            }
        };
        (coded, uncoded(last))
    }

    fn shortfall(&self, storers: usize) -> Shortfall {
        let (last, shards) = self.pieces.split_last().expect("a batch has a piece");
        match (self.part, self.health(storers)) {
            (Part::Segment { index, k }, (Health::Failed, _)) => Shortfall {
                segment: Some(index),
                placed: shards.iter().filter(|piece| piece.receipts > 0).count() as u32,
                needed: redundancy::weak_shards(k, shards.len()) as u32,
            },
            _ => Shortfall { segment: None, placed: last.receipts.into(), needed: if storers == 1 { 1 } else { 2 } },
        }
    }

    fn look_out(&self, nodes: usize) -> Outlook {
        let receipts: Vec<u8> = self.pieces.iter().map(|piece| piece.receipts).collect();
        let k = if let Part::Segment { k, .. } = self.part { Some(k) } else { None };
        look_out(k, &receipts, nodes)
    }

    fn every_piece_had(&self, rounds: u32) -> bool {
        self.pieces.iter().all(|piece| piece.block.is_none() || piece.rounds >= rounds)
    }

    /// Readable, and only kept so that it can become better.
    fn is_weak(&self) -> bool {
        self.settled && self.failing_since.is_none()
    }
}

impl Shed {
    fn lacking(&self) -> usize {
        self.pieces.iter().filter(|piece| !piece.stands).count()
    }
}

/// What losing half of `nodes` would do to a segment, whose last piece is its keep list, or to one block.
fn look_out(k: Option<u8>, receipts: &[u8], nodes: usize) -> Outlook {
    let mut outlook = Outlook::default();
    let Some((last, shards)) = receipts.split_last() else { return outlook };
    outlook.add_uncoded(*last, nodes);
    if let Some(k) = k {
        outlook.add_segment(k, shards, nodes);
    }
    outlook
}

impl Piece {
    fn new(locator: Locator, block: Block, copies: u8) -> Self {
        Self { locator, block: Some(block), copies, receipts: 0, rounds: 0 }
    }

    /// How it stands with the receipts of an earlier life. The network may not be known again yet, so
    /// that only every copy asked for will do.
    const fn standing(&self, receipts: u8) -> Standing {
        Standing { receipts, stands: receipts >= self.copies }
    }

    /// Copies to ask for: one on each storer where there are fewer than copies.
    fn wanted(&self, network: &NetworkState) -> u8 {
        u8::try_from(network.other_storers).unwrap_or(u8::MAX).clamp(1, self.copies)
    }
}

impl Placing {
    pub(super) fn new(redundancy: Redundancy) -> Self {
        Self {
            redundancy,
            batches: BTreeMap::new(),
            shed: BTreeMap::new(),
            shed_due: BTreeSet::new(),
            wanted: BTreeSet::new(),
            ready: VecDeque::new(),
            resting: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            outlook: Outlook::default(),
            placed: 0,
            can_fail: true,
        }
    }

    /// Takes segment `index` to place, each of its shards on `copies` storers, and its keep list: what
    /// of it does not stand already, where it was shed before.
    pub(super) fn add_segment(&mut self, desk: &mut Desk, index: u32, k: u8, copies: u8, encoded: EncodedSegment) {
        let keep_list = self.uncoded_piece(encoded.keep_list);
        let shards = encoded.shards.into_iter().map(|(locator, block)| Piece::new(locator, block, copies));
        let mut batch = Batch::new(Part::Segment { index, k }, shards.chain([keep_list]).collect());
        if let Some(shed) = self.shed.remove(&index) {
            self.wanted.remove(&index);
            self.shed_due.retain(|(_, segment)| *segment != index);
            batch.settled = shed.settled;
            batch.restore(&shed.pieces);
        }
        self.add(PartId::Segment(index), batch);
        self.assess(desk, PartId::Segment(index));
    }

    /// Takes what is to be placed again of a segment: those of its `shards`, in their places, whose bytes
    /// are given, and its keep list. The others were found where they should be.
    pub(super) fn add_repaired(&mut self, index: u32, keep_list: &KeepList, shards: Vec<Option<Block>>) {
        let shards = keep_list.shards().iter().zip(shards).map(|(&locator, block)| {
            let receipts = u8::from(block.is_none());
            Piece { locator, block, copies: keep_list.copies(), receipts, rounds: 0 }
        });
        let last = self.uncoded_piece(keep_list.to_block());
        let part = Part::Segment { index, k: keep_list.k() };
        self.add(PartId::Segment(index), Batch::new(part, shards.chain([last]).collect()));
    }

    /// Lets everything go that is weak, and says how many parts that were: nobody goes on placing them.
    pub(super) fn let_go_weak(&mut self, desk: &mut Desk) -> usize {
        let weak: Vec<PartId> = self.batches.iter().filter(|(_, batch)| batch.is_weak()).map(|(&id, _)| id).collect();
        weak.into_iter().filter_map(|id| self.take(desk, id)).count()
    }

    /// Takes one block to place that no code protects. `stands`: the receipts that it had in an earlier
    /// life of this insert.
    pub(super) fn add_uncoded(&mut self, desk: &mut Desk, part: PartId, block: Block, receipts: u8) {
        let piece = self.uncoded_piece(block);
        let standing = piece.standing(receipts);
        let mut batch = Batch::new(Part::Copied(Kind::Uncoded), vec![piece]);
        batch.restore(&[standing]);
        self.add(part, batch);
        self.assess(desk, part);
    }

    /// Takes one record to place.
    pub(super) fn add_record(&mut self, record: &Record) {
        let copies = self.redundancy.copies(Kind::Record, 0);
        let piece = Piece::new(record.locator(), record.block().clone(), copies);
        // One writer has two records at most, and none leaves before both are added.
        let part = PartId::Record(self.batches.len() as u32);
        self.add(part, Batch::new(Part::Copied(Kind::Record), vec![piece]));
    }

    /// Takes notice of a part that was placed whole in an earlier life of this insert: `k` of its
    /// pieces bring a segment back.
    pub(super) fn add_done(&mut self, k: Option<u8>, receipts: &[u8], network: &NetworkState) {
        self.placed += receipts.len() as u64;
        self.outlook.add(look_out(k, receipts, network.other_storers));
    }

    /// Takes notice of a segment that was coded in an earlier life of this insert and is not placed
    /// whole. `receipts` of each shard, then of the keep list.
    pub(super) fn add_shed(&mut self, index: u32, copies: u8, receipts: &[u8]) {
        let uncoded = self.redundancy.copies(Kind::Uncoded, 0);
        let pieces = receipts.iter().enumerate().map(|(piece, &of_piece)| {
            let asked = if piece + 1 == receipts.len() { uncoded } else { copies };
            Standing { receipts: of_piece, stands: of_piece >= asked }
        });
        let shed = Shed { copies, pieces: pieces.collect(), settled: false, outlook: Outlook::default() };
        self.shed.insert(index, shed);
        self.wanted.insert(index);
    }

    /// The segment to be read and coded again next, and to be added again then.
    pub(super) fn wanted(&self) -> Option<u32> {
        self.wanted.first().copied()
    }

    /// How many copies a segment's keep list says, where it was shed.
    pub(super) fn copies_of_shed(&self, index: u32) -> Option<u8> {
        self.shed.get(&index).map(|shed| shed.copies)
    }

    fn uncoded_piece(&self, block: Block) -> Piece {
        Piece::new(block.locator(), block, self.redundancy.copies(Kind::Uncoded, 0))
    }

    /// Puts a batch behind those before it.
    fn add(&mut self, id: PartId, batch: Batch) {
        let lacking = batch.pieces.iter().enumerate().filter(|(_, piece)| piece.block.is_some());
        self.ready.extend(lacking.map(|(piece, _)| PieceId { batch: id, piece }));
        self.batches.insert(id, batch);
    }

    /// Asks for as many puts as the window and the network allow.
    pub(super) fn advance(&mut self, desk: &mut Desk) {
        while desk.ready() && self.in_flight.len() < desk.window(PUT_WINDOW) {
            let Some(id) = self.ready.pop_front() else { return };
            let Some(batch) = self.batches.get(&id.batch) else { continue };
            let Some(piece) = batch.pieces.get(id.piece) else { continue };
            let Some(block) = piece.block.clone() else { continue };
            let proof = if matches!(batch.part, Part::Copied(Kind::Record)) { Proof::Signed } else { Proof::Hash };
            let token = desk.put(piece.locator, block, proof, piece.wanted(&desk.network));
            self.in_flight.insert(token, id);
        }
    }

    /// Takes notice of receipts that came before the end of a put.
    pub(super) fn progress(&mut self, desk: &Desk, token: Token, receipts: u8) {
        let Some(&id) = self.in_flight.get(&token) else { return };
        if let Some(batch) = self.batches.get_mut(&id.batch) {
            batch.receipted(id.piece, receipts, &desk.network);
        }
    }

    /// Whether this put is under way.
    pub(super) fn is_waiting_for(&self, token: Token) -> bool {
        self.in_flight.contains_key(&token)
    }

    /// Takes the end of a put, and decides whether and when to place the block again.
    pub(super) fn done(&mut self, desk: &mut Desk, token: Token, receipts: u8) {
        let Some(id) = self.in_flight.remove(&token) else { return };
        let Some(batch) = self.batches.get_mut(&id.batch) else { return };
        batch.receipted(id.piece, receipts, &desk.network);
        if let Some(piece) = batch.pieces.get(id.piece) {
            // A segment has at most 129 pieces.
            desk.journal(&Entry::Placed { part: id.batch, piece: id.piece as u8, receipts: piece.receipts });
        }
        let longest = if batch.is_weak() { RETRY_LONGEST } else { RETRY_LONGEST_FAILING };
        let Some(piece) = batch.pieces.get_mut(id.piece) else { return };
        piece.rounds = piece.rounds.saturating_add(1);
        if piece.block.is_some() {
            if piece.rounds < PROMPT_ROUNDS {
                self.ready.push_back(id);
            } else {
                let wait = retry_wait(piece.rounds - PROMPT_ROUNDS).min(longest);
                self.resting.insert((desk.now + wait, id));
            }
        }
        self.assess(desk, id.batch);
    }

    /// Lets blocks try again whose wait is over.
    pub(super) fn handle_timeout(&mut self, now: Mono) {
        while let Some(&(due, id)) = self.resting.first().filter(|(due, _)| *due <= now) {
            self.resting.remove(&(due, id));
            self.ready.push_back(id);
        }
        while let Some(&(due, segment)) = self.shed_due.first().filter(|(due, _)| *due <= now) {
            self.shed_due.remove(&(due, segment));
            self.wanted.insert(segment);
        }
    }

    /// Weighs everything anew: what was asked for follows the number of storers until it is met.
    pub(super) fn network_changed(&mut self, desk: &mut Desk, before: &NetworkState) {
        if desk.network.other_storers > before.other_storers {
            self.retry_soon(desk.now);
        }
        for batch in self.batches.values_mut() {
            for piece in 0..batch.pieces.len() {
                // Nothing is complete that nobody has: at least one copy is wanted of everything.
                batch.receipted(piece, 0, &desk.network);
            }
            if !ready(before) {
                // Patience is for trying, and there was no trying without a path.
                batch.failing_since = batch.failing_since.map(|_| desk.now);
            }
        }
        let all: Vec<PartId> = self.batches.keys().copied().collect();
        for batch in all {
            self.assess(desk, batch);
        }
    }

    pub(super) fn next_timeout(&self, network: &NetworkState) -> Option<Mono> {
        let patience = self.batches.values().filter_map(|batch| batch.failing_since);
        let patience = patience.map(|since| since + INSERT_PATIENCE).min().filter(|_| ready(network));
        let due = [self.resting.first().map(|&(due, _)| due), self.shed_due.first().map(|&(due, _)| due)];
        due.into_iter().flatten().chain(patience).min()
    }

    /// How everything added so far stands.
    pub(super) fn verdict(&self, now: Mono, network: &NetworkState) -> Verdict {
        let out_of_patience = |batch: &&Batch| batch.failing_since.is_some_and(|since| since + INSERT_PATIENCE <= now);
        if let Some(batch) = self.batches.values().find(out_of_patience).filter(|_| ready(network)) {
            Verdict::Failed(batch.shortfall(network.other_storers))
        } else if self.open_batches() > 0 || self.shed.values().any(|shed| !shed.settled) {
            Verdict::Open
        } else if self.batches.is_empty() && self.shed.is_empty() {
            Verdict::Stored
        } else {
            Verdict::Weak
        }
    }

    /// From here on nothing can fail: the insert was called weak.
    pub(super) fn settle_as_weak(&mut self) {
        self.can_fail = false;
    }

    /// Batches here that have not had their fair try, or failed it so far.
    pub(super) fn open_batches(&self) -> usize {
        self.batches.values().filter(|batch| !batch.is_weak()).count()
    }

    /// Lets the blocks of the first weak segment go, and says whether there was one: they are coded
    /// again when they are to be placed again.
    pub(super) fn shed_weak(&mut self, desk: &mut Desk) -> bool {
        let weak = self.batches.iter().find_map(|(id, batch)| match id {
            PartId::Segment(index) if batch.is_weak() => Some(*index),
            _ => None,
        });
        let Some(index) = weak else { return false };
        let Some(batch) = self.take(desk, PartId::Segment(index)) else { return false };
        let copies = batch.pieces.first().map_or(0, |piece| piece.copies);
        let standing = |piece: &Piece| Standing { receipts: piece.receipts, stands: piece.block.is_none() };
        let pieces = batch.pieces.iter().map(standing).collect();
        let shed = Shed { copies, pieces, settled: true, outlook: batch.outlook };
        self.shed.insert(index, shed);
        self.shed_due.insert((desk.now + RETRY_LONGEST, index));
        true
    }

    /// Stops everything.
    pub(super) fn abandon(&mut self, desk: &mut Desk) {
        self.ready.clear();
        self.resting.clear();
        self.batches.clear();
        self.shed.clear();
        self.shed_due.clear();
        self.wanted.clear();
        for token in std::mem::take(&mut self.in_flight).into_keys() {
            desk.withdraw(token);
        }
    }

    /// Blocks with all the copies they needed.
    pub(super) fn placed(&self) -> u64 {
        let here: usize = self.batches.values().map(|batch| batch.pieces.len() - batch.lacking).sum();
        let shed: usize = self.shed.values().map(|shed| shed.pieces.len() - shed.lacking()).sum();
        self.placed + (here + shed) as u64
    }

    /// Blocks that lack copies.
    pub(super) fn lacking(&self) -> usize {
        let here: usize = self.batches.values().map(|batch| batch.lacking).sum();
        here + self.shed.values().map(Shed::lacking).sum::<usize>()
    }

    /// What losing half of the network would take, on a small one.
    pub(super) fn outlook(&self, network: &NetworkState) -> Option<Note> {
        let mut outlook = self.outlook;
        self.batches.values().for_each(|batch| outlook.add(batch.outlook));
        self.shed.values().for_each(|shed| outlook.add(shed.outlook));
        outlook.note(network.other_storers)
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.batches.values().map(|batch| batch.held_bytes).sum()
    }

    /// Bytes that are kept only so that what is weak can become better.
    pub(super) fn weak_bytes(&self) -> usize {
        self.batches.values().filter(|batch| batch.is_weak()).map(|batch| batch.held_bytes).sum()
    }

    /// Judges a batch: it leaves once stored, and is settled once every piece had its fair try.
    fn assess(&mut self, desk: &mut Desk, id: PartId) {
        let Some(batch) = self.batches.get_mut(&id) else { return };
        if !batch.every_piece_had(1) {
            return;
        }
        let (coded, uncoded) = batch.health(desk.network.other_storers);
        batch.outlook = batch.look_out(desk.network.other_storers);
        batch.release(coded, uncoded);
        match coded.min(uncoded) {
            Health::Stored => self.leave(desk, id),
            // Every copy asked for is receipted: it is as good as it was to be.
            _ if batch.lacking == 0 => self.leave(desk, id),
            health if batch.every_piece_had(PROMPT_ROUNDS) => {
                batch.settled = true;
                let failing = health == Health::Failed && self.can_fail;
                batch.failing_since = failing.then(|| batch.failing_since.unwrap_or(desk.now));
            }
            _ => {}
        }
    }

    /// Forgets a batch, whose pieces all stand as they should.
    fn leave(&mut self, desk: &mut Desk, id: PartId) {
        let Some(batch) = self.take(desk, id) else { return };
        self.outlook.add(batch.outlook);
        self.placed += batch.pieces.len() as u64;
        desk.journal(&Entry::Done { part: id });
    }

    /// Takes a batch out, with everything that is under way or planned for it.
    fn take(&mut self, desk: &mut Desk, id: PartId) -> Option<Batch> {
        let batch = self.batches.remove(&id)?;
        self.ready.retain(|piece| piece.batch != id);
        self.resting.retain(|(_, piece)| piece.batch != id);
        let of_batch = self.in_flight.extract_if(.., |_, piece| piece.batch == id);
        for (token, _) in of_batch {
            desk.withdraw(token);
        }
        Some(batch)
    }

    /// New storers may take what the old ones could not: no block waits longer than the first wait.
    fn retry_soon(&mut self, now: Mono) {
        let soon = now + RETRY_FIRST;
        self.resting = self.resting.iter().map(|&(due, id)| (due.min(soon), id)).collect();
        self.shed_due = self.shed_due.iter().map(|&(due, segment)| (due.min(soon), segment)).collect();
    }
}

/// The wait after so many retries: 5 s, 10 s, 20 s, 40 s, then 60 s.
fn retry_wait(retries: u32) -> Duration {
    RETRY_FIRST.saturating_mul(1 << retries.min(6)).min(RETRY_LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute() {
        let waits: Vec<u64> = (0..6).map(|retries| retry_wait(retries).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 60, 60]);
        assert_eq!(retry_wait(u32::MAX), RETRY_LONGEST);
    }

    #[test]
    fn copies_asked_for_follow_the_storers() {
        let piece = Piece::new(Locator::of(b""), Block::new(vec![0; 4_096]).unwrap(), 3);
        for (other_storers, wanted) in [(0, 1), (1, 1), (2, 2), (3, 3), (4, 3), (1_000, 3)] {
            assert_eq!(
                piece.wanted(&NetworkState {
                    known: 5,
                    needed: 5,
                    other_storers,
                    read_count: roneo_overlay::ReadCount::Exact
                }),
                wanted
            );
        }
    }
}
