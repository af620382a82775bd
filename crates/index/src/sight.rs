//! What a view is made of: that whose time has come, as far as it had been heard when the list was begun.

use roneo_keys::time::Wall;
use roneo_social::MAX_AHEAD_S;

/// A moment from which the index is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    /// The clock, seconds since 1970.
    pub(crate) now: u64,
    /// What came later than this is not seen: pages of one list so show one state of it.
    pub(crate) heard: u32,
}

impl Sight {
    /// Everything that was heard, at `now`.
    pub(crate) fn all(now: Wall) -> Self {
        Self { now: now.0, heard: u32::MAX }
    }

    /// The latest time that is not ahead.
    pub(crate) fn until(self) -> u64 {
        self.now.saturating_add(MAX_AHEAD_S)
    }

    /// Whether something is seen that says it is of `time`, and came as number `arrival`.
    pub(crate) fn sees(self, time: u64, arrival: u32) -> bool {
        time <= self.until() && arrival <= self.heard
    }
}
