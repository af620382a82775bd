//! Commands against a node that keeps everything in memory, over a real socket.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roneo_client::handle::{
    AnnouncementRecord, Caps, ContentSource, Effort, Extent, Gathered, HandleError, HandleFuture, InsertRequest,
    JobError, JobId, JobKind, JobState, JobStatus, NodeHandle, Peer, Priority, RecordName, Status, StoreStatus, Target,
    Traffic, Waiting,
};
use roneo_client::notice::{InvitationError, Refusal};
use roneo_fproxy::api::NewInsert;
use roneo_fproxy::{ApiToken, Loopback, Settings};
use roneo_keys::{Chk, Extra, InsertUri, Locator, NodeSecret, ReadKey, Uri, base64};
use roneo_node::data_dir::{RunInfo, config_path};
use roneo_node::profile::Profile;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::args::{self, Arguments, Command, Common, Question};
use super::client::Client;
use super::failure::{Exit, Failure};
use super::get::{Fetched, Got};
use super::progress::Progress;
use super::put::Stored;
use super::queue::{self, Answer};
use super::{config, get, put, qr, query};

mod directories;

/// How the pretended network is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Network {
    Good,
    /// Stores with fewer copies than wished.
    Thin,
    /// Has too few nodes for a path.
    Small,
    /// Loses the second half of everything.
    Torn,
}

struct FakeNode {
    network: Network,
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    content: BTreeMap<Locator, (InsertRequest, Vec<u8>)>,
    jobs: BTreeMap<JobId, (JobStatus, Vec<Vec<u8>>)>,
    next: u64,
    polls: usize,
    /// Inserts that go well before all fail.
    good_inserts: Option<usize>,
    /// Whether inserts take their content and do not end.
    held_back: bool,
}

impl Held {
    /// Lets inserts end that were held back.
    fn release(&mut self) {
        for (status, _) in self.jobs.values_mut().filter(|(status, _)| status.uri.is_some()) {
            status.state = JobState::Stored;
            status.revision += 1;
        }
    }
}

fn status(job: JobId, kind: JobKind) -> JobStatus {
    JobStatus { revision: 1, total: 1, ..JobStatus::begun(job, kind) }
}

impl FakeNode {
    fn begin(&self, kind: JobKind) -> JobStatus {
        let mut held = self.held.lock().unwrap();
        held.next += 1;
        let mut status = status(JobId(held.next), kind);
        if self.network == Network::Small {
            status.state = JobState::Waiting;
            status.waiting = Some(Waiting { needed: 5, known: 3 });
        }
        held.jobs.insert(status.job, (status.clone(), Vec::new()));
        status
    }
}

fn ready<T: Send + 'static>(value: Result<T, HandleError>) -> HandleFuture<'static, T> {
    Box::pin(async { value })
}

