//! `D/unfinished/`: what is known of inserts of whole directories that are not done, so that the same
//! command goes on where it was interrupted.
//!
//! One file per such insert, private to the user: the secret under which everything in it is inserted, then
//! a line for each content that a node took or stored. Its name follows from what is inserted and says
//! nothing of it. Once the insert is done the file is removed. It is never a reason not to begin: a line
//! that cannot be read costs sending that content again.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rand::CryptoRng;
use roneo_client::handle::JobId;
use roneo_keys::{Chk, ConvergenceSecret, Uri, base64};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::data_dir::{self, DataDirError};
use crate::platform;

/// Where the files are in a data directory.
const DIR: &str = "unfinished";
const ENDING: &str = ".dir";
/// Bytes of a file at most: two lines for each of 100,000 contents, with room.
const MAX_FILE_LEN: u64 = 64 << 20;
/// The version of the files.
const VERSION: u32 = 0;

/// What an insert of a directory is known by: the same for the same command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity([u8; 16]);

impl Identity {
    /// That of inserting `source` for `purpose`, in words such as a site's public link, under `secret`
    /// where the user or a site's key gives it.
    #[must_use]
    pub fn of(source: &Path, purpose: &str, secret: Option<&ConvergenceSecret>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("roneo unfinished directory 1");
        for part in [source.as_os_str().as_encoded_bytes(), purpose.as_bytes()] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        if let Some(secret) = secret {
            hasher.update(secret.expose());
        }
        let mut identity = [0; 16];
        hasher.finalize_xof().fill(&mut identity);
        Self(identity)
    }

    fn file_name(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + ENDING
    }
}

/// What is known of one content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// The node took all of it, as this job of its queue.
    Taken(JobId),
    /// It is stored under this link.
    Stored(Chk),
}

/// An insert of a directory that is not done.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    file: File,
    secret: ConvergenceSecret,
    known: BTreeMap<[u8; 32], Known>,
}

/// The first line of a file.
#[derive(Serialize, Deserialize)]
struct Head<'a> {
    version: u32,
    /// 32 bytes in the base64 of links, where nobody else has it.
    secret: Option<&'a str>,
}

/// Any other line: a content by its BLAKE3, and one thing known of it.
#[derive(Serialize, Deserialize)]
struct Line {
    content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
}

impl Unfinished {
    /// Goes on with an insert, or begins it: in the data directory `root`, under `secret` or else a fresh
    /// one, which is kept.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn open(
        root: &Path,
        identity: &Identity,
        secret: Option<ConvergenceSecret>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, DataDirError> {
        let (dir, name) = (root.join(DIR), identity.file_name());
        let path = dir.join(&name);
        let text = data_dir::read_limited(&path, MAX_FILE_LEN).ok().flatten().map(Zeroizing::new);
        let found = text.as_ref().and_then(|text| read(std::str::from_utf8(text).ok()?, secret.clone()));
        let (secret, known) = match found {
            Some(found) => found,
            None => {
                let kept = secret.is_none();
                let secret = secret.unwrap_or_else(|| ConvergenceSecret::random(rng));
                platform::create_private_dir(&dir).map_err(|error| data_dir::failed("make", &dir, error))?;
                data_dir::replace(&dir, &name, head(kept.then_some(&secret)).as_bytes())?;
                (secret, BTreeMap::new())
            }
        };
        let file = OpenOptions::new().append(true).open(&path);
        let mut file = file.map_err(|error| data_dir::failed("open", &path, error))?;
        if text.is_some_and(|text| !text.ends_with(b"\n")) {
            // A last line that was torn must not take the next one with it.
            file.write_all(b"\n").map_err(|error| data_dir::failed("write", &path, error))?;
        }
        Ok(Self { path, file, secret, known })
    }

    /// What all of it is inserted under.
    #[must_use]
    pub fn secret(&self) -> &ConvergenceSecret {
        &self.secret
    }

    /// What is known of a content.
    #[must_use]
    pub fn known(&self, blake3: &[u8; 32]) -> Option<&Known> {
        self.known.get(blake3)
    }

    /// Notes something about a content. It stands there when this returns, though not yet for a power cut.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn note(&mut self, blake3: [u8; 32], known: Known) -> Result<(), DataDirError> {
        let content = blake3::Hash::from(blake3).to_hex().to_string();
        let line = match &known {
            Known::Taken(job) => Line { content, job: Some(*job), uri: None },
            Known::Stored(chk) => Line { content, job: None, uri: Some(Uri::Chk(chk.clone()).to_text()) },
        };
        let written = serde_json::to_string(&line).map_err(io::Error::other).and_then(|text| {
            let text = Zeroizing::new(text + "\n");
            self.file.write_all(text.as_bytes())
        });
        written.map_err(|error| data_dir::failed("write", &self.path, error))?;
        self.known.insert(blake3, known);
        Ok(())
    }

    /// The insert is done: forgets it.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn finish(self) -> Result<(), DataDirError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(data_dir::failed("remove", &self.path, error)),
            _ => Ok(()),
        }
    }
}

fn head(secret: Option<&ConvergenceSecret>) -> Zeroizing<String> {
    let secret = secret.map(|secret| Zeroizing::new(base64::encode(secret.expose())));
    let head = Head { version: VERSION, secret: secret.as_ref().map(|secret| secret.as_str()) };
    // A number and a text are always JSON.
    Zeroizing::new(serde_json::to_string(&head).unwrap_or_default() + "\n")
}

