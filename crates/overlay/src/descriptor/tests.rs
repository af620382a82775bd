use super::*;
use crate::testing::{LOCAL, NOON, TestNode, address, now, packet_key};
use proptest::prelude::*;

/// Signs bytes that no `DescriptorFields` can say, for parsers to refuse.
fn forged(node: &TestNode, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_fields(&node.id(), &node.fields, &mut bytes);
    change(&mut bytes);
    let signature = node.secret.sign(&signed_message(&bytes));
    [&bytes[..], &signature, &[0]].concat()
}

fn check(bytes: &[u8], expected: DescriptorError) {
    assert_eq!(Descriptor::parse(bytes).unwrap_err(), expected);
}

/// Draft vector: the same bytes stand in `docs/formats/descriptor.md`, line by line.
const VECTOR: [&str; 13] = [
    "00",
    "0074657374696e6721",
    "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
    "0102030405060708",
    "204e0000",
    "0101010101010101010101010101010101010101010101010101010101010111",
    "0202020202020202020202020202020202020202020202020202020202020211",
    "09090909090909090909090909090909c0d8ff6600000000c0210000",
    "0000",
    "010100047f000001a00f00",
    "a23d480b60b7b6109a55ad5f2dfdc09cff2df087b7bce9470ea629bf66166d83",
    "d0f2b0930b9ff94f791c5fac87c3ac6f6024318101cd0859ca317e71b301660d",
    "00",
];

#[test]
fn vector() {
    let descriptor = vector_descriptor();
    assert_eq!(hex(descriptor.bytes()), VECTOR.concat());
    assert_eq!(hex(&descriptor.id().0), "d4cd1b5dea1e9b8e95f26e57d2d56df45b6153decff5514edda1fb3522b797e9");
    assert_eq!(Descriptor::parse(descriptor.bytes()).unwrap(), descriptor);
}

