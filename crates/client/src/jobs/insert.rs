//! One insert: reads content segment by segment, codes it, and sees it placed.

use std::collections::BTreeMap;

use roneo_content::redundancy::Kind;
use roneo_content::{
    Body, Digest, INDEX_CAPACITY, IndexError, Layout, MAX_MEDIA_TYPE_LEN, MAX_NAME_LEN, Plan, Root, encode_segment,
    seal_data_block, seal_index,
};
use roneo_keys::time::Mono;
use roneo_keys::{Block, Chk, Extra, InsertKey, KeepKey, Locator, ReadKey, Uri};
use roneo_overlay::NetworkState;

use super::Token;
use super::desk::{Desk, Room};
use super::experiment::Redundancy;
use super::placing::{Placing, Shortfall, Verdict};
use crate::handle::{HandleError, InsertRequest, JobError, JobState, JobStatus};
use crate::journal::{Entry, InsertBegun, PartId};
use crate::notice::{Note, Refusal};

/// Segments of one insert that may be under way at one time.
pub const SEGMENTS_AHEAD: usize = 2;
/// Bytes of weak segments that one insert keeps for placing more copies: the rest of the 64 MiB that
/// an insert of any size stays under.
pub const WEAK_BYTES_PER_JOB: usize = 32 << 20;

pub(super) struct Insert {
    request: InsertRequest,
    plan: Plan,
    redundancy: Redundancy,
    /// Bytes of the content that its owner has, while it is still coming in there.
    came_in: u64,
    /// `None` while the content is still coming in at its owner.
    whole: Option<Whole>,
    /// Copies of each shard. Decided when the first segment is coded, because keep lists say it.
    copies: Option<u8>,
    /// Parts of the content coded so far: segments, or the whole where it is not cut.
    parts_coded: u32,
    /// The part of the content that was asked for.
    awaiting: Option<u32>,
    inline: Vec<u8>,
    lists: Lists,
    /// How parts stood in an earlier life that are yet to be made again in this one.
    stood: BTreeMap<PartId, Stood>,
    placing: Placing,
    uri: Option<String>,
    keep: Option<String>,
    stage: Stage,
    notes: Vec<Note>,
}

/// What is known once the content is complete.
struct Whole {
    digest: Digest,
    read_key: ReadKey,
    insert_key: InsertKey,
}

/// What a journal says of a part.
#[derive(Default)]
struct Stood {
    /// By piece.
    receipts: Vec<u8>,
    done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// The content is still coming in.
    Receiving,
    Running,
    Weak,
    Stored,
    Failed(JobError),
}

impl Insert {
    pub(super) fn new(request: InsertRequest, redundancy: Redundancy) -> Result<Self, HandleError> {
        check_text(&request)?;
        let plan = Plan::new(request.length).map_err(|_| JobError::TooLarge)?;
        Ok(Self {
            request,
            plan,
            redundancy,
            came_in: 0,
            whole: None,
            copies: None,
            parts_coded: 0,
            awaiting: None,
            inline: Vec::new(),
            lists: Lists::default(),
            stood: BTreeMap::new(),
            placing: Placing::new(redundancy),
            uri: None,
            keep: None,
            stage: Stage::Receiving,
            notes: Vec::new(),
        })
    }

    /// An insert as its journal leaves it.
    pub(super) fn resume(begun: InsertBegun, entries: Vec<Entry>, redundancy: Redundancy) -> Result<Self, HandleError> {
        let InsertBegun { name, media_type, digest, read_key, insert_key, convergent, .. } = begun;
        let request = InsertRequest { length: digest.length, name, media_type, secret: None };
        let mut insert = Self::new(request, redundancy)?;
        insert.whole = Some(Whole { digest, read_key, insert_key });
        insert.stage = Stage::Running;
        insert.fix_copies(convergent);
        for entry in entries {
            match entry {
                Entry::Coded { segment, copies, keep_list } if segment == insert.parts_coded => {
                    insert.copies = Some(copies);
                    insert.lists.coded.push(keep_list);
                    insert.parts_coded += 1;
                }
                Entry::Placed { part, piece, receipts } => insert.stood.entry(part).or_default().count(piece, receipts),
                Entry::Done { part } => insert.stood.entry(part).or_default().done = true,
                Entry::Weak => insert.placing.settle_as_weak(),
                _ => {}
            }
        }
        Ok(insert)
    }

