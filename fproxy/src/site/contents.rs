//! Content of sites on its way here, and what was fetched lately.
//!
//! Files of a site share containers, and a page asks for its pictures all at once; so each content is fetched once,
//! however many wait for it, and stays for as long as there is room. Nothing of it is written to disk.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use roneo_client::handle::{HandleError, JobError, JobId, NodeHandle};
use roneo_keys::Uri;
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::content::{Content, Patience, Reading};
use crate::failure::Failure;

/// Longest content that is held, in bytes: the longest picture that is shown.
pub(crate) const LONGEST: u64 = roneo_filter::MAX_PICTURE_LEN as u64;

/// Contents on their way at once, with those that failed and whose failure nobody has seen.
const MAX_COMING: usize = 32;

/// KiB of content on its way, in all.
const ROOM: u32 = 2 * (LONGEST >> 10) as u32;

/// Bytes that stay after they were looked at.
const MAX_HELD: usize = 32 << 20;

/// How long content may be on its way.
const COMING_WAIT: Duration = Duration::from_secs(600);

/// What is here, and what is on its way.
pub(crate) struct Contents {
    shelf: Mutex<Shelf>,
    room: Arc<Semaphore>,
}

#[derive(Default)]
struct Shelf {
    /// The one looked at last is the last.
    held: VecDeque<(Key, Bytes)>,
    held_len: usize,
    coming: BTreeMap<Key, Arc<Coming>>,
}

/// A hash of the link, or of what was made: keys of contents are secrets that need no second copy here.
type Key = [u8; 32];

type Outcome = Option<Result<Bytes, Failure>>;

/// Content on its way. Dropped, it ends its fetch.
struct Coming {
    job: Arc<OnceLock<JobId>>,
    outcome: watch::Receiver<Outcome>,
    task: AbortHandle,
}

/// What there is of a content.
pub(crate) enum Got {
    Here(Bytes),
    /// On its way: the fetch, once it has begun.
    UnderWay(Option<JobId>),
}

/// Where content comes from.
enum From {
    Link(Uri),
    /// A fetch that somebody else began.
    Content(Box<Content>),
}

impl Contents {
    pub(crate) fn new() -> Self {
        Self { shelf: Mutex::default(), room: Arc::new(Semaphore::new(ROOM as usize)) }
    }

    /// The content of a link, at most [`LONGEST`] bytes, waiting for it so long. It goes on without the caller.
    ///
    /// # Errors
    /// Why it does not come. Told once; whoever asks then begins anew.
    pub(crate) async fn get(
        self: &Arc<Self>,
        node: &Arc<dyn NodeHandle>,
        uri: &Uri,
        wait: Duration,
    ) -> Result<Got, Failure> {
        let key = key_of(uri);
        let coming = {
            let mut shelf = self.lock();
            if let Some(bytes) = shelf.look(&key) {
                return Ok(Got::Here(bytes));
            }
            match shelf.coming.get(&key) {
                Some(coming) => Arc::clone(coming),
                None => self.begin(&mut shelf, node, key, From::Link(uri.clone()))?,
            }
        };
        let mut outcome = coming.outcome.clone();
        let settled = match timeout(wait, outcome.wait_for(Option::is_some)).await {
            Err(_) => return Ok(Got::UnderWay(coming.job.get().copied())),
            // The task ended without a word, which happens when the program ends.
            Ok(Err(_)) => Err(Failure::Slow),
            Ok(Ok(settled)) => settled.clone().unwrap_or(Err(Failure::Slow)),
        };
        if settled.is_err() {
            self.lock().coming.remove(&key);
        }
        settled.map(Got::Here)
    }

    /// Takes over content whose first bytes are here, as that of `uri`.
    pub(crate) fn adopt(
        self: &Arc<Self>,
        node: &Arc<dyn NodeHandle>,
        uri: &Uri,
        content: Content,
    ) -> Result<(), Failure> {
        let key = key_of(uri);
        let mut shelf = self.lock();
        if shelf.look(&key).is_none() && !shelf.coming.contains_key(&key) {
            self.begin(&mut shelf, node, key, From::Content(Box::new(content)))?;
        }
        Ok(())
    }

    /// What was made of a file, by the file's hash.
    pub(crate) fn made(&self, key: &Key) -> Option<Bytes> {
        self.lock().look(key)
    }

    /// Keeps what was made of a file.
    pub(crate) fn keep(&self, key: Key, bytes: Bytes) {
        self.lock().keep(key, bytes);
    }

