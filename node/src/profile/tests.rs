use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::stored::{PAD_TO, Recent as StoredRecent};
use super::*;
use proptest::prelude::*;
use roneo_client::folder::{FileFault, FolderLink, FolderState, NewFile, SiteName};
use roneo_client::handle::{
    AnnouncementRecord, ContentSource, Effort, Extent, Gathered, HandleFuture, InMemory, InsertRequest, JobError,
    JobKind, JobState, JobStatus, Peer, Priority, RecordName, Status, Target,
};
use roneo_client::profile::{EditionContent, Effect, MAX_BOOKMARKS, MAX_RECENT};
use roneo_client::social::{NewIdentity, SocialHandle as _, WordsIn};
use roneo_content::directory::{MEDIA_TYPE, Manifest};
use roneo_keys::{Chk, Docname, Extra, KeyPair, Locator};
use tempfile::TempDir;
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_secs(30);

/// A node whose network knows editions by the name of their site.
#[derive(Default)]
struct FakeNode {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    editions: BTreeMap<String, u64>,
    jobs: BTreeMap<JobId, JobStatus>,
    fetched: usize,
    cancelled: usize,
    published: Vec<Target>,
    /// What was inserted under a secret, by its root.
    contents: BTreeMap<[u8; 32], (InsertRequest, Vec<u8>)>,
    /// What names of documents lead to.
    leads: BTreeMap<String, [u8; 32]>,
    /// What fetches have not read yet.
    unread: BTreeMap<JobId, Vec<u8>>,
    /// Inserts stay under way.
    stuck: bool,
}

impl FakeNode {
    fn begin(&self, kind: JobKind, change: impl FnOnce(&mut JobStatus)) -> JobId {
        let mut state = lock(&self.state);
        let job = JobId(state.jobs.len() as u64 + 1);
        let mut status = JobStatus::begun(job, kind);
        change(&mut status);
        state.jobs.insert(job, status);
        job
    }

    /// What was begun is stored.
    fn settle(&self, job: JobId, change: impl FnOnce(&mut JobStatus)) {
        let mut state = lock(&self.state);
        let status = state.jobs.get_mut(&job).unwrap();
        status.state = JobState::Stored;
        status.revision += 1;
        change(status);
    }
}

fn ready<T: Send + 'static>(value: Result<T, HandleError>) -> HandleFuture<'static, T> {
    Box::pin(async { value })
}

