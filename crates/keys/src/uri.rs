use std::fmt;
use std::str::FromStr;

use crate::base64::{self, Base64Error};
use crate::{
    Docname, Extra, ExtraError, KeepKey, KeyPair, Locator, PublicKey, ReadKey, RecordKind, Role, SigningSecret,
};

/// Longest URI that is looked at, in bytes. Names above it are cut by whoever made the link.
pub const MAX_URI_LEN: usize = 2_048;

/// What a person holds, pastes and scans: a key with everything needed to fetch and read.
///
/// Grammar (Freenet's): a key type, `@`, fields of base64 between commas, then names between
/// slashes; optionally behind `freenet:` or `roneo:`. `Debug` shows only the key type.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Uri {
    /// Immutable content.
    Chk(Chk),
    /// A signed document, written once per name.
    Ssk(Ssk),
    /// The newest edition of a signed document.
    Usk(Usk),
    /// A document that everybody who knows the word can read, and write once.
    Ksk(Ksk),
    /// Lets its holder check and repair content that they cannot read.
    Keep(KeepCap),
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
    /// What stands behind the first slash, or empty. For a file, the name that the maker of the link
    /// wished for, not verified by anything; for a directory, the path of a file in it.
    pub name: String,
}

/// `SSK@<public key 43>,<key 43>,<extra 7>/<docname>[/path]`: a signed document.
#[derive(Clone, PartialEq, Eq)]
pub struct Ssk {
    /// Who signs it.
    pub public: PublicKey,
    /// What opens it.
    pub key: ReadKey,
    /// How to read it.
    pub extra: Extra,
    /// Which document of that signer.
    pub docname: Docname,
    /// The path of a file in it, if it is a directory; or empty.
    pub path: String,
}

/// `USK@<public key 43>,<key 43>,<extra 7>/<docname>/<edition>[/path]`: the newest edition of a
/// signed document, and none older than the edition named.
#[derive(Clone, PartialEq, Eq)]
pub struct Usk {
    /// Who signs it.
    pub public: PublicKey,
    /// What opens it.
    pub key: ReadKey,
    /// How to read it.
    pub extra: Extra,
    /// Which document of that signer.
    pub docname: Docname,
    /// The oldest edition that will do. Freenet's negative editions, which ask for a longer search,
    /// are read as their absolute value: every search here is for the newest.
    pub edition: u64,
    /// The path of a file in it, if it is a directory; or empty.
    pub path: String,
}

/// `KSK@<word>[/path]`: a doorbell. Keys and name follow from the word.
#[derive(Clone, PartialEq, Eq)]
pub struct Ksk {
    /// The word, which is a document name too.
    pub word: Docname,
    /// The path of a file in it, if it is a directory; or empty.
    pub path: String,
}

/// `KEEP@<root locator 43>,<keep key 43>,<extra 7>`: a keep-cap.
#[derive(Clone, PartialEq, Eq)]
pub struct KeepCap {
    /// Where the root lives.
    pub root: Locator,
    /// Opens the keep part of the root, and of nothing else.
    pub key: KeepKey,
    /// How to read it.
    pub extra: Extra,
}

/// A link that publishes: an SSK or USK with the private key in its first field and the private
/// [`Role`], or a KSK, whose word is all there is. Not for anybody else's eyes.
#[derive(Clone)]
#[non_exhaustive]
pub enum InsertUri {
    /// Writes a document once.
    Ssk {
        /// Signs and opens.
        pair: KeyPair,
        /// Which document.
        docname: Docname,
    },
    /// Writes the next edition of a document.
    Usk {
        /// Signs and opens.
        pair: KeyPair,
        /// Which document.
        docname: Docname,
        /// The lowest number that the edition may have.
        edition: u64,
    },
    /// Writes a document once under a word.
    Ksk(Ksk),
}

