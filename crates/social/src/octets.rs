//! Byte strings of fixed length: bytes in CBOR, Freenet base64 in JSON.

use std::fmt;

use roneo_keys::base64;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `N` bytes as they stand in a format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Octets<const N: usize>(pub [u8; N]);

impl<const N: usize> Octets<N> {
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Octets<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Octets({N})")
    }
}

impl<const N: usize> Serialize for Octets<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&base64::encode(&self.0))
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de, const N: usize> Deserialize<'de> for Octets<N> {
    /// Takes both spellings, since a value that was buffered does not know where it came from; what is signed is
    /// compared with its one spelling afterwards.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Spelled<const N: usize>;
        impl<const N: usize> Visitor<'_> for Spelled<N> {
            type Value = Octets<N>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{N} bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                bytes.try_into().map(Octets).map_err(|_| E::invalid_length(bytes.len(), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let bytes = base64::decode_vec(text).map_err(|_| E::custom("not in Freenet base64"))?;
                self.visit_bytes(&bytes)
            }
        }
        deserializer.deserialize_any(Spelled)
    }
}

/// Makes a newtype over [`Octets`] that shows at most its first 8 characters.
macro_rules! octets {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name($crate::octets::Octets<$len>);

        impl $name {
            /// Bytes of one.
            pub const LEN: usize = $len;

            /// One read from a format.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self($crate::octets::Octets(bytes))
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                self.0.as_bytes()
            }

            /// The whole of it in Freenet base64.
            #[must_use]
            pub fn to_text(&self) -> String {
                roneo_keys::base64::encode(self.as_bytes())
            }

            /// Reads what [`to_text`](Self::to_text) wrote.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                let bytes = roneo_keys::base64::decode_vec(text).ok()?;
                bytes.try_into().ok().map(Self::from_bytes)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}
pub(crate) use octets;
