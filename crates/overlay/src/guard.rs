//! The guards: the only nodes that see packets leave this one as its own.
//!
//! Two are sampled once and kept. The second, the **reserve**, serves while the first has been
//! silent for [`Rules::guard_silence`](crate::Rules), and for the requests whose storer is the first.
//! Where both are silent that long a further one is sampled; the silent ones stay in the set and
//! serve again when they are back, so that an attacker who can knock a guard out for an hour does
//! not win a new draw (prop 271 of Tor gives the argument).

use std::time::Duration;

use roneo_keys::NodeId;
use roneo_keys::time::Wall;

/// Guards sampled before any is needed: the first and the reserve.
pub const SAMPLE: usize = 2;
/// Guards remembered at most, silent ones included. When all are silent, requests wait.
pub const MAX_GUARDS: usize = 8;

/// One sampled guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Which node.
    pub node: NodeId,
    /// When it was last heard of, or sampled.
    pub heard: Wall,
}

/// What can be said of a guard at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A link is open.
    Linked,
    /// No link, for this long.
    Silent(Duration),
}

/// What the set says when a request asks for its first hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstHop {
    /// Send through this guard.
    Through(NodeId),
    /// The serving guard's link is down, not yet for long enough to turn to another: hold the request.
    Hold,
    /// Every guard of the set has been silent for too long: sample another.
    Sample,
}

/// The sampled guards, in order of preference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardSet {
    guards: Vec<Guard>,
}

impl GuardSet {
    /// The set as it was kept.
    #[must_use]
    pub fn restore(guards: impl IntoIterator<Item = Guard>) -> Self {
        Self { guards: guards.into_iter().take(MAX_GUARDS).collect() }
    }

    /// Every guard, in order of preference.
    #[must_use]
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// Whether a node is among them.
    #[must_use]
    pub fn contains(&self, node: &NodeId) -> bool {
        self.guards.iter().any(|guard| guard.node == *node)
    }

    /// Whether the first sample is still incomplete.
    #[must_use]
    pub fn wants_sample(&self) -> bool {
        self.guards.len() < SAMPLE
    }

    /// Adds a freshly sampled guard behind the others. Where the set is full it takes the place of
    /// the last.
    pub fn add(&mut self, node: NodeId, now: Wall) {
        if self.contains(&node) {
            return;
        }
        self.guards.truncate(MAX_GUARDS - 1);
        self.guards.push(Guard { node, heard: now });
    }

    /// Notes that a guard was heard of.
    pub fn heard(&mut self, node: &NodeId, now: Wall) {
        if let Some(guard) = self.guards.iter_mut().find(|guard| guard.node == *node) {
            guard.heard = now;
        }
    }

    /// Forgets the guards that have been dormant for `dormant`; `true` if there were any.
    pub fn forget_dormant(&mut self, now: Wall, dormant: Duration) -> bool {
        let before = self.guards.len();
        self.guards.retain(|guard| now.0.saturating_sub(guard.heard.0) < dormant.as_secs());
        self.guards.len() != before
    }

    /// The first hop for a request whose storer is `storer`: the first guard that is not the storer
    /// itself and has not been silent for `patience`.
    #[must_use]
    pub fn first_hop(
        &self,
        storer: &NodeId,
        patience: Duration,
        mut presence: impl FnMut(&NodeId) -> Presence,
    ) -> FirstHop {
        for guard in self.guards.iter().filter(|guard| guard.node != *storer) {
            match presence(&guard.node) {
                Presence::Linked => return FirstHop::Through(guard.node),
                Presence::Silent(silence) if silence < patience => return FirstHop::Hold,
                Presence::Silent(_) => {}
            }
        }
        FirstHop::Sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_keys::time::DAY;

    const DORMANT: Duration = Duration::from_secs(14 * DAY.as_secs());
    const PATIENCE: Duration = Duration::from_secs(300);

    fn node(byte: u8) -> NodeId {
        NodeId::from_bytes([byte; 32])
    }

    fn set() -> GuardSet {
        let mut set = GuardSet::default();
        set.add(node(1), Wall(0));
        set.add(node(2), Wall(0));
        set
    }

    #[test]
    fn the_reserve_serves_only_after_the_patience() {
        use Presence::{Linked, Silent};
        let long = Silent(PATIENCE);
        let short = Silent(PATIENCE - Duration::from_secs(1));
        let table = [
            // first, reserve, storer, expected
            (Linked, Linked, 9, FirstHop::Through(node(1))),
            (short, Linked, 9, FirstHop::Hold),
            (long, Linked, 9, FirstHop::Through(node(2))),
            (long, short, 9, FirstHop::Hold),
            (long, long, 9, FirstHop::Sample),
            (Linked, Linked, 1, FirstHop::Through(node(2))),
            (Linked, short, 1, FirstHop::Hold),
            (Linked, long, 1, FirstHop::Sample),
        ];
        for (first, reserve, storer, expected) in table {
            let presence = |id: &NodeId| if *id == node(1) { first } else { reserve };
            assert_eq!(set().first_hop(&node(storer), PATIENCE, presence), expected, "{first:?} {reserve:?} {storer}");
        }
    }

    #[test]
    fn a_guard_that_comes_back_serves_again() {
        let mut set = set();
        set.add(node(3), Wall(5));
        let hop = set.first_hop(&node(9), PATIENCE, |id| {
            if *id == node(1) { Presence::Linked } else { Presence::Silent(PATIENCE) }
        });
        assert_eq!(hop, FirstHop::Through(node(1)));
    }

    #[test]
    fn dormant_guards_are_kept_for_14_days() {
        let mut set = set();
        set.heard(&node(2), Wall(DAY.as_secs()));
        assert!(!set.forget_dormant(Wall(14 * DAY.as_secs() - 1), DORMANT));
        assert!(set.forget_dormant(Wall(14 * DAY.as_secs()), DORMANT));
        assert_eq!(set.guards(), [Guard { node: node(2), heard: Wall(DAY.as_secs()) }]);
    }

    #[test]
    fn the_set_is_bounded() {
        let mut set = GuardSet::default();
        for byte in 0..50 {
            set.add(node(byte), Wall(0));
        }
        assert_eq!(set.guards().len(), MAX_GUARDS);
        assert_eq!(set.guards()[0].node, node(0));
    }
}
