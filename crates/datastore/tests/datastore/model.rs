//! Any sequence of calls against a map.

use std::collections::HashMap;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use roneo_datastore::{Index, MemDisk, Part, Put, PutOutcome, RamIndex, Sizing, SledIndex, Store};
use roneo_keys::{Block, Locator, SizeClass};

use crate::common::{block, key};

const NAMES: u8 = 40;

#[derive(Debug, Clone)]
enum Call {
    /// (name, version, kept) of each.
    Put(Vec<(u8, u8, bool)>),
    Demote(u8),
    Remove(u8),
    Fill,
    /// With a clean close or without.
    Reopen(bool),
}

fn call() -> impl Strategy<Value = Call> {
    let name = 0..NAMES;
    prop_oneof![
        8 => proptest::collection::vec((0..NAMES, 0u8..3, any::<bool>()), 1..6).prop_map(Call::Put),
        2 => name.clone().prop_map(Call::Demote),
        2 => name.prop_map(Call::Remove),
        1 => Just(Call::Fill),
        1 => any::<bool>().prop_map(Call::Reopen),
    ]
}

fn locator(name: u8) -> Locator {
    Locator::of(&[name])
}

fn content(name: u8, version: u8) -> Block {
    // One name may change its class with its version.
    let class = if name.is_multiple_of(8) && version == 2 { SizeClass::Block } else { SizeClass::Leaf };
    block(class, u64::from(name) << 8 | u64::from(version))
}

fn run(calls: Vec<Call>, mut index: impl FnMut() -> Box<dyn Index>) {
    let (disk, sizing) = (MemDisk::new(), Sizing::for_slots(64, 16));
    let mut open = || Store::open(&disk, index(), &key(), sizing, [5; 32]).unwrap();
    let mut store = open();
    let mut model: HashMap<u8, (Block, Part)> = HashMap::new();
    for call in calls {
        match call {
            Call::Put(puts) => {
                let batch = puts.iter().map(|&(name, version, kept)| Put {
                    locator: locator(name),
                    block: content(name, version),
                    part: if kept { Part::Kept } else { Part::Cache },
                });
                let batch: Vec<Put> = batch.collect();
                let answers = store.put_batch(batch.clone());
                for ((put, (name, ..)), answer) in batch.into_iter().zip(puts).zip(answers) {
                    let before = model.get(&name);
                    let Ok(outcome) = answer else { continue };
                    if outcome == PutOutcome::AlreadyHere {
                        assert!(before.is_some_and(|(block, _)| *block == put.block));
                    }
                    let part = before.map_or(put.part, |(_, part)| put.part.max(*part));
                    model.insert(name, (put.block, part));
                }
            }
            Call::Demote(name) => {
                let known = model.get_mut(&name);
                if store.demote(&locator(name)).unwrap() {
                    known.unwrap().1 = Part::Cache;
                } else {
                    assert!(known.is_none_or(|(_, part)| *part == Part::Cache));
                }
            }
            Call::Remove(name) => {
                store.remove(&locator(name)).unwrap();
                model.remove(&name);
            }
            Call::Fill => drop(store.fill_step(100_000).unwrap()),
            Call::Reopen(clean) => {
                if clean {
                    store.close().unwrap()
                } else {
                    drop(store)
                }
                store = open();
            }
        }
        check(&store, &mut model);
    }
}

/// What is kept is there, what is cached is right, and what is not known is not there.
fn check(store: &Store, model: &mut HashMap<u8, (Block, Part)>) {
    for name in 0..NAMES {
        match (store.get(&locator(name)).unwrap(), model.get(&name)) {
            (Some(block), Some((expected, _))) => assert!(block == *expected),
            (Some(_), None) => panic!("a block came from nowhere"),
            (None, Some((_, Part::Kept))) => panic!("a kept block is gone"),
            (None, Some((_, Part::Cache))) => {
                model.remove(&name);
            }
            (None, None) => {}
        }
    }
    let parts = |part| model.values().filter(|(_, of)| *of == part).count() as u32;
    let stats = store.stats();
    assert_eq!(stats.leaf.kept + stats.block.kept, parts(Part::Kept));
    assert_eq!(stats.leaf.cached + stats.block.cached, parts(Part::Cache));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn a_store_is_a_map(calls in proptest::collection::vec(call(), 1..60)) {
        run(calls, || Box::new(RamIndex::default()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_store_with_its_index_on_disk_is_a_map(calls in proptest::collection::vec(call(), 1..60)) {
        let directory = tempfile::tempdir().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        run(calls, || Box::new(SledIndex::open(directory.path(), &key(), &mut rng).unwrap()));
    }
}
