//! What the shell keeps of inserts and fetches: contents that come in, chunks that wait to be read, how
//! much of a download is on disk, and who waits for news.

use std::collections::{BTreeMap, VecDeque};

use roneo_client::handle::{CHUNK_LEN, HandleError, JobId, JobKind, JobState, JobStatus};
use roneo_client::notice::Refusal;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// Callers that may wait for news of jobs, all together.
pub(crate) const WATCHERS: usize = 1_024;

/// An answer to whoever called the handle.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, HandleError>>;

/// Callers that may wait for bytes of one download.
pub(crate) const DOWNLOAD_READERS: usize = 16;

/// All of it.
#[derive(Default)]
pub(crate) struct Transfers {
    /// Contents that are coming in.
    uploads: BTreeMap<JobId, AbortHandle>,
    downloads: BTreeMap<JobId, Download>,
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

/// The content of a download: how much of it is on disk.
#[derive(Default)]
struct Download {
    readable: u64,
    complete: bool,
    /// Who waits for bytes from where on.
    readers: Vec<(u64, Reply<Option<Vec<u8>>>)>,
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
    /// Content is coming in for an insert.
    pub(crate) fn add_upload(&mut self, job: JobId, task: AbortHandle) {
        self.uploads.insert(job, task);
    }

    /// It has come in, or will not.
    pub(crate) fn received(&mut self, job: JobId) {
        self.uploads.remove(&job);
    }

    /// A download has begun, or is there from an earlier run: `whole` then is its length.
    pub(crate) fn add_download(&mut self, job: JobId, whole: Option<u64>) {
        let download = self.downloads.entry(job).or_default();
        if let Some(whole) = whole {
            (download.readable, download.complete) = (whole, true);
        }
    }

    pub(crate) fn is_download(&self, job: JobId) -> bool {
        self.downloads.contains_key(&job)
    }

    /// More of a download can be read. Gives the readers who waited for it.
    pub(crate) fn written(&mut self, job: JobId, readable: u64, last: bool) -> Vec<(u64, Reply<Option<Vec<u8>>>)> {
        let Some(download) = self.downloads.get_mut(&job) else { return Vec::new() };
        (download.readable, download.complete) = (readable, last);
        std::mem::take(&mut download.readers)
    }

    /// Somebody wants bytes of a download from `offset` on. Gives how many are to be read for them at
    /// once; else they wait, or have their answer.
    pub(crate) fn read_at(
        &mut self,
        job: JobId,
        status: Option<&JobStatus>,
        offset: u64,
        reply: Reply<Option<Vec<u8>>>,
    ) -> Option<(usize, Reply<Option<Vec<u8>>>)> {
        let Some(download) = self.downloads.get_mut(&job) else {
            let _ = reply.send(Err(HandleError::UnknownJob));
            return None;
        };
        let there = download.readable.saturating_sub(offset);
        if there > 0 {
            return Some((usize::try_from(there).map_or(CHUNK_LEN, |there| there.min(CHUNK_LEN)), reply));
        }
        let answer = match status.and_then(failure) {
            _ if download.complete => Ok(None),
            Some(error) => Err(error),
            None => {
                download.readers.retain(|(_, reader)| !reader.is_closed());
                if download.readers.len() < DOWNLOAD_READERS {
                    download.readers.push((offset, reply));
                    return None;
                }
                Err(HandleError::Busy("too many programs read this transfer"))
            }
        };
        let _ = reply.send(answer);
        None
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
            Some(status) if status.kind != JobKind::Fetch => Some(Refusal::NothingToRead.into()),
            Some(status) if status.queued => Some(Refusal::ReadByOffset.into()),
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
        if let Some(error) = status.and_then(failure)
            && let Some(download) = self.downloads.get_mut(&job)
        {
            download.fail(&error);
        }
        if status.is_none() {
            self.forget(job);
        }
    }

    /// A job was cancelled.
    pub(crate) fn forget(&mut self, job: JobId) {
        if let Some(upload) = self.uploads.remove(&job) {
            upload.abort();
        }
        if let Some(mut download) = self.downloads.remove(&job) {
            download.fail(&HandleError::UnknownJob);
        }
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

impl Download {
    fn fail(&mut self, error: &HandleError) {
        for (_, reader) in self.readers.drain(..) {
            let _ = reader.send(Err(error.clone()));
        }
    }
}

fn failure(status: &JobStatus) -> Option<HandleError> {
    let error = status.error.clone().filter(|_| status.state == JobState::Failed)?;
    Some(HandleError::Job(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_client::handle::JobError;

    const JOB: JobId = JobId(4);

    fn status(kind: JobKind, state: JobState, revision: u64) -> JobStatus {
        let error = (state == JobState::Failed).then_some(JobError::RootNotFound { asked: 3 });
        JobStatus { state, revision, error, ..JobStatus::begun(JOB, kind) }
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

    #[test]
    fn a_download_is_read_from_anywhere_and_by_many() {
        let mut transfers = Transfers::default();
        let read_at = |transfers: &mut Transfers, offset| {
            let (reply, answer) = oneshot::channel();
            (transfers.read_at(JOB, Some(&fetching()), offset, reply).map(|(len, _)| len), answer)
        };
        let (_, mut unknown) = read_at(&mut transfers, 0);
        assert_eq!(unknown.try_recv(), Ok(Err(HandleError::UnknownJob)));
        transfers.add_download(JOB, None);
        let (now, mut waits) = read_at(&mut transfers, 5);
        assert!(now.is_none() && waits.try_recv().is_err());
        let waiting = transfers.written(JOB, 7, false);
        assert_eq!(waiting.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [5]);
        assert_eq!(read_at(&mut transfers, 0).0, Some(7));
        assert_eq!(read_at(&mut transfers, 5).0, Some(2));
        assert!(transfers.written(JOB, 2 * CHUNK_LEN as u64, true).is_empty());
        assert_eq!(read_at(&mut transfers, 0).0, Some(CHUNK_LEN));
        let (_, mut end) = read_at(&mut transfers, 2 * CHUNK_LEN as u64);
        assert_eq!(end.try_recv(), Ok(Ok(None)));
    }

    #[test]
    fn those_who_wait_for_a_download_hear_of_its_end_and_are_bounded() {
        let mut transfers = Transfers::default();
        transfers.add_download(JOB, None);
        let read_at = |transfers: &mut Transfers| {
            let (reply, answer) = oneshot::channel();
            assert!(transfers.read_at(JOB, Some(&fetching()), 0, reply).is_none());
            answer
        };
        let mut readers: Vec<_> = (0..DOWNLOAD_READERS).map(|_| read_at(&mut transfers)).collect();
        assert!(matches!(read_at(&mut transfers).try_recv(), Ok(Err(HandleError::Busy(_)))));
        readers.pop();
        let _last = read_at(&mut transfers);
        transfers.changed(JOB, Some(&status(JobKind::Fetch, JobState::Failed, 2)));
        assert!(matches!(readers[0].try_recv(), Ok(Err(HandleError::Job(_)))));
    }
}
