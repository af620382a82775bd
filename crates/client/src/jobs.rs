//! Inserts and fetches as a machine: which blocks to place and to ask for, and when.
//!
//! [`Jobs`] knows content (`roneo-content`) and nothing of paths, storers or packets: its owner
//! answers every [`Action::Put`] and [`Action::Get`] once, by whatever network it has. Contract of
//! the owner: feed one input, then take actions until [`Jobs::poll_action`] has none, then wait for
//! the next input or for [`Jobs::next_timeout`]. How long a silent storer is waited for is the
//! owner's affair; what to try meanwhile is decided here.
//!
//! Inserts and downloads are *kept*: what [`Action::Journal`] says of them is enough for
//! [`Jobs::resume`] to go on after a restart without placing again what stands. Of those,
//! [`MAX_RUNNING`] work at one time, the most urgent first; a weak insert has had its turn and goes on
//! in the background.
//!
//! Beside them there are *checks* and *repairs*, which end with the node: they can be begun again and
//! find what stands. And what fetches find missing is *healed*: made again and placed, later.
//!
//! Memory: an insert holds [`SEGMENTS_AHEAD`] coded segments and what of earlier ones still lacks
//! copies ([`WEAK_BYTES_PER_JOB`] at most; more is let go, and coded again when it is tried again); a
//! fetch holds [`CHUNKS_AHEAD`] segments, those included
//! that its consumer has not taken. While all jobs together hold more than [`SPARE_BYTES`], each is
//! kept to one segment at a time.

mod desk;
mod experiment;
mod fetch;
mod gathering;
mod healing;
mod insert;
mod job;
mod lookup;
mod outlook;
mod pace;
mod placing;
mod publish;
mod search;
mod seen;
mod survey;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_content::record::{Record, Target};
use roneo_content::{Digest, ReedSolomon};
use roneo_keys::time::{Day, Mono};
use roneo_keys::{Block, InsertKey, InsertUri, Locator, ReadKey, SizeClass, Uri};
use roneo_overlay::{BlockAnswer, FirstAsk, NetworkState, Proof, ReadCount};

use crate::handle::{HandleError, InsertRequest, JobId, JobKind, JobState, JobStatus, Priority};
use crate::journal::{Entry, EntryError, InsertBegun};
use crate::notice::Refusal;
use crate::report::Extent;
use desk::{Desk, Requests, Room};
use fetch::Fetch;
use healing::Healing;
use insert::Insert;
use job::{Job, Work};
use publish::Publish;
use seen::Seen;
use upkeep::Upkeep;

pub use experiment::{Copies, Parity, Redundancy};
pub use fetch::{CHUNKS_AHEAD, GET_WINDOW, KEEP_LISTS_AHEAD};
pub use gathering::{HEDGE, HEDGE_SHARDS};
pub use healing::{HEAL_COPIES, HEAL_DELAY_S, HEALS_AT_ONCE, HealCounts, MAX_HEALS};
pub use insert::{SEGMENTS_AHEAD, WEAK_BYTES_PER_JOB};
pub use lookup::{ANSWERS, ANSWERS_FIRST};
pub use placing::{INSERT_PATIENCE, PUT_WINDOW, RETRY_FIRST, RETRY_LONGEST, RETRY_LONGEST_FAILING};
pub use publish::EDITION_TRIES;
pub use search::{FETCH_RETRY, FETCH_ROUNDS};
pub use seen::{MAX_SEEN, MAX_WROTE};
pub use survey::SAMPLE_SHARDS;
pub use upkeep::{COPIES_SAMPLE, REPAIR_BYTES, SEGMENTS_AT_ONCE, UPKEEP_WINDOW};

/// Jobs that wait or run at one time.
pub const MAX_JOBS: usize = 128;
/// Kept jobs that work at one time.
pub const MAX_RUNNING: usize = 8;
/// Jobs remembered beyond those: ended, or settled as weak. The oldest are forgotten first.
pub const MAX_SETTLED: usize = 256;
/// Bytes of blocks that all weak inserts together hold so that they can go on placing them. Beyond, the
/// oldest lets its blocks go first.
pub const WEAK_BYTES: usize = 64 << 20;
/// Bytes held by all jobs beyond which each works on one segment at a time.
pub const SPARE_BYTES: usize = 64 << 20;
/// Requests of all jobs beyond which each job makes [`CROWDED_WINDOW`] at a time.
pub const CROWDED: usize = 256;
/// See [`CROWDED`]. With [`MAX_JOBS`] and [`MAX_SETTLED`] this keeps all jobs under 1,024 requests.
pub const CROWDED_WINDOW: usize = 2;

