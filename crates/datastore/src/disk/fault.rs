use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::memory::{lengthen, read_slice, write_slice};
use super::{Disk, DiskFile};

/// Bytes that a disk writes whole or not at all.
pub const SECTOR_LEN: usize = 512;

/// Whether a sync does what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fsync {
    /// What was written before a sync survives a cut.
    Honest,
    /// Syncs return at once and do nothing: the control that shows a test able to fail.
    Lies,
}

/// What happens at a chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The power goes. Of every sector written since the last sync, a version between the durable
    /// one and the newest is kept, each sector by its own draw: writes are lost, torn and
    /// reordered. Every call fails until [`FaultDisk::restart`].
    Cut,
    /// This call fails. A failed write may have written a part; a failed sync drops what it was to
    /// make durable, as Linux does, while reads go on seeing it.
    Fail(io::ErrorKind),
    /// From here on the disk is full, until [`FaultDisk::restart`].
    Fill,
    /// This call and every later one wait until [`FaultDisk::thaw`].
    Freeze,
    /// One bit of what this call writes is flipped.
    Corrupt,
}

/// A disk in RAM with a volatile cache in front of it, crueller than real ones and seeded.
///
/// Calls that change something (create, rename, write, sync, allocate) are counted from 1, and a
/// [`Fault`] can be planned for each. A clone is the same disk.
#[derive(Clone)]
pub struct FaultDisk {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    thawed: Condvar,
}

struct State {
    /// Which image has which name; an open file keeps its image through a rename.
    names: BTreeMap<String, usize>,
    images: Vec<Image>,
    rng: ChaCha8Rng,
    fsync: Fsync,
    calls: u64,
    planned: BTreeMap<u64, Fault>,
    failing_reads: Option<io::ErrorKind>,
    off: bool,
    full: bool,
    frozen: bool,
}

/// A file: what is on the platters, what a reader sees, and the writes that lie between.
#[derive(Default)]
struct Image {
    durable: Vec<u8>,
    seen: Vec<u8>,
    pending: Vec<Change>,
}

enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Length(u64),
}

/// What is left for a call to do once its fault has struck.
enum Verdict {
    Do,
    DoCorrupted,
    Refuse(io::ErrorKind),
    Cut,
}

impl FaultDisk {
    /// A disk without files or planned faults.
    #[must_use]
    pub fn new(seed: u64, fsync: Fsync) -> Self {
        let state = State {
            names: BTreeMap::new(),
            images: Vec::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            fsync,
            calls: 0,
            planned: BTreeMap::new(),
            failing_reads: None,
            off: false,
            full: false,
            frozen: false,
        };
        Self { shared: Arc::new(Shared { state: Mutex::new(state), thawed: Condvar::new() }) }
    }

    /// Changing calls so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Plans `fault` for the changing call number `call`.
    pub fn plan(&self, call: u64, fault: Fault) {
        self.state().planned.insert(call, fault);
    }

    /// Lets every read fail with `kind`, or none.
    pub fn fail_reads(&self, kind: Option<io::ErrorKind>) {
        self.state().failing_reads = kind;
    }

    /// Cuts the power now.
    pub fn cut(&self) {
        self.state().cut();
    }

    /// Gives power and room again, and forgets what was planned.
    pub fn restart(&self) {
        let mut state = self.state();
        (state.off, state.full) = (false, false);
        state.planned.clear();
    }

