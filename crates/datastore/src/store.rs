use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rand::Rng;
use rand_chacha::ChaCha20Rng;
use roneo_keys::{Block, Locator, SizeClass};

use crate::catalogue::Catalogue;
use crate::disk::DiskError;
use crate::format::{Closing, RECORD_LEN, Record, Superblock};
use crate::index::{IndexEntry, IndexKey};
use crate::occupancy::Use;
use crate::opening::shelf_of;
use crate::seal::{Keyring, NONCE_LEN};
use crate::shelf::Shelf;
use crate::superblock::SuperblockFile;
use crate::{ClassStats, FillProgress, Opened, Part, Sizing, StoreStats};

/// Most damaged blocks remembered between two changes; what is met beyond is met again.
pub const DAMAGED_MAX: usize = 1_024;
/// Bytes of noise after which the progress of filling is made durable.
pub const FILL_CHECKPOINT_LEN: u64 = 64 << 20;

/// Blocks on disk, each under its locator, in one of four slots of its size class.
///
/// [`get`](Self::get) and [`contains`](Self::contains) take a shared reference, so that a node may
/// read from several threads behind one `RwLock`; everything else changes the store.
///
/// Dropping a store is like a power cut: nothing acknowledged is lost, and the next open scans.
/// [`close`](Self::close) spares it that.
pub struct Store {
    pub(crate) keyring: Keyring,
    pub(crate) superblock: SuperblockFile,
    pub(crate) sizing: Sizing,
    pub(crate) shelves: [Shelf; 2],
    pub(crate) catalogue: Catalogue,
    pub(crate) rng: ChaCha20Rng,
    /// The generation of the next record.
    pub(crate) generation: u64,
    pub(crate) filled: [u32; 2],
    /// Most puts that share a pair of syncs.
    pub(crate) group_puts: usize,
    /// Bytes of noise written since the superblock last said how far filling has come.
    pub(crate) unrecorded_fill: u64,
    pub(crate) opened: Opened,
    /// Blocks found damaged by readers, to be looked at again before the next change.
    pub(crate) damaged: Mutex<BTreeSet<Locator>>,
    pub(crate) damage_met: AtomicU64,
    pub(crate) counters: Counters,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) evicted: u64,
    pub(crate) moved: u64,
    pub(crate) index_failures: u64,
}

/// A block that was read whole, and where.
pub(crate) struct Present {
    pub(crate) entry: IndexEntry,
    pub(crate) record: Record,
    pub(crate) block: Block,
}

impl Store {
    /// The block under `locator`, or `None` where there is none or its slot is damaged.
    ///
    /// # Errors
    /// [`DiskError`], when the disk does not give the slot back. The block may be readable later.
    pub fn get(&self, locator: &Locator) -> Result<Option<Block>, DiskError> {
        let Some(entry) = self.locate(locator)? else { return Ok(None) };
        match self.read(entry, locator)? {
            Some((_, block)) => {
                self.shelf(entry.class).occupancy.touch(entry.slot);
                Ok(Some(block))
            }
            None => {
                self.note_damage(locator);
                Ok(None)
            }
        }
    }

    /// Whether there is a block under `locator`, as far as is known without reading it.
    ///
    /// # Errors
    /// [`DiskError`], when the index has failed and the disk does not give the records back.
    pub fn contains(&self, locator: &Locator) -> Result<bool, DiskError> {
        Ok(self.locate(locator)?.is_some())
    }

    /// Makes a kept block a cached one, which may give way to others, and says whether there was
    /// one. Not durable by itself: after a power cut the block may be kept again.
    ///
    /// # Errors
    /// [`DiskError`]; the block is then still kept.
    pub fn demote(&mut self, locator: &Locator) -> Result<bool, DiskError> {
        self.settle()?;
        let Some(Present { entry, record, .. }) = self.present(locator)? else { return Ok(false) };
        if entry.part == Part::Cache {
            return Ok(false);
        }
        let record = Record { part: Part::Cache, generation: self.next_generation(), ..record };
        let nonce = nonce(&mut self.rng);
        self.shelf(entry.class).records.write(&self.keyring, entry.slot, &record, nonce)?;
        self.enter(locator, Some(entry), IndexEntry { part: Part::Cache, ..entry });
        Ok(true)
    }

    /// Forgets the block under `locator`, and says whether there was one. Durable on return, and
    /// without its record the value cannot be opened by anybody.
    ///
    /// # Errors
    /// [`DiskError`]; the block may then be there or not, also after the next open.
    pub fn remove(&mut self, locator: &Locator) -> Result<bool, DiskError> {
        self.settle()?;
        let Some(entry) = self.locate(locator)? else { return Ok(false) };
        self.clear_of(locator, entry)?;
        self.strike(locator, entry);
        self.shelf(entry.class).records.sync()?;
        Ok(true)
    }

