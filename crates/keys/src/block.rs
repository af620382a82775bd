use std::fmt;
use std::sync::Arc;

use crate::Locator;

/// Bytes of a [`SizeClass::Leaf`]: 4,080 of content and a 16-byte tag where it is encrypted.
pub const LEAF_LEN: usize = 4_096;
/// Bytes of a [`SizeClass::Block`]: 32,752 of content and a 16-byte tag where it is encrypted.
pub const BLOCK_LEN: usize = 32_768;
/// Bytes that the AEAD adds to what it seals.
pub const AEAD_TAG_LEN: usize = 16;

/// The two sizes in which anything is stored. Of an encrypted block a storer learns only this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SizeClass {
    /// 4,096 bytes: posts, records, keep lists, small roots.
    Leaf,
    /// 32,768 bytes: data and parity shards, large roots, index blocks.
    Block,
}

impl SizeClass {
    /// Both classes, smaller first.
    pub const ALL: [Self; 2] = [Self::Leaf, Self::Block];

    /// Bytes of a stored block of this class.
    #[must_use]
    pub const fn byte_len(self) -> usize {
        match self {
            Self::Leaf => LEAF_LEN,
            Self::Block => BLOCK_LEN,
        }
    }

    /// Bytes of content that one sealed block of this class carries.
    #[must_use]
    pub const fn content_len(self) -> usize {
        self.byte_len() - AEAD_TAG_LEN
    }

    /// The byte that stands for this class in every format.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Leaf => 0,
            Self::Block => 1,
        }
    }

    /// The class a format's byte stands for.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Leaf),
            1 => Some(Self::Block),
            _ => None,
        }
    }
}

/// Bytes whose length is neither that of a leaf nor that of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are neither a leaf (4,096) nor a block (32,768)")]
pub struct WrongLength(pub usize);

/// What a storer keeps: bytes of exactly one of the two lengths. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    class: SizeClass,
    bytes: Arc<[u8]>,
}

impl Block {
    /// Takes bytes of exactly one of the two lengths.
    ///
    /// # Errors
    /// [`WrongLength`] otherwise.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self, WrongLength> {
        let bytes = bytes.into();
        let class = SizeClass::ALL.into_iter().find(|class| class.byte_len() == bytes.len());
        class.map_or(Err(WrongLength(bytes.len())), |class| Ok(Self { class, bytes }))
    }

    /// The size class.
    #[must_use]
    pub fn class(&self) -> SizeClass {
        self.class
    }

    /// The stored bytes, [`SizeClass::byte_len`] of them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where an immutable block with these bytes lives. Hashes them: 5 us for a block.
    #[must_use]
    pub fn locator(&self) -> Locator {
        Locator::of(&self.bytes)
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Block({:?})", self.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_lengths_are_blocks() {
        for len in [0, 1, LEAF_LEN - 1, LEAF_LEN + 1, BLOCK_LEN - 1, BLOCK_LEN + 1] {
            assert_eq!(Block::new(vec![0; len]).unwrap_err(), WrongLength(len));
        }
        for class in SizeClass::ALL {
            assert_eq!(Block::new(vec![0; class.byte_len()]).unwrap().class(), class);
            assert_eq!(SizeClass::from_code(class.code()), Some(class));
        }
        assert_eq!(SizeClass::from_code(2), None);
    }
}
