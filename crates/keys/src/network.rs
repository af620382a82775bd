use std::fmt;

/// Which rules a network goes by. Named by its invitations and never inferred from an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetworkKind {
    /// On one machine or one bench: diversity, age, witnesses and the day's placement are relaxed.
    Local,
    /// The real thing.
    Public,
}

impl NetworkKind {
    /// The byte that stands for this kind in every format.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Local => 0,
            Self::Public => 1,
        }
    }

    /// The kind a format's byte stands for.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Local),
            1 => Some(Self::Public),
            _ => None,
        }
    }
}

/// Tells one network from another: its kind and 8 bytes drawn by whoever founded it.
///
/// Displayed as `local-` or `main-` and 16 hexadecimal digits; stands in the protocol name
/// `/roneo/<network>/<version>`, so that nodes of two networks never talk by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NetworkId {
    /// The rules.
    pub kind: NetworkKind,
    /// Which network of that kind.
    pub tag: [u8; 8],
}

impl NetworkId {
    /// Bytes of an id in every format: the kind, then the tag.
    pub const LEN: usize = 9;
    /// The public network that people join unless they say otherwise.
    pub const MAIN: Self = Self { kind: NetworkKind::Public, tag: *b"\0\0\0\0main" };

    /// The kind's code, then the tag.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        let mut bytes = [self.kind.code(); Self::LEN];
        bytes[1..].copy_from_slice(&self.tag);
        bytes
    }

    /// An id read from a format, unless its kind is unknown.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let mut tag = [0; 8];
        tag.copy_from_slice(&bytes[1..]);
        Some(Self { kind: NetworkKind::from_code(bytes[0])?, tag })
    }

    /// An id as [`Display`](fmt::Display) writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, digits) = text.split_once('-')?;
        let kind = match kind {
            "local" => NetworkKind::Local,
            "main" => NetworkKind::Public,
            _ => return None,
        };
        if digits.len() != 16 || !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        Some(Self { kind, tag: u64::from_str_radix(digits, 16).ok()?.to_be_bytes() })
    }
}

impl fmt::Display for NetworkId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            NetworkKind::Local => "local",
            NetworkKind::Public => "main",
        };
        write!(formatter, "{kind}-{:016x}", u64::from_be_bytes(self.tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bytes_round_trip() {
        for id in [NetworkId::MAIN, NetworkId { kind: NetworkKind::Local, tag: *b"\xff\0abcdef" }] {
            assert_eq!(NetworkId::parse(&id.to_string()), Some(id));
            assert_eq!(NetworkId::from_bytes(&id.to_bytes()), Some(id));
        }
        assert_eq!(NetworkId::MAIN.to_string(), "main-000000006d61696e");
        for foreign in ["", "local", "local-12", "local-00000000000000FF", "test-0000000000000000"] {
            assert_eq!(NetworkId::parse(foreign), None, "{foreign}");
        }
    }
}
