//! Which storers hold a block: computed by everybody alike from view and locator, never asked for.

use roneo_keys::time::{Day, Now, Wall};
use roneo_keys::{Locator, NodeId};

use crate::address::Net16;
use crate::rules::{Diversity, PlacementSet};

/// Storers nearest a locator by XOR that are taken into account. XOR alone would put the shards of
/// a segment on too few nodes of a small network; hashing among this many spreads them evenly.
pub const NEAREST: usize = 64;

/// Both days' storers are asked within this many seconds of midnight.
pub const MIDNIGHT_OVERLAP_S: u64 = 2 * 3_600;

/// A storer as placement sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorerRef {
    id: NodeId,
    location: [u8; 32],
    net16: Option<Net16>,
}

impl StorerRef {
    /// A storer; `net16` is the /16 of its first address, where it has one.
    #[must_use]
    pub fn new(id: NodeId, net16: Option<Net16>) -> Self {
        Self { id, location: id.location(), net16 }
    }

    /// The node.
    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The /16 (v6: /32) that it counts for.
    #[must_use]
    pub const fn net16(&self) -> Option<Net16> {
        self.net16
    }
}

/// The storers of a block, first holder first: at most [`NEAREST`] of `storers`, in whatever order
/// those are given.
///
/// Among the nearest by XOR of location and locator the order is that of BLAKE3(locator, node key).
/// With [`Diversity::Strict`] the first of every /16 come before the second of any, and so on; a
/// storer of unknown /16 counts as one of its own.
#[must_use]
pub fn order(locator: &Locator, storers: &[StorerRef], diversity: Diversity) -> Vec<NodeId> {
    let mut ranked: Vec<Ranked<'_>> =
        nearest(locator, storers).into_iter().map(|storer| Ranked { key: key(locator, &storer.id), storer }).collect();
    ranked.sort_unstable_by_key(|ranked| (ranked.key, ranked.storer.id));
    if diversity == Diversity::Strict {
        ranked = one_per_net_first(ranked);
    }
    ranked.into_iter().map(|ranked| ranked.storer.id).collect()
}

/// The rank of `node` among the storers of a block, 0 for the first; `None` where it is not one.
#[must_use]
pub fn rank_of(node: &NodeId, locator: &Locator, storers: &[StorerRef], diversity: Diversity) -> Option<usize> {
    order(locator, storers, diversity).iter().position(|storer| storer == node)
}

/// The moment whose eligible nodes are the storers of `day`.
#[must_use]
pub fn moment(set: PlacementSet, now: Wall, day: Day) -> Wall {
    match set {
        PlacementSet::Moment => now,
        PlacementSet::Day => day.start(),
    }
}

/// The days whose storers may hold what is looked for now, today first: yesterday's too just after
/// midnight and tomorrow's just before it, because clocks differ and hand-off takes time.
#[must_use]
pub fn days_to_ask(set: PlacementSet, now: Now) -> Vec<Day> {
    let today = now.wall.day();
    if set == PlacementSet::Moment {
        return vec![today];
    }
    let since_midnight = now.wall.0.saturating_sub(today.start().0);
    let until_midnight = today.next().start().0.saturating_sub(now.wall.0);
    if since_midnight < MIDNIGHT_OVERLAP_S {
        vec![today, today.previous()]
    } else if until_midnight <= MIDNIGHT_OVERLAP_S {
        vec![today, today.next()]
    } else {
        vec![today]
    }
}

struct Ranked<'a> {
    key: [u8; 32],
    storer: &'a StorerRef,
}

fn nearest<'a>(locator: &Locator, storers: &'a [StorerRef]) -> Vec<&'a StorerRef> {
    let mut nearest: Vec<&StorerRef> = storers.iter().collect();
    if nearest.len() > NEAREST {
        nearest.select_nth_unstable_by_key(NEAREST - 1, |storer| distance(locator, storer));
        nearest.truncate(NEAREST);
    }
    nearest
}

fn distance(locator: &Locator, storer: &StorerRef) -> [u8; 32] {
    let locator = locator.as_bytes();
    std::array::from_fn(|index| locator[index] ^ storer.location[index])
}

fn key(locator: &Locator, node: &NodeId) -> [u8; 32] {
    let mut input = [0; 64];
    input[..32].copy_from_slice(locator.as_bytes());
    input[32..].copy_from_slice(node.as_bytes());
    *blake3::hash(&input).as_bytes()
}

/// A stable sort by how many of the same /16 stand before.
fn one_per_net_first(ranked: Vec<Ranked<'_>>) -> Vec<Ranked<'_>> {
    let mut seen: Vec<Net16> = Vec::with_capacity(ranked.len());
    let mut turns: Vec<(usize, Ranked<'_>)> = ranked
        .into_iter()
        .map(|ranked| {
            let turn = ranked.storer.net16.map_or(0, |net| {
                seen.push(net);
                seen.iter().filter(|&&earlier| earlier == net).count() - 1
            });
            (turn, ranked)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    turns.into_iter().map(|(_, ranked)| ranked).collect()
}
