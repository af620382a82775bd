//! How fast a job is, and what it does, in words.

use std::collections::VecDeque;
use std::time::Duration;

use roneo_keys::time::Mono;

use crate::handle::{JobKind, JobState, JobStatus};

/// Time over which a rate is taken.
const SPAN: Duration = Duration::from_secs(10);
/// Time between two samples.
const EVERY: Duration = Duration::from_secs(1);
/// A rate over less time says nothing.
const SHORTEST: Duration = Duration::from_millis(500);

/// Samples of how far a job was, [`SPAN`] long.
#[derive(Debug, Default)]
pub(super) struct Pace {
    samples: VecDeque<(Mono, u64)>,
}

impl Pace {
    pub(super) fn note(&mut self, now: Mono, bytes: u64) {
        if self.samples.back().is_some_and(|(_, before)| *before > bytes) {
            // What is counted now is another thing: placed, where it was taken in.
            self.samples.clear();
        }
        if self.samples.back().is_none_or(|(last, _)| *last + EVERY <= now) {
            self.samples.push_back((now, bytes));
        }
        while self.samples.get(1).is_some_and(|(second, _)| *second + SPAN <= now) {
            self.samples.pop_front();
        }
    }

    /// Bytes per second over the last seconds, and the seconds left at that.
    pub(super) fn outlook(&self, now: Mono, status: &JobStatus) -> (u64, Option<u64>) {
        let at_work = matches!(status.state, JobState::Receiving | JobState::Running);
        let Some(&(since, before)) = self.samples.front().filter(|_| at_work) else { return (0, None) };
        let span = now.since(since);
        if span < SHORTEST {
            return (0, None);
        }
        let rate = (measured(status).saturating_sub(before) as f64 / span.as_secs_f64()) as u64;
        let left = status.length.map(|length| length.saturating_sub(measured(status)));
        (rate, left.filter(|_| rate > 0).map(|left| left.div_ceil(rate)))
    }
}

/// The bytes by which a job's progress is measured: what comes in, then what is done.
pub(super) fn measured(status: &JobStatus) -> u64 {
    if status.state == JobState::Receiving { status.bytes_received } else { status.bytes_done }
}

/// So much of the content as of the blocks.
pub(super) fn bytes_done(status: &JobStatus) -> u64 {
    let (Some(length), true) = (status.length, status.total > 0) else { return 0 };
    let done = u128::from(length) * u128::from(status.done.min(status.total)) / u128::from(status.total);
    u64::try_from(done).unwrap_or(length)
}

/// What a job does now: one clause for people.
pub(super) fn words(status: &JobStatus) -> String {
    let JobStatus { done, total, .. } = *status;
    match (status.state, status.kind) {
        (JobState::Receiving, _) => match status.length {
            Some(length) if length > 0 => {
                let percent = u128::from(status.bytes_received) * 100 / u128::from(length);
                format!("taking the content in: {percent} %")
            }
            _ => "taking the content in".to_owned(),
        },
        (JobState::Queued, _) => "waiting for its turn: others are before it".to_owned(),
        (JobState::Paused, _) => "paused: it goes on when it is resumed".to_owned(),
        (JobState::Waiting, _) => match &status.waiting {
            Some(waiting) => format!("waiting for {} nodes, {} known", waiting.needed, waiting.known),
            None => "waiting".to_owned(),
        },
        (JobState::Running, JobKind::Insert) => format!("storing: {done} of {total} blocks have their copies"),
        (JobState::Running, JobKind::Fetch) if total == 0 => "looking for it".to_owned(),
        (JobState::Running, JobKind::Fetch) => format!("fetching: {done} of {total} blocks are here"),
        (JobState::Running, JobKind::Publish) => "under way".to_owned(),
        (JobState::Running, JobKind::Check | JobKind::Repair) if total == 0 => "looking for it".to_owned(),
        (JobState::Running, JobKind::Check) => format!("checking: {done} of {total} pieces were looked for"),
        (JobState::Running, JobKind::Repair) => format!("repairing: {done} of {total} pieces were looked for"),
        (JobState::Checked, _) => match &status.report {
            Some(report) => report.condition.words().to_owned(),
            None => "checked".to_owned(),
        },
        (JobState::Weak, JobKind::Repair) => "repaired in part: some copies could not be placed".to_owned(),
        (JobState::Stored, JobKind::Repair) => "repaired".to_owned(),
        (JobState::Weak, _) => format!("readable, with too few copies of {} blocks", total.saturating_sub(done)),
        (JobState::Stored, _) => "stored".to_owned(),
        (JobState::Fetched, _) => "fetched".to_owned(),
        (JobState::Failed, _) => status.error.as_ref().map_or_else(|| "failed".to_owned(), ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::JobId;

    fn status(done: u64) -> JobStatus {
        let state = JobState::Running;
        let mut status =
            JobStatus { state, done, total: 10, length: Some(1_000), ..JobStatus::begun(JobId(1), JobKind::Insert) };
        status.bytes_done = bytes_done(&status);
        status
    }

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        let at = |second: u64| Mono(second * 1_000_000);
        for second in 0..=30 {
            // A burst at the start, then nothing for long, then a block each second.
            let done = if second < 20 { 3 } else { 3 + (second - 20) / 2 };
            pace.note(at(second), status(done).bytes_done);
        }
        let now = status(8);
        assert_eq!(now.bytes_done, 800);
        assert_eq!(pace.outlook(at(30), &now), (50, Some(4)));
        assert_eq!(pace.outlook(at(30), &JobStatus { state: JobState::Paused, ..now }), (0, None));
        assert_eq!(Pace::default().outlook(at(30), &status(8)), (0, None));
    }

    #[test]
    fn a_rate_begins_anew_where_blocks_are_counted_after_bytes() {
        let mut pace = Pace::default();
        let at = |second: u64| Mono(second * 1_000_000);
        pace.note(at(0), 0);
        pace.note(at(1), 1_000);
        pace.note(at(2), 0);
        pace.note(at(4), 200);
        assert_eq!(pace.outlook(at(4), &status(2)), (100, Some(8)));
    }

    #[test]
    fn bytes_follow_blocks_and_never_pass_the_whole() {
        assert_eq!([0, 1, 10, 11].map(|done| bytes_done(&status(done))), [0, 100, 1_000, 1_000]);
        let huge = JobStatus { length: Some(u64::MAX), done: 1, total: 1, ..status(1) };
        assert_eq!(bytes_done(&huge), u64::MAX);
        assert_eq!(bytes_done(&JobStatus { total: 0, ..status(0) }), 0);
    }
}
