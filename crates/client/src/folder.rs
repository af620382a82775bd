//! Folders on their way into the network: what a program hands over, and how far they are.
//!
//! A folder is inserted as a directory (`docs/formats/directory.md`): files that share containers, large ones by
//! themselves, and last the manifest that leads to them.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::handle::{ContentSource, InMemory, JobId, JobState};
use crate::profile::ProfileError;

/// Folders that are on their way or have ended and are still told of, at most.
pub const MAX_FOLDERS: usize = 32;

/// What no published folder holds, even with hidden files: a repository has all that was ever taken out of it again.
pub const NEVER: &str = ".git";
/// What macOS puts beside the files of an archive.
const BESIDE: &str = "__MACOSX";

/// How a file begins that holds a private key, of whatever version.
pub const KEY_FILE_START: &[u8] = b"roneo-key";

/// What opening a file comes to.
pub type Opening<'a> = Pin<Box<dyn Future<Output = std::io::Result<Box<dyn ContentSource>>> + Send + 'a>>;

/// Opens the bytes of a file, as often as it is asked.
pub trait FileContent: Send + Sync {
    /// From its first byte on.
    fn open(&self) -> Opening<'_>;
}

impl FileContent for InMemory {
    fn open(&self) -> Opening<'_> {
        let source: Box<dyn ContentSource> = Box::new(self.clone());
        Box::pin(std::future::ready(Ok(source)))
    }
}

/// A folder that is to be inserted.
pub struct NewFolder {
    /// What its user calls it.
    pub name: String,
    /// What is in it, in any order.
    pub files: Vec<NewFile>,
    /// What it is published under, if it is.
    pub site: Option<SiteName>,
}

/// A file of a folder.
pub struct NewFile {
    /// Names between slashes, relative to the folder.
    pub path: String,
    /// Its media type; may be empty.
    pub media_type: String,
    /// Bytes.
    pub length: u64,
    /// Their BLAKE3.
    pub blake3: [u8; 32],
    /// Where they are.
    pub content: Box<dyn FileContent>,
}

/// A site by its key and its name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteName {
    /// The name of its key.
    pub key: String,
    /// Its own.
    pub site: String,
}

/// Names a folder while the node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FolderId(pub u64);

/// How far a folder is.
#[derive(Clone, PartialEq, Eq)]
pub struct FolderStatus {
    /// Which.
    pub id: FolderId,
    /// What its user calls it.
    pub name: String,
    /// What it is published under.
    pub site: Option<SiteName>,
    /// Files in it.
    pub files: usize,
    /// Their bytes.
    pub length: u64,
    /// Bytes that are stored, those of the edition before included.
    pub done: u64,
    /// Bytes that need not be sent, since the edition before or an interrupted insert has stored them.
    pub reused: u64,
    /// What is being done.
    pub state: FolderState,
    /// Inserts of it that are under way.
    pub jobs: Vec<JobId>,
}

/// What is being done with a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FolderState {
    /// The edition before is looked up, so that nothing of it is sent again.
    Comparing,
    /// Its files and its manifest are being stored.
    Storing,
    /// All is stored, and the site's name is being written.
    Publishing,
    /// It is there.
    Done {
        /// The link.
        link: FolderLink,
        /// [`JobState::Stored`], or [`JobState::Weak`] where the node goes on placing copies.
        state: JobState,
    },
    /// It is not, and what readers see has not changed.
    Failed(ProfileError),
}

impl FolderState {
    /// Whether nothing more is to be waited for.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed(_))
    }
}

/// A link to a folder.
#[derive(Clone, PartialEq, Eq)]
pub struct FolderLink(pub String);

/// Why a file is not published. Each message says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// Its path is none that a directory can have.
    #[error("its name is over 255 bytes, its path over 1,024, or they have characters that harm readers: rename it")]
    Name,
    /// It is a private key.
    #[error("is a private key: whoever reads it publishes in your name; move it elsewhere")]
    Key,
    /// Another file has its path, or needs a directory there.
    #[error("stands in the way of another file of that name: rename one of them")]
    Clash,
    /// An archive holds a link in its place.
    #[error("is a link to another file: put a copy in its place")]
    Link,
    /// An archive holds it under a password.
    #[error("is locked by a password: pack the archive again without one")]
    Locked,
    /// An archive holds it in a way that is not understood, or damaged.
    #[error("cannot be unpacked: pack the archive again, as a plain ZIP")]
    Packing,
    /// What it says of its maker was to be removed, and cannot be.
    #[error("is damaged, so what it says of its maker cannot be removed: save it anew, or choose to keep that")]
    Damaged,
}

/// Whether a file of this path is left out of what is published unless hidden files are asked for: some name in
/// it begins with a dot, or is what an archiver put there.
#[must_use]
pub fn is_left_out(path: &str) -> bool {
    path.split('/')
        .any(|name| name == NEVER || name == BESIDE || (name.starts_with('.') && name != "." && name != ".."))
}

// A folder and its site say what somebody publishes.
hidden!(NewFolder NewFile SiteName FolderStatus FolderLink);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_hide_is_left_out_and_what_climbs_is_not_hidden() {
        for (path, left_out) in [
            ("index.html", false),
            ("a/.git/config", true),
            (".DS_Store", true),
            ("__MACOSX/._index.html", true),
            ("a/..b", true),
            ("../index.html", false),
            ("a/./b", false),
        ] {
            assert_eq!(is_left_out(path), left_out, "{path}");
        }
    }
}
