//! [`insert_directory`]: the inserts of one directory, whoever has its files and whoever reaches the node.
//!
//! Containers and large files are inserted first, some at a time, and last the manifest that leads to them: until
//! it is stored nothing of the directory can be seen. All of them have keys that follow from one secret, so a link
//! proves which bytes it leads to, and what was stored before an interruption is known again.
//!
//! The command line drives this over the API, with files that lie on the disk; the console over the node's own
//! handle, with files that a browser sent.

#![allow(async_fn_in_trait, reason = "whether a future can be sent is seen where the trait is implemented")]

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::TryStreamExt;
use futures_util::stream::FuturesUnordered;
use roneo_client::handle::{InsertRequest, JobId, JobKind, JobState, JobStatus};
use roneo_content::directory::{Assembly, ContentRef, DirectoryError, File, MEDIA_TYPE, Parcel};
use roneo_keys::{Chk, Uri};

use crate::data_dir::DataDirError;
use crate::unfinished::{Known, Unfinished};

/// Inserts of one directory under way at a time.
pub const INSERTS_AT_ONCE: usize = 4;

/// What a directory's inserts need: files to read, a node to insert into, somebody who is told.
pub trait Means {
    /// Why it ended.
    type Error: From<DirectoryError> + From<DataDirError>;

    /// The bytes of files, one behind the other, if they are still those that were looked at.
    async fn read(&self, files: Vec<File>) -> Result<Vec<u8>, Self::Error>;

    /// Begins an insert and hands its content over. Returns once the node needs nobody for it any more.
    async fn insert(&self, request: InsertRequest, content: Content) -> Result<JobId, Self::Error>;

    /// Where a job stands that an earlier run began; `None` where it is not known.
    async fn find(&self, job: JobId) -> Result<Option<JobStatus>, Self::Error>;

    /// Waits until a job has succeeded. `number` tells it from the others of this directory.
    async fn settled(&self, number: usize, job: JobId) -> Result<JobStatus, Self::Error>;

    /// Ends a job that is no longer needed.
    async fn end(&self, job: JobId);

