//! [`Profile`]: what the user of a node keeps in its data directory, behind
//! [`ProfileHandle`].
//!
//! Keys are files of their own ([`KeyStore`]), settings stand in
//! `config.toml`, what was heard on boards in the sealed index of `profile/index/`, and the rest in five sealed files of
//! `profile/`. All but the index is read anew or held in
//! memory whole: every list is short.

mod backup;
mod bookmarks;
mod chains;
mod checks;
mod conversations;
mod editions;
mod folders;
mod hear;
mod lanes;
mod listen;
mod outbox;
mod say;
mod sealed_file;
mod social;
mod stewards;
pub mod stored;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use roneo_client::backup::{Backup, NewBackup, Restored};
use roneo_client::folder::{FolderId, FolderStatus, NewFolder};
use roneo_client::handle::{HandleError, JobId, NodeHandle};
use roneo_client::notice::Warning;
use roneo_client::profile::{
    Bookmark, BookmarkChange, BookmarkId, Key, NewBookmark, NewEdition, Preferences, ProfileError, ProfileFuture,
    ProfileHandle, Recent, Setting, Site, Visit,
};
use roneo_index::{Index, IndexKey};
use roneo_keys::{InsertUri, NodeSecret, Uri};
use roneo_social::{BoardId, EnvelopeId, PersonId, Pointer};
use tokio::sync::{Notify, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::config::{Config, edit};
use crate::data_dir::{self, DataDirError};
use crate::key_store::{KeyStore, KeyStoreError};
use sealed_file::{Found, SealedFiles};
use stored::{Boards, Bookmarks, Recents, Sites, Social, Stored};

pub(crate) use checks::Pace;
pub(crate) use listen::ReadingPace;

/// Publications that are followed to their end at one time.
const MAX_FOLLOWED: usize = 64;

/// What the user keeps. Clones share it.
#[derive(Clone)]
pub struct Profile(Arc<Inner>);

/// A profile that was opened.
pub struct Opened {
    /// What the user keeps.
    pub profile: Profile,
    /// One sentence for each file that is not as it should be.
    pub warnings: Vec<Warning>,
}

struct Inner {
    root: PathBuf,
    keys: KeyStore,
    files: SealedFiles,
    kept: Mutex<Kept>,
    /// What `config.toml` said when it was last read.
    preferences: Mutex<Option<(Stamp, Preferences)>>,
    /// Held while `config.toml` is changed.
    editing: Mutex<()>,
    node: Arc<dyn NodeHandle>,
    clock: Clock,
    rng: Mutex<ChaCha20Rng>,
    /// Told when a bookmark came or went, or checks were turned on or off.
    bookmarks_changed: Notify,
    followers: Arc<Semaphore>,
    folders: Mutex<folders::Folders>,
    /// Percent of the work that is done for what is about to be announced.
    work: Mutex<BTreeMap<EnvelopeId, u32>>,
    /// What is being stored and announced.
    under_way: Mutex<BTreeSet<EnvelopeId>>,
    read_lately: Mutex<hear::ReadLately>,
    /// What was asked for and not found, and when.
    not_found: Mutex<BTreeMap<Pointer, Instant>>,
    /// Looks into outboxes that may go on at one time.
    looks: Arc<Semaphore>,
    /// What was heard; or why it cannot be opened.
    index: Mutex<Result<Index, String>>,
    boards: Mutex<BTreeMap<BoardId, listen::BoardState>>,
    people: Mutex<BTreeMap<PersonId, listen::Author>>,
    /// Told when a board is opened, followed or no longer followed.
    boards_changed: Notify,
    /// What stewards' seats said lately.
    asked: Mutex<BTreeMap<BoardId, chains::Asked>>,
    /// Told when a seat is to be published.
    stewards_changed: Notify,
    /// Told when there may be a beacon to be shown.
    beacons_changed: Notify,
    /// Identities whose outbox is being published.
    publishing: Mutex<BTreeSet<PersonId>>,
    /// Seconds that what is said waits before it leaves, at most.
    delay_s: AtomicU64,
    /// Held while a proof of work is made.
    solving: tokio::sync::Mutex<()>,
    closed: AtomicBool,
}

/// The sealed files.
struct Kept {
    bookmarks: File<Bookmarks>,
    recents: File<Recents>,
    sites: File<Sites>,
    social: File<Social>,
    boards: File<Boards>,
}

struct File<T> {
    value: T,
    /// A newer version wrote it: it is shown empty and never replaced.
    newer: bool,
}

/// By which a file that changed is told from one that did not.
type Stamp = Option<(SystemTime, u64)>;

impl Profile {
    /// Opens what is kept in the data directory `root`, which the caller has locked. Blocks. `seed` is
    /// fresh randomness.
    ///
    /// # Errors
    /// [`DataDirError::Io`] where the disk does not give a file; a damaged one never fails it.
    pub fn open(
        root: &Path,
        secret: &NodeSecret,
        seed: [u8; 32],
        node: Arc<dyn NodeHandle>,
    ) -> Result<Opened, DataDirError> {
        let files = SealedFiles::new(root.join(data_dir::PROFILE_DIR), secret, &seed);
        let mut warnings = Vec::new();
        let kept = Kept {
            bookmarks: load(&files, &mut warnings)?,
            recents: load(&files, &mut warnings)?,
            sites: load(&files, &mut warnings)?,
            social: load(&files, &mut warnings)?,
            boards: load(&files, &mut warnings)?,
        };
        let index = open_index(root, secret, &kept.social.value, &seed);
        if let Err(reason) = &index {
            warnings.push(Warning::HeardClosed { reason: reason.clone() });
        }
        let inner = Inner {
            root: root.to_owned(),
            keys: KeyStore::of(root),
            files,
            kept: Mutex::new(kept),
            preferences: Mutex::default(),
            editing: Mutex::default(),
            node,
            clock: Clock::new(),
            rng: Mutex::new(ChaCha20Rng::from_seed(blake3::derive_key("roneo node profile randomness 1", &seed))),
            bookmarks_changed: Notify::new(),
            followers: Arc::new(Semaphore::new(MAX_FOLLOWED)),
            folders: Mutex::default(),
            work: Mutex::default(),
            under_way: Mutex::default(),
            read_lately: Mutex::default(),
            not_found: Mutex::default(),
            looks: Arc::new(Semaphore::new(listen::LOOKS)),
            index: Mutex::new(index),
            boards: Mutex::default(),
            people: Mutex::default(),
            boards_changed: Notify::new(),
            asked: Mutex::default(),
            stewards_changed: Notify::new(),
            beacons_changed: Notify::new(),
            publishing: Mutex::default(),
            delay_s: AtomicU64::new(0),
            solving: tokio::sync::Mutex::default(),
            closed: AtomicBool::new(false),
        };
        Ok(Opened { profile: Self(Arc::new(inner)), warnings })
    }

    /// Lets what is said from now on wait before it leaves, at random and so long at most.
    pub(crate) fn delay_posts(&self, longest: Duration) {
        self.0.delay_s.store(longest.as_secs(), Ordering::Relaxed);
    }

    /// Looks after bookmarks and editions that wait, for as long as it is polled.
    pub(crate) async fn look_after(self, pace: Pace, reading: ReadingPace) {
        self.go_on_with_pending();
        self.go_on_with_posts();
        self.go_on_with_outboxes();
        tokio::join!(self.check_bookmarks(pace), self.listen(reading), self.keep_seats(), self.show_beacons());
    }

    /// Ends all access to the data directory: what is called afterwards is refused. Blocks while
    /// something is being written.
    pub(crate) fn close(&self) {
        let _editing = lock(&self.0.editing);
        let _kept = lock(&self.0.kept);
        let _index = lock(&self.0.index);
        self.0.closed.store(true, Ordering::SeqCst);
    }

    /// Runs what waits for the disk where waiting is allowed.
    async fn blocking<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<R, ProfileError> + Send + 'static,
    ) -> Result<R, ProfileError> {
        let inner = Arc::clone(&self.0);
        let done = spawn_blocking(move || work(&inner)).await;
        done.unwrap_or_else(|_| Err(ProfileError::Disk("this broke off: please report it".to_owned())))
    }
}