    /// So many bytes of the content are at its owner.
    pub(super) fn coming(&mut self, bytes: u64) {
        self.came_in = bytes.min(self.request.length);
    }

    /// The content is complete at its owner, or will not be.
    pub(super) fn received(&mut self, desk: &mut Desk, begun: Result<InsertBegun, String>) {
        if self.stage != Stage::Receiving {
            return;
        }
        match begun {
            Err(reason) => self.fail(desk, JobError::Source { reason }),
            Ok(begun) if begun.digest.length != self.request.length => {
                let how = if begun.digest.length < self.request.length { "shorter" } else { "longer" };
                self.fail(desk, not_as_said(how));
            }
            Ok(begun) => {
                desk.journal(&Entry::Insert(Box::new(begun.clone())));
                let InsertBegun { digest, read_key, insert_key, convergent, .. } = begun;
                self.fix_copies(convergent);
                self.whole = Some(Whole { digest, read_key, insert_key });
                self.stage = Stage::Running;
            }
        }
    }

    /// Keys that follow from the content may seal no two texts, and a keep list says how many copies
    /// there are: so these are not left to the network of the moment.
    fn fix_copies(&mut self, convergent: bool) {
        if convergent {
            self.copies = Some(self.redundancy.copies(Kind::Shard, 0));
        }
    }

    /// Whether its content is here, and not yet all placed once.
    pub(super) fn is_running(&self) -> bool {
        self.stage == Stage::Running
    }

    pub(super) fn request(&self) -> &InsertRequest {
        &self.request
    }

    pub(super) fn content(&mut self, desk: &mut Desk, content: Result<Vec<u8>, String>) {
        let Some(part) = self.awaiting.take() else { return };
        let expected = self.part_range(part).1;
        let taken = match content {
            Err(reason) => Err(JobError::Source { reason }),
            Ok(bytes) if bytes.len() < expected => Err(not_as_said("shorter")),
            Ok(bytes) if bytes.len() > expected => Err(not_as_said("longer")),
            Ok(bytes) => self.take_part(desk, part, bytes),
        };
        if let Err(error) = taken {
            self.fail(desk, error);
        }
    }

    pub(super) fn put_progress(&mut self, desk: &Desk, token: Token, receipts: u8) {
        self.placing.progress(desk, token, receipts);
    }

    pub(super) fn put_done(&mut self, desk: &mut Desk, token: Token, receipts: u8) {
        self.placing.done(desk, token, receipts);
    }

    pub(super) fn handle_timeout(&mut self, desk: &Desk) {
        self.placing.handle_timeout(desk.now);
    }

    pub(super) fn network_changed(&mut self, desk: &mut Desk, before: &NetworkState) {
        self.placing.network_changed(desk, before);
    }

    pub(super) fn next_timeout(&self, network: &NetworkState) -> Option<Mono> {
        self.placing.next_timeout(network)
    }

    /// Goes on as far as memory, window and network allow.
    pub(super) fn advance(&mut self, desk: &mut Desk) {
        if matches!(self.stage, Stage::Receiving | Stage::Stored | Stage::Failed(_)) {
            return;
        }
        if let Err(error) = self.replay(desk) {
            return self.fail(desk, error);
        }
        while self.placing.weak_bytes() > WEAK_BYTES_PER_JOB && self.placing.shed_weak(desk) {}
        self.judge(desk);
        if matches!(self.stage, Stage::Running | Stage::Weak) {
            self.read_on(desk);
        }
        self.placing.advance(desk);
    }

    /// Lets the blocks of the first segment go that is weak: memory is needed.
    pub(super) fn shed_weak(&mut self, desk: &mut Desk) -> bool {
        self.placing.shed_weak(desk)
    }

    pub(super) fn abandon(&mut self, desk: &mut Desk) {
        self.placing.abandon(desk);
    }

