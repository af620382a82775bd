//! Fetch quanta: whoever counts the reads of blocks that leave for one object counts 1, 2, 4, 8, 16 or a multiple of 16.
//!
//! Sizes of pages tell which page it was [Danezis, *Traffic analysis of the HTTP protocol over TLS*]. The guard and
//! whoever watches the line see how many block answers come in, so a fetch ends its burst with dummy reads up to the next
//! of a few numbers. They leave with the last of the real reads and not after their answers, or the pause would show how
//! many were real.
//!
//! What is counted is what an object decides: its root, index blocks and shards, where these are blocks. A storer that is
//! silent or has nothing adds packets to that, which say nothing of the object. Reads of leaves are small packets and
//! left to the padding.
//!
//! In the worst case, 9 reads of an object of 8 shards and a root, 7 of 16 are dummies; from 17 reads on less than half
//! are, and fewer the longer the object is: 15 at most.

/// Up to here quanta are powers of two; beyond, multiples of this.
pub const QUANTUM: u64 = 16;

/// Whether the number of reads that leave for an object may be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadCount {
    /// It is what it is.
    #[default]
    Exact,
    /// It is rounded up to a quantum.
    Rounded,
}

/// The least quantum of at least so many reads: 0, 1, 2, 4, 8, 16, 32, 48 and so on. The greatest numbers, to which no
/// multiple of 16 is next, stay what they are.
#[must_use]
pub const fn rounded_up(reads: u64) -> u64 {
    match reads {
        0 => 0,
        1..=QUANTUM => reads.next_power_of_two(),
        _ => match reads.checked_next_multiple_of(QUANTUM) {
            Some(quantum) => quantum,
            None => reads,
        },
    }
}

/// The reads of one object, counted by whoever fetches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quanta {
    count: ReadCount,
    left: u64,
}

impl Quanta {
    /// Of an object of which nothing was read yet.
    #[must_use]
    pub const fn new(count: ReadCount) -> Self {
        Self { count, left: 0 }
    }

    /// Counts one read of a block that leaves now.
    pub const fn read(&mut self) {
        self.left = self.left.saturating_add(1);
    }

    /// All that is wanted of the object has left, for now: so many dummy reads are due with it, 15 at most. They
    /// count as having left, so that asking again gives 0 until more is read.
    #[must_use]
    pub const fn round_up(&mut self) -> u64 {
        match self.count {
            ReadCount::Exact => 0,
            ReadCount::Rounded => {
                let quantum = rounded_up(self.left);
                let due = quantum - self.left;
                self.left = quantum;
                due
            }
        }
    }

    /// Reads that left, dummies included.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_quanta_are_powers_of_two_and_multiples_of_sixteen() {
        let table = [
            (0, 0),
            (1, 1),
            (2, 2),
            (3, 4),
            (4, 4),
            (5, 8),
            (8, 8),
            (9, 16),
            (16, 16),
            (17, 32),
            (32, 32),
            (33, 48),
            (64, 64),
            (65, 80),
            (u64::MAX, u64::MAX),
        ];
        for (reads, quantum) in table {
            assert_eq!(rounded_up(reads), quantum, "{reads}");
        }
    }

    #[test]
    fn what_comes_later_is_rounded_again() {
        let mut quanta = Quanta::new(ReadCount::Rounded);
        assert_eq!(quanta.round_up(), 0, "nothing was read");
        let mut read = |times| {
            (0..times).for_each(|_| quanta.read());
            (quanta.round_up(), quanta.left())
        };
        // A root; three shards; one more since one was not found; nothing; a hedge.
        assert_eq!(read(1), (0, 1));
        assert_eq!(read(4), (3, 8));
        assert_eq!(read(1), (7, 16));
        assert_eq!(read(0), (0, 16));
        assert_eq!(read(8), (8, 32));
    }

    #[test]
    fn an_exact_count_has_no_dummies() {
        let mut quanta = Quanta::new(ReadCount::Exact);
        (0..5).for_each(|_| quanta.read());
        assert_eq!((quanta.round_up(), quanta.left()), (0, 5));
    }

    proptest! {
        #[test]
        fn a_quantum_is_the_least_that_is_enough(reads in 0u64..1 << 40) {
            let quantum = rounded_up(reads);
            prop_assert!(quantum >= reads && quantum - reads < QUANTUM);
            prop_assert_eq!(rounded_up(quantum), quantum);
            prop_assert!(reads == 0 || rounded_up(reads - 1) <= quantum);
            if reads > 1 && quantum != reads {
                prop_assert!(rounded_up(reads - 1) == quantum || reads - 1 == rounded_up(reads - 1));
            }
        }

        /// However the reads of an object come, and whenever it rounds: what has left is a quantum after each rounding.
        #[test]
        fn whatever_leaves_is_a_quantum(bursts in proptest::collection::vec(0u64..70, 1..20)) {
            let mut quanta = Quanta::new(ReadCount::Rounded);
            let (mut real, mut dummies) = (0, 0);
            for burst in bursts {
                (0..burst).for_each(|_| quanta.read());
                real += burst;
                dummies += quanta.round_up();
                prop_assert_eq!(quanta.left(), real + dummies);
                prop_assert_eq!(rounded_up(quanta.left()), quanta.left());
            }
        }
    }
}
