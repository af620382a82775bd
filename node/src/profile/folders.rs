//! Folders that a program hands over: inserted as directories, and published as editions of sites.
//!
//! They end with the node; what it has taken of them goes on, and the same folder handed over again goes on from
//! there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use roneo_client::folder::{
    FileContent, FileFault, FolderId, FolderLink, FolderState, FolderStatus, MAX_FOLDERS, NewFile, NewFolder, SiteName,
};
use roneo_client::handle::{
    CHUNK_LEN, ContentSource, HandleError, InMemory, InsertRequest, JobId, JobState, JobStatus, NodeHandle, Target,
};
use roneo_client::profile::ProfileError;
use roneo_content::directory::{self, Assembly, DirectoryError, MAX_ENTRIES, MAX_MANIFEST_LEN, MEDIA_TYPE, Manifest};
use roneo_keys::{Chk, ConvergenceSecret, Docname, InsertUri, Uri};
use tokio::task::AbortHandle;

use super::sealed_file::disk;
use super::{Inner, Profile, key_error, lock};
use crate::data_dir::DataDirError;
use crate::directory_insert::{Content, Event, Means, insert_directory};
use crate::unfinished::{Identity, Unfinished};

/// What is known of all folders of this run.
#[derive(Default)]
pub(super) struct Folders {
    /// The number of the last.
    last: u64,
    all: BTreeMap<FolderId, Folder>,
}

struct Folder {
    status: FolderStatus,
    /// Bytes of each insert.
    parcels: Vec<u64>,
    /// Bytes done of inserts under way.
    under_way: BTreeMap<JobId, u64>,
    /// Bytes of inserts that are done, and of the edition before.
    done: u64,
    weak: bool,
    task: Option<AbortHandle>,
}

/// What a folder is published as.
struct Edition {
    name: SiteName,
    secret: ConvergenceSecret,
    to: InsertUri,
}

impl Profile {
    pub(super) async fn begin_folder(&self, folder: NewFolder) -> Result<FolderId, ProfileError> {
        let NewFolder { name, files, site } = folder;
        check(&files)?;
        let edition = match site {
            Some(name) => Some(self.edition_of(name).await?),
            None => None,
        };
        let status = FolderStatus {
            id: FolderId(0),
            name,
            site: edition.as_ref().map(|edition| edition.name.clone()),
            files: files.len(),
            length: files.iter().map(|file| file.length).sum(),
            done: 0,
            reused: 0,
            state: if edition.is_some() { FolderState::Comparing } else { FolderState::Storing },
            jobs: Vec::new(),
        };
        let id = self.0.take_folder(status)?;
        let profile = self.clone();
        let task = tokio::spawn(async move {
            let state = match profile.insert_folder(id, files, edition).await {
                Ok(link) => link,
                Err(error) => FolderState::Failed(error),
            };
            profile.0.with_folder(id, |folder| {
                folder.under_way.clear();
                folder.status.state = state;
            });
        });
        self.0.with_folder(id, |folder| folder.task = Some(task.abort_handle()));
        Ok(id)
    }

    /// Ends a folder, and the inserts of it that are under way.
    pub(super) async fn stop_folder(&self, id: FolderId) -> Result<(), ProfileError> {
        let folder = lock(&self.0.folders).all.remove(&id).ok_or(ProfileError::NoSuchFolder)?;
        if let Some(task) = folder.task {
            task.abort();
        }
        for job in folder.under_way.into_keys() {
            // One that has ended meanwhile needs no end.
            let _ = self.0.node.cancel(job).await;
        }
        Ok(())
    }

    async fn edition_of(&self, name: SiteName) -> Result<Edition, ProfileError> {
        let docname: Docname = name.site.parse().map_err(|_| ProfileError::Name(name.site.clone()))?;
        let key = name.key.clone();
        let pair = self.blocking(move |inner| inner.keys.load(&key).map_err(|error| key_error(error, &key))).await?;
        let secret = pair.convergence(&docname);
        Ok(Edition { name, secret, to: InsertUri::Usk { pair, docname, edition: 0 } })
    }

    async fn insert_folder(
        &self,
        id: FolderId,
        files: Vec<NewFile>,
        edition: Option<Edition>,
    ) -> Result<FolderState, ProfileError> {
        let node = &self.0.node;
        let previous = match &edition {
            Some(edition) => last_edition(&**node, edition.to.public()).await?,
            None => None,
        };
        let listed: Vec<directory::File> = files.iter().map(listed).collect();
        let (purpose, secret) = match &edition {
            Some(edition) => (edition.to.public().to_text(), Some(edition.secret.clone())),
            None => (fingerprint(&listed), None),
        };
        let assembly = Assembly::new(listed, previous.as_ref()).map_err(unpublishable)?;
        self.0.with_folder(id, |folder| folder.plan(&assembly));
        let seed = self.seed();
        let unfinished = self
            .blocking(move |inner| {
                inner.open_still()?;
                let identity = Identity::of(Path::new("folder"), &purpose, secret.as_ref());
                let mut rng = ChaCha20Rng::from_seed(seed);
                Unfinished::open(&inner.root, &identity, secret, &mut rng).map_err(|error| disk(&error))
            })
            .await?;
        let contents = files.into_iter().map(|file| (file.path, file.content)).collect();
        let hands = Hands { inner: Arc::clone(&self.0), id, contents };
        let (chk, unfinished) = insert_directory(assembly, unfinished, &hands).await.map_err(|Stopped(error)| error)?;
        let link = match edition {
            Some(edition) => self.publish_folder(id, edition, &chk).await?,
            None => Uri::Chk(chk).to_text(),
        };
        self.blocking(move |_| unfinished.finish().map_err(|error| disk(&error))).await?;
        let weak = self.0.with_folder(id, |folder| folder.weak).unwrap_or_default();
        let state = if weak { JobState::Weak } else { JobState::Stored };
        Ok(FolderState::Done { link: FolderLink(link), state })
    }

