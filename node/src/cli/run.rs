//! `roneo run`: a node in the foreground, with its console and API.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use roneo_fproxy::{ApiToken, Loopback, Settings};
use roneo_keys::NetworkKind;
use roneo_node::config::Config;
use roneo_node::data_dir::{DataDirError, Purpose, RunInfo};
use roneo_node::{Node, NodeOptions, RunningNode, StartError, log, platform};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::Level;

use super::args::{Common, Network, Run};
use super::failure::Failure;
use super::result;

/// Where console and API answer unless told otherwise, if it is free.
const CONSOLE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8888);

/// Console and API on a socket, until stopped.
pub(crate) struct Console {
    /// Where it answers.
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

/// Runs a node until a signal, or until it is told to stop over its API.
pub(crate) async fn run(data_dir: &Path, args: Run, common: &Common) -> Result<(), Failure> {
    // The ring is read by nobody yet; what matters here is that warnings reach standard error.
    let _ring = log::init(Level::DEBUG, if common.quiet { Level::ERROR } else { Level::WARN });
    let config = Config::load(data_dir).map_err(|error| Failure::failed(whole_sentence(&error)))?;
    let http = args.http.or(config.http);
    let options = options(data_dir, args).or_configured(&config);
    let node = Node::start(options).await.map_err(start_failure)?;
    let ran = answer_until_stopped(&node, http, common).await;
    node.shutdown().await;
    ran
}

async fn answer_until_stopped(node: &RunningNode, http: Option<SocketAddr>, common: &Common) -> Result<(), Failure> {
    let console = Console::open(node, bind(node, http).await?);
    let info = RunInfo { http: Some(format!("http://{}", console.address)), ..node.info().clone() };
    node.data_dir().write_run_info(&info).map_err(dir_failure)?;
    result(common, &info, || {
        format!("Roneo runs: http://{}  network {}  node {}\n", console.address, info.network, info.node)
    })?;
    tokio::select! {
        stop = platform::stop_requested() => stop.map_err(deaf)?,
        () = node.stopped() => {}
    }
    node.data_dir().remove_run_info().map_err(dir_failure)?;
    console.close().await;
    Ok(())
}

impl Console {
    /// Serves a node's pages and API on `listener`.
    pub(crate) fn open(node: &RunningNode, listener: Loopback) -> Self {
        let address = listener.address();
        let settings = Settings::new(address.port(), ApiToken::new(node.api_token()));
        let router = roneo_fproxy::router(node.handle(), node.profile(), node.social(), &settings);
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(roneo_fproxy::serve(listener, router, async {
            // An error means that the console was dropped, which stops it as well.
            let _ = stopped.await;
        }));
        Self { address, stop, ended }
    }

    /// Lets answers under way end, for a moment.
    pub(crate) async fn close(self) {
        drop(self.stop);
        // It ends by itself; had it panicked, the panic was printed.
        let _ = self.ended.await;
    }
}

/// The socket of the console: the one asked for, or else the one it had before, the usual one, any.
async fn bind(node: &RunningNode, asked: Option<SocketAddr>) -> Result<Loopback, Failure> {
    let any = SocketAddr::new(asked.map_or(CONSOLE.ip(), |asked| asked.ip()), 0);
    let kept = node.data_dir().kept_port(Purpose::Http, any).map_err(dir_failure)?;
    let candidates = match asked {
        None => vec![kept, CONSOLE, any],
        Some(asked) if asked.port() == 0 => vec![kept, any],
        Some(asked) => vec![asked],
    };
    let mut refusal = None;
    for address in candidates {
        match Loopback::bind(address).await {
            Ok(listener) => {
                node.data_dir().keep_port(Purpose::Http, listener.address()).map_err(dir_failure)?;
                return Ok(listener);
            }
            Err(error) => refusal = Some((address, error)),
        }
    }
    Err(refusal.map_or_else(
        || Failure::failed("no address for the console"),
        |(address, error)| {
            Failure::failed(format!(
                "the console cannot answer on {address} ({error}): choose another --http, or port 0 for any"
            ))
        },
    ))
}

/// What was typed. The configuration says the rest.
fn options(data_dir: &Path, args: Run) -> NodeOptions {
    NodeOptions {
        network: args.network.map(|network| match network {
            Network::Local => NetworkKind::Local,
            Network::Main => NetworkKind::Public,
        }),
        listen: args.listen,
        join: args.join,
        store_quota: args.disk.map(|size| size.0),
        record: args.record,
        ..NodeOptions::new(data_dir)
    }
}

/// Why a node did not start, as the shell is told.
pub(crate) fn start_failure(error: StartError) -> Failure {
    let sentence = whole_sentence(&error);
    match error {
        StartError::DataDir(DataDirError::AlreadyRunning(_) | DataDirError::Foreign(_)) | StartError::Network(_) => {
            Failure::refused(sentence)
        }
        StartError::Invitation(_) | StartError::Quota(_) => Failure::usage(sentence),
        _ => Failure::failed(sentence),
    }
}

fn dir_failure(error: DataDirError) -> Failure {
    Failure::failed(whole_sentence(&error))
}

/// An error with its causes, where it does not name them itself.
fn whole_sentence(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !sentence.contains(&text) {
            sentence = format!("{sentence}: {text}");
        }
        cause = error.source();
    }
    sentence
}

/// Without signals a node could not be stopped in order.
pub(crate) fn deaf(error: std::io::Error) -> Failure {
    Failure::failed(format!("signals cannot be heard: {error}"))
}
