//! Every number that differs between kinds of network, in one table.
//!
//! Protocol code asks its [`Rules`] and never the kind of network, an address or a peer. The fields
//! are public so that the demo and the simulator can run the same code on a faster clock.

use std::time::Duration;

use roneo_keys::NetworkKind;
use roneo_social::Effort;

use crate::quanta::ReadCount;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Whether nodes that share a /16 (v6: /32) may stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Diversity {
    /// They may: everything on a bench shares one.
    Relaxed,
    /// Not in one path, and in a placement only once every /16 has had its turn.
    Strict,
}

/// Which addresses a descriptor may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressScope {
    /// Any, loopback and private ones included.
    Any,
    /// Only such as the whole internet routes: anything else would have nodes dial into the local
    /// network of whoever reads the descriptor.
    Public,
}

/// What makes a node a relay, a guard or a storer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RoleRules {
    /// Every node that can be all three is all three.
    Everyone,
    /// A role is earned by staying.
    Seniority(Seniority),
}

/// Thresholds of [`RoleRules::Seniority`]. A share such as 0.75 stands for "in the older 3/4".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seniority {
    /// A relay is at least this old ...
    pub relay_age: Duration,
    /// ... or among this older share of the nodes.
    pub relay_share: f64,
    /// A guard is at least this old ...
    pub guard_age: Duration,
    /// ... or among this older share of the nodes.
    pub guard_share: f64,
    /// A storer is at least this old ...
    pub storer_age: Duration,
    /// ... and was there in this share of its hours.
    pub storer_presence: f64,
    /// Where fewer such storers exist than this ...
    pub storers_wanted: usize,
    /// ... this older share of the nodes store.
    pub storer_share: f64,
}

/// How many nodes of one subnet may have a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapRules {
    /// As many as there are.
    Open,
    /// Only the oldest of each subnet.
    PerSubnet {
        /// Per /24 (v6: /48).
        net24: usize,
        /// Per /16 (v6: /32).
        net16: usize,
        /// In a network of fewer nodes the caps only order preference: a union hall behind one
        /// address must be able to start.
        binding_from: usize,
    },
}

/// Which moment's storers the copies of a block are placed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacementSet {
    /// Those of now.
    Moment,
    /// Those that were eligible when the day began, so that everybody computes the same order.
    Day,
}

/// Whether a storer asks for work before it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prices {
    /// It never does: buckets are open.
    Never,
    /// It does as its load says: [`Price::of_load`](crate::Price::of_load).
    ByLoad,
}

/// The rules of a network. Start from [`Rules::of`]; change single fields for a bench.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// A node reveals one more element of its pulse chain this often. Whole seconds.
    pub pulse_every: Duration,
    /// Elements of a chain. Nodes put a new chain into their descriptor before one runs out.
    pub pulse_chain: u32,
    /// How far ahead of the own calendar a pulse may be.
    pub pulse_tolerance: Duration,
    /// Paths use nodes heard within this time.
    pub path_fresh: Duration,
    /// A node silent for this long counts as gone and is forgotten.
    pub gone_after: Duration,
    /// A node whose link closed or could not be opened, or through which two paths were silent, is passed over this long.
    pub set_aside: Duration,
    /// Wait for the first answer of a storer, before round trips are measured.
    pub first_wait: Duration,
    /// Wait beyond that for a storer that hands copies on before it signs its receipt.
    pub handover_wait: Duration,
    /// The second guard serves once the first has been silent for this long.
    pub guard_silence: Duration,
    /// A guard that has been silent for this long is forgotten.
    pub guard_dormant: Duration,
    /// Time between two rounds of set reconciliation.
    pub gossip_every: Duration,
    /// Diversity of paths and placement.
    pub diversity: Diversity,
    /// Addresses that descriptors may name.
    pub addresses: AddressScope,
    /// Valid witness signatures without which a descriptor does not enter the view, at most
    /// [`MAX_WITNESSES`](crate::descriptor::MAX_WITNESSES).
    pub witnesses_required: u8,
    /// Who may be relay, guard and storer.
    pub roles: RoleRules,
    /// How many of one subnet may.
    pub caps: CapRules,
    /// Which moment's storers count.
    pub placement: PlacementSet,
    /// Packets per second that a guard takes from each of its clients; `None` for no limit.
    pub guard_client_rate: Option<u32>,
    /// The work without which no storer takes an announcement.
    pub announcement_floor: Effort,
    /// Mean time between two small packets from a client to its guard while the client has less to say; `None` where
    /// silence may be seen.
    pub padding: Option<Duration>,
    /// Whether the number of blocks read of an object may be seen.
    pub read_count: ReadCount,
    /// Whether storers ask for stamps.
    pub prices: Prices,
}

