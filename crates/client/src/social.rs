//! [`SocialHandle`]: who the user of a node is, what they say on boards, and what others said there.
//!
//! It stands beside [`NodeHandle`](crate::handle::NodeHandle) and
//! [`ProfileHandle`](crate::profile::ProfileHandle): pages and commands know no more of conversations than this.

use std::future::Future;
use std::pin::Pin;

pub use roneo_index::{
    BoardRow, CorrectionView, Curator, DraftId, DraftRow, Fold, FollowedView, Hit, LabelView, Named, Page, Paging,
    Placed, PostView, ReactionCount, Retracted, Tab, ThreadRow, ThreadView, Version,
};
use roneo_social::{BoardInvitationError, FormatError, LabelTag, NameError, ReactionWord, WordsError};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::handle::HandleError;

/// A future that a trait object can return.
pub type SocialFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SocialError>> + Send + 'a>>;

/// Identities of one user, at most.
pub const MAX_IDENTITIES: usize = 32;
/// Posts on their way at one time, at most.
pub const MAX_UNDER_WAY: usize = 16;
/// Posts that were announced and are remembered, at most: the newest.
pub const MAX_ANNOUNCED: usize = 200;
/// Hours of a board that are gathered at once, at most.
pub const MAX_HOURS: u64 = 48;
/// Hours that are gathered where nobody says how many.
pub const USUAL_HOURS: u64 = 24;

/// Conversations, as the user of one node has them. Every method may be called at any time, from any task.
///
/// Dropping a returned future abandons the answer. A post that was taken goes on, also after a restart.
pub trait SocialHandle: crate::board::BoardHandle {
    /// The user's own identities, in the order in which they were made.
    fn identities(&self) -> SocialFuture<'_, Vec<Identity>>;

    /// Makes an identity, or brings one back from its 24 words.
    fn new_identity(&self, identity: NewIdentity) -> SocialFuture<'_, MadeIdentity>;

    /// Forgets an identity on this machine, by its key. Its words bring it back; what it said stays said.
    fn forget_identity(&self, person: String) -> SocialFuture<'_, ()>;

    /// Signs a statement and keeps it; storing, announcing and publishing go on by themselves.
    fn say(&self, new: NewStatement) -> SocialFuture<'_, Posting>;

    /// What the user said, newest first.
    fn postings(&self) -> SocialFuture<'_, Vec<Posting>>;

    /// What was said on a board in the last so many hours, at most [`MAX_HOURS`], oldest first. Asks the network.
    fn read_board(&self, board: String, hours: u64) -> SocialFuture<'_, BoardView>;

    /// The boards, people and curators that the user follows.
    fn followed(&self) -> SocialFuture<'_, FollowedView>;

    /// The boards that the user follows, with what is unread on them.
    fn board_rows(&self) -> SocialFuture<'_, Vec<BoardRow>>;

    /// Follows a board from now on, or no longer. It is then read from time to time.
    fn follow_board(&self, board: String, follow: bool) -> SocialFuture<'_, ()>;

    /// The threads of a board as far as they were heard. The board counts as open for [`OPEN_FOR_S`] from now on, and is
    /// read often.
    fn threads(&self, board: String, tab: Tab, paging: Paging) -> SocialFuture<'_, ThreadList>;

    /// A thread, by the post that began it. Its boards count as open too.
    fn thread(&self, root: String, paging: Paging) -> SocialFuture<'_, ThreadView>;

    /// Somebody, with what they said. Asks the network for more, which comes later.
    fn person(&self, person: String, paging: Paging) -> SocialFuture<'_, PersonView>;

    /// Changes what somebody is to the user.
    fn change_person(&self, person: String, change: PersonChange) -> SocialFuture<'_, ()>;

    /// Searches what was heard.
    fn search(&self, search: Search) -> SocialFuture<'_, Found>;

    /// Marks posts, threads and boards.
    fn mark(&self, marks: Marks) -> SocialFuture<'_, ()>;

    /// Says whose labels count on a board, or everywhere.
    fn set_curators(&self, board: Option<String>, curators: Vec<Curator>) -> SocialFuture<'_, ()>;

    /// What is not said yet, the latest first.
    fn drafts(&self) -> SocialFuture<'_, Vec<DraftRow>>;

    /// A draft.
    fn draft(&self, id: String) -> SocialFuture<'_, Draft>;

