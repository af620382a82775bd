//! Who keeps a link to whom.
//!
//! Links are a function of two keys and the week, so that an attacker cannot choose whose neighbour
//! to be, and paths that follow them are spread over the whole network.

use roneo_keys::NodeId;
use roneo_keys::time::Day;

/// Up to this many nodes everybody is everybody's neighbour.
pub const FULL_MESH: usize = 128;
/// Neighbours that a node of a larger network has on average, times its size over the power of two.
pub const NEIGHBOURS: u64 = 96;
/// Links kept beside those to neighbours, for the last step to a storer.
pub const LAST_STEP_POOL: usize = 256;
/// Nodes that a guard serves at once.
pub const GUARD_CLIENTS: usize = 64;
/// Links of a node, all kinds together.
pub const LINKS: usize = 512;

/// A week of the network: the number of whole weeks since 1970-01-01, a Thursday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week(pub u32);

impl Week {
    /// The week that a day lies in.
    #[must_use]
    pub const fn of(day: Day) -> Self {
        Self(day.0 / 7)
    }
}

/// Whether two nodes are neighbours this week, in a network of `nodes` nodes. Symmetric; nobody is
/// their own neighbour.
///
/// They are when BLAKE3 (key derivation mode, context `roneo neighbours 1`) of lower key, higher
/// key and week, taken as a fraction, is below 96/N, N being `nodes` rounded to the nearest power of
/// two: so that two nodes whose views differ a little still agree.
#[must_use]
pub fn are_neighbours(a: &NodeId, b: &NodeId, week: Week, nodes: usize) -> bool {
    if a == b || nodes <= FULL_MESH {
        return a != b;
    }
    let mut input = [0; 68];
    input[..32].copy_from_slice(a.min(b).as_bytes());
    input[32..64].copy_from_slice(a.max(b).as_bytes());
    input[64..].copy_from_slice(&week.0.to_le_bytes());
    let hash = blake3::derive_key("roneo neighbours 1", &input);
    let mut head = [0; 8];
    head.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(head) < u64::MAX / nearest_power_of_two(nodes) * NEIGHBOURS
}

/// At least 128, since smaller networks do not ask.
fn nearest_power_of_two(nodes: usize) -> u64 {
    let below = 1u64 << nodes.ilog2();
    if nodes as u64 - below < below / 2 { below } else { below.saturating_mul(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u64) -> NodeId {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&index.to_le_bytes());
        NodeId::from_bytes(bytes)
    }

    #[test]
    fn rounding() {
        let table = [(129, 128), (191, 128), (192, 256), (256, 256), (383, 256), (384, 512), (20_000, 16_384)];
        for (nodes, expected) in table {
            assert_eq!(nearest_power_of_two(nodes), expected, "{nodes}");
        }
    }

    #[test]
    fn a_small_network_is_a_full_mesh() {
        let week = Week::of(Day(20_000));
        assert!((1..128).all(|other| are_neighbours(&id(0), &id(other), week, FULL_MESH)));
        assert!(!are_neighbours(&id(0), &id(0), week, FULL_MESH));
        assert!(!are_neighbours(&id(0), &id(0), week, 5_000));
    }

    #[test]
    fn a_large_one_has_about_96_each_and_others_next_week() {
        for nodes in [129, 1_000, 4_096, 20_000] {
            let neighbours = |week| -> Vec<u64> {
                (1..nodes).filter(|&other| are_neighbours(&id(0), &id(other), Week(week), nodes as usize)).collect()
            };
            let (this, next) = (neighbours(7), neighbours(8));
            assert!((50..190).contains(&this.len()), "{} of {nodes}", this.len());
            assert!(this != next, "{nodes}");
            assert!(this.len() < LINKS - LAST_STEP_POOL);
            let symmetric = |&other: &u64| are_neighbours(&id(other), &id(0), Week(7), nodes as usize);
            assert!(this.iter().all(symmetric));
        }
    }
}