    async fn publish_folder(&self, id: FolderId, edition: Edition, chk: &Chk) -> Result<String, ProfileError> {
        self.0.with_folder(id, |folder| folder.status.state = FolderState::Publishing);
        let public = edition.to.public().to_text();
        let job = self.0.node.publish(edition.to, Target::of(chk)).await?;
        self.remember_when_stored(edition.name.key, edition.name.site, job).await?;
        let status = self.0.node.job(job).await?;
        self.0.with_folder(id, |folder| folder.weak |= status.state == JobState::Weak);
        Ok(status.uri.unwrap_or(public))
    }

    fn seed(&self) -> [u8; 32] {
        use rand::Rng as _;
        let mut seed = [0; 32];
        lock(&self.0.rng).fill_bytes(&mut seed);
        seed
    }
}

impl Inner {
    pub(super) fn folders(&self) -> Vec<FolderStatus> {
        lock(&self.folders).all.values().map(Folder::shown).collect()
    }

    /// Makes a place for a folder: beyond the bound, that of the oldest which has ended.
    fn take_folder(&self, status: FolderStatus) -> Result<FolderId, ProfileError> {
        let mut folders = lock(&self.folders);
        if folders.all.len() >= MAX_FOLDERS {
            let ended = folders.all.iter().find(|(_, folder)| folder.status.state.is_settled()).map(|(id, _)| *id);
            let ended = ended.ok_or(ProfileError::Full { what: "folders on their way", most: MAX_FOLDERS })?;
            folders.all.remove(&ended);
        }
        folders.last += 1;
        let id = FolderId(folders.last);
        let status = FolderStatus { id, ..status };
        let (parcels, under_way) = (Vec::new(), BTreeMap::new());
        folders.all.insert(id, Folder { status, parcels, under_way, done: 0, weak: false, task: None });
        Ok(id)
    }

    /// Does something with a folder, unless it was ended.
    fn with_folder<R>(&self, id: FolderId, act: impl FnOnce(&mut Folder) -> R) -> Option<R> {
        lock(&self.folders).all.get_mut(&id).map(act)
    }
}

impl Folder {
    fn plan(&mut self, assembly: &Assembly) {
        self.parcels = assembly.parcels().iter().map(directory::Parcel::length).collect();
        self.done = assembly.reused().bytes;
        self.status.reused = self.done;
        self.status.state = FolderState::Storing;
    }

    fn shown(&self) -> FolderStatus {
        let under_way: u64 = self.under_way.values().sum();
        FolderStatus {
            // The manifest travels too, and is no file.
            done: (self.done + under_way).min(self.status.length),
            jobs: self.under_way.keys().copied().collect(),
            ..self.status.clone()
        }
    }

    fn told(&mut self, event: &Event<'_>) {
        match event {
            Event::Resumed { length } => self.status.reused += length,
            Event::Sent { .. } => {}
            Event::Settled(status) => {
                self.under_way.remove(&status.job);
                self.weak |= status.state == JobState::Weak;
            }
            Event::Done { number } => {
                self.done += self.parcels.get(*number).copied().unwrap_or_default();
            }
        }
    }
}

/// What no directory could hold is refused before anything is read, by name.
fn check(files: &[NewFile]) -> Result<(), ProfileError> {
    if files.len() > MAX_ENTRIES {
        return Err(ProfileError::Full { what: "files in this folder", most: MAX_ENTRIES });
    }
    let wrong = files.iter().filter(|file| !directory::is_path(&file.path));
    let wrong: Vec<_> = wrong.map(|file| (file.path.clone(), FileFault::Name)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(ProfileError::Files(wrong)) }
}

fn unpublishable(error: DirectoryError) -> ProfileError {
    match error {
        DirectoryError::Path(path) => ProfileError::Files(vec![(path, FileFault::Name)]),
        DirectoryError::Clash(path) => ProfileError::Files(vec![(path, FileFault::Clash)]),
        DirectoryError::Newer => ProfileError::Newer,
        _ => ProfileError::Full { what: "files in this folder", most: MAX_ENTRIES },
    }
}

fn listed(file: &NewFile) -> directory::File {
    directory::File {
        path: file.path.clone(),
        media_type: file.media_type.clone(),
        length: file.length,
        blake3: file.blake3,
    }
}

