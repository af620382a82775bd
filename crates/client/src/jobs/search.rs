//! The search for one block that nothing can stand in for: a root, a keep list, a single block.

use std::time::Duration;

use roneo_keys::time::Mono;
use roneo_keys::{Block, Locator, SizeClass};
use roneo_overlay::FirstAsk;

use super::Token;
use super::desk::Desk;

/// Rounds in which a fetch asks for what it does not find, before it fails.
pub const FETCH_ROUNDS: u32 = 3;
/// Wait between two rounds.
pub const FETCH_RETRY: Duration = Duration::from_secs(5);

/// Looks for one block, in up to [`FETCH_ROUNDS`] rounds of one request each.
pub(super) struct Search {
    locator: Locator,
    class: SizeClass,
    rounds: u32,
    /// Most storers that answered in one round that they do not have it.
    answered: usize,
    stage: Stage,
}

enum Stage {
    Due,
    Asking,
    Resting { until: Mono },
}

/// What the end of a request means for a search.
pub(super) enum Found {
    /// Here it is.
    Block(Block),
    /// Nothing yet; another round may find it.
    Open,
    /// All rounds are over.
    Missing {
        /// Storers that answered that they do not have it.
        answered: usize,
    },
}

impl Search {
    pub(super) fn new(locator: Locator, class: SizeClass) -> Self {
        Self { locator, class, rounds: 0, answered: 0, stage: Stage::Due }
    }

    /// Begins a round if one is due, and gives the token of its request.
    pub(super) fn ask(&mut self, desk: &mut Desk) -> Option<Token> {
        if !matches!(self.stage, Stage::Due) {
            return None;
        }
        self.stage = Stage::Asking;
        Some(desk.get(self.locator, self.class, FirstAsk::Two))
    }

    /// Takes the answer to the request.
    pub(super) fn done(&mut self, desk: &Desk, answer: Result<Block, usize>) -> Found {
        match answer {
            Ok(block) if block.class() == self.class => return Found::Block(block),
            // A maker can give a block's locator where a leaf is due: nobody has what was asked for.
            Ok(_) => {}
            Err(answered) => self.answered = self.answered.max(answered),
        }
        // Where no path can be built, nobody was asked.
        self.rounds += u32::from(desk.ready());
        if self.rounds >= FETCH_ROUNDS {
            return Found::Missing { answered: self.answered };
        }
        self.stage = Stage::Resting { until: desk.now + FETCH_RETRY };
        Found::Open
    }

    pub(super) fn handle_timeout(&mut self, now: Mono) {
        if matches!(self.stage, Stage::Resting { until } if until <= now) {
            self.stage = Stage::Due;
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Mono> {
        if let Stage::Resting { until } = self.stage { Some(until) } else { None }
    }
}
