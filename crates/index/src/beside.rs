//! What stands beside posts and persons, whether they were heard already or not.
//!
//! Kept by what it is about, so that it does not matter which came first. Of what one person says about one thing
//! only so much is kept as can ever be shown, and which of it does not depend on the order of hearing either: the
//! newest so many, or, where only the newest stands, that one and those whose time has not come.

use std::collections::HashMap;

use roneo_social::{EnvelopeId, LabelTarget, MAX_AHEAD_S, ReactionWord};

use crate::bounds::{MAX_CORRECTIONS_EACH, MAX_EDITS, MAX_LABELS_EACH, MAX_TAKINGS_EACH};
use crate::record::{Facts, LabelFacts};
use crate::segment::Place;
use crate::sight::Sight;
use crate::slab::Slab;

/// What is spoken of: the bytes of an envelope's id or a person's.
pub(crate) type Anchor = [u8; 32];
/// The order in which things of one kind stand: serial, time, id.
pub(crate) type Rank = (u64, u64, EnvelopeId);

/// What kinds there are, by what they are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// About its author.
    Profile,
    PersonLabel,
    PostLabel,
    /// About the label that it takes back.
    Taking,
    Retraction,
    Edit,
    Correction,
    Reaction,
}

impl Kind {
    /// How many of one person about one thing are kept; none where the newest alone stands.
    fn room(self) -> Option<usize> {
        match self {
            Self::Profile | Self::Retraction | Self::Reaction => None,
            Self::PersonLabel | Self::PostLabel => Some(MAX_LABELS_EACH),
            Self::Taking => Some(MAX_TAKINGS_EACH),
            Self::Edit => Some(MAX_EDITS),
            Self::Correction => Some(MAX_CORRECTIONS_EACH),
        }
    }
}

/// Something beside.
pub(crate) struct Aside {
    pub(crate) id: EnvelopeId,
    pub(crate) author: u32,
    pub(crate) time: u64,
    pub(crate) heard_at: u64,
    pub(crate) arrival: u32,
    pub(crate) place: Place,
    pub(crate) what: What,
}

/// What it does.
pub(crate) enum What {
    Profile { serial: u64, name: Box<str> },
    Label(Box<LabelFacts>),
    Retraction { target: EnvelopeId },
    Edit { target: EnvelopeId, titled: bool, doc: Option<u32> },
    Correction { target: EnvelopeId },
    Reaction { target: EnvelopeId, word: ReactionWord },
}

impl What {
    /// Of the facts of an envelope; posts and replies are none.
    pub(crate) fn of(facts: &Facts) -> Option<Self> {
        Some(match facts {
            Facts::Post { .. } | Facts::Reply { .. } => return None,
            Facts::Profile { serial, name } => Self::Profile { serial: *serial, name: name.as_str().into() },
            Facts::Label { label } => Self::Label(Box::new(label.clone())),
            Facts::Retraction { target } => Self::Retraction { target: *target },
            Facts::Edit { target, titled } => Self::Edit { target: *target, titled: *titled, doc: None },
            Facts::Correction { target } => Self::Correction { target: *target },
            Facts::Reaction { target, word } => Self::Reaction { target: *target, word: *word },
        })
    }

    /// What it is about, and as what; `author` is the anchor of who says it.
    pub(crate) fn about(&self, author: Anchor) -> (Anchor, Kind) {
        match self {
            Self::Profile { .. } => (author, Kind::Profile),
            Self::Label(label) => match (label.retracts, &label.target) {
                (Some(taken), _) => (*taken.as_bytes(), Kind::Taking),
                (None, LabelTarget::Post(id)) => (*id.as_bytes(), Kind::PostLabel),
                (None, LabelTarget::Person(person)) => (*person.as_bytes(), Kind::PersonLabel),
            },
            Self::Retraction { target } => (*target.as_bytes(), Kind::Retraction),
            Self::Edit { target, .. } => (*target.as_bytes(), Kind::Edit),
            Self::Correction { target } => (*target.as_bytes(), Kind::Correction),
            Self::Reaction { target, .. } => (*target.as_bytes(), Kind::Reaction),
        }
    }

    fn serial(&self) -> u64 {
        if let Self::Profile { serial, .. } = self { *serial } else { 0 }
    }
}

impl Aside {
    pub(crate) fn rank(&self) -> Rank {
        (self.what.serial(), self.time, self.id)
    }
}

/// One of those about an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ref {
    kind: Kind,
    author: u32,
    number: u32,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Besides {
    slab: Slab<Aside>,
    about: HashMap<Anchor, Vec<Ref>>,
}

