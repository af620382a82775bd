//! Five nodes and the two ways between them: what every story here needs.

use std::ops::Range;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_keys::NodeId;
use roneo_keys::time::{Day, Wall};
use roneo_packet::{Class, Dropped, Hop, KeyRing, Packet, Route, Unwrapped};

/// The morning on which most of these stories happen.
pub(crate) const DAY: Day = Day(20_000);

/// Asker, guard, two relays and a storer, each with a ring of keys.
pub(crate) struct Nodes {
    pub(crate) rings: [KeyRing; 5],
    pub(crate) rng: ChaCha20Rng,
}

pub(crate) const ASKER: usize = 0;
pub(crate) const GUARD: usize = 1;
pub(crate) const NEAR: usize = 2;
pub(crate) const FAR: usize = 3;
pub(crate) const STORER: usize = 4;

/// The way of a request.
pub(crate) const OUT: [usize; 4] = [GUARD, NEAR, FAR, STORER];
/// The way of its answer.
pub(crate) const BACK: [usize; 4] = [FAR, NEAR, GUARD, ASKER];

impl Nodes {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        Self { rings: std::array::from_fn(|_| KeyRing::new(DAY, &mut rng)), rng }
    }

    pub(crate) fn route(&self, path: [usize; 4]) -> Route {
        let hop = |at: usize| Hop { node: id(at), key: self.rings[at].publics().0 };
        Route::new(path.map(hop)).expect("the paths of these stories visit no node twice")
    }

    pub(crate) fn wrap(&mut self, class: Class, payload: &[u8]) -> Packet {
        let route = self.route(OUT);
        roneo_packet::wrap(class, &route, payload, &mut self.rng).expect("it fits")
    }

    pub(crate) fn unwrap(&mut self, at: usize, packet: Packet) -> Result<Unwrapped, Dropped> {
        self.rings[at].unwrap(DAY.start(), packet)
    }

    /// Carries a packet over some of the first three nodes of `path`: each must pass it to the next.
    pub(crate) fn carry(&mut self, path: [usize; 4], hops: Range<usize>, mut packet: Packet) -> Packet {
        for pair in path.windows(2).take(hops.end).skip(hops.start) {
            packet = forwarded(self.unwrap(pair[0], packet), pair[1]);
        }
        packet
    }

    /// Carries a packet to the end of `path`.
    pub(crate) fn deliver(&mut self, path: [usize; 4], packet: Packet) -> Result<Unwrapped, Dropped> {
        let packet = self.carry(path, 0..3, packet);
        self.unwrap(path[3], packet)
    }
}

pub(crate) fn id(at: usize) -> NodeId {
    NodeId::from_bytes([u8::try_from(at).expect("few nodes") + 1; 32])
}

pub(crate) fn hours(hours: u64) -> Wall {
    Wall(DAY.start().0 + hours * 3_600)
}

/// The packet of a [`Unwrapped::Forward`] to `after`.
pub(crate) fn forwarded(unwrapped: Result<Unwrapped, Dropped>, after: usize) -> Packet {
    match unwrapped {
        Ok(Unwrapped::Forward { next, packet, .. }) if next == id(after) => packet,
        other => panic!("expected a packet for node {after}, got {other:?}"),
    }
}

/// The payload of a [`Unwrapped::Request`].
pub(crate) fn requested(unwrapped: Result<Unwrapped, Dropped>) -> Vec<u8> {
    match unwrapped {
        Ok(Unwrapped::Request { payload, .. }) => payload,
        other => panic!("expected a request, got {other:?}"),
    }
}