/// Names one request of a job for a block, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// What is true before anybody else is known. A path visits no node twice, so it needs five.
const ALONE: NetworkState = NetworkState { known: 1, needed: 5, other_storers: 0, read_count: ReadCount::Exact };

/// What the owner is to do.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Read bytes of an insert's content, or of what a download delivered before a restart, and answer
    /// by [`Jobs::content`].
    Read {
        /// Whose content.
        job: JobId,
        /// Where they begin.
        offset: u64,
        /// Bytes wanted, at most [`CHUNK_LEN`](crate::handle::CHUNK_LEN).
        len: usize,
    },
    /// Hand content to whoever fetches it, and say so by [`Jobs::taken`] once it is consumed.
    Deliver {
        /// Whose content.
        job: JobId,
        /// Where they begin: after the last ones, but for a download that begins anew.
        offset: u64,
        /// The next bytes of it, at most [`CHUNK_LEN`](crate::handle::CHUNK_LEN).
        bytes: Vec<u8>,
        /// Whether it ends here. The hash of the whole has then been checked.
        last: bool,
    },
    /// Place a block, and answer by [`Jobs::put_done`].
    Put {
        /// Repeated by the answer.
        token: Token,
        /// Where the block lives.
        locator: Locator,
        /// The block.
        block: Block,
        /// How it shows that it belongs there. A record may also be answered by [`Jobs::superseded`].
        proof: Proof,
        /// On how many storers.
        copies: u8,
    },
    /// Send so many dummy reads of blocks, beside the reads before: nobody is to count how many of those an object
    /// takes. They are not answered.
    Dummies(u64),
    /// Find a block, and answer by [`Jobs::get_done`].
    Get {
        /// Repeated by the answer.
        token: Token,
        /// Where it lives.
        locator: Locator,
        /// Its size.
        class: SizeClass,
        /// How many storers to ask at first.
        first: FirstAsk,
    },
    /// Find the best record of a name, and answer by [`Jobs::record_done`].
    GetRecord {
        /// Repeated by the answer.
        token: Token,
        /// Where it lives.
        locator: Locator,
        /// How many storers' answers to wait for.
        answers: usize,
    },
    /// The answer to this request is of no more use.
    CancelRequest {
        /// Which.
        token: Token,
    },
    /// Keep this entry behind those that the job has.
    Journal {
        /// Whose.
        job: JobId,
        /// At most [`MAX_ENTRY_LEN`](crate::journal::MAX_ENTRY_LEN) bytes. It holds keys.
        entry: Vec<u8>,
        /// Whether it stands for all entries before it, since the job is over. An insert needs its
        /// content no more then, nor a fetch that failed what it delivered.
        ends: bool,
    },
    /// The job is forgotten: nothing of it need be kept.
    Forget(JobId),
    /// [`Jobs::status`] of this job is another than before.
    Changed(JobId),
}

impl fmt::Debug for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { job, offset, len } => write!(formatter, "Read({job:?}, {offset}, {len})"),
            Self::Deliver { job, offset, bytes, last } => {
                write!(formatter, "Deliver({job:?}, {offset}, {}, {last})", bytes.len())
            }
            Self::Journal { job, ends, .. } => write!(formatter, "Journal({job:?}, {ends})"),
            Self::Put { token, block, copies, .. } => write!(formatter, "Put({token:?}, {block:?}, {copies})"),
            Self::Get { token, class, first, .. } => write!(formatter, "Get({token:?}, {class:?}, {first:?})"),
            Self::Dummies(count) => write!(formatter, "Dummies({count})"),
            Self::GetRecord { token, answers, .. } => write!(formatter, "GetRecord({token:?}, {answers})"),
            Self::CancelRequest { token } => write!(formatter, "CancelRequest({token:?})"),
            Self::Forget(job) => write!(formatter, "Forget({job:?})"),
            Self::Changed(job) => write!(formatter, "Changed({job:?})"),
        }
    }
}

/// What came of an [`Action::GetRecord`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordAnswer {
    /// The best of those that came, its signatures checked.
    pub best: Option<Record>,
    /// Storers that answered.
    pub answered: usize,
    /// Those of them that answered with the best.
    pub agreeing: usize,
}

