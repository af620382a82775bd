//! What a user keeps, in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use roneo_client::backup::{Backup, NewBackup, Restored};
use roneo_client::folder::{FileFault, FolderId, FolderStatus, NewFolder};
use roneo_client::handle::{HandleError, JobId};
use roneo_client::notice::Wanted;
use roneo_client::profile::{
    Bookmark, BookmarkChange, BookmarkId, Edition, Effect, Key, Language, NewBookmark, NewEdition, Preferences,
    ProfileError, ProfileFuture, ProfileHandle, Recent, Setting, SettingKind, Site, Theme, Visit,
};
use roneo_client::social::{
    BoardRow, BoardView, Curator, Draft, DraftId, DraftRow, FollowedView, Found, Identity, InBothLanguages,
    MadeIdentity, Marks, Named, NewIdentity, NewStatement, Paging, PersonChange, PersonView, Posting, PostingState,
    Search, SocialError, SocialFuture, SocialHandle, Statement, Tab, ThreadList, ThreadView,
};
use roneo_content::directory::is_path;
use roneo_keys::InsertUri;
use roneo_social::{BoardId, NameError, PersonId, WordsError};
use zeroize::Zeroizing;

use crate::stage::{Shelf, folders, talk};

/// The name of an identity that is made and not kept.
const PASSING: &str = "Passante";

/// Clones share it.
#[derive(Clone, Default)]
pub(crate) struct FakeProfile(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    keys: Vec<String>,
    sites: Vec<Site>,
    bookmarks: Vec<Bookmark>,
    /// Folders that are shown.
    folders: Vec<FolderStatus>,
    /// Folders that were handed over.
    taken: Vec<NewFolder>,
    recent: Vec<Recent>,
    values: BTreeMap<String, String>,
    noted: usize,
    identities: Vec<Identity>,
    postings: Vec<Posting>,
    followed: Vec<String>,
    petnames: BTreeMap<String, String>,
    drafts: BTreeMap<String, Draft>,
    /// Whether what is heard is that of the scenes.
    talks: bool,
    said: Vec<NewStatement>,
    marked: Vec<Marks>,
    curators: Vec<(Option<String>, Vec<Curator>)>,
    changed: Vec<PersonChange>,
}

fn ready<T: Send + 'static>(value: Result<T, ProfileError>) -> ProfileFuture<'static, T> {
    Box::pin(async { value })
}

/// The settings that there are, and what each may be.
const SETTINGS: [(&str, &[&str]); 6] = [
    ("console.language", &["auto", "fr", "en"]),
    ("console.theme", &["auto", "light", "dark", "contrast"]),
    ("console.recent", &["true", "false"]),
    ("console.first_run_done", &["true", "false"]),
    ("disk.quota", &["1 GiB", "2 GiB"]),
    ("future.wish", &["true", "false"]),
];

impl FakeProfile {
    /// That of a scene.
    pub(crate) fn of(shelf: Shelf) -> Self {
        match shelf {
            Shelf::Empty => Self::default(),
            Shelf::Filled => Self::filled(),
            Shelf::Talking => Self::talking(),
            Shelf::Fresh => Self::fresh(),
        }
    }

    /// Of somebody who has used the program for a while.
    fn filled() -> Self {
        let usk = |name: &str, edition: u64| format!("USK@{0},{0},AAAAAQA/{name}/{edition}", "A".repeat(43));
        let bookmark = |id: u64, title: &str, seen, newest| Bookmark {
            id: BookmarkId(id),
            link: usk("journal", 4),
            title: title.to_owned(),
            seen,
            newest,
            checked: seen.map(|_| 1_795_381_440),
        };
        let site = |name: &str, editions: Vec<Edition>, pending| Site {
            key: "caisse".to_owned(),
            name: name.to_owned(),
            link: usk(name, editions.len() as u64),
            editions,
            pending,
        };
        let kept = Kept {
            keys: vec!["caisse".to_owned(), "assemblee-generale-des-locataires-de-bellerive".to_owned()],
            sites: vec![
                site("journal", vec![Edition { number: 4, at: 1_795_381_440 }], None),
                site("guide", Vec::new(), Some(JobId(9))),
            ],
            bookmarks: vec![
                bookmark(1, "Tenir une caisse de grève", Some(3), Some(4)),
                bookmark(2, "Compte rendu de l’assemblée des locataires de Bellerive-le-Pont", Some(4), Some(4)),
                bookmark(3, "Plan de la chaufferie", None, None),
            ],
            folders: folders(),
            ..Kept::default()
        };
        Self(Arc::new(Mutex::new(kept)))
    }

