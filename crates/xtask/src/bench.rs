//! `cargo xtask bench`: every suite of benches, its figures beside their floors, and one JSON file.
//!
//! A floor that is missed is said and fails nothing: other work on the machine costs more than a
//! careless change does. Compare figures of one run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::process;
use crate::workspace::Workspace;

/// Where the figures of the last run of every suite lie, below the target directory.
const RESULTS: &str = "bench/results.json";

/// Benches that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Encoding and decoding.
    Content,
    /// Onion packets.
    Packet,
    /// Blocks on disk.
    Datastore,
    /// Ten processes.
    Network,
    /// The console of one.
    Pages,
    /// Conversations among twenty-four.
    Posting,
}

/// What a figure should at least, or at most, be on two cores.
struct Floor {
    /// The figure's name in the results.
    figure: &'static str,
    bound: Bound,
    unit: &'static str,
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

use Bound::{AtLeast, AtMost};

const FLOORS: [Floor; 19] = [
    Floor { figure: "segment of 63/encode", bound: AtLeast(150e6), unit: "B/s" },
    Floor { figure: "segment of 63/decode, parity alone", bound: AtLeast(120e6), unit: "B/s" },
    Floor { figure: "durable puts in full groups/block", bound: AtLeast(8_000.0), unit: "/s" },
    Floor { figure: "durable puts in full groups/leaf", bound: AtLeast(8_000.0), unit: "/s" },
    Floor { figure: "warm gets/block, readers: 2", bound: AtLeast(60_000.0), unit: "/s" },
    Floor { figure: "warm gets/leaf, readers: 2", bound: AtLeast(60_000.0), unit: "/s" },
    Floor { figure: "insert 16777216/cpu_s_per_mib", bound: AtMost(0.6), unit: "s/MiB" },
    Floor { figure: "insert 104857600/cpu_s_per_mib", bound: AtMost(0.6), unit: "s/MiB" },
    Floor { figure: "fetch 16777216/cpu_s_per_mib", bound: AtMost(0.25), unit: "s/MiB" },
    Floor { figure: "fetch 104857600/cpu_s_per_mib", bound: AtMost(0.25), unit: "s/MiB" },
    Floor { figure: "insert 1024/wall_s", bound: AtMost(0.3), unit: "s" },
    Floor { figure: "fetch 1024/wall_s", bound: AtMost(0.1), unit: "s" },
    Floor { figure: "idle/rss_mib", bound: AtMost(40.0), unit: "MiB" },
    Floor { figure: "insert 104857600/peak_rss_mib", bound: AtMost(140.0), unit: "MiB" },
    Floor { figure: "post seen, read usual/p50_s", bound: AtMost(20.0), unit: "s" },
    Floor { figure: "post seen, read usual/p95_s", bound: AtMost(40.0), unit: "s" },
    Floor { figure: "post seen, read often/p95_s", bound: AtMost(5.0), unit: "s" },
    Floor { figure: "slowest page/first_byte_p95_s", bound: AtMost(0.05), unit: "s" },
    Floor { figure: "page among 500 slow connections/first_byte_s", bound: AtMost(1.0), unit: "s" },
];

impl Suite {
    /// All suites, quickest first.
    pub(crate) const ALL: [Self; 6] =
        [Self::Content, Self::Packet, Self::Datastore, Self::Pages, Self::Posting, Self::Network];

    /// The name by which the command line knows it, which is also that of its bench.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Packet => "packet",
            Self::Datastore => "datastore",
            Self::Network => "network",
            Self::Pages => "pages",
            Self::Posting => "posting",
        }
    }

    /// What it measures.
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Self::Content => "encoding and decoding one full segment",
            Self::Packet => "making, opening, passing on and answering onion packets",
            Self::Datastore => "durable puts and warm gets on this disk",
            Self::Network => "inserts and fetches among ten processes, 1 KiB to 100 MiB",
            Self::Posting => "from saying something to its being seen on another node, among 24 processes",
            Self::Pages => "the first byte of every page of the console, also while 500 connections are slow",
        }
    }

    /// Whether its bench is a program of its own that prints a line per figure; the others are criterion's.
    fn prints_lines(self) -> bool {
        matches!(self, Self::Network | Self::Pages | Self::Posting)
    }

    /// The suite of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }
}

/// Runs one suite or all, prints their figures beside the floors, and keeps them as JSON.
///
/// # Errors
/// When a suite does not build or run, or the figures cannot be written.
pub(crate) fn run(workspace: &Workspace, only: Option<Suite>, quick: bool) -> Result<()> {
    let target = target_dir(workspace)?;
    let mut figures = Map::new();
    for suite in Suite::ALL.into_iter().filter(|suite| only.is_none_or(|only| only == *suite)) {
        println!("== {}: {}", suite.name(), suite.purpose());
        let mut bench = workspace.cargo("bench");
        bench.args(["--locked", "--workspace", "--bench", suite.name(), "--"]);
        if suite.prints_lines() {
            bench.args(quick.then_some("--quick"));
            figures.extend(line_figures(&process::read(&mut bench)?)?);
        } else {
            let criterion = target.join("criterion");
            // What an earlier run left would pass for this one's.
            if criterion.exists() {
                fs::remove_dir_all(&criterion).context("figures of an earlier run cannot be removed")?;
            }
            bench.args(quick.then_some(["--warm-up-time", "0.5", "--measurement-time", "1"]).into_iter().flatten());
            process::run(&mut bench)?;
            figures.extend(criterion_figures(&criterion)?);
        }
    }
    print_floors(&figures);
    let results = target.join(RESULTS);
    let text = serde_json::to_string_pretty(&figures)?;
    fs::create_dir_all(results.parent().context("a path below the target directory")?)
        .and_then(|()| fs::write(&results, text))
        .with_context(|| format!("{} cannot be written", results.display()))?;
    println!("\nall figures: {}", results.display());
    Ok(())
}

