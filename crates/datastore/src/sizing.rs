use roneo_keys::SizeClass;

use crate::format::{RECORD_LEN, SUPERBLOCKS_LEN};

/// Smallest quota a store is made for, in bytes.
pub const MIN_QUOTA: u64 = 8 << 20;
/// Fewest slots of a class: with fewer, the four candidates of a locator would hardly differ.
pub const MIN_SLOTS: u32 = 16;
/// Most slots of a class, which makes 128 TiB of blocks.
pub const MAX_SLOTS: u32 = u32::MAX - 1;
/// Share of a class that kept blocks may fill, in percent: the rest is left to the cache.
pub const KEPT_PERCENT: u8 = 80;

/// One in so many bytes of the quota is for leaves: in a mix where every large insert brings a root
/// and a keep list per segment in 30 copies, and posts and records are leaves, an eighth of the
/// bytes makes about as many leaf slots as block slots.
const LEAF_BYTES_IN: u64 = 8;
/// One in so many bytes of the quota is for the index: 282 bytes for each slot, where sled's
/// directory was measured to take 220 to 270 for each block.
const INDEX_BYTES_IN: u64 = 64;

/// How many slots of each class a store has. Fixed when its files are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizing {
    leaf_slots: u32,
    block_slots: u32,
    kept_percent: u8,
}

/// The quota is smaller than any store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a store needs at least 8 MiB of disk: raise the quota")]
pub struct QuotaTooSmall;

impl Sizing {
    /// The slots that fit into `quota_bytes` of disk, records and index included.
    ///
    /// # Errors
    /// [`QuotaTooSmall`] below [`MIN_QUOTA`].
    pub fn for_quota(quota_bytes: u64) -> Result<Self, QuotaTooSmall> {
        if quota_bytes < MIN_QUOTA {
            return Err(QuotaTooSmall);
        }
        let usable = quota_bytes - quota_bytes / INDEX_BYTES_IN - SUPERBLOCKS_LEN;
        let leaf_bytes = usable / LEAF_BYTES_IN;
        let slots = |class: SizeClass, bytes: u64| {
            let slots = bytes / (class.byte_len() + RECORD_LEN) as u64;
            u32::try_from(slots).unwrap_or(MAX_SLOTS).min(MAX_SLOTS)
        };
        Ok(Self::for_slots(slots(SizeClass::Leaf, leaf_bytes), slots(SizeClass::Block, usable - leaf_bytes)))
    }

    /// So many slots of each class, at least [`MIN_SLOTS`] and at most [`MAX_SLOTS`]: for
    /// simulated nodes and tests.
    #[must_use]
    pub fn for_slots(leaf_slots: u32, block_slots: u32) -> Self {
        Self {
            leaf_slots: leaf_slots.clamp(MIN_SLOTS, MAX_SLOTS),
            block_slots: block_slots.clamp(MIN_SLOTS, MAX_SLOTS),
            kept_percent: KEPT_PERCENT,
        }
    }

    /// The same with another share for kept blocks, at most 100 percent.
    #[must_use]
    pub fn with_kept_percent(self, kept_percent: u8) -> Self {
        Self { kept_percent: kept_percent.min(100), ..self }
    }

    /// Slots of `class`.
    #[must_use]
    pub const fn slots(self, class: SizeClass) -> u32 {
        match class {
            SizeClass::Leaf => self.leaf_slots,
            SizeClass::Block => self.block_slots,
        }
    }

    /// Slots of `class` that kept blocks may fill.
    #[must_use]
    pub fn kept_slots(self, class: SizeClass) -> u32 {
        let share = u64::from(self.slots(class)) * u64::from(self.kept_percent) / 100;
        // A share of a `u32` at 100 percent or less is one.
        share as u32
    }

    /// Share of a class that kept blocks may fill, in percent.
    #[must_use]
    pub const fn kept_percent(self) -> u8 {
        self.kept_percent
    }

    /// Bytes of disk that the store's files take, index aside.
    #[must_use]
    pub fn file_bytes(self) -> u64 {
        let of_class = |class: SizeClass| u64::from(self.slots(class)) * (class.byte_len() + RECORD_LEN) as u64;
        SUPERBLOCKS_LEN + SizeClass::ALL.into_iter().map(of_class).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stay_below_the_quota_and_use_it() {
        for quota in [MIN_QUOTA, 64 << 20, 10 << 30, 1 << 40, u64::MAX] {
            let sizing = Sizing::for_quota(quota).unwrap();
            assert!(sizing.file_bytes() <= quota);
            if quota < 1 << 45 {
                assert!(sizing.file_bytes() > quota / 100 * 97, "{quota}");
            }
        }
        assert_eq!(Sizing::for_quota(MIN_QUOTA - 1), Err(QuotaTooSmall));
    }

    #[test]
    fn an_eighth_of_the_bytes_is_for_leaves() {
        let sizing = Sizing::for_quota(10 << 30).unwrap();
        assert_eq!((sizing.slots(SizeClass::Leaf), sizing.slots(SizeClass::Block)), (312_785, 281_141));
        assert_eq!(sizing.kept_slots(SizeClass::Block), 224_912);
    }
}
