//! Scenarios of the queue: a process that is killed in the middle of a transfer, one that is told to
//! hold it, a disk that is full, files of another version.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use roneo_tests::{Net, bytes, program};
use serde_json::Value;

const MIB: usize = 1 << 20;
const NODES: usize = 6;
/// How long a transfer may stand still before a scenario gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process that ends with its scenario.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; the wait says so either way.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The transfers of a node.
fn queue(net: &Net, node: usize) -> Vec<Value> {
    let listed = net.run(node, &["queue", "--json"]).json();
    listed.as_array().unwrap().clone()
}

/// The one transfer of a node, once it is as `wanted`.
fn until(net: &Net, node: usize, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    let mut last = Vec::new();
    while Instant::now() < deadline {
        last = queue(net, node);
        if let Some(status) = last.iter().find(|status| wanted(status)) {
            return status.clone();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no transfer is {what}: {last:?}");
}

/// The one transfer of a node, once nothing more of what was on its way arrives.
fn at_rest(net: &Net, node: usize) -> Value {
    let deadline = Instant::now() + PATIENCE;
    let mut last = queue(net, node);
    while Instant::now() < deadline {
        std::thread::sleep(Duration::from_secs(3));
        let now = queue(net, node);
        if now[0]["done"] == last[0]["done"] {
            return now[0].clone();
        }
        last = now;
    }
    panic!("it does not hold: {last:?}");
}

/// Waits until a node's queue has no file.
fn emptied(net: &Net, node: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !files(net, node).is_empty() {
        assert!(Instant::now() < deadline, "left: {:?}", files(net, node));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether so many percent of the blocks are done, and not all.
fn is_beyond(status: &Value, percent: u64) -> bool {
    let (done, total) = (number(status, "done"), number(status, "total"));
    status["state"] == "running" && total > 0 && done * 100 >= total * percent && done < total
}

fn is_settled(status: &Value) -> bool {
    ["stored", "weak", "fetched", "failed"].iter().any(|state| status["state"] == *state)
}

fn number(status: &Value, name: &str) -> u64 {
    status[name].as_u64().unwrap_or_else(|| panic!("{name} in {status}"))
}

fn id(status: &Value) -> String {
    number(status, "job").to_string()
}

/// Names of the files in a node's queue, but for those that were put aside.
fn files(net: &Net, node: usize) -> Vec<String> {
    let entries = std::fs::read_dir(net.dir(node).join("queue")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn begin(net: &Net, node: usize, arguments: &[&str]) -> Child {
    net.command(node, arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Starts a node again and waits until it sees all others.
fn restart(net: &mut Net, node: usize) {
    net.start(node);
    net.meet(node, NODES);
}

/// That a node has sent hardly more packets since its start than there were blocks left.
fn bounded_by_what_was_left(net: &Net, node: usize, done: u64, total: u64) {
    let (sent, left) = (net.counter(node, "packets_sent"), total - done);
    println!("{done} of {total} blocks stood, {sent} packets were sent after the restart");
    assert!(sent < left * 5 / 4 + 64, "{sent} packets for the {left} blocks that were left");
}

/// Reads a link at a node that had nothing to do with it.
fn read_elsewhere(net: &Net, node: usize, link: &str, content: &[u8]) {
    let (got, again) = net.get(node, link);
    assert_eq!(got.code, 0, "{}", got.err);
    assert!(again == content, "other bytes");
}

#[test]
fn an_insert_goes_on_after_a_kill_and_sends_no_block_twice() {
    let mut net = Net::processes(NODES);
    let content = bytes(11, 32 * MIB);
    let file = net.file("content", &content);
    let mut put = begin(&net, 0, &["put", file.to_str().unwrap(), "--now"]);
    let before = until(&net, 0, "half stored", |status| is_beyond(status, 50));
    net.kill(0);
    assert_ne!(put.wait().unwrap().code(), Some(0), "the node is gone");
    std::fs::remove_file(&file).unwrap();

    restart(&mut net, 0);
    let after = until(&net, 0, "settled", is_settled);
    assert!(after["state"] == "stored" || after["state"] == "weak", "{after}");
    assert_eq!(before["job"], after["job"]);
    assert!(before["uri"].is_null() || before["uri"] == after["uri"], "the link is the one that was announced");
    let (done, total) = (number(&before, "done"), number(&before, "total"));
    bounded_by_what_was_left(&net, 0, done, total);
    read_elsewhere(&net, 3, after["uri"].as_str().unwrap(), &content);
}

#[test]
fn an_insert_outlives_its_terminal_its_node_and_a_quarter_of_the_network() {
    const ALL: usize = 12;
    // Some of those that die are guards of the writer, or first in order for many blocks.
    const STORERS: [usize; 3] = [5, 6, 7];
    let mut net = Net::processes(ALL);
    let content = bytes(16, 32 * MIB);
    let file = net.file("content", &content);
    let mut put = begin(&net, 0, &["put", file.to_str().unwrap(), "--now"]);
    until(&net, 0, "begun", |status| is_beyond(status, 10));
    roneo_tests::signal(put.id(), "INT");
    assert_eq!(roneo_tests::exit_code(&mut put, Duration::from_secs(10)), Some(130));
    until(&net, 0, "under way without its terminal", |status| is_beyond(status, 20));
    net.kill(0);
    net.kill(STORERS[0]);
    net.start(0);
    until(&net, 0, "under way again", |status| is_beyond(status, 25));
    net.kill(STORERS[1]);
    net.kill(STORERS[2]);
    let begun = Instant::now();
    let after = until(&net, 0, "settled", is_settled);
    println!("settled {:.1} s after the last storer died", begun.elapsed().as_secs_f64());
    assert_eq!(after["state"], "stored", "{after}");
    read_elsewhere(&net, ALL - 1, after["uri"].as_str().unwrap(), &content);
}

#[test]
fn a_fetch_goes_on_after_a_kill_when_it_is_asked_for_again() {
    let mut net = Net::processes(NODES);
    let content = bytes(12, 32 * MIB);
    let link = net.put(1, &content)["uri"].as_str().unwrap().to_owned();
    let out = net.file("out", b"");
    let out = out.to_str().unwrap();
    let arguments = ["get", &link, "-o", out, "--force"];
    let mut get = begin(&net, 4, &arguments);
    let before = until(&net, 4, "half fetched", |status| is_beyond(status, 50));
    net.kill(4);
    assert_ne!(get.wait().unwrap().code(), Some(0), "the node is gone");

    restart(&mut net, 4);
    let got = net.run(4, &arguments);
    assert_eq!(got.code, 0, "{}", got.err);
    assert!(std::fs::read(out).unwrap() == content, "other bytes");
    let (done, total) = (number(&before, "done"), number(&before, "total"));
    bounded_by_what_was_left(&net, 4, done, total);
    // What was taken whole leaves nothing.
    emptied(&net, 4);
}

#[test]
fn a_transfer_is_held_over_a_restart_goes_on_and_one_is_ended() {
    let mut net = Net::processes(NODES);
    let content = bytes(13, 24 * MIB);
    let file = net.file("content", &content);
    let mut put = begin(&net, 0, &["put", file.to_str().unwrap(), "--now"]);
    let running = until(&net, 0, "begun", |status| is_beyond(status, 10));
    let paused = net.run(0, &["queue", "pause", &id(&running), "--json"]).json();
    assert_eq!(paused["state"], "paused");
    let held = at_rest(&net, 0);
    assert_eq!(held["state"], "paused");
    assert!(number(&held, "done") < number(&held, "total"));
    net.kill(0);
    put.wait().unwrap();
    restart(&mut net, 0);
    assert_eq!(queue(&net, 0)[0]["state"], "paused", "also after a restart");
    assert_eq!(net.run(0, &["queue", "priority", &id(&held), "0", "--json"]).json()["priority"], 0);
    assert_eq!(net.run(0, &["queue", "resume", &id(&held)]).code, 0);
    let stored = until(&net, 0, "settled", is_settled);
    read_elsewhere(&net, 2, stored["uri"].as_str().unwrap(), &content);
    assert_eq!(net.run(0, &["queue", "cancel", &id(&held)]).code, 0);

    let mut put = begin(&net, 0, &["put", file.to_str().unwrap(), "--now"]);
    let running = until(&net, 0, "begun", |status| is_beyond(status, 10));
    assert!(files(&net, 0).len() >= 2, "a journal and a spool");
    assert_eq!(net.run(0, &["queue", "cancel", &id(&running)]).code, 0);
    put.wait().unwrap();
    assert_eq!(queue(&net, 0), Vec::<Value>::new());
    emptied(&net, 0);
    let again = net.run(0, &["queue", "cancel", &id(&running)]);
    assert_eq!((again.code, again.err.contains("no transfer")), (3, true), "{}", again.err);
}

#[test]
fn a_queue_of_a_newer_version_is_left_alone_and_the_node_runs() {
    let mut net = Net::processes(4);
    let file = net.file("content", &bytes(14, 100_000));
    // Four nodes build no path: the insert waits.
    let mut put = begin(&net, 0, &["put", file.to_str().unwrap(), "--now"]);
    until(&net, 0, "waiting", |status| status["state"] == "waiting");
    net.kill(0);
    put.wait().unwrap();
    let queue_dir = net.dir(0).join("queue");
    let journal = files(&net, 0).into_iter().find(|name| name.ends_with(".job")).unwrap();
    let journal = queue_dir.join(journal);
    let mut newer = std::fs::read(&journal).unwrap();
    newer[8] = 99;
    std::fs::write(&journal, &newer).unwrap();
    let before = files(&net, 0);

    net.start(0);
    let warnings = net.run(0, &["status", "--json"]).json()["warnings"].to_string();
    assert!(warnings.contains("newer Roneo"), "{warnings}");
    assert_eq!(queue(&net, 0), Vec::<Value>::new());
    assert_eq!((files(&net, 0), std::fs::read(&journal).unwrap()), (before, newer));
}

#[cfg(unix)]
#[test]
fn a_disk_without_room_for_the_content_is_said_and_nothing_is_left() {
    let net = Net::empty();
    let dir = net.dir(0);
    // A limit on the size of files is as full as a disk gets without its owner's help. It is in
    // blocks of 512 bytes: 30 MiB, above any file of the store.
    let limited = "ulimit -f 61440; exec \"$0\" \"$@\"";
    let mut node = Command::new("sh")
        .args(["-c", limited])
        .arg(program())
        .args(["run", "--json", "--network", "local", "--disk", "16MiB", "--http", "127.0.0.1:0", "--data-dir"])
        .arg(&dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map(Process)
        .unwrap();
    let mut line = String::new();
    BufReader::new(node.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let file = net.file("content", &bytes(15, 40 * MIB));
    let put = net.run(0, &["put", file.to_str().unwrap(), "--now"]);
    assert_eq!(put.code, 1, "{put:?}");
    assert!(put.err.contains("files of this size are not allowed here"), "{}", put.err);
    emptied(&net, 0);
    assert_eq!(queue(&net, 0), Vec::<Value>::new());
}
