use super::*;
use crate::clock::Clock;
use roneo_keys::NetworkId;

const NETWORK: NetworkId = NetworkId { kind: NetworkKind::Local, tag: *b"transprt" };
const PATIENCE: Duration = Duration::from_secs(15);

/// A running transport and what a driver would hold.
struct Node {
    id: NodeId,
    address: SocketAddr,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    writers: BTreeMap<NodeId, LinkWriter>,
}

impl Node {
    async fn start(seed: u8, network: NetworkId) -> Self {
        let secret = NodeSecret::from_seed([seed; 32]);
        let any = "127.0.0.1:0".parse().unwrap();
        let listen = [listening::pick(any, any).unwrap()];
        let shared = Shared::new(Clock::new(), None, None);
        let settings = Settings { network, secret: &secret, listen: &listen, shared };
        let (transport, reachable) = Transport::bind(settings).await.unwrap();
        assert_eq!(reachable, listen);
        let (commands, inbox) = mpsc::channel(16);
        let (outbox, events) = mpsc::channel(64);
        tokio::spawn(transport.run(inbox, outbox));
        Self { id: secret.id(), address: listen[0], commands, events, writers: BTreeMap::new() }
    }

    async fn know(&self, other: &Node) {
        let know = Command::Know { peer: other.id, addresses: vec![other.address] };
        self.commands.send(know).await.ok().unwrap();
    }

    async fn dial(&self, other: &Node) {
        let dial = Command::Dial { peer: other.id, addresses: vec![other.address] };
        self.commands.send(dial).await.ok().unwrap();
    }

    /// The next event that `wanted` takes, keeping the writers of those passed over.
    async fn until<T>(&mut self, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        timeout(PATIENCE, async {
            loop {
                let event = self.events.recv().await.expect("the transport runs");
                let found = wanted(&event);
                match event {
                    Event::Up { peer, writer } => drop(self.writers.insert(peer, writer)),
                    Event::Down { peer } => drop(self.writers.remove(&peer)),
                    _ => {}
                }
                if let Some(found) = found {
                    return found;
                }
            }
        })
        .await
        .expect("it happens in time")
    }

    async fn until_up(&mut self, other: NodeId) {
        self.until(|event| matches!(event, Event::Up { peer, .. } if *peer == other).then_some(())).await;
    }

    async fn until_frame(&mut self, from: NodeId, bytes: &[u8]) {
        self.until(|event| match event {
            Event::Frame(frame) if frame.from == from && frame.bytes == bytes => Some(()),
            _ => None,
        })
        .await;
    }