fn target_dir(workspace: &Workspace) -> Result<PathBuf> {
    let mut metadata = workspace.cargo("metadata");
    let metadata = process::read(metadata.args(["--format-version", "1", "--no-deps", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata is not understood")?;
    metadata["target_directory"].as_str().map(PathBuf::from).context("cargo does not say where it builds")
}

/// Such a bench prints one object per line: its numbers, each under operation and length.
fn line_figures(lines: &str) -> Result<Map<String, Value>> {
    let mut figures = Map::new();
    for line in lines.lines() {
        let measured: Map<String, Value> =
            serde_json::from_str(line).context("a line of the bench is not understood")?;
        let operation = measured["operation"].as_str().context("a figure without its operation")?;
        let of = measured.get("bytes").map_or_else(String::new, |bytes| format!(" {bytes}"));
        for (name, value) in measured.iter().filter(|(name, _)| !["operation", "bytes"].contains(&name.as_str())) {
            figures.insert(format!("{operation}{of}/{name}"), value.clone());
        }
    }
    Ok(figures)
}

/// Criterion leaves a directory per bench: what it is called and processes, and its estimates in ns.
fn criterion_figures(directory: &Path) -> Result<Map<String, Value>> {
    let mut figures = Map::new();
    let read = |path: PathBuf| -> Result<Value> {
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not understood", path.display()))
    };
    for group in subdirectories(directory)? {
        for bench in subdirectories(&group)?.into_iter().map(|bench| bench.join("new")).filter(|new| new.exists()) {
            let (about, estimates) = (read(bench.join("benchmark.json"))?, read(bench.join("estimates.json"))?);
            let name = about["full_id"].as_str().context("a bench without a name")?;
            let nanoseconds = estimates["median"]["point_estimate"].as_f64().context("a bench without an estimate")?;
            figures.insert(name.to_owned(), per_second(&about["throughput"], nanoseconds));
        }
    }
    Ok(figures)
}

/// Bytes or elements per second where the bench says how many it processes, else seconds.
fn per_second(throughput: &Value, nanoseconds: f64) -> Value {
    let processed = ["Bytes", "Elements"].iter().find_map(|kind| throughput[kind].as_f64());
    processed.map_or_else(|| json!(nanoseconds / 1e9), |count| json!(count * 1e9 / nanoseconds))
}

fn subdirectories(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| format!("{} cannot be read", directory.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.is_dir());
    paths.sort();
    Ok(paths)
}

fn print_floors(figures: &Map<String, Value>) {
    println!("\n{:<38} {:>14} {:>18}", "figure", "measured", "floor");
    for Floor { figure, bound, unit } in FLOORS {
        let Some(measured) = figures.get(figure).and_then(Value::as_f64) else { continue };
        let (floor, met) = match bound {
            AtLeast(floor) => (format!("≥ {}", readable(floor)), measured >= floor),
            AtMost(floor) => (format!("≤ {}", readable(floor)), measured <= floor),
        };
        let missed = if met { "" } else { "  missed" };
        println!(
            "{figure:<38} {:>14} {:>18}{missed}",
            format!("{} {unit}", readable(measured)),
            format!("{floor} {unit}")
        );
    }
}

fn readable(value: f64) -> String {
    match value {
        1e6.. => format!("{:.0} M", value / 1e6),
        100.0.. => format!("{value:.0}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_is_found_by_its_name() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_name(suite.name()), Some(suite));
        }
        assert_eq!(Suite::from_name("speed"), None);
    }

    #[test]
    fn lines_of_a_bench_become_figures() {
        let lines =
            "{\"operation\":\"idle\",\"rss_mib\":15.5}\n{\"operation\":\"fetch\",\"bytes\":1024,\"wall_s\":0.05}\n";
        let figures = line_figures(lines).unwrap();
        assert_eq!(figures["idle/rss_mib"], json!(15.5));
        assert_eq!(figures["fetch 1024/wall_s"], json!(0.05));
        assert_eq!(figures.len(), 2);
        assert!(line_figures("nothing").is_err());
    }

    #[test]
    fn criterion_speaks_in_what_the_bench_processes() {
        assert_eq!(per_second(&json!({ "Bytes": 100 }), 50.0), json!(2e9));
        assert_eq!(per_second(&json!({ "Elements": 3 }), 1e9), json!(3.0));
        assert_eq!(per_second(&Value::Null, 5e8), json!(0.5));
    }
}
