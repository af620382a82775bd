//! Power cuts at random writes, against a list of what must and what may be there.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roneo_datastore::{Fault, FaultDisk, Fsync, OpenError, Part, Put, PutError, RamIndex, Sizing, Store};
use roneo_keys::{Block, Locator, SizeClass};

use crate::common::{block, key};

const SEEDS: u64 = 250;
const CUTS_PER_SEED: usize = 4;

/// What the store owes for one locator.
#[derive(Default)]
struct Owed {
    /// It has to be there.
    must: bool,
    /// What it may be if it is there.
    may_be: Vec<Block>,
}

/// One disk, the promises made on it, and how many were broken.
struct Trial {
    disk: FaultDisk,
    fsync: Fsync,
    rng: ChaCha8Rng,
    owed: BTreeMap<Locator, Owed>,
    next_number: u64,
    lost: usize,
    wrong: usize,
    moved: u64,
}

impl Trial {
    fn new(seed: u64, fsync: Fsync) -> Self {
        Self {
            disk: FaultDisk::new(seed, fsync),
            fsync,
            rng: ChaCha8Rng::seed_from_u64(seed),
            owed: BTreeMap::new(),
            next_number: seed << 32,
            lost: 0,
            wrong: 0,
            moved: 0,
        }
    }

    /// Opens the store, with the power going off under way now and then; it may then not have been
    /// made yet, and nothing else may go wrong.
    fn open(&mut self) -> Store {
        let sizing = Sizing::for_slots(40, 16).with_kept_percent(100);
        loop {
            if self.rng.random_range(0..4) == 0 {
                let call = self.disk.calls() + self.rng.random_range(1..12);
                self.disk.plan(call, Fault::Cut);
            }
            let opened = Store::open(&self.disk, Box::new(RamIndex::default()), &key(), sizing, self.rng.random());
            match opened {
                Ok(store) => return store,
                Err(OpenError::Disk(_)) => self.disk.restart(),
                // Nothing is left of a superblock that was never synced: begin anew, without the blocks.
                Err(OpenError::WrongKey) if self.fsync == Fsync::Lies => self.disk.replace("super", None),
                Err(error) => panic!("a cut made the store refuse to open: {error}"),
            }
        }
    }

    /// Works until the power goes.
    fn session(&mut self) {
        let mut store = self.open();
        self.check(&store);
        // Batches of up to seven are of up to four groups, two of which are under way at a time.
        store.set_group_puts(self.rng.random_range(2..8));
        let call = self.disk.calls() + self.rng.random_range(1..150);
        self.disk.plan(call, Fault::Cut);
        while self.disk.calls() < call {
            match self.rng.random_range(0..10) {
                0 => self.demote(&mut store),
                1 => self.remove(&mut store),
                2 => self.replace(&mut store),
                3 => drop(store.fill_step(10_000)),
                _ => self.put(&mut store),
            }
        }
        self.moved += store.stats().moved;
        self.disk.cut();
        self.disk.restart();
    }

    fn put(&mut self, store: &mut Store) {
        let count = self.rng.random_range(1..8);
        let puts = (0..count).map(|_| {
            let class = if self.rng.random_range(0..6) == 0 { SizeClass::Block } else { SizeClass::Leaf };
            self.next_number += 1;
            let block = block(class, self.next_number);
            let part = if self.rng.random_range(0..4) == 0 { Part::Cache } else { Part::Kept };
            Put { locator: block.locator(), block, part }
        });
        let puts = puts.collect();
        self.put_all(store, puts);
    }

    /// Puts other content under locators that are taken, as signed records are.
    fn replace(&mut self, store: &mut Store) {
        let Some(locator) = self.some_locator() else { return };
        self.next_number += 1;
        let block = block(SizeClass::Leaf, self.next_number);
        self.put_all(store, vec![Put { locator, block, part: Part::Kept }]);
    }

    fn put_all(&mut self, store: &mut Store, puts: Vec<Put>) {
        for put in &puts {
            self.owed.entry(put.locator).or_default().may_be.push(put.block.clone());
        }
        for (answer, put) in store.put_batch(puts.clone()).into_iter().zip(puts) {
            let owed = self.owed.entry(put.locator).or_default();
            match answer {
                Ok(_) => {
                    owed.must |= put.part == Part::Kept;
                    owed.may_be = vec![put.block];
                }
                Err(PutError::Full(_)) => owed.may_be.retain(|block| *block != put.block),
                Err(_) => {}
            }
        }
    }

    fn demote(&mut self, store: &mut Store) {
        let Some(locator) = self.some_locator() else { return };
        self.owed.entry(locator).or_default().must = false;
        let _ = store.demote(&locator);
    }

    fn remove(&mut self, store: &mut Store) {
        let Some(locator) = self.some_locator() else { return };
        let owed = self.owed.entry(locator).or_default();
        owed.must = false;
        if store.remove(&locator).is_ok() {
            owed.may_be.clear();
        }
    }

    fn some_locator(&mut self) -> Option<Locator> {
        let place = self.rng.random_range(0..self.owed.len().max(1));
        self.owed.keys().nth(place).copied()
    }

    fn check(&mut self, store: &Store) {
        for (locator, owed) in &self.owed {
            match store.get(locator).unwrap() {
                Some(block) => self.wrong += usize::from(!owed.may_be.contains(&block)),
                None => self.lost += usize::from(owed.must),
            }
        }
    }
}

fn run(seeds: std::ops::Range<u64>, fsync: Fsync) -> (usize, usize, u64) {
    let (mut lost, mut wrong, mut moved) = (0, 0, 0);
    for seed in seeds {
        let mut trial = Trial::new(seed, fsync);
        for _ in 0..CUTS_PER_SEED {
            trial.session();
        }
        let store = trial.open();
        trial.check(&store);
        assert!(fsync == Fsync::Lies || trial.lost + trial.wrong == 0, "seed {seed}");
        (lost, wrong, moved) = (lost + trial.lost, wrong + trial.wrong, moved + trial.moved);
    }
    (lost, wrong, moved)
}

#[test]
fn a_thousand_power_cuts_lose_nothing_acknowledged() {
    let (lost, wrong, moved) = run(0..SEEDS, Fsync::Honest);
    assert_eq!((lost, wrong), (0, 0));
    assert!(moved > 100, "cuts should fall among moves too, of which there were {moved}");
}

/// The control: the same trial sees losses once syncs do nothing. (What is served is right even
/// then, except that a removed or replaced block may come back.)
#[test]
fn with_syncs_that_lie_the_same_trial_sees_losses() {
    let (lost, ..) = run(0..20, Fsync::Lies);
    assert!(lost > 100, "only {lost} lost");
}
