//! Flipped bits, cut files, slots in the wrong place, a foreign key.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roneo_datastore::format::{RECORD_LEN, SUPERBLOCK_LEN};
use roneo_datastore::{FaultDisk, Fsync, OpenError, Opened, Part, RamIndex, Sizing, Store, StoreKey};
use roneo_keys::{LEAF_LEN, Locator};

use crate::common::{keep_leaves, key, leaf, open, put_one, readable};

const FILES: [&str; 4] = ["leaf.records", "leaf.values", "block.records", "block.values"];

fn sizing() -> Sizing {
    Sizing::for_slots(64, 16)
}

fn filled_disk(seed: u64) -> (FaultDisk, Store, Vec<Locator>) {
    let disk = FaultDisk::new(seed, Fsync::Honest);
    let mut store = open(&disk, sizing());
    let locators = keep_leaves(&mut store, 0..48);
    (disk, store, locators)
}

#[test]
fn a_flipped_bit_makes_one_block_missing() {
    let (disk, mut store, mut locators) = filled_disk(1);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut damaged = 0;
    for round in 0..2_000 {
        let name = if round % 2 == 0 { "leaf.records" } else { "leaf.values" };
        let len = disk.content(name).unwrap().len() as u64;
        disk.flip(name, rng.random_range(0..len), rng.random_range(0..8));
        locators.shuffle(&mut rng);
        let there = readable(&store, &locators);
        assert!(there >= 47);
        damaged += 48 - there as u64;
        assert_eq!(store.stats().damaged, damaged);
        if there < 48 {
            for number in 0..48 {
                put_one(&mut store, &leaf(number), Part::Kept).unwrap();
            }
            assert_eq!((readable(&store, &locators), store.stats().leaf.kept), (48, 48));
        }
    }
    assert!(damaged > 1_000, "only {damaged} flips hit");
}

#[test]
fn flips_between_two_runs_are_missing_too() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for seed in 0..50 {
        let (disk, store, locators) = filled_disk(seed);
        drop(store);
        for _ in 0..10 {
            let name = FILES[rng.random_range(0..FILES.len())];
            let len = disk.content(name).unwrap().len() as u64;
            disk.flip(name, rng.random_range(0..len), rng.random_range(0..8));
        }
        assert!(readable(&open(&disk, sizing()), &locators) >= 38);
    }
}

#[test]
fn cut_files_lose_only_what_lay_behind_the_cut() {
    for name in FILES {
        let slot_len = if name.ends_with("records") { RECORD_LEN } else { LEAF_LEN };
        for kept_slots in [0, 1, 20, 63] {
            let (disk, store, locators) = filled_disk(1);
            drop(store);
            let mut content = disk.content(name).unwrap();
            content.truncate(kept_slots * slot_len + slot_len / 2);
            disk.replace(name, Some(content));
            let there = readable(&open(&disk, sizing()), &locators);
            let least = if name.starts_with("leaf") { 48usize.saturating_sub(64 - kept_slots) } else { 48 };
            assert!(there >= least, "{name} cut to {kept_slots} slots: {there} there");
        }
    }
}

#[test]
fn a_slot_in_another_ones_place_is_noise() {
    let (disk, store, locators) = filled_disk(1);
    drop(store);
    for (name, slot_len) in [("leaf.records", RECORD_LEN), ("leaf.values", LEAF_LEN)] {
        let mut content = disk.content(name).unwrap();
        content.rotate_left(slot_len);
        disk.replace(name, Some(content));
    }
    assert_eq!(readable(&open(&disk, sizing()), &locators), 0);
}

#[test]
fn one_damaged_superblock_is_no_matter_and_two_are_made_anew() {
    for copies in [&[0][..], &[1], &[0, 1]] {
        let (disk, store, locators) = filled_disk(1);
        store.close().unwrap();
        for copy in copies {
            disk.flip("super", copy * SUPERBLOCK_LEN as u64 + 100, 3);
        }
        let store = open(&disk, Sizing::for_slots(999, 999));
        assert_eq!(readable(&store, &locators), 48);
        assert_eq!(store.sizing().slots(roneo_keys::SizeClass::Leaf), 64);
    }
    let (disk, store, locators) = filled_disk(1);
    drop(store);
    disk.replace("super", None);
    let store = open(&disk, sizing());
    assert_eq!((readable(&store, &locators), store.stats().opened), (48, Opened::Scanned));
}

#[test]
fn another_key_is_refused_and_changes_nothing() {
    let (disk, store, locators) = filled_disk(1);
    store.close().unwrap();
    let content = |name| disk.content(name).unwrap();
    let before = [content("super"), content("leaf.records"), content("leaf.values")];
    let other = StoreKey::from_bytes([8; 32]);
    let Err(error) = Store::open(&disk, Box::new(RamIndex::default()), &other, sizing(), [1; 32]) else {
        panic!("opened under another key")
    };
    assert!(matches!(error, OpenError::WrongKey));
    assert!(error.to_string().contains("bring back the key"));
    assert!(before == [content("super"), content("leaf.records"), content("leaf.values")]);
    assert_eq!(readable(&open(&disk, sizing()), &locators), 48);
    assert!(Store::open(&disk, Box::new(RamIndex::default()), &key(), sizing(), [1; 32]).is_ok());
}

#[test]
fn any_bytes_in_the_files_open_or_refuse() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for seed in 0..200 {
        let disk = FaultDisk::new(seed, Fsync::Honest);
        if rng.random() {
            drop(filled_disk_on(&disk));
        }
        for name in FILES.into_iter().chain(["super", "super.new"]) {
            if rng.random_range(0..3) == 0 {
                let mut noise = vec![0; rng.random_range(0..20_000)];
                rng.fill(&mut noise[..]);
                disk.replace(name, Some(noise));
            }
        }
        match Store::open(&disk, Box::new(RamIndex::default()), &key(), sizing(), [1; 32]) {
            Ok(mut store) => {
                put_one(&mut store, &leaf(7), Part::Kept).unwrap();
                assert_eq!(readable(&store, &[leaf(7).locator()]), 1);
            }
            Err(error) => assert!(matches!(error, OpenError::WrongKey), "{error}"),
        }
    }
}

fn filled_disk_on(disk: &FaultDisk) -> Store {
    let mut store = open(disk, sizing());
    keep_leaves(&mut store, 0..10);
    store
}
