use roneo_keys::SizeClass;

use crate::Opened;

/// What a store holds and what has happened to it since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreStats {
    /// Of leaves.
    pub leaf: ClassStats,
    /// Of blocks.
    pub block: ClassStats,
    /// How the store was opened.
    pub opened: Opened,
    /// Blocks reported missing because their slot was torn or flipped.
    pub damaged: u64,
    /// Cached blocks that gave way to others.
    pub evicted: u64,
    /// Kept blocks that were moved to make room.
    pub moved: u64,
    /// Indexes that failed while in use and were rebuilt in RAM.
    pub index_failures: u64,
}

/// What a store holds of one size class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassStats {
    /// Which class.
    pub class: SizeClass,
    /// Slots on disk.
    pub slots: u32,
    /// Slots that kept blocks may fill.
    pub kept_max: u32,
    /// Kept blocks.
    pub kept: u32,
    /// Cached blocks.
    pub cached: u32,
}

impl ClassStats {
    /// Bytes of kept blocks.
    #[must_use]
    pub fn kept_bytes(&self) -> u64 {
        u64::from(self.kept) * self.class.byte_len() as u64
    }

    /// Bytes of cached blocks.
    #[must_use]
    pub fn cached_bytes(&self) -> u64 {
        u64::from(self.cached) * self.class.byte_len() as u64
    }
}

/// How far the filling of unused slots with noise has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillProgress {
    /// Slots that hold noise or are in use.
    pub filled: u64,
    /// All slots.
    pub slots: u64,
}

impl FillProgress {
    /// Whether used slots can no longer be told from unused ones.
    #[must_use]
    pub fn is_done(self) -> bool {
        self.filled == self.slots
    }
}
