//! The local index of one user: everything heard on the boards they read, what they read of it and set, and a search
//! over all of it. Sealed on disk.
//!
//! Start from [`Index`]: [`Index::add`] takes in what was heard, and every page is one call that reads. Nothing here
//! knows a network, a clock or a window: envelopes were checked before they come, and the time is handed in.
//!
//! # What lies on disk
//!
//! One append-only log of sealed frames, `docs/formats/index.md`, and nothing else: **no text and no search index is
//! ever on disk in the clear, nor anything derived from words**: no hashes of words, no lists of documents, not even
//! under a key. The lists of the search are built in memory whenever the index is opened.
//!
//! Why: a disk can be seized, and what somebody read is more than they would tell. Hashes of words are guessed with a
//! dictionary; sealed lists still show, by their lengths and by which of them change together, which posts share
//! words. Building them anew costs little: 100,000 posts open in 8 s of a slow processor, with 105 MiB of memory for the
//! whole process (`cargo bench -p roneo-index --bench index`). While the index is open its words are in memory, and
//! memory may be swapped out: who fears that encrypts the swap.
//!
//! What remains to be seen without the key: that there is an index, when it was written to, and about how much there
//! is. Frames are as long as multiples of 64 bytes.
//!
//! # What a view is
//!
//! A function of what was heard and set and of the moment that is handed in, not of the order in which it came: a reply
//! may come before its beginning, an edit before its post, a label before all. (Beyond the [bounds](MAX_POSTS), which
//! of it is still there depends on the order.) Whatever is dated ahead of its time waits in the index and is shown when
//! that comes.
//!
//! # What is durable when
//!
//! [`add`](Index::add), and marks of what is read, are written at once and are on disk after the next
//! [`flush`](Index::flush). Everything else that the reader sets, drafts above all, is on disk when its call returns.
//!
//! ```
//! use rand::SeedableRng;
//! use roneo_index::{Added, DraftId, Heard, Index, IndexKey, Paging, SearchIn};
//! use roneo_keys::time::Wall;
//! use roneo_social::{
//!     BoardId, DeviceSecret, Envelope, MasterSecret, Post, Scopes, Signer, Unknown, Words,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (now, board) = (Wall(1_795_000_000), BoardId::from_bytes([7; 32]));
//! # let master = MasterSecret::of_words(&Words::from_entropy([1; 32]));
//! # let device = DeviceSecret::from_seed(&[2; 32]);
//! # let certificate = master.certify(device.id(), Scopes::ALL, now.day());
//! # let signer = Signer { device: &device, certificate: &certificate, person: master.person(), seq: 0, prev: None };
//! # let (title, text) = ("Chauffage coupé".to_owned(), "Depuis lundi, à l’école.".to_owned());
//! # let (lang, files, warning, unknown) = ("fr".to_owned(), Vec::new(), String::new(), Unknown::new());
//! # let post = Post { boards: vec![board], title, text, lang, files, warning, unknown };
//! let envelope = Envelope::seal(&signer, now, post)?;
//! # let directory = tempfile::tempdir()?;
//!
//! let mut rng = rand_chacha::ChaCha20Rng::from_seed([3; 32]); // In earnest, the system's.
//! let (mut index, _) = Index::open(directory.path(), &IndexKey::random(&mut rng), &[], &mut rng)?;
//! let heard = Heard { envelope: &envelope, at: None, boards: vec![board], effort: 0, heard_at: now.0 };
//! assert_eq!(index.add(heard)?, Added::New);
//! index.save_draft(&DraftId::new("reply-1")?, "{\"text\":\"Ici aussi\"}", now)?;
//! index.flush()?;
//!
//! let found = index.search("ecole", &SearchIn::default(), &Paging::default(), now)?;
//! assert_eq!(found.entries[0].title, "Chauffage coupé");
//! # Ok(())
//! # }
//! ```
//!
//! Not for: deciding which envelopes to believe (devices that were taken back are the caller's to refuse), fetching
//! what is missing, keeping two programs out of one directory (the node's lock on its data directory does), or
//! rendering Markdown.

mod beside;
mod boards;
mod bounds;
mod codec;
mod compaction;
mod conversation;
mod cursor;
mod disk;
mod error;
mod finding;
mod fold;
#[doc(hidden)]
pub mod fuzzing;
mod heard;
mod index;
mod listing;
mod log;
mod marks;
mod people;
mod reading;
mod record;
mod seal;
mod search;
mod segment;
mod settings;
mod sight;
mod slab;
mod state;
mod view;

pub use bounds::{
    COMPACT_MIN_LEN, DEFAULT_PAGE, MAX_BESIDE, MAX_BOARD_SETTINGS, MAX_BOARDS_HEARD, MAX_BOOKMARKS,
    MAX_CORRECTIONS_EACH, MAX_CORRECTIONS_SHOWN, MAX_CURATORS, MAX_DRAFT_ID_LEN, MAX_DRAFT_LEN, MAX_DRAFTS,
    MAX_EARLIER_IN_LISTS, MAX_EDITS, MAX_EXCERPT, MAX_FOLLOWED_BOARDS, MAX_FOLLOWED_PERSONS, MAX_LABELS_EACH,
    MAX_LABELS_SHOWN, MAX_LIVE_LEN, MAX_MARKED_AT_ONCE, MAX_MUTES, MAX_PAGE, MAX_PETNAMES, MAX_PHRASE_CHECKS,
    MAX_POSTINGS_LEN, MAX_POSTS, MAX_QUERY_LEN, MAX_QUERY_WORDS, MAX_RECORD_LEN, MAX_SEGMENTS, MAX_TERMS, MAX_WORD_LEN,
    MAX_WORDS_INDEXED, NEWCOMER_POSTS, SEGMENT_LEN,
};
pub use error::IndexError;
pub use heard::{Added, Heard};
pub use index::{Index, Opened};
pub use log::Damage;
pub use marks::{Curator, DraftId};
pub use seal::IndexKey;
pub use settings::Mute;
pub use view::{
    BoardRow, Bookmark, CorrectionView, DraftRow, Fold, FollowedView, Hit, LabelView, Mutes, Named, Page, Paging,
    Placed, PostView, ReactionCount, Retracted, SearchIn, Stats, Tab, ThreadRow, ThreadView, Version,
};

#[cfg(test)]
mod tests;
