//! `roneo queue`: the node's transfers, and what their user wants of them.

use roneo_client::handle::{JobId, JobKind, JobState, JobStatus, Priority};
use serde::Serialize;

use super::args::Queue;
use super::client::Client;
use super::failure::{Exit, Failure};
use super::progress::Progress;

/// Characters of a name at most.
const NAME_LEN: usize = 32;

const HEAD: [&str; 8] = ["id", "what", "state", "priority", "done", "", "rate", "left"];

/// What a `queue` command came to.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// All transfers, those that go on first.
    List(Vec<JobStatus>),
    /// One, as it stands now.
    Changed(Box<JobStatus>),
    /// One is gone.
    Cancelled {
        /// Which.
        cancelled: JobId,
    },
}

/// Does what was asked.
///
/// # Errors
/// There is no such transfer, or it is none that can be paused or moved.
pub(crate) async fn queue(client: &Client, command: &Queue, progress: &Progress) -> Result<Answer, Failure> {
    let (job, done) = match *command {
        Queue::List => {
            let mut jobs = client.jobs().await?;
            jobs.sort_by_key(|status| (status.state.is_settled(), status.priority, status.job));
            return Ok(Answer::List(jobs));
        }
        Queue::Pause { id } => (id, client.pause(JobId(id)).await),
        Queue::Resume { id } => (id, client.resume(JobId(id)).await),
        Queue::Priority { id, priority } => (id, client.prioritise(JobId(id), priority).await),
        Queue::Cancel { id } => (id, client.cancel(JobId(id)).await),
    };
    done.map_err(|failure| explain(failure, job))?;
    if matches!(command, Queue::Cancel { .. }) {
        progress.say("cancelled; what it has stored stays stored");
        return Ok(Answer::Cancelled { cancelled: JobId(job) });
    }
    let status = client.any_job(JobId(job)).await.map_err(|failure| explain(failure, job))?;
    Ok(Answer::Changed(Box::new(status)))
}

/// The answer as a person reads it.
pub(crate) fn text(answer: &Answer) -> String {
    match answer {
        Answer::List(jobs) if jobs.is_empty() => {
            "nothing is in the queue: `roneo put FILE` and `roneo get LINK -o FILE` bring something in\n".to_owned()
        }
        Answer::List(jobs) => table(jobs),
        Answer::Changed(status) => table(std::slice::from_ref(status)),
        Answer::Cancelled { .. } => String::new(),
    }
}

fn explain(failure: Failure, job: u64) -> Failure {
    if failure.code() == "unknown-job" {
        let sentence = format!("there is no transfer {job}: `roneo queue` lists those there are");
        return Failure::new(Exit::NotFound, "unknown-job", sentence);
    }
    failure
}

