//! Idle padding: a guard hears from its client every five seconds on the mean, whether or not there is something to say.
//!
//! Turns come at random times that follow from nothing but a mean ([`Rules::padding`](crate::Rules)) and chance. At each:
//!
//! 1. a request that can wait for its turn leaves, if there is one: an open board's reads do;
//! 2. else a small packet that left of its own since then stands in for it, each for one turn, at most
//!    [`MAX_STOOD_IN`] of them, so that reading one small thing now and then leaves the count of packets as it was, and a
//!    long fetch is not followed by a long silence;
//! 3. else a [dummy read](crate::dummy) leaves.
//!
//! **Why exponential times.** A request of a user who waits leaves at once, at a time that the user chose. Among turns of
//! a fixed clock it would stand out by its phase; among exponential ones, which have no memory, a packet at any moment is
//! as likely as at any other, whatever came before. A fixed clock is what the high mode takes, where nothing leaves beside
//! it. Two packets within a few milliseconds remain rare (the first request for a root goes to two storers), and are what
//! this does not hide.
//!
//! **Answers.** One dummy in [`BLOCK_ANSWER_ONE_IN`] has its answer in the block class: an open board is read every
//! 20 s on the mean and answered with a block, and would otherwise be seen by that alone.
//!
//! **What it costs** at a mean of 5 s, in an hour: 720 packets out, 3.7 MB; 720 in, of which 180 blocks, 8.9 MB. Each
//! passes four links there and four back, so that a network in which everybody pads sends 50 MB an hour for each node, 14
//! KB/s. A dummy takes 2.2 ms of CPU time, on all nodes of its way together (measured in 24 overlays of one process,
//! AMD EPYC): 0.44 ms a second for each node that pads, and about half as much again for links.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use roneo_keys::SizeClass;
use roneo_keys::time::Now;

use crate::dummy::Dummies;
use crate::environment::Environment;
use crate::requester::{RequestId, Requester};
use crate::timers::Timer;

/// Turns that packets already sent stand in for, at most.
pub(crate) const MAX_STOOD_IN: u64 = 4;
/// Requests that wait for a turn, at most; further ones do not wait.
pub(crate) const MAX_IN_TURN: usize = 64;
/// One dummy in so many is answered in the block class.
pub(crate) const BLOCK_ANSWER_ONE_IN: u32 = 4;
/// The longest time between two turns, in means. One draw in 400 is cut.
const LONGEST: f64 = 6.0;

/// When to pad, and what takes the place of padding.
pub(crate) struct Padding {
    /// `None` for no padding at all.
    mean: Option<Duration>,
    /// Small packets of own making that were counted already.
    counted: u64,
    /// Turns that those of them stand in for which have had none yet.
    stood_in: u64,
    in_turn: VecDeque<RequestId>,
}

impl Padding {
    /// Sets the first turn.
    pub(crate) fn new(env: &mut Environment, now: Now) -> Self {
        let padding = Self { mean: env.rules.padding, counted: 0, stood_in: 0, in_turn: VecDeque::new() };
        padding.set_turn(env, now);
        padding
    }

    fn set_turn(&self, env: &mut Environment, now: Now) {
        if let Some(mean) = self.mean {
            let pause = spacing(mean, env.rng.random());
            env.timers.set(now.mono + pause, Timer::Padding);
        }
    }

    /// Has a request that was begun and not sent wait for its turn; sends it at once where nothing is padded or too many
    /// wait.
    pub(crate) fn wait(&mut self, env: &mut Environment, now: Now, requester: &mut Requester, request: RequestId) {
        if self.mean.is_some() && self.in_turn.len() < MAX_IN_TURN {
            self.in_turn.push_back(request);
        } else {
            requester.advance(env, now, request);
        }
    }

    /// A turn has come.
    pub(crate) fn turn(&mut self, env: &mut Environment, now: Now, requester: &mut Requester, dummies: &mut Dummies) {
        self.set_turn(env, now);
        self.stood_in = (self.stood_in + self.sent(env)).min(MAX_STOOD_IN);
        while let Some(request) = self.in_turn.pop_front() {
            if requester.is_running(request) {
                requester.advance(env, now, request);
                env.counters.padding_replaced += 1;
                // The first of its packets has this turn.
                self.stood_in = (self.stood_in + self.sent(env).saturating_sub(1)).min(MAX_STOOD_IN);
                return;
            }
        }
        if self.stood_in > 0 {
            self.stood_in -= 1;
            env.counters.padding_replaced += 1;
            return;
        }
        let class = if env.rng.random_range(0..BLOCK_ANSWER_ONE_IN) == 0 { SizeClass::Block } else { SizeClass::Leaf };
        env.counters.padding_sent += u64::from(dummies.read(env, now, class));
    }

    /// Small packets sent since this was asked last.
    fn sent(&mut self, env: &Environment) -> u64 {
        let before = std::mem::replace(&mut self.counted, env.small_sent);
        env.small_sent.saturating_sub(before)
    }
}

/// An exponential time of this mean, from a word of chance; cut at [`LONGEST`] means.
fn spacing(mean: Duration, word: u64) -> Duration {
    // From the 53 bits that a double holds: above 0, at most 1.
    let chance = ((word >> 11) + 1) as f64 / (1u64 << 53) as f64;
    mean.mul_f64((-chance.ln()).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha20Rng;

    const MEAN: Duration = Duration::from_secs(5);

    #[test]
    fn turns_have_their_mean_and_no_memory() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let drawn: Vec<f64> = (0..20_000).map(|_| spacing(MEAN, rng.next_u64()).as_secs_f64()).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        assert!((4.85..5.15).contains(&mean), "{mean}");
        // Of those that last longer than t, as many last longer than t + 5 s, whatever t is.
        for waited in [0.0, 2.0, 5.0, 10.0] {
            let longer = |than: f64| drawn.iter().filter(|time| **time > than).count() as f64;
            let share = longer(waited + 5.0) / longer(waited);
            assert!((share - (-1.0f64).exp()).abs() < 0.03, "{waited}: {share}");
        }
    }

    proptest! {
        #[test]
        fn no_turn_is_later_than_six_means(word: u64) {
            prop_assert!(spacing(MEAN, word) <= 6 * MEAN);
        }
    }

    #[test]
    fn the_ends_of_chance_are_times_too() {
        assert_eq!(spacing(MEAN, u64::MAX), Duration::ZERO);
        assert_eq!(spacing(MEAN, 0), 6 * MEAN);
    }
}