    /// Writes noise over up to `budget_bytes` of unused slots, so that they look like used ones.
    /// To be called at a bounded rate until the progress is done; what it did outlives the store
    /// to within [`FILL_CHECKPOINT_LEN`].
    ///
    /// # Errors
    /// [`DiskError`]; calling again goes on at the same place.
    pub fn fill_step(&mut self, budget_bytes: u64) -> Result<FillProgress, DiskError> {
        self.settle()?;
        let mut budget = budget_bytes;
        for class in SizeClass::ALL {
            let cost = (class.byte_len() + RECORD_LEN) as u64;
            let mut noise_value = vec![0; class.byte_len()];
            while self.filled[shelf_of(class)] < self.sizing.slots(class) {
                let slot = self.filled[shelf_of(class)];
                if self.shelf(class).occupancy.of(slot) == Use::Free {
                    if budget < cost {
                        return self.record_fill();
                    }
                    self.rng.fill_bytes(&mut noise_value);
                    let noise_record = noise(&mut self.rng);
                    self.shelf(class).write_noise_value(slot, &noise_value)?;
                    self.shelf(class).records.write_noise(slot, &noise_record)?;
                    budget -= cost;
                    self.unrecorded_fill += cost;
                }
                self.filled[shelf_of(class)] += 1;
            }
        }
        self.record_fill()
    }

    /// Makes the progress of filling durable where it is due.
    fn record_fill(&mut self) -> Result<FillProgress, DiskError> {
        let progress = self.fill_progress();
        let due = self.unrecorded_fill >= FILL_CHECKPOINT_LEN || (progress.is_done() && self.unrecorded_fill > 0);
        if due {
            for shelf in &self.shelves {
                shelf.sync_values()?;
                shelf.records.sync()?;
            }
            self.write_superblock(Closing::Open)?;
            self.unrecorded_fill = 0;
        }
        Ok(progress)
    }

    /// How far filling has come.
    #[must_use]
    pub fn fill_progress(&self) -> FillProgress {
        FillProgress {
            filled: self.filled.iter().copied().map(u64::from).sum(),
            slots: SizeClass::ALL.into_iter().map(|class| u64::from(self.sizing.slots(class))).sum(),
        }
    }