    /// Of somebody who reads and writes on boards.
    pub(crate) fn talking() -> Self {
        let (identities, postings) = (vec![talk::me()], talk::postings());
        Self(Arc::new(Mutex::new(Kept { talks: true, identities, postings, ..Kept::default() })))
    }

    /// What was said since.
    pub(crate) fn said(&self) -> Vec<NewStatement> {
        self.0.lock().unwrap().said.clone()
    }

    /// What was marked.
    pub(crate) fn marked(&self) -> Vec<Marks> {
        self.0.lock().unwrap().marked.clone()
    }

    /// Whose labels were said to count.
    pub(crate) fn curators(&self) -> Vec<(Option<String>, Vec<Curator>)> {
        self.0.lock().unwrap().curators.clone()
    }

    /// What was changed of people.
    pub(crate) fn changed(&self) -> Vec<PersonChange> {
        self.0.lock().unwrap().changed.clone()
    }

    fn talks(&self) -> bool {
        self.0.lock().unwrap().talks
    }

    /// Of somebody who has this key.
    pub(crate) fn with_key(name: &str) -> Self {
        let fake = Self::default();
        fake.0.lock().unwrap().keys.push(name.to_owned());
        fake
    }

    /// The folders that were handed over.
    pub(crate) fn taken(&self) -> Vec<NewFolder> {
        std::mem::take(&mut self.0.lock().unwrap().taken)
    }

    /// Before the first screens.
    pub(crate) fn fresh() -> Self {
        let fake = Self::default();
        fake.0.lock().unwrap().values.insert("console.first_run_done".to_owned(), "false".to_owned());
        fake
    }

    fn setting(&self, name: &str) -> Result<Setting, ProfileError> {
        let known = SETTINGS.iter().find(|(known, _)| *known == name);
        let (name, words) = known.ok_or_else(|| ProfileError::NoSuchSetting(name.to_owned()))?;
        let kind = match name {
            &"disk.quota" => SettingKind::Size,
            _ if words[0] == "true" => SettingKind::Switch,
            _ => SettingKind::Choice(words.iter().map(ToString::to_string).collect()),
        };
        Ok(Setting {
            name: (*name).to_owned(),
            kind,
            value: self.value(name),
            default: words[0].to_owned(),
            meaning: "What it is about.".to_owned(),
            effect: if *name == "disk.quota" { Effect::NewStore } else { Effect::AtOnce },
        })
    }

    fn value(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().values.get(name).cloned()
    }

    fn with_bookmark<R>(&self, id: BookmarkId, change: impl FnOnce(&mut Bookmark) -> R) -> Result<R, ProfileError> {
        let mut kept = self.0.lock().unwrap();
        kept.bookmarks.iter_mut().find(|bookmark| bookmark.id == id).map(change).ok_or(ProfileError::NoSuchBookmark)
    }
}

