//! What a frame of the log says.

use roneo_social::{BoardId, EnvelopeId, LabelTag, LabelTarget, PersonId, Pointer, ReactionWord};

use crate::codec::{Lies, Malformed, take, take_slice};
use crate::marks::Curator;

/// One frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Record {
    /// Everything in the segments before this one is here again, or gone.
    Base,
    /// Something that was said.
    Envelope { kept: Box<Kept> },
    /// It was heard again.
    Again { id: EnvelopeId, boards: Vec<BoardId>, effort: u32, heard_at: u64, at: Option<Pointer> },
    /// These are read, or unread, or as everything else.
    Marked { ids: Vec<EnvelopeId>, mark: Option<bool> },
    /// Up to when a board is read; 0 takes it back.
    BoardRead { board: BoardId, up_to: u64 },
    /// A bookmark, and when it was set; none where it is gone.
    Bookmark { id: EnvelopeId, at: Option<u64> },
    /// A person muted.
    MutePerson { person: PersonId, at: Option<u64> },
    /// A thread muted.
    MuteThread { root: EnvelopeId, at: Option<u64> },
    /// A draft.
    Draft { id: String, at: u64, text: String },
    /// A draft that is gone.
    NoDraft { id: String },
    /// A board followed.
    FollowBoard { board: BoardId, at: Option<u64> },
    /// A person followed.
    FollowPerson { person: PersonId, at: Option<u64> },
    /// What the reader calls somebody.
    Petname { person: PersonId, name: Option<String> },
    /// Whose labels count, on a board or everywhere.
    Curators { board: Option<BoardId>, curators: Vec<Curator> },
    /// Room was made: these are gone.
    Forgotten { ids: Vec<EnvelopeId> },
    /// Threads without activity since then are no longer taken.
    Horizon { time: u64 },
}

/// Something that was said, as it is kept: its bytes, and of what is in them that which views are made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) id: EnvelopeId,
    pub(crate) author: PersonId,
    /// When it says that it was signed.
    pub(crate) time: u64,
    /// When it was first heard.
    pub(crate) heard_at: u64,
    pub(crate) effort: u32,
    /// On which boards it was heard, of those to which it went.
    pub(crate) boards: Vec<BoardId>,
    pub(crate) at: Option<Pointer>,
    pub(crate) facts: Facts,
    /// The envelope, as it was signed.
    pub(crate) bytes: Vec<u8>,
}

/// What an envelope does, without its texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Facts {
    Post { signed: Vec<BoardId> },
    Reply { root: EnvelopeId, parent: EnvelopeId },
    Reaction { target: EnvelopeId, word: ReactionWord },
    Edit { target: EnvelopeId, titled: bool },
    Retraction { target: EnvelopeId },
    Correction { target: EnvelopeId },
    Label { label: LabelFacts },
    Profile { serial: u64, name: String },
}

impl Facts {
    /// Whether it is a post or a reply, and not something beside one.
    pub(crate) fn is_post(&self) -> bool {
        matches!(self, Self::Post { .. } | Self::Reply { .. })
    }
}

/// What a label says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabelFacts {
    pub(crate) target: LabelTarget,
    pub(crate) tag: LabelTag,
    pub(crate) board: Option<BoardId>,
    pub(crate) until: u64,
    pub(crate) retracts: Option<EnvelopeId>,
}

/// The words of a format and their numbers in a record.
macro_rules! words {
    ($type:ident: $($word:ident = $code:literal),*) => {
        impl Lies for $type {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self { $($type::$word => $code),* });
            }

            fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
                match take::<u8>(bytes)? {
                    $($code => Ok($type::$word),)*
                    _ => Err(Malformed),
                }
            }
        }
    };
}
words!(ReactionWord: Agree = 0, Disagree = 1, Thanks = 2, Important = 3, Question = 4, Solidarity = 5);
words!(LabelTag: Spam = 0, Offtopic = 1, Doxxing = 2, Hate = 3, Violence = 4, Illegal = 5, Scam = 6, Sensitive = 7, Duplicate = 8);

impl Lies for LabelTarget {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Post(id) => (0_u8, *id).put(out),
            Self::Person(id) => (1_u8, *id).put(out),
        }
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        match take::<u8>(bytes)? {
            0 => take(bytes).map(Self::Post),
            1 => take(bytes).map(Self::Person),
            _ => Err(Malformed),
        }
    }
}

impl Lies for Pointer {
    /// Its CBOR, behind its length.
    fn put(&self, out: &mut Vec<u8>) {
        let mut bytes = Vec::with_capacity(Self::LEN + 2);
        ciborium::into_writer(self, &mut bytes).expect("a vector takes every byte");
        bytes.put(out);
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let spelled: Vec<u8> = take(bytes)?;
        ciborium::from_reader(&*spelled).map_err(|_| Malformed)
    }
}

impl Lies for Curator {
    fn put(&self, out: &mut Vec<u8>) {
        (self.person, self.alone).put(out);
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(Self { person: take(bytes)?, alone: take(bytes)? })
    }
}

impl Lies for LabelFacts {
    fn put(&self, out: &mut Vec<u8>) {
        self.target.put(out);
        self.tag.put(out);
        (self.board, (self.until, self.retracts)).put(out);
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let (target, tag) = take(bytes)?;
        Ok(Self { target, tag, board: take(bytes)?, until: take(bytes)?, retracts: take(bytes)? })
    }
}

