//! `roneo status`, `peers`, `invite` and `join`: questions to the running node.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use roneo_client::handle::{Peer, Status};
use roneo_node::byte_size::ByteSize;
use tokio::time::sleep;

use super::args;
use super::client::Client;
use super::failure::{Exit, Failure};

/// Pause between two looks at how many nodes there are.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The node's status, once enough nodes are present.
///
/// `connect` is tried anew at every look: with `--wait-nodes` a node that is only being started is
/// waited for as well.
pub(crate) async fn status(
    connect: impl Fn() -> Result<Client, Failure>,
    args: &args::Status,
) -> Result<Status, Failure> {
    let Some(wanted) = args.wait_nodes else { return connect()?.status().await };
    let deadline = Instant::now() + Duration::from_secs(args.timeout);
    loop {
        let found = match connect() {
            Ok(client) => client.status().await,
            Err(failure) => Err(failure),
        };
        match found {
            Ok(status) if status.nodes >= wanted => return Ok(status),
            Err(failure) if failure.exit() != Exit::NotRunning => return Err(failure),
            found if Instant::now() >= deadline => return Err(too_few(found, wanted, args.timeout)),
            _ => sleep(LOOK_AGAIN).await,
        }
    }
}

fn too_few(found: Result<Status, Failure>, wanted: usize, waited_s: u64) -> Failure {
    match found {
        Ok(status) => {
            let sentence = format!(
                "{} of {wanted} nodes after {waited_s} s: start more nodes, or give a longer --timeout",
                status.nodes
            );
            Failure::new(Exit::Failed, "too-few-nodes", sentence)
        }
        Err(failure) => failure,
    }
}

/// The status as a person reads it.
pub(crate) fn status_text(status: &Status) -> String {
    let mut text = String::new();
    let store = &status.store;
    let mut row = |name: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<10} {value}");
    };
    row("node", status.node.clone());
    row("network", format!("{}, {}", status.network, status.summary));
    row("links", status.links.to_string());
    row(
        "store",
        format!(
            "{} lent: {} kept, {} cached",
            size(store.quota_bytes),
            size(store.kept_bytes),
            size(store.cached_bytes)
        ),
    );
    if store.damaged > 0 {
        row("", format!("{} slots found damaged since the start: check the disk", store.damaged));
    }
    row("upload", cap(status.caps.upload_bytes_per_s));
    row("download", cap(status.caps.download_bytes_per_s));
    row("transfers", status.jobs.to_string());
    row("running", format!("{} s, version {}", status.uptime_s, status.version));
    for warning in &status.warnings {
        row("warning", warning.clone());
    }
    text
}

/// One node a line: its id, how it is, when it was heard.
pub(crate) fn peers_text(peers: &[Peer]) -> String {
    let mut text = String::new();
    for peer in peers {
        let how = match peer {
            Peer { me: true, .. } => "this node",
            Peer { set_aside: true, .. } => "set aside",
            Peer { linked: true, .. } => "linked",
            _ => "known",
        };
        let heard = match peer.heard_s {
            _ if peer.me => String::new(),
            Some(seconds) => format!("heard {seconds} s ago"),
            None => "not heard yet".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", format!("{}  {how:<10} {heard}", peer.node).trim_end());
    }
    text
}

/// A size rounded to what a person takes in.
fn size(bytes: u64) -> String {
    let unit = [40, 30, 20, 10].into_iter().find(|shift| bytes >> shift >= 10).unwrap_or(0);
    ByteSize(bytes >> unit << unit).to_string()
}

fn cap(bytes_per_s: u64) -> String {
    if bytes_per_s == 0 { "no cap".to_owned() } else { format!("at most {}/s", size(bytes_per_s)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_one_line_each() {
        let peer = |me, linked, heard_s, set_aside| Peer { node: "N".to_owned(), me, linked, heard_s, set_aside };
        let peers = [
            peer(true, false, Some(0), false),
            peer(false, true, Some(3), false),
            peer(false, false, None, false),
            peer(false, true, Some(90), true),
        ];
        let expected = "N  this node\nN  linked     heard 3 s ago\nN  known      not heard yet\n\
                        N  set aside  heard 90 s ago\n";
        assert_eq!(peers_text(&peers), expected);
    }

    #[test]
    fn sizes_are_rounded() {
        for (bytes, text) in [(0, "0 B"), (9_999, "9999 B"), (1 << 20, "1 MiB"), ((64 << 20) + 5, "64 MiB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