impl NodeHandle for FakeNode {
    fn status(&self) -> HandleFuture<'_, Status> {
        let mut held = self.held.lock().unwrap();
        held.polls += 1;
        let nodes = held.polls.min(3);
        ready(Ok(Status {
            node: "N".repeat(43),
            network: "local-0000000000000001".to_owned(),
            version: "0.1.0".to_owned(),
            nodes,
            links: nodes - 1,
            summary: format!("{nodes} nodes"),
            uptime_s: 3,
            store: StoreStatus { quota_bytes: 64 << 20, ..StoreStatus::default() },
            counters: BTreeMap::new(),
            caps: Caps::default(),
            traffic: Traffic::default(),
            jobs: held.jobs.len(),
            notices: Vec::new(),
            warnings: vec!["the clock is wrong: set it".to_owned()],
        }))
    }

    fn peers(&self) -> HandleFuture<'_, Vec<Peer>> {
        ready(Ok(vec![Peer { node: "N".repeat(43), me: true, linked: false, heard_s: None, set_aside: false }]))
    }

    fn invite(&self) -> HandleFuture<'_, String> {
        ready(Ok("roneo-join:abc".to_owned()))
    }

    fn join(&self, invitation: String) -> HandleFuture<'_, ()> {
        ready(if invitation.starts_with("roneo-join:") {
            Ok(())
        } else {
            Err(Refusal::Invitation(InvitationError::NotAnInvitation).into())
        })
    }

    fn insert(&self, request: InsertRequest, mut content: Box<dyn ContentSource>) -> HandleFuture<'_, JobId> {
        let began = self.begin(JobKind::Insert);
        let job = began.job;
        if began.waiting.is_some() {
            return ready(Ok(job));
        }
        let (held, network) = (Arc::clone(&self.held), self.network);
        tokio::spawn(async move {
            let mut bytes = Vec::new();
            let outcome = loop {
                match content.read(100_000).await {
                    Ok(read) if read.is_empty() => break Ok(()),
                    Ok(read) => bytes.extend(read),
                    Err(error) => break Err(JobError::Source { reason: error.to_string() }),
                }
            };
            let mut held = held.lock().unwrap();
            let root = Locator::of(&bytes);
            let key = match &request.secret {
                Some(secret) => secret.keys(blake3::hash(&bytes).as_bytes(), &request.name, &request.media_type).0,
                None => ReadKey::from_bytes([7; 32]),
            };
            let uri = Uri::Chk(Chk { root, key, extra: Extra::PUBLIC, name: request.name.clone() });
            let Held { jobs, content, good_inserts: good, held_back, .. } = &mut *held;
            let held_back = *held_back;
            let Some((status, _)) = jobs.get_mut(&job) else { return };
            status.revision += 1;
            status.done = 1;
            status.length = Some(request.length);
            let outcome = outcome.and_then(|()| match good {
                Some(0) => Err(JobError::NotStored { segment: 1, segments: 1, placed: 0, needed: 9 }),
                Some(left) => {
                    *left -= 1;
                    Ok(())
                }
                None => Ok(()),
            });
            match outcome {
                Ok(()) => {
                    status.state = match network {
                        _ if held_back => JobState::Running,
                        Network::Thin => JobState::Weak,
                        _ => JobState::Stored,
                    };
                    status.uri = Some(uri.to_text());
                    status.note = (network == Network::Thin).then(|| "3 nodes: losing 2 loses it".to_owned());
                    content.insert(root, (request, bytes));
                }
                Err(error) => {
                    status.state = JobState::Failed;
                    status.error = Some(error);
                }
            }
        });
        ready(Ok(job))
    }

    fn fetch(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        let began = self.begin(JobKind::Fetch);
        let Uri::Chk(chk) = uri else { return ready(Err(HandleError::Stopping)) };
        let mut held = self.held.lock().unwrap();
        let found = held.content.get(&chk.root).cloned();
        let Some((status, chunks)) = held.jobs.get_mut(&began.job) else { return ready(Err(HandleError::Stopping)) };
        match found {
            _ if began.waiting.is_some() => {}
            Some((request, bytes)) => {
                status.length = Some(request.length);
                status.name = Some(request.name);
                status.media_type = Some(request.media_type);
                status.state = JobState::Fetched;
                *chunks = bytes.chunks(100_000).map(<[u8]>::to_vec).collect();
                if self.network == Network::Torn {
                    chunks.truncate(1);
                }
            }
            None => {
                status.state = JobState::Failed;
                status.error = Some(JobError::RootNotFound { asked: 8 });
            }
        }
        ready(Ok(began.job))
    }

    fn download(&self, uri: Uri) -> HandleFuture<'_, JobId> {
        let begun = self.fetch(uri);
        Box::pin(async move {
            let job = begun.await?;
            if let Some((status, _)) = self.held.lock().unwrap().jobs.get_mut(&job) {
                status.queued = true;
            }
            Ok(job)
        })
    }

    fn publish(&self, _: InsertUri, _: Target) -> HandleFuture<'_, JobId> {
        ready(Ok(self.begin(JobKind::Publish).job))
    }

    fn refresh(&self, _: Uri) -> HandleFuture<'_, JobId> {
        ready(Ok(self.begin(JobKind::Publish).job))
    }

    fn check(&self, _: Uri, _: Extent) -> HandleFuture<'_, JobId> {
        ready(Ok(self.begin(JobKind::Check).job))
    }

    fn repair(&self, _: Uri, _: Extent) -> HandleFuture<'_, JobId> {
        ready(Ok(self.begin(JobKind::Repair).job))
    }

    fn job(&self, job: JobId) -> HandleFuture<'_, JobStatus> {
        ready(self.held.lock().unwrap().jobs.get(&job).map(|(status, _)| status.clone()).ok_or(HandleError::UnknownJob))
    }

    fn job_change(&self, job: JobId, seen: u64) -> HandleFuture<'_, JobStatus> {
        Box::pin(async move {
            for _ in 0..100 {
                let status = self.job(job).await?;
                if status.revision != seen {
                    return Ok(status);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            self.job(job).await
        })
    }

    fn read(&self, job: JobId) -> HandleFuture<'_, Option<Vec<u8>>> {
        let torn = self.network == Network::Torn;
        let mut held = self.held.lock().unwrap();
        let next = held.jobs.get_mut(&job).ok_or(HandleError::UnknownJob).and_then(|(_, chunks)| {
            if chunks.is_empty() && torn {
                let missing = JobError::SegmentMissing { segment: 2, segments: 2, found: 1, needed: 9 };
                return Err(HandleError::Job(missing));
            }
            Ok((!chunks.is_empty()).then(|| chunks.remove(0)))
        });
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            next
        })
    }

    fn read_at(&self, job: JobId, offset: u64) -> HandleFuture<'_, Option<Vec<u8>>> {
        let held = self.held.lock().unwrap();
        let Some((_, chunks)) = held.jobs.get(&job) else { return ready(Err(HandleError::UnknownJob)) };
        let bytes = chunks.concat();
        let rest = bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        if rest.is_empty() && self.network == Network::Torn {
            let missing = JobError::SegmentMissing { segment: 2, segments: 2, found: 1, needed: 9 };
            return ready(Err(HandleError::Job(missing)));
        }
        ready(Ok((!rest.is_empty()).then(|| rest[..rest.len().min(100_000)].to_vec())))
    }

    fn jobs(&self) -> HandleFuture<'_, Vec<JobStatus>> {
        ready(Ok(self.held.lock().unwrap().jobs.values().map(|(status, _)| status.clone()).collect()))
    }

    fn pause(&self, job: JobId, paused: bool) -> HandleFuture<'_, ()> {
        let mut held = self.held.lock().unwrap();
        let Some((status, _)) = held.jobs.get_mut(&job) else { return ready(Err(HandleError::UnknownJob)) };
        status.state = if paused { JobState::Paused } else { JobState::Running };
        ready(Ok(()))
    }

    fn prioritise(&self, job: JobId, priority: Priority) -> HandleFuture<'_, ()> {
        let mut held = self.held.lock().unwrap();
        let Some((status, _)) = held.jobs.get_mut(&job) else { return ready(Err(HandleError::UnknownJob)) };
        status.priority = priority;
        ready(Ok(()))
    }

    fn cancel(&self, job: JobId) -> HandleFuture<'_, ()> {
        ready(self.held.lock().unwrap().jobs.remove(&job).map(drop).ok_or(HandleError::UnknownJob))
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

