//! [`NodeHandle`]: everything a program may ask of a running node.
//!
//! The proxy, the command line (through the proxy's API) and later gateways and plugins drive a
//! node by this trait alone. The node's library implements it over its event loop.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::notice::{self, Note, Refusal, Warning};
pub use crate::report::{Condition, CopiesFound, Extent, Report, SegmentFound};
pub use roneo_content::record::{INLINE_RECORD_LIMIT, Target};
use roneo_keys::{ConvergenceSecret, InsertUri, Uri};
pub use roneo_social::{AnnouncementRecord, Effort, RecordName};
use serde::{Deserialize, Serialize};

/// A future that a trait object can return.
pub type HandleFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, HandleError>> + Send + 'a>>;

/// Bytes that a content source hands over or a fetch yields at once, at most: one segment.
pub const CHUNK_LEN: usize = 63 * 32_752;

/// Announcements of one hour of a board, as far as storers gave them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// All that came, each of them checked.
    pub record: AnnouncementRecord,
    /// Storers that answered, with a record or that they have none.
    pub answered: usize,
}

/// Names one insert or fetch: one in the queue for as long as it is there, any other while the node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct JobId(pub u64);

/// What an insert is told before its first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsertRequest {
    /// Bytes of content that will follow, exactly.
    pub length: u64,
    /// File name for the link and the root, at most 255 bytes of UTF-8; empty for none.
    pub name: String,
    /// Media type, at most 100 bytes; empty for unknown.
    pub media_type: String,
    /// Where it is given, the keys follow from it and the content, and the same content gives the same
    /// link again. Without, they are random.
    pub secret: Option<ConvergenceSecret>,
}

/// How urgent a queued job is: 0 first, 6 last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

impl Priority {
    /// Before all others.
    pub const FIRST: Self = Self(0);
    /// After all others.
    pub const LAST: Self = Self(6);

    /// As a number, 0 to 6.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self(3)
    }
}

/// No priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a priority is a number from 0, first, to 6, last")]
pub struct NoPriority;

impl TryFrom<u8> for Priority {
    type Error = NoPriority;

    fn try_from(number: u8) -> Result<Self, NoPriority> {
        if number <= Self::LAST.0 { Ok(Self(number)) } else { Err(NoPriority) }
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

/// Where an insert's content comes from: read in order, once, into the queue.
pub trait ContentSource: Send {
    /// The next `len` bytes, or fewer at the end of content, or none after it.
    fn read(&mut self, len: usize) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<u8>>> + Send + '_>>;
}

/// Content that is all in memory; a clone is read from where its original is.
#[derive(Clone)]
pub struct InMemory {
    bytes: Arc<[u8]>,
    read: usize,
}

impl InMemory {
    /// These bytes, none of them read.
    #[must_use]
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { bytes: bytes.into(), read: 0 }
    }
}

impl ContentSource for InMemory {
    fn read(&mut self, len: usize) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<u8>>> + Send + '_>> {
        let rest = &self.bytes[self.read..];
        let next = rest[..len.min(rest.len())].to_vec();
        self.read += next.len();
        Box::pin(std::future::ready(Ok(next)))
    }
}

