//! Building the tests once and running them one binary after another, lowest layer first.
//!
//! `cargo test` would run them in its own order, stop at the first failing package, and rebuild
//! dependencies for every other choice of packages, because features are unified over the packages
//! that are chosen. One build of everything avoids all three.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{self, Ending, Finished, Show};
use crate::report;
use crate::tally::Tally;
use crate::workspace::{Member, Workspace};

/// The package whose tests start whole networks of the built program.
pub(crate) const SCENARIOS: &str = "roneo-tests";
/// Where those tests find the program.
pub(crate) const PROGRAM_VARIABLE: &str = "RONEO_BIN";
/// Longest time for one binary of unit and property tests.
const UNITS_LIMIT: Duration = Duration::from_secs(10 * 60);
/// Longest time for the scenarios, and for all doc tests together.
const SCENARIOS_LIMIT: Duration = Duration::from_secs(40 * 60);

/// What one build of the workspace gave.
#[derive(Debug)]
pub(crate) struct Suites {
    binaries: Vec<TestBinary>,
    /// The program that the scenarios start.
    program: PathBuf,
}

/// Tests that stand together in one executable.
#[derive(Debug, PartialEq, Eq)]
struct TestBinary {
    package: String,
    /// The library, a program, or the name of a file in `tests/`.
    name: String,
    executable: PathBuf,
}

/// Which of the suites to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Every package's own tests.
    Units,
    /// The networks of real processes.
    Scenarios,
}

impl Suites {
    /// Builds every test and the program.
    ///
    /// # Errors
    /// When the compiler refuses something, which it has then said itself.
    pub(crate) fn build(workspace: &Workspace) -> Result<Self> {
        let mut build = workspace.cargo("build");
        build.args(["--workspace", "--release", "--locked", "--tests", "--bin", "roneo"]);
        let messages = process::read(build.args(["--message-format", "json-render-diagnostics"]))?;
        let (mut binaries, mut program) = (Vec::new(), None);
        for message in messages.lines() {
            match Artifact::read(message, &workspace.members) {
                Some(Artifact::Tests(binary)) => binaries.push(binary),
                Some(Artifact::Program(path)) => program = Some(path),
                None => {}
            }
        }
        let layer = |binary: &TestBinary| workspace.members.iter().position(|member| member.name == binary.package);
        binaries.sort_by(|a, b| layer(a).cmp(&layer(b)).then_with(|| a.name.cmp(&b.name)));
        let program = program.with_context(|| format!("cargo built no roneo{EXE_SUFFIX}: node/Cargo.toml names it"))?;
        Ok(Self { binaries, program })
    }

    /// Runs the chosen suites to their end, adding to `tally`.
    ///
    /// # Errors
    /// When a test failed; what its binary printed has been printed by then.
    pub(crate) fn run(&self, workspace: &Workspace, choice: Choice, tally: &mut Tally) -> Result<()> {
        let mut failed = Vec::new();
        for member in &workspace.members {
            if (member.name == SCENARIOS) != (choice == Choice::Scenarios) {
                continue;
            }
            for binary in self.binaries.iter().filter(|binary| binary.package == member.name) {
                let begun = Instant::now();
                let finished = self.run_binary(binary, &member.dir, choice)?;
                let count = Tally::of_run(&finished.output, finished.ending.is_success());
                *tally += count;
                println!(
                    "  {:<18} {:<18} {count} in {}",
                    binary.package,
                    binary.name,
                    report::seconds(begun.elapsed())
                );
                if count.failed > 0 {
                    if choice == Choice::Units {
                        print_without_passed(&finished.output);
                    }
                    failed.push(complaint(binary, finished.ending));
                }
            }
        }
        if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
    }

    fn run_binary(&self, binary: &TestBinary, dir: &Path, choice: Choice) -> Result<Finished> {
        let mut command = Command::new(&binary.executable);
        // As cargo does it: relative paths in tests start at the package.
        command.current_dir(dir).env("CARGO_MANIFEST_DIR", dir);
        match choice {
            Choice::Units => process::collect(&mut command, UNITS_LIMIT, Show::Kept),
            Choice::Scenarios => {
                // Their harness takes care that not two networks of processes run at a time.
                command.env(PROGRAM_VARIABLE, &self.program);
                process::collect(&mut command, SCENARIOS_LIMIT, Show::AsItRuns)
            }
        }
    }
}

