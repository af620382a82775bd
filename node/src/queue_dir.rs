//! [`QueueDir`]: the files of the queue, by which inserts and fetches outlive the node's process.
//!
//! A job has a journal, to which what happens to it is appended, and perhaps a spool, which holds its
//! content. Both are noise without the node's key. `docs/formats/queue.md` is the specification of the
//! bytes. What the entries of a journal mean is the client's affair.
//!
//! Every call blocks, and none holds a file open but [`SpoolWriter`]. Calls for different jobs do not
//! wait for each other's syncs.

pub mod batch;
mod disk;
mod journal;
mod seal;
mod spool;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use roneo_client::handle::{CHUNK_LEN, JobId};
use roneo_client::jobs::{MAX_JOBS, MAX_SETTLED};
use roneo_client::notice::{Left, Outcome, Warning};
use roneo_keys::NodeSecret;

use crate::platform;
use batch::MAX_ENTRY_LEN;
use journal::{Journal, Reading, Tail};
use seal::{NoHeader, QueueKey};
use spool::{ReadError, Spool};

/// Journals at most: one for every job that the node runs or remembers.
pub const MAX_JOURNALS: usize = MAX_JOBS + MAX_SETTLED;
/// Bytes of a journal at most. An insert writes about 1,200 per segment of 2 MiB, so this is enough for
/// some 100 GiB; beyond, a restart places again what it has no entry of.
pub const MAX_JOURNAL_LEN: u64 = 64 << 20;
/// Bytes of content that one [`QueueDir::read_spool`] gives at most.
pub const MAX_READ_LEN: usize = CHUNK_LEN;

const JOURNAL: &str = "job";
const SPOOL: &str = "spool";
/// Ends the name of a file that is still being written.
const UNFINISHED: &str = "new";
/// Ends the name of a journal that does not read to its end and was put aside.
const DAMAGED: &str = "damaged";

/// Why a file of the queue cannot be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The disk or the system refused.
    #[error("cannot {action} {}: {}", path.display(), advice(source.kind()))]
    Io {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A spool does not hold what was written to it.
    #[error("{} is damaged: check the disk, cancel the transfer and begin it again", .0.display())]
    Damaged(PathBuf),
    /// There are as many journals as there may be.
    #[error("the queue holds {MAX_JOURNALS} transfers: cancel one of them first")]
    TooMany,
    /// One entry, or the whole of a journal, would be longer than a reader takes.
    #[error("the journal of a transfer would grow too long: cancel the transfer and insert its content in parts")]
    TooLong,
    /// The job has files already, perhaps of a version that is not read here.
    #[error("the queue has files of that number already: choose another number")]
    Taken,
    /// The job has no journal.
    #[error("the queue has no transfer of that number: `roneo queue` lists those it has")]
    Unknown,
}

/// The files of one node's queue. Clones share them.
#[derive(Clone)]
pub struct QueueDir(Arc<Inner>);

/// A queue that was opened.
pub struct Opened {
    /// Its files.
    pub dir: QueueDir,
    /// The jobs in it, by number.
    pub jobs: Vec<KeptJob>,
    /// The highest number that any file here has, read or not: new jobs have higher ones.
    pub highest: Option<JobId>,
    /// One sentence for each journal that is not as it should be. They name files, not content.
    pub warnings: Vec<Warning>,
}

/// A job as its journal has it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptJob {
    /// Its number.
    pub job: JobId,
    /// Its entries, in the order in which they were written; at least one.
    pub entries: Vec<Vec<u8>>,
    /// Bytes of content that its spool holds from the beginning on; 0 without one.
    pub spooled: u64,
}

/// Writes the content of a job.
pub struct SpoolWriter {
    spool: Spool,
    path: PathBuf,
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    key: QueueKey,
    rng: Mutex<ChaCha20Rng>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    journals: BTreeMap<JobId, Arc<Mutex<Journal>>>,
    /// Jobs whose files are left as they are.
    left: BTreeSet<JobId>,
}

