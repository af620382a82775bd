//! What an insert and a fetch cost a network of ten real processes on loopback.
//!
//! For each size: wall time, speed, CPU seconds of all processes per MiB of content, bytes on the
//! wire per byte of content, and the largest resident set of any node. One JSON object per line on
//! standard output; a table on standard error.
//!
//! ```text
//! cargo bench --workspace --bench network -- [--quick] [--nodes N] [--mib N]
//! ```
//!
//! `--mib` inserts and fetches one content of that length instead of those of the table: with 1024 it
//! shows that memory does not grow with the content.
//!
//! Bytes on the wire are those of the loopback interface less the content itself, which the command
//! line and its node say to each other over HTTP: nothing else may use loopback meanwhile.

use std::fmt;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use roneo_tests::{Net, bytes};
use serde_json::json;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Content length and how often it is inserted and fetched.
const SIZES: [(u64, usize); 4] = [(KIB, 9), (MIB, 5), (16 * MIB, 3), (100 * MIB, 1)];
/// Enough for every run of every size, six times over.
const DISK: &str = "1GiB";
/// What the kernel counts process times in, by its ABI on every architecture that we build for.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() {
    // What `cargo bench` hands to every bench is of no use here.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let number = |option: &str| {
        let value = arguments.iter().skip_while(|argument| *argument != option).nth(1)?;
        Some(value.parse::<usize>().unwrap_or_else(|_| panic!("{option} takes a number")))
    };
    let nodes = number("--nodes").unwrap_or(10);
    let one = number("--mib").map(|mib| [(mib as u64 * MIB, 1)]);

    let net = Net::lending(nodes, DISK);
    let meter = Meter { pids: (0..nodes).map(|node| net.pid(node)).collect() };
    let idle = meter.idle(&net);
    println!("{}", idle.to_json());
    eprintln!(
        "{nodes} nodes, idle: {:.0} MiB resident, {:.1} ms of CPU per second each",
        idle.rss_mib, idle.cpu_ms_per_s
    );
    eprintln!(
        "{:<7} {:>9} {:>10} {:>9} {:>11} {:>10} {:>9}",
        "", "content", "wall", "MB/s", "CPU s/MiB", "wire", "peak MiB"
    );
    let table = if quick { &SIZES[..3] } else { &SIZES[..] };
    let sizes = one.as_ref().map_or(table, |one| &one[..]);
    for &(length, runs) in sizes {
        let runs = if quick { 1 } else { runs };
        let [inserts, fetches] = meter.round_trips(&net, nodes, length, runs);
        for cost in [inserts, fetches] {
            println!("{}", cost.to_json());
            eprintln!("{cost}");
        }
    }
}

/// What one operation cost.
struct Cost {
    operation: &'static str,
    length: u64,
    wall: Duration,
    cpu_s: f64,
    wire_bytes: u64,
    peak_rss_mib: f64,
}

impl Cost {
    fn mib(&self) -> f64 {
        self.length as f64 / MIB as f64
    }

    fn to_json(&self) -> serde_json::Value {
        json!({
            "operation": self.operation,
            "bytes": self.length,
            "wall_s": self.wall.as_secs_f64(),
            "mb_per_s": self.length as f64 / 1e6 / self.wall.as_secs_f64(),
            "cpu_s_per_mib": self.cpu_s / self.mib(),
            "wire_per_byte": self.wire_bytes as f64 / self.length as f64,
            "peak_rss_mib": self.peak_rss_mib,
        })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content =
            if self.length < MIB { format!("{} KiB", self.length / KIB) } else { format!("{} MiB", self.length / MIB) };
        write!(
            formatter,
            "{:<7} {content:>9} {:>8.0}ms {:>9.2} {:>11.3} {:>9.1}x {:>9.0}",
            self.operation,
            self.wall.as_secs_f64() * 1e3,
            self.length as f64 / 1e6 / self.wall.as_secs_f64(),
            self.cpu_s / self.mib(),
            self.wire_bytes as f64 / self.length as f64,
            self.peak_rss_mib,
        )
    }
}

struct Idle {
    rss_mib: f64,
    cpu_ms_per_s: f64,
}

impl Idle {
    fn to_json(&self) -> serde_json::Value {
        json!({ "operation": "idle", "rss_mib": self.rss_mib, "cpu_ms_per_s": self.cpu_ms_per_s })
    }
}

/// Reads what processes use from `/proc`.
struct Meter {
    pids: Vec<u32>,
}

