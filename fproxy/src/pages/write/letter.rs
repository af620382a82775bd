//! What somebody is about to say, as forms and drafts have it.

use std::collections::BTreeMap;

use roneo_client::social::{Answers, Draft, NewStatement, Statement};
use roneo_social::{LabelTag, MAX_REASON, MAX_SOURCES, MAX_TEXT_LEN, MAX_TITLE};
use serde::{Deserialize, Serialize};

use crate::console::Visit;
use crate::posted::Posted;

/// Languages that are offered, by their BCP 47 tags, in their own names.
const LANGUAGES: [(&str, &str); 16] = [
    ("fr", "français"),
    ("en", "English"),
    ("ar", "العربية"),
    ("br", "brezhoneg"),
    ("ca", "català"),
    ("de", "Deutsch"),
    ("el", "ελληνικά"),
    ("es", "español"),
    ("eu", "euskara"),
    ("it", "italiano"),
    ("kab", "taqbaylit"),
    ("nl", "Nederlands"),
    ("oc", "occitan"),
    ("pl", "polski"),
    ("pt", "português"),
    ("tr", "Türkçe"),
];

/// Labels by their code in forms, in the order in which they are offered.
pub(super) const LABELS: [(&str, LabelTag); 9] = [
    ("offtopic", LabelTag::Offtopic),
    ("duplicate", LabelTag::Duplicate),
    ("spam", LabelTag::Spam),
    ("scam", LabelTag::Scam),
    ("doxxing", LabelTag::Doxxing),
    ("hate", LabelTag::Hate),
    ("violence", LabelTag::Violence),
    ("illegal", LabelTag::Illegal),
    ("sensitive", LabelTag::Sensitive),
];

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The beginning of a thread.
    #[default]
    Thread,
    /// An answer.
    Answer,
    /// Another wording of something of one's own.
    Edit,
    /// That something of one's own is taken back.
    Retract,
    /// What is wrong in something of somebody else.
    Correct,
    /// Why something of somebody else is folded.
    Label,
}

/// Something that is not said yet. Every field is as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Letter {
    pub(crate) kind: Kind,
    /// The board's address.
    pub(crate) board: String,
    /// The post that it is about; empty for a thread.
    pub(crate) target: String,
    /// Of an answer, the beginning of its thread.
    pub(crate) root: String,
    /// The name of the identity that says it.
    pub(crate) identity: String,
    pub(crate) title: String,
    pub(crate) text: String,
    /// As in `lang`.
    pub(crate) lang: String,
    /// Of an edit, a retraction or a label: why.
    pub(crate) reason: String,
    /// Of a correction: where it can be checked, a line each.
    pub(crate) sources: String,
    /// Of a label: its code.
    pub(crate) tag: String,
    /// Whether it was found among the drafts.
    #[serde(skip)]
    pub(crate) saved: bool,
}

/// What keeps a letter from being sent, by its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing there.
    Missing,
    /// Too long, by so many characters or bytes.
    TooLong(usize),
    /// Not one of what it may be.
    Unknown,
}

/// The faults of a letter.
pub(crate) type Faults = BTreeMap<&'static str, Fault>;

impl Kind {
    /// Its name in forms and addresses.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Answer => "answer",
            Self::Edit => "edit",
            Self::Retract => "retract",
            Self::Correct => "correct",
            Self::Label => "label",
        }
    }

    pub(crate) fn of_code(code: &str) -> Option<Self> {
        [Self::Thread, Self::Answer, Self::Edit, Self::Retract, Self::Correct, Self::Label]
            .into_iter()
            .find(|kind| kind.code() == code)
    }

    pub(crate) const fn has_text(self) -> bool {
        !matches!(self, Self::Retract | Self::Label)
    }

    pub(crate) const fn has_reason(self) -> bool {
        matches!(self, Self::Edit | Self::Retract | Self::Label)
    }
}

