//! A real process on real files, killed while it writes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use roneo_datastore::{FileDisk, Opened, Part, Sizing, SledIndex, Store};
use roneo_keys::SizeClass;

use crate::common::{block, key, put};

const KILLS: u64 = 50;
/// Longest that a process may take to its first acknowledged block.
const PATIENCE: Duration = Duration::from_secs(30);
/// Which test of this program the child runs, and what tells the child that it is one.
const CHILD: &str = "kill::a_process_that_writes_until_it_is_killed";
const DIRECTORY: &str = "RONEO_TEST_STORE";
const FIRST: &str = "RONEO_TEST_FIRST";

fn open(directory: &Path, seed: u64) -> Store {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let disk = FileDisk::open(directory.join("store")).unwrap();
    let index = SledIndex::open(&directory.join("index"), &key(), &mut rng).unwrap();
    let sizing = Sizing::for_slots(12_000, 1_600);
    Store::open(&disk, Box::new(index), &key(), sizing, rng.random()).unwrap()
}

fn class(number: u64) -> SizeClass {
    if number.is_multiple_of(8) { SizeClass::Block } else { SizeClass::Leaf }
}

/// Writes one line for each acknowledged block, and ends only by being killed. Nothing to test in
/// the run that starts it.
#[test]
fn a_process_that_writes_until_it_is_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let mut store = open(Path::new(&directory), first);
    // Three groups of a batch, two of which are under way at a time.
    store.set_group_puts(8);
    let mut stdout = std::io::stdout();
    for batch in (first..).step_by(24) {
        let puts = (batch..batch + 24).map(|number| put(&block(class(number), number), Part::Kept)).collect();
        store.put_each(puts, |place, answer| {
            if answer.is_ok() {
                writeln!(stdout, "acknowledged {}", batch + place as u64).unwrap();
                stdout.flush().unwrap();
            }
        });
    }
}

#[test]
fn fifty_kills_lose_nothing_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut acknowledged: Vec<u64> = Vec::new();
    let mut busy = 0;
    for round in 0..KILLS {
        let first = round << 20;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", CHILD, "--nocapture"])
            .env(DIRECTORY, directory.path())
            .env(FIRST, first.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, wrote_first) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            let numbers = lines.filter_map(|line| line.rsplit_once("acknowledged ")?.1.parse().ok());
            // Once the round has heard of the first nobody listens any longer.
            numbers.inspect(|_| sender.send(()).unwrap_or(())).collect::<Vec<u64>>()
        });
        // One kill in five falls where it may, often into opening; the others into writing.
        if round % 5 > 0 {
            wrote_first.recv_timeout(PATIENCE).unwrap();
        }
        std::thread::sleep(Duration::from_millis(rng.random_range(0..60)));
        child.kill().unwrap();
        child.wait().unwrap();
        let new = reader.join().unwrap();
        let wrote = !new.is_empty();
        busy += usize::from(wrote);
        acknowledged.extend(new);
        let opened = check(directory.path(), &acknowledged, round);
        assert!(!wrote || opened == Opened::Scanned, "a killed store is never taken for a closed one");
    }
    assert!(busy >= 40, "only {busy} of the processes came to write");
}

fn check(directory: &Path, acknowledged: &[u64], round: u64) -> Opened {
    let store = open(directory, u64::MAX - round);
    let opened = store.stats().opened;
    for &number in acknowledged {
        let expected = block(class(number), number);
        let found = store.get(&expected.locator()).unwrap();
        assert!(found == Some(expected), "block {number} of {} is gone after kill {round}", acknowledged.len());
    }
    // One round in two leaves a closed store behind.
    if round.is_multiple_of(2) {
        store.close().unwrap();
    }
    opened
}
