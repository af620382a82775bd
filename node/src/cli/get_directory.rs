//! `roneo get LINK -o DIR`: all files of a directory.
//!
//! The manifest is a stranger's. Its paths are checked when it is read; here each is made a path that this
//! system takes, no symbolic link on the way is followed, and every file is compared with its hash
//! before it gets its name. Files that are there already with the right hash are not fetched again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_util::{StreamExt, stream};
use roneo_client::handle::{JobKind, JobStatus};
use roneo_content::directory::{ContentRef, DirectoryError, Entry, Manifest, Place};
use roneo_keys::{Locator, Uri};
use roneo_node::platform::{self, FileIdentity};
use serde::Serialize;
use tokio::io::AsyncWrite;
use tokio::task::spawn_blocking;

use super::args::Get;
use super::client::Client;
use super::failure::{Exit, Failure, FileProblem};
use super::get::{cannot_write, known, take};
use super::progress::{Meter, Overall, Progress, files};

/// Contents of one directory fetched at a time.
pub(crate) const FETCHES_AT_ONCE: usize = 4;
/// Files from this length on are fetched into the node's queue, where they go on after an interruption.
const QUEUED_LEN: u64 = 4 << 20;
/// Where files are that are not whole, while not everything is fetched; with [`MARK`] in it.
const PARTS: &str = ".roneo-part";
/// Says of which directory.
const MARK: &str = "directory";
/// Bytes read at once.
const PIECE_LEN: usize = 64 << 10;

/// What is printed of a directory that was fetched.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct FetchedDirectory {
    /// Where it is.
    pub(crate) dir: PathBuf,
    /// Files that are there now.
    pub(crate) files: usize,
    /// Their bytes.
    pub(crate) length: u64,
    /// Files that were there before.
    pub(crate) kept: usize,
    /// Files that have another name than in the directory, which this system does not take.
    pub(crate) renamed: BTreeMap<String, PathBuf>,
    /// Files that are not there.
    pub(crate) failed: Vec<FileProblem>,
    /// Whether all of those were not found.
    #[serde(skip)]
    not_found: bool,
}

impl FetchedDirectory {
    /// As a person reads it.
    pub(crate) fn words(&self) -> String {
        let (length, dir) = (indicatif::HumanBytes(self.length), self.dir.display());
        let mut text = format!("{}, {length}, in {dir}", files(self.files));
        if self.kept > 0 {
            text.push_str(&format!("; {} of them were there", self.kept));
        }
        for (path, renamed) in &self.renamed {
            text.push_str(&format!("\n{} is called {} here", path.escape_debug(), renamed.display()));
        }
        text
    }

    /// That files are missing, if some are.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let missing = self.failed.len();
        if missing == 0 {
            return None;
        }
        let sentence =
            format!("{missing} of {} files are not there: the same command tries them again", missing + self.files);
        let exit = if self.not_found { Exit::NotFound } else { Exit::Failed };
        Some(Failure::new(exit, "incomplete", sentence).about(self.failed.iter().cloned()))
    }
}

/// Fetches all files of a directory.
///
/// # Errors
/// A place that does not take them. What concerns single files stands in the result.
pub(crate) async fn get(
    client: &Client,
    manifest: &Manifest,
    dir: &Path,
    args: &Get,
    progress: &mut Progress,
) -> Result<FetchedDirectory, Failure> {
    let destination = Arc::new(Destination::open(dir, &blake3::hash(&manifest.to_bytes()).to_hex(), args.force)?);
    let fetch = Fetch::new(client, args.wait, Arc::clone(&destination), manifest, progress);
    let wanted = fetch.wanted(manifest).await?;
    for entry in manifest.entries().iter().filter(|entry| entry.place == Place::Inline) {
        if wanted.contains(entry.path.as_str()) {
            let bytes = manifest.inline(entry).unwrap_or_default().to_vec();
            fetch.file(entry, bytes).await?;
        }
    }
    let groups = groups(manifest, &wanted);
    {
        let fetches = groups.into_iter().map(|group| fetch.group(group));
        let mut fetches = Box::pin(stream::iter(fetches).buffer_unordered(FETCHES_AT_ONCE));
        while let Some(fetched) = fetches.next().await {
            fetched?;
        }
    }
    let fetched = fetch.finish();
    if fetched.failed.is_empty() {
        destination.finish()?;
    }
    Ok(fetched)
}

/// Files that one fetch gives.
struct Group<'a> {
    content: &'a ContentRef,
    length: u64,
    blake3: [u8; 32],
    /// Each with where it begins.
    files: Vec<(&'a Entry, u64)>,
    alone: bool,
}