/// A data directory with a fake node running on it.
struct Place {
    dir: TempDir,
    held: Arc<Mutex<Held>>,
}

impl Place {
    async fn with(network: Network) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let token = base64::encode(&[9; 32]);
        let listener = Loopback::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.address();
        let info = RunInfo {
            http: Some(format!("http://{address}")),
            listen: Vec::new(),
            node: "N".repeat(43),
            network: "local-0000000000000001".to_owned(),
            pid: 1,
        };
        std::fs::write(dir.path().join("run.json"), serde_json::to_vec(&info).unwrap()).unwrap();
        std::fs::write(dir.path().join("api.token"), &token).unwrap();
        let held = Arc::<Mutex<Held>>::default();
        let node = Arc::new(FakeNode { network, held: Arc::clone(&held) });
        let settings = Settings::new(address.port(), ApiToken::new(&token));
        let opened = Profile::open(dir.path(), &NodeSecret::from_seed([1; 32]), [2; 32], node.clone()).unwrap();
        let profile = Arc::new(opened.profile);
        let router = roneo_fproxy::router(node, Arc::clone(&profile) as _, profile, &settings);
        tokio::spawn(roneo_fproxy::serve(listener, router, std::future::pending()));
        Self { dir, held }
    }

    fn client(&self) -> Client {
        Client::of(self.dir.path()).unwrap()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn put(&self, line: &str) -> Result<Stored, Failure> {
        let Question::Put(args) = question(line) else { panic!("not put: {line}") };
        put::put(&self.client(), self.dir.path(), &args, args.taken.secret().as_ref(), &mut Progress::new(&quiet()))
            .await
    }

    async fn get(&self, line: &str) -> Result<Option<Fetched>, Failure> {
        let Question::Get(args) = question(line) else { panic!("not get: {line}") };
        match get::get(&self.client(), &args, &mut Progress::new(&quiet())).await? {
            Got::File(fetched) => Ok(Some(fetched)),
            Got::Written => Ok(None),
            Got::Directory(_) => panic!("a directory: {line}"),
        }
    }

    fn jobs(&self) -> usize {
        self.held.lock().unwrap().jobs.len()
    }
}

