//! Dummy reads: requests for blocks that nobody has, which nobody waits for [dummy traffic in mixnets].
//!
//! A dummy is a real read of a random locator: guard, two relays, the locator's first storer and back by a reply
//! block. On the line and to the guard it has the lengths, the number of packets and the round trip of a read; relays see
//! no more of it; a storer finds a read of something that it does not have, as it finds many. A packet that its last hop
//! dropped in silence would be cheaper by half and worth nothing: the guard sees that no answer comes. One that came back
//! to its sender without a storer would show at the second node that it has a link with. What tells a dummy from a read is
//! what tells *not found* from *found* to whoever is guard and storer at once.
//!
//! There is no second try, and what does not come back counts against nobody.

use std::collections::VecDeque;

use rand::Rng;
use roneo_keys::time::Now;
use roneo_keys::{Locator, SizeClass};
use roneo_packet::SurbId;

use crate::environment::Environment;
use crate::frame::Frame;
use crate::requester::{Saying, Sealed};
use crate::storage_message::{Ask, Stamp};

/// Dummy reads whose answers are still known when they come; those of the oldest beyond count as unknown replies.
pub(crate) const MAX_DUMMIES_OUT: usize = 256;

/// The dummy reads that no answer has come to.
#[derive(Default)]
pub(crate) struct Dummies {
    out: VecDeque<SurbId>,
}

impl Dummies {
    /// Sends one whose answer is as long as one with a block of `class`. `false` where a real request could not leave
    /// now either.
    pub(crate) fn read(&mut self, env: &mut Environment, now: Now, class: SizeClass) -> bool {
        if !env.ready(now) {
            return false;
        }
        let mut bytes = [0; Locator::LEN];
        env.rng.fill_bytes(&mut bytes);
        let locator = Locator::from_bytes(bytes);
        // The one that a reader would ask first.
        let order = env.order(now, &locator);
        let Some(storer) = order.into_iter().find(|node| env.usable(now, node)) else { return false };
        let Some(routes) = env.routes_of_dummy(now, storer) else { return false };
        let saying = Saying { ask: Ask::Get, locator, class, day: now.wall.day(), stamp: Stamp::NONE };
        let Sealed { surb, packet, .. } = saying.seal(env, &routes);
        if self.out.len() >= MAX_DUMMIES_OUT {
            self.out.pop_front();
        }
        self.out.push_back(surb);
        env.send(now.mono, routes.request.first_hop(), &Frame::Packet(packet.into_bytes()));
        true
    }

    /// Whether a reply is the answer to a dummy; it is forgotten then.
    pub(crate) fn answered(&mut self, id: &SurbId) -> bool {
        let place = self.out.iter().position(|out| out == id);
        place.and_then(|place| self.out.remove(place)).is_some()
    }
}
