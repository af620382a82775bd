//! What pages are made of. Everything here is a copy: nothing in it changes with the index.

use roneo_social::{Attachment, BoardId, EnvelopeId, LabelTag, PersonId, Pointer, ReactionWord};
use serde::{Deserialize, Serialize};

use crate::marks::{Curator, DraftId};

/// A part of a list, and from where the list goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The entries: at most as many as were asked for, sometimes fewer although the list goes on.
    pub entries: Vec<T>,
    /// What to hand in for what follows; none at the end.
    pub next: Option<String>,
}

/// How much of a list, and from where.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    /// The [`next`](Page::next) of the page before; none for the beginning.
    pub cursor: Option<String>,
    /// How many entries: 1 to [`MAX_PAGE`](crate::MAX_PAGE), others are taken for the nearest of these;
    /// [`DEFAULT_PAGE`](crate::DEFAULT_PAGE) where nothing is said.
    pub limit: Option<usize>,
}

/// Which threads of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// All. Folded ones are among them, and say so.
    #[default]
    All,
    /// Those in which something is unread that is not folded.
    Unread,
    /// Those begun by people whom the reader does not know: of whom fewer than
    /// [`NEWCOMER_POSTS`](crate::NEWCOMER_POSTS) posts are here, and whom they neither follow nor gave a name.
    Newcomers {
        /// With this proven effort at least.
        min_effort: u32,
    },
    /// Those that are folded.
    Folded,
}

/// A person, by the names there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Named {
    /// Who.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub person: PersonId,
    /// What the reader calls them.
    pub petname: Option<String>,
    /// What they call themselves, in their newest profile.
    pub self_name: Option<String>,
    /// Where what they call themselves looks like the name of somebody else whom the reader knows: that name. Told where a
    /// person or a thread is shown, of people whom the reader neither named nor follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_like: Option<String>,
}

impl Named {
    /// The name to show: the reader's before their own. None where there is neither.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        self.petname.as_deref().or(self.self_name.as_deref())
    }
}

/// Why something is shown folded. It can always be opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Fold {
    /// Muted by the reader: its author.
    MutedPerson,
    /// Muted by the reader: its thread.
    MutedThread,
    /// For a label of a curator whose labels count.
    Label(LabelView),
}

/// A label of a curator whom the reader follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LabelView {
    /// The label's id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: EnvelopeId,
    /// Which word.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub tag: LabelTag,
    /// Why, in the curator's words.
    pub reason: String,
    /// Whose it is.
    pub curator: Named,
    /// On which board only.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub board: Option<BoardId>,
    /// Whether it is on the author and not on this post alone.
    pub on_author: bool,
}

/// A thread in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThreadRow {
    /// The post that begins it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub root: EnvelopeId,
    /// Its title as it stands now. None where the beginning is not here, or was taken back.
    pub title: Option<String>,
    /// Who began it; none where the beginning is not here.
    pub author: Option<Named>,
    /// When it was begun, seconds since 1970; 0 where the beginning is not here.
    pub begun: u64,
    /// The time of the newest in it, seconds since 1970.
    pub last_activity: u64,
    /// How many replies are here.
    pub replies: usize,
    /// How many of its posts are unread and not folded.
    pub unread: usize,
    /// What the effort for its beginning was.
    pub effort: u32,
    /// The boards on which its beginning was heard.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub boards: Vec<BoardId>,
    /// What readers are warned of.
    pub warning: String,
    /// Whether its author took the beginning back.
    pub retracted: bool,
    /// Whether the reader set a bookmark on its beginning.
    pub bookmarked: bool,
    /// Why it is folded.
    pub fold: Option<Fold>,
}

/// A wording of a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Version {
    /// The post's id, or that of the edit.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: EnvelopeId,
    /// When it was signed, seconds since 1970.
    pub time: u64,
    /// The title; an edit without one has that before it, a reply has none.
    pub title: String,
    /// Markdown.
    pub text: String,
    /// The language of both.
    pub lang: String,
    /// Files beside it.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub files: Vec<Attachment>,
    /// What readers are warned of.
    pub warning: String,
    /// Why it was changed; empty in the first.
    pub reason: String,
}

/// That its author took something back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Retracted {
    /// When, seconds since 1970.
    pub time: u64,
    /// Why; empty where nothing was said.
    pub reason: String,
}

/// A word, and how many people said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReactionCount {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub word: ReactionWord,
    /// How many people.
    pub count: usize,
}

/// What somebody says is wrong in a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CorrectionView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: EnvelopeId,
    /// Who says so. It may be anybody.
    pub author: Named,
    /// When, seconds since 1970.
    pub time: u64,
    /// Markdown.
    pub text: String,
    /// Its language.
    pub lang: String,
    /// Where it can be checked.
    pub sources: Vec<String>,
}

