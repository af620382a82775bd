//! The content of a job on disk: a header, then sealed chunks, the last one shorter.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use rand::CryptoRng;
use roneo_client::handle::JobId;

use super::disk;
use super::seal::{FileKey, HEADER_LEN, Header, Kind, NONCE_LEN, QueueKey, SALT_LEN, SEAL_LEN};
use crate::platform;

/// Bytes of content in a chunk.
pub(super) const CHUNK_LEN: usize = 64 << 10;
const SEALED_LEN: usize = CHUNK_LEN + SEAL_LEN;
/// Chunks after which a spool is made durable: what a power cut can take of it, 8 MiB.
const CHUNKS_PER_SYNC: u64 = 128;

/// A spool being written.
pub(super) struct Spool {
    file: File,
    key: FileKey,
    /// Whole chunks on disk.
    chunks: u64,
    synced: u64,
    /// What will be the next chunk, or the beginning of it.
    text: Vec<u8>,
    failed: bool,
}

/// Why a spool cannot be read.
#[derive(Debug)]
pub(super) enum ReadError {
    Io(io::Error),
    Damaged,
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Spool {
    /// Makes an empty one, in the place of any that was there.
    pub(super) fn create(path: &Path, key: &QueueKey, job: JobId, rng: &mut impl CryptoRng) -> io::Result<Self> {
        let mut salt = [0; SALT_LEN];
        rng.fill_bytes(&mut salt);
        let header = Header::new(Kind::Spool, job, salt);
        let mut file = platform::create_private_file(path)?;
        disk::write(&mut file, header.as_bytes())?;
        let key = key.file(&header);
        Ok(Self { file, key, chunks: 0, synced: 0, text: Vec::with_capacity(CHUNK_LEN), failed: false })
    }

    /// Goes on with one that was begun, behind its last good chunk; `None` where there is none that
    /// can be gone on with.
    pub(super) fn resume(path: &Path, key: &QueueKey, job: JobId) -> io::Result<Option<Self>> {
        let mut file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(header) = read_header(&mut file, job)? else { return Ok(None) };
        let key = key.file(&header);
        let mut chunks = chunks_in(file.metadata()?.len());
        // What was written since the last sync may have holes after a power cut.
        let sure = chunks.saturating_sub(CHUNKS_PER_SYNC);
        let mut good = sure;
        let mut sealed = vec![0; SEALED_LEN];
        file.seek(SeekFrom::Start(place_of(sure)))?;
        while good < chunks {
            file.read_exact(&mut sealed)?;
            if key.open(good, &mut sealed).is_none() {
                break;
            }
            good += 1;
        }
        chunks = good;
        file.set_len(place_of(chunks))?;
        file.seek(SeekFrom::End(0))?;
        let text = Vec::with_capacity(CHUNK_LEN);
        Ok(Some(Self { file, key, chunks, synced: chunks, text, failed: false }))
    }

    /// Bytes of content in whole chunks.
    pub(super) fn written(&self) -> u64 {
        self.chunks * CHUNK_LEN as u64
    }

    /// Bytes of content taken.
    pub(super) fn len(&self) -> u64 {
        self.written() + self.text.len() as u64
    }

    /// Takes the next bytes. After an error the file ends with its last whole chunk, and no more is taken.
    pub(super) fn write(&mut self, mut bytes: &[u8], rng: &mut impl CryptoRng) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK_LEN - self.text.len()));
            self.text.extend(now);
            bytes = later;
            if self.text.len() == CHUNK_LEN {
                self.put_chunk(rng)?;
                if self.chunks - self.synced == CHUNKS_PER_SYNC {
                    // What a failed sync was about is in doubt for good.
                    self.file.sync_data().inspect_err(|_| self.failed = true)?;
                    self.synced = self.chunks;
                }
            }
        }
        Ok(())
    }

    /// Writes what is left as the last chunk and makes all of it durable. Returns the length.
    pub(super) fn finish(mut self, rng: &mut impl CryptoRng) -> io::Result<u64> {
        let length = self.len();
        if !self.text.is_empty() {
            self.put_chunk(rng)?;
        }
        self.file.sync_all()?;
        Ok(length)
    }

    fn put_chunk(&mut self, rng: &mut impl CryptoRng) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write to it failed"));
        }
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let mut sealed = Vec::with_capacity(SEALED_LEN);
        self.key.seal(self.chunks, nonce, &self.text, &mut sealed);
        if let Err(error) = disk::write(&mut self.file, &sealed) {
            self.failed = true;
            // Where this fails too, whoever resumes cuts the torn chunk.
            let _ = self.file.set_len(place_of(self.chunks));
            return Err(error);
        }
        self.chunks += 1;
        self.text.clear();
        Ok(())
    }
}

