//! The one way in which other programs are run: with a limit on their time and on what is kept of
//! their output.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Longest time for one run of cargo: an empty target directory on two slow cores, twice over.
pub(crate) const CARGO_LIMIT: Duration = Duration::from_secs(60 * 60);
/// How much of a program's output is kept, counted from its end.
const OUTPUT_KEPT: usize = 4 << 20;
/// Lines between the readers and the collector.
const LINES_WAITING: usize = 1_024;
/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(50);
/// How long output is awaited from whatever a finished program left behind.
const STRAGGLERS: Duration = Duration::from_secs(2);

/// When a program's output is for the eyes of whoever runs the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Line by line: for what takes minutes.
    AsItRuns,
    /// Not here; the caller prints it if something is wrong.
    Kept,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself.
    Exited(ExitStatus),
    /// It was ended, having used up its time.
    OutOfTime,
}

impl Ending {
    /// Whether it ended by itself and said that all is well.
    pub(crate) fn is_success(self) -> bool {
        matches!(self, Self::Exited(status) if status.success())
    }
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) ending: Ending,
    /// Standard output and standard error as their lines came, at most the last 4 MiB.
    pub(crate) output: String,
}

/// Runs a program whose output goes where ours goes.
///
/// # Errors
/// When it cannot be started, fails, or takes longer than [`CARGO_LIMIT`].
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let mut child = command.stdin(Stdio::null()).spawn().with_context(|| not_started(command))?;
    match wait(&mut child, Instant::now() + CARGO_LIMIT)? {
        Ending::Exited(status) if status.success() => Ok(()),
        Ending::Exited(status) => bail!("`{}` ended with {status}", spelled(command)),
        Ending::OutOfTime => bail!("`{}` was ended after {} minutes", spelled(command), CARGO_LIMIT.as_secs() / 60),
    }
}

/// Runs a program and returns its standard output; standard error goes where ours goes.
///
/// # Errors
/// When it cannot be started or fails.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().with_context(|| not_started(command))?;
    if !output.status.success() {
        bail!("`{}` ended with {}", spelled(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` wrote something that is no text", spelled(command)))
}

/// Runs a program for at most `limit` and collects what it says.
///
/// # Errors
/// When it cannot be started. How it ended is for the caller to judge.
pub(crate) fn collect(command: &mut Command, limit: Duration, show: Show) -> Result<Finished> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| not_started(command))?;
    let deadline = Instant::now() + limit;
    let (sender, lines) = sync_channel(LINES_WAITING);
    read_lines(child.stdout.take(), sender.clone());
    read_lines(child.stderr.take(), sender);
    let mut kept = Tail::default();
    let ending = drain(&mut child, &lines, deadline, |line| {
        if show == Show::AsItRuns {
            println!("  {line}");
        }
        kept.push(line);
    })?;
    Ok(Finished { ending, output: kept.into_text() })
}

/// The command as somebody would type it: the program's name, without the place where it lies.
pub(crate) fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let words = std::iter::once(program.file_name().unwrap_or(program.as_os_str())).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn not_started(command: &Command) -> String {
    format!("`{}` cannot be started", spelled(command))
}

fn read_lines(stream: Option<impl Read + Send + 'static>, sender: SyncSender<String>) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(text).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// Takes lines until the program has ended and its pipes are closed. A process that the program
/// left behind may hold them open for ever, so after the end only [`STRAGGLERS`] are given.
fn drain(
    child: &mut Child,
    lines: &Receiver<String>,
    deadline: Instant,
    mut take: impl FnMut(String),
) -> Result<Ending> {
    let mut ended: Option<(Ending, Instant)> = None;
    loop {
        match lines.recv_timeout(POLL) {
            Ok(line) => take(line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        match ended {
            Some((ending, at)) if at.elapsed() > STRAGGLERS => return Ok(ending),
            Some(_) => {}
            None => ended = look(child, deadline)?.map(|ending| (ending, Instant::now())),
        }
    }
    match ended {
        Some((ending, _)) => Ok(ending),
        None => wait(child, deadline),
    }
}

fn wait(child: &mut Child, deadline: Instant) -> Result<Ending> {
    loop {
        if let Some(ending) = look(child, deadline)? {
            return Ok(ending);
        }
        thread::sleep(POLL);
    }
}

/// Whether the program has ended; ends it when its time is over.
fn look(child: &mut Child, deadline: Instant) -> Result<Option<Ending>> {
    if let Some(status) = child.try_wait().context("a program that was started cannot be waited for")? {
        return Ok(Some(Ending::Exited(status)));
    }
    if Instant::now() < deadline {
        return Ok(None);
    }
    // It may have ended in this very moment; then there is nothing to kill, only to reap.
    child.kill().ok();
    child.wait().context("a program that was ended cannot be waited for")?;
    Ok(Some(Ending::OutOfTime))
}

/// The last [`OUTPUT_KEPT`] bytes of a text that comes in lines.
#[derive(Default)]
struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Tail {
    fn push(&mut self, line: String) {
        self.bytes += line.len() + 1;
        self.lines.push_back(line);
        while self.bytes > OUTPUT_KEPT {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len() + 1;
        }
    }

    fn into_text(self) -> String {
        let mut text = String::with_capacity(self.bytes);
        for line in self.lines {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Finished {
        collect(Command::new("sh").args(["-c", script]), limit, Show::Kept).unwrap()
    }

    #[test]
    fn both_streams_are_collected() {
        let finished = shell("echo out; echo err >&2; exit 3", Duration::from_secs(20));
        assert!(matches!(finished.ending, Ending::Exited(status) if status.code() == Some(3)));
        let mut lines: Vec<_> = finished.output.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["err", "out"]);
    }

    #[test]
    fn time_runs_out() {
        let begun = Instant::now();
        let finished = shell("echo begun; exec sleep 60", Duration::from_millis(500));
        assert_eq!(finished.ending, Ending::OutOfTime);
        assert_eq!(finished.output, "begun\n");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn what_a_program_leaves_behind_is_not_waited_for() {
        let begun = Instant::now();
        let finished = shell("sleep 20 & echo done", Duration::from_secs(60));
        assert!(finished.ending.is_success());
        assert_eq!(finished.output, "done\n");
        assert!(begun.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn only_the_end_of_long_output_is_kept() {
        let mut tail = Tail::default();
        let line = "x".repeat(1_023);
        for _ in 0..2 * OUTPUT_KEPT / 1_024 {
            tail.push(line.clone());
        }
        tail.push("last".to_owned());
        let text = tail.into_text();
        assert!(text.len() <= OUTPUT_KEPT && text.ends_with("\nlast\n"));
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(Command::new("sh").args(["-c", "exit 7"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 7` ended with exit status: 7");
        let error = read(&mut Command::new("no-such-program-here")).unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program-here` cannot be started");
    }
}
