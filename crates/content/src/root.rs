//! The root: what a link opens first, and through it everything else.

mod keep_part;
mod read_part;

use std::fmt;

use roneo_keys::{AEAD_TAG_LEN, Block, InsertKey, Locator, ReadKey};
use zeroize::Zeroizing;

pub use self::keep_part::KeepPart;
pub(crate) use self::keep_part::sealed_len;
pub use self::read_part::{MAX_MEDIA_TYPE_LEN, MAX_NAME_LEN};
use crate::digest::{ContentHasher, Digest};
use crate::keep_list::all_distinct;
use crate::plan::{Layout, Plan, TooLong};
use crate::seal::BoxKey;

/// Bytes of the sealed keep header, tag included.
pub(crate) const KEEP_HEADER_LEN: usize = 48;
/// Bytes of the read part before inline content.
pub(crate) const READ_HEADER_LEN: usize = 512;
const READ_CONTEXT: &str = "roneo root read 1";

/// What a root says about some content: its name, type and digest, and where the rest of it is.
///
/// Consistent by construction, whether made or read: the body is what the content's length asks
/// for, and inline content has the digest that is promised. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Root {
    name: String,
    media_type: String,
    digest: Digest,
    insert_key: InsertKey,
    body: Body,
    plan: Plan,
}

/// Where the content of a root is, by [`Layout`].
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// The content itself.
    Inline(Vec<u8>),
    /// The one data block.
    Single(Locator),
    /// The keep list of each segment, in order.
    Segments(Vec<Locator>),
    /// Index blocks, in order, each naming up to [`INDEX_CAPACITY`](crate::INDEX_CAPACITY) keep lists.
    Indexed(Vec<Locator>),
}

/// A root that would contradict itself. From a writer, a mistake of the caller; read from the
/// network, a lie of whoever made the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootFault {
    /// See [`Root::is_name`].
    #[error("its name is over 255 bytes or has characters that no file name has")]
    Name,
    /// See [`Root::is_media_type`].
    #[error("its media type is over 100 characters or not plain ASCII")]
    MediaType,
    /// Longer than any insert.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// The blocks listed, or their number, or the size of the root, are not those of the length.
    #[error("its parts are not those of content of its length")]
    Layout,
    /// One block is listed twice, or a place is empty.
    #[error("it lists a block twice or leaves a place empty")]
    Duplicate,
    /// Inline content is not what the digest promises.
    #[error("its content is not what it promises")]
    Digest,
    /// A sealed part does not open though the key is right, or something stands behind its end.
    #[error("it is damaged inside")]
    Damaged,
}

/// Why a block does not open as a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// The block has the right hash, so the key is wrong.
    #[error("the key in the link does not open this: the link is damaged; copy it again")]
    WrongKey,
    /// A version, kind, codec or field of the future.
    #[error("this was made by a newer Roneo: update to open it")]
    Newer,
    /// The key is right and what it opens cannot be.
    #[error("whoever made this made it wrong ({0}): it cannot be opened by anybody")]
    Lying(#[from] RootFault),
}

impl Root {
    /// A root over content that has been laid out by [`Plan::new`] of the digest's length.
    ///
    /// `insert_key` is what seals the data blocks; for inline content, which it does not seal, it is
    /// written all the same.
    ///
    /// # Errors
    /// [`RootFault`], when these do not fit together.
    pub fn new(
        name: String,
        media_type: String,
        digest: Digest,
        insert_key: InsertKey,
        body: Body,
    ) -> Result<Self, RootFault> {
        if !Self::is_name(&name) {
            return Err(RootFault::Name);
        }
        if !Self::is_media_type(&media_type) {
            return Err(RootFault::MediaType);
        }
        let plan = Plan::new(digest.length)?;
        if body.layout() != plan.layout() || body.listed().len() != plan.listed_in_root() {
            return Err(RootFault::Layout);
        }
        if !all_distinct(body.listed()) {
            return Err(RootFault::Duplicate);
        }
        if let Body::Inline(content) = &body {
            let mut hasher = ContentHasher::default();
            hasher.update(content);
            hasher.verify(&digest).map_err(|_| RootFault::Digest)?;
        }
        Ok(Self { name, media_type, digest, insert_key, body, plan })
    }