    /// Keeps a draft; it is on disk when this returns. Without a text it is forgotten.
    fn save_draft(&self, id: String, draft: Option<Draft>) -> SocialFuture<'_, ()>;
}

/// Seconds for which a board counts as open after it was looked at.
pub const OPEN_FOR_S: u64 = 120;

/// Threads of a board, the liveliest first.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThreadList {
    /// One part of them.
    pub threads: Vec<ThreadRow>,
    /// What to hand in for the next part; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// When the board was heard last, seconds since 1970; none since the node was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<u64>,
    /// What was announced and not found when it was heard last.
    pub missing: usize,
}

/// Somebody, and what they said.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonView {
    /// Who, by the names there are.
    pub who: Named,
    /// Two words that tell them from others.
    pub fingerprint: InBothLanguages,
    /// Whether the user follows them.
    pub followed: bool,
    /// Whether the user muted them.
    pub muted: bool,
    /// One part of what they said, the newest first.
    pub posts: Vec<PostView>,
    /// What to hand in for the next part; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What somebody is to be to the user. What is left out stays as it is.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonChange {
    /// Whether the user follows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed: Option<bool>,
    /// Whether what they say is folded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<bool>,
    /// What the user calls them; empty for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub petname: Option<String>,
}

/// A search in what was heard.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Words; `"a phrase"`, `begin*`, `-unwanted`.
    pub words: String,
    /// On one board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// Of one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Signed then or later, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// The `next` of the part before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What a search found.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Found {
    /// One part: first what has the words in its title, then the newest.
    pub hits: Vec<Hit>,
    /// What to hand in for the next part; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Marks to be set or taken away. Ids are in the base64 of links.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Marks {
    /// Posts that are read; a thread by the post that began it.
    pub read: Vec<String>,
    /// Posts that are unread.
    pub unread: Vec<String>,
    /// A board on which all is read.
    pub board_read: Option<String>,
    /// Posts to find again.
    pub bookmark: Vec<String>,
    /// Posts that need no longer be found again.
    pub unbookmark: Vec<String>,
    /// Threads to be folded, by the post that began them.
    pub mute: Vec<String>,
    /// Threads that are no longer folded.
    pub unmute: Vec<String>,
}

/// Something that is not said yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What was written so far, in a form of the caller's choice.
    pub text: String,
}

