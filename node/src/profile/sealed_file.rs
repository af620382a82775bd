//! Files of a profile: small, sealed under the node's key, replaced whole.
//!
//! `docs/formats/profile.md` is the specification of the bytes.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, Tag, XChaCha20Poly1305, XNonce};
use rand::Rng as _;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use roneo_client::notice::Warning;
use roneo_client::profile::ProfileError;
use roneo_keys::NodeSecret;
use zeroize::Zeroizing;

use super::stored::{self, MAX_TEXT_LEN, Stored};
use crate::data_dir::{self, DataDirError};
use crate::platform;

/// The file format that this version writes. A draft until it is 1.
const VERSION: u32 = 0;
const MAGIC: [u8; 8] = *b"roneo-pf";
/// Bytes of a header: magic 8, version 4, name 16.
const HEADER_LEN: usize = 28;
const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;
const MAX_FILE_LEN: u64 = (HEADER_LEN + NONCE_LEN + TAG_LEN + MAX_TEXT_LEN) as u64;
/// Ends the name of a file that cannot be read and was put aside.
const DAMAGED: &str = "damaged";

/// The directory of the files, and what seals them.
pub(super) struct SealedFiles {
    dir: PathBuf,
    cipher: XChaCha20Poly1305,
    /// Of the nonces.
    rng: Mutex<ChaCha20Rng>,
}

/// What was found in a file.
pub(super) struct Found<T> {
    pub(super) value: T,
    /// A newer version wrote it, so it is not to be replaced.
    pub(super) newer: bool,
    /// One sentence, where it is not as it should be.
    pub(super) warning: Option<Warning>,
}

enum Unread {
    Newer,
    Damaged,
}

impl SealedFiles {
    /// The files in `dir`. `seed` is fresh randomness.
    pub(super) fn new(dir: PathBuf, secret: &NodeSecret, seed: &[u8; 32]) -> Self {
        let node = Zeroizing::new(secret.expose_seed());
        let key = Zeroizing::new(blake3::derive_key("roneo node profile key 1", &*node));
        let seed = blake3::Hasher::new_keyed(&key).update(b"randomness").update(seed).finalize();
        Self {
            dir,
            cipher: XChaCha20Poly1305::new((&*key).into()),
            rng: Mutex::new(ChaCha20Rng::from_seed(*seed.as_bytes())),
        }
    }

    /// What a file says; nothing where there is none. One that is damaged is put aside, one that a
    /// newer version wrote is left as it is.
    ///
    /// # Errors
    /// [`DataDirError::Io`] where the disk does not give it.
    pub(super) fn load<T: Stored>(&self) -> Result<Found<T>, DataDirError> {
        let path = self.dir.join(T::NAME);
        let read = match data_dir::read_limited(&path, MAX_FILE_LEN) {
            Ok(None) => return Ok(Found { value: T::default(), newer: false, warning: None }),
            Ok(Some(mut bytes)) => self.open(&mut bytes),
            Err(DataDirError::Damaged { .. }) => Err(Unread::Damaged),
            Err(error) => return Err(error),
        };
        match read {
            Ok(value) => Ok(Found { value, newer: false, warning: None }),
            Err(Unread::Newer) => {
                let warning = Warning::KeptNewer { file: path.display().to_string() };
                Ok(Found { value: T::default(), newer: true, warning: Some(warning) })
            }
            Err(Unread::Damaged) => {
                let aside = path.with_extension(DAMAGED);
                fs::rename(&path, &aside).map_err(|source| data_dir::failed("rename", &path, source))?;
                let (file, aside) = (path.display().to_string(), aside.display().to_string());
                let warning = Warning::KeptDamaged { file, aside };
                Ok(Found { value: T::default(), newer: false, warning: Some(warning) })
            }
        }
    }

    /// Replaces a file. It is durable on return.
    ///
    /// # Errors
    /// [`ProfileError::Disk`]; the file is then as before.
    pub(super) fn save<T: Stored>(&self, value: &T) -> Result<(), ProfileError> {
        let text = stored::encode(value).map(Zeroizing::new);
        let text = text.ok_or_else(|| ProfileError::Disk(format!("{} would grow too long", T::NAME)))?;
        let mut nonce = [0; NONCE_LEN];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut nonce);
        let bytes = self.seal::<T>(nonce, &text);
        let written = platform::create_private_dir(&self.dir)
            .map_err(|source| data_dir::failed("create", &self.dir, source))
            .and_then(|()| data_dir::replace(&self.dir, T::NAME, &bytes));
        written.map_err(|error| disk(&error))
    }

    /// `header | nonce | ciphertext | tag`.
    fn seal<T: Stored>(&self, nonce: [u8; NONCE_LEN], text: &[u8]) -> Vec<u8> {
        let header = header(T::NAME);
        let mut bytes = [&header[..], &nonce, text].concat();
        let tag = self.cipher.encrypt_inout_detached(
            &XNonce::from(nonce),
            &header,
            (&mut bytes[HEADER_LEN + NONCE_LEN..]).into(),
        );
        bytes.extend(tag.expect("a text is far shorter than the cipher's 256 GiB"));
        bytes
    }

    fn open<T: Stored>(&self, bytes: &mut [u8]) -> Result<T, Unread> {
        let (header, rest) = bytes.split_first_chunk_mut::<HEADER_LEN>().ok_or(Unread::Damaged)?;
        let version = header[8..12].first_chunk().copied().map(u32::from_le_bytes);
        if header[..8] == MAGIC && version > Some(VERSION) {
            return Err(Unread::Newer);
        }
        if *header != self::header(T::NAME) {
            return Err(Unread::Damaged);
        }
        let (nonce, rest) = rest.split_first_chunk_mut::<NONCE_LEN>().ok_or(Unread::Damaged)?;
        let (text, tag) = rest.split_last_chunk_mut::<TAG_LEN>().ok_or(Unread::Damaged)?;
        let (nonce, tag) = (XNonce::from(*nonce), Tag::from(*tag));
        let opened = self.cipher.decrypt_inout_detached(&nonce, &*header, (&mut *text).into(), &tag);
        opened.map_err(|_| Unread::Damaged)?;
        stored::decode(text).ok_or(Unread::Damaged)
    }
}

/// The first bytes of a file. They are sealed with it: a file opens under its own name alone.
fn header(name: &str) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..12 + name.len()].copy_from_slice(name.as_bytes());
    header
}

/// What the disk refused, with the system's words.
pub(super) fn disk(error: &DataDirError) -> ProfileError {
    use std::error::Error as _;
    let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
    ProfileError::Disk(format!("{error}{cause}"))
}

/// For the vector of the format's page.
#[cfg(test)]
pub(super) fn sealed_vector<T: Stored>(secret: &NodeSecret, nonce: [u8; NONCE_LEN], text: &[u8]) -> Vec<u8> {
    SealedFiles::new(PathBuf::from("unused"), secret, &[0; 32]).seal::<T>(nonce, text)
}
