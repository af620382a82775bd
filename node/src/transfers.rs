//! What the shell keeps of inserts and fetches: where content comes from, chunks that wait to be
//! read, and who waits for news.

use std::collections::{BTreeMap, VecDeque};

use roneo_client::handle::{ContentSource, HandleError, JobId, JobKind, JobState, JobStatus};
use tokio::sync::{mpsc, oneshot};

/// Callers that may wait for news of jobs, all together.
pub(crate) const WATCHERS: usize = 1_024;

/// An answer to whoever called the handle.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, HandleError>>;

/// Content read for an insert, or why there is none.
pub(crate) struct Content {
    pub(crate) job: JobId,
    pub(crate) bytes: Result<Vec<u8>, String>,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Transfers {
    sources: BTreeMap<JobId, mpsc::Sender<usize>>,
    chunks: BTreeMap<JobId, Chunks>,
    watchers: Vec<Watcher>,
}

/// The content of a fetch between network and reader.
#[derive(Default)]
struct Chunks {
    /// Bounded by the core, which hands over no more than a few that were not taken.
    waiting: VecDeque<Vec<u8>>,
    /// The last one was delivered.
    complete: bool,
    reader: Option<Reply<Option<Vec<u8>>>>,
}

struct Watcher {
    job: JobId,
    seen: u64,
    reply: Reply<JobStatus>,
}

/// Whether a chunk went to a reader, and the next may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// One did.
    Yes,
    /// None did.
    No,
}

impl Transfers {
    /// Begins to read an insert's content, in a task that ends with [`Transfers::forget`], or with
    /// the content.
    pub(crate) fn add_source(&mut self, job: JobId, source: Box<dyn ContentSource>, contents: mpsc::Sender<Content>) {
        let (asks, queue) = mpsc::channel(1);
        self.sources.insert(job, asks);
        tokio::spawn(read_source(job, source, queue, contents));
    }

    /// Asks for an insert's next bytes. `false` where nobody is there to read them.
    pub(crate) fn ask_source(&self, job: JobId, len: usize) -> bool {
        self.sources.get(&job).is_some_and(|asks| asks.try_send(len).is_ok())
    }

    /// A fetch has begun.
    pub(crate) fn add_fetch(&mut self, job: JobId) {
        self.chunks.insert(job, Chunks::default());
    }

    /// The next bytes of a fetch have come.
    pub(crate) fn deliver(&mut self, job: JobId, bytes: Vec<u8>, last: bool) -> Taken {
        let Some(chunks) = self.chunks.get_mut(&job) else { return Taken::No };
        chunks.waiting.push_back(bytes);
        chunks.complete |= last;
        chunks.hand_over()
    }

    /// Somebody reads a fetch, of which `status` is known.
    pub(crate) fn read(&mut self, job: JobId, status: Option<&JobStatus>, reply: Reply<Option<Vec<u8>>>) -> Taken {
        let refusal = match status {
            None => Some(HandleError::UnknownJob),
            Some(status) if status.kind != JobKind::Fetch => {
                Some(HandleError::Refused("this transfer stores content: there is nothing to read".to_owned()))
            }
            Some(_) => None,
        };
        if let Some(refusal) = refusal {
            let _ = reply.send(Err(refusal));
            return Taken::No;
        }
        let chunks = self.chunks.entry(job).or_default();
        if chunks.reader.as_ref().is_some_and(|reader| !reader.is_closed()) {
            let _ = reply.send(Err(HandleError::Busy("somebody else reads this transfer")));
            return Taken::No;
        }
        chunks.reader = Some(reply);
        let taken = chunks.hand_over();
        if let Some(error) = status.and_then(failure) {
            chunks.fail(&error);
        }
        taken
    }

    /// Somebody wants to know once a job stands otherwise than in `seen`.
    pub(crate) fn watch(&mut self, job: JobId, seen: u64, status: Option<JobStatus>, reply: Reply<JobStatus>) {
        let answer = match status {
            None => Err(HandleError::UnknownJob),
            Some(status) if status.revision != seen => Ok(status),
            Some(_) => {
                self.watchers.retain(|watcher| !watcher.reply.is_closed());
                if self.watchers.len() < WATCHERS {
                    self.watchers.push(Watcher { job, seen, reply });
                    return;
                }
                Err(HandleError::Busy("too many callers wait for transfers"))
            }
        };
        let _ = reply.send(answer);
    }

