//! What the parts of the overlay share: who the node is, whom it sees, and the way out.

use std::collections::VecDeque;
use std::time::Duration;

use rand::{Rng, RngExt};
use rand_chacha::ChaCha20Rng;
use roneo_keys::time::{Mono, Now};
use roneo_keys::{Block, Locator, NodeId, NodeSecret, SizeClass};
use roneo_packet::{Hop, KeyRing, PacketPublic, Route};

use crate::counters::Counters;
use crate::defences::Defences;
use crate::frame::Frame;
use crate::guard::{FirstHop, GuardSet, Presence};
use crate::links::{Links, Offer};
use crate::path::{Ends, NODES_NEEDED, PathPolicy, Relay};
use crate::placement;
use crate::rules::Diversity;
use crate::timers::Timers;
use crate::view::{Entry, View};
use crate::{Address, Rules};

/// Names one question to the datastore; its answer repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreOp(pub u64);

/// Names one stamp to be made; its answer repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SolveId(pub u64);

/// What became of a block handed to the datastore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// On disk, durably.
    Kept,
    /// No slot is free.
    Full,
    /// The disk failed. The node says so in its status; the asker is told *full*.
    Failed,
}

/// The part a node plays in one event of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordRole {
    /// First or last but one hop of a client's path.
    Guard,
    /// Another hop.
    Relay,
    /// The end of a request's path, or of a hand-over.
    Storer,
    /// The asker, opening an answer.
    User,
}

/// One event of a recording, for development: what this node saw.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordLine {
    /// The part played in it.
    pub role: RecordRole,
    /// `packet`, `request`, `answer` or `handover`.
    pub kind: &'static str,
    /// The previous hop.
    pub from: NodeId,
    /// The next hop, of a packet passed on.
    pub to: Option<NodeId>,
    /// Bytes of the packet as it came.
    pub length: usize,
    /// The bytes after unwrapping.
    pub bytes: Vec<u8>,
}

/// What the owner of an [`Overlay`](crate::Overlay) is to do or to know.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Send a frame on the open link to a node. Dropped without a word if the link is gone.
    Send {
        /// To whom.
        to: NodeId,
        /// At most [`MAX_FRAME_LEN`](crate::MAX_FRAME_LEN) bytes.
        frame: Vec<u8>,
    },
    /// Open a link. Answered by `link_up` or `dial_failed`.
    Dial {
        /// To whom.
        peer: NodeId,
        /// Where it says it listens, to be tried in order.
        addresses: Vec<Address>,
    },
    /// Close a link that nobody needs.
    HangUp {
        /// To whom.
        peer: NodeId,
    },
    /// Keep a block. Answered by `stored` once it is durable.
    Store {
        /// Repeated in the answer.
        op: StoreOp,
        /// The key.
        locator: Locator,
        /// The value.
        block: Block,
    },
    /// Look a block up. Answered by `loaded`.
    Load {
        /// Repeated in the answer.
        op: StoreOp,
        /// The key.
        locator: Locator,
    },
    /// Make a stamp: a [`Solver`](roneo_social::Solver) of this challenge, from this nonce, until its first proof. It takes
    /// a core `effort / 200` seconds on the mean, so not where this is polled. Answered by `solved`; only said after
    /// `set_max_price`, and of at most [`MAX_SOLVES`](crate::MAX_SOLVES) stamps at one time.
    Solve {
        /// Repeated in the answer.
        solve: SolveId,
        /// What to work on.
        challenge: roneo_social::Challenge,
        /// How much.
        effort: roneo_social::Effort,
        /// Where to begin; drawn by chance, so that no two who want the same block find the same stamp.
        nonce: u64,
    },
    /// Stop making a stamp; nobody wants it any more. An answer does no harm.
    Unsolve {
        /// Which.
        solve: SolveId,
    },
    /// Something for whoever made a request.
    Event(crate::Event),
    /// Keep these bytes across restarts, written atomically: guards and last known nodes.
    Save(Vec<u8>),
    /// An event for the recording, if one is asked for.
    Record(RecordLine),
}

