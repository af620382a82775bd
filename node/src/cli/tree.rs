//! A directory on this machine as it is to be published: which files, and what is in them.
//!
//! Nothing is sent before all of it was looked at, so everything that stands in the way is said at
//! once, by name.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use roneo_client::folder::NEVER;
use roneo_content::directory::{self, MAX_ENTRIES};
use roneo_content::media_type;
use roneo_node::{data_dir, key_store, platform};

use super::failure::{Exit, Failure, FileProblem};

/// Bytes read at once.
const PIECE_LEN: usize = 64 << 10;

/// What is published of a directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Whether files and directories whose names begin with a dot are.
    pub(crate) hidden: bool,
    /// Whether it is published without what cannot be read.
    pub(crate) skip_unreadable: bool,
}

/// A directory that was looked at.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// What is to be published.
    pub(crate) files: Vec<directory::File>,
    /// Where each of them lies, in the order of their paths.
    places: Vec<(String, PathBuf)>,
    /// Names left out because they are hidden.
    pub(crate) hidden: usize,
    /// Names left out because they cannot be read.
    pub(crate) unreadable: Vec<String>,
}

/// How far looking is. Told from another thread, which it also ends.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Files read.
    pub(crate) files: AtomicU64,
    /// Bytes read.
    pub(crate) bytes: AtomicU64,
    /// Nobody waits any more.
    pub(crate) given_up: AtomicBool,
}

impl Tree {
    /// Where the file of this path lies.
    pub(crate) fn place(&self, path: &str) -> Option<&Path> {
        let found = self.places.binary_search_by(|(known, _)| known.as_str().cmp(path)).ok()?;
        Some(&self.places[found].1)
    }
}

/// Looks at all of a directory. Blocks.
///
/// # Errors
/// A sentence, and the names that it is about.
pub(crate) fn look(root: &Path, choice: Choice, looked: &Looked) -> Result<Tree, Failure> {
    look_with(root, choice, looked, &|path| File::open(path))
}

fn look_with(root: &Path, choice: Choice, looked: &Looked, open: Open<'_>) -> Result<Tree, Failure> {
    let real =
        fs::canonicalize(root).map_err(|error| Failure::failed(format!("cannot read {}: {error}", root.display())))?;
    let mut walk = Walk {
        root: real.clone(),
        choice,
        looked,
        tree: Tree::default(),
        found: Vec::new(),
        problems: Vec::new(),
        directories: 0,
    };
    walk.directories_below(real)?;
    let Walk { mut tree, mut found, mut problems, .. } = walk;
    found.sort();
    // Names first: whoever has to rename files need not wait until gigabytes were read.
    if problems.iter().any(|(_, problem)| !problem.can_be_skipped()) {
        refuse(root, &problems)?;
    }
    for (path, place) in found {
        if looked.given_up.load(Ordering::Relaxed) {
            return Err(Failure::interrupted());
        }
        match read(&path, &place, looked, open) {
            Ok(file) => {
                tree.files.push(file);
                tree.places.push((path, place));
            }
            Err(problem) => problems.push((path, problem)),
        }
    }
    if choice.skip_unreadable {
        tree.unreadable.extend(problems.extract_if(.., |(_, problem)| problem.can_be_skipped()).map(|(path, _)| path));
    }
    refuse(root, &problems)?;
    Ok(tree)
}

/// How a file is opened.
type Open<'a> = &'a dyn Fn(&Path) -> io::Result<File>;

/// Why a name is not published.
#[derive(Debug)]
enum Problem {
    Unreadable(io::Error),
    NotUtf8,
    Name,
    LeadsOut,
    LeadsToLeftOut,
    LeadsNowhere,
    Circle,
    Special(&'static str),
    Key,
    DataDir,
    Changed,
}

impl Problem {
    fn can_be_skipped(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(formatter, "cannot be read: {error}"),
            Self::NotUtf8 => formatter.write_str("its name is no UTF-8: rename it"),
            Self::Name => formatter.write_str(
                "its name is over 255 bytes, its path over 1,024, or they have characters that harm readers: rename it",
            ),
            Self::LeadsOut => formatter.write_str("leads out of the directory: put a copy in its place"),
            Self::LeadsToLeftOut => formatter.write_str("leads to what is left out: put a copy in its place"),
            Self::LeadsNowhere => formatter.write_str("leads nowhere: remove it"),
            Self::Circle => formatter.write_str("leads in a circle: remove it"),
            Self::Special(what) => write!(formatter, "is {what}, and no file: move it elsewhere"),
            Self::Key => {
                formatter.write_str("is a private key: whoever reads it publishes in your name; move it elsewhere")
            }
            Self::DataDir => formatter.write_str("is the data directory of a node, with its keys: move it elsewhere"),
            Self::Changed => formatter.write_str("changed while it was read: try again when nothing writes to it"),
        }
    }
}

