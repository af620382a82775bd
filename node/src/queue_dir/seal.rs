//! How the files of the queue begin, and how their pieces are sealed.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use roneo_client::handle::JobId;
use roneo_keys::NodeSecret;
use zeroize::Zeroizing;

/// The file format that this version writes. A draft until it is 1.
pub(super) const VERSION: u32 = 0;
/// Bytes of a header: magic 8, version 4, job 8, salt 32.
pub(super) const HEADER_LEN: usize = 52;
pub(super) const SALT_LEN: usize = 32;
pub(super) const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;
/// Bytes by which a sealed piece is longer than what it says: nonce and tag.
pub(super) const SEAL_LEN: usize = NONCE_LEN + TAG_LEN;

/// What a file of the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// What happened to a job.
    Journal,
    /// The content of a job.
    Spool,
}

impl Kind {
    const fn magic(self) -> [u8; 8] {
        match self {
            Self::Journal => *b"roneo-qj",
            Self::Spool => *b"roneo-qs",
        }
    }
}

/// The first bytes of a file: what it is, whose, and a salt that no other file has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Header([u8; HEADER_LEN]);

/// Why a file cannot be read from its first bytes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoHeader {
    /// A later version wrote it.
    Newer,
    /// It is none of ours, another job's, or not whole.
    Damaged,
}

impl Header {
    pub(super) fn new(kind: Kind, job: JobId, salt: [u8; SALT_LEN]) -> Self {
        let mut bytes = [0; HEADER_LEN];
        bytes[..8].copy_from_slice(&kind.magic());
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&job.0.to_le_bytes());
        bytes[20..].copy_from_slice(&salt);
        Self(bytes)
    }

    /// Reads the header that `file` begins with.
    pub(super) fn parse(kind: Kind, job: JobId, file: &[u8]) -> Result<Self, NoHeader> {
        let bytes = *file.first_chunk::<HEADER_LEN>().ok_or(NoHeader::Damaged)?;
        let (magic, rest) = bytes.split_at(8);
        if magic != kind.magic() {
            return Err(NoHeader::Damaged);
        }
        // An older version is read here by code of its own, and written anew in the present one when
        // its journal is next replaced. There is none before 0.
        match rest.first_chunk().copied().map(u32::from_le_bytes) {
            Some(VERSION) if rest[4..12] == job.0.to_le_bytes() => Ok(Self(bytes)),
            Some(VERSION) | None => Err(NoHeader::Damaged),
            Some(_) => Err(NoHeader::Newer),
        }
    }

    pub(super) const fn as_bytes(&self) -> &[u8; HEADER_LEN] {
        &self.0
    }
}

/// From which the key of every file of one node's queue follows.
pub(super) struct QueueKey(Zeroizing<[u8; 32]>);

impl QueueKey {
    pub(super) fn of(secret: &NodeSecret) -> Self {
        let seed = Zeroizing::new(secret.expose_seed());
        Self(Zeroizing::new(blake3::derive_key("roneo node queue key 1", &*seed)))
    }

    /// The key of a file. It binds the whole header: nothing opens under another job's, kind's or
    /// version's.
    pub(super) fn file(&self, header: &Header) -> FileKey {
        let key = Zeroizing::new(*blake3::keyed_hash(&self.0, header.as_bytes()).as_bytes());
        FileKey(XChaCha20Poly1305::new((&*key).into()))
    }

    /// The seed of a run's nonces and salts.
    pub(super) fn randomness(&self, seed: &[u8; 32]) -> [u8; 32] {
        *blake3::Hasher::new_keyed(&self.0).update(b"randomness").update(seed).finalize().as_bytes()
    }
}

/// The key of one file.
pub(super) struct FileKey(XChaCha20Poly1305);

impl FileKey {
    /// Appends `nonce | ciphertext | tag`: the piece of that number.
    pub(super) fn seal(&self, number: u64, nonce: [u8; NONCE_LEN], plain: &[u8], to: &mut Vec<u8>) {
        to.extend(nonce);
        let start = to.len();
        to.extend(plain);
        let tag = self.0.encrypt_inout_detached(&XNonce::from(nonce), &number.to_le_bytes(), (&mut to[start..]).into());
        to.extend(tag.expect("a piece of a queue file is far shorter than the cipher's 256 GiB"));
    }

    /// What the piece of that number says, where it lies.
    pub(super) fn open<'a>(&self, number: u64, sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (nonce, rest) = sealed.split_first_chunk_mut::<NONCE_LEN>()?;
        let (bytes, tag) = rest.split_last_chunk_mut::<TAG_LEN>()?;
        let (nonce, tag) = (XNonce::from(*nonce), Tag::from(*tag));
        self.0.decrypt_inout_detached(&nonce, &number.to_le_bytes(), (&mut *bytes).into(), &tag).ok()?;
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: JobId = JobId(7);

    #[test]
    fn a_header_names_its_kind_version_and_job() {
        let header = Header::new(Kind::Journal, JOB, [9; SALT_LEN]);
        let bytes = *header.as_bytes();
        assert!(Header::parse(Kind::Journal, JOB, &bytes) == Ok(header));
        assert!(Header::parse(Kind::Spool, JOB, &bytes) == Err(NoHeader::Damaged));
        assert!(Header::parse(Kind::Journal, JobId(8), &bytes) == Err(NoHeader::Damaged));
        assert!(Header::parse(Kind::Journal, JOB, &bytes[..HEADER_LEN - 1]) == Err(NoHeader::Damaged));
        let mut newer = bytes;
        newer[8] = 1;
        assert!(Header::parse(Kind::Journal, JOB, &newer) == Err(NoHeader::Newer));
    }

    #[test]
    fn a_piece_opens_in_its_place_alone() {
        let key = QueueKey::of(&NodeSecret::from_seed([1; 32]));
        let header = Header::new(Kind::Journal, JOB, [9; SALT_LEN]);
        let mut sealed = Vec::new();
        key.file(&header).seal(3, [5; NONCE_LEN], b"leaflet", &mut sealed);
        assert_eq!(sealed.len(), 7 + SEAL_LEN);
        let opens = |key: &QueueKey, header: &Header, number| {
            key.file(header).open(number, &mut sealed.clone()).map(<[u8]>::to_vec)
        };
        assert_eq!(opens(&key, &header, 3).as_deref(), Some(&b"leaflet"[..]));
        assert_eq!(opens(&key, &header, 4), None);
        assert_eq!(opens(&key, &Header::new(Kind::Journal, JOB, [8; SALT_LEN]), 3), None);
        assert_eq!(opens(&key, &Header::new(Kind::Spool, JOB, [9; SALT_LEN]), 3), None);
        assert_eq!(opens(&QueueKey::of(&NodeSecret::from_seed([2; 32])), &header, 3), None);
        assert_eq!(key.file(&header).open(3, &mut sealed[..SEAL_LEN - 1].to_vec()), None);
    }
}