/// Shared by every part of the overlay. Holds no request and no block.
pub(crate) struct Environment {
    pub(crate) me: NodeId,
    pub(crate) secret: NodeSecret,
    pub(crate) rules: Rules,
    pub(crate) defences: Defences,
    pub(crate) recording: bool,
    pub(crate) view: View,
    pub(crate) guards: GuardSet,
    pub(crate) guards_changed: bool,
    pub(crate) serving_guard: Option<NodeId>,
    pub(crate) links: Links,
    pub(crate) keys: KeyRing,
    pub(crate) counters: Counters,
    pub(crate) timers: Timers,
    /// Small packets of own making sent so far, dummies aside: each stands in for one of the padding.
    pub(crate) small_sent: u64,
    pub(crate) policy: Box<dyn PathPolicy>,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) next_op: u64,
}

/// Why a path could not be drawn now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPath {
    /// Guard or relays are missing: try again a little later.
    Hold,
    /// Nothing is known of the storer.
    UnknownStorer,
}

/// A request's way there and back, with the keys of every hop.
pub(crate) struct Routes {
    pub(crate) request: Route,
    pub(crate) reply: Route,
}

impl Routes {
    /// The nodes that pass this request and its answer on, the guard aside.
    pub(crate) fn relays(&self) -> impl Iterator<Item = NodeId> {
        let request = self.request.hops().iter().skip(1).take(2);
        let reply = self.reply.hops().iter().take(2);
        request.chain(reply).map(|hop| hop.node).collect::<std::collections::BTreeSet<_>>().into_iter()
    }
}

impl Environment {
    /// Nodes that can be used in a path now, this one included.
    pub(crate) fn nodes_usable(&self, now: Now) -> usize {
        self.view.fresh(now).count() + 1
    }

    /// Whether enough nodes are there for any path.
    pub(crate) fn ready(&self, now: Now) -> bool {
        self.nodes_usable(now) >= NODES_NEEDED
    }

    /// The storers of a locator in order, this node among them if it is one.
    pub(crate) fn order(&self, now: Now, locator: &Locator) -> Vec<NodeId> {
        placement::order(locator, &self.view.storers(now), self.rules.diversity)
    }

    /// Whether a node can be asked something now.
    pub(crate) fn usable(&self, now: Now, node: &NodeId) -> bool {
        *node == self.me || self.view.is_fresh(now, node)
    }

    /// Draws the way to a storer and back.
    pub(crate) fn routes(&mut self, now: Now, storer: NodeId) -> Result<Routes, NoPath> {
        let guard = self.first_hop(now, storer)?;
        self.routes_through(now, guard, storer)
    }

    fn relay(&self, node: NodeId) -> Relay {
        let net16 = match self.rules.diversity {
            Diversity::Relaxed => None,
            Diversity::Strict => self.view.get(&node).and_then(Entry::net16),
        };
        Relay { node, net16 }
    }

    fn route(&self, nodes: [NodeId; 4]) -> Result<Route, NoPath> {
        let mut hops = Vec::with_capacity(nodes.len());
        for node in nodes {
            hops.push(Hop { node, key: self.packet_key(&node).ok_or(NoPath::UnknownStorer)? });
        }
        let hops: [Hop; 4] = hops.try_into().map_err(|_| NoPath::Hold)?;
        Route::new(hops).map_err(|_| NoPath::Hold)
    }

    /// The key that a node opens packets with today; a node whose descriptor is from yesterday opens
    /// them with the one it announced for tomorrow.
    fn packet_key(&self, node: &NodeId) -> Option<PacketPublic> {
        if *node == self.me {
            return Some(self.keys.publics().0);
        }
        let fields = self.view.get(node)?.descriptor().fields();
        let [of_its_day, of_the_day_after] = fields.packet_keys;
        Some(if fields.day < self.keys.day() { of_the_day_after } else { of_its_day })
    }

    /// Where a node of the view says it listens.
    pub(crate) fn addresses(&self, node: &NodeId) -> Vec<Address> {
        self.view.get(node).map(|entry| entry.descriptor().fields().reach.addresses().to_vec()).unwrap_or_default()
    }

    /// Draws the way to a storer and back for a request that nobody waits for: it goes where a real one would go now,
    /// and never has a guard sampled.
    pub(crate) fn routes_of_dummy(&mut self, now: Now, storer: NodeId) -> Option<Routes> {
        let FirstHop::Through(guard) = self.sampled_guard(now, storer) else { return None };
        self.routes_through(now, guard, storer).ok()
    }

