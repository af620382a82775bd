//! One insert: reads content segment by segment, codes it, and sees it placed.

use roneo_content::redundancy::Kind;
use roneo_content::{
    Body, ContentHasher, INDEX_CAPACITY, IndexError, Layout, MAX_MEDIA_TYPE_LEN, MAX_NAME_LEN, Plan, Root,
    encode_segment, seal_data_block, seal_index,
};
use roneo_keys::time::Mono;
use roneo_keys::{Block, Chk, Extra, InsertKey, KeepKey, Locator, ReadKey, Uri};
use roneo_overlay::NetworkState;

use super::Token;
use super::desk::{Desk, Room};
use super::experiment::Redundancy;
use super::placing::{Placing, Shortfall, Verdict};
use crate::handle::{HandleError, InsertRequest, JobError, JobState, JobStatus};

/// Segments of one insert that may be under way at one time.
pub const SEGMENTS_AHEAD: usize = 2;
/// Bytes of weak segments that one insert keeps for placing more copies: the rest of the 64 MiB that
/// an insert of any size stays under.
pub const WEAK_BYTES_PER_JOB: usize = 32 << 20;

pub(super) struct Insert {
    request: InsertRequest,
    plan: Plan,
    read_key: ReadKey,
    insert_key: InsertKey,
    redundancy: Redundancy,
    /// Copies of each shard. Decided when the first segment is coded, because keep lists say it.
    copies: Option<u8>,
    hasher: ContentHasher,
    /// Parts of the content taken so far: segments, or the whole where it is not cut.
    parts_read: u32,
    awaiting_content: bool,
    inline: Vec<u8>,
    lists: Lists,
    placing: Placing,
    uri: Option<String>,
    stage: Stage,
    note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Running,
    Weak,
    Stored,
    Failed(JobError),
}

impl Insert {
    pub(super) fn new(
        request: InsertRequest,
        read_key: ReadKey,
        insert_key: InsertKey,
        redundancy: Redundancy,
    ) -> Result<Self, HandleError> {
        check_text(&request)?;
        let plan = Plan::new(request.length).map_err(|_| JobError::TooLarge)?;
        Ok(Self {
            request,
            plan,
            read_key,
            insert_key,
            redundancy,
            copies: None,
            hasher: ContentHasher::default(),
            parts_read: 0,
            awaiting_content: false,
            inline: Vec::new(),
            lists: Lists::default(),
            placing: Placing::new(redundancy),
            uri: None,
            stage: Stage::Running,
            note: None,
        })
    }

