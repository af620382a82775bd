use std::collections::{BTreeMap, VecDeque};

use roneo_content::record::{Record, Sequence};
use roneo_keys::{Locator, RecordKind};

/// Names whose newest record is remembered, at most.
pub const MAX_SEEN: usize = 4_096;
/// Documents that this node wrote and remembers, at most.
pub const MAX_WROTE: usize = 1_024;

/// The newest record that this node has seen of each name, so that no storer can take a reader back.
///
/// In memory alone: a file of the names that somebody reads would say what they read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    newest: BTreeMap<Locator, (Sequence, u64)>,
    /// Counts looks, to know which name was not looked at for longest.
    looks: u64,
    /// Documents that were stored for this node: where, and the hash of what. The newest first.
    wrote: VecDeque<(Locator, Locator)>,
}

impl Seen {
    /// The newest sequence seen of a name; `None` on a first visit.
    pub(super) fn newest(&self, locator: &Locator) -> Option<Sequence> {
        self.newest.get(locator).map(|&(sequence, _)| sequence)
    }

    /// Notes a record whose signatures were checked.
    pub(super) fn note(&mut self, record: &Record) {
        if record.kind() != RecordKind::Slot {
            return;
        }
        self.looks += 1;
        let (locator, looks) = (record.locator(), self.looks);
        let (sequence, look) = self.newest.entry(locator).or_default();
        (*sequence, *look) = ((*sequence).max(record.sequence()), looks);
        if self.newest.len() > MAX_SEEN
            && let Some(oldest) = self.newest.iter().min_by_key(|(_, (_, look))| *look).map(|(locator, _)| *locator)
        {
            self.newest.remove(&oldest);
        }
    }

    /// Notes a document that was stored for this node.
    pub(super) fn wrote(&mut self, record: &Record) {
        if record.kind() != RecordKind::Document {
            return;
        }
        self.wrote.retain(|(locator, _)| *locator != record.locator());
        self.wrote.truncate(MAX_WROTE - 1);
        self.wrote.push_front((record.locator(), record.block().locator()));
    }

    /// Whether a document stands where this node wrote another.
    pub(super) fn is_lost(&self, found: &Record) -> bool {
        let (locator, hash) = (found.locator(), found.block().locator());
        self.wrote.iter().any(|(place, wrote)| *place == locator && *wrote != hash)
    }
}
