//! What is shown while a command works: on standard error, never on standard output.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use roneo_client::handle::{JobError, JobState, JobStatus, Waiting};
use serde_json::json;

use super::args::Common;
use super::failure::Failure;

/// How a job's progress is shown.
pub(crate) struct Progress {
    shown: Shown,
    last: Option<(u64, u64, JobState, Option<Waiting>)>,
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
        Self { shown, last: None }
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
            Shown::Json => eprintln!("{}", line(status)),
            Shown::Lines => {
                if let Some(waiting) = status.waiting.filter(|waiting| Some(*waiting) != waited_for) {
                    eprintln!("{}", words(waiting));
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
            Shown::Lines => eprintln!("{sentence}"),
            Shown::Bar(bar) => bar.suspend(|| eprintln!("{sentence}")),
        }
    }

    /// Takes the bar off the terminal.
    pub(crate) fn clear(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
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