fn vector_descriptor() -> Descriptor {
    let node = TestNode::local(1);
    let secret = NodeSecret::from_seed([7; 32]);
    let fields = DescriptorFields {
        serial: 0x0807_0605_0403_0201,
        packet_keys: [packet_key(1), packet_key(2)],
        pulse: PulseCommitment::new([9; 16], NOON, 8_640).unwrap(),
        reach: Reach::reachable(&[Address::tcp("127.0.0.1:4000".parse().unwrap()).unwrap()]),
        ..node.fields
    };
    Descriptor::sign(&secret, fields)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_longest_descriptor_has_612_bytes() {
    let mut node = TestNode::local(1);
    let v6 = |last: u16| Address::tcp((std::net::Ipv6Addr::new(0x2600, 0, 0, 0, 0, 0, 0, last), 1).into()).unwrap();
    node.fields.reach = Reach::reachable(&[v6(1), v6(2), v6(3), v6(4)]);
    let reachable = node.witnessed();
    assert_eq!((reachable.bytes().len(), reachable.valid_witnesses()), (596, 3));
    node.fields.reach = Reach::hosted(&[1, 2, 3].map(|byte| NodeId::from_bytes([byte; 32])));
    assert_eq!(node.witnessed().bytes().len(), 612);
    for descriptor in [reachable, node.witnessed()] {
        assert_eq!(Descriptor::parse(descriptor.bytes()).unwrap(), descriptor);
        assert!(descriptor.bytes().len() <= MAX_DESCRIPTOR_LEN);
    }
}

#[test]
fn reach_keeps_to_its_bounds() {
    let many: Vec<Address> = (0..9).map(|last| address(LOCAL, [0, 0, last / 2])).collect();
    assert_eq!(Reach::reachable(&many).addresses(), [many[0], many[2], many[4], many[6]]);
    let hosts = [1, 1, 2, 3, 4].map(|byte| NodeId::from_bytes([byte; 32]));
    assert_eq!(Reach::hosted(&hosts).hosts(), &hosts[1..4]);
    assert_eq!(Reach::hosted(&[]).reachability(), Reachability::Hosted);
}

#[test]
fn malformed_descriptors_are_refused() {
    let node = TestNode::local(1);
    let good = node.descriptor();
    let good = good.bytes();
    for len in 0..good.len() {
        check(&good[..len], CUT);
    }
    check(&[good, &[0]].concat(), DescriptorError::Malformed("bytes follow its end"));
    check(&vec![0; MAX_DESCRIPTOR_LEN + 1], DescriptorError::Malformed("it is longer than any"));
    let host = |byte: u8| [byte; 32];
    type Change = Box<dyn FnOnce(&mut Vec<u8>)>;
    let table: [(&'static str, Change); 10] = [
        ("an unknown kind of network", Box::new(|bytes| bytes[1] = 2)),
        ("a packet key that is none", Box::new(|bytes| bytes[54..86].fill(0))),
        ("a pulse chain of impossible length", Box::new(|bytes| bytes[142..146].fill(0))),
        ("a pulse chain of impossible length", Box::new(|bytes| bytes[142..146].fill(0xff))),
        ("protocol versions in the wrong order", Box::new(|bytes| bytes[146] = 1)),
        ("its flags and its addresses contradict each other", Box::new(|bytes| bytes[148] = 0)),
        ("its flags and its addresses contradict each other", Box::new(|bytes| bytes[148] = 3)),
        ("a list longer than any", Box::new(|bytes| bytes[149] = 5)),
        ("an address that no node writes", Box::new(|bytes| bytes[150] = 9)),
        (
            "an address or a host stands twice",
            Box::new(move |bytes| {
                bytes.truncate(148);
                bytes.extend([0, 0, 2]);
                bytes.extend([host(1), host(1)].concat());
            }),
        ),
    ];
    for (reason, change) in table {
        check(&forged(&node, change), DescriptorError::Malformed(reason));
    }
    let own = *node.id().as_bytes();
    let own_host = forged(&node, move |bytes| {
        bytes.truncate(148);
        bytes.extend([0, 0, 1]);
        bytes.extend(own);
    });
    check(&own_host, DescriptorError::Malformed("the node is its own host"));
    check(&forged(&node, |bytes| bytes[0] = 1), DescriptorError::Newer);
}

#[test]
fn every_flipped_bit_of_the_signed_part_is_noticed() {
    let good = TestNode::local(1).descriptor();
    for position in 0..good.bytes().len() - 1 {
        let mut bytes = good.bytes().to_vec();
        bytes[position] ^= 4;
        assert!(Descriptor::parse(&bytes).is_err(), "{position}");
    }
}

#[test]
fn entry_is_a_question_of_network_and_calendar() {
    let rules = Rules::LOCAL;
    let node = TestNode::local(1);
    let on = |day: u32, wall| {
        let fields = DescriptorFields { day: Day(day), ..node.fields.clone() };
        Descriptor::sign(&node.secret, fields).check(&rules, LOCAL, wall)
    };
    let today = NOON.day().0;
    assert_eq!(on(today, NOON), Ok(()));
    assert_eq!(on(today + 1, NOON), Ok(()));
    assert_eq!(on(today + 2, NOON), Err(DescriptorError::FromFuture));
    assert_eq!(on(today - 2, NOON), Ok(()));
    assert_eq!(on(today - 3, NOON), Err(DescriptorError::Stale));
    let elsewhere = NetworkId { tag: [0; 8], ..LOCAL };
    assert_eq!(node.descriptor().check(&rules, elsewhere, NOON), Err(DescriptorError::WrongNetwork));
}

#[test]
fn public_networks_ask_for_public_addresses_and_witnesses() {
    let rules = Rules::PUBLIC;
    let mut node = TestNode::new(1, NetworkId::MAIN, &rules, now(0));
    let check = |descriptor: &Descriptor| descriptor.check(&rules, NetworkId::MAIN, NOON);
    assert_eq!(check(&node.witnessed()), Ok(()));
    assert_eq!(check(&node.descriptor()), Err(DescriptorError::Unwitnessed { found: 0, required: 3 }));
    let two = node.witnessed().witnesses()[..2].to_vec();
    let two = node.descriptor().with_witnesses(two);
    assert_eq!(check(&two), Err(DescriptorError::Unwitnessed { found: 2, required: 3 }));
    for private in ["127.0.0.1:1", "10.0.0.1:1", "[fe80::1]:1"] {
        let public = address(NetworkId::MAIN, [1, 2, 3]);
        node.fields.reach = Reach::reachable(&[public, Address::tcp(private.parse().unwrap()).unwrap()]);
        assert_eq!(check(&node.witnessed()), Err(DescriptorError::PrivateAddress), "{private}");
    }
}

#[test]
fn a_witness_speaks_for_one_key_at_its_addresses_that_day() {
    let mut node = TestNode::local(1);
    let descriptor = node.descriptor();
    let with = |witness: Witness| descriptor.with_witnesses(vec![witness]).valid_witnesses();
    let stranger = NodeSecret::from_seed([0xee; 32]);
    let today = node.fields.day;
    assert_eq!(with(Witness::sign(&stranger, &descriptor, today)), 1);
    assert_eq!(with(Witness::sign(&stranger, &descriptor, today.previous())), 1);
    assert_eq!(with(Witness::sign(&stranger, &descriptor, today.previous().previous())), 0);
    assert_eq!(with(Witness::sign(&node.secret, &descriptor, today)), 0, "nobody is their own witness");
    let redated = Witness { day: today.next(), ..Witness::sign(&stranger, &descriptor, today) };
    assert_eq!(with(redated), 0);
    let elsewhere = Witness::sign(&stranger, &descriptor, today);
    node.fields.reach = Reach::reachable(&[address(LOCAL, [9, 9, 9])]);
    assert_eq!(node.descriptor().with_witnesses(vec![elsewhere]).valid_witnesses(), 0);
}

#[test]
fn a_false_witness_spoils_a_descriptor_even_where_none_is_required() {
    let node = TestNode::local(1);
    let mut witness = node.witnessed().witnesses()[0].clone();
    witness.signature[0] ^= 1;
    let spoilt = node.descriptor().with_witnesses(vec![witness]);
    let spoilt = Descriptor::parse(spoilt.bytes()).unwrap();
    assert_eq!(spoilt.check(&Rules::LOCAL, LOCAL, NOON), Err(DescriptorError::Witness));
    assert!(DescriptorError::Witness.is_misbehaviour());
}

#[test]
fn witnesses_stand_in_one_order() {
    let descriptor = TestNode::local(1).witnessed();
    let mut bytes = descriptor.bytes().to_vec();
    let first = bytes.len() - 3 * WITNESS_LEN;
    bytes[first..].rotate_left(WITNESS_LEN);
    check(&bytes, DescriptorError::Malformed("witnesses out of order"));
    let reversed: Vec<Witness> = descriptor.witnesses().iter().rev().cloned().collect();
    assert_eq!(descriptor.with_witnesses(reversed), descriptor);
}

#[test]
fn of_two_descriptors_one_holds() {
    let node = TestNode::local(1);
    let (plain, witnessed) = (node.descriptor(), node.witnessed());
    let later = DescriptorFields { serial: node.fields.serial + 1, ..node.fields.clone() };
    let later = Descriptor::sign(&node.secret, later);
    assert!(later.supersedes(&plain) && !plain.supersedes(&later));
    assert!(plain.supersedes(&witnessed) != witnessed.supersedes(&plain), "one serial, one winner");
    assert!(!plain.supersedes(&plain));
}

#[test]
fn packet_keys_go_by_the_day() {
    let node = TestNode::local(1);
    let descriptor = node.descriptor();
    let [today, tomorrow] = node.fields.packet_keys;
    let day = node.fields.day;
    let table = [
        (day.previous().previous(), None),
        (day.previous(), Some(today)),
        (day, Some(today)),
        (day.next(), Some(tomorrow)),
        (day.next().next(), None),
    ];
    for (day, expected) in table {
        assert_eq!(descriptor.packet_key(day), expected, "{day:?}");
    }
}

#[test]
fn protocols_in_common() {
    let range = |lowest, highest| Protocols::new(lowest, highest).unwrap();
    assert_eq!(range(0, 2).common(range(1, 5)), Some(2));
    assert_eq!(range(0, 1).common(range(2, 5)), None);
    assert_eq!(Protocols::new(2, 1), None);
}

#[test]
fn debug_shows_no_address() {
    let shown = format!("{:?} {:?}", TestNode::local(1).witnessed(), TestNode::local(1).fields);
    assert!(!shown.contains("10."), "{shown}");
    assert!(!shown.contains("4000"), "{shown}");
}

proptest! {
    #[test]
    fn parse_after_sign_is_identity(
        seed: [u8; 32],
        serial: u64,
        start: u64,
        length in 1u32..=crate::pulse::MAX_CHAIN_LEN,
        ports in proptest::collection::vec((any::<std::net::IpAddr>(), 1u16..), 0..6),
        witnesses in 0u8..4,
    ) {
        let addresses: Vec<Address> =
            ports.into_iter().filter_map(|(ip, port)| Address::tcp((ip, port).into())).collect();
        let fields = DescriptorFields {
            serial,
            pulse: PulseCommitment::new([1; 16], Wall(start), length).unwrap(),
            reach: Reach::reachable(&addresses),
            ..TestNode::local(1).fields
        };
        let descriptor = Descriptor::sign(&NodeSecret::from_seed(seed), fields);
        let sign = |byte| Witness::sign(&NodeSecret::from_seed([byte; 32]), &descriptor, NOON.day());
        let descriptor = descriptor.with_witnesses((0..witnesses).map(sign).collect());
        prop_assert_eq!(Descriptor::parse(descriptor.bytes()).unwrap(), descriptor);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1_100), position in 0usize..160, value: u8) {
        let _ = Descriptor::parse(&bytes);
        let mut near = TestNode::local(1).descriptor().bytes().to_vec();
        near[position] = value;
        near.extend(bytes);
        let _ = Descriptor::parse(&near);
    }
}
