//! Signed records: one leaf under a name that only its owners can write, `docs/formats/record.md`.
//!
//! A storer sees blinded keys, a sequence and a seal: enough to refuse what the owners did not sign
//! and to keep the better of two, and nothing that connects two documents of one author.

use std::cmp::Ordering;
use std::fmt;

use roneo_keys::time::Day;
use roneo_keys::{
    AEAD_TAG_LEN, BlindedPublic, BlindedSecret, Block, Chk, Docname, Extra, FORMAT_VERSION, KeyPair, LEAF_LEN, Locator,
    MAX_SIGNERS, ReadKey, RecordKind, SIGNATURE_LEN, Signature, SizeClass, Ssk, Usk,
};
use zeroize::Zeroizing;

use crate::Root;
use crate::root::MAX_MEDIA_TYPE_LEN;
use crate::seal::BoxKey;

/// Bytes before the blinded keys.
pub const RECORD_HEADER_LEN: usize = 64;
/// Bytes of a sealed text before its content.
const TEXT_HEADER_LEN: usize = 8;
/// Where the salt stands, to the end of the header.
const SALT_AT: usize = 32;
const UNUSED: std::ops::Range<usize> = 18..SALT_AT;

/// Bytes of media type and content that a record holds inline, signed by one of one.
pub const INLINE_RECORD_LIMIT: usize = text_room(1, 1) - TEXT_HEADER_LEN;

pub(crate) const fn text_room(k: usize, n: usize) -> usize {
    LEAF_LEN - RECORD_HEADER_LEN - n * BlindedPublic::LEN - k * SIGNATURE_LEN - AEAD_TAG_LEN
}

const _: () = assert!(text_room(1, 1) == 3_920 && text_room(MAX_SIGNERS, MAX_SIGNERS) == 2_480);

/// How new a record is: first by the day it was signed, then by its edition. Both are 0 in a
/// [`RecordKind::Document`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence {
    /// The day it was signed. No storer takes one later than tomorrow, so that a stolen key cannot
    /// put a name out of its owner's reach for ever.
    pub day: Day,
    /// The edition, at most [`i64::MAX`], as links hold it.
    pub edition: u64,
}

/// What a record leads to.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// The content itself: with its media type at most [`INLINE_RECORD_LIMIT`] bytes.
    Inline {
        /// Printable ASCII, at most [`MAX_MEDIA_TYPE_LEN`] bytes; may be empty.
        media_type: String,
        /// The bytes.
        content: Vec<u8>,
    },
    /// Content elsewhere.
    Content {
        /// Where its root lives.
        root: Locator,
        /// What opens it.
        key: ReadKey,
        /// How to read it.
        extra: Extra,
    },
}

impl Target {
    /// The content that a link names; its path is left behind.
    #[must_use]
    pub fn of(chk: &Chk) -> Self {
        Self::Content { root: chk.root, key: chk.key.clone(), extra: chk.extra }
    }

    /// Content that stands in the record itself, if it fits there: [`INLINE_RECORD_LIMIT`] with its media type.
    #[must_use]
    pub fn inline(media_type: &str, content: &[u8]) -> Option<Self> {
        let fits = media_type.len() <= MAX_MEDIA_TYPE_LEN && media_type.len() + content.len() <= INLINE_RECORD_LIMIT;
        fits.then(|| Self::Inline { media_type: media_type.to_owned(), content: content.to_vec() })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline { content, .. } => write!(formatter, "Inline({} bytes)", content.len()),
            Self::Content { .. } => formatter.write_str("Content(…)"),
        }
    }
}

/// Why bytes are not a record, or not one to be kept or read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Not laid out as a record.
    #[error("it is no signed record")]
    Malformed,
    /// Written by a later version of this format.
    #[error("it was made by a newer Roneo: update to open it")]
    Newer,
    /// It lies under a name that is not its own.
    #[error("it belongs under another name")]
    Elsewhere,
    /// Dated later than tomorrow, or a document with a sequence.
    #[error("it is dated wrongly")]
    Sequence,
    /// Fewer signatures than its policy asks for, or wrong ones.
    #[error("its owners did not sign it")]
    Unsigned,
    /// The key in the link does not open it, or its text is not laid out as one.
    #[error("the link does not open it: copy the link again")]
    NotOpened,
    /// More than a record holds, or a media type that is none.
    #[error("this does not fit into a record: store it as a file and publish its link")]
    TooLong,
}

/// A leaf that is laid out as a record. Whether its owners signed it, [`Record::verify`] says.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    block: Block,
    kind: RecordKind,
    k: usize,
    n: usize,
    signers: u16,
    sequence: Sequence,
}

