//! Without the key the files are noise, used slots and free ones alike.

use roneo_datastore::{FaultDisk, Fsync, Part, Put, Sizing};
use roneo_keys::{Block, Locator, SizeClass};

use crate::common::{open, readable};

/// Byte statistic of uniform noise: 255 on average, 22.6 of standard deviation.
fn chi_square(bytes: &[u8]) -> f64 {
    let mut counts = [0f64; 256];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1.0);
    let expected = bytes.len() as f64 / 256.0;
    counts.iter().map(|count| (count - expected).powi(2) / expected).sum()
}

fn is_noise(bytes: &[u8]) -> bool {
    // Six standard deviations: one page in a billion.
    (chi_square(bytes) - 255.0).abs() < 6.0 * 22.6
}

#[test]
fn a_filled_store_is_noise_to_the_last_page() {
    let disk = FaultDisk::new(1, Fsync::Honest);
    let mut store = open(&disk, Sizing::for_slots(200, 40));
    let mut locators = Vec::new();
    for number in 0..60u8 {
        // Blocks as orderly as can be, under locators that are too.
        let class = if number % 6 == 0 { SizeClass::Block } else { SizeClass::Leaf };
        let locator = Locator::from_bytes([number; 32]);
        let block = Block::new(vec![0; class.byte_len()]).unwrap();
        store.put_batch(vec![Put { locator, block, part: Part::Kept }]).remove(0).unwrap();
        locators.push(locator);
    }
    let unfilled = disk.content("leaf.values").unwrap();
    assert!(unfilled.chunks(4_096).any(|page| !is_noise(page)), "the control: unused slots are zeros");

    let mut steps = 0;
    while !store.fill_step(100_000).unwrap().is_done() {
        steps += 1;
    }
    let bytes = 150 * 4_096 + 30 * 32_768;
    assert!((bytes / 100_000..bytes / 100_000 + 20).contains(&steps), "{steps} steps of 100,000 bytes");
    for locator in &locators {
        assert!(store.get(locator).unwrap().is_some(), "filling spares what is used");
    }
    store.remove(&locators[1]).unwrap();
    store.close().unwrap();
    for name in ["super", "leaf.records", "leaf.values", "block.records", "block.values"] {
        let content = disk.content(name).unwrap();
        assert!(is_noise(&content), "{name}: {}", chi_square(&content));
        for page in content.chunks_exact(4_096) {
            assert!(is_noise(page), "a page of {name}: {}", chi_square(page));
        }
    }
}

#[test]
fn filling_goes_on_where_it_was() {
    let disk = FaultDisk::new(1, Fsync::Honest);
    let mut store = open(&disk, Sizing::for_slots(100, 16));
    let before = store.fill_step(50 * 4_224).unwrap();
    assert_eq!((before.filled, before.slots), (50, 116));
    store.close().unwrap();
    let mut store = open(&disk, Sizing::for_slots(100, 16));
    assert_eq!(store.fill_progress(), before);
    assert!(store.fill_step(u64::MAX).unwrap().is_done());
    drop(store);
    assert!(open(&disk, Sizing::for_slots(100, 16)).fill_progress().is_done());
    assert_eq!(readable(&open(&disk, Sizing::for_slots(100, 16)), &[]), 0);
}