    /// Whether calls wait because of [`Fault::Freeze`].
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.state().frozen
    }

    /// Lets waiting calls go on.
    pub fn thaw(&self) {
        self.state().frozen = false;
        self.shared.thawed.notify_all();
    }

    /// Flips bit `bit` (0 to 7) of the byte at `offset` of a file, on the platters and in every
    /// cache. Does nothing outside the file.
    pub fn flip(&self, name: &str, offset: u64, bit: u8) {
        if let Some(image) = self.state().named(name) {
            for content in [&mut image.durable, &mut image.seen] {
                if let Some(byte) = usize::try_from(offset).ok().and_then(|offset| content.get_mut(offset)) {
                    *byte ^= 1 << (bit & 7);
                }
            }
        }
    }

    /// Replaces what a file holds, durably; `None` removes it.
    pub fn replace(&self, name: &str, content: Option<Vec<u8>>) {
        let mut state = self.state();
        match content {
            Some(content) => {
                let image = Image { durable: content.clone(), seen: content, pending: Vec::new() };
                state.create(name, image);
            }
            None => {
                state.names.remove(name);
            }
        }
    }

    /// What a reader sees of a file.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        self.state().named(name).map(|image| image.seen.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a changing call, strikes with what is planned for it, and carries out what is left.
    fn change(&self, doing: &Doing<'_>) -> io::Result<()> {
        let mut state = self.state();
        state.calls += 1;
        let call = state.calls;
        if state.planned.get(&call) == Some(&Fault::Freeze) {
            state.frozen = true;
        }
        while state.frozen {
            state = self.shared.thawed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match state.strike(call, doing) {
            Verdict::Do => state.carry_out(doing),
            Verdict::DoCorrupted => state.carry_out_corrupted(doing),
            Verdict::Refuse(kind) => {
                state.fail(doing);
                Err(kind.into())
            }
            Verdict::Cut => {
                // The call was under way: it may be among what the cut keeps.
                if state.rng.random() {
                    let _ = state.carry_out(doing);
                }
                state.cut();
                Err(power_is_off())
            }
        }
    }
}