/// Tells a folder without a key from others: by what is in it.
fn fingerprint(files: &[directory::File]) -> String {
    let mut sorted: Vec<_> = files.iter().map(|file| (&file.path, &file.blake3)).collect();
    sorted.sort();
    let mut hasher = blake3::Hasher::new_derive_key("roneo folder without a key 1");
    for (path, blake3) in sorted {
        hasher.update(&(path.len() as u64).to_le_bytes()).update(path.as_bytes()).update(blake3);
    }
    hasher.finalize().to_hex().to_string()
}

/// The directory that a site leads to now, as far as it can be read.
async fn last_edition(node: &dyn NodeHandle, site: Uri) -> Result<Option<Manifest>, ProfileError> {
    let job = node.fetch(site).await?;
    let manifest = manifest(node, job).await;
    let _ = node.cancel(job).await;
    match manifest {
        // Without it everything is sent, which is no reason not to publish.
        Err(HandleError::Job(_)) => Ok(None),
        other => Ok(other?),
    }
}

async fn manifest(node: &dyn NodeHandle, job: JobId) -> Result<Option<Manifest>, HandleError> {
    let mut bytes = Vec::new();
    while let Some(more) = node.read(job).await? {
        // What it is stands in the root, which is there before the first bytes are.
        if bytes.is_empty() && node.job(job).await?.media_type.as_deref() != Some(MEDIA_TYPE) {
            return Ok(None);
        }
        bytes.extend(more);
        if bytes.len() > MAX_MANIFEST_LEN {
            return Ok(None);
        }
    }
    Ok(Manifest::from_bytes(&bytes).ok())
}

/// The files of a folder, and the node that takes them.
struct Hands {
    inner: Arc<Inner>,
    id: FolderId,
    contents: BTreeMap<String, Box<dyn FileContent>>,
}

/// Why an insert ended.
struct Stopped(ProfileError);

impl From<DirectoryError> for Stopped {
    fn from(error: DirectoryError) -> Self {
        Self(unpublishable(error))
    }
}

impl From<DataDirError> for Stopped {
    fn from(error: DataDirError) -> Self {
        Self(disk(&error))
    }
}

impl From<HandleError> for Stopped {
    fn from(error: HandleError) -> Self {
        Self(error.into())
    }
}

impl Hands {
    async fn open(&self, path: &str) -> Result<Box<dyn ContentSource>, Stopped> {
        let content = self.contents.get(path).ok_or_else(|| changed(path))?;
        content.open().await.map_err(|error| Stopped(ProfileError::Disk(error.to_string())))
    }

    /// Waits while a job is in `state`, telling how far it is.
    async fn wait(&self, job: JobId, while_so: fn(&JobStatus) -> bool) -> Result<JobStatus, Stopped> {
        let mut status = self.inner.node.job(job).await?;
        loop {
            self.inner.with_folder(self.id, |folder| folder.under_way.insert(job, status.bytes_done));
            if let Some(error) = status.error {
                return Err(HandleError::Job(error).into());
            }
            if !while_so(&status) {
                return Ok(status);
            }
            status = self.inner.node.job_change(job, status.revision).await?;
        }
    }
}

fn changed(path: &str) -> Stopped {
    Stopped(ProfileError::Disk(format!("{path} is not what it was when it was sent: send it again")))
}

impl Means for Hands {
    type Error = Stopped;

    async fn read(&self, files: Vec<directory::File>) -> Result<Vec<u8>, Stopped> {
        let mut bytes = Vec::new();
        for file in files {
            let (start, mut source) = (bytes.len(), self.open(&file.path).await?);
            loop {
                let more = source.read(CHUNK_LEN).await.map_err(|_| changed(&file.path))?;
                if more.is_empty() {
                    break;
                }
                bytes.extend(more);
            }
            if *blake3::hash(&bytes[start..]).as_bytes() != file.blake3 {
                return Err(changed(&file.path));
            }
        }
        Ok(bytes)
    }

    async fn insert(&self, request: InsertRequest, content: Content) -> Result<JobId, Stopped> {
        let source: Box<dyn ContentSource> = match content {
            Content::Bytes(bytes) => Box::new(InMemory::new(bytes)),
            Content::File(file) => self.open(&file.path).await?,
        };
        let job = self.inner.node.insert(request, source).await?;
        self.wait(job, |status| status.state == JobState::Receiving).await?;
        Ok(job)
    }

    async fn find(&self, job: JobId) -> Result<Option<JobStatus>, Stopped> {
        match self.inner.node.job(job).await {
            Ok(status) => Ok(Some(status)),
            Err(HandleError::UnknownJob) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn settled(&self, _: usize, job: JobId) -> Result<JobStatus, Stopped> {
        self.wait(job, |status| !status.state.is_settled()).await
    }

    async fn end(&self, job: JobId) {
        let _ = self.inner.node.cancel(job).await;
    }

    fn told(&self, event: Event<'_>) {
        self.inner.with_folder(self.id, |folder| folder.told(&event));
    }

    fn stored_otherwise(&self) -> Stopped {
        Stopped(ProfileError::Disk("the node stored something else than it was given: update it".to_owned()))
    }
}
