//! What is printed at the end: how long each stage took, and the line that CI reads.

use std::time::Duration;

use crate::deny::Advisories;
use crate::lock;
use crate::stage::Stage;
use crate::tally::Tally;

/// What came of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The stages that ran, in order, with the time each took.
    pub(crate) times: Vec<(Stage, Duration)>,
    /// The tests that ran.
    pub(crate) tally: Tally,
    /// What is known of advisories.
    pub(crate) advisories: Advisories,
    /// The sentence about the stage that failed.
    pub(crate) complaint: Option<String>,
}

impl Report {
    /// The closing text. Its last line is the count of tests, alone, as CI reads it.
    pub(crate) fn closing(&self) -> String {
        let mut text = String::from("\n");
        for (stage, time) in &self.times {
            text.push_str(&format!("{:<9} {:>9}\n", stage.name(), seconds(*time)));
        }
        let total: Duration = self.times.iter().map(|(_, time)| *time).sum();
        text.push_str(&format!("{:<9} {:>9}\n\n", "all", seconds(total)));
        match self.advisories {
            Advisories::NotAsked => {}
            Advisories::Consulted => text.push_str("Advisories: the database was consulted.\n"),
            Advisories::Unreachable => {
                text.push_str("Advisories: the database cannot be reached from here");
                if self.times.iter().any(|(stage, _)| *stage == Stage::Lock) {
                    text.push_str(&format!("; Cargo.lock was compared with {} floors alone", lock::FLOORS.len()));
                }
                text.push_str(".\n");
            }
        }
        if let Some(complaint) = &self.complaint {
            text.push_str(&format!("{complaint}\n"));
        }
        text.push_str(&self.tally.to_string());
        text
    }
}

/// A time as a person reads it.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_done_is_claimed() {
        let closing = |stage, advisories| {
            Report { times: vec![(stage, Duration::ZERO)], advisories, ..Report::default() }.closing()
        };
        assert!(!closing(Stage::Fmt, Advisories::NotAsked).contains("Advisories"));
        assert!(closing(Stage::Deny, Advisories::Consulted).contains("was consulted"));
        assert!(!closing(Stage::Deny, Advisories::Unreachable).contains("floors"));
        assert!(closing(Stage::Lock, Advisories::Unreachable).contains("9 floors alone"));
    }

    #[test]
    fn the_count_stands_alone_at_the_end() {
        let report = Report {
            times: vec![(Stage::Fmt, Duration::from_millis(700)), (Stage::Unit, Duration::from_secs(95))],
            tally: Tally { passed: 3, failed: 1, skipped: 0 },
            advisories: Advisories::Unreachable,
            complaint: Some("Stage `unit` failed: one test.".to_owned()),
        };
        let text = report.closing();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.last(), Some(&"3 passed, 1 failed"));
        assert!(lines.contains(&"fmt           0.7 s") && lines.contains(&"all          95.7 s"), "{text}");
        assert!(lines[lines.len() - 3].contains("cannot be reached"));
    }
}