/// Why a text is not a URI that this program can open. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// The text does not begin with a key type of this grammar.
    #[error("this is not a Roneo link: a link begins with CHK@, SSK@, USK@, KSK@ or KEEP@")]
    NotAUri,
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
    /// The first field is no key that anything can be signed under.
    #[error("the first part of the link is damaged (it is no public key): copy the link again")]
    PublicKey,
    /// The last field cannot be used.
    #[error("the link cannot be opened: {0}")]
    Extra(#[from] ExtraError),
    /// A link that lets its holder publish, where a reader's link is expected.
    #[error("this link holds a private key, for publishing: do not share it; use the public link to read")]
    Private,
    /// A reader's link, where one that publishes is expected.
    #[error("this link is for reading: to publish, the private link or the name of a key is needed")]
    Public,
    /// A name with control characters in it.
    #[error("the name at the end of the link has characters that no file name has: remove what follows the slash")]
    Name,
    /// A document name is missing or cannot be one.
    #[error(
        "the name of the document is missing or cannot be used: after the third part comes a slash and a name of at most 200 bytes"
    )]
    Docname,
    /// The number of the edition is missing or is none.
    #[error("the number of the edition is missing or is none: a USK@ link goes on with /name/0")]
    Edition,
}

impl FromStr for Uri {
    type Err = UriError;

    /// Reads a URI, with white space around it ignored.
    fn from_str(text: &str) -> Result<Self, UriError> {
        let (kind, rest) = split(text)?;
        match kind {
            "CHK" => {
                let (fields, name) = read_fields(rest)?;
                fields.for_readers()?;
                let key = ReadKey::from_bytes(fields.key);
                Ok(Self::Chk(Chk {
                    root: Locator::from_bytes(fields.first),
                    key,
                    extra: fields.extra,
                    name: name.to_owned(),
                }))
            }
            "SSK" => {
                let (fields, names) = read_fields(rest)?;
                let (public, key) = fields.signed()?;
                let (docname, path) = names.split_once('/').unwrap_or((names, ""));
                let (docname, path) = (docname.parse()?, path.to_owned());
                Ok(Self::Ssk(Ssk { public, key, extra: fields.extra, docname, path }))
            }
            "USK" => {
                let (fields, names) = read_fields(rest)?;
                let (public, key) = fields.signed()?;
                let (docname, edition, path) = docname_and_edition(names)?;
                Ok(Self::Usk(Usk { public, key, extra: fields.extra, docname, edition, path: path.to_owned() }))
            }
            "KSK" => Ksk::parse(rest).map(Self::Ksk),
            "KEEP" => {
                let (fields, name) = read_fields(rest)?;
                fields.for_readers()?;
                if !name.is_empty() {
                    return Err(UriError::Name);
                }
                let key = KeepKey::from_bytes(fields.key);
                Ok(Self::Keep(KeepCap { root: Locator::from_bytes(fields.first), key, extra: fields.extra }))
            }
            _ => Err(UriError::NotAUri),
        }
    }
}

impl FromStr for InsertUri {
    type Err = UriError;

    /// Reads a private URI, with white space around it ignored.
    fn from_str(text: &str) -> Result<Self, UriError> {
        let (kind, rest) = split(text)?;
        match kind {
            "SSK" => {
                let (fields, names) = read_fields(rest)?;
                Ok(Self::Ssk { pair: fields.pair()?, docname: names.parse()? })
            }
            "USK" => {
                let (fields, names) = read_fields(rest)?;
                let pair = fields.pair()?;
                match docname_and_edition(names)? {
                    (docname, edition, "") => Ok(Self::Usk { pair, docname, edition }),
                    _ => Err(UriError::Name),
                }
            }
            "KSK" => Ksk::parse(rest).map(Self::Ksk),
            "CHK" | "KEEP" => Err(UriError::Public),
            _ => Err(UriError::NotAUri),
        }
    }
}

/// The three fields that all key types but KSK have.
struct Fields {
    first: [u8; 32],
    key: [u8; 32],
    extra: Extra,
}

