//! `roneo get`: what a link names, into a file or onto standard output.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use roneo_client::handle::{JobId, JobKind, JobState, JobStatus};
use roneo_keys::Uri;
use serde::Serialize;
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use super::args::Get;
use super::client::Client;
use super::failure::Failure;
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

/// Where content goes.
enum Sink {
    Stdout(tokio::io::Stdout),
    File(PartFile),
}

/// A file that gets its name only once it is whole. Dropped before, it is removed.
struct PartFile {
    file: File,
    part: PathBuf,
    whole: PathBuf,
    finished: bool,
}

/// Fetches content. `None` where it went to standard output.
pub(crate) async fn get(client: &Client, args: &Get, progress: &mut Progress) -> Result<Option<Fetched>, Failure> {
    let uri: Uri = args.uri.parse()?;
    let mut sink = Sink::open(args.output.as_deref(), args.force).await?;
    // What is to be a file goes through the node's queue: an interrupted fetch goes on there, and the
    // same command takes it up again.
    let job = client.fetch(uri.to_text(), matches!(sink, Sink::File(_))).await?;
    let fetched = fetch(client, job, args.wait, &mut sink, progress).await;
    progress.clear();
    let finished = async {
        let (length, status) = fetched?;
        let Sink::File(file) = sink else { return Ok(None) };
        Ok(Some((file.finish(args.force).await?, length, status)))
    };
    let finished: Result<_, Failure> = finished.await;
    // What was taken whole is not needed any more; what failed is begun anew the next time.
    let _ = client.end(JobKind::Fetch, job).await;
    let Some((file, length, status)) = finished? else { return Ok(None) };
    let (name, media_type) = status.map_or((None, None), |status| (status.name, status.media_type));
    Ok(Some(Fetched { file, length, name, media_type }))
}

/// Takes the content while showing how far it is. Returns its length and the last status seen.
async fn fetch(
    client: &Client,
    job: JobId,
    wait_s: u64,
    sink: &mut Sink,
    progress: &mut Progress,
) -> Result<(u64, Option<JobStatus>), Failure> {
    let content = async {
        let mut body = client.content(job).await?;
        sink.take(&mut body).await
    };
    tokio::pin!(content);
    let mut watch = Watch { client, job, nodes_wait: NodesWait::seconds(wait_s), last: None };
    loop {
        tokio::select! {
            // Content first: once it has ended, the job is forgotten and has no status.
            biased;
            length = &mut content => return Ok((length?, watch.last)),
            status = watch.next() => progress.show(&status?),
        }
    }
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

impl Sink {
    async fn open(output: Option<&Path>, force: bool) -> Result<Self, Failure> {
        match output {
            None => Ok(Self::Stdout(tokio::io::stdout())),
            Some(path) if path == Path::new("-") => Ok(Self::Stdout(tokio::io::stdout())),
            Some(path) => PartFile::create(path, force).await.map(Self::File),
        }
    }

    /// Writes a body that is whole. Returns its length.
    async fn take(&mut self, body: &mut Incoming) -> Result<u64, Failure> {
        let (out, place): (&mut (dyn AsyncWrite + Send + Unpin), _) = match self {
            Self::Stdout(stdout) => (stdout, "standard output".to_owned()),
            Self::File(file) => (&mut file.file, file.part.display().to_string()),
        };
        let unwritable = |error: io::Error| Failure::failed(format!("cannot write to {place}: {error}"));
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Failure::failed(
                    "the content broke off: some of it cannot be found now; try again when more nodes are up",
                )
            })?;
            if let Ok(bytes) = frame.into_data() {
                out.write_all(&bytes).await.map_err(unwritable)?;
                length += bytes.len() as u64;
            }
        }
        out.flush().await.map_err(unwritable)?;
        Ok(length)
    }
}

impl PartFile {
    async fn create(whole: &Path, force: bool) -> Result<Self, Failure> {
        refuse_existing(whole, force).await?;
        let mut part = whole.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part)
            .await
            .map_err(|error| Failure::failed(format!("cannot write to {}: {error}", part.display())))?;
        Ok(Self { file, part, whole: whole.to_owned(), finished: false })
    }

    /// Gives the file its name, once it is on the disk.
    async fn finish(mut self, force: bool) -> Result<PathBuf, Failure> {
        refuse_existing(&self.whole, force).await?;
        let named = async {
            self.file.sync_all().await?;
            tokio::fs::rename(&self.part, &self.whole).await
        };
        named.await.map_err(|error| Failure::failed(format!("cannot write {}: {error}", self.whole.display())))?;
        self.finished = true;
        Ok(std::mem::take(&mut self.whole))
    }
}

async fn refuse_existing(path: &Path, force: bool) -> Result<(), Failure> {
    match tokio::fs::metadata(path).await {
        Ok(found) if found.is_dir() => {
            Err(Failure::usage(format!("{} is a directory: name a file in it", path.display())))
        }
        Ok(_) if !force => {
            Err(Failure::refused(format!("{} exists: choose another name, or --force to replace it", path.display())))
        }
        _ => Ok(()),
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.finished {
            // Best effort: what remains is named .part.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}
