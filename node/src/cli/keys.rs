//! `roneo keys`: what somebody publishes under.

use std::io::{Read, Write};
use std::path::Path;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_keys::{InsertUri, KeyPair};
use roneo_node::key_store::{KeyStore, KeyStoreError};
use roneo_node::platform;
use serde::Serialize;
use zeroize::Zeroizing;

use super::args::Keys;
use super::failure::Failure;
use super::progress::Progress;

/// Longest text that is read as a key.
const MAX_KEY_TEXT: u64 = 4_096;

/// One key as `keys list` shows it: its public side.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// The link of a site of this name, before its first edition; nothing where the file is damaged.
    pub(crate) uri: Option<String>,
    pub(crate) problem: Option<String>,
}

/// What a `keys` command came to.
pub(crate) enum Answer {
    List(Vec<Listed>),
    Exported(Zeroizing<String>),
    Done,
}

/// Does what was asked; no node is needed.
///
/// # Errors
/// What the key store says, or a file that cannot be read or written.
pub(crate) fn keys(data_dir: &Path, command: &Keys, progress: &Progress) -> Result<Answer, Failure> {
    let store = KeyStore::of(data_dir);
    match command {
        Keys::New { name } => {
            let pair = store.create(name, &mut system_rng()?)?;
            Ok(Answer::List(vec![listed(name, Ok(pair))]))
        }
        Keys::List => {
            let names = store.names()?;
            Ok(Answer::List(names.iter().map(|name| listed(name, store.load(name))).collect()))
        }
        Keys::Export { name, output } => {
            let text = store.export(name)?;
            progress.say("whoever has this publishes in your name: keep it where only you can read it");
            match output.as_deref().filter(|path| *path != Path::new("-")) {
                None => Ok(Answer::Exported(text)),
                Some(path) => write_private(path, &text).map(|()| Answer::Done),
            }
        }
        Keys::Import { file, name } => {
            let text = read_text(file)?;
            let name = store.import(&text, name.as_deref())?;
            if file != Path::new("-") && platform::is_private(file).is_ok_and(|private| !private) {
                progress.say(&format!(
                    "others on this machine can read {}: delete it, and if somebody may have copied it, publish under a new key",
                    file.display()
                ));
            }
            let pair = store.load(&name);
            Ok(Answer::List(vec![listed(&name, pair)]))
        }
        Keys::Delete { name, yes: false } => {
            store.load(name)?;
            Err(Failure::refused(format!(
                "without its key nobody publishes under `{name}` again: keep a copy by `roneo keys export {name}`, \
                 then say `roneo keys delete {name} --yes`"
            )))
        }
        Keys::Delete { name, yes: true } => {
            store.delete(name)?;
            Ok(Answer::Done)
        }
    }
}

/// Keys as a person reads them.
pub(crate) fn text(listed: &[Listed]) -> String {
    let line = |key: &Listed| {
        let what = key.uri.as_deref().or(key.problem.as_deref()).unwrap_or_default();
        format!("{}  {what}\n", key.name)
    };
    listed.iter().map(line).collect()
}

/// A generator that nobody else can know.
pub(crate) fn system_rng() -> Result<ChaCha20Rng, Failure> {
    ChaCha20Rng::try_from_rng(&mut rand::rngs::SysRng)
        .map_err(|error| Failure::failed(format!("the system gives no randomness: {error}")))
}

fn listed(name: &str, pair: Result<KeyPair, KeyStoreError>) -> Listed {
    let name_of_site = name.parse().ok();
    match (pair, name_of_site) {
        (Ok(pair), Some(docname)) => {
            let uri = InsertUri::Usk { pair, docname, edition: 0 }.public().to_text();
            Listed { name: name.to_owned(), uri: Some(uri), problem: None }
        }
        (Err(error), _) => Listed { name: name.to_owned(), uri: None, problem: Some(error.to_string()) },
        (Ok(_), None) => Listed { name: name.to_owned(), uri: None, problem: None },
    }
}

fn read_text(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(MAX_KEY_TEXT).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(MAX_KEY_TEXT).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::failed(format!("cannot read {}: {error}", file.display())))?;
    Ok(text)
}

fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::refused(format!("{} exists: choose another name", path.display())));
    }
    let written = platform::create_private_file(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))
}

impl From<KeyStoreError> for Failure {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::Name(_) | KeyStoreError::NotAKey => Self::usage(error.to_string()),
            KeyStoreError::Exists(_) => Self::refused(error.to_string()),
            other => Self::failed(other.to_string()),
        }
    }
}
