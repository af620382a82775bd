//! What a packet costs its sender, each hop, the storer that answers and the asker that reads.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_keys::NodeId;
use roneo_keys::time::{Day, Wall};
use roneo_packet::{
    Class, Hop, KeyRing, Packet, PacketSecret, ReplayFilter, Route, Surb, SurbId, Unwrapped, make_surb, unwrap, wrap,
};

fn secret(node: u8) -> PacketSecret {
    PacketSecret::from_bytes([node; 32])
}

fn route() -> Route {
    let hop = |node| Hop { node: NodeId::from_bytes([node; 32]), key: secret(node).public() };
    Route::new([hop(1), hop(2), hop(3), hop(4)]).expect("four nodes")
}

fn at_last_hop(mut packet: Packet) -> Packet {
    for node in 1..4 {
        packet = match unwrap(&secret(node), packet) {
            Ok(Unwrapped::Forward { packet, .. }) => packet,
            other => panic!("expected a packet to pass on, got {other:?}"),
        };
    }
    packet
}

fn packets(criterion: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let route = route();
    for class in Class::ALL {
        let mut group = criterion.benchmark_group(format!("{class:?}"));
        let payload = vec![7; class.payload_len()];
        let surb_id = SurbId::random(&mut rng);

        group.bench_function("wrap", |bench| bench.iter(|| wrap(class, &route, black_box(&payload), &mut rng)));
        let packet = wrap(class, &route, &payload, &mut rng).expect("it fits");
        group.bench_function("unwrap forward", |bench| {
            bench.iter_batched(|| packet.clone(), |packet| unwrap(&secret(1), packet), BatchSize::SmallInput);
        });
        let last = at_last_hop(packet);
        group.bench_function("unwrap request", |bench| {
            bench.iter_batched(|| last.clone(), |packet| unwrap(&secret(4), packet), BatchSize::SmallInput);
        });

        group.bench_function("make_surb", |bench| bench.iter(|| make_surb(class, &route, surb_id, &mut rng)));
        let (surb, key) = make_surb(class, &route, surb_id, &mut rng);
        let surb = surb.to_bytes();
        let reply = || Surb::from_bytes(&surb).expect("just made").reply(class, &payload).expect("it fits");
        group.bench_function("reply", |bench| bench.iter(reply));
        let last = at_last_hop(reply().1);
        let sealed = || match unwrap(&secret(4), last.clone()) {
            Ok(Unwrapped::Reply { sealed, .. }) => sealed,
            other => panic!("expected a reply, got {other:?}"),
        };
        group.bench_function("open", |bench| {
            bench.iter_batched(sealed, |sealed| key.open(sealed), BatchSize::SmallInput);
        });

        let noise = Packet::from_bytes(vec![9; class.packet_len()]).expect("the length of its class");
        let mut ring = KeyRing::new(Day(1), &mut rng);
        group.bench_function("refuse noise under two keys", |bench| {
            bench.iter_batched(|| noise.clone(), |packet| ring.unwrap(Wall(90_000), packet), BatchSize::SmallInput);
        });
        group.finish();
    }
}

fn replay(criterion: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut group = criterion.benchmark_group("replay filter");
    for held in [0_u64, 1_000_000] {
        let mut filter = ReplayFilter::with_capacity(usize::MAX, &mut rng);
        let mut tag = [0; 32];
        let mut number = 0_u64;
        let mut next = move || {
            number += 1;
            tag[..8].copy_from_slice(&number.to_le_bytes());
            tag
        };
        for _ in 0..held {
            filter.admit(&next()).expect("a fresh tag");
        }
        group.bench_function(BenchmarkId::new("admit", held), |bench| bench.iter(|| filter.admit(&next())));
    }
    group.finish();
}

criterion_group!(benches, packets, replay);
criterion_main!(benches);
