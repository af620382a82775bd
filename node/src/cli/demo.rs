//! `roneo demo`: a whole local network in this process, with something to read in it.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use roneo_client::folder::{FolderId, FolderState, NewFile, NewFolder};
use roneo_client::handle::{InMemory, InsertRequest, JobId, JobState, NodeHandle, Target};
use roneo_client::profile::{EditionContent, NewEdition, ProfileHandle};
use roneo_fproxy::{Loopback, page_path};
use roneo_keys::{NetworkKind, Uri};
use roneo_node::{Node, NodeOptions, RunningNode, log, platform};
use serde::Serialize;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tracing::Level;

use super::args::{Common, Demo};
use super::failure::Failure;
use super::progress::Progress;
use super::run::{Console, deaf, start_failure};
use super::{result, sample, talk};

/// Disk that each node lends.
const STORE_LEN: u64 = 64 << 20;

/// Nodes that start at the same time: more only wait for the same two or four cores.
const STARTING_AT_ONCE: usize = 4;

/// How long the nodes may take to know each other.
const MEETING_WAIT: Duration = Duration::from_secs(60);

/// Pause between two looks at whether they do, or whether a folder is stored.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What is printed once there is something to read.
#[derive(Debug, Serialize)]
struct Ready {
    /// The leaflet's link.
    uri: String,
    /// The address that opens it, at another node than the one it was put at.
    http: String,
    /// The picture's link.
    picture_uri: String,
    /// The address that opens the picture.
    picture_http: String,
    /// The site's link.
    site_uri: String,
    /// The address that opens the site.
    site_http: String,
    /// How many nodes there are.
    nodes: usize,
}

/// Nodes of one local network, and the directory that their state lives in until they end.
struct Network {
    nodes: Vec<RunningNode>,
    _root: TempDir,
}

/// Runs a network until a signal.
pub(crate) async fn demo(args: &Demo, common: &Common) -> Result<(), Failure> {
    let _ring = log::init(Level::WARN, if common.quiet { Level::ERROR } else { Level::WARN });
    let progress = Progress::new(common);
    progress.say(&format!("starting {} nodes", args.nodes));
    let stop = platform::stop_requested();
    tokio::pin!(stop);
    let network = tokio::select! {
        network = Network::start(usize::from(args.nodes), common.data_dir.as_deref()) => network?,
        stop = &mut stop => return stop.map_err(deaf),
    };
    let console = tokio::select! {
        console = show(&network, common, &progress) => console.map(Some),
        stop = &mut stop => stop.map(|()| None).map_err(deaf),
    };
    let ended = match console {
        Ok(Some(console)) => {
            let stopped = tokio::select! {
                stopped = stop => stopped,
                never = talking(&network.nodes) => match never {},
            };
            let stopped = stopped.map_err(deaf);
            console.close().await;
            stopped
        }
        Ok(None) => Ok(()),
        Err(failure) => Err(failure),
    };
    network.shutdown().await;
    ended
}

/// Has the people of the demonstration talk; if they cannot, the rest of it goes on.
async fn talking(nodes: &[RunningNode]) -> Infallible {
    if let Err(error) = talk::talk(nodes).await {
        tracing::warn!(code = error.code(), "the conversation of the demonstration ended");
    }
    std::future::pending().await
}

/// Puts the samples at one node and opens a console at another.
async fn show(network: &Network, common: &Common, progress: &Progress) -> Result<Console, Failure> {
    let writer = &network.nodes[0];
    let reader = &network.nodes[network.nodes.len() / 2];
    for node in [writer, reader] {
        meet(&*node.handle(), network.nodes.len()).await?;
    }
    let profile = writer.profile();
    let writer = writer.handle();
    let leaflet = (sample::LEAFLET_NAME, "text/plain", sample::LEAFLET.as_bytes().to_vec());
    let picture = (sample::PICTURE_NAME, "image/png", sample::picture());
    let (leaflet, picture, site) =
        tokio::try_join!(insert(&*writer, leaflet), insert(&*writer, picture), publish(&*writer, &*profile))?;
    // Whoever looks at a demonstration has nothing to set up.
    reader.profile().set("console.first_run_done".to_owned(), "true".to_owned()).await?;
    let listener = Loopback::bind((Ipv4Addr::LOCALHOST, 0).into()).await;
    let listener = listener.map_err(|error| Failure::failed(format!("no port for the console: {error}")))?;
    let console = Console::open(reader, listener);
    let page = |uri: &Uri| format!("http://{}{}", console.address, page_path(uri));
    let ready = Ready {
        uri: leaflet.to_text(),
        http: page(&leaflet),
        picture_uri: picture.to_text(),
        picture_http: page(&picture),
        site_uri: site.to_text(),
        site_http: page(&site),
        nodes: network.nodes.len(),
    };
    result(common, &ready, || format!("{}\n{}\n", ready.uri, ready.http))?;
    progress.say(&format!(
        "a site: {}\na picture: {}\nCtrl-C ends the network and removes its {} stores",
        ready.site_http, ready.picture_http, ready.nodes
    ));
    Ok(console)
}