fn groups<'a>(manifest: &'a Manifest, wanted: &BTreeSet<&str>) -> Vec<Group<'a>> {
    let of = |container: &'a roneo_content::directory::Container| Group {
        content: &container.content,
        length: 0,
        blake3: container.blake3,
        files: Vec::new(),
        alone: false,
    };
    let mut containers: Vec<Group<'a>> = manifest.containers().iter().map(of).collect();
    let mut alone = BTreeMap::<(Locator, [u8; 32]), Group<'a>>::new();
    for entry in manifest.entries() {
        let wanted = wanted.contains(entry.path.as_str());
        match &entry.place {
            Place::Inline => {}
            Place::Container(number) => {
                let group = &mut containers[usize::from(*number)];
                if wanted {
                    group.files.push((entry, group.length));
                }
                group.length += entry.length;
            }
            Place::Alone(content) if wanted => {
                let (length, blake3) = (entry.length, entry.blake3);
                let new = || Group { content, length, blake3, files: Vec::new(), alone: true };
                alone.entry((content.root, blake3)).or_insert_with(new).files.push((entry, 0));
            }
            Place::Alone(_) => {}
        }
    }
    containers.into_iter().chain(alone.into_values()).filter(|group| !group.files.is_empty()).collect()
}

/// The fetches of one directory.
struct Fetch<'a> {
    client: &'a Client,
    wait_s: u64,
    destination: Arc<Destination>,
    /// Where each file goes, by its path in the directory.
    places: BTreeMap<String, Result<PathBuf, String>>,
    state: RefCell<State<'a>>,
}

struct State<'a> {
    progress: &'a mut Progress,
    meter: Meter,
    overall: Overall,
    /// Bytes done of fetches under way, by where their content is.
    under_way: BTreeMap<Locator, u64>,
    fetched: FetchedDirectory,
    others: bool,
}

impl<'a> Fetch<'a> {
    fn new(
        client: &'a Client,
        wait_s: u64,
        destination: Arc<Destination>,
        manifest: &Manifest,
        progress: &'a mut Progress,
    ) -> Self {
        let places = places(manifest, platform::FILE_NAMES);
        let overall = Overall {
            state: "fetching",
            files: manifest.entries().len() as u64,
            bytes: manifest.entries().iter().map(|entry| entry.length).fold(0, u64::saturating_add),
            ..Overall::default()
        };
        let renamed = places.iter().filter_map(|(path, place)| {
            let place = place.as_ref().ok()?;
            (place.as_path() != Path::new(path)).then(|| (path.clone(), place.clone()))
        });
        let fetched = FetchedDirectory {
            dir: destination.root.clone(),
            renamed: renamed.collect(),
            ..FetchedDirectory::default()
        };
        let state =
            State { progress, meter: Meter::default(), overall, under_way: BTreeMap::new(), fetched, others: false };
        state.say_what_is_kept();
        Self { client, wait_s, destination, places, state: RefCell::new(state) }
    }