/// Why it was not done. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SocialError {
    /// No identity here has this name or key.
    #[error("there is no identity `{0}` on this machine: make one, or look which there are")]
    NoSuchIdentity(String),
    /// One has it already.
    #[error("an identity on this machine is called `{0}` already: choose another name")]
    IdentityExists(String),
    /// The words bring back one that is here.
    #[error("these words are those of an identity that is here already: look which there are")]
    IdentityHere,
    /// What should be 24 words.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// What should be a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A post beyond its bounds.
    #[error("this cannot be posted: {0}")]
    Post(FormatError),
    /// No address of a board.
    #[error("this is no board: copy its address again, or name its path")]
    Board,
    /// No link to a board, or nothing there that is one.
    #[error("there is no board at this link: copy it again, or ask whoever gave it to you")]
    NoBoard,
    /// What a board would say of itself is beyond its bounds.
    #[error("a board cannot be so: {0}")]
    Terms(FormatError),
    /// A board without stewards, or one that is not known here.
    #[error("no board with stewards is known here by this address: open it by its link first")]
    NotStewarded,
    /// None of the user's keys is a steward's.
    #[error("you are no steward of this board: send your key (`roneo board key`) to those who are")]
    NotSteward,
    /// None of the user's keys is an introducer's.
    #[error("you may not invite to this board: ask its stewards to name you an introducer")]
    NotIntroducer,
    /// It was taken back, or stands already, or the board changed meanwhile.
    #[error("this proposal is gone: look at the board again")]
    NoProposal,
    /// A change that changes nothing.
    #[error("this changes nothing: say what is to be different")]
    NoChange,
    /// What should be an invitation.
    #[error(transparent)]
    Invitation(#[from] BoardInvitationError),
    /// An invitation whose days are over, or whose introducer no longer is one.
    #[error("this invitation no longer counts: ask for another")]
    NoLongerInvited,
    /// No id of a post.
    #[error("this is no id of a post: copy it again")]
    Id,
    /// A named bound is reached.
    #[error("there are {most} {what} already: wait until there are fewer, or make room")]
    Full {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// A newer Roneo wrote the file.
    #[error("identities on this machine were written by a newer Roneo: update to use them")]
    Newer,
    /// No thread or post of this id was heard.
    #[error("this is not here yet: open its board and wait until it is heard")]
    NotHeard,
    /// What was signed on another machine is not announced from here.
    #[error("it was signed on another machine: who follows you finds it; say it again for the others")]
    OtherMachine,
    /// Somebody else's words.
    #[error("only who said it can change it or take it back; you can put a correction beside it")]
    NotYours,
    /// What was heard cannot be asked or changed so.
    #[error("{0}")]
    Index(String),
    /// The disk did not take or give it.
    #[error("{0}")]
    Disk(String),
    /// The node did not.
    #[error(transparent)]
    Node(#[from] HandleError),
}

impl SocialError {
    /// A word for programs, in kebab case. A word once used keeps its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchIdentity(_) => "no-such-identity",
            Self::IdentityExists(_) => "identity-exists",
            Self::IdentityHere => "identity-here",
            Self::Words(_) => "bad-words",
            Self::Name(_) => "bad-name",
            Self::Post(_) => "bad-post",
            Self::Board => "bad-board",
            Self::NoBoard => "no-board",
            Self::Terms(_) => "bad-terms",
            Self::NotStewarded => "not-stewarded",
            Self::NotSteward => "not-steward",
            Self::NotIntroducer => "not-introducer",
            Self::NoProposal => "no-proposal",
            Self::NoChange => "no-change",
            Self::Invitation(_) => "bad-invitation",
            Self::NoLongerInvited => "no-longer-invited",
            Self::Id => "bad-id",
            Self::Full { .. } => "full",
            Self::Newer => "newer",
            Self::NotHeard => "not-heard",
            Self::OtherMachine => "other-machine",
            Self::NotYours => "not-yours",
            Self::Index(_) => "index",
            Self::Disk(_) => "disk",
            Self::Node(_) => "node",
        }
    }
}

/// The same in both languages of the program; of a fingerprint, its two words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InBothLanguages {
    /// In French.
    pub fr: String,
    /// In English.
    pub en: String,
}

/// One of the user's own identities.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// What the user calls it, and what it calls itself.
    pub name: String,
    /// The public master key, in the base64 of links.
    pub person: String,
    /// Two words that tell it from others of the same name.
    pub fingerprint: InBothLanguages,
}

/// The languages in which 24 words are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum WordsIn {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

/// An identity to be made.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewIdentity {
    /// What it is called.
    pub name: String,
    /// In which language its 24 words are given.
    #[serde(default)]
    pub language: WordsIn,
    /// The 24 words of one that was lost; nothing for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub words: Option<Secret>,
}

/// A text that is wiped when it is no longer used.
pub type Secret = Zeroizing<String>;

/// An identity that was made.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeIdentity {
    /// Which.
    pub identity: Identity,
    /// The 24 words of a new one. They are shown this once, and kept nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub words: Option<Secret>,
}

/// Something to be signed and said on a board.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewStatement {
    /// The name of one of the user's identities.
    pub identity: String,
    /// The address of a board, in the base64 of links.
    pub board: String,
    /// What is said.
    pub statement: Statement,
    /// Whether it leaves at once, whatever delay the user chose for what they say.
    #[serde(default)]
    pub now: bool,
}

