use roneo_datastore::{Disk, Part, Put, PutError, PutOutcome, RamIndex, Sizing, Store, StoreKey};
use roneo_keys::{Block, Locator, SizeClass};

pub(crate) fn key() -> StoreKey {
    StoreKey::from_bytes([7; 32])
}

/// The block number `number` of its class: the same bytes each time.
pub(crate) fn block(class: SizeClass, number: u64) -> Block {
    let mut bytes = vec![0; class.byte_len()];
    blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut bytes);
    Block::new(bytes).unwrap()
}

pub(crate) fn leaf(number: u64) -> Block {
    block(SizeClass::Leaf, number)
}

pub(crate) fn put(block: &Block, part: Part) -> Put {
    Put { locator: block.locator(), block: block.clone(), part }
}

/// Opens a store with an index in RAM, which it has to fill by scanning.
pub(crate) fn open(disk: &dyn Disk, sizing: Sizing) -> Store {
    Store::open(disk, Box::new(RamIndex::default()), &key(), sizing, [3; 32]).unwrap()
}

pub(crate) fn put_one(store: &mut Store, block: &Block, part: Part) -> Result<PutOutcome, PutError> {
    store.put_batch(vec![put(block, part)]).remove(0)
}

/// Keeps the leaves of these numbers, all of which must be taken, and answers their locators.
pub(crate) fn keep_leaves(store: &mut Store, numbers: std::ops::Range<u64>) -> Vec<Locator> {
    let puts: Vec<Put> = numbers.map(|number| put(&leaf(number), Part::Kept)).collect();
    let locators = puts.iter().map(|put| put.locator).collect();
    assert!(store.put_batch(puts).iter().all(|answer| matches!(answer, Ok(PutOutcome::Stored))));
    locators
}

/// How many of these blocks the store gives back; a wrong block fails the test.
pub(crate) fn readable(store: &Store, locators: &[Locator]) -> usize {
    let is_there = |locator: &&Locator| {
        let block = store.get(locator).unwrap();
        assert!(block.as_ref().is_none_or(|block| block.locator() == **locator), "a wrong block was served");
        block.is_some()
    };
    locators.iter().filter(is_there).count()
}
