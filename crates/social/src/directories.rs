//! Which boards there are, by path: what several directories list, together. `docs/formats/board.md`, directories.
//!
//! A directory is a board like any other, on which people put [cards](Card). A reader chooses directories, and what they
//! list becomes one tree. A directory cannot take a board's place or move it: an open board stands where its address
//! says, and one with stewards where its own descriptor does, once that is known.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::board::{Scope, Terms};
use crate::body::{BoardId, Body, Card};
use crate::effort::Effort;
use crate::envelope::{Envelope, EnvelopeId};
use crate::identity::PersonId;
use crate::pointer::Pointer;
use crate::starters::StarterBoard;

/// Cards that one person has in one directory, the newest.
pub const MAX_CARDS_OF_ONE: usize = 40;
/// Cards that a reader remembers.
pub const MAX_CARDS: usize = 20_000;
/// Boards that a tree shows under one path, at most.
pub const MAX_UNDER_PATH: usize = 50;

/// A card as it was met.
#[derive(Debug, Clone, PartialEq)]
struct Met {
    id: EnvelopeId,
    time: u64,
    card: Card,
}

/// What a reader met in directories.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Directories {
    /// By directory and author, then by what is listed: one card of each.
    cards: BTreeMap<(BoardId, PersonId), BTreeMap<BoardId, Met>>,
    count: usize,
}

/// Where a board stands, and what is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Which board.
    pub board: BoardId,
    /// Its first descriptor; none of an open one.
    pub at: Option<Pointer>,
    /// What it is called, if anybody said so in words: a starter board has its name in each language.
    pub name: Option<String>,
    /// What belongs there.
    pub about: String,
    /// Where it stands.
    pub path: String,
    /// How far it reaches.
    pub scope: Scope,
    /// Where.
    pub place: String,
    /// Its languages.
    pub langs: Vec<String>,
    /// In how many of the reader's directories it is listed.
    pub directories: usize,
    /// Who says all this.
    pub by: ListedBy,
}

/// Who says where a board stands: the later are more to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListedBy {
    /// Somebody's card.
    Card,
    /// The program, with which it came.
    Starter,
    /// The board's own descriptor.
    Descriptor,
}

/// A part of the tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Branch {
    /// Boards whose path ends here. Those of the program and those in most directories come first; two with one path both
    /// stand, for nobody owns a path.
    pub boards: Vec<Listed>,
    /// What is below, by the next segment.
    pub below: BTreeMap<String, Branch>,
}

impl Directories {
    /// Takes a card that was announced in a directory, and says whether it counts. Of a person the newest for each board
    /// and directory stands. Who is not vouched for has done at least `asked`: `effort` is 0 where somebody vouched.
    pub fn add(&mut self, envelope: &Envelope, directory: &BoardId, effort: u32, asked: Effort) -> bool {
        let Body::Card(card) = envelope.body() else { return false };
        let worked = effort == 0 || effort >= asked.get();
        // A directory that lists itself leads nowhere.
        if !worked || !card.boards.contains(directory) || card.board == *directory {
            return false;
        }
        let own = self.cards.entry((*directory, envelope.author())).or_default();
        let met = Met { id: envelope.id(), time: envelope.time().0, card: card.clone() };
        if own.get(&card.board).is_some_and(|known| (known.time, known.id) >= (met.time, met.id)) {
            return false;
        }
        if own.insert(card.board, met).is_none() {
            self.count += 1;
        }
        let beyond = own.len() > MAX_CARDS_OF_ONE || self.count > MAX_CARDS;
        let oldest = own.iter().min_by_key(|(_, met)| (met.time, met.id)).map(|(board, _)| *board);
        if let Some(oldest) = oldest.filter(|_| beyond) {
            // Who comes when there is no room takes it from nobody but themselves.
            own.remove(&oldest);
            self.count -= 1;
            return oldest != card.board;
        }
        true
    }

    /// Takes out a card: its author retracted it, or a curator whom the reader follows labels it.
    pub fn remove(&mut self, id: &EnvelopeId) {
        for own in self.cards.values_mut() {
            own.retain(|_, met| met.id != *id);
        }
        self.cards.retain(|_, own| !own.is_empty());
        self.count = self.cards.values().map(BTreeMap::len).sum();
    }