    /// A job stands otherwise than before.
    pub(crate) fn changed(&mut self, job: JobId, status: Option<&JobStatus>) {
        let (news, unchanged) = std::mem::take(&mut self.watchers)
            .into_iter()
            .filter(|watcher| !watcher.reply.is_closed())
            .partition(|watcher| watcher.job == job && status.is_none_or(|status| status.revision != watcher.seen));
        self.watchers = unchanged;
        for watcher in Vec::<Watcher>::into_iter(news) {
            let _ = watcher.reply.send(status.cloned().ok_or(HandleError::UnknownJob));
        }
        if let Some(error) = status.and_then(failure)
            && let Some(chunks) = self.chunks.get_mut(&job)
        {
            chunks.fail(&error);
        }
        if status.is_none_or(|status| status.error.is_some()) {
            self.sources.remove(&job);
        }
        if status.is_none() {
            self.forget(job);
        }
    }

    /// A job was cancelled.
    pub(crate) fn forget(&mut self, job: JobId) {
        self.sources.remove(&job);
        if let Some(mut chunks) = self.chunks.remove(&job) {
            chunks.waiting.clear();
            chunks.fail(&HandleError::UnknownJob);
        }
    }
}

impl Chunks {
    /// Gives the waiting reader the next chunk, or the end.
    fn hand_over(&mut self) -> Taken {
        if self.waiting.is_empty() && !self.complete {
            return Taken::No;
        }
        // A reader that went away must not take a chunk with it.
        let Some(reader) = self.reader.take().filter(|reader| !reader.is_closed()) else { return Taken::No };
        match self.waiting.pop_front() {
            None => {
                let _ = reader.send(Ok(None));
                Taken::No
            }
            Some(chunk) => match reader.send(Ok(Some(chunk))) {
                Ok(()) => Taken::Yes,
                Err(Ok(Some(chunk))) => {
                    self.waiting.push_front(chunk);
                    Taken::No
                }
                Err(_) => Taken::No,
            },
        }
    }

    fn fail(&mut self, error: &HandleError) {
        if let Some(reader) = self.reader.take() {
            let _ = reader.send(Err(error.clone()));
        }
    }
}

fn failure(status: &JobStatus) -> Option<HandleError> {
    let error = status.error.clone().filter(|_| status.state == JobState::Failed)?;
    Some(HandleError::Job(error))
}

