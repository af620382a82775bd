//! Counting tests from what Rust's test harness prints.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed, failed and were skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    /// Tests that held.
    pub(crate) passed: u64,
    /// Tests that did not.
    pub(crate) failed: u64,
    /// Tests marked as ignored.
    pub(crate) skipped: u64,
}

impl Tally {
    /// Counts what a run of tests printed; `success` is what its exit code said.
    ///
    /// A program may fail without a failed test: it crashed, a doc test did not compile, its time
    /// ran out. That is one failure, so that a broken run never reads as a good one. A program
    /// that prints no summary at all is one test.
    pub(crate) fn of_run(output: &str, success: bool) -> Self {
        let mut tally = Self::default();
        let mut summaries = 0;
        for summary in output.lines().filter_map(summary_line) {
            tally += summary;
            summaries += 1;
        }
        match (success, summaries) {
            (true, 0) => tally.passed += 1,
            (false, _) if tally.failed == 0 => tally.failed += 1,
            _ => {}
        }
        tally
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    /// `N passed, N failed`, and `, N skipped` where there are such.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(formatter, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Reads `test result: ok. 5 passed; 0 failed; 1 ignored; …`.
fn summary_line(line: &str) -> Option<Tally> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let mut tally = Tally::default();
    for count in counts.split("; ") {
        let (number, what) = count.split_once(' ')?;
        let field = match what {
            "passed" => &mut tally.passed,
            "failed" => &mut tally.failed,
            "ignored" => &mut tally.skipped,
            _ => continue,
        };
        *field = number.parse().ok()?;
    }
    Some(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.52s\n";
    const BAD: &str =
        "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.52s\n";

    #[test]
    fn runs_are_counted() {
        let tally = |passed, failed, skipped| Tally { passed, failed, skipped };
        let table = [
            (GOOD.to_owned(), true, tally(12, 0, 1)),
            (format!("running 1 test\n{GOOD}\nnoise\n{GOOD}"), true, tally(24, 0, 2)),
            (format!("{GOOD}{BAD}"), false, tally(15, 2, 1)),
            (GOOD.to_owned(), false, tally(12, 1, 1)),
            ("memory allocation failed".to_owned(), false, tally(0, 1, 0)),
            ("all model checks hold".to_owned(), true, tally(1, 0, 0)),
            ("test result: ok. many passed; 0 failed".to_owned(), true, tally(1, 0, 0)),
        ];
        for (output, success, expected) in table {
            assert_eq!(Tally::of_run(&output, success), expected, "{output}");
        }
    }

    #[test]
    fn the_closing_line_is_plain() {
        assert_eq!(Tally { passed: 7, failed: 0, skipped: 0 }.to_string(), "7 passed, 0 failed");
        assert_eq!(Tally { passed: 7, failed: 1, skipped: 2 }.to_string(), "7 passed, 1 failed, 2 skipped");
    }
}