impl Record {
    /// Reads the layout of a leaf.
    ///
    /// # Errors
    /// [`RecordError::Malformed`] for another layout, [`RecordError::Newer`] for a later version.
    pub fn parse(block: &Block) -> Result<Self, RecordError> {
        let bytes = block.bytes();
        if block.class() != SizeClass::Leaf {
            return Err(RecordError::Malformed);
        }
        let [version, kind, k, n] = array(bytes, 0);
        if version != FORMAT_VERSION {
            return Err(RecordError::Newer);
        }
        let kind = RecordKind::from_code(kind).ok_or(RecordError::Malformed)?;
        let (k, n) = (usize::from(k), usize::from(n));
        let signers = u16::from_le_bytes(array(bytes, 16));
        let sequence =
            Sequence { day: Day(u32::from_le_bytes(array(bytes, 4))), edition: u64::from_le_bytes(array(bytes, 8)) };
        let record = Self { block: block.clone(), kind, k, n, signers, sequence };
        let policy_fits = 1 <= k && k <= n && n <= MAX_SIGNERS;
        let signers_fit = signers.count_ones() as usize == k && u32::from(signers) >> n == 0;
        if !policy_fits || !signers_fit || bytes[UNUSED].iter().any(|&byte| byte != 0) {
            return Err(RecordError::Malformed);
        }
        // One order of keys, so that a policy has one locator, and no key counts twice.
        let ordered = record.keys().zip(record.keys().skip(1)).all(|(key, next)| key < next);
        if !ordered || sequence.edition > i64::MAX as u64 {
            return Err(RecordError::Malformed);
        }
        Ok(record)
    }

    /// All that a storer, and a reader before it opens, asks of a record found under `locator`; what
    /// costs most comes last (one verification for each signature, about 50 us).
    ///
    /// # Errors
    /// [`RecordError`], by the first thing that is wrong.
    pub fn check(locator: &Locator, block: &Block, today: Day) -> Result<Self, RecordError> {
        let record = Self::parse(block)?;
        if record.locator() != *locator {
            return Err(RecordError::Elsewhere);
        }
        let in_time = match record.kind {
            RecordKind::Document => record.sequence == Sequence::default(),
            RecordKind::Slot => record.sequence.day <= today.next(),
        };
        if !in_time {
            return Err(RecordError::Sequence);
        }
        record.verify().map(|()| record)
    }

    /// Checks every signature.
    ///
    /// # Errors
    /// [`RecordError::Unsigned`].
    pub fn verify(&self) -> Result<(), RecordError> {
        let digest = digest(self.block.bytes(), self.k, self.n);
        let signed_by = (0..self.n).filter(|position| self.signers >> position & 1 == 1);
        for (number, position) in signed_by.enumerate() {
            let at = RECORD_HEADER_LEN + self.n * BlindedPublic::LEN + number * SIGNATURE_LEN;
            let signature: Signature = array(self.block.bytes(), at);
            self.key(position).verify(&digest, &signature).map_err(|_| RecordError::Unsigned)?;
        }
        Ok(())
    }

    /// Where it belongs.
    #[must_use]
    pub fn locator(&self) -> Locator {
        locator(self.kind, self.k, self.keys())
    }

    /// How it gives way to others.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        self.kind
    }

    /// How new it is.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The leaf.
    #[must_use]
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The leaf.
    #[must_use]
    pub fn into_block(self) -> Block {
        self.block
    }

    /// Which of two records of one name stays: `Greater` if this one. Total over different records,
    /// so that merging is associative, commutative and idempotent.
    #[must_use]
    pub fn against(&self, other: &Self) -> Ordering {
        let hash = |record: &Self| *Locator::of(record.block.bytes()).as_bytes();
        match self.kind {
            RecordKind::Document => hash(other).cmp(&hash(self)),
            RecordKind::Slot => self.sequence.cmp(&other.sequence).then_with(|| hash(self).cmp(&hash(other))),
        }
    }

    /// Opens what it says.
    ///
    /// # Errors
    /// [`RecordError::NotOpened`] under another key or name, [`RecordError::Newer`] for a text of a
    /// later version.
    pub fn open(&self, key: &ReadKey, docname: &Docname) -> Result<Target, RecordError> {
        let bytes = self.block.bytes();
        let mut sealed = Zeroizing::new(bytes[text_at(self.k, self.n)..].to_vec());
        let salt = &bytes[SALT_AT..RECORD_HEADER_LEN];
        let text = box_key(key, self.kind, docname, salt).open(&mut sealed).map_err(|_| RecordError::NotOpened)?;
        parse_text(text)
    }

    fn keys(&self) -> impl Iterator<Item = BlindedPublic> + '_ {
        (0..self.n).map(|position| self.key(position))
    }

    fn key(&self, position: usize) -> BlindedPublic {
        BlindedPublic::from_bytes(array(self.block.bytes(), RECORD_HEADER_LEN + position * BlindedPublic::LEN))
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Record({:?}, {} of {}, {:?})", self.kind, self.k, self.n, self.sequence)
    }
}

