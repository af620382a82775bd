//! Speed of encoding and decoding one full segment, 63 data and 63 parity shards.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use roneo_content::{KeepList, Plan, ReedSolomon, decode_segment, encode_segment};
use roneo_keys::{Block, InsertKey};

fn segment(criterion: &mut Criterion) {
    let plan = Plan::new(63 * 32_752).expect("2 MB").segment(0).expect("one segment");
    let (codec, insert) = (ReedSolomon::default(), InsertKey::from_bytes([2; 32]));
    let mut content = vec![0; plan.content_len];
    blake3::Hasher::new().finalize_xof().fill(&mut content);
    let coded = encode_segment(&codec, &insert, &plan, &content, 2).expect("a plan's own content");
    let keep_list = KeepList::parse(&coded.keep_list).expect("as it was written");
    let (data, parity) = coded.shards.split_at(plan.k.into());
    let some = |shards: &[_]| shards.iter().map(|(_, shard): &(_, Block)| Some(shard.clone())).collect::<Vec<_>>();
    let all_data = [some(data), vec![None; parity.len()]].concat();
    let all_parity = [vec![None; data.len()], some(parity)].concat();

    let mut group = criterion.benchmark_group("segment of 63");
    group.throughput(Throughput::Bytes(plan.content_len as u64)).sample_size(20);
    group.bench_function("encode", |bencher| bencher.iter(|| encode_segment(&codec, &insert, &plan, &content, 2)));
    for (name, shards) in [("decode, all data there", all_data), ("decode, parity alone", all_parity)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| decode_segment(&codec, &insert, &plan, &keep_list, &shards).expect("k shards"));
        });
    }
    group.finish();
}

criterion_group!(benches, segment);
criterion_main!(benches);
