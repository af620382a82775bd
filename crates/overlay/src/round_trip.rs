//! How long to wait for an answer: from measured round trips, as TCP does (RFC 6298), never below
//! the network's first wait.

use std::time::Duration;

/// A smoothed round trip and its variation.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoundTrip {
    measured: Option<(Duration, Duration)>,
}

/// Longest wait for one answer, however slow the measured ones were.
pub const MAX_WAIT: Duration = Duration::from_secs(60);

impl RoundTrip {
    /// Takes one measurement in (RFC 6298, section 2).
    pub fn measure(&mut self, sample: Duration) {
        self.measured = Some(match self.measured {
            None => (sample, sample / 2),
            Some((smoothed, variation)) => {
                (smoothed * 7 / 8 + sample / 8, variation * 3 / 4 + smoothed.abs_diff(sample) / 4)
            }
        });
    }

    /// How long to wait for the answer to try number `tries` (0 for the first), at least `first`;
    /// half as long again with each try.
    #[must_use]
    pub fn wait(&self, first: Duration, tries: u32) -> Duration {
        let measured = self.measured.map_or(Duration::ZERO, |(smoothed, variation)| smoothed + variation * 4);
        let grown = first.max(measured).mul_f64(1.5f64.powi(tries.min(16) as i32));
        grown.min(MAX_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(2);

    #[test]
    fn waits_grow_with_tries_and_with_slow_answers() {
        let mut round_trip = RoundTrip::default();
        assert_eq!(round_trip.wait(FIRST, 0), FIRST);
        assert_eq!(round_trip.wait(FIRST, 1), Duration::from_secs(3));
        for _ in 0..50 {
            round_trip.measure(Duration::from_millis(10));
        }
        assert_eq!(round_trip.wait(FIRST, 0), FIRST, "fast answers do not shorten the first wait");
        round_trip.measure(Duration::from_secs(10));
        assert!(round_trip.wait(FIRST, 0) > Duration::from_secs(10));
        assert_eq!(round_trip.wait(FIRST, 100), MAX_WAIT);
    }
}
