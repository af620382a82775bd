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

/// The first thread of a board as a node has heard it, once `holds` says so.
fn thread_when(net: &Net, node: usize, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let list = ok(&net.run(node, &["board", "threads", BOARD, "--json"]));
        if let Some(root) = list["threads"][0]["root"].as_str() {
            let thread = ok(&net.run(node, &["thread", root, "--json"]));
            if holds(&thread) {
                return thread;
            }
            assert!(Instant::now() < deadline, "it was not heard: {thread}");
        }
        assert!(Instant::now() < deadline, "it was not heard: {list}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn post_of<'a>(thread: &'a Value, id: &str) -> &'a Value {
    let entries = thread["posts"]["entries"].as_array().unwrap();
    entries.iter().map(|placed| &placed["post"]).find(|post| post["id"] == id).unwrap_or(&Value::Null)
}

#[test]
fn a_followed_board_is_heard_kept_corrected_folded_searched_and_backed_up() {
    let mut net = Net::processes(8);
    net.meet(7, 8);
    let ada = identity(&net, 1, "Ada");
    let ada = ada["identity"]["person"].as_str().unwrap();
    let zola = identity(&net, 5, "Zola")["identity"]["person"].as_str().unwrap().to_owned();
    let curator = identity(&net, 3, "Nana")["identity"]["person"].as_str().unwrap().to_owned();
    ok(&net.run(5, &["board", "follow", BOARD, "--json"]));

    let text = "Depuis lundi, bâtiments B et C. Le loyer est de 620 euros.";
    let posted = ok(&net.run(1, &["post", BOARD, "--as", "Ada", "--title", "Chauffage coupé", text, "--json"]));
    let id = posted["id"].as_str().unwrap();
    // Who said it is told by their outbox, whichever is heard first.
    let thread = thread_when(&net, 5, |thread| thread["row"]["author"]["self_name"] == "Ada");
    assert_eq!((&thread["row"]["title"], &thread["row"]["unread"]), (&"Chauffage coupé".into(), &1.into()));
    assert_eq!(thread["row"]["author"]["person"], ada);
    let board = &ok(&net.run(5, &["board", "followed", "--json"]))[0];
    assert_eq!((&board["unread_posts"], &board["unread_threads"]), (&1.into(), &1.into()));

    // One answers, one reacts, one corrects; only who said it may change it.
    ok(&net.run(5, &["post", BOARD, "--as", "Zola", "--answer", id, "Ici aussi.", "--json"]));
    ok(&net.run(5, &["react", id, "solidarity", "--as", "Zola", "--json"]));
    ok(&net.run(5, &["correct", id, "--as", "Zola", "Il est de 610 euros.", "--source", "bail", "--json"]));
    let refused = net.run(5, &["edit", id, "--as", "Zola", "Tout va bien."]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("only who said it"), "{}", refused.err);
    let edited = "Depuis lundi, bâtiments B, C et D.";
    thread_when(&net, 1, |thread| thread["row"]["replies"] == 1);
    ok(&net.run(1, &["edit", id, "--as", "Ada", edited, "--reason", "le D aussi", "--json"]));
    let thread = thread_when(&net, 5, |thread| post_of(thread, id)["versions"] == 2);
    let post = post_of(&thread, id);
    assert_eq!((&post["standing"]["text"], &post["standing"]["reason"]), (&edited.into(), &"le D aussi".into()));
    assert_eq!(post["earlier"][0]["text"], text, "both wordings are shown");
    assert_eq!(post["reactions"], serde_json::json!([{"word": "solidarity", "count": 1}]));
    assert_eq!((&post["own_reaction"], &post["correction_count"]), (&"solidarity".into(), &1.into()));
    let shown = net.run(5, &["thread", id]);
    for words in ["Ada ·", edited, "le D aussi", "1 solidarity", "Il est de 610 euros.", "bail", "    Zola ·"] {
        assert!(shown.out.contains(words), "`{words}` is not shown: {}", shown.out);
    }

    // A label folds for those who follow the curator, and for nobody else.
    let answer = &thread["posts"]["entries"][1]["post"];
    let answer = answer["id"].as_str().unwrap();
    thread_when(&net, 3, |thread| !post_of(thread, answer).is_null());
    ok(&net.run(3, &["curate", "label", answer, "offtopic", "--as", "Nana", "--reason", "à dire ailleurs", "--json"]));
    ok(&net.run(1, &["curate", "follow", &curator, "--alone", "--json"]));
    let folded = thread_when(&net, 1, |thread| !post_of(thread, answer)["fold"].is_null());
    assert_eq!(post_of(&folded, answer)["fold"]["label"]["reason"], "à dire ailleurs");
    assert_eq!(post_of(&folded, answer)["standing"]["text"], "Ici aussi.", "it is folded, never dropped");
    assert!(post_of(&thread_when(&net, 5, |_| true), answer)["fold"].is_null());

    // What was said can be taken back, and stays in its place.
    ok(&net.run(5, &["retract", answer, "--as", "Zola", "--reason", "erreur", "--json"]));
    let taken = thread_when(&net, 1, |thread| !post_of(thread, answer)["retracted"].is_null());
    assert!(post_of(&taken, answer)["standing"].is_null());

    // All of it is there after a restart, before anything is heard, and so is what the user set.
    ok(&net.run(5, &["person", "name", ada, "La voisine", "--json"]));
    ok(&net.run(5, &["board", "read", BOARD, "--json"]));
    net.kill(5);
    net.start(5);
    let list = ok(&net.run(5, &["board", "threads", BOARD, "--json"]));
    let row = &list["threads"][0];
    assert_eq!((&row["title"], &row["unread"]), (&"Chauffage coupé".into(), &0.into()));
    assert_eq!(row["author"]["petname"], "La voisine");
    let found = ok(&net.run(5, &["search", "BATIMENT d", "--json"]));
    assert_eq!(found["hits"][0]["id"], id);
    assert_eq!(ok(&net.run(5, &["search", "620", "--json"]))["hits"], serde_json::json!([]), "it says so no longer");

    // A lost machine: one file and eight words bring its people to another.
    let file = net.file("zola.age", b"");
    std::fs::remove_file(&file).unwrap();
    let backup = ok(&net.run(5, &["backup", file.to_str().unwrap(), "--json"]));
    let words = net.file("words.txt", backup["passphrase"].as_str().unwrap().as_bytes());
    let restore = ["restore", file.to_str().unwrap(), "--passphrase", words.to_str().unwrap(), "--json"];
    assert_eq!(ok(&net.run(6, &restore))["identities"], 1);
    assert_eq!(ok(&net.run(6, &["identity", "list", "--json"]))[0]["person"], zola.as_str());
    net.kill(5);
    ok(&net.run(6, &["post", BOARD, "--as", "Zola", "--answer", id, "De retour.", "--json"]));
    thread_when(&net, 1, |thread| thread["row"]["replies"] == 2);
    let said = ok(&net.run(1, &["person", "show", &zola, "--json"]));
    assert_eq!((&said["who"]["self_name"], said["posts"].as_array().unwrap().len()), (&"Zola".into(), 2));

    let logs = net.logs();
    for secret in ["Chauffage", "Zola", "logement", "voisine", id, ada] {
        assert!(!logs.contains(secret), "a log has `{secret}`");
    }
}

/// A board as its stewards keep it, once `holds` says so.
fn board_when(net: &Net, node: usize, board: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let info = ok(&net.run(node, &["board", "show", board, "--json"]));
        if holds(&info) {
            return info;
        }
        assert!(Instant::now() < deadline, "the board does not become so: {info}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn two_stewards_on_two_nodes_change_a_board_and_a_guest_speaks_on_it() {
    let mut net = Net::processes(8);
    net.meet(7, 8);
    identity(&net, 1, "Ada");
    identity(&net, 5, "Zola");
    identity(&net, 3, "Nana");
    identity(&net, 6, "Ugo");
    let rules = net.file("rules.md", "On se parle bien.\n".as_bytes());
    let new = ["board", "new", "Cantine", "--path", "fr/31/toulouse/cantine", "--as", "Ada", "--rules"];
    let founded = ok(&net.run(1, &[&new[..], &[rules.to_str().unwrap(), "--json"]].concat()));
    let (board, link) = (founded["board"].as_str().unwrap(), founded["link"].as_str().unwrap());
    assert_eq!(
        (&founded["needed"], &founded["serial"], &founded["admitted"][0]),
        (&1.into(), &0.into(), &"Ada".into())
    );

    // One steward is enough to name a second, and from then on it takes both.
    let key = ok(&net.run(5, &["board", "key", "--as", "Zola", "--json"]));
    let (person, introducer) =
        (key["introducer"]["person"].as_str().unwrap(), key["introducer"]["key"].as_str().unwrap());
    let introducer = format!("{person}/{introducer}");
    let add = ["--add-steward", key["steward"].as_str().unwrap(), "--add-introducer", &introducer, "--needed", "2"];
    let changed = ok(&net.run(1, &[&["board", "propose", board, "--json"], &add[..]].concat()));
    assert_eq!((&changed["needed"], &changed["serial"]), (&2.into(), &1.into()));
    let met = board_when(&net, 5, link, |info| info["serial"] == 1);
    assert_eq!((&met["board"], &met["rules"]), (&founded["board"], &"On se parle bien.".into()));
    let stewards = met["stewards"].as_array().unwrap();
    assert_eq!(stewards.iter().filter(|steward| steward["own"] == true).count(), 1);

    let asked = ok(&net.run(1, &["board", "propose", board, "--name", "Cantine solidaire", "--json"]));
    assert_eq!((&asked["name"], &asked["proposals"][0]["own"]), (&"Cantine".into(), &true.into()));
    let seen = board_when(&net, 5, board, |info| !info["proposals"][0].is_null());
    let proposal = &seen["proposals"][0];
    assert_eq!(
        proposal["changes"],
        serde_json::json!([{"field": "name", "from": "Cantine", "to": "Cantine solidaire"}])
    );
    assert_eq!((&proposal["own"], proposal["signed"].as_array().unwrap().len()), (&false.into(), 1));
    // What one has signed outlives a power cut.
    net.kill(1);
    net.start(1);
    let kept = ok(&net.run(1, &["board", "show", board, "--kept", "--json"]));
    assert_eq!(kept["proposals"][0]["id"], proposal["id"]);
    net.meet(1, 8);
    let signed = ok(&net.run(5, &["board", "sign", board, proposal["id"].as_str().unwrap(), "--json"]));
    assert_eq!((&signed["name"], &signed["serial"]), (&"Cantine solidaire".into(), &2.into()));
    assert_eq!(signed["proposals"], serde_json::json!([]));
    board_when(&net, 1, board, |info| info["serial"] == 2 && info["name"] == "Cantine solidaire");

    // Nobody else can.
    let refused = net.run(6, &["board", "propose", board, "--name", "Autre"]);
    assert!(refused.code == 1 && refused.err.contains("no board with stewards"), "{}", refused.err);
    ok(&net.run(6, &["board", "follow", link, "--json"]));
    let refused = net.run(6, &["board", "propose", board, "--name", "Autre"]);
    assert!(refused.code == 1 && refused.err.contains("you are no steward"), "{}", refused.err);

    // Whoever does not agree founds another.
    let left = [
        "board",
        "new",
        "Cantine libre",
        "--path",
        "fr/31/toulouse/cantine-libre",
        "--as",
        "Ugo",
        "--fork",
        board,
        "--json",
    ];
    let fork = ok(&net.run(6, &left));
    assert_eq!(
        (&fork["fork"], &fork["rules"], &fork["serial"]),
        (&founded["board"], &"On se parle bien.".into(), &0.into())
    );
    assert_eq!((fork["introducers"].as_array().unwrap().len(), fork["board"] == founded["board"]), (1, false));

    // A guest of the second steward speaks at once, a newcomer by work; both are heard by the first.
    let invited = ok(&net.run(5, &["board", "invite", board, "--json"]));
    let line = invited["invitation"].as_str().unwrap();
    let joined = ok(&net.run(3, &["board", "join", line, "--as", "Nana", "--json"]));
    assert_eq!((&joined["serial"], &joined["admitted"][0]), (&2.into(), &"Nana".into()));
    for (node, name, title) in [(3, "Nana", "Première soupe"), (6, "Ugo", "Qui vient ?")] {
        let posted = ok(&net.run(node, &["post", board, "--as", name, "--title", title, "Ce soir.", "--json"]));
        assert!(posted["receipts"].as_u64().unwrap() > 0, "{posted}");
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        let list = ok(&net.run(1, &["board", "threads", board, "--json"]));
        let threads = list["threads"].as_array().unwrap();
        if threads.len() == 2 {
            break;
        }
        assert!(Instant::now() < deadline, "they are not heard: {list}");
        std::thread::sleep(Duration::from_millis(300));
    }
    let view = ok(&net.run(1, &["read", board, "--hours", "2", "--json"]));
    let effort = |title: &str| said(view["posts"].as_array().unwrap(), title)["effort"].as_u64().unwrap();
    assert!(effort("Première soupe") == 0 && effort("Qui vient ?") > 0, "{view}");

    let logs = net.logs();
    for secret in ["Cantine", "cantine", "soupe", board, line, "Nana"] {
        assert!(!logs.contains(secret), "a log has `{secret}`");
    }
}