impl Letter {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, ..Self::default() }
    }

    /// What a form sent.
    pub(crate) fn of(posted: &Posted) -> Option<Self> {
        // Browsers end lines as in mail; in what is signed they end in one way.
        let field = |name| posted.text(name).replace("\r\n", "\n").replace('\r', "\n");
        Some(Self {
            kind: Kind::of_code(posted.text("kind"))?,
            board: field("board"),
            target: field("target"),
            root: field("root"),
            identity: field("identity"),
            title: field("title"),
            text: field("text"),
            lang: field("lang"),
            reason: field("reason"),
            sources: field("sources"),
            tag: field("tag"),
            saved: false,
        })
    }

    /// Under which name it is kept: one for each thing that can be written, so that no draft takes another's place.
    pub(crate) fn draft_id(&self) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("roneo draft of a page 1");
        let about = if self.target.is_empty() { &self.board } else { &self.target };
        hasher.update(self.kind.code().as_bytes()).update(about.as_bytes());
        format!("{}-{}", self.kind.code(), &hasher.finalize().to_hex()[..24])
    }

    /// As a draft.
    pub(crate) fn to_draft(&self) -> Draft {
        // Strings under strings: nothing of it can fail to be written.
        Draft { text: serde_json::to_string(self).unwrap_or_default() }
    }

    pub(crate) fn of_draft(draft: &Draft) -> Option<Self> {
        serde_json::from_str(&draft.text).ok().map(|letter| Self { saved: true, ..letter })
    }

    /// Whether anything was typed that would be missed.
    pub(crate) fn is_blank(&self) -> bool {
        [&self.title, &self.text, &self.reason, &self.sources].iter().all(|field| field.is_empty())
    }

    /// Takes what was kept of it, and fills in what is usual: the identity that spoke last, the language of the page.
    pub(crate) async fn settle(&mut self, visit: &Visit) {
        let social = &visit.console.social;
        if let Ok(draft) = visit.console.talk(social.draft(self.draft_id())).await
            && let Some(kept) = Self::of_draft(&draft)
        {
            *self = kept;
        }
        if self.identity.is_empty() {
            let said = visit.console.talk(social.postings()).await.unwrap_or_default();
            self.identity = said.first().map(|posting| posting.identity.clone()).unwrap_or_default();
        }
        if self.lang.is_empty() {
            self.lang = visit.w.code().to_owned();
        }
    }

    /// What keeps it from being sent.
    pub(crate) fn faults(&self) -> Faults {
        let mut faults = Faults::new();
        let chars = |text: &str, most: usize| text.chars().count().checked_sub(most + 1).map(|over| over + 1);
        let mut check = |field, text: &str, needed: bool, over: Option<usize>| {
            if let Some(over) = over {
                faults.insert(field, Fault::TooLong(over));
            } else if needed && text.is_empty() {
                faults.insert(field, Fault::Missing);
            }
        };
        check("identity", &self.identity, true, None);
        check("title", &self.title, self.kind == Kind::Thread, chars(&self.title, MAX_TITLE));
        let over = self.text.len().checked_sub(MAX_TEXT_LEN + 1).map(|over| over + 1);
        check("text", &self.text, self.kind.has_text(), over);
        check("reason", &self.reason, self.kind == Kind::Label, chars(&self.reason, MAX_REASON));
        let sources = self.sources();
        let longest = sources.iter().filter_map(|source| chars(source, MAX_REASON)).max();
        check("sources", &self.sources, false, longest.or(sources.len().checked_sub(MAX_SOURCES + 1).map(|n| n + 1)));
        if self.kind == Kind::Label && self.label().is_none() {
            faults.insert("tag", Fault::Unknown);
        }
        faults
    }

    fn label(&self) -> Option<LabelTag> {
        LABELS.iter().find(|(code, _)| *code == self.tag).map(|(_, tag)| *tag)
    }

    fn sources(&self) -> Vec<String> {
        self.sources.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// What is to be signed; none without a label where there must be one.
    pub(crate) fn statement(&self) -> Option<NewStatement> {
        let Self { title, text, lang, reason, target, root, .. } = self.clone();
        let statement = match self.kind {
            Kind::Thread => Statement::Post { title, text, lang, answers: None },
            Kind::Answer => {
                Statement::Post { title: String::new(), text, lang, answers: Some(Answers { root, parent: target }) }
            }
            Kind::Edit => Statement::Edit { target, title, text, lang, reason },
            Kind::Retract => Statement::Retract { target, reason },
            Kind::Correct => Statement::Correct { target, text, lang, sources: self.sources() },
            Kind::Label => Statement::Label {
                post: Some(target),
                person: None,
                tag: self.label()?,
                reason,
                until: 0,
                retracts: None,
                everywhere: false,
            },
        };
        Some(NewStatement { identity: self.identity.clone(), board: self.board.clone(), statement, now: false })
    }

    /// The languages to choose from: those that are offered, and its own where it is another.
    pub(crate) fn languages(&self) -> Vec<(String, String)> {
        let own = |(code, name): &(&str, &str)| ((*code).to_owned(), (*name).to_owned());
        let mut languages: Vec<_> = LANGUAGES.iter().map(own).collect();
        if !self.lang.is_empty() && !languages.iter().any(|(code, _)| *code == self.lang) {
            languages.push((self.lang.clone(), self.lang.clone()));
        }
        languages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_of_different_things_have_different_names_that_the_index_takes() {
        let about = |kind, board: &str, target: &str| Letter {
            board: board.to_owned(),
            target: target.to_owned(),
            ..Letter::new(kind)
        };
        let ids = [
            about(Kind::Thread, "A", "").draft_id(),
            about(Kind::Thread, "B", "").draft_id(),
            about(Kind::Answer, "A", "P").draft_id(),
            about(Kind::Answer, "A", "Q").draft_id(),
            about(Kind::Retract, "A", "Q").draft_id(),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(roneo_client::social::DraftId::new(id).is_ok(), "{id}");
            assert!(!ids[..at].contains(id), "{id}");
        }
    }

    #[test]
    fn a_draft_comes_back_as_it_was() {
        let letter =
            Letter { text: "« Où ? »\n\"ici\"".to_owned(), lang: "fr".to_owned(), ..Letter::new(Kind::Answer) };
        assert_eq!(Letter::of_draft(&letter.to_draft()), Some(Letter { saved: true, ..letter }));
        assert_eq!(Letter::of_draft(&Draft { text: "of a program".to_owned() }), None);
    }

    #[test]
    fn what_is_missing_or_too_long_is_found() {
        let whole = Letter {
            identity: "Ada".to_owned(),
            title: "é".repeat(MAX_TITLE),
            text: "x".repeat(MAX_TEXT_LEN),
            ..Letter::new(Kind::Thread)
        };
        assert_eq!(whole.faults(), Faults::new());
        let long = Letter { title: "é".repeat(MAX_TITLE + 12), text: "x".repeat(MAX_TEXT_LEN + 1), ..whole.clone() };
        assert_eq!(long.faults(), Faults::from([("text", Fault::TooLong(1)), ("title", Fault::TooLong(12))]));
        let blank = Letter::new(Kind::Label);
        let missing = [("identity", Fault::Missing), ("reason", Fault::Missing), ("tag", Fault::Unknown)];
        assert_eq!(blank.faults(), Faults::from(missing));
        let sources = Letter { sources: "a\n".repeat(MAX_SOURCES + 2), kind: Kind::Correct, ..whole };
        assert_eq!(sources.faults(), Faults::from([("sources", Fault::TooLong(2))]));
    }
}