impl NodeHandle for FakeNode {
    fn status(&self) -> HandleFuture<'_, Status> {
        ready(Err(HandleError::Stopping))
    }

    fn peers(&self) -> HandleFuture<'_, Vec<Peer>> {
        ready(Ok(Vec::new()))
    }

    fn invite(&self) -> HandleFuture<'_, String> {
        ready(Err(HandleError::Stopping))
    }

    fn join(&self, _: String) -> HandleFuture<'_, ()> {
        ready(Ok(()))
    }

    fn insert(&self, request: InsertRequest, mut content: Box<dyn ContentSource>) -> HandleFuture<'_, JobId> {
        let Some(secret) = request.secret.clone() else { return ready(Ok(self.begin(JobKind::Insert, |_| {}))) };
        Box::pin(async move {
            let mut bytes = Vec::new();
            loop {
                let more = content.read(1_000).await.unwrap();
                if more.is_empty() {
                    break;
                }
                bytes.extend(more);
            }
            let blake3 = *blake3::hash(&bytes).as_bytes();
            let key = secret.keys(&blake3, &request.name, &request.media_type).0;
            let root = blake3::derive_key("tests root", key.expose());
            let chk = Chk { root: Locator::from_bytes(root), key, extra: Extra::PUBLIC, name: String::new() };
            let stuck = lock(&self.state).stuck;
            let job = self.begin(JobKind::Insert, |status| {
                status.state = if stuck { JobState::Running } else { JobState::Stored };
                (status.length, status.uri) = (Some(bytes.len() as u64), Some(Uri::Chk(chk).to_text()));
            });
            lock(&self.state).contents.insert(root, (request, bytes));
            Ok(job)
        })
    }

    fn fetch(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        let Uri::Usk(usk) = uri else { return ready(Err(HandleError::Stopping)) };
        lock(&self.state).fetched += 1;
        let newest = lock(&self.state).editions.get(usk.docname.as_str()).copied();
        let led = {
            let state = lock(&self.state);
            state.leads.get(usk.docname.as_str()).and_then(|root| state.contents.get(root)).cloned()
        };
        if let Some((request, bytes)) = led {
            let job = self.begin(JobKind::Fetch, |status| status.media_type = Some(request.media_type));
            lock(&self.state).unread.insert(job, bytes);
            return ready(Ok(job));
        }
        ready(Ok(self.begin(JobKind::Fetch, |status| match newest.filter(|newest| *newest >= usk.edition) {
            Some(newest) => status.edition = Some(newest),
            None => {
                status.state = JobState::Failed;
                status.error = Some(JobError::EditionNotFound { edition: usk.edition, newest });
            }
        })))
    }

    fn download(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        self.fetch(uri)
    }

    fn publish(&self, to: InsertUri, target: Target) -> HandleFuture<'_, JobId> {
        if let (InsertUri::Usk { docname, .. }, Target::Content { root, .. }) = (&to, &target) {
            let mut state = lock(&self.state);
            let root = *root.as_bytes();
            if state.contents.contains_key(&root) {
                let before = state.leads.insert(docname.as_str().to_owned(), root);
                let edition = u64::from(before.is_some());
                drop(state);
                return ready(Ok(self.begin(JobKind::Publish, |status| {
                    (status.state, status.edition) = (JobState::Stored, Some(edition));
                    status.uri = Some(to.public().to_text());
                })));
            }
        }
        lock(&self.state).published.push(target);
        ready(Ok(self.begin(JobKind::Publish, |status| status.uri = Some(to.public().to_text()))))
    }

    fn refresh(&self, _: Uri) -> HandleFuture<'_, JobId> {
        ready(Err(HandleError::Stopping))
    }

    fn check(&self, _: Uri, _: Extent) -> HandleFuture<'_, JobId> {
        ready(Err(HandleError::Stopping))
    }

    fn repair(&self, _: Uri, _: Extent) -> HandleFuture<'_, JobId> {
        ready(Err(HandleError::Stopping))
    }

    fn job(&self, job: JobId) -> HandleFuture<'_, JobStatus> {
        ready(lock(&self.state).jobs.get(&job).cloned().ok_or(HandleError::UnknownJob))
    }

    fn job_change(&self, job: JobId, _: u64) -> HandleFuture<'_, JobStatus> {
        Box::pin(async move {
            sleep(Duration::from_millis(2)).await;
            self.job(job).await
        })
    }

    fn read(&self, job: JobId) -> HandleFuture<'_, Option<Vec<u8>>> {
        let mut state = lock(&self.state);
        let error = state.jobs.get(&job).and_then(|status| status.error.clone());
        let unread = state.unread.get_mut(&job).map(std::mem::take).filter(|bytes| !bytes.is_empty());
        ready(error.map_or(Ok(unread), |error| Err(error.into())))
    }

    fn read_at(&self, _: JobId, _: u64) -> HandleFuture<'_, Option<Vec<u8>>> {
        ready(Err(HandleError::UnknownJob))
    }

    fn jobs(&self) -> HandleFuture<'_, Vec<JobStatus>> {
        ready(Ok(Vec::new()))
    }

    fn pause(&self, _: JobId, _: bool) -> HandleFuture<'_, ()> {
        ready(Ok(()))
    }

    fn prioritise(&self, _: JobId, _: Priority) -> HandleFuture<'_, ()> {
        ready(Ok(()))
    }

    fn cancel(&self, _: JobId) -> HandleFuture<'_, ()> {
        lock(&self.state).cancelled += 1;
        ready(Ok(()))
    }

    fn announcement_floor(&self) -> HandleFuture<'_, Effort> {
        ready(Ok(Effort::MIN))
    }

    fn announce(&self, _: AnnouncementRecord) -> HandleFuture<'_, u8> {
        ready(Ok(3))
    }

    fn gather(&self, name: RecordName) -> HandleFuture<'_, Gathered> {
        ready(Ok(Gathered { record: AnnouncementRecord::empty(name), answered: 2 }))
    }

    fn shutdown(&self) -> HandleFuture<'_, ()> {
        ready(Ok(()))
    }
}

/// A profile in a directory that outlives it.
struct Bench {
    dir: TempDir,
    node: Arc<FakeNode>,
    profile: Profile,
    warnings: Vec<Warning>,
}

impl Bench {
    fn new() -> Self {
        Self::in_dir(tempfile::tempdir().unwrap(), Arc::default())
    }

