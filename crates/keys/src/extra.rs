use crate::{SizeClass, base64};

/// The format that this program writes. 0 is a draft: it may change until version 1 is frozen.
pub const FORMAT_VERSION: u8 = 0;

/// Who may hold a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// For readers.
    Public,
    /// For whoever publishes: it carries a private key.
    Private,
}

/// How blocks are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// ChaCha20-Poly1305 (RFC 8439), one key per block, nonce 0.
    ChaCha20Poly1305,
}

/// How segments are erasure coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodecId {
    /// Not coded: the content is inline or a single block.
    None,
    /// Reed-Solomon over GF(2^8), Vandermonde matrix made systematic, as `reed-solomon-erasure` 6.
    ReedSolomon,
}

impl CodecId {
    /// The byte that stands for this codec in every format.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::ReedSolomon => 1,
        }
    }

    /// The codec a format's byte stands for.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::None),
            1 => Some(Self::ReedSolomon),
            _ => None,
        }
    }
}

/// The last field of a URI: 5 bytes that say how to read what the URI names.
///
/// Offsets: format version 0, role 1, cipher 2, codec 3, size class of the root 4. The size class is
/// here because a reader asks for exactly one: the length of an answer is fixed by its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Extra {
    /// Who may hold the URI.
    pub role: Role,
    /// How blocks are sealed.
    pub cipher: Cipher,
    /// How segments are coded.
    pub codec: CodecId,
    /// How large the root is.
    pub root: SizeClass,
}

/// Why the last field of a URI cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtraError {
    /// A version, cipher or codec of the future.
    #[error("it was made by a newer Roneo: update to open it")]
    Newer,
    /// No version of Roneo writes this.
    #[error("its last field is damaged")]
    Damaged,
}

impl Extra {
    /// Bytes of the field.
    pub const LEN: usize = 5;

    /// What this version of the program writes for content that anybody with the link may read, under
    /// a root of one leaf.
    pub const PUBLIC: Self = Self {
        role: Role::Public,
        cipher: Cipher::ChaCha20Poly1305,
        codec: CodecId::ReedSolomon,
        root: SizeClass::Leaf,
    };

    /// What this version writes for signed documents: one leaf, not coded.
    pub const RECORD: Self = Self { codec: CodecId::None, ..Self::PUBLIC };

    /// The field's bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let role = match self.role {
            Role::Public => 0,
            Role::Private => 1,
        };
        let cipher = match self.cipher {
            Cipher::ChaCha20Poly1305 => 0,
        };
        [FORMAT_VERSION, role, cipher, self.codec.code(), self.root.code()]
    }

    /// Reads the field.
    ///
    /// # Errors
    /// [`ExtraError`], when a byte has no meaning here.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Result<Self, ExtraError> {
        let [version, role, cipher, codec, root] = bytes;
        if version != FORMAT_VERSION {
            return Err(ExtraError::Newer);
        }
        let role = match role {
            0 => Role::Public,
            1 => Role::Private,
            _ => return Err(ExtraError::Damaged),
        };
        let cipher = match cipher {
            0 => Cipher::ChaCha20Poly1305,
            _ => return Err(ExtraError::Newer),
        };
        let codec = CodecId::from_code(codec).ok_or(ExtraError::Newer)?;
        let root = SizeClass::from_code(root).ok_or(ExtraError::Damaged)?;
        Ok(Self { role, cipher, codec, root })
    }

    pub(crate) fn to_text(self) -> String {
        base64::encode(&self.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_a_meaning() {
        let table: [([u8; 5], Result<Extra, ExtraError>); 8] = [
            ([0, 0, 0, 1, 0], Ok(Extra::PUBLIC)),
            ([0, 1, 0, 0, 0], Ok(Extra { role: Role::Private, codec: CodecId::None, ..Extra::PUBLIC })),
            ([1, 0, 0, 1, 0], Err(ExtraError::Newer)),
            ([0, 2, 0, 1, 0], Err(ExtraError::Damaged)),
            ([0, 0, 1, 1, 0], Err(ExtraError::Newer)),
            ([0, 0, 0, 2, 0], Err(ExtraError::Newer)),
            ([0, 0, 0, 1, 1], Ok(Extra { root: SizeClass::Block, ..Extra::PUBLIC })),
            ([0, 0, 0, 1, 2], Err(ExtraError::Damaged)),
        ];
        for (bytes, expected) in table {
            assert_eq!(Extra::from_bytes(bytes), expected, "{bytes:?}");
            if let Ok(extra) = expected {
                assert_eq!(extra.to_bytes(), bytes);
            }
        }
    }
}
