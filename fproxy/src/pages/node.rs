//! The node: who is there, what is lent, what passes, what warns.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use roneo_client::handle::{HandleError, Peer, Status};
use roneo_client::notice::Warning;

use super::content::see_other;
use crate::console::{Console, Frame, Section, Visit, answer};
use crate::failure::Failure;
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::{Amount, Language};

/// Below so many nodes a crowd is small (DESIGN §10).
const SMALL_CROWD: usize = 200;

/// Peers in the table. A network may have thousands.
const MAX_PEERS: usize = 100;

/// Signs of a node's id that tell it from others.
const SHORT_ID: usize = 8;

#[derive(Template)]
#[template(path = "node.html")]
struct Page {
    frame: Frame,
    status: Status,
    peers: Vec<Peer>,
    /// How many nodes the table leaves out.
    left_out: usize,
    invitation: Option<String>,
    /// Why an invitation was not followed, with what was typed.
    wrong: Option<(String, String)>,
}

pub(crate) async fn page(visit: Visit) -> Result<Response, Trouble> {
    show(&visit, None, None).await
}

/// Makes an invitation. It names addresses, so it is made when it is asked for and stays on its page.
pub(crate) async fn invite(visit: Visit, State(console): State<Arc<Console>>, _: Posted) -> Result<Response, Trouble> {
    let invitation = console.ask(console.node.invite()).await?;
    show(&visit, Some(invitation), None).await
}

/// Follows an invitation.
pub(crate) async fn join(
    visit: Visit,
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Response, Trouble> {
    let typed = posted.text("invitation");
    match console.ask(console.node.join(typed.to_owned())).await {
        Ok(()) => Ok(see_other("/node")),
        Err(Trouble::Failure(Failure::Node(HandleError::Refused(reason)))) => {
            show(&visit, None, Some((visit.w.refusal(&reason), typed.to_owned()))).await
        }
        Err(trouble) => Err(trouble),
    }
}

async fn show(visit: &Visit, invitation: Option<String>, wrong: Option<(String, String)>) -> Result<Response, Trouble> {
    let status = visit.console.ask(visit.console.node.status()).await?;
    let mut peers = visit.console.ask(visit.console.node.peers()).await?;
    // This node first, then those who are linked, then those heard lately.
    peers.sort_by_key(|peer| (!peer.me, !peer.linked, peer.heard_s.unwrap_or(u64::MAX)));
    let left_out = peers.len().saturating_sub(MAX_PEERS);
    peers.truncate(MAX_PEERS);
    let frame = visit.frame(Section::Node).await;
    Ok(answer(&Page { frame, status, peers, left_out, invitation, wrong }))
}

impl Page {
    fn lede(&self) -> &'static str {
        let w = self.frame.w;
        if self.status.nodes <= 1 { w.node_alone() } else { w.node_works() }
    }

    fn is_local(&self) -> bool {
        self.status.network.starts_with("local-")
    }

    fn is_small(&self) -> bool {
        self.status.nodes < SMALL_CROWD
    }

    /// Warnings that no note of the page says already.
    fn warnings(&self) -> impl Iterator<Item = String> {
        let said = |warning: &&Warning| matches!(warning, Warning::LocalNetwork | Warning::SmallCrowd { .. });
        self.status.notices.iter().filter(move |warning| !said(warning)).map(|warning| self.frame.w.warning(warning))
    }

    fn uptime(&self) -> String {
        self.frame.w.duration(self.status.uptime_s)
    }

    fn kept(&self) -> Amount {
        self.frame.w.bytes(self.status.store.kept_bytes)
    }

    fn lent(&self) -> String {
        self.frame.w.bytes(self.status.store.quota_bytes).to_string()
    }

    fn cached(&self) -> String {
        self.frame.w.bytes(self.status.store.cached_bytes).to_string()
    }

    fn percent_lent(&self) -> u64 {
        let store = &self.status.store;
        Language::percent(store.kept_bytes.saturating_add(store.cached_bytes), store.quota_bytes)
    }

    fn counter(&self, name: &str) -> u64 {
        self.status.counters.get(name).copied().unwrap_or_default()
    }

    fn size(&self, bytes: &u64) -> String {
        self.frame.w.bytes(*bytes).to_string()
    }

    fn cap(&self, bytes_per_s: &u64) -> String {
        let w = self.frame.w;
        match bytes_per_s {
            0 => w.node_no_cap().to_owned(),
            bytes => w.node_cap(w.bytes(*bytes).to_string()),
        }
    }

    fn short<'a>(&self, id: &'a str) -> &'a str {
        id.get(..SHORT_ID).unwrap_or(id)
    }

    fn heard(&self, peer: &Peer) -> String {
        let w = self.frame.w;
        match peer.heard_s {
            _ if peer.me => w.peer_me().to_owned(),
            None => w.peer_never().to_owned(),
            Some(seconds) => w.peer_heard(w.duration(seconds)),
        }
    }

    fn link(&self, peer: &Peer) -> &'static str {
        let w = self.frame.w;
        match peer {
            Peer { me: true, .. } => "",
            Peer { set_aside: true, .. } => w.peer_set_aside(),
            Peer { linked: true, .. } => w.peer_linked(),
            _ => w.peer_known(),
        }
    }
}