/// Opens the index of what was heard, for the user's own persons.
fn open_index(root: &Path, secret: &NodeSecret, social: &Social, seed: &[u8; 32]) -> Result<Index, String> {
    let node = Zeroizing::new(secret.expose_seed());
    let key = IndexKey::from_bytes(blake3::derive_key("roneo node index key 1", &*node));
    let own: Vec<PersonId> = social.people.iter().map(stored::OwnPerson::person).collect();
    let mut rng = ChaCha20Rng::from_seed(blake3::derive_key("roneo node index randomness 1", seed));
    let opened = Index::open(&root.join(data_dir::PROFILE_DIR).join("index"), &key, &own, &mut rng);
    opened.map(|(index, _)| index).map_err(|error| error.to_string())
}

fn load<T: Stored>(files: &SealedFiles, warnings: &mut Vec<Warning>) -> Result<File<T>, DataDirError> {
    let Found { value, newer, warning } = files.load()?;
    warnings.extend(warning);
    Ok(File { value, newer })
}

impl Inner {
    /// Refuses to touch the directory once another node may have it.
    fn open_still(&self) -> Result<(), ProfileError> {
        if self.closed.load(Ordering::SeqCst) { Err(HandleError::Stopping.into()) } else { Ok(()) }
    }

    /// Reads one of the files.
    fn read<R>(&self, read: impl FnOnce(&Kept) -> R) -> R {
        read(&lock(&self.kept))
    }

