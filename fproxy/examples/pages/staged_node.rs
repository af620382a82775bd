//! A node that stays as it is: what every scene of the pages is played before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use roneo_client::handle::{
    AnnouncementRecord, ContentSource, Effort, Extent, Gathered, HandleError, HandleFuture, InsertRequest, JobError,
    JobId, JobKind, JobState, JobStatus, NodeHandle, Peer, Priority, RecordName, Status, Target,
};
use roneo_client::notice::{InvitationError, Refusal};
use roneo_keys::{InsertUri, Uri};

use super::{foreign, peers, status};

/// A node that stays as it is.
#[derive(Clone)]
pub(crate) struct StagedNode {
    pub(crate) status: Option<Status>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) jobs: Vec<JobStatus>,
    pub(crate) fetch: Fetch,
    /// Whether the bytes of the fetch begun last were read: they are read once.
    pub(super) read: Arc<AtomicBool>,
}

/// What a fetch comes to.
#[derive(Clone)]
pub(crate) enum Fetch {
    Stands(Box<JobStatus>),
    Fails(JobError),
    Refuses(HandleError),
    Holds { bytes: &'static [u8], media_type: &'static str, name: &'static str },
}

/// The number of the one fetch that a node is asked for.
const FETCH: JobId = JobId(1_000);

/// The number of a fetch that never ends.
const STUCK: JobId = JobId(1_001);

impl StagedNode {
    pub(super) fn new() -> Self {
        Self {
            status: Some(status(61, 58)),
            peers: peers(61),
            jobs: Vec::new(),
            fetch: stands(|_| {}),
            read: Arc::default(),
        }
    }

    pub(super) fn with_jobs(jobs: Vec<JobStatus>) -> Self {
        let mut node = Self::new();
        if let Some(status) = &mut node.status {
            status.jobs = jobs.iter().filter(|job| !job.state.is_settled()).count();
        }
        Self { jobs, ..node }
    }

    pub(super) fn fetching(fetch: Fetch) -> Self {
        Self { fetch, ..Self::new() }
    }
}

pub(super) fn stands(change: impl FnOnce(&mut JobStatus)) -> Fetch {
    let mut status = JobStatus::begun(FETCH, JobKind::Fetch);
    change(&mut status);
    Fetch::Stands(Box::new(status))
}

fn ready<T: Send + 'static>(value: Result<T, HandleError>) -> HandleFuture<'static, T> {
    Box::pin(async { value })
}

impl StagedNode {
    fn find(&self, job: JobId) -> Result<JobStatus, HandleError> {
        if job == STUCK {
            return Ok(JobStatus { done: 12, total: 27, ..JobStatus::begun(STUCK, JobKind::Fetch) });
        }
        if job != FETCH {
            return self.jobs.iter().find(|known| known.job == job).cloned().ok_or(HandleError::UnknownJob);
        }
        let mut status = JobStatus::begun(job, JobKind::Fetch);
        match &self.fetch {
            Fetch::Stands(standing) => status = (**standing).clone(),
            Fetch::Fails(error) => (status.state, status.error) = (JobState::Failed, Some(error.clone())),
            Fetch::Refuses(error) => return Err(error.clone()),
            Fetch::Holds { bytes, media_type, name } => {
                status.length = Some(bytes.len() as u64);
                status.media_type = Some((*media_type).to_owned());
                status.name = Some((*name).to_owned());
            }
        }
        Ok(status)
    }
}

impl NodeHandle for StagedNode {
    fn status(&self) -> HandleFuture<'_, Status> {
        let Some(status) = self.status.clone() else { return Box::pin(std::future::pending()) };
        ready(Ok(status))
    }

    fn peers(&self) -> HandleFuture<'_, Vec<Peer>> {
        ready(Ok(self.peers.clone()))
    }

    fn invite(&self) -> HandleFuture<'_, String> {
        ready(Ok(format!("roneo-invite-1-{}", "k7qvN2m3ta".repeat(14))))
    }

    fn join(&self, _: String) -> HandleFuture<'_, ()> {
        ready(Err(HandleError::Refused(Refusal::Invitation(InvitationError::NotAnInvitation))))
    }

    fn insert(&self, _: InsertRequest, _: Box<dyn ContentSource>) -> HandleFuture<'_, JobId> {
        ready(Ok(JobId(8)))
    }

    fn fetch(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        let job = if uri.to_text() == foreign::stuck() { STUCK } else { FETCH };
        self.read.store(false, Ordering::Relaxed);
        ready(self.find(job).map(|_| job))
    }

    fn download(&self, _: Uri) -> HandleFuture<'_, JobId> {
        ready(Ok(JobId(1)))
    }

    fn publish(&self, _: InsertUri, _: Target) -> HandleFuture<'_, JobId> {
        ready(Ok(JobId(13)))
    }

    fn refresh(&self, _: Uri) -> HandleFuture<'_, JobId> {
        ready(Ok(JobId(13)))
    }

    fn check(&self, _: Uri, _: Extent) -> HandleFuture<'_, JobId> {
        ready(Ok(JobId(13)))
    }

    fn repair(&self, _: Uri, _: Extent) -> HandleFuture<'_, JobId> {
        ready(Ok(JobId(13)))
    }

    fn job(&self, job: JobId) -> HandleFuture<'_, JobStatus> {
        ready(self.find(job))
    }

    fn job_change(&self, job: JobId, _: u64) -> HandleFuture<'_, JobStatus> {
        let status = self.find(job);
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            status
        })
    }

    fn read(&self, job: JobId) -> HandleFuture<'_, Option<Vec<u8>>> {
        // What stands never comes.
        let Fetch::Holds { bytes, .. } = self.fetch else { return Box::pin(std::future::pending()) };
        if job == STUCK {
            return Box::pin(std::future::pending());
        }
        ready(Ok((!self.read.swap(true, Ordering::Relaxed)).then(|| bytes.to_vec())))
    }

    fn read_at(&self, _: JobId, _: u64) -> HandleFuture<'_, Option<Vec<u8>>> {
        ready(Ok(None))
    }

    fn jobs(&self) -> HandleFuture<'_, Vec<JobStatus>> {
        ready(Ok(self.jobs.clone()))
    }

    fn pause(&self, _: JobId, _: bool) -> HandleFuture<'_, ()> {
        ready(Ok(()))
    }

    fn prioritise(&self, _: JobId, _: Priority) -> HandleFuture<'_, ()> {
        ready(Ok(()))
    }

    fn cancel(&self, _: JobId) -> HandleFuture<'_, ()> {
        ready(Ok(()))
    }

    fn announcement_floor(&self) -> HandleFuture<'_, Effort> {
        ready(Ok(Effort::MIN))
    }

    fn announce(&self, _: AnnouncementRecord) -> HandleFuture<'_, u8> {
        ready(Ok(3))
    }

    fn gather(&self, name: RecordName) -> HandleFuture<'_, Gathered> {
        ready(Ok(Gathered { record: AnnouncementRecord::empty(name), answered: 2 }))
    }

    fn shutdown(&self) -> HandleFuture<'_, ()> {
        ready(Ok(()))
    }
}