/// Reads up to `len` bytes of content from `offset` on: fewer where no more is written.
pub(super) fn read(path: &Path, key: &QueueKey, job: JobId, offset: u64, len: usize) -> Result<Vec<u8>, ReadError> {
    let mut file = File::open(path)?;
    let header = read_header(&mut file, job)?.ok_or(ReadError::Damaged)?;
    let key = key.file(&header);
    let chunk_len = CHUNK_LEN as u64;
    let (first, skip) = (offset / chunk_len, (offset % chunk_len) as usize);
    let count = (skip + len).div_ceil(CHUNK_LEN);
    if first > chunks_in(file.metadata()?.len()) {
        return Ok(Vec::new());
    }
    file.seek(SeekFrom::Start(place_of(first)))?;
    let mut sealed = Vec::new();
    file.take((count * SEALED_LEN) as u64).read_to_end(&mut sealed)?;
    let mut content = Vec::with_capacity(count * CHUNK_LEN);
    for (number, piece) in (first..).zip(sealed.chunks_mut(SEALED_LEN)) {
        let whole = piece.len() == SEALED_LEN;
        match key.open(number, piece) {
            Some(text) => content.extend_from_slice(text),
            None if whole => return Err(ReadError::Damaged),
            // The writer is in the middle of it, or was when the node ended.
            None => {}
        }
    }
    content.drain(..skip.min(content.len()));
    content.truncate(len);
    Ok(content)
}

