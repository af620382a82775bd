use std::time::Duration;

use roneo_keys::NodeId;
use roneo_keys::time::{Day, Mono, Now, Wall};

use super::{Entry, View};
use crate::address::Address;
use crate::caps::{self, Candidate};
use crate::placement::{self, StorerRef};
use crate::roles::{self, Population, Role, Standing};
use crate::rules::{CapRules, RoleRules};

/// A roster this old is made anew. Finding the older half of 20,000 nodes takes milliseconds, a
/// path is drawn for every request, and roles change by the hour.
const ROSTER_AGE: Duration = Duration::from_secs(60);

/// Who holds which role, where that takes sorting all nodes.
#[derive(Debug)]
pub(super) struct Roster {
    made: Mono,
    relays: Vec<NodeId>,
    guards: Vec<NodeId>,
    storers: Vec<StorerRef>,
}

/// Roles.
impl View {
    /// Fresh nodes that may be relays.
    #[must_use]
    pub fn relays(&self, now: Now) -> Vec<NodeId> {
        self.fresh_of(now, self.roster.as_ref().map(|roster| &roster.relays), Role::Relay)
    }

    /// Fresh nodes that may be guards.
    #[must_use]
    pub fn guards(&self, now: Now) -> Vec<NodeId> {
        self.fresh_of(now, self.roster.as_ref().map(|roster| &roster.guards), Role::Guard)
    }

    /// The storers of today, fresh or not. This node is among them once it has [its own
    /// descriptor](Self::set_own) and is eligible.
    #[must_use]
    pub fn storers(&self, now: Now) -> Vec<StorerRef> {
        let roster = self.roster.as_ref();
        roster.map_or_else(|| self.storers_of(now, now.wall.day()), |roster| roster.storers.clone())
    }

    /// The storers of a day: see [`placement::days_to_ask`].
    #[must_use]
    pub fn storers_of(&self, now: Now, day: Day) -> Vec<StorerRef> {
        let holders = self.holders(Role::Storer, now, placement::moment(self.rules.placement, now.wall, day));
        let net16 = |entry| self.listed_at(entry).first().map(Address::net16);
        holders.into_iter().map(|entry| StorerRef::new(entry.id(), net16(entry))).collect()
    }

    /// Makes a new roster, where the rules need one and the old one is too old.
    pub(super) fn call_roster(&mut self, now: Now) {
        let needed = self.rules.roles != RoleRules::Everyone || self.rules.caps != CapRules::Open;
        let recent = self.roster.as_ref().is_some_and(|roster| now.mono.since(roster.made) < ROSTER_AGE);
        if needed && !recent {
            let others = |role| self.others(role, now);
            self.roster = Some(Roster {
                made: now.mono,
                relays: others(Role::Relay),
                guards: others(Role::Guard),
                storers: self.storers_of(now, now.wall.day()),
            });
        }
    }

    fn fresh_of(&self, now: Now, roster: Option<&Vec<NodeId>>, role: Role) -> Vec<NodeId> {
        let mut nodes = roster.cloned().unwrap_or_else(|| self.others(role, now));
        nodes.retain(|node| self.is_fresh(now, node));
        nodes
    }

    fn others(&self, role: Role, now: Now) -> Vec<NodeId> {
        self.holders(role, now, now.wall).into_iter().map(Entry::id).filter(|node| *node != self.me).collect()
    }

    /// Present nodes that hold a role by what was known at a moment, those preferred first; this
    /// node is measured like any other.
    ///
    /// Caps are applied before freshness is asked: otherwise whoever silences the oldest of a subnet
    /// chooses who takes its place.
    fn holders(&self, role: Role, now: Now, at: Wall) -> Vec<&Entry> {
        let mut members: Vec<&Entry> = self.present(now).chain(self.own.as_ref()).collect();
        let population = members.len();
        // A node that joined since then knows of nobody that early, and goes by what it knows.
        let at = if members.iter().any(|entry| entry.first_seen().wall <= at) { at } else { now.wall };
        members.retain(|entry| entry.first_seen().wall <= at);
        members.sort_unstable_by_key(|entry| (seen_on(entry), entry.id()));
        let standings = standings(&members, at);
        let seasoned = standings.iter().filter(|standing| roles::is_seasoned_storer(standing, &self.rules));
        let seasoned = Population { seasoned_storers: seasoned.count() };
        let eligible = members.into_iter().zip(&standings);
        let eligible = eligible.filter(|(_, standing)| roles::eligible(role, standing, &seasoned, &self.rules));
        let candidates: Vec<Candidate<'_>> =
            eligible.map(|(entry, _)| Candidate { id: entry.id(), addresses: self.listed_at(entry) }).collect();
        let chosen = caps::select(&candidates, population, self.rules.caps);
        let own = |node: &NodeId| self.own.as_ref().filter(|own| own.id() == *node);
        chosen.iter().filter_map(|node| self.get(node).or_else(|| own(node))).collect()
    }

    /// The addresses that a node counts for in caps and diversity: its own, or those of its first
    /// known host.
    fn listed_at<'a>(&'a self, entry: &'a Entry) -> &'a [Address] {
        let reach = &entry.descriptor().fields().reach;
        let host = || reach.hosts().iter().find_map(|host| self.get(host));
        match reach.addresses() {
            [] => host().map_or(&[], |host| host.descriptor().fields().reach.addresses()),
            addresses => addresses,
        }
    }
}

/// Age is counted in days where nodes are compared: views that differ by minutes then agree.
fn seen_on(entry: &Entry) -> Day {
    entry.first_seen().wall.day()
}

/// The standings of members sorted oldest first.
fn standings(members: &[&Entry], at: Wall) -> Vec<Standing> {
    let mut older = 0;
    members
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            if index > 0 && seen_on(members[index - 1]) < seen_on(entry) {
                older = index;
            }
            Standing {
                age: entry.age(at),
                presence: entry.presence(at),
                age_rank: older as f64 / members.len() as f64,
                reachability: entry.descriptor().fields().reach.reachability(),
            }
        })
        .collect()
}