    /// The tree of the boards that are in the reader's directories, and of the program's own. `known` gives the terms
    /// of boards whose descriptors the reader has checked. What is `hidden` is nowhere: so can every starter board be removed.
    #[must_use]
    pub fn tree<'a>(
        &self,
        directories: &BTreeSet<BoardId>,
        starters: impl IntoIterator<Item = &'a StarterBoard>,
        known: impl Fn(&BoardId) -> Option<&'a Terms>,
        hidden: &BTreeSet<BoardId>,
    ) -> Branch {
        let mut listed = self.listed(directories);
        for starter in starters {
            let directories = listed.get(&starter.id).map_or(0, |listed| listed.directories);
            listed.insert(starter.id, Listed { directories, ..Listed::starter(starter) });
        }
        let mut root = Branch::default();
        for (board, mut listed) in listed {
            if hidden.contains(&board) {
                continue;
            }
            if let Some(terms) = known(&board) {
                listed.say(terms);
            }
            root.at(&listed.path).boards.push(listed);
        }
        root.settle();
        root
    }

    /// Each board once: as the most directories have it, and of equals by the card with the lowest id.
    fn listed(&self, directories: &BTreeSet<BoardId>) -> BTreeMap<BoardId, Listed> {
        let mut paths: BTreeMap<BoardId, BTreeMap<&str, (BTreeSet<BoardId>, &Met)>> = BTreeMap::new();
        for ((directory, _), own) in self.cards.iter().filter(|((directory, _), _)| directories.contains(directory)) {
            for (board, met) in own {
                let by_path = paths.entry(*board).or_default();
                let (of, best) = by_path.entry(&met.card.path).or_insert_with(|| (BTreeSet::new(), met));
                of.insert(*directory);
                if met.id < best.id {
                    *best = met;
                }
            }
        }
        let chosen = paths.into_iter().filter_map(|(board, by_path)| {
            let all: BTreeSet<BoardId> = by_path.values().flat_map(|(of, _)| of.iter().copied()).collect();
            let (_, met) = by_path.into_values().min_by_key(|(of, met)| (Reverse(of.len()), met.id))?;
            Some((board, Listed { directories: all.len(), ..Listed::card(&met.card) }))
        });
        chosen.collect()
    }
}

impl Listed {
    fn card(card: &Card) -> Self {
        let Card { board, at, path, scope, place, langs, name, about, .. } = card.clone();
        Self { board, at, name: Some(name), about, path, scope, place, langs, directories: 0, by: ListedBy::Card }
    }

    fn starter(starter: &StarterBoard) -> Self {
        Self {
            board: starter.id,
            at: None,
            name: None,
            about: String::new(),
            path: starter.path.clone(),
            scope: starter.scope,
            place: starter.place.clone(),
            langs: starter.languages.clone(),
            directories: 0,
            by: ListedBy::Starter,
        }
    }

    /// What a board says of itself goes before what others say of it.
    fn say(&mut self, terms: &Terms) {
        let Terms { name, about, path, scope, place, langs, .. } = terms.clone();
        (self.name, self.about, self.path, self.scope) = (Some(name), about, path, scope);
        (self.place, self.langs, self.by) = (place, langs, ListedBy::Descriptor);
    }
}

impl Branch {
    /// The branch at a path, made where there is none.
    fn at(&mut self, path: &str) -> &mut Self {
        path.split('/').fold(self, |branch, segment| branch.below.entry(segment.to_owned()).or_default())
    }

    /// Puts boards in their order, and leaves out what is too much under one path.
    fn settle(&mut self) {
        self.boards.sort_by_key(|listed| {
            (Reverse(listed.by == ListedBy::Starter), Reverse(listed.directories), Reverse(listed.by), listed.board)
        });
        self.boards.truncate(MAX_UNDER_PATH);
        self.below.values_mut().for_each(Self::settle);
    }

    /// All boards of this branch and of those below it.
    #[must_use]
    pub fn all(&self) -> Vec<&Listed> {
        let below = self.below.values().flat_map(Self::all);
        self.boards.iter().chain(below).collect()
    }

    /// The branch at a path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |branch, segment| branch.below.get(segment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::open_board;
    use crate::body::Unknown;
    use crate::fork::Fork;
    use crate::identity::{DeviceSecret, MasterSecret, Scopes};
    use crate::words::Words;
    use crate::{
        BoardKind, DESCRIPTOR_VERSION, EnvelopeError, FormatError, Policy, Signer, StewardSecret, starter_boards,
    };
    use proptest::prelude::*;
    use roneo_keys::time::Wall;
    use roneo_keys::{Chk, Extra, Locator, ReadKey};

    const NOW: u64 = 1_795_000_000;

    fn directory(number: u8) -> BoardId {
        BoardId::from_bytes([number; 32])
    }

    fn all() -> BTreeSet<BoardId> {
        (1..4).map(directory).collect()
    }