    /// No event within a while, and no `Down` among those that wait.
    async fn stays_linked(&mut self, other: NodeId) {
        while let Ok(Some(event)) = timeout(OVERLAP * 2, self.events.recv()).await {
            match event {
                Event::Up { peer, writer } => drop(self.writers.insert(peer, writer)),
                Event::Down { peer } => assert_ne!(peer, other, "the link went down"),
                _ => {}
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialled_node_is_linked_both_ways() {
    let mut a = Node::start(1, NETWORK).await;
    let mut b = Node::start(2, NETWORK).await;
    a.dial(&b).await;
    a.until_up(b.id).await;
    b.until_up(a.id).await;
    a.writers[&b.id].send(b"from a".to_vec());
    b.writers[&a.id].send(b"from b".to_vec());
    b.until_frame(a.id, b"from a").await;
    a.until_frame(b.id, b"from b").await;

    // One that stops sends what it was given first, and its peer hears of the end.
    a.writers[&b.id].send(b"last".to_vec());
    drop(a);
    b.until_frame(NodeSecret::from_seed([1; 32]).id(), b"last").await;
    b.until(|event| matches!(event, Event::Down { .. }).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_dial_each_other_at_once_keep_one_working_link() {
    let pairs: tokio::task::JoinSet<()> = (0..6).map(dial_each_other_at_once).collect();
    pairs.join_all().await;
}

async fn dial_each_other_at_once(pair: u8) {
    let mut a = Node::start(10 + pair, NETWORK).await;
    let mut b = Node::start(20 + pair, NETWORK).await;
    tokio::join!(a.dial(&b), b.dial(&a));
    a.until_up(b.id).await;
    b.until_up(a.id).await;
    let (a_id, b_id) = (a.id, b.id);
    tokio::join!(a.stays_linked(b_id), b.stays_linked(a_id));
    a.writers[&b.id].send(b"ping".to_vec());
    b.until_frame(a.id, b"ping").await;
    b.writers[&a.id].send(b"pong".to_vec());
    a.until_frame(b.id, b"pong").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_network_an_absent_node_and_an_impostor_are_failed_dials() {
    let mut a = Node::start(1, NETWORK).await;
    let foreign = Node::start(2, NetworkId { tag: *b"anotherr", ..NETWORK }).await;
    let absent = NodeSecret::from_seed([3; 32]).id();
    let nowhere = listening::pick("127.0.0.1:0".parse().unwrap(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let dials = [
        (foreign.id, vec![foreign.address]),
        (absent, vec![nowhere]),
        (absent, vec![foreign.address]),
        (absent, vec![]),
        (NodeId::from_bytes([2; 32]), vec![nowhere]),
    ];
    for (peer, addresses) in dials {
        a.commands.send(Command::Dial { peer, addresses }).await.ok().unwrap();
        let failed = a.until(|event| match event {
            Event::DialFailed { peer } => Some(*peer),
            Event::Up { .. } => panic!("a link to nobody"),
            _ => None,
        });
        assert_eq!(failed.await, peer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_ends_the_link_at_the_other_side_and_it_may_be_dialled_again() {
    let mut a = Node::start(1, NETWORK).await;
    let mut b = Node::start(2, NETWORK).await;
    for _ in 0..3 {
        a.dial(&b).await;
        a.until_up(b.id).await;
        b.until_up(a.id).await;
        a.writers.remove(&b.id);
        a.commands.send(Command::HangUp { peer: b.id }).await.ok().unwrap();
        a.until(|event| matches!(event, Event::Down { .. }).then_some(())).await;
        b.until(|event| matches!(event, Event::Down { .. }).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_nodes_that_are_no_neighbours() {
    let mut a = Node::start(1, NETWORK).await;
    let mut b = Node::start(2, NETWORK).await;
    let c = Node::start(3, NETWORK).await;
    b.dial(&c).await;
    b.until_up(c.id).await;
    a.dial(&b).await;
    a.until_up(b.id).await;
    b.know(&c).await;
    a.know(&b).await;
    let addresses = a.until(|event| match event {
        Event::Found { peer, addresses } if *peer == c.id => Some(addresses.clone()),
        _ => None,
    });
    assert_eq!(addresses.await, [c.address]);
    // The search left a connection; a link opens on it.
    a.dial(&c).await;
    a.until_up(c.id).await;
}

#[test]
fn both_sides_choose_the_same_of_two_links_dialled_at_once() {
    let small = NodeId::from_bytes([1; 32]);
    let large = NodeId::from_bytes([2; 32]);
    let shared = Shared::new(Clock::new(), None, None);
    let begin = std::time::Instant::now();
    let link = |opener, after: Duration| Link {
        number: 0,
        opener,
        since: Instant::from_std(begin + after),
        writer: LinkWriter::new(&shared).0,
    };
    let soon = Duration::from_millis(3);
    // (me, peer, opener of the present link, opener and age of the new one, replaced?)
    for (me, peer, present, new, after, replaced) in [
        (small, large, Opener::Us, Opener::Them, soon, false),
        (small, large, Opener::Them, Opener::Us, soon, true),
        (large, small, Opener::Us, Opener::Them, soon, true),
        (large, small, Opener::Them, Opener::Us, soon, false),
        // The same side again: it lost the first one.
        (small, large, Opener::Them, Opener::Them, soon, true),
        // Long after: the present one is dead without knowing it.
        (small, large, Opener::Us, Opener::Them, AT_ONCE, true),
    ] {
        let (present, new) = (link(present, Duration::ZERO), link(new, after));
        assert_eq!(replaces(me, peer, &present, &new), replaced);
    }
}