/// A post or a reply, with all that stands beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PostView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: EnvelopeId,
    /// The post that begins its thread: itself, or another, which may not be here.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub root: EnvelopeId,
    /// What it answers; none for a post that begins a thread.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub parent: Option<EnvelopeId>,
    /// Who wrote it.
    pub author: Named,
    /// Whether the reader wrote it.
    pub own: bool,
    /// When it was signed, seconds since 1970.
    pub time: u64,
    /// When it was first heard, seconds since 1970.
    pub heard_at: u64,
    /// The effort that was proven for it.
    pub effort: u32,
    /// The boards on which it was heard.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub boards: Vec<BoardId>,
    /// Where it lies.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub at: Option<Pointer>,
    /// The wording that stands; none where it was taken back.
    pub standing: Option<Version>,
    /// Wordings before it, the newest first; in lists [`MAX_EARLIER_IN_LISTS`](crate::MAX_EARLIER_IN_LISTS) at most.
    pub earlier: Vec<Version>,
    /// How many wordings there are, the standing one counted.
    pub versions: usize,
    /// That it was taken back: its text is no longer shown.
    pub retracted: Option<Retracted>,
    /// What people answered in a word; words that nobody said are left out.
    pub reactions: Vec<ReactionCount>,
    /// What the reader answered in a word.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub own_reaction: Option<ReactionWord>,
    /// What people say is wrong in it, the oldest first,
    /// [`MAX_CORRECTIONS_SHOWN`](crate::MAX_CORRECTIONS_SHOWN) at most.
    pub corrections: Vec<CorrectionView>,
    /// How many corrections there are.
    pub correction_count: usize,
    /// The labels that count, newest first, [`MAX_LABELS_SHOWN`](crate::MAX_LABELS_SHOWN) at most, whether they fold
    /// it or not.
    pub labels: Vec<LabelView>,
    /// Why it is folded.
    pub fold: Option<Fold>,
    /// Whether it is read.
    pub read: bool,
    /// Whether the reader set a bookmark on it.
    pub bookmarked: bool,
}

/// A post in its place in a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Placed {
    /// How deep it stands: 0 for the beginning, 1 for what answers it.
    pub depth: u32,
    /// Whether what it answers is not here. It then stands under the beginning.
    pub parent_missing: bool,
    /// The post.
    pub post: PostView,
}

/// A thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThreadView {
    /// What a list says of it.
    pub row: ThreadRow,
    /// Its posts, depth first, those that answer the same one in order of their times.
    pub posts: Page<Placed>,
}

/// A board that the reader follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoardRow {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub board: BoardId,
    /// Since when, seconds since 1970.
    pub followed_at: u64,
    /// Its threads with something unread. What is folded is not counted.
    pub unread_threads: usize,
    /// What is unread in them.
    pub unread_posts: usize,
    /// The time of the newest; none where nothing was heard.
    pub newest: Option<u64>,
}

/// Where to search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SearchIn {
    /// On one board.
    pub board: Option<BoardId>,
    /// What one person wrote.
    pub author: Option<PersonId>,
    /// What was signed then or later, seconds since 1970.
    pub since: Option<u64>,
}

/// A post that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hit {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: EnvelopeId,
    /// The post that begins its thread.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub root: EnvelopeId,
    /// Who wrote it.
    pub author: Named,
    /// When it was signed, seconds since 1970.
    pub time: u64,
    /// Its boards.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub boards: Vec<BoardId>,
    /// Its title; empty for a reply.
    pub title: String,
    /// Whether all the words are in the title.
    pub in_title: bool,
    /// What stands around the first of the words in the text, [`MAX_EXCERPT`](crate::MAX_EXCERPT) characters at most.
    pub excerpt: String,
    /// Why it is folded.
    pub fold: Option<Fold>,
}

/// A bookmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bookmark {
    /// On what.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: EnvelopeId,
    /// When it was set, seconds since 1970.
    pub at: u64,
    /// The post; none while it is not here.
    pub post: Option<PostView>,
}

/// A draft in the list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DraftRow {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: DraftId,
    /// When it was saved, seconds since 1970.
    pub saved_at: u64,
    /// Bytes of its text.
    pub len: usize,
}

/// What the reader muted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mutes {
    /// Persons, and since when in seconds since 1970.
    pub persons: Vec<(Named, u64)>,
    /// Threads by their beginning, and since when.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<(String, u64)>))]
    pub threads: Vec<(EnvelopeId, u64)>,
}

/// Whom and what the reader follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FollowedView {
    /// Boards, and since when in seconds since 1970.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<(String, u64)>))]
    pub boards: Vec<(BoardId, u64)>,
    /// Persons, and since when.
    pub persons: Vec<(Named, u64)>,
    /// Whose labels count on a board, or everywhere where there is none.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<(Option<String>, Vec<Curator>)>))]
    pub curators: Vec<(Option<BoardId>, Vec<Curator>)>,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stats {
    /// Posts and replies.
    pub posts: usize,
    /// What stands beside them.
    pub beside: usize,
    /// Persons of whom there is anything.
    pub persons: usize,
    /// Different terms that the search knows.
    pub terms: usize,
    /// Bytes of the search's lists.
    pub postings_len: usize,
    /// Posts, the oldest, for which the search has no room: they are listed but not found.
    pub unsearchable: usize,
    /// Segments on disk.
    pub segments: usize,
    /// Bytes of their frames, and how many of those are still of use.
    pub log_len: u64,
    /// See [`log_len`](Self::log_len).
    pub live_len: u64,
}