/// Reads a file whose insert has `given` as its secret, or else one of its own.
fn read(text: &str, given: Option<ConvergenceSecret>) -> Option<(ConvergenceSecret, BTreeMap<[u8; 32], Known>)> {
    let mut lines = text.lines();
    let head: Head<'_> = serde_json::from_str(lines.next()?).ok()?;
    if head.version != VERSION {
        return None;
    }
    let own = head.secret.and_then(|text| base64::decode(text).ok()).map(ConvergenceSecret::from_bytes);
    Some((given.or(own)?, lines.filter_map(known).collect()))
}

fn known(line: &str) -> Option<([u8; 32], Known)> {
    let line: Line = serde_json::from_str(line).ok()?;
    let content = *blake3::Hash::from_hex(&line.content).ok()?.as_bytes();
    let stored = line.uri.and_then(|uri| uri.parse().ok()).and_then(|uri| match uri {
        Uri::Chk(chk) => Some(Known::Stored(chk)),
        _ => None,
    });
    Some((content, stored.or(line.job.map(Known::Taken))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;
    use roneo_keys::{Extra, Locator, ReadKey};

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(6)
    }

    fn chk(byte: u8) -> Chk {
        let key = ReadKey::from_bytes([byte; 32]);
        Chk { root: Locator::from_bytes([byte; 32]), key, extra: Extra::PUBLIC, name: String::new() }
    }

    fn files(root: &Path) -> Vec<PathBuf> {
        fs::read_dir(root.join(DIR)).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_was_noted_is_known_to_the_same_command_and_gone_when_it_is_done() {
        let root = tempfile::tempdir().unwrap();
        let identity = Identity::of(Path::new("/site"), "put", None);
        let mut begun = Unfinished::open(root.path(), &identity, None, &mut rng()).unwrap();
        let secret = begun.secret().clone();
        begun.note([1; 32], Known::Taken(JobId(7))).unwrap();
        begun.note([2; 32], Known::Taken(JobId(8))).unwrap();
        begun.note([2; 32], Known::Stored(chk(2))).unwrap();
        drop(begun);
        let again = Unfinished::open(root.path(), &identity, None, &mut ChaCha20Rng::seed_from_u64(9)).unwrap();
        assert!(again.secret() == &secret, "the same command has the same secret");
        assert_eq!(again.known(&[1; 32]), Some(&Known::Taken(JobId(7))));
        assert_eq!(again.known(&[2; 32]), Some(&Known::Stored(chk(2))));
        assert_eq!(again.known(&[3; 32]), None);
        again.finish().unwrap();
        assert_eq!(files(root.path()), Vec::<PathBuf>::new());
        let anew = Unfinished::open(root.path(), &identity, None, &mut ChaCha20Rng::seed_from_u64(9)).unwrap();
        assert!(anew.secret() != &secret && anew.known(&[2; 32]).is_none());
    }

    #[test]
    fn other_directories_purposes_and_secrets_are_other_inserts() {
        let secret = ConvergenceSecret::of_text("x");
        let table = [("/a", "put", None), ("/b", "put", None), ("/a", "site", None), ("/a", "put", Some(&secret))];
        let identities = table.map(|(source, purpose, secret)| Identity::of(Path::new(source), purpose, secret));
        for (number, identity) in identities.iter().enumerate() {
            assert!(identities[..number].iter().all(|other| other != identity), "{number}");
        }
    }

    #[test]
    fn a_secret_that_is_given_is_not_written_down() {
        let root = tempfile::tempdir().unwrap();
        let secret = ConvergenceSecret::of_text("x");
        let identity = Identity::of(Path::new("/site"), "put", Some(&secret));
        let mut begun = Unfinished::open(root.path(), &identity, Some(secret.clone()), &mut rng()).unwrap();
        begun.note([1; 32], Known::Stored(chk(1))).unwrap();
        let text = fs::read_to_string(&files(root.path())[0]).unwrap();
        assert!(!text.contains(&base64::encode(secret.expose())));
        let again = Unfinished::open(root.path(), &identity, Some(secret.clone()), &mut rng()).unwrap();
        assert!(again.secret() == &secret && again.known(&[1; 32]).is_some());
    }

    #[test]
    fn a_file_cut_anywhere_loses_only_what_was_cut_and_goes_on() {
        let root = tempfile::tempdir().unwrap();
        let identity = Identity::of(Path::new("/site"), "put", None);
        let mut begun = Unfinished::open(root.path(), &identity, None, &mut rng()).unwrap();
        begun.note([1; 32], Known::Stored(chk(1))).unwrap();
        begun.note([2; 32], Known::Stored(chk(2))).unwrap();
        let path = files(root.path()).remove(0);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let mut cut = Unfinished::open(root.path(), &identity, None, &mut rng()).unwrap();
            cut.note([3; 32], Known::Stored(chk(3))).unwrap();
            let again = Unfinished::open(root.path(), &identity, None, &mut rng()).unwrap();
            assert_eq!(again.known(&[3; 32]), Some(&Known::Stored(chk(3))), "{length} bytes");
            assert!(again.secret() == cut.secret());
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let identity = Identity::of(Path::new("/site"), "put", None);
        let _begun = Unfinished::open(root.path(), &identity, None, &mut rng()).unwrap();
        assert_eq!(fs::metadata(&files(root.path())[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
