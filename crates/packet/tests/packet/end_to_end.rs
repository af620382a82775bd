use std::collections::HashSet;

use roneo_packet::{Class, DelayStep, Dropped, PayloadTooLong, SURB_LEN, Surb, SurbId, Unwrapped, make_surb, wrap};

use crate::path::{ASKER, BACK, GUARD, Nodes, OUT, STORER, forwarded, id, requested};

#[test]
fn a_request_crosses_four_hops_and_its_answer_four_others() {
    for request_class in Class::ALL {
        for reply_class in Class::ALL {
            let mut nodes = Nodes::new(1);
            let surb_id = SurbId::random(&mut nodes.rng);
            let (surb, reply_key) = make_surb(reply_class, &nodes.route(BACK), surb_id, &mut nodes.rng);
            let mut request = vec![reply_class.code()];
            request.extend(surb.to_bytes());
            request.resize(request_class.payload_len(), 0x5a);

            let packet = nodes.wrap(request_class, &request);
            let received = requested(nodes.deliver(OUT, packet));
            assert_eq!(received, request);

            let class = Class::from_code(received[0]).expect("the asker wrote it");
            let surb = Surb::from_bytes(&received[1..=SURB_LEN]).expect("the asker wrote it");
            let answer = vec![0xa5; class.payload_len()];
            let (first_hop, packet) = surb.reply(class, &answer).expect("it fits");
            assert_eq!(first_hop, id(BACK[0]));
            match nodes.deliver(BACK, packet) {
                Ok(Unwrapped::Reply { id, class, sealed }) => {
                    assert_eq!((id, class), (surb_id, reply_class));
                    assert_eq!(reply_key.open(sealed), Ok(answer));
                }
                other => panic!("expected the answer, got {other:?}"),
            }
        }
    }
}

#[test]
fn a_packet_keeps_its_length_and_nothing_else() {
    for class in Class::ALL {
        let mut nodes = Nodes::new(2);
        let mut packet = nodes.wrap(class, b"");
        let mut chunks_seen = HashSet::new();
        for (at, after) in [(OUT[0], OUT[1]), (OUT[1], OUT[2]), (OUT[2], OUT[3])] {
            assert_eq!(packet.bytes().len(), class.packet_len());
            for chunk in packet.bytes().chunks_exact(8) {
                assert!(chunks_seen.insert(chunk.to_vec()), "8 bytes survived a hop");
            }
            packet = forwarded(nodes.unwrap(at, packet), after);
        }
        assert_eq!(requested(nodes.unwrap(STORER, packet)), b"");
    }
}

#[test]
fn two_packets_that_say_the_same_are_unlike() {
    let mut nodes = Nodes::new(3);
    let [first, second] = [0; 2].map(|_| nodes.wrap(Class::Small, b"the same"));
    let same = first.bytes().iter().zip(second.bytes()).filter(|(one, other)| one == other).count();
    assert!(same < first.bytes().len() / 64, "{same} bytes are equal, one in 256 is chance");
}

#[test]
fn packets_are_passed_on_without_delay() {
    let mut nodes = Nodes::new(4);
    let packet = nodes.wrap(Class::Small, b"now");
    match nodes.unwrap(GUARD, packet) {
        Ok(Unwrapped::Forward { delay_step, .. }) => assert_eq!(delay_step, DelayStep::NONE),
        other => panic!("expected a packet to pass on, got {other:?}"),
    }
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_sealed() {
    let mut nodes = Nodes::new(5);
    for class in Class::ALL {
        let max = class.payload_len();
        let too_long = vec![0; max + 1];
        let expected = PayloadTooLong { len: max + 1, max };
        assert_eq!(wrap(class, &nodes.route(OUT), &too_long, &mut nodes.rng), Err(expected));
        let (surb, _) = make_surb(class, &nodes.route(BACK), SurbId::random(&mut nodes.rng), &mut nodes.rng);
        assert_eq!(surb.reply(class, &too_long).err(), Some(expected));
    }
}

#[test]
fn a_reply_cannot_change_class() {
    for (promised, sent) in [(Class::Small, Class::Block), (Class::Block, Class::Small)] {
        let mut nodes = Nodes::new(6);
        let (surb, _) = make_surb(promised, &nodes.route(BACK), SurbId::random(&mut nodes.rng), &mut nodes.rng);
        let (_, packet) = surb.reply(sent, b"in the other class").expect("it fits");
        assert_eq!(nodes.unwrap(BACK[0], packet).err(), Some(Dropped::WrongClass));
    }
}

#[test]
fn a_reply_opens_with_its_own_key_alone() {
    let mut nodes = Nodes::new(7);
    let back = nodes.route(BACK);
    let mut make = |class| make_surb(class, &back, SurbId::random(&mut nodes.rng), &mut nodes.rng);
    let (surb, _) = make(Class::Small);
    let (_, of_another) = make(Class::Small);
    let (_, of_the_other_class) = make(Class::Block);
    for (key, expected) in [(of_another, Dropped::Corrupt), (of_the_other_class, Dropped::WrongClass)] {
        let (_, packet) = Surb::from_bytes(&surb.to_bytes()).unwrap().reply(Class::Small, b"answer").unwrap();
        let mut fresh = Nodes::new(7);
        match fresh.deliver(BACK, packet) {
            Ok(Unwrapped::Reply { sealed, .. }) => assert_eq!(key.open(sealed), Err(expected)),
            other => panic!("expected an answer, got {other:?}"),
        }
    }
}

#[test]
fn no_debug_shows_content_or_ways() {
    let mut nodes = Nodes::new(8);
    let (surb, reply_key) = make_surb(Class::Small, &nodes.route(BACK), SurbId::random(&mut nodes.rng), &mut nodes.rng);
    assert_eq!(format!("{surb:?} {reply_key:?} {:?}", nodes.route(OUT)), "Surb(…) ReplyKey(…) Route(…)");
    let (_, answer) = surb.reply(Class::Small, b"answer").unwrap();
    assert_eq!(format!("{:?}", nodes.deliver(BACK, answer).unwrap()), "Reply(Small)");

    let packet = nodes.wrap(Class::Block, b"question");
    assert_eq!(format!("{packet:?}"), "Packet(Block)");
    let forward = nodes.unwrap(GUARD, packet.clone());
    assert_eq!(format!("{:?}", forward.unwrap()), "Forward(Block)");
    let mut fresh = Nodes::new(8);
    assert_eq!(format!("{:?}", fresh.deliver(OUT, packet).unwrap()), "Request(Block)");
    assert!(!format!("{:?}", nodes.rings[ASKER]).contains("secret"));
}
