//! Whole directories, put and got.

use std::fs;

use roneo_content::directory::{MEDIA_TYPE, Manifest};
use roneo_node::directory_insert::INSERTS_AT_ONCE;

use super::*;
use crate::cli::get_directory::FetchedDirectory;
use crate::cli::put_directory::{self, StoredDirectory};

impl Place {
    async fn put_directory(&self, line: &str) -> Result<StoredDirectory, Failure> {
        let Question::Put(args) = question(line) else { panic!("not put: {line}") };
        put_directory::put(&self.client(), self.dir.path(), &args, &mut Progress::new(&quiet())).await
    }

    async fn get_directory(&self, line: &str) -> Result<FetchedDirectory, Failure> {
        let Question::Get(args) = question(line) else { panic!("not get: {line}") };
        match get::get(&self.client(), &args, &mut Progress::new(&quiet())).await? {
            Got::Directory(fetched) => Ok(fetched),
            Got::File(_) | Got::Written => panic!("no directory: {line}"),
        }
    }

    /// Pages in several containers, a film twice, an empty file. Its path, and what is in it.
    fn site(&self) -> (PathBuf, BTreeMap<String, Vec<u8>>) {
        let mut files: BTreeMap<String, Vec<u8>> =
            (0..60).map(|page| (format!("pages/{page:02}.html"), leaflets(5_000 + page * 11))).collect();
        files.insert("film.webm".to_owned(), leaflets(300_000));
        files.insert("copies/film.webm".to_owned(), leaflets(300_000));
        files.insert("工会/vide".to_owned(), Vec::new());
        let site = self.dir.path().join("site");
        for (path, bytes) in &files {
            let place = site.join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        (site, files)
    }

    fn unfinished(&self) -> usize {
        fs::read_dir(self.dir.path().join("unfinished")).unwrap().count()
    }

    /// Inserts that the node is known to have taken.
    fn taken(&self) -> usize {
        let Ok(mut files) = fs::read_dir(self.dir.path().join("unfinished")) else { return 0 };
        let text = files.next().and_then(|file| fs::read_to_string(file.ok()?.path()).ok());
        text.unwrap_or_default().matches("\"job\"").count()
    }

    fn manifest(&self) -> Manifest {
        let held = self.held.lock().unwrap();
        let found = held.content.values().find(|(request, _)| request.media_type == MEDIA_TYPE);
        Manifest::from_bytes(&found.unwrap().1).unwrap()
    }
}

fn read(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut left = vec![dir.to_owned()];
    while let Some(here) = left.pop() {
        for entry in fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

#[tokio::test]
async fn a_directory_that_is_put_is_got_file_for_file() {
    let place = Place::with(Network::Good).await;
    let (site, files) = place.site();
    let stored = place.put_directory(&format!("put {}", site.display())).await.unwrap();
    assert_eq!((stored.state, stored.totals.files), (JobState::Stored, files.len()));
    assert_eq!(stored.totals.length, files.values().map(|bytes| bytes.len() as u64).sum::<u64>());
    assert!(stored.totals.inserts < 12, "{} inserts", stored.totals.inserts);
    assert!(stored.totals.sent < stored.totals.length, "the same film is sent once");
    assert_eq!((place.jobs(), place.unfinished()), (0, 0));
    let out = place.dir.path().join("out");
    let line = format!("get {} -o {}", stored.uri, out.display());
    let fetched = place.get_directory(&line).await.unwrap();
    assert_eq!((fetched.files, fetched.kept, fetched.failure()), (files.len(), 0, None));
    assert!(read(&out) == files);
    assert_eq!(place.jobs(), 0, "fetches are forgotten");
    let refused = place.get_directory(&line).await.unwrap_err();
    assert_eq!(refused.exit(), Exit::Refused);
    fs::write(out.join("film.webm"), b"other").unwrap();
    let again = place.get_directory(&format!("{line} --force")).await.unwrap();
    assert_eq!((again.files, again.kept), (files.len(), files.len() - 1));
    assert!(read(&out) == files);
}

#[tokio::test]
async fn a_link_to_a_directory_needs_a_place_and_an_empty_one_is_one_too() {
    let place = Place::with(Network::Thin).await;
    let empty = place.dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let stored = place.put_directory(&format!("put {}", empty.display())).await.unwrap();
    assert_eq!((stored.state, stored.totals.files, stored.totals.inserts), (JobState::Weak, 0, 1));
    assert_eq!(stored.note.as_deref(), Some("3 nodes: losing 2 loses it"));
    for line in [format!("get {}", stored.uri), format!("get {} -o -", stored.uri)] {
        let usage = place.get_directory(&line).await.unwrap_err();
        assert_eq!(usage.exit(), Exit::Usage);
        assert!(usage.to_string().contains("-o DIR"), "{usage}");
    }
    let out = place.dir.path().join("out");
    let fetched = place.get_directory(&format!("get {} -o {}", stored.uri, out.display())).await.unwrap();
    assert_eq!((fetched.files, fs::read_dir(&out).unwrap().count()), (0, 0));
    let wrong = place.put_directory(&format!("put {} --name x", empty.display())).await.unwrap_err();
    assert_eq!(wrong.exit(), Exit::Usage);
}

#[tokio::test]
async fn what_an_interrupted_put_stored_is_not_sent_again() {
    let place = Place::with(Network::Good).await;
    let (site, files) = place.site();
    let line = format!("put {}", site.display());
    place.held.lock().unwrap().good_inserts = Some(4);
    let failed = place.put_directory(&line).await.unwrap_err();
    assert_eq!(failed.code(), "not-stored");
    assert_eq!(place.unfinished(), 1);
    place.held.lock().unwrap().good_inserts = None;
    let stored = place.put_directory(&line).await.unwrap();
    assert_eq!(stored.totals.inserts, 1, "only the manifest was missing: {:?}", stored.totals);
    let all: u64 = place.held.lock().unwrap().content.values().map(|(request, _)| request.length).sum();
    assert_eq!(stored.totals.sent + stored.totals.resumed, all, "nothing was sent twice");
    assert_eq!(place.unfinished(), 0);
    let out = place.dir.path().join("out");
    place.get_directory(&format!("get {} -o {}", stored.uri, out.display())).await.unwrap();
    assert!(read(&out) == files);
    // Once it is done, its secret is gone: the next time is another insert.
    let anew = place.put_directory(&line).await.unwrap();
    assert_eq!(anew.totals.resumed, 0);
    assert_ne!(anew.uri, stored.uri);
}

#[tokio::test]
async fn a_put_goes_on_with_what_the_node_took_and_notices_another_job_in_its_place() {
    let place = Place::with(Network::Good).await;
    let (site, _) = place.site();
    let line = format!("put {}", site.display());
    place.held.lock().unwrap().held_back = true;
    let all_taken = async {
        while place.taken() < INSERTS_AT_ONCE {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        ended = place.put_directory(&line) => panic!("no insert ends: {ended:?}"),
        () = all_taken => {}
    }
    assert_eq!(place.jobs(), INSERTS_AT_ONCE);
    // One of them is gone, and its number names something else.
    {
        let mut held = place.held.lock().unwrap();
        held.held_back = false;
        held.release();
        let last = *held.jobs.keys().last().unwrap();
        let (status, _) = held.jobs.get_mut(&last).unwrap();
        let other = Chk {
            root: Locator::of(b""),
            key: ReadKey::from_bytes([1; 32]),
            extra: Extra::PUBLIC,
            name: String::new(),
        };
        status.uri = Some(Uri::Chk(other).to_text());
    }
    let stored = place.put_directory(&line).await.unwrap();
    assert!(stored.totals.resumed > 0, "{:?}", stored.totals);
    let out = place.dir.path().join("out");
    let fetched = place.get_directory(&format!("get {} -o {}", stored.uri, out.display())).await.unwrap();
    assert_eq!(fetched.failure(), None);
}

#[tokio::test]
async fn a_secret_gives_the_same_link_again() {
    let place = Place::with(Network::Good).await;
    let (site, _) = place.site();
    let put = async |line: &str| place.put_directory(&format!("put {} {line}", site.display())).await.unwrap().uri;
    let first = put("--secret one").await;
    assert_eq!(put("--secret one").await, first);
    assert_ne!(put("--secret other").await, first);
    assert_ne!(put("").await, first);
    let file = place.file("tract.txt", b"bread");
    let put = async |line: &str| place.put(&format!("put {} {line}", file.display())).await.unwrap().uri;
    let first = put("--secret one").await;
    assert_eq!(put("--secret one").await, first);
    assert_ne!(put("--secret other").await, first);
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_sent_ends_its_insert() {
    let place = Place::with(Network::Good).await;
    let client = place.client();
    let file = place.file("film", &leaflets(300_000));
    let insert = NewInsert { name: String::new(), media_type: String::new(), length: 300_000, secret: None };
    for (length, changed) in [(300_000, true), (299_999, false), (300_000, false)] {
        let mut other = leaflets(length);
        other[length / 2] ^= u8::from(changed);
        fs::write(&file, &other).unwrap();
        let job = client.insert(&insert).await.unwrap();
        let hash = *blake3::hash(&leaflets(300_000)).as_bytes();
        let opened = tokio::fs::File::open(&file).await.unwrap();
        let source = put_directory::Unchanged::new(opened, 300_000, hash, "d/film");
        let sent = client.send_content(job, 300_000, source).await;
        if length == 300_000 && !changed {
            sent.unwrap();
            return;
        }
        let failure = sent.unwrap_err();
        assert_eq!(failure.code(), "changed");
        assert!(failure.to_string().contains("d/film changed"), "{failure}");
        // As every sender does: the node may not have seen that anything was coming.
        let _ = client.end(JobKind::Insert, job).await;
        assert!(place.held.lock().unwrap().content.is_empty(), "nothing is stored of it");
    }
}

#[tokio::test]
async fn what_cannot_be_found_is_said_by_name_and_the_rest_is_there() {
    let place = Place::with(Network::Good).await;
    let (site, files) = place.site();
    let stored = place.put_directory(&format!("put {}", site.display())).await.unwrap();
    let manifest = place.manifest();
    let lost = manifest.containers()[0].content.root;
    let container = place.held.lock().unwrap().content.remove(&lost).unwrap();
    let out = place.dir.path().join("out");
    let line = format!("get {} -o {}", stored.uri, out.display());
    let partly = place.get_directory(&line).await.unwrap();
    let failure = partly.failure().unwrap();
    assert_eq!((failure.exit(), failure.code()), (Exit::NotFound, "incomplete"));
    let text = failure.to_text();
    assert!(text.contains("pages/00.html: not found") && text.contains("the same command"), "{text}");
    assert_eq!(partly.files + partly.failed.len(), files.len());

    place.held.lock().unwrap().content.insert(lost, container);
    let rest = place.get_directory(&line).await.unwrap();
    assert_eq!((rest.kept, rest.failure()), (partly.files, None));
    assert!(read(&out) == files);
}

#[tokio::test]
async fn bytes_that_are_not_what_the_manifest_says_get_no_name() {
    let place = Place::with(Network::Good).await;
    let (site, files) = place.site();
    let stored = place.put_directory(&format!("put {}", site.display())).await.unwrap();
    for (request, bytes) in place.held.lock().unwrap().content.values_mut() {
        if request.media_type != MEDIA_TYPE {
            bytes[0] ^= 1;
        }
    }
    let out = place.dir.path().join("out");
    let fetched = place.get_directory(&format!("get {} -o {}", stored.uri, out.display())).await.unwrap();
    assert_eq!((fetched.files, fetched.failed.len()), (1, files.len() - 1), "all but the empty file");
    assert_eq!(fetched.failure().unwrap().exit(), Exit::Failed);
    assert!(fetched.failed.iter().all(|problem| problem.error.contains("damaged")), "{:?}", fetched.failed[0]);
    assert_eq!(read(&out.join("工会")).len(), 1);
    assert!(!out.join("film.webm").exists() && !out.join("pages").exists());
}

#[tokio::test]
async fn what_cannot_be_published_is_refused_before_anything_is_announced() {
    let place = Place::with(Network::Good).await;
    let (site, _) = place.site();
    fs::write(site.join("a\nb"), b"").unwrap();
    let refused = place.put_directory(&format!("put {}", site.display())).await.unwrap_err();
    assert_eq!(refused.code(), "unpublishable");
    assert!(refused.to_text().contains("a\\nb: "), "{}", refused.to_text());
    assert_eq!(place.held.lock().unwrap().next, 0);
    assert!(!place.dir.path().join("unfinished").exists());
}