/// Drives a running node. Every method may be called at any time, from any task.
///
/// Dropping a returned future abandons the answer, never the work: an insert that was begun goes
/// on, and [`NodeHandle::cancel`] ends it.
pub trait NodeHandle: Send + Sync + 'static {
    /// How the node and its network are.
    fn status(&self) -> HandleFuture<'_, Status>;

    /// Every node in the view, this one first.
    fn peers(&self) -> HandleFuture<'_, Vec<Peer>>;

    /// An invitation to this node's network, on one line.
    fn invite(&self) -> HandleFuture<'_, String>;

    /// Follows an invitation.
    fn join(&self, invitation: String) -> HandleFuture<'_, ()>;

    /// Begins an insert. It first takes all of `content` into the queue on the node's disk, while its
    /// state is [`JobState::Receiving`]; from then on it needs nobody, and goes on after a restart.
    fn insert(&self, request: InsertRequest, content: Box<dyn ContentSource>) -> HandleFuture<'_, JobId>;

    /// Begins a fetch for somebody who reads it now, by [`NodeHandle::read`]. It ends with the node.
    fn fetch(&self, uri: Uri) -> HandleFuture<'_, JobId>;

    /// Begins a fetch into the queue on the node's disk, or gives the one of that link that is there
    /// already. It goes on after a restart; its content is read by [`NodeHandle::read_at`].
    fn download(&self, uri: Uri) -> HandleFuture<'_, JobId>;

    /// Begins to write a signed name: a document once, or the next edition of one.
    fn publish(&self, to: InsertUri, target: Target) -> HandleFuture<'_, JobId>;

    /// Begins to place the record behind a link again, as anybody may who can read it.
    fn refresh(&self, uri: Uri) -> HandleFuture<'_, JobId>;

    /// Begins to look how what a link names is kept, which a KEEP link is enough for. It ends with the
    /// node, and can be begun again.
    fn check(&self, uri: Uri, extent: Extent) -> HandleFuture<'_, JobId>;

    /// Begins to make again and place what is missing of what a link names, as anybody may who has so
    /// much as its KEEP link. It ends with the node; what it has placed stands.
    fn repair(&self, uri: Uri, extent: Extent) -> HandleFuture<'_, JobId>;

    /// Where a job stands.
    fn job(&self, job: JobId) -> HandleFuture<'_, JobStatus>;

    /// Waits until a job stands otherwise than in `seen` (its [`JobStatus::revision`]), or 10 s.
    fn job_change(&self, job: JobId, seen: u64) -> HandleFuture<'_, JobStatus>;

    /// The next bytes of a fetch, in order; `None` after the last. Waits for the network. The last
    /// bytes are only handed over after the hash of the whole was checked.
    fn read(&self, job: JobId) -> HandleFuture<'_, Option<Vec<u8>>>;

    /// The bytes of a download from `offset` on, at most [`CHUNK_LEN`]; `None` at its end. Waits for the
    /// network. May be called as often as wanted, for as long as the download is in the queue.
    fn read_at(&self, job: JobId, offset: u64) -> HandleFuture<'_, Option<Vec<u8>>>;

    /// Every job that is known, by [`JobId`]; of checks without their reports.
    fn jobs(&self) -> HandleFuture<'_, Vec<JobStatus>>;

    /// Holds a queued job, or lets it go on.
    fn pause(&self, job: JobId, paused: bool) -> HandleFuture<'_, ()>;

    /// Moves a queued job before or behind others.
    fn prioritise(&self, job: JobId, priority: Priority) -> HandleFuture<'_, ()>;

    /// Ends a job and forgets it. What an insert stored stays stored.
    fn cancel(&self, job: JobId) -> HandleFuture<'_, ()>;

    /// Begins an orderly shutdown.
    fn shutdown(&self) -> HandleFuture<'_, ()>;

    /// The work that an announcement needs on this network.
    fn announcement_floor(&self) -> HandleFuture<'_, Effort>;

    /// Places announcements of one hour of a board; gives how many storers signed for them.
    fn announce(&self, record: AnnouncementRecord) -> HandleFuture<'_, u8>;

    /// Gathers the announcements of one hour of a board.
    fn gather(&self, name: RecordName) -> HandleFuture<'_, Gathered>;
}

