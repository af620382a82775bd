//! The pages in browsers: `tests/browser/` looks at every page, walks through whole errands, and puts
//! hostile pages before Chromium.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::artifact::{self, Executable};
use crate::process::{self, Show};
use crate::system::{self, Need};
use crate::tally::Tally;
use crate::workspace::Workspace;

/// What the checks run, and what they run in.
pub(crate) const NEEDS: [Need; 5] = [system::NODE, system::NPM, system::CHROMIUM, system::FIREFOX, system::LYNX];
/// Where the checks are.
const CHECKS: &str = "tests/browser";
/// What they are installed from.
const PACKAGES: [&str; 2] = ["package.json", "package-lock.json"];
/// Longest time to install that, some 30 MiB.
const INSTALL_LIMIT: Duration = Duration::from_secs(5 * 60);
/// Longest time for the checks, four times what two idle cores take.
const CHECKS_LIMIT: Duration = Duration::from_secs(40 * 60);

/// Runs the checks, adding to `tally`.
///
/// # Errors
/// When one of them failed, which has been printed by then; or what is missing.
pub(crate) fn check(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    NEEDS.into_iter().try_for_each(system::require)?;
    let tools = install(workspace)?;
    let wanted = [Executable::Example("pages"), Executable::Example("hostile"), Executable::Program("roneo")];
    let [pages, hostile, roneo] = artifact::build(workspace, wanted)?;
    let results = workspace.target.join("browser");
    let mut checks = Command::new("node");
    checks.arg(workspace.root.join(CHECKS).join("run.mjs"));
    for (option, path) in
        [("--tools", &tools), ("--pages", &pages), ("--corpus", &hostile), ("--roneo", &roneo), ("--out", &results)]
    {
        checks.arg(option).arg(path);
    }
    let finished = process::collect(&mut checks, CHECKS_LIMIT, Show::AsItRuns)?;
    let count = Tally::of_run(&finished.output, finished.ending.is_success());
    *tally += count;
    if count.failed > 0 {
        bail!("of the checks in browsers {} failed: see above which", count.failed);
    }
    Ok(())
}

/// The directory with the packages, installed at the first call and when they change.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let dir = workspace.target.join("tools").join("browser");
    let made_of = dir.join("made-of.txt");
    let files = PACKAGES.map(|file| workspace.root.join(CHECKS).join(file));
    let wanted = files.iter().map(|file| read(file)).collect::<Result<String>>()?;
    // Written last: what was interrupted is made anew.
    if fs::read_to_string(&made_of).is_ok_and(|made| made == wanted) {
        return Ok(dir);
    }
    println!("  installing the packages of {CHECKS}, once");
    fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    for (name, file) in PACKAGES.into_iter().zip(&files) {
        fs::copy(file, dir.join(name)).with_context(|| format!("{name} cannot be copied to {}", dir.display()))?;
    }
    let mut npm = Command::new("npm");
    // None of them has anything to run at its installation, and no stranger's script should.
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&dir);
    let finished = process::collect(&mut npm, INSTALL_LIMIT, Show::Kept)?;
    if !finished.ending.is_success() {
        println!("{}", finished.output);
        bail!("`{}` failed: see above; it needs the npm registry once", process::spelled(&npm));
    }
    fs::write(&made_of, wanted).with_context(|| format!("{} cannot be written", made_of.display()))?;
    Ok(dir)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// A registry or mirror of one machine would be of no use on another.
    #[test]
    fn the_lock_names_no_place_and_pins_everything() {
        let root = Workspace::load().unwrap().root.join(CHECKS);
        let lock: Value = serde_json::from_str(&read(&root.join("package-lock.json")).unwrap()).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package.get("resolved").is_none(), "{name}");
            assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name}");
        }
        let wanted = packages[""]["dependencies"].as_object().unwrap();
        let is_exact =
            |version: &Value| version.as_str().is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()));
        assert!(wanted.len() >= 3 && wanted.values().all(is_exact), "{wanted:?}");
    }
}
