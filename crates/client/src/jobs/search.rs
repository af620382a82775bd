//! The search for one block that nothing can stand in for: a root, a keep list, a single block.

use std::time::Duration;

use roneo_content::redundancy::MAX_COPIES;
use roneo_keys::time::Mono;
use roneo_keys::{Block, Locator, SizeClass};
use roneo_overlay::{BlockAnswer, FirstAsk};

use super::Token;
use super::desk::Desk;

/// Rounds in which a fetch asks for what it does not find, before it fails.
pub const FETCH_ROUNDS: u32 = 3;
/// Wait between two rounds.
pub const FETCH_RETRY: Duration = Duration::from_secs(5);

/// Looks for one block, in up to [`FETCH_ROUNDS`] rounds of one request each. The last asks every storer
/// that should have it.
pub(super) struct Search {
    locator: Locator,
    class: SizeClass,
    first: FirstAsk,
    rounds: u32,
    /// Of the round in which most storers answered.
    tally: Tally,
    stage: Stage,
}

/// How many storers answered a search how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// With the block.
    pub(super) holding: usize,
    /// That they do not have it.
    pub(super) without: usize,
    /// Not at all, where the search counted copies.
    pub(super) silent: usize,
}

enum Stage {
    Due,
    Asking,
    Resting { until: Mono },
}

/// What the end of a request means for a search.
pub(super) enum Found {
    /// Here it is, and how many storers lacked it.
    Block(Block, Tally),
    /// Nothing yet; another round may find it.
    Open,
    /// All rounds are over.
    Missing(Tally),
}

impl Search {
    pub(super) fn new(locator: Locator, class: SizeClass) -> Self {
        Self { locator, class, first: FirstAsk::Two, rounds: 0, tally: Tally::default(), stage: Stage::Due }
    }

    /// A search that counts the copies at the first `storers`.
    pub(super) fn counting(locator: Locator, class: SizeClass, storers: u8) -> Self {
        Self { first: FirstAsk::Every(storers), ..Self::new(locator, class) }
    }

    /// Begins a round if one is due, and gives the token of its request.
    pub(super) fn ask(&mut self, desk: &mut Desk) -> Option<Token> {
        if !matches!(self.stage, Stage::Due) {
            return None;
        }
        self.stage = Stage::Asking;
        // Those that a reader asks first may have lost it, while others that should have it have it.
        let last = self.rounds + 1 == FETCH_ROUNDS && self.tally.without > 0;
        let first = if last { FirstAsk::Every(MAX_COPIES) } else { self.first };
        Some(desk.get(self.locator, self.class, first))
    }

    /// Takes the answer to the request.
    pub(super) fn done(&mut self, desk: &Desk, answer: BlockAnswer) -> Found {
        let BlockAnswer { block, holding, without, silent } = answer;
        let tally = Tally { holding, without, silent };
        // A maker can give a block's locator where a leaf is due: nobody has what was asked for.
        match block.filter(|block| block.class() == self.class) {
            Some(block) => return Found::Block(block, tally),
            None if without >= self.tally.without => self.tally = Tally { holding: 0, ..tally },
            None => {}
        }
        // Where no path can be built, nobody was asked.
        self.rounds += u32::from(desk.ready());
        if self.rounds >= FETCH_ROUNDS {
            return Found::Missing(self.tally);
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
