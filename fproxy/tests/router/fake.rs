//! A node that answers from a script.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roneo_client::handle::{
    AnnouncementRecord, Caps, Condition, ContentSource, CopiesFound, Effort, Extent, Gathered, HandleError,
    HandleFuture, InsertRequest, JobError, JobId, JobKind, JobState, JobStatus, NodeHandle, Peer, Priority, RecordName,
    Report, Status, StoreStatus, Target, Traffic, Waiting,
};
use roneo_client::notice::{InvitationError, Refusal};
use roneo_keys::{InsertUri, Uri};

/// What the network has under the one link that the tests use.
#[derive(Clone)]
pub(crate) enum Network {
    /// Content in chunks, and what its root says.
    Holds { chunks: Vec<&'static str>, length: u64, media_type: &'static str, name: &'static str },
    /// Nothing: the fetch fails.
    Fails(JobError),
    /// Contents by their links. Others are not found.
    Library(Library),
    /// Content whose second half is missing.
    BreaksOff,
    /// Too few nodes.
    Waits,
    /// No answer.
    Silent,
    /// The node itself refuses.
    Refuses(HandleError),
}

/// Contents by their links.
pub(crate) type Library = Arc<BTreeMap<String, Stored>>;

/// A content of a library.
#[derive(Clone, Default)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) media_type: String,
    /// The link that a USK leads to.
    pub(crate) leads_to: Option<String>,
    /// Whether it is known and never comes.
    pub(crate) is_stuck: bool,
}

pub(crate) struct FakeNode {
    network: Network,
    state: Arc<Mutex<State>>,
}

/// What the node was asked to do.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) jobs: BTreeMap<JobId, JobStatus>,
    pub(crate) read: BTreeMap<JobId, usize>,
    /// The links of all fetches, in order.
    pub(crate) fetched: Vec<String>,
    links: BTreeMap<JobId, String>,
    pub(crate) cancelled: Vec<JobId>,
    pub(crate) inserted: BTreeMap<JobId, Result<Vec<u8>, String>>,
    pub(crate) requests: Vec<InsertRequest>,
    pub(crate) joined: Vec<String>,
    pub(crate) published: Vec<Target>,
    pub(crate) shut_down: bool,
}

impl FakeNode {
    pub(crate) fn new(network: Network) -> (Arc<Self>, Arc<Mutex<State>>) {
        let state = Arc::<Mutex<State>>::default();
        (Arc::new(Self { network, state: Arc::clone(&state) }), state)
    }

    fn status_of(&self, job: JobId) -> Result<JobStatus, HandleError> {
        self.state.lock().unwrap().jobs.get(&job).cloned().ok_or(HandleError::UnknownJob)
    }

    fn begin(&self, kind: JobKind, change: impl FnOnce(&mut JobStatus)) -> JobId {
        let mut state = self.state.lock().unwrap();
        let job = JobId((state.jobs.len() + state.cancelled.len()) as u64 + 1);
        let mut status = JobStatus { revision: 1, ..JobStatus::begun(job, kind) };
        change(&mut status);
        state.jobs.insert(job, status);
        job
    }
}

fn ready<T: Send + 'static>(value: Result<T, HandleError>) -> HandleFuture<'static, T> {
    Box::pin(async { value })
}

