//! What those on the way of a request see of it, and what of it anybody sees on a link.

#![allow(clippy::unwrap_used, reason = "what helps a test is a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use roneo_client::handle::JobState;
use roneo_keys::{NodeId, Uri};
use roneo_overlay::{RecordLine, RecordRole};
use roneo_simulations::{FrameKind, Network, Scenario, content};

const MINUTE: Duration = Duration::from_secs(60);
/// Bytes of every packet: requests, leaves and receipts; or blocks.
const PACKET_LENGTHS: [usize; 2] = [5_120, 34_304];

fn settled(scenario: Scenario) -> Network {
    println!("{} nodes, seed {}", scenario.nodes, scenario.seed);
    let mut net = Network::new(scenario);
    net.settle(5 * MINUTE).unwrap();
    net
}

fn store(net: &mut Network, node: usize, bytes: &[u8]) -> String {
    let status = net.publish(node, bytes, 30 * MINUTE);
    assert_eq!(status.state, JobState::Stored, "{status:?}");
    status.uri.unwrap()
}

/// Thirty-two bytes each: locators, keys, and what a link has where it is written out.
struct Needles {
    /// First eight bytes, to pass over most places with one look.
    heads: BTreeSet<[u8; 8]>,
    whole: BTreeSet<[u8; 32]>,
}

impl Needles {
    fn new(needles: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let whole: BTreeSet<[u8; 32]> = needles.into_iter().collect();
        Self { heads: whole.iter().map(|needle| *needle.first_chunk().unwrap()).collect(), whole }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let hit = |window: &[u8]| self.heads.contains(&window[..8]) && self.whole.contains(window);
        bytes.windows(32).any(hit)
    }
}

/// Everything that would tell what is asked for.
fn needles(net: &Network, uris: &[String]) -> Needles {
    let locators = net.locators().into_iter().map(|locator| *locator.as_bytes());
    let of_uris = uris.iter().flat_map(|uri| {
        let text = |from: usize| uri.as_bytes()[from..from + 32].try_into().unwrap();
        let Ok(Uri::Chk(chk)) = uri.parse::<Uri>() else { panic!("a link") };
        [*chk.root.as_bytes(), *chk.key.expose(), text(4), text(48)]
    });
    Needles::new(locators.chain(of_uris))
}

/// What a thousand requests left in the recordings.
#[derive(Default)]
struct Findings {
    lines: BTreeMap<String, u64>,
    lengths: BTreeSet<usize>,
    storer_lines_without: u64,
}

impl Findings {
    fn look(&mut self, line: &RecordLine, needles: &Needles, never_before_a_storer: &[NodeId]) {
        *self.lines.entry(format!("{:?} {}", line.role, line.kind)).or_default() += 1;
        if line.kind == "handover" {
            return;
        }
        self.lengths.insert(line.length);
        match line.role {
            RecordRole::Guard | RecordRole::Relay => {
                assert!(!needles.is_in(&line.bytes), "a {:?} sees what is asked for", line.role);
            }
            RecordRole::Storer => {
                self.storer_lines_without += u64::from(!needles.is_in(&line.bytes));
                assert!(!never_before_a_storer.contains(&line.from), "a storer hears from the reader's side");
            }
            RecordRole::User => {}
        }
    }

    fn count(&self, line: &str) -> u64 {
        self.lines.get(line).copied().unwrap_or(0)
    }
}

#[test]
fn a_thousand_requests_tell_no_relay_what_they_ask_for() {
    let mut net = settled(Scenario { recording: true, ..Scenario::new(16, 31) });
    let writer = 2;
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    // Inline in leaves, inline in blocks, one block, and coded ones.
    for (insert, len) in [0, 1, 900, 3_000, 10_000, 32_700, 60_000, 150_000].into_iter().enumerate() {
        let bytes = content(insert as u64, len);
        files.push((store(&mut net, writer, &bytes), bytes));
    }
    let uris: Vec<String> = files.iter().map(|(uri, _)| uri.clone()).collect();
    let needles = needles(&net, &uris);
    for node in 0..net.len() {
        net.take_records(node);
    }

    let reader = 9;
    let guards = net.guards(reader);
    let side: Vec<NodeId> = guards.iter().take(1).chain([&reader]).map(|node| net.id(*node)).collect();
    let sent = net.counter(reader, "packets_sent");
    let mut findings = Findings::default();
    let mut turn = 0;
    while net.counter(reader, "packets_sent") < sent + 1_000 {
        let (uri, bytes) = &files[turn % files.len()];
        assert!(net.read(reader, uri, 5 * MINUTE).unwrap() == *bytes);
        turn += 1;
        for node in 0..net.len() {
            net.take_records(node).iter().for_each(|line| findings.look(line, &needles, &side));
        }
    }
    println!("  {turn} fetches left {:?}", findings.lines);
    assert_eq!(net.counter(reader, "guard_changes"), 0, "one guard served them all");
    assert!(findings.count("Storer request") >= 1_000);
    assert_eq!(findings.storer_lines_without, 0, "the search works: it finds every request at its storer");
    assert!(findings.count("Relay packet") >= 2_000 && findings.count("Guard packet") >= 2_000);
    // A second answer to what the first has settled finds nobody waiting.
    assert!(findings.count("User answer") >= 500);
    assert_eq!(findings.lengths, BTreeSet::from(PACKET_LENGTHS));
}

#[test]
fn every_packet_on_every_link_has_one_of_two_lengths() {
    let mut net = settled(Scenario { loss: 0.01, ..Scenario::new(12, 32) });
    for node in 0..net.len() {
        net.tap(node);
    }
    let bytes = content(32, 200_000);
    let uri = store(&mut net, 0, &bytes);
    assert!(net.read(7, &uri, 5 * MINUTE).unwrap() == bytes);
    assert_eq!(net.traffic().packet_lengths.keys().copied().collect::<Vec<_>>(), PACKET_LENGTHS);
    let mut seen = BTreeSet::new();
    for node in 0..net.len() {
        for tapped in net.take_tapped(node) {
            if FrameKind::of(&tapped.frame) == FrameKind::Packet {
                seen.insert(tapped.frame.len());
            }
        }
    }
    // With the byte that says what kind of frame it is.
    assert_eq!(seen, PACKET_LENGTHS.map(|length| length + 1).into());
}

/// Reading from a node of a network in which it keeps a copy itself shows on its line no less than
/// reading what others keep: the own disk is no short cut.
#[test]
fn what_the_reader_stores_itself_is_asked_of_the_network() {
    let mut net = settled(Scenario::new(8, 33));
    let bytes = content(33, 500);
    let uri = store(&mut net, 0, &bytes);
    let root = {
        let Ok(Uri::Chk(chk)) = uri.parse::<Uri>() else { panic!("a link") };
        chk.root
    };
    let holders = net.holders(&root);
    assert!(holders.len() >= 6, "on a small network almost everybody keeps a root");
    for reader in holders {
        let sent = net.counter(reader, "packets_sent");
        assert!(net.read(reader, &uri, 5 * MINUTE).unwrap() == bytes);
        assert_eq!(net.counter(reader, "packets_sent"), sent + 2, "two storers are asked at first");
    }
}
