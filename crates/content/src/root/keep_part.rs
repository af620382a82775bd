use std::fmt;

use roneo_keys::{AEAD_TAG_LEN, Block, CodecId, FORMAT_VERSION, KeepKey, Locator, SizeClass};

use super::{KEEP_HEADER_LEN, RootError, RootFault};
use crate::index::index_blocks;
use crate::keep_list::{all_distinct, parse_locators, write_locators};
use crate::plan::{Layout, Plan, listing_room};
use crate::seal::BoxKey;

/// Bytes of the keep header without its tag.
pub(super) const HEADER_LEN: usize = 32;
const HEADER_CONTEXT: &str = "roneo root keep header 1";
const BODY_CONTEXT: &str = "roneo root keep body 1";

/// The part of a root for whoever keeps the content alive without being able to read it.
///
/// It tells how many segments there are and where their keep lists live: nothing of name, type,
/// hashes or content. Consistent by construction, as far as can be told without the length.
#[derive(Clone, PartialEq, Eq)]
pub struct KeepPart {
    layout: Layout,
    segments: u32,
    listed: Vec<Locator>,
}

impl KeepPart {
    /// Opens the keep part of a fetched root.
    ///
    /// # Errors
    /// [`RootError`], also where only the parts for readers are wrong in a way that shows here.
    pub fn open(root: &Block, key: &KeepKey) -> Result<Self, RootError> {
        Self::open_in_place(&mut root.bytes().to_vec(), root.class(), key)
    }

    /// Where the content is.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Coded segments of the content; 0 where it is inline or a single block.
    #[must_use]
    pub fn segments(&self) -> u32 {
        self.segments
    }

    /// By [`KeepPart::layout`]: nothing, the single block, keep lists in order, or index blocks in order.
    #[must_use]
    pub fn listed(&self) -> &[Locator] {
        &self.listed
    }

    pub(super) fn of(plan: &Plan, listed: &[Locator]) -> Self {
        Self { layout: plan.layout(), segments: plan.segments(), listed: listed.to_vec() }
    }

    /// Writes the plaintexts of header and list to `bytes`, which is zero and has [`sealed_len`] bytes.
    pub(super) fn write(&self, bytes: &mut [u8]) {
        let (kind, codec) = match self.layout {
            Layout::Inline => (0, CodecId::None),
            Layout::Single => (1, CodecId::None),
            Layout::Segments => (2, CodecId::ReedSolomon),
            Layout::Indexed => (3, CodecId::ReedSolomon),
        };
        let body_len = (self.listed.len() * Locator::LEN) as u32;
        bytes[..4].copy_from_slice(&[FORMAT_VERSION, kind, codec.code(), SizeClass::Block.code()]);
        bytes[4..8].copy_from_slice(&self.segments.to_le_bytes());
        bytes[8..12].copy_from_slice(&body_len.to_le_bytes());
        write_locators(&self.listed, &mut bytes[KEEP_HEADER_LEN..]);
    }

    /// Opens the keep part at the front of a root's `bytes` and leaves the rest untouched.
    pub(super) fn open_in_place(bytes: &mut [u8], class: SizeClass, key: &KeepKey) -> Result<Self, RootError> {
        let (header, rest) = bytes.split_at_mut(KEEP_HEADER_LEN);
        let header = header_key(key).open(header).map_err(|_| RootError::WrongKey)?;
        let Header { layout, segments, listed } = Header::parse(header, class)?;
        let body = &mut rest[..body_sealed_len(listed)];
        if body.is_empty() {
            return Ok(Self { layout, segments, listed: Vec::new() });
        }
        let body = body_key(key).open(body).map_err(|_| RootFault::Damaged)?;
        let listed = parse_locators(body);
        if !all_distinct(&listed) {
            return Err(RootFault::Duplicate.into());
        }
        Ok(Self { layout, segments, listed })
    }
}

impl fmt::Debug for KeepPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeepPart({:?}, {} segments)", self.layout, self.segments)
    }
}

/// Bytes of the keep part of a root that lists `listed` locators: where the read part begins.
pub(crate) const fn sealed_len(listed: usize) -> usize {
    KEEP_HEADER_LEN + body_sealed_len(listed)
}

const fn body_sealed_len(listed: usize) -> usize {
    if listed == 0 { 0 } else { listed * Locator::LEN + AEAD_TAG_LEN }
}

/// Seals header and list, whose plaintexts stand in their places in `bytes`.
pub(super) fn seal(bytes: &mut [u8], key: &KeepKey) {
    let (header, body) = bytes.split_at_mut(KEEP_HEADER_LEN);
    header_key(key).seal(header);
    if !body.is_empty() {
        body_key(key).seal(body);
    }
}

struct Header {
    layout: Layout,
    segments: u32,
    /// Locators in the body; they fit a root of the class given.
    listed: usize,
}

impl Header {
    fn parse(header: &[u8], class: SizeClass) -> Result<Self, RootError> {
        let &[version, kind, codec, data_class, s0, s1, s2, s3, b0, b1, b2, b3, ref unused @ ..] = header else {
            return Err(RootFault::Damaged.into());
        };
        // Data in leaves may come one day, as other codecs and kinds may; none of them is a lie.
        let codec = CodecId::from_code(codec).ok_or(RootError::Newer)?;
        if version != FORMAT_VERSION
            || SizeClass::from_code(data_class) != Some(SizeClass::Block)
            || unused.iter().any(|&byte| byte != 0)
        {
            return Err(RootError::Newer);
        }
        let segments = u32::from_le_bytes([s0, s1, s2, s3]);
        let body_len = u32::from_le_bytes([b0, b1, b2, b3]);
        let (layout, listed, codec_of_kind) = match kind {
            0 => (Layout::Inline, 0, CodecId::None),
            1 => (Layout::Single, 1, CodecId::None),
            2 => (Layout::Segments, segments as usize, CodecId::ReedSolomon),
            3 => (Layout::Indexed, index_blocks(segments), CodecId::ReedSolomon),
            _ => return Err(RootError::Newer),
        };
        // Each count has one kind and each kind one size of root, so that content has one encoding.
        let direct = listing_room(SizeClass::Block);
        let counts_fit = match layout {
            Layout::Inline | Layout::Single => segments == 0,
            Layout::Segments => (1..=direct).contains(&listed),
            Layout::Indexed => segments as usize > direct && listed <= direct,
        };
        let smallest = if listed <= listing_room(SizeClass::Leaf) { SizeClass::Leaf } else { SizeClass::Block };
        let class_fits = layout == Layout::Inline || class == smallest;
        let body_fits = body_len as usize == listed * Locator::LEN;
        if codec == codec_of_kind && counts_fit && class_fits && body_fits {
            Ok(Self { layout, segments, listed })
        } else {
            Err(RootFault::Layout.into())
        }
    }
}

fn header_key(key: &KeepKey) -> BoxKey {
    BoxKey::derive(HEADER_CONTEXT, key.expose(), b"")
}

fn body_key(key: &KeepKey) -> BoxKey {
    BoxKey::derive(BODY_CONTEXT, key.expose(), b"")
}