    /// Which files are to be fetched: those not there with their hash.
    async fn wanted<'m>(&self, manifest: &'m Manifest) -> Result<BTreeSet<&'m str>, Failure> {
        let mut wanted = BTreeSet::new();
        for entry in manifest.entries() {
            let place = match &self.places[&entry.path] {
                Ok(place) => place.clone(),
                Err(sentence) => {
                    self.failed(entry, &Failure::failed(sentence.clone()));
                    continue;
                }
            };
            let (destination, expected) = (Arc::clone(&self.destination), (entry.length, entry.blake3));
            let there = blocking(move || destination.has(&place, expected)).await;
            match there {
                Ok(true) => {
                    self.state.borrow_mut().fetched.kept += 1;
                    self.done(entry);
                }
                Ok(false) => drop(wanted.insert(entry.path.as_str())),
                Err(failure) => self.failed(entry, &failure),
            }
        }
        Ok(wanted)
    }

    /// Fetches a container or a file that is alone.
    ///
    /// # Errors
    /// What concerns all files. What concerns these is noted.
    async fn group(&self, group: Group<'_>) -> Result<(), Failure> {
        let root = group.content.root;
        let fetched = if group.alone { self.alone(&group).await } else { self.container(&group).await };
        self.state.borrow_mut().under_way.remove(&root);
        match fetched {
            Err(failure) if concerns_all(&failure) => Err(failure),
            Err(failure) => {
                group.files.iter().for_each(|(entry, _)| self.failed(entry, &failure));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn container(&self, group: &Group<'_>) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        self.take(group, &mut bytes, "memory", false).await?;
        if *blake3::hash(&bytes).as_bytes() != group.blake3 {
            return Err(damaged());
        }
        for (entry, start) in &group.files {
            let start = usize::try_from(*start).unwrap_or(usize::MAX);
            let end = start.saturating_add(usize::try_from(entry.length).unwrap_or(usize::MAX));
            let cut = bytes.get(start..end).ok_or_else(damaged)?;
            self.file(entry, cut.to_vec()).await?;
        }
        Ok(())
    }

    async fn alone(&self, group: &Group<'_>) -> Result<(), Failure> {
        let part = self.destination.part();
        let place = part.path.display().to_string();
        let file = tokio::fs::File::create_new(&part.path).await.map_err(|error| cannot_write(&place, &error))?;
        let mut file = Hashing { file, hasher: blake3::Hasher::new() };
        self.take(group, &mut file, &place, group.length >= QUEUED_LEN).await?;
        file.file.sync_all().await.map_err(|error| cannot_write(&place, &error))?;
        if *file.hasher.finalize().as_bytes() != group.blake3 {
            return Err(damaged());
        }
        let (last, others) = group.files.split_last().ok_or_else(damaged)?;
        for (entry, _) in others {
            self.place(entry, |destination, place| destination.copy(&part.path, place)).await?;
        }
        self.place(last.0, |destination, place| destination.name(&part.path, place)).await
    }

    /// Takes the content of a group, which must have the length that the manifest says.
    async fn take(
        &self,
        group: &Group<'_>,
        out: &mut (dyn AsyncWrite + Send + Unpin),
        place: &str,
        queued: bool,
    ) -> Result<(), Failure> {
        let root = group.content.root;
        let job = self.client.fetch(Uri::Chk(group.content.to_chk()).to_text(), queued).await?;
        let taken = async {
            let show = &mut |status: &JobStatus| self.state.borrow_mut().show(root, status);
            let status = known(self.client, job, self.wait_s, show).await?;
            if status.length != Some(group.length) {
                return Err(damaged());
            }
            take(self.client, job, self.wait_s, out, place, show).await
        };
        let taken = taken.await;
        let _ = self.client.end(JobKind::Fetch, job).await;
        taken.map(drop)
    }

    /// Writes a file whose bytes are here.
    ///
    /// # Errors
    /// What concerns all files. What concerns this one is noted.
    async fn file(&self, entry: &Entry, bytes: Vec<u8>) -> Result<(), Failure> {
        if *blake3::hash(&bytes).as_bytes() != entry.blake3 {
            self.failed(entry, &damaged());
            return Ok(());
        }
        self.place(entry, move |destination, place| destination.write(&bytes, place)).await
    }

    async fn place<'f>(
        &self,
        entry: &Entry,
        write: impl FnOnce(&Destination, &Path) -> Result<(), Failure> + 'f,
    ) -> Result<(), Failure> {
        let Ok(place) = &self.places[&entry.path] else { return Ok(()) };
        // Small or already written: no wait that another task would notice.
        match write(&self.destination, place) {
            Ok(()) => self.done(entry),
            Err(failure) if concerns_all(&failure) => return Err(failure),
            Err(failure) => self.failed(entry, &failure),
        }
        Ok(())
    }

    fn done(&self, entry: &Entry) {
        let mut state = self.state.borrow_mut();
        state.fetched.files += 1;
        state.fetched.length += entry.length;
        state.overall.files_done += 1;
        state.overall.bytes_done += entry.length;
        state.say_what_is_kept();
    }

    fn failed(&self, entry: &Entry, failure: &Failure) {
        let mut state = self.state.borrow_mut();
        state.others |= failure.exit() != Exit::NotFound;
        state.fetched.failed.push(FileProblem { file: entry.path.clone(), error: failure.to_string() });
    }

    fn finish(self) -> FetchedDirectory {
        let State { progress, mut fetched, others, .. } = self.state.into_inner();
        progress.clear();
        fetched.not_found = !others;
        fetched.failed.sort_by(|a, b| a.file.cmp(&b.file));
        fetched
    }
}

impl State<'_> {
    fn show(&mut self, root: Locator, status: &JobStatus) {
        self.under_way.insert(root, status.bytes_done);
        let mut overall = self.overall;
        overall.bytes_done = self.under_way.values().fold(overall.bytes_done, |all, bytes| all.saturating_add(*bytes));
        overall.bytes_done = overall.bytes_done.min(overall.bytes);
        overall.waiting = status.waiting;
        self.meter.measure(&mut overall);
        self.progress.show_overall(&overall);
    }

    fn say_what_is_kept(&self) {
        let Overall { files_done, files, .. } = self.overall;
        let dir = self.fetched.dir.display();
        self.progress.kept().say(format!("{files_done} of {files} files are in {dir}; the same command gets the rest"));
    }
}