    /// A card of a board with stewards.
    fn card(board: u8, path: &str) -> Card {
        let (root, key) = (Locator::from_bytes([board; 32]), ReadKey::from_bytes([1; 32]));
        Card {
            boards: all().into_iter().collect(),
            board: BoardId::from_bytes([100 + board; 32]),
            at: Some(Pointer::of(&Chk { root, key, extra: Extra::PUBLIC, name: String::new() })),
            path: path.to_owned(),
            scope: Scope::Local,
            place: "FR-31".to_owned(),
            langs: vec!["fr".to_owned()],
            name: format!("Tableau {board}"),
            about: String::new(),
            unknown: Unknown::new(),
        }
    }

    fn says(person: u8, time: u64, card: Card) -> Result<Envelope, EnvelopeError> {
        let (master, device) =
            (MasterSecret::of_words(&Words::from_entropy([person; 32])), DeviceSecret::from_seed(&[person; 32]));
        let certificate = master.certify(device.id(), Scopes::ALL, Wall(NOW).day());
        let signer = Signer { device: &device, certificate: &certificate, person: master.person(), seq: 0, prev: None };
        Envelope::seal(&signer, Wall(NOW + time), card)
    }

    fn add(met: &mut Directories, person: u8, number: u8, time: u64, card: Card) -> bool {
        met.add(&says(person, time, card).unwrap(), &directory(number), 0, Effort::CARD)
    }

    fn paths(branch: &Branch) -> Vec<(&str, usize)> {
        branch.all().into_iter().map(|listed| (listed.path.as_str(), listed.directories)).collect()
    }

    fn tree(met: &Directories) -> Branch {
        met.tree(&all(), [], |_| None, &BTreeSet::new())
    }

    #[test]
    fn several_directories_make_one_tree() {
        let mut met = Directories::default();
        add(&mut met, 1, 1, 0, card(1, "fr/31/toulouse"));
        add(&mut met, 2, 2, 0, card(1, "fr/31/toulouse"));
        add(&mut met, 2, 2, 0, card(2, "fr/31"));
        // Against two directories one cannot move a board.
        add(&mut met, 3, 3, 0, card(1, "int/spam"));
        let tree = tree(&met);
        assert_eq!(paths(&tree), [("fr/31", 1), ("fr/31/toulouse", 3)]);
        assert_eq!(tree.find("fr/31/toulouse").unwrap().boards[0].name.as_deref(), Some("Tableau 1"));
        assert!(tree.find("int").is_none());
        // What is in none of the reader's directories is not there.
        let one = met.tree(&BTreeSet::from([directory(3)]), [], |_| None, &BTreeSet::new());
        assert_eq!(paths(&one), [("int/spam", 1)]);
    }

    #[test]
    fn two_boards_with_one_path_both_stand() {
        let mut met = Directories::default();
        add(&mut met, 1, 1, 0, card(9, "fr/logement"));
        add(&mut met, 2, 1, 0, card(8, "fr/logement"));
        add(&mut met, 2, 2, 0, card(8, "fr/logement"));
        let tree = tree(&met);
        let here: Vec<usize> =
            tree.find("fr/logement").unwrap().boards.iter().map(|listed| listed.directories).collect();
        assert_eq!(here, [2, 1], "the one in most directories first");
    }

    #[test]
    fn starters_stand_first_and_can_be_removed() {
        let starters = starter_boards();
        let starter = starters.iter().find(|board| board.path == "fr/annuaire").unwrap();
        let mut met = Directories::default();
        // Another board under the same path, in every directory.
        for number in 1..4 {
            add(&mut met, 1, number, 0, card(1, &starter.path));
        }
        let shown = |hidden: &BTreeSet<BoardId>| {
            let tree = met.tree(&all(), starters, |_| None, hidden);
            tree.find(&starter.path).unwrap().boards.iter().map(|listed| listed.board).collect::<Vec<_>>()
        };
        assert_eq!(shown(&BTreeSet::new())[0], starter.id);
        assert_eq!(shown(&BTreeSet::from([starter.id])), [card(1, "fr").board]);
        let hidden = starters.iter().map(|starter| starter.id).collect();
        assert_eq!(Directories::default().tree(&all(), starters, |_| None, &hidden), Branch::default());
    }

