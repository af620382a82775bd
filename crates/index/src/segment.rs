//! One file of the log: a header and frames, each sealed. `docs/formats/index.md`.

use std::io;

use crate::bounds::MAX_RECORD_LEN;
use crate::disk::DiskFile;
use crate::seal::{HEADER_COUNTER, IndexKey, SALT_LEN, Seal, TAG_LEN};

/// With what a segment begins.
pub(crate) const MAGIC: [u8; 8] = *b"roneo-ix";
/// The version that this program writes, and the newest that it reads.
pub(crate) const VERSION: u32 = 0;
/// Bytes of a header: magic, version, number, salt, tag.
pub(crate) const HEADER_LEN: usize = 8 + 4 + 4 + SALT_LEN + TAG_LEN;
/// What is in front of a sealed text: its length.
const PREFIX_LEN: usize = 4;
/// A frame's text is as long as a multiple of this, so that its length says little of what is in it.
pub(crate) const PAD: usize = 64;
/// Bytes of the longest text of a frame: the record, its length, padding.
const MAX_PLAIN_LEN: usize = (MAX_RECORD_LEN + PREFIX_LEN).next_multiple_of(PAD);
/// Bytes that are read at once where a segment is read through.
const WINDOW_LEN: usize = 1 << 20;

/// Where a frame lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    /// Its number in the segment, from 0.
    pub(crate) frame: u32,
    pub(crate) offset: u64,
    /// Its bytes, all counted.
    pub(crate) len: u32,
}

/// What a header says.
pub(crate) enum Header {
    /// A later version wrote it.
    Newer,
    /// Cut short or never written: what a crash leaves of a segment that was being begun.
    Blank,
    /// It is none, or is not sealed under this key.
    Closed,
    /// The cipher of the segment.
    Open(Box<Seal>),
}

/// The header of a new segment, and its cipher.
pub(crate) fn new_header(key: &IndexKey, number: u32, salt: &[u8; SALT_LEN]) -> ([u8; HEADER_LEN], Seal) {
    let seal = Seal::new(key, number, salt);
    let mut header = [0; HEADER_LEN];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..16].copy_from_slice(&number.to_le_bytes());
    header[16..16 + SALT_LEN].copy_from_slice(salt);
    let (about, tag) = header.split_at_mut(HEADER_LEN - TAG_LEN);
    tag.copy_from_slice(&seal.seal(HEADER_COUNTER, about, &mut []));
    (header, seal)
}

/// Reads the header of segment `number`.
pub(crate) fn read_header(file: &dyn DiskFile, key: &IndexKey, number: u32) -> io::Result<Header> {
    let mut header = [0; HEADER_LEN];
    match file.read_at(&mut header, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Header::Blank),
        Err(error) => return Err(error),
    }
    if header == [0; HEADER_LEN] {
        return Ok(Header::Blank);
    }
    let (about, tag) = header.split_last_chunk::<TAG_LEN>().expect("a header ends with its tag");
    let (magic, rest) = about.split_first_chunk::<8>().expect("a header begins with 8 bytes");
    let (version, rest) = rest.split_first_chunk().expect("of a version there are 4");
    let (named, salt) = rest.split_first_chunk().expect("of a number there are 4");
    if *magic != MAGIC {
        return Ok(Header::Closed);
    }
    if u32::from_le_bytes(*version) > VERSION {
        return Ok(Header::Newer);
    }
    let seal = Seal::new(key, number, salt.try_into().expect("the rest is the salt"));
    let opens = u32::from_le_bytes(*named) == number && seal.open(HEADER_COUNTER, about, &mut [], *tag);
    Ok(if opens { Header::Open(Box::new(seal)) } else { Header::Closed })
}

/// Bytes of the frame of a record.
pub(crate) fn frame_len(record_len: usize) -> usize {
    PREFIX_LEN + (PREFIX_LEN + record_len).next_multiple_of(PAD) + TAG_LEN
}

/// Seals a record as frame `frame`.
///
/// # Panics
/// For a record beyond [`MAX_RECORD_LEN`], which none that this crate makes is.
pub(crate) fn seal_frame(seal: &Seal, frame: u32, record: &[u8]) -> Vec<u8> {
    assert!(record.len() <= MAX_RECORD_LEN, "a record of {} bytes", record.len());
    let plain_len = (PREFIX_LEN + record.len()).next_multiple_of(PAD);
    let mut bytes = vec![0; PREFIX_LEN + plain_len + TAG_LEN];
    bytes[..PREFIX_LEN].copy_from_slice(&(plain_len as u32).to_le_bytes());
    bytes[PREFIX_LEN..2 * PREFIX_LEN].copy_from_slice(&(record.len() as u32).to_le_bytes());
    bytes[2 * PREFIX_LEN..][..record.len()].copy_from_slice(record);
    let (about, rest) = bytes.split_at_mut(PREFIX_LEN);
    let (plain, tag) = rest.split_at_mut(plain_len);
    tag.copy_from_slice(&seal.seal(frame.into(), about, plain));
    bytes
}

