use std::collections::BTreeMap;

use roneo_content::record::{Record, Sequence};
use roneo_keys::{Locator, RecordKind};

/// Names whose newest record is remembered, at most.
pub const MAX_SEEN: usize = 4_096;

/// The newest record that this node has seen of each name, so that no storer can take a reader back.
///
/// In memory alone: a file of the names that somebody reads would say what they read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    newest: BTreeMap<Locator, (Sequence, u64)>,
    /// Counts looks, to know which name was not looked at for longest.
    looks: u64,
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
}
