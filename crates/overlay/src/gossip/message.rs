use std::fmt;

use crate::descriptor::{DescriptorId, MAX_DESCRIPTOR_LEN};
use crate::pulse::Pulse;
use crate::wire::Reader;

/// Longest message.
pub const MAX_MESSAGE_LEN: usize = 65_536;
/// Longest digest frame. A view of 20,000 that differs everywhere narrows down by several frames.
pub const MAX_DIGEST_LEN: usize = 32_768;
/// Most descriptors in one message, so that it stays below [`MAX_MESSAGE_LEN`] whatever their sizes;
/// and so most that are asked for at once.
pub const MAX_DESCRIPTORS: usize = 60;
/// Most pulses in one message.
pub const MAX_PULSES: usize = 2_048;

const DIGEST: u8 = 0;
const DIGEST_ANSWER: u8 = 1;
const WANT: u8 = 2;
const DESCRIPTORS: u8 = 3;
const PULSES: u8 = 4;

const _: () = assert!(3 + MAX_DESCRIPTORS * (2 + MAX_DESCRIPTOR_LEN) <= MAX_MESSAGE_LEN);
const _: () = assert!(3 + MAX_PULSES * Pulse::LEN <= MAX_MESSAGE_LEN);

/// What one node tells another about the network. The layout stands in `docs/formats/gossip.md`.
#[derive(Clone, PartialEq, Eq)]
pub enum Message {
    /// From the opener of a round: a reconciliation frame.
    Digest {
        /// Names the round in the answer.
        round: u32,
        /// At most [`MAX_DIGEST_LEN`] bytes.
        frame: Vec<u8>,
    },
    /// The answer to a digest.
    DigestAnswer {
        /// That of the digest.
        round: u32,
        /// At most [`MAX_DIGEST_LEN`] bytes.
        frame: Vec<u8>,
    },
    /// Asks for descriptors by id, 1 to [`MAX_DESCRIPTORS`].
    Want(Vec<DescriptorId>),
    /// Descriptors as their nodes signed them, unparsed, 1 to [`MAX_DESCRIPTORS`]: asked for, or
    /// pushed because they are new to the sender.
    Descriptors(Vec<Vec<u8>>),
    /// Pulses, 1 to [`MAX_PULSES`].
    Pulses(Vec<Pulse>),
}

/// Bytes that are no message: the peer that sent them misbehaves, or is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a gossip message that no Roneo of this version sends")]
pub struct MalformedMessage;

impl Message {
    /// The bytes of a message. Lists beyond their bounds are cut to them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Digest { round, frame } => digest(DIGEST, *round, frame),
            Self::DigestAnswer { round, frame } => digest(DIGEST_ANSWER, *round, frame),
            Self::Want(ids) => list(WANT, ids, MAX_DESCRIPTORS, |bytes, id| bytes.extend(id.0)),
            Self::Descriptors(descriptors) => list(DESCRIPTORS, descriptors, MAX_DESCRIPTORS, |bytes, descriptor| {
                bytes.extend((descriptor.len() as u16).to_le_bytes());
                bytes.extend(descriptor);
            }),
            Self::Pulses(pulses) => list(PULSES, pulses, MAX_PULSES, |bytes, pulse| bytes.extend(pulse.to_bytes())),
        }
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`MalformedMessage`], where a kind is unknown, a length or count out of bounds, or bytes are
    /// missing or left over.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedMessage> {
        if bytes.len() > MAX_MESSAGE_LEN {
            return Err(MalformedMessage);
        }
        let mut reader = Reader::new(bytes);
        let message = Self::read(&mut reader).filter(|_| reader.remaining() == 0);
        message.ok_or(MalformedMessage)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        match reader.u8()? {
            kind @ (DIGEST | DIGEST_ANSWER) => {
                let round = reader.u32()?;
                let frame = reader.slice(reader.remaining()).filter(|frame| frame.len() <= MAX_DIGEST_LEN)?.to_vec();
                Some(if kind == DIGEST { Self::Digest { round, frame } } else { Self::DigestAnswer { round, frame } })
            }
            WANT => read_list(reader, MAX_DESCRIPTORS, |reader| reader.array().map(DescriptorId)).map(Self::Want),
            DESCRIPTORS => read_list(reader, MAX_DESCRIPTORS, read_descriptor).map(Self::Descriptors),
            PULSES => read_list(reader, MAX_PULSES, Pulse::read).map(Self::Pulses),
            _ => None,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest { round, frame } => write!(formatter, "Digest({round}, {} bytes)", frame.len()),
            Self::DigestAnswer { round, frame } => write!(formatter, "DigestAnswer({round}, {} bytes)", frame.len()),
            Self::Want(ids) => write!(formatter, "Want({})", ids.len()),
            Self::Descriptors(descriptors) => write!(formatter, "Descriptors({})", descriptors.len()),
            Self::Pulses(pulses) => write!(formatter, "Pulses({})", pulses.len()),
        }
    }
}