/// Whether nothing else would go better.
fn concerns_all(failure: &Failure) -> bool {
    matches!(failure.code(), "disk" | "too-few-nodes" | "stopping" | "not-running")
}

fn damaged() -> Failure {
    Failure::new(Exit::Failed, "damaged", DirectoryError::Damaged.to_string())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(Failure::failed("files could not be read: please report this")))
}

/// A file that is hashed while it is written.
struct Hashing {
    file: tokio::fs::File,
    hasher: blake3::Hasher,
}

impl AsyncWrite for Hashing {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.file).poll_write(context, bytes))?;
        this.hasher.update(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().file).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().file).poll_shutdown(context)
    }
}

/// Where every file of a directory goes, or why it cannot.
fn places(manifest: &Manifest, names: platform::FileNames) -> BTreeMap<String, Result<PathBuf, String>> {
    let mut taken = BTreeSet::new();
    let place = |entry: &Entry| {
        let place: PathBuf = entry.path.split('/').map(|name| names.on_disk(name)).collect();
        if place.starts_with(PARTS) {
            return Err(format!("{PARTS} is where unfinished files are kept: get this file by itself"));
        }
        if !taken.insert(place.clone()) {
            return Err("another file gets the same name on this system: get this file by itself".to_owned());
        }
        Ok(place)
    };
    let places: Vec<_> = manifest.entries().iter().map(place).collect();
    manifest.entries().iter().map(|entry| entry.path.clone()).zip(places).collect()
}

/// The directory that files are written to.
struct Destination {
    root: PathBuf,
    writing: Mutex<Writing>,
    /// Locked for as long as files are written there.
    _held: File,
}

/// Holds the mark of a directory, so that no other run takes its parts away.
fn lock_for_writing(mark: File, dir: &Path) -> Result<File, Failure> {
    match mark.try_lock() {
        Ok(()) => Ok(mark),
        Err(TryLockError::WouldBlock) => {
            let sentence = "is being written to by another `roneo get`: wait for it, or choose another name";
            Err(Failure::refused(format!("{} {sentence}", dir.display())))
        }
        // Some network disks lock nothing.
        Err(TryLockError::Error(_)) => Ok(mark),
    }
}

/// What was written in this run.
#[derive(Default)]
struct Writing {
    parts: u64,
    /// What was there before, and may be replaced.
    before: BTreeSet<FileIdentity>,
}

/// The name of a file that is not whole. Dropped, the file is removed.
struct Part {
    path: PathBuf,
}

impl Drop for Part {
    fn drop(&mut self) {
        // Best effort, and in vain where it has its name already.
        let _ = fs::remove_file(&self.path);
    }
}

impl Destination {
    /// Makes the directory, or takes one that is empty, or that the same directory was being fetched to.
    fn open(dir: &Path, mark: &str, force: bool) -> Result<Self, Failure> {
        let failed = |error: io::Error| cannot_write(&dir.display().to_string(), &error);
        fs::create_dir_all(dir).map_err(failed)?;
        let (parts, marked) = (dir.join(PARTS), dir.join(PARTS).join(MARK));
        let found = fs::symlink_metadata(&parts).ok();
        if found.as_ref().is_some_and(|found| !found.is_dir()) {
            return Err(Failure::refused(format!("{} is in the way: remove it", parts.display())));
        }
        let is_empty = fs::read_dir(dir).map_err(failed)?.next().is_none();
        let is_same =
            found.is_some() && is_file(&marked) && fs::read(&marked).is_ok_and(|found| found == mark.as_bytes());
        if !is_empty && !is_same && !force {
            let sentence = "is not empty: choose another name, or --force to replace files in it";
            return Err(Failure::refused(format!("{} {sentence}", dir.display())));
        }
        if found.is_some() {
            let _nobody_writes = File::open(&marked).ok().map(|held| lock_for_writing(held, dir)).transpose()?;
            // Parts of an earlier run are nobody's.
            fs::remove_dir_all(&parts).map_err(failed)?;
        }
        fs::create_dir(&parts).map_err(failed)?;
        let mut held = File::create_new(&marked).map_err(failed)?;
        held.write_all(mark.as_bytes()).map_err(failed)?;
        let held = lock_for_writing(held, dir)?;
        Ok(Self { root: dir.to_owned(), writing: Mutex::default(), _held: held })
    }

