//! Directories: a manifest of names, `docs/formats/directory.md`.
//!
//! A directory is content of the media type [`MEDIA_TYPE`]. Small files share containers, so that a
//! site of 300 pages is a handful of inserts; large ones are inserted alone; a site that fits into one
//! root is inline in its manifest, and one fetch. [`pack`] decides which is which; an [`Assembly`] is a
//! directory on its way to being stored, with what the edition before it has already.

use std::fmt;

use roneo_keys::{Chk, Extra, Locator, ReadKey};

use crate::plan::INLINE_BLOCK_LIMIT;
use crate::root::Root;

mod assembly;

pub use assembly::{Assembly, File, Parcel, Reused};

/// The media type by which a manifest is known.
pub const MEDIA_TYPE: &str = "application/vnd.roneo.directory";
/// Files of one directory, at most.
pub const MAX_ENTRIES: usize = 100_000;
/// Bytes of a manifest, at most.
pub const MAX_MANIFEST_LEN: usize = 32 << 20;
/// Bytes of a path, at most.
pub const MAX_PATH_LEN: usize = 1_024;
/// Files up to this length share containers.
pub const SMALL_FILE_LEN: u64 = 64 << 10;
/// Bytes of a container, at most.
pub const MAX_CONTAINER_LEN: u64 = 1 << 20;
/// Containers of one directory, at most: fewer than 100,000 files of 64 KiB need.
pub const MAX_CONTAINERS: usize = u16::MAX as usize;
/// Bytes from which a container may end.
const MIN_CONTAINER_LEN: u64 = 64 << 10;

const VERSION: u8 = 0;
const HEADER_LEN: usize = 16;
const CONTAINER_LEN: usize = REF_LEN + 4 + 32;
const ENTRY_HEADER_LEN: usize = 44;
const REF_LEN: usize = 32 + 32 + Extra::LEN + 3;

/// Content that a manifest leads to: a CHK without a name.
#[derive(Clone, PartialEq, Eq)]
pub struct ContentRef {
    /// Where its root lives.
    pub root: Locator,
    /// What opens it.
    pub key: ReadKey,
    /// How to read it.
    pub extra: Extra,
}

impl ContentRef {
    /// What a link leads to, its name left behind.
    #[must_use]
    pub fn of(chk: &Chk) -> Self {
        Self { root: chk.root, key: chk.key.clone(), extra: chk.extra }
    }

    /// The link to it.
    #[must_use]
    pub fn to_chk(&self) -> Chk {
        Chk { root: self.root, key: self.key.clone(), extra: self.extra, name: String::new() }
    }
}

impl fmt::Debug for ContentRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ContentRef(…)")
    }
}

/// Files one behind the other, in the order of their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// Where it is.
    pub content: ContentRef,
    /// Its BLAKE3, by which the next edition knows it again.
    pub blake3: [u8; 32],
}

/// Where the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Behind the entries of the manifest itself.
    Inline,
    /// In the container of this number.
    Container(u16),
    /// By themselves.
    Alone(ContentRef),
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names between slashes, relative to the directory.
    pub path: String,
    /// Printable ASCII, at most 100 bytes; may be empty.
    pub media_type: String,
    /// Bytes.
    pub length: u64,
    /// BLAKE3 of the file.
    pub blake3: [u8; 32],
    /// Where its bytes are.
    pub place: Place,
}

impl Entry {
    /// Its name in the directory that it lies in: the last part of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// A directory: every file in it, in the order of their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    containers: Vec<Container>,
    entries: Vec<Entry>,
    inline: Vec<u8>,
}

/// Why something is no directory that can be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// A path that no link or disk could hold.
    #[error("`{0}` cannot stand in a directory: paths have at most 1,024 bytes, and names without control characters")]
    Path(String),
    /// One path twice, or a file where another path needs a directory.
    #[error("`{0}` stands in the way of another file of that name")]
    Clash(String),
    /// Too many files, or too much text about them.
    #[error("a directory holds at most 100,000 files, and 32 MiB of names: split it")]
    TooLarge,
    /// A later version.
    #[error("this was made by a newer Roneo: update to open it")]
    Newer,
    /// Not what any version writes.
    #[error("this directory is damaged or made wrong")]
    Damaged,
}

