//! What gives way to what when a store fills.

use roneo_datastore::{MemDisk, Part, PutError, PutOutcome, Sizing};
use roneo_keys::{Locator, SizeClass};

use crate::common::{block, keep_leaves, leaf, open, put, put_one, readable};

#[test]
fn kept_blocks_fill_a_store_to_95_percent() {
    for (class, slots) in [(SizeClass::Leaf, 4_000), (SizeClass::Block, 500)] {
        let disk = MemDisk::new();
        let sizing = Sizing::for_slots(slots, slots).with_kept_percent(100);
        let mut store = open(&disk, sizing);
        let mut locators = Vec::new();
        for number in 0.. {
            let block = block(class, number);
            match put_one(&mut store, &block, Part::Kept) {
                Ok(outcome) => assert_eq!(outcome, PutOutcome::Stored),
                Err(error) => {
                    assert!(matches!(error, PutError::Full(full) if full == class));
                    assert!(error.to_string().starts_with("the store is full"), "{error}");
                    break;
                }
            }
            locators.push(block.locator());
        }
        let share = locators.len() * 100 / slots as usize;
        assert!(share >= 95, "{share} percent");
        assert!(store.stats().moved > 0);
        assert_eq!(readable(&store, &locators), locators.len());
        drop(store);
        assert_eq!(readable(&open(&disk, sizing), &locators), locators.len());
    }
}

#[test]
fn groups_fill_a_store_as_single_puts_do() {
    let mut store = open(&MemDisk::new(), Sizing::for_slots(1_000, 16).with_kept_percent(95));
    let answers = store.put_batch((0..1_000).map(|number| put(&leaf(number), Part::Kept)).collect());
    let stored = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((stored, store.stats().leaf.kept), (950, 950));
}

#[test]
fn kept_blocks_leave_a_fifth_to_the_cache_and_never_give_way_to_it() {
    let mut store = open(&MemDisk::new(), Sizing::for_slots(500, 16));
    let kept = keep_leaves(&mut store, 0..400);
    assert!(matches!(put_one(&mut store, &leaf(400), Part::Kept), Err(PutError::Full(SizeClass::Leaf))));
    let mut refused = 0;
    for number in 1_000..3_000 {
        match put_one(&mut store, &leaf(number), Part::Cache) {
            Ok(outcome) => assert_eq!(outcome, PutOutcome::Stored),
            // All four of its slots hold kept blocks: 0.8^4.
            Err(PutError::Full(SizeClass::Leaf)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!((600..1_050).contains(&refused), "{refused}");
    assert_eq!(readable(&store, &kept), 400);
    let stats = store.stats();
    assert_eq!((stats.leaf.kept, stats.leaf.cached), (400, 100));
    assert!(stats.evicted > 800);
    assert_eq!((stats.leaf.kept_bytes(), stats.leaf.cached_bytes()), (400 * 4_096, 100 * 4_096));
}

#[test]
fn kept_blocks_take_the_slots_of_cached_ones() {
    let mut store = open(&MemDisk::new(), Sizing::for_slots(500, 16));
    for number in 1_000..3_000 {
        put_one(&mut store, &leaf(number), Part::Cache).unwrap();
    }
    let kept = keep_leaves(&mut store, 0..400);
    assert_eq!(readable(&store, &kept), 400);
    assert_eq!((store.stats().leaf.kept, store.stats().leaf.cached), (400, 100), "each took one cached block's slot");
}

#[test]
fn what_is_asked_for_stays_in_the_cache() {
    let mut store = open(&MemDisk::new(), Sizing::for_slots(400, 16));
    let hot: Vec<Locator> = (0..100).map(|number| leaf(number).locator()).collect();
    for number in 0..300 {
        put_one(&mut store, &leaf(number), Part::Cache).unwrap();
    }
    for number in 1_000..2_500 {
        put_one(&mut store, &leaf(number), Part::Cache).unwrap();
        if number % 10 == 0 {
            readable(&store, &hot);
        }
    }
    let cold: Vec<Locator> = (100..200).map(|number| leaf(number).locator()).collect();
    let (hot, cold) = (readable(&store, &hot), readable(&store, &cold));
    assert!(hot > 70 && cold < 15, "{hot} asked for and {cold} not asked for are left of 100 each");
}

#[test]
fn parts_change_as_told() {
    let disk = MemDisk::new();
    let sizing = Sizing::for_slots(100, 16);
    let mut store = open(&disk, sizing);
    let block = leaf(1);
    let counts = |store: &roneo_datastore::Store| (store.stats().leaf.kept, store.stats().leaf.cached);

    assert_eq!(put_one(&mut store, &block, Part::Cache).unwrap(), PutOutcome::Stored);
    assert_eq!(put_one(&mut store, &block, Part::Cache).unwrap(), PutOutcome::AlreadyHere);
    assert_eq!(counts(&store), (0, 1));
    assert_eq!(put_one(&mut store, &block, Part::Kept).unwrap(), PutOutcome::AlreadyHere);
    assert_eq!(put_one(&mut store, &block, Part::Cache).unwrap(), PutOutcome::AlreadyHere);
    assert_eq!(counts(&store), (1, 0));
    drop(store);

    let mut store = open(&disk, sizing);
    assert_eq!(counts(&store), (1, 0));
    assert!(store.demote(&block.locator()).unwrap());
    assert!(!store.demote(&block.locator()).unwrap());
    assert_eq!(counts(&store), (0, 1));
    assert!(store.remove(&block.locator()).unwrap());
    assert!(!store.remove(&block.locator()).unwrap());
    assert!(!store.demote(&block.locator()).unwrap());
    assert_eq!(counts(&store), (0, 0));
    assert!(!store.contains(&block.locator()).unwrap());
    drop(store);
    assert_eq!(readable(&open(&disk, sizing), &[block.locator()]), 0);
}

#[test]
fn one_group_may_name_a_block_twice() {
    let mut store = open(&MemDisk::new(), Sizing::for_slots(100, 16));
    let puts = vec![put(&leaf(1), Part::Cache), put(&leaf(1), Part::Kept), put(&leaf(2), Part::Kept)];
    let answers: Vec<PutOutcome> = store.put_batch(puts).into_iter().map(Result::unwrap).collect();
    assert_eq!(answers, [PutOutcome::Stored, PutOutcome::AlreadyHere, PutOutcome::Stored]);
    assert_eq!((store.stats().leaf.kept, store.stats().leaf.cached), (2, 0));
}