/// All inserts and fetches of a node.
///
/// Deterministic: the same random stream and inputs give the same actions.
///
/// ```
/// use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
/// use roneo_client::handle::{InsertRequest, JobState};
/// use roneo_client::jobs::{Action, Jobs};
/// use roneo_content::ContentHasher;
/// use roneo_keys::time::Mono;
/// use roneo_overlay::{NetworkState, ReadCount};
///
/// let mut jobs = Jobs::new(ChaCha20Rng::seed_from_u64(7)); // a real node seeds from the system
/// jobs.network(Mono(0), NetworkState { known: 9, needed: 5, other_storers: 8, read_count: ReadCount::Exact });
/// let request =
///     InsertRequest { length: 5, name: "tract.txt".into(), media_type: "text/plain".into(), secret: None };
/// let job = jobs.insert(Mono(0), request)?;
/// let mut hasher = ContentHasher::default();
/// hasher.update(b"bread");
/// jobs.received(Mono(0), job, Ok(hasher.finish()));
///
/// while let Some(action) = jobs.poll_action() {
///     match action {
///         Action::Read { job, len, .. } => jobs.content(Mono(1), job, Ok(b"bread"[..len].to_vec())),
///         Action::Put { token, copies, .. } => jobs.put_done(Mono(2), token, copies),
///         _ => {}
///     }
/// }
/// let status = jobs.status(job).expect("it was just begun");
/// assert_eq!(status.state, JobState::Stored);
/// assert!(status.uri.as_ref().is_some_and(|link| link.ends_with("/tract.txt")));
/// # Ok::<(), roneo_client::handle::HandleError>(())
/// ```
pub struct Jobs {
    rng: ChaCha20Rng,
    codec: ReedSolomon,
    network: NetworkState,
    jobs: BTreeMap<JobId, Job>,
    last_job: u64,
    requests: Requests,
    actions: VecDeque<Action>,
    changed: BTreeSet<JobId>,
    held_bytes: usize,
    redundancy: Redundancy,
    seen: Seen,
    healing: Healing,
    /// Seconds from 1970 to `Mono(0)`.
    epoch: u64,
    /// Whether turns are to be given out anew.
    turns_due: bool,
}

impl Jobs {
    /// No jobs, on a network of nobody else. `rng` is for the keys of inserts.
    #[must_use]
    pub fn new(rng: ChaCha20Rng) -> Self {
        // A stream of its own, so that what is healed has no part in the keys of inserts.
        let mut delays = rng.clone();
        delays.set_stream(1);
        Self {
            rng,
            codec: ReedSolomon::default(),
            network: ALONE,
            jobs: BTreeMap::new(),
            last_job: 0,
            requests: Requests::default(),
            actions: VecDeque::new(),
            changed: BTreeSet::new(),
            held_bytes: 0,
            redundancy: Redundancy::default(),
            seen: Seen::default(),
            healing: Healing::new(delays),
            epoch: 0,
            turns_due: false,
        }
    }

    /// Says which time it was at `Mono(0)`, in seconds since 1970: jobs show when they were begun.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    /// Has inserts that are yet to begin make less than all. For experiments.
    pub fn set_redundancy(&mut self, redundancy: Redundancy) {
        self.redundancy = redundancy;
    }

    /// Begins an insert, whose content is to come in at the owner before [`Jobs::received`].
    ///
    /// # Errors
    /// [`HandleError::Busy`] at [`MAX_JOBS`]; [`HandleError::Refused`] for a name or media type that
    /// no root holds; [`JobError::TooLarge`](crate::handle::JobError::TooLarge).
    pub fn insert(&mut self, now: Mono, request: InsertRequest) -> Result<JobId, HandleError> {
        self.check_room()?;
        let insert = Insert::new(request, self.redundancy)?;
        Ok(self.begin(now, JobKind::Insert, Kept::Yes, Work::Insert(insert)))
    }

    /// Notes that so many bytes of an insert's content have come in, for those who watch.
    pub fn coming(&mut self, now: Mono, job: JobId, bytes: u64) {
        self.touch(now, job, |work, _| {
            if let Work::Insert(insert) = work {
                insert.coming(bytes);
            }
        });
    }

