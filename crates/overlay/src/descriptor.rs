//! The descriptor: everything a node says of itself, signed, in at most 1,024 bytes.
//!
//! The layout, with offsets, stands in `docs/formats/descriptor.md`. A [`Descriptor`] in hand is
//! well formed and signed by the node it speaks of; whether it may enter a view is the question of
//! [`Descriptor::check`], because that depends on the network and the calendar.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use roneo_keys::time::{Day, Wall};
use roneo_keys::{NetworkId, NodeId, NodeSecret, SIGNATURE_LEN, Signature};
use roneo_packet::PacketPublic;

use crate::address::{Address, AddressError};
use crate::pulse::PulseCommitment;
use crate::roles::Reachability;
use crate::rules::{AddressScope, Rules};
use crate::wire::Reader;

/// The layout that this program writes. 0 is a draft: it may change until version 1 is frozen.
pub const DESCRIPTOR_VERSION: u8 = 0;
/// Longest descriptor that is looked at. The longest that can be written has 612 bytes.
pub const MAX_DESCRIPTOR_LEN: usize = 1_024;
/// Most addresses that a descriptor names.
pub const MAX_ADDRESSES: usize = 4;
/// Most hosts that a hosted node names.
pub const MAX_HOSTS: usize = 3;
/// Most witness signatures that a descriptor carries.
pub const MAX_WITNESSES: usize = 3;
/// A descriptor issued more days ago than this is stale; nodes sign a new one every day.
pub const MAX_AGE_DAYS: u32 = 2;

const REACHABLE: u8 = 1;
const NODE_DOMAIN: &[u8] = b"roneo descriptor 1";
const WITNESS_DOMAIN: &[u8] = b"roneo witness 1";
const WITNESS_LEN: usize = NodeId::LEN + 4 + SIGNATURE_LEN;

/// The versions of `/roneo/<network>/<version>` that a node speaks, from the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocols {
    lowest: u8,
    highest: u8,
}

impl Protocols {
    /// What this program speaks.
    pub const OWN: Self = Self { lowest: 0, highest: 0 };

    /// The versions from `lowest` to `highest`, unless these are the wrong way round.
    #[must_use]
    pub const fn new(lowest: u8, highest: u8) -> Option<Self> {
        if lowest > highest { None } else { Some(Self { lowest, highest }) }
    }

    /// The highest version that both speak.
    #[must_use]
    pub fn common(self, other: Self) -> Option<u8> {
        let highest = self.highest.min(other.highest);
        (highest >= self.lowest.max(other.lowest)).then_some(highest)
    }
}

/// How packets get to a node: by its addresses, or else through its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    addresses: Vec<Address>,
    hosts: Vec<NodeId>,
}

impl Reach {
    /// A node that listens at these addresses: the first [`MAX_ADDRESSES`] different ones of them.
    #[must_use]
    pub fn reachable(addresses: &[Address]) -> Self {
        Self { addresses: first_different(addresses, MAX_ADDRESSES), hosts: Vec::new() }
    }

    /// A node that cannot be dialled and keeps links to these others, which pass packets on: the
    /// first [`MAX_HOSTS`] different ones of them. Without any, only whom it dials itself reaches it.
    #[must_use]
    pub fn hosted(hosts: &[NodeId]) -> Self {
        Self { addresses: Vec::new(), hosts: first_different(hosts, MAX_HOSTS) }
    }

    /// Whether the node can be dialled.
    #[must_use]
    pub const fn reachability(&self) -> Reachability {
        if self.addresses.is_empty() { Reachability::Hosted } else { Reachability::Reachable }
    }

    /// The addresses; none for a hosted node.
    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The hosts; none for a reachable node.
    #[must_use]
    pub fn hosts(&self) -> &[NodeId] {
        &self.hosts
    }
}

fn first_different<T: Copy + PartialEq>(values: &[T], most: usize) -> Vec<T> {
    let mut different = Vec::with_capacity(most);
    for value in values {
        if different.len() < most && !different.contains(value) {
            different.push(*value);
        }
    }
    different
}

/// What a node says of itself, before it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptorFields {
    /// The network it is part of.
    pub network: NetworkId,
    /// Grows with every descriptor of the node; the highest holds. Nodes derive it from the calendar,
    /// so that it grows across restarts too.
    pub serial: u64,
    /// The day it was signed.
    pub day: Day,
    /// The key for packets of `day`, then that for the day after.
    pub packet_keys: [PacketPublic; 2],
    /// The pulse chain.
    pub pulse: PulseCommitment,
    /// Protocol versions.
    pub protocols: Protocols,
    /// How packets get there.
    pub reach: Reach,
}

