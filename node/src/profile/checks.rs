//! Asking the network, now and then, whether what is bookmarked has a new edition.
//!
//! A check is an ordinary fetch that is ended once the edition is known. Each bookmark has random
//! times of its own, so that they do not come together, nor right after the node's start.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use rand::{Rng, RngExt as _};
use roneo_client::handle::{HandleError, JobError, JobId, JobState, NodeHandle};
use roneo_client::profile::{Bookmark, BookmarkId, ProfileError};
use roneo_keys::{Uri, Usk};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Profile, bookmarks, lock};

/// How long one check may wait for the network.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long to sleep at most while nothing is to be checked.
const IDLE: Duration = Duration::from_secs(3_600);

/// When bookmarks are checked.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    /// After the node's start, or the making of the bookmark.
    pub(crate) first: Range<Duration>,
    /// Between two checks of one bookmark.
    pub(crate) between: Range<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self { first: minutes(5)..minutes(60), between: minutes(3 * 60)..minutes(9 * 60) }
    }
}

impl Pace {
    /// How long to wait before the first check of this run, where the last was so long ago.
    fn wait_first(&self, since_last: Option<Duration>, rng: &mut impl Rng) -> Duration {
        let first = rng.random_range(self.first.clone());
        let due = since_last.map_or(Duration::ZERO, |since| self.wait_next(rng).saturating_sub(since));
        first.max(due)
    }

    fn wait_next(&self, rng: &mut impl Rng) -> Duration {
        rng.random_range(self.between.clone())
    }
}

impl Profile {
    /// Checks bookmarks for as long as it is polled.
    pub(super) async fn check_bookmarks(&self, pace: Pace) {
        let mut due: BTreeMap<BookmarkId, Instant> = BTreeMap::new();
        loop {
            self.plan(&pace, &mut due);
            let next = due.iter().min_by_key(|(_, at)| **at).map(|(id, at)| (*id, *at));
            let wake = next.map_or_else(|| Instant::now() + IDLE, |(_, at)| at);
            tokio::select! {
                () = self.0.bookmarks_changed.notified() => continue,
                () = sleep_until(wake) => {}
            }
            let Some((id, _)) = next else { continue };
            // Turned off while it slept: the turn is skipped, and comes again.
            if self.wanted().await {
                // What the network did not answer is asked again in its turn.
                let _ = self.check(id).await;
            }
            due.insert(id, Instant::now() + pace.wait_next(&mut *lock(&self.0.rng)));
        }
    }

    /// Brings the times in line with the bookmarks that there are.
    fn plan(&self, pace: &Pace, due: &mut BTreeMap<BookmarkId, Instant>) {
        let now = self.0.now();
        let kept: BTreeMap<BookmarkId, Option<u64>> = self.0.read(|kept| {
            let list = &kept.bookmarks.value.list;
            let with_editions = list.iter().filter(|bookmark| bookmarks::question(bookmark).is_some());
            with_editions.map(|bookmark| (BookmarkId(bookmark.id), bookmark.checked)).collect()
        });
        due.retain(|id, _| kept.contains_key(id));
        for (id, checked) in kept {
            due.entry(id).or_insert_with(|| {
                let since = checked.map(|at| Duration::from_secs(now.saturating_sub(at)));
                Instant::now() + pace.wait_first(since, &mut *lock(&self.0.rng))
            });
        }
    }

    async fn wanted(&self) -> bool {
        self.blocking(|inner| Ok(inner.preferences().bookmark_checks)).await.unwrap_or(false)
    }

    /// Asks after one bookmark, and keeps the answer.
    pub(super) async fn check(&self, id: BookmarkId) -> Result<Bookmark, ProfileError> {
        let question = self.0.read(|kept| {
            let found = kept.bookmarks.value.list.iter().find(|bookmark| bookmark.id == id.0);
            found.map(bookmarks::question).ok_or(ProfileError::NoSuchBookmark)
        })?;
        let usk = question.ok_or(ProfileError::NoEditions)?;
        let profile = self.clone();
        // On a task of its own: one that is no longer waited for ends its fetch all the same.
        let asked = tokio::spawn(async move {
            let newest = newest(&*profile.0.node, usk).await?;
            let now = profile.0.now();
            let keep = move |inner: &super::Inner| {
                inner.change(|kept| &mut kept.bookmarks, |list| bookmarks::checked(list, id, newest, now))
            };
            profile.blocking(keep).await
        });
        asked.await.unwrap_or_else(|_| Err(HandleError::Stopping.into()))
    }
}

/// The newest edition that the network has, none older than the one named; `None` where it has none.
async fn newest(node: &dyn NodeHandle, usk: Usk) -> Result<Option<u64>, HandleError> {
    let job = node.fetch(Uri::Usk(usk)).await?;
    let found = timeout(PATIENCE, edition_of(node, job)).await;
    // Its content is not wanted. One that is gone already is as good as cancelled.
    let _ = node.cancel(job).await;
    found.unwrap_or(Err(HandleError::Busy("the network is slow to answer")))
}

async fn edition_of(node: &dyn NodeHandle, job: JobId) -> Result<Option<u64>, HandleError> {
    let mut status = node.job(job).await?;
    loop {
        match (status.edition, status.error) {
            (_, Some(JobError::EditionNotFound { newest, .. })) => return Ok(newest),
            (_, Some(JobError::OnlyOlder { found })) => return Ok(Some(found)),
            // The edition is there, whatever became of its content.
            (Some(edition), _) => return Ok(Some(edition)),
            (None, Some(JobError::RootNotFound { .. })) => return Ok(None),
            (None, Some(error)) => return Err(error.into()),
            (None, None) if status.state == JobState::Fetched => return Ok(None),
            (None, None) => status = node.job_change(job, status.revision).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    #[test]
    fn checks_are_hours_apart_also_over_a_restart() {
        let (pace, mut rng) = (Pace::default(), ChaCha20Rng::seed_from_u64(1));
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        for _ in 0..500 {
            let next = pace.wait_next(&mut rng);
            assert!((hours(3)..hours(9)).contains(&next));
            // Just checked: a restart does not make it early. Long ago: soon, and not at once.
            let just = pace.wait_first(Some(Duration::ZERO), &mut rng);
            assert!((hours(3)..hours(9)).contains(&just));
            for since in [None, Some(hours(9))] {
                let first = pace.wait_first(since, &mut rng);
                assert!((Duration::from_secs(300)..hours(1)).contains(&first));
            }
        }
    }
}