    /// Notes that the content of an insert has come in whole and is kept, or why it has not, in words.
    /// It is asked for by [`Action::Read`] as room frees up.
    pub fn received(&mut self, now: Mono, job: JobId, content: Result<Digest, String>) {
        let Some(Job { status, work: Work::Insert(insert), .. }) = self.jobs.get(&job) else { return };
        let InsertRequest { name, media_type, secret, .. } = insert.request().clone();
        let (created, priority, convergent) = (status.created, status.priority, secret.is_some());
        let begun = content.map(|digest| {
            let (read_key, insert_key) = match secret {
                Some(secret) => secret.keys(&digest.blake3, &name, &media_type),
                None => (ReadKey::random(&mut self.rng), InsertKey::random(&mut self.rng)),
            };
            InsertBegun { created, priority, name, media_type, digest, read_key, insert_key, convergent }
        });
        self.touch(now, job, |work, desk| {
            if let Work::Insert(insert) = work {
                insert.received(desk, begun);
            }
        });
        // What was wished while there was no journal yet. The priority stands in its first entry.
        if let Some(held) = self.jobs.get(&job).filter(|held| held.paused) {
            let entry = Entry::Schedule { priority: held.status.priority, paused: true };
            self.actions.push_back(Action::Journal { job, entry: entry.to_bytes(), ends: false });
        }
    }

    /// Begins a fetch for somebody who takes its content now, by [`Action::Deliver`].
    ///
    /// # Errors
    /// [`HandleError::Busy`] at [`MAX_JOBS`]; [`HandleError::Refused`] for a link that this version
    /// cannot fetch.
    pub fn fetch(&mut self, now: Mono, uri: Uri) -> Result<JobId, HandleError> {
        self.check_room()?;
        Ok(self.begin(now, JobKind::Fetch, Kept::No, Work::Fetch(Fetch::new(uri)?)))
    }

    /// Begins a fetch into the owner's keeping, or gives the one of that link that is there and has not
    /// failed. Its content comes by [`Action::Deliver`]; [`Jobs::taken`] says that it is kept durably.
    ///
    /// # Errors
    /// As [`Jobs::fetch`].
    pub fn download(&mut self, now: Mono, uri: Uri) -> Result<JobId, HandleError> {
        let link = uri.to_text();
        // A check of the same link is no download of it.
        let same = |job: &&JobStatus| {
            let is_download = job.kind == JobKind::Fetch && job.queued;
            is_download && job.state != JobState::Failed && job.link.as_ref() == Some(&link)
        };
        if let Some(status) = self.jobs.values().map(|job| &job.status).find(same) {
            return Ok(status.job);
        }
        self.check_room()?;
        let id = self.begin(now, JobKind::Fetch, Kept::Yes, Work::Fetch(Fetch::new(uri)?));
        if let Some(job) = self.jobs.get_mut(&id) {
            job.status.link = Some(link.clone());
            let entry = Entry::Fetch { created: job.status.created, priority: job.status.priority, link };
            // Before anything else that is said of it.
            self.actions.push_front(Action::Journal { job: id, entry: entry.to_bytes(), ends: false });
        }
        Ok(id)
    }

    /// Has new jobs be numbered higher than this: it names something at the owner already.
    pub fn reserve(&mut self, highest: Option<JobId>) {
        self.last_job = self.last_job.max(highest.map_or(0, |job| job.0));
    }

    /// Goes on with a job of an earlier life. `entries` are those of its journal, in order; `kept` the
    /// bytes of a download that its owner has.
    ///
    /// # Errors
    /// [`EntryError`] where the entries are not those of a job: nothing has changed then.
    pub fn resume(&mut self, now: Mono, id: JobId, entries: &[Vec<u8>], kept: u64) -> Result<(), EntryError> {
        let entries = entries.iter().map(|entry| Entry::from_bytes(entry)).collect::<Result<Vec<_>, _>>()?;
        let mut schedule = None;
        for entry in &entries {
            if let Entry::Schedule { priority, paused } = entry {
                schedule = Some((*priority, *paused));
            }
        }
        let mut entries = entries.into_iter();
        let damaged = |_| EntryError::Damaged;
        let (kind, created, priority, link, work) = match entries.next().ok_or(EntryError::Damaged)? {
            Entry::Ended(status) => {
                self.last_job = self.last_job.max(id.0);
                let status = JobStatus { job: id, rate: 0, left_s: None, ..*status };
                self.jobs.insert(id, Job { closed: true, ..Job::new(status, Work::Ended) });
                return Ok(());
            }
            Entry::Insert(begun) => {
                let (created, priority) = (begun.created, begun.priority);
                let insert = Insert::resume(*begun, entries.collect(), self.redundancy).map_err(damaged)?;
                (JobKind::Insert, created, priority, None, Work::Insert(insert))
            }
            Entry::Fetch { created, priority, link } => {
                let uri = link.parse().map_err(|_| EntryError::Damaged)?;
                let fetch = Fetch::resume(uri, entries.collect(), kept).map_err(damaged)?;
                (JobKind::Fetch, created, priority, Some(link), Work::Fetch(fetch))
            }
            _ => return Err(EntryError::Damaged),
        };
        let (priority, paused) = schedule.unwrap_or((priority, false));
        self.last_job = self.last_job.max(id.0);
        let status = JobStatus { created, priority, link, queued: true, ..JobStatus::begun(id, kind) };
        self.jobs.insert(id, Job { paused, ..Job::new(status, work) });
        self.turns_due = true;
        self.touch(now, id, |_, _| {});
        Ok(())
    }