    fn begin(
        self: &Arc<Self>,
        shelf: &mut Shelf,
        node: &Arc<dyn NodeHandle>,
        key: Key,
        from: From,
    ) -> Result<Arc<Coming>, Failure> {
        if shelf.coming.len() >= MAX_COMING {
            // Failures that nobody came back for.
            shelf.coming.retain(|_, coming| coming.outcome.borrow().is_none());
        }
        if shelf.coming.len() >= MAX_COMING {
            return Err(Failure::Node(HandleError::Busy("too many files of sites are on their way")));
        }
        let (told, outcome) = watch::channel(None);
        let job = Arc::<OnceLock<JobId>>::default();
        let (contents, node, room, known) =
            (Arc::downgrade(self), Arc::clone(node), Arc::clone(&self.room), Arc::clone(&job));
        let task = tokio::spawn(async move {
            let came = timeout(COMING_WAIT, come(node, from, room, &known)).await.unwrap_or(Err(Failure::Slow));
            settle(&contents, key, &came);
            told.send_replace(Some(came));
        });
        let coming = Arc::new(Coming { job, outcome, task: task.abort_handle() });
        shelf.coming.insert(key, Arc::clone(&coming));
        Ok(coming)
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        // A panic elsewhere leaves the shelf usable: at worst its length is wrong by one content.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings all bytes of a content.
async fn come(
    node: Arc<dyn NodeHandle>,
    from: From,
    room: Arc<Semaphore>,
    job: &OnceLock<JobId>,
) -> Result<Bytes, Failure> {
    let content = match from {
        From::Content(content) => *content,
        From::Link(uri) => {
            let reading = Reading::begin(node, uri).await?;
            let _ = job.set(reading.job());
            reading.content(Patience::Caller).await?
        }
    };
    let length = usize::try_from(content.length).ok().filter(|&length| length as u64 <= LONGEST);
    let Some(length) = length else { return Err(damaged("content longer than its directory says")) };
    let share = u32::try_from(length >> 10).unwrap_or(ROOM).saturating_add(1).min(ROOM);
    let _room = room.acquire_many(share).await.map_err(|_| Failure::Slow)?;
    to_bytes(content.body, length).await.map_err(|error| cut(&error))
}

/// Why a body broke off.
fn cut(error: &axum::Error) -> Failure {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<HandleError>() {
            return Failure::Node(error.clone());
        }
        source = cause.source();
    }
    damaged("content of another length than its root says")
}

/// What contradicts itself.
pub(crate) fn damaged(reason: &str) -> Failure {
    Failure::Node(HandleError::Job(JobError::Damaged { reason: reason.to_owned() }))
}

/// Puts what came on the shelf. A failure stays among what is coming, until somebody hears of it.
fn settle(contents: &Weak<Contents>, key: Key, came: &Result<Bytes, Failure>) {
    let (Some(contents), Ok(bytes)) = (contents.upgrade(), came) else { return };
    let mut shelf = contents.lock();
    shelf.coming.remove(&key);
    shelf.keep(key, bytes.clone());
}

impl Shelf {
    fn look(&mut self, key: &Key) -> Option<Bytes> {
        let place = self.held.iter().position(|(held, _)| held == key)?;
        let (key, bytes) = self.held.remove(place)?;
        self.held.push_back((key, bytes.clone()));
        Some(bytes)
    }

    fn keep(&mut self, key: Key, bytes: Bytes) {
        if self.held.iter().any(|(held, _)| *held == key) {
            return;
        }
        self.held_len += bytes.len();
        self.held.push_back((key, bytes));
        while self.held_len > MAX_HELD {
            let Some((_, oldest)) = self.held.pop_front() else { return };
            self.held_len -= oldest.len();
        }
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn key_of(uri: &Uri) -> Key {
    *blake3::hash(uri.to_text().as_bytes()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_at_longest_ago_goes_first() {
        let mut shelf = Shelf::default();
        let piece = Bytes::from(vec![0; MAX_HELD / 4]);
        for number in 0..4 {
            shelf.keep([number; 32], piece.clone());
        }
        assert!(shelf.look(&[0; 32]).is_some());
        shelf.keep([9; 32], piece.clone());
        let there: Vec<bool> = [0, 1, 2, 3, 9].into_iter().map(|number| shelf.look(&[number; 32]).is_some()).collect();
        assert_eq!(there, [true, false, true, true, true]);
        assert_eq!(shelf.held_len, MAX_HELD);
        shelf.keep([10; 32], Bytes::from(vec![0; MAX_HELD + 1]));
        assert_eq!((shelf.held_len, shelf.held.len()), (0, 0), "what is longer than all of it is not kept");
    }
}
