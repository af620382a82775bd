//! `roneo put`: a file or standard input into the network.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use rand::RngExt;
use roneo_client::handle::{JobId, JobKind, JobState, JobStatus};
use roneo_content::media_type;
use roneo_filter::CannotStrip;
use roneo_fproxy::api::NewInsert;
use roneo_keys::{ConvergenceSecret, base64};
use roneo_node::{data_dir, key_store};
use serde::Serialize;
use tokio::fs::File;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::args::Put;
use super::client::Client;
use super::failure::{Exit, Failure, HUNG_UP};
use super::progress::{NodesWait, Progress};

/// An insert starts at a random moment of this span, except on local networks and with `--now`.
/// Otherwise whoever watches this machine's line could lay its traffic beside the public time of
/// what was published.
const START_SPAN: Duration = Duration::from_secs(60);

/// How long content may take to end after its insert has.
const SENDING_GRACE: Duration = Duration::from_secs(1);

/// Bytes of standard input at most: more than any disk of a node holds, and a guard against
/// `/dev/zero`.
const MAX_STDIN_LEN: u64 = 1 << 40;

/// What is printed when all is stored, or nothing more can be done now.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Stored {
    /// The link.
    pub(crate) uri: String,
    /// The link by which others can check and repair it, and not read it.
    pub(crate) keep: Option<String>,
    /// `stored` or `weak`.
    pub(crate) state: JobState,
    /// Bytes of content.
    pub(crate) length: u64,
    /// On a small network: how much of it may vanish.
    pub(crate) note: Option<String>,
}

/// What is to be stored, and its length, which goes before it.
struct Source {
    file: File,
    length: u64,
    name: String,
}

/// Stores a file and waits until it is: under keys that follow from a secret and the file, where there is
/// one.
pub(crate) async fn put(
    client: &Client,
    data_dir: &Path,
    args: &Put,
    secret: Option<&ConvergenceSecret>,
    progress: &mut Progress,
) -> Result<Stored, Failure> {
    let mut source = open(&args.file, data_dir).await?;
    if args.strip_metadata {
        let (path, data_dir) = (args.file.display().to_string(), data_dir.to_owned());
        let file = source.file.into_std().await;
        let stripping = tokio::task::spawn_blocking(move || stripped(file, &path, &data_dir)).await;
        let (file, length, removed) =
            stripping.unwrap_or_else(|_| Err(Failure::failed("the picture could not be read: please report this")))?;
        progress.say(&format!("{removed} remarks taken out of the picture"));
        source = Source { file: File::from_std(file), length, ..source };
    }
    let name = args.name.clone().unwrap_or(source.name);
    let media_type = args.media_type.clone().unwrap_or_else(|| media_type::of_name(&name).to_owned());
    if !args.now {
        wait_for_start(client, progress).await?;
    }
    let length = source.length;
    let job = client.insert(&NewInsert { name, media_type, length, secret: secret.map(encoded) }).await?;
    // Owned by this future: when a signal drops it, the node sees the content end.
    let sending = SendingContent::begin(client.clone(), job, length, source.file);
    let status = follow(client, JobKind::Insert, job, args.wait, &mut |status| progress.show(status)).await;
    progress.clear();
    if !matches!(&status, Ok(status) if status.state == JobState::Weak) {
        // The node has nothing left to do for it, and may have forgotten it already. What is weak it
        // goes on placing.
        let _ = client.end(JobKind::Insert, job).await;
    }
    let status = match status {
        Ok(status) if status.error.is_none() => status,
        failed => return Err(sending.cause().await.unwrap_or_else(|| why(failed))),
    };
    let uri = status.uri.ok_or_else(|| Failure::failed("the node stored this without a link: update it"))?;
    Ok(Stored { uri, keep: status.keep, state: status.state, length, note: status.note })
}

/// A secret as the API takes it.
pub(crate) fn encoded(secret: &ConvergenceSecret) -> String {
    base64::encode(secret.expose())
}

pub(crate) fn why(failed: Result<JobStatus, Failure>) -> Failure {
    match failed {
        Ok(status) => status.error.map_or_else(|| Failure::failed("the insert failed"), Failure::from),
        Err(failure) if failure.code() == "unknown-job" => Failure::new(
            Exit::Failed,
            "cancelled",
            "the transfer was ended meanwhile, by `roneo queue cancel` or on its page",
        ),
        Err(failure) => failure,
    }
}

/// Waits until a job has succeeded or failed, and for enough nodes as long as `wait_s` says. Every status
/// on the way is shown to `show`.
pub(crate) async fn follow(
    client: &Client,
    kind: JobKind,
    job: JobId,
    wait_s: u64,
    show: &mut dyn FnMut(&JobStatus),
) -> Result<JobStatus, Failure> {
    let mut nodes_wait = NodesWait::seconds(wait_s);
    let mut status = client.job(kind, job, None).await?;
    loop {
        show(&status);
        if status.state.is_settled() {
            return Ok(status);
        }
        let left = nodes_wait.left(&status)?.unwrap_or(Duration::MAX);
        if let Ok(change) = timeout(left, client.job(kind, job, Some(status.revision))).await {
            status = change?;
        }
    }
}

