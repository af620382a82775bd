//! What differs between platforms: positional I/O, private files, durable names.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

pub(super) use family::{create_private_dir, private, read_exact_at, sync_names, write_all_at};

#[cfg(unix)]
mod family {
    use super::*;
    use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};

    pub(in super::super) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        file.read_exact_at(bytes, offset)
    }

    pub(in super::super) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    /// Files that only their owner may open.
    pub(in super::super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
        options.mode(0o600)
    }

    pub(in super::super) fn create_private_dir(path: &Path) -> io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Makes the names in `directory` durable.
    pub(in super::super) fn sync_names(directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }
}

#[cfg(windows)]
mod family {
    use super::*;
    use std::os::windows::fs::FileExt;

    pub(in super::super) fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match file.seek_read(bytes, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => {
                    bytes = &mut bytes[read..];
                    offset += read as u64;
                }
            }
        }
        Ok(())
    }

    pub(in super::super) fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match file.seek_write(bytes, offset)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => {
                    bytes = &bytes[written..];
                    offset += written as u64;
                }
            }
        }
        Ok(())
    }

    /// The directory's own access list, inherited, is what keeps others out.
    pub(in super::super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
        options
    }

    pub(in super::super) fn create_private_dir(path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    /// NTFS journals names, and a directory cannot be opened for syncing.
    pub(in super::super) fn sync_names(_directory: &Path) -> io::Result<()> {
        Ok(())
    }
}