impl QueueDir {
    /// Opens the queue in `dir`, which is made where there is none, and reads all of it. What a crash
    /// left unfinished is removed, a journal that is damaged is put aside, and one that a newer version
    /// wrote is left as it is. `seed` is fresh randomness.
    ///
    /// # Errors
    /// [`QueueError::Io`] where the directory cannot be used; a single file never fails it.
    pub fn open(dir: &Path, secret: &NodeSecret, seed: [u8; 32]) -> Result<Opened, QueueError> {
        platform::create_private_dir(dir).map_err(|source| failed("create", dir, source))?;
        let key = QueueKey::of(secret);
        let rng = Mutex::new(ChaCha20Rng::from_seed(key.randomness(&seed)));
        let dir = Self(Arc::new(Inner { dir: dir.to_owned(), key, rng, state: Mutex::default() }));
        let files = dir.files()?;
        let mut opened = Opened { dir, jobs: Vec::new(), highest: None, warnings: Vec::new() };
        for &job in &files.journals {
            opened.load(job);
        }
        opened.highest = files.journals.last().max(files.spools.last()).copied();
        for &job in &files.spools {
            if !opened.dir.state().knows(job) {
                // One that cannot be removed is in nobody's way.
                if let Err(error) = opened.dir.drop_spool(job) {
                    tracing::warn!(%error, "a leftover of the queue stays");
                }
            }
        }
        Ok(opened)
    }

    /// Makes the journal of a new job. It is durable on return. Gives its length in bytes.
    ///
    /// # Errors
    /// [`QueueError::Taken`], [`QueueError::TooMany`], [`QueueError::TooLong`], [`QueueError::Io`]; the
    /// queue is then as before.
    pub fn begin(&self, job: JobId, first_entry: &[u8]) -> Result<u64, QueueError> {
        {
            let state = self.state();
            if state.knows(job) {
                return Err(QueueError::Taken);
            }
            if state.journals.len() >= MAX_JOURNALS {
                return Err(QueueError::TooMany);
            }
        }
        let journal = self.write_journal(job, &[first_entry.to_vec()])?;
        let length = journal.end;
        if let Err(error) = self.sync_names() {
            // Not durable, so not there.
            let _ = fs::remove_file(self.path(job, JOURNAL));
            return Err(error);
        }
        self.state().journals.insert(job, Arc::new(Mutex::new(journal)));
        Ok(length)
    }

    /// Appends entries to a job's journal. They are durable on return, and after a crash before it all
    /// of them are there or a part of them from the first on. Gives the journal's length in bytes, so
    /// that its owner sees when to [`replace`](Self::replace) it.
    ///
    /// # Errors
    /// [`QueueError::Unknown`], [`QueueError::TooLong`], [`QueueError::Io`]; the journal is then as
    /// before.
    pub fn append(&self, job: JobId, entries: &[Vec<u8>]) -> Result<u64, QueueError> {
        let journal = self.state().journals.get(&job).cloned().ok_or(QueueError::Unknown)?;
        let mut journal = lock(&journal);
        check_entries(entries)?;
        let records = journal.seal(entries, &mut *self.rng());
        if journal.end + records.bytes.len() as u64 > MAX_JOURNAL_LEN {
            return Err(QueueError::TooLong);
        }
        if records.bytes.is_empty() {
            return Ok(journal.end);
        }
        let path = self.path(job, JOURNAL);
        append_to(&path, &mut journal, &records.bytes).map_err(|source| failed("write", &path, source))?;
        journal.advance(&records);
        Ok(journal.end)
    }

    /// Writes a job's journal anew with these entries in the place of all it has. Durable on return.
    /// Gives its length in bytes.
    ///
    /// # Errors
    /// [`QueueError::Unknown`], [`QueueError::TooLong`], [`QueueError::Io`]; the journal then has the
    /// old entries or the new ones.
    pub fn replace(&self, job: JobId, entries: &[Vec<u8>]) -> Result<u64, QueueError> {
        let journal = self.state().journals.get(&job).cloned().ok_or(QueueError::Unknown)?;
        let mut journal = lock(&journal);
        *journal = self.write_journal(job, entries)?;
        self.sync_names()?;
        Ok(journal.end)
    }

