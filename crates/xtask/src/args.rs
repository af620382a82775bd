//! The command line, and the help that is made from the same tables.

use anyhow::{Result, bail};

use crate::bench::Suite;
use crate::fuzz;
use crate::stage::Stage;

/// What the caller wants done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Print the help.
    Help,
    /// Run every stage, or only one.
    Test {
        /// The one stage, or all of them in order.
        only: Option<Stage>,
    },
    /// Feed a decoder with mutated bytes.
    Fuzz {
        /// One target, or all of them in turn.
        target: Option<String>,
        /// How long each target runs.
        seconds: u32,
    },
    /// Measure.
    Bench {
        /// The one suite, or all of them in turn.
        only: Option<Suite>,
        /// Fewer and smaller runs.
        quick: bool,
    },
}

/// Reads the words after `cargo xtask`.
///
/// # Errors
/// A sentence about the first word that has no meaning here.
pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Action> {
    let mut words = words.into_iter();
    match words.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Ok(Action::Help),
        Some("test") => parse_test(words),
        Some("fuzz") => parse_fuzz(words),
        Some("bench") => parse_bench(words),
        Some(other) => bail!("`{other}` is not a task"),
    }
}

/// The help text: every task and every stage.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "cargo xtask test [--stage NAME]            what CI checks, in this order\n\
         cargo xtask fuzz [TARGET] [--seconds N]    look for bytes that break a decoder\n\
         cargo xtask bench [SUITE] [--quick]        speed and memory, beside their floors\n\
         cargo xtask help                           this text\n\n\
         Stages:\n",
    );
    for stage in Stage::ALL {
        text.push_str(&format!("  {:<9} {}\n", stage.name(), stage.purpose()));
    }
    text.push_str("\nSuites to bench:\n");
    for suite in Suite::ALL {
        text.push_str(&format!("  {:<9} {}\n", suite.name(), suite.purpose()));
    }
    text.truncate(text.trim_end().len());
    text
}

fn parse_test(mut words: impl Iterator<Item = String>) -> Result<Action> {
    let mut only = None;
    while let Some(word) = words.next() {
        if word != "--stage" {
            bail!("`test` knows no `{word}`");
        }
        let Some(name) = words.next() else { bail!("`--stage` needs the name of a stage") };
        let Some(stage) = Stage::from_name(&name) else { bail!("there is no stage `{name}`") };
        only = Some(stage);
    }
    Ok(Action::Test { only })
}

fn parse_fuzz(mut words: impl Iterator<Item = String>) -> Result<Action> {
    let (mut target, mut seconds) = (None, fuzz::DEFAULT_SECONDS);
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let Some(count) = words.next().and_then(|count| count.parse().ok()).filter(|&count| count > 0) else {
                bail!("`--seconds` needs a whole number above 0");
            };
            seconds = count;
        } else if word.starts_with('-') || target.is_some() {
            bail!("`fuzz` knows no `{word}`");
        } else {
            target = Some(word);
        }
    }
    Ok(Action::Fuzz { target, seconds })
}

fn parse_bench(words: impl Iterator<Item = String>) -> Result<Action> {
    let (mut only, mut quick) = (None, false);
    for word in words {
        match Suite::from_name(&word) {
            _ if word == "--quick" => quick = true,
            Some(suite) if only.is_none() => only = Some(suite),
            _ => bail!("`bench` knows no `{word}`"),
        }
    }
    Ok(Action::Bench { only, quick })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Action, String> {
        parse(line.split_whitespace().map(str::to_owned)).map_err(|error| error.to_string())
    }

    #[test]
    fn words_become_actions() {
        let fuzz = |target: Option<&str>, seconds| Action::Fuzz { target: target.map(str::to_owned), seconds };
        let table = [
            ("", Ok(Action::Help)),
            ("--help", Ok(Action::Help)),
            ("test", Ok(Action::Test { only: None })),
            ("test --stage clippy", Ok(Action::Test { only: Some(Stage::Clippy) })),
            ("test --stage", Err("`--stage` needs the name of a stage")),
            ("test --stage nothing", Err("there is no stage `nothing`")),
            ("test clippy", Err("`test` knows no `clippy`")),
            ("fuzz", Ok(fuzz(None, fuzz::DEFAULT_SECONDS))),
            ("fuzz uri --seconds 5", Ok(fuzz(Some("uri"), 5))),
            ("fuzz --seconds 0", Err("`--seconds` needs a whole number above 0")),
            ("bench", Ok(Action::Bench { only: None, quick: false })),
            ("bench --quick network", Ok(Action::Bench { only: Some(Suite::Network), quick: true })),
            ("bench network packet", Err("`bench` knows no `packet`")),
            ("fuzz uri root", Err("`fuzz` knows no `root`")),
            ("tset", Err("`tset` is not a task")),
        ];
        for (line, expected) in table {
            assert_eq!(parsed(line), expected.map_err(str::to_owned), "{line}");
        }
    }

    #[test]
    fn help_names_every_stage() {
        for stage in Stage::ALL {
            assert!(help().contains(stage.purpose()), "{stage:?}");
            assert_eq!(Stage::from_name(stage.name()), Some(stage));
        }
    }
}
