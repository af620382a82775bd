//! Calls that fail, a full disk, a disk that stands still, a disk that writes something else.

use std::io::ErrorKind;
use std::sync::mpsc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roneo_datastore::{Fault, FaultDisk, Fsync, OpenError, Part, Put, PutError, RamIndex, Sizing, Store};
use roneo_keys::Locator;

use crate::common::{keep_leaves, key, leaf, open, put, put_one, readable};

fn sizing() -> Sizing {
    Sizing::for_slots(64, 16).with_kept_percent(95)
}

/// Puts a few groups; answers the locators acknowledged.
fn put_groups(store: &mut Store, numbers: std::ops::Range<u64>) -> Vec<Locator> {
    let mut acknowledged = Vec::new();
    let numbers: Vec<u64> = numbers.collect();
    store.set_group_puts(2);
    for batch in numbers.chunks(4) {
        let puts: Vec<Put> = batch.iter().map(|&number| put(&leaf(number), Part::Kept)).collect();
        let locators: Vec<Locator> = puts.iter().map(|put| put.locator).collect();
        let answers = store.put_batch(puts);
        acknowledged
            .extend(locators.into_iter().zip(answers).filter_map(|(locator, answer)| answer.ok().map(|_| locator)));
    }
    acknowledged
}

#[test]
fn a_call_that_fails_loses_nothing_acknowledged_and_the_store_goes_on() {
    let mut failed = 0;
    for seed in 0..300 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let disk = FaultDisk::new(seed, Fsync::Honest);
        let mut store = open(&disk, sizing());
        for _ in 0..rng.random_range(1..6) {
            disk.plan(disk.calls() + rng.random_range(1..80), Fault::Fail(ErrorKind::Other));
        }
        let acknowledged = put_groups(&mut store, 0..56);
        failed += 56 - acknowledged.len();
        assert_eq!(readable(&store, &acknowledged), acknowledged.len(), "seed {seed}, before the cut");
        disk.restart();
        let later = keep_leaves(&mut store, 100..102);
        assert_eq!(readable(&store, &later), 2);

        disk.cut();
        disk.restart();
        let store = open(&disk, sizing());
        assert_eq!(readable(&store, &acknowledged), acknowledged.len(), "seed {seed}, after the cut");
        assert_eq!(readable(&store, &later), 2);
    }
    assert!(failed > 300, "only {failed} puts failed");
}

#[test]
fn a_full_disk_is_told_and_takes_puts_again_once_there_is_room() {
    for call in 1..40 {
        let disk = FaultDisk::new(call, Fsync::Honest);
        let mut store = open(&disk, sizing());
        let before = keep_leaves(&mut store, 0..8);
        disk.plan(disk.calls() + call, Fault::Fill);
        let acknowledged = put_groups(&mut store, 10..40);
        let error = put_one(&mut store, &leaf(99), Part::Kept).unwrap_err();
        assert!(matches!(&error, PutError::Disk(error) if error.is_full()));
        assert!(error.to_string().ends_with("the disk is full, free some space on it"), "{error}");
        assert_eq!(readable(&store, &before), 8);
        assert_eq!(readable(&store, &acknowledged), acknowledged.len());

        disk.restart();
        let after = keep_leaves(&mut store, 50..60);
        store.close().unwrap();
        let store = open(&disk, sizing());
        for (locators, count) in [(&before, 8), (&acknowledged, acknowledged.len()), (&after, 10)] {
            assert_eq!(readable(&store, locators), count);
        }
    }
}

#[test]
fn a_store_that_cannot_be_made_says_so_and_is_made_later() {
    for call in 1..16 {
        let disk = FaultDisk::new(call, Fsync::Honest);
        disk.plan(call, Fault::Fill);
        let opened = Store::open(&disk, Box::new(RamIndex::default()), &key(), sizing(), [1; 32]);
        assert!(matches!(opened, Err(OpenError::Disk(error)) if error.is_full()), "call {call}");
        disk.restart();
        put_one(&mut open(&disk, sizing()), &leaf(1), Part::Kept).unwrap();
    }
}

#[test]
fn a_frozen_disk_acknowledges_nothing() {
    for call in 1..5 {
        let disk = FaultDisk::new(1, Fsync::Honest);
        let mut store = open(&disk, sizing());
        disk.plan(disk.calls() + call, Fault::Freeze);
        let (sender, answers) = mpsc::channel();
        let writer = std::thread::spawn(move || {
            sender.send(put_one(&mut store, &leaf(1), Part::Kept)).unwrap();
            store
        });
        while !disk.is_frozen() {
            assert!(!writer.is_finished(), "a put makes at least four changing calls");
            std::thread::yield_now();
        }
        assert!(answers.recv_timeout(Duration::from_millis(30)).is_err(), "acknowledged while frozen at {call}");
        disk.thaw();
        answers.recv().unwrap().unwrap();
        assert_eq!(readable(&writer.join().unwrap(), &[leaf(1).locator()]), 1);
    }
}

#[test]
fn what_a_disk_garbles_is_missing_and_never_wrong() {
    let mut missing = 0;
    for call in 1..60 {
        let disk = FaultDisk::new(call, Fsync::Honest);
        let mut store = open(&disk, sizing());
        disk.plan(disk.calls() + call, Fault::Corrupt);
        let acknowledged = put_groups(&mut store, 0..24);
        let there = readable(&store, &acknowledged);
        assert!(there >= 23, "one call garbles one slot");
        assert_eq!(store.stats().damaged, (24 - there) as u64);
        missing += 24 - there;
        // What was found missing can be put again.
        let again = (0..24).map(|number| put(&leaf(number), Part::Kept)).collect();
        assert!(store.put_batch(again).iter().all(Result::is_ok));
        assert_eq!(readable(&store, &acknowledged), 24);
    }
    assert!(missing > 30, "only {missing} writes were garbled");
}

#[test]
fn a_disk_that_does_not_read_is_an_error_and_costs_nothing() {
    let disk = FaultDisk::new(1, Fsync::Honest);
    let mut store = open(&disk, sizing());
    let locators = keep_leaves(&mut store, 0..10);
    disk.fail_reads(Some(ErrorKind::Other));
    assert!(store.get(&locators[0]).is_err());
    assert!(put_one(&mut store, &leaf(0), Part::Kept).is_err(), "what cannot be read is not acknowledged");
    let opened = Store::open(&disk, Box::new(RamIndex::default()), &key(), sizing(), [1; 32]);
    assert!(matches!(opened, Err(OpenError::Disk(_))));
    disk.fail_reads(None);
    assert_eq!(readable(&store, &locators), 10);
    assert_eq!(store.stats().damaged, 0);
}
