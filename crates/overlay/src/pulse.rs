//! The pulse: proof that a node was alive at a known moment, in 24 bytes and without a signature.
//!
//! A node draws a hash chain, puts its end into the signed descriptor, and reveals one preimage per
//! period: element `i` at `start + i * period`. A preimage proves that its owner was there to
//! reveal it, and hearing it late proves no more than that: what counts is the moment of the
//! element, never the moment of the hearing. So a recorded pulse keeps nobody alive, and all nodes
//! come to see a dead node's silence begin at the same second.

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use roneo_keys::NodeId;
use roneo_keys::time::Wall;
use zeroize::Zeroizing;

use crate::rules::Rules;
use crate::wire::Reader;

/// Longest chain that a descriptor may announce: the work of one full verification is bounded by it.
pub const MAX_CHAIN_LEN: u32 = 16_384;

/// Every this many elements the owner of a chain keeps one, so that revealing any of the longest
/// chain takes at most this many hashes and 2 KiB.
const CHECKPOINT_EVERY: u32 = 128;

/// One element of a chain.
pub type Preimage = [u8; 16];

/// What a descriptor says about its node's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PulseCommitment {
    end: Preimage,
    start: Wall,
    length: u32,
}

impl PulseCommitment {
    /// Bytes of a commitment in every format.
    pub const LEN: usize = 28;

    /// The chain whose element 0 hashes to `end`, may be revealed at `start`, and is followed by the
    /// rest of `length` elements: 1 to [`MAX_CHAIN_LEN`], anything else is no chain.
    #[must_use]
    pub const fn new(end: Preimage, start: Wall, length: u32) -> Option<Self> {
        if length == 0 || length > MAX_CHAIN_LEN { None } else { Some(Self { end, start, length }) }
    }

    /// The hash of element 0.
    #[must_use]
    pub const fn end(&self) -> &Preimage {
        &self.end
    }

    /// When element 0 may be revealed.
    #[must_use]
    pub const fn start(&self) -> Wall {
        self.start
    }

    /// Elements of the chain.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.length
    }

    /// The end, the start, the length.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..16].copy_from_slice(&self.end);
        bytes[16..24].copy_from_slice(&self.start.0.to_le_bytes());
        bytes[24..].copy_from_slice(&self.length.to_le_bytes());
        bytes
    }

    /// A commitment at the front of untrusted bytes: `None` where these are cut, and inside it `None`
    /// where they are no chain.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Option<Self>> {
        Some(Self::new(reader.array()?, Wall(reader.u64()?), reader.u32()?))
    }

    /// The latest element that may have been revealed by `wall`; `None` before the start.
    fn position_at(&self, wall: Wall, period: Duration) -> Option<u32> {
        let last = self.length - 1;
        let elapsed = wall.0.checked_sub(self.start.0)?;
        Some(u32::try_from(elapsed / seconds(period)).map_or(last, |position| position.min(last)))
    }

    /// When element `position` was due.
    fn due(&self, position: u32, period: Duration) -> Wall {
        Wall(self.start.0.saturating_add(u64::from(position).saturating_mul(seconds(period))))
    }
}

/// One revealed element, as it travels: 8 of the node's location, 16 of preimage.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pulse {
    /// The first 8 bytes of the node's [location](NodeId::location).
    pub id: PulseId,
    /// The element.
    pub preimage: Preimage,
}

/// Names a node in a [`Pulse`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PulseId(pub [u8; 8]);

impl PulseId {
    /// The name of this node's pulses.
    #[must_use]
    pub fn of(node: &NodeId) -> Self {
        let mut id = [0; 8];
        id.copy_from_slice(&node.location()[..8]);
        Self(id)
    }
}

impl fmt::Debug for PulseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PulseId({:016x})", u64::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Pulse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Pulse({:?})", self.id)
    }
}

impl Pulse {
    /// Bytes of a pulse in every format.
    pub const LEN: usize = 24;

    /// The id, then the preimage.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..8].copy_from_slice(&self.id.0);
        bytes[8..].copy_from_slice(&self.preimage);
        bytes
    }

    /// A pulse read from a format; any bytes are one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let (mut id, mut preimage) = ([0; 8], [0; 16]);
        id.copy_from_slice(&bytes[..8]);
        preimage.copy_from_slice(&bytes[8..]);
        Self { id: PulseId(id), preimage }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.array().as_ref().map(Self::from_bytes)
    }
}

