use std::fmt;

use rand::CryptoRng;
use roneo_keys::NodeId;
use sphinx_packet::constants::{IDENTIFIER_LENGTH, NODE_ADDRESS_LENGTH, PAYLOAD_KEY_SEED_SIZE};
use sphinx_packet::payload::Payload;
use sphinx_packet::{SURB, SurbReplyRecovery};
use zeroize::Zeroizing;

use crate::class::{Class, FinalRules, HEADER_LEN, Kind};
use crate::dropped::Dropped;
use crate::header::Header;
use crate::packet::{Packet, PayloadTooLong};
use crate::route::{PATH_LEN, Route};

/// Bytes of a reply block on the wire: a packet's header of 348, the first hop's 32, a seed of 16.
pub const SURB_LEN: usize = HEADER_LEN + NODE_ADDRESS_LENGTH + PAYLOAD_KEY_SEED_SIZE;

/// By which the maker of a reply block finds the [`ReplyKey`] when the answer comes: 16 bytes, not
/// all zero. Only the maker ever sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SurbId([u8; IDENTIFIER_LENGTH]);

impl SurbId {
    /// A fresh id.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut bytes = [0; IDENTIFIER_LENGTH];
            rng.fill_bytes(&mut bytes);
            if let Some(id) = Self::from_bytes(bytes) {
                return id;
            }
        }
    }

    /// An id read from a format, unless it is all zero, which stands for none.
    #[must_use]
    pub fn from_bytes(bytes: [u8; IDENTIFIER_LENGTH]) -> Option<Self> {
        (bytes != [0; IDENTIFIER_LENGTH]).then_some(Self(bytes))
    }

    /// The id's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; IDENTIFIER_LENGTH] {
        &self.0
    }
}

impl fmt::Debug for SurbId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SurbId(…)")
    }
}

/// A single-use reply block: lets whoever holds it answer its maker once, without learning who that
/// is. Of its path the holder learns the first hop.
///
/// Used twice, its packets carry the same replay tag, and the first hop drops the second.
pub struct Surb(SURB);

impl Surb {
    /// A reply block as it stood in a request. Whether its header leads anywhere shows only at the
    /// first hop.
    ///
    /// # Errors
    /// [`SurbError`] unless there are exactly [`SURB_LEN`] bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SurbError> {
        // The library would take further seeds behind the first: a block of an older version.
        if bytes.len() != SURB_LEN {
            return Err(SurbError);
        }
        SURB::from_bytes(bytes).map(Self).map_err(|_| SurbError)
    }

    /// The [`SURB_LEN`] bytes to put into a request.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; SURB_LEN] {
        self.0.to_bytes().try_into().expect("a header, an address and one seed")
    }

    /// Whom to hand the reply to.
    #[must_use]
    pub fn first_hop(&self) -> NodeId {
        NodeId::from_bytes(self.0.first_hop().to_bytes())
    }

    /// Answers: the packet, and whom to hand it to.
    ///
    /// `class` is the one the request named. The header says the same to each hop, and a packet of
    /// the other length is dropped by the first.
    ///
    /// # Errors
    /// [`PayloadTooLong`] beyond [`Class::payload_len`].
    pub fn reply(self, class: Class, payload: &[u8]) -> Result<(NodeId, Packet), PayloadTooLong> {
        PayloadTooLong::check(payload, class)?;
        let first_hop = self.first_hop();
        let (sphinx, _) = self.0.use_surb(payload, class.sealed_len()).expect("a payload that fits makes a packet");
        Ok((first_hop, Packet::from_sphinx(class, sphinx)))
    }
}

impl fmt::Debug for Surb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Surb(…)")
    }
}

/// Bytes that are no reply block: the request that held them is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a reply block of {SURB_LEN} bytes")]
pub struct SurbError;

/// What only the maker of a reply block keeps: the seeds that undo what each hop did to the reply.
/// Zeroized on drop, never printed.
#[derive(Clone)]
pub struct ReplyKey {
    pub(crate) class: Class,
    pub(crate) recovery: SurbReplyRecovery,
}

impl ReplyKey {
    /// The class in which the reply comes.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// Opens the reply that came with this key's id.
    ///
    /// # Errors
    /// [`Dropped::WrongClass`] for a reply of the other class; [`Dropped::Corrupt`] for one that
    /// was changed on its way, or sealed by somebody who did not hold the reply block.
    pub fn open(&self, sealed: SealedReply) -> Result<Vec<u8>, Dropped> {
        if sealed.0.len() != self.class.sealed_len() {
            return Err(Dropped::WrongClass);
        }
        self.recovery.recover_plaintext(sealed.0).map_err(|_| Dropped::Corrupt)
    }
}

impl fmt::Debug for ReplyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ReplyKey(…)")
    }
}

/// A reply as it arrives at the maker of its reply block: readable with the [`ReplyKey`] alone.
pub struct SealedReply(pub(crate) Payload);

impl fmt::Debug for SealedReply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealedReply(…)")
    }
}

/// Makes a reply block whose answer comes in a packet of `class` along `route`, whose last hop is
/// the maker itself, and arrives there as `id`.
///
/// The class stands in every layer, so whoever answers cannot change it.
#[must_use]
pub fn make_surb(class: Class, route: &Route, id: SurbId, rng: &mut impl CryptoRng) -> (Surb, ReplyKey) {
    let Header { bytes, payload_seeds } = Header::new(route, FinalRules { class, kind: Kind::Reply }, id, rng);
    let block = [&bytes[..], route.first_hop().as_bytes(), &payload_seeds[PATH_LEN - 1]].concat();
    let surb = Surb::from_bytes(&block).expect("a header, an address and one seed");
    let recovery = Zeroizing::new([id.as_bytes(), payload_seeds.as_flattened()].concat());
    let recovery = SurbReplyRecovery::from_bytes(&recovery).expect("an id and four seeds");
    (surb, ReplyKey { class, recovery })
}
