//! The thread that keeps the queue's files, so that nobody who drives the node waits for a disk.
//!
//! It does what it is asked in the order in which it is asked: an entry of a journal is on disk before
//! the content that follows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use roneo_client::handle::{CHUNK_LEN, ContentSource, JobId};
use roneo_client::notice::Refusal;
use roneo_content::{ContentHasher, Digest};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::queue_dir::{QueueDir, QueueError, SpoolWriter};
use crate::transfers::Reply;

/// Asks that may wait for the thread.
pub(crate) const ASK_QUEUE: usize = 1_024;
/// Answers that may wait for the driver.
pub(crate) const QUEUE_ANSWERS: usize = 64;

/// Time after which the driver is told again how much of an insert's content has come in.
const COMING_EVERY: Duration = Duration::from_millis(250);

/// What the thread is asked.
pub(crate) enum Ask {
    /// Keep entries behind those that the job has.
    Keep { job: JobId, entries: Vec<Vec<u8>> },
    /// Keep this entry in place of all that the job has, and its content or not.
    End { job: JobId, entry: Vec<u8>, content: KeepContent },
    /// Leave nothing of a job.
    Forget(JobId),
    /// Read content.
    Read { job: JobId, offset: u64, len: usize, reader: Reader },
    /// Keep content of a download, behind what is there or in place of its end.
    Write { job: JobId, offset: u64, bytes: Vec<u8>, last: bool },
}

/// Whether content is kept when its job is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeepContent {
    Yes,
    No,
}

/// Who reads content.
pub(crate) enum Reader {
    /// The core.
    Core,
    /// Whoever called the handle.
    Caller(Reply<Option<Vec<u8>>>),
}

/// What the driver is told.
pub(crate) enum Answer {
    /// So many bytes of an insert's content have come in, and more are awaited.
    Coming { job: JobId, bytes: u64 },
    /// The content of an insert has come in and is on disk, or will not be.
    Received { job: JobId, content: Result<Digest, String> },
    /// Content that the core asked for.
    Content { job: JobId, bytes: Result<Vec<u8>, String> },
    /// So many bytes of a download can be read.
    Written { job: JobId, readable: u64, last: bool },
    /// A download cannot be kept.
    NotWritten { job: JobId, reason: String },
}

/// The handle of the thread.
pub(crate) struct QueueThread {
    dir: QueueDir,
    asks: mpsc::Sender<Ask>,
    answers: mpsc::Sender<Answer>,
    failures: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

struct Worker {
    dir: QueueDir,
    answers: mpsc::Sender<Answer>,
    failures: Arc<AtomicU64>,
    /// Jobs that have a journal.
    begun: BTreeSet<JobId>,
    writers: BTreeMap<JobId, SpoolWriter>,
}

impl QueueThread {
    /// Starts it on the jobs that have a journal already.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(crate) fn start(
        dir: QueueDir,
        begun: impl IntoIterator<Item = JobId>,
        answers: mpsc::Sender<Answer>,
    ) -> std::io::Result<Self> {
        let (asks, asked) = mpsc::channel(ASK_QUEUE);
        let failures = Arc::<AtomicU64>::default();
        let worker = Worker {
            dir: dir.clone(),
            answers: answers.clone(),
            failures: Arc::clone(&failures),
            begun: begun.into_iter().collect(),
            writers: BTreeMap::new(),
        };
        let thread = std::thread::Builder::new().name("queue".to_owned()).spawn(move || worker.run(asked))?;
        Ok(Self { dir, asks, answers, failures, thread })
    }

    /// Asks, and gives the ask back where there is no room.
    pub(crate) fn ask(&self, ask: Ask) -> Result<(), Ask> {
        self.asks.try_send(ask).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(ask) | mpsc::error::TrySendError::Closed(ask) => ask,
        })
    }

    /// Takes an insert's content in, in a task that ends with it. The driver is told.
    pub(crate) fn take_in(&self, job: JobId, length: u64, source: Box<dyn ContentSource>) -> tokio::task::AbortHandle {
        let (dir, answers) = (self.dir.clone(), self.answers.clone());
        let task = async move {
            let content = take_in(&dir, job, length, source, &answers).await;
            // An error says that the node has stopped.
            let _ = answers.send(Answer::Received { job, content }).await;
        };
        tokio::spawn(task).abort_handle()
    }

    /// Entries and contents that could not be kept since the start.
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Waits until everything asked is on disk. Blocks.
    pub(crate) fn close(self) {
        drop((self.asks, self.answers));
        if self.thread.join().is_err() {
            tracing::error!("the queue stopped: please report this");
        }
    }
}