    pub(super) fn content(&mut self, desk: &mut Desk, content: Result<Vec<u8>, String>) {
        if !std::mem::take(&mut self.awaiting_content) {
            return;
        }
        let expected = self.next_part_len();
        let taken = match content {
            Err(reason) => Err(JobError::Source { reason }),
            Ok(bytes) if bytes.len() < expected => Err(not_as_said("shorter")),
            Ok(bytes) if bytes.len() > expected => Err(not_as_said("longer")),
            Ok(bytes) => self.take_part(desk, bytes),
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
        if matches!(self.stage, Stage::Stored | Stage::Failed(_)) {
            return;
        }
        while self.placing.weak_bytes() > WEAK_BYTES_PER_JOB && self.placing.give_up_weak(desk) {}
        self.judge(desk);
        if self.stage == Stage::Running {
            self.read_on(desk);
        }
        self.placing.advance(desk);
    }

    /// Stops placing the oldest part that is weak: memory is needed.
    pub(super) fn give_up_weak(&mut self, desk: &mut Desk) {
        self.placing.give_up_weak(desk);
    }

    pub(super) fn abandon(&mut self, desk: &mut Desk) {
        self.placing.abandon(desk);
    }

    pub(super) fn is_over(&self) -> bool {
        match self.stage {
            Stage::Running => false,
            Stage::Weak => self.placing.is_empty(),
            Stage::Stored | Stage::Failed(_) => true,
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        // What was asked of the content's source is on its way, and counts.
        let coming = if self.awaiting_content { self.next_part_len() } else { 0 };
        self.placing.held_bytes() + self.inline.len() + coming
    }

    pub(super) fn weak_bytes(&self) -> usize {
        self.placing.weak_bytes()
    }

    pub(super) fn describe(&self, status: &mut JobStatus) {
        status.state = match self.stage {
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
        status.uri.clone_from(&self.uri);
        status.note.clone_from(&self.note);
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
                self.note = self.placing.outlook(&desk.network);
            }
            Verdict::Weak => {
                self.stage = Stage::Weak;
                self.placing.settle_as_weak();
                self.note = Some(self.weak_note(desk));
            }
            Verdict::Open | Verdict::Failed(_) => {}
        }
    }

    fn weak_note(&self, desk: &Desk) -> String {
        let (lacking, given_up, total) = (self.placing.lacking(), self.placing.given_up(), self.plan.stored_blocks());
        let mut note = String::new();
        if lacking > 0 {
            note = format!("{lacking} of {total} blocks lack copies: the node goes on placing them while it runs");
        }
        if given_up > 0 {
            let and = if note.is_empty() { "" } else { "; " };
            note = format!(
                "{note}{and}{given_up} of {total} blocks lack copies and are not placed any more, for want of memory: insert it again when more nodes are up"
            );
        }
        match self.placing.outlook(&desk.network) {
            Some(outlook) => format!("{note}; {outlook}"),
            None => note,
        }
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
        self.awaiting_content = false;
        self.stage = Stage::Failed(error);
    }

    /// Asks for the next part of the content once there is room for it.
    fn read_on(&mut self, desk: &mut Desk) {
        let ahead = if desk.room == Room::Ample { SEGMENTS_AHEAD } else { 1 };
        if self.awaiting_content || self.uri.is_some() || !desk.ready() || self.placing.open_batches() >= ahead {
            return;
        }
        if self.request.length == 0 {
            if let Err(error) = self.take_part(desk, Vec::new()) {
                self.fail(desk, error);
            }
        } else {
            self.awaiting_content = true;
            desk.read(self.next_part_len());
        }
    }

    fn next_part_len(&self) -> usize {
        match self.plan.segment(self.parts_read) {
            Some(segment) => segment.content_len,
            // Not cut: at most one block.
            None => usize::try_from(self.request.length).unwrap_or(usize::MAX),
        }
    }

    /// Turns the next part of the content into blocks; after the last, seals the root.
    fn take_part(&mut self, desk: &mut Desk, bytes: Vec<u8>) -> Result<(), JobError> {
        self.hasher.update(&bytes);
        match self.plan.layout() {
            Layout::Inline => self.inline = bytes,
            Layout::Single => {
                let block = seal_data_block(&self.insert_key, 0, &bytes).map_err(not_encoded)?;
                self.lists.listed.push(block.locator());
                self.placing.add_uncoded(block);
            }
            Layout::Segments | Layout::Indexed => self.take_segment(desk, &bytes)?,
        }
        self.parts_read += 1;
        if self.parts_read >= self.plan.segments().max(1) { self.seal_root() } else { Ok(()) }
    }

    fn take_segment(&mut self, desk: &mut Desk, bytes: &[u8]) -> Result<(), JobError> {
        let Some(segment) = self.plan.segment(self.parts_read) else { return Ok(()) };
        let segment = self.redundancy.segment(segment);
        let copies = || self.redundancy.copies(Kind::Shard, desk.network.other_storers);
        let copies = *self.copies.get_or_insert_with(copies);
        let encoded = encode_segment(desk.codec, &self.insert_key, &segment, bytes, copies).map_err(not_encoded)?;
        let keep_list = encoded.keep_list.locator();
        self.placing.add_segment(self.parts_read, segment.k, copies, encoded);
        let keep_key = self.read_key.keep_key();
        if let Some(block) = self.lists.list(&self.plan, &keep_key, keep_list).map_err(not_encoded)? {
            self.placing.add_uncoded(block);
        }
        Ok(())
    }

    /// The root goes last: its hash is known at the end.
    fn seal_root(&mut self) -> Result<(), JobError> {
        let lists = std::mem::take(&mut self.lists);
        let body = match (self.plan.layout(), lists.listed.first()) {
            (Layout::Single, Some(&single)) => Body::Single(single),
            (Layout::Segments, _) => Body::Segments(lists.listed),
            (Layout::Indexed, _) => Body::Indexed(lists.index_blocks),
            _ => Body::Inline(std::mem::take(&mut self.inline)),
        };
        let (name, media_type) = (self.request.name.clone(), self.request.media_type.clone());
        let digest = std::mem::take(&mut self.hasher).finish();
        let root = Root::new(name, media_type, digest, self.insert_key.clone(), body).map_err(not_encoded)?;
        let block = root.seal(&self.read_key);
        let name = self.request.name.clone();
        let link = Chk {
            root: block.locator(),
            key: self.read_key.clone(),
            extra: Extra { root: block.class(), ..Extra::PUBLIC },
            name,
        };
        self.uri = Some(Uri::Chk(link).to_text());
        self.placing.add_uncoded(block);
        Ok(())
    }
}

/// What the root will list.
#[derive(Default)]
struct Lists {
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
    let reason = if !Root::is_name(&request.name) {
        format!(
            "this name cannot be used: give one of at most {MAX_NAME_LEN} bytes, without slashes or control characters"
        )
    } else if !Root::is_media_type(&request.media_type) {
        format!(
            "this media type cannot be used: give one of at most {MAX_MEDIA_TYPE_LEN} plain characters, as text/plain"
        )
    } else {
        return Ok(());
    };
    Err(HandleError::Refused(reason))
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
