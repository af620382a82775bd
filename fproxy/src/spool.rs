//! Where the files of a form stay until they are inserted.
//!
//! A form does not say how long its files are, and an insert must. So all of them go into one temporary file first,
//! which has no name on the disk and is sealed under a key that exists in memory alone: what a crash leaves of it is
//! noise. One file for a whole form, since a folder may have more files than a program may open.
//!
//! File: pieces of [`PIECE_LEN`] bytes, the last of each spooled file shorter, each followed by its tag of 16 bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use rand::Rng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use roneo_client::folder::{FileContent, Opening};
use roneo_client::handle::{CHUNK_LEN, ContentSource};
use tokio::task::spawn_blocking;

/// Bytes of a piece before its tag.
const PIECE_LEN: usize = 64 * 1024;

/// Bytes of a piece's tag.
const TAG_LEN: usize = 16;

/// The temporary file of one form. It is written to by one [`SpoolWriter`] at a time, so that the pieces of a file
/// lie one behind the other.
pub(crate) struct Spool(Arc<Mutex<Pieces>>);

/// A file being taken in.
pub(crate) struct SpoolWriter<'a> {
    pieces: Arc<Mutex<Pieces>>,
    /// What does not fill a piece yet.
    held: Vec<u8>,
    /// The number of its first piece, and its place.
    first: Piece,
    length: u64,
    hasher: blake3::Hasher,
    /// Keeps others from writing between its pieces.
    _alone: &'a mut Spool,
}

/// A file that was taken in whole. It can be read as often as wanted.
#[derive(Clone)]
pub(crate) struct Spooled {
    pieces: Arc<Mutex<Pieces>>,
    first: Piece,
    /// Bytes.
    pub(crate) length: u64,
    /// Their BLAKE3.
    pub(crate) blake3: [u8; 32],
}

/// Reads a spooled file, in order.
pub(crate) struct SpoolSource {
    file: Spooled,
    /// The piece that is open.
    held: Vec<u8>,
    taken: usize,
    /// The next one.
    next: u64,
}

/// Reads a spooled file from wherever it is asked to. Blocks.
pub(crate) struct SpoolReader {
    file: Spooled,
    position: u64,
    held: Option<(u64, Vec<u8>)>,
}

#[derive(Clone, Copy)]
struct Piece {
    number: u64,
    place: u64,
}

/// The file itself.
struct Pieces {
    file: File,
    cipher: ChaCha20Poly1305,
    end: Piece,
}

impl Spool {
    /// An empty one.
    pub(crate) async fn new() -> io::Result<Self> {
        let file = spawn_blocking(tempfile::tempfile).await.map_err(io::Error::other)??;
        let mut key = [0; 32];
        UnwrapErr(SysRng).fill_bytes(&mut key);
        let pieces = Pieces { file, cipher: ChaCha20Poly1305::new((&key).into()), end: Piece { number: 0, place: 0 } };
        Ok(Self(Arc::new(Mutex::new(pieces))))
    }

    /// Begins a file.
    pub(crate) fn begin(&mut self) -> SpoolWriter<'_> {
        let pieces = Arc::clone(&self.0);
        let first = lock(&pieces).end;
        let held = Vec::with_capacity(PIECE_LEN + TAG_LEN);
        SpoolWriter { pieces, held, first, length: 0, hasher: blake3::Hasher::new(), _alone: self }
    }
}

impl SpoolWriter<'_> {
    /// Takes bytes in.
    pub(crate) async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            bytes = self.hold(bytes);
            if self.held.len() == PIECE_LEN {
                let (pieces, held) = (Arc::clone(&self.pieces), std::mem::take(&mut self.held));
                let sealed = spawn_blocking(move || lock(&pieces).append(held)).await;
                self.held = sealed.map_err(io::Error::other)??;
            }
        }
        Ok(())
    }

    /// Ends the taking in. The last piece is a short one.
    pub(crate) fn finish(mut self) -> io::Result<Spooled> {
        self.flush()?;
        let Self { pieces, first, length, hasher, .. } = self;
        Ok(Spooled { pieces, first, length, blake3: *hasher.finalize().as_bytes() })
    }

    /// Takes what a piece has room for, and gives the rest.
    fn hold<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let (now, later) = bytes.split_at(bytes.len().min(PIECE_LEN - self.held.len()));
        self.held.extend(now);
        self.hasher.update(now);
        self.length += now.len() as u64;
        later
    }
}

impl Write for SpoolWriter<'_> {
    /// Blocks.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.hold(bytes).len();
        if self.held.len() == PIECE_LEN {
            self.flush()?;
        }
        Ok(bytes.len() - left)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.held.is_empty() {
            self.held = lock(&self.pieces).append(std::mem::take(&mut self.held))?;
        }
        Ok(())
    }
}

impl Pieces {
    /// Seals a piece behind the others, and gives its room back.
    fn append(&mut self, mut piece: Vec<u8>) -> io::Result<Vec<u8>> {
        let tag = self.cipher.encrypt_inout_detached(&nonce(self.end.number), &[], piece.as_mut_slice().into());
        piece.extend(tag.map_err(io::Error::other)?);
        self.file.seek(SeekFrom::Start(self.end.place))?;
        self.file.write_all(&piece)?;
        self.end = Piece { number: self.end.number + 1, place: self.end.place + piece.len() as u64 };
        piece.clear();
        Ok(piece)
    }

    fn open(&mut self, piece: Piece, length: usize) -> io::Result<Vec<u8>> {
        let (mut bytes, mut tag) = (vec![0; length], [0; TAG_LEN]);
        self.file.seek(SeekFrom::Start(piece.place))?;
        self.file.read_exact(&mut bytes)?;
        self.file.read_exact(&mut tag)?;
        self.cipher
            .decrypt_inout_detached(&nonce(piece.number), &[], bytes.as_mut_slice().into(), &Tag::from(tag))
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the temporary file was changed"))?;
        Ok(bytes)
    }
}