/// One node's word that it completed a handshake with another, at the addresses of its descriptor.
#[derive(Clone, PartialEq, Eq)]
pub struct Witness {
    /// Who says so.
    pub node: NodeId,
    /// When.
    pub day: Day,
    /// Its signature over [`Witness::message`].
    pub signature: Signature,
}

impl Witness {
    /// Signs for the node and reach of `subject`. Only after a handshake with that key, that day.
    #[must_use]
    pub fn sign(secret: &NodeSecret, subject: &Descriptor, day: Day) -> Self {
        let signature = secret.sign(&Self::message(subject, day));
        Self { node: secret.id(), day, signature }
    }

    /// What a witness signs: the domain `roneo witness 1`, network, node key, day, and the reach as
    /// the descriptor writes it. The addresses are part of it because nobody else dials an
    /// unwitnessed one: otherwise a descriptor could be witnessed here and then point at a victim.
    #[must_use]
    pub fn message(subject: &Descriptor, day: Day) -> Vec<u8> {
        let fields = subject.fields();
        let mut message = WITNESS_DOMAIN.to_vec();
        message.extend(fields.network.to_bytes());
        message.extend(subject.node().as_bytes());
        message.extend(day.0.to_le_bytes());
        write_reach(&fields.reach, &mut message);
        message
    }

    fn verify(&self, subject: &Descriptor) -> bool {
        // A day either side: signatures are gathered around midnight too.
        self.node != subject.node()
            && self.day.0.abs_diff(subject.fields().day.0) <= 1
            && self.node.verify(&Self::message(subject, self.day), &self.signature).is_ok()
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Witness({}, {:?})", self.node, self.day)
    }
}

/// BLAKE3 of a descriptor's bytes: its name in gossip.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DescriptorId(pub [u8; 32]);

impl fmt::Debug for DescriptorId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]]);
        write!(formatter, "DescriptorId({head:08x})")
    }
}

/// A descriptor that is well formed and signed by the node it speaks of. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Descriptor(Arc<Signed>);

#[derive(PartialEq, Eq)]
struct Signed {
    id: DescriptorId,
    node: NodeId,
    fields: DescriptorFields,
    /// Bytes before the witnesses: what the node wrote.
    own_len: usize,
    witnesses: Vec<Witness>,
    bytes: Vec<u8>,
}

/// Why bytes are not a descriptor, or why a descriptor does not enter this view.
///
/// [`Malformed`](Self::Malformed), [`Signature`](Self::Signature) and
/// [`Witness`](Self::Witness) never come from an honest node, so the peer that sent them can be
/// blamed; the others come from clocks, versions and networks that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// Longer than [`MAX_DESCRIPTOR_LEN`], cut, or with values that no node writes.
    #[error("the descriptor is malformed: {0}")]
    Malformed(&'static str),
    /// A layout of the future.
    #[error("the descriptor was made by a newer Roneo: update to see this node")]
    Newer,
    /// Not signed by the node it speaks of.
    #[error("the descriptor's signature does not match")]
    Signature,
    /// Of another network.
    #[error("the descriptor is of another network")]
    WrongNetwork,
    /// Issued later than tomorrow.
    #[error("the descriptor is dated in the future: check the clock of this machine")]
    FromFuture,
    /// Issued more than [`MAX_AGE_DAYS`] ago.
    #[error("the descriptor is stale")]
    Stale,
    /// A private, loopback or otherwise local address on a network that goes through the internet.
    #[error("the descriptor names an address that the internet does not route")]
    PrivateAddress,
    /// A witness signature that does not verify.
    #[error("a witness signature of the descriptor does not match")]
    Witness,
    /// Fewer witnesses than the network asks for.
    #[error("the descriptor has {found} witnesses, {required} are needed")]
    Unwitnessed {
        /// Valid ones.
        found: u8,
        /// Needed ones.
        required: u8,
    },
    /// The view holds as many nodes as it can.
    #[error("the view is full")]
    ViewFull,
}

