//! The slots on disk that a node lends: blocks come in, are acknowledged once they are durable, and
//! are given back whole or not at all.
//!
//! Start from [`Store`], opened on a [`Disk`] with an [`Index`]: [`FileDisk`] and [`SledIndex`] in
//! a node, [`MemDisk`] and [`RamIndex`] in a simulated one. [`FaultDisk`] is what the tests break.
//!
//! The promises, each with a test:
//!
//! - What [`Store::put_batch`] acknowledged as [kept](Part::Kept) survives a kill or a power cut at
//!   any write, until it is demoted or removed.
//! - A torn or flipped slot is reported missing and never served.
//! - Without the [`StoreKey`] the files are noise, used slots and free ones alike.
//! - The index can be taken away at any time: it is rebuilt from the slot records.
//!
//! Not for: checking that a block belongs under its locator, which the caller does before it puts;
//! deciding which blocks this node is responsible for; what the user reads or writes.
//!
//! Synchronous: a node drives it from a thread of its own, gathering puts for up to
//! [`GROUP_COMMIT_MAX`] so that one pair of syncs serves many.
//!
//! ```
//! use roneo_datastore::{MemDisk, Part, Put, PutOutcome, RamIndex, Sizing, Store, StoreKey};
//! use roneo_keys::{Block, SizeClass};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (disk, key) = (MemDisk::new(), StoreKey::from_bytes([7; 32]));
//! let sizing = Sizing::for_quota(8 << 20)?;
//! let mut store = Store::open(&disk, Box::new(RamIndex::default()), &key, sizing, [1; 32])?;
//!
//! let block = Block::new(vec![9; SizeClass::Leaf.byte_len()])?;
//! let put = Put { locator: block.locator(), block: block.clone(), part: Part::Kept };
//! assert!(matches!(store.put_batch(vec![put])[..], [Ok(PutOutcome::Stored)]));
//! assert_eq!(store.get(&block.locator())?, Some(block));
//! # Ok(())
//! # }
//! ```

mod catalogue;
mod disk;
pub mod format;
mod group;
mod index;
mod occupancy;
mod opening;
mod placement;
mod room;
mod seal;
mod shelf;
mod sizing;
mod stats;
mod store;
mod superblock;

pub use disk::{Disk, DiskError, DiskFile, Fault, FaultDisk, FileDisk, Fsync, MemDisk, SECTOR_LEN};
pub use group::{GROUP_COMMIT_MAX, GROUP_PUTS_MAX, Part, Put, PutError, PutOutcome};
pub use index::{INDEX_CACHE_LEN, Index, IndexEntry, IndexError, IndexKey, RamIndex, SledIndex};
pub use opening::{OpenError, Opened};
pub use seal::StoreKey;
pub use sizing::{KEPT_PERCENT, MAX_SLOTS, MIN_QUOTA, MIN_SLOTS, QuotaTooSmall, Sizing};
pub use stats::{ClassStats, FillProgress, StoreStats};
pub use store::{DAMAGED_MAX, FILL_CHECKPOINT_LEN, Store};
