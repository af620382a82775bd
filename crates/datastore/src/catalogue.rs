use std::sync::atomic::{AtomicBool, Ordering};

use crate::index::{Index, IndexEntry, IndexKey, RamIndex};
use crate::seal::Keyring;

/// The index failed: look among the slots instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed;

/// An index, with the count and the digest of what it is known to hold. Once it has failed it is
/// asked nothing more.
pub(crate) struct Catalogue {
    index: Box<dyn Index>,
    entries: u64,
    /// Sum of a keyed hash of every entry, so that the order of changes does not matter.
    digest: u128,
    failed: AtomicBool,
}

impl Catalogue {
    /// A catalogue over an index of which nothing is known yet.
    pub(crate) fn new(index: Box<dyn Index>) -> Self {
        Self { index, entries: 0, digest: 0, failed: AtomicBool::new(false) }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    pub(crate) fn digest(&self) -> u128 {
        self.digest
    }

    /// Reads all entries, and counts and digests them.
    pub(crate) fn load(
        &mut self,
        keyring: &Keyring,
        visitor: &mut dyn FnMut(IndexKey, IndexEntry),
    ) -> Result<(), Failed> {
        let (mut entries, mut digest) = (0, 0u128);
        let outcome = self.index.visit(&mut |key, entry| {
            entries += 1;
            digest = digest.wrapping_add(hash(keyring, &key, entry));
            visitor(key, entry);
        });
        (self.entries, self.digest) = (entries, digest);
        self.judge(outcome)
    }

    pub(crate) fn find(&self, key: &IndexKey) -> Result<Option<IndexEntry>, Failed> {
        if self.has_failed() { Err(Failed) } else { self.judge(self.index.find(key)) }
    }

    /// Changes what stands under `key` from `old` to `new`.
    pub(crate) fn set(&mut self, keyring: &Keyring, key: &IndexKey, old: Option<IndexEntry>, new: Option<IndexEntry>) {
        if self.has_failed() || old == new {
            return;
        }
        if let Some(old) = old {
            self.entries = self.entries.saturating_sub(1);
            self.digest = self.digest.wrapping_sub(hash(keyring, key, old));
        }
        if let Some(new) = new {
            self.entries += 1;
            self.digest = self.digest.wrapping_add(hash(keyring, key, new));
        }
        let outcome = self.index.set(key, new);
        // A failure is remembered, and the store rebuilds before its next change.
        let _ = self.judge(outcome);
    }

    /// Empties the index, or puts one in RAM in its place where it cannot be emptied.
    pub(crate) fn restart(&mut self) {
        if self.index.clear().is_err() {
            self.replace();
        }
        self.forget();
    }

    /// Puts an empty index in RAM in the place of this one.
    pub(crate) fn replace(&mut self) {
        self.index = Box::new(RamIndex::default());
        self.forget();
    }

    fn forget(&mut self) {
        (self.entries, self.digest) = (0, 0);
        *self.failed.get_mut() = false;
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failed> {
        if self.has_failed() {
            return Err(Failed);
        }
        let outcome = self.index.flush();
        self.judge(outcome)
    }

    fn judge<T, E>(&self, outcome: Result<T, E>) -> Result<T, Failed> {
        outcome.map_err(|_| {
            self.failed.store(true, Ordering::Relaxed);
            Failed
        })
    }
}

fn hash(keyring: &Keyring, key: &IndexKey, entry: IndexEntry) -> u128 {
    let mut bytes = [0; IndexKey::LEN + IndexEntry::LEN];
    bytes[..IndexKey::LEN].copy_from_slice(&key.0);
    bytes[IndexKey::LEN..].copy_from_slice(&entry.encode());
    keyring.digest(&bytes)
}
