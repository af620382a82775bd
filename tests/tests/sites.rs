//! Scenarios of whole directories: a site that is published, fetched, updated here and on another machine,
//! and what is interrupted on the way.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use roneo_tests::{Net, bytes, exit_code, program, signal};
use serde_json::Value;

/// How long something may stand still before a scenario gives up.
const PATIENCE: Duration = Duration::from_secs(120);

type Files = BTreeMap<String, Vec<u8>>;

fn write(dir: &Path, files: &Files) {
    for (path, bytes) in files {
        let place = dir.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
}

fn read(dir: &Path) -> Files {
    let mut files = Files::new();
    let mut left = vec![dir.to_owned()];
    while let Some(here) = left.pop() {
        for entry in fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                files.insert(path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap());
            }
        }
    }
    files
}

/// 300 pages of some kilobytes, and a poster.
fn pages() -> Files {
    let page = |i: u64| (format!("pages/{i:03}.html"), bytes(i, 1_000 + (i * 97 % 3_000) as usize));
    let mut files: Files = (0..300).map(page).collect();
    files.insert("affiche.png".to_owned(), bytes(900, 150_000));
    files
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("{field}: {value}"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Ends with its scenario.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; the wait says so either way.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "not {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_site_is_published_read_updated_and_updated_from_another_machine() {
    let net = Net::processes(7);
    let place = tempfile::tempdir().unwrap();
    let site = place.path().join("tenants");
    let mut files = pages();
    write(&site, &files);
    let published = net.run(0, &["site", "publish", text(&site), "--json"]);
    let first = published.json();
    assert_eq!((number(&first, "files"), number(&first, "reused")), (301, 0));
    assert!(number(&first, "inserts") < 20, "{first}");
    let progress: Vec<Value> = published.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(progress.iter().any(|line| number(line, "files") == 301 && line["words"].is_string()), "{progress:?}");
    let link = first["uri"].as_str().unwrap().to_owned();

    let fetch = |node: usize, name: &str| -> (PathBuf, Value) {
        let out = place.path().join(name);
        let got = net.run(node, &["get", &link, "-o", text(&out), "--json"]).json();
        (out, got)
    };
    let (out, got) = fetch(3, "first");
    assert_eq!((number(&got, "files"), read(&out) == files), (301, true));
    let (one, page) = net.get(4, &format!("{link}/pages/007.html"));
    assert_eq!((one.code, page == files["pages/007.html"]), (0, true), "{}", one.err);

    // One page changes: one container and the manifest are sent, and the old link leads to it.
    files.insert("pages/117.html".to_owned(), bytes(1_117, 2_500));
    write(&site, &files);
    let second = net.run(0, &["site", "update", text(&site), "--json"]).json();
    assert_eq!(number(&second, "edition"), number(&first, "edition") + 1);
    assert!(number(&second, "inserts") <= 3, "{second}");
    assert!(number(&second, "sent") * 3 < number(&first, "sent"), "{second}");
    assert!(number(&second, "reused") > 150_000 + 300_000, "{second}");
    let (out, _) = fetch(5, "second");
    assert!(read(&out) == files);

    // The key moves to another machine, and with it what makes keys of unchanged pages the same.
    let key = place.path().join("tenants.key");
    assert_eq!(net.run(0, &["keys", "export", "tenants", "-o", text(&key)]).code, 0);
    let elsewhere = place.path().join("elsewhere");
    write(&elsewhere, &read(&out));
    files.insert("pages/200.html".to_owned(), bytes(1_200, 700));
    files.insert("pages/300.html".to_owned(), bytes(1_300, 700));
    write(&elsewhere, &files);
    let missing = net.run(6, &["site", "update", text(&elsewhere), "--name", "tenants"]);
    assert_eq!((missing.code, missing.err.contains("there is no key `tenants`")), (1, true), "{}", missing.err);
    assert_eq!(net.run(6, &["keys", "import", text(&key)]).code, 0);
    let third = net.run(6, &["site", "update", text(&elsewhere), "--name", "tenants", "--json"]).json();
    assert_eq!((number(&third, "edition"), number(&third, "files")), (number(&first, "edition") + 2, 302));
    assert!(number(&third, "inserts") <= 5 && number(&third, "reused") > 400_000, "{third}");
    let (out, _) = fetch(2, "third");
    assert!(read(&out) == files);

    // A key that was cut short publishes nothing.
    let kept = net.dir(6).join("keys/tenants.key");
    let whole = fs::read(&kept).unwrap();
    fs::write(&kept, &whole[..whole.len() / 2]).unwrap();
    let damaged = net.run(6, &["site", "update", text(&elsewhere), "--name", "tenants"]);
    assert_eq!((damaged.code, damaged.err.contains("damaged")), (1, true), "{}", damaged.err);
}

#[test]
fn an_interrupted_put_and_an_interrupted_get_go_on_with_the_same_command() {
    let net = Net::lending(6, "256MiB");
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("films");
    let files: Files = (0..12).map(|i| (format!("{i:02}.webm"), bytes(50 + i, 1_500_000))).collect();
    write(&dir, &files);
    let put = ["put", text(&dir), "--now", "--json"];
    let noted = || {
        let files = fs::read_dir(net.dir(0).join("unfinished")).into_iter().flatten();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap_or_default()).collect::<String>()
    };
    // Into a file: a pipe that nobody reads would hold the command up.
    let said = place.path().join("said");
    let spawn = |node: usize, arguments: &[&str]| {
        let said = fs::File::create(&said).unwrap();
        Process(net.command(node, arguments).stdout(Stdio::null()).stderr(said).spawn().unwrap())
    };
    let mut first = spawn(0, &put);
    until("a film stored", || noted().contains("CHK@"));
    signal(first.0.id(), "INT");
    assert_eq!(exit_code(&mut first.0, Duration::from_secs(5)), Some(130));
    let last = fs::read_to_string(&said).unwrap();
    assert!(last.contains("of 12 files are stored") && last.contains("the same command"), "{last}");

    let stored = net.run(0, &put).json();
    assert!(number(&stored, "resumed") >= 1_500_000, "{stored}");
    assert!(number(&stored, "sent") + number(&stored, "resumed") < 12 * 1_500_000 + 32_192, "{stored}");
    assert_eq!(noted(), "", "what is done is forgotten");
    let link = stored["uri"].as_str().unwrap();

    let out = place.path().join("out");
    let get = ["get", link, "-o", text(&out), "--json"];
    let there = || {
        fs::read_dir(&out)
            .into_iter()
            .flatten()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().ends_with(".webm"))
            .count()
    };
    let mut first = spawn(4, &get);
    until("a film fetched", || there() > 0);
    signal(first.0.id(), "INT");
    assert_eq!(exit_code(&mut first.0, Duration::from_secs(5)), Some(130));
    let before = there();
    let fetched = net.run(4, &get).json();
    assert_eq!((number(&fetched, "kept"), number(&fetched, "files")), (before as u64, 12));
    assert!(read(&out) == files, "and nothing else is left there");

    // A disk that is full, as far as that can be had without its owner's help: in blocks of 512 bytes.
    let full = place.path().join("full");
    let limited = Command::new("sh")
        .args(["-c", "ulimit -f 1024; exec \"$0\" \"$@\""])
        .arg(program())
        .args(["get", link, "-o", text(&full), "--data-dir"])
        .arg(net.dir(4))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&limited.stderr).into_owned();
    assert_eq!(limited.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write to") && said.contains("full"), "{said}");
    let rest = net.run(4, &["get", link, "-o", text(&full), "--json"]).json();
    assert_eq!(number(&rest, "files"), 12, "with room, the same command gets them");
}

