//! [`NodeHandle`] over the driver's queue.

use std::time::Duration;

use roneo_client::handle::{
    AnnouncementRecord, ContentSource, Effort, Extent, Gathered, HandleError, HandleFuture, InsertRequest, JobId,
    JobStatus, NodeHandle, Peer, Priority, RecordName, Status, Target,
};
use roneo_client::notice::Refusal;
use roneo_keys::{InsertUri, Uri};
use roneo_overlay::Invitation;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::driver::Call;
use crate::transfers::Reply;

/// How long [`NodeHandle::job_change`] waits.
const CHANGE_PATIENCE: Duration = Duration::from_secs(10);

/// Calls the driver of a running node. After the node has stopped every call says so.
#[derive(Clone)]
pub(crate) struct Handle {
    calls: mpsc::Sender<Call>,
}

impl Handle {
    pub(crate) fn new(calls: mpsc::Sender<Call>) -> Self {
        Self { calls }
    }

    async fn call<T>(&self, call: impl FnOnce(Reply<T>) -> Call) -> Result<T, HandleError> {
        let (reply, answer) = oneshot::channel();
        self.calls.send(call(reply)).await.map_err(|_| HandleError::Stopping)?;
        answer.await.unwrap_or(Err(HandleError::Stopping))
    }
}

impl NodeHandle for Handle {
    fn status(&self) -> HandleFuture<'_, Status> {
        Box::pin(self.call(Call::Status))
    }

    fn peers(&self) -> HandleFuture<'_, Vec<Peer>> {
        Box::pin(self.call(Call::Peers))
    }

    fn invite(&self) -> HandleFuture<'_, String> {
        Box::pin(self.call(Call::Invite))
    }

    fn join(&self, invitation: String) -> HandleFuture<'_, ()> {
        Box::pin(async move {
            let invitation: Invitation = invitation.parse().map_err(Refusal::Invitation)?;
            self.call(|reply| Call::Join(invitation, reply)).await
        })
    }

    fn insert(&self, request: InsertRequest, content: Box<dyn ContentSource>) -> HandleFuture<'_, JobId> {
        Box::pin(self.call(|reply| Call::Insert(request, content, reply)))
    }

    fn fetch(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        Box::pin(self.call(|reply| Call::Fetch(uri, reply)))
    }

    fn download(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        Box::pin(self.call(|reply| Call::Download(uri, reply)))
    }

    fn publish(&self, to: InsertUri, target: Target) -> HandleFuture<'_, JobId> {
        Box::pin(self.call(|reply| Call::Publish(Box::new((to, target)), reply)))
    }

    fn refresh(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        Box::pin(self.call(|reply| Call::Refresh(uri, reply)))
    }

    fn check(&self, uri: Uri, extent: Extent) -> HandleFuture<'_, JobId> {
        Box::pin(self.call(move |reply| Call::Check(uri, extent, reply)))
    }

    fn repair(&self, uri: Uri, extent: Extent) -> HandleFuture<'_, JobId> {
        Box::pin(self.call(move |reply| Call::Repair(uri, extent, reply)))
    }

    fn job(&self, job: JobId) -> HandleFuture<'_, JobStatus> {
        Box::pin(self.call(move |reply| Call::Job(job, reply)))
    }

    fn job_change(&self, job: JobId, seen: u64) -> HandleFuture<'_, JobStatus> {
        Box::pin(async move {
            let change = self.call(|reply| Call::JobChange { job, seen, reply });
            match timeout(CHANGE_PATIENCE, change).await {
                Ok(answer) => answer,
                Err(_) => self.job(job).await,
            }
        })
    }

    fn read(&self, job: JobId) -> HandleFuture<'_, Option<Vec<u8>>> {
        Box::pin(self.call(move |reply| Call::Read(job, reply)))
    }

    fn read_at(&self, job: JobId, offset: u64) -> HandleFuture<'_, Option<Vec<u8>>> {
        Box::pin(self.call(move |reply| Call::ReadAt { job, offset, reply }))
    }

    fn jobs(&self) -> HandleFuture<'_, Vec<JobStatus>> {
        Box::pin(self.call(Call::Jobs))
    }

    fn pause(&self, job: JobId, paused: bool) -> HandleFuture<'_, ()> {
        Box::pin(self.call(move |reply| Call::Pause(job, paused, reply)))
    }

    fn prioritise(&self, job: JobId, priority: Priority) -> HandleFuture<'_, ()> {
        Box::pin(self.call(move |reply| Call::Prioritise(job, priority, reply)))
    }

    fn cancel(&self, job: JobId) -> HandleFuture<'_, ()> {
        Box::pin(self.call(move |reply| Call::Cancel(job, reply)))
    }

    fn shutdown(&self) -> HandleFuture<'_, ()> {
        Box::pin(self.call(Call::Shutdown))
    }

    fn announcement_floor(&self) -> HandleFuture<'_, Effort> {
        Box::pin(self.call(Call::AnnouncementFloor))
    }

    fn announce(&self, record: AnnouncementRecord) -> HandleFuture<'_, u8> {
        Box::pin(self.call(|reply| Call::Announce(Box::new(record), reply)))
    }

    fn gather(&self, name: RecordName) -> HandleFuture<'_, Gathered> {
        Box::pin(self.call(move |reply| Call::Gather(name, reply)))
    }
}
