//! How much there may be of everything.

/// Posts and replies kept. When one more comes, the threads that were longest without activity go, except those with
/// a bookmark or with something of the reader's own.
pub const MAX_POSTS: usize = 100_000;
/// What stands beside posts and persons: reactions, edits, retractions, corrections, labels and profiles.
pub const MAX_BESIDE: usize = 400_000;
/// Bytes on disk of what is kept, after which old threads go as they do beyond [`MAX_POSTS`].
pub const MAX_LIVE_LEN: u64 = 1 << 30;
/// Boards on which anything was heard.
pub const MAX_BOARDS_HEARD: usize = 1_000;

/// Wordings kept of one post besides the first: the newest.
pub const MAX_EDITS: usize = 50;
/// Corrections kept of one person on one post: the newest.
pub const MAX_CORRECTIONS_EACH: usize = 8;
/// Labels kept of one curator on one post or person: the newest.
pub const MAX_LABELS_EACH: usize = 16;
/// Of one label, the takings back that are kept: the newest.
pub(crate) const MAX_TAKINGS_EACH: usize = 4;

/// Drafts kept.
pub const MAX_DRAFTS: usize = 64;
/// Bytes of a draft.
pub const MAX_DRAFT_LEN: usize = 64 << 10;
/// Characters of a draft's id.
pub const MAX_DRAFT_ID_LEN: usize = 40;
/// Bookmarks kept.
pub const MAX_BOOKMARKS: usize = 1_000;
/// Persons and threads muted, together.
pub const MAX_MUTES: usize = 1_000;
/// Boards followed.
pub const MAX_FOLLOWED_BOARDS: usize = 200;
/// Persons followed.
pub const MAX_FOLLOWED_PERSONS: usize = 300;
/// Persons whom the reader gave a name.
pub const MAX_PETNAMES: usize = 1_000;
/// Curators followed on one board, or everywhere.
pub const MAX_CURATORS: usize = 32;
/// Boards that have curators of their own, and boards of which the reader said up to when they are read.
pub const MAX_BOARD_SETTINGS: usize = 1_000;
/// Ids in one call of [`Index::mark_read`](crate::Index::mark_read) and its like.
pub const MAX_MARKED_AT_ONCE: usize = 1_000;

/// Entries of a page, at most.
pub const MAX_PAGE: usize = 100;
/// Entries of a page of which nothing is said.
pub const DEFAULT_PAGE: usize = 25;
/// Corrections shown beside one post; how many there are is always told.
pub const MAX_CORRECTIONS_SHOWN: usize = 20;
/// Labels shown on one post.
pub const MAX_LABELS_SHOWN: usize = 16;
/// Earlier wordings shown of a post in a list; [`Index::post`](crate::Index::post) shows all.
pub const MAX_EARLIER_IN_LISTS: usize = 3;
/// Of whom fewer posts are here is a newcomer, unless the reader knows them.
pub const NEWCOMER_POSTS: usize = 5;

/// Bytes of a query.
pub const MAX_QUERY_LEN: usize = 500;
/// Words and phrases of a query.
pub const MAX_QUERY_WORDS: usize = 16;
/// Bytes of a word as it is indexed: of longer ones the beginning counts.
pub const MAX_WORD_LEN: usize = 48;
/// Words of one wording that are indexed: all of an honest text of 30,000 bytes.
pub const MAX_WORDS_INDEXED: usize = 6_000;
/// Different terms that the search knows. When there are more, the oldest posts are listed but no longer found.
pub const MAX_TERMS: usize = 600_000;
/// Bytes in which the search says which term is where, three times what 100,000 posts of common length take. When
/// there are more, the oldest posts are listed but no longer found.
pub const MAX_POSTINGS_LEN: usize = 96 << 20;
/// Texts that are read for the phrases of one page of results: a page may so be shorter and yet lead on.
pub const MAX_PHRASE_CHECKS: usize = 1_000;
/// Characters of an excerpt.
pub const MAX_EXCERPT: usize = 240;

/// Bytes of a segment, after which the next begins.
pub const SEGMENT_LEN: u64 = 256 << 20;
/// Segments after which they are written anew as one.
pub const MAX_SEGMENTS: usize = 64;
/// Bytes of a log that is not worth writing anew.
pub const COMPACT_MIN_LEN: u64 = 1 << 20;
/// Bytes of what one frame holds.
pub const MAX_RECORD_LEN: usize = 128 << 10;

/// The bounds that tests make small.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) posts: usize,
    pub(crate) beside: usize,
    pub(crate) live_len: u64,
    pub(crate) segment_len: u64,
    pub(crate) segments: usize,
    pub(crate) compact_min_len: u64,
    pub(crate) terms: usize,
    pub(crate) postings_len: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            posts: MAX_POSTS,
            beside: MAX_BESIDE,
            live_len: MAX_LIVE_LEN,
            segment_len: SEGMENT_LEN,
            segments: MAX_SEGMENTS,
            compact_min_len: COMPACT_MIN_LEN,
            terms: MAX_TERMS,
            postings_len: MAX_POSTINGS_LEN,
        }
    }
}

/// What is left of a bound when room is made, so that room is not made for every addition.
pub(crate) fn after_making_room(bound: usize) -> usize {
    bound - bound / 16
}
