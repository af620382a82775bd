//! A board as pages name it.

use roneo_client::board::BoardInfo;
use roneo_social::{BoardId, Scope, StarterBoard, starter_boards};

use crate::words::Language;

/// Characters of an address that stand for a board without a name.
const SHORT_ADDRESS: usize = 8;

/// A board's head: its name, where it is, what belongs there.
#[derive(Clone)]
pub(crate) struct BoardCard {
    /// Its address, in the base64 of links.
    pub(crate) board: String,
    /// What it is about, in a word or two.
    pub(crate) name: String,
    /// The place or the country, where that is not its name already; else empty.
    pub(crate) place: String,
    /// What belongs there; empty where nobody here knows.
    pub(crate) about: String,
    pub(crate) rules: Vec<String>,
    /// The language that most write there, as in `lang`; empty where nobody here knows.
    pub(crate) lang: String,
    /// Its page.
    pub(crate) path: String,
}

impl BoardCard {
    /// A board by its address. What is known are the boards that come with the program.
    pub(crate) fn of(w: Language, board: &BoardId) -> Self {
        match starter_boards().iter().find(|starter| starter.id == *board) {
            Some(starter) => Self::of_starter(w, starter),
            None => {
                let board = board.to_text();
                let name = w.board_unnamed(board.get(..SHORT_ADDRESS).unwrap_or_default());
                let path = path_of(&board);
                let (place, about, lang) = (String::new(), String::new(), String::new());
                Self { board, name, place, about, rules: Vec::new(), lang, path }
            }
        }
    }

    /// The same, where it has stewards: with what they say of it. That is in strangers' words.
    pub(crate) fn of_stewarded(self, info: BoardInfo) -> Self {
        let rules = info.rules.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let lang = info.langs.into_iter().next().unwrap_or_default();
        Self { name: info.name, about: info.about, rules, lang, ..self }
    }

    /// A board that comes with the program.
    pub(crate) fn of_starter(w: Language, starter: &StarterBoard) -> Self {
        let board = starter.id.to_text();
        let place = if starter.scope == Scope::Local { String::new() } else { w.place(&starter.place) };
        let rules = match w {
            Language::French => &starter.rules.fr,
            Language::English => &starter.rules.en,
        };
        Self {
            name: w.either(&starter.name.fr, &starter.name.en).to_owned(),
            place,
            about: w.either(&starter.about.fr, &starter.about.en).to_owned(),
            rules: rules.clone(),
            lang: starter.language.clone(),
            path: path_of(&board),
            board,
        }
    }

    /// Its name on one line: *Logement · France*.
    pub(crate) fn line(&self) -> String {
        if self.place.is_empty() { self.name.clone() } else { format!("{} · {}", self.name, self.place) }
    }
}

fn path_of(board: &str) -> String {
    format!("/boards/{board}")
}
