//! `roneo backup` and `roneo restore`.

use std::io::{Read as _, Write as _};
use std::path::Path;

use roneo_client::backup::{Backup, MAX_BACKUP_LEN, NewBackup, Restored};
use roneo_client::social::{Secret, WordsIn};
use roneo_node::platform;
use serde::Serialize;

use super::args::{BackupArgs, RestoreArgs, WordsLanguage};
use super::client::Client;
use super::failure::Failure;
use super::progress::Progress;

/// Bytes of a passphrase that is read, at most.
const MAX_PASSPHRASE: u64 = 1_024;

/// A backup that was written.
#[derive(Serialize)]
pub(crate) struct Written {
    pub(crate) file: String,
    pub(crate) passphrase: Secret,
}

/// Writes a backup.
///
/// # Errors
/// A file that is there already or cannot be written; what the node says.
pub(crate) async fn backup(client: &Client, args: &BackupArgs, progress: &Progress) -> Result<Written, Failure> {
    if args.file.exists() {
        return Err(Failure::refused(format!("{} exists: choose another name", args.file.display())));
    }
    let language = match args.language {
        WordsLanguage::Fr => WordsIn::Fr,
        WordsLanguage::En => WordsIn::En,
    };
    let backup = client.backup(&NewBackup { language }).await?;
    let written = platform::create_private_file(&args.file).and_then(|mut file| {
        file.write_all(&backup.file)?;
        file.sync_all()
    });
    written.map_err(|error| Failure::failed(format!("cannot write {}: {error}", args.file.display())))?;
    progress.say(
        "write these eight words on paper, away from the file: they are shown this once, and nothing else opens it",
    );
    Ok(Written { file: args.file.display().to_string(), passphrase: backup.passphrase })
}

/// Brings back what a backup holds.
///
/// # Errors
/// A file or a passphrase that cannot be read; what the node says.
pub(crate) async fn restore(client: &Client, args: &RestoreArgs, progress: &Progress) -> Result<Restored, Failure> {
    let limit = MAX_BACKUP_LEN as u64 + 1;
    let mut file = Vec::new();
    let read = std::fs::File::open(&args.file).and_then(|opened| opened.take(limit).read_to_end(&mut file));
    read.map_err(|error| Failure::failed(format!("cannot read {}: {error}", args.file.display())))?;
    if args.passphrase == Path::new("-") {
        progress.say("type the eight words of this backup, then Enter");
    }
    let restored = client.restore(&Backup { file, passphrase: passphrase(&args.passphrase)? }).await?;
    if restored.left_out > 0 {
        progress.say(&format!("there was no room for {}: make some, then restore again", restored.left_out));
    }
    Ok(restored)
}

fn passphrase(file: &Path) -> Result<Secret, Failure> {
    let mut text = Secret::default();
    let read = if file == Path::new("-") {
        // A line: whoever types it ends with Enter.
        std::io::BufRead::read_line(&mut std::io::stdin().lock().take(MAX_PASSPHRASE), &mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(MAX_PASSPHRASE).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::failed(format!("cannot read the passphrase: {error}")))?;
    Ok(text)
}

/// What was brought back, as a person reads it.
pub(crate) fn restored_text(restored: &Restored) -> String {
    let Restored { identities, keys, bookmarks, here_already, .. } = restored;
    format!("identities {identities}, keys {keys}, bookmarks {bookmarks}; here already: {here_already}\n")
}