    /// Holds a kept job, or lets it go on. What is under way ends by itself.
    ///
    /// # Errors
    /// [`HandleError::UnknownJob`]; [`HandleError::Refused`] for a job that is not kept.
    pub fn pause(&mut self, now: Mono, id: JobId, paused: bool) -> Result<(), HandleError> {
        self.wish(now, id, |job| job.paused = paused)
    }

    /// Moves a kept job before or behind others.
    ///
    /// # Errors
    /// As [`Jobs::pause`].
    pub fn prioritise(&mut self, now: Mono, id: JobId, priority: Priority) -> Result<(), HandleError> {
        self.wish(now, id, |job| job.status.priority = priority)
    }

    fn wish(&mut self, now: Mono, id: JobId, change: impl FnOnce(&mut Job)) -> Result<(), HandleError> {
        let job = self.jobs.get_mut(&id).ok_or(HandleError::UnknownJob)?;
        if !job.status.queued {
            return Err(Refusal::NotQueued.into());
        }
        if job.closed {
            return Err(Refusal::Over.into());
        }
        change(job);
        let entry = Entry::Schedule { priority: job.status.priority, paused: job.paused };
        if job.status.state != JobState::Receiving {
            self.actions.push_back(Action::Journal { job: id, entry: entry.to_bytes(), ends: false });
        }
        self.turns_due = true;
        self.changed.insert(id);
        self.touch(now, id, |_, _| {});
        Ok(())
    }

    /// Begins to write a signed name; an edition is dated `today`.
    ///
    /// # Errors
    /// [`HandleError::Busy`] at [`MAX_JOBS`]; [`HandleError::Refused`] for a target that no record holds.
    pub fn publish(&mut self, now: Mono, today: Day, to: InsertUri, target: Target) -> Result<JobId, HandleError> {
        self.check_room()?;
        let publish = Publish::write(to, target, today, self.redundancy)?;
        Ok(self.begin(now, JobKind::Publish, Kept::No, Work::Publish(publish)))
    }

    /// Begins to place the record behind a link again.
    ///
    /// # Errors
    /// [`HandleError::Busy`] at [`MAX_JOBS`]; [`HandleError::Refused`] for a link that leads to none.
    pub fn refresh(&mut self, now: Mono, uri: &Uri) -> Result<JobId, HandleError> {
        self.check_room()?;
        let publish = Publish::refresh(uri, self.redundancy)?;
        Ok(self.begin(now, JobKind::Publish, Kept::No, Work::Publish(publish)))
    }

    /// Begins to look how what a link names is kept. A KEEP link will do, which cannot read it.
    ///
    /// It is not kept over a restart: it changes nothing, and can be begun again.
    ///
    /// # Errors
    /// [`HandleError::Busy`] at [`MAX_JOBS`]; [`HandleError::Refused`] for a link that names nothing kept.
    pub fn check(&mut self, now: Mono, uri: Uri, extent: Extent) -> Result<JobId, HandleError> {
        self.check_room()?;
        let link = uri.to_text();
        let upkeep = Upkeep::check(uri, extent, ChaCha20Rng::from_rng(&mut self.rng))?;
        Ok(self.begin_upkeep(now, JobKind::Check, upkeep, link))
    }

    /// Begins to make again and place what is missing of what a link names. A KEEP link will do.
    ///
    /// It is not kept over a restart: what it has placed stands, and begun again it finds that so.
    ///
    /// # Errors
    /// As [`Jobs::check`].
    pub fn repair(&mut self, now: Mono, uri: Uri, extent: Extent) -> Result<JobId, HandleError> {
        self.check_room()?;
        let link = uri.to_text();
        let upkeep = Upkeep::repair(uri, extent, self.redundancy, ChaCha20Rng::from_rng(&mut self.rng))?;
        Ok(self.begin_upkeep(now, JobKind::Repair, upkeep, link))
    }

