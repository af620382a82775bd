//! Scenarios of conversations: people on different nodes who never met, on a board that nobody hosts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::time::{Duration, Instant};

use roneo_tests::{Net, Outcome};
use serde_json::Value;

/// How long something may stand still before a scenario gives up.
const PATIENCE: Duration = Duration::from_secs(120);
const BOARD: &str = "fr/logement";

fn ok(outcome: &Outcome) -> Value {
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    outcome.json()
}

fn identity(net: &Net, node: usize, name: &str) -> Value {
    ok(&net.run(node, &["identity", "new", name, "--json"]))
}

/// The posts that a node finds on the board now.
fn posts(net: &Net, node: usize) -> Vec<Value> {
    let view = ok(&net.run(node, &["read", BOARD, "--hours", "2", "--json"]));
    assert_eq!(view["lies"], 0, "{view}");
    view["posts"].as_array().unwrap().clone()
}

/// Reads until the board has so many posts.
fn posts_when(net: &Net, node: usize, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let posts = posts(net, node);
        if posts.len() >= count {
            assert_eq!(posts.len(), count, "{posts:?}");
            return posts;
        }
        assert!(Instant::now() < deadline, "{count} posts are not there: {posts:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn said(posts: &[Value], text: &str) -> Value {
    let found = posts.iter().find(|post| post["title"] == text || post["text"] == text);
    found.unwrap_or_else(|| panic!("`{text}` was not said: {posts:?}")).clone()
}

#[test]
fn two_people_who_never_met_talk_on_a_board_that_exists_nowhere() {
    let net = Net::processes(8);
    net.meet(7, 8);
    let ada = identity(&net, 1, "Ada");
    let words = ada["words"].as_str().unwrap();
    assert_eq!(words.split(' ').count(), 24);
    identity(&net, 5, "Zola");
    assert!(posts(&net, 5).is_empty());

    let post = ["post", BOARD, "--as", "Ada", "--title", "Chauffage coupé", "Depuis lundi.\n\nQui d’autre ?", "--json"];
    let posted = ok(&net.run(1, &post));
    assert_eq!(posted["state"], "announced");
    assert!(posted["receipts"].as_u64().unwrap() > 0);
    let read = said(&posts_when(&net, 5, 1), "Chauffage coupé");
    assert_eq!((&read["id"], &read["author"]), (&posted["id"], &ada["identity"]["person"]));
    assert_eq!(read["text"], "Depuis lundi.\n\nQui d’autre ?");

    let id = posted["id"].as_str().unwrap();
    ok(&net.run(5, &["post", BOARD, "--as", "Zola", "--answer", id, "Ici aussi.", "--json"]));
    let answer = said(&posts_when(&net, 1, 2), "Ici aussi.");
    assert_eq!((answer["answers"]["root"].as_str(), answer["answers"]["parent"].as_str()), (Some(id), Some(id)));
    let shown = net.run(1, &["read", BOARD, "--hours", "2"]);
    assert!(shown.out.find("Chauffage coupé") < shown.out.find("Ici aussi."), "{}", shown.out);

    // Another board is another place, and another language too.
    let other = ok(&net.run(5, &["read", BOARD, "--board-language", "en", "--hours", "1", "--json"]));
    assert_eq!(other["posts"], Value::Array(Vec::new()));

    // The words bring the person back on a machine that has nothing of them.
    let paper = net.file("paper.txt", words.to_uppercase().as_bytes());
    let back = ok(&net.run(3, &["identity", "new", "Ada", "--words", paper.to_str().unwrap(), "--json"]));
    assert_eq!((&back["identity"], back.get("words")), (&ada["identity"], None));
    let again = net.run(3, &["identity", "new", "Autre", "--words", paper.to_str().unwrap()]);
    assert_eq!(again.code, 1);
    ok(&net.run(3, &["post", BOARD, "--as", "Ada", "--title", "De retour", "--json"]));
    assert_eq!(said(&posts_when(&net, 5, 3), "De retour")["author"], ada["identity"]["person"]);

    // Nothing of who spoke or what was said stands in a log, on any node.
    let logs = net.logs();
    for secret in ["Chauffage", "Ada", "logement", id, words.split(' ').next().unwrap()] {
        assert!(!logs.contains(secret), "a log has `{secret}`");
    }
}

/// What is signed is on disk: whenever the node is killed, the post is heard once, after the next start.
#[test]
fn a_post_outlives_its_node_at_any_moment_and_is_heard_once() {
    let mut net = Net::processes(8);
    net.meet(7, 8);
    identity(&net, 2, "Ada");
    for (number, wait) in [0, 60, 400].into_iter().enumerate() {
        let title = format!("Réunion {number}");
        let posted = ok(&net.run(2, &["post", BOARD, "--as", "Ada", "--title", &title, "--no-wait", "--json"]));
        std::thread::sleep(Duration::from_millis(wait));
        net.kill(2);
        net.start(2);
        net.meet(2, 8);
        let heard = posts_when(&net, 6, number + 1);
        assert_eq!(said(&heard, &title)["id"], posted["id"]);
    }
}
