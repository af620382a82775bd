/// Why a packet goes no further. On the wire all of these are the same silence: an answer that told
/// them apart would tell the sender which key a node holds or which packets it has seen. They are
/// told apart in the node's own counters only, by [`name`](Self::name).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Dropped {
    /// Its length is that of no class. The peer does not speak this protocol.
    #[error("a packet whose length is that of no class")]
    WrongLength,
    /// No key of this node opens it: sealed for another node, for a day that is over, for a key from
    /// before the last start, or changed on the way.
    #[error("a packet that none of this node's keys opens")]
    Unreadable,
    /// Opened before under the same key. Somebody sent a recorded packet again, or a reply block
    /// was used twice.
    #[error("a packet that came before")]
    Replayed,
    /// The replay filter of its key is full, so a second coming could not be told from a first.
    #[error("a packet that the full replay filter cannot remember")]
    ReplayFilterFull,
    /// Made for another version of Sphinx than 260.
    #[error("a packet of another Sphinx version")]
    WrongVersion,
    /// Made under rules that this node does not know, or with bytes where the rules have none.
    #[error("a packet made under other rules")]
    WrongRules,
    /// Its length is that of one class, and its sender said the other.
    #[error("a packet whose length is not that of its class")]
    WrongClass,
    /// It reached the end of its path, and what it carries was changed on the way.
    #[error("a packet whose content was changed on the way")]
    Corrupt,
}

impl Dropped {
    /// Every reason, for a registry of counters.
    pub const ALL: [Self; 8] = [
        Self::WrongLength,
        Self::Unreadable,
        Self::Replayed,
        Self::ReplayFilterFull,
        Self::WrongVersion,
        Self::WrongRules,
        Self::WrongClass,
        Self::Corrupt,
    ];

    /// The name of this reason's counter: lower case, words joined by `_`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongLength => "wrong_length",
            Self::Unreadable => "unreadable",
            Self::Replayed => "replayed",
            Self::ReplayFilterFull => "replay_filter_full",
            Self::WrongVersion => "wrong_version",
            Self::WrongRules => "wrong_rules",
            Self::WrongClass => "wrong_class",
            Self::Corrupt => "corrupt",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_has_a_counter_of_its_own() {
        let names: HashSet<_> = Dropped::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Dropped::ALL.len());
    }
}
