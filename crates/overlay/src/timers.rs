//! Every timer of the overlay in one table, so that "when do I wake next" has one answer.

use std::collections::BTreeSet;

use roneo_keys::time::Mono;
use roneo_packet::SurbId;

use crate::environment::SolveId;
use crate::requester::RequestId;

/// What a timer is for. A timer that fires for something that is gone is ignored by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Upkeep of links, keys, pulses and guards.
    Tick,
    /// A round of anti-entropy.
    Gossip,
    /// An answer is overdue.
    Attempt(SurbId),
    /// A request that could not be sent is looked at again.
    Request(RequestId),
    /// A hand-over has taken long enough.
    Handover(u32),
    /// A turn of the padding has come.
    Padding,
    /// A stamp takes too long to make.
    Solve(SolveId),
}

/// Timers by time; equal times fire in the order of [`Timer`].
#[derive(Debug, Default)]
pub(crate) struct Timers(BTreeSet<(Mono, Timer)>);

impl Timers {
    pub(crate) fn set(&mut self, at: Mono, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(crate) fn next(&self) -> Option<Mono> {
        self.0.first().map(|(at, _)| *at)
    }

    /// The next timer that is due.
    pub(crate) fn due(&mut self, now: Mono) -> Option<Timer> {
        let (at, timer) = *self.0.first()?;
        if at > now {
            return None;
        }
        self.0.pop_first();
        Some(timer)
    }
}
