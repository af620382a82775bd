//! [`Clock`]: the one place where the node asks what time it is.

use std::time::{Duration, Instant, SystemTime};

use roneo_keys::time::{Mono, Now, Wall};

/// Both clocks. Monotonic time counts from the clock's making.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that begins now.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// Both times at this moment. A wall clock before 1970 reads 1970.
    pub(crate) fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Now { mono: self.mono(), wall: Wall(wall.as_secs()) }
    }

    /// Monotonic time at this moment.
    pub(crate) fn mono(&self) -> Mono {
        Mono(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// When tokio's timers read `mono`; `None` where that is beyond their range.
    pub(crate) fn instant(&self, mono: Mono) -> Option<tokio::time::Instant> {
        self.start.checked_add(Duration::from_micros(mono.0)).map(tokio::time::Instant::from_std)
    }
}
