//! `roneo put DIR` and `roneo site`: a whole directory into the network.
//!
//! Everything is looked at and hashed first, then [`insert_directory`] does the rest over the API.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use roneo_client::handle::{InsertRequest, JobId, JobKind, JobState, JobStatus};
use roneo_content::Plan;
use roneo_content::directory::{self, Assembly, DirectoryError, Manifest};
use roneo_fproxy::api::NewInsert;
use roneo_keys::{Chk, ConvergenceSecret, Uri};
use roneo_node::data_dir::DataDirError;
use roneo_node::directory_insert::{Content, Event, Means, insert_directory};
use roneo_node::unfinished::{Identity, Unfinished};
use serde::Serialize;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::spawn_blocking;

use super::args::{Put, Taken};
use super::client::Client;
use super::failure::{Exit, Failure, HUNG_UP};
use super::keys::system_rng;
use super::progress::{Meter, Overall, Progress, files};
use super::put::{encoded, follow, wait_for_start, why};
use super::tree::{self, Choice, Looked, Tree};

/// Time between two looks at how far the reading of files is.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A directory to be stored.
pub(crate) struct Order<'a> {
    /// Where it is.
    pub(crate) dir: &'a Path,
    /// What of it.
    pub(crate) choice: Choice,
    /// What for, in words that are the same for the same command.
    pub(crate) purpose: String,
    /// What the keys follow from; else a secret of this one insert.
    pub(crate) secret: Option<ConvergenceSecret>,
    /// The edition before, of which nothing is sent again.
    pub(crate) previous: Option<Manifest>,
    /// Whether it is refused without any: an edition without files takes a site away from its readers.
    pub(crate) needs_files: bool,
    /// How long to wait for enough nodes, in seconds.
    pub(crate) wait_s: u64,
    /// Not to wait for a random moment.
    pub(crate) now: bool,
}

/// What a directory came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Totals {
    /// Files in it.
    pub(crate) files: usize,
    /// Their bytes.
    pub(crate) length: u64,
    /// Inserts made, the manifest included.
    pub(crate) inserts: usize,
    /// Bytes of those.
    pub(crate) sent: u64,
    /// Bytes that an interrupted run had stored or handed over.
    pub(crate) resumed: u64,
    /// Files that the edition before has already.
    pub(crate) reused_files: usize,
    /// Their bytes.
    pub(crate) reused: u64,
    /// Names left out because they are hidden.
    pub(crate) hidden: usize,
    /// Names left out because they cannot be read.
    pub(crate) unreadable: Vec<String>,
}

/// What is printed of a directory that is stored.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct StoredDirectory {
    /// The link.
    pub(crate) uri: String,
    /// `stored`, or `weak` where one of its inserts is.
    pub(crate) state: JobState,
    /// On a small network: how much of it may vanish.
    pub(crate) note: Option<String>,
    #[serde(flatten)]
    pub(crate) totals: Totals,
}

impl Taken {
    pub(crate) fn choice(&self) -> Choice {
        Choice { hidden: self.hidden, skip_unreadable: self.skip_unreadable }
    }

    pub(crate) fn secret(&self) -> Option<ConvergenceSecret> {
        self.secret.as_deref().map(ConvergenceSecret::of_text)
    }
}

impl Totals {
    /// As a person reads it.
    pub(crate) fn words(&self) -> String {
        let bytes = |bytes| indicatif::HumanBytes(bytes).to_string();
        let mut text = format!("{}, {}: {} sent", files(self.files), bytes(self.length), bytes(self.sent));
        if self.resumed > 0 {
            text.push_str(&format!(", {} sent before", bytes(self.resumed)));
        }
        if self.reused_files > 0 {
            text.push_str(&format!(", {} of the last edition used again", bytes(self.reused)));
        }
        if self.hidden > 0 {
            text.push_str(&format!("; {} hidden left out", files(self.hidden)));
        }
        if !self.unreadable.is_empty() {
            text.push_str(&format!("; {} unreadable left out", files(self.unreadable.len())));
        }
        text
    }
}

