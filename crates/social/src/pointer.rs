//! Content that something signed leads to: a CHK without a name.

use std::cmp::Ordering;
use std::fmt;

use roneo_keys::{Chk, Extra, Locator, ReadKey, Role, Uri};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where content lies and what opens it. In CBOR 69 bytes: locator, read key, extra; in JSON the link.
#[derive(Clone, PartialEq, Eq)]
pub struct Pointer(Chk);

impl Pointer {
    /// Bytes of one.
    pub const LEN: usize = Locator::LEN + 32 + Extra::LEN;

    /// What a link leads to, its name left behind.
    #[must_use]
    pub fn of(chk: &Chk) -> Self {
        Self(Chk { name: String::new(), ..chk.clone() })
    }

    /// The link, without a name.
    #[must_use]
    pub fn chk(&self) -> &Chk {
        &self.0
    }

    pub(crate) fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..32].copy_from_slice(self.0.root.as_bytes());
        bytes[32..64].copy_from_slice(self.0.key.expose());
        bytes[64..].copy_from_slice(&self.0.extra.to_bytes());
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (root, rest) = bytes.split_first_chunk::<32>()?;
        let (key, extra) = rest.split_first_chunk::<32>()?;
        let (root, key) = (Locator::from_bytes(*root), ReadKey::from_bytes(*key));
        let extra = Extra::from_bytes(extra.try_into().ok()?).ok()?;
        // A link that nobody may hand on leads nowhere here either.
        (extra.role == Role::Public).then(|| Self(Chk { root, key, extra, name: String::new() }))
    }

    fn from_link(link: &str) -> Option<Self> {
        match link.parse() {
            Ok(Uri::Chk(chk)) if chk.name.is_empty() => Some(Self(chk)),
            _ => None,
        }
    }
}

impl Ord for Pointer {
    /// That of the bytes.
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_bytes().cmp(&other.to_bytes())
    }
}

impl PartialOrd for Pointer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pointer(…)")
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&Uri::Chk(self.0.clone()).to_text())
        } else {
            serializer.serialize_bytes(&self.to_bytes())
        }
    }
}

impl<'de> Deserialize<'de> for Pointer {
    /// Takes both spellings, as [`Octets`](crate::Octets) do.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Spelled;
        impl Visitor<'_> for Spelled {
            type Value = Pointer;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a CHK link without a name")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Pointer, E> {
                Pointer::from_bytes(bytes).ok_or_else(|| E::custom("no link"))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pointer, E> {
                Pointer::from_link(text).ok_or_else(|| E::custom("no CHK link without a name"))
            }
        }
        deserializer.deserialize_any(Spelled)
    }
}
