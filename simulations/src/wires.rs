//! Links between nodes as they are in the world: streams that open by a handshake, keep their order,
//! close at one end before the other, or fall silent.
//!
//! [`Wires`] knows who believes what about which link; it moves no bytes and knows no time.
//!
//! A link is opened by a *call* (`dialler` to `answerer`), *accepted* there, *up* at the dialler one
//! way later and at the answerer another way later. Where two nodes call each other at once the call
//! of the one with the lower number stands. Each end closes for itself: the other learns of it when
//! the news arrives, or, where there is no news, when its keep-alive runs out.

use std::collections::{BTreeMap, BTreeSet};

/// One link of one pair, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WireId(pub(crate) u64);

/// What one end believes of its link to another node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It has called and not heard yet.
    Calling(WireId),
    /// It has accepted the other's call; `calling` if it had called too.
    Accepted {
        wire: WireId,
        calling: bool,
    },
    Up(WireId),
}

impl End {
    fn wire(self) -> WireId {
        match self {
            Self::Calling(wire) | Self::Up(wire) | Self::Accepted { wire, .. } => wire,
        }
    }
}

/// What the owner of an end is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    Up,
    Down,
    DialFailed,
}

/// How an incoming call is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Yes; and an older link to the same node was given up for it, if so it says.
    Accept(Option<Notice>),
    /// Not at all: the call in the other direction stands.
    Ignore,
}

/// Every link of the network, from both sides.
#[derive(Debug, Default)]
pub(crate) struct Wires {
    last: u64,
    /// By owner of the end, then by the node at the other end.
    ends: BTreeMap<(usize, usize), End>,
}

impl Wires {
    /// `dialler` calls, unless there is a link or a call between the two already.
    pub(crate) fn call(&mut self, dialler: usize, answerer: usize) -> Option<WireId> {
        if let Some(end) = self.ends.get_mut(&(dialler, answerer)) {
            if let End::Accepted { calling, .. } = end {
                *calling = true;
            }
            return None;
        }
        self.last += 1;
        let wire = WireId(self.last);
        self.ends.insert((dialler, answerer), End::Calling(wire));
        Some(wire)
    }

    /// A call arrives.
    pub(crate) fn called(&mut self, wire: WireId, dialler: usize, answerer: usize) -> Answer {
        let end = self.ends.get(&(answerer, dialler)).copied();
        if matches!(end, Some(End::Calling(_))) && answerer < dialler {
            return Answer::Ignore;
        }
        let calling = matches!(end, Some(End::Calling(_) | End::Accepted { calling: true, .. }));
        self.ends.insert((answerer, dialler), End::Accepted { wire, calling });
        // Whoever calls has forgotten the old link: it was restarted.
        Answer::Accept(matches!(end, Some(End::Up(_))).then_some(Notice::Down))
    }

    /// The news that its call was accepted arrives at the dialler. `false` if it has given it up.
    pub(crate) fn accepted(&mut self, wire: WireId, dialler: usize, answerer: usize) -> bool {
        let end = self.ends.get_mut(&(dialler, answerer)).filter(|end| **end == End::Calling(wire));
        end.map(|end| *end = End::Up(wire)).is_some()
    }

    /// The dialler's confirmation arrives at the answerer. `false` if that has given the link up.
    pub(crate) fn confirmed(&mut self, wire: WireId, dialler: usize, answerer: usize) -> bool {
        let end = self.ends.get_mut(&(answerer, dialler));
        let end = end.filter(|end| matches!(end, End::Accepted { wire: of, .. } if *of == wire));
        end.map(|end| *end = End::Up(wire)).is_some()
    }

    /// One end gives a link up; says what its owner is to be told, if it held that link at all.
    pub(crate) fn close(&mut self, wire: WireId, owner: usize, other: usize) -> Option<Notice> {
        let end = self.ends.get(&(owner, other)).copied().filter(|end| end.wire() == wire)?;
        self.ends.remove(&(owner, other));
        match end {
            End::Calling(_) | End::Accepted { calling: true, .. } => Some(Notice::DialFailed),
            End::Accepted { .. } => None,
            End::Up(_) => Some(Notice::Down),
        }
    }

