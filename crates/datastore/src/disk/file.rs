use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;

use super::{Disk, DiskFile, platform};

/// A directory of real files, readable by their owner alone.
pub struct FileDisk {
    directory: PathBuf,
}

impl FileDisk {
    /// Opens `directory`, made on first use. Nothing here keeps two programs out of one directory:
    /// the node's lock on its data directory does.
    ///
    /// # Errors
    /// Where the directory cannot be made.
    pub fn open(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        platform::create_private_dir(&directory)?;
        Ok(Self { directory })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl Disk for FileDisk {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn DiskFile>>> {
        match OpenOptions::new().read(true).write(true).open(self.path(name)) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = platform::private(&mut options).open(self.path(name))?;
        platform::sync_names(&self.directory)?;
        Ok(Box::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path(from), self.path(to))?;
        platform::sync_names(&self.directory)
    }
}

impl DiskFile for File {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        platform::read_exact_at(self, bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        platform::write_all_at(self, bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn byte_len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        let old_len = self.byte_len()?;
        if old_len < len { platform::reserve(self, old_len, len) } else { Ok(()) }
    }
}