    /// Whether a root can carry this name: at most [`MAX_NAME_LEN`] bytes, one path component, no
    /// control characters and none that turn the direction of writing. Empty means no name.
    ///
    /// A reader saves files under this name, so what could leave a directory, break a terminal or
    /// show `exe.txt` for `txt.exe` is refused on both sides.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let harmful = |character: char| {
            character.is_control()
                || matches!(character, '/' | '\\' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        name.len() <= MAX_NAME_LEN && !matches!(name, "." | "..") && !name.contains(harmful)
    }

    /// Whether a root can carry this media type: at most [`MAX_MEDIA_TYPE_LEN`] bytes of printable
    /// ASCII, so that it can stand in a header. Empty means unknown.
    #[must_use]
    pub fn is_media_type(media_type: &str) -> bool {
        media_type.len() <= MAX_MEDIA_TYPE_LEN && media_type.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    }

    /// Seals the root: a leaf where everything fits, else a block, every byte of it looking random.
    ///
    /// `key` must be fresh: it seals this root and nothing else.
    #[must_use]
    pub fn seal(&self, key: &ReadKey) -> Block {
        let listed = self.body.listed();
        let mut bytes = Zeroizing::new(vec![0; self.plan.root_class().byte_len()]);
        let (keep, read) = bytes.split_at_mut(sealed_len(listed.len()));
        KeepPart::of(&self.plan, listed).write(keep);
        read_part::write(self, read);
        seal_parts(&mut bytes, listed.len(), key);
        Block::new(bytes.as_slice()).expect("the length of a size class")
    }

    /// Opens a fetched block that has the locator of the link.
    ///
    /// # Errors
    /// [`RootError`].
    pub fn open(block: &Block, key: &ReadKey) -> Result<Self, RootError> {
        let mut bytes = Zeroizing::new(block.bytes().to_vec());
        let keep = KeepPart::open_in_place(&mut bytes, block.class(), &key.keep_key())?;
        let (segments, read_from) = (keep.segments(), sealed_len(keep.listed().len()));
        let opened = read_key(key).open(&mut bytes[read_from..]).map_err(|_| RootFault::Damaged)?;
        let root = read_part::parse(opened, keep)?;
        // Each content has one encoding: a root of the larger size where the smaller is enough is not it.
        let fits = root.plan.root_class() == block.class() && root.plan.segments() == segments;
        if fits { Ok(root) } else { Err(RootFault::Layout.into()) }
    }

    /// The file name its maker gave it, or empty. Untrusted: harmless as one path component, and
    /// nothing more.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type its maker gave it, or empty. Untrusted.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Length and hashes of the whole: check them by [`ContentHasher::verify`] after every fetch.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What opens the data blocks.
    #[must_use]
    pub fn insert_key(&self) -> &InsertKey {
        &self.insert_key
    }

    /// Where the content is.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// How the content is laid out.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}

impl Body {
    /// Where this body says the content is.
    #[must_use]
    pub fn layout(&self) -> Layout {
        match self {
            Self::Inline(_) => Layout::Inline,
            Self::Single(_) => Layout::Single,
            Self::Segments(_) => Layout::Segments,
            Self::Indexed(_) => Layout::Indexed,
        }
    }

    /// The blocks that are fetched next. None where the content is inline.
    #[must_use]
    pub fn listed(&self) -> &[Locator] {
        match self {
            Self::Inline(_) => &[],
            Self::Single(block) => std::slice::from_ref(block),
            Self::Segments(listed) | Self::Indexed(listed) => listed,
        }
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Root({:?})", self.body)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}(…)", self.layout())
    }
}

/// Seals the parts of a root that lists `listed` locators, whose plaintexts stand in their places.
pub(crate) fn seal_parts(bytes: &mut [u8], listed: usize, key: &ReadKey) {
    let (keep, read) = bytes.split_at_mut(sealed_len(listed));
    keep_part::seal(keep, &key.keep_key());
    read_key(key).seal(read);
}

fn read_key(key: &ReadKey) -> BoxKey {
    BoxKey::derive(READ_CONTEXT, key.expose(), b"")
}

const _: () = assert!(KEEP_HEADER_LEN == keep_part::HEADER_LEN + AEAD_TAG_LEN);

#[cfg(test)]
mod tests;