    /// Something has happened.
    fn told(&self, event: Event<'_>);

    /// The node stored something else than it was given.
    fn stored_otherwise(&self) -> Self::Error;
}

/// Bytes for one insert.
#[derive(Debug)]
pub enum Content {
    /// Here.
    Bytes(Vec<u8>),
    /// Those of a file.
    File(File),
}

/// What happens on the way.
#[derive(Debug)]
pub enum Event<'a> {
    /// An earlier run had stored or handed over so many bytes.
    Resumed {
        /// Bytes.
        length: u64,
    },
    /// So many were handed to the node.
    Sent {
        /// Bytes.
        length: u64,
    },
    /// An insert has succeeded.
    Settled(&'a JobStatus),
    /// All of a parcel is stored, or of the manifest, whose number is that behind the last parcel.
    Done {
        /// Which.
        number: usize,
    },
}

/// Inserts what an assembly plans, and then its manifest. What is known of it is forgotten once
/// [`Unfinished::finish`] is called on what this gives back: when nothing is left to be done with it.
///
/// Dropped, it goes on with what the node has taken, and the same files go on from there.
///
/// # Errors
/// Those of `means`.
pub async fn insert_directory<M: Means>(
    mut assembly: Assembly,
    unfinished: Unfinished,
    means: &M,
) -> Result<(Chk, Unfinished), M::Error> {
    let inserts = Inserts { means, unfinished: Mutex::new(unfinished) };
    let mut stored = Vec::new();
    {
        let mut under_way = FuturesUnordered::new();
        let mut parcels = assembly.parcels().iter().enumerate();
        loop {
            while under_way.len() < INSERTS_AT_ONCE {
                let Some((number, parcel)) = parcels.next() else { break };
                under_way.push(inserts.parcel(number, parcel, assembly.files()));
            }
            let Some(one) = under_way.try_next().await? else { break };
            stored.push(one);
        }
    }
    let last = stored.len();
    for (number, content, blake3) in stored {
        assembly.stored(number, content, blake3);
    }
    let inline: Vec<File> = assembly.inline().map(|file| assembly.files()[file].clone()).collect();
    let inline = means.read(inline).await?;
    let manifest = assembly.finish(inline)?.to_bytes();
    let (length, blake3) = (manifest.len() as u64, *blake3::hash(&manifest).as_bytes());
    let chk = inserts.insert(last, Content::Bytes(manifest), length, blake3, MEDIA_TYPE).await?;
    // A panic elsewhere leaves what is known whole: a line is written or not.
    Ok((chk, inserts.unfinished.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

struct Inserts<'a, M> {
    means: &'a M,
    unfinished: Mutex<Unfinished>,
}

impl<M: Means> Inserts<'_, M> {
    async fn parcel(
        &self,
        number: usize,
        parcel: &Parcel,
        files: &[File],
    ) -> Result<(usize, ContentRef, [u8; 32]), M::Error> {
        let first = &files[parcel.files()[0]];
        let (content, length, blake3) = if parcel.is_container() {
            let bytes = self.means.read(parcel.files().iter().map(|&file| files[file].clone()).collect()).await?;
            let blake3 = *blake3::hash(&bytes).as_bytes();
            let length = bytes.len() as u64;
            (Content::Bytes(bytes), length, blake3)
        } else {
            (Content::File(first.clone()), first.length, first.blake3)
        };
        let chk = self.insert(number, content, length, blake3, "").await?;
        Ok((number, ContentRef::of(&chk), blake3))
    }

    /// Inserts content, unless it is known to be stored; waits for what the node has of it already.
    async fn insert(
        &self,
        number: usize,
        content: Content,
        length: u64,
        blake3: [u8; 32],
        media_type: &str,
    ) -> Result<Chk, M::Error> {
        let known = self.unfinished().known(&blake3).cloned();
        let stored = match known {
            Some(Known::Stored(chk)) if self.is_link_to(&chk, &blake3, media_type) => Some(chk),
            Some(Known::Taken(job)) if self.is_there(job, length).await? => {
                self.settle(number, job, &blake3, media_type).await?
            }
            _ => None,
        };
        if let Some(chk) = stored {
            self.means.told(Event::Resumed { length });
            self.done(number, &chk, blake3)?;
            return Ok(chk);
        }
        let secret = Some(self.unfinished().secret().clone());
        let request = InsertRequest { length, name: String::new(), media_type: media_type.to_owned(), secret };
        let job = self.means.insert(request, content).await?;
        self.unfinished().note(blake3, Known::Taken(job))?;
        self.means.told(Event::Sent { length });
        let chk = self.settle(number, job, &blake3, media_type).await?;
        let chk = chk.ok_or_else(|| self.means.stored_otherwise())?;
        self.done(number, &chk, blake3)?;
        Ok(chk)
    }

    /// Whether the queue still has an insert that it took in an earlier run.
    async fn is_there(&self, job: JobId, length: u64) -> Result<bool, M::Error> {
        let status = self.means.find(job).await?;
        Ok(status.is_some_and(|status| {
            status.kind == JobKind::Insert && status.length == Some(length) && status.error.is_none()
        }))
    }

    /// Waits for an insert. Gives its link, unless it is one to other bytes.
    async fn settle(
        &self,
        number: usize,
        job: JobId,
        blake3: &[u8; 32],
        media_type: &str,
    ) -> Result<Option<Chk>, M::Error> {
        let status = match self.means.settled(number, job).await {
            Ok(status) => status,
            Err(error) => {
                self.means.end(job).await;
                return Err(error);
            }
        };
        let link = status.uri.as_deref().and_then(|uri| uri.parse().ok());
        let Some(Uri::Chk(chk)) =
            link.filter(|uri| matches!(uri, Uri::Chk(chk) if self.is_link_to(chk, blake3, media_type)))
        else {
            return Ok(None);
        };
        // What is weak the node goes on placing.
        if status.state != JobState::Weak {
            self.means.end(job).await;
        }
        self.means.told(Event::Settled(&status));
        Ok(Some(chk))
    }

    /// Keys follow from the content: a link with this key is to these bytes.
    fn is_link_to(&self, chk: &Chk, blake3: &[u8; 32], media_type: &str) -> bool {
        chk.key == self.unfinished().secret().keys(blake3, "", media_type).0
    }

    fn done(&self, number: usize, chk: &Chk, blake3: [u8; 32]) -> Result<(), M::Error> {
        {
            let mut unfinished = self.unfinished();
            if unfinished.known(&blake3) != Some(&Known::Stored(chk.clone())) {
                unfinished.note(blake3, Known::Stored(chk.clone()))?;
            }
        }
        self.means.told(Event::Done { number });
        Ok(())
    }

    /// Never held across a wait.
    fn unfinished(&self) -> MutexGuard<'_, Unfinished> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