    pub(super) fn is_over(&self) -> bool {
        match self.stage {
            Stage::Receiving | Stage::Running | Stage::Weak => false,
            Stage::Stored | Stage::Failed(_) => true,
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        // What was asked of the content's source is on its way, and counts.
        let coming = self.awaiting.map_or(0, |part| self.part_range(part).1);
        self.placing.held_bytes() + self.inline.len() + coming
    }

    pub(super) fn weak_bytes(&self) -> usize {
        self.placing.weak_bytes()
    }

    pub(super) fn describe(&self, status: &mut JobStatus) {
        status.state = match self.stage {
            Stage::Receiving => JobState::Receiving,
            Stage::Running => JobState::Running,
            Stage::Weak => JobState::Weak,
            Stage::Stored => JobState::Stored,
            Stage::Failed(_) => JobState::Failed,
        };
        status.error = if let Stage::Failed(error) = &self.stage { Some(error.clone()) } else { None };
        // A failed insert has no more blocks to count: what was done stays as it was.
        status.done = status.done.max(self.placing.placed());
        status.total = self.plan.stored_blocks();
        status.length = Some(self.request.length);
        status.bytes_received = self.came_in;
        status.name = (!self.request.name.is_empty()).then(|| self.request.name.clone());
        status.uri.clone_from(&self.uri);
        status.keep.clone_from(&self.keep);
        status.remark(self.notes.clone());
    }

    fn judge(&mut self, desk: &mut Desk) {
        match self.placing.verdict(desk.now, &desk.network) {
            Verdict::Failed(shortfall) if self.stage == Stage::Running => {
                let error = self.not_stored(shortfall);
                self.fail(desk, error);
            }
            // Before the root is sealed there is more to come.
            _ if self.uri.is_none() => {}
            Verdict::Stored => {
                self.stage = Stage::Stored;
                self.notes = self.placing.outlook(&desk.network).into_iter().collect();
            }
            Verdict::Weak => {
                if self.stage != Stage::Weak {
                    desk.journal(&Entry::Weak);
                }
                self.stage = Stage::Weak;
                self.placing.settle_as_weak();
                self.notes = self.weak_notes(desk);
            }
            Verdict::Open | Verdict::Failed(_) => {}
        }
    }

    fn weak_notes(&self, desk: &Desk) -> Vec<Note> {
        let lacking = Note::Lacking { blocks: self.placing.lacking() as u64, total: self.plan.stored_blocks() };
        [lacking].into_iter().chain(self.placing.outlook(&desk.network)).collect()
    }

    fn not_stored(&self, shortfall: Shortfall) -> JobError {
        JobError::NotStored {
            segment: shortfall.segment.map_or(0, |index| index + 1),
            segments: self.plan.segments(),
            placed: shortfall.placed,
            needed: shortfall.needed,
        }
    }

    fn fail(&mut self, desk: &mut Desk, error: JobError) {
        self.placing.abandon(desk);
        self.inline = Vec::new();
        self.awaiting = None;
        self.stage = Stage::Failed(error);
    }

    /// Makes again what was made in an earlier life, as far as that needs no content. It waits for a
    /// network, which says how many copies are possible.
    fn replay(&mut self, desk: &mut Desk) -> Result<(), JobError> {
        if !desk.ready() || self.lists.coded.is_empty() {
            return Ok(());
        }
        for (keep_list, index) in std::mem::take(&mut self.lists.coded).into_iter().zip(0..) {
            self.replay_segment(desk, index);
            self.list(desk, keep_list)?;
        }
        self.seal_root_if_complete(desk)
    }

    fn replay_segment(&mut self, desk: &Desk, index: u32) {
        let Some(plan) = self.plan.segment(index).map(|plan| self.redundancy.segment(plan)) else { return };
        let stood = self.stood.remove(&PartId::Segment(index)).unwrap_or_default();
        let pieces = usize::from(plan.n) + 1;
        let receipts = stood.by_piece(pieces);
        if stood.done {
            self.placing.add_done(Some(plan.k), &receipts, &desk.network);
        } else {
            self.placing.add_shed(index, self.copies.unwrap_or(1), &receipts);
        }
    }

    /// Asks for the next part of the content once there is room for it: first what lost its blocks.
    fn read_on(&mut self, desk: &mut Desk) {
        let ahead = if desk.room == Room::Ample { SEGMENTS_AHEAD } else { 1 };
        if self.awaiting.is_some() || !desk.ready() || self.placing.open_batches() >= ahead {
            return;
        }
        let unread = (self.uri.is_none()).then_some(self.parts_coded);
        let Some(part) = self.placing.wanted().or(unread) else { return };
        if self.request.length == 0 {
            if let Err(error) = self.take_part(desk, part, Vec::new()) {
                self.fail(desk, error);
            }
            return;
        }
        self.awaiting = Some(part);
        let (offset, len) = self.part_range(part);
        desk.read(offset, len);
    }

    /// Where a part of the content begins, and its bytes.
    fn part_range(&self, part: u32) -> (u64, usize) {
        match self.plan.segment(part) {
            Some(segment) => (segment.content_offset, segment.content_len),
            // Not cut: at most one block.
            None => (0, usize::try_from(self.request.length).unwrap_or(usize::MAX)),
        }
    }

    /// Turns a part of the content into blocks; after the last, seals the root.
    fn take_part(&mut self, desk: &mut Desk, part: u32, bytes: Vec<u8>) -> Result<(), JobError> {
        let Some(whole) = &self.whole else { return Ok(()) };
        let again = part < self.parts_coded;
        match self.plan.layout() {
            Layout::Inline => self.inline = bytes,
            Layout::Single => {
                let block = seal_data_block(&whole.insert_key, 0, &bytes).map_err(not_encoded)?;
                self.lists.listed.push(block.locator());
                self.add_uncoded(desk, PartId::Single, block);
            }
            Layout::Segments | Layout::Indexed => self.take_segment(desk, part, &bytes)?,
        }
        if again {
            return Ok(());
        }
        self.parts_coded += 1;
        self.seal_root_if_complete(desk)
    }

    fn take_segment(&mut self, desk: &mut Desk, index: u32, bytes: &[u8]) -> Result<(), JobError> {
        let (Some(whole), Some(segment)) = (&self.whole, self.plan.segment(index)) else { return Ok(()) };
        let segment = self.redundancy.segment(segment);
        let decide = || self.redundancy.copies(Kind::Shard, desk.network.other_storers);
        let copies = self.placing.copies_of_shed(index).unwrap_or_else(|| *self.copies.get_or_insert_with(decide));
        let encoded = encode_segment(desk.codec, &whole.insert_key, &segment, bytes, copies).map_err(not_encoded)?;
        let keep_list = encoded.keep_list.locator();
        if index == self.parts_coded {
            desk.journal(&Entry::Coded { segment: index, copies, keep_list });
        }
        self.placing.add_segment(desk, index, segment.k, copies, encoded);
        if index == self.parts_coded { self.list(desk, keep_list) } else { Ok(()) }
    }

    fn list(&mut self, desk: &mut Desk, keep_list: Locator) -> Result<(), JobError> {
        let Some(whole) = &self.whole else { return Ok(()) };
        let index = self.lists.index_blocks.len() as u32;
        let full = self.lists.list(&self.plan, &whole.read_key.keep_key(), keep_list).map_err(not_encoded)?;
        if let Some(block) = full {
            self.add_uncoded(desk, PartId::Index(index), block);
        }
        Ok(())
    }

    fn add_uncoded(&mut self, desk: &mut Desk, part: PartId, block: Block) {
        let stood = self.stood.remove(&part).unwrap_or_default();
        let receipts = stood.by_piece(1);
        if stood.done {
            self.placing.add_done(None, &receipts, &desk.network);
        } else {
            self.placing.add_uncoded(desk, part, block, receipts.first().copied().unwrap_or_default());
        }
    }

    /// The root goes last: it lists everything else.
    fn seal_root_if_complete(&mut self, desk: &mut Desk) -> Result<(), JobError> {
        if self.parts_coded < self.plan.segments().max(1) {
            return Ok(());
        }
        let Some(whole) = &self.whole else { return Ok(()) };
        let lists = std::mem::take(&mut self.lists);
        let body = match (self.plan.layout(), lists.listed.first()) {
            (Layout::Single, Some(&single)) => Body::Single(single),
            (Layout::Segments, _) => Body::Segments(lists.listed),
            (Layout::Indexed, _) => Body::Indexed(lists.index_blocks),
            _ => Body::Inline(std::mem::take(&mut self.inline)),
        };
        let (name, media_type) = (self.request.name.clone(), self.request.media_type.clone());
        let root = Root::new(name, media_type, whole.digest, whole.insert_key.clone(), body).map_err(not_encoded)?;
        let block = root.seal(&whole.read_key);
        let link = Chk {
            root: block.locator(),
            key: whole.read_key.clone(),
            extra: Extra { root: block.class(), ..Extra::PUBLIC },
            name: self.request.name.clone(),
        };
        self.keep = Some(Uri::Keep(link.keep_cap()).to_text());
        self.uri = Some(Uri::Chk(link).to_text());
        self.add_uncoded(desk, PartId::Root, block);
        Ok(())
    }
}

impl Stood {
    fn count(&mut self, piece: u8, receipts: u8) {
        let piece = usize::from(piece);
        if self.receipts.len() <= piece {
            self.receipts.resize(piece + 1, 0);
        }
        if let Some(counted) = self.receipts.get_mut(piece) {
            *counted = receipts.max(*counted);
        }
    }

