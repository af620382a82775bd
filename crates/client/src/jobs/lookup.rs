//! The search for the best record of a name.

use roneo_content::record::Record;
use roneo_keys::Locator;
use roneo_keys::time::Mono;

use super::desk::Desk;
use super::search::{FETCH_RETRY, FETCH_ROUNDS};
use super::{RecordAnswer, Token};

/// Storers whose answers are waited for where the newest record seen of a name is remembered.
pub const ANSWERS: usize = 3;
/// Storers whose answers are waited for on a first visit, and before anything is written.
pub const ANSWERS_FIRST: usize = 5;

/// Looks for the best record of one name, in up to [`FETCH_ROUNDS`] rounds of one request each.
pub(super) struct Lookup {
    locator: Locator,
    /// Whether the name is about to be written: then that nobody has a record is an answer too.
    for_writing: bool,
    rounds: u32,
    /// Storers asked in the last round.
    asked: usize,
    best: Option<Record>,
    stage: Stage,
}

enum Stage {
    Due,
    Asking(Token),
    Resting { until: Mono },
}

/// What the end of a request means for a lookup.
pub(super) enum Looked {
    /// The best that there is, and how many storers answered in the last round.
    Found { record: Record, answered: usize },
    /// Nothing that will do yet; another round may find it.
    Open,
    /// All rounds are over.
    Missing {
        /// Storers that answered in the last round that they have none.
        answered: usize,
        /// What was found and is older than what this node has seen.
        outdated: Option<Record>,
    },
}

impl Lookup {
    pub(super) fn to_read(locator: Locator) -> Self {
        Self { locator, for_writing: false, rounds: 0, asked: 0, best: None, stage: Stage::Due }
    }

    pub(super) fn to_write(locator: Locator) -> Self {
        Self { for_writing: true, ..Self::to_read(locator) }
    }

    /// Begins a round if one is due, and gives the token of its request.
    pub(super) fn ask(&mut self, desk: &mut Desk) -> Option<Token> {
        if !matches!(self.stage, Stage::Due) {
            return None;
        }
        let first = self.for_writing || desk.seen.newest(&self.locator).is_none();
        self.asked = if first { ANSWERS_FIRST } else { ANSWERS };
        let token = desk.get_record(self.locator, self.asked);
        self.stage = Stage::Asking(token);
        Some(token)
    }

    /// Storers asked in the last round.
    pub(super) fn asked(&self) -> usize {
        self.asked
    }

    /// The request under way.
    pub(super) fn token(&self) -> Option<Token> {
        if let Stage::Asking(token) = self.stage { Some(token) } else { None }
    }

    /// Takes the answer to the request.
    pub(super) fn done(&mut self, desk: &mut Desk, answer: RecordAnswer) -> Looked {
        let RecordAnswer { best, answered, .. } = answer;
        if let Some(record) = best.filter(|new| self.best.as_ref().is_none_or(|best| new.against(best).is_gt())) {
            self.best = Some(record);
        }
        let newest = desk.seen.newest(&self.locator);
        if let Some(record) = self.best.clone().filter(|best| newest.is_none_or(|newest| best.sequence() >= newest)) {
            desk.seen.note(&record);
            return Looked::Found { record, answered };
        }
        // Where no path can be built, nobody was asked.
        self.rounds += u32::from(desk.ready());
        if self.rounds >= FETCH_ROUNDS || (self.for_writing && answered > 0 && newest.is_none()) {
            return Looked::Missing { answered, outdated: self.best.take() };
        }
        self.stage = Stage::Resting { until: desk.now + FETCH_RETRY };
        Looked::Open
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
