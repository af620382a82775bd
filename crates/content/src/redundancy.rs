//! How much is stored of what, and how safe what is stored must be called.
//!
//! Everything here is a pure function of counts. The figures hold while shards die independently,
//! which on a small network they do not: there, shards on one node die together.

use crate::plan::{MAX_DATA_SHARDS, MAX_SHARDS};

/// Storers below which a writer makes a third copy of each shard.
pub const SMALL_NETWORK: usize = 100;
/// Most copies of anything.
pub const MAX_COPIES: u8 = 30;
/// Copies of a signed record.
pub const RECORD_COPIES: u8 = 16;
/// A segment is [`Health::Stored`] where the bound on losing it is at or below this.
pub const STORED_LOSS: f64 = 1e-6;

/// Shards for k = 2 … 63: the smallest n >= 2k for which fewer than k shards survive with a chance
/// of at most 1e-9 when each survives with 3/4 (two copies, half of all nodes gone at once).
///
/// A table and not that computation, because the numbers are part of what makes an encoding
/// deterministic and must not hang on how a machine rounds. A test computes them.
const SHARDS: [u8; 62] = [
    18, 21, 23, 25, 28, 30, 32, 34, 36, 38, 40, 41, 43, 45, 47, 49, 51, 52, 54, 56, 58, 60, 61, 63, 65, 66, 68, 70, 72,
    73, 75, 77, 78, 80, 82, 83, 85, 87, 88, 90, 92, 93, 95, 96, 98, 100, 101, 103, 105, 106, 108, 109, 111, 113, 114,
    116, 117, 119, 121, 122, 124, 126,
];
const _: () = assert!(SHARDS.len() == MAX_DATA_SHARDS as usize - 1 && SHARDS[61] == MAX_SHARDS);

/// Shards that a segment of `k` data shards is coded to; `None` where no segment has `k`.
#[must_use]
pub fn shards(k: u8) -> Option<u8> {
    SHARDS.get(usize::from(k).checked_sub(2)?).copied()
}

/// What is copied, which decides how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One of the n shards of a coded segment.
    Shard,
    /// Anything that no code protects: roots, keep lists, index blocks, single blocks.
    Uncoded,
    /// A signed record: small, refreshed by whoever has it, and read from several of its storers.
    Record,
}

/// Copies of each block of this kind, made by a writer who knows `storers` storers.
#[must_use]
pub const fn copies(kind: Kind, storers: usize) -> u8 {
    match kind {
        Kind::Shard if storers < SMALL_NETWORK => 3,
        Kind::Shard => 2,
        Kind::Uncoded => MAX_COPIES,
        Kind::Record => RECORD_COPIES,
    }
}

/// Copies that can be asked for: [`copies`], or one on each storer where there are fewer.
#[must_use]
pub const fn copies_asked(kind: Kind, storers: usize) -> u8 {
    let copies = copies(kind, storers);
    if storers < copies as usize { storers as u8 } else { copies }
}

/// What may be said of something that was put. Ordered: the health of a whole is the least of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Too little is receipted to say that it can be read.
    Failed,
    /// It can be read, and might not survive many nodes leaving: go on placing it.
    Weak,
    /// As safe as the network can make it.
    Stored,
}

/// Health of a segment with `k` data shards, from the receipts of each of its shards.
///
/// `storers` is how many storers copies can be placed on. Where they are fewer than the copies
/// wanted, one copy of each shard on each of them is all that is asked.
#[must_use]
pub fn segment_health(k: u8, receipts: &[u8], storers: usize) -> Health {
    let asked = copies_asked(Kind::Shard, storers);
    let all_that_is_asked =
        0 < asked && asked < copies(Kind::Shard, storers) && receipts.iter().all(|&receipts| receipts >= asked);
    let somewhere = receipts.iter().filter(|&&receipts| receipts > 0).count();
    if receipts.len() < usize::from(k) {
        Health::Failed
    } else if all_that_is_asked || segment_loss(k, receipts) <= STORED_LOSS {
        Health::Stored
    } else if somewhere >= weak_shards(k, receipts.len()) {
        Health::Weak
    } else {
        Health::Failed
    }
}

/// Health of a block of this kind that no code protects, from its receipts.
#[must_use]
pub const fn copied_health(kind: Kind, receipts: u8, storers: usize) -> Health {
    let asked = copies_asked(kind, storers);
    let weak = if asked < 2 { 1 } else { 2 };
    if asked > 0 && receipts >= (3 * asked).div_ceil(4) {
        Health::Stored
    } else if receipts >= weak {
        Health::Weak
    } else {
        Health::Failed
    }
}

/// Bound on the chance that fewer than `k` shards survive when half of all nodes vanish at once.
///
/// `receipts` has the receipted copies of each shard. Each copy survives with 1/2, so a shard with
/// r of them with 1 - 2^-r; shards count as independent.
#[must_use]
pub fn segment_loss(k: u8, receipts: &[u8]) -> f64 {
    // alive[j]: chance that exactly j of the shards so far survive. k and more are never summed, so
    // they are not kept: every term is positive and the sum loses no digits however small it is.
    let mut alive = vec![0.0; usize::from(k)];
    if let Some(none) = alive.first_mut() {
        *none = 1.0;
    }
    for &receipts in receipts {
        let dies = 0.5f64.powi(i32::from(receipts));
        for count in (0..alive.len()).rev() {
            let one_fewer = if count == 0 { 0.0 } else { alive[count - 1] };
            alive[count] = alive[count] * dies + one_fewer * (1.0 - dies);
        }
    }
    alive.iter().sum()
}

