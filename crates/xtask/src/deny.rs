//! cargo-deny: what the tree may contain, under which licences, from where; and the advisory
//! database where it can be reached.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::{self, Show};
use crate::workspace::Workspace;

/// The version that is asked; another may judge otherwise.
const VERSION: &str = "0.20.2";
/// Longest time to fetch the advisory database, a few MiB.
const FETCH_LIMIT: Duration = Duration::from_secs(90);
/// Longest time for one check, which takes seconds.
const CHECK_LIMIT: Duration = Duration::from_secs(5 * 60);
/// cargo-deny runs for two seconds and need not be fast: built so, it costs 170 CPU-seconds.
const CHEAP_BUILD: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
];

/// What is known of advisories after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Advisories {
    /// The run had no such stage.
    #[default]
    NotAsked,
    /// The database was fetched, and nothing in it stands against the tree.
    Consulted,
    /// The database cannot be fetched from this machine.
    Unreachable,
}

/// Judges the tree by `deny.toml`, and by the advisory database where it can be fetched.
///
/// # Errors
/// When something in the tree is refused; what cargo-deny printed has been printed by then.
pub(crate) fn check(workspace: &Workspace) -> Result<Advisories> {
    let program = install(workspace)?;
    judge(workspace, &program, &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"])?;
    let mut fetch = deny(workspace, &program);
    fetch.args(["fetch", "db"]).env("GIT_TERMINAL_PROMPT", "0");
    if !process::collect(&mut fetch, FETCH_LIMIT, Show::Kept)?.ending.is_success() {
        return Ok(Advisories::Unreachable);
    }
    judge(workspace, &program, &["check", "--disable-fetch", "advisories"])?;
    Ok(Advisories::Consulted)
}

fn judge(workspace: &Workspace, program: &Path, arguments: &[&str]) -> Result<()> {
    let finished = process::collect(deny(workspace, program).args(arguments), CHECK_LIMIT, Show::Kept)?;
    if !finished.ending.is_success() {
        println!("{}", finished.output);
        bail!("cargo-deny refuses something in the tree: see above, and the reasons in deny.toml");
    }
    let (warnings, verdict) = summary(&finished.output);
    println!("  {verdict} ({warnings} warnings: the same crate in two versions, mostly)");
    Ok(())
}

/// The number of warnings, and the last line, in which cargo-deny names each check and its result.
fn summary(output: &str) -> (usize, &str) {
    let warnings = output.lines().filter(|line| line.starts_with("warning[")).count();
    (warnings, output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default())
}

fn deny(workspace: &Workspace, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&workspace.root).args(["--color", "never"]);
    command
}

/// Finds cargo-deny, building it at the first call.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target.join("tools");
    let root = tools.join(format!("cargo-deny-{VERSION}"));
    for known in [root.join("bin").join("cargo-deny"), PathBuf::from("cargo-deny")] {
        if is_wanted_version(&known) {
            return Ok(known);
        }
    }
    println!("  building cargo-deny {VERSION}: about 3 minutes of one core, once");
    let scratch = tools.join("build");
    let mut build = workspace.cargo("install");
    build.args(["cargo-deny", "--locked", "--quiet", "--version", &format!("={VERSION}")]);
    build.arg("--root").arg(&root).arg("--target-dir").arg(&scratch).envs(CHEAP_BUILD);
    process::run(&mut build).context("cargo-deny cannot be built; without a network, put it on the PATH")?;
    // Some 400 MB that nobody needs again; left in place they cost disk and nothing else.
    fs::remove_dir_all(&scratch).ok();
    Ok(root.join("bin").join("cargo-deny"))
}

fn is_wanted_version(program: &Path) -> bool {
    process::collect(Command::new(program).arg("--version"), CHECK_LIMIT, Show::Kept)
        .is_ok_and(|finished| finished.ending.is_success() && finished.output.trim() == format!("cargo-deny {VERSION}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_is_the_last_line() {
        let output = "warning[duplicate]: found 2 duplicate entries\n   ┌─ Cargo.lock\n\nwarning[duplicate]: 3\nbans ok, licenses ok\n\n";
        assert_eq!(summary(output), (2, "bans ok, licenses ok"));
        assert_eq!(summary(""), (0, ""));
    }
}
