//! `roneo put DIR` and `roneo site`: a whole directory into the network.
//!
//! Everything is looked at and hashed first. Then containers and large files are inserted, some at a
//! time, and last the manifest that leads to them: until it is stored nothing of the directory can be
//! seen. All of them have keys that follow from one secret, so a link proves which bytes it leads to, and
//! what was stored before an interruption is known again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use roneo_client::handle::{JobId, JobKind, JobState, JobStatus};
use roneo_content::Plan;
use roneo_content::directory::{self, Assembly, ContentRef, DirectoryError, MEDIA_TYPE, Manifest, Parcel};
use roneo_fproxy::api::NewInsert;
use roneo_keys::{Chk, ConvergenceSecret, Uri};
use roneo_node::data_dir::DataDirError;
use roneo_node::unfinished::{Identity, Known, Unfinished};
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

/// Inserts of one directory under way at a time.
pub(crate) const INSERTS_AT_ONCE: usize = 4;
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
        wait_s: args.wait,
        now: args.now,
    };
    let (stored, unfinished) = store(client, data_dir, order, progress).await?;
    unfinished.finish()?;
    Ok(stored)
}

/// Options that say something of a file.
pub(crate) fn refuse_file_options(args: &Put) -> Result<(), Failure> {
    if args.name.is_none() && args.media_type.is_none() {
        return Ok(());
    }
    let dir = args.file.display();
    Err(Failure::usage(format!("{dir} is a directory: --name and --type are for files; leave them away")))
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
    let mut assembly = Assembly::new(tree.files.clone(), order.previous.as_ref())?;
    let real = std::fs::canonicalize(order.dir).unwrap_or_else(|_| order.dir.to_owned());
    let identity = Identity::of(&real, &order.purpose, order.secret.as_ref());
    let unfinished = Unfinished::open(data_dir, &identity, order.secret, &mut system_rng()?)?;
    if !order.now {
        wait_for_start(client, progress).await?;
    }
    let store = Store::new(client, &tree, &assembly, unfinished, order.wait_s, progress);
    let mut stored = Vec::new();
    {
        let inserts = assembly.parcels().iter().enumerate().map(|(number, parcel)| {
            let insert = store.parcel(number, parcel, assembly.files());
            async move { insert.await.map(|stored| (number, stored)) }
        });
        let mut inserts = Box::pin(stream::iter(inserts).buffer_unordered(INSERTS_AT_ONCE));
        while let Some(one) = inserts.try_next().await? {
            stored.push(one);
        }
    }
    for (number, (content, blake3)) in stored {
        assembly.stored(number, content, blake3);
    }
    let inline: Vec<directory::File> = assembly.inline().map(|file| assembly.files()[file].clone()).collect();
    let inline = store.read(inline).await?;
    let manifest = assembly.finish(inline)?.to_bytes();
    let last = store.begun.len();
    let (chk, _) = store.insert(last, Content::bytes(manifest), MEDIA_TYPE).await?;
    Ok(store.finish(&chk))
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

/// Bytes for one insert.
struct Content {
    length: u64,
    blake3: [u8; 32],
    source: Source,
}

enum Source {
    Bytes(Vec<u8>),
    File(PathBuf, String),
}

impl Content {
    fn bytes(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len() as u64, blake3: *blake3::hash(&bytes).as_bytes(), source: Source::Bytes(bytes) }
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
    unfinished: Unfinished,
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
        unfinished: Unfinished,
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
            unfinished,
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

    async fn parcel(
        &self,
        number: usize,
        parcel: &Parcel,
        files: &[directory::File],
    ) -> Result<(ContentRef, [u8; 32]), Failure> {
        let first = &files[parcel.files()[0]];
        let content = if parcel.is_container() {
            Content::bytes(self.read(parcel.files().iter().map(|&file| files[file].clone()).collect()).await?)
        } else {
            let place = self.tree.place(&first.path).ok_or_else(|| tree::changed(&first.path))?;
            let source = Source::File(place.to_owned(), first.path.clone());
            Content { length: first.length, blake3: first.blake3, source }
        };
        let (chk, blake3) = self.insert(number, content, "").await?;
        Ok((ContentRef::of(&chk), blake3))
    }

    async fn read(&self, files: Vec<directory::File>) -> Result<Vec<u8>, Failure> {
        let tree = Arc::clone(self.tree);
        let reading = spawn_blocking(move || tree::read_again(&tree, &files.iter().collect::<Vec<_>>()));
        reading.await.unwrap_or_else(|_| Err(Failure::failed("files could not be read: please report this")))
    }

    /// Inserts content, unless it is known to be stored; waits for what the node has of it already.
    async fn insert(&self, number: usize, content: Content, media_type: &str) -> Result<(Chk, [u8; 32]), Failure> {
        let Content { length, blake3, source } = content;
        let known = self.state.borrow().unfinished.known(&blake3).cloned();
        let stored = match known {
            Some(Known::Stored(chk)) if self.is_link_to(&chk, &blake3, media_type) => Some(chk),
            Some(Known::Taken(job)) if self.is_there(job, length).await? => {
                self.settle(number, job, &blake3, media_type).await?
            }
            _ => None,
        };
        if let Some(chk) = stored {
            self.state.borrow_mut().totals.resumed += length;
            self.done(number, &chk, blake3)?;
            return Ok((chk, blake3));
        }
        let insert = NewInsert {
            name: String::new(),
            media_type: media_type.to_owned(),
            length,
            secret: Some(encoded(self.state.borrow().unfinished.secret())),
        };
        let job = self.client.insert(&insert).await?;
        self.send(job, length, blake3, source).await?;
        {
            let mut state = self.state.borrow_mut();
            state.unfinished.note(blake3, Known::Taken(job))?;
            state.totals.inserts += 1;
            state.totals.sent += length;
        }
        let chk = self.settle(number, job, &blake3, media_type).await?;
        let chk = chk.ok_or_else(|| Failure::failed("the node stored something else than it was given: update it"))?;
        self.done(number, &chk, blake3)?;
        Ok((chk, blake3))
    }

    /// Hands content to the node, which from then on needs nobody.
    async fn send(&self, job: JobId, length: u64, blake3: [u8; 32], source: Source) -> Result<(), Failure> {
        let sent = match source {
            Source::Bytes(bytes) => self.client.send_content(job, length, std::io::Cursor::new(bytes)).await,
            Source::File(place, path) => match tokio::fs::File::open(&place).await {
                Ok(file) => {
                    let file = Unchanged::new(file, length, blake3, &path);
                    self.client.send_content(job, length, file).await
                }
                Err(error) => Err(Failure::failed(format!("cannot read {path} any more: {error}"))),
            },
        };
        match sent {
            // The insert ended first, or the node hung up on it: its status says why.
            Err(failure) if !["not-wanted", HUNG_UP].contains(&failure.code()) => {
                let _ = self.client.end(JobKind::Insert, job).await;
                Err(failure)
            }
            _ => Ok(()),
        }
    }

    /// Whether the queue still has an insert that it took in an earlier run.
    async fn is_there(&self, job: JobId, length: u64) -> Result<bool, Failure> {
        match self.client.any_job(job).await {
            Ok(status) => Ok(status.kind == JobKind::Insert && status.length == Some(length) && status.error.is_none()),
            Err(failure) if failure.code() == "unknown-job" => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Waits for an insert. Gives its link, unless it is one to other bytes.
    async fn settle(
        &self,
        number: usize,
        job: JobId,
        blake3: &[u8; 32],
        media_type: &str,
    ) -> Result<Option<Chk>, Failure> {
        let show = &mut |status: &JobStatus| self.state.borrow_mut().show(number, status);
        let status = follow(self.client, JobKind::Insert, job, self.wait_s, show).await;
        let status = match status {
            Ok(status) if status.error.is_none() => status,
            failed => {
                let _ = self.client.end(JobKind::Insert, job).await;
                return Err(why(failed));
            }
        };
        let link = status.uri.as_deref().and_then(|uri| uri.parse().ok());
        let Some(Uri::Chk(chk)) =
            link.filter(|uri| matches!(uri, Uri::Chk(chk) if self.is_link_to(chk, blake3, media_type)))
        else {
            return Ok(None);
        };
        if status.state == JobState::Weak {
            // The node goes on placing it.
            self.state.borrow_mut().weak = true;
        } else {
            let _ = self.client.end(JobKind::Insert, job).await;
        }
        self.state.borrow_mut().note = status.note;
        Ok(Some(chk))
    }

    /// Keys follow from the content: a link with this key is to these bytes.
    fn is_link_to(&self, chk: &Chk, blake3: &[u8; 32], media_type: &str) -> bool {
        chk.key == self.state.borrow().unfinished.secret().keys(blake3, "", media_type).0
    }

    fn done(&self, number: usize, chk: &Chk, blake3: [u8; 32]) -> Result<(), Failure> {
        let mut state = self.state.borrow_mut();
        if state.unfinished.known(&blake3) != Some(&Known::Stored(chk.clone())) {
            state.unfinished.note(blake3, Known::Stored(chk.clone()))?;
        }
        let (files, bytes) = self.begun.get(number).copied().unwrap_or_default();
        state.under_way.remove(&number);
        state.overall.done += if bytes > 0 { blocks(bytes) } else { 0 };
        state.overall.files_done += files;
        state.overall.bytes_done += bytes;
        state.say_what_is_kept();
        Ok(())
    }

    fn finish(self, chk: &Chk) -> (StoredDirectory, Unfinished) {
        let State { unfinished, progress, totals, weak, note, .. } = self.state.into_inner();
        progress.clear();
        let state = if weak { JobState::Weak } else { JobState::Stored };
        (StoredDirectory { uri: Uri::Chk(chk.clone()).to_text(), state, note, totals }, unfinished)
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