fn refuse(root: &Path, problems: &[(String, Problem)]) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let what = if problems.len() == 1 { "1 name".to_owned() } else { format!("{} names", problems.len()) };
    let hint = if problems.iter().all(|(_, problem)| problem.can_be_skipped()) {
        ", or --skip-unreadable leaves them out"
    } else {
        ""
    };
    let sentence =
        format!("{what} in {} cannot be published, and nothing was sent: see to what is listed{hint}", root.display());
    let name = |path: &String| if path.is_empty() { root.display().to_string() } else { path.clone() };
    let files = problems.iter().map(|(path, problem)| FileProblem { file: name(path), error: problem.to_string() });
    Err(Failure::new(Exit::Failed, "unpublishable", sentence).about(files))
}

/// One walk through a directory.
struct Walk<'a> {
    root: PathBuf,
    choice: Choice,
    looked: &'a Looked,
    tree: Tree,
    /// Files, by the path that they will have.
    found: Vec<(String, PathBuf)>,
    problems: Vec<(String, Problem)>,
    directories: usize,
}

/// A directory to be walked through.
struct Below {
    /// Its path in what is published, with a slash at the end, or nothing.
    prefix: String,
    /// The directories that led here, without links in them, this one last.
    chain: Vec<PathBuf>,
}

impl Walk<'_> {
    fn directories_below(&mut self, root: PathBuf) -> Result<(), Failure> {
        let mut left = vec![Below { prefix: String::new(), chain: vec![root] }];
        while let Some(below) = left.pop() {
            self.directories += 1;
            // Links can name one directory many times over.
            if self.found.len() > MAX_ENTRIES || self.directories > MAX_ENTRIES {
                let sentence = directory::DirectoryError::TooLarge.to_string();
                return Err(Failure::new(Exit::Failed, "unpublishable", sentence));
            }
            if self.looked.given_up.load(Ordering::Relaxed) {
                return Err(Failure::interrupted());
            }
            let here = below.chain.last().cloned().unwrap_or_default();
            if data_dir::is_data_dir(&here) {
                self.problems.push((below.prefix.clone(), Problem::DataDir));
                continue;
            }
            let entries = match fs::read_dir(&here).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
                Ok(entries) => entries,
                Err(error) => {
                    self.problems.push((below.prefix.clone(), Problem::Unreadable(error)));
                    continue;
                }
            };
            for entry in entries {
                left.extend(self.take(&below, &entry));
            }
        }
        Ok(())
    }

    /// Takes one name, and gives the directory that it stands for.
    fn take(&mut self, below: &Below, entry: &fs::DirEntry) -> Option<Below> {
        let name = entry.file_name();
        if is_left_out(&name, self.choice) {
            self.tree.hidden += 1;
            return None;
        }
        let path = format!("{}{}", below.prefix, name.to_string_lossy());
        match self.kind_of(below, entry, &name, &path) {
            Ok(Kind::File(place)) => {
                self.found.push((path, place));
                None
            }
            Ok(Kind::Directory(real)) => {
                let chain = below.chain.iter().cloned().chain([real]).collect();
                Some(Below { prefix: path + "/", chain })
            }
            Err(problem) => {
                self.problems.push((path, problem));
                None
            }
        }
    }

    fn kind_of(&self, below: &Below, entry: &fs::DirEntry, name: &OsStr, path: &str) -> Result<Kind, Problem> {
        if name.to_str().is_none() {
            return Err(Problem::NotUtf8);
        }
        if !directory::is_path(path) {
            return Err(Problem::Name);
        }
        let kind = entry.file_type().map_err(Problem::Unreadable)?;
        let (kind, real) = if kind.is_symlink() { self.follow(&entry.path())? } else { (kind, entry.path()) };
        if kind.is_dir() {
            if below.chain.contains(&real) { Err(Problem::Circle) } else { Ok(Kind::Directory(real)) }
        } else if kind.is_file() {
            Ok(Kind::File(real))
        } else {
            Err(Problem::Special(platform::kind_in_words(kind)))
        }
    }

    /// Where a symbolic link leads, if that is inside and published.
    fn follow(&self, link: &Path) -> Result<(FileType, PathBuf), Problem> {
        let real = fs::canonicalize(link).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Problem::LeadsNowhere,
            // What the system says of too many links depends on the system.
            io::ErrorKind::PermissionDenied => Problem::Unreadable(error),
            _ => Problem::Circle,
        })?;
        let Ok(inside) = real.strip_prefix(&self.root) else { return Err(Problem::LeadsOut) };
        if inside.iter().any(|name| is_left_out(name, self.choice)) {
            return Err(Problem::LeadsToLeftOut);
        }
        let kind = fs::metadata(&real).map_err(Problem::Unreadable)?.file_type();
        Ok((kind, real))
    }
}

