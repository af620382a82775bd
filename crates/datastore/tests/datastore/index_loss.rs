//! The index on disk is taken away, cut, flipped and brought back from yesterday.

use std::fs;
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roneo_datastore::{
    FaultDisk, Fsync, Index, IndexEntry, IndexError, IndexKey, MemDisk, Opened, Part, RamIndex, Sizing, SledIndex,
    Store,
};
use roneo_keys::Locator;

use crate::common::{keep_leaves, key, leaf, put_one, readable};

/// A store in RAM, for speed, whose index is on a real disk, since it is sled that is tried here.
struct Home {
    disk: FaultDisk,
    directory: tempfile::TempDir,
    rng: ChaCha8Rng,
}

impl Home {
    fn new() -> Self {
        Self {
            disk: FaultDisk::new(1, Fsync::Honest),
            directory: tempfile::tempdir().unwrap(),
            rng: ChaCha8Rng::seed_from_u64(1),
        }
    }

    fn index(&self) -> PathBuf {
        self.directory.path().join("index")
    }

    fn open(&mut self) -> Store {
        let index = SledIndex::open(&self.index(), &key(), &mut self.rng).unwrap();
        Store::open(&self.disk, Box::new(index), &key(), Sizing::for_slots(1_000, 16), [1; 32]).unwrap()
    }

    /// A closed store with 300 leaves in it.
    fn with_leaves() -> (Self, Vec<Locator>) {
        let mut home = Self::new();
        let mut store = home.open();
        assert_eq!(store.stats().opened, Opened::Created);
        let locators = keep_leaves(&mut store, 0..300);
        store.close().unwrap();
        (home, locators)
    }

    #[track_caller]
    fn expect(&mut self, opened: Opened, locators: &[Locator]) -> Store {
        let store = self.open();
        assert_eq!(store.stats().opened, opened);
        assert_eq!(readable(&store, locators), locators.len());
        assert_eq!(store.stats().leaf.kept as usize, locators.len());
        store
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in files(from) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_closed_store_opens_without_a_scan_and_an_unclosed_one_with() {
    let (mut home, locators) = Home::with_leaves();
    home.expect(Opened::Clean, &locators).close().unwrap();
    drop(home.expect(Opened::Clean, &locators));
    home.expect(Opened::Scanned, &locators).close().unwrap();
    home.expect(Opened::Clean, &locators);
}

#[test]
fn a_deleted_index_is_rebuilt() {
    let (mut home, locators) = Home::with_leaves();
    fs::remove_dir_all(home.index()).unwrap();
    home.expect(Opened::Scanned, &locators).close().unwrap();
    home.expect(Opened::Clean, &locators);
}

#[test]
fn a_cut_index_is_rebuilt() {
    let (home, _) = Home::with_leaves();
    let count = files(&home.index()).len();
    assert!(count >= 2, "sled keeps its configuration and its log in files of their own");
    for file in 0..count {
        for percent in [0, 10, 50, 90] {
            let (mut home, locators) = Home::with_leaves();
            let path = &files(&home.index())[file];
            let content = fs::read(path).unwrap();
            fs::write(path, &content[..content.len() * percent / 100]).unwrap();
            let store = home.open();
            assert_eq!(readable(&store, &locators), 300, "{} cut to {percent} %", path.display());
            store.close().unwrap();
            home.expect(Opened::Clean, &locators);
        }
    }
}

#[test]
fn a_flipped_index_is_never_believed() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for _ in 0..25 {
        let (mut home, locators) = Home::with_leaves();
        for path in files(&home.index()) {
            let mut content = fs::read(&path).unwrap();
            for _ in 0..30 {
                if !content.is_empty() {
                    let victim = rng.random_range(0..content.len());
                    content[victim] ^= 1 << rng.random_range(0..8);
                }
            }
            fs::write(&path, content).unwrap();
        }
        let mut store = home.open();
        assert_eq!(readable(&store, &locators), 300);
        put_one(&mut store, &leaf(999), Part::Kept).unwrap();
    }
}

#[test]
fn yesterdays_index_is_not_believed_today() {
    let (mut home, mut locators) = Home::with_leaves();
    let yesterday = home.directory.path().join("yesterday");
    copy(&home.index(), &yesterday);
    let mut store = home.expect(Opened::Clean, &locators);
    store.remove(&locators.pop().unwrap()).unwrap();
    locators.extend(keep_leaves(&mut store, 500..501));
    store.close().unwrap();
    fs::remove_dir_all(home.index()).unwrap();
    copy(&yesterday, &home.index());
    home.expect(Opened::Scanned, &locators);
}

#[test]
fn todays_index_is_not_believed_of_yesterdays_slots() {
    let (mut home, locators) = Home::with_leaves();
    let yesterday = ["leaf.records", "leaf.values"].map(|name| (name, home.disk.content(name)));
    let mut open = home.expect(Opened::Clean, &locators);
    keep_leaves(&mut open, 500..600);
    open.close().unwrap();
    for (name, content) in yesterday {
        home.disk.replace(name, content);
    }
    home.expect(Opened::Scanned, &locators);
}

/// An index that serves for a while.
struct Failing {
    inner: RamIndex,
    calls_left: std::sync::atomic::AtomicI64,
}

impl Failing {
    fn after(calls: i64) -> Box<Self> {
        Box::new(Self { inner: RamIndex::default(), calls_left: calls.into() })
    }

    fn spend(&self) -> Result<(), IndexError> {
        let left = self.calls_left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
        if left > 0 { Ok(()) } else { Err(IndexError("worn out".to_owned())) }
    }
}

impl Index for Failing {
    fn find(&self, key: &IndexKey) -> Result<Option<IndexEntry>, IndexError> {
        self.spend().and_then(|()| self.inner.find(key))
    }

    fn set(&mut self, key: &IndexKey, entry: Option<IndexEntry>) -> Result<(), IndexError> {
        self.spend()?;
        self.inner.set(key, entry)
    }

    fn visit(&self, visitor: &mut dyn FnMut(IndexKey, IndexEntry)) -> Result<(), IndexError> {
        self.spend().and_then(|()| self.inner.visit(visitor))
    }

    fn clear(&mut self) -> Result<(), IndexError> {
        self.inner.clear()
    }

    fn flush(&mut self) -> Result<(), IndexError> {
        self.spend()
    }
}

#[test]
fn an_index_that_fails_in_use_is_replaced() {
    for calls in (0..400).step_by(7) {
        let disk = MemDisk::new();
        let sizing = Sizing::for_slots(100, 16).with_kept_percent(95);
        let mut store = Store::open(&disk, Failing::after(calls), &key(), sizing, [1; 32]).unwrap();
        let mut locators = Vec::new();
        for first in (0..90).step_by(10) {
            locators.extend(keep_leaves(&mut store, first..first + 10));
            assert_eq!(readable(&store, &locators), locators.len(), "failing after {calls} calls");
        }
        assert!(!store.remove(&Locator::of(b"never stored")).unwrap());
        assert!(store.remove(&locators.pop().unwrap()).unwrap());
        assert_eq!((readable(&store, &locators), store.stats().leaf.kept), (89, 89));
        store.close().unwrap();
        let store = Store::open(&disk, Box::new(RamIndex::default()), &key(), sizing, [1; 32]).unwrap();
        assert_eq!(readable(&store, &locators), 89);
    }
}