    /// What the store holds and what happened to it.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let class = |class| {
            let occupancy = &self.shelf(class).occupancy;
            ClassStats {
                class,
                slots: self.sizing.slots(class),
                kept_max: self.sizing.kept_slots(class),
                kept: occupancy.taken(Part::Kept),
                cached: occupancy.taken(Part::Cache),
            }
        };
        StoreStats {
            leaf: class(SizeClass::Leaf),
            block: class(SizeClass::Block),
            opened: self.opened,
            damaged: self.damage_met.load(Ordering::Relaxed),
            evicted: self.counters.evicted,
            moved: self.counters.moved,
            index_failures: self.counters.index_failures,
        }
    }

    /// The sizing that the store was made with.
    #[must_use]
    pub fn sizing(&self) -> Sizing {
        self.sizing
    }

    /// Makes everything durable, the index too, so that the next open need not scan.
    ///
    /// # Errors
    /// [`DiskError`]; nothing acknowledged is lost, and the next open scans.
    pub fn close(mut self) -> Result<(), DiskError> {
        self.settle()?;
        for shelf in &self.shelves {
            shelf.sync_values()?;
            shelf.records.sync()?;
        }
        let closing = if self.catalogue.flush().is_ok() { Closing::Clean } else { Closing::Open };
        self.write_superblock(closing)
    }

    pub(crate) fn write_superblock(&mut self, closing: Closing) -> Result<(), DiskError> {
        let next = Superblock {
            sequence: 0, // given by the file
            closing,
            kept_percent: self.sizing.kept_percent(),
            generation: self.generation,
            slots: SizeClass::ALL.map(|class| self.sizing.slots(class)),
            filled: self.filled,
            entries: self.catalogue.entries(),
            digest: self.catalogue.digest(),
        };
        let nonce = nonce(&mut self.rng);
        self.superblock.write(&self.keyring, next, nonce)
    }

    /// Where the block under `locator` lies: from the index, or by looking into its candidate slots
    /// once the index has failed.
    pub(crate) fn locate(&self, locator: &Locator) -> Result<Option<IndexEntry>, DiskError> {
        if let Ok(found) = self.catalogue.find(&self.key_of(locator)) {
            return Ok(found);
        }
        for class in SizeClass::ALL {
            let shelf = self.shelf(class);
            for slot in shelf.candidates(&self.keyring, locator) {
                let Use::Taken(part) = shelf.occupancy.of(slot) else { continue };
                if shelf.records.read(&self.keyring, slot)?.is_some_and(|record| record.locator == *locator) {
                    return Ok(Some(IndexEntry { class, part, slot }));
                }
            }
        }
        Ok(None)
    }

    /// Reads the slot at `entry`; `None` where it does not hold `locator` whole.
    fn read(&self, entry: IndexEntry, locator: &Locator) -> Result<Option<(Record, Block)>, DiskError> {
        let shelf = self.shelf(entry.class);
        let Some(record) = shelf.records.read(&self.keyring, entry.slot)? else { return Ok(None) };
        if record.locator != *locator {
            return Ok(None);
        }
        let block = shelf.value(&self.keyring, entry.slot, &record)?;
        Ok(block.map(|block| (record, block)))
    }

    /// The block under `locator`, whole. A damaged one is forgotten, so that it can be put anew.
    pub(crate) fn present(&mut self, locator: &Locator) -> Result<Option<Present>, DiskError> {
        let Some(entry) = self.locate(locator)? else { return Ok(None) };
        if let Some((record, block)) = self.read(entry, locator)? {
            return Ok(Some(Present { entry, record, block }));
        }
        self.note_damage(locator);
        self.clear_of(locator, entry)?;
        self.strike(locator, entry);
        self.damaged.get_mut().unwrap_or_else(PoisonError::into_inner).remove(locator);
        Ok(None)
    }

    /// Does before a change what readers found to be needed: rebuilds an index that failed, and
    /// frees damaged slots.
    pub(crate) fn settle(&mut self) -> Result<(), DiskError> {
        if self.catalogue.has_failed() {
            self.counters.index_failures += 1;
            self.rebuild()?;
        }
        let damaged = std::mem::take(self.damaged.get_mut().unwrap_or_else(PoisonError::into_inner));
        for locator in damaged {
            let Some(entry) = self.locate(&locator)? else { continue };
            // Read anew: a bit that flipped between disk and memory costs no block.
            if self.read(entry, &locator)?.is_none() {
                self.clear_of(&locator, entry)?;
                self.strike(&locator, entry);
            }
        }
        Ok(())
    }

    fn note_damage(&self, locator: &Locator) {
        let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if damaged.len() < DAMAGED_MAX && damaged.insert(*locator) {
            self.damage_met.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Enters a block into the index and the uses of slots, in the place of `old`.
    pub(crate) fn enter(&mut self, locator: &Locator, old: Option<IndexEntry>, new: IndexEntry) {
        let key = self.key_of(locator);
        self.catalogue.set(&self.keyring, &key, old, Some(new));
        self.shelf_mut(new.class).occupancy.set(new.slot, Use::Taken(new.part));
    }

    /// Strikes a block from the index.
    pub(crate) fn strike(&mut self, locator: &Locator, old: IndexEntry) {
        let key = self.key_of(locator);
        self.catalogue.set(&self.keyring, &key, Some(old), None);
    }

    /// Frees a slot by writing noise over its record. Where that fails the slot is left alone until
    /// the next open: used again, its old record could outlive its value.
    ///
    /// # Errors
    /// [`DiskError`], for callers who promise that the slot is free.
    pub(crate) fn clear(&mut self, entry: IndexEntry) -> Result<(), DiskError> {
        let noise = noise(&mut self.rng);
        let cleared = self.shelf(entry.class).records.write_noise(entry.slot, &noise);
        let now = if cleared.is_ok() { Use::Free } else { Use::Reserved };
        self.shelf_mut(entry.class).occupancy.set(entry.slot, now);
        cleared
    }

    /// Frees the slot at `entry` unless its record names another block than `locator`: then only
    /// the index was wrong, and the slot is that block's.
    pub(crate) fn clear_of(&mut self, locator: &Locator, entry: IndexEntry) -> Result<(), DiskError> {
        let record = self.shelf(entry.class).records.read(&self.keyring, entry.slot)?;
        if record.is_none_or(|record| record.locator == *locator) { self.clear(entry) } else { Ok(()) }
    }

    pub(crate) fn sync_all_records(&self) -> Result<(), DiskError> {
        self.shelves.iter().try_for_each(|shelf| shelf.records.sync())
    }

    pub(crate) fn key_of(&self, locator: &Locator) -> IndexKey {
        IndexKey(self.keyring.name(locator))
    }

    pub(crate) fn shelf(&self, class: SizeClass) -> &Shelf {
        &self.shelves[shelf_of(class)]
    }

    pub(crate) fn shelf_mut(&mut self, class: SizeClass) -> &mut Shelf {
        &mut self.shelves[shelf_of(class)]
    }

    pub(crate) fn next_generation(&mut self) -> u64 {
        self.generation += 1;
        self.generation - 1
    }
}

pub(crate) fn nonce(rng: &mut ChaCha20Rng) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    rng.fill_bytes(&mut nonce);
    nonce
}

pub(crate) fn noise(rng: &mut ChaCha20Rng) -> [u8; RECORD_LEN] {
    let mut noise = [0; RECORD_LEN];
    rng.fill_bytes(&mut noise);
    noise
}