/// What a name stands for, and where that is without links.
enum Kind {
    File(PathBuf),
    Directory(PathBuf),
}

fn is_left_out(name: &OsStr, choice: Choice) -> bool {
    let name = name.as_encoded_bytes();
    name == NEVER.as_bytes() || (!choice.hidden && name.starts_with(b"."))
}

fn read(path: &str, place: &Path, looked: &Looked, open: Open<'_>) -> Result<directory::File, Problem> {
    let mut file = open(place).map_err(Problem::Unreadable)?;
    let (length, blake3) = hash(&mut file, looked, &|_| ())?;
    looked.files.fetch_add(1, Ordering::Relaxed);
    let name = path.rsplit('/').next().unwrap_or_default();
    Ok(directory::File { path: path.to_owned(), media_type: media_type::of_name(name).to_owned(), length, blake3 })
}

/// Length and BLAKE3 of a file, once it is sure that it was one file throughout. `meanwhile` is called after
/// each piece.
fn hash(file: &mut File, looked: &Looked, meanwhile: &dyn Fn(&Looked)) -> Result<(u64, [u8; 32]), Problem> {
    let before = file.metadata().map_err(Problem::Unreadable)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE_LEN];
    loop {
        let read = file.read(&mut piece).map_err(Problem::Unreadable)?;
        if read == 0 || looked.given_up.load(Ordering::Relaxed) {
            break;
        }
        if hasher.count() == 0 && key_store::begins_like_a_key(&piece[..read]) {
            return Err(Problem::Key);
        }
        hasher.update(&piece[..read]);
        looked.bytes.fetch_add(read as u64, Ordering::Relaxed);
        meanwhile(looked);
    }
    let after = file.metadata().map_err(Problem::Unreadable)?;
    if stamp(&before) != stamp(&after) || hasher.count() != after.len() {
        return Err(Problem::Changed);
    }
    Ok((hasher.count(), *hasher.finalize().as_bytes()))
}

fn stamp(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

/// Reads files again that were looked at, one behind the other. Blocks.
///
/// # Errors
/// A file that is not what it was any more.
pub(crate) fn read_again(tree: &Tree, files: &[&directory::File]) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    for file in files {
        let start = bytes.len();
        let opened = File::open(tree.place(&file.path).ok_or_else(|| changed(&file.path))?);
        // One byte more shows that it has grown.
        let read = opened.and_then(|opened| opened.take(file.length + 1).read_to_end(&mut bytes));
        read.map_err(|error| Failure::failed(format!("cannot read {} any more: {error}", file.path)))?;
        if *blake3::hash(&bytes[start..]).as_bytes() != file.blake3 {
            return Err(changed(&file.path));
        }
    }
    Ok(bytes)
}

/// A file is not what it was when it was looked at.
pub(crate) fn changed(path: &str) -> Failure {
    let sentence = format!(
        "{path} changed while it was being published, and nothing new can be seen: try again when nothing writes to it"
    );
    Failure::new(Exit::Failed, "changed", sentence)
}

#[cfg(test)]
mod tests;
