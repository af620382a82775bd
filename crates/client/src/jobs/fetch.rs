//! One fetch: root, lists, segments in order, and the hash of the whole before the last of it.

use std::collections::{BTreeMap, VecDeque};

use roneo_content::directory::{
    self, DirectoryError, Entry as FileEntry, MAX_CONTAINER_LEN, MAX_MANIFEST_LEN, Manifest, Place,
};
use roneo_content::record::{Record, RecordError, Target as Named, document_locator};
use roneo_content::{
    Body, ContentHasher, INDEX_CAPACITY, KeepList, KeepListError, Layout, Root, RootError, SegmentError,
    decode_segment, listed_in, open_data_block, open_index, rebuild_shards,
};
use roneo_keys::time::Mono;
use roneo_keys::{Block, Docname, Extra, Locator, ReadKey, SizeClass, Uri, Usk};
use roneo_overlay::{BlockAnswer, Quanta};

use super::desk::{Desk, Room};
use super::gathering::{Gathered, Gathering, HEDGE_SHARDS, TooFew};
use super::healing::HEAL_COPIES;
use super::lookup::{Looked, Lookup};
use super::publish::record_locator;
use super::search::{Found, Search, Tally};
use super::{RecordAnswer, Token};
use crate::handle::{HandleError, JobError, JobState, JobStatus};
use crate::journal::Entry;
use crate::notice::{Note, Refusal};

/// Segments of one fetch between the first request for a shard and its consumer having taken the bytes.
pub const CHUNKS_AHEAD: u32 = 3;
/// Keep lists looked for beyond those segments, so that a segment does not begin by waiting.
pub const KEEP_LISTS_AHEAD: u32 = 4;
/// Blocks of one fetch that are asked for at one time; [`HEDGE_SHARDS`] more for a segment that is stuck.
pub const GET_WINDOW: usize = 32;

pub(super) struct Fetch {
    key: ReadKey,
    /// The path in the link. Behind a CHK it may be no more than a name that somebody gave a file.
    path: String,
    named: bool,
    course: Course,
    /// The file of a directory whose content is under way by itself: its root names nothing.
    alone: Option<Box<FileEntry>>,
    targets: BTreeMap<Token, Target>,
    /// Lengths of the chunks delivered and not yet taken.
    with_consumer: VecDeque<usize>,
    /// Bytes delivered, those of an earlier life included.
    delivered: u64,
    /// Bytes that the consumer kept of an earlier life.
    kept: u64,
    /// Whether the journal says which content it is.
    journaled: bool,
    stage: Stage,
    /// Kept apart from the stage, so that it can be told after the end too.
    about: Option<About>,
    /// What a record on the way said, for people.
    resolved: Resolved,
    /// The reads of blocks that left; none before the first input.
    quanta: Option<Quanta>,
}

/// Where the bytes of the content under way go.
enum Course {
    /// To the consumer.
    Deliver,
    /// Here, because the file asked for is behind them.
    Collect { bytes: Vec<u8>, then: Then },
}

/// What collected content is for.
enum Then {
    /// It is a directory's manifest, in which to find the path.
    Find,
    /// It is a container, out of which to cut a file.
    Cut { offset: usize, file: Box<FileEntry> },
}

/// What a signed name led to.
#[derive(Default)]
struct Resolved {
    edition: Option<u64>,
    /// The newest edition known, where that is older than the one asked for.
    newest: Option<u64>,
    /// The link to exactly that.
    uri: Option<String>,
    note: Option<Note>,
}

/// A signed name, and what to do with its record.
struct Name {
    docname: Docname,
    key: ReadKey,
    /// Where it is a slot: the link, with the oldest edition that will do.
    slot: Option<Usk>,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Root,
    Single,
    /// An index block.
    Index(u64),
    /// The keep list of a segment.
    KeepList(u32),
    Shard {
        segment: u32,
        shard: usize,
    },
}

enum Stage {
    /// Looking for the record of a name.
    Record(Box<Name>, Lookup),
    /// Looking for the root.
    Root(Search),
    /// Looking for the one block that is all of the content.
    Single(Box<Root>, Search),
    Segments(Box<Segments>),
    Fetched,
    Failed(JobError),
}

/// What the root says, for people.
struct About {
    name: String,
    media_type: String,
    length: u64,
    /// Blocks that a fetch needs, the root included.
    total: u64,
    /// Those that will not be looked at again.
    done: u64,
}

/// The segments of coded content, those before `next` delivered and those before `taken` consumed.
struct Segments {
    root: Root,
    count: u32,
    hasher: ContentHasher,
    /// Segments before this one are with the consumer since an earlier life, and are read back for
    /// their hash. Never the last: it is only delivered once the hash of the whole was checked.
    kept: u32,
    reading: bool,
    next: u32,
    taken: u32,
    parts: BTreeMap<u32, Part>,
    /// Lists of keep lists: found, or being looked for. Only those around `next`.
    indexes: BTreeMap<u64, Index>,
}

