use std::collections::{BTreeMap, VecDeque};

use roneo_content::ReedSolomon;
use roneo_keys::time::Mono;
use roneo_keys::{Block, Locator, SizeClass};
use roneo_overlay::{FirstAsk, NetworkState, Proof};

use super::healing::Healing;
use super::seen::Seen;
use super::{Action, CROWDED, CROWDED_WINDOW, Token};
use crate::handle::JobId;
use crate::journal::Entry;

/// Whether a job may work on more than one segment at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    Ample,
    Scarce,
}

/// What one job sees of the world while it takes one input: the time, the network, and where its
/// wishes go.
pub(super) struct Desk<'a> {
    pub(super) now: Mono,
    pub(super) network: NetworkState,
    pub(super) room: Room,
    /// Whether somebody more urgent is at work.
    pub(super) yields: bool,
    pub(super) codec: &'a ReedSolomon,
    pub(super) job: JobId,
    /// Whether the job is to go on after a restart.
    pub(super) kept: bool,
    /// Reads of blocks that were begun on this desk.
    pub(super) blocks_asked: u64,
    pub(super) requests: &'a mut Requests,
    pub(super) actions: &'a mut VecDeque<Action>,
    pub(super) seen: &'a mut Seen,
    pub(super) healing: &'a mut Healing,
}

/// Whether a path can be built, so that requests have any meaning.
pub(super) const fn ready(network: &NetworkState) -> bool {
    network.known >= network.needed
}

impl Desk<'_> {
    pub(super) fn ready(&self) -> bool {
        ready(&self.network)
    }

    /// How many requests a job may have under way that would have `full` of them on a quiet node.
    ///
    /// Never none: a job without a request of its own would have no input coming to go on by.
    pub(super) fn window(&self, full: usize) -> usize {
        if self.requests.owners.len() < CROWDED && !self.yields { full } else { CROWDED_WINDOW.min(full) }
    }

    pub(super) fn read(&mut self, offset: u64, len: usize) {
        self.actions.push_back(Action::Read { job: self.job, offset, len });
    }

    pub(super) fn deliver(&mut self, offset: u64, bytes: Vec<u8>, last: bool) {
        self.actions.push_back(Action::Deliver { job: self.job, offset, bytes, last });
    }

    pub(super) fn journal(&mut self, entry: &Entry) {
        if self.kept {
            self.actions.push_back(Action::Journal { job: self.job, entry: entry.to_bytes(), ends: false });
        }
    }

    /// Has a block placed again that storers were found to lack, some time later.
    pub(super) fn heal(&mut self, block: Block, copies: u8) {
        self.healing.add(self.now, block, copies);
    }

    /// As many of the shards found absent as there is room to heal; the rest is let go.
    pub(super) fn heal_room<'s>(&mut self, absent: &'s [usize]) -> &'s [usize] {
        let (heal, drop) = absent.split_at(absent.len().min(self.healing.room()));
        self.healing.let_go(drop.len());
        heal
    }

    pub(super) fn put(&mut self, locator: Locator, block: Block, proof: Proof, copies: u8) -> Token {
        let token = self.requests.begin(self.job);
        self.actions.push_back(Action::Put { token, locator, block, proof, copies });
        token
    }

    pub(super) fn get_record(&mut self, locator: Locator, answers: usize) -> Token {
        let token = self.requests.begin(self.job);
        self.actions.push_back(Action::GetRecord { token, locator, answers });
        token
    }

    pub(super) fn get(&mut self, locator: Locator, class: SizeClass, first: FirstAsk) -> Token {
        let token = self.requests.begin(self.job);
        self.blocks_asked += u64::from(class == SizeClass::Block);
        self.actions.push_back(Action::Get { token, locator, class, first });
        token
    }

    /// Has dummy reads of blocks leave with those before.
    pub(super) fn dummies(&mut self, count: u64) {
        if count > 0 {
            self.actions.push_back(Action::Dummies(count));
        }
    }

    /// Ends a request whose answer is of no more use. One that the owner has not seen yet it never sees.
    pub(super) fn withdraw(&mut self, token: Token) {
        if self.requests.answered(token).is_none() {
            return;
        }
        let unseen = self.actions.iter().position(|action| match action {
            Action::Put { token: of, .. } | Action::Get { token: of, .. } | Action::GetRecord { token: of, .. } => {
                *of == token
            }
            _ => false,
        });
        match unseen {
            Some(position) => drop(self.actions.remove(position)),
            None => self.actions.push_back(Action::CancelRequest { token }),
        }
    }
}

/// Requests without an answer, and whose they are. Bounded by the windows of the jobs.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: u64,
    owners: BTreeMap<Token, JobId>,
}

impl Requests {
    pub(super) fn begin(&mut self, job: JobId) -> Token {
        self.last += 1;
        let token = Token(self.last);
        self.owners.insert(token, job);
        token
    }

    pub(super) fn owner(&self, token: Token) -> Option<JobId> {
        self.owners.get(&token).copied()
    }

    /// Notes that a request is over. `None` for one that is not known, or over already.
    pub(super) fn answered(&mut self, token: Token) -> Option<JobId> {
        self.owners.remove(&token)
    }
}
