use roneo_keys::{Extra, ReadKey};

use super::*;

fn manifest(paths: &[&str]) -> Manifest {
    let content =
        ContentRef { root: Locator::from_bytes([1; 32]), key: ReadKey::from_bytes([1; 32]), extra: Extra::PUBLIC };
    let entry = |path: &&str| Entry {
        path: (*path).to_owned(),
        media_type: String::new(),
        length: 1 << 20,
        blake3: [0; 32],
        place: Place::Alone(content.clone()),
    };
    Manifest::new(Vec::new(), paths.iter().map(entry).collect(), Vec::new()).unwrap()
}

fn destination(dir: &Path) -> Destination {
    Destination::open(dir, "a directory", false).unwrap()
}

#[test]
fn every_file_has_a_place_of_its_own_or_a_reason() {
    let manifest = manifest(&["a/b", "con", "d:e", "d_e", ".roneo-part/1", ".roneo-part.html"]);
    let unix = places(&manifest, platform::FileNames::Unix);
    assert_eq!(unix["a/b"], Ok(PathBuf::from("a/b")));
    assert_eq!(unix["con"], Ok(PathBuf::from("con")));
    assert!(unix[".roneo-part/1"].as_ref().is_err_and(|sentence| sentence.contains("by itself")));
    assert_eq!(unix[".roneo-part.html"], Ok(PathBuf::from(".roneo-part.html")));
    let windows = places(&manifest, platform::FileNames::Windows);
    assert_eq!(windows["con"], Ok(PathBuf::from("_con")));
    assert_eq!(windows["d:e"], Ok(PathBuf::from("d_e")));
    assert!(windows["d_e"].as_ref().is_err_and(|sentence| sentence.contains("same name")), "{:?}", windows["d_e"]);
}

#[test]
fn a_place_is_new_empty_or_that_of_the_same_directory() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("new/site");
    destination(&dir).write(b"one", Path::new("a/b")).unwrap();
    assert_eq!(fs::read(dir.join("a/b")).unwrap(), b"one");
    // Not finished: the same directory goes on, another is refused.
    assert!(Destination::open(&dir, "a directory", false).is_ok());
    let refused = Destination::open(&dir, "another", false).map(drop).unwrap_err();
    assert_eq!(refused.exit(), Exit::Refused);
    let held = destination(&dir);
    let refused = Destination::open(&dir, "a directory", true).map(drop).unwrap_err();
    assert!(refused.to_string().contains("another `roneo get`"), "{refused}");
    drop(held);
    destination(&dir).finish().unwrap();
    assert!(!dir.join(PARTS).exists());
    let refused = Destination::open(&dir, "a directory", false).map(drop).unwrap_err();
    assert!(refused.to_string().contains("not empty"), "{refused}");
    assert!(Destination::open(&dir, "a directory", true).is_ok());
    assert!(Destination::open(&dir.join("a/b"), "a directory", true).is_err(), "a file is no directory");
}

#[test]
fn what_is_there_with_its_hash_is_kept_and_with_another_replaced() {
    let place = tempfile::tempdir().unwrap();
    let there = destination(place.path());
    there.write(b"old", Path::new("a")).unwrap();
    drop(there);
    let later = destination(place.path());
    let expected = |bytes: &[u8]| (bytes.len() as u64, *blake3::hash(bytes).as_bytes());
    assert_eq!(later.has(Path::new("a"), expected(b"old")), Ok(true));
    drop(later);
    let later = destination(place.path());
    assert_eq!(later.has(Path::new("a"), expected(b"new")), Ok(false));
    assert_eq!(later.has(Path::new("b/c"), expected(b"new")), Ok(false));
    later.write(b"new", Path::new("a")).unwrap();
    assert_eq!(fs::read(place.path().join("a")).unwrap(), b"new");
    // What this run wrote is never replaced by it: then two names are one on this disk.
    let twice = later.write(b"other", Path::new("a")).unwrap_err();
    assert!(twice.to_string().contains("takes its name"), "{twice}");
    assert_eq!(fs::read(place.path().join("a")).unwrap(), b"new");
}

#[cfg(unix)]
#[test]
fn links_in_the_way_are_never_followed() {
    use std::os::unix::fs::symlink;
    let (place, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(outside.path().join("mine"), b"mine").unwrap();
    let there = destination(place.path());
    symlink(outside.path(), place.path().join("d")).unwrap();
    symlink(outside.path().join("mine"), place.path().join("f")).unwrap();
    symlink(outside.path().join("new"), place.path().join("dangling")).unwrap();
    fs::create_dir(place.path().join("real")).unwrap();
    for name in ["d/mine", "d/new", "f", "dangling", "real", "f/x"] {
        let expected = (4, *blake3::hash(b"mine").as_bytes());
        let refused = there.has(Path::new(name), expected).and_then(|_| there.write(b"evil", Path::new(name)));
        let refused = refused.unwrap_err();
        assert!(refused.to_string().contains("stands in the way"), "{name}: {refused}");
    }
    assert_eq!(fs::read(outside.path().join("mine")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(outside.path(), elsewhere.path().join(PARTS)).unwrap();
    assert!(Destination::open(elsewhere.path(), "a directory", true).is_err());
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_disk_that_takes_nothing_more_ends_everything() {
    let of = |kind: io::ErrorKind| cannot_write("x", &kind.into());
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::ReadOnlyFilesystem, io::ErrorKind::QuotaExceeded] {
        assert!(concerns_all(&of(kind)), "{kind}");
    }
    assert!(!concerns_all(&of(io::ErrorKind::PermissionDenied)) && !concerns_all(&damaged()));
}
