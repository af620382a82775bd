//! How long after it was said something is seen on another node that has the board open, in a network of 24 real
//! processes on loopback.
//!
//! Pairs of nodes talk at the same time, each on a board of its own: one says something, the other looks every
//! quarter of a second whether it is there, from the moment at which the first was told to say it. Once with boards read
//! as the design has it, every 10 to 30 s, and once as local networks do. One JSON object per line on standard
//! output; a table on standard error.
//!
//! ```text
//! cargo bench --workspace --bench posting -- [--quick] [--nodes N] [--rounds N]
//! ```

use std::time::{Duration, Instant};

use roneo_tests::Net;
use serde_json::{Value, json};

/// Every thread of every pair is a process that is started: pairs, not nodes, are what the machine bears.
const PAIRS: usize = 12;
/// As many as one device may announce on a board in an hour: a fifth would be found in its outbox, a minute later.
const ROUNDS: usize = 4;
const DISK: &str = "16MiB";
/// After so long something counts as lost.
const PATIENCE: Duration = Duration::from_secs(120);
/// How boards are read, and the settings for it.
const READINGS: [(&str, &[(&str, &str)]); 2] =
    [("usual", &[("boards.reading", "usual")]), ("often", &[("boards.reading", "often")])];
const LOOK_EVERY: Duration = Duration::from_millis(250);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let number = |option: &str| {
        let value = arguments.iter().skip_while(|argument| *argument != option).nth(1)?;
        Some(value.parse::<usize>().unwrap_or_else(|_| panic!("{option} takes a number")))
    };
    let nodes = number("--nodes").unwrap_or(24);
    let rounds = number("--rounds").unwrap_or(if quick { 1 } else { ROUNDS });
    eprintln!("{:<16} {:>6} {:>8} {:>8} {:>8}", "boards read", "posts", "p50", "p95", "slowest");
    for (reading, settings) in READINGS {
        let net = Net::configured(nodes, DISK, settings);
        let mut waits = talk(&net, nodes, rounds);
        waits.sort_unstable();
        let at = |percent: usize| waits[(waits.len() * percent).div_ceil(100).saturating_sub(1)].as_secs_f64();
        let slowest = at(100);
        println!(
            "{}",
            json!({ "operation": format!("post seen, read {reading}"), "posts": waits.len(),
                    "p50_s": at(50), "p95_s": at(95), "slowest_s": slowest })
        );
        eprintln!("{reading:<16} {:>6} {:>6.1} s {:>6.1} s {slowest:>6.1} s", waits.len(), at(50), at(95));
    }
}

/// Lets pairs of nodes talk, and gives how long each post took to be seen.
fn talk(net: &Net, nodes: usize, rounds: usize) -> Vec<Duration> {
    let pairs = PAIRS.min(nodes / 2);
    std::thread::scope(|scope| {
        let talking: Vec<_> =
            (0..pairs).map(|pair| scope.spawn(move || talk_in_pair(net, pair, pairs, rounds))).collect();
        talking.into_iter().flat_map(|pair| pair.join().expect("a pair that talks")).collect()
    })
}

fn talk_in_pair(net: &Net, pair: usize, pairs: usize, rounds: usize) -> Vec<Duration> {
    let (writer, reader) = (pair, pairs + pair);
    let board = format!("bench/pair-{pair}");
    done(net, writer, &["identity", "new", "Ada", "--json"]);
    // Open before anything is said, as on a reader's screen.
    seen(net, reader, &board);
    (0..rounds)
        .map(|round| {
            // Not in step with the reader, nor with the other pairs.
            std::thread::sleep(Duration::from_millis((round * 3_300 + pair * 1_700) as u64 % 11_000));
            let title = format!("round {round}");
            let begun = Instant::now();
            done(net, writer, &["post", &board, "--as", "Ada", "--title", &title, "--no-wait", "--json"]);
            while !seen(net, reader, &board).contains(&title) {
                assert!(begun.elapsed() < PATIENCE, "`{title}` of pair {pair} was not seen");
                std::thread::sleep(LOOK_EVERY);
            }
            begun.elapsed()
        })
        .collect()
}

/// The titles that a node has heard on a board.
fn seen(net: &Net, node: usize, board: &str) -> Vec<String> {
    let list = done(net, node, &["board", "threads", board, "--json"]);
    let threads = list["threads"].as_array().expect("a list of threads");
    threads.iter().filter_map(|row| row["title"].as_str().map(str::to_owned)).collect()
}

fn done(net: &Net, node: usize, arguments: &[&str]) -> Value {
    let outcome = net.run(node, arguments);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    outcome.json()
}
