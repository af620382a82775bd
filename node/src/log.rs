//! Logs: the last lines in RAM, warnings on stderr, nothing on disk.
//!
//! Only Roneo's own lines are taken. Those of libraries name peers and addresses at every level,
//! and their next version names others: no filter by level makes them safe to keep.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

/// Lines kept.
const RING_LINES: usize = 1_000;
/// Bytes of a line; what is longer is cut.
const LINE_LEN: usize = 500;
/// Every target that is ours begins with this.
const OURS: &str = "roneo";

/// The last lines of a process, oldest first.
#[derive(Clone, Default)]
pub struct Ring {
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Ring {
    /// What is in it.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lock().iter().cloned().collect()
    }

    fn push(&self, line: String) {
        let mut lines = self.lock();
        if lines.len() == RING_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Takes the process's log lines from now on: all down to `kept` into the ring that is returned,
/// and those down to `shown` also to stderr. Where another subscriber was set before, that one
/// stays, and the ring stays empty.
pub fn init(kept: Level, shown: Level) -> Ring {
    let ring = Ring::default();
    let layer = Lines { ring: ring.clone(), kept, shown, start: Instant::now() };
    // An error says that somebody else listens.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer));
    ring
}

struct Lines {
    ring: Ring,
    kept: Level,
    shown: Level,
    start: Instant,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with(OURS) && *metadata.level() <= self.kept.max(self.shown)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = *event.metadata().level();
        let mut text = Text::default();
        event.record(&mut text);
        let mut line = format!("{level:5} {}{}", text.message, text.fields);
        if line.len() > LINE_LEN {
            line.truncate(line.floor_char_boundary(LINE_LEN));
            line.push('…');
        }
        if level <= self.shown {
            // Nowhere to say that stderr is closed.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        if level <= self.kept {
            self.ring.push(format!("{:10.3} {line}", self.start.elapsed().as_secs_f64()));
        }
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a `String` does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_ring(kept: Level, log: impl FnOnce()) -> Vec<String> {
        let ring = Ring::default();
        let layer = Lines { ring: ring.clone(), kept, shown: Level::ERROR, start: Instant::now() };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        ring.lines()
    }

    #[test]
    fn the_ring_keeps_our_lines_down_to_its_level() {
        let lines = with_ring(Level::DEBUG, || {
            tracing::warn!(count = 3, "a warning");
            tracing::debug!("a detail");
            tracing::trace!("too fine");
            tracing::warn!(target: "libp2p_swarm", address = "192.0.2.1", "not ours");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].ends_with("WARN  a warning count=3"), "{}", lines[0]);
        assert!(lines[1].ends_with("DEBUG a detail"), "{}", lines[1]);
    }

    #[test]
    fn the_ring_and_its_lines_are_bounded() {
        let lines = with_ring(Level::INFO, || {
            for number in 0..RING_LINES + 10 {
                tracing::info!("{number} {}", "é".repeat(LINE_LEN));
            }
        });
        assert_eq!(lines.len(), RING_LINES);
        assert!(lines[0].contains(" 10 "));
        assert!(lines.iter().all(|line| line.len() < LINE_LEN + 20));
    }
}
