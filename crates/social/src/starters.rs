//! The boards that come with the program, so that a first screen is never empty. They are open boards: nobody keeps
//! them, no key of theirs exists, and each can be removed.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::board::{Scope, open_board};
use crate::body::BoardId;

/// A board that comes with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterBoard {
    /// Its address, from path and language.
    pub id: BoardId,
    /// Where it stands in a directory.
    pub path: String,
    /// The language that makes its address.
    pub language: String,
    /// All that are welcome.
    pub languages: Vec<String>,
    /// How far it reaches.
    pub scope: Scope,
    /// Where (ISO 3166); empty for international ones.
    pub place: String,
    /// What it is about.
    pub theme: Theme,
    /// What it is called.
    pub name: InBoth<String>,
    /// What belongs there.
    pub about: InBoth<String>,
    /// Its rules, one sentence each. Nobody enforces them but readers and their curators.
    pub rules: InBoth<Vec<String>>,
}

/// The same in both languages of the program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InBoth<T> {
    /// In French.
    pub fr: T,
    /// In English.
    pub en: T,
}

/// What a starter board is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Getting started with Roneo, and trying it out.
    Help,
    /// Where other boards are announced.
    Directory,
    /// Jobs, dismissals, unions, strikes.
    Work,
    /// Benefits, unemployment, pensions.
    Income,
    /// Rents, charges, evictions.
    Housing,
    /// Care, hospital, disability.
    Health,
    /// Nursery to university.
    School,
    /// Climate, land, water, food.
    Climate,
    /// Liberties, equality, papers.
    Rights,
    /// Questions to elected people.
    Elected,
    /// Sourced lists, open data.
    Lists,
    /// Digital self-defence.
    Tools,
    /// Minutes, and how to hold a meeting.
    Assembly,
    /// One town and its surroundings.
    City,
}

#[derive(Deserialize)]
struct File {
    board: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    path: String,
    language: String,
    languages: Vec<String>,
    scope: Scope,
    place: String,
    theme: Theme,
    name: InBoth<String>,
    about: InBoth<String>,
    rules: InBoth<Vec<String>>,
}

/// The boards that come with the program, in the order in which they are shown.
///
/// # Panics
/// Never: the file is part of the program, and a test reads it.
#[must_use]
pub fn starter_boards() -> &'static [StarterBoard] {
    static BOARDS: LazyLock<Vec<StarterBoard>> = LazyLock::new(|| {
        let file: File = toml::from_str(include_str!("starters.toml")).expect("the file is laid out as it should be");
        file.board.into_iter().map(StarterBoard::from).collect()
    });
    &BOARDS
}

impl From<Written> for StarterBoard {
    fn from(written: Written) -> Self {
        let Written { path, language, languages, scope, place, theme, name, about, rules } = written;
        let id = open_board(&path, &language).expect("a path and a language of the program's own");
        Self { id, path, language, languages, scope, place, theme, name, about, rules }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::{MAX_ABOUT, MAX_BOARD_NAME};
    use crate::text;
    use std::collections::BTreeSet;

    /// Sentences of a starter board, at most.
    const MAX_RULES: usize = 5;

    #[test]
    fn every_starter_board_could_be_announced_by_anybody() {
        let boards = starter_boards();
        assert!((20..=40).contains(&boards.len()), "{}", boards.len());
        let addresses: BTreeSet<BoardId> = boards.iter().map(|board| board.id).collect();
        assert_eq!(addresses.len(), boards.len());
        for board in boards {
            for name in [&board.name.fr, &board.name.en] {
                text::line("name", name, MAX_BOARD_NAME).unwrap();
            }
            for about in [&board.about.fr, &board.about.en] {
                text::line("about", about, MAX_ABOUT).unwrap();
            }
            assert_eq!(board.rules.fr.len(), board.rules.en.len(), "{}", board.path);
            assert!((1..=MAX_RULES).contains(&board.rules.fr.len()), "{}", board.path);
            text::place("place", &board.place).unwrap();
            assert!(board.languages.contains(&board.language), "{}", board.path);
            assert_eq!(board.place.is_empty(), board.scope == Scope::International, "{}", board.path);
        }
    }

    #[test]
    fn there_is_help_a_directory_and_a_place_to_try() {
        for (path, theme) in [("fr/accueil", Theme::Help), ("fr/annuaire", Theme::Directory), ("int/test", Theme::Help)]
        {
            assert!(starter_boards().iter().any(|board| board.path == path && board.theme == theme), "{path}");
        }
    }

    /// French has its spaces: none of its double signs stands after a letter or a plain space.
    #[test]
    fn french_is_set_as_french() {
        for board in starter_boards() {
            let texts = board.rules.fr.iter().chain([&board.name.fr, &board.about.fr]);
            for text in texts {
                let wrong = text.chars().zip(text.chars().skip(1)).find(|(before, sign)| match sign {
                    ';' | '?' | '!' => *before != '\u{202f}',
                    ':' => *before != '\u{a0}',
                    '\'' => true,
                    _ => false,
                });
                assert_eq!(wrong, None, "{text}");
            }
        }
    }
}