async fn take_in(
    dir: &QueueDir,
    job: JobId,
    length: u64,
    mut source: Box<dyn ContentSource>,
    answers: &mpsc::Sender<Answer>,
) -> Result<Digest, String> {
    let mut spool = blocking({
        let dir = dir.clone();
        move || Ok((dir.spool(job)?, ContentHasher::default()))
    })
    .await?;
    let mut left = length;
    let mut told = Instant::now();
    loop {
        let wanted = usize::try_from(left).map_or(CHUNK_LEN, |left| left.min(CHUNK_LEN));
        if wanted == 0 {
            break;
        }
        let bytes = source.read(wanted).await.map_err(|error| error.to_string())?;
        if bytes.is_empty() {
            return Err("it is shorter than was said: begin again".to_owned());
        }
        left = left.checked_sub(bytes.len() as u64).ok_or("the program handed over more than was asked for")?;
        spool = blocking(move || {
            let (mut writer, mut hasher) = spool;
            hasher.update(&bytes);
            writer.write(&bytes)?;
            Ok((writer, hasher))
        })
        .await?;
        if told.elapsed() >= COMING_EVERY {
            told = Instant::now();
            // Where there is no room the next will be heard.
            let _ = answers.try_send(Answer::Coming { job, bytes: length - left });
        }
    }
    blocking(move || {
        let (writer, hasher) = spool;
        writer.finish()?;
        Ok(hasher.finish())
    })
    .await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, QueueError> + Send + 'static,
) -> Result<T, String> {
    spawn_blocking(work).await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

impl Worker {
    fn run(mut self, mut asked: mpsc::Receiver<Ask>) {
        while let Some(ask) = asked.blocking_recv() {
            self.follow(ask);
        }
    }

    fn follow(&mut self, ask: Ask) {
        match ask {
            Ask::Keep { job, entries } => {
                let kept = self.keep(job, &entries);
                self.count(kept);
            }
            Ask::End { job, entry, content } => {
                self.writers.remove(&job);
                let ended = self.end(job, entry, content);
                self.count(ended);
            }
            Ask::Forget(job) => {
                self.writers.remove(&job);
                self.begun.remove(&job);
                let removed = self.dir.remove(job);
                self.count(removed);
            }
            Ask::Read { job, offset, len, reader } => {
                let bytes = self.dir.read_spool(job, offset, len).map_err(|error| error.to_string());
                match reader {
                    Reader::Core => self.answer(Answer::Content { job, bytes }),
                    // A reader that went away misses nothing.
                    Reader::Caller(reply) => {
                        drop(reply.send(bytes.map(Some).map_err(|reason| Refusal::Unkept { reason }.into())))
                    }
                }
            }
            Ask::Write { job, offset, bytes, last } => match self.write(job, offset, &bytes, last) {
                Ok(readable) => self.answer(Answer::Written { job, readable, last }),
                Err(error) => {
                    self.failures.fetch_add(1, Ordering::Relaxed);
                    self.answer(Answer::NotWritten { job, reason: error.to_string() });
                }
            },
        }
    }

    /// Keeps what a job came to. Its content goes only once that is on disk: until then it goes on at the
    /// next start from where its journal leaves it.
    fn end(&mut self, job: JobId, entry: Vec<u8>, content: KeepContent) -> Result<(), QueueError> {
        if self.begun.contains(&job) {
            self.dir.replace(job, &[entry])?;
        } else {
            self.dir.begin(job, &entry)?;
            self.begun.insert(job);
        }
        if content == KeepContent::No { self.dir.drop_spool(job) } else { Ok(()) }
    }

    fn keep(&mut self, job: JobId, entries: &[Vec<u8>]) -> Result<(), QueueError> {
        let Some((first, rest)) = entries.split_first() else { return Ok(()) };
        if self.begun.contains(&job) {
            return self.dir.append(job, entries).map(drop);
        }
        self.dir.begin(job, first)?;
        self.begun.insert(job);
        if rest.is_empty() { Ok(()) } else { self.dir.append(job, rest).map(drop) }
    }

    /// Writes content, and says how much of it can be read.
    fn write(&mut self, job: JobId, offset: u64, bytes: &[u8], last: bool) -> Result<u64, QueueError> {
        let mut writer = match self.writers.remove(&job) {
            Some(writer) => writer,
            None if offset == 0 => self.dir.spool(job)?,
            None => self.dir.resume_spool(job)?,
        };
        // Of an earlier life there may be more than the fetch made use of: it is the same content.
        let there = writer.len().saturating_sub(offset);
        let new = usize::try_from(there).ok().and_then(|there| bytes.get(there..)).unwrap_or_default();
        writer.write(new)?;
        if last {
            return writer.finish();
        }
        let readable = writer.readable();
        self.writers.insert(job, writer);
        Ok(readable)
    }

    fn count(&self, done: Result<(), QueueError>) {
        if let Err(error) = done {
            self.failures.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%error, "the queue is not saved");
        }
    }

    fn answer(&self, answer: Answer) {
        // An error says that the node has stopped.
        let _ = self.answers.blocking_send(answer);
    }
}