impl Fields {
    fn for_readers(&self) -> Result<(), UriError> {
        if self.extra.role == Role::Public { Ok(()) } else { Err(UriError::Private) }
    }

    fn signed(&self) -> Result<(PublicKey, ReadKey), UriError> {
        self.for_readers()?;
        let public = PublicKey::from_bytes(self.first).map_err(|_| UriError::PublicKey)?;
        Ok((public, ReadKey::from_bytes(self.key)))
    }

    fn pair(&self) -> Result<KeyPair, UriError> {
        if self.extra.role == Role::Public {
            return Err(UriError::Public);
        }
        Ok(KeyPair { secret: SigningSecret::from_seed(self.first), key: ReadKey::from_bytes(self.key) })
    }
}

fn split(text: &str) -> Result<(&str, &str), UriError> {
    let text = text.trim();
    if text.len() > MAX_URI_LEN {
        return Err(UriError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(UriError::Name);
    }
    let text = ["freenet:", "roneo:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    text.split_once('@').ok_or(UriError::NotAUri)
}

/// Reads the fields, and hands on what follows the first slash.
fn read_fields(rest: &str) -> Result<(Fields, &str), UriError> {
    let (fields, names) = rest.split_once('/').unwrap_or((rest, ""));
    let fields: Vec<&str> = fields.split(',').collect();
    let [first, key, extra] = fields[..] else {
        return Err(UriError::Fields { found: fields.len() });
    };
    let extra = Extra::from_bytes(field("last part", extra)?)?;
    Ok((Fields { first: field("first part", first)?, key: field("second part", key)?, extra }, names))
}

fn field<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], UriError> {
    base64::decode(text).map_err(|source| UriError::Field { field, source })
}

fn docname_and_edition(names: &str) -> Result<(Docname, u64, &str), UriError> {
    let (docname, rest) = names.split_once('/').unwrap_or((names, ""));
    let docname = docname.parse()?;
    let (edition, path) = rest.split_once('/').unwrap_or((rest, ""));
    let edition: i64 = edition.parse().map_err(|_| UriError::Edition)?;
    Ok((docname, edition.unsigned_abs(), path))
}

impl Chk {
    /// What lets others keep this content alive without reading it.
    #[must_use]
    pub fn keep_cap(&self) -> KeepCap {
        KeepCap { root: self.root, key: self.key.keep_key(), extra: self.extra }
    }
}

impl Usk {
    /// One edition of this document, as the SSK that it also is.
    ///
    /// # Errors
    /// [`UriError::Docname`], when the number makes the name too long.
    pub fn exact(&self, edition: u64) -> Result<Ssk, UriError> {
        let (public, key, path) = (self.public, self.key.clone(), self.path.clone());
        Ok(Ssk { public, key, extra: self.extra, docname: self.docname.edition(edition)?, path })
    }
}

impl Ksk {
    fn parse(rest: &str) -> Result<Self, UriError> {
        let (word, path) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self { word: word.parse()?, path: path.to_owned() })
    }

    /// The signed document that this word stands for.
    #[must_use]
    pub fn to_ssk(&self) -> Ssk {
        let pair = KeyPair::of_word(self.word.as_str());
        let (docname, path) = (self.word.clone(), self.path.clone());
        Ssk { public: pair.secret.public(), key: pair.key, extra: Extra::RECORD, docname, path }
    }
}

impl InsertUri {
    /// The link for readers. Of a USK, the one for the edition named.
    #[must_use]
    pub fn public(&self) -> Uri {
        let path = String::new();
        match self {
            Self::Ksk(ksk) => Uri::Ksk(ksk.clone()),
            Self::Ssk { pair, docname } => Uri::Ssk(Ssk {
                public: pair.secret.public(),
                key: pair.key.clone(),
                extra: Extra::RECORD,
                docname: docname.clone(),
                path,
            }),
            Self::Usk { pair, docname, edition } => Uri::Usk(Usk {
                public: pair.secret.public(),
                key: pair.key.clone(),
                extra: Extra::RECORD,
                docname: docname.clone(),
                edition: *edition,
                path,
            }),
        }
    }

