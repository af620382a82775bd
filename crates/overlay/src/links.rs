//! Which links are open, wanted or being dialled, and the frames that wait for one.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use roneo_keys::NodeId;
use roneo_keys::time::Mono;

/// Links open at once, at most.
pub const MAX_LINKS: usize = 512;
/// Frames that wait for one link to open.
pub const MAX_WAITING_FRAMES: usize = 64;
/// How long a frame waits for its link; then it is dropped, as the packet it carries would be late.
pub const FRAME_PATIENCE: Duration = Duration::from_secs(5);
/// First and longest pause between two dials of a node that does not answer.
pub const DIAL_PAUSE: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];
/// Dials under way at once, at most.
pub const MAX_DIALS: usize = 32;
/// A dial that neither succeeded nor failed after this long is taken for failed.
const DIAL_PATIENCE: Duration = Duration::from_secs(15);
/// Nodes that are remembered without a link.
const MAX_REMEMBERED: usize = 4_096;

/// What a link is at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    Dialling { since: Mono },
    Down,
}

#[derive(Debug)]
struct Link {
    state: State,
    /// When the state last became `Up` or `Down`.
    since: Mono,
    /// When the link last carried a frame that was not upkeep.
    used: Mono,
    next_dial: Mono,
    failures: u32,
    waiting: VecDeque<(Mono, Vec<u8>)>,
}

impl Link {
    fn new(now: Mono) -> Self {
        Self { state: State::Down, since: now, used: now, next_dial: now, failures: 0, waiting: VecDeque::new() }
    }
}

/// Every link of this node.
#[derive(Debug, Default)]
pub struct Links {
    links: BTreeMap<NodeId, Link>,
}

/// What became of a frame handed to [`Links::offer`].
#[derive(Debug, PartialEq, Eq)]
pub enum Offer {
    /// The link is up: send this now.
    Send(Vec<u8>),
    /// It waits for its link, which wants dialling.
    Waits,
    /// Too many frames wait for that link already.
    Dropped,
}

impl Links {
    /// Notes an open link and hands back the frames that waited for it.
    pub fn up(&mut self, now: Mono, peer: NodeId) -> Vec<Vec<u8>> {
        let link = self.links.entry(peer).or_insert_with(|| Link::new(now));
        link.state = State::Up;
        (link.since, link.used) = (now, now);
        link.failures = 0;
        link.waiting.drain(..).map(|(_, frame)| frame).collect()
    }

    /// Notes a closed link, or a dial that failed. `true` if the link had been open.
    pub fn down(&mut self, now: Mono, peer: &NodeId) -> bool {
        let Some(link) = self.links.get_mut(peer) else { return false };
        let was_up = link.state == State::Up;
        if link.state != State::Down {
            if was_up {
                link.since = now;
            }
            link.state = State::Down;
            let pause = DIAL_PAUSE[0] * 2u32.saturating_pow(link.failures);
            link.next_dial = now + pause.min(DIAL_PAUSE[1]);
            link.failures = link.failures.saturating_add(1).min(16);
        }
        was_up
    }

    /// Whether a link to `peer` is open.
    #[must_use]
    pub fn is_up(&self, peer: &NodeId) -> bool {
        self.links.get(peer).is_some_and(|link| link.state == State::Up)
    }

    /// How long there has been no link to `peer`; nothing while there is one. Begins to count at the
    /// first question.
    pub fn silence(&mut self, now: Mono, peer: &NodeId) -> Option<Duration> {
        let link = self.links.entry(*peer).or_insert_with(|| Link::new(now));
        (link.state != State::Up).then(|| now.since(link.since))
    }

    /// The nodes with an open link, in order.
    pub fn open(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.links.iter().filter(|(_, link)| link.state == State::Up).map(|(peer, _)| *peer)
    }