impl Network {
    /// Starts nodes that were each invited by the first.
    async fn start(count: usize, place: Option<&Path>) -> Result<Self, Failure> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("roneo-demo-");
        let root = place.map_or_else(|| builder.tempdir(), |place| builder.tempdir_in(place));
        let root = root.map_err(|error| Failure::failed(format!("no directory for the demonstration: {error}")))?;
        let first = start(root.path(), 0, None).await?;
        let invitation = first.handle().invite().await?;
        let mut nodes = vec![first];
        let mut starting = JoinSet::new();
        for index in 1..count {
            if starting.len() == STARTING_AT_ONCE {
                nodes.extend(joined(&mut starting).await.transpose()?);
            }
            let (root, invitation) = (root.path().to_owned(), invitation.clone());
            starting.spawn(async move { start(&root, index, Some(invitation)).await });
        }
        while let Some(node) = joined(&mut starting).await {
            nodes.push(node?);
        }
        Ok(Self { nodes, _root: root })
    }

    /// Ends every node, then removes what they kept.
    async fn shutdown(self) {
        let mut ending: JoinSet<()> = self.nodes.into_iter().map(|node| async move { node.shutdown().await }).collect();
        while ending.join_next().await.is_some() {}
    }
}

async fn joined(starting: &mut JoinSet<Result<RunningNode, Failure>>) -> Option<Result<RunningNode, Failure>> {
    let joined = starting.join_next().await?;
    Some(joined.unwrap_or_else(|_| Err(Failure::failed("a node of the demonstration panicked"))))
}

async fn start(root: &Path, index: usize, invitation: Option<String>) -> Result<RunningNode, Failure> {
    let options = NodeOptions {
        network: Some(NetworkKind::Local),
        join: invitation.into_iter().collect(),
        store_quota: Some(STORE_LEN),
        ..NodeOptions::new(root.join(format!("node-{index:03}")))
    };
    Node::start(options).await.map_err(start_failure)
}

/// Waits until a node knows all others.
async fn meet(node: &dyn NodeHandle, count: usize) -> Result<(), Failure> {
    let deadline = Instant::now() + MEETING_WAIT;
    loop {
        let nodes = node.status().await?.nodes;
        if nodes >= count {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let sentence = format!(
                "the nodes do not find each other: {nodes} of {count} after {} s; try fewer --nodes",
                MEETING_WAIT.as_secs()
            );
            return Err(Failure::failed(sentence));
        }
        sleep(LOOK_AGAIN).await;
    }
}

/// Stores the sample site, then publishes it under a new key, and gives the link for readers. In two steps: one would
/// first look for the edition before, which takes seconds to be found nowhere.
async fn publish(node: &dyn NodeHandle, profile: &dyn ProfileHandle) -> Result<Uri, Failure> {
    let files = sample::site().into_iter().map(|(path, media_type, bytes)| NewFile {
        path: path.to_owned(),
        media_type: media_type.to_owned(),
        length: bytes.len() as u64,
        blake3: *blake3::hash(&bytes).as_bytes(),
        content: Box::new(InMemory::new(bytes)),
    });
    let name = sample::SITE_NAME.to_owned();
    let folder = profile.put_folder(NewFolder { name: name.clone(), files: files.collect(), site: None }).await?;
    let Uri::Chk(directory) = folder_link(profile, folder).await? else {
        return Err(Failure::failed("a sample was stored under another kind of link"));
    };
    let key = profile.new_key(name.clone()).await?.name;
    let content = EditionContent::Target(Target::of(&directory));
    let job = profile.publish(NewEdition { key, site: name, content }).await?;
    link_of(node, job).await
}

/// Waits until a folder can be read, and gives its link.
async fn folder_link(profile: &dyn ProfileHandle, folder: FolderId) -> Result<Uri, Failure> {
    loop {
        let folders = profile.folders().await?;
        match folders.into_iter().find(|status| status.id == folder).map(|status| status.state) {
            Some(FolderState::Done { link, .. }) => return Ok(link.0.parse()?),
            Some(FolderState::Failed(error)) => return Err(error.into()),
            Some(_) => sleep(LOOK_AGAIN).await,
            None => return Err(Failure::failed("the sample site was removed before it was published")),
        }
    }
}

/// Stores a sample and waits until it can be read.
async fn insert(node: &dyn NodeHandle, (name, media_type, bytes): (&str, &str, Vec<u8>)) -> Result<Uri, Failure> {
    let request = InsertRequest {
        length: bytes.len() as u64,
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        secret: None,
    };
    let job = node.insert(request, Box::new(InMemory::new(bytes))).await?;
    link_of(node, job).await
}

/// Waits until what a job stores can be read, and gives its link.
async fn link_of(node: &dyn NodeHandle, job: JobId) -> Result<Uri, Failure> {
    let mut status = node.job(job).await?;
    while !matches!(status.state, JobState::Stored | JobState::Weak) {
        if let Some(error) = status.error {
            return Err(error.into());
        }
        status = node.job_change(job, status.revision).await?;
    }
    let uri = status.uri.ok_or_else(|| Failure::failed("a sample was stored without a link"))?;
    Ok(uri.parse()?)
}