/// The chain of this node. Its unrevealed elements are secret: whoever has them can keep the node
/// alive in everybody's view.
pub struct PulseChain {
    id: PulseId,
    commitment: PulseCommitment,
    period: Duration,
    /// Element `length - 1 - i * CHECKPOINT_EVERY` at index `i`.
    checkpoints: Zeroizing<Vec<Preimage>>,
}

impl PulseChain {
    /// The chain grown from a secret `seed`, of the length and period that `rules` ask for. Hashes
    /// once per element: 0.6 ms for a day of pulses every 10 s.
    #[must_use]
    pub fn new(node: &NodeId, seed: [u8; 32], start: Wall, rules: &Rules) -> Self {
        let length = rules.pulse_chain.clamp(1, MAX_CHAIN_LEN);
        let period = rules.pulse_every;
        let mut checkpoints = Zeroizing::new(Vec::with_capacity(length.div_ceil(CHECKPOINT_EVERY) as usize));
        let mut element = Preimage::default();
        element.copy_from_slice(&blake3::derive_key("roneo pulse seed 1", &seed)[..16]);
        for index in 0..length {
            if index % CHECKPOINT_EVERY == 0 {
                checkpoints.push(element);
            }
            element = next(&element);
        }
        let commitment = PulseCommitment { end: element, start, length };
        Self { id: PulseId::of(node), commitment, period, checkpoints }
    }

    /// What the descriptor says about this chain.
    #[must_use]
    pub const fn commitment(&self) -> PulseCommitment {
        self.commitment
    }

    /// The element due at `now`; `None` before the start of the chain and after its end.
    #[must_use]
    pub fn reveal(&self, now: Wall) -> Option<Pulse> {
        let position = self.commitment.position_at(now, self.period)?;
        if self.is_spent(now) {
            return None;
        }
        let from_seed = self.commitment.length - 1 - position;
        let mut preimage = self.checkpoints[(from_seed / CHECKPOINT_EVERY) as usize];
        for _ in 0..from_seed % CHECKPOINT_EVERY {
            preimage = next(&preimage);
        }
        Some(Pulse { id: self.id, preimage })
    }

    /// Whether the last element has stood for its period: a descriptor with a new chain is due.
    #[must_use]
    pub fn is_spent(&self, now: Wall) -> bool {
        now >= self.commitment.due(self.commitment.length, self.period)
    }
}

impl fmt::Debug for PulseChain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PulseChain({:?}, …)", self.id)
    }
}

/// Hash steps that one message of a peer may cost. Whoever checks pulses takes from it, so that a
/// peer cannot buy much work with few bytes.
#[derive(Debug)]
pub struct PulseBudget(u32);

impl PulseBudget {
    /// Steps for one message: 30 ms of one core, and the whole day's chains of 30 local nodes.
    pub const PER_MESSAGE: u32 = 262_144;

    /// A budget of [`Self::PER_MESSAGE`] steps.
    #[must_use]
    pub const fn for_message() -> Self {
        Self(Self::PER_MESSAGE)
    }

    fn take(&mut self, steps: u32) -> bool {
        let enough = steps <= self.0;
        if enough {
            self.0 -= steps;
        }
        enough
    }
}

/// What a preimage turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PulseVerdict {
    /// A later element than any known before; its node was there when it was due.
    Fresh {
        /// When the element was due.
        due: Wall,
    },
    /// The latest element that was known already.
    Known,
    /// No element of this chain that may be revealed by now.
    Invalid,
    /// Not looked at: the message's [`PulseBudget`] is spent. The node's next pulse will do.
    Unchecked,
}

/// Follows the chain of one other node.
#[derive(Debug, Clone)]
pub struct PulseTracker {
    commitment: PulseCommitment,
    period: Duration,
    /// The latest element known and its position; before the first, the end of the chain.
    latest: Preimage,
    position: Option<u32>,
}

impl PulseTracker {
    /// A tracker that has seen no element yet. `period` is that of the network's rules.
    #[must_use]
    pub const fn new(commitment: PulseCommitment, period: Duration) -> Self {
        Self { commitment, period, latest: commitment.end, position: None }
    }