/// Why a node did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// The job is not known: it was cancelled, or belongs to an earlier run.
    #[error("there is no such transfer: the node may have been restarted since")]
    UnknownJob,
    /// The request cannot be followed as it is.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A named bound is reached.
    #[error("the node is busy: {0}; try again in a moment")]
    Busy(&'static str),
    /// The node is shutting down.
    #[error("the node is stopping")]
    Stopping,
    /// The job itself failed.
    #[error(transparent)]
    Job(#[from] JobError),
}

/// Why an insert or a fetch ended without success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "error")]
pub enum JobError {
    /// The root is on no storer that answers.
    #[error(
        "not found: none of the {asked} nodes that should keep it has it; try again later, or ask who gave you the link"
    )]
    RootNotFound {
        /// Storers that answered.
        asked: usize,
    },
    /// Somebody wrote something else under this name before.
    #[error(
        "this name is taken: something else was published under it; choose another name, or publish editions under a USK"
    )]
    NameTaken,
    /// A directory has no file of the path in the link, or there is no directory.
    #[error("there is no such file in what this link names: open the link without what follows its name")]
    NoSuchPath,
    /// Others publish under the same key at the same time.
    #[error("somebody else is publishing under this key now: try again, and find out who holds it")]
    NewerEdition,
    /// The newest edition that can be found is older than one that this node has seen.
    #[error("only edition {found} can be found, and this node has seen a newer one: try again when more nodes are up")]
    OnlyOlder {
        /// The edition found.
        found: u64,
    },
    /// No storer that answers has the edition or a newer one.
    #[error("edition {edition} or a newer one was not found{}: try again later", newest_known(*.newest))]
    EditionNotFound {
        /// The edition that the link asks for.
        edition: u64,
        /// The newest that was found.
        newest: Option<u64>,
    },
    /// A part below the root is missing.
    #[error(
        "segment {segment} of {segments} cannot be read: {found} pieces found, {needed} needed; try again when more nodes are up"
    )]
    SegmentMissing {
        /// Which segment, counted from 1.
        segment: u32,
        /// How many there are.
        segments: u32,
        /// Shards found.
        found: u32,
        /// Shards needed.
        needed: u32,
    },
    /// Root or keep lists contradict themselves, the link or the content.
    #[error("what this link leads to is damaged: {reason}")]
    Damaged {
        /// What is wrong, in words.
        reason: String,
    },
    /// Made by a newer Roneo.
    #[error("this was made by a newer Roneo: update to open it")]
    Newer,
    /// Too few nodes for a path within the time given.
    #[error("waiting for {needed} nodes, {known} known: join a network or start more nodes")]
    TooFewNodes {
        /// Nodes that a path needs, this one included.
        needed: usize,
        /// Nodes known, this one included.
        known: usize,
    },
    /// Too few copies could be placed.
    #[error(
        "segment {segment} of {segments} could not be stored: {placed} pieces placed, {needed} needed; too many nodes are \
         away or have lent all they have: try again when more are there, or lend more"
    )]
    NotStored {
        /// Which segment, counted from 1; 0 for root and keep lists.
        segment: u32,
        /// How many there are.
        segments: u32,
        /// Pieces with at least one receipt.
        placed: u32,
        /// Pieces needed for `weak`.
        needed: u32,
    },
    /// The content ended early, or could not be read.
    #[error("the content could not be read: {reason}")]
    Source {
        /// What happened, in words.
        reason: String,
    },
    /// What a download fetched could not be kept.
    #[error("what was fetched could not be kept: {reason}")]
    NotKept {
        /// What happened, in words.
        reason: String,
    },
    /// Content longer than the format holds.
    #[error("this is larger than Roneo can store in one piece")]
    TooLarge,
    /// Cancelled.
    #[error("cancelled")]
    Cancelled,
}

fn newest_known(newest: Option<u64>) -> String {
    newest.map_or_else(String::new, |newest| format!(" (the newest known is {newest})"))
}

/// What kind of work a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// Storing content.
    Insert,
    /// Reading content.
    Fetch,
    /// Writing a signed name, or refreshing it.
    Publish,
    /// Looking how something is kept.
    Check,
    /// Making again and placing what is missing of something.
    Repair,
}

/// How far a job is. Displayed by the words of its serde name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Insert: its content is still coming in.
    Receiving,
    /// Others are before it; begins by itself.
    Queued,
    /// Held by its user.
    Paused,
    /// Too few nodes for a path; begins by itself when there are enough.
    Waiting,
    /// Under way.
    Running,
    /// Insert: readable, but below what `stored` asks; the node goes on placing copies. Repair: some
    /// copies could not be placed; it is over.
    Weak,
    /// Insert and repair: every copy asked for is receipted or as good as the network allows.
    Stored,
    /// Fetch: all content was checked and is there to read.
    Fetched,
    /// Check: see [`JobStatus::report`].
    Checked,
    /// Ended without success: see [`JobStatus::error`].
    Failed,
}

impl JobState {
    /// Whether nothing more is to be waited for. A weak insert goes on, and needs nobody to wait.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Weak | Self::Stored | Self::Fetched | Self::Checked | Self::Failed)
    }
}

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobStatus {
    /// Which job.
    pub job: JobId,
    /// Insert or fetch.
    pub kind: JobKind,
    /// How far.
    pub state: JobState,
    /// Grows with every change of this value.
    pub revision: u64,
    /// Blocks done.
    pub done: u64,
    /// Blocks in all; 0 while not known.
    pub total: u64,
    /// Bytes of content in all; `None` while not known.
    pub length: Option<u64>,
    /// Bytes of content done: so much of `length` as `done` is of `total`.
    #[serde(default)]
    pub bytes_done: u64,
    /// Insert: bytes of content that have come into the queue, as far as [`JobState::Receiving`] told.
    #[serde(default)]
    pub bytes_received: u64,
    /// Bytes of content per second, over the last seconds.
    #[serde(default)]
    pub rate: u64,
    /// Seconds until it is done, at that rate.
    #[serde(default)]
    pub left_s: Option<u64>,
    /// Whether it is in the queue, and goes on after a restart.
    #[serde(default)]
    pub queued: bool,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// When it was begun, in seconds since 1970.
    #[serde(default)]
    pub created: u64,
    /// Download, check and repair: the link as it was asked for.
    #[serde(default)]
    pub link: Option<String>,
    /// What it does now, in words.
    #[serde(default)]
    pub words: String,
    /// Nodes known and needed while [`JobState::Waiting`].
    pub waiting: Option<Waiting>,
    /// Insert: the link, once the root is sealed. Publish: the public link. Fetch of a USK: the link
    /// with the edition that was found.
    pub uri: Option<String>,
    /// The KEEP link by which it can be checked and repaired: of an insert, and of what is checked or
    /// repaired, once it is known.
    #[serde(default)]
    pub keep: Option<String>,
    /// Check: what was found.
    #[serde(default)]
    pub report: Option<Box<Report>>,
    /// The edition of a USK that was published or found.
    #[serde(default)]
    pub edition: Option<u64>,
    /// The name in the root.
    pub name: Option<String>,
    /// Fetch: the media type in the root.
    pub media_type: Option<String>,
    /// Remarks: of an insert on a small network, how much of it may vanish before content is lost; of a
    /// repair, what was made again.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// The same as one sentence, in English.
    pub note: Option<String>,
    /// Why it failed.
    pub error: Option<JobError>,
}