    fn begin_upkeep(&mut self, now: Mono, kind: JobKind, upkeep: Upkeep, link: String) -> JobId {
        let id = self.begin(now, kind, Kept::No, Work::Upkeep(upkeep));
        if let Some(job) = self.jobs.get_mut(&id) {
            job.status.link = Some(link);
        }
        id
    }

    /// What healing has done since the start.
    #[must_use]
    pub fn heal_counts(&self) -> HealCounts {
        self.healing.counts
    }

    /// Ends a job and forgets it. What an insert stored stays stored.
    pub fn cancel(&mut self, job: JobId) {
        let Some(mut ended) = self.jobs.remove(&job) else { return };
        let mut desk = Desk {
            // Nothing that is abandoned looks at the time.
            now: Mono::default(),
            network: self.network,
            room: Room::Scarce,
            yields: false,
            codec: &self.codec,
            job,
            kept: false,
            blocks_asked: 0,
            requests: &mut self.requests,
            actions: &mut self.actions,
            seen: &mut self.seen,
            healing: &mut self.healing,
        };
        ended.work.abandon(&mut desk);
        self.held_bytes -= ended.held_bytes;
        self.changed.remove(&job);
        self.actions.retain(|action| match action {
            Action::Read { job: of, .. } | Action::Deliver { job: of, .. } | Action::Journal { job: of, .. } => {
                *of != job
            }
            _ => true,
        });
        self.actions.push_back(Action::Forget(job));
        self.turns_due = true;
    }

    /// Takes notice of the network. To be called whenever the state is another than before.
    pub fn network(&mut self, now: Mono, network: NetworkState) {
        let before = std::mem::replace(&mut self.network, network);
        if before != network {
            self.touch_all(now, |work, desk| work.network_changed(desk, &before));
            self.heal(now);
        }
    }

    /// Takes the answer to [`Action::Read`]: the bytes, or why there are none, in words.
    pub fn content(&mut self, now: Mono, job: JobId, content: Result<Vec<u8>, String>) {
        self.touch(now, job, |work, desk| match work {
            Work::Insert(insert) => insert.content(desk, content),
            Work::Fetch(fetch) => fetch.content(content),
            Work::Publish(_) | Work::Upkeep(_) | Work::Ended => {}
        });
    }

    /// Notes that the consumer of a fetch took one chunk of [`Action::Deliver`].
    pub fn taken(&mut self, now: Mono, job: JobId) {
        self.touch(now, job, |work, _| {
            if let Work::Fetch(fetch) = work {
                fetch.taken();
            }
        });
    }

    /// Notes that the consumer of a download cannot keep it, and why, in words.
    pub fn not_kept(&mut self, now: Mono, job: JobId, reason: String) {
        self.touch(now, job, |work, desk| {
            if let Work::Fetch(fetch) = work {
                fetch.not_kept(desk, reason);
            }
        });
    }

    /// Notes that a put stands on `receipts` storers so far.
    pub fn put_progress(&mut self, now: Mono, token: Token, receipts: u8) {
        let Some(job) = self.requests.owner(token) else { return };
        self.touch(now, job, |work, desk| match work {
            Work::Insert(insert) => insert.put_progress(desk, token, receipts),
            Work::Publish(publish) => publish.put_progress(desk, token, receipts),
            Work::Upkeep(upkeep) => upkeep.put_progress(desk, token, receipts),
            Work::Fetch(_) | Work::Ended => {}
        });
    }

    /// Takes the answer to [`Action::Put`]: `receipts` distinct storers in all have the block.
    pub fn put_done(&mut self, now: Mono, token: Token, receipts: u8) {
        let Some(job) = self.requests.answered(token) else { return };
        if self.healing.put_done(token, receipts) {
            return self.heal(now);
        }
        self.touch(now, job, |work, desk| match work {
            Work::Insert(insert) => insert.put_done(desk, token, receipts),
            Work::Publish(publish) => publish.put_done(desk, token, receipts),
            Work::Upkeep(upkeep) => upkeep.put_done(desk, token, receipts),
            Work::Fetch(_) | Work::Ended => {}
        });
    }

