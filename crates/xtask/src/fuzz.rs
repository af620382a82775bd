//! The fuzz targets: that each is known to cargo and compiles, and a way to run them.
//!
//! `fuzz/` is a workspace of its own, as fuzzers expect, and uses the versions of the root's
//! Cargo.lock. Without its feature `engine` it needs no C++ compiler, which is how the checks take
//! it; there the same decoders are fed by property tests beside them. [`explore`] builds the engine
//! too, and instruments the code by means that a stable compiler has.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::system;
use crate::workspace::{self, Workspace};

/// How long each target runs if nothing else is said.
pub(crate) const DEFAULT_SECONDS: u32 = 60;
/// Longest input: a little above the longest format, a packet of the block class.
const MAX_LEN: usize = 40_000;
/// Lengths that formats have: an SURB, a leaf, a small packet, a block, a large packet. Mutation
/// alone hardly ever finds a decoder that first of all looks at the length.
const SEED_LENGTHS: [usize; 5] = [396, 4_096, 5_120, 32_768, 34_304];
/// Memory above which an input counts as an attack.
const RSS_LIMIT_MIB: u32 = 1_024;
/// What a stable compiler needs to be told to count edges for libFuzzer.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Checks that every target is listed and compiles.
///
/// # Errors
/// A sentence for each file without an entry and each entry without a file; or what the compiler
/// has then said itself.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let targets = targets(workspace)?;
    share_lock(workspace)?;
    let mut check = workspace.cargo("check");
    check.args(["--manifest-path", "fuzz/Cargo.toml", "--release", "--no-default-features"]);
    process::run(check.arg("--target-dir").arg(&workspace.target))?;
    println!("  {} targets compile", targets.len());
    Ok(())
}

/// Feeds one target, or each in turn, with mutated bytes.
///
/// # Errors
/// When an input broke a decoder; it is kept in `fuzz/artifacts`.
pub(crate) fn explore(workspace: &Workspace, target: Option<&str>, seconds: u32) -> Result<()> {
    let mut targets = targets(workspace)?;
    if let Some(name) = target {
        targets.retain(|known| known == name);
    }
    if targets.is_empty() {
        bail!("there is no such target: `ls fuzz/fuzz_targets` shows those that there are");
    }
    system::require(system::CXX_COMPILER)?;
    share_lock(workspace)?;
    let host = host()?;
    let built = workspace.target.join("fuzz");
    let mut build = workspace.cargo("build");
    build.args(["--manifest-path", "fuzz/Cargo.toml", "--profile", "fuzz", "--target", &host]);
    process::run(build.arg("--target-dir").arg(&built).env("RUSTFLAGS", INSTRUMENTED))?;
    let programs = built.join(&host).join("fuzz");
    targets.iter().try_for_each(|name| feed(workspace, &programs.join(name), name, seconds))
}

fn feed(workspace: &Workspace, program: &Path, name: &str, seconds: u32) -> Result<()> {
    println!("\n== {name}");
    let corpus = workspace.root.join("fuzz/corpus").join(name);
    let artifacts = workspace.root.join("fuzz/artifacts").join(name);
    sow(&corpus)?;
    fs::create_dir_all(&artifacts).with_context(|| format!("{} cannot be made", artifacts.display()))?;
    let mut run = Command::new(program);
    run.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={MAX_LEN}"));
    run.arg(format!("-rss_limit_mb={RSS_LIMIT_MIB}")).arg("-print_final_stats=1");
    run.arg(format!("-artifact_prefix={}/", artifacts.display())).arg(&corpus);
    process::run(&mut run).with_context(|| {
        let (program, artifacts) = (program.display(), artifacts.display());
        format!("an input broke `{name}`; `{program} FILE` shows it again, with the file in {artifacts}")
    })
}

/// The targets in alphabetical order: each has both a file and an entry.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let fuzz = workspace.root.join("fuzz");
    let manifest = workspace::read_toml(&fuzz.join("Cargo.toml"))?;
    let entries = manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    let entries = entries.filter_map(|entry| entry.get("name")?.as_str().map(str::to_owned)).collect();
    matched(files(&fuzz.join("fuzz_targets"))?, entries)
}

fn matched(mut files: Vec<String>, entries: Vec<String>) -> Result<Vec<String>> {
    let strays = files.iter().filter(|name| !entries.contains(name));
    let strays = strays.map(|name| format!("fuzz/fuzz_targets/{name}.rs has no [[bin]] in fuzz/Cargo.toml"));
    let empty = entries.iter().filter(|name| !files.contains(name));
    let empty = empty.map(|name| format!("the [[bin]] `{name}` in fuzz/Cargo.toml has no file in fuzz/fuzz_targets"));
    let complaints: Vec<String> = strays.chain(empty).collect();
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    files.sort_unstable();
    Ok(files)
}

fn files(dir: &Path) -> Result<Vec<String>> {
    let cannot = || format!("{} cannot be read", dir.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    Ok(names)
}

/// Gives `fuzz/` the versions of the root's lock file; cargo then adds the engine to them. A second
/// lock file in the repository would have to be renewed with every change of the first.
fn share_lock(workspace: &Workspace) -> Result<()> {
    let (ours, theirs) = (workspace.root.join("Cargo.lock"), workspace.root.join("fuzz/Cargo.lock"));
    let seed = workspace.target.join("fuzz-seed.lock");
    let current = fs::read(&ours).context("Cargo.lock cannot be read")?;
    if theirs.exists() && fs::read(&seed).is_ok_and(|seed| seed == current) {
        return Ok(());
    }
    fs::create_dir_all(&workspace.target).context("the target directory cannot be made")?;
    for path in [&theirs, &seed] {
        fs::write(path, &current).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn sow(corpus: &Path) -> Result<()> {
    fs::create_dir_all(corpus).with_context(|| format!("{} cannot be made", corpus.display()))?;
    for len in SEED_LENGTHS {
        let path = corpus.join(format!("zeros-{len}"));
        fs::write(&path, vec![0; len]).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

/// Naming the target, even the own one, keeps build scripts and macros free of instrumentation.
fn host() -> Result<String> {
    let version = process::read(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn files_and_entries_match() {
        assert_eq!(matched(names(&["uri", "root"]), names(&["root", "uri"])).unwrap(), names(&["root", "uri"]));
        let error = matched(names(&["uri", "slot"]), names(&["uri", "root"])).unwrap_err().to_string();
        assert_eq!(
            error,
            "fuzz/fuzz_targets/slot.rs has no [[bin]] in fuzz/Cargo.toml\n\
             the [[bin]] `root` in fuzz/Cargo.toml has no file in fuzz/fuzz_targets"
        );
    }

    #[test]
    fn only_sources_are_targets() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["uri.rs", "notes.md", "slot.rs"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let mut found = files(dir.path()).unwrap();
        found.sort_unstable();
        assert_eq!(found, names(&["slot", "uri"]));
        assert!(files(&dir.path().join("absent")).is_err());
    }
}
