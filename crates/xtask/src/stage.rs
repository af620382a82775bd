//! The stages of `cargo xtask test`, in order, and how they are run.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

use crate::report::Report;
use crate::suites::{self, Choice, Suites};
use crate::workspace::Workspace;
use crate::{browser, deny, fuzz, layers, lock, process, system, vectors};

/// One thing that is checked. The order is that of [`Stage::ALL`]: what is quick and needs nothing
/// built comes first, what takes longest comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The programs that the other stages need.
    Tools,
    /// rustfmt.
    Fmt,
    /// Which package uses which.
    Layers,
    /// Cargo.lock and advisories.
    Lock,
    /// Clippy.
    Clippy,
    /// Everything that the next stages run.
    Build,
    /// Tests beside the code.
    Unit,
    /// Programs that share no code with ours.
    Vectors,
    /// Tests in the documentation.
    Doctest,
    /// The documentation itself.
    Doc,
    /// Fuzz targets.
    Fuzz,
    /// cargo-deny.
    Deny,
    /// Networks of processes.
    Scenario,
    /// Pages in browsers.
    Browser,
}

impl Stage {
    /// All stages in order.
    pub(crate) const ALL: [Self; 14] = [
        Self::Tools,
        Self::Fmt,
        Self::Layers,
        Self::Lock,
        Self::Clippy,
        Self::Build,
        Self::Unit,
        Self::Vectors,
        Self::Doctest,
        Self::Doc,
        Self::Fuzz,
        Self::Deny,
        Self::Scenario,
        Self::Browser,
    ];

    /// The name by which `--stage` knows it.
    pub(crate) fn name(self) -> &'static str {
        self.words().0
    }

    /// What it checks.
    pub(crate) fn purpose(self) -> &'static str {
        self.words().1
    }

    /// The stage of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Tools => ("tools", "a C compiler, Python, Node.js, browsers, rustfmt and clippy are there"),
            Self::Fmt => ("fmt", "the source is laid out as rustfmt does it"),
            Self::Layers => ("layers", "packages use only those below them, and the lints of the workspace"),
            Self::Lock => ("lock", "Cargo.lock stands above the floors of known advisories"),
            Self::Clippy => ("clippy", "clippy and the compiler have no warning for any target"),
            Self::Build => ("build", "all tests and the program are built, once, as they are shipped"),
            Self::Unit => ("unit", "unit and property tests hold, lowest layer first"),
            Self::Vectors => ("vectors", "programs without our code make the same vectors, and read our links"),
            Self::Doctest => ("doctest", "the examples in the documentation hold"),
            Self::Doc => ("doc", "the documentation is made without a warning"),
            Self::Fuzz => ("fuzz", "every fuzz target is listed and compiles"),
            Self::Deny => ("deny", "licences, sources and banned packages are as deny.toml says"),
            Self::Scenario => ("scenario", "whole networks of the built program do what they should"),
            Self::Browser => ("browser", "browsers show every page as it should be, and no hostile page gets anything"),
        }
    }

    /// What to do when it fails, where that is one command.
    fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Fmt => Some("`cargo fmt --all` mends it"),
            Self::Layers => Some("ARCHITECTURE.md says why the layers are as they are"),
            Self::Fuzz => Some("each decoder has a file in fuzz/fuzz_targets and an entry in fuzz/Cargo.toml"),
            _ => None,
        }
    }
}

/// Runs all stages, or only one, stopping at the first that fails, and prints the closing report.
///
/// # Errors
/// None that a stage can have: a failed stage is told in the report and in the exit code.
pub(crate) fn run(workspace: Workspace, only: Option<Stage>) -> Result<ExitCode> {
    let mut run = Run { workspace, suites: None, report: Report::default() };
    for stage in Stage::ALL.into_iter().filter(|stage| only.is_none_or(|only| only == *stage)) {
        println!("\n== {}: {}", stage.name(), stage.purpose());
        let begun = Instant::now();
        let outcome = run.perform(stage);
        run.report.times.push((stage, begun.elapsed()));
        if let Err(error) = outcome {
            run.report.complaint = Some(complaint(stage, &error));
            break;
        }
    }
    println!("{}", run.report.closing());
    Ok(if run.report.complaint.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn complaint(stage: Stage, error: &anyhow::Error) -> String {
    let name = stage.name();
    let remedy = stage.remedy().map(|remedy| format!("; {remedy}")).unwrap_or_default();
    format!("{error:#}\nStage `{name}` failed{remedy}. `cargo xtask test --stage {name}` runs it alone.")
}

/// What stages leave for later ones.
struct Run {
    workspace: Workspace,
    suites: Option<Suites>,
    report: Report,
}

impl Run {
    fn perform(&mut self, stage: Stage) -> Result<()> {
        match stage {
            Stage::Tools => [system::C_COMPILER, system::PYTHON, system::RUSTFMT, system::CLIPPY]
                .into_iter()
                .chain(browser::NEEDS)
                .try_for_each(system::require),
            Stage::Fmt => process::run(self.workspace.cargo("fmt").args(["--all", "--check"])),
            Stage::Layers => layers::check(&self.workspace),
            Stage::Lock => lock::check(&self.workspace.root.join("Cargo.lock")),
            Stage::Clippy => self.clippy(),
            Stage::Build => self.build(),
            Stage::Unit => self.tests(Choice::Units),
            Stage::Vectors => vectors::check(&self.workspace),
            Stage::Doctest => suites::run_doc_tests(&self.workspace, &mut self.report.tally),
            Stage::Doc => self.doc(),
            Stage::Fuzz => fuzz::check(&self.workspace),
            Stage::Deny => {
                self.report.advisories = deny::check(&self.workspace)?;
                Ok(())
            }
            Stage::Scenario => self.tests(Choice::Scenarios),
            Stage::Browser => browser::check(&self.workspace, &mut self.report.tally),
        }
    }

    fn clippy(&self) -> Result<()> {
        let mut clippy = self.workspace.cargo("clippy");
        clippy.args(["--workspace", "--all-targets", "--release", "--locked", "--", "-D", "warnings"]);
        process::run(&mut clippy)
    }

    fn doc(&self) -> Result<()> {
        let mut doc = self.workspace.cargo("doc");
        doc.args(["--workspace", "--no-deps", "--release", "--locked"]).env("RUSTDOCFLAGS", "-D warnings");
        process::run(&mut doc)
    }

    fn build(&mut self) -> Result<()> {
        self.suites = Some(Suites::build(&self.workspace)?);
        Ok(())
    }

    /// A stage that runs alone builds what it needs; in a whole run the build has its own time.
    fn tests(&mut self, choice: Choice) -> Result<()> {
        let suites = match &self.suites {
            Some(suites) => suites,
            None => self.suites.insert(Suites::build(&self.workspace)?),
        };
        suites.run(&self.workspace, choice, &mut self.report.tally)
    }
}