    /// The chain that is followed.
    #[must_use]
    pub const fn commitment(&self) -> &PulseCommitment {
        &self.commitment
    }

    /// The latest element known, to be passed on.
    #[must_use]
    pub fn latest(&self) -> Option<Preimage> {
        self.position.map(|_| self.latest)
    }

    /// Checks an element by hashing it forward to the latest known one. An element may be early by
    /// `tolerance`. Takes as many steps as elements may have been revealed since then: one or two
    /// for a node that is being followed.
    pub fn verify(
        &mut self,
        now: Wall,
        tolerance: Duration,
        preimage: &Preimage,
        budget: &mut PulseBudget,
    ) -> PulseVerdict {
        if self.position.is_some() && *preimage == self.latest {
            return PulseVerdict::Known;
        }
        let horizon = Wall(now.0.saturating_add(tolerance.as_secs()));
        let Some(newest) = self.commitment.position_at(horizon, self.period) else {
            return PulseVerdict::Invalid;
        };
        // Positions known start at none: the end of the chain is one step before element 0.
        let known = self.position.map_or(0, |position| position + 1);
        let steps = (newest + 1).saturating_sub(known);
        if !budget.take(steps) {
            return PulseVerdict::Unchecked;
        }
        let mut element = *preimage;
        for step in 1..=steps {
            element = next(&element);
            if element == self.latest {
                let position = known + step - 1;
                (self.latest, self.position) = (*preimage, Some(position));
                return PulseVerdict::Fresh { due: self.commitment.due(position, self.period) };
            }
        }
        PulseVerdict::Invalid
    }
}

/// One step of the chain: BLAKE3 in key derivation mode, context `roneo pulse 1`, first 16 bytes.
fn next(element: &Preimage) -> Preimage {
    // The context is hashed once instead of at every step: a verification may take thousands.
    static CONTEXT: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context("roneo pulse 1"));
    let hash = blake3::Hasher::new_from_context_key(&CONTEXT).update(element).finalize();
    let mut next = Preimage::default();
    next.copy_from_slice(&hash.as_bytes()[..16]);
    next
}

