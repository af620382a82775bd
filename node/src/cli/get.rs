//! `roneo get`: what a link names, into a file, a directory or onto standard output.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use roneo_client::handle::{JobId, JobKind, JobState, JobStatus};
use roneo_content::directory::{DirectoryError, MAX_MANIFEST_LEN, MEDIA_TYPE, Manifest};
use roneo_keys::Uri;
use serde::Serialize;
use tempfile::TempPath;
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use super::args::Get;
use super::client::Client;
use super::failure::{Exit, Failure};
use super::get_directory::{self, FetchedDirectory};
use super::progress::{NodesWait, Progress};

/// Pause before asking again after a status that could not be had.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// What is printed of a fetch into a file.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fetched {
    /// Where it is.
    pub(crate) file: PathBuf,
    /// Bytes.
    pub(crate) length: u64,
    /// The name that its maker gave it.
    pub(crate) name: Option<String>,
    /// The media type that its maker gave it.
    pub(crate) media_type: Option<String>,
}

/// What a `get` came to.
#[derive(Debug)]
pub(crate) enum Got {
    /// Content went to standard output.
    Written,
    /// A file.
    File(Fetched),
    /// A directory, perhaps without some of its files.
    Directory(FetchedDirectory),
}

/// A file that gets its name only once it is whole. Until then it has a name that nobody else has or
/// follows. Dropped before, it is removed.
struct PartFile {
    file: File,
    part: TempPath,
    whole: PathBuf,
}

/// Fetches content, or all of a directory.
pub(crate) async fn get(client: &Client, args: &Get, progress: &mut Progress) -> Result<Got, Failure> {
    let uri: Uri = args.uri.parse()?;
    let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if let Some(output) = output {
        refuse_existing_file(output, args.force).await?;
    }
    // What is to be a file goes through the node's queue: an interrupted fetch goes on there, and the
    // same command takes it up again.
    let job = client.fetch(uri.to_text(), output.is_some()).await?;
    let found = find(client, job, output, args, progress).await;
    progress.clear();
    // What was taken whole is not needed any more; what failed is begun anew the next time.
    let _ = client.end(JobKind::Fetch, job).await;
    match found? {
        Found::Got(got) => Ok(got),
        Found::Directory(manifest, output) => {
            let fetched = get_directory::get(client, &manifest, output, args, progress).await?;
            Ok(Got::Directory(fetched))
        }
    }
}

/// What a link turned out to name.
enum Found<'a> {
    Got(Got),
    Directory(Box<Manifest>, &'a Path),
}

async fn find<'a>(
    client: &Client,
    job: JobId,
    output: Option<&'a Path>,
    args: &Get,
    progress: &mut Progress,
) -> Result<Found<'a>, Failure> {
    let status = known(client, job, args.wait, &mut |status| progress.show(status)).await?;
    if status.media_type.as_deref() == Some(MEDIA_TYPE) {
        let Some(output) = output else {
            let sentence = "this link names a directory: give -o DIR, or put /NAME of a file in it behind the link";
            return Err(Failure::usage(sentence));
        };
        let manifest = manifest(client, job, &status, args.wait, progress).await?;
        return Ok(Found::Directory(Box::new(manifest), output));
    }
    let show = &mut |status: &JobStatus| progress.show(status);
    let Some(output) = output else {
        take(client, job, args.wait, &mut tokio::io::stdout(), "standard output", show).await?;
        return Ok(Found::Got(Got::Written));
    };
    let mut file = PartFile::create(output, args.force).await?;
    let place = output.display().to_string();
    let length = take(client, job, args.wait, &mut file.file, &place, show).await?;
    let file = file.finish(args.force).await?;
    Ok(Found::Got(Got::File(Fetched { file, length, name: status.name, media_type: status.media_type })))
}

/// The manifest that a fetch leads to; nothing where it leads to no directory.
pub(crate) async fn read_manifest(
    client: &Client,
    job: JobId,
    wait_s: u64,
    progress: &mut Progress,
) -> Result<Option<Manifest>, Failure> {
    let status = known(client, job, wait_s, &mut |status| progress.show(status)).await?;
    if status.media_type.as_deref() != Some(MEDIA_TYPE) {
        return Ok(None);
    }
    manifest(client, job, &status, wait_s, progress).await.map(Some)
}

async fn manifest(
    client: &Client,
    job: JobId,
    status: &JobStatus,
    wait_s: u64,
    progress: &mut Progress,
) -> Result<Manifest, Failure> {
    if status.length.is_none_or(|length| length > MAX_MANIFEST_LEN as u64) {
        return Err(unreadable(&DirectoryError::TooLarge));
    }
    let mut bytes = Vec::new();
    take(client, job, wait_s, &mut bytes, "memory", &mut |status| progress.show(status)).await?;
    Manifest::from_bytes(&bytes).map_err(|error| unreadable(&error))
}

fn unreadable(error: &DirectoryError) -> Failure {
    let code = if *error == DirectoryError::Newer { "newer" } else { "damaged" };
    Failure::new(Exit::Failed, code, error.to_string())
}

/// Waits until it is known what a fetch leads to.
///
/// # Errors
/// Why it leads to nothing; that the wait for enough nodes is over.
pub(crate) async fn known(
    client: &Client,
    job: JobId,
    wait_s: u64,
    show: &mut dyn FnMut(&JobStatus),
) -> Result<JobStatus, Failure> {
    let mut nodes_wait = NodesWait::seconds(wait_s);
    let mut status = client.job(JobKind::Fetch, job, None).await?;
    loop {
        show(&status);
        if let Some(error) = status.error {
            return Err(error.into());
        }
        if status.length.is_some() {
            return Ok(status);
        }
        let left = nodes_wait.left(&status)?.unwrap_or(Duration::MAX);
        if let Ok(change) = timeout(left, client.job(JobKind::Fetch, job, Some(status.revision))).await {
            status = change?;
        }
    }
}

