//! A transfer as people see it.

use roneo_client::handle::{Condition, JobKind, JobState, JobStatus};
use roneo_keys::Uri;

use crate::link;
use crate::trouble::job_sentence;
use crate::words::Language;

/// Signs of a link that stand for one whose content has no name.
const SHORT_LINK: usize = 16;

/// One transfer, in words.
pub(crate) struct JobView {
    /// What the actions are sent to: `/transfers/3`.
    pub(crate) path: String,
    /// Its name, or the beginning of its link.
    pub(crate) title: String,
    /// The link that it makes or fetches.
    pub(crate) link: Option<String>,
    /// Where that link opens.
    pub(crate) link_path: Option<String>,
    /// Hundredths done, while that is known.
    pub(crate) percent: Option<u64>,
    pub(crate) done: u64,
    pub(crate) total: u64,
    /// Whether a bar says more than the words.
    pub(crate) bar: bool,
    /// How it stands: one or two sentences.
    pub(crate) words: String,
    /// Time left and rate, or nothing.
    pub(crate) pace: String,
    pub(crate) stamp: &'static str,
    /// The stroke of that stamp.
    pub(crate) stroke: &'static str,
    pub(crate) state: JobState,
    pub(crate) queued: bool,
    /// 0 first, 6 last.
    pub(crate) priority: u8,
    /// Where its content is, once all is here.
    pub(crate) content: Option<String>,
    /// The node's remarks.
    pub(crate) notes: Vec<String>,
}

impl JobView {
    pub(crate) fn new(w: Language, status: &JobStatus) -> Self {
        let path = format!("/transfers/{}", status.job.0);
        let link = status.uri.clone().or_else(|| status.link.clone());
        let name = status.name.clone().filter(|name| !name.is_empty());
        let (stamp, stroke) = stamp(w, status.state);
        let (done, total) = progress(status);
        Self {
            title: name.unwrap_or_else(|| link.as_deref().map_or_else(|| w.job_unnamed().to_owned(), shortened)),
            link_path: link.as_deref().and_then(|link| Some(link::page_path(&link.parse::<Uri>().ok()?))),
            percent: (total > 0).then(|| Language::percent(done, total)),
            done,
            total,
            bar: total > 0 && !matches!(status.state, JobState::Stored | JobState::Fetched | JobState::Failed),
            words: words(w, status),
            pace: pace(w, status),
            stamp,
            stroke,
            state: status.state,
            queued: status.queued,
            priority: status.priority.get(),
            content: (status.state == JobState::Fetched && status.queued).then(|| format!("{path}/content")),
            notes: status.notes.iter().filter_map(|note| w.note(note)).collect(),
            link,
            path,
        }
    }

    /// Where a form is sent that does `action` to it.
    pub(crate) fn action(&self, action: &str) -> String {
        format!("{}/{action}", self.path)
    }

    /// Whether something of it is not here yet.
    pub(crate) const fn is_open(&self) -> bool {
        !self.state.is_settled()
    }

    pub(crate) fn can_pause(&self) -> bool {
        self.queued && matches!(self.state, JobState::Queued | JobState::Waiting | JobState::Running)
    }

    pub(crate) fn can_resume(&self) -> bool {
        self.queued && self.state == JobState::Paused
    }

    pub(crate) fn can_move(&self) -> bool {
        self.queued && self.is_open() && self.state != JobState::Receiving
    }

    pub(crate) const fn is_fetched(&self) -> bool {
        matches!(self.state, JobState::Fetched)
    }
}

/// The beginning of a link, as much as tells it from others.
pub(crate) fn shortened(link: &str) -> String {
    let mut short: String = link.chars().take(SHORT_LINK).collect();
    if short.len() < link.len() {
        short.push('…');
    }
    short
}

/// How much of how much: bytes while the content goes into the queue, pieces from then on.
fn progress(status: &JobStatus) -> (u64, u64) {
    let (done, total) = match (status.state, status.length) {
        (JobState::Receiving, Some(length)) => (status.bytes_received, length),
        _ => (status.done, status.total),
    };
    (done.min(total), total)
}

fn stamp(w: Language, state: JobState) -> (&'static str, &'static str) {
    match state {
        JobState::Receiving | JobState::Running => (w.stamp_under_way(), "way"),
        JobState::Queued => (w.stamp_queued(), "way"),
        JobState::Paused => (w.stamp_paused(), "fold"),
        JobState::Waiting => (w.stamp_waiting(), "way"),
        JobState::Weak => (w.stamp_weak(), ""),
        JobState::Stored => (w.stamp_stored(), "conf"),
        JobState::Fetched => (w.stamp_fetched(), ""),
        JobState::Checked => (w.stamp_checked(), ""),
        JobState::Failed => (w.stamp_failed(), "red"),
    }
}

fn words(w: Language, status: &JobStatus) -> String {
    let (done, total) = (status.done.min(status.total), status.total);
    match (status.state, status.kind) {
        (JobState::Receiving, _) => w.job_receiving().to_owned(),
        (JobState::Queued, _) => w.job_queued().to_owned(),
        (JobState::Paused, _) => w.job_paused().to_owned(),
        (JobState::Waiting, _) => match &status.waiting {
            Some(waiting) => w.few_nodes(waiting.needed, waiting.known),
            None => w.job_waiting().to_owned(),
        },
        (JobState::Running, JobKind::Fetch) if total == 0 => w.job_looking().to_owned(),
        (JobState::Running, JobKind::Fetch) => w.job_fetching(done, total),
        (JobState::Running, JobKind::Insert) => w.job_storing(done, total),
        (JobState::Running, JobKind::Publish) => w.job_publishing().to_owned(),
        (JobState::Running, JobKind::Check) => w.job_checking(done, total),
        (JobState::Running, JobKind::Repair) => w.job_repairing(done, total),
        (JobState::Weak, _) => w.job_weak(total - done),
        (JobState::Stored, JobKind::Publish) => w.job_published().to_owned(),
        (JobState::Stored, _) => w.job_stored(total),
        (JobState::Fetched, _) => match status.length {
            Some(length) => w.job_fetched(w.bytes(length).to_string()),
            None => w.job_fetched_unmeasured().to_owned(),
        },
        (JobState::Checked, _) => match status.report.as_ref().map(|report| report.condition) {
            Some(Condition::Healthy) => w.job_healthy(),
            Some(Condition::Weakened) => w.job_weakened(),
            Some(Condition::InDanger) => w.job_in_danger(),
            Some(Condition::Lost) | None => w.job_lost(),
        }
        .to_owned(),
        (JobState::Failed, _) => match &status.error {
            Some(error) => job_sentence(w, error),
            None => w.failed().to_owned(),
        },
    }
}

fn pace(w: Language, status: &JobStatus) -> String {
    match (status.state, status.left_s, status.rate) {
        (JobState::Receiving | JobState::Running, Some(left), rate) if rate > 0 => {
            w.job_left(w.duration(left), w.bytes(rate).to_string())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_shortened_to_what_tells_them_apart() {
        assert_eq!(shortened("CHK@abcdefghijklmnopq"), "CHK@abcdefghijkl…");
        assert_eq!(shortened("KSK@mot"), "KSK@mot");
    }
}
