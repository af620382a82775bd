//! Draft vectors: the same values stand in `docs/formats/block.md` and `docs/formats/manifest.md`.
//!
//! Origin: this crate, and a second time `vectors.py` beside this file, which shares no code with it.

use roneo_content::{
    Body, ContentHasher, KeepList, Plan, ReedSolomon, Root, encode_segment, seal_data_block, seal_index,
};
use roneo_keys::{Block, InsertKey, KeepKey, Locator, ReadKey};

const BLOCK_PAGE: &str = include_str!("../../../docs/formats/block.md");
const MANIFEST_PAGE: &str = include_str!("../../../docs/formats/manifest.md");

fn insert_key() -> InsertKey {
    InsertKey::from_bytes([2; 32])
}

fn read_key() -> ReadKey {
    ReadKey::from_bytes([1; 32])
}

/// Content of vectors: byte i is i mod 251.
fn content(length: usize) -> Vec<u8> {
    (0..=250).cycle().take(length).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check(page: &str, what: &str, bytes: &[u8], expected: &str) {
    assert_eq!(hex(bytes), expected, "{what}");
    assert!(page.contains(expected), "{what}: the page of the format says something else");
}

fn check_locator(page: &str, what: &str, block: &Block, expected: &str) {
    check(page, what, block.locator().as_bytes(), expected);
}

#[test]
fn data_blocks() {
    let block = |index, length| seal_data_block(&insert_key(), index, &content(length)).unwrap();
    let first = block(0, 32_752);
    check(BLOCK_PAGE, "first bytes of block 0", &first.bytes()[..16], "c25efc079a764d1c065eb6d89bcb530d");
    check_locator(
        BLOCK_PAGE,
        "block 0, full",
        &first,
        "e1dcca6cbc5a1c170bbb772224e3e0b5bbd4fe234e4707e87b73e4a077c3dc81",
    );
    check_locator(
        BLOCK_PAGE,
        "block 1, one byte",
        &block(1, 1),
        "c96bb2dd7a730d404f8ebccab745659232de85a3581b631226c594b13210d8db",
    );
    check_locator(
        BLOCK_PAGE,
        "block 2^32, empty",
        &block(1 << 32, 0),
        "a8732fe13c4da00f8b7ed35e867ee4e9565f0d45dd23d67b9009d4f1c6cce739",
    );
}

#[test]
fn segments() {
    let plan = Plan::new(100_000).unwrap().segment(0).unwrap();
    let coded = encode_segment(&ReedSolomon::default(), &insert_key(), &plan, &content(100_000), 3).unwrap();
    let shard = |index: usize| &coded.shards[index].1;
    check_locator(
        BLOCK_PAGE,
        "data shard 3",
        shard(3),
        "1febd987fbb08bc4387e8043e136a069d01365d3e4dc09684d5c42dd27383a54",
    );
    check_locator(
        BLOCK_PAGE,
        "parity shard 4",
        shard(4),
        "948336014a324390a87e81f40db4f842508bd84c3a64e99cef2ea87104644963",
    );
    check_locator(
        BLOCK_PAGE,
        "parity shard 22",
        shard(22),
        "9b27ca770b664e163ff442f431b02e49a4094a2d6ed90ab90217450b1a5ee671",
    );
    check(MANIFEST_PAGE, "keep list header", &coded.keep_list.bytes()[..8], "0001041703010000");
    check_locator(
        MANIFEST_PAGE,
        "keep list",
        &coded.keep_list,
        "4d2f48276b1b6e738a62274262b6199fcf4505f0d00b61738af62e098622a418",
    );

    let full = Plan::new(2_063_376).unwrap().segment(0).unwrap();
    let coded = encode_segment(&ReedSolomon::default(), &insert_key(), &full, &content(2_063_376), 2).unwrap();
    check_locator(
        MANIFEST_PAGE,
        "keep list of a full segment",
        &coded.keep_list,
        "177a1f019721a8ccf45976bbe7285fab50d6e2ac33caaca4744f6eb884b7695b",
    );
    assert_eq!(KeepList::parse(&coded.keep_list).unwrap().n(), 126);
}

#[test]
fn roots() {
    let root = |length: usize, body: Body| {
        let mut hasher = ContentHasher::default();
        hasher.update(&content(length));
        let root = Root::new("tract.txt".into(), "text/plain".into(), hasher.finish(), insert_key(), body).unwrap();
        root.seal(&read_key())
    };
    let locators = |count: u32| (0..count).map(|index| Locator::of(&index.to_le_bytes())).collect::<Vec<_>>();
    check(
        MANIFEST_PAGE,
        "keep key",
        read_key().keep_key().expose(),
        "172e708def09095b3e2768de2016d4cd34ac5e3f494619f41a1d19820890a2fc",
    );
    check_locator(
        MANIFEST_PAGE,
        "inline, empty",
        &root(0, Body::Inline(Vec::new())),
        "1149838911c250c23f1b9d9de76738ae8273b18a56f52c85d3892c6f81813a9c",
    );
    check_locator(
        MANIFEST_PAGE,
        "inline, leaf",
        &root(3_520, Body::Inline(content(3_520))),
        "810afb5d3363a0388e6ee86f9a048831ecba87b758b2131dd19d13aa3c904340",
    );
    check_locator(
        MANIFEST_PAGE,
        "inline, block",
        &root(3_521, Body::Inline(content(3_521))),
        "3a40586933ff2c6aa932189564dbb8e447d3b57030bc62706b317e4b522e87fe",
    );
    check_locator(
        MANIFEST_PAGE,
        "single",
        &root(32_752, Body::Single(locators(1)[0])),
        "18e905d1699a5860db4c441b3743a8c072b6d15ebed00eb562a1a2ac2e378fcd",
    );
    check_locator(
        MANIFEST_PAGE,
        "3 segments",
        &root(5 << 20, Body::Segments(locators(3))),
        "838930c04f02dac227ce9147f7dc7e68b36608a8fbf2d139173db99cbd02a599",
    );
    let index = seal_index(&KeepKey::from_bytes([3; 32]), 1, &locators(7)).unwrap();
    check_locator(
        MANIFEST_PAGE,
        "index block",
        &index,
        "eed3060fc28fbb01caa17ae5c11dbcc8b8f3209b4ec460df971ab8eec955a4a2",
    );
}