/// Takes the content of a fetch to `out`, which is called `place` in failures, while `show` is told how far
/// it is. Returns its length.
pub(crate) async fn take(
    client: &Client,
    job: JobId,
    wait_s: u64,
    out: &mut (dyn AsyncWrite + Send + Unpin),
    place: &str,
    show: &mut dyn FnMut(&JobStatus),
) -> Result<u64, Failure> {
    let content = async {
        let mut body = client.content(job).await?;
        write(&mut body, out, place).await
    };
    tokio::pin!(content);
    let mut watch = Watch { client, job, nodes_wait: NodesWait::seconds(wait_s), last: None };
    loop {
        tokio::select! {
            // Content first: once it has ended, the job may be forgotten and have no status.
            biased;
            length = &mut content => return length,
            status = watch.next() => show(&status?),
        }
    }
}

/// Writes a body that is whole. Returns its length.
async fn write(body: &mut Incoming, out: &mut (dyn AsyncWrite + Send + Unpin), place: &str) -> Result<u64, Failure> {
    let unwritable = |error: io::Error| cannot_write(place, &error);
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Failure::failed("the content broke off: some of it cannot be found now; try again when more nodes are up")
        })?;
        if let Ok(bytes) = frame.into_data() {
            out.write_all(&bytes).await.map_err(unwritable)?;
            length += bytes.len() as u64;
        }
    }
    out.flush().await.map_err(unwritable)?;
    Ok(length)
}

/// A disk that does not take what is written. Where nothing else would fit either, the code is `disk`.
pub(crate) fn cannot_write(place: &str, error: &io::Error) -> Failure {
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::FileTooLarge
    );
    Failure::new(Exit::Failed, if full { "disk" } else { "failed" }, format!("cannot write to {place}: {error}"))
}

/// Asks how far a fetch is.
struct Watch<'a> {
    client: &'a Client,
    job: JobId,
    nodes_wait: NodesWait,
    last: Option<JobStatus>,
}

impl Watch<'_> {
    /// The next change.
    ///
    /// # Errors
    /// That the wait for enough nodes is over. What else fails shows in the content.
    async fn next(&mut self) -> Result<JobStatus, Failure> {
        loop {
            let left = match &self.last {
                Some(status) => self.nodes_wait.left(status)?.unwrap_or(Duration::MAX),
                None => Duration::MAX,
            };
            let seen = self.last.as_ref().map(|status| status.revision);
            let status = tokio::select! {
                status = self.client.job(JobKind::Fetch, self.job, seen) => status,
                () = sleep(left) => continue,
            };
            match status {
                Ok(status) if matches!(status.state, JobState::Failed | JobState::Fetched) => {
                    self.last = Some(status.clone());
                    // Nothing changes any more: the rest is for the content to say.
                    sleep(ASK_AGAIN).await;
                    return Ok(status);
                }
                Ok(status) => {
                    self.last = Some(status.clone());
                    return Ok(status);
                }
                Err(_) => sleep(ASK_AGAIN).await,
            }
        }
    }
}

impl PartFile {
    async fn create(whole: &Path, force: bool) -> Result<Self, Failure> {
        refuse_existing(whole, force).await?;
        let mut named = tempfile::Builder::new();
        named.prefix(".roneo-").suffix(".part");
        #[cfg(unix)]
        named.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let directory = whole.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let made = named.tempfile_in(directory).map_err(|error| cannot_write(&whole.display().to_string(), &error))?;
        let (file, part) = made.into_parts();
        Ok(Self { file: File::from_std(file), part, whole: whole.to_owned() })
    }

    /// Gives the file its name, once it is on the disk. Without `force` nothing loses that name to it, also nothing
    /// that has come meanwhile.
    async fn finish(self, force: bool) -> Result<PathBuf, Failure> {
        refuse_existing(&self.whole, force).await?;
        let Self { file, part, whole } = self;
        let place = whole.display().to_string();
        file.sync_all().await.map_err(|error| cannot_write(&place, &error))?;
        let named = if force { part.persist(&whole) } else { part.persist_noclobber(&whole) };
        match named {
            Ok(()) => Ok(whole),
            Err(refused) if refused.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(&whole)),
            Err(refused) => Err(cannot_write(&place, &refused.error)),
        }
    }
}

async fn refuse_existing(path: &Path, force: bool) -> Result<(), Failure> {
    match tokio::fs::metadata(path).await {
        Ok(found) if found.is_dir() => Err(Failure::usage(format!(
            "{} is a directory, and the link names a file: name a file in it",
            path.display()
        ))),
        _ => refuse_existing_file(path, force).await,
    }
}

/// A directory may be meant to take a directory: that shows once it is known what the link names. A link is looked at
/// itself, since it is what would be replaced.
async fn refuse_existing_file(path: &Path, force: bool) -> Result<(), Failure> {
    let Ok(found) = tokio::fs::symlink_metadata(path).await else { return Ok(()) };
    let kind = found.file_type();
    if kind.is_dir() || kind.is_symlink() && path.is_dir() {
        return Ok(());
    }
    if !force {
        return Err(exists(path));
    }
    if kind.is_file() || kind.is_symlink() {
        return Ok(());
    }
    let sentence = "is a device, a pipe or a socket: give -o - and lead standard output to it";
    Err(Failure::refused(format!("{} {sentence}", path.display())))
}

fn exists(path: &Path) -> Failure {
    Failure::refused(format!("{} exists: choose another name, or --force to replace it", path.display()))
}
