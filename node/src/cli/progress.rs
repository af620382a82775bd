//! What is shown while a command works: on standard error, never on standard output.

use std::collections::VecDeque;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use roneo_client::handle::{JobError, JobState, JobStatus, Waiting};
use serde::Serialize;
use serde_json::json;

use super::args::Common;
use super::failure::Failure;

/// How a job's progress is shown.
pub(crate) struct Progress {
    shown: Shown,
    last: Option<(u64, u64, JobState, Option<Waiting>)>,
    last_overall: Option<(Instant, u64, Option<Waiting>)>,
    kept: Kept,
}

/// Least time between two lines about work on many files that tell of bytes alone.
const OVERALL_STEP: Duration = Duration::from_millis(200);

/// What is kept of a command's work, should it be interrupted now: told by whoever does the work.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Option<String>>>);

/// How far work on many files is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Overall {
    /// What is being done, in a word.
    pub(crate) state: &'static str,
    /// Blocks done; 0 while nothing travels.
    pub(crate) done: u64,
    /// Blocks in all; 0 while nothing travels.
    pub(crate) total: u64,
    /// Files done.
    pub(crate) files_done: u64,
    /// Files in all; 0 while not known.
    pub(crate) files: u64,
    /// Bytes done.
    pub(crate) bytes_done: u64,
    /// Bytes in all; 0 while not known.
    pub(crate) bytes: u64,
    /// Bytes per second, over the last seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rate: Option<u64>,
    /// Seconds until it is done, at that rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) left_s: Option<u64>,
    /// Nodes that are waited for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) waiting: Option<Waiting>,
}

enum Shown {
    /// Nothing.
    Quiet,
    /// One object per change.
    Json,
    /// One line per change of what is waited for: for files and pipes.
    Lines,
    /// A bar on a terminal.
    Bar(ProgressBar),
}

impl Progress {
    /// As the common options and the place it goes to have it.
    pub(crate) fn new(common: &Common) -> Self {
        let shown = if common.quiet {
            Shown::Quiet
        } else if common.json {
            Shown::Json
        } else if std::io::stderr().is_terminal() {
            Shown::Bar(bar())
        } else {
            Shown::Lines
        };
        Self { shown, last: None, last_overall: None, kept: Kept::default() }
    }

    /// Where it is said what is kept.
    pub(crate) fn kept(&self) -> Kept {
        self.kept.clone()
    }

    /// Shows how far work on many files is.
    pub(crate) fn show_overall(&mut self, overall: &Overall) {
        let news = (Instant::now(), overall.files_done, overall.waiting);
        let seen = self.last_overall.and_then(|last| last.2);
        if self
            .last_overall
            .is_some_and(|last| (last.1, last.2) == (news.1, news.2) && news.0.duration_since(last.0) < OVERALL_STEP)
        {
            return;
        }
        self.last_overall = Some(news);
        match &self.shown {
            Shown::Quiet => {}
            // Numbers and words are always JSON.
            Shown::Json => tell(serde_json::to_string(&with_words(overall)).unwrap_or_default()),
            Shown::Lines => {
                if let Some(waiting) = overall.waiting.filter(|waiting| Some(*waiting) != seen) {
                    tell(words(waiting));
                }
            }
            Shown::Bar(bar) => {
                if let Ok(style) = ProgressStyle::with_template("{bar:30} {elapsed}  {msg}") {
                    bar.set_style(style);
                }
                bar.set_length(overall.bytes);
                bar.set_position(overall.bytes_done);
                bar.set_message(overall.words());
            }
        }
    }

    /// Shows where a job stands, if that is news.
    pub(crate) fn show(&mut self, status: &JobStatus) {
        let news = (status.done, status.total, status.state, status.waiting);
        let before = self.last.replace(news);
        if before == Some(news) {
            return;
        }
        let waited_for = before.and_then(|before| before.3);
        match &self.shown {
            Shown::Quiet => {}
            Shown::Json => tell(line(status)),
            Shown::Lines => {
                if let Some(waiting) = status.waiting.filter(|waiting| Some(*waiting) != waited_for) {
                    tell(words(waiting));
                }
            }
            Shown::Bar(bar) => {
                bar.set_length(status.total);
                bar.set_position(status.done);
                bar.set_message(status.waiting.map_or_else(|| pace(status), words));
            }
        }
    }