#[test]
fn nothing_is_lost_or_published_by_mistake() {
    let net = Net::processes(6);
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let contents = [bytes(70, 3_000_000), bytes(71, 3_000_000)];
    let links = [0, 1].map(|at: usize| net.put(at, &contents[at])["uri"].as_str().unwrap().to_owned());

    // Two who write to one file: one has it, whole, and the other is told.
    let out = at("same");
    let get = |at: usize| {
        Process(net.command(at + 2, &["get", &links[at], "-o", text(&out)]).stderr(Stdio::null()).spawn().unwrap())
    };
    let mut both = [get(0), get(1)];
    let codes = both.each_mut().map(|get| exit_code(&mut get.0, PATIENCE).unwrap());
    let winner = codes.iter().position(|code| *code == 0).unwrap();
    assert_eq!(codes[1 - winner], 5, "{codes:?}");
    assert!(fs::read(&out).unwrap() == contents[winner], "it is not what was asked for");

    // Neighbours of a file are somebody's, and links are not followed.
    fs::write(at("mine.part"), "precious").unwrap();
    assert_eq!(net.run(2, &["get", &links[0], "-o", text(&at("mine"))]).code, 0);
    assert_eq!(fs::read(at("mine.part")).unwrap(), b"precious");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("nowhere"), at("link")).unwrap();
        assert_eq!(net.run(2, &["get", &links[0], "-o", text(&at("link"))]).code, 5);
    }

    // A key is published by nothing.
    assert_eq!(net.run(0, &["keys", "new", "union"]).code, 0);
    let key = at("union.key");
    assert_eq!(net.run(0, &["keys", "export", "union", "-o", text(&key)]).code, 0);
    let node_key = net.dir(0).join("node.key");
    let table: [&[&str]; 4] = [
        &["put", text(&key)],
        &["put", text(&key), "--ksk", "word"],
        &["site", "publish", text(&key), "--name", "leak"],
        &["put", text(&node_key)],
    ];
    for arguments in table {
        let refused = net.run(0, arguments);
        assert_eq!((refused.code, refused.err.contains("nothing was sent")), (1, true), "{}", refused.err);
    }

    // An edition without files takes a site away, and one that is published twice is told so.
    let site = at("site");
    write(&site, &Files::from([("index.html".to_owned(), b"<p>one".to_vec())]));
    let publish = ["site", "publish", text(&site), "--json"];
    assert!(net.run(0, &publish).json()["edition"] == 0);
    assert!(text_of(&net.run(0, &publish).json()["note"]).contains("site update"));
    fs::remove_file(site.join("index.html")).unwrap();
    let refused = net.run(0, &["site", "update", text(&site)]);
    assert_eq!((refused.code, refused.err.contains("has no file")), (1, true), "{}", refused.err);

    // What cannot be said ends nothing that goes well.
    let stored = net.command(0, &["put", text(&out)]).stderr(fs::File::create("/dev/full").unwrap()).output().unwrap();
    assert_eq!(stored.status.code(), Some(0));
    assert!(stored.stdout.starts_with(b"CHK@"));
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