impl Manifest {
    /// A directory of `entries`, in any order; `inline` has the bytes of those that are
    /// [`Place::Inline`], in the order of their paths.
    ///
    /// # Errors
    /// [`DirectoryError`], by the first rule that is broken.
    pub fn new(containers: Vec<Container>, mut entries: Vec<Entry>, inline: Vec<u8>) -> Result<Self, DirectoryError> {
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = Self { containers, entries, inline };
        manifest.check()?;
        if manifest.encoded_len() > MAX_MANIFEST_LEN { Err(DirectoryError::TooLarge) } else { Ok(manifest) }
    }

    /// Every file, in the order of their paths.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What small files share.
    #[must_use]
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// The file of that path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Entry> {
        self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok().map(|found| &self.entries[found])
    }

    /// Where in its container, or in the inline bytes, a file of this manifest begins.
    #[must_use]
    pub fn offset(&self, entry: &Entry) -> u64 {
        let before = self.entries.iter().take_while(|other| other.path < entry.path);
        before.filter(|other| other.place == entry.place).map(|other| other.length).sum()
    }

    /// The bytes of a file that is inline.
    #[must_use]
    pub fn inline(&self, entry: &Entry) -> Option<&[u8]> {
        let start = usize::try_from(self.offset(entry)).ok()?;
        let length = usize::try_from(entry.length).ok()?;
        self.inline.get(start..start.checked_add(length)?).filter(|_| entry.place == Place::Inline)
    }

    /// The manifest's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_len());
        bytes.extend([VERSION, 0]);
        // Each count is bounded well below what its width holds.
        bytes.extend((self.containers.len() as u16).to_le_bytes());
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        bytes.extend((self.inline.len() as u32).to_le_bytes());
        bytes.extend([0; 4]);
        let lengths = self.container_lengths();
        for (container, length) in self.containers.iter().zip(lengths) {
            write_ref(&mut bytes, &container.content);
            bytes.extend((length as u32).to_le_bytes());
            bytes.extend(container.blake3);
        }
        for entry in &self.entries {
            let place = match entry.place {
                Place::Inline => 0,
                Place::Container(_) => 1,
                Place::Alone(_) => 2,
            };
            bytes.extend((entry.path.len() as u16).to_le_bytes());
            bytes.extend([entry.media_type.len() as u8, place]);
            bytes.extend(entry.length.to_le_bytes());
            bytes.extend(entry.blake3);
            match &entry.place {
                Place::Inline => {}
                Place::Container(number) => bytes.extend(number.to_le_bytes()),
                Place::Alone(content) => write_ref(&mut bytes, content),
            }
            bytes.extend(entry.path.as_bytes());
            bytes.extend(entry.media_type.as_bytes());
        }
        bytes.extend(&self.inline);
        bytes
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// [`DirectoryError::Newer`] for a later version, [`DirectoryError::Damaged`] for anything that
    /// [`Manifest::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DirectoryError> {
        if bytes.len() > MAX_MANIFEST_LEN {
            return Err(DirectoryError::TooLarge);
        }
        let mut reader = Reader(bytes);
        let [version, flags] = reader.array()?;
        let containers = u16::from_le_bytes(reader.array()?);
        let entries = u32::from_le_bytes(reader.array()?) as usize;
        let inline = u32::from_le_bytes(reader.array()?) as usize;
        if version != VERSION || flags != 0 || reader.array()? != [0; 4] {
            return Err(DirectoryError::Newer);
        }
        // Counts only say how often to read: nothing is taken for them before it was read.
        let mut lengths = Vec::new();
        let mut manifest = Self { containers: Vec::new(), entries: Vec::new(), inline: Vec::new() };
        for _ in 0..containers {
            let content = reader.content()?;
            lengths.push(u64::from(u32::from_le_bytes(reader.array()?)));
            manifest.containers.push(Container { content, blake3: reader.array()? });
        }
        for _ in 0..entries {
            manifest.entries.push(reader.entry()?);
        }
        if reader.0.len() != inline {
            return Err(DirectoryError::Damaged);
        }
        manifest.inline = reader.0.to_vec();
        let ordered = manifest.entries.windows(2).all(|pair| pair[0].path < pair[1].path);
        manifest.check().map_err(|_| DirectoryError::Damaged)?;
        if ordered && lengths == manifest.container_lengths() { Ok(manifest) } else { Err(DirectoryError::Damaged) }
    }

    fn check(&self) -> Result<(), DirectoryError> {
        if self.entries.len() > MAX_ENTRIES || self.containers.len() > MAX_CONTAINERS {
            return Err(DirectoryError::TooLarge);
        }
        for entry in &self.entries {
            let known = |number: u16| usize::from(number) < self.containers.len();
            if !is_path(&entry.path) {
                return Err(DirectoryError::Path(entry.path.clone()));
            }
            if !Root::is_media_type(&entry.media_type) || matches!(entry.place, Place::Container(n) if !known(n)) {
                return Err(DirectoryError::Damaged);
            }
        }
        self.check_clashes()?;
        let lengths = self.container_lengths();
        let inline = sum_of(&self.entries, |place| *place == Place::Inline);
        let full = lengths.iter().all(|length| (1..=MAX_CONTAINER_LEN).contains(length));
        if full && inline == Some(self.inline.len() as u64) { Ok(()) } else { Err(DirectoryError::Damaged) }
    }

    /// No path stands twice, and none is a directory on the way to another.
    fn check_clashes(&self) -> Result<(), DirectoryError> {
        // Sorted as if the slash came before every other character, a file is directly followed by what
        // would lie in it.
        let mut paths: Vec<&str> = self.entries.iter().map(|entry| entry.path.as_str()).collect();
        paths.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        for pair in paths.windows(2) {
            let below = pair[1].strip_prefix(pair[0]);
            if below.is_some_and(|below| below.is_empty() || below.starts_with('/')) {
                return Err(DirectoryError::Clash(pair[0].to_owned()));
            }
        }
        Ok(())
    }

    fn container_lengths(&self) -> Vec<u64> {
        let mut lengths = vec![0_u64; self.containers.len()];
        for entry in &self.entries {
            if let Place::Container(number) = entry.place
                && let Some(length) = lengths.get_mut(usize::from(number))
            {
                *length = length.saturating_add(entry.length);
            }
        }
        lengths
    }

    fn encoded_len(&self) -> usize {
        let entry = |entry: &Entry| {
            let place = match entry.place {
                Place::Inline => 0,
                Place::Container(_) => 2,
                Place::Alone(_) => REF_LEN,
            };
            ENTRY_HEADER_LEN + place + entry.path.len() + entry.media_type.len()
        };
        let entries: usize = self.entries.iter().map(entry).sum();
        HEADER_LEN + self.containers.len() * CONTAINER_LEN + entries + self.inline.len()
    }
}

