//! A ZIP archive opened into a folder, within limits, entry by entry. Nothing of it becomes a path on this machine:
//! entries are spooled under the names that they will have in the network.

use std::io::{self, Read, Seek, SeekFrom, Write};

use roneo_client::folder::{FileFault, is_left_out};
use roneo_content::directory::is_path;
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::spool::{Spool, Spooled};

/// Entries of an archive, at most.
pub(crate) const MAX_FILES: usize = 10_000;

/// Directories within directories, at most.
const MAX_DEPTH: usize = 32;

/// Bytes that all entries may come to, at most.
const MAX_UNPACKED_LEN: u64 = 8 << 30;

/// How many times as long as the archive its content may be. Pages compress to a tenth; what is far beyond is made
/// to fill disks.
const MAX_RATIO: u64 = 100;

/// Bytes that are unpacked whatever the ratio.
const FREE_LEN: u64 = 16 << 20;

/// How an archive begins; an empty one has no entry, and is none to open.
pub(crate) const SIGNATURE: &[u8] = b"PK\x03\x04";

/// Bytes of the record at an archive's end without its comment (APPNOTE 4.3.16), and of the longest comment.
const END_LEN: usize = 22;
const MAX_COMMENT_LEN: usize = 0xFFFF;

/// A file that was unpacked.
pub(crate) struct Unpacked {
    pub(crate) path: String,
    pub(crate) content: Spooled,
    /// Its first bytes.
    pub(crate) head: Vec<u8>,
}

/// Why an archive was not opened.
#[derive(Debug)]
pub(crate) enum UnpackError {
    /// Names in it that cannot be published.
    Files(Vec<(String, FileFault)>),
    /// It is no archive, or not whole.
    Damaged,
    /// It has more than [`MAX_FILES`] entries.
    TooMany,
    /// It would fill more than [`MAX_UNPACKED_LEN`], or far more than its own length.
    TooLong,
    /// The disk for temporary files is full, or fails.
    Disk,
}

/// Bytes of a file that tell what it is.
pub(crate) const HEAD_LEN: usize = 16;