impl DescriptorError {
    /// Whether no honest node sends this.
    #[must_use]
    pub const fn is_misbehaviour(&self) -> bool {
        matches!(self, Self::Malformed(_) | Self::Signature | Self::Witness)
    }
}

impl From<AddressError> for DescriptorError {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Cut => CUT,
            AddressError::Foreign => Self::Malformed("an address that no node writes"),
        }
    }
}

const CUT: DescriptorError = DescriptorError::Malformed("it is cut");

impl Descriptor {
    /// Signs `fields` as the node of `secret`, without witnesses.
    #[must_use]
    pub fn sign(secret: &NodeSecret, fields: DescriptorFields) -> Self {
        let node = secret.id();
        let mut bytes = Vec::with_capacity(MAX_DESCRIPTOR_LEN);
        write_fields(&node, &fields, &mut bytes);
        bytes.extend(secret.sign(&signed_message(&bytes)));
        Self::assemble(node, fields, bytes, Vec::new())
    }

    /// The same descriptor with these witnesses, sorted; at most the first [`MAX_WITNESSES`].
    #[must_use]
    pub fn with_witnesses(&self, mut witnesses: Vec<Witness>) -> Self {
        witnesses.sort_by_key(|witness| witness.node);
        witnesses.dedup_by_key(|witness| witness.node);
        witnesses.truncate(MAX_WITNESSES);
        let own = self.0.bytes[..self.0.own_len].to_vec();
        Self::assemble(self.node(), self.fields().clone(), own, witnesses)
    }

    fn assemble(node: NodeId, fields: DescriptorFields, own: Vec<u8>, witnesses: Vec<Witness>) -> Self {
        let own_len = own.len();
        let mut bytes = own;
        bytes.push(witnesses.len() as u8);
        for witness in &witnesses {
            bytes.extend(witness.node.as_bytes());
            bytes.extend(witness.day.0.to_le_bytes());
            bytes.extend(witness.signature);
        }
        let id = DescriptorId(*blake3::hash(&bytes).as_bytes());
        Self(Arc::new(Signed { id, node, fields, own_len, witnesses, bytes }))
    }

    /// Reads a descriptor and verifies the node's own signature. Witness signatures are
    /// verified by [`check`](Self::check).
    ///
    /// # Errors
    /// [`DescriptorError::Malformed`], [`Newer`](DescriptorError::Newer) or
    /// [`Signature`](DescriptorError::Signature).
    pub fn parse(bytes: &[u8]) -> Result<Self, DescriptorError> {
        if bytes.len() > MAX_DESCRIPTOR_LEN {
            return Err(DescriptorError::Malformed("it is longer than any"));
        }
        let mut reader = Reader::new(bytes);
        let (node, fields) = read_fields(&mut reader)?;
        let signed_len = bytes.len() - reader.remaining();
        let signature: Signature = reader.array().ok_or(CUT)?;
        let own_len = bytes.len() - reader.remaining();
        let witnesses = read_witnesses(&mut reader)?;
        if reader.remaining() > 0 {
            return Err(DescriptorError::Malformed("bytes follow its end"));
        }
        node.verify(&signed_message(&bytes[..signed_len]), &signature).map_err(|_| DescriptorError::Signature)?;
        let id = DescriptorId(*blake3::hash(bytes).as_bytes());
        Ok(Self(Arc::new(Signed { id, node, fields, own_len, witnesses, bytes: bytes.to_vec() })))
    }

    /// Whether this descriptor may enter a view of `network` now. Cheap tests first: the witness
    /// signatures, each of which costs as much as a parse, come last.
    ///
    /// # Errors
    /// [`DescriptorError`], for the first rule that it breaks.
    pub fn check(&self, rules: &Rules, network: NetworkId, now: Wall) -> Result<(), DescriptorError> {
        let fields = self.fields();
        if fields.network != network {
            return Err(DescriptorError::WrongNetwork);
        }
        if fields.day > now.day().next() {
            return Err(DescriptorError::FromFuture);
        }
        if now.day().0.saturating_sub(fields.day.0) > MAX_AGE_DAYS {
            return Err(DescriptorError::Stale);
        }
        if rules.addresses == AddressScope::Public && !fields.reach.addresses.iter().all(Address::is_public) {
            return Err(DescriptorError::PrivateAddress);
        }
        self.check_witnesses(rules.witnesses_required)
    }