/// A changing call and its arguments.
enum Doing<'a> {
    Create(&'a str),
    Rename(&'a str, &'a str),
    /// Image, bytes, offset.
    Write(usize, &'a [u8], u64),
    /// Image, length.
    Allocate(usize, u64),
    /// Image.
    Sync(usize),
}

impl State {
    fn strike(&mut self, call: u64, doing: &Doing<'_>) -> Verdict {
        if self.off {
            return Verdict::Refuse(io::ErrorKind::NotConnected);
        }
        let verdict = match self.planned.remove(&call) {
            Some(Fault::Cut) => Verdict::Cut,
            Some(Fault::Fail(kind)) => Verdict::Refuse(kind),
            Some(Fault::Corrupt) => Verdict::DoCorrupted,
            Some(Fault::Fill) => {
                self.full = true;
                Verdict::Do
            }
            Some(Fault::Freeze) | None => Verdict::Do,
        };
        let takes_room = matches!(doing, Doing::Create(_) | Doing::Write(..) | Doing::Allocate(..));
        if self.full && takes_room && matches!(verdict, Verdict::Do) {
            return Verdict::Refuse(io::ErrorKind::StorageFull);
        }
        verdict
    }

    fn carry_out(&mut self, doing: &Doing<'_>) -> io::Result<()> {
        match *doing {
            Doing::Create(name) => self.create(name, Image::default()),
            Doing::Rename(from, to) => {
                let image = self.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
                self.names.insert(to.to_owned(), image);
            }
            Doing::Write(image, bytes, offset) => self.images[image].write(bytes, offset)?,
            Doing::Allocate(image, len) => self.images[image].allocate(len)?,
            Doing::Sync(image) => {
                if self.fsync == Fsync::Honest {
                    self.images[image].settle();
                }
            }
        }
        Ok(())
    }

    fn carry_out_corrupted(&mut self, doing: &Doing<'_>) -> io::Result<()> {
        let Doing::Write(image, bytes, offset) = *doing else { return self.carry_out(doing) };
        let mut bytes = bytes.to_vec();
        let victim = self.rng.random_range(0..bytes.len() * 8);
        bytes[victim / 8] ^= 1 << (victim % 8);
        self.images[image].write(&bytes, offset)
    }

    /// What a failing call does all the same.
    fn fail(&mut self, doing: &Doing<'_>) {
        match *doing {
            Doing::Write(image, bytes, offset) if !self.off => {
                let written = self.rng.random_range(0..=bytes.len() / SECTOR_LEN) * SECTOR_LEN;
                let _ = self.images[image].write(&bytes[..written], offset);
            }
            Doing::Sync(image) => self.images[image].pending.clear(),
            Doing::Create(_) | Doing::Rename(..) | Doing::Write(..) | Doing::Allocate(..) => {}
        }
    }

    fn create(&mut self, name: &str, image: Image) {
        self.names.insert(name.to_owned(), self.images.len());
        self.images.push(image);
    }

    fn named(&mut self, name: &str) -> Option<&mut Image> {
        let image = *self.names.get(name)?;
        Some(&mut self.images[image])
    }

    fn cut(&mut self) {
        self.off = true;
        for image in &mut self.images {
            image.cut(&mut self.rng);
        }
    }
}

impl Image {
    fn write(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        write_slice(&mut self.seen, bytes, offset)?;
        self.pending.push(Change::Write { offset, bytes: bytes.to_vec() });
        Ok(())
    }

    fn allocate(&mut self, len: u64) -> io::Result<()> {
        lengthen(&mut self.seen, len)?;
        self.pending.push(Change::Length(len));
        Ok(())
    }

    fn settle(&mut self) {
        for change in self.pending.drain(..) {
            match change {
                Change::Write { offset, bytes } => {
                    // `seen` took the same write before.
                    let _ = write_slice(&mut self.durable, &bytes, offset);
                }
                Change::Length(len) => {
                    let _ = lengthen(&mut self.durable, len);
                }
            }
        }
    }

    /// Keeps of each sector one of its versions, and forgets the rest.
    fn cut(&mut self, rng: &mut ChaCha8Rng) {
        let mut sectors: BTreeMap<u64, Vec<(u64, Vec<u8>)>> = BTreeMap::new();
        for change in self.pending.drain(..) {
            match change {
                Change::Length(len) => {
                    if rng.random() {
                        let _ = lengthen(&mut self.durable, len);
                    }
                }
                Change::Write { offset, bytes } => {
                    for (offset, part) in split_at_sectors(offset, &bytes) {
                        sectors.entry(offset / SECTOR_LEN as u64).or_default().push((offset, part.to_vec()));
                    }
                }
            }
        }
        // Some cuts lose nearly everything, some nearly nothing.
        let kept_in_8 = rng.random_range(0..=8);
        for writes in sectors.values() {
            let kept = if rng.random_range(0..8) < kept_in_8 { rng.random_range(1..=writes.len()) } else { 0 };
            for (offset, part) in &writes[..kept] {
                let _ = write_slice(&mut self.durable, part, *offset);
            }
        }
        self.seen.clone_from(&self.durable);
    }
}

fn split_at_sectors(mut offset: u64, mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let room = SECTOR_LEN - (offset % SECTOR_LEN as u64) as usize;
        let (part, rest) = bytes.split_at(room.min(bytes.len()));
        parts.push((offset, part));
        offset += part.len() as u64;
        bytes = rest;
    }
    parts
}

fn power_is_off() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the power is off")
}

struct FaultFile {
    disk: FaultDisk,
    image: usize,
}

impl FaultDisk {
    fn read<T>(&self, act: impl FnOnce(&State) -> io::Result<T>) -> io::Result<T> {
        let state = self.state();
        match state.failing_reads {
            _ if state.off => Err(power_is_off()),
            Some(kind) => Err(kind.into()),
            None => act(&state),
        }
    }

    fn file(&self, image: usize) -> Box<dyn DiskFile> {
        Box::new(FaultFile { disk: self.clone(), image })
    }
}

impl Disk for FaultDisk {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn DiskFile>>> {
        let image = self.read(|state| Ok(state.names.get(name).copied()))?;
        Ok(image.map(|image| self.file(image)))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.change(&Doing::Create(name))?;
        self.open(name)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change(&Doing::Rename(from, to))
    }
}

impl DiskFile for FaultFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.disk.read(|state| read_slice(&state.images[self.image].seen, bytes, offset))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.change(&Doing::Write(self.image, bytes, offset))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.change(&Doing::Sync(self.image))
    }

    fn byte_len(&self) -> io::Result<u64> {
        self.disk.read(|state| Ok(state.images[self.image].seen.len() as u64))
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.disk.change(&Doing::Allocate(self.image, len))
    }
}
