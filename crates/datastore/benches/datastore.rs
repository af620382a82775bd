//! Durable puts and warm gets on real files in a temporary directory.
//!
//! Floors on an idle machine like the one the design was measured on (2 cores, virtio disk): 8,000
//! durable puts/s in groups of 32, and 60,000 warm gets/s of leaves. A warm get of a block is bound by
//! opening its seal, 32 KiB at about 1.1 GB/s per core: near 30,000/s for each reader.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roneo_datastore::{FileDisk, Part, Put, Sizing, SledIndex, Store, StoreKey};
use roneo_keys::{Block, Locator, SizeClass};

const GROUP: usize = 32;
const SLOTS: u32 = 8_192;

struct Bench {
    store: Store,
    rng: ChaCha8Rng,
    _directory: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let key = StoreKey::from_bytes([1; 32]);
        let disk = FileDisk::open(directory.path().join("store")).expect("a store directory");
        let index = SledIndex::open(&directory.path().join("index"), &key, &mut rng).expect("an index");
        let sizing = Sizing::for_slots(SLOTS, SLOTS);
        let mut store = Store::open(&disk, Box::new(index), &key, sizing, [2; 32]).expect("a store");
        // As a store is most of its life. Before, a file system has to note which of the reserved space
        // is written, and a group takes about 2 ms longer.
        while !store.fill_step(8 << 20).expect("room on the disk").is_done() {}
        Self { store, rng, _directory: directory }
    }

    fn puts(&mut self, class: SizeClass) -> Vec<Put> {
        let mut put = || {
            let mut bytes = vec![0; class.byte_len()];
            self.rng.fill_bytes(&mut bytes);
            let block = Block::new(bytes).expect("the length of its class");
            Put { locator: block.locator(), block, part: Part::Cache }
        };
        (0..GROUP).map(|_| put()).collect()
    }
}

fn durable_puts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("durable puts in groups of 32");
    group.throughput(Throughput::Elements(GROUP as u64)).sample_size(20);
    for (name, class) in [("leaf", SizeClass::Leaf), ("block", SizeClass::Block)] {
        let mut bench = Bench::new();
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|rounds| {
                let mut taken = Duration::ZERO;
                for _ in 0..rounds {
                    let puts = bench.puts(class);
                    let begun = Instant::now();
                    let answers = bench.store.put_batch(puts);
                    taken += begun.elapsed();
                    assert!(answers.iter().all(Result::is_ok));
                }
                taken
            });
        });
    }
    group.finish();
}

fn warm_gets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("warm gets");
    for (name, class) in [("leaf", SizeClass::Leaf), ("block", SizeClass::Block)] {
        let mut bench = Bench::new();
        let mut locators: Vec<Locator> = Vec::new();
        for _ in 0..128 {
            let puts = bench.puts(class);
            locators.extend(puts.iter().map(|put| put.locator));
            bench.store.put_batch(puts);
        }
        let store = &bench.store;
        for readers in [1usize, 2] {
            group.throughput(Throughput::Elements(readers as u64));
            group.bench_function(format!("{name}, readers: {readers}"), |bencher| {
                bencher.iter_custom(|rounds| {
                    let begun = Instant::now();
                    std::thread::scope(|scope| {
                        for reader in 0..readers {
                            let turn = locators.iter().cycle().skip(reader * locators.len() / 2);
                            scope.spawn(move || read(store, turn.take(rounds as usize)));
                        }
                    });
                    begun.elapsed()
                });
            });
        }
    }
    group.finish();
}

fn read<'a>(store: &Store, locators: impl Iterator<Item = &'a Locator>) {
    for locator in locators {
        assert!(black_box(store.get(locator)).is_ok());
    }
}

criterion_group!(benches, durable_puts, warm_gets);
criterion_main!(benches);