/// Where the record of a policy lives. The kind is part of it, so that nobody who holds the keys can
/// make a document that was written once give way like a slot.
fn locator(kind: RecordKind, k: usize, keys: impl Iterator<Item = BlindedPublic>) -> Locator {
    let mut hasher = blake3::Hasher::new_derive_key("roneo record locator 1");
    hasher.update(&[kind.code(), k as u8]);
    for key in keys {
        hasher.update(key.as_bytes());
    }
    Locator::from_bytes(*hasher.finalize().as_bytes())
}

/// Where the record of an SSK lives.
#[must_use]
pub fn document_locator(ssk: &Ssk) -> Locator {
    let key = ssk.public.blind(RecordKind::Document, &ssk.docname);
    locator(RecordKind::Document, 1, std::iter::once(key))
}

/// Where the newest edition of a USK lives.
#[must_use]
pub fn slot_locator(usk: &Usk) -> Locator {
    let key = usk.public.blind(RecordKind::Slot, &usk.docname);
    locator(RecordKind::Slot, 1, std::iter::once(key))
}

/// Makes the record of an ordinary, singly signed document. Deterministic.
///
/// # Errors
/// [`RecordError::TooLong`]; [`RecordError::Sequence`] for a document with a sequence or an edition
/// that no link holds.
pub fn seal_record(
    pair: &KeyPair,
    kind: RecordKind,
    docname: &Docname,
    sequence: Sequence,
    target: &Target,
) -> Result<Block, RecordError> {
    let signer = pair.secret.blind(kind, docname);
    let keys = [signer.public()];
    Sealing { kind, keys: &keys, sequence, read_key: &pair.key, docname }.seal(target, &[signer])
}

/// What a record is made of, its text and signatures aside.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// How it gives way to others.
    pub kind: RecordKind,
    /// The blinded keys of all n who may sign, in ascending order.
    pub keys: &'a [BlindedPublic],
    /// How new it is.
    pub sequence: Sequence,
    /// What readers open it with.
    pub read_key: &'a ReadKey,
    /// Its name.
    pub docname: &'a Docname,
}

impl Sealing<'_> {
    /// Seals and signs with k keys, which must be among the n.
    ///
    /// # Errors
    /// As [`seal_record`]; [`RecordError::Unsigned`] where signers and keys do not go together.
    pub fn seal(&self, target: &Target, signers: &[BlindedSecret]) -> Result<Block, RecordError> {
        let (k, n) = (signers.len(), self.keys.len());
        if k == 0 || k > n || n > MAX_SIGNERS {
            return Err(RecordError::Unsigned);
        }
        let bitmap = self.bitmap(signers)?;
        let mut bytes = vec![0; LEAF_LEN];
        bytes[..4].copy_from_slice(&[FORMAT_VERSION, self.kind.code(), k as u8, n as u8]);
        bytes[4..8].copy_from_slice(&self.sequence.day.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.sequence.edition.to_le_bytes());
        bytes[16..18].copy_from_slice(&bitmap.to_le_bytes());
        for (place, key) in bytes[RECORD_HEADER_LEN..].chunks_exact_mut(BlindedPublic::LEN).zip(self.keys) {
            place.copy_from_slice(key.as_bytes());
        }
        let text_at = text_at(k, n);
        write_text(&mut bytes[text_at..LEAF_LEN - AEAD_TAG_LEN], target)?;
        let salt = self.salt(&bytes);
        bytes[SALT_AT..RECORD_HEADER_LEN].copy_from_slice(&salt);
        box_key(self.read_key, self.kind, self.docname, &salt).seal(&mut bytes[text_at..]);
        let digest = digest(&bytes, k, n);
        let mut in_order: Vec<_> = signers.iter().collect();
        in_order.sort_by_key(|signer| signer.public());
        let signatures = bytes[..text_at][RECORD_HEADER_LEN + n * BlindedPublic::LEN..].chunks_exact_mut(SIGNATURE_LEN);
        for (place, signer) in signatures.zip(in_order) {
            place.copy_from_slice(&signer.sign(&digest));
        }
        let block = Block::new(bytes).expect("a leaf's length");
        let record = Record::parse(&block)?;
        let dated = self.kind == RecordKind::Slot || self.sequence == Sequence::default();
        if dated { Ok(record.into_block()) } else { Err(RecordError::Sequence) }
    }

    fn bitmap(&self, signers: &[BlindedSecret]) -> Result<u16, RecordError> {
        let mut bitmap = 0;
        for signer in signers {
            let position = self.keys.iter().position(|key| *key == signer.public()).ok_or(RecordError::Unsigned)?;
            bitmap |= 1 << position;
        }
        Ok(bitmap)
    }

    /// Made from everything that is sealed or signed, so that two different texts never share a key
    /// stream, also where two machines make one edition at the same time.
    fn salt(&self, bytes: &[u8]) -> [u8; RECORD_HEADER_LEN - SALT_AT] {
        let mut hasher = blake3::Hasher::new_derive_key("roneo record salt 1");
        hasher.update(self.read_key.expose()).update(bytes).update(self.docname.as_str().as_bytes());
        *hasher.finalize().as_bytes()
    }
}