/// Opens a frame where it lies, and finds the record in it.
pub(crate) fn open_frame<'a>(seal: &Seal, frame: u32, bytes: &'a mut [u8]) -> Option<&'a [u8]> {
    let (about, rest) = bytes.split_first_chunk_mut::<PREFIX_LEN>()?;
    let (plain, tag) = rest.split_last_chunk_mut::<TAG_LEN>()?;
    if u32::from_le_bytes(*about) as usize != plain.len() || !seal.open(frame.into(), about, plain, *tag) {
        return None;
    }
    let (len, rest) = plain.split_first_chunk()?;
    rest.get(..u32::from_le_bytes(*len) as usize)
}

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With its last frame.
    Whole,
    /// In the midst of a frame, as a crash leaves it.
    Torn,
    /// A frame does not open, and there is something behind it.
    Damaged,
}

/// What a scan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scanned {
    pub(crate) ending: Ending,
    /// Frames that opened, one after the other from the first.
    pub(crate) frames: u32,
    /// Bytes up to the end of the last of them.
    pub(crate) len: u64,
}

/// Reads segment `number` from its first frame on, up to the first that does not open or that `visit` refuses.
pub(crate) fn scan(
    file: &dyn DiskFile,
    seal: &Seal,
    number: u32,
    visit: &mut dyn FnMut(Place, &[u8]) -> bool,
) -> io::Result<Scanned> {
    let mut window = Window::new(file)?;
    let mut found = Scanned { ending: Ending::Whole, frames: 0, len: HEADER_LEN as u64 };
    while found.len < window.file_len {
        let left = window.file_len - found.len;
        let Some(prefix) = window.bytes(found.len, PREFIX_LEN)? else { return torn_or_zeros(&mut window, found) };
        let plain_len = u32::from_le_bytes((&*prefix).try_into().expect("so many were asked for")) as usize;
        if !(PAD..=MAX_PLAIN_LEN).contains(&plain_len) || !plain_len.is_multiple_of(PAD) {
            return torn_or_zeros(&mut window, found);
        }
        let len = PREFIX_LEN + plain_len + TAG_LEN;
        let place = Place { segment: number, frame: found.frames, offset: found.len, len: len as u32 };
        let Some(bytes) = window.bytes(found.len, len)? else {
            return Ok(Scanned { ending: Ending::Torn, ..found });
        };
        match open_frame(seal, found.frames, bytes).map(|record| visit(place, record)) {
            Some(true) => {}
            Some(false) => return Ok(Scanned { ending: Ending::Damaged, ..found }),
            None if left == len as u64 => return Ok(Scanned { ending: Ending::Torn, ..found }),
            None => return Ok(Scanned { ending: Ending::Damaged, ..found }),
        }
        found.frames += 1;
        found.len += len as u64;
    }
    Ok(found)
}

/// Some file systems lengthen a file before they write it: zeros to the end are a torn end.
fn torn_or_zeros(window: &mut Window<'_>, found: Scanned) -> io::Result<Scanned> {
    let mut offset = found.len;
    let short = window.file_len - offset < (PREFIX_LEN + PAD + TAG_LEN) as u64;
    while offset < window.file_len {
        let len = (window.file_len - offset).min(WINDOW_LEN as u64) as usize;
        let zeros = window.bytes(offset, len)?.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0));
        if !zeros && !short {
            return Ok(Scanned { ending: Ending::Damaged, ..found });
        }
        offset += len as u64;
    }
    Ok(Scanned { ending: Ending::Torn, ..found })
}

/// A file as it is read through, a part in memory.
struct Window<'a> {
    file: &'a dyn DiskFile,
    file_len: u64,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    offset: u64,
}

impl<'a> Window<'a> {
    fn new(file: &'a dyn DiskFile) -> io::Result<Self> {
        Ok(Self { file, file_len: file.byte_len()?, buffer: Vec::new(), offset: 0 })
    }

