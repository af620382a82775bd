use std::fmt;
use std::str::FromStr;

use crate::base64::{self, Base64Error};
use crate::{Extra, ExtraError, Locator, ReadKey, Role};

/// Longest URI that is looked at, in bytes. Names above it are cut by whoever made the link.
pub const MAX_URI_LEN: usize = 2_048;

/// What a person holds, pastes and scans: a key with everything needed to fetch and read.
///
/// Grammar (Freenet's): `CHK@<locator>,<key>,<extra>[/name]`, optionally behind `freenet:` or
/// `roneo:`. `Debug` shows only the kind.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Uri {
    /// Immutable content.
    Chk(Chk),
}

/// `CHK@<locator 43>,<key 43>,<extra 7>[/name]`: immutable content under its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Chk {
    /// Where the root lives.
    pub root: Locator,
    /// What opens it.
    pub key: ReadKey,
    /// How to read it.
    pub extra: Extra,
    /// The file name that the maker of the link wished for, or empty. Not verified by anything.
    pub name: String,
}

/// Why a text is not a URI that this program can open. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// The text does not begin with a key type of this grammar.
    #[error("this is not a Roneo link: a link begins with CHK@")]
    NotAUri,
    /// A key type of the grammar that this version does not open.
    #[error("{0}@ links cannot be opened by this version of Roneo: update it, or ask for a CHK@ link")]
    Unsupported(&'static str),
    /// Longer than any link.
    #[error("this is too long to be a link: copy the link alone")]
    TooLong,
    /// Fewer or more fields than the key type has.
    #[error(
        "the link is cut or has something stuck to it: it needs 3 parts between commas, this has {found}; copy it again"
    )]
    Fields {
        /// Fields found.
        found: usize,
    },
    /// One field does not decode.
    #[error("the {field} in the link is damaged ({source}): copy the link again")]
    Field {
        /// Which field, in words.
        field: &'static str,
        /// What is wrong with it.
        source: Base64Error,
    },
    /// The last field cannot be used.
    #[error("the link cannot be opened: {0}")]
    Extra(#[from] ExtraError),
    /// A link that lets its holder publish, where a reader's link is expected.
    #[error("this link holds a private key, for publishing: do not share it; use the public link to read")]
    Private,
    /// A name with control characters in it.
    #[error("the name at the end of the link has characters that no file name has: remove what follows the slash")]
    Name,
}

impl FromStr for Uri {
    type Err = UriError;

    /// Reads a URI, with white space around it ignored.
    fn from_str(text: &str) -> Result<Self, UriError> {
        let text = text.trim();
        if text.len() > MAX_URI_LEN {
            return Err(UriError::TooLong);
        }
        let text = ["freenet:", "roneo:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
        let (kind, rest) = text.split_once('@').ok_or(UriError::NotAUri)?;
        match kind {
            "CHK" => Chk::parse(rest).map(Self::Chk),
            "SSK" => Err(UriError::Unsupported("SSK")),
            "USK" => Err(UriError::Unsupported("USK")),
            "KSK" => Err(UriError::Unsupported("KSK")),
            "KEEP" => Err(UriError::Unsupported("KEEP")),
            _ => Err(UriError::NotAUri),
        }
    }
}

impl Chk {
    fn parse(rest: &str) -> Result<Self, UriError> {
        let (key, name) = rest.split_once('/').unwrap_or((rest, ""));
        let fields: Vec<&str> = key.split(',').collect();
        let [root, key, extra] = fields[..] else {
            return Err(UriError::Fields { found: fields.len() });
        };
        let extra = Extra::from_bytes(field("last part", extra)?)?;
        if extra.role == Role::Private {
            return Err(UriError::Private);
        }
        if name.chars().any(char::is_control) {
            return Err(UriError::Name);
        }
        Ok(Self {
            root: Locator::from_bytes(field("first part", root)?),
            key: ReadKey::from_bytes(field("second part", key)?),
            extra,
            name: name.to_owned(),
        })
    }
}

fn field<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], UriError> {
    base64::decode(text).map_err(|source| UriError::Field { field, source })
}

impl Uri {
    /// The link as text: everything needed to read the content. For its holder, never for a log.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self::Chk(chk) = self;
        let mut text = format!(
            "CHK@{},{},{}",
            base64::encode(chk.root.as_bytes()),
            base64::encode(chk.key.expose()),
            chk.extra.to_text()
        );
        if !chk.name.is_empty() {
            text.push('/');
            text.push_str(&chk.name);
        }
        text
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Chk(_) = self;
        formatter.write_str("CHK@…")
    }
}

impl fmt::Debug for Chk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CHK@…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chk(name: &str) -> Uri {
        Uri::Chk(Chk {
            root: Locator::from_bytes([0xff; 32]),
            key: ReadKey::from_bytes([0; 32]),
            extra: Extra::PUBLIC,
            name: name.to_owned(),
        })
    }

    /// Draft vector: the same text stands in `docs/formats/uri.md`.
    #[test]
    fn vector() {
        let text = format!("CHK@{}8,{},AAAAAQA/tract.txt", "-".repeat(42), "A".repeat(43));
        assert_eq!(chk("tract.txt").to_text(), text);
        assert_eq!(text.parse::<Uri>().unwrap(), chk("tract.txt"));
        assert_eq!(format!("  roneo:{text}\n").parse::<Uri>().unwrap(), chk("tract.txt"));
        assert_eq!(format!("freenet:{text}").parse::<Uri>().unwrap(), chk("tract.txt"));
    }

    #[test]
    fn malformed_links_say_what_to_do() {
        let good = chk("").to_text();
        let table = [
            (String::new(), UriError::NotAUri),
            ("https://example.org/".to_owned(), UriError::NotAUri),
            ("chk@a,b,c".to_owned(), UriError::NotAUri),
            ("USK@a,b,c/site/1".to_owned(), UriError::Unsupported("USK")),
            ("KSK@word".to_owned(), UriError::Unsupported("KSK")),
            (good[..60].to_owned(), UriError::Fields { found: 2 }),
            (format!("{good},AAAA"), UriError::Fields { found: 4 }),
            (
                good[..good.len() - 1].to_owned(),
                UriError::Field { field: "last part", source: Base64Error::Length { expected: 7, found: 6 } },
            ),
            (good.replace("AAAAAQA", "AQAAAQA"), UriError::Extra(ExtraError::Newer)),
            (good.replace("AAAAAQA", "AAEAAQA"), UriError::Private),
            (good.replace("AAAAAQA", "AAAAAQI"), UriError::Extra(ExtraError::Damaged)),
            (format!("{good}/a\u{7}b"), UriError::Name),
            ("C".repeat(MAX_URI_LEN + 1), UriError::TooLong),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Uri>().unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn debug_shows_neither_locator_nor_key() {
        assert_eq!(format!("{:?}", chk("secret.txt")), "CHK@…");
    }

    proptest! {
        #[test]
        fn parse_after_print_is_identity(root: [u8; 32], key: [u8; 32], name in "[^\\p{Cc}]{0,40}") {
            let uri = Uri::Chk(Chk {
                root: Locator::from_bytes(root),
                key: ReadKey::from_bytes(key),
                extra: Extra::PUBLIC,
                name: name.trim_end().to_owned(),
            });
            prop_assert_eq!(uri.to_text().parse::<Uri>().unwrap(), uri);
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,120}") {
            let _ = text.parse::<Uri>();
            let _ = format!("CHK@{text}").parse::<Uri>();
        }
    }
}
