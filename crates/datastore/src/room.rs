//! Making room for a block: a free slot, else a cached block's, else by moving kept blocks.

use roneo_keys::{Locator, SizeClass};

use crate::disk::DiskError;
use crate::format::Record;
use crate::index::IndexEntry;
use crate::occupancy::Use;
use crate::placement::{Seen, find_route};
use crate::store::{Store, nonce};
use crate::{Part, PutError};

impl Store {
    /// Reserves a slot for a block of `part` under `locator`.
    ///
    /// Cached blocks take a free slot or another cached block's and never move anything: what may
    /// be lost is not worth writing others anew.
    pub(crate) fn reserve(&mut self, class: SizeClass, locator: &Locator, part: Part) -> Result<u32, PutError> {
        let shelf = self.shelf(class);
        let candidates = shelf.candidates(&self.keyring, locator);
        let slot = match (shelf.occupancy.best_of(&candidates), part) {
            (Some(slot), _) => slot,
            (None, Part::Cache) => return Err(PutError::Full(class)),
            (None, Part::Kept) => {
                let route = find_route(candidates, |slot| self.look(class, slot));
                let route = route.ok_or(PutError::Full(class))?;
                self.follow(class, &route)?
            }
        };
        if !self.vacate(class, slot)? {
            return Err(PutError::Full(class));
        }
        self.shelf_mut(class).occupancy.set(slot, Use::Reserved);
        Ok(slot)
    }

    fn look(&self, class: SizeClass, slot: u32) -> Seen {
        let shelf = self.shelf(class);
        match shelf.occupancy.of(slot) {
            Use::Free | Use::Taken(Part::Cache) => Seen::Open,
            Use::Reserved => Seen::Closed,
            // A block whose record does not open is left to readers, who report it: it may be the
            // disk that hesitates.
            Use::Taken(Part::Kept) => match shelf.records.read(&self.keyring, slot) {
                Ok(Some(record)) => Seen::Kept(shelf.candidates(&self.keyring, &record.locator)),
                Ok(None) | Err(_) => Seen::Closed,
            },
        }
    }

    /// Moves the block of each slot of `route` to the next, from the end, and answers the first
    /// slot, which is open then.
    fn follow(&mut self, class: SizeClass, route: &[u32]) -> Result<u32, PutError> {
        for pair in route.windows(2).rev() {
            let &[from, to] = pair else { continue };
            if !self.vacate(class, to)? {
                return Err(PutError::Full(class));
            }
            self.relocate(class, from, to)?;
        }
        route.first().copied().ok_or(PutError::Full(class))
    }

    /// Frees a slot that is free already or holds a cached block; `false` where it holds more.
    fn vacate(&mut self, class: SizeClass, slot: u32) -> Result<bool, DiskError> {
        match self.shelf(class).occupancy.of(slot) {
            Use::Free => return Ok(true),
            Use::Reserved | Use::Taken(Part::Kept) => return Ok(false),
            Use::Taken(Part::Cache) => {}
        }
        let entry = IndexEntry { class, part: Part::Cache, slot };
        // Where the record does not open, its index entry stays until a reader meets it.
        if let Some(record) = self.shelf(class).records.read(&self.keyring, slot)? {
            self.strike(&record.locator, entry);
        }
        self.clear(entry)?;
        self.counters.evicted += 1;
        Ok(true)
    }

    /// Moves the kept block in `from` to the free slot `to`. The new copy is durable before the old
    /// one is freed; a stop between leaves both, and the later generation stands.
    fn relocate(&mut self, class: SizeClass, from: u32, to: u32) -> Result<(), DiskError> {
        let old = IndexEntry { class, part: Part::Kept, slot: from };
        let new = IndexEntry { slot: to, ..old };
        let shelf = self.shelf(class);
        let Some(record) = shelf.records.read(&self.keyring, from)? else { return Ok(()) };
        let Some(block) = shelf.value(&self.keyring, from, &record)? else {
            // Torn or flipped: there is nothing to move, and the slot is free.
            self.strike(&record.locator, old);
            return self.clear(old);
        };
        let locator = record.locator;
        let value_nonce = nonce(&mut self.rng);
        let mut bytes = block.bytes().to_vec();
        let value_tag = self.shelf(class).write_value(&self.keyring, to, &mut bytes, &value_nonce)?;
        self.shelf(class).sync_values()?;
        let generation = self.next_generation();
        let record = Record { part: Part::Kept, generation, value_nonce, value_tag, ..record };
        let record_nonce = nonce(&mut self.rng);
        let shelf = self.shelf(class);
        let recorded =
            shelf.records.write(&self.keyring, to, &record, record_nonce).and_then(|()| shelf.records.sync());
        if let Err(error) = recorded {
            // The slot is cleared if it can be, and left alone if not: the failure is told either way.
            let _ = self.clear(new);
            return Err(error);
        }
        self.enter(&locator, Some(old), new);
        self.counters.moved += 1;
        self.clear(old)
    }
}
