//! What each slot is used for and when it was last asked for. In RAM only: 5 bytes per slot.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::Part;

/// What a slot is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Nothing: its record on disk opens to nothing.
    Free,
    /// A block is being written to it. A slot that could not be cleared after a failed write stays
    /// so until the store is opened anew.
    Reserved,
    /// A block of one of the parts.
    Taken(Part),
}

/// The uses of all slots of one class.
pub(crate) struct Occupancy {
    uses: Vec<Use>,
    touched: Vec<AtomicU32>,
    /// Counts touches; a slot's age is its distance from here. After 2^32 touches ages wrap, which
    /// costs one eviction out of order.
    moment: AtomicU32,
    kept: u32,
    cached: u32,
}

impl Occupancy {
    pub(crate) fn new(slots: u32) -> Self {
        let count = slots as usize;
        Self {
            uses: vec![Use::Free; count],
            touched: std::iter::repeat_with(AtomicU32::default).take(count).collect(),
            moment: AtomicU32::new(0),
            kept: 0,
            cached: 0,
        }
    }

    pub(crate) fn of(&self, slot: u32) -> Use {
        self.uses[slot as usize]
    }

    pub(crate) fn set(&mut self, slot: u32, new: Use) {
        let old = std::mem::replace(&mut self.uses[slot as usize], new);
        if let Use::Taken(part) = old {
            *self.count(part) -= 1;
        }
        if let Use::Taken(part) = new {
            *self.count(part) += 1;
            self.touch(slot);
        }
    }

    fn count(&mut self, part: Part) -> &mut u32 {
        match part {
            Part::Kept => &mut self.kept,
            Part::Cache => &mut self.cached,
        }
    }

    /// Slots taken by blocks of `part`.
    pub(crate) fn taken(&self, part: Part) -> u32 {
        match part {
            Part::Kept => self.kept,
            Part::Cache => self.cached,
        }
    }

    /// Notes that the block in `slot` was asked for.
    pub(crate) fn touch(&self, slot: u32) {
        let moment = self.moment.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        self.touched[slot as usize].store(moment, Ordering::Relaxed);
    }

    /// The slot of `among` that a new block should take without moving any: a free one, else the
    /// cached one that was not asked for the longest.
    pub(crate) fn best_of(&self, among: &[u32]) -> Option<u32> {
        let free = among.iter().copied().find(|&slot| self.of(slot) == Use::Free);
        free.or_else(|| {
            let cached = among.iter().copied().filter(|&slot| self.of(slot) == Use::Taken(Part::Cache));
            cached.max_by_key(|&slot| self.age(slot))
        })
    }

    fn age(&self, slot: u32) -> u32 {
        let touched = self.touched[slot as usize].load(Ordering::Relaxed);
        self.moment.load(Ordering::Relaxed).wrapping_sub(touched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_slots_come_first_then_the_longest_unasked() {
        let mut occupancy = Occupancy::new(8);
        for slot in 0..4 {
            occupancy.set(slot, Use::Taken(Part::Cache));
        }
        assert_eq!(occupancy.best_of(&[0, 1, 2, 5]), Some(5));
        assert_eq!(occupancy.best_of(&[3, 1, 2, 0]), Some(0));
        occupancy.touch(0);
        assert_eq!(occupancy.best_of(&[3, 1, 2, 0]), Some(1));
        occupancy.set(1, Use::Taken(Part::Kept));
        occupancy.set(2, Use::Reserved);
        assert_eq!(occupancy.best_of(&[1, 2]), None);
        assert_eq!((occupancy.taken(Part::Kept), occupancy.taken(Part::Cache)), (1, 2));
    }
}