impl SocialHandle for FakeProfile {
    fn identities(&self) -> SocialFuture<'_, Vec<Identity>> {
        let identities = self.0.lock().unwrap().identities.clone();
        Box::pin(async { Ok(identities) })
    }

    fn new_identity(&self, new: NewIdentity) -> SocialFuture<'_, MadeIdentity> {
        let mut kept = self.0.lock().unwrap();
        if kept.identities.iter().any(|identity| identity.name == new.name) {
            return Box::pin(async { Err(SocialError::IdentityExists(new.name)) });
        }
        let fingerprint = InBothLanguages { fr: "brume-cuivre".into(), en: "mist-copper".into() };
        if new.words.as_ref().is_some_and(|words| words.as_str() == "one two") {
            return Box::pin(async { Err(SocialError::Words(WordsError::Count(2))) });
        }
        let identity = Identity { name: new.name, person: "A".repeat(43), fingerprint };
        // One is made anew whenever somebody looks at the page of its words.
        if identity.name != PASSING {
            kept.identities.push(identity.clone());
        }
        let words = new.words.is_none().then(|| "abaisser ".repeat(24).trim_end().to_owned().into());
        Box::pin(async { Ok(MadeIdentity { identity, words }) })
    }

    fn forget_identity(&self, person: String) -> SocialFuture<'_, ()> {
        let mut kept = self.0.lock().unwrap();
        let before = kept.identities.len();
        kept.identities.retain(|identity| identity.person != person);
        let found = kept.identities.len() < before;
        Box::pin(async move { if found { Ok(()) } else { Err(SocialError::NoSuchIdentity(person)) } })
    }

    fn say(&self, new: NewStatement) -> SocialFuture<'_, Posting> {
        if matches!(&new.statement, Statement::Post { text, .. } if text == "full") {
            return Box::pin(async { Err(SocialError::Full { what: "posts", most: 16 }) });
        }
        self.0.lock().unwrap().said.push(new.clone());
        let (kind, title) = match new.statement {
            Statement::Post { title, answers: None, .. } => ("post", title),
            Statement::Post { .. } => ("reply", String::new()),
            _ => ("other", String::new()),
        };
        let posting = Posting {
            id: "B".repeat(43),
            kind: kind.to_owned(),
            identity: new.identity,
            board: new.board,
            title,
            time: 1_795_000_000,
            state: PostingState::Signed,
            receipts: 0,
            work_percent: 0,
            waits_until: None,
            error: None,
        };
        self.0.lock().unwrap().postings.insert(0, posting.clone());
        Box::pin(async { Ok(posting) })
    }

    fn postings(&self) -> SocialFuture<'_, Vec<Posting>> {
        let postings = self.0.lock().unwrap().postings.clone();
        Box::pin(async { Ok(postings) })
    }

    fn followed(&self) -> SocialFuture<'_, FollowedView> {
        if self.talks() {
            return Box::pin(async { Ok(talk::followed()) });
        }
        let boards =
            self.0.lock().unwrap().followed.iter().map(|board| (BoardId::from_text(board).unwrap(), 1)).collect();
        Box::pin(async move { Ok(FollowedView { boards, persons: Vec::new(), curators: Vec::new() }) })
    }

    fn board_rows(&self) -> SocialFuture<'_, Vec<BoardRow>> {
        if self.talks() {
            return Box::pin(async { Ok(talk::rows()) });
        }
        let followed = self.0.lock().unwrap().followed.clone();
        let row = |board: &String| {
            let board = BoardId::from_text(board).unwrap();
            BoardRow { board, followed_at: 1, unread_threads: 2, unread_posts: 3, newest: None }
        };
        let rows = followed.iter().map(row).collect();
        Box::pin(async { Ok(rows) })
    }

    fn follow_board(&self, board: String, follow: bool) -> SocialFuture<'_, ()> {
        let known = BoardId::from_text(&board).is_some();
        let followed = &mut self.0.lock().unwrap().followed;
        followed.retain(|other| *other != board);
        if known && follow {
            followed.push(board);
        }
        Box::pin(async move { if known { Ok(()) } else { Err(SocialError::Board) } })
    }

    fn threads(&self, board: String, tab: Tab, paging: Paging) -> SocialFuture<'_, ThreadList> {
        let id = BoardId::from_text(&board);
        if let Some(id) = id.filter(|_| self.talks()) {
            return Box::pin(async move { Ok(talk::threads(&id, tab)) });
        }
        let known = id.is_some();
        let next = paging.cursor.or((tab == Tab::Unread).then(|| "more".to_owned()));
        let list = ThreadList { threads: Vec::new(), next, heard_at: Some(5), missing: 0 };
        Box::pin(async move { if known { Ok(list) } else { Err(SocialError::Board) } })
    }

    fn thread(&self, root: String, paging: Paging) -> SocialFuture<'_, ThreadView> {
        let thread = talk::thread(&root, &paging).filter(|_| self.talks());
        Box::pin(async { thread.ok_or(SocialError::NotHeard) })
    }

    fn person(&self, person: String, _: Paging) -> SocialFuture<'_, PersonView> {
        let petname = self.0.lock().unwrap().petnames.get(&person).cloned();
        let talks = self.talks();
        Box::pin(async move {
            let id = PersonId::from_text(&person).ok_or(SocialError::Id)?;
            if let Some(who) = talk::known(&id).filter(|_| talks) {
                let fingerprint = InBothLanguages { fr: "brume-cuivre".into(), en: "mist-copper".into() };
                let posts = talk::by(&id);
                return Ok(PersonView { who, fingerprint, followed: true, muted: false, posts, next: None });
            }
            let fingerprint = InBothLanguages { fr: "brume-cuivre".into(), en: "mist-copper".into() };
            let who = Named { person: id, petname, self_name: None, looks_like: None };
            Ok(PersonView { who, fingerprint, followed: false, muted: false, posts: Vec::new(), next: None })
        })
    }

    fn change_person(&self, person: String, change: PersonChange) -> SocialFuture<'_, ()> {
        self.0.lock().unwrap().changed.push(change.clone());
        if change.petname.as_deref() == Some("\u{202e}x") {
            return Box::pin(async { Err(SocialError::Name(NameError::Direction)) });
        }
        if let Some(name) = change.petname {
            self.0.lock().unwrap().petnames.insert(person, name);
        }
        Box::pin(async { Ok(()) })
    }

    fn search(&self, search: Search) -> SocialFuture<'_, Found> {
        let next = (search.words == "bread").then(|| "more".to_owned());
        let hits =
            if self.talks() && ["chauffage", "bread"].contains(&&*search.words) { talk::hits() } else { Vec::new() };
        Box::pin(async { Ok(Found { hits, next }) })
    }

    fn mark(&self, marks: Marks) -> SocialFuture<'_, ()> {
        let known = marks.read.iter().all(|id| id.len() == 43);
        self.0.lock().unwrap().marked.push(marks);
        Box::pin(async move { if known { Ok(()) } else { Err(SocialError::Id) } })
    }

    fn set_curators(&self, board: Option<String>, curators: Vec<Curator>) -> SocialFuture<'_, ()> {
        let few = curators.len() < 3;
        self.0.lock().unwrap().curators.push((board, curators));
        Box::pin(async move { if few { Ok(()) } else { Err(SocialError::Index("too many".into())) } })
    }

    fn drafts(&self) -> SocialFuture<'_, Vec<DraftRow>> {
        let kept = self.0.lock().unwrap();
        let row = |(id, draft): (&String, &Draft)| DraftRow {
            id: DraftId::new(id).unwrap(),
            saved_at: 1_795_000_000,
            len: draft.text.len(),
        };
        let rows = kept.drafts.iter().map(row).collect();
        Box::pin(async { Ok(rows) })
    }

    fn draft(&self, id: String) -> SocialFuture<'_, Draft> {
        let draft = self.0.lock().unwrap().drafts.get(&id).cloned();
        Box::pin(async { draft.ok_or(SocialError::NotHeard) })
    }

    fn save_draft(&self, id: String, draft: Option<Draft>) -> SocialFuture<'_, ()> {
        let drafts = &mut self.0.lock().unwrap().drafts;
        match draft {
            Some(draft) => drafts.insert(id, draft),
            None => drafts.remove(&id),
        };
        Box::pin(async { Ok(()) })
    }

    fn read_board(&self, board: String, hours: u64) -> SocialFuture<'_, BoardView> {
        let known = board.len() == 43;
        let view = BoardView { hours_asked: hours, hours_heard: hours, ..BoardView::default() };
        Box::pin(async move { if known { Ok(view) } else { Err(SocialError::Board) } })
    }
}