/// Stores a directory for whoever has its link.
///
/// # Errors
/// What cannot be read or published, by name; what an insert failed of.
pub(crate) async fn put(
    client: &Client,
    data_dir: &Path,
    args: &Put,
    progress: &mut Progress,
) -> Result<StoredDirectory, Failure> {
    refuse_file_options(args)?;
    let order = Order {
        dir: &args.file,
        choice: args.taken.choice(),
        purpose: "put".to_owned(),
        secret: args.taken.secret(),
        previous: None,
        needs_files: false,
        wait_s: args.wait,
        now: args.now,
    };
    let (stored, unfinished) = store(client, data_dir, order, progress).await?;
    unfinished.finish()?;
    Ok(stored)
}

/// Options that say something of a file.
pub(crate) fn refuse_file_options(args: &Put) -> Result<(), Failure> {
    if args.name.is_none() && args.media_type.is_none() && !args.strip_metadata {
        return Ok(());
    }
    let dir = args.file.display();
    Err(Failure::usage(format!(
        "{dir} is a directory: --name, --type and --strip-metadata are for files; leave them away"
    )))
}

/// Stores a directory. What is known of it is forgotten once [`Unfinished::finish`] is called: when
/// nothing is left to be done with it.
///
/// # Errors
/// As [`put`].
pub(crate) async fn store(
    client: &Client,
    data_dir: &Path,
    order: Order<'_>,
    progress: &mut Progress,
) -> Result<(StoredDirectory, Unfinished), Failure> {
    progress.kept().say("nothing was sent".to_owned());
    let tree = Arc::new(look(order.dir, order.choice, progress).await?);
    if tree.files.is_empty() && order.needs_files {
        let left_out = if tree.hidden > 0 { ": what is hidden is left out without --hidden" } else { "" };
        let sentence = format!("{} has no file to publish{left_out}; nothing was sent", order.dir.display());
        return Err(Failure::new(Exit::Failed, "unpublishable", sentence));
    }
    let assembly = Assembly::new(tree.files.clone(), order.previous.as_ref())?;
    let real = std::fs::canonicalize(order.dir).unwrap_or_else(|_| order.dir.to_owned());
    let identity = Identity::of(&real, &order.purpose, order.secret.as_ref());
    let unfinished = Unfinished::open(data_dir, &identity, order.secret, &mut system_rng()?)?;
    if !order.now {
        wait_for_start(client, progress).await?;
    }
    let store = Store::new(client, &tree, &assembly, order.wait_s, progress);
    let (chk, unfinished) = insert_directory(assembly, unfinished, &store).await?;
    Ok((store.finish(&chk), unfinished))
}

async fn look(dir: &Path, choice: Choice, progress: &mut Progress) -> Result<Tree, Failure> {
    let looked = Arc::new(Looked::default());
    let _end = EndLooking(Arc::clone(&looked));
    let (dir, shared) = (dir.to_owned(), Arc::clone(&looked));
    let mut looking = spawn_blocking(move || tree::look(&dir, choice, &shared));
    loop {
        tokio::select! {
            tree = &mut looking => {
                return tree.unwrap_or_else(|_| Err(Failure::failed("the directory could not be read: please report this")));
            }
            () = tokio::time::sleep(LOOK_EVERY) => progress.show_overall(&Overall {
                state: "reading",
                files_done: looked.files.load(Ordering::Relaxed),
                bytes_done: looked.bytes.load(Ordering::Relaxed),
                ..Overall::default()
            }),
        }
    }
}

/// Ends the thread that looks when nobody waits for it any more.
struct EndLooking(Arc<Looked>);

impl Drop for EndLooking {
    fn drop(&mut self) {
        self.0.given_up.store(true, Ordering::Relaxed);
    }
}

