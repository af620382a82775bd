//! `D/keys/`: the keys that somebody publishes under, a file each, and what was published with them.
//!
//! Whoever has such a file publishes as its owner, so it is private to the user and is never
//! overwritten. A file is three lines: what it is, the private link, a check of both, so that one
//! that was cut short or edited is refused rather than read as another key.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rand::CryptoRng;
use roneo_client::folder::KEY_FILE_START;
use roneo_keys::{Docname, InsertUri, KeyPair};
use zeroize::Zeroizing;

use crate::data_dir::{self, DataDirError};
use crate::platform;

const ENDING: &str = ".key";
/// The first line: what it is, and the version of the format.
const HEAD: &str = "roneo-key 0";
const KIND: &str = "roneo-key ";
const VERSION: u32 = 0;
/// Longest name of a key, in bytes.
pub const MAX_NAME_LEN: usize = 64;
/// A key file has about 170 bytes.
const MAX_FILE_LEN: u64 = 1_024;
/// Hexadecimal digits of the check: enough to notice what happens by accident.
const CHECK_DIGITS: usize = 16;

/// Why a key cannot be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// The name cannot be one.
    #[error("`{0}` cannot be the name of a key: use 1 to 64 letters, digits, - and _")]
    Name(String),
    /// There is none of that name.
    #[error("there is no key `{0}`: `roneo keys list` names those there are, `roneo keys new {0}` makes it")]
    Unknown(String),
    /// There is one of that name already.
    #[error("there is a key `{0}` already: choose another name")]
    Exists(String),
    /// A file that is not a whole key file.
    #[error("{} is damaged: put back a copy made by `roneo keys export`; it is left as it is", .0.display())]
    Damaged(PathBuf),
    /// A key file that others on this machine may read.
    #[error(
        "others on this machine can read {}: type `chmod 600` and its name; if somebody may have copied it, publish under \
         a new key and tell your readers",
        .0.display()
    )]
    Exposed(PathBuf),
    /// A key file of a later version.
    #[error("this key was written by a newer Roneo: update to use it; it is left as it is")]
    Newer,
    /// A text to be imported that is not a whole key file.
    #[error("this is no key, or not all of it: give the whole file that `roneo keys export` wrote")]
    NotAKey,
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DataDirError),
}

/// Whether a file that begins like this is a key, whole or not: nothing to be published by mistake.
#[must_use]
pub fn begins_like_a_key(start: &[u8]) -> bool {
    start.starts_with(KEY_FILE_START)
}

/// The keys of one data directory.
#[derive(Debug, Clone)]
pub struct KeyStore {
    dir: PathBuf,
}

