//! [`Node`]: a whole node in this process, from its data directory to its handle.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SysRng;
use rand::{Rng as _, SeedableRng as _, TryRng as _};
use rand_chacha::ChaCha20Rng;
use roneo_client::Core;
use roneo_client::handle::{Caps, JobId, NodeHandle};
use roneo_client::notice::Warning;
use roneo_client::profile::ProfileHandle;
use roneo_client::social::SocialHandle;
use roneo_datastore::{QuotaTooSmall, Sizing};
use roneo_keys::{NetworkId, NetworkKind, NodeSecret};
use roneo_overlay::invitation::InvitationError;
use roneo_overlay::{Address, Defences, Invitation, OverlayConfig, Price, Rules};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::byte_size::ByteSize;
use crate::clock::Clock;
use crate::config::{Config, NetworkChoice, PostingDelay, Reading};
use crate::data_dir::{DataDir, DataDirError, Purpose, RunInfo};
use crate::driver::{CALL_QUEUE, Driver, EVENT_QUEUE, Ends, Facts, Remains, TRANSPORT_QUEUE};
use crate::link::Shared;
use crate::listening::{self, ListenError};
use crate::network_choice::{self, NetworkConflict, Wishes};
use crate::node_handle::Handle;
use crate::platform;
use crate::profile::{self, Pace, Profile, ReadingPace};
use crate::queue::{QUEUE_ANSWERS, QueueThread};
use crate::queue_dir::{KeptJob, Opened, QueueDir, QueueError};
use crate::record::{RecordError, Recorder};
use crate::stamp_thread::{STAMP_QUEUE, StampThread};
use crate::store_thread::{ANSWER_QUEUE, Place, StoreError, StoreThread};
use crate::traffic::Traffic;
use crate::transport::{self, Transport};

/// Disk lent unless told: one in so many free bytes…
const FREE_BYTES_IN: u64 = 10;
/// …and at most this much.
const MAX_DEFAULT_QUOTA: u64 = 10 << 30;
/// A node that is told to stop has stopped after this long.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// Of that, what the store may take to close. It is as safe without, and only slower to open.
const CLOSE_PATIENCE: Duration = Duration::from_secs(3);

/// What a node is started with.
#[derive(Debug, Clone, Default)]
pub struct NodeOptions {
    /// Where its state lives.
    pub data_dir: PathBuf,
    /// Which kind of network. `None`: what the directory or the invitations say, local where all
    /// listeners are on loopback, else public.
    pub network: Option<NetworkKind>,
    /// Where other nodes connect; port 0 for any, which is kept. Empty: 127.0.0.1:0 on a local
    /// network, `[::]:0` on others.
    pub listen: Vec<SocketAddr>,
    /// Invitations to follow, as text.
    pub join: Vec<String>,
    /// Bytes of disk lent, index and records included. `None`: a tenth of what is free, at most
    /// 10 GiB.
    pub store_quota: Option<u64>,
    /// Upload cap in bytes per second; `None` or 0 for no cap.
    pub upload_per_second: Option<u64>,
    /// Download cap in bytes per second; `None` or 0 for no cap.
    pub download_per_second: Option<u64>,
    /// How often boards are read.
    pub reading: Reading,
    /// How long what is said may wait before it leaves.
    pub posting_delay: PostingDelay,
    /// Where to record what passes through this node, for development.
    pub record: Option<PathBuf>,
    /// Rules other than those of the network's kind, for benches.
    pub rules: Option<Rules>,
}