/// Whether this is names between slashes, each as the root of a file may have one.
#[must_use]
pub fn is_path(path: &str) -> bool {
    path.len() <= MAX_PATH_LEN && path.split('/').all(|name| !name.is_empty() && Root::is_name(name))
}

fn sum_of(entries: &[Entry], of: impl Fn(&Place) -> bool) -> Option<u64> {
    let lengths = entries.iter().filter(|entry| of(&entry.place)).map(|entry| entry.length);
    lengths.into_iter().try_fold(0_u64, u64::checked_add)
}

fn write_ref(bytes: &mut Vec<u8>, content: &ContentRef) {
    bytes.extend(content.root.as_bytes());
    bytes.extend(content.key.expose());
    bytes.extend(content.extra.to_bytes());
    bytes.extend([0; 3]);
}

/// Takes pieces off the front of a manifest.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DirectoryError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(DirectoryError::Damaged)?;
        self.0 = rest;
        Ok(*head)
    }

    fn text(&mut self, length: usize) -> Result<String, DirectoryError> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(DirectoryError::Damaged)?;
        self.0 = rest;
        String::from_utf8(head.to_vec()).map_err(|_| DirectoryError::Damaged)
    }

    fn content(&mut self) -> Result<ContentRef, DirectoryError> {
        let root = Locator::from_bytes(self.array()?);
        let key = ReadKey::from_bytes(self.array()?);
        let extra = Extra::from_bytes(self.array()?).map_err(|_| DirectoryError::Newer)?;
        if self.array()? == [0; 3] { Ok(ContentRef { root, key, extra }) } else { Err(DirectoryError::Newer) }
    }

    fn entry(&mut self) -> Result<Entry, DirectoryError> {
        let path_len = u16::from_le_bytes(self.array()?);
        let [media_len, place] = self.array()?;
        let length = u64::from_le_bytes(self.array()?);
        let blake3 = self.array()?;
        let place = match place {
            0 => Place::Inline,
            1 => Place::Container(u16::from_le_bytes(self.array()?)),
            2 => Place::Alone(self.content()?),
            _ => return Err(DirectoryError::Newer),
        };
        Ok(Entry { path: self.text(path_len.into())?, media_type: self.text(media_len.into())?, length, blake3, place })
    }
}