impl Rules {
    /// One machine or one bench: quick clocks, and every rule that needs many machines relaxed.
    pub const LOCAL: Self = Self {
        pulse_every: Duration::from_secs(10),
        pulse_chain: 8_640,
        pulse_tolerance: Duration::from_secs(10),
        path_fresh: Duration::from_secs(30),
        gone_after: Duration::from_secs(10 * 60),
        set_aside: Duration::from_secs(10 * 60),
        first_wait: Duration::from_secs(2),
        handover_wait: Duration::from_secs(10),
        guard_silence: Duration::from_secs(10),
        guard_dormant: Duration::from_secs(14 * DAY.as_secs()),
        gossip_every: Duration::from_secs(5),
        diversity: Diversity::Relaxed,
        addresses: AddressScope::Any,
        witnesses_required: 0,
        roles: RoleRules::Everyone,
        caps: CapRules::Open,
        placement: PlacementSet::Moment,
        guard_client_rate: None,
        announcement_floor: Effort::TRIAL,
        // Nobody is protected by it here; but what runs on a bench is what runs elsewhere, and 24 nodes take 1 % of two
        // cores for it.
        padding: Some(Duration::from_secs(5)),
        // A file of 1 MiB would be 48 reads in place of 34, on machines that are all one.
        read_count: ReadCount::Exact,
        prices: Prices::Never,
    };

    /// The real thing.
    pub const PUBLIC: Self = Self {
        pulse_every: HOUR,
        // Two days: descriptors are signed anew every day and are stale after two.
        pulse_chain: 48,
        pulse_tolerance: Duration::from_secs(10 * 60),
        path_fresh: Duration::from_secs(2 * HOUR.as_secs()),
        gone_after: Duration::from_secs(72 * HOUR.as_secs()),
        set_aside: Duration::from_secs(10 * 60),
        first_wait: Duration::from_secs(8),
        handover_wait: Duration::from_secs(10),
        guard_silence: Duration::from_secs(5 * 60),
        guard_dormant: Duration::from_secs(14 * DAY.as_secs()),
        gossip_every: MINUTE,
        diversity: Diversity::Strict,
        addresses: AddressScope::Public,
        witnesses_required: 3,
        roles: RoleRules::Seniority(Seniority {
            relay_age: DAY,
            relay_share: 0.75,
            guard_age: Duration::from_secs(14 * DAY.as_secs()),
            guard_share: 0.5,
            storer_age: Duration::from_secs(7 * DAY.as_secs()),
            storer_presence: 0.5,
            storers_wanted: 100,
            storer_share: 0.75,
        }),
        caps: CapRules::PerSubnet { net24: 2, net16: 8, binding_from: 200 },
        placement: PlacementSet::Day,
        guard_client_rate: Some(8),
        announcement_floor: Effort::REPLY.without_beacon(),
        padding: Some(Duration::from_secs(5)),
        read_count: ReadCount::Rounded,
        prices: Prices::ByLoad,
    };

    /// The rules of a kind of network.
    #[must_use]
    pub const fn of(kind: NetworkKind) -> Self {
        match kind {
            NetworkKind::Local => Self::LOCAL,
            NetworkKind::Public => Self::PUBLIC,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are part of the protocol: nodes that differ in them disagree about who stores
    /// what. Written out a second time on purpose.
    #[test]
    fn both_tables() {
        let seconds = |rules: Rules| {
            [
                rules.pulse_every,
                rules.pulse_tolerance,
                rules.path_fresh,
                rules.gone_after,
                rules.set_aside,
                rules.first_wait,
                rules.handover_wait,
                rules.guard_silence,
                rules.guard_dormant,
                rules.gossip_every,
            ]
            .map(|duration| duration.as_secs())
        };
        let local = Rules::of(NetworkKind::Local);
        assert_eq!(seconds(local), [10, 10, 30, 600, 600, 2, 10, 10, 1_209_600, 5]);
        assert_eq!((local.diversity, local.addresses), (Diversity::Relaxed, AddressScope::Any));
        assert_eq!((local.roles, local.caps), (RoleRules::Everyone, CapRules::Open));
        assert_eq!((local.witnesses_required, local.pulse_chain), (0, 8_640));
        assert_eq!((local.placement, local.guard_client_rate), (PlacementSet::Moment, None));
        assert_eq!((local.announcement_floor.get(), local.padding), (16, Some(Duration::from_secs(5))));

        assert_eq!((local.read_count, local.prices), (ReadCount::Exact, Prices::Never));

        let public = Rules::of(NetworkKind::Public);
        assert_eq!(seconds(public), [3_600, 600, 7_200, 259_200, 600, 8, 10, 300, 1_209_600, 60]);
        assert_eq!((public.diversity, public.addresses), (Diversity::Strict, AddressScope::Public));
        assert_eq!(public.caps, CapRules::PerSubnet { net24: 2, net16: 8, binding_from: 200 });
        assert_eq!((public.witnesses_required, public.pulse_chain), (3, 48));
        assert_eq!((public.placement, public.guard_client_rate), (PlacementSet::Day, Some(8)));
        assert_eq!((public.announcement_floor.get(), public.padding), (4_096, Some(Duration::from_secs(5))));
        assert_eq!((public.read_count, public.prices), (ReadCount::Rounded, Prices::ByLoad));
    }

    #[test]
    fn the_clocks_of_a_table_fit_each_other() {
        for rules in [Rules::LOCAL, Rules::PUBLIC] {
            assert!(rules.path_fresh >= 2 * rules.pulse_every, "one lost pulse must not end a path");
            assert!(rules.gone_after > rules.path_fresh);
            assert!(rules.guard_dormant > rules.guard_silence);
            assert!(rules.pulse_every * rules.pulse_chain >= DAY, "a chain outlasts its descriptor");
            assert_eq!(rules.pulse_every.subsec_nanos(), 0);
        }
    }
}
