use std::time::Duration;

use roneo_keys::{BLOCK_LEN, LEAF_LEN};

use crate::SURB_LEN;
use crate::dropped::Dropped;

/// Bytes of the header in front of every packet: a group element of 32, a MAC of 16, and five
/// layers of routing information of 60 each.
pub const HEADER_LEN: usize = sphinx_packet::header::HEADER_SIZE;

/// Bytes that the payload's own check takes: 16 zeros in front, one mark where the padding begins.
pub const PAYLOAD_OVERHEAD: usize = sphinx_packet::payload::PAYLOAD_OVERHEAD_SIZE;

/// Bytes that a request may need beside a reply block and the leaf or block that it carries: kind,
/// locator, stamp and what else stands in front.
pub const REQUEST_ROOM: usize = 256;

const SMALL_LEN: usize = 5_120;
const BLOCK_PACKET_LEN: usize = 34_304;

// The byte budget, as `docs/formats/packet.md` states it.
const _: () = assert!(HEADER_LEN == 348 && PAYLOAD_OVERHEAD == 17 && SURB_LEN == 396);
const _: () = assert!(Class::Small.payload_len() == 4_755 && Class::Block.payload_len() == 33_939);
const _: () = assert!(SURB_LEN + REQUEST_ROOM + LEAF_LEN <= Class::Small.payload_len());
const _: () = assert!(SURB_LEN + REQUEST_ROOM + BLOCK_LEN <= Class::Block.payload_len());

/// The two kinds of packet, told apart by their exact length: no packet has any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 5,120 bytes: requests, leaves, receipts.
    Small,
    /// 34,304 bytes: blocks.
    Block,
}

impl Class {
    /// Both classes, the smaller first.
    pub const ALL: [Self; 2] = [Self::Small, Self::Block];

    /// Bytes of a packet of this class on the wire.
    #[must_use]
    pub const fn packet_len(self) -> usize {
        match self {
            Self::Small => SMALL_LEN,
            Self::Block => BLOCK_PACKET_LEN,
        }
    }

    /// The most bytes that somebody can say in a packet of this class: 4,755 or 33,939.
    #[must_use]
    pub const fn payload_len(self) -> usize {
        self.sealed_len() - PAYLOAD_OVERHEAD
    }

    /// The class whose packets have this length.
    #[must_use]
    pub const fn from_packet_len(len: usize) -> Option<Self> {
        match len {
            SMALL_LEN => Some(Self::Small),
            BLOCK_PACKET_LEN => Some(Self::Block),
            _ => None,
        }
    }

    /// The byte that stands for this class in every format.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Small => 0,
            Self::Block => 1,
        }
    }

    /// The class a format's byte stands for.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Small),
            1 => Some(Self::Block),
            _ => None,
        }
    }

    /// Bytes behind the header: the sealed payload.
    pub(crate) const fn sealed_len(self) -> usize {
        self.packet_len() - HEADER_LEN
    }
}

/// How long a hop may be told to hold a packet: the one table of all modes. A step and not a
/// duration travels, so that no packet is recognised by an odd number of milliseconds.
pub const DELAY_STEPS: [Duration; 8] = [
    Duration::ZERO,
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
];

/// A place in [`DELAY_STEPS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DelayStep(u8);

impl DelayStep {
    /// Pass the packet on at once.
    pub const NONE: Self = Self(0);

    /// The step of this number, if the table has it.
    #[must_use]
    pub fn new(step: u8) -> Option<Self> {
        (usize::from(step) < DELAY_STEPS.len()).then_some(Self(step))
    }

    /// How long to hold the packet.
    #[must_use]
    pub fn duration(self) -> Duration {
        DELAY_STEPS[usize::from(self.0)]
    }
}

/// Our rules for packets, the first byte of what we say to each hop. A hop that knows only another
/// version drops the packet.
pub const RULE_VERSION: u8 = 1;

/// What a packet says to a hop that passes it on, in the 8 bytes that Sphinx sets aside for a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HopRules {
    pub(crate) class: Class,
    pub(crate) delay: DelayStep,
}

impl HopRules {
    const LEN: usize = 8;

    pub(crate) fn to_bytes(self) -> [u8; Self::LEN] {
        [RULE_VERSION, self.class.code(), self.delay.0, 0, 0, 0, 0, 0]
    }

    /// Reads the rules of a packet whose length is that of `class`.
    pub(crate) fn parse(bytes: [u8; Self::LEN], class: Class) -> Result<Self, Dropped> {
        let [version, stated, delay, reserved @ ..] = bytes;
        check_rules(version, stated, &reserved, class)?;
        Ok(Self { class, delay: DelayStep::new(delay).ok_or(Dropped::WrongRules)? })
    }
}