/// A period in whole seconds, the resolution of the calendar.
fn seconds(period: Duration) -> u64 {
    period.as_secs().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PERIOD: Duration = Duration::from_secs(10);
    const START: Wall = Wall(1_000);

    fn node() -> NodeId {
        NodeId::from_bytes([7; 32])
    }

    fn chain(length: u32) -> PulseChain {
        PulseChain::new(&node(), [3; 32], START, &Rules { pulse_chain: length, pulse_every: PERIOD, ..Rules::LOCAL })
    }

    fn verify(tracker: &mut PulseTracker, now: u64, pulse: &Pulse) -> PulseVerdict {
        tracker.verify(Wall(now), Duration::ZERO, &pulse.preimage, &mut PulseBudget::for_message())
    }

    /// Draft vector: the same bytes stand in `docs/formats/descriptor.md`.
    #[test]
    fn vector() {
        let step = next(&[0; 16]);
        assert_eq!(step[..], blake3::derive_key("roneo pulse 1", &[0; 16])[..16]);
        assert_eq!(u128::from_be_bytes(step), 0x00de_af0c_0b55_0fd9_10ed_f723_9bf4_c4ee);
    }

    #[test]
    fn elements_are_revealed_one_per_period() {
        let chain = chain(3);
        let reveal = |now| chain.reveal(Wall(now)).map(|pulse| pulse.preimage);
        assert_eq!((reveal(999), reveal(1_030)), (None, None));
        assert_eq!(reveal(1_000), reveal(1_009));
        assert_eq!(reveal(1_000).map(|element| next(&element)), Some(chain.commitment().end));
        assert_eq!(reveal(1_010).map(|element| next(&element)), reveal(1_000));
        assert_eq!(reveal(1_029).map(|element| next(&element)), reveal(1_010));
        assert_eq!((chain.is_spent(Wall(1_029)), chain.is_spent(Wall(1_030))), (false, true));
    }

    #[test]
    fn a_pulse_proves_the_moment_it_was_due() {
        let chain = chain(1_000);
        let mut tracker = PulseTracker::new(chain.commitment(), PERIOD);
        assert_eq!(tracker.latest(), None);
        let at = |now| chain.reveal(Wall(now)).unwrap();
        assert_eq!(verify(&mut tracker, 1_005, &at(1_005)), PulseVerdict::Fresh { due: Wall(1_000) });
        assert_eq!(verify(&mut tracker, 1_006, &at(1_005)), PulseVerdict::Known);
        // A gap of many periods, heard late.
        assert_eq!(verify(&mut tracker, 9_500, &at(9_000)), PulseVerdict::Fresh { due: Wall(9_000) });
        // An element older than the latest proves nothing any more.
        assert_eq!(verify(&mut tracker, 9_500, &at(8_990)), PulseVerdict::Invalid);
        assert_eq!(tracker.latest(), Some(at(9_000).preimage));
    }

    #[test]
    fn nothing_from_the_future_but_by_the_tolerance() {
        let chain = chain(100);
        let mut tracker = PulseTracker::new(chain.commitment(), PERIOD);
        let early = chain.reveal(Wall(1_020)).unwrap();
        assert_eq!(verify(&mut tracker, 900, &early), PulseVerdict::Invalid);
        assert_eq!(verify(&mut tracker, 1_019, &early), PulseVerdict::Invalid);
        let tolerant =
            tracker.verify(Wall(1_015), Duration::from_secs(5), &early.preimage, &mut PulseBudget::for_message());
        assert_eq!(tolerant, PulseVerdict::Fresh { due: Wall(1_020) });
    }

    #[test]
    fn the_work_of_a_message_is_bounded() {
        let chain = chain(MAX_CHAIN_LEN);
        let late = Wall(START.0 + 10 * u64::from(MAX_CHAIN_LEN));
        let mut budget = PulseBudget::for_message();
        let verdicts: Vec<_> = (0..20u8)
            .map(|salt| {
                let mut tracker = PulseTracker::new(chain.commitment(), PERIOD);
                tracker.verify(late, Duration::ZERO, &[salt; 16], &mut budget)
            })
            .collect();
        assert_eq!(verdicts.iter().filter(|&&verdict| verdict == PulseVerdict::Invalid).count(), 16);
        assert_eq!(verdicts.iter().filter(|&&verdict| verdict == PulseVerdict::Unchecked).count(), 4);
    }

    #[test]
    fn a_chain_that_lies_about_its_length_or_start_is_survived() {
        for length in [0, MAX_CHAIN_LEN + 1, u32::MAX] {
            assert_eq!(PulseCommitment::new([1; 16], START, length), None);
        }
        for (start, length) in [(u64::MAX, 10), (0, MAX_CHAIN_LEN), (u64::MAX - 5, 1)] {
            let commitment = PulseCommitment::new([1; 16], Wall(start), length).unwrap();
            let mut tracker = PulseTracker::new(commitment, PERIOD);
            for now in [0, 1 << 40, u64::MAX] {
                let verdict = verify(&mut tracker, now, &Pulse { id: PulseId::of(&node()), preimage: [9; 16] });
                assert!(matches!(verdict, PulseVerdict::Invalid | PulseVerdict::Unchecked));
            }
        }
    }

    #[test]
    fn unrevealed_elements_are_not_printed() {
        let chain = chain(3);
        assert!(format!("{chain:?}").ends_with(", …)"));
        assert_eq!(format!("{:?}", chain.reveal(START)).matches("PulseId").count(), 1);
    }

    proptest! {
        #[test]
        fn every_revealed_element_verifies_in_order(length in 1u32..2_000, moments in proptest::collection::vec(0u64..20_000, 1..20)) {
            let chain = chain(length);
            let mut tracker = PulseTracker::new(chain.commitment(), PERIOD);
            let mut moments = moments;
            moments.sort_unstable();
            let mut latest = None;
            for moment in moments {
                let Some(pulse) = chain.reveal(Wall(START.0 + moment)) else { continue };
                let due = Wall(START.0 + moment / 10 * 10);
                let expected = if latest == Some(due) { PulseVerdict::Known } else { PulseVerdict::Fresh { due } };
                latest = Some(due);
                prop_assert_eq!(verify(&mut tracker, START.0 + moment, &pulse), expected);
            }
        }

        #[test]
        fn bytes_round_trip(bytes: [u8; Pulse::LEN]) {
            prop_assert_eq!(Pulse::from_bytes(&bytes).to_bytes(), bytes);
        }
    }
}