/// A line for each, in columns as wide as they need to be; the words come last, as long as they are.
fn table(jobs: &[JobStatus]) -> String {
    let rows: Vec<([String; 8], &str)> = jobs.iter().map(|status| (row(status), status.words.as_str())).collect();
    let cells = std::iter::once(HEAD.map(str::to_owned)).chain(rows.iter().map(|(cells, _)| cells.clone()));
    let width = |column: usize, cells: &[String; 8]| cells[column].chars().count();
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| cells.clone().map(|cells| width(column, &cells)).max().unwrap_or_default())
        .collect();
    let words = std::iter::once("now").chain(rows.iter().map(|(_, words)| *words));
    let mut text = String::new();
    for (cells, words) in cells.clone().zip(words) {
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // Numbers to the right, under each other.
            let cell = if is_number(column) { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
            line.push_str(&cell);
        }
        line.push_str(words);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn is_number(column: usize) -> bool {
    !matches!(HEAD[column], "what" | "state")
}

fn row(status: &JobStatus) -> [String; 8] {
    let done = match status.length {
        Some(length) if length > 0 => format!("{} of {}", size(status.bytes_done), size(length)),
        _ => String::new(),
    };
    let rate = if status.rate > 0 { format!("{}/s", size(status.rate)) } else { String::new() };
    [
        status.job.0.to_string(),
        what(status),
        state(status.state).to_owned(),
        status.priority.get().to_string(),
        done,
        percent(status).map_or(String::new(), |percent| format!("{percent} %")),
        rate,
        status.left_s.map_or(String::new(), left),
    ]
}

/// Its name where it has one, or else what kind of work it is.
fn what(status: &JobStatus) -> String {
    let kind = match status.kind {
        JobKind::Insert => "insert",
        JobKind::Fetch => "fetch",
        JobKind::Publish => "publication",
        JobKind::Check => "check",
        JobKind::Repair => "repair",
    };
    let name = status.name.as_deref().filter(|name| !name.is_empty());
    name.map_or_else(|| kind.to_owned(), |name| cut(&plain(name)))
}

/// Names come from strangers: nothing in them moves the cursor or turns the line around.
fn plain(name: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    name.chars().map(|c| if hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// Its beginning and its end, where the ending says what it is.
fn cut(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME_LEN {
        return name.to_owned();
    }
    let end = NAME_LEN / 3;
    let begin: String = name.chars().take(NAME_LEN - 1 - end).collect();
    let tail: String = name.chars().skip(length - end).collect();
    format!("{begin}…{tail}")
}

fn state(state: JobState) -> &'static str {
    match state {
        JobState::Receiving => "receiving",
        JobState::Queued => "queued",
        JobState::Paused => "paused",
        JobState::Waiting => "waiting",
        JobState::Running => "running",
        JobState::Weak => "weak",
        JobState::Stored => "stored",
        JobState::Fetched => "fetched",
        JobState::Checked => "checked",
        JobState::Failed => "failed",
    }
}

/// Whole percents of the blocks, 100 only once all are done.
fn percent(status: &JobStatus) -> Option<u64> {
    let (done, total) = (u128::from(status.done), u128::from(status.total));
    (total > 0).then(|| u64::try_from(done.min(total) * 100 / total).unwrap_or(100))
}

/// A size with one decimal where it is short.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1 << 10 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1024.0, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(value < 10.0);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A time in its largest unit, rounded up.
fn left(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        7_200..172_800 => format!("{} h", seconds.div_ceil(3_600)),
        _ => format!("{} d", seconds.div_ceil(86_400)),
    }
}

impl Queue {
    /// A priority that was typed.
    pub(super) fn parse_priority(text: &str) -> Result<Priority, String> {
        let number: u8 = text.parse().map_err(|_| "write a number from 0, first, to 6, last".to_owned())?;
        Priority::try_from(number).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_client::handle::JobError;

    fn status(job: u64, kind: JobKind, state: JobState) -> JobStatus {
        JobStatus { state, words: "so it goes".to_owned(), ..JobStatus::begun(JobId(job), kind) }
    }

    #[test]
    fn a_table_has_a_line_for_each_and_says_what_is_known() {
        let running = JobStatus {
            name: Some("leaflet.txt".to_owned()),
            done: 37,
            total: 99,
            length: Some(32 << 20),
            bytes_done: 12 << 20,
            rate: 1_500_000,
            left_s: Some(14),
            priority: Priority::FIRST,
            ..status(3, JobKind::Insert, JobState::Running)
        };
        let begun = status(12, JobKind::Fetch, JobState::Queued);
        let expected = "\
id  what         state    priority              done             rate  left  now
 3  leaflet.txt  running         0  12 MiB of 32 MiB  37 %  1.4 MiB/s  14 s  so it goes
12  fetch        queued          3                                           so it goes
";
        assert_eq!(text(&Answer::List(vec![running, begun])), expected);
    }

    #[test]
    fn an_empty_queue_says_what_fills_it() {
        let text = text(&Answer::List(Vec::new()));
        assert!(text.contains("roneo put FILE"), "{text}");
        assert_eq!(serde_json::to_string(&Answer::List(Vec::new())).unwrap(), "[]");
        assert_eq!(serde_json::to_string(&Answer::Cancelled { cancelled: JobId(4) }).unwrap(), r#"{"cancelled":4}"#);
    }

    #[test]
    fn names_of_strangers_are_cut_and_harmless() {
        let named = |name: &str| {
            what(&JobStatus { name: Some(name.to_owned()), ..status(1, JobKind::Fetch, JobState::Running) })
        };
        assert_eq!(named(""), "fetch");
        assert_eq!(named("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        assert_eq!(named(&"é".repeat(NAME_LEN)), "é".repeat(NAME_LEN));
        let long = named(&format!("{}.tar.gz", "é".repeat(200)));
        assert_eq!((long.chars().count(), long.ends_with("é.tar.gz")), (NAME_LEN, true), "{long}");
    }

    #[test]
    fn sizes_times_and_percents_are_short() {
        for (bytes, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (10 << 20, "10 MiB"),
            ((3 << 30) / 2, "1.5 GiB"),
            (u64::MAX, "16384 PiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        for (seconds, text) in [(0, "0 s"), (119, "119 s"), (121, "3 min"), (7_200, "2 h"), (200_000, "3 d")] {
            assert_eq!(left(seconds), text);
        }
        let percent =
            |done, total| percent(&JobStatus { done, total, ..status(1, JobKind::Insert, JobState::Running) });
        assert_eq!(
            [percent(0, 0), percent(999, 1_000), percent(7, 7), percent(u64::MAX, u64::MAX)],
            [None, Some(99), Some(100), Some(100)]
        );
    }

    #[test]
    fn a_job_that_is_unknown_is_said_in_words() {
        let unknown = explain(Failure::new(Exit::Failed, "unknown-job", "no such job"), 7);
        assert_eq!((unknown.exit(), unknown.to_string().contains("no transfer 7")), (Exit::NotFound, true));
        let other = Failure::from(JobError::Cancelled);
        assert_eq!(explain(other.clone(), 7), other);
    }
}
