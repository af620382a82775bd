use proptest::prelude::*;

use super::super::{MAX_CONTAINER_LEN, MAX_PATH_LEN};
use super::*;

/// Files by their paths.
type Site = BTreeMap<String, Vec<u8>>;

/// A network that keeps what is inserted: the locator is the hash of the bytes.
#[derive(Default)]
struct Stored {
    inserts: BTreeMap<[u8; 32], Vec<u8>>,
    /// Inserts of the last edition, and how many of them are containers.
    last: (usize, usize),
}

impl Stored {
    fn publish(&mut self, site: &Site, previous: Option<&Manifest>) -> Manifest {
        let mut assembly = Assembly::new(files(site), previous).unwrap();
        let containers = assembly.parcels().iter().filter(|parcel| parcel.is_container()).count();
        self.last = (assembly.parcels().len(), containers);
        for (number, parcel) in assembly.parcels().to_vec().iter().enumerate() {
            let sources = if parcel.is_container() { parcel.files() } else { &parcel.files()[..1] };
            let bytes: Vec<u8> = sources.iter().flat_map(|&file| site[&assembly.files()[file].path].clone()).collect();
            assert_eq!(bytes.len() as u64, parcel.length());
            let hash = *blake3::hash(&bytes).as_bytes();
            assembly.stored(number, link(hash), hash);
            self.inserts.insert(hash, bytes);
        }
        let inline = assembly.inline().flat_map(|file| site[&assembly.files()[file].path].clone()).collect();
        assembly.finish(inline).unwrap()
    }

    fn read(&self, manifest: &Manifest) -> Site {
        let bytes = |content: &ContentRef| &self.inserts[content.root.as_bytes()];
        let file = |entry: &Entry| {
            let (all, offset) = match &entry.place {
                Place::Inline => return manifest.inline(entry).unwrap().to_vec(),
                Place::Alone(content) => (bytes(content), 0),
                Place::Container(number) => {
                    let container = &manifest.containers()[usize::from(*number)];
                    assert_eq!(container.content.root.as_bytes(), &container.blake3);
                    (bytes(&container.content), manifest.offset(entry) as usize)
                }
            };
            all[offset..offset + entry.length as usize].to_vec()
        };
        manifest.entries().iter().map(|entry| (entry.path.clone(), file(entry))).collect()
    }
}

fn link(hash: [u8; 32]) -> ContentRef {
    ContentRef { root: Locator::from_bytes(hash), key: ReadKey::from_bytes(hash), extra: Extra::PUBLIC }
}

fn files(site: &Site) -> Vec<File> {
    let file = |(path, bytes): (&String, &Vec<u8>)| File {
        path: path.clone(),
        media_type: "text/html".to_owned(),
        length: bytes.len() as u64,
        blake3: *blake3::hash(bytes).as_bytes(),
    };
    site.iter().map(file).collect()
}

/// Bytes that differ by `seed`.
fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn pages(count: u64) -> Site {
    (0..count).map(|i| (format!("pages/{i:03}.html"), bytes(i, 2_000 + (i * 97 % 9_000) as usize))).collect()
}

#[test]
fn three_hundred_files_are_a_handful_of_inserts_and_an_unchanged_site_none() {
    let mut stored = Stored::default();
    let site = pages(300);
    let first = stored.publish(&site, None);
    assert!((5..30).contains(&stored.last.0), "{:?}", stored.last);
    assert_eq!(stored.read(&first), site);
    let again = stored.publish(&site, Some(&first));
    assert_eq!((stored.last.0, &again), (0, &first));
    let reused = Assembly::new(files(&site), Some(&first)).unwrap().reused();
    assert_eq!((reused.files, reused.bytes), (300, site.values().map(|bytes| bytes.len() as u64).sum()));
}

#[test]
fn what_fits_is_inline_and_no_insert_but_the_manifest() {
    let mut stored = Stored::default();
    let site = Site::from([("index.html".to_owned(), bytes(1, 9_000)), ("vide".to_owned(), Vec::new())]);
    let manifest = stored.publish(&site, None);
    assert_eq!((stored.last.0, stored.read(&manifest)), (0, site));
    let empty = stored.publish(&Site::new(), None);
    assert_eq!((stored.last.0, empty.entries().len()), (0, 0));
}

#[test]
fn large_files_of_the_same_bytes_are_one_insert_and_are_known_again_elsewhere() {
    let mut stored = Stored::default();
    let film = bytes(1, 200_000);
    let site = Site::from([("a.webm".to_owned(), film.clone()), ("b/copy.webm".to_owned(), film.clone())]);
    let first = stored.publish(&site, None);
    assert_eq!((stored.last, stored.read(&first)), ((1, 0), site));
    let moved = Site::from([("films/a.webm".to_owned(), film), ("mot".to_owned(), bytes(2, 3))]);
    let second = stored.publish(&moved, Some(&first));
    assert_eq!((stored.last, stored.read(&second)), ((1, 1), moved));
}

