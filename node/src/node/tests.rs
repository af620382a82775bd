use std::time::Instant;

use super::*;
use roneo_client::handle::{HandleError, InMemory, InsertRequest, JobId, JobState, JobStatus, Waiting};
use roneo_keys::Uri;
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);

/// A node with a directory that outlives it.
struct Bench {
    dir: TempDir,
    node: RunningNode,
}

fn options(dir: &Path, join: Vec<String>) -> NodeOptions {
    NodeOptions {
        network: Some(NetworkKind::Local),
        store_quota: Some(32 << 20),
        join,
        ..NodeOptions::new(dir.join("node"))
    }
}

impl Bench {
    async fn start(join: Vec<String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let node = Node::start(options(dir.path(), join)).await.unwrap();
        Self { dir, node }
    }

    async fn restart(self) -> Self {
        self.node.shutdown().await;
        let node = Node::start(options(self.dir.path(), vec![])).await.unwrap();
        Self { dir: self.dir, node }
    }

    async fn invitation(&self) -> String {
        self.node.handle().invite().await.unwrap()
    }

    async fn until_nodes(&self, nodes: usize) {
        let begin = Instant::now();
        loop {
            let status = self.node.handle().status().await.unwrap();
            if status.nodes == nodes {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{nodes} nodes: {status:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn begin_insert(&self, content: &[u8]) -> JobId {
        let request = InsertRequest {
            length: content.len() as u64,
            name: "leaflet.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            secret: None,
        };
        self.node.handle().insert(request, Box::new(InMemory::new(content))).await.unwrap()
    }

    /// Waits until `enough` holds of a job's status.
    async fn until(&self, job: JobId, enough: impl Fn(&JobStatus) -> bool) -> JobStatus {
        let begin = Instant::now();
        let handle = self.node.handle();
        let mut status = handle.job(job).await.unwrap();
        while !enough(&status) {
            assert!(begin.elapsed() < PATIENCE, "{status:#?}");
            status = handle.job_change(job, status.revision).await.unwrap();
        }
        status
    }

    async fn insert(&self, content: &[u8]) -> Uri {
        let job = self.begin_insert(content).await;
        let status = self.until(job, |status| matches!(status.state, JobState::Stored | JobState::Failed)).await;
        assert_eq!(status.state, JobState::Stored, "{status:#?}");
        status.uri.expect("what is stored has a link").parse().unwrap()
    }

    async fn fetch(&self, uri: &Uri) -> Vec<u8> {
        let handle = self.node.handle();
        let job = handle.fetch(uri.clone()).await.unwrap();
        let mut content = Vec::new();
        while let Some(chunk) = handle.read(job).await.unwrap() {
            content.extend(chunk);
        }
        handle.cancel(job).await.unwrap();
        content
    }
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index * 31 % 251) as u8).collect()
}

async fn network(nodes: usize) -> Vec<Bench> {
    let mut benches = vec![Bench::start(vec![]).await];
    while benches.len() < nodes {
        let from = benches.last().expect("there is a first");
        let invitation = from.invitation().await;
        benches.push(Bench::start(vec![invitation]).await);
    }
    for bench in &benches {
        bench.until_nodes(nodes).await;
    }
    benches
}

/// The whole of it, and then the logs: nothing that was used may stand in them.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_inserted_at_one_node_is_read_at_another_and_nothing_of_it_is_logged() {
    let ring = crate::log::init(tracing::Level::TRACE, tracing::Level::ERROR);
    let benches = network(6).await;
    let mut secrets = Vec::new();
    for len in [0, 1, 4_000, 40_000, 300_000] {
        let content = content(len);
        let uri = benches[1].insert(&content).await;
        assert_eq!(benches[4].fetch(&uri).await, content, "{len} bytes");
        let Uri::Chk(chk) = &uri else { panic!("an insert makes a CHK") };
        secrets.push(uri.to_text());
        secrets.push(roneo_keys::base64::encode(chk.root.as_bytes()));
        secrets.push(roneo_keys::base64::encode(chk.key.expose()));
    }
    for bench in &benches {
        secrets.push(bench.node.info().node.clone());
        secrets.push(bench.node.api_token().to_owned());
        secrets.extend(bench.node.info().listen.iter().cloned());
    }
    for bench in benches {
        let begin = Instant::now();
        let handle = bench.node.handle();
        bench.node.shutdown().await;
        assert!(begin.elapsed() < STOP_PATIENCE);
        assert_eq!(handle.status().await.unwrap_err(), HandleError::Stopping);
    }
    let lines = ring.lines();
    assert!(!lines.is_empty(), "the log is read at all");
    for line in lines {
        assert!(!secrets.iter().any(|secret| line.contains(secret.as_str())), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_waits_for_the_fifth_node_and_begins_by_itself() {
    let mut benches = network(4).await;
    let job = benches[0].begin_insert(&content(5_000)).await;
    let four_of_five = Some(Waiting { needed: 5, known: 4 });
    benches[0].until(job, |status| status.state == JobState::Waiting && status.waiting == four_of_five).await;
    let invitation = benches[3].invitation().await;
    benches.push(Bench::start(vec![invitation]).await);
    benches[0].until(job, |status| status.state == JobState::Stored).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_restarts_is_the_same_node_at_the_same_port_and_finds_the_others() {
    let mut benches = network(3).await;
    let last = benches.pop().expect("three");
    let before = last.node.info().clone();
    let last = last.restart().await;
    assert_eq!(*last.node.info(), before);
    last.until_nodes(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_start_says_what_to_do() {
    let one = Bench::start(vec![]).await;
    let other = Bench::start(vec![]).await;
    let invitation = other.invitation().await;

    let again = Node::start(options(one.dir.path(), vec![])).await.err().unwrap();
    assert!(matches!(again, StartError::DataDir(DataDirError::AlreadyRunning(_))), "{again}");

    let refused = one.node.handle().join(invitation.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("from another data directory"), "{refused}");
    let refused = one.node.handle().join("roneo-join:nonsense".to_owned()).await.unwrap_err();
    assert!(matches!(refused, HandleError::Refused(_)));

    let dir = one.dir;
    one.node.shutdown().await;
    let elsewhere = Node::start(options(dir.path(), vec![invitation])).await.err().unwrap();
    assert!(elsewhere.to_string().contains("--data-dir"), "{elsewhere}");

    let listen = other.node.info().listen.iter().map(|address| address.parse().unwrap()).collect();
    let taken = NodeOptions { listen, ..options(dir.path(), vec![]) };
    let error = Node::start(taken).await.err().unwrap();
    assert!(error.to_string().contains("choose another port"), "{error}");

    let unreadable = options(dir.path(), vec!["roneo-join:x".to_owned()]);
    assert!(matches!(Node::start(unreadable).await, Err(StartError::Invitation(_))));

    let small = NodeOptions { store_quota: Some(1), ..options(&dir.path().join("small"), vec![]) };
    let error = Node::start(small).await.err().unwrap();
    assert!(error.to_string().contains("raise the quota"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_may_stop_the_node_and_jobs_of_another_run_are_unknown() {
    let bench = Bench::start(vec![]).await;
    let handle = bench.node.handle();
    assert_eq!(handle.job(JobId(77)).await, Err(HandleError::UnknownJob));
    assert_eq!(handle.read(JobId(77)).await, Err(HandleError::UnknownJob));
    assert_eq!(handle.cancel(JobId(77)).await, Err(HandleError::UnknownJob));
    let status = handle.status().await.unwrap();
    assert_eq!((status.nodes, status.summary.as_str()), (1, "alone"));
    assert!(status.warnings[0].contains("local network"), "{:?}", status.warnings);
    handle.shutdown().await.unwrap();
    timeout(STOP_PATIENCE, bench.node.stopped()).await.unwrap();
    assert_eq!(handle.status().await.unwrap_err(), HandleError::Stopping);
}

#[test]
fn options_go_before_configuration() {
    let config = Config {
        network: Some(NetworkChoice::Main),
        listen: Some(vec!["127.0.0.1:1".parse().unwrap()]),
        disk: crate::config::Disk { quota: Some(ByteSize(1)) },
        ..Config::default()
    };
    let options = NodeOptions { store_quota: Some(2), ..NodeOptions::default() }.or_configured(&config);
    assert_eq!(options.store_quota, Some(2));
    assert_eq!(options.network, Some(NetworkKind::Public));
    assert_eq!(options.listen.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_store_takes_the_quota_that_is_set_later() {
    let dir = tempfile::tempdir().unwrap();
    let quota_of = async |quota: u64| {
        let node = Node::start(NodeOptions { store_quota: Some(quota), ..options(dir.path(), vec![]) }).await.unwrap();
        let lent = node.handle().status().await.unwrap().store.quota_bytes;
        node.shutdown().await;
        lent
    };
    let (small, large) = (quota_of(16 << 20).await, quota_of(48 << 20).await);
    assert!(small <= 16 << 20 && (32 << 20..=48 << 20).contains(&large), "{small} and {large}");
    assert_eq!(quota_of(48 << 20).await, large);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_keeps_outlives_the_node_and_is_refused_after_it() {
    use roneo_client::profile::{NewBookmark, ProfileError};
    let bench = Bench::start(vec![]).await;
    let profile = bench.node.profile();
    let link = format!("CHK@{0},{0},AAAAAQA/leaflet.txt", "A".repeat(43));
    profile.add_bookmark(NewBookmark { link: link.clone(), title: String::new() }).await.unwrap();
    let bench = bench.restart().await;
    assert_eq!(bench.node.profile().bookmarks().await.unwrap()[0].link, link);
    let late = profile.add_bookmark(NewBookmark { link, title: String::new() }).await;
    assert_eq!(late, Err(ProfileError::Node(HandleError::Stopping)));
}
