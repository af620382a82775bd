use tempfile::TempDir;

use super::*;

fn dir(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let place = dir.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
    dir
}

fn look_at(dir: &TempDir, choice: Choice) -> Result<Tree, Failure> {
    look(dir.path(), choice, &Looked::default())
}

fn paths(tree: &Tree) -> Vec<&str> {
    tree.files.iter().map(|file| file.path.as_str()).collect()
}

/// What is said of each name that is refused.
fn refused(dir: &TempDir) -> Vec<(String, String)> {
    let failure = look_at(dir, Choice::default()).unwrap_err();
    assert_eq!((failure.exit(), failure.code()), (Exit::Failed, "unpublishable"));
    assert!(failure.to_string().contains("nothing was sent"), "{failure}");
    let files = failure.to_json()["files"].as_array().cloned().unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    files.iter().map(|file| (text(&file["file"]), text(&file["error"]))).collect()
}

#[test]
fn files_of_every_script_and_normal_form_are_found_with_hash_and_type() {
    // The same letter in both normal forms: two names.
    let names = ["index.html", "工会/عربي.txt", "e\u{301}te.css", "\u{e9}te.css", "leer.bin", "d/e/f/🚩.svg"];
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, name.as_bytes())).collect();
    let site = dir(&files);
    let tree = look_at(&site, Choice::default()).unwrap();
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    assert_eq!(paths(&tree), sorted);
    for file in &tree.files {
        assert_eq!(file.blake3, *blake3::hash(file.path.as_bytes()).as_bytes());
        assert_eq!(fs::read(tree.place(&file.path).unwrap()).unwrap(), file.path.as_bytes());
    }
    assert_eq!(tree.files[0].media_type, "image/svg+xml");
}

#[test]
fn an_empty_directory_has_no_files_and_ten_thousand_are_found() {
    assert_eq!(paths(&look_at(&dir(&[]), Choice::default()).unwrap()), Vec::<&str>::new());
    let many = dir(&[]);
    for number in 0..10_000 {
        fs::write(many.path().join(format!("{number:05}")), b"x").unwrap();
    }
    assert_eq!(look_at(&many, Choice::default()).unwrap().files.len(), 10_000);
}

#[test]
fn hidden_names_are_left_out_unless_asked_for_and_a_repository_always() {
    let dir = dir(&[("a", b""), (".env", b"secret"), (".well-known/key", b""), (".git/config", b""), ("b/.git", b"")]);
    let tree = look_at(&dir, Choice::default()).unwrap();
    assert_eq!((paths(&tree), tree.hidden), (vec!["a"], 4));
    let tree = look_at(&dir, Choice { hidden: true, ..Choice::default() }).unwrap();
    assert_eq!((paths(&tree), tree.hidden), (vec![".env", ".well-known/key", "a"], 2));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    #[test]
    fn links_are_followed_inside_and_refused_by_name_elsewhere() {
        let outside = dir(&[("secret", b"x")]);
        let site = dir(&[("a", b"A"), ("d/b", b"B"), (".git/config", b"x"), (".env", b"x")]);
        let link = |target: &Path, name: &str| symlink(target, site.path().join(name)).unwrap();
        link(Path::new("a"), "same");
        link(Path::new("d"), "again");
        link(&site.path().join("d/b"), "absolute");
        let tree = look_at(&site, Choice::default()).unwrap();
        assert_eq!(paths(&tree), ["a", "absolute", "again/b", "d/b", "same"]);
        assert_eq!(fs::read(tree.place("again/b").unwrap()).unwrap(), b"B");

        link(&outside.path().join("secret"), "out");
        link(outside.path(), "out dir");
        link(Path::new("nowhere"), "dead");
        link(Path::new("."), "circle");
        link(Path::new(".."), "d/up");
        link(Path::new("loop"), "loop");
        link(Path::new(".git/config"), "repository");
        link(Path::new(".env"), "env");
        let said = refused(&site);
        for (name, words) in [
            ("out", "leads out"),
            ("out dir", "leads out"),
            ("dead", "leads nowhere"),
            ("circle", "in a circle"),
            ("d/up", "in a circle"),
            ("loop", "in a circle"),
            ("repository", "left out"),
            ("env", "left out"),
        ] {
            assert!(said.iter().any(|(path, said)| path == name && said.contains(words)), "{name}: {said:?}");
        }
    }

    #[test]
    fn two_links_that_lead_to_each_other_end() {
        let site = dir(&[("a/x", b"1"), ("b/y", b"2")]);
        symlink("../b", site.path().join("a/to_b")).unwrap();
        symlink("../a", site.path().join("b/to_a")).unwrap();
        let names: Vec<String> = refused(&site).into_iter().map(|(path, _)| path).collect();
        assert!(names.contains(&"a/to_b/to_a".to_owned()) && names.contains(&"b/to_a/to_b".to_owned()), "{names:?}");
    }

    #[test]
    fn what_is_no_file_and_names_that_are_none_are_refused_by_name() {
        let site = dir(&[("a", b"")]);
        let _socket = UnixListener::bind(site.path().join("socket")).unwrap();
        assert!(Command::new("mkfifo").arg(site.path().join("pipe")).status().unwrap().success());
        for name in [&b"latin \xe9"[..], b"bell\x07", "turned \u{202e}gpj".as_bytes(), b"back\\slash"] {
            fs::write(site.path().join(OsStr::from_bytes(name)), b"").unwrap();
        }
        let said = refused(&site);
        let table = [
            ("socket", "is a socket"),
            ("pipe", "is a pipe"),
            ("latin \u{fffd}", "no UTF-8"),
            ("bell\u{7}", "harm readers"),
            ("turned \u{202e}gpj", "harm readers"),
            ("back\\slash", "harm readers"),
        ];
        for (name, words) in table {
            assert!(said.iter().any(|(path, said)| path == name && said.contains(words)), "{name}: {said:?}");
        }
        assert_eq!(said.len(), table.len());
        let shown = look_at(&site, Choice::default()).unwrap_err().to_text();
        assert!(!shown.contains('\u{7}') && !shown.contains('\u{202e}'), "{shown:?}");
    }
}