    #[test]
    fn a_board_stands_where_its_own_descriptor_says() {
        let mut met = Directories::default();
        add(&mut met, 1, 1, 0, card(1, "int/spam"));
        let terms = Terms {
            v: DESCRIPTOR_VERSION,
            kind: BoardKind::Stewarded,
            board: None,
            serial: 0,
            prev: None,
            time: NOW,
            name: "Logement".to_owned(),
            about: String::new(),
            path: "fr/31/logement".to_owned(),
            scope: Scope::Local,
            place: "FR-31".to_owned(),
            langs: vec!["fr".to_owned()],
            rules: String::new(),
            policy: Policy { k: 1, keys: vec![StewardSecret::from_seed(&[1; 32]).id()] },
            introducers: Vec::new(),
            curators: Vec::new(),
            digesters: Vec::new(),
            epoch: 3_600,
            beacon: None,
            fork: None::<Fork>,
            unknown: Unknown::new(),
        };
        let board = card(1, "int").board;
        let tree = met.tree(&all(), [], |of| (*of == board).then_some(&terms), &BTreeSet::new());
        let listed = &tree.find("fr/31/logement").unwrap().boards[0];
        assert_eq!((listed.by, listed.name.as_deref()), (ListedBy::Descriptor, Some("Logement")));
        assert!(tree.find("int").is_none());
    }

    #[test]
    fn the_newest_card_of_a_person_stands_and_what_is_taken_back_does_not() {
        let mut met = Directories::default();
        assert!(add(&mut met, 1, 1, 5, card(1, "fr/a")));
        assert!(!add(&mut met, 1, 1, 4, card(1, "fr/b")));
        assert!(add(&mut met, 1, 1, 6, card(1, "fr/c")));
        assert_eq!(paths(&tree(&met)), [("fr/c", 1)]);
        met.remove(&says(1, 6, card(1, "fr/c")).unwrap().id());
        assert_eq!((tree(&met), met.count), (Branch::default(), 0));
    }

    #[test]
    fn cards_cost_and_nobody_has_more_than_a_few() {
        let mut met = Directories::default();
        let envelope = says(1, 0, card(1, "fr/a")).unwrap();
        let asked = Effort::CARD;
        assert!(!met.add(&envelope, &directory(1), asked.get() - 1, asked));
        assert!(!met.add(&envelope, &directory(9), 0, asked), "it does not go there");
        assert!(met.add(&envelope, &directory(1), asked.get(), asked));
        let mut met = Directories::default();
        for number in 0..MAX_CARDS_OF_ONE as u8 + 20 {
            add(&mut met, 1, 1, number.into(), card(number, "fr/a"));
        }
        assert_eq!(met.count, MAX_CARDS_OF_ONE);
        assert!(!add(&mut met, 1, 1, 0, card(0, "fr/a")), "an older one than all has no room");
        assert!(add(&mut met, 2, 1, 0, card(0, "fr/a")), "for others there is");
    }

    #[test]
    fn cards_are_bounded_by_name() {
        type Change = (&'static str, fn(&mut Card));
        let changes: [Change; 8] = [
            ("boards", |card| card.boards.clear()),
            ("path", |card| card.path = "fr//31".to_owned()),
            ("place", |card| card.place = "Toulouse".to_owned()),
            ("langs", |card| card.langs.clear()),
            ("name", |card| card.name = " ".to_owned()),
            ("about", |card| card.about = "a".repeat(501)),
            ("board", |card| card.at = None),
            ("board", |card| {
                card.at = None;
                card.board = open_board(&card.path, "en").unwrap();
            }),
        ];
        for (field, change) in changes {
            let mut changed = card(1, "fr/31");
            change(&mut changed);
            assert_eq!(says(1, 0, changed), Err(EnvelopeError::Format(FormatError::Field(field))));
        }
        let open = Card { at: None, board: open_board("fr/31", "fr").unwrap(), ..card(1, "fr/31") };
        assert!(says(1, 0, open).is_ok());
        let own = Card { board: directory(1), ..card(1, "fr/31") };
        assert!(!add(&mut Directories::default(), 1, 1, 0, own), "a directory does not list itself");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_tree_does_not_depend_on_the_order(
            said in proptest::collection::vec((1u8..4, 1u8..4, 1u8..6, 0u64..4, 0usize..3), 0..14),
            turn in 0usize..14,
        ) {
            let paths = ["fr/a", "fr/a/b", "int"];
            let grown = |turn: usize| {
                let (mut met, mut said) = (Directories::default(), said.clone());
                let turn = turn % said.len().max(1);
                said.rotate_left(turn);
                for (person, number, board, time, path) in said {
                    add(&mut met, person, number, time, card(board, paths[path]));
                }
                tree(&met)
            };
            prop_assert_eq!(grown(0), grown(turn));
        }
    }
}
