//! Durable puts and warm gets on real files in a temporary directory.
//!
//! Floors on an idle machine like the one the design was measured on (2 cores, virtio disk): 8,000
//! durable puts/s in full groups, and 60,000 warm gets/s.
//!
//! Beside them stands what a store cannot do without: the same writes and syncs to a bare file, and one
//! sealed block opened. Puts are bound by the disk: seen within one minute, blocks, in groups of 32, 128
//! and 256: bare 8,900, 10,200, 10,900/s; stored 5,800, 6,900, 8,700/s, of which sealing takes 17 us each and
//! the index 10. Two hours later, full groups: bare 9,900, stored 7,300. Read with two readers 56,000 to 65,000
//! blocks/s and 186,000 leaves/s. The cipher is 17 us of a get of 33; of the rest most is the copy out of the
//! page cache.

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use roneo_datastore::{FileDisk, GROUP_PUTS_MAX, Part, Put, Sizing, SledIndex, Store, StoreKey};
use roneo_keys::{Block, Locator, SizeClass};

const GROUP: usize = GROUP_PUTS_MAX;
/// As many as a node gathers under load: four groups.
const BATCH: usize = 4 * GROUP;
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
        (0..BATCH).map(|_| put()).collect()
    }
}

fn durable_puts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("durable puts in full groups");
    group.throughput(Throughput::Elements(BATCH as u64)).sample_size(20);
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

/// What the groups above ask of the disk, and nothing else.
fn bare_writes(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut group = criterion.benchmark_group("durable puts in full groups");
    group.throughput(Throughput::Elements(GROUP as u64)).sample_size(20);
    for (name, class) in [("leaf, bare file", SizeClass::Leaf), ("block, bare file", SizeClass::Block)] {
        let mut value = vec![0; class.byte_len()];
        rng.fill_bytes(&mut value);
        let record = &value[..128];
        let file_of = |name: &str, piece: &[u8]| {
            let file = File::create(directory.path().join(name)).expect("a file");
            for slot in 0..SLOTS {
                file.write_all_at(piece, u64::from(slot) * piece.len() as u64).expect("room on the disk");
            }
            file.sync_all().expect("a disk");
            file
        };
        let (values, records) = (file_of("values", &value), file_of("records", record));
        let write = |file: &File, piece: &[u8], slots: &[u32; GROUP]| {
            for slot in slots {
                file.write_all_at(piece, u64::from(*slot) * piece.len() as u64).expect("room on the disk");
            }
            file.sync_data().expect("a disk");
        };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let slots = std::array::from_fn(|_| rng.random_range(0..SLOTS));
                write(&values, &value, &slots);
                write(&records, record, &slots);
            });
        });
    }
    group.finish();
}

/// What a get cannot do without.
fn opening_a_seal(criterion: &mut Criterion) {
    let key = || LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &[3; 32]).expect("a key of 32 bytes"));
    let nonce = || Nonce::assume_unique_for_key([4; 12]);
    let mut group = criterion.benchmark_group("warm gets");
    group.throughput(Throughput::Elements(1));
    for (name, class) in [("leaf, cipher alone", SizeClass::Leaf), ("block, cipher alone", SizeClass::Block)] {
        let mut sealed = vec![5; class.byte_len()];
        let tag = key().seal_in_place_separate_tag(nonce(), Aad::from(b"slot"), &mut sealed).expect("it is short");
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || sealed.clone(),
                |bytes| key().open_in_place_separate_tag(nonce(), Aad::from(b"slot"), tag, bytes, 0..).is_ok(),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn warm_gets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("warm gets");
    for (name, class) in [("leaf", SizeClass::Leaf), ("block", SizeClass::Block)] {
        let mut bench = Bench::new();
        let mut locators: Vec<Locator> = Vec::new();
        for _ in 0..SLOTS as usize / 2 / BATCH {
            let puts = bench.puts(class);
            locators.extend(puts.iter().map(|put| put.locator));
            bench.store.put_batch(puts);
        }
        // Cached blocks may give way to each other.
        locators.retain(|locator| bench.store.contains(locator).expect("a disk"));
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
        assert!(black_box(store.get(locator)).is_ok_and(|block| block.is_some()));
    }
}

criterion_group!(benches, durable_puts, bare_writes, warm_gets, opening_a_seal);
criterion_main!(benches);