impl JobStatus {
    /// That of a job which has only begun.
    #[must_use]
    pub fn begun(job: JobId, kind: JobKind) -> Self {
        Self {
            job,
            kind,
            state: JobState::Running,
            revision: 0,
            done: 0,
            total: 0,
            length: None,
            bytes_done: 0,
            bytes_received: 0,
            rate: 0,
            left_s: None,
            queued: false,
            priority: Priority::default(),
            created: 0,
            link: None,
            words: String::new(),
            waiting: None,
            uri: None,
            keep: None,
            report: None,
            edition: None,
            name: None,
            media_type: None,
            notes: Vec::new(),
            note: None,
            error: None,
        }
    }

    /// Replaces the remarks.
    pub fn remark(&mut self, notes: Vec<Note>) {
        self.note = notice::sentence(&notes);
        self.notes = notes;
    }
}

/// What a waiting job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waiting {
    /// Nodes that a path needs, this one included.
    pub needed: usize,
    /// Nodes known, this one included.
    pub known: usize,
}

/// How a node and its network are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Status {
    /// This node's id, 43 characters.
    pub node: String,
    /// The network's name.
    pub network: String,
    /// The program's version.
    pub version: String,
    /// Nodes present in the view, this one included.
    pub nodes: usize,
    /// Open links.
    pub links: usize,
    /// `alone`, or `N nodes`.
    pub summary: String,
    /// Seconds since the node started.
    pub uptime_s: u64,
    /// The disk that this node lends.
    pub store: StoreStatus,
    /// Every counter, by name: `packets_forwarded`, `dropped_replayed`, …
    pub counters: std::collections::BTreeMap<String, u64>,
    /// Caps that the operator set.
    pub caps: Caps,
    /// What all links carry.
    #[serde(default)]
    pub traffic: Traffic,
    /// Inserts and fetches that have not ended.
    pub jobs: usize,
    /// What the operator should know.
    #[serde(default)]
    pub notices: Vec<Warning>,
    /// The same as whole sentences, in English.
    pub warnings: Vec<String>,
}

/// The disk that a node lends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoreStatus {
    /// Bytes lent.
    pub quota_bytes: u64,
    /// Bytes of blocks kept for others.
    pub kept_bytes: u64,
    /// Bytes of blocks cached.
    pub cached_bytes: u64,
    /// Slots found damaged since the start.
    pub damaged: u64,
}

/// Hard limits, 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Caps {
    /// Disk lent, bytes.
    pub disk_bytes: u64,
    /// Upload, bytes per second.
    pub upload_bytes_per_s: u64,
    /// Download, bytes per second.
    pub download_bytes_per_s: u64,
}

/// What all links of a node carry, whoever it is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Traffic {
    /// To other nodes.
    pub sent: Flow,
    /// From other nodes.
    pub received: Flow,
}

/// Bytes one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Flow {
    /// In a second, over the last ten.
    pub per_s: u64,
    /// Since midnight UTC, or since the node started.
    pub today: u64,
}

/// One node as this one sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Peer {
    /// Its id, 43 characters.
    pub node: String,
    /// Whether it is this node.
    pub me: bool,
    /// Whether a link to it is open.
    pub linked: bool,
    /// Seconds since it was last heard of; `None` for never.
    pub heard_s: Option<u64>,
    /// Whether it is set aside after a closed link or silent paths.
    pub set_aside: bool,
}