impl NodeHandle for FakeNode {
    fn status(&self) -> HandleFuture<'_, Status> {
        ready(Ok(Status {
            node: "N".repeat(43),
            network: "local-0000000000000001".to_owned(),
            version: "0.1.0".to_owned(),
            nodes: 7,
            links: 6,
            summary: "7 nodes".to_owned(),
            uptime_s: 3,
            store: StoreStatus::default(),
            counters: BTreeMap::from([("dropped_replayed".to_owned(), 2)]),
            caps: Caps::default(),
            traffic: Traffic::default(),
            jobs: 0,
            notices: Vec::new(),
            warnings: Vec::new(),
        }))
    }

    fn peers(&self) -> HandleFuture<'_, Vec<Peer>> {
        let me = Peer { node: "N".repeat(43), me: true, linked: false, heard_s: None, set_aside: false };
        ready(Ok(vec![me]))
    }

    fn invite(&self) -> HandleFuture<'_, String> {
        ready(Ok("roneo-invite-1".to_owned()))
    }

    fn join(&self, invitation: String) -> HandleFuture<'_, ()> {
        if invitation == "nonsense" {
            return ready(Err(HandleError::Refused(Refusal::Invitation(InvitationError::NotAnInvitation))));
        }
        self.state.lock().unwrap().joined.push(invitation);
        ready(Ok(()))
    }

    fn insert(&self, request: InsertRequest, mut content: Box<dyn ContentSource>) -> HandleFuture<'_, JobId> {
        let job = self.begin(JobKind::Insert, |_| {});
        self.state.lock().unwrap().requests.push(request);
        let state = Arc::clone(&self.state);
        tokio::spawn(async move {
            let mut all = Vec::new();
            let outcome = loop {
                match content.read(5).await {
                    Ok(bytes) if bytes.is_empty() => break Ok(all),
                    Ok(bytes) => all.extend(bytes),
                    Err(error) => break Err(error.to_string()),
                }
            };
            state.lock().unwrap().inserted.insert(job, outcome);
        });
        ready(Ok(job))
    }

    fn fetch(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        let link = uri.to_text();
        if let Network::Refuses(error) = &self.network {
            return ready(Err(error.clone()));
        }
        let job = self.begin(JobKind::Fetch, |status| match &self.network {
            Network::Holds { length, media_type, name, .. } => {
                status.length = Some(*length);
                status.media_type = Some((*media_type).to_owned());
                status.name = Some((*name).to_owned());
            }
            Network::BreaksOff => status.length = Some(8),
            Network::Fails(error) => {
                status.state = JobState::Failed;
                status.error = Some(error.clone());
            }
            Network::Waits => {
                status.state = JobState::Waiting;
                status.waiting = Some(Waiting { needed: 5, known: 3 });
            }
            Network::Library(library) => match library.get(&link) {
                Some(stored) => {
                    (status.done, status.total) = (12, 27);
                    status.length = (!stored.is_stuck).then_some(stored.bytes.len() as u64);
                    status.media_type = Some(stored.media_type.clone()).filter(|named| !named.is_empty());
                    status.uri.clone_from(&stored.leads_to);
                }
                None => {
                    status.state = JobState::Failed;
                    status.error = Some(JobError::RootNotFound { asked: 8 });
                }
            },
            Network::Silent | Network::Refuses(_) => {}
        });
        let mut state = self.state.lock().unwrap();
        state.fetched.push(link.clone());
        state.links.insert(job, link);
        drop(state);
        ready(Ok(job))
    }

    fn download(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        let kept = self.state.lock().unwrap().jobs.values().find(|job| job.queued).map(|job| job.job);
        if let Some(kept) = kept {
            return ready(Ok(kept));
        }
        let begun = self.fetch(uri);
        Box::pin(async move {
            let job = begun.await?;
            if let Some(status) = self.state.lock().unwrap().jobs.get_mut(&job) {
                status.queued = true;
            }
            Ok(job)
        })
    }

    fn publish(&self, to: InsertUri, target: Target) -> HandleFuture<'_, JobId> {
        let job = self.begin(JobKind::Publish, |status| status.uri = Some(to.public().to_text()));
        self.state.lock().unwrap().published.push(target);
        ready(Ok(job))
    }

    fn refresh(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        ready(Ok(self.begin(JobKind::Publish, |status| status.uri = Some(uri.to_text()))))
    }

    fn check(&self, uri: Uri, extent: Extent) -> HandleFuture<'_, JobId> {
        let copies = CopiesFound { places: 8, found: 5, without: 2, silent: 1, condition: Condition::Weakened };
        let report = Report {
            condition: Condition::Weakened,
            advice: "repair it".to_owned(),
            sampled: extent == Extent::Usual,
            record: None,
            root: Some(copies),
            single: None,
            index_blocks: Vec::new(),
            segments: Vec::new(),
            unlisted: 0,
        };
        ready(Ok(self.begin(JobKind::Check, |status| {
            status.state = JobState::Checked;
            status.link = Some(uri.to_text());
            status.report = Some(Box::new(report));
        })))
    }

    fn repair(&self, uri: Uri, _: Extent) -> HandleFuture<'_, JobId> {
        ready(Ok(self.begin(JobKind::Repair, |status| status.link = Some(uri.to_text()))))
    }

    fn job(&self, job: JobId) -> HandleFuture<'_, JobStatus> {
        ready(self.status_of(job))
    }

    fn job_change(&self, job: JobId, _: u64) -> HandleFuture<'_, JobStatus> {
        let status = self.status_of(job);
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            status
        })
    }

    fn read(&self, job: JobId) -> HandleFuture<'_, Option<Vec<u8>>> {
        let mut state = self.state.lock().unwrap();
        let read = state.read.entry(job).or_default();
        *read += 1;
        let (first, after) = (*read == 1, *read - 1);
        let answer = match &self.network {
            Network::Holds { chunks, .. } => Ok(chunks.get(after).map(|chunk| chunk.as_bytes().to_vec())),
            Network::BreaksOff if first => Ok(Some(b"half".to_vec())),
            Network::Library(library) => {
                let stored = state.links.get(&job).and_then(|link| library.get(link));
                let bytes = stored.map(|stored| stored.bytes.clone()).unwrap_or_default();
                Ok((first && !bytes.is_empty()).then_some(bytes))
            }
            _ => Err(HandleError::Job(JobError::SegmentMissing { segment: 2, segments: 2, found: 1, needed: 9 })),
        };
        Box::pin(async move {
            if !first {
                // As from a network: by now the bytes before have left the socket.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            answer
        })
    }

    fn read_at(&self, _: JobId, offset: u64) -> HandleFuture<'_, Option<Vec<u8>>> {
        let Network::Holds { chunks, .. } = &self.network else { return ready(Err(HandleError::UnknownJob)) };
        let whole = chunks.concat().into_bytes();
        let rest = &whole[whole.len().min(offset as usize)..];
        ready(Ok((!rest.is_empty()).then(|| rest[..rest.len().min(3)].to_vec())))
    }

    fn jobs(&self) -> HandleFuture<'_, Vec<JobStatus>> {
        ready(Ok(self.state.lock().unwrap().jobs.values().cloned().collect()))
    }

    fn pause(&self, job: JobId, paused: bool) -> HandleFuture<'_, ()> {
        let mut state = self.state.lock().unwrap();
        let Some(status) = state.jobs.get_mut(&job) else { return ready(Err(HandleError::UnknownJob)) };
        status.state = if paused { JobState::Paused } else { JobState::Running };
        ready(Ok(()))
    }

    fn prioritise(&self, job: JobId, priority: Priority) -> HandleFuture<'_, ()> {
        let mut state = self.state.lock().unwrap();
        let Some(status) = state.jobs.get_mut(&job) else { return ready(Err(HandleError::UnknownJob)) };
        status.priority = priority;
        ready(Ok(()))
    }

    fn cancel(&self, job: JobId) -> HandleFuture<'_, ()> {
        let mut state = self.state.lock().unwrap();
        state.cancelled.push(job);
        ready(state.jobs.remove(&job).map(drop).ok_or(HandleError::UnknownJob))
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
        self.state.lock().unwrap().shut_down = true;
        ready(Ok(()))
    }
}