    /// Another machine, which draws other keys.
    fn elsewhere() -> Self {
        Self::seeded(tempfile::tempdir().unwrap(), Arc::default(), 3)
    }

    fn in_dir(dir: TempDir, node: Arc<FakeNode>) -> Self {
        Self::seeded(dir, node, 1)
    }

    fn seeded(dir: TempDir, node: Arc<FakeNode>, seed: u8) -> Self {
        let secret = NodeSecret::from_seed([seed; 32]);
        let opened = Profile::open(dir.path(), &secret, [seed + 1; 32], node.clone()).unwrap();
        Self { dir, node, profile: opened.profile, warnings: opened.warnings }
    }

    fn restart(self) -> Self {
        self.profile.close();
        Self::in_dir(self.dir, self.node)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join("profile").join(name)
    }

    async fn bookmark(&self, name: &str, edition: u64) -> Bookmark {
        self.profile.add_bookmark(NewBookmark { link: usk(name, edition), title: String::new() }).await.unwrap()
    }

    async fn open_page(&self, link: String) {
        self.profile
            .opened(Visit { link, title: String::new(), media_type: "text/plain".to_owned(), length: 9 })
            .await
            .unwrap();
    }
}

fn usk(name: &str, edition: u64) -> String {
    let docname: Docname = name.parse().unwrap();
    InsertUri::Usk { pair: KeyPair::of_word("tests"), docname, edition }.public().to_text()
}