/// Declares how the variants of an enum lie: a number, then the fields.
macro_rules! variants {
    ($type:ident: $($code:literal $name:ident { $($field:ident),* })*) => {
        impl Lies for $type {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$name { $($field),* } => {
                        out.push($code);
                        $($field.put(out);)*
                    } )*
                }
            }

            fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
                match take::<u8>(bytes)? {
                    $( $code => {
                        $(let $field = take(bytes)?;)*
                        Ok(Self::$name { $($field),* })
                    } )*
                    _ => Err(Malformed),
                }
            }
        }
    };
}

variants! { Facts:
    0 Post { signed }
    1 Reply { root, parent }
    2 Reaction { target, word }
    3 Edit { target, titled }
    4 Retraction { target }
    5 Correction { target }
    6 Label { label }
    7 Profile { serial, name }
}

variants! { Record:
    0 Base {}
    1 Envelope { kept }
    2 Again { id, boards, effort, heard_at, at }
    3 Marked { ids, mark }
    4 BoardRead { board, up_to }
    5 Bookmark { id, at }
    6 MutePerson { person, at }
    7 MuteThread { root, at }
    8 Draft { id, at, text }
    9 NoDraft { id }
    10 FollowBoard { board, at }
    11 FollowPerson { person, at }
    12 Petname { person, name }
    13 Curators { board, curators }
    14 Forgotten { ids }
    15 Horizon { time }
}

impl Lies for Box<Kept> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.id, self.author).put(out);
        (self.time, (self.heard_at, self.effort)).put(out);
        self.boards.put(out);
        self.at.put(out);
        self.facts.put(out);
        (self.bytes.len() as u32).put(out);
        out.extend_from_slice(&self.bytes);
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let (id, author) = take(bytes)?;
        let (time, (heard_at, effort)) = take(bytes)?;
        let (boards, at, facts) = (take(bytes)?, take(bytes)?, take(bytes)?);
        let len: u32 = take(bytes)?;
        let bytes = take_slice(bytes, len as usize)?.to_vec();
        Ok(Self::new(Kept { id, author, time, heard_at, effort, boards, at, facts, bytes }))
    }
}

impl Record {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.put(&mut bytes);
        bytes
    }

    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Result<Self, Malformed> {
        let record = take(&mut bytes)?;
        if bytes.is_empty() { Ok(record) } else { Err(Malformed) }
    }
}

/// The envelope's bytes in the record of one.
pub(crate) fn envelope_in(record: &[u8]) -> Result<Kept, Malformed> {
    match Record::from_bytes(record)? {
        Record::Envelope { kept } => Ok(*kept),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_read_as_it_was_written() {
        let (id, person, board) =
            (EnvelopeId::from_bytes([1; 32]), PersonId::from_bytes([2; 32]), BoardId::from_bytes([3; 32]));
        let label = LabelFacts {
            target: LabelTarget::Person(person),
            tag: LabelTag::Scam,
            board: Some(board),
            until: 9,
            retracts: Some(id),
        };
        let facts = [
            Facts::Post { signed: vec![board] },
            Facts::Reply { root: id, parent: id },
            Facts::Reaction { target: id, word: ReactionWord::Solidarity },
            Facts::Edit { target: id, titled: true },
            Facts::Retraction { target: id },
            Facts::Correction { target: id },
            Facts::Label { label },
            Facts::Profile { serial: 4, name: "Ada".to_owned() },
        ];
        let mut records = vec![
            Record::Base,
            Record::Again { id, boards: vec![board], effort: 3, heard_at: 4, at: None },
            Record::Marked { ids: vec![id, id], mark: Some(false) },
            Record::BoardRead { board, up_to: 5 },
            Record::Bookmark { id, at: Some(7) },
            Record::MutePerson { person, at: None },
            Record::MuteThread { root: id, at: Some(1) },
            Record::Draft { id: "a-1".to_owned(), at: 3, text: "{}".to_owned() },
            Record::NoDraft { id: "a-1".to_owned() },
            Record::FollowBoard { board, at: Some(3) },
            Record::FollowPerson { person, at: Some(3) },
            Record::Petname { person, name: Some("Léa".to_owned()) },
            Record::Curators { board: None, curators: vec![Curator { person, alone: true }] },
            Record::Forgotten { ids: vec![id] },
            Record::Horizon { time: 8 },
        ];
        records.extend(facts.map(|facts| {
            let kept = Kept {
                id,
                author: person,
                time: 1,
                heard_at: 2,
                effort: 3,
                boards: vec![board],
                at: None,
                facts,
                bytes: vec![1, 2, 3],
            };
            Record::Envelope { kept: Box::new(kept) }
        }));
        for record in records {
            let bytes = record.to_bytes();
            assert_eq!(Record::from_bytes(&bytes), Ok(record));
            for len in 0..bytes.len() {
                assert_eq!(Record::from_bytes(&bytes[..len]), Err(Malformed));
            }
            let longer = [&*bytes, &[0]].concat();
            assert_eq!(Record::from_bytes(&longer), Err(Malformed));
        }
    }
}
