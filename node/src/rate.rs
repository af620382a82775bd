//! [`Rate`]: a hard cap on bytes per second, shared by every link.

use std::sync::Mutex;
use std::time::Duration;

use roneo_keys::time::Mono;

/// How much may pass at once after a quiet time.
const BURST: Duration = Duration::from_millis(500);

/// What a frame costs beyond its bytes, as an allowance: its length, one Yamux header, two Noise
/// messages, TCP and IP headers.
pub(crate) const FRAME_OVERHEAD: usize = 120;

/// A token bucket that hands out times instead of tokens: whoever asks is told how long to wait,
/// and the wait of the next begins where this one's ends. So links are served in the order in
/// which they ask, and no task wakes only to find the bucket empty.
#[derive(Debug)]
pub(crate) struct Rate {
    bytes_per_second: u64,
    /// When all that was let pass so far will have passed at the cap.
    paid_until: Mutex<Mono>,
}

impl Rate {
    /// A cap; `None` for none.
    pub(crate) fn new(bytes_per_second: Option<u64>) -> Option<Self> {
        let bytes_per_second = bytes_per_second.filter(|cap| *cap > 0)?;
        Some(Self { bytes_per_second, paid_until: Mutex::new(Mono::default()) })
    }

    /// How long whoever sends or takes `bytes` now must wait first.
    pub(crate) fn take(&self, now: Mono, bytes: usize) -> Duration {
        let micros = u128::from(bytes as u64) * 1_000_000 / u128::from(self.bytes_per_second);
        let cost = Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        // The lock guards one number: poisoned, the number is as good as before.
        let mut paid_until = self.paid_until.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let begins = (*paid_until).max(now - BURST);
        *paid_until = begins + cost;
        paid_until.since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cap_and_a_cap_of_zero_are_none() {
        assert!(Rate::new(None).is_none());
        assert!(Rate::new(Some(0)).is_none());
    }

    #[test]
    fn a_quiet_line_lets_a_burst_pass_and_then_the_cap_holds() {
        let rate = Rate::new(Some(100_000)).unwrap();
        let start = Mono(60_000_000);
        assert_eq!(rate.take(start, 50_000), Duration::ZERO);
        assert_eq!(rate.take(start, 10_000), Duration::from_millis(100));
        assert_eq!(rate.take(start, 10_000), Duration::from_millis(200));
        assert_eq!(rate.take(start + Duration::from_secs(10), 50_000), Duration::ZERO);
    }

    /// Over any stretch no more than the cap and one burst pass, whoever asks and however often.
    #[test]
    fn over_a_minute_the_cap_holds() {
        let rate = Rate::new(Some(64 * 1_024)).unwrap();
        let mut now = Mono(5_000_000);
        let begin = now;
        let mut passed = 0;
        while now.since(begin) < Duration::from_secs(60) {
            now = now + rate.take(now, 34_308);
            passed += 34_308;
        }
        let cap = 64 * 1_024 * 60;
        assert!(passed <= cap + 32 * 1_024 + 34_308, "{passed} of {cap}");
        assert!(passed >= cap, "{passed} of {cap}");
    }
}