/// Waits until something holds.
async fn until(what: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !what().await {
        assert!(begin.elapsed() < PATIENCE, "this does not come about");
        sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn bookmarks_are_kept_in_the_users_order_over_a_restart() {
    let bench = Bench::new();
    for name in ["a", "b", "c"] {
        bench.bookmark(name, 3).await;
    }
    let again = bench.bookmark("b", 9).await;
    assert_eq!((again.id, again.seen), (BookmarkId(1), Some(3)), "one bookmark for one site");
    let change = BookmarkChange { title: Some(" The\nthird ".to_owned()), place: Some(0) };
    bench.profile.change_bookmark(BookmarkId(2), change).await.unwrap();
    bench.profile.delete_bookmark(BookmarkId(0)).await.unwrap();
    let bench = bench.restart();
    let list = bench.profile.bookmarks().await.unwrap();
    let shown: Vec<_> = list.iter().map(|bookmark| (bookmark.id.0, bookmark.title.as_str())).collect();
    assert_eq!(shown, [(2, "The third"), (1, "b")]);
    assert_eq!(bench.bookmark("d", 0).await.id, BookmarkId(3), "no number is given twice");
    let gone = bench.profile.delete_bookmark(BookmarkId(0)).await;
    assert_eq!(gone, Err(ProfileError::NoSuchBookmark));
}

#[tokio::test]
async fn what_is_no_page_is_no_bookmark() {
    let bench = Bench::new();
    for link in ["", "https://example.org", &format!("KEEP@{0},{0},AAAAAQA", "A".repeat(43))] {
        let bookmark = NewBookmark { link: link.to_owned(), title: String::new() };
        assert_eq!(bench.profile.add_bookmark(bookmark).await, Err(ProfileError::Link), "{link}");
    }
}

#[tokio::test]
async fn a_new_edition_is_marked_until_it_was_seen() {
    let bench = Bench::new();
    let id = bench.bookmark("tenants", 3).await.id;
    for (on_network, newest, new) in [(None, 3, false), (Some(2), 3, false), (Some(3), 3, false), (Some(5), 5, true)] {
        lock(&bench.node.state).editions.extend(on_network.map(|edition| ("tenants".to_owned(), edition)));
        let checked = bench.profile.check_bookmark(id).await.unwrap();
        assert_eq!((checked.newest, checked.is_new()), (Some(newest), new), "{on_network:?}");
        assert!(checked.checked.is_some());
    }
    let page = usk("tenants", 5).parse::<Uri>().unwrap().with_path("about.html").to_text();
    bench.open_page(page).await;
    let bookmark = bench.profile.bookmarks().await.unwrap().remove(0);
    assert_eq!((bookmark.seen, bookmark.is_new()), (Some(5), false));
    assert_eq!(bookmark.link, usk("tenants", 5));
    let state = lock(&bench.node.state);
    assert_eq!((state.fetched, state.cancelled), (4, 4), "every check ends its fetch");
}

#[tokio::test]
async fn only_links_with_editions_are_checked() {
    let bench = Bench::new();
    let link = format!("CHK@{0},{0},AAAAAQA/leaflet.txt", "A".repeat(43));
    let bookmark = bench.profile.add_bookmark(NewBookmark { link, title: String::new() }).await.unwrap();
    assert_eq!(bookmark.title, "leaflet.txt");
    assert_eq!(bench.profile.check_bookmark(bookmark.id).await, Err(ProfileError::NoEditions));
    assert_eq!(bench.profile.check_bookmark(BookmarkId(7)).await, Err(ProfileError::NoSuchBookmark));
}

#[tokio::test]
async fn bookmarks_are_checked_by_themselves_unless_that_is_turned_off() {
    let bench = Bench::new();
    bench.profile.set("console.bookmark_checks".to_owned(), "false".to_owned()).await.unwrap();
    let short = Duration::from_millis(1)..Duration::from_millis(5);
    let looking = tokio::spawn(
        bench.profile.clone().look_after(Pace { first: short.clone(), between: short }, ReadingPace::often()),
    );
    lock(&bench.node.state).editions.insert("tenants".to_owned(), 4);
    bench.bookmark("tenants", 1).await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(lock(&bench.node.state).fetched, 0);
    bench.profile.set("console.bookmark_checks".to_owned(), "true".to_owned()).await.unwrap();
    until(async || bench.profile.bookmarks().await.unwrap()[0].newest == Some(4)).await;
    looking.abort();
}

#[tokio::test]
async fn what_was_opened_lately_is_bounded_cleared_and_can_be_turned_off() {
    let bench = Bench::new();
    for number in 0..MAX_RECENT + 5 {
        bench.open_page(usk(&format!("site{number}"), 1)).await;
    }
    bench.open_page(usk("site20", 2)).await;
    let recent = bench.profile.recent().await.unwrap();
    assert_eq!((recent.len(), recent[0].link.as_str()), (MAX_RECENT, usk("site20", 2).as_str()));
    assert_eq!(recent.iter().filter(|recent| recent.title == "site20").count(), 1);

    bench.profile.set("console.recent".to_owned(), "false".to_owned()).await.unwrap();
    bench.open_page(usk("secret", 1)).await;
    assert!(bench.profile.recent().await.unwrap().is_empty());
    bench.profile.unset("console.recent".to_owned()).await.unwrap();
    let recent = bench.profile.recent().await.unwrap();
    assert!(!recent.is_empty() && recent.iter().all(|recent| recent.title != "secret"));
    bench.profile.clear_recent().await.unwrap();
    assert!(bench.restart().profile.recent().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_edition_waits_for_its_content_also_over_a_restart_and_is_remembered() {
    let bench = Bench::new();
    bench.profile.new_key("union".to_owned()).await.unwrap();
    let insert = bench.node.begin(JobKind::Insert, |_| {});
    let edition =
        NewEdition { key: "union".to_owned(), site: "news".to_owned(), content: EditionContent::Insert(insert) };
    assert_eq!(bench.profile.publish(edition).await, Ok(insert));
    assert_eq!(bench.profile.sites().await.unwrap()[0].pending, Some(insert));
    let bench = bench.restart();
    let looking = tokio::spawn(bench.profile.clone().look_after(Pace::default(), ReadingPace::often()));
    bench.node.settle(insert, |status| {
        status.uri = Some(format!("CHK@{0},{0},AAAAAQA/news.html", "A".repeat(43)));
    });
    until(async || !lock(&bench.node.state).published.is_empty()).await;
    let publication = JobId(lock(&bench.node.state).jobs.len() as u64);
    bench.node.settle(publication, |status| status.edition = Some(0));
    until(async || bench.profile.sites().await.unwrap()[0].pending.is_none()).await;
    let site = bench.profile.sites().await.unwrap().remove(0);
    assert_eq!((site.key.as_str(), site.name.as_str(), site.editions[0].number), ("union", "news", 0));
    assert!(site.link.starts_with("USK@") && site.link.ends_with("/news/0"));
    looking.abort();
}

#[tokio::test]
async fn editions_published_by_other_programs_are_remembered_if_the_key_is_kept_here() {
    let bench = Bench::new();
    bench.profile.new_key("union".to_owned()).await.unwrap();
    let text = bench.profile.export_key("union".to_owned()).await.unwrap();
    let InsertUri::Ssk { pair, .. } = text.lines().nth(1).unwrap().parse().unwrap() else { panic!("no SSK") };
    let docname: Docname = "news".parse().unwrap();
    for (pair, edition) in [(pair, 7), (KeyPair::of_word("stranger"), 8)] {
        let job = bench.node.begin(JobKind::Publish, |_| {});
        bench.node.settle(job, |status| status.edition = Some(edition));
        let to = InsertUri::Usk { pair, docname: docname.clone(), edition: 0 };
        bench.profile.note_publication(to, job).await.unwrap();
    }
    until(async || !bench.profile.sites().await.unwrap().is_empty()).await;
    let sites = bench.profile.sites().await.unwrap();
    assert_eq!((sites.len(), sites[0].editions[0].number), (1, 7));
    bench.profile.delete_key("union".to_owned()).await.unwrap();
    assert!(bench.profile.sites().await.unwrap().is_empty());
}

#[tokio::test]
async fn keys_answer_with_errors_of_their_own() {
    let bench = Bench::new();
    let text = {
        bench.profile.new_key("union".to_owned()).await.unwrap();
        bench.profile.export_key("union".to_owned()).await.unwrap()
    };
    assert_eq!(bench.profile.new_key("a b".to_owned()).await, Err(ProfileError::Name("a b".to_owned())));
    let exists = Err(ProfileError::KeyExists("union".to_owned()));
    assert_eq!(bench.profile.import_key(text.clone(), None).await, exists);
    let again = bench.profile.import_key(text, Some("again".to_owned())).await.unwrap();
    assert_eq!(again, Key { name: "again".to_owned(), sound: true });
    let nonsense = bench.profile.import_key("hello".to_owned().into(), None).await;
    assert_eq!(nonsense, Err(ProfileError::NotAKey));
    fs::write(bench.dir.path().join("keys/again.key"), "torn").unwrap();
    let keys = bench.profile.keys().await.unwrap();
    assert_eq!(keys.iter().map(|key| key.sound).collect::<Vec<_>>(), [false, true]);
    let edition = NewEdition {
        key: "nobody".to_owned(),
        site: "news".to_owned(),
        content: EditionContent::Target(Target::Inline { media_type: String::new(), content: Vec::new() }),
    };
    assert_eq!(bench.profile.publish(edition).await, Err(ProfileError::NoSuchKey("nobody".to_owned())));
}

#[tokio::test]
async fn preferences_follow_the_file_whoever_writes_it() {
    let bench = Bench::new();
    assert!(bench.profile.preferences().await.unwrap().recent);
    fs::write(data_dir::config_path(bench.dir.path()), "[console]\nrecent = false\n").unwrap();
    assert!(!bench.profile.preferences().await.unwrap().recent);
    // What cannot be read leaves pages as they were, and settings say where the mistake is.
    fs::write(data_dir::config_path(bench.dir.path()), "[console]\nrecent = perhaps not\n").unwrap();
    assert!(!bench.profile.preferences().await.unwrap().recent);
    assert!(matches!(bench.profile.settings().await, Err(ProfileError::Config { line: Some(2), .. })));
    fs::remove_file(data_dir::config_path(bench.dir.path())).unwrap();
    let set = bench.profile.set("console.theme".to_owned(), "dark".to_owned()).await.unwrap();
    assert_eq!((set.value.as_deref(), set.effect), (Some("dark"), Effect::AtOnce));
}

#[tokio::test]
async fn a_closed_profile_touches_nothing() {
    let bench = Bench::new();
    let entries = |bench: &Bench| fs::read_dir(bench.dir.path()).unwrap().count();
    let before = entries(&bench);
    bench.profile.close();
    let refused = Err(ProfileError::Node(HandleError::Stopping));
    let bookmark = NewBookmark { link: usk("a", 0), title: String::new() };
    assert_eq!(bench.profile.add_bookmark(bookmark).await, refused);
    assert_eq!(bench.profile.set("console.theme".to_owned(), "dark".to_owned()).await.map(drop), refused.map(drop));
    assert_eq!(entries(&bench), before);
    assert!(bench.profile.board_rows().await.is_err(), "what was heard is closed too");
}

#[tokio::test]
async fn files_say_nothing_without_the_key_and_little_by_their_length() {
    let bench = Bench::new();
    bench.bookmark("tenants", 1).await;
    let one = fs::read(bench.file("bookmarks")).unwrap();
    bench.bookmark("union", 1).await;
    let two = fs::read(bench.file("bookmarks")).unwrap();
    assert_eq!(one.len(), two.len());
    assert_eq!((one.len() - 68) % PAD_TO, 0);
    for word in [&b"tenants"[..], b"USK@"] {
        assert!(!two.windows(word.len()).any(|window| window == word));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(bench.file("bookmarks")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_and_a_newer_one_left() {
    let bench = Bench::new();
    bench.bookmark("tenants", 1).await;
    bench.open_page(usk("tenants", 1)).await;
    let whole = fs::read(bench.file("bookmarks")).unwrap();
    // A file of another name opens as little as one with a flipped bit.
    fs::copy(bench.file("recent"), bench.file("sites")).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(bench.file("bookmarks"), &flipped).unwrap();
    let bench = bench.restart();
    assert_eq!(bench.warnings.len(), 2, "{:?}", bench.warnings);
    assert_eq!(fs::read(bench.file("bookmarks.damaged")).unwrap(), flipped);
    assert!(bench.profile.bookmarks().await.unwrap().is_empty());
    assert_eq!(bench.profile.recent().await.unwrap().len(), 1);
    bench.bookmark("tenants", 1).await;

    let mut newer = whole;
    newer[8] = 1;
    fs::write(bench.file("bookmarks"), &newer).unwrap();
    let bench = bench.restart();
    assert!(matches!(bench.warnings[0], Warning::KeptNewer { .. }), "{:?}", bench.warnings);
    let bookmark = NewBookmark { link: usk("a", 0), title: String::new() };
    assert_eq!(bench.profile.add_bookmark(bookmark).await, Err(ProfileError::Newer));
    assert_eq!(fs::read(bench.file("bookmarks")).unwrap(), newer);
}

#[tokio::test]
async fn there_are_so_many_bookmarks_and_no_more() {
    let bench = Bench::new();
    let full = Bookmarks {
        next: MAX_BOOKMARKS as u64,
        list: (0..MAX_BOOKMARKS as u64)
            .map(|id| stored::Bookmark {
                id,
                link: usk(&format!("site{id}"), 0),
                title: "x".repeat(200),
                seen: Some(0),
                newest: Some(0),
                checked: None,
            })
            .collect(),
    };
    bench.profile.0.files.save(&full).unwrap();
    let bench = bench.restart();
    let bookmark = NewBookmark { link: usk("one-more", 0), title: String::new() };
    assert!(matches!(bench.profile.add_bookmark(bookmark).await, Err(ProfileError::Full { .. })));
}

/// `docs/formats/profile.md` has the same bytes.
#[test]
fn a_sealed_file_is_these_bytes() {
    let secret = NodeSecret::from_seed([1; 32]);
    let bytes = sealed_file::sealed_vector::<Recents>(&secret, [0x40; 24], b"{\"list\":[]}");
    let expected =
        "726f6e656f2d706600000000726563656e7400000000000000000000404040404040404040404040404040404040404040404040";
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(&hex[..expected.len()], expected);
    assert_eq!(&hex[expected.len()..], VECTOR_PIECE);
}

const VECTOR_PIECE: &str = "219bc0f6ca23ce341a8af75dcf3834a7c992c8cd7c1564394332e5";

proptest! {
    #[test]
    fn what_is_written_down_reads_back(links in proptest::collection::vec("\\PC{0,60}", 0..50), at: u64) {
        let recent = |link: &String| StoredRecent { link: link.clone(), title: link.chars().take(40).collect(), media_type: String::new(), length: at, at };
        let recents = Recents { list: links.iter().map(recent).collect() };
        let text = stored::encode(&recents).unwrap();
        prop_assert_eq!(text.len() % PAD_TO, 0);
        prop_assert_eq!(stored::decode::<Recents>(&text), Some(recents));
    }

    #[test]
    fn no_text_panics(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = stored::decode::<Bookmarks>(&text);
        let _ = stored::decode::<Sites>(&text);
    }
}

/// Forty pages, one of them of this text, and a film.
fn folder(text: &str, site: Option<&str>) -> NewFolder {
    let mut files: BTreeMap<String, Vec<u8>> =
        (0..40).map(|page| (format!("pages/{page:02}.html"), vec![page; 5_000 + usize::from(page)])).collect();
    files.insert("film.webm".to_owned(), vec![7; 300_000]);
    files.insert("index.html".to_owned(), text.as_bytes().to_vec());
    let file = |(path, bytes): (String, Vec<u8>)| NewFile {
        path,
        media_type: String::new(),
        length: bytes.len() as u64,
        blake3: *blake3::hash(&bytes).as_bytes(),
        content: Box::new(InMemory::new(bytes)),
    };
    let site = site.map(|site| SiteName { key: "caisse".to_owned(), site: site.to_owned() });
    NewFolder { name: "tenants".to_owned(), files: files.into_iter().map(file).collect(), site }
}

impl Bench {
    /// Hands a folder over, and waits for what comes of it.
    async fn folder(&self, folder: NewFolder) -> FolderStatus {
        let id = self.profile.put_folder(folder).await.unwrap();
        let find = async || self.profile.folders().await.unwrap().into_iter().find(|folder| folder.id == id).unwrap();
        until(async || find().await.state.is_settled()).await;
        find().await
    }

    fn inserts(&self) -> usize {
        lock(&self.node.state).contents.len()
    }

    fn unfinished(&self) -> usize {
        fs::read_dir(self.dir.path().join("unfinished")).unwrap().count()
    }
}

fn link(status: &FolderStatus) -> &str {
    match &status.state {
        FolderState::Done { link: FolderLink(link), state: JobState::Stored } => link,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_folder_becomes_a_directory_whose_manifest_comes_last() {
    let bench = Bench::new();
    let status = bench.folder(folder("tenants", None)).await;
    let Uri::Chk(chk) = link(&status).parse().unwrap() else { panic!("no CHK") };
    assert_eq!((status.files, status.done, status.reused), (42, status.length, 0));
    assert!(status.jobs.is_empty() && bench.unfinished() == 0);
    let state = lock(&bench.node.state);
    let (request, bytes) = &state.contents[chk.root.as_bytes()];
    assert_eq!(request.media_type, MEDIA_TYPE);
    let manifest = Manifest::from_bytes(bytes).unwrap();
    assert_eq!(manifest.entries().len(), 42);
    assert!(state.contents.len() < 8, "{} inserts for 42 files", state.contents.len());
}

#[tokio::test]
async fn the_next_edition_of_a_site_sends_what_changed_and_keeps_its_link() {
    let bench = Bench::new();
    bench.profile.new_key("caisse".to_owned()).await.unwrap();
    let first = bench.folder(folder("tenants", Some("journal"))).await;
    let before = bench.inserts();
    let second = bench.folder(folder("tenants on strike", Some("journal"))).await;
    assert_eq!(link(&first), link(&second));
    assert!(second.reused > second.length / 2, "{} of {}", second.reused, second.length);
    assert!(bench.inserts() - before <= 3, "{} inserts for one page", bench.inserts() - before);
    let site = bench.profile.sites().await.unwrap().remove(0);
    let editions: Vec<u64> = site.editions.iter().map(|edition| edition.number).collect();
    assert_eq!((&*site.name, editions), ("journal", vec![1, 0]));
}

#[tokio::test]
async fn a_folder_that_was_ended_is_gone_on_with_when_it_comes_again() {
    let bench = Bench::new();
    lock(&bench.node.state).stuck = true;
    let id = bench.profile.put_folder(folder("tenants", None)).await.unwrap();
    let under_way = async || bench.profile.folders().await.unwrap()[0].jobs.len();
    until(async || under_way().await > 1).await;
    let begun = under_way().await;
    bench.profile.end_folder(id).await.unwrap();
    assert_eq!((lock(&bench.node.state).cancelled >= begun, bench.unfinished()), (true, 1));
    assert!(matches!(bench.profile.end_folder(id).await, Err(ProfileError::NoSuchFolder)));
    // The fake node forgets nothing, and what it had has come to its end.
    let jobs: Vec<JobId> = lock(&bench.node.state).jobs.keys().copied().collect();
    jobs.into_iter().for_each(|job| bench.node.settle(job, |_| {}));
    lock(&bench.node.state).stuck = false;
    let status = bench.folder(folder("tenants", None)).await;
    assert!(link(&status).starts_with("CHK@") && status.reused > 0, "{}", status.reused);
    assert_eq!(bench.unfinished(), 0);
}

#[tokio::test]
async fn a_folder_that_cannot_be_published_is_refused_by_name_and_sends_nothing() {
    let bench = Bench::new();
    let mut climbing = folder("tenants", None);
    climbing.files[3].path = "../up".to_owned();
    let refused = bench.profile.put_folder(climbing).await;
    assert_eq!(refused, Err(ProfileError::Files(vec![("../up".to_owned(), FileFault::Name)])));
    let mut clashing = folder("tenants", None);
    clashing.files[3].path = "index.html/a".to_owned();
    let status = bench.folder(clashing).await;
    let FolderState::Failed(ProfileError::Files(faults)) = &status.state else { panic!("{:?}", status.state) };
    assert_eq!(faults[0].1, FileFault::Clash);
    let unknown = bench.profile.put_folder(folder("tenants", Some("journal"))).await;
    assert_eq!(unknown, Err(ProfileError::NoSuchKey("caisse".to_owned())));
    assert_eq!(bench.inserts(), 0);
}

async fn backup_of(bench: &Bench) -> Backup {
    bench.profile.backup(NewBackup { language: WordsIn::Fr }).await.unwrap()
}

fn named(name: &str) -> NewIdentity {
    NewIdentity { name: name.to_owned(), language: WordsIn::Fr, words: None }
}

#[tokio::test]
async fn a_backup_brings_back_what_would_be_missed_and_changes_nothing_else() {
    let bench = Bench::new();
    let person = bench.profile.new_identity(named("Ada")).await.unwrap().identity.person;
    bench.profile.new_key("union".to_owned()).await.unwrap();
    bench.bookmark("caisse", 3).await;
    bench.open_page(usk("secret-reading", 0)).await;
    let mut backup = backup_of(&bench).await;
    assert!(backup.file.starts_with(b"age-encryption.org/v1\n"), "any program for the format opens it");
    assert_eq!(backup.passphrase.split(' ').count(), 8);
    backup.passphrase = backup.passphrase.to_uppercase().into();

    // A machine on which the names are taken, by others.
    let other = Bench::elsewhere();
    let taken = other.profile.new_identity(named("Ada")).await.unwrap().identity;
    other.profile.new_key("union".to_owned()).await.unwrap();
    let key = other.profile.export_key("union".to_owned()).await.unwrap();
    let restored = other.profile.restore(backup.clone()).await.unwrap();
    assert_eq!(restored, Restored { identities: 1, keys: 1, bookmarks: 1, here_already: 0, left_out: 0 });
    let people = other.profile.identities().await.unwrap();
    assert_eq!(people[0], taken);
    assert_eq!((people[1].name.as_str(), &people[1].person), ("Ada 2", &person));
    assert_eq!(other.profile.export_key("union".to_owned()).await.unwrap(), key);
    let second = other.profile.0.keys.load("union-2").unwrap();
    let first = bench.profile.0.keys.load("union").unwrap();
    assert_eq!(first.secret.public().as_bytes(), second.secret.public().as_bytes());
    assert!(other.profile.recent().await.unwrap().is_empty(), "what was read is nobody's business");
    // Two machines never sign as one device.
    let device = |bench: &Bench, at: usize| bench.profile.0.read(|kept| kept.social.value.people[at].device.clone());
    assert_ne!(device(&bench, 0), device(&other, 1));

    let again = other.profile.restore(backup).await.unwrap();
    assert_eq!(again, Restored { here_already: 3, ..Restored::default() });
    assert_eq!(other.profile.identities().await.unwrap(), people);
}

#[tokio::test]
async fn a_backup_that_does_not_open_brings_nothing() {
    let bench = Bench::new();
    bench.profile.new_identity(named("Ada")).await.unwrap();
    let backup = backup_of(&bench).await;
    let other = Bench::new();
    let wrong = Backup { passphrase: "abaisser ".repeat(8).into(), ..backup.clone() };
    assert_eq!(other.profile.restore(wrong).await, Err(ProfileError::Passphrase));
    for len in [0, 10, backup.file.len() / 2, backup.file.len() - 1] {
        let cut = Backup { file: backup.file[..len].to_vec(), ..backup.clone() };
        assert_eq!(other.profile.restore(cut).await, Err(ProfileError::NoBackup), "{len}");
    }
    let mut flipped = backup.clone();
    *flipped.file.last_mut().unwrap() ^= 1;
    assert!(other.profile.restore(flipped).await.is_err());
    assert!(other.profile.identities().await.unwrap().is_empty());
}
