//! Programs in Python that share no code with ours: they make the vectors of the formats again from
//! their pages alone, and take our links apart.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::artifact::{self, Executable};
use crate::process::{self, Show};
use crate::system;
use crate::workspace::Workspace;

/// Longest time for one script; the longest needs half a minute of one core.
const SCRIPT_LIMIT: Duration = Duration::from_secs(10 * 60);
/// Longest time to make the environment, a few MiB.
const INSTALL_LIMIT: Duration = Duration::from_secs(5 * 60);
/// What the scripts import, each file pinned by its hash: first what builds the others, then those.
const REQUIREMENTS: [&str; 2] = ["crates/xtask/python/build.txt", "crates/xtask/python/packages.txt"];
/// Prints links and reads them.
const EXAMPLE: Executable = Executable::Example("links");
/// Needs nothing but the pages of the formats.
const SCRIPTS: [&str; 3] =
    ["crates/keys/tests/blind.py", "crates/content/tests/vectors.py", "crates/social/tests/vectors.py"];
/// Needs the example and what the requirements name.
const LINKS_SCRIPT: &str = "crates/keys/tests/freenet.py";

/// Runs every script.
///
/// # Errors
/// When one of them disagrees with a page or a link, which it has then said; or what is missing.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    system::require(system::PYTHON)?;
    let python = environment(workspace)?;
    let [links] = artifact::build(workspace, [EXAMPLE])?;
    for script in SCRIPTS {
        run(&python, &workspace.root.join(script), &[])?;
    }
    run(&python, &workspace.root.join(LINKS_SCRIPT), &[&links])
}

fn run(python: &Path, script: &Path, arguments: &[&Path]) -> Result<()> {
    let mut command = Command::new(python);
    command.arg("-I").arg(script).args(arguments);
    let finished = process::collect(&mut command, SCRIPT_LIMIT, Show::Kept)?;
    let name = script.file_name().unwrap_or_default().display();
    if !finished.ending.is_success() {
        println!("{}", finished.output);
        bail!("`{name}` and this program disagree: see above about what");
    }
    println!("  {name}: {} lines, the last: {}", finished.output.lines().count(), last_line(&finished.output));
    Ok(())
}

fn last_line(output: &str) -> &str {
    output.lines().next_back().unwrap_or_default()
}

/// A Python that has what the requirements name, made at the first call and when they change.
fn environment(workspace: &Workspace) -> Result<PathBuf> {
    let dir = workspace.target.join("tools").join("python");
    let (python, made_of) = (dir.join("bin").join("python"), dir.join("made-of.txt"));
    let mut wanted = String::new();
    for requirements in REQUIREMENTS {
        wanted += &fs::read_to_string(workspace.root.join(requirements))
            .with_context(|| format!("{requirements} cannot be read"))?;
    }
    // Written last: what was interrupted is made anew.
    if python.exists() && fs::read_to_string(&made_of).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    println!("  making an environment of Python, once");
    install(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&dir))?;
    for requirements in REQUIREMENTS {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"]);
        // Isolated builds fetch whatever is newest, and that has no hash here.
        pip.args(["--no-deps", "--no-build-isolation", "--requirement"]).arg(workspace.root.join(requirements));
        install(&mut pip)?;
    }
    fs::write(&made_of, wanted).with_context(|| format!("{} cannot be written", made_of.display()))?;
    Ok(python)
}

fn install(command: &mut Command) -> Result<()> {
    let finished = process::collect(command, INSTALL_LIMIT, Show::Kept)?;
    if !finished.ending.is_success() {
        println!("{}", finished.output);
        bail!("`{}` failed: see above; it needs the Python package index once", process::spelled(command));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_disagrees_fails_the_check() {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("judge.py");
        fs::write(&script, "print('all is well')").unwrap();
        run(Path::new("python3"), &script, &[]).unwrap();
        fs::write(&script, "import sys; sys.exit('it is not')").unwrap();
        let error = run(Path::new("python3"), &script, &[]).unwrap_err();
        assert!(error.to_string().contains("`judge.py`"), "{error}");
    }
}
