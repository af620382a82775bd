//! Links that a browser waits for.
//!
//! A page comes at once and says how far the content is; meanwhile the fetch goes on here, and the next
//! look at the same link finds it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use roneo_client::handle::{JobId, JobStatus, NodeHandle};
use roneo_keys::Uri;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until, timeout};

use crate::content::{Content, Patience, Reading};
use crate::failure::Failure;

/// Links that are waited for at once. Each holds the first bytes of its content, at most one segment: 16 MiB
/// in all. One more ends the one that was looked at longest ago.
pub(crate) const MAX_OPENINGS: usize = 8;

/// How long one goes on that nobody looks at.
pub(crate) const OPENING_IDLE: Duration = Duration::from_secs(600);

/// How long the first look waits, for what is as good as here: a page's first byte has 50 ms.
const FIRST_LOOK: Duration = Duration::from_millis(25);

/// How long a look waits for the node itself.
const NODE_WAIT: Duration = Duration::from_millis(500);

/// The links that are waited for.
#[derive(Default)]
pub(crate) struct Openings(Mutex<VecDeque<Arc<Opening>>>);

/// One of them. Dropped, it ends its fetch.
struct Opening {
    link: String,
    job: JobId,
    /// When it was asked for, in seconds since 1970.
    began: u64,
    seen: Mutex<Instant>,
    stage: Mutex<Stage>,
    task: Mutex<Option<AbortHandle>>,
}

enum Stage {
    UnderWay,
    /// The first bytes are here.
    Ready(Box<Content>),
    Failed(Failure),
}

/// What a look at a link finds.
pub(crate) enum Look {
    /// It is on its way.
    UnderWay {
        status: Box<JobStatus>,
        /// When it was asked for, in seconds since 1970.
        began: u64,
    },
    /// It is here and stays, since [`Takes`] says no.
    Arrived(Box<JobStatus>),
    /// It is here, and given away: the opening has ended.
    Content(Box<Content>),
}

/// Whether a look at content that is here takes it away.
pub(crate) type Takes<'a> = &'a (dyn Fn(&JobStatus) -> bool + Sync);

impl Openings {
    /// Looks at a link, and begins to open it where nobody has yet.
    pub(crate) async fn look(
        self: &Arc<Self>,
        node: &Arc<dyn NodeHandle>,
        uri: Uri,
        now: u64,
        takes: Takes<'_>,
    ) -> Result<Look, Failure> {
        let link = uri.to_text();
        let known = self.lock().iter().find(|opening| opening.link == link).map(Arc::clone);
        let opening = match known {
            Some(opening) => opening,
            None => self.begin(node, uri, link, now).await?,
        };
        *lock(&opening.seen) = Instant::now();
        let status = timeout(NODE_WAIT, node.job(opening.job)).await;
        if let Some(settled) = self.settled(&opening, takes) {
            return settled;
        }
        Ok(Look::UnderWay { status: Box::new(status.map_err(|_| Failure::Slow)??), began: opening.began })
    }

    /// Stops waiting for a link.
    pub(crate) fn stop(&self, link: &str) {
        self.lock().retain(|opening| opening.link != link);
    }

    /// What an opening has come to, if it has.
    fn settled(&self, opening: &Arc<Opening>, takes: Takes<'_>) -> Option<Result<Look, Failure>> {
        let mut stage = lock(&opening.stage);
        match &*stage {
            Stage::UnderWay => return None,
            Stage::Ready(content) if !takes(&content.status) => {
                return Some(Ok(Look::Arrived(Box::new(content.status.clone()))));
            }
            Stage::Ready(_) | Stage::Failed(_) => {}
        }
        let settled = std::mem::replace(&mut *stage, Stage::UnderWay);
        drop(stage);
        self.remove(opening);
        match settled {
            Stage::UnderWay => None,
            Stage::Ready(content) => Some(Ok(Look::Content(content))),
            Stage::Failed(failure) => Some(Err(failure)),
        }
    }

    async fn begin(
        self: &Arc<Self>,
        node: &Arc<dyn NodeHandle>,
        uri: Uri,
        link: String,
        began: u64,
    ) -> Result<Arc<Opening>, Failure> {
        // A task of its own: what begins after we gave up waiting is dropped there, which ends it.
        let begun = tokio::spawn(Reading::begin(Arc::clone(node), uri));
        let Ok(Ok(reading)) = timeout(NODE_WAIT, begun).await else { return Err(Failure::Slow) };
        let reading = reading?;
        let opening = Arc::new(Opening {
            link,
            job: reading.job(),
            began,
            seen: Mutex::new(Instant::now()),
            stage: Mutex::new(Stage::UnderWay),
            task: Mutex::default(),
        });
        let (settles, settled) = oneshot::channel();
        let task = tokio::spawn(go_on(Arc::downgrade(self), Arc::downgrade(&opening), reading, settles));
        *lock(&opening.task) = Some(task.abort_handle());
        self.add(Arc::clone(&opening));
        // Whether it was or was not in time, the look that follows says.
        let _ = timeout(FIRST_LOOK, settled).await;
        Ok(opening)
    }

    fn add(&self, opening: Arc<Opening>) {
        let mut openings = self.lock();
        openings.push_back(opening);
        if openings.len() > MAX_OPENINGS {
            let oldest = (0..openings.len()).min_by_key(|&index| *lock(&openings[index].seen));
            oldest.map(|index| openings.remove(index));
        }
    }

    fn remove(&self, opening: &Arc<Opening>) {
        self.lock().retain(|known| !Arc::ptr_eq(known, opening));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Opening>>> {
        lock(&self.0)
    }
}

/// What an opening's task does. It holds the opening weakly, so that it ends with it.
async fn go_on(openings: Weak<Openings>, opening: Weak<Opening>, reading: Reading, settles: oneshot::Sender<()>) {
    tokio::select! {
        outcome = reading.content(Patience::Caller) => {
            if let Some(opening) = opening.upgrade() {
                *lock(&opening.stage) = match outcome {
                    Ok(content) => Stage::Ready(Box::new(content)),
                    Err(failure) => Stage::Failed(failure),
                };
            }
            // The look that began this may have gone.
            let _ = settles.send(());
            until_idle(&opening).await;
        }
        () = until_idle(&opening) => {}
    }
    if let (Some(openings), Some(opening)) = (openings.upgrade(), opening.upgrade()) {
        openings.remove(&opening);
    }
}

/// Waits until nobody has looked for [`OPENING_IDLE`].
async fn until_idle(opening: &Weak<Opening>) {
    while let Some(strong) = opening.upgrade() {
        let until = *lock(&strong.seen) + OPENING_IDLE;
        drop(strong);
        if until <= Instant::now() {
            return;
        }
        sleep_until(until).await;
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.task).take() {
            task.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves each value whole: every change to one is a single step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
