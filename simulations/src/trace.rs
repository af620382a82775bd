//! What a run leaves behind: one hash over everything that moved, and how much of what moved.

use std::collections::BTreeMap;
use std::fmt;

use roneo_keys::time::Mono;

/// What kind of thing a frame is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FrameKind {
    /// A descriptor, first on a new link.
    Hello,
    /// An onion packet.
    Packet,
    /// Anti-entropy.
    Gossip,
    /// The sender chose the receiver as a guard.
    GuardClient,
    /// A block handed on between storers.
    Handover,
    /// The answer to that.
    HandoverAnswer,
    /// Nothing that a node writes.
    Foreign,
}

impl FrameKind {
    /// The kind of a frame's bytes, whether or not the rest of it makes sense.
    #[must_use]
    pub fn of(frame: &[u8]) -> Self {
        match frame.first() {
            Some(0) => Self::Hello,
            Some(1) => Self::Packet,
            Some(2) => Self::Gossip,
            Some(3) => Self::GuardClient,
            Some(4) => Self::Handover,
            Some(5) => Self::HandoverAnswer,
            _ => Self::Foreign,
        }
    }
}

/// Something that happened between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    Frame(FrameKind),
    LinkUp,
    LinkDown,
    Start,
    Stop,
}

impl Happening {
    const fn code(self) -> u8 {
        match self {
            Self::Frame(kind) => kind as u8,
            Self::LinkUp => 16,
            Self::LinkDown => 17,
            Self::Start => 18,
            Self::Stop => 19,
        }
    }
}

/// A hash over all that happened: who, to whom, when, what kind, how long. Never over bytes, because
/// packets carry padding that no seed governs.
///
/// Two runs of one scenario with one seed have the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceHash([u8; 32]);

impl fmt::Display for TraceHash {
    /// The first 16 hexadecimal digits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for TraceHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// How much was sent, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Frames and bytes of each kind, those lost on the way included.
    pub by_kind: BTreeMap<FrameKind, (u64, u64)>,
    /// Packets of each length, in bytes without the frame's kind.
    pub packet_lengths: BTreeMap<usize, u64>,
    /// Packet frames that the network lost.
    pub lost: u64,
}

impl Traffic {
    /// Frames of one kind.
    #[must_use]
    pub fn frames(&self, kind: FrameKind) -> u64 {
        self.by_kind.get(&kind).map_or(0, |(frames, _)| *frames)
    }

    pub(crate) fn sent(&mut self, frame: &[u8]) {
        let kind = FrameKind::of(frame);
        let (frames, bytes) = self.by_kind.entry(kind).or_default();
        *frames += 1;
        *bytes += frame.len() as u64;
        if kind == FrameKind::Packet {
            *self.packet_lengths.entry(frame.len() - 1).or_default() += 1;
        }
    }
}

/// The hash as it grows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace(blake3::Hasher);

impl Trace {
    pub(crate) fn note(&mut self, at: Mono, from: usize, to: usize, happening: Happening, length: usize) {
        let mut entry = [0; 21];
        entry[..8].copy_from_slice(&at.0.to_le_bytes());
        for (bytes, word) in entry[8..20].chunks_exact_mut(4).zip([from, to, length]) {
            bytes.copy_from_slice(&(word as u32).to_le_bytes());
        }
        entry[20] = happening.code();
        self.0.update(&entry);
    }

    pub(crate) fn hash(&self) -> TraceHash {
        TraceHash(*self.0.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_keys::time::Day;
    use roneo_keys::{Block, LEAF_LEN};
    use roneo_overlay::Frame;
    use roneo_overlay::frame::{Handover, HandoverOutcome};
    use roneo_overlay::storage_message::{Proof, Stamp};

    #[test]
    fn kinds_are_those_of_the_overlay() {
        let block = Block::new(vec![1; LEAF_LEN]).unwrap();
        let handover =
            Handover { number: 1, day: Day(1), copies: 1, stamp: Stamp::default(), proof: Proof::Hash, block };
        let table = [
            (Frame::Hello(vec![]), FrameKind::Hello),
            (Frame::Packet(vec![]), FrameKind::Packet),
            (Frame::Gossip(vec![]), FrameKind::Gossip),
            (Frame::GuardClient, FrameKind::GuardClient),
            (Frame::Handover(handover), FrameKind::Handover),
            (Frame::HandoverAnswer { number: 1, outcome: HandoverOutcome::Full }, FrameKind::HandoverAnswer),
        ];
        for (frame, kind) in table {
            assert_eq!(FrameKind::of(&frame.to_bytes()), kind);
        }
        assert_eq!(FrameKind::of(&[]), FrameKind::Foreign);
        assert_eq!(FrameKind::of(&[6]), FrameKind::Foreign);
    }

    #[test]
    fn every_part_of_an_entry_counts() {
        let hash = |at, from, to, happening, length| {
            let mut trace = Trace::default();
            trace.note(Mono(at), from, to, happening, length);
            trace.hash()
        };
        let base = hash(1, 2, 3, Happening::LinkUp, 0);
        assert_eq!(base, hash(1, 2, 3, Happening::LinkUp, 0));
        let others = [
            hash(2, 2, 3, Happening::LinkUp, 0),
            hash(1, 3, 3, Happening::LinkUp, 0),
            hash(1, 2, 2, Happening::LinkUp, 0),
            hash(1, 2, 3, Happening::LinkDown, 0),
            hash(1, 2, 3, Happening::LinkUp, 1),
        ];
        assert!(!others.contains(&base));
    }
}
