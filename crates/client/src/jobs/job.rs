//! One job as [`Jobs`](super::Jobs) holds it: what it works at, and what is told of it.

use roneo_keys::time::Mono;
use roneo_overlay::NetworkState;

use super::desk::{self, Desk};
use super::fetch::Fetch;
use super::insert::Insert;
use super::pace::{self, Pace};
use super::publish::Publish;
use super::upkeep::Upkeep;
use crate::handle::{JobState, JobStatus, Waiting};

pub(super) struct Job {
    pub(super) status: JobStatus,
    pub(super) held_bytes: usize,
    pub(super) weak_bytes: usize,
    pub(super) paused: bool,
    /// Whether it is its turn. Jobs that are not kept need none.
    pub(super) runs: bool,
    /// Whether its journal is closed.
    pub(super) closed: bool,
    pub(super) pace: Pace,
    pub(super) work: Work,
}

// Both are large, few, and live in a map.
#[allow(clippy::large_enum_variant)]
pub(super) enum Work {
    Insert(Insert),
    Fetch(Fetch),
    Publish(Publish),
    Upkeep(Upkeep),
    /// A job that was over before a restart.
    Ended,
}

impl Job {
    pub(super) fn new(status: JobStatus, work: Work) -> Self {
        let pace = Pace::default();
        Self { status, held_bytes: 0, weak_bytes: 0, paused: false, runs: false, closed: false, pace, work }
    }

    /// Whether it counts against [`MAX_JOBS`].
    pub(super) fn is_active(&self) -> bool {
        !self.status.state.is_settled()
    }

    /// Whether it is one of those among which turns are given out.
    pub(super) fn wants_turn(&self) -> bool {
        self.status.queued && !self.paused && self.work.has_own_work()
    }

    /// Whether it may go on: it is its turn, or it needs none.
    pub(super) fn is_at_work(&self) -> bool {
        !self.status.queued || self.runs || (!self.paused && !self.work.has_own_work())
    }

    pub(super) fn next_timeout(&self, network: &NetworkState) -> Option<Mono> {
        self.work.next_timeout(network).filter(|_| self.is_at_work())
    }

    pub(super) fn is_due(&self, network: &NetworkState, now: Mono) -> bool {
        self.next_timeout(network).is_some_and(|due| due <= now)
    }

    /// Brings the status up to date, and says whether that changed it.
    pub(super) fn refresh(&mut self, now: Mono, network: &NetworkState) -> bool {
        let mut fresh = self.status.clone();
        match &self.work {
            Work::Insert(insert) => insert.describe(&mut fresh),
            Work::Fetch(fetch) => fetch.describe(&mut fresh),
            Work::Publish(publish) => publish.describe(&mut fresh),
            Work::Upkeep(upkeep) => upkeep.describe(&mut fresh),
            Work::Ended => return false,
        }
        let goes_on = matches!(fresh.state, JobState::Running | JobState::Weak);
        let waits = fresh.state == JobState::Running && !desk::ready(network);
        fresh.waiting = None;
        if goes_on && self.paused {
            fresh.state = JobState::Paused;
        } else if fresh.state == JobState::Running && !self.is_at_work() {
            fresh.state = JobState::Queued;
        } else if waits {
            fresh.waiting = Some(Waiting { needed: network.needed, known: network.known });
            fresh.state = JobState::Waiting;
        }
        fresh.bytes_done = pace::bytes_done(&fresh);
        self.pace.note(now, pace::measured(&fresh));
        fresh.words = pace::words(&fresh);
        let changed = fresh != self.status;
        if changed {
            (fresh.rate, fresh.left_s) = self.pace.outlook(now, &fresh);
            fresh.revision += 1;
            self.status = fresh;
        }
        changed
    }
}

impl Work {
    pub(super) fn advance(&mut self, desk: &mut Desk) {
        match self {
            Self::Insert(insert) => insert.advance(desk),
            Self::Fetch(fetch) => fetch.advance(desk),
            Self::Publish(publish) => publish.advance(desk),
            Self::Upkeep(upkeep) => upkeep.advance(desk),
            Self::Ended => {}
        }
    }

    pub(super) fn network_changed(&mut self, desk: &mut Desk, before: &NetworkState) {
        match self {
            Self::Insert(insert) => insert.network_changed(desk, before),
            Self::Publish(publish) => publish.network_changed(desk, before),
            Self::Upkeep(upkeep) => upkeep.network_changed(desk, before),
            // It only waits or goes on, which `advance` sees to.
            Self::Fetch(_) | Self::Ended => {}
        }
    }

    pub(super) fn abandon(&mut self, desk: &mut Desk) {
        match self {
            Self::Insert(insert) => insert.abandon(desk),
            Self::Fetch(fetch) => fetch.abandon(desk),
            Self::Publish(publish) => publish.abandon(desk),
            Self::Upkeep(upkeep) => upkeep.abandon(desk),
            Self::Ended => {}
        }
    }

    pub(super) fn next_timeout(&self, network: &NetworkState) -> Option<Mono> {
        match self {
            Self::Insert(insert) => insert.next_timeout(network),
            Self::Fetch(fetch) => fetch.next_timeout(),
            Self::Publish(publish) => publish.next_timeout(network),
            Self::Upkeep(upkeep) => upkeep.next_timeout(network),
            Self::Ended => None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Insert(insert) => insert.is_over(),
            Self::Fetch(fetch) => fetch.is_over(),
            Self::Publish(publish) => publish.is_over(),
            Self::Upkeep(upkeep) => upkeep.is_over(),
            Self::Ended => true,
        }
    }

    /// Whether all is over, at the consumer of content too.
    pub(super) fn is_finished(&self) -> bool {
        if let Self::Fetch(fetch) = self { fetch.is_finished() } else { self.is_over() }
    }

    /// Whether it has what needs a turn: content to code and place, or to fetch. What is weak is tried
    /// again beside that.
    pub(super) fn has_own_work(&self) -> bool {
        match self {
            Self::Insert(insert) => insert.is_running(),
            Self::Fetch(fetch) => !fetch.is_over(),
            Self::Publish(_) | Self::Upkeep(_) | Self::Ended => false,
        }
    }

    pub(super) fn held_bytes(&self) -> usize {
        match self {
            Self::Insert(insert) => insert.held_bytes(),
            Self::Fetch(fetch) => fetch.held_bytes(),
            Self::Publish(publish) => publish.held_bytes(),
            Self::Upkeep(upkeep) => upkeep.held_bytes(),
            Self::Ended => 0,
        }
    }

    pub(super) fn weak_bytes(&self) -> usize {
        match self {
            Self::Insert(insert) => insert.weak_bytes(),
            Self::Fetch(_) | Self::Publish(_) | Self::Upkeep(_) | Self::Ended => 0,
        }
    }
}