/// Runs the examples in the documentation, adding to `tally`.
///
/// # Errors
/// When one of them failed; what rustdoc printed has been printed by then.
pub(crate) fn run_doc_tests(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let mut command = workspace.cargo("test");
    command.args(["--workspace", "--release", "--locked", "--doc", "--no-fail-fast"]);
    let finished = process::collect(&mut command, SCENARIOS_LIMIT, Show::Kept)?;
    let count = Tally::of_run(&finished.output, finished.ending.is_success());
    *tally += count;
    println!("  {count}");
    if count.failed > 0 {
        print_without_passed(&finished.output);
        bail!("an example in the documentation does not hold: see above which");
    }
    Ok(())
}

/// Of two hundred tests the one that failed should not have to be searched for.
fn print_without_passed(output: &str) {
    for line in output.lines().filter(|line| !line.ends_with("... ok")) {
        println!("  {line}");
    }
}

fn complaint(binary: &TestBinary, ending: Ending) -> String {
    let TestBinary { package, name, .. } = binary;
    match ending {
        Ending::Exited(status) => {
            format!("the tests of {package} ({name}) ended with {status}: see above which failed")
        }
        Ending::OutOfTime => {
            format!("the tests of {package} ({name}) hung and were ended: one that began is not above")
        }
    }
}

/// An executable that cargo made.
#[derive(Debug, PartialEq, Eq)]
enum Artifact {
    Tests(TestBinary),
    Program(PathBuf),
}

impl Artifact {
    /// Reads one of cargo's messages; most of them are about something else.
    fn read(message: &str, members: &[Member]) -> Option<Self> {
        let message: Value = serde_json::from_str(message).ok()?;
        let executable = PathBuf::from(message["executable"].as_str()?);
        let target = &message["target"];
        let (kind, name) = (target["kind"][0].as_str()?, target["name"].as_str()?);
        if message["profile"]["test"].as_bool()? {
            let dir = Path::new(message["manifest_path"].as_str()?).parent()?;
            let package = members.iter().find(|member| member.dir == dir)?.name.clone();
            let name = if kind == "test" { format!("tests/{name}") } else { kind.to_owned() };
            return Some(Self::Tests(TestBinary { package, name, executable }));
        }
        (kind == "bin" && name == "roneo").then_some(Self::Program(executable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, name: &str, test: bool) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","manifest_path":"/w/node/Cargo.toml","profile":{{"test":{test}}},
                "target":{{"kind":["{kind}"],"name":"{name}"}},"executable":"/w/target/{name}"}}"#
        )
    }

    #[test]
    fn executables_are_told_apart() {
        let node = Member {
            name: "roneo-node".to_owned(),
            dir: PathBuf::from("/w/node"),
            dependencies: Vec::new(),
            inherits_lints: true,
        };
        let tests = |name: &str, executable: &str| {
            Some(Artifact::Tests(TestBinary {
                package: "roneo-node".to_owned(),
                name: name.to_owned(),
                executable: PathBuf::from(executable),
            }))
        };
        let table = [
            (message("lib", "roneo_node", true), tests("lib", "/w/target/roneo_node")),
            (message("bin", "roneo", true), tests("bin", "/w/target/roneo")),
            (message("test", "status", true), tests("tests/status", "/w/target/status")),
            (message("bin", "roneo", false), Some(Artifact::Program(PathBuf::from("/w/target/roneo")))),
            (message("bin", "roneo-sim", false), None),
            (message("lib", "roneo_node", true).replace("/w/node", "/elsewhere"), None),
            (r#"{"reason":"build-finished","success":true}"#.to_owned(), None),
            ("no message".to_owned(), None),
        ];
        for (message, expected) in table {
            assert_eq!(Artifact::read(&message, std::slice::from_ref(&node)), expected, "{message}");
        }
    }
}
