use std::fmt;

use rand::CryptoRng;
use sphinx_packet::SphinxPacket;
use sphinx_packet::payload::Payload;
use sphinx_packet::version::{SINGLE_SEED_SURB_VERSION, Version};

use crate::class::{Class, FinalRules, Kind};
use crate::dropped::Dropped;
use crate::header::Header;
use crate::route::Route;
use crate::surb::SurbId;

/// The one version of Sphinx that we make and accept, for requests and replies alike: under 259 a
/// storer that holds a reply block could compute the reply as every hop of its path sees it.
pub(crate) const SPHINX_VERSION: Version = SINGLE_SEED_SURB_VERSION;

/// A packet as it stands on the wire: sealed bytes of one of two exact lengths.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    class: Class,
    bytes: Vec<u8>,
}

impl Packet {
    /// A packet as a peer handed it over. Only its length is looked at.
    ///
    /// # Errors
    /// [`Dropped::WrongLength`] for a length of no class.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Dropped> {
        let class = Class::from_packet_len(bytes.len()).ok_or(Dropped::WrongLength)?;
        Ok(Self { class, bytes })
    }

    /// The class, as the length tells it.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// All bytes, as many as the class has.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All bytes, as many as the class has.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Joins header and payload by copying slices: the library's own `to_bytes` goes byte by byte.
    pub(crate) fn from_sphinx(class: Class, sphinx: SphinxPacket) -> Self {
        Self::from_parts(class, &sphinx.header.to_bytes(), &sphinx.payload)
    }

    fn from_parts(class: Class, header: &[u8], payload: &Payload) -> Self {
        let bytes = [header, payload.as_bytes()].concat();
        assert_eq!(bytes.len(), class.packet_len(), "a packet has the length of its class");
        Self { class, bytes }
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Packet({:?})", self.class)
    }
}

/// Something that does not fit into a packet of the class that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{len} bytes do not fit a packet of the class, which carries {max}; split them or use the larger class")]
pub struct PayloadTooLong {
    /// Bytes that should have been carried.
    pub len: usize,
    /// Bytes that a packet of the class carries at most.
    pub max: usize,
}

impl PayloadTooLong {
    pub(crate) fn check(payload: &[u8], class: Class) -> Result<(), Self> {
        let (len, max) = (payload.len(), class.payload_len());
        if len > max { Err(Self { len, max }) } else { Ok(()) }
    }
}

/// Seals `payload` for the last hop of `route` in a packet of `class`, to be handed to the first.
///
/// Every packet of a class has the same length, however much it carries.
///
/// # Errors
/// [`PayloadTooLong`] beyond [`Class::payload_len`].
pub fn wrap(class: Class, route: &Route, payload: &[u8], rng: &mut impl CryptoRng) -> Result<Packet, PayloadTooLong> {
    PayloadTooLong::check(payload, class)?;
    // The storer has no use for an identifier; a random one keeps requests of one asker unlike.
    let id = SurbId::random(rng);
    let header = Header::new(route, FinalRules { class, kind: Kind::Request }, id, rng);
    let sealed = Payload::encapsulate_message(payload, header.payload_seeds.as_slice(), class.sealed_len())
        .expect("a payload that fits is sealed");
    Ok(Packet::from_parts(class, &header.bytes, &sealed))
}