    /// Takes the other answer to an [`Action::Put`] of a record: a storer keeps this better one, whose
    /// signatures the owner has checked.
    pub fn superseded(&mut self, now: Mono, token: Token, better: Record) {
        let Some(job) = self.requests.answered(token) else { return };
        self.touch(now, job, |work, desk| match work {
            Work::Publish(publish) => publish.superseded(desk, token, better),
            Work::Upkeep(upkeep) => upkeep.superseded(desk, token, &better),
            Work::Insert(_) | Work::Fetch(_) | Work::Ended => {}
        });
    }

    /// Takes the answer to [`Action::GetRecord`].
    pub fn record_done(&mut self, now: Mono, token: Token, answer: RecordAnswer) {
        let Some(job) = self.requests.answered(token) else { return };
        self.touch(now, job, |work, desk| match work {
            Work::Publish(publish) => publish.record_done(desk, token, answer),
            Work::Fetch(fetch) => fetch.record_done(desk, token, answer),
            Work::Upkeep(upkeep) => upkeep.record_done(desk, token, answer),
            Work::Insert(_) | Work::Ended => {}
        });
    }

    /// Takes the answer to [`Action::Get`]: a block with the locator asked for, which the owner has
    /// checked, and how many storers have it and have it not.
    pub fn get_done(&mut self, now: Mono, token: Token, answer: BlockAnswer) {
        let Some(job) = self.requests.answered(token) else { return };
        self.touch(now, job, |work, desk| match work {
            Work::Fetch(fetch) => fetch.get_done(desk, token, answer),
            Work::Upkeep(upkeep) => upkeep.get_done(desk, token, answer),
            Work::Insert(_) | Work::Publish(_) | Work::Ended => {}
        });
    }

    /// Places what fetches found missing and is due.
    fn heal(&mut self, now: Mono) {
        self.healing.advance(now, &self.network, &mut self.requests, &mut self.actions);
    }

    /// Does what is due. To be called at [`Jobs::next_timeout`]; early or late is harmless.
    pub fn handle_timeout(&mut self, now: Mono) {
        let due: Vec<JobId> =
            self.jobs.iter().filter(|(_, job)| job.is_due(&self.network, now)).map(|(&id, _)| id).collect();
        for job in due {
            self.touch(now, job, |work, desk| match work {
                Work::Insert(insert) => insert.handle_timeout(desk),
                Work::Fetch(fetch) => fetch.handle_timeout(desk),
                Work::Publish(publish) => publish.handle_timeout(desk),
                Work::Upkeep(upkeep) => upkeep.handle_timeout(desk),
                Work::Ended => {}
            });
        }
        self.heal(now);
    }