    /// Whether a file is there with this length and hash. What is there with another may be replaced.
    fn has(&self, place: &Path, (length, blake3): (u64, [u8; 32])) -> Result<bool, Failure> {
        if !self.parents_exist(place)? {
            return Ok(false);
        }
        let path = self.root.join(place);
        let Ok(found) = fs::symlink_metadata(&path) else { return Ok(false) };
        refuse_no_file(&path, &found)?;
        let mut writing = self.lock();
        if !writing.before.insert(platform::file_identity(&path, &found)) {
            return Err(same_name());
        }
        drop(writing);
        Ok(found.len() == length && hash(&path).is_ok_and(|found| found == blake3))
    }

    /// A name for a file that is not whole.
    fn part(&self) -> Part {
        let mut writing = self.lock();
        writing.parts += 1;
        Part { path: self.root.join(PARTS).join(writing.parts.to_string()) }
    }

    fn write(&self, bytes: &[u8], place: &Path) -> Result<(), Failure> {
        let part = self.part();
        let written = fs::File::create_new(&part.path).and_then(|mut file| file.write_all(bytes));
        written.map_err(|error| cannot_write(&self.root.join(place).display().to_string(), &error))?;
        self.name(&part.path, place)
    }

    fn copy(&self, whole: &Path, place: &Path) -> Result<(), Failure> {
        let part = self.part();
        fs::copy(whole, &part.path)
            .map_err(|error| cannot_write(&self.root.join(place).display().to_string(), &error))?;
        self.name(&part.path, place)
    }

    /// Gives a whole file its name, in a directory that is made for it.
    fn name(&self, part: &Path, place: &Path) -> Result<(), Failure> {
        let path = self.root.join(place);
        let mut writing = self.lock();
        if !self.parents_exist(place)?
            && let Some(parent) = path.parent()
        {
            fs::create_dir_all(parent).map_err(|error| cannot_write(&parent.display().to_string(), &error))?;
        }
        if let Ok(found) = fs::symlink_metadata(&path) {
            refuse_no_file(&path, &found)?;
            // A disk that knows no case, or only one normal form, takes two names for one.
            if !writing.before.remove(&platform::file_identity(&path, &found)) {
                return Err(same_name());
            }
        }
        fs::rename(part, &path).map_err(|error| cannot_write(&path.display().to_string(), &error))
    }

    /// Whether the directories that a file lies in are there, none of them behind a symbolic link.
    fn parents_exist(&self, place: &Path) -> Result<bool, Failure> {
        let mut path = self.root.clone();
        for component in place.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(name) = component else { return Err(damaged()) };
            path.push(name);
            match fs::symlink_metadata(&path) {
                Err(_) => return Ok(false),
                Ok(found) if found.is_symlink() => return Err(in_the_way(&path, "a symbolic link")),
                Ok(found) if !found.is_dir() => return Err(in_the_way(&path, "a file")),
                Ok(_) => {}
            }
        }
        Ok(true)
    }

    /// Everything is there.
    fn finish(&self) -> Result<(), Failure> {
        let parts = self.root.join(PARTS);
        fs::remove_dir_all(&parts).map_err(|error| cannot_write(&parts.display().to_string(), &error))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Writing> {
        // A panic elsewhere leaves this whole: every change to it is a single call.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuse_no_file(path: &Path, found: &fs::Metadata) -> Result<(), Failure> {
    if found.is_symlink() {
        Err(in_the_way(path, "a symbolic link"))
    } else if found.is_dir() {
        Err(in_the_way(path, "a directory"))
    } else if found.is_file() {
        Ok(())
    } else {
        Err(in_the_way(path, "no file"))
    }
}

fn in_the_way(path: &Path, what: &str) -> Failure {
    Failure::refused(format!("{} is {what} and stands in the way: remove it", path.display()))
}

fn same_name() -> Failure {
    Failure::refused("this disk takes its name for that of another file: get this file by itself")
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

fn hash(path: &Path) -> io::Result<[u8; 32]> {
    let (mut file, mut hasher, mut piece) = (fs::File::open(path)?, blake3::Hasher::new(), vec![0; PIECE_LEN]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(*hasher.finalize().as_bytes()),
            read => drop(hasher.update(&piece[..read])),
        }
    }
}

#[cfg(test)]
mod tests;
