//! Nodes for tests: keys, chains and descriptors grown from a number.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use roneo_keys::time::{Mono, Now, Wall};
use roneo_keys::{NetworkId, NetworkKind, NodeId, NodeSecret};
use roneo_packet::PacketPublic;

use crate::address::Address;
use crate::descriptor::{Descriptor, DescriptorFields, Protocols, Reach, Witness};
use crate::pulse::{Pulse, PulseChain};
use crate::rules::Rules;

pub(crate) const LOCAL: NetworkId = NetworkId { kind: NetworkKind::Local, tag: *b"testing!" };
/// Noon of a day, so that tests of hours do not meet midnight.
pub(crate) const NOON: Wall = Wall(20_000 * 86_400 + 43_200);

/// A node of the network `network`, under `rules`.
pub(crate) struct TestNode {
    pub(crate) secret: NodeSecret,
    pub(crate) chain: PulseChain,
    pub(crate) fields: DescriptorFields,
}

/// `elapsed` seconds after [`NOON`]; the monotonic clock began a year earlier.
pub(crate) fn now(elapsed: u64) -> Now {
    Now { mono: Mono(31_536_000_000_000) + Duration::from_secs(elapsed), wall: Wall(NOON.0 + elapsed) }
}

/// The address `10.a.b.c`, or on public networks `80.a.b.c`.
pub(crate) fn address(network: NetworkId, [a, b, c]: [u8; 3]) -> Address {
    let first = if network.kind == NetworkKind::Local { 10 } else { 80 };
    Address::tcp(SocketAddr::from((Ipv4Addr::new(first, a, b, c), 4_000))).unwrap()
}

pub(crate) fn packet_key(byte: u8) -> PacketPublic {
    let mut bytes = [byte; 32];
    bytes[31] = 0x11;
    PacketPublic::from_bytes(bytes).unwrap()
}

impl TestNode {
    /// Node number `number`, whose chain and descriptor begin at `born`.
    pub(crate) fn new(number: u32, network: NetworkId, rules: &Rules, born: Now) -> Self {
        let mut seed = [0x5e; 32];
        seed[..4].copy_from_slice(&number.to_le_bytes());
        let secret = NodeSecret::from_seed(seed);
        let chain = PulseChain::new(&secret.id(), seed, born.wall, rules);
        let [a, b, c, _] = number.to_le_bytes();
        let fields = DescriptorFields {
            network,
            serial: born.wall.0,
            day: born.wall.day(),
            packet_keys: [packet_key(a), packet_key(a ^ 0xff)],
            pulse: chain.commitment(),
            protocols: Protocols::OWN,
            reach: Reach::reachable(&[address(network, [a, b, c])]),
        };
        Self { secret, chain, fields }
    }

    pub(crate) fn local(number: u32) -> Self {
        Self::new(number, LOCAL, &Rules::LOCAL, now(0))
    }

    pub(crate) fn id(&self) -> NodeId {
        self.secret.id()
    }

    pub(crate) fn descriptor(&self) -> Descriptor {
        Descriptor::sign(&self.secret, self.fields.clone())
    }

    /// The descriptor with three witnesses of its day.
    pub(crate) fn witnessed(&self) -> Descriptor {
        let descriptor = self.descriptor();
        let witness = |byte| Witness::sign(&NodeSecret::from_seed([byte; 32]), &descriptor, self.fields.day);
        descriptor.with_witnesses([0xa1, 0xa2, 0xa3].map(witness).to_vec())
    }

    pub(crate) fn pulse(&self, now: Now) -> Pulse {
        self.chain.reveal(now.wall).expect("tests reveal within the chain")
    }
}
