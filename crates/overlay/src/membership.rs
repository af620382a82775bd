//! Being one of the network: the own descriptor and pulse, calling nodes, spreading what is new.

use std::collections::BTreeMap;

use rand::Rng;
use roneo_keys::time::{Mono, Now};
use roneo_keys::{NetworkId, NodeId};

use crate::descriptor::{Descriptor, DescriptorFields, Protocols, Reach};
use crate::environment::{Environment, Output};
use crate::frame::Frame;
use crate::gossip::{Gossip, Message};
use crate::neighbours::{self, Week};
use crate::pulse::{Pulse, PulseBudget, PulseChain};
use crate::view::{Admission, Entry, PulseOutcome};
use crate::{Address, Invitation};

/// Nodes to call whose descriptors are not known yet, at most.
pub(crate) const MAX_CONTACTS: usize = 64;
/// Nodes that news is passed on to; the rest learn it by anti-entropy.
const PUSH_TO: usize = 6;
/// Nodes that other nodes' pulses are passed on to.
const PULSES_TO: usize = 4;
/// Pulses that wait to be passed on, at most; the oldest go first.
const MAX_PULSES_WAITING: usize = 2_048;
/// Neighbours dialled in one second, at most.
const DIALS_PER_TICK: usize = 8;
/// The one of two nodes with the greater key gives the other this long to dial first.
const DIAL_COURTESY: std::time::Duration = std::time::Duration::from_secs(3);

/// This node's part in the network's common knowledge.
pub(crate) struct Membership {
    network: NetworkId,
    addresses: Vec<Address>,
    serial: u64,
    descriptor: Descriptor,
    chain: PulseChain,
    gossip: Gossip,
    /// Nodes named by invitations, by the last run or by peer discovery, until their descriptors
    /// come.
    contacts: BTreeMap<NodeId, Vec<Address>>,
    pulses: Vec<Pulse>,
    last_own_pulse: Option<Pulse>,
    pulsed_at: Mono,
}

impl Membership {
    pub(crate) fn new(env: &mut Environment, now: Now, network: NetworkId, addresses: Vec<Address>) -> Self {
        let chain = new_chain(env, now);
        // Serials grow across restarts because the calendar does; hearing a higher one of ourselves
        // mends a clock that was set back.
        let serial = now.wall.0;
        let descriptor = sign(env, now, network, &addresses, serial, &chain);
        Self {
            network,
            addresses,
            serial,
            descriptor,
            chain,
            gossip: Gossip::default(),
            contacts: BTreeMap::new(),
            pulses: Vec::new(),
            last_own_pulse: None,
            pulsed_at: now.mono,
        }
    }

    /// Adds a node that peer discovery met. Strangers name these: they never take the room of nodes
    /// that an invitation or the last run named.
    pub(crate) fn met(&mut self, node: NodeId, addresses: Vec<Address>) {
        if self.contacts.len() < MAX_CONTACTS / 2 {
            self.call([(node, addresses)]);
        }
    }

    /// Adds nodes to call until their descriptors come.
    pub(crate) fn call(&mut self, nodes: impl IntoIterator<Item = (NodeId, Vec<Address>)>) {
        for (node, addresses) in nodes {
            if self.contacts.len() < MAX_CONTACTS || self.contacts.contains_key(&node) {
                self.contacts.insert(node, addresses);
            }
        }
    }

    pub(crate) fn invitation(&self, env: &Environment) -> Invitation {
        let mut nodes = vec![(env.me, self.addresses.clone())];
        let others = env.links.open().map(|peer| (peer, env.addresses(&peer)));
        nodes.extend(others.filter(|(_, addresses)| !addresses.is_empty()).take(2));
        Invitation { network: self.network, nodes }
    }

    /// First words on a new link, and a round of anti-entropy from the node with the smaller key.
    pub(crate) fn greet(&mut self, env: &mut Environment, now: Now, peer: NodeId) {
        env.send(now.mono, peer, &Frame::Hello(self.descriptor.bytes().to_vec()));
        if let Some(pulse) = self.last_own_pulse {
            self.say(env, now, peer, &Message::Pulses(vec![pulse]));
        }
        if env.me < peer {
            let round = self.gossip.start_round(&env.view, &self.descriptor, peer, now);
            self.say(env, now, peer, &round);
        }
    }

    pub(crate) fn hello(&mut self, env: &mut Environment, now: Now, from: NodeId, bytes: &[u8]) {
        match Descriptor::parse(bytes) {
            Ok(descriptor) if descriptor.node() == from => self.admit(env, now, from, descriptor),
            _ => env.counters.descriptors_refused += 1,
        }
    }

    pub(crate) fn gossip(&mut self, env: &mut Environment, now: Now, from: NodeId, bytes: &[u8]) {
        let Ok(message) = Message::from_bytes(bytes) else {
            env.counters.frames_malformed += 1;
            return;
        };
        let handled = self.gossip.handle(&env.view, &self.descriptor, now, from, message);
        if handled.misbehaved {
            env.counters.frames_malformed += 1;
        }
        for reply in handled.replies {
            self.say(env, now, from, &reply);
        }
        for descriptor in handled.descriptors {
            match Descriptor::parse(&descriptor) {
                Ok(descriptor) => self.admit(env, now, from, descriptor),
                Err(_) => env.counters.descriptors_refused += 1,
            }
        }
        let mut budget = PulseBudget::for_message();
        for pulse in handled.pulses {
            self.hear_pulse(env, now, pulse, &mut budget);
        }
    }