    /// Removes a job's journal and spool. Does nothing where there is none.
    ///
    /// # Errors
    /// [`QueueError::Io`]; what is left is removed by the next call.
    pub fn remove(&self, job: JobId) -> Result<(), QueueError> {
        if self.state().left.contains(&job) {
            return Ok(());
        }
        // In this order: a spool without a journal is a leftover, a journal without its spool a fault.
        let path = self.path(job, JOURNAL);
        if remove_file(&path).map_err(|source| failed("remove", &path, source))? {
            self.sync_names()?;
        }
        self.state().journals.remove(&job);
        self.drop_spool(job)
    }

    /// Makes an empty spool for a job, in the place of any it has. It may have no journal yet: until it
    /// has one, the spool does not outlive the process.
    ///
    /// # Errors
    /// [`QueueError::Taken`], [`QueueError::Io`].
    pub fn spool(&self, job: JobId) -> Result<SpoolWriter, QueueError> {
        if self.state().left.contains(&job) {
            return Err(QueueError::Taken);
        }
        let path = self.path(job, SPOOL);
        let spool = Spool::create(&path, &self.0.key, job, &mut *self.rng());
        let spool = spool.map_err(|source| {
            let _ = fs::remove_file(&path);
            failed("create", &path, source)
        })?;
        Ok(SpoolWriter { spool, path, inner: Arc::clone(&self.0) })
    }

    /// Goes on with the spool of a job behind its last good chunk of 64 KiB, or makes an empty one
    /// where there is none. [`SpoolWriter::len`] says how much there is.
    ///
    /// # Errors
    /// [`QueueError::Taken`], [`QueueError::Io`].
    pub fn resume_spool(&self, job: JobId) -> Result<SpoolWriter, QueueError> {
        if self.state().left.contains(&job) {
            return Err(QueueError::Taken);
        }
        let path = self.path(job, SPOOL);
        match Spool::resume(&path, &self.0.key, job).map_err(|source| failed("read", &path, source))? {
            Some(spool) => Ok(SpoolWriter { spool, path, inner: Arc::clone(&self.0) }),
            None => self.spool(job),
        }
    }

    /// Reads a spool from `offset` on: `len` bytes, [`MAX_READ_LEN`] at most, and fewer where it ends
    /// or where the chunk of 64 KiB is not written yet. Whoever knows the length of the content takes
    /// an earlier end of a finished spool for damage.
    ///
    /// # Errors
    /// [`QueueError::Damaged`], [`QueueError::Io`], the latter also where there is no spool.
    pub fn read_spool(&self, job: JobId, offset: u64, len: usize) -> Result<Vec<u8>, QueueError> {
        let path = self.path(job, SPOOL);
        spool::read(&path, &self.0.key, job, offset, len.min(MAX_READ_LEN)).map_err(|error| match error {
            ReadError::Io(source) => failed("read", &path, source),
            ReadError::Damaged => QueueError::Damaged(path),
        })
    }

    /// Removes a job's spool and keeps its journal. Does nothing where there is none.
    ///
    /// # Errors
    /// [`QueueError::Io`].
    pub fn drop_spool(&self, job: JobId) -> Result<(), QueueError> {
        let path = self.path(job, SPOOL);
        remove_file(&path).map_err(|source| failed("remove", &path, source))?;
        Ok(())
    }

    fn write_journal(&self, job: JobId, entries: &[Vec<u8>]) -> Result<Journal, QueueError> {
        check_entries(entries)?;
        let (bytes, journal) = Journal::create(&self.0.key, job, entries, &mut *self.rng());
        if journal.end > MAX_JOURNAL_LEN {
            return Err(QueueError::TooLong);
        }
        let path = self.path(job, JOURNAL);
        let unfinished = path.with_added_extension(UNFINISHED);
        let write = || -> io::Result<()> {
            let mut file = platform::create_private_file(&unfinished)?;
            disk::write(&mut file, &bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)
        };
        write().map_err(|source| {
            let _ = fs::remove_file(&unfinished);
            failed("write", &path, source)
        })?;
        Ok(journal)
    }