    /// When [`Jobs::handle_timeout`] is next needed, if nothing else happens.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        let jobs = self.jobs.values().filter_map(|job| job.next_timeout(&self.network));
        jobs.chain(self.healing.next_timeout(&self.network)).min()
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front().or_else(|| self.changed.pop_first().map(Action::Changed))
    }

    /// Where a job stands; `None` for one that was cancelled or forgotten.
    #[must_use]
    pub fn status(&self, job: JobId) -> Option<JobStatus> {
        self.jobs.get(&job).map(|job| job.status.clone())
    }

    /// Where every job stands, in the order in which they were begun; of checks without their reports,
    /// which are long.
    #[must_use]
    pub fn all(&self) -> Vec<JobStatus> {
        self.jobs.values().map(|job| JobStatus { report: None, ..job.status.clone() }).collect()
    }

    /// Jobs that wait, run, or go on placing what is weak.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.jobs.values().filter(|job| !job.work.is_over()).count()
    }

    /// Bytes of content and blocks that all jobs hold, those in requests and with consumers included,
    /// and of what waits to be healed.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.held_bytes + self.healing.held_bytes()
    }

    fn check_room(&self) -> Result<(), HandleError> {
        let active = self.jobs.values().filter(|job| job.is_active()).count();
        if active < MAX_JOBS { Ok(()) } else { Err(HandleError::Busy("too many transfers at once")) }
    }

    fn begin(&mut self, now: Mono, kind: JobKind, kept: Kept, work: Work) -> JobId {
        self.last_job += 1;
        let id = JobId(self.last_job);
        let created = self.epoch + now.0 / 1_000_000;
        let status = JobStatus { created, queued: kept == Kept::Yes, ..JobStatus::begun(id, kind) };
        self.jobs.insert(id, Job::new(status, work));
        self.turns_due = true;
        self.forget_settled();
        self.touch(now, id, |_, _| {});
        id
    }

    /// Keeps the records of settled jobs within [`MAX_SETTLED`].
    fn forget_settled(&mut self) {
        let settled = || self.jobs.iter().filter(|(_, job)| !job.is_active());
        if settled().count() > MAX_SETTLED {
            let oldest_over = settled().find(|(_, job)| job.work.is_over());
            if let Some(oldest) = oldest_over.or_else(|| settled().next()).map(|(&id, _)| id) {
                self.cancel(oldest);
            }
        }
    }

    /// Lets one job take an input, go on as far as it can, and show where it stands.
    fn touch(&mut self, now: Mono, job: JobId, input: impl FnOnce(&mut Work, &mut Desk)) {
        self.touch_one(now, job, input);
        self.bound_weak(now);
        self.give_turns(now);
    }

    fn touch_all(&mut self, now: Mono, mut input: impl FnMut(&mut Work, &mut Desk)) {
        let all: Vec<JobId> = self.jobs.keys().copied().collect();
        for job in all {
            self.touch(now, job, &mut input);
        }
    }

    fn touch_one(&mut self, now: Mono, id: JobId, input: impl FnOnce(&mut Work, &mut Desk)) {
        let room = self.room();
        let most_urgent = self.jobs.values().filter(|job| job.wants_turn() && job.runs).map(|job| job.status.priority);
        let most_urgent = most_urgent.min().unwrap_or(Priority::LAST);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let mut desk = Desk {
            now,
            network: self.network,
            room,
            yields: job.status.queued && job.status.priority > most_urgent,
            codec: &self.codec,
            job: id,
            kept: job.status.queued,
            blocks_asked: 0,
            requests: &mut self.requests,
            actions: &mut self.actions,
            seen: &mut self.seen,
            healing: &mut self.healing,
        };
        let wanted_turn = job.wants_turn();
        input(&mut job.work, &mut desk);
        if job.is_at_work() {
            job.work.advance(&mut desk);
        }
        let held_bytes = job.work.held_bytes();
        self.held_bytes = self.held_bytes - job.held_bytes + held_bytes;
        job.held_bytes = held_bytes;
        job.weak_bytes = job.work.weak_bytes();
        self.turns_due |= job.wants_turn() != wanted_turn;
        if job.refresh(now, &self.network) {
            self.changed.insert(id);
        }
        if job.status.queued && !job.closed && job.work.is_finished() {
            job.closed = true;
            let entry = Entry::Ended(Box::new(job.status.clone()));
            self.actions.push_back(Action::Journal { job: id, entry: entry.to_bytes(), ends: true });
        }
    }

    /// Gives the most urgent kept jobs their turn, the oldest first among equals.
    fn give_turns(&mut self, now: Mono) {
        // A job that gets its turn may end at once and make room for the next.
        while std::mem::take(&mut self.turns_due) {
            let mut order: Vec<(Priority, JobId)> = self
                .jobs
                .iter()
                .filter(|(_, job)| job.wants_turn())
                .map(|(&id, job)| (job.status.priority, id))
                .collect();
            order.sort_unstable();
            order.truncate(MAX_RUNNING);
            let turns: BTreeSet<JobId> = order.into_iter().map(|(_, id)| id).collect();
            let changes: Vec<JobId> =
                self.jobs.iter().filter(|(id, job)| job.runs != turns.contains(id)).map(|(&id, _)| id).collect();
            for id in changes {
                if let Some(job) = self.jobs.get_mut(&id) {
                    job.runs = turns.contains(&id);
                }
                self.touch_one(now, id, |_, _| {});
            }
        }
    }

    /// A job kept to one segment has an input coming for that one, and looks again then.
    fn room(&self) -> Room {
        if self.held_bytes < SPARE_BYTES { Room::Ample } else { Room::Scarce }
    }

    /// Keeps what weak inserts hold within [`WEAK_BYTES`].
    fn bound_weak(&mut self, now: Mono) {
        let mut oldest_first: VecDeque<JobId> =
            self.jobs.iter().filter(|(_, job)| job.weak_bytes > 0).map(|(&id, _)| id).collect();
        while self.jobs.values().map(|job| job.weak_bytes).sum::<usize>() > WEAK_BYTES {
            let Some(&oldest) = oldest_first.front() else { return };
            let mut shed = false;
            self.touch_one(now, oldest, |work, desk| {
                if let Work::Insert(insert) = work {
                    shed = insert.shed_weak(desk);
                }
            });
            if !shed {
                oldest_first.pop_front();
            }
        }
    }
}

/// Whether a job goes on after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Yes,
    No,
}