/// What somebody says. Ids are in the base64 of links; languages as BCP 47 has them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Statement {
    /// The beginning of a thread, or an answer.
    Post {
        /// One line; empty in an answer.
        #[serde(default)]
        title: String,
        /// Markdown.
        #[serde(default)]
        text: String,
        /// The language of both.
        lang: String,
        /// What it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<Answers>,
    },
    /// A word from a short list. Readers see counts.
    React {
        /// To which post.
        target: String,
        /// `agree`, `disagree`, `thanks`, `important`, `question` or `solidarity`.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        word: ReactionWord,
    },
    /// Another wording of something of one's own. Readers see both.
    Edit {
        /// Of which post.
        target: String,
        /// The new title; where it is empty the old one stays.
        #[serde(default)]
        title: String,
        /// The new text, as Markdown.
        #[serde(default)]
        text: String,
        /// Its language.
        lang: String,
        /// Why, in a line.
        #[serde(default)]
        reason: String,
    },
    /// The wish that something of one's own is no longer shown.
    Retract {
        /// Which post.
        target: String,
        /// Why, in a line.
        #[serde(default)]
        reason: String,
    },
    /// What is wrong in something that somebody else said, shown beside it.
    Correct {
        /// In which post.
        target: String,
        /// Markdown.
        text: String,
        /// Its language.
        lang: String,
        /// Where it can be checked.
        #[serde(default)]
        sources: Vec<String>,
    },
    /// A curator's word, on a post or on a person. Who follows the curator sees it folded, with the reason.
    Label {
        /// On which post.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        post: Option<String>,
        /// On which person, in the place of a post.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        /// `spam`, `offtopic`, `doxxing`, `hate`, `violence`, `illegal`, `scam`, `sensitive` or `duplicate`.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        tag: LabelTag,
        /// Why, in a line that readers see.
        reason: String,
        /// When it ends, seconds since 1970; 0 for never.
        #[serde(default)]
        until: u64,
        /// A label of one's own that this one takes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retracts: Option<String>,
        /// On every board, not on this one alone.
        #[serde(default)]
        everywhere: bool,
    },
}

/// Where in a thread an answer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The id of the post that began the thread.
    pub root: String,
    /// The id of what is answered: that post, or an answer to it.
    pub parent: String,
}

/// How far a post has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PostingState {
    /// Signed and kept on this machine; being stored.
    Signed,
    /// Stored; its proof of work is being made.
    Stored,
    /// Announced: who reads the board sees it.
    Announced,
    /// In its author's outbox, into which those look who have the board open: so with what changes or answers in a
    /// word, while something else of its author is announced on the board this hour.
    Published,
    /// Given up.
    Failed,
}

/// Something that the user said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Posting {
    /// Its id, in the base64 of links.
    pub id: String,
    /// The type of its body: `post`, `reply`, `react`, `edit`, `retract`, `correct` or `label`.
    pub kind: String,
    /// Which identity said it.
    pub identity: String,
    /// The board's address.
    pub board: String,
    /// Its title, or the beginning of its text.
    pub title: String,
    /// When it was signed, seconds since 1970.
    pub time: u64,
    /// How far it has come.
    pub state: PostingState,
    /// Storers that have its announcement.
    pub receipts: u8,
    /// The share of the expected work that is done, in percent; may pass 100. 0 before and after.
    pub work_percent: u32,
    /// What it waits for, seconds since 1970: until it leaves, by the delay that the user chose; or, where as much was
    /// said on the board this hour as one device may, until it is announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<u64>,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What somebody said on a board.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoardPost {
    /// Its id, in the base64 of links.
    pub id: String,
    /// Who said it: a public master key, in the base64 of links.
    pub author: String,
    /// Two words that tell the author from others.
    pub fingerprint: InBothLanguages,
    /// When it says that it was signed, seconds since 1970.
    pub time: u64,
    /// Its title; empty in an answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Markdown. Foreign: whoever shows it makes it safe first.
    pub text: String,
    /// The language of both.
    pub lang: String,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Answers>,
    /// The work with which it was announced, in solutions.
    pub effort: u32,
}

/// A board as it could be gathered.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoardView {
    /// What was said, oldest first.
    pub posts: Vec<BoardPost>,
    /// Hours of which at least one storer answered.
    pub hours_heard: u64,
    /// Hours that were asked for.
    pub hours_asked: u64,
    /// Announcements whose post could not be fetched; the next reading tries again.
    pub missing: usize,
    /// Announcements that lead to something else than they say.
    pub lies: usize,
    /// What is dated later than now, and waits until then.
    pub early: usize,
}

// Who somebody is, what they write and what they read.
hidden!(Identity NewIdentity MadeIdentity NewStatement Statement Posting BoardPost BoardView ThreadList PersonView
    PersonChange Search Found Marks Draft);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_who_somebody_is() {
        let identity =
            NewIdentity { name: "Ada".into(), language: WordsIn::Fr, words: Some("abaisser".to_owned().into()) };
        let shown = format!("{identity:?}");
        assert!(!shown.contains("Ada") && !shown.contains("abaisser"), "{shown}");
    }
}
