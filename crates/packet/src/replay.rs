use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use rand::CryptoRng;
use roneo_keys::time::DAY;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::class::Class;
use crate::dropped::Dropped;
use crate::key_ring::YESTERDAY_KEPT;

/// The most packets that one key's filter remembers, however much bandwidth is lent: 38 MB of
/// memory, reached by a whole day of 200 KB/s in small packets or 1.3 MB/s in blocks.
pub const MAX_REPLAY_TAGS: usize = (1 << 22) / 8 * 7;

/// The fewest packets that one key's filter has room for, however little is lent: 0.6 MB when full.
pub const MIN_REPLAY_TAGS: usize = (1 << 16) / 8 * 7;

/// Whether packets that came before are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReplayPolicy {
    /// They are.
    #[default]
    Enforce,
    /// They are not. For experiments that show what happens without the defence; no shipped node
    /// runs like this.
    Off,
}

/// How much a replay filter remembers, and whether it acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayLimits {
    /// Packets remembered for one key; one more is dropped.
    pub capacity: usize,
    /// Whether packets that came before are dropped.
    pub policy: ReplayPolicy,
}

impl ReplayLimits {
    /// Limits for a node that lends this much of its line, in bytes per second one way.
    #[must_use]
    pub fn for_bandwidth(bytes_per_second: u64) -> Self {
        Self { capacity: ReplayFilter::capacity_for(bytes_per_second), policy: ReplayPolicy::Enforce }
    }
}

impl Default for ReplayLimits {
    fn default() -> Self {
        Self { capacity: MAX_REPLAY_TAGS, policy: ReplayPolicy::Enforce }
    }
}

/// Remembers which packets one key has opened, and drops them when they come again.
///
/// Fails closed: full, it drops what it cannot remember, since a recorded packet that passes a
/// relay a second time shows where the first went. Of each packet it keeps 8 bytes, a keyed BLAKE3
/// of Sphinx's replay tag: nobody outside can choose what they collide with or where they lie in
/// the table. A packet that came before is always recognised; a fresh one is taken for an old one
/// once in 2^64 / [`MAX_REPLAY_TAGS`].
pub struct ReplayFilter {
    limits: ReplayLimits,
    key: FingerprintKey,
    seen: HashSet<u64, BuildHasherDefault<Uniform>>,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct FingerprintKey([u8; 32]);

impl ReplayFilter {
    /// An empty filter for this many packets. Memory is taken as packets come.
    #[must_use]
    pub fn with_capacity(packets: usize, rng: &mut impl CryptoRng) -> Self {
        Self::with_limits(ReplayLimits { capacity: packets, policy: ReplayPolicy::Enforce }, rng)
    }

    /// An empty filter.
    #[must_use]
    pub fn with_limits(limits: ReplayLimits, rng: &mut impl CryptoRng) -> Self {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self { limits, key: FingerprintKey(key), seen: HashSet::default() }
    }

    /// How many packets a key meets at most in its day and the two hours after, where so many bytes
    /// come in per second and all packets are small; between [`MIN_REPLAY_TAGS`] and
    /// [`MAX_REPLAY_TAGS`].
    #[must_use]
    pub fn capacity_for(bytes_per_second: u64) -> usize {
        let seconds = DAY.as_secs() + YESTERDAY_KEPT.as_secs();
        let packets = bytes_per_second.saturating_mul(seconds) / Class::Small.packet_len() as u64;
        usize::try_from(packets).unwrap_or(usize::MAX).clamp(MIN_REPLAY_TAGS, MAX_REPLAY_TAGS)
    }

    /// Remembers a packet by Sphinx's replay tag. To be called once the header's MAC is known to be
    /// good: a tag computed for another key means nothing.
    ///
    /// # Errors
    /// [`Dropped::Replayed`] or [`Dropped::ReplayFilterFull`].
    pub fn admit(&mut self, tag: &[u8; 32]) -> Result<(), Dropped> {
        if self.limits.policy == ReplayPolicy::Off {
            return Ok(());
        }
        let fingerprint = self.fingerprint(tag);
        if self.seen.contains(&fingerprint) {
            return Err(Dropped::Replayed);
        }
        if self.seen.len() >= self.limits.capacity {
            return Err(Dropped::ReplayFilterFull);
        }
        self.seen.insert(fingerprint);
        Ok(())
    }

    /// Packets remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether none is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    fn fingerprint(&self, tag: &[u8; 32]) -> u64 {
        let hash = blake3::keyed_hash(&self.key.0, tag);
        let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Hashes a fingerprint to itself: it is a keyed hash already.
#[derive(Default)]
struct Uniform(u64);

impl Hasher for Uniform {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("fingerprints are hashed as one u64");
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn tag(number: u64) -> [u8; 32] {
        let mut tag = [0; 32];
        tag[..8].copy_from_slice(&number.to_le_bytes());
        tag
    }

    fn filter(capacity: usize, policy: ReplayPolicy) -> ReplayFilter {
        ReplayFilter::with_limits(ReplayLimits { capacity, policy }, &mut ChaCha20Rng::seed_from_u64(1))
    }

    #[test]
    fn a_second_coming_is_dropped() {
        let mut filter = filter(2, ReplayPolicy::Enforce);
        assert_eq!(filter.admit(&tag(1)), Ok(()));
        assert_eq!(filter.admit(&tag(1)), Err(Dropped::Replayed));
        assert_eq!(filter.admit(&tag(2)), Ok(()));
        assert_eq!(filter.len(), 2);
    }

    #[test]
    fn full_it_drops_what_is_new_and_still_knows_what_is_old() {
        let mut filter = filter(2, ReplayPolicy::Enforce);
        filter.admit(&tag(1)).unwrap();
        filter.admit(&tag(2)).unwrap();
        assert_eq!(filter.admit(&tag(3)), Err(Dropped::ReplayFilterFull));
        assert_eq!(filter.admit(&tag(1)), Err(Dropped::Replayed));
        assert_eq!(filter.len(), 2);
    }

    #[test]
    fn off_it_lets_everything_through() {
        let mut filter = filter(1, ReplayPolicy::Off);
        for number in [1, 1, 2] {
            assert_eq!(filter.admit(&tag(number)), Ok(()));
        }
    }

    #[test]
    fn tags_that_differ_in_one_bit_are_two_packets() {
        let mut filter = filter(257, ReplayPolicy::Enforce);
        filter.admit(&[0; 32]).unwrap();
        for bit in 0..256 {
            let mut tag = [0; 32];
            tag[bit / 8] = 1 << (bit % 8);
            assert_eq!(filter.admit(&tag), Ok(()), "bit {bit}");
        }
    }

    #[test]
    fn capacity_follows_the_lent_bandwidth() {
        for (bytes_per_second, packets) in [
            (0, MIN_REPLAY_TAGS),
            (3_000, MIN_REPLAY_TAGS),
            (64_000, 1_170_000),
            (128_000, 2_340_000),
            (10_000_000, MAX_REPLAY_TAGS),
            (u64::MAX, MAX_REPLAY_TAGS),
        ] {
            assert_eq!(ReplayFilter::capacity_for(bytes_per_second), packets, "{bytes_per_second}");
        }
    }
}