    fn check_witnesses(&self, required: u8) -> Result<(), DescriptorError> {
        if (self.0.witnesses.len() as u64) < u64::from(required) {
            return Err(DescriptorError::Unwitnessed { found: self.0.witnesses.len() as u8, required });
        }
        // Also where none is required: whoever attaches a false one makes a second descriptor of
        // the same serial, and views would argue over the two.
        if usize::from(self.valid_witnesses()) < self.0.witnesses.len() {
            return Err(DescriptorError::Witness);
        }
        Ok(())
    }

    /// How many of the witness signatures verify: by another node than the described one, over its
    /// key and reach, dated within a day of the descriptor. *Which* nodes may witness (reachable,
    /// nearest, in distinct /16s) is not asked here.
    #[must_use]
    pub fn valid_witnesses(&self) -> u8 {
        self.0.witnesses.iter().filter(|witness| witness.verify(self)).count() as u8
    }

    /// The name in gossip: BLAKE3 of [`bytes`](Self::bytes).
    #[must_use]
    pub fn id(&self) -> DescriptorId {
        self.0.id
    }

    /// The node it speaks of.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.0.node
    }

    /// What the node says.
    #[must_use]
    pub fn fields(&self) -> &DescriptorFields {
        &self.0.fields
    }

    /// Who witnessed it, ordered by node. Unverified until [`check`](Self::check) has passed.
    #[must_use]
    pub fn witnesses(&self) -> &[Witness] {
        &self.0.witnesses
    }

    /// The whole, as it travels.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Its serial: of two descriptors of a node the one with the higher holds.
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.0.fields.serial
    }

    /// Whether this descriptor holds against another of its node: the higher serial, and of one
    /// serial the lower id, so that all views end up with the same.
    #[must_use]
    pub fn supersedes(&self, other: &Self) -> bool {
        (self.serial(), Reverse(self.id())) > (other.serial(), Reverse(other.id()))
    }

    /// The key that the node opens packets of `day` with: that of its day, or the one it announced
    /// for the day after. `None` where the descriptor is older.
    ///
    /// From a node that is a day ahead, its key of that day: it has announced it before.
    #[must_use]
    pub fn packet_key(&self, day: Day) -> Option<PacketPublic> {
        let fields = self.fields();
        let [today, tomorrow] = fields.packet_keys;
        match day {
            day if day == fields.day || day.next() == fields.day => Some(today),
            day if day == fields.day.next() => Some(tomorrow),
            _ => None,
        }
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Descriptor({}, serial {})", self.node(), self.fields().serial)
    }
}

fn signed_message(bytes: &[u8]) -> Vec<u8> {
    [NODE_DOMAIN, bytes].concat()
}

fn write_fields(node: &NodeId, fields: &DescriptorFields, bytes: &mut Vec<u8>) {
    bytes.push(DESCRIPTOR_VERSION);
    bytes.extend(fields.network.to_bytes());
    bytes.extend(node.as_bytes());
    bytes.extend(fields.serial.to_le_bytes());
    bytes.extend(fields.day.0.to_le_bytes());
    bytes.extend(fields.packet_keys.iter().flat_map(PacketPublic::as_bytes));
    bytes.extend(fields.pulse.to_bytes());
    bytes.extend([fields.protocols.lowest, fields.protocols.highest]);
    write_reach(&fields.reach, bytes);
}

fn write_reach(reach: &Reach, bytes: &mut Vec<u8>) {
    bytes.push(match reach.reachability() {
        Reachability::Reachable => REACHABLE,
        Reachability::Hosted => 0,
    });
    bytes.push(reach.addresses.len() as u8);
    reach.addresses.iter().for_each(|address| address.write(bytes));
    bytes.push(reach.hosts.len() as u8);
    bytes.extend(reach.hosts.iter().flat_map(NodeId::as_bytes));
}