/// The inserts of one directory.
struct Store<'a> {
    client: &'a Client,
    tree: &'a Arc<Tree>,
    wait_s: u64,
    /// Files and bytes of each parcel; the manifest comes last and has none.
    begun: Vec<(u64, u64)>,
    state: RefCell<State<'a>>,
}

struct State<'a> {
    progress: &'a mut Progress,
    meter: Meter,
    overall: Overall,
    /// Blocks and bytes done of inserts under way.
    under_way: BTreeMap<usize, (u64, u64)>,
    totals: Totals,
    weak: bool,
    note: Option<String>,
}

impl<'a> Store<'a> {
    fn new(
        client: &'a Client,
        tree: &'a Arc<Tree>,
        assembly: &Assembly,
        wait_s: u64,
        progress: &'a mut Progress,
    ) -> Self {
        let begun = assembly.parcels().iter().map(|parcel| (parcel.files().len() as u64, parcel.length())).collect();
        let reused = assembly.reused();
        let all = assembly.files();
        let totals = Totals {
            files: all.len(),
            length: all.iter().map(|file| file.length).sum(),
            reused_files: reused.files,
            reused: reused.bytes,
            hidden: tree.hidden,
            unreadable: tree.unreadable.clone(),
            ..Totals::default()
        };
        let overall = Overall {
            state: "storing",
            files: all.len() as u64,
            files_done: reused.files as u64,
            bytes: totals.length,
            bytes_done: reused.bytes,
            total: assembly.parcels().iter().map(|parcel| blocks(parcel.length())).sum(),
            ..Overall::default()
        };
        let state = State {
            progress,
            meter: Meter::default(),
            overall,
            under_way: BTreeMap::new(),
            totals,
            weak: false,
            note: None,
        };
        state.say_what_is_kept();
        Self { client, tree, wait_s, begun, state: RefCell::new(state) }
    }

    /// Hands content to the node, which from then on needs nobody.
    async fn send(&self, job: JobId, length: u64, content: Content) -> Result<(), Failure> {
        let sent = match content {
            Content::Bytes(bytes) => self.client.send_content(job, length, std::io::Cursor::new(bytes)).await,
            Content::File(file) => {
                let place = self.tree.place(&file.path).ok_or_else(|| tree::changed(&file.path))?;
                match tokio::fs::File::open(place).await {
                    Ok(opened) => {
                        let opened = Unchanged::new(opened, length, file.blake3, &file.path);
                        self.client.send_content(job, length, opened).await
                    }
                    Err(error) => Err(Failure::failed(format!("cannot read {} any more: {error}", file.path))),
                }
            }
        };
        match sent {
            // The insert ended first, or the node hung up on it: its status says why.
            Err(failure) if !["not-wanted", HUNG_UP].contains(&failure.code()) => {
                self.end(job).await;
                Err(failure)
            }
            _ => Ok(()),
        }
    }

    fn finish(self, chk: &Chk) -> StoredDirectory {
        let State { progress, totals, weak, note, .. } = self.state.into_inner();
        progress.clear();
        let state = if weak { JobState::Weak } else { JobState::Stored };
        StoredDirectory { uri: Uri::Chk(chk.clone()).to_text(), state, note, totals }
    }
}