impl KeyStore {
    /// The keys in the data directory `root`, which need not have any yet.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self { dir: root.join(data_dir::KEYS_DIR) }
    }

    /// The names of all keys, sorted.
    ///
    /// # Errors
    /// [`KeyStoreError::Disk`].
    pub fn names(&self) -> Result<Vec<String>, KeyStoreError> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(data_dir::failed("read", &self.dir, error).into()),
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.map_err(|error| data_dir::failed("read", &self.dir, error))?.file_name();
            names.extend(file.to_str().and_then(|file| file.strip_suffix(ENDING)).map(str::to_owned));
        }
        names.retain(|name| check_name(name).is_ok());
        names.sort_unstable();
        Ok(names)
    }

    /// The key of that name.
    ///
    /// # Errors
    /// [`KeyStoreError::Unknown`], [`KeyStoreError::Exposed`], [`KeyStoreError::Newer`],
    /// [`KeyStoreError::Damaged`], [`KeyStoreError::Disk`].
    pub fn load(&self, name: &str) -> Result<KeyPair, KeyStoreError> {
        check_name(name)?;
        let path = self.path(name);
        let text = match data_dir::read_limited(&path, MAX_FILE_LEN) {
            Ok(text) => Zeroizing::new(text.ok_or_else(|| KeyStoreError::Unknown(name.to_owned()))?),
            // Whatever it is by now, nobody is told to remove a key.
            Err(DataDirError::Damaged { path, .. }) => return Err(KeyStoreError::Damaged(path)),
            Err(error) => return Err(error.into()),
        };
        if !platform::is_private(&path).map_err(|error| data_dir::failed("look at", &path, error))? {
            return Err(KeyStoreError::Exposed(path));
        }
        let text = std::str::from_utf8(&text).map_err(|_| KeyStoreError::Damaged(path.clone()))?;
        match parse(text) {
            Ok((_, pair)) => Ok(pair),
            Err(NoKey::Newer) => Err(KeyStoreError::Newer),
            Err(NoKey::Damaged) => Err(KeyStoreError::Damaged(path)),
        }
    }

    /// Makes a key.
    ///
    /// # Errors
    /// [`KeyStoreError::Name`], [`KeyStoreError::Exists`], [`KeyStoreError::Disk`].
    pub fn create(&self, name: &str, rng: &mut impl CryptoRng) -> Result<KeyPair, KeyStoreError> {
        let pair = KeyPair::random(rng);
        self.keep(name, &pair)?;
        Ok(pair)
    }

    /// The text of a key's file, from which [`KeyStore::import`] makes the same key.
    ///
    /// # Errors
    /// As [`KeyStore::load`].
    pub fn export(&self, name: &str) -> Result<Zeroizing<String>, KeyStoreError> {
        Ok(to_text(&docname(name)?, &self.load(name)?))
    }

    /// Takes a key that was exported, under the name it has or another. Returns the name.
    ///
    /// # Errors
    /// [`KeyStoreError::NotAKey`], [`KeyStoreError::Newer`], and as [`KeyStore::create`].
    pub fn import(&self, text: &str, name: Option<&str>) -> Result<String, KeyStoreError> {
        let (own_name, pair) = parse(text).map_err(not_imported)?;
        let name = name.unwrap_or(&own_name).to_owned();
        self.keep(&name, &pair)?;
        Ok(name)
    }

    /// Under which name a key that was exported is kept here, if it is.
    ///
    /// # Errors
    /// [`KeyStoreError::NotAKey`], [`KeyStoreError::Newer`], [`KeyStoreError::Disk`].
    pub fn find(&self, text: &str) -> Result<Option<String>, KeyStoreError> {
        let (_, wanted) = parse(text).map_err(not_imported)?;
        let same = |pair: KeyPair| pair.secret.public().as_bytes() == wanted.secret.public().as_bytes();
        Ok(self.names()?.into_iter().find(|name| self.load(name).is_ok_and(same)))
    }

    /// Deletes a key. Nobody publishes under it any more who has no copy.
    ///
    /// # Errors
    /// [`KeyStoreError::Name`], [`KeyStoreError::Unknown`], [`KeyStoreError::Disk`].
    pub fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        check_name(name)?;
        let path = self.path(name);
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyStoreError::Unknown(name.to_owned()));
            }
            Err(error) => return Err(data_dir::failed("remove", &path, error).into()),
        }
        platform::sync_dir(&self.dir).map_err(|error| data_dir::failed("write", &self.dir, error).into())
    }

    fn keep(&self, name: &str, pair: &KeyPair) -> Result<(), KeyStoreError> {
        let text = to_text(&docname(name)?, pair);
        let path = self.path(name);
        // Two commands at once: the directory is private, so this is between the user and themself.
        if path.try_exists().map_err(|error| data_dir::failed("open", &path, error))? {
            return Err(KeyStoreError::Exists(name.to_owned()));
        }
        platform::create_private_dir(&self.dir).map_err(|error| data_dir::failed("make", &self.dir, error))?;
        Ok(data_dir::replace(&self.dir, &format!("{name}{ENDING}"), text.as_bytes())?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}{ENDING}"))
    }
}

fn check_name(name: &str) -> Result<(), KeyStoreError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=MAX_NAME_LEN).contains(&name.len()) && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(KeyStoreError::Name(name.to_owned()))
    }
}

fn docname(name: &str) -> Result<Docname, KeyStoreError> {
    check_name(name)?;
    name.parse().map_err(|_| KeyStoreError::Name(name.to_owned()))
}

