//! The one way by which bytes reach the files of the queue, so that a test can fill the disk.

use std::fs::File;
use std::io::{self, Write as _};

/// Writes all of `bytes` where `file` stands.
pub(super) fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    #[cfg(test)]
    let bytes = {
        let fitting = room::take(bytes.len());
        if fitting < bytes.len() {
            file.write_all(&bytes[..fitting])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes
    };
    file.write_all(bytes)
}

#[cfg(test)]
pub(super) use room::with_room;

#[cfg(test)]
mod room {
    use std::cell::Cell;

    thread_local! {
        /// Bytes that still fit on the disk of this thread's test.
        static ROOM: Cell<u64> = const { Cell::new(u64::MAX) };
    }

    /// Runs `with` on a disk that has room for so many bytes more.
    pub(in super::super) fn with_room<T>(bytes: u64, with: impl FnOnce() -> T) -> T {
        ROOM.set(bytes);
        let result = with();
        ROOM.set(u64::MAX);
        result
    }

    /// How many of so many bytes still fit.
    pub(super) fn take(bytes: usize) -> usize {
        let fitting = ROOM.get().min(bytes as u64);
        if ROOM.get() != u64::MAX {
            ROOM.set(ROOM.get() - fitting);
        }
        fitting as usize
    }
}
