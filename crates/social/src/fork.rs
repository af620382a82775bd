//! Boards that begin where another one was. `docs/formats/board.md`, forks.
//!
//! Who does not agree with a board's stewards founds another, which names the first and the state in which it was left.
//! Nothing is copied: what was said lies in its authors' outboxes, and readers of a fork may go on reading both. A fork
//! gives nobody a right over the other board, and the other's stewards have no say in it.

use roneo_keys::time::Wall;
use serde::{Deserialize, Serialize};

use crate::board::{Board, DescriptorId, Policy, Terms};
use crate::body::BoardId;

/// Where a board comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fork {
    /// The board that was left.
    pub board: BoardId,
    /// Its last descriptor for those who left.
    pub last: DescriptorId,
}

/// What a reader who knows the other board can say of a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForkMet {
    /// It comes from the state in which the reader knows that board.
    OfNewest,
    /// It names another state: an earlier one, or a later one that the reader has not met, or one that never was.
    OfAnother,
    /// It comes from another board.
    Elsewhere,
}

impl Board {
    /// The terms with which a fork of this board begins: all as it is, but its own stewards, and nobody whose keys were made
    /// for the other board. Introducers are to be asked for new keys, and a digester for a beacon.
    #[must_use]
    pub fn fork(&self, policy: Policy, now: Wall) -> Terms {
        let terms = self.newest().terms();
        let fork = Some(Fork { board: self.id(), last: terms.id() });
        let (introducers, beacon, time) = (Vec::new(), None, now.0);
        Terms { board: None, serial: 0, prev: None, time, policy, introducers, beacon, fork, ..terms.clone() }
    }

    /// What can be said of another board's claim to be a fork of this one.
    #[must_use]
    pub fn met_fork(&self, fork: &Fork) -> ForkMet {
        match fork {
            Fork { board, .. } if *board != self.id() => ForkMet::Elsewhere,
            Fork { last, .. } if *last == self.newest().terms().id() => ForkMet::OfNewest,
            _ => ForkMet::OfAnother,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{BoardKind, DESCRIPTOR_VERSION, Descriptor, Scope, StewardSecret};
    use crate::body::Unknown;
    use crate::identity::PersonId;
    use crate::roster::{Anchor, BeaconValue, Introducer};
    use crate::vouch::IntroducerSecret;

    fn policy(number: u8) -> Policy {
        Policy { k: 1, keys: vec![StewardSecret::from_seed(&[number; 32]).id()] }
    }

    fn founded(terms: &Terms, number: u8) -> Board {
        let sigs = vec![StewardSecret::from_seed(&[number; 32]).cosign(terms)];
        Board::found(Descriptor::new(terms.clone(), sigs).unwrap()).unwrap()
    }

    fn first() -> Board {
        let person = PersonId::from_bytes([3; 32]);
        let terms = Terms {
            v: DESCRIPTOR_VERSION,
            kind: BoardKind::Stewarded,
            board: None,
            serial: 0,
            prev: None,
            time: 1_795_000_000,
            name: "Logement Toulouse".to_owned(),
            about: String::new(),
            path: "fr/31/toulouse/logement".to_owned(),
            scope: Scope::Local,
            place: "FR-31".to_owned(),
            langs: vec!["fr".to_owned()],
            rules: "Pas de publicité.".to_owned(),
            policy: policy(1),
            introducers: vec![Introducer { person, key: IntroducerSecret::from_seed(&[4; 32]).id() }],
            curators: vec![person],
            digesters: vec![person],
            epoch: 3_600,
            beacon: Some(Anchor { hour: 5, value: BeaconValue::from_bytes([5; 32]) }),
            fork: None,
            unknown: Unknown::new(),
        };
        founded(&terms, 1)
    }

    #[test]
    fn a_fork_is_a_board_of_its_own_that_says_where_it_comes_from() {
        let mut board = first();
        let terms = board.fork(policy(2), Wall(1_795_000_100));
        let fork = founded(&terms, 2);
        assert_ne!(fork.id(), board.id());
        assert_ne!(fork.roster().mark(), board.roster().mark(), "and has its own records");
        let (old, new) = (board.newest().terms().clone(), fork.newest().terms());
        assert_eq!((&new.rules, &new.curators, &new.digesters), (&old.rules, &old.curators, &old.digesters));
        assert!(new.introducers.is_empty() && new.beacon.is_none());
        let named = new.fork.unwrap();
        assert_eq!(board.met_fork(&named), ForkMet::OfNewest);
        // The first board goes on: its stewards sign, and the fork's do not.
        let next = old.successor(board.id(), Wall(1_795_000_200));
        let sign = |number: u8| {
            let sigs = vec![StewardSecret::from_seed(&[number; 32]).cosign(&next)];
            Descriptor::new(next.clone(), sigs).unwrap()
        };
        assert!(board.meet(sign(2), None).is_err());
        board.meet(sign(1), None).unwrap();
        assert_eq!(board.met_fork(&named), ForkMet::OfAnother);
        assert_eq!(fork.met_fork(&named), ForkMet::Elsewhere);
        // A fork keeps its origin through its own changes, and a fork of it names it.
        let again = fork.fork(policy(3), Wall(1_795_000_300)).fork.unwrap();
        assert_eq!((again.board, again.last), (fork.id(), fork.newest().terms().id()));
    }

    #[test]
    fn the_state_that_was_left_is_named_whole_or_not_at_all() {
        let terms = first().fork(policy(2), Wall(1_795_000_100));
        let twin = serde_json::to_value(&terms).unwrap();
        assert_eq!(serde_json::from_value::<Terms>(twin.clone()).unwrap(), terms);
        for change in ["last", "board"] {
            let mut broken = twin.clone();
            broken["fork"].as_object_mut().unwrap().remove(change);
            assert!(serde_json::from_value::<Terms>(broken).is_err(), "{change}");
        }
    }
}