fn read_fields(reader: &mut Reader<'_>) -> Result<(NodeId, DescriptorFields), DescriptorError> {
    if reader.u8().ok_or(CUT)? != DESCRIPTOR_VERSION {
        return Err(DescriptorError::Newer);
    }
    let network = NetworkId::from_bytes(&reader.array().ok_or(CUT)?);
    let node = NodeId::from_bytes(reader.array().ok_or(CUT)?);
    let network = network.ok_or(DescriptorError::Malformed("an unknown kind of network"))?;
    let serial = reader.u64().ok_or(CUT)?;
    let day = Day(reader.u32().ok_or(CUT)?);
    let packet_keys = [read_packet_key(reader)?, read_packet_key(reader)?];
    let pulse = PulseCommitment::read(reader).ok_or(CUT)?;
    let pulse = pulse.ok_or(DescriptorError::Malformed("a pulse chain of impossible length"))?;
    let protocols = Protocols::new(reader.u8().ok_or(CUT)?, reader.u8().ok_or(CUT)?);
    let protocols = protocols.ok_or(DescriptorError::Malformed("protocol versions in the wrong order"))?;
    let reach = read_reach(reader)?;
    if reach.hosts.contains(&node) {
        return Err(DescriptorError::Malformed("the node is its own host"));
    }
    Ok((node, DescriptorFields { network, serial, day, packet_keys, pulse, protocols, reach }))
}

fn read_packet_key(reader: &mut Reader<'_>) -> Result<PacketPublic, DescriptorError> {
    let bytes = reader.array().ok_or(CUT)?;
    PacketPublic::from_bytes(bytes).map_err(|_| DescriptorError::Malformed("a packet key that is none"))
}

fn read_reach(reader: &mut Reader<'_>) -> Result<Reach, DescriptorError> {
    let flags = reader.u8().ok_or(CUT)?;
    let addresses = (0..count(reader, MAX_ADDRESSES)?)
        .map(|_| Ok(Address::read(reader)?))
        .collect::<Result<Vec<_>, DescriptorError>>()?;
    let hosts = (0..count(reader, MAX_HOSTS)?)
        .map(|_| reader.array().map(NodeId::from_bytes).ok_or(CUT))
        .collect::<Result<Vec<_>, DescriptorError>>()?;
    let reach = match flags {
        REACHABLE if !addresses.is_empty() && hosts.is_empty() => Reach::reachable(&addresses),
        0 if addresses.is_empty() => Reach::hosted(&hosts),
        _ => return Err(DescriptorError::Malformed("its flags and its addresses contradict each other")),
    };
    if reach.addresses != addresses || reach.hosts != hosts {
        return Err(DescriptorError::Malformed("an address or a host stands twice"));
    }
    Ok(reach)
}

fn read_witnesses(reader: &mut Reader<'_>) -> Result<Vec<Witness>, DescriptorError> {
    let count = count(reader, MAX_WITNESSES)?;
    if reader.remaining() < count * WITNESS_LEN {
        return Err(CUT);
    }
    let mut witnesses: Vec<Witness> = Vec::with_capacity(count);
    for _ in 0..count {
        let node = NodeId::from_bytes(reader.array().ok_or(CUT)?);
        let day = Day(reader.u32().ok_or(CUT)?);
        let signature = reader.array().ok_or(CUT)?;
        // One order only: otherwise anybody could make six descriptors out of one.
        if witnesses.last().is_some_and(|last| last.node >= node) {
            return Err(DescriptorError::Malformed("witnesses out of order"));
        }
        witnesses.push(Witness { node, day, signature });
    }
    Ok(witnesses)
}