    /// The link as text. Whoever has it publishes as its owner: for a key file, never for a log.
    #[must_use]
    pub fn expose(&self) -> String {
        let private = |pair: &KeyPair| {
            fields(&pair.secret.expose(), pair.key.expose(), Extra { role: Role::Private, ..Extra::RECORD })
        };
        match self {
            Self::Ksk(ksk) => Uri::Ksk(ksk.clone()).to_text(),
            Self::Ssk { pair, docname } => format!("SSK@{}/{}", private(pair), docname.as_str()),
            Self::Usk { pair, docname, edition } => format!("USK@{}/{}/{edition}", private(pair), docname.as_str()),
        }
    }

    /// What kind of record it writes.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Ssk { .. } | Self::Ksk(_) => RecordKind::Document,
            Self::Usk { .. } => RecordKind::Slot,
        }
    }
}

impl Uri {
    /// The link as text: everything needed to read the content. For its holder, never for a log.
    #[must_use]
    pub fn to_text(&self) -> String {
        let (mut text, path) = match self {
            Self::Chk(chk) => (format!("CHK@{}", fields(chk.root.as_bytes(), chk.key.expose(), chk.extra)), &chk.name),
            Self::Ssk(ssk) => {
                let fields = fields(ssk.public.as_bytes(), ssk.key.expose(), ssk.extra);
                (format!("SSK@{fields}/{}", ssk.docname.as_str()), &ssk.path)
            }
            Self::Usk(usk) => {
                let fields = fields(usk.public.as_bytes(), usk.key.expose(), usk.extra);
                (format!("USK@{fields}/{}/{}", usk.docname.as_str(), usk.edition), &usk.path)
            }
            Self::Ksk(ksk) => (format!("KSK@{}", ksk.word.as_str()), &ksk.path),
            Self::Keep(cap) => {
                return format!("KEEP@{}", fields(cap.root.as_bytes(), cap.key.expose(), cap.extra));
            }
        };
        if !path.is_empty() {
            text.push('/');
            text.push_str(path);
        }
        text
    }

    /// The same link to another file of the same directory; keep-caps have no path and stay as they are.
    #[must_use]
    pub fn with_path(mut self, path: &str) -> Self {
        match &mut self {
            Self::Chk(Chk { name: place, .. })
            | Self::Ssk(Ssk { path: place, .. })
            | Self::Usk(Usk { path: place, .. })
            | Self::Ksk(Ksk { path: place, .. }) => path.clone_into(place),
            Self::Keep(_) => {}
        }
        self
    }

    /// What stands behind the key: see [`Chk::name`] and the paths of the others.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Chk(chk) => &chk.name,
            Self::Ssk(ssk) => &ssk.path,
            Self::Usk(usk) => &usk.path,
            Self::Ksk(ksk) => &ksk.path,
            Self::Keep(_) => "",
        }
    }
}

fn fields(first: &[u8; 32], key: &[u8; 32], extra: Extra) -> String {
    format!("{},{},{}", base64::encode(first), base64::encode(key), extra.to_text())
}

impl fmt::Debug for Uri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Chk(_) => "CHK@…",
            Self::Ssk(_) => "SSK@…",
            Self::Usk(_) => "USK@…",
            Self::Ksk(_) => "KSK@…",
            Self::Keep(_) => "KEEP@…",
        })
    }
}

macro_rules! shows_only_its_kind {
    ($($name:ident: $text:literal),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str($text)
            }
        }
    )+};
}