async fn read_source(
    job: JobId,
    mut source: Box<dyn ContentSource>,
    mut asks: mpsc::Receiver<usize>,
    contents: mpsc::Sender<Content>,
) {
    while let Some(len) = asks.recv().await {
        let bytes = match source.read(len).await {
            Ok(bytes) if bytes.len() > len => Err("the program handed over more than was asked for".to_owned()),
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(error.to_string()),
        };
        if contents.send(Content { job, bytes }).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_client::handle::JobError;

    const JOB: JobId = JobId(4);

    fn status(kind: JobKind, state: JobState, revision: u64) -> JobStatus {
        let error = (state == JobState::Failed).then_some(JobError::RootNotFound { asked: 3 });
        JobStatus {
            job: JOB,
            kind,
            state,
            revision,
            done: 0,
            total: 0,
            length: None,
            waiting: None,
            uri: None,
            edition: None,
            name: None,
            media_type: None,
            note: None,
            error,
        }
    }

    fn fetching() -> JobStatus {
        status(JobKind::Fetch, JobState::Running, 1)
    }

    /// What a reader will be told.
    type Told = oneshot::Receiver<Result<Option<Vec<u8>>, HandleError>>;

    fn read(transfers: &mut Transfers, status: &JobStatus) -> (Taken, Told) {
        let (reply, answer) = oneshot::channel();
        (transfers.read(JOB, Some(status), reply), answer)
    }

    #[test]
    fn chunks_wait_for_readers_and_readers_for_chunks() {
        let mut transfers = Transfers::default();
        transfers.add_fetch(JOB);
        assert_eq!(transfers.deliver(JOB, vec![1], false), Taken::No);
        let (taken, mut first) = read(&mut transfers, &fetching());
        assert_eq!((taken, first.try_recv()), (Taken::Yes, Ok(Ok(Some(vec![1])))));
        let (taken, mut second) = read(&mut transfers, &fetching());
        assert_eq!(taken, Taken::No);
        assert_eq!(transfers.deliver(JOB, vec![2], true), Taken::Yes);
        assert_eq!(second.try_recv(), Ok(Ok(Some(vec![2]))));
        for _ in 0..2 {
            let (taken, mut end) = read(&mut transfers, &fetching());
            assert_eq!((taken, end.try_recv()), (Taken::No, Ok(Ok(None))));
        }
    }

    #[test]
    fn a_reader_that_goes_away_takes_nothing_along_and_a_second_one_is_told() {
        let mut transfers = Transfers::default();
        transfers.add_fetch(JOB);
        let (_, waiting) = read(&mut transfers, &fetching());
        let (_, mut refused) = read(&mut transfers, &fetching());
        assert!(matches!(refused.try_recv(), Ok(Err(HandleError::Busy(_)))));
        drop(waiting);
        assert_eq!(transfers.deliver(JOB, vec![1], true), Taken::No);
        let (taken, mut answer) = read(&mut transfers, &fetching());
        assert_eq!((taken, answer.try_recv()), (Taken::Yes, Ok(Ok(Some(vec![1])))));
    }

    #[test]
    fn a_failed_or_cancelled_fetch_ends_its_reader() {
        let mut transfers = Transfers::default();
        transfers.add_fetch(JOB);
        let failed = status(JobKind::Fetch, JobState::Failed, 2);
        let (_, mut reader) = read(&mut transfers, &fetching());
        transfers.changed(JOB, Some(&failed));
        assert!(matches!(reader.try_recv(), Ok(Err(HandleError::Job(_)))));
        let (_, mut later) = read(&mut transfers, &failed);
        assert!(matches!(later.try_recv(), Ok(Err(HandleError::Job(_)))));
        let (_, mut reader) = read(&mut transfers, &fetching());
        transfers.forget(JOB);
        assert_eq!(reader.try_recv(), Ok(Err(HandleError::UnknownJob)));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let mut transfers = Transfers::default();
        let (reply, mut answer) = oneshot::channel();
        transfers.read(JOB, None, reply);
        assert_eq!(answer.try_recv(), Ok(Err(HandleError::UnknownJob)));
        let (_, mut answer) = read(&mut transfers, &status(JobKind::Insert, JobState::Running, 1));
        assert!(matches!(answer.try_recv(), Ok(Err(HandleError::Refused(_)))));
    }

    #[test]
    fn watchers_hear_of_the_change_that_they_have_not_seen() {
        let mut transfers = Transfers::default();
        let watch = |transfers: &mut Transfers, seen, status| {
            let (reply, answer) = oneshot::channel();
            transfers.watch(JOB, seen, status, reply);
            answer
        };
        assert!(matches!(watch(&mut transfers, 0, None).try_recv(), Ok(Err(HandleError::UnknownJob))));
        assert!(matches!(watch(&mut transfers, 0, Some(fetching())).try_recv(), Ok(Ok(_))));
        let mut waiting = watch(&mut transfers, 1, Some(fetching()));
        transfers.changed(JOB, Some(&fetching()));
        transfers.changed(JobId(5), Some(&status(JobKind::Fetch, JobState::Running, 9)));
        assert!(waiting.try_recv().is_err());
        transfers.changed(JOB, Some(&status(JobKind::Fetch, JobState::Fetched, 2)));
        assert_eq!(waiting.try_recv().unwrap().unwrap().state, JobState::Fetched);
    }

    #[test]
    fn watchers_are_bounded_and_those_gone_make_room() {
        let mut transfers = Transfers::default();
        let mut watch = || {
            let (reply, answer) = oneshot::channel();
            transfers.watch(JOB, 1, Some(fetching()), reply);
            answer
        };
        let mut answers: Vec<_> = (0..WATCHERS).map(|_| watch()).collect();
        assert!(matches!(watch().try_recv(), Ok(Err(HandleError::Busy(_)))));
        answers.pop();
        assert!(watch().try_recv().is_err());
    }

    struct Pieces(Vec<std::io::Result<Vec<u8>>>);

    impl ContentSource for Pieces {
        fn read(&mut self, _: usize) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<u8>>> + Send + '_>> {
            Box::pin(async { if self.0.is_empty() { Ok(Vec::new()) } else { self.0.remove(0) } })
        }
    }

    #[tokio::test]
    async fn content_is_read_when_asked_for() {
        let mut transfers = Transfers::default();
        assert!(!transfers.ask_source(JOB, 1));
        let (sender, mut contents) = mpsc::channel(1);
        let pieces = vec![Ok(vec![1, 2]), Ok(vec![1, 2, 3]), Err(std::io::Error::other("gone"))];
        transfers.add_source(JOB, Box::new(Pieces(pieces)), sender);
        let mut next = async || {
            assert!(transfers.ask_source(JOB, 2));
            contents.recv().await.unwrap().bytes
        };
        assert_eq!(next().await, Ok(vec![1, 2]));
        assert!(next().await.unwrap_err().contains("more than was asked"));
        assert_eq!(next().await, Err("gone".to_owned()));
        assert_eq!(next().await, Ok(vec![]));
    }
}