impl Besides {
    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(crate) fn find(&self, number: u32) -> Option<&Aside> {
        self.slab.find(number)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Aside)> {
        self.slab.iter()
    }

    pub(crate) fn aside_mut(&mut self, number: u32) -> &mut Aside {
        &mut self.slab[number]
    }

    /// Those of a kind about something, of everybody, by author.
    pub(crate) fn of_kind(&self, anchor: &Anchor, kind: Kind) -> impl Iterator<Item = (u32, &Aside)> {
        let refs = self.about.get(anchor).map_or(&[][..], |refs| refs);
        let from = refs.partition_point(|found| found.kind < kind);
        let len = refs[from..].partition_point(|found| found.kind == kind);
        refs[from..from + len].iter().map(|found| (found.number, &self.slab[found.number]))
    }

    /// Those of a kind about something, of one person.
    pub(crate) fn of_author(&self, anchor: &Anchor, kind: Kind, author: u32) -> impl Iterator<Item = (u32, &Aside)> {
        let refs = self.about.get(anchor).map_or(&[][..], |refs| refs);
        let from = refs.partition_point(|found| (found.kind, found.author) < (kind, author));
        let len = refs[from..].partition_point(|found| (found.kind, found.author) == (kind, author));
        refs[from..from + len].iter().map(|found| (found.number, &self.slab[found.number]))
    }

    /// The numbers of all about something.
    pub(crate) fn all_about(&self, anchor: &Anchor) -> Vec<u32> {
        self.about.get(anchor).map(|refs| refs.iter().map(|found| found.number).collect()).unwrap_or_default()
    }

    /// The newest of one person that is seen.
    pub(crate) fn standing(&self, anchor: &Anchor, kind: Kind, author: u32, sight: Sight) -> Option<(u32, &Aside)> {
        let seen = self.of_author(anchor, kind, author).filter(|(_, aside)| sight.sees(aside.time, aside.arrival));
        seen.max_by_key(|(_, aside)| aside.rank())
    }

    /// Whether something is to be kept that has this rank and was heard at this time, in seconds since 1970.
    pub(crate) fn admits(&self, anchor: &Anchor, kind: Kind, author: u32, rank: Rank, heard_at: u64) -> bool {
        let mut ranks: Vec<Rank> = self.of_author(anchor, kind, author).map(|(_, aside)| aside.rank()).collect();
        match kind.room() {
            Some(room) => ranks.len() < room || ranks.iter().any(|other| *other < rank),
            None => {
                ranks.retain(|(_, time, _)| *time <= heard_at.saturating_add(MAX_AHEAD_S));
                ranks.iter().all(|other| *other < rank)
            }
        }
    }

    /// Takes something in, and hands back what it makes superfluous.
    pub(crate) fn insert(&mut self, anchor: Anchor, kind: Kind, aside: Aside) -> (u32, Vec<Aside>) {
        let (author, heard_at) = (aside.author, aside.heard_at);
        let number = self.slab.insert(aside);
        let refs = self.about.entry(anchor).or_default();
        let place = Ref { kind, author, number };
        let position = refs.binary_search(&place).unwrap_or_else(|position| position);
        refs.insert(position, place);

        let mut ranked: Vec<(Rank, u32)> =
            self.of_author(&anchor, kind, author).map(|(number, aside)| (aside.rank(), number)).collect();
        ranked.sort_unstable();
        let keep_from = match kind.room() {
            Some(room) => ranked.len().saturating_sub(room),
            // Who reads later than this was heard sees none of those before the newest whose time had come.
            None => {
                let come = |((_, time, _), _): &(Rank, u32)| *time <= heard_at.saturating_add(MAX_AHEAD_S);
                ranked.iter().rposition(come).unwrap_or_default()
            }
        };
        let gone = ranked[..keep_from].iter().filter_map(|(_, number)| self.remove(*number, anchor, kind)).collect();
        (number, gone)
    }

    /// Takes something out.
    pub(crate) fn remove(&mut self, number: u32, anchor: Anchor, kind: Kind) -> Option<Aside> {
        let aside = self.slab.remove(number)?;
        if let Some(refs) = self.about.get_mut(&anchor) {
            let place = Ref { kind, author: aside.author, number };
            if let Ok(position) = refs.binary_search(&place) {
                refs.remove(position);
            }
            if refs.is_empty() {
                self.about.remove(&anchor);
            }
        }
        Some(aside)
    }
}
