//! Prices and stamps among a handful of overlays: who is served by a busy storer, and what it costs.

use roneo_overlay::{Load, Price, Prices};

use super::*;

const PRICED: Rules = Rules { prices: Prices::ByLoad, ..SILENT };
/// Three eighths of it are 3 MB in the four seconds of a storer's load: 65 long answers are 3/4 of that.
const UPLINK: u64 = 2_000_000;

fn block(byte: u8) -> Block {
    Block::new(vec![byte; SizeClass::Block.byte_len()]).unwrap()
}

/// A network, a block, and the one node that keeps it: neither of the first two.
fn kept() -> (Net, Block, NodeId) {
    let mut net = Net::new(Defences::default(), PRICED);
    net.uplink = Some(UPLINK);
    let mut net = Net::grown(10, net);
    let writer = net.ids[2];
    for byte in 0..100 {
        let block = block(byte);
        net.place(writer, &block, 1);
        let holder = *net.ids.iter().find(|id| net.nodes[id].disk.contains_key(&block.locator())).unwrap();
        if !net.ids[..2].contains(&holder) {
            return (net, block, holder);
        }
    }
    panic!("one in five blocks lies with the first two");
}

impl Net {
    fn begin_reading(&mut self, id: NodeId, block: &Block) -> RequestId {
        let now = self.now;
        let overlay = &mut self.nodes.get_mut(&id).unwrap().overlay;
        let request = overlay.search(now, block.locator(), SizeClass::Block, FirstAsk::Every(1)).unwrap();
        self.settle();
        request
    }

    fn answer(&mut self, id: NodeId, request: RequestId) -> BlockAnswer {
        self.run_until(id, |event| match event {
            Event::Searched { request: ended, answer } if *ended == request => Some(answer.clone()),
            _ => None,
        })
    }

    /// Asks the first storer for a block, and no other.
    fn read(&mut self, id: NodeId, block: &Block) -> bool {
        let request = self.begin_reading(id, block);
        self.answer(id, request).block.is_some()
    }

    /// `reads` unstamped reads at one moment; how many were served, at once.
    fn flood(&mut self, id: NodeId, block: &Block, reads: usize) -> usize {
        let before = self.nodes[&id].events.len();
        let requests: Vec<RequestId> = (0..reads).map(|_| self.begin_reading(id, block)).collect();
        let found = |event: &&Event| matches!(event, Event::Searched { answer, .. } if answer.block.is_some());
        let served = self.nodes[&id].events[before..].iter().filter(found).count();
        let overlay = &mut self.nodes.get_mut(&id).unwrap().overlay;
        requests.into_iter().for_each(|request| overlay.cancel(request));
        self.settle();
        served
    }

    fn load(&mut self, id: NodeId) -> Load {
        let now = self.now;
        self.nodes.get_mut(&id).unwrap().overlay.load(now)
    }

    fn pay(&mut self, id: NodeId, price: Price) {
        self.nodes.get_mut(&id).unwrap().overlay.set_max_price(price);
    }
}

#[test]
fn a_busy_storer_serves_who_stamps_and_names_a_price_to_others() {
    let (mut net, block, storer) = kept();
    let (flooder, reader) = (net.ids[0], net.ids[1]);
    let served = net.flood(flooder, &block, 120);
    assert!((60..=66).contains(&served), "{served}");
    assert!(net.load(storer) >= Load::PRICED);
    assert_eq!(net.nodes[&flooder].solved, 0, "who does not say that it makes stamps is asked for none");
    assert!(net.count(storer, "prices_asked") > 0 && net.count(flooder, "prices_not_paid") > 0);
    assert!(net.count(storer, "dropped_busy") > 0, "naming a price has its bounds too");

    // Busy again, and with room to say so.
    net.run(Duration::from_secs(5));
    net.flood(flooder, &block, 70);
    assert!(net.load(storer) >= Load::PRICED);
    net.pay(reader, Price::MAX_PAID);
    assert!(net.read(reader, &block));
    assert_eq!((net.nodes[&reader].solved, net.count(reader, "stamps_made")), (1, 1));
    assert_eq!(net.count(storer, "stamps_taken"), 1);

    // The price is known now: the next read brings its stamp at once.
    let sent = net.count(reader, "packets_sent");
    assert!(net.read(reader, &block));
    assert_eq!((net.count(reader, "packets_sent"), net.count(storer, "stamps_taken")), (sent + 1, 2));

    // A quiet storer asks for nothing.
    net.run(Duration::from_secs(61));
    assert!(net.read(reader, &block));
    assert_eq!(net.count(storer, "stamps_taken"), 2);
}

#[test]
fn a_price_above_the_highest_paid_is_not_paid() {
    let (mut net, block, storer) = kept();
    let (flooder, reader) = (net.ids[0], net.ids[1]);
    net.pay(flooder, Price::MAX_PAID);
    net.pay(reader, Price::MIN);
    // Stamped reads drive the price up.
    while Price::of_load(net.load(storer)) <= Price::MIN {
        net.begin_reading(flooder, &block);
    }
    let request = net.begin_reading(reader, &block);
    let answer = net.answer(reader, request);
    assert_eq!((answer.block, answer.without, answer.silent), (None, 0, 1));
    assert_eq!((net.nodes[&reader].solved, net.count(reader, "prices_not_paid")), (0, 1));
}

#[test]
fn a_writer_goes_on_to_the_next_and_gives_up_what_it_no_longer_needs() {
    let (mut net, block, storer) = kept();
    let (flooder, writer) = (net.ids[0], net.ids[1]);
    net.flood(flooder, &block, 75);
    assert!(net.load(storer) >= Load::PRICED);
    net.pay(writer, Price::MAX_PAID);
    net.nodes.get_mut(&writer).unwrap().solves = false;
    net.nodes.get_mut(&storer).unwrap().disk.clear();
    assert_eq!(net.place(writer, &block, 1), 1);
    assert!(!net.nodes[&storer].disk.contains_key(&block.locator()), "it asked for a stamp");
    assert_eq!((net.nodes[&writer].solved, net.nodes[&writer].unsolved), (1, 1));
}

#[test]
fn a_stamp_that_nobody_makes_is_waited_for_a_minute() {
    let (mut net, block, storer) = kept();
    let (flooder, reader) = (net.ids[0], net.ids[1]);
    net.flood(flooder, &block, 75);
    assert!(net.load(storer) >= Load::PRICED);
    net.pay(reader, Price::MAX_PAID);
    net.nodes.get_mut(&reader).unwrap().solves = false;
    let (begun, request) = (net.now.mono, net.begin_reading(reader, &block));
    let answer = net.answer(reader, request);
    assert_eq!((answer.block, answer.silent), (None, 1));
    assert_eq!(net.now.mono.since(begun).as_secs(), 60);
    assert_eq!((net.nodes[&reader].solved, net.nodes[&reader].unsolved), (1, 1));
}

#[test]
fn where_there_are_no_prices_load_asks_for_none() {
    let mut net = Net::new(Defences::default(), SILENT);
    net.uplink = Some(UPLINK);
    let mut net = Net::grown(8, net);
    let block = block(1);
    net.place(net.ids[2], &block, 1);
    assert_eq!(net.flood(net.ids[0], &block, 150), 150);
    assert_eq!(net.ids.iter().map(|id| net.count(*id, "prices_asked")).sum::<u64>(), 0);
}