    /// The jobs that have files here. Removes what was never finished.
    fn files(&self) -> Result<Files, QueueError> {
        let dir = &self.0.dir;
        let mut files = Files::default();
        for entry in fs::read_dir(dir).map_err(|source| failed("read", dir, source))? {
            let name = entry.map_err(|source| failed("read", dir, source))?.file_name();
            let Some(name) = name.to_str() else { continue };
            let path = dir.join(name);
            if path.extension().is_some_and(|ending| ending == UNFINISHED) {
                // One that cannot be removed is in nobody's way.
                if let Err(error) = remove_file(&path) {
                    tracing::warn!(%error, "an unfinished file of the queue stays");
                }
            }
            match name.split_once('.').and_then(|(number, kind)| Some((job_of(number)?, kind))) {
                Some((job, JOURNAL)) => files.journals.insert(job),
                Some((job, SPOOL)) => files.spools.insert(job),
                _ => false,
            };
        }
        Ok(files)
    }

    fn sync_names(&self) -> Result<(), QueueError> {
        platform::sync_dir(&self.0.dir).map_err(|source| failed("write", &self.0.dir, source))
    }

    fn path(&self, job: JobId, ending: &str) -> PathBuf {
        self.0.dir.join(format!("{:016x}.{ending}", job.0))
    }

    fn rng(&self) -> MutexGuard<'_, ChaCha20Rng> {
        lock(&self.0.rng)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0.state)
    }
}

impl SpoolWriter {
    /// Takes the next bytes of content.
    ///
    /// # Errors
    /// [`QueueError::Io`]. The spool then ends with its last whole chunk, and whatever else is written
    /// to it fails too: [`QueueDir::resume_spool`] goes on with it, [`QueueDir::drop_spool`] ends it.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), QueueError> {
        self.spool.write(bytes, &mut *lock(&self.inner.rng)).map_err(|source| failed("write", &self.path, source))
    }

    /// Writes what is left as the last chunk. All of it is durable on return. Gives its length.
    ///
    /// # Errors
    /// [`QueueError::Io`].
    pub fn finish(self) -> Result<u64, QueueError> {
        let finish = || -> io::Result<u64> {
            let length = self.spool.finish(&mut *lock(&self.inner.rng))?;
            platform::sync_dir(&self.inner.dir)?;
            Ok(length)
        };
        finish().map_err(|source| failed("write", &self.path, source))
    }

    /// Bytes of content taken so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.spool.len()
    }

    /// Whether none was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of content that [`QueueDir::read_spool`] finds by now.
    #[must_use]
    pub fn readable(&self) -> u64 {
        self.spool.written()
    }
}

impl Opened {
    /// Reads one journal.
    fn load(&mut self, job: JobId) {
        let path = self.dir.path(job, JOURNAL);
        let leave = |opened: &mut Self, because: Left| {
            opened.dir.state().left.insert(job);
            opened.warnings.push(Warning::QueueLeft { file: path.display().to_string(), because });
        };
        if self.jobs.len() == MAX_JOURNALS {
            return leave(self, Left::OneTooMany);
        }
        let file = match read_file(&path) {
            Ok(file) => file,
            Err(error) => return leave(self, Left::Unreadable { advice: advice(error.kind()).to_owned() }),
        };
        match journal::read(&self.dir.0.key, job, &file) {
            Err(NoHeader::Newer) => leave(self, Left::Newer),
            Err(NoHeader::Damaged) => self.put_aside(job, Vec::new()),
            Ok(Reading { entries, tail: Tail::Damaged, .. }) => self.put_aside(job, entries),
            Ok(Reading { entries, .. }) if entries.is_empty() => self.put_aside(job, entries),
            Ok(Reading { entries, journal, tail }) => {
                if tail == Tail::Torn {
                    tracing::info!(lost = file.len() as u64 - journal.end, "the end of a queue journal was torn");
                }
                self.keep(job, entries, journal);
            }
        }
    }