fn to_text(name: &Docname, pair: &KeyPair) -> Zeroizing<String> {
    let link = InsertUri::Ssk { pair: pair.clone(), docname: name.clone() }.expose();
    let lines = Zeroizing::new(format!("{HEAD}\n{link}\n"));
    Zeroizing::new(format!("{}{}\n", *lines, check(&lines)))
}

/// Why a text is no key.
enum NoKey {
    /// A later version wrote it.
    Newer,
    /// It is not what any version writes.
    Damaged,
}

fn parse(text: &str) -> Result<(String, KeyPair), NoKey> {
    let head = text.lines().next().unwrap_or_default().trim_end();
    if head != HEAD {
        let version = head.strip_prefix(KIND).and_then(|version| version.parse::<u32>().ok());
        return Err(if version.is_some_and(|version| version > VERSION) { NoKey::Newer } else { NoKey::Damaged });
    }
    parse_present(text).ok_or(NoKey::Damaged)
}

fn not_imported(none: NoKey) -> KeyStoreError {
    match none {
        NoKey::Newer => KeyStoreError::Newer,
        NoKey::Damaged => KeyStoreError::NotAKey,
    }
}

fn parse_present(text: &str) -> Option<(String, KeyPair)> {
    let (lines, given) = text.trim_end().rsplit_once('\n')?;
    let lines = Zeroizing::new(format!("{lines}\n").replace('\r', ""));
    let link = lines.strip_prefix(HEAD)?.trim();
    match link.parse() {
        Ok(InsertUri::Ssk { pair, docname }) if check(&lines) == given.trim() => {
            check_name(docname.as_str()).ok()?;
            Some((docname.as_str().to_owned(), pair))
        }
        _ => None,
    }
}