    /// Tells a person something that is no result.
    pub(crate) fn say(&self, sentence: &str) {
        match &self.shown {
            Shown::Quiet | Shown::Json => {}
            Shown::Lines => tell(sentence),
            Shown::Bar(bar) => bar.suspend(|| tell(sentence)),
        }
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

impl Kept {
    /// From now on this is kept.
    pub(crate) fn say(&self, what: String) {
        // A panic elsewhere leaves the text whole: every change to it is a single store.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(what);
    }

    /// The failure of a command that is interrupted now.
    pub(crate) fn interrupted(&self) -> Failure {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_deref().map_or_else(Failure::interrupted, Failure::interrupted_with)
    }
}

impl Overall {
    /// As a person reads it.
    pub(crate) fn words(&self) -> String {
        if let Some(waiting) = self.waiting {
            return words(waiting);
        }
        let Self { state, files_done, files, bytes_done, bytes, .. } = self;
        let (done, all) = (HumanBytes(*bytes_done), HumanBytes(*bytes));
        let mut text = if *files == 0 {
            format!("{state}: {files_done} files, {done}")
        } else {
            format!("{state}: {files_done} of {files} files, {done} of {all}")
        };
        if let Some(rate) = self.rate {
            text.push_str(&format!(", {}/s", HumanBytes(rate)));
        }
        if let Some(left_s) = self.left_s {
            text.push_str(&format!(", {} left", HumanDuration(Duration::from_secs(left_s))));
        }
        text
    }
}

/// So many files, in words.
pub(crate) fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// Measures a rate over the last seconds.
#[derive(Debug, Default)]
pub(crate) struct Meter(VecDeque<(Instant, u64)>);

/// How far back a rate looks.
const METER_SPAN: Duration = Duration::from_secs(10);
/// Least time between two measurements, which bounds how many are kept.
const METER_STEP: Duration = Duration::from_millis(250);

impl Meter {
    /// Fills in rate and time left, now that so many bytes are done.
    pub(crate) fn measure(&mut self, overall: &mut Overall) {
        let now = Instant::now();
        if self.0.back().is_none_or(|(last, _)| now.duration_since(*last) >= METER_STEP) {
            self.0.push_back((now, overall.bytes_done));
        }
        while self.0.len() > 1 && self.0.front().is_some_and(|(first, _)| now.duration_since(*first) > METER_SPAN) {
            self.0.pop_front();
        }
        let Some((since, before)) = self.0.front() else { return };
        let span = now.duration_since(*since).as_millis();
        let rate = u128::from(overall.bytes_done.saturating_sub(*before)) * 1_000 / span.max(1);
        let rate = u64::try_from(rate).unwrap_or(u64::MAX);
        if span > 0 && rate > 0 {
            overall.rate = Some(rate);
            overall.left_s = Some(overall.bytes.saturating_sub(overall.bytes_done).div_ceil(rate));
        }
    }
}

#[derive(Serialize)]
struct WithWords<'a> {
    #[serde(flatten)]
    overall: &'a Overall,
    words: String,
}

fn with_words(overall: &Overall) -> WithWords<'_> {
    WithWords { overall, words: overall.words() }
}

/// How long a job may wait for enough nodes.
pub(crate) struct NodesWait {
    limit: Duration,
    since: Option<Instant>,
}

impl NodesWait {
    pub(crate) fn seconds(limit: u64) -> Self {
        Self { limit: Duration::from_secs(limit), since: None }
    }

    /// What is left of the wait, with the job standing as it does; `None` while it does not wait.
    ///
    /// # Errors
    /// The failure to end with, once the wait is over.
    pub(crate) fn left(&mut self, status: &JobStatus) -> Result<Option<Duration>, Failure> {
        let Some(waiting) = status.waiting.filter(|_| status.state == JobState::Waiting) else {
            self.since = None;
            return Ok(None);
        };
        let waited = self.since.get_or_insert_with(Instant::now).elapsed();
        let left = self.limit.checked_sub(waited).filter(|left| !left.is_zero());
        left.map(Some).ok_or_else(|| JobError::TooFewNodes { needed: waiting.needed, known: waiting.known }.into())
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    // The template is a constant: without it the plain bar still says as much.
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} blocks  {elapsed}  {msg}") {
        bar.set_style(style);
    }
    bar
}