    fn keep(&mut self, job: JobId, entries: Vec<Vec<u8>>, journal: Journal) {
        let path = self.dir.path(job, SPOOL);
        // A spool that cannot be read now is found out by whoever reads it.
        let spooled = spool::content_len(&path, &self.dir.0.key, job).unwrap_or(0);
        self.dir.state().journals.insert(job, Arc::new(Mutex::new(journal)));
        self.jobs.push(KeptJob { job, entries, spooled });
    }

    /// Keeps a damaged journal under another name, and goes on with the entries before the damage. Where that
    /// cannot be done everything stays as it is, the content too.
    fn put_aside(&mut self, job: JobId, entries: Vec<Vec<u8>>) {
        let path = self.dir.path(job, JOURNAL);
        let aside = self.dir.path(job, DAMAGED);
        let moved = if entries.is_empty() { fs::rename(&path, &aside) } else { fs::copy(&path, &aside).map(drop) };
        let result = moved.map_err(|source| failed("rename", &path, source)).and_then(|()| {
            if entries.is_empty() {
                return Ok(());
            }
            // Takes the place of the damaged one.
            let journal = self.dir.write_journal(job, &entries)?;
            self.keep(job, entries.clone(), journal);
            Ok(())
        });
        let result = result.and_then(|()| self.dir.sync_names());
        let outcome = match result {
            Ok(()) if entries.is_empty() => Outcome::Lost,
            Ok(()) => Outcome::GoesOn,
            Err(error) => {
                let mut state = self.dir.state();
                if !state.journals.contains_key(&job) {
                    state.left.insert(job);
                }
                Outcome::Disk { reason: error.to_string() }
            }
        };
        let (file, aside) = (path.display().to_string(), aside.display().to_string());
        self.warnings.push(Warning::QueueDamaged { file, aside, outcome });
    }
}

impl State {
    fn knows(&self, job: JobId) -> bool {
        self.journals.contains_key(&job) || self.left.contains(&job)
    }
}

/// The jobs that have a file of each kind.
#[derive(Default)]
struct Files {
    journals: BTreeSet<JobId>,
    spools: BTreeSet<JobId>,
}

fn append_to(path: &Path, journal: &mut Journal, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    if journal.torn {
        file.set_len(journal.end)?;
    }
    file.seek(SeekFrom::Start(journal.end))?;
    journal.torn = true;
    let written = disk::write(&mut file, bytes).and_then(|()| file.sync_data());
    match &written {
        Ok(()) => journal.torn = false,
        // Gives the room back. Where this fails too, the next append or start cuts what is torn.
        Err(_) => drop(file.set_len(journal.end)),
    }
    written
}

fn check_entries(entries: &[Vec<u8>]) -> Result<(), QueueError> {
    if entries.iter().all(|entry| entry.len() <= MAX_ENTRY_LEN) { Ok(()) } else { Err(QueueError::TooLong) }
}

/// All of a journal, or so much of it that it is seen to be too long.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_JOURNAL_LEN + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether there was one.
fn remove_file(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn job_of(name: &str) -> Option<JobId> {
    let plain = name.len() == 16 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u64::from_str_radix(name, 16).ok()).flatten().map(JobId)
}

fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full, free some space on it",
        io::ErrorKind::FileTooLarge => "files of this size are not allowed here, raise the limit (`ulimit -f`)",
        io::ErrorKind::PermissionDenied => "make the directory and its files yours",
        io::ErrorKind::ReadOnlyFilesystem => "the disk is mounted read-only, make it writable",
        io::ErrorKind::NotFound => "it is not there any more, cancel the transfer and begin it again",
        _ => "check the disk and its cable",
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> QueueError {
    QueueError::Io { action, path: path.to_owned(), source }
}

/// What the locks guard is changed in one step, or says itself that it is in doubt.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests;