    /// Open links.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open().count()
    }

    /// Whether to dial `peer` now; if so, it is noted as being dialled.
    pub fn dial(&mut self, now: Mono, peer: NodeId) -> bool {
        let dialling = self.links.values().filter(|link| matches!(link.state, State::Dialling { .. })).count();
        if dialling >= MAX_DIALS {
            return false;
        }
        let link = self.links.entry(peer).or_insert_with(|| Link::new(now));
        if link.state != State::Down || now < link.next_dial {
            return false;
        }
        link.state = State::Dialling { since: now };
        true
    }

    /// Lets `peer` be dialled no earlier than after `pause`, if it was never dialled.
    pub fn defer_dial(&mut self, now: Mono, peer: NodeId, pause: Duration) {
        self.links.entry(peer).or_insert_with(|| Link { next_dial: now + pause, ..Link::new(now) });
    }

    /// Hands a frame over for sending.
    pub fn offer(&mut self, now: Mono, peer: NodeId, frame: Vec<u8>) -> Offer {
        let link = self.links.entry(peer).or_insert_with(|| Link::new(now));
        link.used = now;
        if link.state == State::Up {
            return Offer::Send(frame);
        }
        if link.waiting.len() >= MAX_WAITING_FRAMES {
            return Offer::Dropped;
        }
        link.waiting.push_back((now, frame));
        Offer::Waits
    }

    /// Drops frames and dials that waited too long, and forgets the nodes that were longest without
    /// a link where there are too many. Returns how many frames were dropped.
    pub fn expire(&mut self, now: Mono) -> u64 {
        let mut dropped = 0;
        let mut stuck = Vec::new();
        for (peer, link) in &mut self.links {
            while link.waiting.front().is_some_and(|(since, _)| now.since(*since) >= FRAME_PATIENCE) {
                link.waiting.pop_front();
                dropped += 1;
            }
            if let State::Dialling { since } = link.state
                && now.since(since) >= DIAL_PATIENCE
            {
                stuck.push(*peer);
            }
        }
        for peer in stuck {
            self.down(now, &peer);
        }
        while self.links.len() > MAX_REMEMBERED {
            let idle =
                self.links.iter().filter(|(_, link)| link.state == State::Down).min_by_key(|(_, link)| link.used);
            let Some(peer) = idle.map(|(peer, _)| *peer) else { break };
            self.links.remove(&peer);
        }
        dropped
    }

    /// Open links that carried no packet for `idle`, longest unused first.
    #[must_use]
    pub fn unused(&self, now: Mono, idle: Duration) -> Vec<NodeId> {
        let mut unused: Vec<_> = self
            .links
            .iter()
            .filter(|(_, link)| link.state == State::Up && now.since(link.used) >= idle)
            .map(|(peer, link)| (link.used, *peer))
            .collect();
        unused.sort_unstable();
        unused.into_iter().map(|(_, peer)| peer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(byte: u8) -> NodeId {
        NodeId::from_bytes([byte; 32])
    }

    fn at(seconds: u64) -> Mono {
        Mono(seconds * 1_000_000)
    }

    #[test]
    fn frames_wait_for_their_link_and_not_for_long() {
        let mut links = Links::default();
        assert_eq!(links.offer(at(0), peer(1), vec![1]), Offer::Waits);
        assert_eq!(links.offer(at(3), peer(1), vec![2]), Offer::Waits);
        assert_eq!(links.expire(at(5)), 1);
        assert_eq!(links.up(at(6), peer(1)), [vec![2]]);
        assert_eq!(links.offer(at(6), peer(1), vec![3]), Offer::Send(vec![3]));
    }

    #[test]
    fn waiting_frames_are_bounded() {
        let mut links = Links::default();
        for _ in 0..MAX_WAITING_FRAMES {
            assert_eq!(links.offer(at(0), peer(1), vec![]), Offer::Waits);
        }
        assert_eq!(links.offer(at(0), peer(1), vec![]), Offer::Dropped);
    }

    #[test]
    fn dials_pause_longer_with_each_failure_up_to_a_minute() {
        let mut links = Links::default();
        let mut now = at(0);
        let mut pauses = Vec::new();
        for _ in 0..9 {
            assert!(links.dial(now, peer(1)));
            assert!(!links.dial(now, peer(1)), "already being dialled");
            links.down(now, &peer(1));
            let start = now;
            while !links.dial(now, peer(1)) {
                now = now + Duration::from_secs(1);
            }
            links.down(now, &peer(1));
            pauses.push(now.since(start).as_secs());
            now = now + Duration::from_secs(60);
        }
        assert_eq!(pauses[0], 1);
        assert_eq!(*pauses.last().unwrap(), 60);
        assert!(pauses.is_sorted());
    }

    #[test]
    fn silence_counts_from_the_close() {
        let mut links = Links::default();
        assert_eq!(links.silence(at(5), &peer(1)), Some(Duration::ZERO));
        links.up(at(10), peer(1));
        assert_eq!(links.silence(at(99), &peer(1)), None);
        assert!(links.down(at(100), &peer(1)));
        assert_eq!(links.silence(at(107), &peer(1)), Some(Duration::from_secs(7)));
        assert!(!links.down(at(108), &peer(1)), "it was down already");
    }

    #[test]
    fn a_dial_that_hangs_counts_as_failed() {
        let mut links = Links::default();
        assert!(links.dial(at(0), peer(1)));
        links.expire(at(15));
        assert!(links.dial(at(17), peer(1)));
    }
}