enum Part {
    Listing(Search),
    Listed(KeepList),
    Gathering(Gathering),
    Ready(Vec<u8>),
}

enum Index {
    Search(Search),
    Listed(Vec<Locator>),
}

impl Fetch {
    /// # Errors
    /// [`HandleError::Refused`] for a link that nothing can be read with.
    pub(super) fn new(uri: Uri) -> Result<Self, HandleError> {
        let (locator, path) = (record_locator(&uri), uri.path().to_owned());
        let name = |docname, key, slot| Some(Box::new(Name { docname, key, slot }));
        let name = match uri {
            Uri::Chk(chk) => return Ok(Self::at(chk.key, path, Stage::Root(Search::new(chk.root, chk.extra.root)))),
            Uri::Ssk(ssk) => name(ssk.docname, ssk.key, None),
            Uri::Ksk(ksk) => name(ksk.word.clone(), ksk.to_ssk().key, None),
            Uri::Usk(usk) => name(usk.docname.clone(), usk.key.clone(), Some(usk)),
            _ => None,
        };
        let (Some(name), Some(locator)) = (name, locator) else {
            return Err(Refusal::KeepLink.into());
        };
        Ok(Self::at(name.key.clone(), path, Stage::Record(name, Lookup::to_read(locator))))
    }

    fn at(key: ReadKey, path: String, stage: Stage) -> Self {
        Self {
            key,
            named: matches!(stage, Stage::Root(_)),
            path,
            course: Course::Deliver,
            alone: None,
            targets: BTreeMap::new(),
            with_consumer: VecDeque::new(),
            delivered: 0,
            kept: 0,
            journaled: false,
            stage,
            about: None,
            resolved: Resolved::default(),
            quanta: None,
        }
    }

    /// A fetch as its journal leaves it, with the bytes that its consumer kept.
    pub(super) fn resume(uri: Uri, entries: Vec<Entry>, kept: u64) -> Result<Self, HandleError> {
        let mut fetch = Self::new(uri)?;
        for entry in entries {
            if let Entry::Content { root, key, extra } = entry {
                (fetch.key, fetch.stage) = (key, Stage::Root(Search::new(root, extra.root)));
                (fetch.kept, fetch.journaled) = (kept, true);
            }
        }
        Ok(fetch)
    }

    /// Takes content back that was delivered in an earlier life: its hash is wanted.
    pub(super) fn content(&mut self, content: Result<Vec<u8>, String>) {
        let Stage::Segments(segments) = &mut self.stage else { return };
        let Some(blocks) = segments.take_kept(content.ok()) else { return };
        self.delivered = segments.delivered();
        if let Some(about) = &mut self.about {
            about.done += blocks;
        }
    }

    pub(super) fn not_kept(&mut self, desk: &mut Desk, reason: String) {
        self.fail(desk, JobError::NotKept { reason });
    }

    pub(super) fn record_done(&mut self, desk: &mut Desk, token: Token, answer: RecordAnswer) {
        let Stage::Record(_, lookup) = &mut self.stage else { return };
        if lookup.token() != Some(token) {
            return;
        }
        let looked = lookup.done(desk, answer);
        let taken = match looked {
            Looked::Open => return,
            Looked::Found { record, answered } => self.take_record(desk, &record, answered),
            Looked::Missing { answered, outdated } => self.take_absence(answered, outdated.as_ref()),
        };
        if let Err(error) = taken {
            self.fail(desk, error);
        }
    }

    pub(super) fn taken(&mut self) {
        let taken = self.with_consumer.pop_front().is_some();
        if let Stage::Segments(segments) = &mut self.stage {
            segments.taken += u32::from(taken);
        }
    }

    pub(super) fn get_done(&mut self, desk: &mut Desk, token: Token, answer: BlockAnswer) {
        let Some(target) = self.targets.remove(&token) else { return };
        if let Err(error) = self.take_answer(desk, target, answer) {
            self.fail(desk, error);
        }
    }