fn check(lines: &str) -> String {
    let mut check = blake3::hash(lines.as_bytes()).to_hex().to_string();
    check.truncate(CHECK_DIGITS);
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    fn store() -> (tempfile::TempDir, KeyStore) {
        let root = tempfile::tempdir().unwrap();
        let store = KeyStore::of(root.path());
        (root, store)
    }

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(5)
    }

    #[test]
    fn a_key_is_made_listed_exported_and_imported_elsewhere() {
        let ((_here, here), (_there, there)) = (store(), store());
        assert_eq!(here.names().unwrap(), Vec::<String>::new());
        let pair = here.create("union", &mut rng()).unwrap();
        here.create("other", &mut rng()).unwrap();
        assert_eq!(here.names().unwrap(), ["other", "union"]);
        let text = here.export("union").unwrap();
        assert_eq!(there.import(&text, None).unwrap(), "union");
        assert_eq!(there.import(&text.replace('\n', "\r\n"), Some("again")).unwrap(), "again");
        for name in ["union", "again"] {
            assert_eq!(there.load(name).unwrap().secret.public(), pair.secret.public());
            assert!(there.load(name).unwrap().key == pair.key);
        }
    }

    #[test]
    fn a_key_is_known_by_its_first_bytes() {
        let (_root, store) = store();
        store.create("union", &mut rng()).unwrap();
        let text = store.export("union").unwrap();
        assert!(begins_like_a_key(text.as_bytes()) && begins_like_a_key(b"roneo-key 7\n"));
        assert!(!begins_like_a_key(b"roneo-ke") && !begins_like_a_key(b"<p>roneo-key</p>"));
    }

    #[test]
    fn nothing_is_overwritten_and_names_are_plain() {
        let (_root, store) = store();
        store.create("union", &mut rng()).unwrap();
        assert!(matches!(store.create("union", &mut rng()), Err(KeyStoreError::Exists(_))));
        for name in ["", "../union", "a b", "é", &"x".repeat(65)] {
            assert!(matches!(store.create(name, &mut rng()), Err(KeyStoreError::Name(_))), "{name}");
            assert!(matches!(store.load(name), Err(KeyStoreError::Name(_))), "{name}");
        }
        assert!(matches!(store.load("nobody"), Err(KeyStoreError::Unknown(_))));
    }

    #[test]
    fn a_file_cut_short_or_edited_is_refused_and_left_as_it_is() {
        let (_root, store) = store();
        store.create("union", &mut rng()).unwrap();
        let whole = store.export("union").unwrap();
        let path = store.path("union");
        let end = whole.trim_end().len();
        for length in 0..end {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(matches!(store.load("union"), Err(KeyStoreError::Damaged(_))), "{length} bytes");
            assert!(matches!(store.import(&whole[..length], Some("x")), Err(KeyStoreError::NotAKey)));
        }
        let mut edited = whole.as_bytes().to_vec();
        edited[HEAD.len() + 9] ^= 1;
        fs::write(&path, &edited).unwrap();
        assert!(matches!(store.load("union"), Err(KeyStoreError::Damaged(_))));
        assert_eq!(fs::read(&path).unwrap(), edited);
    }

    #[test]
    fn a_deleted_key_is_gone_and_its_name_free() {
        let (_root, store) = store();
        store.create("union", &mut rng()).unwrap();
        store.delete("union").unwrap();
        assert!(matches!(store.load("union"), Err(KeyStoreError::Unknown(_))));
        assert!(matches!(store.delete("union"), Err(KeyStoreError::Unknown(_))));
        assert!(matches!(store.delete("../format"), Err(KeyStoreError::Name(_))));
        store.create("union", &mut rng()).unwrap();
    }

    #[test]
    fn a_key_of_a_newer_version_is_called_that_and_nothing_else_is() {
        let (_root, store) = store();
        store.create("union", &mut rng()).unwrap();
        let whole = store.export("union").unwrap();
        for (head, newer) in [
            ("roneo-key 1", true),
            ("roneo-key 4294967295", true),
            ("roneo-key -1", false),
            ("roneo-key 0 ", false),
            ("roneo-key ", false),
            ("roneo-kez 1", false),
        ] {
            let text = whole.replacen(HEAD, head, 1);
            fs::write(store.path("union"), &text).unwrap();
            let (loaded, imported) = (store.load("union"), store.import(&text, Some("again")));
            if newer {
                assert!(matches!(loaded, Err(KeyStoreError::Newer)), "{head}");
                assert!(imported.unwrap_err().to_string().contains("newer Roneo"), "{head}");
            } else {
                assert!(matches!(loaded, Err(KeyStoreError::Damaged(_))), "{head}");
                assert!(matches!(imported, Err(KeyStoreError::NotAKey)), "{head}");
            }
            assert_eq!(fs::read_to_string(store.path("union")).unwrap(), text, "left as it is");
        }
    }

    #[test]
    fn what_cannot_be_read_at_all_is_said_and_nobody_is_told_to_remove_a_key() {
        let (_root, store) = store();
        store.create("union", &mut rng()).unwrap();
        let path = store.path("union");
        fs::write(&path, vec![b'A'; 5_000]).unwrap();
        let error = store.load("union").unwrap_err();
        assert!(matches!(error, KeyStoreError::Damaged(_)) && !error.to_string().contains("remove"), "{error}");
        fs::write(&path, [0xff; 100]).unwrap();
        assert!(matches!(store.load("union"), Err(KeyStoreError::Damaged(_))));
        // A directory is what even root cannot read as a file.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = store.load("union").unwrap_err().to_string();
        assert!(error.contains("union.key"), "{error}");
        assert_eq!(store.names().unwrap(), ["union"], "listed, with its problem");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused_until_it_is_private_again() {
        use std::os::unix::fs::PermissionsExt;
        let (_root, store) = store();
        store.create("union", &mut rng()).unwrap();
        let path = store.path("union");
        for mode in [0o644, 0o640, 0o604, 0o666, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = store.load("union").unwrap_err();
            assert!(matches!(error, KeyStoreError::Exposed(_)) && error.to_string().contains("chmod 600"), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        store.load("union").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_a_key() {
        use std::os::unix::fs::PermissionsExt;
        let (_root, store) = store();
        store.create("union", &mut rng()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&store.dir), mode(&store.path("union"))), (0o700, 0o600));
    }
}