impl Meter {
    /// The largest resident set and the mean use of CPU of a node that nobody asks anything.
    fn idle(&self, net: &Net) -> Idle {
        const LOOK: Duration = Duration::from_secs(10);
        // Past the bustle of the start.
        std::thread::sleep(Duration::from_secs(5));
        let before = self.cpu_s();
        std::thread::sleep(LOOK);
        let used = self.cpu_s() - before;
        let rss_mib = self.pids.iter().map(|&pid| memory_mib(pid, "VmRSS:")).fold(0.0, f64::max);
        debug_assert_eq!(net.logs(), "");
        Idle { rss_mib, cpu_ms_per_s: used * 1e3 / LOOK.as_secs_f64() / self.pids.len() as f64 }
    }

    /// Inserts fresh content at one node and fetches it at another, `runs` times.
    fn round_trips(&self, net: &Net, nodes: usize, length: u64, runs: usize) -> [Cost; 2] {
        let (mut inserts, mut fetches) = (Vec::new(), Vec::new());
        for run in 0..runs {
            let content = bytes(length ^ run as u64, length as usize);
            let file = net.file("content", &content);
            let (writer, reader) = (run % nodes, (run + nodes / 2) % nodes);
            let mut uri = String::new();
            inserts.push(self.cost("insert", length, || {
                let put = net.run(writer, &["put", "--now", "--json", file.to_str().expect("our own path")]).json();
                put["uri"].as_str().expect("a put prints its link").clone_into(&mut uri);
            }));
            let fetched = net.file("fetched", b"");
            fs::remove_file(&fetched).expect("our own file");
            fetches.push(self.cost("fetch", length, || {
                let mut get = net.command(reader, &["get", &uri, "-o", fetched.to_str().expect("our own path")]);
                assert!(get.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program runs").success());
            }));
            assert!(fs::read(&fetched).expect("it was fetched") == content, "other bytes came back");
        }
        [summary(inserts), summary(fetches)]
    }

    fn cost(&self, operation: &'static str, length: u64, work: impl FnOnce()) -> Cost {
        self.pids.iter().for_each(|&pid| forget_peak(pid));
        let (wire, cpu_s, begun) = (loopback_bytes(), self.cpu_s(), Instant::now());
        work();
        let (wall, cpu_s) = (begun.elapsed(), self.cpu_s() - cpu_s);
        let wire_bytes = (loopback_bytes() - wire).saturating_sub(length);
        let peak_rss_mib = self.pids.iter().map(|&pid| memory_mib(pid, "VmHWM:")).fold(0.0, f64::max);
        Cost { operation, length, wall, cpu_s, wire_bytes, peak_rss_mib }
    }

    /// CPU time of all nodes since their start, in user and kernel, and of commands that have ended.
    fn cpu_s(&self) -> f64 {
        let of = |pid: &str, fields: [usize; 2]| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process lives");
            // The second field, a name in brackets, may hold anything; what follows it is numbers.
            let fields_behind = stat.rsplit_once(')').expect("a name").1.split_whitespace();
            let ticks: Vec<u64> = fields_behind.map(|field| field.parse().unwrap_or(0)).collect();
            fields.map(|field| ticks[field - 3]).iter().sum::<u64>() as f64 / TICKS_PER_SECOND
        };
        let nodes: f64 = self.pids.iter().map(|pid| of(&pid.to_string(), [14, 15])).sum();
        nodes + of("self", [16, 17])
    }
}

/// Times are the median; CPU is the mean, since the kernel counts it in steps of 10 ms.
fn summary(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by_key(|cost| cost.wall);
    let peak_rss_mib = costs.iter().map(|cost| cost.peak_rss_mib).fold(0.0, f64::max);
    let cpu_s = costs.iter().map(|cost| cost.cpu_s).sum::<f64>() / costs.len() as f64;
    let middle = costs.swap_remove(costs.len() / 2);
    Cost { cpu_s, peak_rss_mib, ..middle }
}

fn memory_mib(pid: u32, field: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process lives");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the kernel says it");
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().expect("a number of KiB");
    kib / KIB as f64
}

/// Lets `VmHWM` begin anew (proc(5), `clear_refs`).
fn forget_peak(pid: u32) {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("the process is ours");
}

fn loopback_bytes() -> u64 {
    let devices = fs::read_to_string("/proc/net/dev").expect("the kernel says it");
    let loopback = devices.lines().find_map(|line| line.trim_start().strip_prefix("lo:")).expect("a loopback");
    loopback.split_whitespace().next().and_then(|received| received.parse().ok()).expect("bytes received")
}
