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
mod tests;