impl Means for Store<'_> {
    type Error = Failure;

    async fn read(&self, files: Vec<directory::File>) -> Result<Vec<u8>, Failure> {
        let tree = Arc::clone(self.tree);
        let reading = spawn_blocking(move || tree::read_again(&tree, &files.iter().collect::<Vec<_>>()));
        reading.await.unwrap_or_else(|_| Err(Failure::failed("files could not be read: please report this")))
    }

    async fn insert(&self, request: InsertRequest, content: Content) -> Result<JobId, Failure> {
        let InsertRequest { length, name, media_type, secret } = request;
        let insert = NewInsert { name, media_type, length, secret: secret.as_ref().map(encoded) };
        let job = self.client.insert(&insert).await?;
        self.send(job, length, content).await?;
        Ok(job)
    }

    async fn find(&self, job: JobId) -> Result<Option<JobStatus>, Failure> {
        match self.client.any_job(job).await {
            Ok(status) => Ok(Some(status)),
            Err(failure) if failure.code() == "unknown-job" => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn settled(&self, number: usize, job: JobId) -> Result<JobStatus, Failure> {
        let show = &mut |status: &JobStatus| self.state.borrow_mut().show(number, status);
        match follow(self.client, JobKind::Insert, job, self.wait_s, show).await {
            Ok(status) if status.error.is_none() => Ok(status),
            failed => Err(why(failed)),
        }
    }

    async fn end(&self, job: JobId) {
        // One that is gone needs no end.
        let _ = self.client.end(JobKind::Insert, job).await;
    }

    fn told(&self, event: Event<'_>) {
        let mut state = self.state.borrow_mut();
        match event {
            Event::Resumed { length } => state.totals.resumed += length,
            Event::Sent { length } => {
                state.totals.inserts += 1;
                state.totals.sent += length;
            }
            Event::Settled(status) => {
                state.weak |= status.state == JobState::Weak;
                state.note.clone_from(&status.note);
            }
            Event::Done { number } => state.done(number, self.begun.get(number).copied().unwrap_or_default()),
        }
    }

    fn stored_otherwise(&self) -> Failure {
        Failure::failed("the node stored something else than it was given: update it")
    }
}

impl State<'_> {
    fn show(&mut self, number: usize, status: &JobStatus) {
        self.under_way.insert(number, (status.done, status.bytes_done));
        let mut overall = self.overall;
        for (blocks, bytes) in self.under_way.values() {
            overall.done += blocks;
            overall.bytes_done += bytes;
        }
        // A manifest travels too, and is counted nowhere.
        overall.done = overall.done.min(overall.total);
        overall.bytes_done = overall.bytes_done.min(overall.bytes);
        overall.waiting = status.waiting;
        self.meter.measure(&mut overall);
        self.progress.show_overall(&overall);
    }

    fn done(&mut self, number: usize, (files, bytes): (u64, u64)) {
        self.under_way.remove(&number);
        self.overall.done += if bytes > 0 { blocks(bytes) } else { 0 };
        self.overall.files_done += files;
        self.overall.bytes_done += bytes;
        self.say_what_is_kept();
    }

    fn say_what_is_kept(&self) {
        let Overall { files_done, files, .. } = self.overall;
        self.progress.kept().say(format!(
            "{files_done} of {files} files are stored, and the node goes on with what it has taken; the same command \
             does the rest"
        ));
    }
}

fn blocks(length: u64) -> u64 {
    Plan::new(length).map_or(0, |plan| plan.stored_blocks())
}

/// A file that gives its last bytes only if all of them are those that were looked at.
pub(crate) struct Unchanged {
    file: tokio::fs::File,
    hasher: blake3::Hasher,
    length: u64,
    blake3: [u8; 32],
    path: String,
}

impl Unchanged {
    pub(crate) fn new(file: tokio::fs::File, length: u64, blake3: [u8; 32], path: &str) -> Self {
        Self { file, hasher: blake3::Hasher::new(), length, blake3, path: path.to_owned() }
    }
}

impl AsyncRead for Unchanged {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.file).poll_read(context, buffer))?;
        let read = &buffer.filled()[before..];
        this.hasher.update(read);
        let count = this.hasher.count();
        let is_other = count >= this.length && *this.hasher.finalize().as_bytes() != this.blake3;
        if (read.is_empty() && count < this.length) || is_other {
            return Poll::Ready(Err(std::io::Error::other(tree::changed(&this.path))));
        }
        Poll::Ready(Ok(()))
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        Self::new(Exit::Failed, "unpublishable", error.to_string())
    }
}

impl From<DataDirError> for Failure {
    fn from(error: DataDirError) -> Self {
        let source = std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
        Self::failed(format!("{error}{source}"))
    }
}