#[test]
fn posts_added_one_by_one_share_containers_in_the_end() {
    let mut stored = Stored::default();
    let mut site = pages(30);
    let mut manifest = stored.publish(&site, None);
    for post in 0..200_u64 {
        site.insert(format!("posts/{:016x}", post.wrapping_mul(0x9e37_79b9_7f4a_7c15)), bytes(1_000 + post, 4_000));
        manifest = stored.publish(&site, Some(&manifest));
        assert!(stored.last.0 <= 2, "post {post}: {:?}", stored.last);
    }
    let total: usize = site.values().map(Vec::len).sum();
    let fullest = total.div_ceil(MIN_CONTAINER_LEN as usize);
    assert!(manifest.containers().len() <= fullest + 1, "{} containers", manifest.containers().len());
    assert_eq!(stored.read(&manifest), site);
}

#[test]
fn what_no_manifest_holds_is_refused_before_anything_is_sent() {
    let file = |path: &str| File { path: path.to_owned(), media_type: String::new(), length: 1, blake3: [0; 32] };
    let of = |paths: &[&str]| Assembly::new(paths.iter().copied().map(file).collect(), None).map(drop);
    assert_eq!(of(&["a/../b"]), Err(DirectoryError::Path("a/../b".to_owned())));
    assert_eq!(of(&["a", "a/b"]), Err(DirectoryError::Clash("a".to_owned())));
    let long = "n".repeat(256);
    assert_eq!(of(&[&long]), Err(DirectoryError::Path(long.clone())));
    let deep = |number: usize| file(&format!("{}{number:0>20}", "d/".repeat((MAX_PATH_LEN - 20) / 2)));
    let many = |count: usize| Assembly::new((0..count).map(deep).collect(), None).map(drop);
    assert_eq!((many(100), many(32_000)), (Ok(()), Err(DirectoryError::TooLarge)));
}

#[test]
#[should_panic(expected = "not stored")]
fn a_manifest_that_leads_nowhere_does_not_come_to_be() {
    let assembly = Assembly::new(files(&pages(30)), None).unwrap();
    let _ = assembly.finish(Vec::new());
}

/// A file's length: mostly those of pages, some at the borders.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 1..12_000_usize, 2 => 12_000..65_536_usize, 1 => Just(0), 1 => 65_530..70_000_usize]
}

fn any_site() -> impl Strategy<Value = Site> {
    let name = prop_oneof!["[a-z]{1,2}/[0-9]{1,3}", "[a-zéß工]{3,6}"];
    prop::collection::btree_map(name, (any::<u64>(), length()), 0..80)
        .prop_map(|site| site.into_iter().map(|(path, (seed, length))| (path, bytes(seed, length))).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A site through some editions, each a change of one file, the addition of one or its removal.
    #[test]
    fn every_file_comes_back_and_one_change_is_few_inserts(
        mut site in any_site(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u64>(), length(), 0..4_u8), 1..8),
    ) {
        let mut stored = Stored::default();
        let mut manifest = stored.publish(&site, None);
        prop_assert_eq!(stored.read(&manifest), site.clone());
        for (which, seed, length, what) in changes {
            let was_inline = manifest.containers().is_empty();
            let paths: Vec<String> = site.keys().cloned().collect();
            let changed = (!paths.is_empty()).then(|| which.get(&paths).clone());
            match (what, changed) {
                (0, Some(path)) => drop(site.remove(&path)),
                (1, Some(path)) => drop(site.insert(path, bytes(seed, length))),
                (2, Some(path)) => site.entry(path).or_default().push(1),
                _ => drop(site.insert("nouveau".to_owned(), bytes(seed, length))),
            }
            manifest = stored.publish(&site, Some(&manifest));
            prop_assert_eq!(stored.read(&manifest), site.clone());
            let (inserts, containers) = stored.last;
            // What was inline is in no container yet.
            prop_assert!(was_inline || containers <= 2, "{} containers", containers);
            prop_assert!(was_inline || inserts - containers <= 1, "{} alone", inserts - containers);
        }
        let lengths = manifest.containers().iter().map(|container| stored.inserts[&container.blake3].len() as u64);
        prop_assert!(lengths.into_iter().all(|length| length <= MAX_CONTAINER_LEN));
    }

    #[test]
    fn the_order_of_files_is_all_the_same(site in any_site(), seed: u64) {
        let mut shuffled = files(&site);
        shuffled.sort_by_key(|file| blake3::hash(format!("{seed}{}", file.path).as_bytes()).to_hex());
        let (one, other) = (Assembly::new(files(&site), None).unwrap(), Assembly::new(shuffled, None).unwrap());
        prop_assert_eq!(one.files(), other.files());
        prop_assert_eq!(one.parcels(), other.parcels());
        prop_assert_eq!(one.inline().collect::<Vec<_>>(), other.inline().collect::<Vec<_>>());
    }
}
