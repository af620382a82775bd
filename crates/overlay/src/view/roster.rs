use std::time::Duration;

use roneo_keys::NodeId;
use roneo_keys::time::{Day, Mono, Now, Wall};

use super::{Entry, View};
use crate::address::Address;
use crate::caps;
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
        let at = placement::moment(self.rules.placement, now.wall, day);
        self.holders(Role::Storer, &self.census(now, at)).into_iter().map(|entry| self.storer_ref(entry)).collect()
    }

    fn storer_ref(&self, entry: &Entry) -> StorerRef {
        StorerRef::at(entry.id(), entry.location(), self.listed_at(entry).first().map(Address::net16))
    }

    /// Makes a new roster, where the rules need one and the old one is too old.
    pub(super) fn call_roster(&mut self, now: Now) {
        let recent = self.roster.as_ref().is_some_and(|roster| now.mono.since(roster.made) < ROSTER_AGE);
        if self.everybody_holds_every_role() || recent {
            return;
        }
        let census = self.census(now, now.wall);
        let relays = self.others(Role::Relay, &census);
        let guards = self.others(Role::Guard, &census);
        let storers = self.storers_of(now, now.wall.day());
        self.roster = Some(Roster { made: now.mono, relays, guards, storers });
    }

    fn everybody_holds_every_role(&self) -> bool {
        self.rules.roles == RoleRules::Everyone && self.rules.caps == CapRules::Open
    }

    fn fresh_of(&self, now: Now, roster: Option<&Vec<NodeId>>, role: Role) -> Vec<NodeId> {
        let nodes = roster.cloned().unwrap_or_else(|| self.others(role, &self.census(now, now.wall)));
        nodes.into_iter().filter(|node| self.is_fresh(now, node)).collect()
    }

    fn others(&self, role: Role, census: &[(&Entry, Standing)]) -> Vec<NodeId> {
        self.holders(role, census).into_iter().map(Entry::id).filter(|node| *node != self.me).collect()
    }

    /// Present nodes, this one among them and measured like any other, with their standing at a
    /// moment: oldest first, then by id.
    fn census(&self, now: Now, at: Wall) -> Vec<(&Entry, Standing)> {
        let mut members: Vec<&Entry> = self.present(now).collect();
        if let Some(own) = &self.own {
            let place = members.partition_point(|entry| entry.id() < own.id());
            members.insert(place, own);
        }
        // A node that joined since then knows of nobody that early, and goes by what it knows.
        let at = if members.iter().any(|entry| entry.first_seen().wall <= at) { at } else { now.wall };
        if !self.everybody_holds_every_role() {
            members.retain(|entry| entry.first_seen().wall <= at);
            // Stable: the view iterates by id.
            members.sort_by_key(|entry| seen_on(entry));
        }
        let standings = standings(&members, at);
        members.into_iter().zip(standings).collect()
    }

    /// Who of a census holds a role, those preferred first.
    ///
    /// Caps are applied before anybody asks for freshness: otherwise whoever silences the oldest of
    /// a subnet chooses who takes its place.
    fn holders<'a>(&'a self, role: Role, census: &[(&'a Entry, Standing)]) -> Vec<&'a Entry> {
        let seasoned = census.iter().filter(|(_, standing)| roles::is_seasoned_storer(standing, &self.rules)).count();
        let population = Population { seasoned_storers: seasoned };
        let eligible = census.iter().filter(|(_, standing)| roles::eligible(role, standing, &population, &self.rules));
        let eligible: Vec<&Entry> = eligible.map(|(entry, _)| *entry).collect();
        let listed: Vec<&[Address]> = eligible.iter().map(|entry| self.listed_at(entry)).collect();
        let chosen = caps::select(&listed, census.len(), self.rules.caps);
        chosen.into_iter().map(|index| eligible[index]).collect()
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
