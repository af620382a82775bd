//! Which nodes a request and its answer travel through.

use std::fmt;

use rand::{Rng, RngExt};
use roneo_keys::NodeId;

use crate::address::Net16;

/// Nodes that a path needs, the sender included: it never visits one twice.
pub const NODES_NEEDED: usize = 5;

/// A node that may serve as relay at this moment, with what diversity asks to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relay {
    /// Which node.
    pub node: NodeId,
    /// Its /16 (IPv6: /32), where diversity counts; nodes without one never clash.
    pub net16: Option<Net16>,
}

/// The ends of a path, fixed before its relays are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// The sender.
    pub me: NodeId,
    /// The guard, first hop of the request and last but one of the answer.
    pub guard: Relay,
    /// The storer; may be the sender itself.
    pub storer: Relay,
}

/// The nodes of one request and of its answer, in order of travel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PathPair {
    /// Guard, relay, relay, storer.
    pub request: [NodeId; 4],
    /// Relay, relay, guard, sender.
    pub reply: [NodeId; 4],
}

impl fmt::Debug for PathPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PathPair(…)")
    }
}

/// Draws paths. A mode of the network is one of these and a timing policy, over one packet format.
pub trait PathPolicy: fmt::Debug + Send {
    /// Draws the relays of a request and its answer among `relays`, or nothing where these are too
    /// few. No node stands twice on a path; the sender and both ends are never relays.
    fn draw(&self, ends: &Ends, relays: &[Relay], rng: &mut dyn Rng) -> Option<PathPair>;
}

/// Standard mode: a pinned guard and two relays drawn afresh for every path, each as likely as any
/// other. The answer prefers relays that the request did not use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standard;

impl PathPolicy for Standard {
    fn draw(&self, ends: &Ends, relays: &[Relay], rng: &mut dyn Rng) -> Option<PathPair> {
        let mut candidates: Vec<Relay> = relays
            .iter()
            .filter(|relay| ![ends.me, ends.guard.node, ends.storer.node].contains(&relay.node))
            .copied()
            .collect();
        shuffle(&mut candidates, rng);
        let request = pair(&candidates, ends, &[])?;
        let reply = pair(&candidates, ends, &request).unwrap_or([request[1], request[0]]);
        Some(PathPair {
            request: [ends.guard.node, request[0].node, request[1].node, ends.storer.node],
            reply: [reply[0].node, reply[1].node, ends.guard.node, ends.me],
        })
    }
}

/// The first two candidates that clash neither with the ends nor with each other.
fn pair(candidates: &[Relay], ends: &Ends, used: &[Relay]) -> Option<[Relay; 2]> {
    let mut free = candidates
        .iter()
        .filter(|relay| !used.contains(relay) && !clash(relay, &ends.guard) && !clash(relay, &ends.storer));
    let first = *free.next()?;
    let second = *free.find(|relay| !clash(relay, &first))?;
    Some([first, second])
}

fn clash(one: &Relay, other: &Relay) -> bool {
    one.net16.is_some() && one.net16 == other.net16
}

/// Fisher and Yates; `rand`'s own shuffle wants a sized generator.
fn shuffle<T>(items: &mut [T], rng: &mut dyn Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, rng.random_range(0..=last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;
    use std::collections::BTreeSet;

    fn relay(byte: u8, net: Option<u8>) -> Relay {
        let net16 = net.map(|net| {
            let socket = format!("10.{net}.0.1:4040").parse().unwrap();
            crate::Address::tcp(socket).unwrap().net16()
        });
        Relay { node: NodeId::from_bytes([byte; 32]), net16 }
    }

    fn ends(storer: u8) -> Ends {
        Ends { me: relay(0, None).node, guard: relay(1, None), storer: relay(storer, None) }
    }

    fn relays(count: u8) -> Vec<Relay> {
        (0..count).map(|byte| relay(byte, None)).collect()
    }

    #[test]
    fn a_path_never_visits_a_node_twice() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for count in 5..12 {
            for _ in 0..200 {
                let pair = Standard.draw(&ends(2), &relays(count), &mut rng).unwrap();
                let request: BTreeSet<_> = pair.request.into_iter().chain([ends(2).me]).collect();
                let reply: BTreeSet<_> = pair.reply.into_iter().chain([ends(2).storer.node]).collect();
                assert_eq!((request.len(), reply.len()), (5, 5));
                assert_eq!(pair.request[0], pair.reply[2]);
                assert_eq!(pair.reply[3], ends(2).me);
            }
        }
    }

    #[test]
    fn four_nodes_are_too_few_and_five_are_enough() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        assert_eq!(Standard.draw(&ends(2), &relays(4), &mut rng), None);
        let pair = Standard.draw(&ends(2), &relays(NODES_NEEDED as u8), &mut rng).unwrap();
        assert_eq!([pair.request[1], pair.request[2]], [pair.reply[1], pair.reply[0]], "the other order");
    }

    #[test]
    fn a_path_may_end_at_its_sender() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let pair = Standard.draw(&ends(0), &relays(5), &mut rng).unwrap();
        assert_eq!((pair.request[3], pair.reply[3]), (ends(0).me, ends(0).me));
        assert!(!pair.request[..3].contains(&ends(0).me));
    }

    #[test]
    fn no_two_nodes_of_a_path_share_a_16() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let ends = Ends { me: relay(0, Some(0)).node, guard: relay(1, Some(1)), storer: relay(2, Some(2)) };
        let crowded: Vec<_> = (3..40).map(|byte| relay(byte, Some(byte % 3))).collect();
        assert_eq!(Standard.draw(&ends, &crowded, &mut rng), None, "one free /16 gives one relay");
        let wide: Vec<_> = (3..40).map(|byte| relay(byte, Some(byte % 5))).collect();
        for _ in 0..100 {
            let pair = Standard.draw(&ends, &wide, &mut rng).unwrap();
            let nets: BTreeSet<_> = pair.request[1..3].iter().map(|id| id.as_bytes()[0] % 5).collect();
            assert_eq!(nets.len(), 2);
            assert!(!nets.contains(&1) && !nets.contains(&2));
        }
    }

    #[test]
    fn every_relay_is_as_likely() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let mut uses = [0u32; 12];
        for _ in 0..5_000 {
            for id in &Standard.draw(&ends(2), &relays(12), &mut rng).unwrap().request[1..3] {
                uses[usize::from(id.as_bytes()[0])] += 1;
            }
        }
        // 10,000 uses over 9 relays: mean 1,111, standard deviation about 31.
        assert!(uses[3..].iter().all(|uses| (950..1_270).contains(uses)), "{uses:?}");
    }
}
