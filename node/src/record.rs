//! Recordings, for development: what passed through this node, one line of JSON for each event.
//!
//! A recording undoes what the network is for, so far as this node could see: it is made only on
//! request, the node warns of it, and the file is for this user alone.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use roneo_keys::time::Mono;
use roneo_overlay::{RecordLine, RecordRole};
use serde::Serialize;

use crate::platform;

/// Lines that may wait for the disk. A recording leaves nothing out: then the node waits.
const RECORD_QUEUE: usize = 1_024;
/// A reader of the file sees lines after this time at the latest.
const FLUSH_EVERY: Duration = Duration::from_millis(200);

/// Why no recording can be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot record to {}", path.display())]
pub struct RecordError {
    path: PathBuf,
    source: std::io::Error,
}

/// A line as it stands in the file.
#[derive(Serialize)]
struct Line<'a> {
    /// Microseconds since the node started.
    t: u64,
    role: &'a str,
    kind: &'a str,
    from: String,
    to: Option<String>,
    len: usize,
    /// The bytes after unwrapping, in lower-case hexadecimal.
    bytes: String,
}

/// A recording under way.
pub(crate) struct Recorder {
    lines: SyncSender<(Mono, RecordLine)>,
    thread: JoinHandle<std::io::Result<()>>,
}

impl Recorder {
    pub(crate) fn start(path: &Path) -> Result<Self, RecordError> {
        let failed = |source| RecordError { path: path.to_owned(), source };
        let file = platform::create_private_file(path).map_err(failed)?;
        let (lines, queue) = sync_channel(RECORD_QUEUE);
        let thread = std::thread::Builder::new().name("roneo-record".to_owned()).spawn(move || write(file, &queue));
        Ok(Self { lines, thread: thread.map_err(failed)? })
    }

    pub(crate) fn line(&self, at: Mono, line: RecordLine) {
        // An error says that the thread met one of the disk, which `finish` reports.
        let _ = self.lines.send((at, line));
    }

    /// Writes what is queued.
    pub(crate) fn finish(self) {
        drop(self.lines);
        if let Ok(Err(error)) = self.thread.join() {
            tracing::error!(%error, "the recording is incomplete");
        }
    }
}

fn write(file: File, queue: &Receiver<(Mono, RecordLine)>) -> std::io::Result<()> {
    let mut file = BufWriter::new(file);
    loop {
        match queue.recv_timeout(FLUSH_EVERY) {
            Ok((at, line)) => {
                let mut text = serde_json::to_vec(&to_json(at, &line))?;
                text.push(b'\n');
                // In one piece, so that a reader of the file never sees the half of a line for long.
                file.write_all(&text)?;
            }
            Err(RecvTimeoutError::Timeout) => file.flush()?,
            Err(RecvTimeoutError::Disconnected) => return file.flush(),
        }
    }
}

fn to_json(at: Mono, line: &RecordLine) -> Line<'_> {
    let role = match line.role {
        RecordRole::Guard => "guard",
        RecordRole::Relay => "relay",
        RecordRole::Storer => "storer",
        RecordRole::User => "user",
    };
    Line {
        t: at.0,
        role,
        kind: line.kind,
        from: line.from.to_text(),
        to: line.to.map(|to| to.to_text()),
        len: line.length,
        bytes: line.bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_keys::NodeId;

    #[test]
    fn each_event_is_one_line_of_json() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("record");
        let recorder = Recorder::start(&path).unwrap();
        let (from, to) = (NodeId::from_bytes([1; 32]), NodeId::from_bytes([2; 32]));
        for to in [Some(to), None] {
            let line =
                RecordLine { role: RecordRole::Relay, kind: "packet", from, to, length: 5_120, bytes: vec![0, 0xab] };
            recorder.line(Mono(17), line);
        }
        recorder.finish();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["role"], "relay");
        assert_eq!(lines[0]["t"], 17);
        assert_eq!(lines[0]["len"], 5_120);
        assert_eq!(lines[0]["bytes"], "00ab");
        assert_eq!(lines[0]["from"], from.to_text());
        assert_eq!(lines[0]["to"], to.to_text());
        assert!(lines[1]["to"].is_null());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_at_start() {
        let Err(error) = Recorder::start(Path::new("/nonexistent/record")) else { panic!("it was created") };
        assert!(error.to_string().contains("cannot record to"));
    }
}
