//! Randomness by name: each stream hangs on the run's seed, its purpose and its owner alone, so that
//! one node more, or one frame more on one link, leaves every other draw as it was.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// What a stream of randomness is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    NodeKey,
    NodeLife,
    Join,
    Distance,
    Link,
    Churn,
    Choice,
    Lies,
    Content,
    Flood,
}

/// Thirty-two bytes that are the same in every run with this seed.
pub(crate) fn seed(seed: u64, purpose: Purpose, owner: [u64; 2]) -> [u8; 32] {
    let mut input = [0; 32];
    let words = [seed, purpose as u64, owner[0], owner[1]];
    for (bytes, word) in input.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    blake3::derive_key("roneo simulation randomness 1", &input)
}

/// A stream of randomness.
pub(crate) fn stream(run: u64, purpose: Purpose, owner: [u64; 2]) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(seed(run, purpose, owner))
}

/// Content that hangs on a seed and resembles nothing.
#[must_use]
pub fn content(run: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    stream(run, Purpose::Content, [len as u64, 0]).fill_bytes(&mut bytes);
    bytes
}

/// A word of a stream that is cheaper than [`stream`] to open at any place.
pub(crate) fn word(seed: &[u8; 32], place: u64) -> u64 {
    let hash = blake3::keyed_hash(seed, &place.to_le_bytes());
    let mut head = [0; 8];
    head.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(head)
}

/// A word as a number from 0 up to, and without, 1.
pub(crate) fn fraction(word: u64) -> f64 {
    // The 53 bits that a double holds exactly.
    (word >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_by_each_part_of_their_name() {
        let names = [
            seed(1, Purpose::Link, [2, 3]),
            seed(2, Purpose::Link, [2, 3]),
            seed(1, Purpose::Join, [2, 3]),
            seed(1, Purpose::Link, [3, 3]),
            seed(1, Purpose::Link, [2, 4]),
        ];
        for (place, name) in names.iter().enumerate() {
            assert!(!names[..place].contains(name));
        }
        assert_eq!(names[0], seed(1, Purpose::Link, [2, 3]));
    }

    #[test]
    fn fractions_fill_the_unit_interval() {
        assert_eq!(fraction(0), 0.0);
        assert!(fraction(u64::MAX) < 1.0);
        let key = seed(1, Purpose::Link, [0, 0]);
        let mean = (0..10_000).map(|place| fraction(word(&key, place))).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }
}