impl ProfileHandle for FakeProfile {
    fn keys(&self) -> ProfileFuture<'_, Vec<Key>> {
        let keys = self.0.lock().unwrap().keys.clone();
        ready(Ok(keys.into_iter().map(|name| Key { name, sound: true }).collect()))
    }

    fn new_key(&self, name: String) -> ProfileFuture<'_, Key> {
        let mut kept = self.0.lock().unwrap();
        if name.contains(' ') {
            return ready(Err(ProfileError::Name(name)));
        }
        if kept.keys.contains(&name) {
            return ready(Err(ProfileError::KeyExists(name)));
        }
        kept.keys.push(name.clone());
        ready(Ok(Key { name, sound: true }))
    }

    fn export_key(&self, name: String) -> ProfileFuture<'_, Zeroizing<String>> {
        let known = self.0.lock().unwrap().keys.contains(&name);
        ready(if known { Ok(Zeroizing::new(format!("secret {name}"))) } else { Err(ProfileError::NoSuchKey(name)) })
    }

    fn import_key(&self, text: Zeroizing<String>, name: Option<String>) -> ProfileFuture<'_, Key> {
        match text.strip_prefix("secret ") {
            Some(own) => self.new_key(name.unwrap_or_else(|| own.to_owned())),
            None => ready(Err(ProfileError::NotAKey)),
        }
    }

    fn delete_key(&self, name: String) -> ProfileFuture<'_, ()> {
        let mut kept = self.0.lock().unwrap();
        let before = kept.keys.len();
        kept.keys.retain(|key| *key != name);
        ready(if kept.keys.len() < before { Ok(()) } else { Err(ProfileError::NoSuchKey(name)) })
    }

    fn sites(&self) -> ProfileFuture<'_, Vec<Site>> {
        ready(Ok(self.0.lock().unwrap().sites.clone()))
    }

    fn publish(&self, edition: NewEdition) -> ProfileFuture<'_, JobId> {
        let mut kept = self.0.lock().unwrap();
        if !kept.keys.contains(&edition.key) {
            return ready(Err(ProfileError::NoSuchKey(edition.key)));
        }
        kept.sites.push(Site {
            key: edition.key,
            link: format!("USK@{0},{0},AAAAAQA/{1}/0", "A".repeat(43), edition.site),
            name: edition.site,
            editions: vec![Edition { number: 0, at: 1_700_000_000 }],
            pending: None,
        });
        ready(Ok(JobId(7)))
    }

    fn note_publication(&self, _: InsertUri, _: JobId) -> ProfileFuture<'_, ()> {
        self.0.lock().unwrap().noted += 1;
        ready(Ok(()))
    }

    fn put_folder(&self, folder: NewFolder) -> ProfileFuture<'_, FolderId> {
        let faulty = folder.files.iter().filter(|file| !is_path(&file.path));
        let faulty: Vec<_> = faulty.map(|file| (file.path.clone(), FileFault::Name)).collect();
        if !faulty.is_empty() {
            return ready(Err(ProfileError::Files(faulty)));
        }
        let mut kept = self.0.lock().unwrap();
        if let Some(site) = folder.site.as_ref().filter(|site| !kept.keys.contains(&site.key)) {
            return ready(Err(ProfileError::NoSuchKey(site.key.clone())));
        }
        kept.taken.push(folder);
        ready(Ok(FolderId(kept.taken.len() as u64)))
    }

    fn folders(&self) -> ProfileFuture<'_, Vec<FolderStatus>> {
        ready(Ok(self.0.lock().unwrap().folders.clone()))
    }

    fn end_folder(&self, folder: FolderId) -> ProfileFuture<'_, ()> {
        let mut kept = self.0.lock().unwrap();
        let before = kept.folders.len();
        kept.folders.retain(|known| known.id != folder);
        ready(if kept.folders.len() < before { Ok(()) } else { Err(ProfileError::NoSuchFolder) })
    }

    fn bookmarks(&self) -> ProfileFuture<'_, Vec<Bookmark>> {
        ready(Ok(self.0.lock().unwrap().bookmarks.clone()))
    }

    fn add_bookmark(&self, bookmark: NewBookmark) -> ProfileFuture<'_, Bookmark> {
        if !bookmark.link.contains('@') {
            return ready(Err(ProfileError::Link));
        }
        let mut kept = self.0.lock().unwrap();
        let id = BookmarkId(kept.bookmarks.len() as u64);
        let NewBookmark { link, title } = bookmark;
        let edition = link.starts_with("USK@").then_some(1);
        let bookmark = Bookmark { id, link, title, seen: edition, newest: edition, checked: None };
        kept.bookmarks.push(bookmark.clone());
        ready(Ok(bookmark))
    }

    fn change_bookmark(&self, id: BookmarkId, change: BookmarkChange) -> ProfileFuture<'_, Bookmark> {
        ready(self.with_bookmark(id, |bookmark| {
            bookmark.title = change.title.unwrap_or_else(|| bookmark.title.clone());
            bookmark.clone()
        }))
    }

    fn delete_bookmark(&self, id: BookmarkId) -> ProfileFuture<'_, ()> {
        let known = self.with_bookmark(id, |_| ());
        self.0.lock().unwrap().bookmarks.retain(|bookmark| bookmark.id != id);
        ready(known)
    }

    fn check_bookmark(&self, id: BookmarkId) -> ProfileFuture<'_, Bookmark> {
        ready(self.with_bookmark(id, |bookmark| {
            (bookmark.newest, bookmark.checked) = (Some(2), Some(1_700_000_000));
            bookmark.clone()
        }))
    }

    fn opened(&self, visit: Visit) -> ProfileFuture<'_, ()> {
        let Visit { link, title, media_type, length } = visit;
        let recent = Recent { link, title, media_type, length, at: 1_700_000_000 };
        self.0.lock().unwrap().recent.insert(0, recent);
        ready(Ok(()))
    }

    fn recent(&self) -> ProfileFuture<'_, Vec<Recent>> {
        ready(Ok(self.0.lock().unwrap().recent.clone()))
    }

    fn clear_recent(&self) -> ProfileFuture<'_, ()> {
        self.0.lock().unwrap().recent.clear();
        ready(Ok(()))
    }

    fn backup(&self, _: NewBackup) -> ProfileFuture<'_, Backup> {
        let backup = Backup { file: b"age-encryption.org/v1".to_vec(), passphrase: "eight words".to_owned().into() };
        Box::pin(async { Ok(backup) })
    }

    fn restore(&self, backup: Backup) -> ProfileFuture<'_, Restored> {
        let opens = backup.passphrase.as_str() == "eight words";
        let restored = Restored { identities: 1, ..Restored::default() };
        Box::pin(async move { if opens { Ok(restored) } else { Err(ProfileError::Passphrase) } })
    }

    fn settings(&self) -> ProfileFuture<'_, Vec<Setting>> {
        ready(SETTINGS.iter().map(|(name, _)| self.setting(name)).collect())
    }

    fn preferences(&self) -> ProfileFuture<'_, Preferences> {
        let is = |name, value| self.value(name).as_deref() == Some(value);
        ready(Ok(Preferences {
            language: match self.value("console.language").as_deref() {
                Some("fr") => Language::Fr,
                Some("en") => Language::En,
                _ => Language::Auto,
            },
            theme: match self.value("console.theme").as_deref() {
                Some("light") => Theme::Light,
                Some("dark") => Theme::Dark,
                Some("contrast") => Theme::Contrast,
                _ => Theme::Auto,
            },
            recent: !is("console.recent", "false"),
            bookmark_checks: true,
            first_run_done: !is("console.first_run_done", "false"),
        }))
    }

    fn set(&self, name: String, value: String) -> ProfileFuture<'_, Setting> {
        if value == "stop" {
            return ready(Err(HandleError::Stopping.into()));
        }
        if let Err(error) = self.setting(&name) {
            return ready(Err(error));
        }
        if !SETTINGS.iter().any(|(known, words)| *known == name && words.contains(&value.as_str())) {
            return ready(Err(ProfileError::Value { name, wanted: Wanted::OneOf(vec!["auto".to_owned()]) }));
        }
        self.0.lock().unwrap().values.insert(name.clone(), value);
        ready(self.setting(&name))
    }

    fn unset(&self, name: String) -> ProfileFuture<'_, Setting> {
        self.0.lock().unwrap().values.remove(&name);
        ready(self.setting(&name))
    }
}