const fn text_at(k: usize, n: usize) -> usize {
    RECORD_HEADER_LEN + n * BlindedPublic::LEN + k * SIGNATURE_LEN
}

fn box_key(key: &ReadKey, kind: RecordKind, docname: &Docname, salt: &[u8]) -> BoxKey {
    let place = [&[kind.code()], salt, docname.as_str().as_bytes()].concat();
    BoxKey::derive("roneo record seal 1", key.expose(), &place)
}

/// What is signed: everything but the signatures.
fn digest(bytes: &[u8], k: usize, n: usize) -> [u8; 32] {
    let signatures_at = RECORD_HEADER_LEN + n * BlindedPublic::LEN;
    let mut hasher = blake3::Hasher::new_derive_key("roneo record 1");
    hasher.update(&bytes[..signatures_at]).update(&bytes[text_at(k, n)..]);
    *hasher.finalize().as_bytes()
}

/// Offsets: version 0, kind 1 (inline 0, content 1), length of the media type 2, zero 3, length of
/// the inline content 4, zeros 6, then media type and content, or locator, key and extra; then zeros.
pub(crate) fn write_text(text: &mut [u8], target: &Target) -> Result<(), RecordError> {
    text[0] = FORMAT_VERSION;
    match target {
        Target::Inline { media_type, content } => {
            let fits = media_type.len() + content.len() <= text.len() - TEXT_HEADER_LEN;
            if !fits || !Root::is_media_type(media_type) {
                return Err(RecordError::TooLong);
            }
            text[2] = media_type.len() as u8;
            text[4..6].copy_from_slice(&(content.len() as u16).to_le_bytes());
            let content_at = TEXT_HEADER_LEN + media_type.len();
            text[TEXT_HEADER_LEN..content_at].copy_from_slice(media_type.as_bytes());
            text[content_at..content_at + content.len()].copy_from_slice(content);
        }
        Target::Content { root, key, extra } => {
            text[1] = 1;
            text[8..40].copy_from_slice(root.as_bytes());
            text[40..72].copy_from_slice(key.expose());
            text[72..77].copy_from_slice(&extra.to_bytes());
        }
    }
    Ok(())
}

pub(crate) fn parse_text(text: &[u8]) -> Result<Target, RecordError> {
    let [version, kind, media_len, zero, low, high, rest @ ..]: [u8; TEXT_HEADER_LEN] = array(text, 0);
    if version != FORMAT_VERSION || kind > 1 {
        return Err(RecordError::Newer);
    }
    let length = usize::from(u16::from_le_bytes([low, high]));
    let (target, end) = if kind == 0 {
        let body = &text[TEXT_HEADER_LEN..];
        let (media_type, body) = body.split_at_checked(media_len.into()).ok_or(RecordError::NotOpened)?;
        let content = body.get(..length).ok_or(RecordError::NotOpened)?.to_vec();
        let media_type = String::from_utf8(media_type.to_vec()).map_err(|_| RecordError::NotOpened)?;
        if media_type.len() > MAX_MEDIA_TYPE_LEN || !Root::is_media_type(&media_type) {
            return Err(RecordError::NotOpened);
        }
        (Target::Inline { media_type, content }, TEXT_HEADER_LEN + usize::from(media_len) + length)
    } else {
        if media_len != 0 || length != 0 {
            return Err(RecordError::Newer);
        }
        let extra = Extra::from_bytes(array(text, 72)).map_err(|_| RecordError::Newer)?;
        let (root, key) = (Locator::from_bytes(array(text, 8)), ReadKey::from_bytes(array(text, 40)));
        (Target::Content { root, key, extra }, 77)
    };
    if zero != 0 || rest != [0; 2] || text[end..].iter().any(|&byte| byte != 0) {
        return Err(RecordError::Newer);
    }
    Ok(target)
}

/// `N` bytes of a record at a place that every record has.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("a slice of N bytes")
}

#[cfg(test)]
mod tests;
