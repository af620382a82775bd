//! Where a file from a form stays until its length is known.
//!
//! A form does not say how long its files are, and an insert must. So each file goes into a temporary file
//! first, which has no name on the disk and is sealed under a key that exists in memory alone: what a crash
//! leaves of it is noise.
//!
//! File: pieces of [`PIECE_LEN`] bytes, the last shorter, each followed by its tag of 16 bytes.

use std::io;
use std::pin::Pin;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use rand::Rng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use roneo_client::handle::{CHUNK_LEN, ContentSource};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, SeekFrom};

/// Bytes of a piece before its tag.
const PIECE_LEN: usize = 64 * 1024;

/// Bytes of a piece's tag.
const TAG_LEN: usize = 16;

/// A file being taken in.
pub(crate) struct Spool {
    file: File,
    cipher: ChaCha20Poly1305,
    /// What does not fill a piece yet.
    held: Vec<u8>,
    pieces: u64,
    length: u64,
}

/// A file that was taken in whole, as an insert reads it: once, in order.
pub(crate) struct SpoolSource {
    file: File,
    cipher: ChaCha20Poly1305,
    /// Opened and not read yet.
    held: Vec<u8>,
    taken: usize,
    pieces: u64,
    /// Bytes still sealed.
    left: u64,
}

impl Spool {
    /// An empty one.
    pub(crate) async fn new() -> io::Result<Self> {
        let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(io::Error::other)??;
        let mut key = [0; 32];
        UnwrapErr(SysRng).fill_bytes(&mut key);
        let cipher = ChaCha20Poly1305::new((&key).into());
        Ok(Self {
            file: File::from_std(file),
            cipher,
            held: Vec::with_capacity(PIECE_LEN + TAG_LEN),
            pieces: 0,
            length: 0,
        })
    }

    /// Bytes taken in so far.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Takes bytes in.
    pub(crate) async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_LEN - self.held.len()));
            self.held.extend(now);
            bytes = later;
            if self.held.len() == PIECE_LEN {
                self.seal().await?;
            }
        }
        Ok(())
    }

    /// Ends the taking in.
    pub(crate) async fn finish(mut self) -> io::Result<SpoolSource> {
        if !self.held.is_empty() {
            self.seal().await?;
        }
        self.file.flush().await?;
        self.file.seek(SeekFrom::Start(0)).await?;
        Ok(SpoolSource {
            file: self.file,
            cipher: self.cipher,
            held: Vec::new(),
            taken: 0,
            pieces: 0,
            left: self.length,
        })
    }

    async fn seal(&mut self) -> io::Result<()> {
        let tag = self.cipher.encrypt_inout_detached(&nonce(self.pieces), &[], self.held.as_mut_slice().into());
        self.held.extend(tag.map_err(io::Error::other)?);
        self.pieces += 1;
        self.file.write_all(&self.held).await?;
        self.held.clear();
        Ok(())
    }
}

impl SpoolSource {
    async fn read_bytes(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(len.min(CHUNK_LEN));
        while bytes.len() < len {
            if self.taken == self.held.len() && !self.open().await? {
                break;
            }
            let end = self.held.len().min(self.taken + len - bytes.len());
            bytes.extend_from_slice(&self.held[self.taken..end]);
            self.taken = end;
        }
        Ok(bytes)
    }

    /// Opens the next piece. Returns whether there was one.
    async fn open(&mut self) -> io::Result<bool> {
        let length = usize::try_from(self.left).map_or(PIECE_LEN, |left| left.min(PIECE_LEN));
        if length == 0 {
            return Ok(false);
        }
        self.held.resize(length, 0);
        self.taken = 0;
        let mut tag = [0; TAG_LEN];
        self.file.read_exact(&mut self.held).await?;
        self.file.read_exact(&mut tag).await?;
        let piece = self.held.as_mut_slice().into();
        self.cipher
            .decrypt_inout_detached(&nonce(self.pieces), &[], piece, &Tag::from(tag))
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the temporary file was changed"))?;
        self.pieces += 1;
        self.left -= length as u64;
        Ok(true)
    }
}

impl ContentSource for SpoolSource {
    fn read(&mut self, len: usize) -> Pin<Box<dyn Future<Output = io::Result<Vec<u8>>> + Send + '_>> {
        Box::pin(self.read_bytes(len))
    }
}

/// The nonce of a piece. Each spool has a key of its own.
fn nonce(piece: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&piece.to_le_bytes());
    Nonce::from(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn spooled(content: &[u8]) -> SpoolSource {
        let mut spool = Spool::new().await.unwrap();
        for piece in content.chunks(10_007) {
            spool.write(piece).await.unwrap();
        }
        assert_eq!(spool.length(), content.len() as u64);
        spool.finish().await.unwrap()
    }

    #[tokio::test]
    async fn what_goes_in_comes_out() {
        for length in [0, 1, PIECE_LEN - 1, PIECE_LEN, PIECE_LEN + 1, 3 * PIECE_LEN + 5] {
            let content: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let mut source = spooled(&content).await;
            let mut read = Vec::new();
            loop {
                let bytes = source.read(50_000).await.unwrap();
                if bytes.is_empty() {
                    break;
                }
                read.extend(bytes);
            }
            assert!(read == content, "{length}");
        }
    }

    #[tokio::test]
    async fn the_disk_sees_noise_and_its_changes_are_seen() {
        let content = vec![b'a'; 2 * PIECE_LEN];
        let mut source = spooled(&content).await;
        let mut raw = Vec::new();
        source.file.read_to_end(&mut raw).await.unwrap();
        assert_eq!(raw.len(), 2 * (PIECE_LEN + TAG_LEN));
        assert!(!raw.windows(8).any(|window| window == b"aaaaaaaa"));
        source.file.seek(SeekFrom::Start(PIECE_LEN as u64 + 40)).await.unwrap();
        source.file.write_all(&[0; 32]).await.unwrap();
        source.file.flush().await.unwrap();
        source.file.seek(SeekFrom::Start(0)).await.unwrap();
        assert_eq!(source.read(PIECE_LEN).await.unwrap(), &content[..PIECE_LEN]);
        assert_eq!(source.read(1).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