    /// A link closed: its rounds of anti-entropy will not be ended.
    pub(crate) fn forget(&mut self, peer: &NodeId) {
        self.gossip.forget(peer);
    }

    /// One round of anti-entropy with one neighbour drawn at random.
    pub(crate) fn round(&mut self, env: &mut Environment, now: Now) {
        let open: Vec<NodeId> = env.links.open().collect();
        for peer in env.sample(open, 1) {
            let round = self.gossip.start_round(&env.view, &self.descriptor, peer, now);
            self.say(env, now, peer, &round);
        }
    }

    /// Signs a new descriptor, after packet keys changed or a chain ran out, and tells everybody.
    pub(crate) fn renew(&mut self, env: &mut Environment, now: Now) {
        self.chain = new_chain(env, now);
        self.serial = (self.serial + 1).max(now.wall.0);
        self.descriptor = sign(env, now, self.network, &self.addresses, self.serial, &self.chain);
        let open: Vec<NodeId> = env.links.open().collect();
        for peer in open {
            env.send(now.mono, peer, &Frame::Hello(self.descriptor.bytes().to_vec()));
        }
    }

    /// Once a second: pulse, pass pulses on, call whom we should be linked to.
    pub(crate) fn upkeep(&mut self, env: &mut Environment, now: Now) {
        if self.chain.is_spent(now.wall) {
            self.renew(env, now);
        }
        let open: Vec<NodeId> = env.links.open().collect();
        self.pulse(env, now, &open);
        if !self.pulses.is_empty() {
            let message = Message::Pulses(std::mem::take(&mut self.pulses));
            for peer in env.sample(open, PULSES_TO) {
                self.say(env, now, peer, &message);
            }
        }
        self.call_contacts(env, now);
        self.call_neighbours(env, now);
    }

    fn pulse(&mut self, env: &mut Environment, now: Now, open: &[NodeId]) {
        let pulse = self.chain.reveal(now.wall);
        if pulse.is_none() || pulse == self.last_own_pulse {
            return;
        }
        (self.last_own_pulse, self.pulsed_at) = (pulse, now.mono);
        if let Some(pulse) = pulse {
            for peer in open {
                self.say(env, now, *peer, &Message::Pulses(vec![pulse]));
            }
        }
    }

    fn hear_pulse(&mut self, env: &mut Environment, now: Now, pulse: Pulse, budget: &mut PulseBudget) {
        if let PulseOutcome::Fresh(_) = env.view.pulse(now, pulse, budget)
            && self.pulses.len() < MAX_PULSES_WAITING
        {
            self.pulses.push(pulse);
        }
    }

    fn admit(&mut self, env: &mut Environment, now: Now, from: NodeId, descriptor: Descriptor) {
        let node = descriptor.node();
        if node == env.me {
            if descriptor.serial() > self.serial {
                self.serial = descriptor.serial();
                self.renew(env, now);
            }
            return;
        }
        let bytes = descriptor.bytes().to_vec();
        match env.view.insert(now, descriptor) {
            Ok(Admission::New | Admission::Newer) => {
                self.contacts.remove(&node);
                if node == from {
                    env.view.heard(now, &node);
                }
                let others: Vec<NodeId> = env.links.open().filter(|peer| *peer != from && *peer != node).collect();
                for peer in env.sample(others, PUSH_TO) {
                    self.say(env, now, peer, &Message::Descriptors(vec![bytes.clone()]));
                }
                if env.me > node {
                    env.links.defer_dial(now.mono, node, DIAL_COURTESY);
                }
            }
            Ok(_) => {}
            Err(_) => env.counters.descriptors_refused += 1,
        }
    }

    fn call_contacts(&mut self, env: &mut Environment, now: Now) {
        for (peer, addresses) in &self.contacts {
            if *peer != env.me && !addresses.is_empty() && env.links.dial(now.mono, *peer) {
                env.outputs.push_back(Output::Dial { peer: *peer, addresses: addresses.clone() });
            }
        }
    }

    fn call_neighbours(&mut self, env: &mut Environment, now: Now) {
        let (nodes, week) = (env.view.len_present(now) + 1, Week::of(now.wall.day()));
        let callable = env.view.callable(now).map(Entry::id);
        let wanted = callable.filter(|peer| {
            let neighbour = neighbours::are_neighbours(&env.me, peer, week, nodes);
            (neighbour || env.guards.contains(peer)) && !env.links.is_up(peer)
        });
        for peer in wanted.take(4 * DIALS_PER_TICK).collect::<Vec<_>>() {
            env.dial(now.mono, peer);
        }
    }

    fn say(&self, env: &mut Environment, now: Now, to: NodeId, message: &Message) {
        env.send(now.mono, to, &Frame::Gossip(message.to_bytes()));
    }
}

fn new_chain(env: &mut Environment, now: Now) -> PulseChain {
    let mut seed = [0; 32];
    env.rng.fill_bytes(&mut seed);
    PulseChain::new(&env.me, seed, now.wall, &env.rules)
}

fn sign(
    env: &mut Environment,
    now: Now,
    network: NetworkId,
    addresses: &[Address],
    serial: u64,
    chain: &PulseChain,
) -> Descriptor {
    let (today, tomorrow) = env.keys.publics();
    let fields = DescriptorFields {
        network,
        serial,
        day: now.wall.day(),
        packet_keys: [today, tomorrow],
        pulse: chain.commitment(),
        protocols: Protocols::OWN,
        reach: Reach::reachable(addresses),
    };
    let descriptor = Descriptor::sign(&env.secret, fields);
    env.view.set_own(now, descriptor.clone());
    descriptor
}