    /// Changes one of the files: on disk first, and in memory only then.
    fn change<T: Stored + PartialEq, R>(
        &self,
        file: impl FnOnce(&mut Kept) -> &mut File<T>,
        change: impl FnOnce(&mut T) -> Result<R, ProfileError>,
    ) -> Result<R, ProfileError> {
        let mut kept = lock(&self.kept);
        self.open_still()?;
        let file = file(&mut kept);
        if file.newer {
            return Err(ProfileError::Newer);
        }
        let mut changed = file.value.clone();
        let answer = change(&mut changed)?;
        if changed != file.value {
            self.files.save(&changed)?;
            file.value = changed;
        }
        Ok(answer)
    }

    /// A configuration that cannot be read leaves pages as they were.
    fn preferences(&self) -> Preferences {
        let stamp = |found: fs::Metadata| Some((found.modified().ok()?, found.len()));
        let stamp: Stamp = fs::metadata(data_dir::config_path(&self.root)).ok().and_then(stamp);
        let mut known = lock(&self.preferences);
        match *known {
            Some((of, preferences)) if of == stamp => preferences,
            before => {
                let read = Config::load(&self.root).map(|config| config.console.preferences());
                let preferences = read.unwrap_or_else(|_| before.map(|(_, before)| before).unwrap_or_default());
                *known = Some((stamp, preferences));
                preferences
            }
        }
    }

    fn edit(&self, edit: impl FnOnce(&Path) -> Result<Setting, ProfileError>) -> Result<Setting, ProfileError> {
        let _editing = lock(&self.editing);
        self.open_still()?;
        let setting = edit(&self.root)?;
        // Two changes within a tick of the file system's clock would look like one.
        *lock(&self.preferences) = None;
        self.bookmarks_changed.notify_one();
        Ok(setting)
    }

    fn key(&self, name: &str) -> Key {
        Key { name: name.to_owned(), sound: self.keys.load(name).is_ok() }
    }

    fn now(&self) -> u64 {
        self.clock.now().wall.0
    }
}

