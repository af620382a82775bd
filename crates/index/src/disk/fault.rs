//! A disk in memory that can be killed at any call, or fail at one, and says what may be left after a power cut.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Disk, DiskFile};

/// What is left of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing: neither bytes nor names.
    Nothing,
    /// Everything.
    Everything,
    /// The names and no bytes.
    Names,
    /// The names and half of the bytes that were written last.
    Torn,
}

impl Left {
    pub(crate) const ALL: [Self; 4] = [Self::Nothing, Self::Everything, Self::Names, Self::Torn];
}

#[derive(Debug, Clone, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
}

#[derive(Default)]
struct Inner {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    calls: usize,
    /// The call that fails, and whether all after it do.
    fails: Option<(usize, bool)>,
}

/// The disk. Its clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct FaultDisk(Arc<Mutex<Inner>>);

impl FaultDisk {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A disk with these files.
    pub(crate) fn of(files: &BTreeMap<String, Vec<u8>>) -> Self {
        let disk = Self::default();
        for (name, bytes) in files {
            let mut inner = disk.inner();
            let number = inner.files.len();
            inner.files.push(Content { now: bytes.clone(), durable: bytes.clone() });
            inner.names.insert(name.clone(), number);
            inner.durable_names.insert(name.clone(), number);
        }
        disk
    }

    /// All files as they are.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let inner = self.inner();
        inner.names.iter().map(|(name, number)| (name.clone(), inner.files[*number].now.clone())).collect()
    }

    /// How many calls changed something or asked that it be durable.
    pub(crate) fn calls(&self) -> usize {
        self.inner().calls
    }

    /// Lets call `call` fail, counted from now on, and all after it.
    pub(crate) fn kill_at(&self, call: usize) {
        let mut inner = self.inner();
        inner.fails = Some((inner.calls + call, true));
    }

    /// Lets call `call` fail, counted from now on, and no other.
    pub(crate) fn fail_at(&self, call: usize) {
        let mut inner = self.inner();
        inner.fails = Some((inner.calls + call, false));
    }

    /// The disk as it may be found after a power cut.
    pub(crate) fn after_power_cut(&self, left: Left) -> Self {
        let inner = self.inner();
        let names = if left == Left::Nothing { &inner.durable_names } else { &inner.names };
        let files = names.iter().map(|(name, number)| {
            let Content { now, durable } = &inner.files[*number];
            let bytes = match left {
                Left::Nothing | Left::Names => durable.clone(),
                Left::Everything => now.clone(),
                Left::Torn => {
                    let kept = durable.len() + now.len().saturating_sub(durable.len()) / 2;
                    now[..kept.min(now.len())].to_vec()
                }
            };
            (name.clone(), bytes)
        });
        Self::of(&files.collect())
    }

    /// Counts a call, and lets it fail if it is to.
    fn call(&self) -> io::Result<MutexGuard<'_, Inner>> {
        let mut inner = self.inner();
        let call = inner.calls;
        inner.calls += 1;
        match inner.fails {
            Some((at, all_after)) if call == at || (all_after && call > at) => Err(io::ErrorKind::StorageFull.into()),
            _ => Ok(inner),
        }
    }

    fn file(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let number = *self.inner().names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(FaultFile { disk: self.clone(), number }))
    }
}

impl Disk for FaultDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.inner().names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.file(name)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        {
            let mut inner = self.call()?;
            let number = inner.files.len();
            inner.files.push(Content::default());
            inner.names.insert(name.to_owned(), number);
        }
        self.file(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.call()?;
        let number = inner.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        inner.names.insert(to.to_owned(), number);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.call()?.names.remove(name).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut inner = self.call()?;
        inner.durable_names = inner.names.clone();
        Ok(())
    }
}

struct FaultFile {
    disk: FaultDisk,
    number: usize,
}

impl DiskFile for FaultFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        super::Bytes(&self.disk.inner().files[self.number].now).read_at(bytes, offset)
    }

    /// A write that fails leaves half of what it was to write.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (written, mut inner) = match self.disk.call() {
            Ok(inner) => (Ok(bytes), inner),
            Err(error) => (Err(error), self.disk.inner()),
        };
        let half = &bytes[..bytes.len() / 2];
        let put = *written.as_ref().unwrap_or(&half);
        let content = &mut inner.files[self.number].now;
        let offset = offset as usize;
        content.resize(content.len().max(offset + put.len()), 0);
        content[offset..offset + put.len()].copy_from_slice(put);
        written.map(|_| ())
    }

    fn cut(&self, len: u64) -> io::Result<()> {
        let mut inner = self.disk.call()?;
        inner.files[self.number].now.truncate(len as usize);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut inner = self.disk.call()?;
        let content = &mut inner.files[self.number];
        content.durable = content.now.clone();
        Ok(())
    }

    fn byte_len(&self) -> io::Result<u64> {
        Ok(self.disk.inner().files[self.number].now.len() as u64)
    }
}