    /// `len` bytes from `offset` on, at most [`WINDOW_LEN`]; none where the file ends before.
    fn bytes(&mut self, offset: u64, len: usize) -> io::Result<Option<&mut [u8]>> {
        if offset + len as u64 > self.file_len {
            return Ok(None);
        }
        let end = self.offset + self.buffer.len() as u64;
        if offset < self.offset || offset + len as u64 > end {
            let window = (self.file_len - offset).min(WINDOW_LEN as u64) as usize;
            self.buffer.resize(window, 0);
            self.file.read_at(&mut self.buffer, offset)?;
            self.offset = offset;
        }
        let from = (offset - self.offset) as usize;
        Ok(Some(&mut self.buffer[from..from + len]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Bytes;

    fn key() -> IndexKey {
        IndexKey::from_bytes([1; 32])
    }

    fn segment(records: &[&[u8]]) -> Vec<u8> {
        let (header, seal) = new_header(&key(), 1, &[2; SALT_LEN]);
        let mut bytes = header.to_vec();
        for (frame, record) in records.iter().enumerate() {
            bytes.extend(seal_frame(&seal, frame as u32, record));
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<(Vec<Vec<u8>>, Scanned)> {
        let Ok(Header::Open(seal)) = read_header(&Bytes(bytes), &key(), 1) else { return None };
        let mut records = Vec::new();
        let scanned = scan(&Bytes(bytes), &seal, 1, &mut |_, record| {
            records.push(record.to_vec());
            true
        });
        Some((records, scanned.unwrap()))
    }

    #[test]
    fn lengths_are_padded() {
        for len in [0, 1, 59, 60] {
            assert_eq!(frame_len(len), 4 + 64 + 16);
        }
        assert_eq!(frame_len(61), 4 + 128 + 16);
        assert_eq!(seal_frame(&Seal::new(&key(), 1, &[2; SALT_LEN]), 0, &[7; 61]).len(), frame_len(61));
    }

    #[test]
    fn a_cut_at_any_byte_leaves_what_stood_before() {
        let bytes = segment(&[b"one", &[7; 100], b"three"]);
        let ends = [HEADER_LEN, HEADER_LEN + frame_len(3), HEADER_LEN + frame_len(3) + frame_len(100), bytes.len()];
        for cut in HEADER_LEN..=bytes.len() {
            let (records, scanned) = read(&bytes[..cut]).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            assert_eq!(records.len(), whole);
            assert_eq!(scanned.len, ends[whole] as u64);
            let ending = if ends.contains(&cut) { Ending::Whole } else { Ending::Torn };
            assert_eq!(scanned.ending, ending, "{cut}");
        }
        assert!(read(&bytes[..HEADER_LEN - 1]).is_none());
    }

    #[test]
    fn a_flipped_bit_anywhere_keeps_out_its_frame_and_what_follows() {
        let records: [&[u8]; 3] = [b"one", &[7; 100], b"three"];
        let bytes = segment(&records);
        let starts = [HEADER_LEN, HEADER_LEN + frame_len(3), HEADER_LEN + frame_len(3) + frame_len(100)];
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 0x10;
            let Some((found, scanned)) = read(&flipped) else {
                assert!(position < HEADER_LEN);
                continue;
            };
            let hit = starts.iter().filter(|start| **start <= position).count() - 1;
            assert_eq!(found, records[..hit], "{position}");
            assert_ne!(scanned.ending, Ending::Whole);
            if hit < 2 && position - starts[hit] >= PREFIX_LEN {
                assert_eq!(scanned.ending, Ending::Damaged);
            }
        }
    }

    #[test]
    fn frames_do_not_open_in_another_order() {
        let bytes = segment(&[b"one", b"two", b"six"]);
        let len = frame_len(3);
        let mut dropped = bytes.clone();
        dropped.drain(HEADER_LEN + len..HEADER_LEN + 2 * len);
        assert_eq!(read(&dropped).unwrap().0, [b"one"]);
        let mut swapped = bytes[..HEADER_LEN].to_vec();
        swapped.extend(&bytes[HEADER_LEN + len..HEADER_LEN + 2 * len]);
        swapped.extend(&bytes[HEADER_LEN..HEADER_LEN + len]);
        let (records, scanned) = read(&swapped).unwrap();
        assert_eq!((records.len(), scanned.ending), (0, Ending::Damaged));
    }

    #[test]
    fn zeros_at_the_end_are_a_torn_end() {
        let mut bytes = segment(&[b"one"]);
        bytes.resize(bytes.len() + 5_000, 0);
        let (records, scanned) = read(&bytes).unwrap();
        assert_eq!((records.len(), scanned.ending), (1, Ending::Torn));
    }

    #[test]
    fn a_later_version_is_told_from_damage() {
        let mut bytes = segment(&[]);
        bytes[8] = 1;
        assert!(matches!(read_header(&Bytes(&bytes), &key(), 1), Ok(Header::Newer)));
    }
}