impl NodeOptions {
    /// The default node in `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), ..Self::default() }
    }

    /// Takes from a configuration whatever was left open here.
    #[must_use]
    pub fn or_configured(mut self, config: &Config) -> Self {
        self.network = self.network.or(config.network.map(NetworkChoice::kind));
        if self.listen.is_empty() {
            self.listen = config.listen.clone().unwrap_or_default();
        }
        if self.join.is_empty() {
            self.join = config.join.clone();
        }
        let bytes = |size: Option<ByteSize>| size.map(|size| size.0);
        self.store_quota = self.store_quota.or(bytes(config.disk.quota));
        self.upload_per_second = self.upload_per_second.or(bytes(config.traffic.upload_per_second));
        self.download_per_second = self.download_per_second.or(bytes(config.traffic.download_per_second));
        self.reading = config.boards.reading.unwrap_or(self.reading);
        self.posting_delay = config.boards.posting_delay.unwrap_or(self.posting_delay);
        self
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The processor cannot run this build.
    #[error(transparent)]
    Cpu(#[from] roneo_content::CpuError),
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// An invitation cannot be read.
    #[error("cannot join: {0}")]
    Invitation(#[from] InvitationError),
    /// Directory, invitations and options name different networks.
    #[error(transparent)]
    Network(#[from] NetworkConflict),
    /// The node cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The disk lent is too small, or there is no room.
    #[error(transparent)]
    Quota(#[from] QuotaTooSmall),
    /// The datastore cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue cannot be used.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The system gives no thread.
    #[error("the system gives no thread: end other programs, and start the node again")]
    Thread(#[source] std::io::Error),
    /// No recording can be made.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: a node cannot make keys without it")]
    Randomness(#[source] rand::rngs::SysError),
    /// A part of the start failed in a way that it never should.
    #[error("the start broke off: please report this")]
    Broken(#[source] tokio::task::JoinError),
}

/// The way to a [`RunningNode`].
#[derive(Debug)]
pub struct Node;

/// A node that runs in this process. Dropping it stops the node as [`RunningNode::shutdown`] does,
/// without waiting.
pub struct RunningNode {
    info: RunInfo,
    api_token: Zeroizing<String>,
    data_dir: Arc<DataDir>,
    handle: Handle,
    profile: Profile,
    stop: Option<oneshot::Sender<()>>,
    stopped: watch::Receiver<bool>,
    main: JoinHandle<()>,
}

impl Node {
    /// Starts a node: on return its directory is open, it listens, and its handle answers. Joining
    /// goes on afterwards.
    ///
    /// # Errors
    /// [`StartError`], whose message says what to do.
    pub async fn start(options: NodeOptions) -> Result<RunningNode, StartError> {
        roneo_content::check_cpu()?;
        let invitations: Vec<Invitation> =
            options.join.iter().map(|text| text.parse()).collect::<Result<_, InvitationError>>()?;
        let mut rng = fresh_rng()?;
        let data_dir = Arc::new(DataDir::open(&options.data_dir)?);
        // One left by a node that was killed would lead programs to nobody.
        data_dir.remove_run_info()?;
        let secret = data_dir.node_secret(&mut rng)?;
        let api_token = Zeroizing::new(data_dir.api_token(&mut rng)?);
        let network = settle_network(&data_dir, &options, &invitations, &mut rng)?;
        let clock = Clock::new();

        let (answers_in, answers) = mpsc::channel(ANSWER_QUEUE);
        let (store, mut warnings) = open_store(&data_dir, &options, &secret, &mut rng, answers_in).await?;
        let (transport, listen, traffic) = open_transport(&data_dir, &options, network, &secret, clock).await?;
        let recorder = options.record.as_deref().map(Recorder::start).transpose()?;
        warnings.extend(standing_warnings(network, recorder.as_ref()));

        let caps = Caps {
            disk_bytes: store.sizing().file_bytes(),
            upload_bytes_per_s: options.upload_per_second.unwrap_or_default(),
            download_bytes_per_s: options.download_per_second.unwrap_or_default(),
        };
        let config = OverlayConfig {
            network,
            rules: options.rules.unwrap_or_else(|| Rules::of(network.kind)),
            addresses: listen.iter().filter_map(|socket| own_address(network.kind, *socket)).collect(),
            uplink: Some(caps.upload_bytes_per_s).filter(|cap| *cap > 0),
            defences: Defences::default(),
            recording: recorder.is_some(),
        };
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let info = RunInfo {
            http: None,
            listen: listen.iter().map(ToString::to_string).collect(),
            node: secret.id().to_text(),
            network: network.to_string(),
            pid: std::process::id(),
        };
        let opened = open_queue(&data_dir, &secret, &mut rng).await?;
        warnings.extend(opened.warnings);
        let (handle, calls) = mpsc::channel(CALL_QUEUE);
        let handle = Handle::new(handle);
        let kept = open_profile(&data_dir, &secret, &mut rng, handle.clone()).await?;
        warnings.extend(kept.warnings);
        let profile = kept.profile;
        let mut core = Core::new(config, secret, data_dir.state().as_deref(), seed, clock.now());
        let begun: Vec<JobId> = opened.jobs.iter().map(|kept| kept.job).collect();
        core.reserve_jobs(opened.highest);
        for KeptJob { job, entries, spooled } in opened.jobs {
            if let Err(error) = core.resume(clock.now(), job, &entries, spooled) {
                warnings.push(Warning::TransferEnded { reason: error.to_string() });
            }
        }
        let (queue_answers_in, queue_answers) = mpsc::channel(QUEUE_ANSWERS);
        let queue = QueueThread::start(opened.dir, begun, queue_answers_in).map_err(StartError::Thread)?;
        let (stamps_made_in, stamps_made) = mpsc::channel(STAMP_QUEUE);
        let stamps = StampThread::start(stamps_made_in).map_err(StartError::Thread)?;
        core.set_max_price(Price::MAX_PAID);
        for invitation in &invitations {
            core.join(invitation);
        }

        let (events_in, events) = mpsc::channel(EVENT_QUEUE);
        let (commands, commands_out) = mpsc::channel(TRANSPORT_QUEUE);
        let (saves, saved) = watch::channel(None);
        let (stop, stop_out) = oneshot::channel();
        let (stopped_in, stopped) = watch::channel(false);
        let (transport_in, stop_in) = (commands, stop_out);
        let ends = Ends {
            clock,
            calls,
            events,
            transport: transport_in,
            answers,
            store,
            queue,
            queue_answers,
            saves,
            recorder,
            traffic,
            stamps,
            stamps_made,
            stop: stop_in,
        };
        let reading = match (options.reading, network.kind) {
            (Reading::Often, _) | (Reading::Auto, NetworkKind::Local) => ReadingPace::often(),
            (Reading::Usual, _) | (Reading::Auto, NetworkKind::Public) => ReadingPace::usual(),
        };
        profile.delay_posts(options.posting_delay.longest(network.kind));
        let facts = Facts { network, caps, warnings };
        let parts = Parts {
            transport: tokio::spawn(transport.run(commands_out, events_in)),
            saver: tokio::spawn(save(Arc::clone(&data_dir), saved)),
            driver: tokio::spawn(Driver::run(core, facts, ends)),
            keeper: tokio::spawn(profile.clone().look_after(Pace::default(), reading)),
            profile: profile.clone(),
            data_dir: Arc::clone(&data_dir),
        };
        let main = tokio::spawn(parts.until_stopped(stopped_in));
        Ok(RunningNode { info, api_token, data_dir, handle, profile, stop: Some(stop), stopped, main })
    }
}

impl RunningNode {
    /// What programs drive it by. It may outlive the node, and then says so.
    #[must_use]
    pub fn handle(&self) -> Arc<dyn NodeHandle> {
        Arc::new(self.handle.clone())
    }

    /// What its user keeps. It may outlive the node as well.
    #[must_use]
    pub fn profile(&self) -> Arc<dyn ProfileHandle> {
        Arc::new(self.profile.clone())
    }

    /// What its user says on boards. It may outlive the node as well.
    #[must_use]
    pub fn social(&self) -> Arc<dyn SocialHandle> {
        Arc::new(self.profile.clone())
    }

    /// Who and where it is, as yet without a proxy.
    #[must_use]
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// What programs show to use its API.
    #[must_use]
    pub fn api_token(&self) -> &str {
        &self.api_token
    }

    /// Its data directory, which is locked while this value lives.
    #[must_use]
    pub fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    /// Returns once the node has stopped, for whatever reason.
    pub async fn stopped(&self) {
        // An error says that the sender is gone, and with it the node.
        let _ = self.stopped.clone().wait_for(|stopped| *stopped).await;
    }

    /// Stops the node, within 5 seconds. Nothing that was acknowledged is lost, also not where
    /// those are up before everything is closed.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error says that it stops already.
            let _ = stop.send(());
        }
        if timeout(STOP_PATIENCE, &mut self.main).await.is_err() {
            tracing::warn!("the node did not close in time: the next start will take longer");
        }
    }
}

/// The tasks of a running node.
struct Parts {
    transport: JoinHandle<()>,
    saver: JoinHandle<()>,
    driver: JoinHandle<Remains>,
    /// Looks after bookmarks.
    keeper: JoinHandle<()>,
    profile: Profile,
    data_dir: Arc<DataDir>,
}

impl Parts {
    /// Closes what the driver leaves behind. The driver drops its ends of all queues as it returns,
    /// which is what ends the other tasks.
    async fn until_stopped(self, stopped: watch::Sender<bool>) {
        let ended = self.driver.await;
        self.keeper.abort();
        match ended {
            Ok(Remains { store, queue, recorder }) => {
                let closing = spawn_blocking(move || {
                    self.profile.close();
                    queue.close();
                    if let Err(error) = store.close() {
                        tracing::warn!(%error, "the store did not close cleanly: the next start will scan it");
                    }
                    if let Some(recorder) = recorder {
                        recorder.finish();
                    }
                    // Until here the lock is held, however long closing takes: a second node on the
                    // same slots would overwrite them.
                    drop(self.data_dir);
                });
                let (closed, ..) = tokio::join!(timeout(CLOSE_PATIENCE, closing), self.transport, self.saver);
                if !matches!(closed, Ok(Ok(()))) {
                    tracing::warn!("the store did not close in time: the next start will scan it");
                }
            }
            Err(panic) => tracing::error!(%panic, "the node stopped: please report this"),
        }
        stopped.send_replace(true);
    }
}

/// Writes what the core asks to keep, the latest only, until the core is gone.
async fn save(data_dir: Arc<DataDir>, mut saves: watch::Receiver<Option<Arc<Vec<u8>>>>) {
    while saves.changed().await.is_ok() {
        let Some(bytes) = saves.borrow_and_update().clone() else { continue };
        let data_dir = Arc::clone(&data_dir);
        match spawn_blocking(move || data_dir.keep_state(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "known nodes are not saved"),
            Err(panic) => tracing::error!(%panic, "known nodes are not saved"),
        }
    }
}

/// The generator of this run: only its seed comes from the system.
fn fresh_rng() -> Result<ChaCha20Rng, StartError> {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed).map_err(StartError::Randomness)?;
    Ok(ChaCha20Rng::from_seed(seed))
}

fn settle_network(
    data_dir: &DataDir,
    options: &NodeOptions,
    invitations: &[Invitation],
    rng: &mut ChaCha20Rng,
) -> Result<NetworkId, StartError> {
    let kept = data_dir.network()?;
    let invited: Vec<_> = invitations.iter().map(|invitation| invitation.network).collect();
    let wishes = Wishes { kept, invited: &invited, asked: options.network, listen: &options.listen };
    let network = network_choice::choose(wishes, rng)?;
    if kept.is_none() {
        data_dir.keep_network(network)?;
    }
    Ok(network)
}

/// Opens the store, and says what the operator should know of its size.
async fn open_store(
    data_dir: &DataDir,
    options: &NodeOptions,
    secret: &NodeSecret,
    rng: &mut ChaCha20Rng,
    answers: mpsc::Sender<crate::store_thread::Answer>,
) -> Result<(StoreThread, Vec<Warning>), StartError> {
    let asked = Sizing::for_quota(quota(data_dir.root(), options.store_quota))?;
    let place =
        Place { store_dir: data_dir.store_dir(), index_dir: data_dir.index_dir().join("blocks"), sizing: asked };
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    let secret = secret.clone();
    let wished = options.store_quota.is_some();
    let open = move || -> Result<StoreThread, StoreError> {
        let store = StoreThread::start(&place, &secret, seed, answers.clone())?;
        if !wished || store.sizing() == place.sizing || !store.is_empty() {
            return Ok(store);
        }
        // Nothing would be lost, so the size that is asked for now is the one it gets.
        place.remake(store)?;
        // Nonces come from the seed, and no two sessions have the same ones.
        let again = blake3::derive_key("roneo node remade store 1", &seed);
        StoreThread::start(&place, &secret, again, answers)
    };
    let store = spawn_blocking(open).await.map_err(StartError::Broken)??;
    let made = store.sizing();
    let mut warnings = Vec::new();
    if options.store_quota.is_some() && made != asked {
        warnings.push(Warning::StoreStays { bytes: made.file_bytes() });
    }
    Ok((store, warnings))
}

async fn open_queue(data_dir: &DataDir, secret: &NodeSecret, rng: &mut ChaCha20Rng) -> Result<Opened, StartError> {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    let (path, secret) = (data_dir.queue_dir(), secret.clone());
    Ok(spawn_blocking(move || QueueDir::open(&path, &secret, seed)).await.map_err(StartError::Broken)??)
}

async fn open_profile(
    data_dir: &DataDir,
    secret: &NodeSecret,
    rng: &mut ChaCha20Rng,
    handle: Handle,
) -> Result<profile::Opened, StartError> {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    let (root, secret) = (data_dir.root().to_owned(), secret.clone());
    let opened = spawn_blocking(move || Profile::open(&root, &secret, seed, Arc::new(handle))).await;
    Ok(opened.map_err(StartError::Broken)??)
}

fn quota(root: &Path, asked: Option<u64>) -> u64 {
    asked.unwrap_or_else(|| match platform::free_bytes(root) {
        Ok(Some(free)) => (free / FREE_BYTES_IN).min(MAX_DEFAULT_QUOTA),
        // Where the system does not say, the least that is of use.
        Ok(None) | Err(_) => roneo_datastore::MIN_QUOTA,
    })
}

async fn open_transport(
    data_dir: &DataDir,
    options: &NodeOptions,
    network: NetworkId,
    secret: &NodeSecret,
    clock: Clock,
) -> Result<(Transport, Vec<SocketAddr>, Arc<Traffic>), StartError> {
    let asked = match options.listen.as_slice() {
        [] => vec![network_choice::default_listen(network.kind)],
        asked => asked.to_vec(),
    };
    let mut listen = Vec::with_capacity(asked.len());
    for asked in asked {
        let picked = listening::pick(asked, data_dir.kept_port(Purpose::Listen, asked)?)?;
        if asked.port() == 0 {
            data_dir.keep_port(Purpose::Listen, picked)?;
        }
        listen.push(picked);
    }
    let shared = Shared::new(clock, options.upload_per_second, options.download_per_second);
    let traffic = shared.traffic();
    let settings = transport::Settings { network, secret, listen: &listen, shared };
    let (transport, listen) = Transport::bind(settings).await?;
    Ok((transport, listen, traffic))
}

/// What stands in the descriptor: on a public network, only what others can reach.
fn own_address(kind: NetworkKind, socket: SocketAddr) -> Option<Address> {
    let address = Address::tcp(socket)?;
    match kind {
        NetworkKind::Local => Some(address),
        NetworkKind::Public => address.is_public().then_some(address),
    }
}

fn standing_warnings(network: NetworkId, recorder: Option<&Recorder>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if network.kind == NetworkKind::Local {
        warnings.push(Warning::LocalNetwork);
    }
    if recorder.is_some() {
        warnings.push(Warning::Recording);
    }
    warnings
}

#[cfg(test)]
mod tests;