    /// Receipts of exactly so many pieces.
    fn by_piece(&self, pieces: usize) -> Vec<u8> {
        let mut receipts = self.receipts.clone();
        receipts.resize(pieces, 0);
        receipts
    }
}

/// What the root will list.
#[derive(Default)]
struct Lists {
    /// Keep lists of segments coded in an earlier life, in order, until they are listed.
    coded: Vec<Locator>,
    /// The single block, or keep lists: all of them, or those for the next index block.
    listed: Vec<Locator>,
    index_blocks: Vec<Locator>,
    segments: u32,
}

impl Lists {
    /// Lists the next keep list, and gives the index block that it fills, where there are such.
    fn list(&mut self, plan: &Plan, key: &KeepKey, keep_list: Locator) -> Result<Option<Block>, IndexError> {
        self.listed.push(keep_list);
        self.segments += 1;
        let full = self.listed.len() == INDEX_CAPACITY || self.segments == plan.segments();
        if plan.layout() != Layout::Indexed || !full {
            return Ok(None);
        }
        let block = seal_index(key, self.index_blocks.len() as u64, &std::mem::take(&mut self.listed))?;
        self.index_blocks.push(block.locator());
        Ok(Some(block))
    }
}

/// What no root could hold is refused before anything is read.
fn check_text(request: &InsertRequest) -> Result<(), HandleError> {
    if !Root::is_name(&request.name) {
        return Err(Refusal::Name { most: MAX_NAME_LEN }.into());
    }
    if !Root::is_media_type(&request.media_type) {
        return Err(Refusal::MediaType { most: MAX_MEDIA_TYPE_LEN }.into());
    }
    Ok(())
}

fn not_as_said(how: &str) -> JobError {
    JobError::Source { reason: format!("it is {how} than was said: begin again") }
}

/// Content of the right length always encodes, but for a collision of hashes.
fn not_encoded(error: impl std::fmt::Display) -> JobError {
    JobError::Source { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_content::open_index;

    #[test]
    fn index_blocks_list_every_segment_once() {
        // One segment more than two index blocks hold.
        let segments = 2 * INDEX_CAPACITY as u64 + 1;
        let plan = Plan::new(segments * 63 * 32_752).unwrap();
        assert_eq!((plan.segments().into(), plan.layout()), (segments, Layout::Indexed));
        let key = ReadKey::from_bytes([1; 32]).keep_key();
        let keep_lists: Vec<_> = (0..segments).map(|index| Locator::of(&index.to_le_bytes())).collect();
        let mut lists = Lists::default();
        let blocks: Vec<_> =
            keep_lists.iter().filter_map(|&keep_list| lists.list(&plan, &key, keep_list).unwrap()).collect();
        assert_eq!(lists.index_blocks, blocks.iter().map(Block::locator).collect::<Vec<_>>());
        assert_eq!(lists.index_blocks.len(), plan.listed_in_root());
        let opened =
            blocks.iter().zip(0..).map(|(block, index)| open_index(&key, index, block, plan.segments()).unwrap());
        assert_eq!(opened.collect::<Vec<_>>().concat(), keep_lists);
    }
}