fn digest(kind: u8, round: u32, frame: &[u8]) -> Vec<u8> {
    [&[kind][..], &round.to_le_bytes(), frame].concat()
}

fn list<T>(kind: u8, items: &[T], most: usize, mut write: impl FnMut(&mut Vec<u8>, &T)) -> Vec<u8> {
    let items = &items[..items.len().min(most)];
    let mut bytes = vec![kind];
    bytes.extend((items.len() as u16).to_le_bytes());
    items.iter().for_each(|item| write(&mut bytes, item));
    bytes
}

fn read_list<'a, T>(
    reader: &mut Reader<'a>,
    most: usize,
    mut read: impl FnMut(&mut Reader<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = usize::from(reader.u16()?);
    // An empty list says nothing, and nobody sends it.
    if count == 0 || count > most {
        return None;
    }
    (0..count).map(|_| read(reader)).collect()
}

fn read_descriptor(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
    let len = usize::from(reader.u16()?);
    let bytes = reader.slice(len)?;
    (1..=MAX_DESCRIPTOR_LEN).contains(&len).then(|| bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn malformed_messages_are_refused() {
        let id = [7; 32];
        let full_want = [&[WANT, 61, 0][..], &id.repeat(61)].concat();
        let table: [&[u8]; 14] = [
            &[],
            &[DIGEST, 0, 0, 0],
            &[5, 0, 0],
            &[WANT, 0, 0],
            &[WANT, 1],
            &[WANT, 1, 0, 7],
            &full_want,
            &[DESCRIPTORS, 1, 0, 0, 0],
            &[DESCRIPTORS, 1, 0, 2, 0, 1],
            &[DESCRIPTORS, 1, 0, 1, 0, 1, 1],
            &[PULSES, 0, 0],
            &[PULSES, 1, 0, 3],
            &[PULSES, 1, 8],
            &[0xff; 40],
        ];
        for bytes in table {
            assert_eq!(Message::from_bytes(bytes), Err(MalformedMessage), "{bytes:?}");
        }
        let long_descriptor = [&[DESCRIPTORS, 1, 0, 1, 4][..], &[0; MAX_DESCRIPTOR_LEN + 1]].concat();
        let long_digest = vec![DIGEST; 5 + MAX_DIGEST_LEN + 1];
        let too_long = vec![PULSES; MAX_MESSAGE_LEN + 1];
        for bytes in [long_descriptor, long_digest, too_long] {
            assert_eq!(Message::from_bytes(&bytes), Err(MalformedMessage));
        }
    }

    /// Draft vector: the same bytes stand in `docs/formats/gossip.md`.
    #[test]
    fn vectors() {
        let hex = |message: Message| message.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(Message::Digest { round: 1, frame: vec![0x61, 0, 0, 2, 0] }), "00010000006100000200");
        assert_eq!(hex(Message::Want(vec![DescriptorId([0xab; 32])])), "020100".to_owned() + &"ab".repeat(32));
        assert_eq!(hex(Message::Descriptors(vec![vec![0xcd; 3]])), "0301000300cdcdcd");
        let pulse = Pulse::from_bytes(&[0xef; Pulse::LEN]);
        assert_eq!(hex(Message::Pulses(vec![pulse])), "040100".to_owned() + &"ef".repeat(24));
    }

    fn message() -> impl Strategy<Value = Message> {
        let bytes = |most| proptest::collection::vec(any::<u8>(), 1..most);
        prop_oneof![
            (any::<u32>(), bytes(200)).prop_map(|(round, frame)| Message::Digest { round, frame }),
            (any::<u32>(), bytes(200)).prop_map(|(round, frame)| Message::DigestAnswer { round, frame }),
            proptest::collection::vec(any::<[u8; 32]>().prop_map(DescriptorId), 1..=MAX_DESCRIPTORS)
                .prop_map(Message::Want),
            proptest::collection::vec(bytes(MAX_DESCRIPTOR_LEN), 1..5).prop_map(Message::Descriptors),
            proptest::collection::vec(any::<[u8; 24]>().prop_map(|bytes| Pulse::from_bytes(&bytes)), 1..30)
                .prop_map(Message::Pulses),
        ]
    }

    proptest! {
        #[test]
        fn read_after_write_is_identity(message in message()) {
            prop_assert_eq!(Message::from_bytes(&message.to_bytes()), Ok(message));
        }

        #[test]
        fn arbitrary_bytes_never_panic(kind in 0u8..6, bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Message::from_bytes(&bytes);
            let _ = Message::from_bytes(&[&[kind], &bytes[..]].concat());
        }
    }
}
