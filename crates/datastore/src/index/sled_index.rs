use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rand::CryptoRng;

use crate::StoreKey;
use crate::seal::{NONCE_LEN, Seal};

use super::{Index, IndexEntry, IndexError, IndexKey};

/// Most bytes of entries that sled keeps in RAM.
pub const INDEX_CACHE_LEN: u64 = 8 << 20;

/// An index in a directory of sled's.
///
/// sled 0.34 can refuse to open after a power cut and can lose entries without saying so, and some
/// of its failures are panics. So every call runs under `catch_unwind`, a directory that does not
/// open is dropped, and a store believes an index only when it holds exactly what the superblock
/// says. For the same reason nothing is flushed before the store is closed: after any other end
/// the index is rebuilt anyway.
pub struct SledIndex {
    directory: PathBuf,
    /// `None` only while it is being dropped or made anew, or after that failed.
    db: Option<sled::Db>,
    seal: Seal,
    /// Drawn once for the session; behind it in every nonce comes the counter.
    session: [u8; NONCE_LEN - 8],
    counter: u64,
}

impl SledIndex {
    /// Opens the index in `directory`, made on first use, and dropped and made anew where sled
    /// cannot open it.
    ///
    /// # Errors
    /// [`IndexError`], when not even an empty index can be made there.
    pub fn open(directory: &Path, key: &StoreKey, rng: &mut impl CryptoRng) -> Result<Self, IndexError> {
        let db = open_db(directory).or_else(|_| make_db(directory))?;
        let mut session = [0; NONCE_LEN - 8];
        rng.fill_bytes(&mut session);
        Ok(Self { directory: directory.to_owned(), db: Some(db), seal: Seal::of_index(key), session, counter: 0 })
    }

    fn db(&self) -> Result<&sled::Db, IndexError> {
        self.db.as_ref().ok_or_else(|| IndexError("it could not be made anew".to_owned()))
    }

    /// Closes sled, which flushes; that too may panic on a damaged directory.
    fn close(&mut self) {
        let db = self.db.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
    }

    fn nonce(&mut self) -> [u8; NONCE_LEN] {
        self.counter += 1;
        let mut nonce = [0; NONCE_LEN];
        nonce[..self.session.len()].copy_from_slice(&self.session);
        nonce[self.session.len()..].copy_from_slice(&self.counter.to_le_bytes());
        nonce
    }

    fn decode(&self, key: &[u8], value: &[u8]) -> Result<IndexEntry, IndexError> {
        let mut value = value.to_vec();
        let entry = self.seal.unwrap(key, &mut value).and_then(IndexEntry::decode);
        entry.ok_or_else(|| IndexError("an entry does not open".to_owned()))
    }
}

impl Index for SledIndex {
    fn find(&self, key: &IndexKey) -> Result<Option<IndexEntry>, IndexError> {
        let value = self.db().and_then(|db| guarded(|| db.get(key.0)))?;
        value.map(|value| self.decode(&key.0, &value)).transpose()
    }

    fn set(&mut self, key: &IndexKey, entry: Option<IndexEntry>) -> Result<(), IndexError> {
        let nonce = self.nonce();
        let value = entry.map(|entry| self.seal.wrap(nonce, &key.0, &entry.encode()));
        let db = self.db()?;
        guarded(|| match value {
            Some(value) => db.insert(key.0, value),
            None => db.remove(key.0),
        })
        .map(drop)
    }

    fn visit(&self, visitor: &mut dyn FnMut(IndexKey, IndexEntry)) -> Result<(), IndexError> {
        let mut entries = self.db()?.iter();
        while let Some((key, value)) = guarded(|| entries.next().transpose())? {
            let entry = self.decode(&key, &value)?;
            let key = key.as_ref().try_into().map_err(|_| IndexError("a key of a foreign length".to_owned()))?;
            visitor(IndexKey(key), entry);
        }
        Ok(())
    }

    fn clear(&mut self) -> Result<(), IndexError> {
        // Not sled's own `clear`: whoever calls this has reason to doubt what lies in the directory.
        self.close();
        self.db = Some(make_db(&self.directory)?);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), IndexError> {
        self.db().and_then(|db| guarded(|| db.flush())).map(drop)
    }
}

impl Drop for SledIndex {
    fn drop(&mut self) {
        self.close();
    }
}

fn open_db(directory: &Path) -> Result<sled::Db, IndexError> {
    guarded(|| sled::Config::new().path(directory).cache_capacity(INDEX_CACHE_LEN).flush_every_ms(None).open())
}

/// Drops the directory and makes an empty one.
fn make_db(directory: &Path) -> Result<sled::Db, IndexError> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(IndexError(error.to_string())),
        _ => open_db(directory),
    }
}

/// Runs a call of sled's, whose panics mean no more than its errors: the index is of no use.
fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, IndexError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| IndexError(error.to_string())),
        Err(_) => Err(IndexError("it panicked".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Part;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use roneo_keys::SizeClass;

    #[test]
    fn entries_are_sealed_on_disk() {
        let directory = tempfile::tempdir().unwrap();
        let (store_key, mut rng) = (StoreKey::from_bytes([1; 32]), ChaCha8Rng::seed_from_u64(1));
        let entry = IndexEntry { class: SizeClass::Block, part: Part::Kept, slot: 7 };
        let mut index = SledIndex::open(directory.path(), &store_key, &mut rng).unwrap();
        index.set(&IndexKey([5; 16]), Some(entry)).unwrap();
        let first = index.db().unwrap().get([5; 16]).unwrap().unwrap();
        index.set(&IndexKey([5; 16]), Some(entry)).unwrap();
        assert_ne!(first, index.db().unwrap().get([5; 16]).unwrap().unwrap(), "every sealing has its own nonce");
        drop(index);

        let index = SledIndex::open(directory.path(), &StoreKey::from_bytes([2; 32]), &mut rng).unwrap();
        assert!(index.find(&IndexKey([5; 16])).is_err(), "another key opens nothing");
    }

    #[test]
    fn a_directory_that_does_not_open_is_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        let (store_key, mut rng) = (StoreKey::from_bytes([1; 32]), ChaCha8Rng::seed_from_u64(1));
        let path = directory.path().join("index");
        drop(SledIndex::open(&path, &store_key, &mut rng).unwrap());
        std::fs::write(path.join("conf"), b"not sled's").unwrap();
        let mut index = SledIndex::open(&path, &store_key, &mut rng).unwrap();
        index.set(&IndexKey([5; 16]), None).unwrap();
    }
}