/// Writes a line to standard error. One that is full or closed ends nothing that goes well.
pub(super) fn tell(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn words(waiting: Waiting) -> String {
    format!("waiting for {} nodes, {} known", waiting.needed, waiting.known)
}

/// How fast it is and how long it will take, where that is known.
fn pace(status: &JobStatus) -> String {
    match (status.state, status.rate, status.left_s) {
        (JobState::Receiving | JobState::Queued | JobState::Paused, ..) => status.words.clone(),
        (_, 0, _) => String::new(),
        (_, rate, None) => format!("{}/s", HumanBytes(rate)),
        (_, rate, Some(left)) => format!("{}/s, {} left", HumanBytes(rate), HumanDuration(Duration::from_secs(left))),
    }
}

fn line(status: &JobStatus) -> serde_json::Value {
    let mut line = json!({"done": status.done, "total": status.total, "state": status.state});
    if status.rate > 0 {
        line["rate"] = status.rate.into();
    }
    if let Some(left_s) = status.left_s {
        line["left_s"] = left_s.into();
    }
    if let Some(waiting) = status.waiting {
        line["needed"] = waiting.needed.into();
        line["known"] = waiting.known.into();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_client::handle::{JobId, JobKind};

    fn status(state: JobState, waiting: Option<Waiting>) -> JobStatus {
        JobStatus { state, done: 3, total: 9, waiting, ..JobStatus::begun(JobId(1), JobKind::Insert) }
    }

    #[test]
    fn a_line_of_json_says_done_total_and_state() {
        assert_eq!(line(&status(JobState::Running, None)), json!({"done": 3, "total": 9, "state": "running"}));
        let fast = JobStatus { rate: 3 << 20, left_s: Some(61), ..status(JobState::Running, None) };
        assert_eq!((&line(&fast)["rate"], &line(&fast)["left_s"]), (&json!(3 << 20), &json!(61)));
        assert_eq!(pace(&fast), "3.00 MiB/s, 61 seconds left");
        assert_eq!(pace(&status(JobState::Running, None)), "");
        let waiting = status(JobState::Waiting, Some(Waiting { needed: 5, known: 3 }));
        assert_eq!(line(&waiting)["known"], 3);
        assert_eq!(words(waiting.waiting.unwrap()), "waiting for 5 nodes, 3 known");
    }

    #[test]
    fn work_on_many_files_is_told_in_numbers_and_words() {
        let overall = Overall {
            state: "storing",
            done: 7,
            total: 90,
            files_done: 12,
            files: 300,
            bytes_done: 1 << 20,
            bytes: 4 << 20,
            rate: Some(1 << 19),
            left_s: Some(6),
            waiting: None,
        };
        assert_eq!(overall.words(), "storing: 12 of 300 files, 1.00 MiB of 4.00 MiB, 512.00 KiB/s, 6 seconds left");
        let json = serde_json::to_value(with_words(&overall)).unwrap();
        assert_eq!((&json["done"], &json["total"], &json["state"]), (&json!(7), &json!(90), &json!("storing")));
        assert_eq!((&json["files_done"], &json["bytes"]), (&json!(12), &json!(4 << 20)));
        assert!(json["words"].as_str().unwrap().starts_with("storing: 12 of 300"));
        let waiting = Overall { waiting: Some(Waiting { needed: 5, known: 3 }), ..overall };
        assert_eq!(waiting.words(), "waiting for 5 nodes, 3 known");
        assert_eq!(serde_json::to_value(with_words(&waiting)).unwrap()["known"], 3);
    }

    #[test]
    fn what_is_kept_is_said_when_a_command_is_interrupted() {
        let progress = Progress::new(&Common { data_dir: None, json: false, quiet: true });
        let kept = progress.kept();
        assert!(kept.interrupted().to_string().contains("roneo queue"));
        progress.kept().say("3 of 9 files are stored".to_owned());
        let failure = kept.interrupted();
        assert_eq!(
            (failure.exit() as u8, failure.to_string()),
            (130, "interrupted: 3 of 9 files are stored".to_owned())
        );
    }

    #[test]
    fn only_time_spent_waiting_counts() {
        let waiting = status(JobState::Waiting, Some(Waiting { needed: 5, known: 3 }));
        let mut patience = NodesWait::seconds(60);
        assert_eq!(patience.left(&status(JobState::Running, None)), Ok(None));
        assert!(patience.left(&waiting).unwrap().unwrap() <= Duration::from_secs(60));
        let failure = NodesWait::seconds(0).left(&waiting).unwrap_err();
        assert_eq!((failure.exit() as u8, failure.code()), (1, "too-few-nodes"));
        assert!(failure.to_string().contains("waiting for 5 nodes, 3 known"));
    }
}
