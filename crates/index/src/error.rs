//! What can go wrong with an index.

use std::io;

use roneo_social::NameError;

/// Why an index could not be opened, or did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The disk failed. Nothing of the call was done, except that after a failed sync what was written last is in
    /// doubt: every later change is then [`Stopped`](Self::Stopped).
    #[error("cannot {action} {file} in the index directory: {source}")]
    Disk {
        /// What was being done.
        action: &'static str,
        /// To which file.
        file: String,
        /// What the platform said.
        source: io::Error,
    },
    /// An earlier write or sync failed in a way that leaves the end of the log in doubt. Reading goes on; opening the
    /// index anew finds what is there.
    #[error("the index takes no more changes since the disk failed: open it anew")]
    Stopped,
    /// Written by a later version. Nothing was touched.
    #[error("the index was written by a newer Roneo: update to read it")]
    Newer,
    /// No segment opens under this key. Nothing was touched.
    #[error("this key does not open the index, or all of its files are damaged")]
    Key,
    /// A part that was written can no longer be read. Opening the index anew keeps it out.
    #[error("a part of the index is damaged: check the disk")]
    Damaged,
    /// There are as many as there may be. Something has to go first.
    #[error("there are as many {0} as there may be: remove one first")]
    Full(&'static str),
    /// Longer than it may be.
    #[error("this {0} is too long")]
    TooLong(&'static str),
    /// No page goes on from there: the text is no cursor, or not one of this list, or where it stood is gone.
    #[error("this list cannot be gone on with from there: begin it anew")]
    Cursor,
    /// No name can be like that.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A draft's id is 1 to 40 small letters, digits and hyphens.
    #[error("a draft's id has 1 to 40 small letters, digits and hyphens")]
    DraftId,
}

impl IndexError {
    pub(crate) fn disk(action: &'static str, file: &str, source: io::Error) -> Self {
        Self::Disk { action, file: file.to_owned(), source }
    }
}