/// Opens an archive into `spool`. Blocks, for as long as unpacking takes. Hidden names are left out, and links, locked
/// entries and names that no directory can have are refused together.
///
/// # Errors
/// [`UnpackError`]; what was spooled by then is never used.
pub(crate) fn unpack(archive: &Spooled, spool: &mut Spool) -> Result<Vec<Unpacked>, UnpackError> {
    check_end(archive)?;
    let mut zip = ZipArchive::new(io::BufReader::new(archive.reader())).map_err(|_| UnpackError::Damaged)?;
    if zip.len() > MAX_FILES {
        return Err(UnpackError::TooMany);
    }
    let mut room = MAX_UNPACKED_LEN.min(archive.length.saturating_mul(MAX_RATIO).saturating_add(FREE_LEN));
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for index in 0..zip.len() {
        let (path, fault) = match zip.by_index_raw(index) {
            Ok(entry) if entry.is_dir() => continue,
            Ok(entry) => (path_of(&entry), fault_of(&entry)),
            Err(_) => return Err(UnpackError::Damaged),
        };
        if is_left_out(&path) {
            continue;
        }
        if let Some(fault) = fault {
            faults.push((path, fault));
            continue;
        }
        // Once a name is refused nothing is published: only the other names are looked at.
        if !faults.is_empty() {
            continue;
        }
        match zip.by_index(index) {
            Ok(mut entry) => match take(&mut entry, spool, &mut room)? {
                Some((content, head)) => files.push(Unpacked { path, content, head }),
                None => faults.push((path, FileFault::Packing)),
            },
            Err(_) => faults.push((path, FileFault::Packing)),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(UnpackError::Files(faults)) }
}

/// Opens an archive that is in memory, and gives the names of its files: the whole of [`unpack`] for the fuzz target of
/// ZIP. `None` where it is refused.
///
/// # Errors
/// When there is no room for temporary files.
#[doc(hidden)]
pub async fn unpacked_names(archive: &[u8]) -> io::Result<Option<Vec<String>>> {
    let mut spool = Spool::new().await?;
    let mut writer = spool.begin();
    writer.write_all(archive)?;
    let archive = writer.finish()?;
    Ok(unpack(&archive, &mut spool).ok().map(|files| files.into_iter().map(|file| file.path).collect()))
}

/// Whether the record at the end names few enough entries: all of them are read into memory at once.
fn check_end(archive: &Spooled) -> Result<(), UnpackError> {
    let mut reader = archive.reader();
    let start = archive.length.saturating_sub((END_LEN + MAX_COMMENT_LEN) as u64);
    let mut end = Vec::new();
    reader.seek(SeekFrom::Start(start)).and_then(|_| reader.read_to_end(&mut end)).map_err(|_| UnpackError::Disk)?;
    let signature = b"PK\x05\x06";
    let record = end.windows(signature.len()).rposition(|window| window == signature).map(|at| &end[at..]);
    let entries = record.and_then(|record| record.get(10..12)).ok_or(UnpackError::Damaged)?;
    // 0xFFFF says that there are more, and where their number stands.
    let entries = usize::from(u16::from_le_bytes([entries[0], entries[1]]));
    if entries > MAX_FILES { Err(UnpackError::TooMany) } else { Ok(()) }
}

/// A name that cannot be read stands as what can be read of it, and is refused for its name.
fn path_of<R: Read>(entry: &ZipFile<'_, R>) -> String {
    match entry.name() {
        Ok(name) => name.into_owned(),
        Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
    }
}

fn fault_of<R: Read>(entry: &ZipFile<'_, R>) -> Option<FileFault> {
    let named = entry.name().is_ok_and(|name| is_path(&name) && name.split('/').count() <= MAX_DEPTH);
    if !named {
        Some(FileFault::Name)
    } else if entry.is_symlink() {
        Some(FileFault::Link)
    } else if entry.encrypted() {
        Some(FileFault::Locked)
    } else {
        None
    }
}

/// Unpacks one entry; `None` where its bytes are damaged. `room` is what all of them may still come to: what the
/// archive says of lengths is not believed.
fn take(entry: &mut impl Read, spool: &mut Spool, room: &mut u64) -> Result<Option<(Spooled, Vec<u8>)>, UnpackError> {
    let mut writer = spool.begin();
    let (mut piece, mut head) = (vec![0; 32 << 10], Vec::new());
    loop {
        let read = match entry.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Ok(None),
        };
        *room = room.checked_sub(read as u64).ok_or(UnpackError::TooLong)?;
        if head.len() < HEAD_LEN {
            head.extend(piece[..read].iter().take(HEAD_LEN - head.len()));
        }
        Write::write_all(&mut writer, &piece[..read]).map_err(|_| UnpackError::Disk)?;
    }
    let content = writer.finish().map_err(|_| UnpackError::Disk)?;
    Ok(Some((content, head)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
        for (path, bytes) in files {
            let method = if bytes.len() > 64 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
            zip.start_file(*path, SimpleFileOptions::default().compression_method(method)).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn opened(archive: &[u8]) -> Result<Vec<(String, Vec<u8>)>, UnpackError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut spool = runtime.block_on(Spool::new()).unwrap();
        let mut writer = spool.begin();
        Write::write_all(&mut writer, archive).unwrap();
        let archive = writer.finish().unwrap();
        let files = unpack(&archive, &mut spool)?;
        Ok(files.into_iter().map(|file| (file.path, file.content.read_whole().unwrap())).collect())
    }

    fn refused(archive: &[u8]) -> Vec<(String, FileFault)> {
        match opened(archive) {
            Err(UnpackError::Files(faults)) => faults,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_archive_becomes_its_files_without_what_is_hidden() {
        let long = b"<p>tenants</p>".repeat(20_000);
        let archive = packed(&[
            ("index.html", &long),
            ("工会/a.txt", b"a"),
            (".git/config", b"secret"),
            ("__MACOSX/._index.html", b"zola"),
            ("empty", b""),
        ]);
        let mut files = opened(&archive).unwrap();
        files.sort();
        let expected = vec![
            ("empty".to_owned(), Vec::new()),
            ("index.html".to_owned(), long),
            ("工会/a.txt".to_owned(), b"a".to_vec()),
        ];
        assert!(files == expected);
        // An archive within an archive is a file.
        let nested = packed(&[("site.zip", &archive)]);
        assert!(opened(&nested).unwrap() == [("site.zip".to_owned(), archive)]);
    }

    #[test]
    fn names_that_climb_or_lie_are_refused_all_together() {
        let deep = "a/".repeat(MAX_DEPTH) + "b";
        let names = ["../up", "/root", "a/../../b", "a//b", "C:\\x", "a/./b", "a\u{202e}gpj.exe", &deep];
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, b"x".as_slice())).collect();
        let found = refused(&packed(&files));
        assert_eq!(found.len(), names.len(), "{found:?}");
        assert!(found.iter().all(|(_, fault)| *fault == FileFault::Name), "{found:?}");
    }

    #[test]
    fn links_are_refused_by_name() {
        let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.add_symlink("passwd", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let archive = zip.finish().unwrap().into_inner();
        assert_eq!(refused(&archive), [("passwd".to_owned(), FileFault::Link)]);
    }

    #[test]
    fn bombs_end_before_they_fill_the_disk() {
        let zeros = vec![0; 64 << 20];
        let archive = packed(&[("zeros", &zeros)]);
        assert!(archive.len() < 1 << 20);
        assert!(matches!(opened(&archive), Err(UnpackError::TooLong)));
        let mut many = packed(&[("a", b"a")]);
        let at = many.len() - END_LEN + 10;
        many[at..at + 2].copy_from_slice(&0xFFFF_u16.to_le_bytes());
        assert!(matches!(opened(&many), Err(UnpackError::TooMany)));
    }

    #[test]
    fn what_is_damaged_is_said_to_be() {
        let text = b"a text that is long enough to be compressed, and is, a text that is long enough".repeat(4);
        let good = packed(&[("tract.txt", &text)]);
        let mut damaged = good.clone();
        damaged[60] ^= 0x40;
        assert_eq!(refused(&damaged), [("tract.txt".to_owned(), FileFault::Packing)]);
        for cut in [0, 3, good.len() / 2, good.len() - 1] {
            assert!(matches!(opened(&good[..cut]), Err(UnpackError::Damaged)), "{cut}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_bytes_stop_it(place in 0_usize..200, byte: u8, cut in 0_usize..200) {
            let mut archive = packed(&[("a/b.txt", b"leaflets"), ("c", &[7; 100])]);
            let length = archive.len();
            archive[place % length] = byte;
            archive.truncate(length - cut.min(length) / 8);
            for (path, _) in opened(&archive).unwrap_or_default() {
                prop_assert!(is_path(&path));
            }
        }
    }
}
