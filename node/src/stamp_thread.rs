//! The thread that makes stamps: work that busy storers ask for before they serve.
//!
//! It makes one at a time, in the order in which they were asked for, so that a node that pays much still leaves its user
//! most of the machine.

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use roneo_overlay::SolveId;
use roneo_social::{Challenge, Effort, Proof, Solver};
use tokio::sync::mpsc;

/// Stamps that may wait, which is all that an overlay asks for at one time.
pub(crate) const STAMP_QUEUE: usize = roneo_overlay::MAX_SOLVES;
/// Nonces tried between two looks at whether the stamp is still wanted: about a tenth of a second.
const ATTEMPTS: u32 = 10;

/// A stamp to be made.
pub(crate) struct Ask {
    pub(crate) solve: SolveId,
    pub(crate) challenge: Challenge,
    pub(crate) effort: Effort,
    pub(crate) nonce: u64,
}

/// A stamp that was made; `None` where nobody wanted it any longer.
pub(crate) type Solved = (SolveId, Option<Proof>);

type Wanted = Arc<Mutex<BTreeSet<SolveId>>>;

/// The handle of the thread, which ends soon after this is dropped.
pub(crate) struct StampThread {
    asks: SyncSender<Ask>,
    wanted: Wanted,
}

impl StampThread {
    /// Starts it.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(crate) fn start(answers: mpsc::Sender<Solved>) -> io::Result<Self> {
        let (asks, asked) = sync_channel(STAMP_QUEUE);
        let wanted = Wanted::default();
        let theirs = Arc::clone(&wanted);
        std::thread::Builder::new().name("roneo-stamps".to_owned()).spawn(move || serve(&asked, &theirs, &answers))?;
        Ok(Self { asks, wanted })
    }

    /// Asks for a stamp, and says whether there was room.
    pub(crate) fn solve(&self, ask: Ask) -> bool {
        let solve = ask.solve;
        lock(&self.wanted).insert(solve);
        let taken = self.asks.try_send(ask).is_ok();
        if !taken {
            lock(&self.wanted).remove(&solve);
        }
        taken
    }

    /// Says that a stamp is not wanted any longer.
    pub(crate) fn unsolve(&self, solve: SolveId) {
        lock(&self.wanted).remove(&solve);
    }
}

impl Drop for StampThread {
    fn drop(&mut self) {
        lock(&self.wanted).clear();
    }
}

fn serve(asked: &Receiver<Ask>, wanted: &Wanted, answers: &mpsc::Sender<Solved>) {
    while let Ok(Ask { solve, challenge, effort, nonce }) = asked.recv() {
        let mut proof = None;
        if lock(wanted).contains(&solve) {
            let mut solver = Solver::new(challenge, effort, nonce);
            while proof.is_none() && lock(wanted).contains(&solve) {
                proof = solver.step(ATTEMPTS);
            }
        }
        lock(wanted).remove(&solve);
        // Nobody waits for it once the node stops.
        if answers.blocking_send((solve, proof)).is_err() {
            return;
        }
    }
}

/// A set of numbers: poisoned, it is as good as before.
fn lock(wanted: &Wanted) -> std::sync::MutexGuard<'_, BTreeSet<SolveId>> {
    wanted.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(number: u64, effort: u32) -> Ask {
        let challenge = Challenge::of_hash([number as u8; 32]);
        Ask { solve: SolveId(number), challenge, effort: Effort::new(effort).unwrap(), nonce: 0 }
    }

    #[test]
    fn stamps_come_in_the_order_asked_for_unless_they_are_unwanted() {
        let (answers, mut solved) = mpsc::channel(STAMP_QUEUE);
        let stamps = StampThread::start(answers).unwrap();
        // The second is more than anybody waits for here.
        for (number, effort) in [(1, 4), (2, 1 << 24), (3, 4)] {
            assert!(stamps.solve(ask(number, effort)));
        }
        let (first, proof) = solved.blocking_recv().unwrap();
        assert_eq!(first, SolveId(1));
        assert!(proof.unwrap().verify(&ask(1, 4).challenge, Effort::new(4).unwrap()).is_ok());
        stamps.unsolve(SolveId(2));
        assert_eq!(solved.blocking_recv().unwrap(), (SolveId(2), None));
        let (last, proof) = solved.blocking_recv().unwrap();
        assert_eq!((last, proof.is_some()), (SolveId(3), true));
        assert!(stamps.solve(ask(4, 1 << 24)));
        drop(stamps);
        // One that is under way ends with the handle.
        while solved.blocking_recv().is_some() {}
    }

    #[test]
    fn what_there_is_no_room_for_is_refused() {
        let (answers, _solved) = mpsc::channel(1);
        let stamps = StampThread::start(answers).unwrap();
        let taken = (0..2 * STAMP_QUEUE as u64).filter(|number| stamps.solve(ask(*number, 1 << 24))).count();
        assert!((STAMP_QUEUE..=STAMP_QUEUE + 1).contains(&taken), "{taken}");
    }
}
