//! [`Traffic`]: how much all links carry, now and today.

use std::sync::Mutex;

use roneo_client::handle::{Flow, Traffic as Measured};
use roneo_keys::time::Now;

/// Seconds over which a rate is taken.
const WINDOW_S: u64 = 10;
const DAY_S: u64 = 86_400;

/// Which way bytes went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Sent,
    Received,
}

/// Counts the bytes of every link. A day is one of UTC, and its count begins with the node.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    ways: Mutex<[Meter; 2]>,
}

/// One way.
#[derive(Debug, Clone, Copy, Default)]
struct Meter {
    /// Bytes of the last seconds, by second modulo [`WINDOW_S`], and which seconds these are.
    seconds: [(u64, u64); WINDOW_S as usize],
    day: u64,
    today: u64,
}

impl Traffic {
    /// Counts bytes.
    pub(crate) fn count(&self, now: Now, way: Way, bytes: usize) {
        self.with(|ways| ways[way as usize].count(now, bytes as u64));
    }

    /// How much there was.
    pub(crate) fn measured(&self, now: Now) -> Measured {
        self.with(|ways| Measured {
            sent: ways[Way::Sent as usize].flow(now),
            received: ways[Way::Received as usize].flow(now),
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut [Meter; 2]) -> R) -> R {
        // The lock guards numbers: poisoned, they are as good as before.
        act(&mut self.ways.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl Meter {
    fn count(&mut self, now: Now, bytes: u64) {
        let second = second(now);
        let place = &mut self.seconds[(second % WINDOW_S) as usize];
        if place.0 != second {
            *place = (second, 0);
        }
        place.1 += bytes;
        let day = now.wall.0 / DAY_S;
        if self.day != day {
            (self.day, self.today) = (day, 0);
        }
        self.today += bytes;
    }

    /// The second that has only begun counts too: a quiet line comes to nothing within the window.
    fn flow(&self, now: Now) -> Flow {
        let second = second(now);
        let recent = self.seconds.iter().filter(|(at, _)| second.saturating_sub(*at) < WINDOW_S);
        let today = if self.day == now.wall.0 / DAY_S { self.today } else { 0 };
        Flow { per_s: recent.map(|(_, bytes)| bytes).sum::<u64>() / WINDOW_S, today }
    }
}

fn second(now: Now) -> u64 {
    now.mono.0 / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_keys::time::{Mono, Wall};

    fn at(second: u64) -> Now {
        Now { mono: Mono(second * 1_000_000), wall: Wall(10 * DAY_S + second) }
    }

    #[test]
    fn a_rate_is_of_the_last_seconds_and_a_day_of_its_own() {
        let traffic = Traffic::default();
        for second in 100..120 {
            traffic.count(at(second), Way::Sent, 1_000);
        }
        let measured = traffic.measured(at(119));
        assert_eq!((measured.sent, measured.received), (Flow { per_s: 1_000, today: 20_000 }, Flow::default()));
        assert_eq!(traffic.measured(at(124)).sent.per_s, 500);
        assert_eq!(traffic.measured(at(200)).sent, Flow { per_s: 0, today: 20_000 });
        assert_eq!(traffic.measured(at(DAY_S)).sent, Flow::default(), "another day");
        traffic.count(at(DAY_S), Way::Received, 70);
        assert_eq!(traffic.measured(at(DAY_S)).received, Flow { per_s: 7, today: 70 });
    }
}