/// What a packet is to the node at the end of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Reply,
}

/// What a packet says to its last hop, in the 32 bytes that Sphinx sets aside for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FinalRules {
    pub(crate) class: Class,
    pub(crate) kind: Kind,
}

impl FinalRules {
    const LEN: usize = 32;

    pub(crate) fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[0] = RULE_VERSION;
        bytes[1] = self.class.code();
        bytes[2] = match self.kind {
            Kind::Request => 0,
            Kind::Reply => 1,
        };
        bytes
    }

    /// Reads the rules of a packet whose length is that of `class`.
    pub(crate) fn parse(bytes: [u8; Self::LEN], class: Class) -> Result<Self, Dropped> {
        let [version, stated, kind, reserved @ ..] = bytes;
        check_rules(version, stated, &reserved, class)?;
        let kind = match kind {
            0 => Kind::Request,
            1 => Kind::Reply,
            _ => return Err(Dropped::WrongRules),
        };
        Ok(Self { class, kind })
    }
}

/// The part that all hops check: a version we know, the class that the length says, and nothing in
/// the reserved bytes, where a sender could otherwise write a mark for a later reader.
fn check_rules(version: u8, stated: u8, reserved: &[u8], class: Class) -> Result<(), Dropped> {
    if version != RULE_VERSION || reserved.iter().any(|byte| *byte != 0) {
        return Err(Dropped::WrongRules);
    }
    match Class::from_code(stated) {
        Some(stated) if stated == class => Ok(()),
        Some(_) => Err(Dropped::WrongClass),
        None => Err(Dropped::WrongRules),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_lengths_name_their_class() {
        for class in Class::ALL {
            assert_eq!(Class::from_code(class.code()), Some(class));
            assert_eq!(Class::from_packet_len(class.packet_len()), Some(class));
            assert_eq!(Class::from_packet_len(class.packet_len() - 1), None);
        }
        assert_eq!(Class::from_code(2), None);
    }

    #[test]
    fn the_table_has_eight_growing_steps() {
        assert!(DELAY_STEPS.is_sorted());
        assert_eq!(DelayStep::NONE.duration(), Duration::ZERO);
        assert_eq!(DelayStep::new(7).map(DelayStep::duration), Some(Duration::from_secs(16)));
        assert_eq!(DelayStep::new(8), None);
    }

    #[test]
    fn hop_rules_are_read_strictly() {
        let check = |bytes, expected| assert_eq!(HopRules::parse(bytes, Class::Block), expected, "{bytes:?}");
        let rules = |step| HopRules { class: Class::Block, delay: DelayStep(step) };
        check(rules(0).to_bytes(), Ok(rules(0)));
        check([1, 1, 7, 0, 0, 0, 0, 0], Ok(rules(7)));
        check([1, 1, 8, 0, 0, 0, 0, 0], Err(Dropped::WrongRules));
        check([1, 0, 0, 0, 0, 0, 0, 0], Err(Dropped::WrongClass));
        check([1, 2, 0, 0, 0, 0, 0, 0], Err(Dropped::WrongRules));
        check([0, 1, 0, 0, 0, 0, 0, 0], Err(Dropped::WrongRules));
        check([2, 1, 0, 0, 0, 0, 0, 0], Err(Dropped::WrongRules));
        for reserved in 3..8 {
            let mut bytes = rules(0).to_bytes();
            bytes[reserved] = 0x80;
            check(bytes, Err(Dropped::WrongRules));
        }
    }

    #[test]
    fn final_rules_are_read_strictly() {
        let check =
            |bytes: [u8; 32], expected| assert_eq!(FinalRules::parse(bytes, Class::Small), expected, "{bytes:?}");
        for kind in [Kind::Request, Kind::Reply] {
            let rules = FinalRules { class: Class::Small, kind };
            check(rules.to_bytes(), Ok(rules));
        }
        let good = FinalRules { class: Class::Small, kind: Kind::Request }.to_bytes();
        for (at, value, expected) in [
            (0, 2, Dropped::WrongRules),
            (1, 1, Dropped::WrongClass),
            (1, 9, Dropped::WrongRules),
            (2, 2, Dropped::WrongRules),
            (3, 1, Dropped::WrongRules),
            (31, 1, Dropped::WrongRules),
        ] {
            let mut bytes = good;
            bytes[at] = value;
            check(bytes, Err(expected));
        }
    }
}
