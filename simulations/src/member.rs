//! One node of a simulated network: the production core, and what a machine gives it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use roneo_client::Core;
use roneo_client::handle::{Gathered, JobId};
use roneo_keys::time::{Mono, Now};
use roneo_keys::{Block, Locator, NetworkId, NetworkKind, NodeId, NodeSecret};
use roneo_overlay::{Address, Invitation, OverlayConfig, RecordLine, RequestId, Stored};

use crate::random::{self, Purpose};
use crate::scenario::Scenario;
use crate::shelf::Shelf;

/// The network that every simulated node is of.
pub const NETWORK: NetworkId = NetworkId { kind: NetworkKind::Local, tag: *b"simulate" };

/// How a node treats the others. Whatever it is, its core is the production code: what differs is
/// what its machine does with the core's wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Honest,
    /// Keeps what it is given and answers reads with other bytes, of the right length where it can.
    Liar,
    /// Holds links, tells who it is and gossips, and drops every packet.
    Mute,
    /// Signs receipts and keeps nothing.
    Forgetful,
}

/// Whether a machine runs its node, and what it says to callers if not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    /// The node runs.
    Running,
    /// The machine is up and refuses calls.
    Stopped,
    /// Calls hear nothing.
    Off,
}

/// A frame that a tapped node sent or received.
#[derive(Clone, PartialEq, Eq)]
pub struct Tapped {
    /// When it left the sender or reached the receiver: whichever of the two is tapped.
    pub at: Mono,
    /// Number of the sender.
    pub from: usize,
    /// Number of the receiver.
    pub to: usize,
    /// The whole frame.
    pub frame: Vec<u8>,
}

pub(crate) struct Member {
    pub(crate) number: usize,
    pub(crate) id: NodeId,
    secret: NodeSecret,
    pub(crate) address: Address,
    pub(crate) core: Option<Core>,
    pub(crate) power: Power,
    /// Starts so far: what was meant for an earlier life does not reach a later one.
    pub(crate) life: u32,
    saved: Option<Vec<u8>>,
    /// What it was invited by, and calls again after a restart, as a person starting it would.
    invitation: Option<Invitation>,
    pub(crate) shelf: Shelf,
    pub(crate) behaviour: Behaviour,
    /// The earliest wake-up that is planned.
    pub(crate) wake: Option<Mono>,
    /// Whether churn may stop and start it.
    pub(crate) churns: bool,
    /// Content of inserts.
    pub(crate) contents: BTreeMap<JobId, Arc<[u8]>>,
    pub(crate) fetched: BTreeMap<JobId, Vec<u8>>,
    /// What became of announcements: receipts.
    pub(crate) announced: BTreeMap<RequestId, u8>,
    /// What was gathered, and when.
    pub(crate) gathered: BTreeMap<RequestId, (Mono, Gathered)>,
    pub(crate) records: Vec<RecordLine>,
    pub(crate) tap: Option<Vec<Tapped>>,
}

impl Member {
    pub(crate) fn new(number: usize, scenario: &Scenario) -> Self {
        let secret = NodeSecret::from_seed(random::seed(scenario.seed, Purpose::NodeKey, [number as u64, 0]));
        Self {
            number,
            id: secret.id(),
            secret,
            address: address(number),
            core: None,
            power: Power::Stopped,
            life: 0,
            saved: None,
            invitation: None,
            shelf: Shelf::new(scenario.capacity),
            behaviour: Behaviour::Honest,
            wake: None,
            churns: scenario.churn.is_some_and(|churn| number >= churn.staying),
            contents: BTreeMap::new(),
            fetched: BTreeMap::new(),
            announced: BTreeMap::new(),
            gathered: BTreeMap::new(),
            records: Vec::new(),
            tap: None,
        }
    }

    /// Runs the node on what its disk still has.
    pub(crate) fn start(&mut self, scenario: &Scenario, invitation: Option<Invitation>, now: Now) {
        self.life += 1;
        self.power = Power::Running;
        self.wake = None;
        let config = OverlayConfig {
            network: NETWORK,
            rules: scenario.rules,
            addresses: vec![self.address],
            uplink: scenario.uplink,
            defences: scenario.defences,
            recording: scenario.recording,
        };
        let seed = random::seed(scenario.seed, Purpose::NodeLife, [self.number as u64, self.life.into()]);
        let mut core = Core::new(config, self.secret.clone(), self.saved.as_deref(), seed, now);
        core.set_redundancy(scenario.redundancy);
        self.invitation = self.invitation.take().or(invitation);
        if let Some(invitation) = &self.invitation {
            core.join(invitation);
        }
        self.core = Some(core);
    }

    /// Ends the node in the middle of whatever it does. Its disk stays.
    pub(crate) fn stop(&mut self, power: Power) {
        self.core = None;
        self.power = power;
        self.contents.clear();
        self.fetched.clear();
        self.announced.clear();
        self.gathered.clear();
    }

    pub(crate) fn save(&mut self, bytes: Vec<u8>) {
        self.saved = Some(bytes);
    }

    pub(crate) fn store(&mut self, locator: Locator, block: Block) -> Stored {
        match self.behaviour {
            Behaviour::Forgetful => Stored::Kept,
            _ => self.shelf.put(locator, block),
        }
    }

    pub(crate) fn load(&self, run: u64, locator: &Locator) -> Option<Block> {
        let block = self.shelf.get(locator);
        match (self.behaviour, block) {
            (Behaviour::Liar, Some(block)) => Some(lie(run, block)),
            (_, block) => block.cloned(),
        }
    }

    pub(crate) fn overhear(&mut self, at: Mono, from: usize, to: usize, frame: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.push(Tapped { at, from, to, frame: frame.to_vec() });
        }
    }
}

/// Bytes that look as good as the right ones.
fn lie(run: u64, block: &Block) -> Block {
    let head = block.locator();
    let (low, high) = head.as_bytes().split_at(8);
    let owner = [low, &high[..8]].map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")));
    let key = random::seed(run, Purpose::Lies, owner);
    let mut bytes = vec![0; block.bytes().len()];
    blake3::Hasher::new_keyed(&key).finalize_xof().fill(&mut bytes);
    Block::new(bytes).expect("as long as the block lied about")
}

/// Where a node listens, as far as others can tell: each in its own /16, until these run out.
fn address(number: usize) -> Address {
    let number = number as u32;
    let ip = Ipv4Addr::new(20 + (number % 80) as u8, (number / 80 % 256) as u8, (number / 20_480 % 256) as u8, 1);
    Address::tcp(SocketAddr::V4(SocketAddrV4::new(ip, 4_040))).expect("a specified address and port")
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_keys::LEAF_LEN;
    use std::collections::BTreeSet;

    #[test]
    fn addresses_are_public_and_far_apart() {
        let addresses: Vec<Address> = (0..2_000).map(address).collect();
        assert!(addresses.iter().all(Address::is_public));
        assert_eq!(addresses.iter().map(Address::net16).collect::<BTreeSet<_>>().len(), 2_000);
    }

    #[test]
    fn a_lie_has_the_right_length_and_the_wrong_hash() {
        let block = Block::new(vec![1; LEAF_LEN]).unwrap();
        let lied = lie(7, &block);
        assert_eq!(lied.class(), block.class());
        assert_ne!(lied.locator(), block.locator());
        assert_eq!(lied, lie(7, &block));
    }
}