    /// The link that is up at an end.
    pub(crate) fn up(&self, owner: usize, other: usize) -> Option<WireId> {
        match self.ends.get(&(owner, other)) {
            Some(End::Up(wire)) => Some(*wire),
            _ => None,
        }
    }

    /// A node forgets all its ends, as it does when it stops. Returns what others hold of links to it.
    pub(crate) fn forget(&mut self, node: usize) -> Vec<(WireId, usize)> {
        self.ends.retain(|(owner, _), _| *owner != node);
        self.ends
            .iter()
            .filter(|((_, other), _)| *other == node)
            .map(|((owner, _), end)| (end.wire(), *owner))
            .collect()
    }

    /// The links, whole or in the making, of which at least one end is held, each once.
    pub(crate) fn all(&self) -> BTreeSet<(WireId, usize, usize)> {
        self.ends.iter().map(|((owner, other), end)| (end.wire(), *owner.min(other), *owner.max(other))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(wires: &mut Wires, dialler: usize, answerer: usize) -> WireId {
        let wire = wires.call(dialler, answerer).unwrap();
        assert_eq!(wires.called(wire, dialler, answerer), Answer::Accept(None));
        assert!(wires.accepted(wire, dialler, answerer));
        assert!(wires.confirmed(wire, dialler, answerer));
        wire
    }

    #[test]
    fn a_link_opens_at_both_ends_and_closes_at_each() {
        let mut wires = Wires::default();
        let wire = up(&mut wires, 1, 2);
        assert_eq!((wires.up(1, 2), wires.up(2, 1)), (Some(wire), Some(wire)));
        assert_eq!(wires.call(1, 2), None, "there is one already");
        assert_eq!(wires.close(wire, 2, 1), Some(Notice::Down));
        assert_eq!(wires.up(1, 2), Some(wire), "it does not know yet");
        assert_eq!(wires.close(wire, 1, 2), Some(Notice::Down));
        assert_eq!(wires.close(wire, 1, 2), None);
        assert!(wires.all().is_empty());
    }

    #[test]
    fn two_calls_at_once_make_one_link() {
        let mut wires = Wires::default();
        let (low, high) = (wires.call(1, 2).unwrap(), wires.call(2, 1).unwrap());
        assert_eq!(wires.called(high, 2, 1), Answer::Ignore);
        assert_eq!(wires.called(low, 1, 2), Answer::Accept(None));
        assert!(wires.accepted(low, 1, 2) && wires.confirmed(low, 1, 2));
        assert_eq!((wires.up(1, 2), wires.up(2, 1)), (Some(low), Some(low)));
        assert_eq!(wires.close(high, 2, 1), None, "its time-out finds the call absorbed");
    }

    #[test]
    fn an_absorbed_call_that_comes_to_nothing_has_failed() {
        let mut wires = Wires::default();
        let (low, _) = (wires.call(1, 2).unwrap(), wires.call(2, 1).unwrap());
        wires.called(low, 1, 2);
        assert_eq!(wires.close(low, 2, 1), Some(Notice::DialFailed));
        let wire = wires.call(3, 4).unwrap();
        wires.called(wire, 3, 4);
        assert_eq!(wires.call(4, 3), None);
        assert_eq!(wires.close(wire, 4, 3), Some(Notice::DialFailed));
    }

    #[test]
    fn a_restarted_node_calls_anew() {
        let mut wires = Wires::default();
        let old = up(&mut wires, 1, 2);
        assert_eq!(wires.forget(1), [(old, 2)]);
        let new = wires.call(1, 2).unwrap();
        assert_eq!(wires.called(new, 1, 2), Answer::Accept(Some(Notice::Down)));
        assert!(wires.accepted(new, 1, 2) && wires.confirmed(new, 1, 2));
        assert_eq!(wires.close(old, 2, 1), None, "late news of the old link");
        assert_eq!(wires.up(2, 1), Some(new));
    }
}