/// Where [`pack`] puts a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    /// See [`Place::Inline`].
    Inline,
    /// See [`Place::Container`].
    Container(u16),
    /// See [`Place::Alone`].
    Alone,
}

/// Decides where files go: `files` are path, media type and length of each, sorted by path.
///
/// Everything is inline where the manifest then fits into a root. A container ends where the next file
/// would not fit, or, from 64 KiB, behind a path whose hash says so: one file that grows then moves the
/// ends of no container but its own, and the next edition inserts only that.
///
/// # Errors
/// [`DirectoryError::TooLarge`].
pub fn pack(files: &[(&str, &str, u64)]) -> Result<Vec<Packed>, DirectoryError> {
    if files.len() > MAX_ENTRIES {
        return Err(DirectoryError::TooLarge);
    }
    let about = |&(path, media_type, length): &(&str, &str, u64)| {
        (ENTRY_HEADER_LEN + path.len() + media_type.len()) as u64 + length.min(u32::MAX.into())
    };
    if HEADER_LEN as u64 + files.iter().map(about).sum::<u64>() <= INLINE_BLOCK_LIMIT as u64 {
        return Ok(vec![Packed::Inline; files.len()]);
    }
    let small = files.iter().filter(|(_, _, length)| is_small(*length));
    let mut containers = pack_containers(small.map(|&(path, _, length)| (path, length)))?.into_iter();
    let place = |&(_, _, length): &(&str, &str, u64)| match length {
        // An empty file takes no room in any container, and a container is never empty.
        0 => Packed::Inline,
        // There are as many as there are small files.
        length if is_small(length) => containers.next().map_or(Packed::Alone, Packed::Container),
        _ => Packed::Alone,
    };
    Ok(files.iter().map(place).collect())
}

/// Whether a file shares a container where a directory is not inline.
fn is_small(length: u64) -> bool {
    (1..=SMALL_FILE_LEN).contains(&length)
}

/// The container of each of these small files, counted from 0; given are path and length, sorted by path.
fn pack_containers<'a>(files: impl Iterator<Item = (&'a str, u64)>) -> Result<Vec<u16>, DirectoryError> {
    let (mut number, mut filled) = (0_u16, 0_u64);
    let mut packed = Vec::new();
    for (path, length) in files {
        if filled + length > MAX_CONTAINER_LEN {
            (number, filled) = (number.checked_add(1).ok_or(DirectoryError::TooLarge)?, 0);
        }
        packed.push(number);
        filled += length;
        if filled >= MIN_CONTAINER_LEN && blake3::hash(path.as_bytes()).as_bytes()[0].is_multiple_of(8) {
            (number, filled) = (number.checked_add(1).ok_or(DirectoryError::TooLarge)?, 0);
        }
    }
    Ok(packed)
}

#[cfg(test)]
mod tests;