/// Content on its way to the node. Dropped, it breaks off.
struct SendingContent(JoinHandle<Result<(), Failure>>);

impl SendingContent {
    fn begin(client: Client, job: JobId, length: u64, file: File) -> Self {
        Self(tokio::spawn(async move { client.send_content(job, length, file).await }))
    }

    /// Why the content did not arrive whole, if that is why its insert failed.
    async fn cause(mut self) -> Option<Failure> {
        // A node that wants no more may hang up on what is still being sent, and its answer is lost with
        // the connection: then it is the insert that knows why.
        match timeout(SENDING_GRACE, &mut self.0).await {
            Ok(Ok(Err(failure))) if !["not-wanted", HUNG_UP].contains(&failure.code()) => Some(failure),
            _ => None,
        }
    }
}

impl Drop for SendingContent {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) async fn wait_for_start(client: &Client, progress: &Progress) -> Result<(), Failure> {
    let status = client.status().await?;
    if status.network.starts_with("local") {
        return Ok(());
    }
    let span_ms = u64::try_from(START_SPAN.as_millis()).unwrap_or(u64::MAX);
    let delay = Duration::from_millis(rand::rng().random_range(0..span_ms));
    progress.say("starting at a random moment of the next minute; --now starts at once");
    tokio::time::sleep(delay).await;
    Ok(())
}

async fn open(path: &Path, data_dir: &Path) -> Result<Source, Failure> {
    let unreadable = |error: std::io::Error| Failure::failed(format!("cannot read {}: {error}", path.display()));
    if path == Path::new("-") {
        let data_dir = data_dir.to_owned();
        let spooled = tokio::task::spawn_blocking(move || spool(std::io::stdin().lock(), &data_dir)).await;
        let (mut file, length) =
            spooled.map_err(std::io::Error::other).and_then(|spooled| spooled).map_err(unreadable)?;
        refuse_keys(path, &mut file)?;
        file.rewind().map_err(unreadable)?;
        return Ok(Source { file: File::from_std(file), length, name: String::new() });
    }
    // Looked at before it is opened: a pipe would wait for its other end.
    if !tokio::fs::metadata(path).await.map_err(unreadable)?.is_file() {
        return Err(Failure::usage(format!(
            "{} is no file: give a file, or - to read from standard input",
            path.display()
        )));
    }
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    refuse_keys(path, &mut file)?;
    file.rewind().map_err(unreadable)?;
    let file = File::from_std(file);
    let found = file.metadata().await.map_err(unreadable)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Source { file, length: found.len(), name })
}

/// What cannot be recalled must not be published by mistake. Leaves `file` behind what it looked at.
pub(crate) fn refuse_keys(path: &Path, file: &mut std::fs::File) -> Result<(), Failure> {
    let mut start = Vec::new();
    file.take(64)
        .read_to_end(&mut start)
        .map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))?;
    let what = if key_store::begins_like_a_key(&start) {
        "is a private key: whoever reads it publishes in your name"
    } else if path.parent().is_some_and(data_dir::is_data_dir) {
        "belongs to a node, with its keys"
    } else {
        return Ok(());
    };
    Err(Failure::new(Exit::Failed, "unpublishable", format!("{} {what}; nothing was sent", path.display())))
}

/// A picture without what it says of its maker, its length, and how many remarks that was. Blocks.
fn stripped(file: std::fs::File, path: &str, data_dir: &Path) -> Result<(std::fs::File, u64, u64), Failure> {
    let unreadable = |error: std::io::Error| Failure::failed(format!("cannot read {path}: {error}"));
    let mut bytes = Vec::new();
    // One byte more shows that it is too long, which is said with what to do.
    file.take(roneo_filter::MAX_PICTURE_LEN as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let cannot = |why: CannotStrip| Failure::new(Exit::Failed, "cannot-strip", format!("{path}: {why}"));
    let stripped = roneo_filter::strip(&bytes).map_err(cannot)?;
    let mut clean = tempfile::tempfile_in(data_dir).map_err(unreadable)?;
    clean.write_all(&stripped.bytes).and_then(|()| clean.seek(SeekFrom::Start(0))).map_err(unreadable)?;
    Ok((clean, stripped.bytes.len() as u64, stripped.report.total()))
}

/// Copies what has no length yet into a file that has no name and that only this user can read: an
/// insert begins with its length.
fn spool(input: impl Read, data_dir: &Path) -> std::io::Result<(std::fs::File, u64)> {
    let mut file = tempfile::tempfile_in(data_dir)?;
    let length = std::io::copy(&mut input.take(MAX_STDIN_LEN), &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok((file, length))
}
