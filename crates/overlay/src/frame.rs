//! What two linked nodes say to each other: one byte of kind, then its body.
//!
//! Links are authenticated and encrypted by the shell; a frame's sender is known. Nothing here is
//! about who asked for what: requests travel sealed inside [`Frame::Packet`].

use roneo_keys::time::Day;
use roneo_keys::{Block, SIGNATURE_LEN, Signature, SizeClass};

use crate::storage_message::{MAX_COPIES, Malformed, Proof, Reader, STAMP_LEN, Stamp};

/// Bytes of a frame at most, its kind included.
pub const MAX_FRAME_LEN: usize = 65 * 1_024;

/// One message on a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The sender's own descriptor, first thing on a new link.
    Hello(Vec<u8>),
    /// An onion packet, of exactly one of the two lengths.
    Packet(Vec<u8>),
    /// Anti-entropy: see [`crate::gossip`].
    Gossip(Vec<u8>),
    /// The sender chose the receiver as a guard.
    GuardClient,
    /// From storer to storer: keep this block too.
    Handover(Handover),
    /// The answer to a [`Frame::Handover`].
    HandoverAnswer {
        /// The number that the hand-over carried.
        number: u32,
        /// What became of it.
        outcome: HandoverOutcome,
    },
}

/// A block on its way from one of its storers to the next in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// Chosen by the sender, repeated in the answer.
    pub number: u32,
    /// The day that receipts are signed for.
    pub day: Day,
    /// Copies that the writer asked for.
    pub copies: u8,
    /// The writer's stamp.
    pub stamp: Stamp,
    /// How the block shows where it belongs, which is also how its locator is known.
    pub proof: Proof,
    /// The block.
    pub block: Block,
}

/// What became of a block handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandoverOutcome {
    /// Kept: rank and signature of the receipt.
    Kept {
        /// The signer's place in the order.
        rank: u8,
        /// Over the receipt digest.
        signature: Signature,
    },
    /// The disk is full.
    Full,
    /// Not a storer of this block in the receiver's view.
    Refused,
    /// The receiver keeps this better record of the same name.
    Held(Block),
}

const HELLO: u8 = 0;
const PACKET: u8 = 1;
const GOSSIP: u8 = 2;
const GUARD_CLIENT: u8 = 3;
const HANDOVER: u8 = 4;
const HANDOVER_ANSWER: u8 = 5;

impl Frame {
    /// The frame's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Hello(descriptor) => with_kind(HELLO, &[descriptor]),
            Self::Packet(packet) => with_kind(PACKET, &[packet]),
            Self::Gossip(message) => with_kind(GOSSIP, &[message]),
            Self::GuardClient => vec![GUARD_CLIENT],
            Self::Handover(handover) => with_kind(
                HANDOVER,
                &[
                    &handover.number.to_le_bytes(),
                    &handover.day.0.to_le_bytes(),
                    &[handover.copies, handover.proof.code()],
                    &handover.stamp.0,
                    handover.block.bytes(),
                ],
            ),
            Self::HandoverAnswer { number, outcome } => {
                let (status, rank, signature, held) = match outcome {
                    HandoverOutcome::Kept { rank, signature } => (0, *rank, *signature, &[][..]),
                    HandoverOutcome::Full => (1, 0, [0; SIGNATURE_LEN], &[][..]),
                    HandoverOutcome::Refused => (2, 0, [0; SIGNATURE_LEN], &[][..]),
                    HandoverOutcome::Held(block) => (3, 0, [0; SIGNATURE_LEN], block.bytes()),
                };
                with_kind(HANDOVER_ANSWER, &[&number.to_le_bytes(), &[status, rank], &signature, held])
            }
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`Malformed`] for anything that [`Frame::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_FRAME_LEN {
            return Err(Malformed);
        }
        let (kind, body) = bytes.split_first().ok_or(Malformed)?;
        let mut reader = Reader(body);
        match *kind {
            HELLO => Ok(Self::Hello(body.to_vec())),
            PACKET => Ok(Self::Packet(body.to_vec())),
            GOSSIP => Ok(Self::Gossip(body.to_vec())),
            GUARD_CLIENT if body.is_empty() => Ok(Self::GuardClient),
            HANDOVER => {
                let number = u32::from_le_bytes(reader.array()?);
                let day = Day(u32::from_le_bytes(reader.array()?));
                let [copies, proof] = reader.array()?;
                let proof = Proof::from_code(proof).ok_or(Malformed)?;
                let stamp = Stamp(reader.array::<STAMP_LEN>()?);
                let block = Block::new(reader.0).map_err(|_| Malformed)?;
                let fits = proof.class().is_none_or(|needed| needed == block.class());
                if copies == 0 || copies > MAX_COPIES || !fits {
                    return Err(Malformed);
                }
                Ok(Self::Handover(Handover { number, day, copies, stamp, proof, block }))
            }
            HANDOVER_ANSWER => {
                let number = u32::from_le_bytes(reader.array()?);
                let [status, rank] = reader.array()?;
                let signature: Signature = reader.array()?;
                let unsigned = rank == 0 && signature == [0; SIGNATURE_LEN];
                let outcome = match (status, reader.0.len()) {
                    (0, 0) => HandoverOutcome::Kept { rank, signature },
                    (1, 0) if unsigned => HandoverOutcome::Full,
                    (2, 0) if unsigned => HandoverOutcome::Refused,
                    (3, len) if unsigned && len == SizeClass::Leaf.byte_len() => {
                        HandoverOutcome::Held(Block::new(reader.0).map_err(|_| Malformed)?)
                    }
                    _ => return Err(Malformed),
                };
                Ok(Self::HandoverAnswer { number, outcome })
            }
            _ => Err(Malformed),
        }
    }
}

fn with_kind(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![kind];
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use roneo_keys::LEAF_LEN;

    #[test]
    fn frames_round_trip() {
        let block = Block::new(vec![1; LEAF_LEN]).unwrap();
        let frames = [
            Frame::Hello(vec![1, 2]),
            Frame::Packet(vec![3; 10]),
            Frame::Gossip(vec![]),
            Frame::GuardClient,
            Frame::Handover(Handover {
                number: 7,
                day: Day(9),
                copies: 3,
                stamp: Stamp::default(),
                proof: Proof::Signed,
                block: block.clone(),
            }),
            Frame::HandoverAnswer { number: 6, outcome: HandoverOutcome::Held(block) },
            Frame::HandoverAnswer { number: 7, outcome: HandoverOutcome::Kept { rank: 4, signature: [6; 64] } },
            Frame::HandoverAnswer { number: 8, outcome: HandoverOutcome::Full },
            Frame::HandoverAnswer { number: 9, outcome: HandoverOutcome::Refused },
        ];
        for frame in frames {
            assert_eq!(Frame::from_bytes(&frame.to_bytes()), Ok(frame));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..5_000)) {
            if let Ok(frame) = Frame::from_bytes(&bytes) {
                prop_assert_eq!(frame.to_bytes(), bytes);
            }
        }
    }
}
