//! How a store is opened: made, believed as it was closed, or rebuilt by scanning.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use roneo_keys::SizeClass;

use crate::catalogue::Catalogue;
use crate::disk::{Disk, DiskError};
use crate::format::{Closing, Record, Superblock};
use crate::group::GROUP_PUTS_MAX;
use crate::index::{Index, IndexEntry, IndexKey};
use crate::occupancy::{Occupancy, Use};
use crate::seal::Keyring;
use crate::shelf::{Records, Scanned, Shelf};
use crate::store::{Counters, Store, nonce};
use crate::superblock::{Found, SuperblockFile};
use crate::{Sizing, StoreKey};

/// Index entries compared with their slots at an open that believes the index.
const SAMPLES: usize = 64;

/// Why a store does not open.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The files are sealed under another key, or too damaged to tell. Nothing was changed.
    #[error(
        "the store does not open with this node's key: bring back the key it was made with, or move its directory \
         away to begin with an empty store"
    )]
    WrongKey,
    /// The files were written in a later format. Nothing was changed.
    #[error("the store was made by a newer Roneo (store format {0}): update this one")]
    Newer(u8),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// How a store was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// There was none: its files were made.
    Created,
    /// It had been closed and its index holds what the superblock says.
    Clean,
    /// It had not been closed, or its index was missing, damaged or behind: the index was rebuilt
    /// from the slot records.
    Scanned,
}

impl Store {
    /// Opens the store on `disk`, or makes one of `sizing` where there is none. A store keeps the
    /// sizing it was made with: compare [`sizing`](Self::sizing) with what was asked.
    ///
    /// `seed` is fresh randomness; from it come the nonces and the noise of this session.
    ///
    /// # Errors
    /// [`OpenError`]; the files are then as they were, or half made.
    pub fn open(
        disk: &dyn Disk,
        index: Box<dyn Index>,
        key: &StoreKey,
        sizing: Sizing,
        seed: [u8; 32],
    ) -> Result<Self, OpenError> {
        let keyring = Keyring::new(key);
        let (superblock, opened) = match SuperblockFile::find(disk, &keyring)? {
            Found::Whole(superblock) => (superblock, Opened::Clean),
            missing_or_sealed => {
                let records = any_record(disk, &keyring)?;
                if !records && matches!(missing_or_sealed, Found::Sealed) {
                    return Err(OpenError::WrongKey);
                }
                let opened = if records { Opened::Scanned } else { Opened::Created };
                (make_superblock(disk, &keyring, sizing, opened, &seed)?, opened)
            }
        };
        let mut store = Self::assemble(disk, index, keyring, superblock, &seed)?;
        store.opened = opened;
        store.take_stock()?;
        // From here on the index may be ahead of what the superblock says.
        store.write_superblock(Closing::Open)?;
        Ok(store)
    }

    fn assemble(
        disk: &dyn Disk,
        index: Box<dyn Index>,
        keyring: Keyring,
        superblock: SuperblockFile,
        seed: &[u8; 32],
    ) -> Result<Self, DiskError> {
        let standing = &superblock.standing;
        let sizing = Sizing::for_slots(standing.slots[0], standing.slots[1]).with_kept_percent(standing.kept_percent);
        let shelf = |class| Shelf::open(disk, class, sizing.slots(class));
        Ok(Self {
            rng: ChaCha20Rng::from_seed(keyring.randomness(seed, standing.sequence)),
            generation: standing.generation,
            filled: standing.filled,
            group_puts: GROUP_PUTS_MAX,
            unrecorded_fill: 0,
            shelves: [shelf(SizeClass::Leaf)?, shelf(SizeClass::Block)?],
            catalogue: Catalogue::new(index),
            opened: Opened::Clean,
            damaged: Mutex::new(BTreeSet::new()),
            damage_met: AtomicU64::new(0),
            counters: Counters::default(),
            keyring,
            superblock,
            sizing,
        })
    }

    /// Learns what every slot is used for, from the index where it can be believed.
    fn take_stock(&mut self) -> Result<(), DiskError> {
        let believable = self.opened == Opened::Clean && self.superblock.standing.closing == Closing::Clean;
        if believable && self.load_index()? {
            return Ok(());
        }
        if self.opened == Opened::Clean {
            self.opened = Opened::Scanned;
        }
        self.rebuild()
    }