    pub(super) fn handle_timeout(&mut self, desk: &Desk) {
        match &mut self.stage {
            Stage::Record(_, lookup) => lookup.handle_timeout(desk.now),
            Stage::Root(search) | Stage::Single(_, search) => search.handle_timeout(desk.now),
            Stage::Segments(segments) => segments.handle_timeout(desk.now),
            Stage::Fetched | Stage::Failed(_) => {}
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Mono> {
        match &self.stage {
            Stage::Record(_, lookup) => lookup.next_timeout(),
            Stage::Root(search) | Stage::Single(_, search) => search.next_timeout(),
            Stage::Segments(segments) => segments.next_timeout(),
            Stage::Fetched | Stage::Failed(_) => None,
        }
    }

    /// Goes on as far as memory, window, consumer and network allow.
    pub(super) fn advance(&mut self, desk: &mut Desk) {
        if let Err(error) = self.deliver(desk) {
            return self.fail(desk, error);
        }
        if !desk.ready() {
            return;
        }
        match &mut self.stage {
            Stage::Record(_, lookup) => drop(lookup.ask(desk)),
            Stage::Root(search) => ask_once(search, desk, Target::Root, &mut self.targets),
            Stage::Single(_, search) => ask_once(search, desk, Target::Single, &mut self.targets),
            Stage::Segments(segments) if segments.next < segments.kept => segments.read_kept(desk),
            Stage::Segments(segments) => {
                segments.look_ahead(desk);
                segments.ask(desk, &mut self.targets);
            }
            Stage::Fetched | Stage::Failed(_) => {}
        }
        self.round_up(desk);
    }

    /// Counts the reads that left, and rounds them up once all that is wanted of the object has left.
    fn round_up(&mut self, desk: &mut Desk) {
        let quanta = self.quanta.get_or_insert_with(|| Quanta::new(desk.network.read_count));
        (0..desk.blocks_asked).for_each(|_| quanta.read());
        let all_left = match &self.stage {
            Stage::Single(..) => true,
            Stage::Segments(segments) => segments.has_asked_for_all(),
            // More of the object follows, or nothing does.
            Stage::Record(..) | Stage::Root(_) | Stage::Fetched | Stage::Failed(_) => false,
        };
        if all_left && !self.targets.is_empty() {
            desk.dummies(quanta.round_up());
        }
    }

    pub(super) fn abandon(&mut self, desk: &mut Desk) {
        let lookup = if let Stage::Record(_, lookup) = &self.stage { lookup.token() } else { None };
        for token in std::mem::take(&mut self.targets).into_keys().chain(lookup) {
            desk.withdraw(token);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Fetched | Stage::Failed(_))
    }

    /// Whether all is over, at the consumer too.
    pub(super) fn is_finished(&self) -> bool {
        self.is_over() && (self.with_consumer.is_empty() || matches!(self.stage, Stage::Failed(_)))
    }

    pub(super) fn held_bytes(&self) -> usize {
        let here = match &self.stage {
            Stage::Segments(segments) => segments.held_bytes(),
            Stage::Record(..) | Stage::Root(_) | Stage::Single(..) | Stage::Fetched | Stage::Failed(_) => 0,
        };
        let collected = if let Course::Collect { bytes, .. } = &self.course { bytes.len() } else { 0 };
        here + collected + self.with_consumer.iter().sum::<usize>()
    }

    pub(super) fn describe(&self, status: &mut JobStatus) {
        status.state = match &self.stage {
            Stage::Record(..) | Stage::Root(_) | Stage::Single(..) | Stage::Segments(_) => JobState::Running,
            Stage::Fetched => JobState::Fetched,
            Stage::Failed(_) => JobState::Failed,
        };
        status.error = if let Stage::Failed(error) = &self.stage { Some(error.clone()) } else { None };
        status.edition = self.resolved.edition;
        status.uri.clone_from(&self.resolved.uri);
        status.remark(self.resolved.note.into_iter().collect());
        let Some(about) = &self.about else { return };
        let under_way = if let Stage::Segments(segments) = &self.stage { segments.done() } else { 0 };
        // A fetch that failed stays where it was.
        status.done = status.done.max(about.done + under_way);
        status.total = about.total;
        if matches!(self.course, Course::Collect { .. }) {
            // What is known yet is about something on the way.
            return;
        }
        status.length = Some(about.length);
        let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        status.name = named(&about.name);
        status.media_type = named(&about.media_type);
    }

    fn fail(&mut self, desk: &mut Desk, error: JobError) {
        self.abandon(desk);
        self.stage = Stage::Failed(error);
    }

    fn take_answer(&mut self, desk: &mut Desk, target: Target, answer: BlockAnswer) -> Result<(), JobError> {
        match (&mut self.stage, target) {
            (Stage::Root(search), Target::Root) => match search.done(desk, answer) {
                Found::Block(block, tally) => {
                    heal_copies(desk, &block, tally);
                    self.take_root(desk, &block)
                }
                Found::Open => Ok(()),
                Found::Missing(tally) => Err(JobError::RootNotFound { asked: tally.without }),
            },
            (Stage::Single(root, search), Target::Single) => match search.done(desk, answer) {
                Found::Block(block, tally) => {
                    heal_copies(desk, &block, tally);
                    let length = usize::try_from(root.digest().length).unwrap_or(usize::MAX);
                    let bytes = open_data_block(root.insert_key(), 0, &block, length).map_err(damaged)?;
                    let mut hasher = ContentHasher::default();
                    hasher.update(&bytes);
                    hasher.verify(root.digest()).map_err(damaged)?;
                    self.finish(desk, bytes)
                }
                Found::Open => Ok(()),
                Found::Missing(_) => Err(missing(0, 1, TooFew { found: 0, needed: 1 })),
            },
            (Stage::Segments(segments), target) => {
                let unneeded = segments.take_answer(desk, &self.key, target, answer)?;
                for token in unneeded {
                    self.targets.remove(&token);
                    desk.withdraw(token);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take_record(&mut self, desk: &mut Desk, record: &Record, answered: usize) -> Result<(), JobError> {
        let Stage::Record(name, _) = &mut self.stage else { return Ok(()) };
        if let Some(mut usk) = name.slot.take() {
            let edition = record.sequence().edition;
            if edition < usk.edition {
                let wanted = usk.edition;
                name.slot = Some(usk);
                return self.look_for_exact(wanted, Some(edition));
            }
            usk.edition = edition;
            (self.resolved.edition, self.resolved.uri) = (Some(edition), Some(Uri::Usk(usk).to_text()));
        }
        if answered < 2 {
            self.resolved.note = Some(Note::FewAnswered { answered });
        }
        if desk.seen.is_lost(record) {
            self.resolved.note = Some(Note::Overwritten);
        }
        let target = record.open(&name.key, &name.docname).map_err(|error| match error {
            RecordError::Newer => JobError::Newer,
            other => damaged(other),
        })?;
        match target {
            Named::Inline { media_type, content } => {
                let length = content.len() as u64;
                self.about = Some(About { name: String::new(), media_type, length, total: 1, done: 0 });
                if !self.path.is_empty() {
                    return Err(JobError::NoSuchPath);
                }
                self.finish(desk, content)?;
            }
            Named::Content { root, key, extra } => {
                (self.key, self.stage) = (key, Stage::Root(Search::new(root, extra.root)));
            }
        }
        Ok(())
    }

    /// Nobody has a record that will do, in all rounds.
    fn take_absence(&mut self, answered: usize, outdated: Option<&Record>) -> Result<(), JobError> {
        let Stage::Record(name, _) = &self.stage else { return Ok(()) };
        match (outdated, &name.slot) {
            (Some(outdated), _) => Err(JobError::OnlyOlder { found: outdated.sequence().edition }),
            (None, Some(usk)) => {
                let wanted = usk.edition;
                self.look_for_exact(wanted, None)
            }
            (None, None) => Err(match self.resolved.edition {
                Some(edition) => JobError::EditionNotFound { edition, newest: self.resolved.newest },
                None => JobError::RootNotFound { asked: answered },
            }),
        }
    }

    /// The slot does not lead to the edition that a link asks for: the edition stands for itself too.
    fn look_for_exact(&mut self, edition: u64, newest: Option<u64>) -> Result<(), JobError> {
        let Stage::Record(name, _) = &mut self.stage else { return Ok(()) };
        let not_found = JobError::EditionNotFound { edition, newest };
        let Some(exact) = name.slot.take().and_then(|usk| usk.exact(edition).ok()) else { return Err(not_found) };
        let locator = document_locator(&exact);
        let name = Name { docname: exact.docname, key: exact.key, slot: None };
        (self.resolved.edition, self.resolved.newest) = (Some(edition), newest);
        self.resolved.note = Some(Note::FoundByItself { edition, newest });
        self.stage = Stage::Record(Box::new(name), Lookup::to_read(locator));
        Ok(())
    }

    fn take_root(&mut self, desk: &mut Desk, block: &Block) -> Result<(), JobError> {
        let root = Root::open(block, &self.key).map_err(|error| match error {
            RootError::Newer => JobError::Newer,
            other => damaged(other),
        })?;
        if !std::mem::replace(&mut self.journaled, true) {
            let extra = Extra { root: block.class(), ..Extra::PUBLIC };
            desk.journal(&Entry::Content { root: block.locator(), key: self.key.clone(), extra });
        }
        self.take_course(&root)?;
        let (name, media_type) = match &self.alone {
            // The hash of the whole against the root is checked in any case.
            Some(file) if file.blake3 != root.digest().blake3 => return Err(damaged(DirectoryError::Damaged)),
            Some(file) => (file.name().to_owned(), file.media_type.clone()),
            None => (root.name().to_owned(), root.media_type().to_owned()),
        };
        let (plan, segments) = (root.plan(), u64::from(root.plan().segments()));
        let index_blocks = if plan.layout() == Layout::Indexed { plan.listed_in_root() as u64 } else { 0 };
        // What led here counts too, so that progress never goes backwards.
        let before = self.about.as_ref().map_or(0, |about| about.done);
        self.about = Some(About {
            name,
            media_type,
            length: plan.length(),
            total: before + 1 + index_blocks + segments + plan.blocks(),
            done: before + 1,
        });
        match root.body() {
            Body::Inline(content) => {
                // `Root::open` has checked its digest.
                let content = content.clone();
                self.finish(desk, content)?;
            }
            Body::Single(block) => {
                let search = Search::new(*block, SizeClass::Block);
                self.stage = Stage::Single(Box::new(root), search);
            }
            Body::Segments(_) | Body::Indexed(_) => {
                let kept = if matches!(self.course, Course::Deliver) { self.kept } else { 0 };
                self.stage = Stage::Segments(Box::new(Segments::new(root, kept)));
            }
        }
        Ok(())
    }

    /// Decides where content goes, now that it is known what it is.
    fn take_course(&mut self, root: &Root) -> Result<(), JobError> {
        let is_directory = root.media_type() == directory::MEDIA_TYPE;
        match &self.course {
            Course::Deliver if is_directory && !self.path.is_empty() => {
                if root.digest().length > MAX_MANIFEST_LEN as u64 {
                    return Err(damaged(DirectoryError::TooLarge));
                }
                self.course = Course::Collect { bytes: Vec::new(), then: Then::Find };
            }
            // A signed name has a path only where it names a directory.
            Course::Deliver if !self.path.is_empty() && !self.named => return Err(JobError::NoSuchPath),
            Course::Collect { then: Then::Cut { .. }, .. } if root.digest().length > MAX_CONTAINER_LEN => {
                return Err(damaged(DirectoryError::Damaged));
            }
            Course::Deliver | Course::Collect { .. } => {}
        }
        Ok(())
    }

    /// Hands over what is all of the content, or the last of it, once it is checked.
    fn finish(&mut self, desk: &mut Desk, bytes: Vec<u8>) -> Result<(), JobError> {
        if let Some(about) = &mut self.about {
            about.done = about.total;
        }
        let last = matches!(self.course, Course::Deliver);
        self.hand_over(desk, bytes, last);
        match std::mem::replace(&mut self.course, Course::Deliver) {
            Course::Deliver => {
                self.stage = Stage::Fetched;
                Ok(())
            }
            Course::Collect { bytes, then: Then::Find } => self.find(desk, &bytes),
            Course::Collect { bytes, then: Then::Cut { offset, file } } => {
                let end = usize::try_from(file.length).ok().and_then(|length| offset.checked_add(length));
                let cut = end.and_then(|end| bytes.get(offset..end)).ok_or_else(|| damaged(DirectoryError::Damaged))?;
                self.deliver_file(desk, &file, cut.to_vec())
            }
        }
    }

    /// Goes on to the file that the path names in a manifest.
    fn find(&mut self, desk: &mut Desk, bytes: &[u8]) -> Result<(), JobError> {
        let manifest = Manifest::from_bytes(bytes).map_err(|error| match error {
            DirectoryError::Newer => JobError::Newer,
            other => damaged(other),
        })?;
        let Some(file) = manifest.find(&self.path) else { return Err(JobError::NoSuchPath) };
        let content = match &file.place {
            Place::Inline => {
                let bytes = manifest.inline(file).unwrap_or_default().to_vec();
                return self.deliver_file(desk, file, bytes);
            }
            Place::Alone(content) => {
                self.alone = Some(Box::new(file.clone()));
                content
            }
            Place::Container(number) => {
                let offset = usize::try_from(manifest.offset(file)).unwrap_or(usize::MAX);
                let then = Then::Cut { offset, file: Box::new(file.clone()) };
                self.course = Course::Collect { bytes: Vec::new(), then };
                let container = manifest.containers().get(usize::from(*number));
                &container.ok_or_else(|| damaged(DirectoryError::Damaged))?.content
            }
        };
        // The file, or its container, may be a directory to somebody else: here its bytes are meant.
        self.path.clear();
        (self.key, self.stage) = (content.key.clone(), Stage::Root(Search::new(content.root, content.extra.root)));
        Ok(())
    }

    fn deliver_file(&mut self, desk: &mut Desk, file: &FileEntry, bytes: Vec<u8>) -> Result<(), JobError> {
        if *blake3::hash(&bytes).as_bytes() != file.blake3 {
            return Err(damaged(DirectoryError::Damaged));
        }
        if let Some(about) = &mut self.about {
            file.name().clone_into(&mut about.name);
            about.media_type.clone_from(&file.media_type);
            about.length = file.length;
        }
        self.hand_over(desk, bytes, true);
        self.stage = Stage::Fetched;
        Ok(())
    }

    fn hand_over(&mut self, desk: &mut Desk, bytes: Vec<u8>, last: bool) {
        if let Course::Collect { bytes: collected, .. } = &mut self.course {
            collected.extend(bytes);
            if let Stage::Segments(segments) = &mut self.stage {
                segments.taken += 1;
            }
            return;
        }
        self.with_consumer.push_back(bytes.len());
        let offset = self.delivered;
        self.delivered += bytes.len() as u64;
        desk.deliver(offset, bytes, last);
    }

    /// Hands over the segments that are ready and next.
    fn deliver(&mut self, desk: &mut Desk) -> Result<(), JobError> {
        while let Stage::Segments(segments) = &mut self.stage {
            let Some((bytes, blocks)) = segments.next_ready() else { return Ok(()) };
            segments.hasher.update(&bytes);
            if segments.next == segments.count {
                std::mem::take(&mut segments.hasher).verify(segments.root.digest()).map_err(damaged)?;
                self.finish(desk, bytes)?;
            } else {
                self.hand_over(desk, bytes, false);
                if let Some(about) = &mut self.about {
                    about.done += blocks;
                }
            }
        }
        Ok(())
    }
}

impl Segments {
    fn new(root: Root, kept: u64) -> Self {
        let count = root.plan().segments();
        let ends = |segment| root.plan().segment(segment).map(|plan| plan.content_offset + plan.content_len as u64);
        let kept = (0..count - 1).take_while(|&segment| ends(segment).is_some_and(|end| end <= kept)).count() as u32;
        Self {
            root,
            count,
            kept,
            reading: false,
            hasher: ContentHasher::default(),
            next: 0,
            taken: 0,
            parts: BTreeMap::new(),
            indexes: BTreeMap::new(),
        }
    }

    fn read_kept(&mut self, desk: &mut Desk) {
        if !std::mem::replace(&mut self.reading, true) {
            desk.read(self.delivered(), self.next_len());
        }
    }

    /// Takes the kept segment `next`, and gives the blocks that it spares. What cannot be read is fetched.
    fn take_kept(&mut self, bytes: Option<Vec<u8>>) -> Option<u64> {
        if !std::mem::take(&mut self.reading) {
            return None;
        }
        let Some(bytes) = bytes.filter(|bytes| bytes.len() == self.next_len()) else {
            self.kept = self.next;
            return None;
        };
        self.hasher.update(&bytes);
        let k = self.root.plan().segment(self.next).map_or(0, |segment| segment.k);
        self.next += 1;
        self.taken += 1;
        Some(1 + u64::from(k))
    }

    /// Bytes of the segments before `next`.
    fn delivered(&self) -> u64 {
        let end = self.root.plan().length();
        self.root.plan().segment(self.next).map_or(end, |segment| segment.content_offset)
    }

    fn next_len(&self) -> usize {
        self.root.plan().segment(self.next).map_or(0, |segment| segment.content_len)
    }

    /// Segment `next` if it is ready, with the number of blocks it took. Moves on to the one after.
    fn next_ready(&mut self) -> Option<(Vec<u8>, u64)> {
        if !matches!(self.parts.get(&self.next), Some(Part::Ready(_))) {
            return None;
        }
        let Some(Part::Ready(bytes)) = self.parts.remove(&self.next) else { return None };
        let k = self.root.plan().segment(self.next).map_or(0, |segment| segment.k);
        self.next += 1;
        Some((bytes, 1 + u64::from(k)))
    }

    /// Begins to look for keep lists and shards as far ahead as the consumer and memory allow.
    fn look_ahead(&mut self, desk: &Desk) {
        let ahead = if desk.room == Room::Ample { CHUNKS_AHEAD } else { 1 };
        let gather_before = self.count.min(self.taken.saturating_add(ahead));
        let list_before = self.count.min(gather_before.saturating_add(KEEP_LISTS_AHEAD));
        for segment in self.next..list_before {
            if !self.parts.contains_key(&segment) {
                let Some(keep_list) = self.keep_list(segment) else { break };
                self.parts.insert(segment, Part::Listing(Search::new(keep_list, SizeClass::Leaf)));
            }
        }
        for (&segment, part) in self.parts.range_mut(..gather_before) {
            if let (Part::Listed(keep_list), Some(plan)) = (&part, self.root.plan().segment(segment)) {
                *part = Part::Gathering(Gathering::new(plan, keep_list.clone(), desk.now));
            }
        }
    }

    /// Where the keep list of a segment is. `None` while the index block that says so is looked for.
    fn keep_list(&mut self, segment: u32) -> Option<Locator> {
        let listed = match self.root.body() {
            Body::Segments(listed) => return listed.get(segment as usize).copied(),
            Body::Indexed(listed) => listed,
            Body::Inline(_) | Body::Single(_) => return None,
        };
        let (index, position) = (index_of(segment), segment as usize % INDEX_CAPACITY);
        // Behind the segment to be delivered no index block is needed any more.
        self.indexes = self.indexes.split_off(&index_of(self.next));
        if let Some(Index::Listed(keep_lists)) = self.indexes.get(&index) {
            return keep_lists.get(position).copied();
        }
        let block = *listed.get(usize::try_from(index).ok()?)?;
        self.indexes.entry(index).or_insert_with(|| Index::Search(Search::new(block, SizeClass::Block)));
        None
    }

    /// Whether nothing more of the content is wanted than was asked for.
    fn has_asked_for_all(&self) -> bool {
        let asked = |part: &Part| match part {
            Part::Listing(_) | Part::Listed(_) => false,
            Part::Gathering(gathering) => gathering.next_wanted().is_none(),
            Part::Ready(_) => true,
        };
        (self.next..self.count).all(|segment| self.parts.get(&segment).is_some_and(asked))
    }

    /// Asks for as much as the window allows: lists before shards, earlier segments before later ones.
    fn ask(&mut self, desk: &mut Desk, targets: &mut BTreeMap<Token, Target>) {
        for (&index, state) in &mut self.indexes {
            if let Index::Search(search) = state {
                ask_once(search, desk, Target::Index(index), targets);
            }
        }
        for (&segment, part) in &mut self.parts {
            if let Part::Listing(search) = part {
                ask_once(search, desk, Target::KeepList(segment), targets);
            }
        }
        for (&segment, part) in &mut self.parts {
            let Part::Gathering(gathering) = part else { continue };
            let hedge = if gathering.is_hedging() { HEDGE_SHARDS } else { 0 };
            while targets.len() < desk.window(GET_WINDOW) + hedge {
                let Some(shard) = gathering.next_wanted() else { break };
                let Some(token) = gathering.ask(desk, shard) else { break };
                targets.insert(token, Target::Shard { segment, shard });
            }
        }
    }

    /// Takes an answer, and gives the requests that are of no more use.
    fn take_answer(
        &mut self,
        desk: &mut Desk,
        key: &ReadKey,
        target: Target,
        answer: BlockAnswer,
    ) -> Result<Vec<Token>, JobError> {
        match target {
            Target::Index(index) => self.take_index(desk, key, index, answer).map(|()| Vec::new()),
            Target::KeepList(segment) => self.take_keep_list(desk, segment, answer).map(|()| Vec::new()),
            Target::Shard { segment, shard } => self.take_shard(desk, segment, shard, answer),
            Target::Root | Target::Single => Ok(Vec::new()),
        }
    }

    fn take_index(&mut self, desk: &mut Desk, key: &ReadKey, index: u64, answer: BlockAnswer) -> Result<(), JobError> {
        let Some(state) = self.indexes.get_mut(&index) else { return Ok(()) };
        let Index::Search(search) = state else { return Ok(()) };
        match search.done(desk, answer) {
            Found::Block(block, tally) => {
                heal_copies(desk, &block, tally);
                let listed = open_index(&key.keep_key(), index, &block, self.count).map_err(damaged)?;
                *state = Index::Listed(listed);
                Ok(())
            }
            Found::Open => Ok(()),
            Found::Missing(_) => {
                let first = u32::try_from(listed_in(self.count, index).start).unwrap_or(u32::MAX);
                Err(self.missing(first, 0))
            }
        }
    }

    fn take_keep_list(&mut self, desk: &mut Desk, segment: u32, answer: BlockAnswer) -> Result<(), JobError> {
        let Some(part) = self.parts.get_mut(&segment) else { return Ok(()) };
        let Part::Listing(search) = part else { return Ok(()) };
        match search.done(desk, answer) {
            Found::Block(block, tally) => {
                heal_copies(desk, &block, tally);
                let keep_list = KeepList::parse(&block).map_err(keep_list_error)?;
                if let Some(plan) = self.root.plan().segment(segment) {
                    keep_list.check(&plan).map_err(keep_list_error)?;
                }
                *part = Part::Listed(keep_list);
                Ok(())
            }
            Found::Open => Ok(()),
            Found::Missing(_) => Err(self.missing(segment, 0)),
        }
    }

    fn take_shard(
        &mut self,
        desk: &mut Desk,
        segment: u32,
        shard: usize,
        answer: BlockAnswer,
    ) -> Result<Vec<Token>, JobError> {
        let Some(Part::Gathering(gathering)) = self.parts.get_mut(&segment) else { return Ok(Vec::new()) };
        gathering.done(desk, shard, answer).map_err(|few| missing(segment, self.count, few))?;
        if !gathering.is_complete() {
            return Ok(Vec::new());
        }
        let Some(Part::Gathering(gathering)) = self.parts.remove(&segment) else { return Ok(Vec::new()) };
        let Gathered { plan, keep_list, shards, unneeded, absent, worn } = gathering.finish();
        let bytes = decode_segment(desk.codec, self.root.insert_key(), &plan, &keep_list, &shards).map_err(
            |error| match error {
                SegmentError::KeepList(error) => keep_list_error(error),
                other => damaged(other),
            },
        )?;
        self.parts.insert(segment, Part::Ready(bytes));
        heal_shards(desk, &keep_list, &shards, &absent);
        for block in worn.into_iter().filter_map(|shard| shards.get(shard)?.clone()) {
            desk.heal(block, keep_list.copies());
        }
        Ok(unneeded)
    }

    /// The error for a segment of which nothing but `found` shards can be had.
    fn missing(&self, segment: u32, found: u32) -> JobError {
        let needed = self.root.plan().segment(segment).map_or(0, |plan| plan.k.into());
        missing(segment, self.count, TooFew { found, needed })
    }

    fn searches(&mut self) -> impl Iterator<Item = &mut Search> {
        let indexes = self
            .indexes
            .values_mut()
            .filter_map(|index| if let Index::Search(search) = index { Some(search) } else { None });
        let lists = self
            .parts
            .values_mut()
            .filter_map(|part| if let Part::Listing(search) = part { Some(search) } else { None });
        indexes.chain(lists)
    }

    fn handle_timeout(&mut self, now: Mono) {
        self.searches().for_each(|search| search.handle_timeout(now));
        for part in self.parts.values_mut() {
            if let Part::Gathering(gathering) = part {
                gathering.handle_timeout(now);
            }
        }
    }

    fn next_timeout(&self) -> Option<Mono> {
        let indexes = self.indexes.values().filter_map(|index| match index {
            Index::Search(search) => search.next_timeout(),
            Index::Listed(_) => None,
        });
        let parts = self.parts.values().filter_map(|part| match part {
            Part::Listing(search) => search.next_timeout(),
            Part::Gathering(gathering) => gathering.next_timeout(),
            Part::Listed(_) | Part::Ready(_) => None,
        });
        indexes.chain(parts).min()
    }

    /// Blocks here of segments that are not delivered, and index blocks read so far.
    fn done(&self) -> u64 {
        let blocks = |(&segment, part): (&u32, &Part)| match part {
            Part::Listing(_) => 0,
            Part::Listed(_) => 1,
            Part::Gathering(gathering) => 1 + gathering.here() as u64,
            Part::Ready(_) => 1 + self.root.plan().segment(segment).map_or(0, |plan| plan.k.into()),
        };
        let indexes = if self.root.plan().layout() == Layout::Indexed {
            let open = self.indexes.iter().filter(|(_, index)| matches!(index, Index::Listed(_))).count() as u64;
            index_of(self.next) + open
        } else {
            0
        };
        self.parts.iter().map(blocks).sum::<u64>() + indexes
    }

    fn held_bytes(&self) -> usize {
        let part_bytes = |part: &Part| match part {
            Part::Listing(_) => 0,
            Part::Listed(keep_list) => keep_list.shards().len() * Locator::LEN,
            Part::Gathering(gathering) => gathering.held_bytes(),
            Part::Ready(bytes) => bytes.len(),
        };
        self.parts.values().map(part_bytes).sum()
    }
}

fn ask_once(search: &mut Search, desk: &mut Desk, target: Target, targets: &mut BTreeMap<Token, Target>) {
    targets.extend(search.ask(desk).map(|token| (token, target)));
}

/// Has a block placed again that no code protects, where storers before its holder lacked it.
fn heal_copies(desk: &mut Desk, block: &Block, tally: Tally) {
    if tally.without > 0 {
        desk.heal(block.clone(), HEAL_COPIES);
    }
}

/// Makes shards again that storers answered not to have, and has them placed.
fn heal_shards(desk: &mut Desk, keep_list: &KeepList, shards: &[Option<Block>], absent: &[usize]) {
    let wanted = desk.heal_room(absent);
    // Without a hole there is nothing to compute; and what is damaged was found out by decoding.
    if let Ok(rebuilt) = rebuild_shards(desk.codec, keep_list, shards, wanted) {
        rebuilt.into_iter().for_each(|(_, block)| desk.heal(block, keep_list.copies()));
    }
}

/// The index block that names the keep list of a segment.
const fn index_of(segment: u32) -> u64 {
    segment as u64 / INDEX_CAPACITY as u64
}

fn missing(segment: u32, segments: u32, few: TooFew) -> JobError {
    JobError::SegmentMissing { segment: segment + 1, segments, found: few.found, needed: few.needed }
}

fn damaged(error: impl std::fmt::Display) -> JobError {
    JobError::Damaged { reason: error.to_string() }
}

fn keep_list_error(error: KeepListError) -> JobError {
    match error {
        KeepListError::Newer => JobError::Newer,
        other => damaged(other),
    }
}