impl Spooled {
    /// From its first byte on.
    pub(crate) fn source(&self) -> SpoolSource {
        SpoolSource { file: self.clone(), held: Vec::new(), taken: 0, next: 0 }
    }

    /// From wherever it is asked to.
    pub(crate) fn reader(&self) -> SpoolReader {
        SpoolReader { file: self.clone(), position: 0, held: None }
    }

    /// All of it. Blocks; for files that are known to be short.
    pub(crate) fn read_whole(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.length).unwrap_or_default());
        self.reader().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The piece of that index; empty behind the last. Blocks.
    fn piece(&self, index: u64) -> io::Result<Vec<u8>> {
        let left = self.length.saturating_sub(index * PIECE_LEN as u64);
        let length = usize::try_from(left).map_or(PIECE_LEN, |left| left.min(PIECE_LEN));
        if length == 0 {
            return Ok(Vec::new());
        }
        let place = self.first.place + index * (PIECE_LEN + TAG_LEN) as u64;
        lock(&self.pieces).open(Piece { number: self.first.number + index, place }, length)
    }
}

impl FileContent for Spooled {
    fn open(&self) -> Opening<'_> {
        let source: Box<dyn ContentSource> = Box::new(self.source());
        Box::pin(async { Ok(source) })
    }
}

impl SpoolSource {
    async fn read_bytes(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(len.min(CHUNK_LEN));
        while bytes.len() < len {
            if self.taken == self.held.len() {
                let (file, index) = (self.file.clone(), self.next);
                self.held = spawn_blocking(move || file.piece(index)).await.map_err(io::Error::other)??;
                (self.taken, self.next) = (0, index + 1);
                if self.held.is_empty() {
                    break;
                }
            }
            let end = self.held.len().min(self.taken + len - bytes.len());
            bytes.extend_from_slice(&self.held[self.taken..end]);
            self.taken = end;
        }
        Ok(bytes)
    }
}

impl ContentSource for SpoolSource {
    fn read(&mut self, len: usize) -> Pin<Box<dyn Future<Output = io::Result<Vec<u8>>> + Send + '_>> {
        Box::pin(self.read_bytes(len))
    }
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (index, within) = (self.position / PIECE_LEN as u64, (self.position % PIECE_LEN as u64) as usize);
        if self.held.as_ref().is_none_or(|(held, _)| *held != index) {
            self.held = Some((index, self.file.piece(index)?));
        }
        let piece = self.held.as_ref().and_then(|(_, piece)| piece.get(within..)).unwrap_or_default();
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for SpoolReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.file.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// The nonce of a piece. Each spool has a key of its own.
fn nonce(piece: u64) -> Nonce {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&piece.to_le_bytes());
    Nonce::from(nonce)
}

fn lock(pieces: &Mutex<Pieces>) -> MutexGuard<'_, Pieces> {
    // A panic elsewhere leaves it whole: the end moves only once a piece is written.
    pieces.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn spooled(spool: &mut Spool, content: &[u8]) -> Spooled {
        let mut writer = spool.begin();
        for piece in content.chunks(10_007) {
            writer.write(piece).await.unwrap();
        }
        let file = writer.finish().unwrap();
        assert_eq!((file.length, file.blake3), (content.len() as u64, *blake3::hash(content).as_bytes()));
        file
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|index| (index % 251) as u8).collect()
    }

    #[tokio::test]
    async fn what_goes_in_comes_out_as_often_as_wanted() {
        let lengths = [0, 1, PIECE_LEN - 1, PIECE_LEN, PIECE_LEN + 1, 3 * PIECE_LEN + 5];
        let mut spool = Spool::new().await.unwrap();
        let mut files = Vec::new();
        for length in lengths {
            files.push(spooled(&mut spool, &content(length)).await);
        }
        for (file, length) in files.iter().zip(lengths).chain(files.iter().zip(lengths)) {
            let mut source = file.source();
            let mut read = Vec::new();
            loop {
                let bytes = source.read(50_000).await.unwrap();
                if bytes.is_empty() {
                    break;
                }
                read.extend(bytes);
            }
            assert!(read == content(length) && file.read_whole().unwrap() == read, "{length}");
        }
        let mut reader = files[5].reader();
        reader.seek(SeekFrom::End(-7)).unwrap();
        let mut end = Vec::new();
        reader.read_to_end(&mut end).unwrap();
        assert_eq!(end, content(3 * PIECE_LEN + 5)[3 * PIECE_LEN - 2..]);
    }

    #[tokio::test]
    async fn the_disk_sees_noise_and_its_changes_are_seen() {
        let mut spool = Spool::new().await.unwrap();
        let file = spooled(&mut spool, &vec![b'a'; 2 * PIECE_LEN]).await;
        {
            let mut pieces = lock(&spool.0);
            let mut raw = Vec::new();
            pieces.file.seek(SeekFrom::Start(0)).unwrap();
            pieces.file.read_to_end(&mut raw).unwrap();
            assert_eq!(raw.len(), 2 * (PIECE_LEN + TAG_LEN));
            assert!(!raw.windows(8).any(|window| window == b"aaaaaaaa"));
            pieces.file.seek(SeekFrom::Start(PIECE_LEN as u64 + 40)).unwrap();
            pieces.file.write_all(&[0; 32]).unwrap();
        }
        let mut source = file.source();
        assert_eq!(source.read(PIECE_LEN).await.unwrap(), vec![b'a'; PIECE_LEN]);
        assert_eq!(source.read(1).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