fn count(reader: &mut Reader<'_>, most: usize) -> Result<usize, DescriptorError> {
    let count = usize::from(reader.u8().ok_or(CUT)?);
    if count > most { Err(DescriptorError::Malformed("a list longer than any")) } else { Ok(count) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LOCAL, NOON, TestNode, address, now, packet_key};
    use proptest::prelude::*;

    /// Signs bytes that no `DescriptorFields` can say, for parsers to refuse.
    fn forged(node: &TestNode, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_fields(&node.id(), &node.fields, &mut bytes);
        change(&mut bytes);
        let signature = node.secret.sign(&signed_message(&bytes));
        [&bytes[..], &signature, &[0]].concat()
    }

    fn check(bytes: &[u8], expected: DescriptorError) {
        assert_eq!(Descriptor::parse(bytes).unwrap_err(), expected);
    }

    /// Draft vector: the same bytes stand in `docs/formats/descriptor.md`, line by line.
    const VECTOR: [&str; 13] = [
        "00",
        "0074657374696e6721",
        "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
        "0102030405060708",
        "204e0000",
        "0101010101010101010101010101010101010101010101010101010101010111",
        "0202020202020202020202020202020202020202020202020202020202020211",
        "09090909090909090909090909090909c0d8ff6600000000c0210000",
        "0000",
        "010100047f000001a00f00",
        "a23d480b60b7b6109a55ad5f2dfdc09cff2df087b7bce9470ea629bf66166d83",
        "d0f2b0930b9ff94f791c5fac87c3ac6f6024318101cd0859ca317e71b301660d",
        "00",
    ];

    #[test]
    fn vector() {
        let descriptor = vector_descriptor();
        assert_eq!(hex(descriptor.bytes()), VECTOR.concat());
        assert_eq!(hex(&descriptor.id().0), "d4cd1b5dea1e9b8e95f26e57d2d56df45b6153decff5514edda1fb3522b797e9");
        assert_eq!(Descriptor::parse(descriptor.bytes()).unwrap(), descriptor);
    }

    fn vector_descriptor() -> Descriptor {
        let node = TestNode::local(1);
        let secret = NodeSecret::from_seed([7; 32]);
        let fields = DescriptorFields {
            serial: 0x0807_0605_0403_0201,
            packet_keys: [packet_key(1), packet_key(2)],
            pulse: PulseCommitment::new([9; 16], NOON, 8_640).unwrap(),
            reach: Reach::reachable(&[Address::tcp("127.0.0.1:4000".parse().unwrap()).unwrap()]),
            ..node.fields
        };
        Descriptor::sign(&secret, fields)
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_longest_descriptor_has_612_bytes() {
        let mut node = TestNode::local(1);
        let v6 = |last: u16| Address::tcp((std::net::Ipv6Addr::new(0x2600, 0, 0, 0, 0, 0, 0, last), 1).into()).unwrap();
        node.fields.reach = Reach::reachable(&[v6(1), v6(2), v6(3), v6(4)]);
        let reachable = node.witnessed();
        assert_eq!((reachable.bytes().len(), reachable.valid_witnesses()), (596, 3));
        node.fields.reach = Reach::hosted(&[1, 2, 3].map(|byte| NodeId::from_bytes([byte; 32])));
        assert_eq!(node.witnessed().bytes().len(), 612);
        for descriptor in [reachable, node.witnessed()] {
            assert_eq!(Descriptor::parse(descriptor.bytes()).unwrap(), descriptor);
            assert!(descriptor.bytes().len() <= MAX_DESCRIPTOR_LEN);
        }
    }

    #[test]
    fn reach_keeps_to_its_bounds() {
        let many: Vec<Address> = (0..9).map(|last| address(LOCAL, [0, 0, last / 2])).collect();
        assert_eq!(Reach::reachable(&many).addresses(), [many[0], many[2], many[4], many[6]]);
        let hosts = [1, 1, 2, 3, 4].map(|byte| NodeId::from_bytes([byte; 32]));
        assert_eq!(Reach::hosted(&hosts).hosts(), &hosts[1..4]);
        assert_eq!(Reach::hosted(&[]).reachability(), Reachability::Hosted);
    }

    #[test]
    fn malformed_descriptors_are_refused() {
        let node = TestNode::local(1);
        let good = node.descriptor();
        let good = good.bytes();
        for len in 0..good.len() {
            check(&good[..len], CUT);
        }
        check(&[good, &[0]].concat(), DescriptorError::Malformed("bytes follow its end"));
        check(&vec![0; MAX_DESCRIPTOR_LEN + 1], DescriptorError::Malformed("it is longer than any"));
        let host = |byte: u8| [byte; 32];
        type Change = Box<dyn FnOnce(&mut Vec<u8>)>;
        let table: [(&'static str, Change); 10] = [
            ("an unknown kind of network", Box::new(|bytes| bytes[1] = 2)),
            ("a packet key that is none", Box::new(|bytes| bytes[54..86].fill(0))),
            ("a pulse chain of impossible length", Box::new(|bytes| bytes[142..146].fill(0))),
            ("a pulse chain of impossible length", Box::new(|bytes| bytes[142..146].fill(0xff))),
            ("protocol versions in the wrong order", Box::new(|bytes| bytes[146] = 1)),
            ("its flags and its addresses contradict each other", Box::new(|bytes| bytes[148] = 0)),
            ("its flags and its addresses contradict each other", Box::new(|bytes| bytes[148] = 3)),
            ("a list longer than any", Box::new(|bytes| bytes[149] = 5)),
            ("an address that no node writes", Box::new(|bytes| bytes[150] = 9)),
            (
                "an address or a host stands twice",
                Box::new(move |bytes| {
                    bytes.truncate(148);
                    bytes.extend([0, 0, 2]);
                    bytes.extend([host(1), host(1)].concat());
                }),
            ),
        ];
        for (reason, change) in table {
            check(&forged(&node, change), DescriptorError::Malformed(reason));
        }
        let own = *node.id().as_bytes();
        let own_host = forged(&node, move |bytes| {
            bytes.truncate(148);
            bytes.extend([0, 0, 1]);
            bytes.extend(own);
        });
        check(&own_host, DescriptorError::Malformed("the node is its own host"));
        check(&forged(&node, |bytes| bytes[0] = 1), DescriptorError::Newer);
    }

    #[test]
    fn every_flipped_bit_of_the_signed_part_is_noticed() {
        let good = TestNode::local(1).descriptor();
        for position in 0..good.bytes().len() - 1 {
            let mut bytes = good.bytes().to_vec();
            bytes[position] ^= 4;
            assert!(Descriptor::parse(&bytes).is_err(), "{position}");
        }
    }

    #[test]
    fn entry_is_a_question_of_network_and_calendar() {
        let rules = Rules::LOCAL;
        let node = TestNode::local(1);
        let on = |day: u32, wall| {
            let fields = DescriptorFields { day: Day(day), ..node.fields.clone() };
            Descriptor::sign(&node.secret, fields).check(&rules, LOCAL, wall)
        };
        let today = NOON.day().0;
        assert_eq!(on(today, NOON), Ok(()));
        assert_eq!(on(today + 1, NOON), Ok(()));
        assert_eq!(on(today + 2, NOON), Err(DescriptorError::FromFuture));
        assert_eq!(on(today - 2, NOON), Ok(()));
        assert_eq!(on(today - 3, NOON), Err(DescriptorError::Stale));
        let elsewhere = NetworkId { tag: [0; 8], ..LOCAL };
        assert_eq!(node.descriptor().check(&rules, elsewhere, NOON), Err(DescriptorError::WrongNetwork));
    }

    #[test]
    fn public_networks_ask_for_public_addresses_and_witnesses() {
        let rules = Rules::PUBLIC;
        let mut node = TestNode::new(1, NetworkId::MAIN, &rules, now(0));
        let check = |descriptor: &Descriptor| descriptor.check(&rules, NetworkId::MAIN, NOON);
        assert_eq!(check(&node.witnessed()), Ok(()));
        assert_eq!(check(&node.descriptor()), Err(DescriptorError::Unwitnessed { found: 0, required: 3 }));
        let two = node.witnessed().witnesses()[..2].to_vec();
        let two = node.descriptor().with_witnesses(two);
        assert_eq!(check(&two), Err(DescriptorError::Unwitnessed { found: 2, required: 3 }));
        for private in ["127.0.0.1:1", "10.0.0.1:1", "[fe80::1]:1"] {
            let public = address(NetworkId::MAIN, [1, 2, 3]);
            node.fields.reach = Reach::reachable(&[public, Address::tcp(private.parse().unwrap()).unwrap()]);
            assert_eq!(check(&node.witnessed()), Err(DescriptorError::PrivateAddress), "{private}");
        }
    }

    #[test]
    fn a_witness_speaks_for_one_key_at_its_addresses_that_day() {
        let mut node = TestNode::local(1);
        let descriptor = node.descriptor();
        let with = |witness: Witness| descriptor.with_witnesses(vec![witness]).valid_witnesses();
        let stranger = NodeSecret::from_seed([0xee; 32]);
        let today = node.fields.day;
        assert_eq!(with(Witness::sign(&stranger, &descriptor, today)), 1);
        assert_eq!(with(Witness::sign(&stranger, &descriptor, today.previous())), 1);
        assert_eq!(with(Witness::sign(&stranger, &descriptor, today.previous().previous())), 0);
        assert_eq!(with(Witness::sign(&node.secret, &descriptor, today)), 0, "nobody is their own witness");
        let redated = Witness { day: today.next(), ..Witness::sign(&stranger, &descriptor, today) };
        assert_eq!(with(redated), 0);
        let elsewhere = Witness::sign(&stranger, &descriptor, today);
        node.fields.reach = Reach::reachable(&[address(LOCAL, [9, 9, 9])]);
        assert_eq!(node.descriptor().with_witnesses(vec![elsewhere]).valid_witnesses(), 0);
    }

    #[test]
    fn a_false_witness_spoils_a_descriptor_even_where_none_is_required() {
        let node = TestNode::local(1);
        let mut witness = node.witnessed().witnesses()[0].clone();
        witness.signature[0] ^= 1;
        let spoilt = node.descriptor().with_witnesses(vec![witness]);
        let spoilt = Descriptor::parse(spoilt.bytes()).unwrap();
        assert_eq!(spoilt.check(&Rules::LOCAL, LOCAL, NOON), Err(DescriptorError::Witness));
        assert!(DescriptorError::Witness.is_misbehaviour());
    }

    #[test]
    fn witnesses_stand_in_one_order() {
        let descriptor = TestNode::local(1).witnessed();
        let mut bytes = descriptor.bytes().to_vec();
        let first = bytes.len() - 3 * WITNESS_LEN;
        bytes[first..].rotate_left(WITNESS_LEN);
        check(&bytes, DescriptorError::Malformed("witnesses out of order"));
        let reversed: Vec<Witness> = descriptor.witnesses().iter().rev().cloned().collect();
        assert_eq!(descriptor.with_witnesses(reversed), descriptor);
    }

    #[test]
    fn of_two_descriptors_one_holds() {
        let node = TestNode::local(1);
        let (plain, witnessed) = (node.descriptor(), node.witnessed());
        let later = DescriptorFields { serial: node.fields.serial + 1, ..node.fields.clone() };
        let later = Descriptor::sign(&node.secret, later);
        assert!(later.supersedes(&plain) && !plain.supersedes(&later));
        assert!(plain.supersedes(&witnessed) != witnessed.supersedes(&plain), "one serial, one winner");
        assert!(!plain.supersedes(&plain));
    }

    #[test]
    fn packet_keys_go_by_the_day() {
        let node = TestNode::local(1);
        let descriptor = node.descriptor();
        let [today, tomorrow] = node.fields.packet_keys;
        let day = node.fields.day;
        let table = [
            (day.previous().previous(), None),
            (day.previous(), Some(today)),
            (day, Some(today)),
            (day.next(), Some(tomorrow)),
            (day.next().next(), None),
        ];
        for (day, expected) in table {
            assert_eq!(descriptor.packet_key(day), expected, "{day:?}");
        }
    }

    #[test]
    fn protocols_in_common() {
        let range = |lowest, highest| Protocols::new(lowest, highest).unwrap();
        assert_eq!(range(0, 2).common(range(1, 5)), Some(2));
        assert_eq!(range(0, 1).common(range(2, 5)), None);
        assert_eq!(Protocols::new(2, 1), None);
    }

    #[test]
    fn debug_shows_no_address() {
        let shown = format!("{:?} {:?}", TestNode::local(1).witnessed(), TestNode::local(1).fields);
        assert!(!shown.contains("10."), "{shown}");
        assert!(!shown.contains("4000"), "{shown}");
    }

    proptest! {
        #[test]
        fn parse_after_sign_is_identity(
            seed: [u8; 32],
            serial: u64,
            start: u64,
            length in 1u32..=crate::pulse::MAX_CHAIN_LEN,
            ports in proptest::collection::vec((any::<std::net::IpAddr>(), 1u16..), 0..6),
            witnesses in 0u8..4,
        ) {
            let addresses: Vec<Address> =
                ports.into_iter().filter_map(|(ip, port)| Address::tcp((ip, port).into())).collect();
            let fields = DescriptorFields {
                serial,
                pulse: PulseCommitment::new([1; 16], Wall(start), length).unwrap(),
                reach: Reach::reachable(&addresses),
                ..TestNode::local(1).fields
            };
            let descriptor = Descriptor::sign(&NodeSecret::from_seed(seed), fields);
            let sign = |byte| Witness::sign(&NodeSecret::from_seed([byte; 32]), &descriptor, NOON.day());
            let descriptor = descriptor.with_witnesses((0..witnesses).map(sign).collect());
            prop_assert_eq!(Descriptor::parse(descriptor.bytes()).unwrap(), descriptor);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1_100), position in 0usize..160, value: u8) {
            let _ = Descriptor::parse(&bytes);
            let mut near = TestNode::local(1).descriptor().bytes().to_vec();
            near[position] = value;
            near.extend(bytes);
            let _ = Descriptor::parse(&near);
        }
    }
}