/// Shards that must stand somewhere before a segment is [`Health::Weak`]: k + n/4, rounded up.
#[must_use]
pub fn weak_shards(k: u8, n: usize) -> usize {
    (usize::from(k) + n.div_ceil(4)).min(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Health::{Failed, Stored, Weak};

    /// P(Binomial(n, 3/4) < k), by the recurrence between neighbouring terms, from the smallest up.
    fn binomial_tail(n: u32, k: u32) -> f64 {
        let (mut term, mut sum) = (0.25f64.powi(n as i32), 0.0);
        for hits in 0..k {
            sum += term;
            term *= 3.0 * f64::from(n - hits) / f64::from(hits + 1);
        }
        sum
    }

    #[test]
    fn the_table_is_the_rule() {
        for k in 2..=63u32 {
            let n = (2 * k..).find(|&n| binomial_tail(n, k) <= 1e-9).unwrap();
            assert_eq!(shards(k as u8), Some(n as u8), "k = {k}");
            // No value is near enough to the limit for rounding to matter.
            assert!((binomial_tail(n, k) / 1e-9 - 1.0).abs() > 1e-4, "k = {k}");
        }
        let known = [(2, 18), (3, 21), (4, 23), (8, 32), (16, 47), (32, 75), (48, 101), (53, 109), (54, 111)];
        for (k, n) in known.into_iter().chain([(60, 121), (62, 124), (63, 126)]) {
            assert_eq!(shards(k), Some(n));
        }
        assert_eq!((shards(0), shards(1), shards(64)), (None, None, None));
    }

    #[test]
    fn loss_is_the_binomial_where_all_shards_are_alike() {
        for k in [2u8, 3, 16, 54, 63] {
            let n = shards(k).unwrap();
            let (loss, tail) = (segment_loss(k, &vec![2; n.into()]), binomial_tail(n.into(), k.into()));
            assert!((loss / tail - 1.0).abs() < 1e-9, "k = {k}: {loss:e} against {tail:e}");
        }
    }

    #[test]
    fn loss_of_small_cases_is_what_counting_gives() {
        let table: [(u8, &[u8], f64); 7] = [
            (1, &[1], 0.5),
            (1, &[2, 1], 0.125),
            (2, &[1, 1], 0.75),
            (2, &[0, 1, 1], 0.75),
            (2, &[], 1.0),
            (1, &[0, 0], 1.0),
            (0, &[1], 0.0),
        ];
        for (k, receipts, expected) in table {
            assert!((segment_loss(k, receipts) - expected).abs() < 1e-12, "k = {k}, {receipts:?}");
        }
    }

    #[test]
    fn copies_follow_the_network() {
        let table = [(0, 3, 0), (1, 3, 1), (2, 3, 2), (3, 3, 3), (99, 3, 3), (100, 2, 2), (usize::MAX, 2, 2)];
        for (storers, wanted, asked) in table {
            assert_eq!(copies(Kind::Shard, storers), wanted, "{storers} storers");
            assert_eq!(copies_asked(Kind::Shard, storers), asked, "{storers} storers");
        }
        for (storers, asked) in [(0, 0), (1, 1), (29, 29), (30, 30), (31, 30), (usize::MAX, 30)] {
            assert_eq!(copies_asked(Kind::Uncoded, storers), asked, "{storers} storers");
        }
    }

    #[test]
    fn a_segment_is_called_what_its_receipts_bear() {
        let of = |counts: &[(usize, u8)]| -> Vec<u8> {
            counts.iter().flat_map(|&(shards, receipts)| vec![receipts; shards]).collect()
        };
        type Counts = &'static [(usize, u8)];
        let table: [(u8, Counts, usize, Health); 14] = [
            // On a large network: two copies of all, then thinner and thinner.
            (2, &[(18, 2)], 500, Stored),
            (63, &[(126, 2)], 500, Stored),
            (63, &[(119, 2), (7, 0)], 500, Stored),
            (63, &[(126, 1)], 500, Weak),
            (63, &[(95, 1), (31, 0)], 500, Weak),
            (63, &[(94, 1), (32, 0)], 500, Failed),
            (2, &[(7, 1), (11, 0)], 500, Weak),
            (2, &[(6, 1), (12, 0)], 500, Failed),
            // With one or two storers, one copy on each is all there is to ask.
            (63, &[(126, 1)], 1, Stored),
            (63, &[(126, 1)], 2, Weak),
            (63, &[(126, 2)], 2, Stored),
            // Nothing anywhere is never stored, also where nothing can be asked.
            (2, &[(18, 0)], 0, Failed),
            (2, &[(18, 0)], 500, Failed),
            (2, &[(1, 30)], 500, Failed),
        ];
        for (k, counts, storers, expected) in table {
            assert_eq!(segment_health(k, &of(counts), storers), expected, "k = {k}, {counts:?}, {storers} storers");
        }
        assert_eq!(segment_health(2, &[], 0), Failed);
    }

    #[test]
    fn an_uncoded_block_is_called_what_its_receipts_bear() {
        let table = [
            (23, 500, Stored),
            (22, 500, Weak),
            (2, 500, Weak),
            (1, 500, Failed),
            (0, 500, Failed),
            (12, 15, Stored),
            (11, 15, Weak),
            (3, 4, Stored),
            (2, 4, Weak),
            (2, 2, Stored),
            (1, 2, Failed),
            (1, 1, Stored),
            (0, 1, Failed),
            (0, 0, Failed),
        ];
        for (receipts, storers, expected) in table {
            assert_eq!(
                copied_health(Kind::Uncoded, receipts, storers),
                expected,
                "{receipts} receipts, {storers} storers"
            );
        }
        assert!(Failed < Weak && Weak < Stored);
    }
}
