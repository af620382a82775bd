//! Where a store keeps its bytes: a handful of named files behind two small traits.
//!
//! The traits ask for what a store needs and nothing more, so that a test disk can tear, freeze,
//! fill and corrupt every call, and a remote disk can stand in for a local one.

mod fault;
mod file;
mod memory;
mod platform;

use std::io;
use std::sync::Arc;

pub use fault::{Fault, FaultDisk, Fsync, SECTOR_LEN};
pub use file::FileDisk;
pub use memory::MemDisk;

/// A flat set of named files.
pub trait Disk: Send + Sync {
    /// Opens the file `name`; `None` where there is none.
    ///
    /// # Errors
    /// Whatever the platform says, except that the file does not exist.
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn DiskFile>>>;

    /// Creates the file `name`, empty, in the place of any that had the name. The name is durable
    /// on return.
    ///
    /// # Errors
    /// Whatever the platform says.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Gives the file `from` the name `to`, in the place of any that had it. Atomic, and durable on
    /// return.
    ///
    /// # Errors
    /// Whatever the platform says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
}

/// An open file of a [`Disk`]. What is written may be lost, torn between sectors of 512 bytes and
/// reordered until [`sync_data`](Self::sync_data) returns; one sector is written whole or not at all.
pub trait DiskFile: Send + Sync {
    /// Fills `bytes` from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] past the end, or whatever the platform says.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` from `offset` on.
    ///
    /// # Errors
    /// Whatever the platform says; a part of `bytes` may then have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Returns once everything written before is durable.
    ///
    /// # Errors
    /// Whatever the platform says. The writes since the last success are then in doubt for good: a
    /// later success says nothing of them, so the caller writes them anew.
    fn sync_data(&self) -> io::Result<()>;

    /// Length of the file in bytes.
    ///
    /// # Errors
    /// Whatever the platform says.
    fn byte_len(&self) -> io::Result<u64>;

    /// Lengthens the file to `len` bytes, with the disk space behind it where the platform can
    /// reserve it; new bytes read as zeros. Does nothing to a file that is as long already.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`] where the space cannot be reserved, or whatever else the
    /// platform says.
    fn allocate(&self, len: u64) -> io::Result<()>;
}

/// A call to the disk failed: whoever lends it has to look. What had been acknowledged before is
/// not affected.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot {action} {file} in the store directory: {}", advice(source.kind()))]
pub struct DiskError {
    /// What was being done.
    pub action: &'static str,
    /// To which file of the store.
    pub file: &'static str,
    /// What the platform said.
    pub source: Arc<io::Error>,
}

impl DiskError {
    pub(crate) fn new(action: &'static str, file: &'static str, source: io::Error) -> Self {
        Self { action, file, source: Arc::new(source) }
    }

    /// Whether the disk had no room left, which deleting something mends.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.source.kind() == io::ErrorKind::StorageFull
    }
}

fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full, free some space on it",
        io::ErrorKind::PermissionDenied => "make the directory and its files yours",
        io::ErrorKind::ReadOnlyFilesystem => "the disk is mounted read-only, make it writable",
        io::ErrorKind::UnexpectedEof => "the file is shorter than it was, check the disk",
        _ => "check the disk and its cable",
    }
}

/// An open file that knows its name, so that its errors do.
pub(crate) struct NamedFile {
    name: &'static str,
    file: Box<dyn DiskFile>,
}

impl NamedFile {
    pub(crate) fn open(disk: &dyn Disk, name: &'static str) -> Result<Option<Self>, DiskError> {
        let file = disk.open(name).map_err(|source| DiskError::new("open", name, source))?;
        Ok(file.map(|file| Self { name, file }))
    }

    pub(crate) fn create(disk: &dyn Disk, name: &'static str) -> Result<Self, DiskError> {
        let file = disk.create(name).map_err(|source| DiskError::new("create", name, source))?;
        Ok(Self { name, file })
    }

    pub(crate) fn open_or_create(disk: &dyn Disk, name: &'static str) -> Result<Self, DiskError> {
        Self::open(disk, name)?.map_or_else(|| Self::create(disk, name), Ok)
    }

    pub(crate) fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<(), DiskError> {
        self.file.read_at(bytes, offset).map_err(|source| DiskError::new("read", self.name, source))
    }

    pub(crate) fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), DiskError> {
        self.file.write_at(bytes, offset).map_err(|source| DiskError::new("write", self.name, source))
    }

    pub(crate) fn sync_data(&self) -> Result<(), DiskError> {
        self.file.sync_data().map_err(|source| DiskError::new("sync", self.name, source))
    }

    pub(crate) fn byte_len(&self) -> Result<u64, DiskError> {
        self.file.byte_len().map_err(|source| DiskError::new("measure", self.name, source))
    }

    pub(crate) fn allocate(&self, len: u64) -> Result<(), DiskError> {
        self.file.allocate(len).map_err(|source| DiskError::new("reserve space for", self.name, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One suite, every implementation.
    fn behaves(disk: &dyn Disk) {
        assert!(disk.open("a").unwrap().is_none());
        let file = disk.create("a").unwrap();
        assert_eq!(file.byte_len().unwrap(), 0);
        file.allocate(1_000).unwrap();
        file.allocate(10).unwrap();
        assert_eq!(file.byte_len().unwrap(), 1_000);
        let mut bytes = [1; 4];
        file.read_at(&mut bytes, 996).unwrap();
        assert_eq!(bytes, [0; 4]);
        file.write_at(b"leaflet", 500).unwrap();
        file.sync_data().unwrap();
        assert_eq!(file.read_at(&mut bytes, 997).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);

        disk.create("b").unwrap().write_at(b"old", 0).unwrap();
        disk.rename("a", "b").unwrap();
        assert!(disk.open("a").unwrap().is_none());
        let file = disk.open("b").unwrap().unwrap();
        file.read_at(&mut bytes, 500).unwrap();
        assert_eq!(&bytes, b"leaf");
        assert!(disk.rename("a", "c").is_err());
        assert_eq!(disk.create("b").unwrap().byte_len().unwrap(), 0);
    }

    #[test]
    fn every_disk_behaves() {
        let directory = tempfile::tempdir().unwrap();
        behaves(&FileDisk::open(directory.path().join("store")).unwrap());
        behaves(&MemDisk::new());
        behaves(&FaultDisk::new(1, Fsync::Honest));
        behaves(&FaultDisk::new(1, Fsync::Lies));
    }

    #[test]
    fn errors_say_what_to_do() {
        let error = DiskError::new("write", "leaf.values", io::ErrorKind::StorageFull.into());
        assert!(error.is_full());
        assert_eq!(
            error.to_string(),
            "cannot write leaf.values in the store directory: the disk is full, free some space on it"
        );
    }
}
