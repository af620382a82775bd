//! Identities, boards and what is written on them: the rules that everybody's copy of a conversation follows.
//!
//! Start from [`Envelope`], which carries everything that people sign, and [`Words`], behind which a
//! person's keys stand. A [`Body`] is what an envelope says: one struct for each type, with its bounds.
//!
//! Not for: finding or storing anything, showing a page, or reading a clock. Bytes come from
//! `roneo-client`, and the time is handed in.

mod announce;
mod board;
mod body;
mod cbor;
mod digest;
mod directories;
mod effort;
mod envelope;
mod fork;
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod invite;
mod names;
mod octets;
mod outbox;
mod pointer;
mod roster;
mod seat;
mod starters;
mod succession;
mod text;
mod vouch;
mod words;

pub use announce::{
    ANNOUNCEMENT_LEN, ANNOUNCEMENT_VERSION, Announced, Announcement, AnnouncementError, AnnouncementRecord, BoardTag,
    GRACE_S, MAX_ANNOUNCEMENTS, MAX_FETCHED_LATER, MAX_FETCHED_NEWCOMERS, MAX_NEWCOMERS, MAX_PER_DEVICE, MAX_PER_GUEST,
    MAX_PER_INTRODUCER, MAX_PER_NEWCOMER, MAX_VOUCHED, NoBeacon, RecordName, RecordOf, SHARDS, UnprovenAnnouncement,
    VOUCHED_LEN, VouchedAnnouncement, hour_of,
};
pub use board::{
    Board, BoardError, BoardKind, Cosignature, DESCRIPTOR_VERSION, Descriptor, DescriptorId, EPOCH_S, MAX_ABOUT,
    MAX_BOARD_NAME, MAX_DESCRIPTOR_LEN, MAX_DIGESTERS, MAX_OFFICERS, MAX_RULES_LEN, MAX_STEWARDS, Met, Policy, Scope,
    StewardId, StewardSecret, Terms, open_board,
};
pub use body::{
    Attachment, AuthorEntry, BoardId, Body, Card, Correction, Digest, DigestEntry, DigestPage, Edit, Label, LabelTag,
    LabelTarget, MAX_ALT, MAX_ATTACHMENTS, MAX_BIO, MAX_BOARDS, MAX_DIGEST_AUTHORS, MAX_DIGEST_ENTRIES,
    MAX_DIGEST_HOURS, MAX_DIGEST_PAGES, MAX_HEAD_ENTRIES, MAX_LANGUAGES, MAX_PAGE_ENTRIES, MAX_PAGES, MAX_REASON,
    MAX_REVOKED, MAX_SOURCES, MAX_TEXT_LEN, MAX_TITLE, OutboxEntry, OutboxHead, OutboxPage, PageEntry, Post, Profile,
    Reaction, ReactionWord, Reply, Retraction, Succession, Unknown, Vouch,
};
pub use cbor::{FormatError, MAX_DEPTH};
pub use digest::{
    CatchUp, DIGEST_HEAD_FETCHES, DIGEST_PAGE_FETCHES, DigestFollowed, DigestMet, DigestState, Digested, Lead,
    MAX_DAY_OFFERED, MAX_DIGEST_DAY, MAX_DIGESTED, PageWanted, catch_up, digest_link,
};
pub use directories::{Branch, Directories, Listed, ListedBy, MAX_CARDS, MAX_CARDS_OF_ONE, MAX_UNDER_PATH};
pub use effort::{Challenge, Effort, EffortError, Judge, Proof, Solved, Solver};
pub use envelope::{ENVELOPE_VERSION, Envelope, EnvelopeError, EnvelopeId, MAX_AHEAD_S, MAX_ENVELOPE_LEN, Signer};
pub use fork::{Fork, ForkMet};
pub use identity::{
    DEVICE_DAYS, DeviceCertificate, DeviceId, DeviceSecret, MasterSecret, NotSigned, OUTBOX_NAME, Outbox, OutboxId,
    PersonId, RecoveryCommitment, RecoveryId, RecoverySecret, Scopes, Signature,
};
pub use invite::{BoardInvitation, BoardInvitationError, MAX_INVITATION_TEXT_LEN};
pub use names::{
    KnownAs, KnownNames, Likeness, LookAlike, MAX_NAME_BYTES, MAX_NAME_LEN, NameError, clean_name, looks_like,
    mixes_scripts, skeleton,
};
pub use octets::Octets;
pub use outbox::{Followed, HeadMet, OutboxState, PAGE_ENTRIES};
pub use pointer::Pointer;
pub use roster::{Anchor, BEACON_FRESH_HOURS, BEACON_HOURS, Beacon, BeaconSecret, BeaconValue, Introducer, Roster};
pub use seat::{BoardChain, ChainLink, KeptChain, MAX_LINK_LEN, MAX_SEAT_LEN, MAX_WALK, Seat};
pub use starters::{InBoth, StarterBoard, Theme, starter_boards};
pub use succession::{
    Heir, MAX_HEIRS, MAX_KNOWN_REVOKED, MAX_SINCE_DAYS, MAX_SUCCESSIONS, PersonKnown, ProfileMet, SETTLED_DAYS,
    Standing, SuccessionMet,
};
pub use text::{MAX_PATH_SEGMENTS, MAX_SEGMENT_LEN};
pub use vouch::{Admission, GuestId, GuestSecret, IntroducerId, IntroducerSecret, Pass, PassKey, VOUCH_DAYS};
pub use words::{
    MAX_WORDS_TEXT_LEN, WORD_COUNT, WordLanguage, Words, WordsError, fingerprint, fold_passphrase, passphrase,
};