shows_only_its_kind!(Chk: "CHK@…", Ssk: "SSK@…", Usk: "USK@…", Ksk: "KSK@…", KeepCap: "KEEP@…", InsertUri: "private@…");

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
        let ssk = InsertUri::Ssk { pair: KeyPair::of_word("x"), docname: "tract".parse().unwrap() }.public().to_text();
        let table = [
            (String::new(), UriError::NotAUri),
            ("https://example.org/".to_owned(), UriError::NotAUri),
            ("chk@a,b,c".to_owned(), UriError::NotAUri),
            (
                "USK@a,b,c/site/1".to_owned(),
                UriError::Field { field: "last part", source: Base64Error::Length { expected: 7, found: 1 } },
            ),
            (good.replace("CHK", "SSK") + "/tract", UriError::PublicKey),
            (ssk.replace("/tract", ""), UriError::Docname),
            (ssk.replace("SSK", "USK"), UriError::Edition),
            (ssk.replace("SSK", "USK") + "/one", UriError::Edition),
            (ssk.replace("AAAAAAA", "AAEAAAA"), UriError::Private),
            ("KSK@".to_owned(), UriError::Docname),
            (good.replace("CHK", "KEEP") + "/name", UriError::Name),
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
    fn every_kind_of_key_round_trips() {
        let pair = || KeyPair::of_word("pain");
        let docname = || "tract été".parse::<Docname>().unwrap();
        let ssk = InsertUri::Ssk { pair: pair(), docname: docname() };
        let usk = InsertUri::Usk { pair: pair(), docname: docname(), edition: 7 };
        let ksk = InsertUri::Ksk(Ksk { word: "pain".parse().unwrap(), path: String::new() });
        let Uri::Chk(content) = chk("") else { unreachable!() };
        for uri in [ssk.public(), usk.public(), ksk.public(), chk(""), Uri::Keep(content.keep_cap())] {
            assert_eq!(uri.to_text().parse::<Uri>().unwrap(), uri);
            let deeper = uri.clone().with_path("a/b c.html");
            assert_eq!(deeper.to_text().parse::<Uri>().unwrap(), deeper);
            assert_eq!(deeper.path() == "a/b c.html", !matches!(uri, Uri::Keep(_)));
        }
        for insert in [ssk, usk, ksk] {
            let again: InsertUri = insert.expose().parse().unwrap();
            assert_eq!((again.expose(), again.public()), (insert.expose(), insert.public()));
        }
    }

    #[test]
    fn private_and_public_links_are_told_apart() {
        let insert = InsertUri::Usk { pair: KeyPair::of_word("x"), docname: "site".parse().unwrap(), edition: 0 };
        assert_eq!(insert.expose().parse::<Uri>(), Err(UriError::Private));
        assert_eq!(insert.public().to_text().parse::<InsertUri>().unwrap_err(), UriError::Public);
        assert_eq!(chk("").to_text().parse::<InsertUri>().unwrap_err(), UriError::Public);
        assert!(!insert.public().to_text().contains(&base64::encode(&*KeyPair::of_word("x").secret.expose())));
    }

    #[test]
    fn negative_editions_are_those_of_freenet() {
        let usk =
            InsertUri::Usk { pair: KeyPair::of_word("x"), docname: "site".parse().unwrap(), edition: 12 }.public();
        let negative = usk.to_text().replace("/12", "/-12");
        assert_eq!(negative.parse::<Uri>(), Ok(usk.clone()));
        let Uri::Usk(usk) = usk else { unreachable!() };
        assert_eq!(usk.exact(12).unwrap().docname.as_str(), "site-12");
        let lowest = Uri::Usk(usk).to_text().replace("/12", &format!("/{}", i64::MIN));
        assert!(lowest.parse::<Uri>().is_ok());
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
            for kind in ["CHK", "SSK", "USK", "KSK", "KEEP"] {
                let _ = format!("{kind}@{text}").parse::<Uri>();
                let _ = format!("{kind}@{text}").parse::<InsertUri>();
            }
        }
    }
}
