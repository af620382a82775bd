use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::{Disk, DiskFile};

/// A disk in RAM, for simulated nodes. A clone is the same disk, so a store can be closed and
/// reopened on it.
#[derive(Clone, Default)]
pub struct MemDisk {
    files: Arc<Mutex<BTreeMap<String, MemFile>>>,
}

#[derive(Clone, Default)]
struct MemFile(Arc<RwLock<Vec<u8>>>);

impl MemDisk {
    /// A disk without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, MemFile>> {
        // Every change below is one statement on the map: a panic elsewhere leaves it whole.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for MemDisk {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn DiskFile>>> {
        Ok(self.files().get(name).map(|file| Box::new(file.clone()) as Box<dyn DiskFile>))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = MemFile::default();
        self.files().insert(name.to_owned(), file.clone());
        Ok(Box::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.files();
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }
}

impl DiskFile for MemFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let content = self.0.read().unwrap_or_else(PoisonError::into_inner);
        read_slice(&content, bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut content = self.0.write().unwrap_or_else(PoisonError::into_inner);
        write_slice(&mut content, bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn byte_len(&self) -> io::Result<u64> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).len() as u64)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        lengthen(&mut self.0.write().unwrap_or_else(PoisonError::into_inner), len)
    }
}

/// Reads from a file that is a slice.
pub(super) fn read_slice(content: &[u8], bytes: &mut [u8], offset: u64) -> io::Result<()> {
    let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
    let source = start.checked_add(bytes.len()).and_then(|end| content.get(start..end));
    bytes.copy_from_slice(source.ok_or(io::ErrorKind::UnexpectedEof)?);
    Ok(())
}

/// Writes to a file that is a vector, lengthening it where needed.
pub(super) fn write_slice(content: &mut Vec<u8>, bytes: &[u8], offset: u64) -> io::Result<()> {
    let end = offset.checked_add(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
    lengthen(content, end)?;
    // The vector reaches `end`, so both bounds are its indexes.
    content[offset as usize..end as usize].copy_from_slice(bytes);
    Ok(())
}

/// Lengthens a file that is a vector.
pub(super) fn lengthen(content: &mut Vec<u8>, len: u64) -> io::Result<()> {
    let len = usize::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge)?;
    if content.is_empty() {
        // Zeroed memory comes from the system untouched: a store of any size costs what it holds.
        *content = vec![0; len];
    } else if content.len() < len {
        content.resize(len, 0);
    }
    Ok(())
}
