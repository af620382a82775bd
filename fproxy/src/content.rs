//! A fetch's content as an HTTP body: as long as announced, or visibly cut.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use roneo_client::handle::{HandleError, JobError, JobId, JobStatus, NodeHandle};
use roneo_client::notice::Refusal;
use roneo_keys::Uri;
use tokio::time::{Instant, timeout};

use crate::failure::Failure;
use crate::job_guard::JobGuard;

/// How long a page waits for enough nodes: a node that has just started finds them in this time.
pub(crate) const PAGE_NODES_WAIT: Duration = Duration::from_secs(10);

/// How long a page waits for the content's root.
pub(crate) const PAGE_WAIT: Duration = Duration::from_secs(120);

/// How long the wait for the first bytes may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// A person before an empty page: [`PAGE_NODES_WAIT`] and [`PAGE_WAIT`].
    Page,
    /// As long as the caller stays connected.
    Caller,
}

/// A fetch that somebody reads.
pub(crate) struct Reading {
    node: Arc<dyn NodeHandle>,
    job: JobId,
    hold: Hold,
}

/// What ties a fetch to its reader.
enum Hold {
    /// Nothing: it is in the queue. The next bytes are those from here on.
    Queue { offset: u64 },
    /// Dropped, which is also what happens when the reader hangs up, it ends the fetch.
    Reader { _fetch: JobGuard, _claim: Option<Claim> },
}

/// Content on its way: the root is known and the first bytes are here.
pub(crate) struct Content {
    /// The fetch, with name, media type and length.
    pub(crate) status: JobStatus,
    /// Bytes that will come.
    pub(crate) length: u64,
    /// The bytes. Ends in an error if they are not exactly `length`.
    pub(crate) body: Body,
}

/// The fetches being read. Content is handed out once and in order, so two readers would each get
/// half of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readers(Arc<Mutex<BTreeSet<JobId>>>);

/// The right to be a fetch's only reader.
pub(crate) struct Claim {
    readers: Readers,
    job: JobId,
}

impl Readers {
    /// Makes the caller the only reader, unless there is one.
    pub(crate) fn claim(&self, job: JobId) -> Option<Claim> {
        self.lock().insert(job).then(|| Claim { readers: self.clone(), job })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<JobId>> {
        // A panic elsewhere leaves the set whole: every change to it is a single call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.readers.lock().remove(&self.job);
    }
}

impl Reading {
    /// Begins a fetch for one reader.
    pub(crate) async fn begin(node: Arc<dyn NodeHandle>, uri: Uri) -> Result<Self, Failure> {
        let job = node.fetch(uri).await?;
        let fetch = JobGuard::new(Arc::clone(&node), job);
        Ok(Self { node, job, hold: Hold::Reader { _fetch: fetch, _claim: None } })
    }

    /// Reads a download from `offset` on.
    pub(crate) fn of_download(node: Arc<dyn NodeHandle>, job: JobId, offset: u64) -> Self {
        Self { node, job, hold: Hold::Queue { offset } }
    }

    /// Reads a fetch that was begun before.
    pub(crate) fn of(node: Arc<dyn NodeHandle>, claim: Claim) -> Self {
        let job = claim.job;
        let fetch = JobGuard::new(Arc::clone(&node), job);
        Self { node, job, hold: Hold::Reader { _fetch: fetch, _claim: Some(claim) } }
    }

    /// Which fetch it is.
    pub(crate) const fn job(&self) -> JobId {
        self.job
    }

    /// Waits for the first bytes, so that whatever fails before them has a status of its own.
    pub(crate) async fn content(mut self, patience: Patience) -> Result<Content, Failure> {
        let (status, whole) = self.root(patience).await?;
        let start = if let Hold::Queue { offset } = self.hold { offset } else { 0 };
        let behind = || HandleError::Refused(Refusal::BehindEnd { start, whole });
        let length = whole.checked_sub(start).ok_or_else(behind)?;
        let first = self.next().await?;
        let ended = first.is_none();
        let tail = Tail { reading: self, next: first, ended, left: length };
        Ok(Content { status, length, body: Body::from_stream(stream::try_unfold(tail, Tail::step)) })
    }

    /// The next bytes.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, HandleError> {
        match &mut self.hold {
            Hold::Reader { .. } => self.node.read(self.job).await,
            Hold::Queue { offset } => {
                let bytes = self.node.read_at(self.job, *offset).await?;
                *offset += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                Ok(bytes)
            }
        }
    }

    /// Waits until the root is open and the length known.
    async fn root(&self, patience: Patience) -> Result<(JobStatus, u64), Failure> {
        let (node, job) = (&self.node, self.job);
        let began = Instant::now();
        let mut status = node.job(job).await?;
        loop {
            if let Some(error) = status.error {
                return Err(HandleError::Job(error).into());
            }
            if let Some(length) = status.length {
                return Ok((status, length));
            }
            let left = match (patience, status.waiting) {
                (Patience::Caller, _) => Duration::MAX,
                (Patience::Page, Some(_)) => PAGE_NODES_WAIT.saturating_sub(began.elapsed()),
                (Patience::Page, None) => PAGE_WAIT.saturating_sub(began.elapsed()),
            };
            status = match timeout(left, node.job_change(job, status.revision)).await {
                Ok(changed) => changed?,
                Err(_) => return Err(out_of_patience(&status)),
            };
        }
    }
}

fn out_of_patience(status: &JobStatus) -> Failure {
    match status.waiting {
        Some(waiting) => {
            let error = JobError::TooFewNodes { needed: waiting.needed, known: waiting.known };
            Failure::Node(HandleError::Job(error))
        }
        None => Failure::Slow,
    }
}

/// The rest of a body.
struct Tail {
    reading: Reading,
    next: Option<Vec<u8>>,
    ended: bool,
    left: u64,
}

/// Why a body breaks off. The connection is then closed before Content-Length is reached, which
/// every client reports.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error(transparent)]
    Node(#[from] HandleError),
    #[error("content of another length than its root says")]
    Length,
}

impl Tail {
    async fn step(mut self) -> Result<Option<(Vec<u8>, Self)>, Cut> {
        let chunk = match self.next.take() {
            Some(chunk) => Some(chunk),
            None if self.ended => None,
            None => self.reading.next().await?,
        };
        let Some(chunk) = chunk else {
            return if self.left == 0 { Ok(None) } else { Err(Cut::Length) };
        };
        self.left = self.left.checked_sub(chunk.len() as u64).ok_or(Cut::Length)?;
        Ok(Some((chunk, self)))
    }
}
