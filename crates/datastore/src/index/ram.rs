use std::collections::HashMap;

use super::{Index, IndexEntry, IndexError, IndexKey};

/// An index in RAM, about 50 bytes for each block: for simulated nodes, and in the place of one on
/// disk that failed. A store that opens with it scans its slots.
#[derive(Default)]
pub struct RamIndex {
    entries: HashMap<IndexKey, IndexEntry>,
}

impl Index for RamIndex {
    fn find(&self, key: &IndexKey) -> Result<Option<IndexEntry>, IndexError> {
        Ok(self.entries.get(key).copied())
    }

    fn set(&mut self, key: &IndexKey, entry: Option<IndexEntry>) -> Result<(), IndexError> {
        match entry {
            Some(entry) => self.entries.insert(*key, entry),
            None => self.entries.remove(key),
        };
        Ok(())
    }

    fn visit(&self, visitor: &mut dyn FnMut(IndexKey, IndexEntry)) -> Result<(), IndexError> {
        self.entries.iter().for_each(|(&key, &entry)| visitor(key, entry));
        Ok(())
    }

    fn clear(&mut self) -> Result<(), IndexError> {
        self.entries.clear();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), IndexError> {
        Ok(())
    }
}