fn quiet() -> Common {
    Common { data_dir: None, json: false, quiet: true }
}

fn question(line: &str) -> Question {
    let words = std::iter::once("roneo").chain(line.split_whitespace());
    match <Arguments as clap::Parser>::try_parse_from(words).unwrap().command {
        Command::Ask(question) => question,
        _ => panic!("not a question: {line}"),
    }
}

fn leaflets(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 % 251) as u8).collect()
}

#[tokio::test]
async fn what_is_put_is_got_byte_for_byte() {
    for length in [0, 1, 65_535, 65_536, 65_537, 1_000_003] {
        let place = Place::with(Network::Good).await;
        let file = place.file("tract.txt", &leaflets(length));
        let stored = place.put(&format!("put {}", file.display())).await.unwrap();
        assert_eq!((stored.state, stored.length, &stored.note), (JobState::Stored, length as u64, &None));
        assert!(stored.uri.ends_with("/tract.txt"));
        assert_eq!(place.jobs(), 0, "a stored insert is forgotten");
        let out = place.dir.path().join("out");
        let fetched = place.get(&format!("get {} -o {}", stored.uri, out.display())).await.unwrap().unwrap();
        assert_eq!(std::fs::read(&out).unwrap(), leaflets(length));
        assert_eq!((fetched.length, fetched.file), (length as u64, out));
        assert!(!place.dir.path().join("out.part").exists());
    }
}

#[tokio::test]
async fn names_and_types_are_guessed_or_given() {
    let place = Place::with(Network::Thin).await;
    let file = place.file("affiche.PNG", b"png");
    let stored = place.put(&format!("put {}", file.display())).await.unwrap();
    assert_eq!((stored.state, stored.note.as_deref()), (JobState::Weak, Some("3 nodes: losing 2 loses it")));
    assert_eq!(place.jobs(), 1, "the node goes on with a weak insert");
    place.put(&format!("put {} --name a.bin --type x/y --now", file.display())).await.unwrap();
    let held = place.held.lock().unwrap();
    let (request, _) = held.content.values().next().unwrap();
    assert_eq!((request.name.as_str(), request.media_type.as_str()), ("a.bin", "x/y"));
}

#[tokio::test]
async fn existing_files_are_kept_unless_forced() {
    let place = Place::with(Network::Good).await;
    let file = place.file("tract.txt", b"new");
    let uri = place.put(&format!("put {}", file.display())).await.unwrap().uri;
    let out = place.file("out", b"old");
    let refused = place.get(&format!("get {uri} -o {}", out.display())).await.unwrap_err();
    assert_eq!((refused.exit(), std::fs::read(&out).unwrap()), (Exit::Refused, b"old".to_vec()));
    place.get(&format!("get {uri} -o {} --force", out.display())).await.unwrap();
    assert_eq!(std::fs::read(&out).unwrap(), b"new");
    let directory = place.get(&format!("get {uri} -o {} --force", place.dir.path().display())).await.unwrap_err();
    assert_eq!(directory.exit(), Exit::Usage);
}

#[tokio::test]
async fn a_failed_get_leaves_no_file() {
    let place = Place::with(Network::Torn).await;
    let file = place.file("tract.txt", &leaflets(250_000));
    let uri = place.put(&format!("put {}", file.display())).await.unwrap().uri;
    let out = place.dir.path().join("out");
    let torn = place.get(&format!("get {uri} -o {}", out.display())).await.unwrap_err();
    assert_eq!(torn.exit(), Exit::Failed);
    assert!(torn.to_string().contains("broke off"));
    let elsewhere = format!("CHK@{0},{0},{1}", "A".repeat(43), uri.split([',', '/']).nth(2).unwrap());
    let missing = place.get(&format!("get {elsewhere} -o {}", out.display())).await.unwrap_err();
    assert_eq!((missing.exit(), missing.code()), (Exit::NotFound, "not-found"));
    let cut = place.get(&format!("get {} -o {}", &uri[..60], out.display())).await.unwrap_err();
    assert_eq!((cut.exit(), cut.code()), (Exit::Usage, "bad-link"));
    assert!(!out.exists() && !place.dir.path().join("out.part").exists());
    assert_eq!(place.jobs(), 0);
}

