//! What CI runs, as one command: `cargo xtask test`.
//!
//! Every check that decides whether a change may land is a [`stage::Stage`], so that what CI says
//! can be had on any machine by the same words. Start there for the order and the reason of each;
//! [`process`] holds the one way in which other programs are run.
//!
//! Not for: anything that the product does. Nothing depends on this crate.

mod args;
mod artifact;
mod bench;
mod browser;
mod deny;
mod fuzz;
mod layers;
mod lock;
mod process;
mod report;
mod stage;
mod suites;
mod system;
mod tally;
mod vectors;
mod workspace;

use std::env;
use std::process::ExitCode;

use args::Action;
use workspace::Workspace;

fn main() -> ExitCode {
    let action = match args::parse(env::args().skip(1)) {
        Ok(action) => action,
        Err(error) => {
            eprintln!("{error}\n\n{}", args::help());
            return ExitCode::from(2);
        }
    };
    perform(action).unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn perform(action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::Help => println!("{}", args::help()),
        Action::Test { only } => return stage::run(Workspace::load()?, only),
        Action::Bench { only, quick } => bench::run(&Workspace::load()?, only, quick)?,
        Action::Fuzz { target, seconds } => fuzz::explore(&Workspace::load()?, target.as_deref(), seconds)?,
    }
    Ok(ExitCode::SUCCESS)
}
