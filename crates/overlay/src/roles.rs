//! Who may be a relay, a guard or a storer.
//!
//! A role is earned by staying, because staying is what a crowd of fresh nodes cannot fake. While a
//! network is young nobody has stayed long, so the older part of its nodes stands in.

use std::time::Duration;

use crate::rules::{RoleRules, Rules};

/// What a node may be asked to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A middle hop.
    Relay,
    /// A first hop, pinned.
    Guard,
    /// A keeper of blocks.
    Storer,
}

/// Whether a node can be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reachability {
    /// It listens.
    Reachable,
    /// Packets get to it through hosts: it stores, and neither relays nor guards.
    Hosted,
}

/// What this node has seen of another, on which roles depend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Time since it was first seen here; never its own claim.
    pub age: Duration,
    /// Share of the hours since then in which it was heard, 0 to 1.
    pub presence: f64,
    /// Share of the nodes that are older, 0 for the oldest.
    pub age_rank: f64,
    /// Whether it can be dialled.
    pub reachability: Reachability,
}

/// What roles need to know of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Population {
    /// Nodes that are [seasoned storers](is_seasoned_storer).
    pub seasoned_storers: usize,
}

/// Whether a node of this standing may be given the role.
#[must_use]
pub fn eligible(role: Role, standing: &Standing, population: &Population, rules: &Rules) -> bool {
    if standing.reachability == Reachability::Hosted && role != Role::Storer {
        return false;
    }
    let RoleRules::Seniority(wanted) = &rules.roles else {
        return true;
    };
    match role {
        Role::Relay => standing.age >= wanted.relay_age || standing.age_rank < wanted.relay_share,
        Role::Guard => standing.age >= wanted.guard_age || standing.age_rank < wanted.guard_share,
        Role::Storer if population.seasoned_storers < wanted.storers_wanted => standing.age_rank < wanted.storer_share,
        Role::Storer => is_seasoned_storer(standing, rules),
    }
}

/// Whether a node has stayed long and steadily enough to store in a network that has many such.
#[must_use]
pub fn is_seasoned_storer(standing: &Standing, rules: &Rules) -> bool {
    match &rules.roles {
        RoleRules::Everyone => true,
        RoleRules::Seniority(wanted) => {
            standing.age >= wanted.storer_age && standing.presence >= wanted.storer_presence
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOURS: u64 = 3_600;
    const DAYS: u64 = 24 * HOURS;

    fn standing(age: u64, presence: f64, age_rank: f64) -> Standing {
        Standing { age: Duration::from_secs(age), presence, age_rank, reachability: Reachability::Reachable }
    }

    fn check(role: Role, seasoned_storers: usize, standing: Standing, expected: bool) {
        let population = Population { seasoned_storers };
        assert_eq!(eligible(role, &standing, &population, &Rules::PUBLIC), expected, "{role:?} {standing:?}");
    }

    #[test]
    fn public_roles_are_earned_by_staying() {
        check(Role::Relay, 0, standing(DAYS, 0.0, 0.99), true);
        check(Role::Relay, 0, standing(DAYS - 1, 1.0, 0.75), false);
        check(Role::Relay, 0, standing(0, 1.0, 0.74), true);
        check(Role::Guard, 0, standing(14 * DAYS, 0.0, 0.99), true);
        check(Role::Guard, 0, standing(14 * DAYS - 1, 1.0, 0.5), false);
        check(Role::Guard, 0, standing(HOURS, 1.0, 0.49), true);
    }

    #[test]
    fn public_storers_stay_a_week_or_are_the_older_part_of_few() {
        check(Role::Storer, 100, standing(7 * DAYS, 0.5, 0.99), true);
        check(Role::Storer, 100, standing(7 * DAYS, 0.49, 0.0), false);
        check(Role::Storer, 100, standing(7 * DAYS - 1, 1.0, 0.0), false);
        check(Role::Storer, 99, standing(HOURS, 0.1, 0.74), true);
        check(Role::Storer, 99, standing(30 * DAYS, 1.0, 0.75), false);
    }

    #[test]
    fn local_roles_are_everybodys() {
        let newest = standing(0, 0.0, 1.0);
        for role in [Role::Relay, Role::Guard, Role::Storer] {
            assert!(eligible(role, &newest, &Population::default(), &Rules::LOCAL));
        }
    }

    #[test]
    fn hosted_nodes_only_store() {
        for rules in [Rules::LOCAL, Rules::PUBLIC] {
            let hosted = Standing { reachability: Reachability::Hosted, ..standing(30 * DAYS, 1.0, 0.0) };
            let may = |role| eligible(role, &hosted, &Population { seasoned_storers: 200 }, &rules);
            assert_eq!((may(Role::Relay), may(Role::Guard), may(Role::Storer)), (false, false, true));
        }
    }
}