/// Bytes of content in a spool: all chunks, and the last one if it is whole in itself.
pub(super) fn content_len(path: &Path, key: &QueueKey, job: JobId) -> io::Result<u64> {
    let chunks = match std::fs::metadata(path) {
        Ok(metadata) => chunks_in(metadata.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let whole = chunks * CHUNK_LEN as u64;
    match read(path, key, job, whole, CHUNK_LEN) {
        Ok(last) => Ok(whole + last.len() as u64),
        Err(ReadError::Io(error)) => Err(error),
        Err(ReadError::Damaged) => Ok(0),
    }
}

fn read_header(file: &mut File, job: JobId) -> io::Result<Option<Header>> {
    let mut bytes = Vec::with_capacity(HEADER_LEN);
    file.take(HEADER_LEN as u64).read_to_end(&mut bytes)?;
    Ok(Header::parse(Kind::Spool, job, &bytes).ok())
}

/// Whole chunks in a file of so many bytes.
fn chunks_in(file_len: u64) -> u64 {
    file_len.saturating_sub(HEADER_LEN as u64) / SEALED_LEN as u64
}

fn place_of(chunk: u64) -> u64 {
    HEADER_LEN as u64 + chunk * SEALED_LEN as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;
    use roneo_keys::NodeSecret;
    use std::path::PathBuf;
    use std::sync::LazyLock;

    const JOB: JobId = JobId(7);

    struct World {
        _dir: tempfile::TempDir,
        path: PathBuf,
        key: QueueKey,
        rng: ChaCha20Rng,
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("spool");
            let key = QueueKey::of(&NodeSecret::from_seed([1; 32]));
            Self { _dir: dir, path, key, rng: ChaCha20Rng::from_seed([2; 32]) }
        }

        fn create(&mut self) -> Spool {
            Spool::create(&self.path, &self.key, JOB, &mut self.rng).unwrap()
        }

        fn resume(&self) -> Option<Spool> {
            Spool::resume(&self.path, &self.key, JOB).unwrap()
        }

        fn read(&self, offset: u64, len: usize) -> Result<Vec<u8>, ReadError> {
            read(&self.path, &self.key, JOB, offset, len)
        }

        fn content_len(&self) -> u64 {
            content_len(&self.path, &self.key, JOB).unwrap()
        }

        fn spoil(&self, at: u64, change: impl Fn(&mut u8)) {
            let mut bytes = std::fs::read(&self.path).unwrap();
            change(&mut bytes[at as usize]);
            std::fs::write(&self.path, bytes).unwrap();
        }
    }

    fn content(len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    #[test]
    fn content_of_any_length_comes_back() {
        for len in [0, 1, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 3 * CHUNK_LEN] {
            let mut world = World::new();
            let content = content(len);
            let mut spool = world.create();
            for part in content.chunks(50_000) {
                spool.write(part, &mut world.rng).unwrap();
            }
            assert_eq!(spool.finish(&mut world.rng).unwrap(), len as u64);
            assert_eq!(world.content_len(), len as u64);
            assert!(world.read(0, len + 10).unwrap() == content, "{len} bytes");
            let on_disk = std::fs::read(&world.path).unwrap();
            assert!(len < 100 || !on_disk.windows(16).any(|window| window == &content[..16]), "{len} bytes are sealed");
        }
    }

    #[test]
    fn a_reader_sees_what_is_written_while_the_spool_grows() {
        let mut world = World::new();
        let content = content(3 * CHUNK_LEN);
        let mut spool = world.create();
        for (part, seen) in [(70_000, 1), (60_000, 1), (66_608, 3)] {
            let from = spool.len() as usize;
            spool.write(&content[from..from + part], &mut world.rng).unwrap();
            assert_eq!(spool.written(), (seen * CHUNK_LEN) as u64);
            assert!(world.read(5, content.len()).unwrap() == content[5..seen * CHUNK_LEN]);
        }
    }

    #[test]
    fn resuming_cuts_what_is_torn_and_what_a_power_cut_left_hollow() {
        let mut world = World::new();
        let content = content(4 * CHUNK_LEN + 9);
        let mut spool = world.create();
        spool.write(&content, &mut world.rng).unwrap();
        spool.finish(&mut world.rng).unwrap();
        assert_eq!(world.content_len(), content.len() as u64);

        world.spoil(place_of(3) + 100, |byte| *byte ^= 1);
        assert!(matches!(world.read(0, content.len()), Err(ReadError::Damaged)));
        assert!(world.read(0, 3 * CHUNK_LEN).unwrap() == content[..3 * CHUNK_LEN]);
        let mut spool = world.resume().unwrap();
        assert_eq!((spool.len(), spool.written()), (3 * CHUNK_LEN as u64, 3 * CHUNK_LEN as u64));
        spool.write(&content[3 * CHUNK_LEN..], &mut world.rng).unwrap();
        spool.finish(&mut world.rng).unwrap();
        assert!(world.read(0, content.len()).unwrap() == content);
    }

    #[test]
    fn a_spool_of_another_job_or_none_is_not_resumed() {
        let mut world = World::new();
        assert!(world.resume().is_none());
        assert!(matches!(world.read(0, 1), Err(ReadError::Io(_))));
        assert_eq!(world.content_len(), 0);
        drop(world.create());
        assert!(Spool::resume(&world.path, &world.key, JobId(8)).unwrap().is_none());
        assert!(matches!(read(&world.path, &world.key, JobId(8), 0, 1), Err(ReadError::Damaged)));
        std::fs::write(&world.path, b"short").unwrap();
        assert!(world.resume().is_none());
    }

    #[test]
    fn a_full_disk_leaves_whole_chunks() {
        let mut world = World::new();
        let content = content(3 * CHUNK_LEN);
        let mut spool = world.create();
        let error =
            disk::with_room(2 * SEALED_LEN as u64 + 1_000, || spool.write(&content, &mut world.rng)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(std::fs::metadata(&world.path).unwrap().len(), place_of(2));
        assert!(spool.write(&content, &mut world.rng).is_err(), "no hole is written over");
        let mut spool = world.resume().unwrap();
        assert_eq!(spool.len(), 2 * CHUNK_LEN as u64);
        spool.write(&content[2 * CHUNK_LEN..], &mut world.rng).unwrap();
        assert!(world.read(0, content.len()).unwrap() == content);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_range_reads_as_the_content(offset in 0..5 * CHUNK_LEN as u64, len in 0..5 * CHUNK_LEN) {
            static SPOOLED: LazyLock<(World, Vec<u8>)> = LazyLock::new(|| {
                let (mut world, content) = (World::new(), content(4 * CHUNK_LEN + 77));
                let mut spool = world.create();
                spool.write(&content, &mut world.rng).unwrap();
                spool.finish(&mut world.rng).unwrap();
                (world, content)
            });
            let (world, content) = &*SPOOLED;
            let expected: Vec<u8> = content.iter().skip(offset as usize).take(len).copied().collect();
            prop_assert!(world.read(offset, len).unwrap() == expected);
        }
    }

    #[test]
    fn offsets_beyond_any_file_read_as_nothing() {
        let mut world = World::new();
        drop(world.create());
        for offset in [CHUNK_LEN as u64, u64::MAX / 2, u64::MAX] {
            assert!(world.read(offset, 10).is_ok_and(|bytes| bytes.is_empty()), "{offset}");
        }
    }
}