#[tokio::test]
async fn content_that_shrinks_while_it_is_sent_ends_its_insert() {
    let place = Place::with(Network::Good).await;
    let client = place.client();
    let insert = NewInsert { name: String::new(), media_type: String::new(), length: 1_000_000, secret: None };
    let job = client.insert(&insert).await.unwrap();
    let failure = client.send_content(job, insert.length, std::io::Cursor::new(leaflets(999_999))).await.unwrap_err();
    assert!(failure.to_string().contains("became shorter"), "{failure}");
    while place.jobs() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let job = client.insert(&insert).await.unwrap();
    client.send_content(job, insert.length, std::io::Cursor::new(leaflets(1_000_001))).await.unwrap();
    assert!(client.job(JobKind::Insert, job, Some(1)).await.unwrap().error.is_none());
}

#[tokio::test]
async fn too_few_nodes_end_the_wait_and_the_job() {
    let place = Place::with(Network::Small).await;
    let file = place.file("tract.txt", b"text");
    let late = place.put(&format!("put {} --wait 1", file.display())).await.unwrap_err();
    assert_eq!((late.exit(), late.code()), (Exit::Failed, "too-few-nodes"));
    assert!(late.to_string().contains("waiting for 5 nodes, 3 known"));
    let link = format!("CHK@{0},{0},{1}", "A".repeat(43), "AAAAAQA");
    let late = place.get(&format!("get {link} --wait 0 -o {}", place.dir.path().join("out").display())).await;
    assert_eq!(late.unwrap_err().code(), "too-few-nodes");
    assert_eq!(place.jobs(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_before_anything_is_announced() {
    let place = Place::with(Network::Good).await;
    let missing = place.put("put /no/such/file").await.unwrap_err();
    assert_eq!(missing.exit(), Exit::Failed);
    assert!(missing.to_string().contains("/no/such/file"));
    assert_eq!(place.held.lock().unwrap().next, 0);
}

#[tokio::test]
async fn the_queue_is_listed_and_its_jobs_are_held_moved_and_ended() {
    let place = Place::with(Network::Small).await;
    let client = place.client();
    let ask = async |line: &str| {
        let Question::Queue(args) = question(line) else { panic!("not queue: {line}") };
        let command = args.command.unwrap_or(args::Queue::List);
        queue::queue(&client, &command, &Progress::new(&quiet())).await
    };
    assert_eq!(ask("queue").await, Ok(Answer::List(Vec::new())));
    let link = format!("CHK@{0},{0},{1}", "A".repeat(43), "AAAAAQA");
    for _ in 0..2 {
        client.fetch(link.clone(), true).await.unwrap();
    }
    let Ok(Answer::Changed(paused)) = ask("queue pause 1").await else { panic!("not changed") };
    assert_eq!((paused.job, paused.state), (JobId(1), JobState::Paused));
    let Ok(Answer::Changed(resumed)) = ask("queue resume 1").await else { panic!("not changed") };
    assert_eq!(resumed.state, JobState::Running);
    let Ok(Answer::Changed(moved)) = ask("queue priority 2 0").await else { panic!("not changed") };
    assert_eq!(moved.priority.get(), 0);
    let Ok(Answer::List(jobs)) = ask("queue list").await else { panic!("not a list") };
    assert_eq!(jobs.iter().map(|status| status.job.0).collect::<Vec<_>>(), [2, 1], "the urgent one first");
    assert_eq!(ask("queue cancel 2").await, Ok(Answer::Cancelled { cancelled: JobId(2) }));
    for line in ["queue pause 2", "queue resume 2", "queue cancel 2", "queue priority 2 6"] {
        let unknown = ask(line).await.unwrap_err();
        assert_eq!((unknown.exit(), unknown.code()), (Exit::NotFound, "unknown-job"), "{line}");
        assert!(unknown.to_string().contains("no transfer 2"), "{line}: {unknown}");
    }
    assert_eq!(place.jobs(), 1);
}

#[tokio::test]
async fn a_node_is_asked() {
    let place = Place::with(Network::Good).await;
    let client = place.client();
    assert_eq!(client.invite().await.unwrap(), "roneo-join:abc");
    client.join("roneo-join:abc".to_owned()).await.unwrap();
    let refused = client.join("nonsense".to_owned()).await.unwrap_err();
    assert_eq!((refused.exit(), refused.to_string().contains("not an invitation")), (Exit::Refused, true));
    assert_eq!(query::peers_text(&client.peers().await.unwrap()), format!("{}  this node\n", "N".repeat(43)));
    let text = query::status_text(&client.status().await.unwrap());
    assert!(text.contains("64 MiB lent") && text.contains("warning    the clock is wrong"), "{text}");
}

#[tokio::test]
async fn status_waits_for_nodes_as_long_as_it_is_told() {
    let place = Place::with(Network::Good).await;
    let ask = async |line: &str| {
        let Question::Status(args) = question(line) else { panic!("not status") };
        query::status(|| Client::of(place.dir.path()), &args).await
    };
    assert_eq!(ask("status --wait-nodes 3").await.unwrap().nodes, 3);
    let late = ask("status --wait-nodes 4 --timeout 0").await.unwrap_err();
    assert_eq!((late.exit(), late.code()), (Exit::Failed, "too-few-nodes"));
}

#[tokio::test]
async fn without_a_node_there_is_nothing_to_ask() {
    let empty = tempfile::tempdir().unwrap();
    let check = async |dir: &Path| {
        let failure = match Client::of(dir) {
            Ok(client) => client.status().await.unwrap_err(),
            Err(failure) => failure,
        };
        assert_eq!(failure.exit(), Exit::NotRunning, "{failure}");
        assert!(failure.to_string().contains("roneo run"));
    };
    check(empty.path()).await;
    // A node that was killed leaves its file behind, and its port to somebody else.
    let place = Place::with(Network::Good).await;
    std::fs::write(place.dir.path().join("api.token"), base64::encode(&[1; 32])).unwrap();
    check(place.dir.path()).await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let run = format!(r#"{{"http":"http://127.0.0.1:{port}","listen":[],"node":"","network":"","pid":1}}"#);
    std::fs::write(place.dir.path().join("run.json"), run).unwrap();
    check(place.dir.path()).await;
}

fn configuration(line: &str) -> args::Config {
    let words = std::iter::once("roneo").chain(line.split_whitespace());
    match <Arguments as clap::Parser>::try_parse_from(words).unwrap().command {
        Command::Config(command) => command,
        other => panic!("not config: {other:?}"),
    }
}

#[tokio::test]
async fn settings_are_changed_with_and_without_a_node() {
    let place = Place::with(Network::Good).await;
    let elsewhere = tempfile::tempdir().unwrap();
    for dir in [place.dir.path(), elsewhere.path()] {
        let obey =
            async |line: &str| config::config(dir, &configuration(line), &quiet(), &Progress::new(&quiet())).await;
        obey("config set console.theme dark").await.unwrap();
        obey("config set listen 127.0.0.1:0 [::1]:0").await.unwrap();
        obey("config unset console.theme").await.unwrap();
        let text = std::fs::read_to_string(config_path(dir)).unwrap();
        assert!(text.contains("listen = [\"127.0.0.1:0\", \"[::1]:0\"]") && !text.contains("theme"), "{text}");
        for (line, exit, code) in [
            ("config set console.theme pink", Exit::Usage, "bad-value"),
            ("config set colour blue", Exit::Usage, "no-such-setting"),
            ("config get colour", Exit::Usage, "no-such-setting"),
            ("config unset colour", Exit::Usage, "no-such-setting"),
        ] {
            let failure = obey(line).await.unwrap_err();
            assert_eq!((failure.exit(), failure.code()), (exit, code), "{line}: {failure}");
        }
    }
}

#[test]
fn an_invitation_goes_through_a_picture() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("invitation.png");
    assert_eq!(qr::draw("roneo-join:abc", &file).unwrap(), "");
    assert_eq!(qr::read(&file).unwrap(), "roneo-join:abc");
    assert_eq!(qr::draw("roneo-join:abc", &file).unwrap_err().exit(), Exit::Refused);
    assert!(qr::draw("roneo-join:abc", Path::new("-")).unwrap().contains('▀'));
    std::fs::write(&file, "hello").unwrap();
    let failure = qr::read(&file).unwrap_err();
    assert_eq!(failure.exit(), Exit::Usage);
    assert!(failure.to_string().contains("PNG or JPEG"), "{failure}");
}
