//! Scenarios with real processes: what somebody does who follows the README, and what goes wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use roneo_keys::Uri;
use roneo_tests::{Net, bytes, exit_code, http, program, roneo, signal};

const MIB: usize = 1 << 20;

fn address(text: &serde_json::Value) -> SocketAddr {
    text.as_str().unwrap().trim_start_matches("http://").parse().unwrap()
}

fn uri_of(put: &serde_json::Value) -> String {
    put["uri"].as_str().unwrap().to_owned()
}

#[test]
fn thirty_processes_see_each_other_and_one_that_was_killed_comes_back() {
    let mut net = Net::processes(30);
    net.kill(11);
    net.start(11);
    net.meet(11, 30);
    assert_eq!(net.put(11, &bytes(1, 200_000))["state"], "stored");
    for node in [0, 10, 12, 29] {
        net.meet(node, 30);
    }
}

#[test]
fn a_third_killed_and_the_writer_too_and_the_bytes_are_there() {
    // The whole scene of ten: RONEO_SEEDS=10.
    let seeds = std::env::var("RONEO_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(2u64);
    for seed in 1..=seeds {
        println!("seed {seed}");
        let mut net = Net::processes(16);
        let content = bytes(seed, 5 * MIB);
        let order: Vec<usize> = (0..16).map(|step| (step * 5 + seed as usize * 3) % 16).collect();
        let put = net.put(order[0], &content);
        assert_eq!(put["state"], "stored");
        order[..6].iter().for_each(|node| net.kill(*node));
        let began = Instant::now();
        let (got, again) = net.get(order[6 + seed as usize % 10], &uri_of(&put));
        assert_eq!(got.code, 0, "{}", got.err);
        assert!(again == content, "other bytes");
        println!("fetched after {:.1} s", began.elapsed().as_secs_f64());
        assert!(began.elapsed() < Duration::from_secs(120));
    }
}

#[test]
fn four_nodes_wait_and_the_fifth_lets_them_go_on() {
    let mut net = Net::processes(4);
    let file = net.file("content", &bytes(2, 100_000));
    let file = file.to_str().unwrap();
    let refused = net.run(0, &["put", file, "--wait", "2"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("waiting for 5 nodes, 4 known"), "{}", refused.err);
    let waiting =
        net.command(0, &["put", file, "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    net.add(&[]);
    let put = waiting.wait_with_output().unwrap();
    assert!(put.status.success(), "{}", String::from_utf8_lossy(&put.stderr));
    let put: serde_json::Value = serde_json::from_slice(&put.stdout).unwrap();
    let (_, again) = net.get(4, &uri_of(&put));
    assert!(again == bytes(2, 100_000));
}

#[test]
fn every_length_at_a_border_comes_back_the_same() {
    let net = Net::processes(7);
    let borders = [3_520, 32_192, 32_752, 2_063_376, 2 * MIB];
    let around = borders.into_iter().flat_map(|border| [border - 1, border, border + 1]);
    for (step, len) in [0, 1].into_iter().chain(around).chain([5 * MIB, 16 * MIB]).enumerate() {
        let content = bytes(len as u64 + 1, len);
        let put = net.put(step % 7, &content);
        assert_eq!(put["length"], len);
        let (got, again) = net.get((step + 3) % 7, &uri_of(&put));
        assert_eq!(got.code, 0, "{len} bytes: {}", got.err);
        assert!(again == content, "{len} bytes");
    }
}

#[test]
fn a_keep_link_checks_and_repairs_and_reads_nothing() {
    let mut net = Net::processes(7);
    let content = bytes(8, 200_000);
    let put = net.put(0, &content);
    let (uri, keep) = (uri_of(&put), put["keep"].as_str().unwrap().to_owned());
    assert_eq!(net.run(3, &["keep", &uri]).out.trim(), keep);
    let refused = net.run(3, &["get", &keep]);
    assert!(refused.code == 5 && refused.err.contains("keeps and does not read"), "{}", refused.err);

    let checked = net.run(3, &["check", &keep, "--full", "--json"]).json();
    assert_eq!((&checked["condition"], &checked["keep"]), (&"healthy".into(), &put["keep"]));
    let segment = &checked["segments"][0];
    assert_eq!((&segment["k"], &segment["found"]), (&7.into(), &segment["n"]));
    let said = net.run(3, &["check", &uri]);
    assert!(said.code == 0 && said.out.starts_with("healthy\n"), "{}", said.out);

    net.kill(0);
    net.kill(1);
    let repaired = net.run(4, &["repair", &keep, "--full", "--json"]).json();
    assert_eq!((&repaired["state"], &repaired["uri"]), (&"stored".into(), &put["keep"]));
    let (got, again) = net.get(5, &uri);
    assert!(got.code == 0 && again == content, "{}", got.err);

    // Nobody has this one.
    let nowhere = format!("KEEP@{}{}", "A".repeat(43), &keep[keep.find(',').unwrap()..]);
    let lost = net.run(4, &["check", &nowhere]);
    assert!(
        lost.code == 3 && lost.out.starts_with("lost") && lost.err.contains("check again"),
        "{}{}",
        lost.out,
        lost.err
    );
}

#[test]
fn a_whole_network_that_was_killed_still_has_what_it_acknowledged() {
    let mut net = Net::processes(6);
    let put = net.put(1, &bytes(3, 300_000));
    (0..6).for_each(|node| net.kill(node));
    (0..6).for_each(|node| net.start(node));
    (0..6).for_each(|node| net.meet(node, 6));
    let (got, again) = net.get(4, &uri_of(&put));
    assert_eq!(got.code, 0, "{}", got.err);
    assert!(again == bytes(3, 300_000));
}

#[test]
fn every_way_to_fail_has_its_exit_code_and_one_sentence() {
    let mut net = Net::processes(5);
    let link = uri_of(&net.put(0, b"a few words"));
    let newer = link.replacen(",AAAA", ",AQAA", 1);
    let other_key = {
        let key = link.find(',').unwrap() + 1;
        let swapped = if link.as_bytes()[key] == b'A' { "B" } else { "A" };
        format!("{}{swapped}{}", &link[..key], &link[key + 1..])
    };
    let nobody = format!("CHK@{}A,{}A,AAAAAQA/nothing", "B".repeat(42), "C".repeat(42));
    let dir = net.dir(0);
    let dir = dir.to_str().unwrap();
    let table: &[(&[&str], i32, &str)] = &[
        (&["get", &nobody], 3, "not found"),
        (&["get", "hello"], 2, "link"),
        (&["get", &link[..60]], 2, "link"),
        (&["get", "USK@x,y,z/site/1"], 2, "copy the link again"),
        (&["get", &newer], 1, "newer Roneo"),
        (&["get", &other_key], 1, "damaged"),
        (&["put", "/nowhere/at/all"], 1, "/nowhere/at/all"),
        (&["put"], 2, "Usage"),
        (&["frobnicate"], 2, "Usage"),
    ];
    for (arguments, code, words) in table {
        let failed = net.run(0, arguments);
        assert_eq!(failed.code, *code, "{arguments:?}: {}", failed.err);
        assert!(failed.err.contains(words), "{arguments:?}: {}", failed.err);
        assert!(failed.out.is_empty(), "results alone go to standard output: {}", failed.out);
    }
    let second = roneo(["run", "--data-dir", dir, "--network", "local"]);
    assert_eq!(second.code, 5, "{}", second.err);
    net.signal(4, "TERM");
    assert_eq!(net.ended(4, Duration::from_secs(5)), Some(0), "an orderly end within 5 s");
    let stopped = net.run(4, &["status"]);
    assert_eq!(stopped.code, 4, "{}", stopped.err);
}

#[test]
fn an_interrupted_put_ends_with_130() {
    let net = Net::processes(4);
    let file = net.file("content", b"waits for a fifth node");
    let mut put = net.command(0, &["put", file.to_str().unwrap()]).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    signal(put.id(), "INT");
    assert_eq!(exit_code(&mut put, Duration::from_secs(5)), Some(130));
}

#[test]
fn noise_on_the_ports_of_a_node_changes_nothing() {
    let net = Net::processes(5);
    let sockets = [address(&net.ready(0)["listen"][0]), address(&net.ready(0)["http"])];
    for (round, socket) in sockets.into_iter().cycle().take(40).enumerate() {
        let mut stream = TcpStream::connect(socket).unwrap();
        // It may close on us at any byte: that is its good right.
        let _ = stream.write_all(&bytes(round as u64, round * 997));
    }
    assert_eq!(net.put(0, &bytes(4, 50_000))["state"], "stored");
}

#[test]
fn a_recording_shows_locators_to_storers_alone() {
    let mut net = Net::empty();
    let root = net.file("records", b"");
    let record = |node: usize| format!("{}-{node}", root.to_str().unwrap());
    for node in 0..8 {
        net.add(&["--record", &record(node)]);
    }
    (0..8).for_each(|node| net.meet(node, 8));
    let content = bytes(5, 4 * MIB);
    let link = uri_of(&net.put(1, &content));
    // What was recorded so far is about the writer; it is on disk within 200 ms. The nodes go on
    // gossiping, so that the last line may be under way: what counts are whole lines.
    let whole_lines = |node: usize| {
        let mut text = std::fs::read_to_string(record(node)).unwrap();
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        text
    };
    std::thread::sleep(Duration::from_millis(500));
    let begin: Vec<usize> = (0..8).map(|node| whole_lines(node).len()).collect();
    let reader = 6;
    let before = net.counter(reader, "packets_sent");
    while net.counter(reader, "packets_sent") - before < 1_000 {
        let (got, again) = net.get(reader, &link);
        assert_eq!(got.code, 0, "{}", got.err);
        assert!(again == content);
    }
    std::thread::sleep(Duration::from_millis(500));

    let Ok(Uri::Chk(chk)) = link.parse::<Uri>() else { panic!("a link") };
    let reader_id = net.ready(reader)["node"].as_str().unwrap().to_owned();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut needles = vec![hex(chk.root.as_bytes()), hex(chk.key.expose()), hex(link.as_bytes())];
    // The locator stands at offset 32 of a request.
    let asked_for = |line: &serde_json::Value| {
        let request = line["role"] == "storer" && line["kind"] == "request";
        request.then(|| line["bytes"].as_str().unwrap()[64..128].to_owned())
    };
    let mut asked: BTreeSet<String> = BTreeSet::new();
    // What the writer stored: whatever else is asked for is padding, which the reader relays as everybody does.
    let mut stored: BTreeSet<String> = BTreeSet::new();
    let mut lines = Vec::new();
    for (node, begin) in begin.into_iter().enumerate() {
        let text = whole_lines(node);
        let parsed = |line: &str| -> serde_json::Value { serde_json::from_str(line).unwrap() };
        stored.extend(text[..begin].lines().filter_map(|line| asked_for(&parsed(line))));
        for line in text[begin..].lines() {
            let line = parsed(line);
            asked.extend(asked_for(&line));
            // Storers also hand blocks to each other when their hour has come. That is no packet of a
            // path, and nobody's question.
            if line["kind"] != "handover" {
                lines.push(line);
            }
        }
    }
    assert!(asked.contains(&needles[0]), "the search works: some storer was asked for the root");
    assert!(stored.contains(&needles[0]) && stored.len() > 128, "what was stored is known");
    needles.extend(asked);
    let from_reader = lines.iter().filter(|line| line["from"] == reader_id.as_str());
    let told = from_reader.filter_map(asked_for).filter(|locator| stored.contains(locator)).count();
    assert_eq!(told, 0, "no storer is asked by the reader");
    let mut seen = [0u32; 3];
    for line in &lines {
        let bytes = line["bytes"].as_str().unwrap();
        assert!([5_120, 34_304].contains(&line["len"].as_u64().unwrap()), "{}", line["len"]);
        let named = || needles.iter().any(|needle| bytes.contains(needle.as_str()));
        match line["role"].as_str().unwrap() {
            "guard" => seen[0] += u32::from(!named()),
            "relay" => seen[1] += u32::from(!named()),
            "storer" => seen[2] += u32::from(named()),
            _ => {}
        }
    }
    let of = |role: &str| lines.iter().filter(|line| line["role"] == role).count() as u32;
    assert_eq!(seen, [of("guard"), of("relay"), of("storer")], "guards and relays saw none, storers saw one each");
    assert!(of("storer") >= 1_000, "{seen:?}");

    let logs = net.logs();
    for secret in needles.iter().map(String::as_str).chain([link.as_str(), &link[4..47], &link[48..91]]) {
        assert!(!logs.contains(secret), "a log names what was asked for");
    }
    let sockets = (0..8).map(|node| address(&net.ready(node)["listen"][0]).to_string());
    for socket in sockets {
        assert!(!logs.contains(&socket), "a log names a peer's address");
    }
}

/// Looks again and again, for a minute at most.
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..300 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("it did not come");
}

#[test]
fn the_demonstration_shows_its_leaflet_and_cleans_up() {
    let _turn = Net::empty();
    let place = tempfile::tempdir().unwrap();
    let mut demo = std::process::Command::new(program())
        .args(["demo", "--nodes", "8", "--json", "--quiet", "--data-dir"])
        .arg(place.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(demo.stdout.take().unwrap()), &mut line).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(matches!(ready["uri"].as_str().unwrap().parse(), Ok(Uri::Chk(_))));
    let url = ready["http"].as_str().unwrap().trim_start_matches("http://");
    let (host, path) = url.split_at(url.find('/').unwrap());
    let get = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let answer = String::from_utf8_lossy(&http(host.parse().unwrap(), &get)).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("ASSEMBLÉE GÉNÉRALE"), "{answer}");
    // The site, read at another node: a browser is led from its link to an origin of its own.
    let url = ready["site_http"].as_str().unwrap().trim_start_matches("http://");
    let path = url.split_at(url.find('/').unwrap()).1;
    let browse = |at: &str, path: &str| {
        let get = format!(
            "GET {path} HTTP/1.1\r\nHost: {at}\r\nAccept: text/html\r\nSec-Fetch-Site: none\r\n\
             Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nConnection: close\r\n\r\n"
        );
        String::from_utf8_lossy(&http(host.parse().unwrap(), &get)).into_owned()
    };
    let led = until(|| {
        let answer = browse(host, path);
        answer.starts_with("HTTP/1.1 303").then_some(answer)
    });
    let address = led.lines().find_map(|line| line.strip_prefix("location: http://")).unwrap().trim().to_owned();
    let (site, front) = address.split_at(address.find('/').unwrap());
    assert!(site.contains(".localhost:"), "{address}");
    for (path, words) in [(front, "Assemblée des locataires"), ("/regles/", "Comment nous décidons")] {
        until(|| browse(site, path).contains(&format!("<h1>{words}</h1>")).then_some(()));
    }
    signal(demo.id(), "INT");
    assert_eq!(exit_code(&mut demo, Duration::from_secs(6)), Some(0));
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "nothing is left");
}
