use std::fmt;

use roneo_keys::NodeId;
use sphinx_packet::header::SphinxHeader;
use sphinx_packet::header::shared_secret::ExpandedSharedSecret;
use sphinx_packet::payload::Payload;
use sphinx_packet::{ProcessedPacketData, SphinxPacket};

use crate::class::{Class, DelayStep, FinalRules, HEADER_LEN, HopRules, Kind};
use crate::dropped::Dropped;
use crate::key::{PacketSecret, is_weak};
use crate::packet::{Packet, SPHINX_VERSION};
use crate::surb::{SealedReply, SurbId};

/// What a packet turns out to be under one node's key.
pub enum Unwrapped {
    /// Not for this node: hand it on.
    Forward {
        /// To whom.
        next: NodeId,
        /// What: as long as the packet that came, and unlike it in every byte.
        packet: Packet,
        /// After how long.
        delay_step: DelayStep,
    },
    /// A request to this node as storer.
    Request {
        /// What the asker says.
        payload: Vec<u8>,
        /// The class in which it came.
        class: Class,
    },
    /// An answer to a reply block that this node made.
    Reply {
        /// Which reply block.
        id: SurbId,
        /// The class in which it came.
        class: Class,
        /// To be opened with the [`ReplyKey`](crate::ReplyKey) kept under `id`.
        sealed: SealedReply,
    },
}

impl fmt::Debug for Unwrapped {
    /// What it is and its class; neither content nor where it goes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward { packet, .. } => write!(formatter, "Forward({:?})", packet.class()),
            Self::Request { class, .. } => write!(formatter, "Request({class:?})"),
            Self::Reply { class, .. } => write!(formatter, "Reply({class:?})"),
        }
    }
}

/// Opens this node's layer of a packet, without a memory of earlier ones.
///
/// For vectors, fuzzing and measurements. A node goes through [`KeyRing::unwrap`], which knows
/// which packets came before.
///
/// # Errors
/// Any [`Dropped`] but those of the replay filter.
///
/// [`KeyRing::unwrap`]: crate::KeyRing::unwrap
pub fn unwrap(secret: &PacketSecret, packet: Packet) -> Result<Unwrapped, Dropped> {
    let sealed = Sealed::parse(&packet)?;
    let shared = sealed.shared_with(secret).ok_or(Dropped::Unreadable)?;
    sealed.open(&shared)
}

/// A packet of which the header is parsed and nothing is believed.
pub(crate) struct Sealed {
    class: Class,
    sphinx: SphinxPacket,
}

impl Sealed {
    pub(crate) fn parse(packet: &Packet) -> Result<Self, Dropped> {
        let (header, payload) = packet.bytes().split_at(HEADER_LEN);
        let header = SphinxHeader::from_bytes(header).map_err(|_| Dropped::Unreadable)?;
        if is_weak(header.shared_secret.as_bytes()) {
            return Err(Dropped::Unreadable);
        }
        let payload = Payload::from_bytes(payload).map_err(|_| Dropped::Unreadable)?;
        Ok(Self { class: packet.class(), sphinx: SphinxPacket { header, payload } })
    }

    /// The secret shared with the sender, if the header's MAC says that it was sealed to this key.
    pub(crate) fn shared_with(&self, secret: &PacketSecret) -> Option<ExpandedSharedSecret> {
        let shared = self.sphinx.header.compute_expanded_shared_secret(secret.inner());
        self.sphinx.header.ensure_header_integrity(&shared).is_ok().then_some(shared)
    }

    /// Takes one layer off and checks our rules.
    pub(crate) fn open(self, shared: &ExpandedSharedSecret) -> Result<Unwrapped, Dropped> {
        let class = self.class;
        // What can fail here once the MAC is good is a kind of hop that Sphinx does not know.
        let processed = self.sphinx.process_with_expanded_secret(shared).map_err(|_| Dropped::WrongRules)?;
        if processed.version != SPHINX_VERSION {
            return Err(Dropped::WrongVersion);
        }
        match processed.data {
            ProcessedPacketData::ForwardHop { next_hop_packet, next_hop_address, delay } => {
                let rules = HopRules::parse(delay.to_bytes(), class)?;
                Ok(Unwrapped::Forward {
                    next: NodeId::from_bytes(next_hop_address.to_bytes()),
                    packet: Packet::from_sphinx(class, next_hop_packet),
                    delay_step: rules.delay,
                })
            }
            ProcessedPacketData::FinalHop { destination, identifier, payload } => {
                match FinalRules::parse(destination.as_bytes(), class)?.kind {
                    Kind::Request => {
                        let payload = payload.recover_plaintext().map_err(|_| Dropped::Corrupt)?;
                        Ok(Unwrapped::Request { payload, class })
                    }
                    Kind::Reply => {
                        let id = SurbId::from_bytes(identifier).ok_or(Dropped::WrongRules)?;
                        Ok(Unwrapped::Reply { id, class, sealed: SealedReply(payload) })
                    }
                }
            }
        }
    }
}