    fn routes_through(&mut self, now: Now, guard: NodeId, storer: NodeId) -> Result<Routes, NoPath> {
        let relays: Vec<Relay> = self.view.relays(now).into_iter().map(|node| self.relay(node)).collect();
        let ends = Ends { me: self.me, guard: self.relay(guard), storer: self.relay(storer) };
        let pair = self.policy.draw(&ends, &relays, &mut self.rng).ok_or(NoPath::Hold)?;
        Ok(Routes { request: self.route(pair.request)?, reply: self.route(pair.reply)? })
    }

    fn sampled_guard(&mut self, now: Now, storer: NodeId) -> FirstHop {
        let links = &mut self.links;
        self.guards.first_hop(&storer, self.rules.guard_silence, |guard| {
            links.silence(now.mono, guard).map_or(Presence::Linked, Presence::Silent)
        })
    }

    /// The guard for a request to `storer`, sampling one where the set asks for it.
    fn first_hop(&mut self, now: Now, storer: NodeId) -> Result<NodeId, NoPath> {
        loop {
            match self.sampled_guard(now, storer) {
                FirstHop::Through(guard) => {
                    // One that is passed over as the storer of this request serves the next again.
                    if self.serving_guard != Some(storer)
                        && self.serving_guard.replace(guard).is_some_and(|before| before != guard)
                    {
                        self.counters.guard_changes += 1;
                    }
                    return Ok(guard);
                }
                FirstHop::Hold => return Err(NoPath::Hold),
                FirstHop::Sample => {
                    if !self.sample_guard(now) {
                        return Err(NoPath::Hold);
                    }
                }
            }
        }
    }

    /// Samples one guard among the linked nodes that may be one; every one is as likely.
    pub(crate) fn sample_guard(&mut self, now: Now) -> bool {
        let mut candidates = self.view.guards(now);
        candidates.retain(|node| self.links.is_up(node) && !self.guards.contains(node));
        if candidates.is_empty() {
            return false;
        }
        let guard = candidates[self.rng.random_range(0..candidates.len())];
        self.guards.add(guard, now.wall);
        self.guards_changed = true;
        self.send(now.mono, guard, &Frame::GuardClient);
        true
    }

    /// Sends a frame now or once its link is open.
    pub(crate) fn send(&mut self, now: Mono, to: NodeId, frame: &Frame) {
        match self.links.offer(now, to, frame.to_bytes()) {
            Offer::Send(frame) => self.outputs.push_back(Output::Send { to, frame }),
            Offer::Waits => self.dial(now, to),
            Offer::Dropped => self.counters.dropped_unreachable += 1,
        }
    }

    /// Dials a node of the view, unless that is under way or was tried too recently.
    pub(crate) fn dial(&mut self, now: Mono, peer: NodeId) {
        let addresses = self.addresses(&peer);
        if !addresses.is_empty() && self.links.dial(now, peer) {
            self.outputs.push_back(Output::Dial { peer, addresses });
        }
    }

    /// A fresh question to the datastore.
    pub(crate) fn new_op(&mut self) -> StoreOp {
        self.next_op += 1;
        StoreOp(self.next_op)
    }

    /// A moment between half of `period` and one and a half of it, so that nodes started together do
    /// not act together.
    pub(crate) fn jittered(&mut self, period: Duration) -> Duration {
        let micros = u64::try_from(period.as_micros()).unwrap_or(u64::MAX / 2);
        Duration::from_micros(micros / 2 + self.rng.random_range(0..=micros))
    }

    /// `count` different members of `among`, drawn at random.
    pub(crate) fn sample(&mut self, mut among: Vec<NodeId>, count: usize) -> Vec<NodeId> {
        for chosen in 0..count.min(among.len()) {
            let other = self.rng.random_range(chosen..among.len());
            among.swap(chosen, other);
        }
        among.truncate(count);
        among
    }

    pub(crate) fn record(
        &mut self,
        role: RecordRole,
        kind: &'static str,
        from: NodeId,
        to: Option<NodeId>,
        length: usize,
        bytes: &[u8],
    ) {
        if self.recording {
            let line = RecordLine { role, kind, from, to, length, bytes: bytes.to_vec() };
            self.outputs.push_back(Output::Record(line));
        }
    }

    pub(crate) fn random_u32(&mut self) -> u32 {
        self.rng.next_u32()
    }
}

/// The class of packet that a block of this size travels in.
pub(crate) const fn packet_class(class: SizeClass) -> roneo_packet::Class {
    match class {
        SizeClass::Leaf => roneo_packet::Class::Small,
        SizeClass::Block => roneo_packet::Class::Block,
    }
}