    /// Takes the uses of all slots from the index, and says whether it holds just what it held when
    /// the store was closed. sled can lose entries in silence, so the digest is over all of them;
    /// samples compare the index with the slots, which somebody may have brought back from a copy.
    fn load_index(&mut self) -> Result<bool, DiskError> {
        let standing = self.superblock.standing.clone();
        let Self { catalogue, keyring, shelves, rng, .. } = self;
        let mut sound = true;
        let mut samples: Vec<(IndexKey, IndexEntry)> = Vec::new();
        let mut met = 0usize;
        let loaded = catalogue.load(keyring, &mut |key, entry| {
            let occupancy = &mut shelves[shelf_of(entry.class)].occupancy;
            if entry.slot >= standing.slots[shelf_of(entry.class)] || occupancy.of(entry.slot) != Use::Free {
                sound = false;
                return;
            }
            occupancy.set(entry.slot, Use::Taken(entry.part));
            met += 1;
            match samples.len() {
                SAMPLES => {
                    if let Some(place) = samples.get_mut(rng.random_range(0..met)) {
                        *place = (key, entry);
                    }
                }
                _ => samples.push((key, entry)),
            }
        });
        let exact = catalogue.entries() == standing.entries && catalogue.digest() == standing.digest;
        if loaded.is_err() || !sound || !exact {
            return Ok(false);
        }
        for (key, entry) in samples {
            let record = self.shelves[shelf_of(entry.class)].records.read(&self.keyring, entry.slot)?;
            let matches = |record: Record| self.key_of(&record.locator) == key && record.part == entry.part;
            if !record.is_some_and(matches) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Rebuilds the index and the uses of all slots from the slot records.
    pub(crate) fn rebuild(&mut self) -> Result<(), DiskError> {
        self.catalogue.restart();
        self.scan()?;
        if self.catalogue.has_failed() {
            // It failed while it was filled: one in RAM cannot.
            self.catalogue.replace();
            self.scan()?;
        }
        Ok(())
    }

    fn scan(&mut self) -> Result<(), DiskError> {
        for shelf in &mut self.shelves {
            shelf.occupancy = Occupancy::new(shelf.slots());
        }
        for class in SizeClass::ALL {
            let mut stale = false;
            for first in self.shelf(class).records.scan_starts() {
                for (slot, scanned) in self.shelf(class).records.scan(&self.keyring, first)? {
                    match scanned {
                        Scanned::Record(record) => stale |= self.admit(slot, &record)?,
                        Scanned::Unreadable => self.shelf_mut(class).occupancy.set(slot, Use::Reserved),
                    }
                }
            }
            if stale {
                self.sync_all_records()?;
            }
        }
        Ok(())
    }

    /// Enters a scanned slot, and says whether another slot had to be freed for it. Two name one
    /// locator when a stop came between writing a new copy and freeing the old: the later stands,
    /// and the other is overwritten lest it come back once the later is gone.
    fn admit(&mut self, slot: u32, record: &Record) -> Result<bool, DiskError> {
        self.generation = self.generation.max(record.generation.saturating_add(1));
        let new = IndexEntry { class: record.class, part: record.part, slot };
        let key = self.key_of(&record.locator);
        let other = self.catalogue.find(&key).unwrap_or(None);
        if let Some(other) = other {
            let rival = self.shelf(other.class).records.read(&self.keyring, other.slot)?;
            if rival.is_some_and(|rival| rival.generation > record.generation) {
                self.clear(new)?;
                return Ok(true);
            }
            self.clear(other)?;
        }
        self.catalogue.set(&self.keyring, &key, other, Some(new));
        self.shelf_mut(new.class).occupancy.set(slot, Use::Taken(new.part));
        Ok(other.is_some())
    }
}

/// The place of a class among the two shelves.
pub(crate) fn shelf_of(class: SizeClass) -> usize {
    usize::from(class.code())
}

/// Whether the record files hold anything that opens with this key.
fn any_record(disk: &dyn Disk, keyring: &Keyring) -> Result<bool, DiskError> {
    for class in SizeClass::ALL {
        let Some(records) = Records::find(disk, class)? else { continue };
        for first in records.scan_starts() {
            if records.scan(keyring, first)?.iter().any(|(_, scanned)| matches!(scanned, Scanned::Record(_))) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Makes the superblocks of a new store, or of one whose own are gone: its files then say how many
/// slots it had.
fn make_superblock(
    disk: &dyn Disk,
    keyring: &Keyring,
    sizing: Sizing,
    opened: Opened,
    seed: &[u8; 32],
) -> Result<SuperblockFile, DiskError> {
    let sizing = if opened == Opened::Scanned {
        let slots = |class| Ok(Records::find(disk, class)?.map_or(0, |records| records.slots()));
        Sizing::for_slots(slots(SizeClass::Leaf)?, slots(SizeClass::Block)?).with_kept_percent(sizing.kept_percent())
    } else {
        sizing
    };
    let slots = SizeClass::ALL.map(|class| sizing.slots(class));
    // The files come first: where there is a superblock, there are slots.
    for class in SizeClass::ALL {
        Shelf::open(disk, class, sizing.slots(class))?;
    }
    let first = Superblock {
        sequence: 0,
        closing: Closing::Open,
        kept_percent: sizing.kept_percent(),
        generation: 0,
        slots,
        filled: [0; 2],
        entries: 0,
        digest: 0,
    };
    let mut rng = ChaCha20Rng::from_seed(keyring.randomness(seed, u64::MAX));
    let nonces = [nonce(&mut rng), nonce(&mut rng)];
    SuperblockFile::create(disk, keyring, first, nonces)
}