#[test]
fn keys_are_not_published_by_mistake() {
    let site = dir(&[
        ("a", b""),
        ("backup/union.key", b"roneo-key 0\nSSK@"),
        ("net/1/format", b"0\n"),
        ("net/1/node.key", b"x"),
    ]);
    let said = refused(&site);
    let table = [("backup/union.key", "private key"), ("net/1/", "data directory")];
    assert_eq!(said.len(), 1, "names come first: {said:?}");
    assert!(said[0].0 == table[1].0 && said[0].1.contains(table[1].1), "{said:?}");
    fs::remove_dir_all(site.path().join("net")).unwrap();
    let said = refused(&site);
    assert!(said[0].0 == table[0].0 && said[0].1.contains(table[0].1), "{said:?}");
    let own = dir(&[("format", b"0\n"), ("node.key", b"x")]);
    assert!(refused(&own)[0].0.contains(own.path().to_str().unwrap()));
}

/// A system that does not let some files be read. Permissions would not do: tests may run as root.
fn without(unreadable: &'static [&str]) -> impl Fn(&Path) -> io::Result<File> {
    move |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        if unreadable.contains(&name) { Err(io::ErrorKind::PermissionDenied.into()) } else { File::open(path) }
    }
}

#[test]
fn unreadable_files_are_refused_with_all_their_names_or_left_out() {
    let site = dir(&[("a", b""), ("d/b", b""), ("c", b"")]);
    let open = without(&["a", "b"]);
    let failure = look_with(site.path(), Choice::default(), &Looked::default(), &open).unwrap_err();
    let text = failure.to_text();
    assert!(text.contains("  a: cannot be read") && text.contains("  d/b: cannot be read"), "{text}");
    assert!(text.contains("2 names") && text.contains("--skip-unreadable"), "{text}");
    let choice = Choice { skip_unreadable: true, ..Choice::default() };
    let tree = look_with(site.path(), choice, &Looked::default(), &open).unwrap();
    assert_eq!((paths(&tree), &tree.unreadable[..]), (vec!["c"], &["a".to_owned(), "d/b".to_owned()][..]));
    let missing = look(Path::new("/no/such/place"), choice, &Looked::default()).unwrap_err();
    assert!(missing.to_string().contains("/no/such/place"));
}

#[test]
fn a_file_that_changes_while_it_is_read_is_noticed() {
    let site = dir(&[("diary", &[7; 100_000])]);
    // Somebody replaces it, or appends to it, while the first piece of it is being read.
    for other in [vec![8; 100_000], vec![7; 100_001], vec![7; 99_999]] {
        let place = site.path().join("diary");
        fs::write(&place, vec![7; 100_000]).unwrap();
        let mut file = File::open(&place).unwrap();
        let writing = |looked: &Looked| {
            if looked.bytes.load(Ordering::Relaxed) == 0 {
                return;
            }
            fs::write(&place, &other).unwrap();
            let later = SystemTime::now() + std::time::Duration::from_secs(5);
            File::options().write(true).open(&place).unwrap().set_modified(later).unwrap();
        };
        let hashed = hash(&mut file, &Looked::default(), &writing);
        assert!(matches!(hashed, Err(Problem::Changed)), "{} bytes", other.len());
    }

    fs::write(site.path().join("diary"), [7; 100_000]).unwrap();
    let tree = look_at(&site, Choice::default()).unwrap();
    let files: Vec<_> = tree.files.iter().collect();
    assert_eq!(read_again(&tree, &files).unwrap().len(), 100_000);
    for other in [vec![7; 99_999], vec![7; 100_001], vec![9; 100_000]] {
        fs::write(site.path().join("diary"), other).unwrap();
        let failure = read_again(&tree, &files).unwrap_err();
        assert_eq!(failure.code(), "changed");
        assert!(failure.to_string().contains("diary changed"), "{failure}");
    }
    fs::remove_file(site.path().join("diary")).unwrap();
    assert!(read_again(&tree, &files).unwrap_err().to_string().contains("cannot read diary any more"));
}

#[test]
fn nobody_waits_for_a_look_that_was_given_up() {
    let looked = Looked::default();
    looked.given_up.store(true, Ordering::Relaxed);
    let failure = look(dir(&[("a", b"")]).path(), Choice::default(), &looked).unwrap_err();
    assert_eq!(failure.exit(), Exit::Interrupted);
}
