//! Two kinds of time, both always handed in: protocol code never asks what time it is.

use std::ops::{Add, Sub};
use std::time::Duration;

/// Seconds in a day of the network: days begin at 00:00 UTC.
pub const DAY: Duration = Duration::from_secs(86_400);

/// A moment on a monotonic clock, in microseconds since an origin of the shell's choice. For timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mono(pub u64);

impl Mono {
    /// Time passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    /// Saturates at the end of time, 584,000 years after the origin.
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl Sub<Duration> for Mono {
    type Output = Self;

    /// Saturates at the origin.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// A moment on the calendar, in seconds since 1970-01-01 00:00 UTC. For days and dates that peers
/// compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Wall(pub u64);

impl Wall {
    /// The day this moment lies in.
    #[must_use]
    pub fn day(self) -> Day {
        Day(u32::try_from(self.0 / DAY.as_secs()).unwrap_or(u32::MAX))
    }
}

/// A day: the number of days since 1970-01-01 UTC. Packet keys, receipts and placement go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub u32);

impl Day {
    /// The first moment of this day.
    #[must_use]
    pub fn start(self) -> Wall {
        Wall(u64::from(self.0) * DAY.as_secs())
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The day before; the first day is its own.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// Both clocks, read at one moment by the shell and handed to a machine with each input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For timers.
    pub mono: Mono,
    /// For days and dates.
    pub wall: Wall,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_utc() {
        assert_eq!(Wall(86_399).day(), Day(0));
        assert_eq!(Wall(86_400).day(), Day(1));
        assert_eq!(Day(1).start(), Wall(86_400));
        assert_eq!(Wall(u64::MAX).day(), Day(u32::MAX));
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Mono(5).since(Mono(9)), Duration::ZERO);
        assert_eq!(Mono(u64::MAX) + DAY, Mono(u64::MAX));
        assert_eq!(Mono(3) - DAY, Mono(0));
        assert_eq!(Mono(1) + Duration::from_millis(2), Mono(2_001));
    }
}