impl ProfileHandle for Profile {
    fn keys(&self) -> ProfileFuture<'_, Vec<Key>> {
        Box::pin(self.blocking(|inner| {
            let names = inner.keys.names().map_err(|error| key_error(error, ""))?;
            Ok(names.iter().map(|name| inner.key(name)).collect())
        }))
    }

    fn new_key(&self, name: String) -> ProfileFuture<'_, Key> {
        Box::pin(self.blocking(move |inner| {
            inner.open_still()?;
            let made = inner.keys.create(&name, &mut *lock(&inner.rng));
            made.map_err(|error| key_error(error, &name))?;
            Ok(Key { name, sound: true })
        }))
    }

    fn export_key(&self, name: String) -> ProfileFuture<'_, Zeroizing<String>> {
        Box::pin(self.blocking(move |inner| inner.keys.export(&name).map_err(|error| key_error(error, &name))))
    }

    fn import_key(&self, text: Zeroizing<String>, name: Option<String>) -> ProfileFuture<'_, Key> {
        Box::pin(self.blocking(move |inner| {
            inner.open_still()?;
            let wished = name.as_deref();
            let name = inner.keys.import(&text, wished);
            let name = name.map_err(|error| key_error(error, wished.unwrap_or_default()))?;
            Ok(Key { name, sound: true })
        }))
    }

    fn delete_key(&self, name: String) -> ProfileFuture<'_, ()> {
        Box::pin(self.blocking(move |inner| {
            inner.open_still()?;
            inner.keys.delete(&name).map_err(|error| key_error(error, &name))?;
            inner.change(
                |kept| &mut kept.sites,
                |sites| {
                    sites.list.retain(|site| site.key != name);
                    sites.pending.retain(|pending| pending.key != name);
                    Ok(())
                },
            )
        }))
    }

    fn sites(&self) -> ProfileFuture<'_, Vec<Site>> {
        Box::pin(self.blocking(|inner| Ok(editions::listed(inner))))
    }

    fn publish(&self, edition: NewEdition) -> ProfileFuture<'_, JobId> {
        Box::pin(self.publish_edition(edition))
    }

    fn note_publication(&self, to: InsertUri, job: JobId) -> ProfileFuture<'_, ()> {
        Box::pin(self.follow_foreign(to, job))
    }

    fn put_folder(&self, folder: NewFolder) -> ProfileFuture<'_, FolderId> {
        Box::pin(self.begin_folder(folder))
    }

    fn folders(&self) -> ProfileFuture<'_, Vec<FolderStatus>> {
        let folders = self.0.folders();
        Box::pin(async { Ok(folders) })
    }

    fn end_folder(&self, folder: FolderId) -> ProfileFuture<'_, ()> {
        Box::pin(self.stop_folder(folder))
    }

    fn bookmarks(&self) -> ProfileFuture<'_, Vec<Bookmark>> {
        let list = self.0.read(|kept| kept.bookmarks.value.list.iter().map(bookmarks::shown).collect());
        Box::pin(async { Ok(list) })
    }

    fn add_bookmark(&self, bookmark: NewBookmark) -> ProfileFuture<'_, Bookmark> {
        Box::pin(self.blocking(move |inner| {
            let uri: Uri = bookmark.link.parse().map_err(|_| ProfileError::Link)?;
            let added = inner.change(|kept| &mut kept.bookmarks, |list| bookmarks::add(list, &uri, &bookmark.title));
            inner.bookmarks_changed.notify_one();
            added
        }))
    }

    fn change_bookmark(&self, id: BookmarkId, change: BookmarkChange) -> ProfileFuture<'_, Bookmark> {
        Box::pin(self.blocking(move |inner| {
            inner.change(|kept| &mut kept.bookmarks, |list| bookmarks::change(list, id, &change))
        }))
    }

    fn delete_bookmark(&self, id: BookmarkId) -> ProfileFuture<'_, ()> {
        Box::pin(self.blocking(move |inner| {
            inner.change(|kept| &mut kept.bookmarks, |list| bookmarks::remove(list, id))?;
            inner.bookmarks_changed.notify_one();
            Ok(())
        }))
    }

    fn check_bookmark(&self, id: BookmarkId) -> ProfileFuture<'_, Bookmark> {
        Box::pin(self.check(id))
    }

    fn opened(&self, visit: Visit) -> ProfileFuture<'_, ()> {
        Box::pin(self.blocking(move |inner| {
            let uri: Uri = visit.link.parse().map_err(|_| ProfileError::Link)?;
            if inner.preferences().recent {
                let now = inner.now();
                inner.change(
                    |kept| &mut kept.recents,
                    |list| {
                        bookmarks::opened(list, &uri, &visit, now);
                        Ok(())
                    },
                )?;
            }
            inner.change(
                |kept| &mut kept.bookmarks,
                |list| {
                    bookmarks::seen(list, &uri);
                    Ok(())
                },
            )
        }))
    }

    fn recent(&self) -> ProfileFuture<'_, Vec<Recent>> {
        Box::pin(self.blocking(|inner| {
            if !inner.preferences().recent {
                return Ok(Vec::new());
            }
            let shown = |recent: &stored::Recent| Recent {
                link: recent.link.clone(),
                title: recent.title.clone(),
                media_type: recent.media_type.clone(),
                length: recent.length,
                at: recent.at,
            };
            Ok(inner.read(|kept| kept.recents.value.list.iter().map(shown).collect()))
        }))
    }

    fn clear_recent(&self) -> ProfileFuture<'_, ()> {
        Box::pin(self.blocking(|inner| {
            inner.change(
                |kept| &mut kept.recents,
                |recents| {
                    recents.list.clear();
                    Ok(())
                },
            )
        }))
    }

    fn backup(&self, new: NewBackup) -> ProfileFuture<'_, Backup> {
        Box::pin(self.make_backup(new))
    }

    fn restore(&self, backup: Backup) -> ProfileFuture<'_, Restored> {
        Box::pin(self.restore_backup(backup))
    }

    fn settings(&self) -> ProfileFuture<'_, Vec<Setting>> {
        Box::pin(self.blocking(|inner| edit::list(&inner.root)))
    }

    fn preferences(&self) -> ProfileFuture<'_, Preferences> {
        Box::pin(self.blocking(|inner| Ok(inner.preferences())))
    }

    fn set(&self, name: String, value: String) -> ProfileFuture<'_, Setting> {
        Box::pin(self.blocking(move |inner| inner.edit(|root| edit::set(root, &name, &value))))
    }

    fn unset(&self, name: String) -> ProfileFuture<'_, Setting> {
        Box::pin(self.blocking(move |inner| inner.edit(|root| edit::unset(root, &name))))
    }
}

fn key_error(error: KeyStoreError, name: &str) -> ProfileError {
    match error {
        KeyStoreError::Name(name) => ProfileError::Name(name),
        KeyStoreError::Unknown(name) => ProfileError::NoSuchKey(name),
        KeyStoreError::Exists(name) => ProfileError::KeyExists(name),
        KeyStoreError::Damaged(_) => ProfileError::KeyDamaged(name.to_owned()),
        KeyStoreError::Exposed(_) => ProfileError::KeyExposed(name.to_owned()),
        KeyStoreError::Newer => ProfileError::Newer,
        KeyStoreError::NotAKey => ProfileError::NotAKey,
        KeyStoreError::Disk(error) => sealed_file::disk(&error),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic left behind is whole: values are replaced, never changed in place.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
