//! Conversations over the API.

use roneo_social::BoardId;
use serde_json::json;

use crate::fake::Network;
use crate::fake_boards::{LINK, PROPOSAL, address};
use crate::profile::transcript;
use crate::{HOST, Proxy};

#[tokio::test]
async fn identities_are_made_brought_back_listed_and_forgotten() {
    let person = "A".repeat(43);
    transcript(&[
        ("GET", "/identities", None, 200, "[]"),
        ("POST", "/identities", Some(json!({"name": "Ada"})), 201, r#""words":"abaisser "#),
        ("POST", "/identities", Some(json!({"name": "Ada"})), 409, "identity-exists"),
        ("POST", "/identities", Some(json!({"name": "Zola", "words": "twenty-four"})), 201, r#""name":"Zola""#),
        ("POST", "/identities", Some(json!({"nom": "Ada"})), 422, "bad-request"),
        ("POST", "/identities", Some(json!({"name": "Ada", "language": "de"})), 422, "bad-request"),
        ("GET", "/identities", None, 200, "brume-cuivre"),
        ("DELETE", &format!("/identities/{person}"), None, 204, ""),
        ("DELETE", &format!("/identities/{person}"), None, 404, "no-such-identity"),
    ])
    .await;
}

#[tokio::test]
async fn a_board_is_read_and_written_to() {
    let board = "C".repeat(43);
    let path = format!("/boards/{board}/posts?hours=3");
    let statement = json!({"kind": "post", "title": "Chauffage", "lang": "fr"});
    let post = json!({"identity": "Ada", "board": board, "statement": statement});
    transcript(&[
        ("GET", "/boards", None, 200, r#""path":"fr/logement""#),
        ("GET", &path, None, 200, r#""hours_asked":3"#),
        ("GET", &format!("/boards/{board}/posts?hours=900"), None, 200, r#""hours_asked":48"#),
        ("GET", &format!("/boards/{board}/posts?hours=x"), None, 400, "bad-request"),
        ("GET", "/boards/nowhere/posts", None, 400, "bad-board"),
        ("POST", "/statements", Some(post), 201, r#""state":"signed""#),
        ("POST", "/statements", Some(json!({"identity": "Ada"})), 422, "bad-request"),
        ("GET", "/statements", None, 200, "Chauffage"),
    ])
    .await;
}

#[tokio::test]
async fn a_board_is_founded_met_changed_signed_and_joined() {
    let board = address();
    let at = |rest: &str| format!("/boards/{board}{rest}");
    let new = json!({"identity": "Ada", "name": "Cantine", "path": "fr/cantine", "langs": ["fr"], "rules": "Rien."});
    let sign = |proposal: &str| at(&format!("/proposals/{proposal}/signature"));
    let elsewhere = format!("/boards/{}", BoardId::from_bytes([8; 32]).to_text());
    transcript(&[
        ("POST", "/boards", Some(new), 201, r#""name":"Cantine""#),
        ("POST", "/boards", Some(json!({"identity": "Ada"})), 422, "bad-request"),
        ("POST", "/boards/meetings", Some(json!({"link": LINK})), 200, r#""kind":"stewarded""#),
        ("POST", "/boards/meetings", Some(json!({"link": "CHK@nothing"})), 404, "no-board"),
        ("GET", &at("?ask=true"), None, 200, r#""asked_at":1795000200"#),
        ("GET", &at("?ask=perhaps"), None, 400, "bad-request"),
        ("GET", &elsewhere, None, 404, "not-stewarded"),
        ("GET", "/boards/nowhere", None, 400, "bad-board"),
        ("POST", "/boards/keys", Some(json!({"identity": "Ada"})), 201, r#""steward":"steward-1""#),
        ("POST", &at("/proposals"), Some(json!({"name": "Logement"})), 201, PROPOSAL),
        ("POST", &at("/proposals"), Some(json!({})), 409, "no-change"),
        ("PUT", &sign(PROPOSAL), None, 200, r#""needed":2"#),
        ("PUT", &sign("gone"), None, 404, "no-proposal"),
        ("POST", &at("/invitations"), Some(json!({"days": 2})), 201, r#""until":1795172800"#),
        ("POST", &at("/invitations"), Some(json!({})), 201, "roneo-board:line"),
        (
            "POST",
            "/boards/joinings",
            Some(json!({"invitation": "roneo-board:", "identity": "Ada"})),
            400,
            "bad-invitation",
        ),
    ])
    .await;
}

/// The longest text that may be said goes through, with every byte of it escaped.
#[tokio::test]
async fn the_longest_text_is_taken() {
    let text = "\u{1}".repeat(30_000);
    let statement = json!({"kind": "post", "text": text, "lang": "fr"});
    let post = json!({"identity": "Ada", "board": "C".repeat(43), "statement": statement});
    assert!(post.to_string().len() > 180_000);
    let answer = Proxy::before(Network::Silent).call("POST", "/statements", Some(post)).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
}

#[tokio::test]
async fn feeds_have_addresses_of_their_own_that_need_nothing_else() {
    let proxy = Proxy::before(Network::Silent);
    let board = "A".repeat(43);
    proxy.call("PUT", &format!("/boards/{board}/follow"), None).await;
    let listed = proxy.call("GET", "/feeds", None).await.json();
    let path = |number: usize| listed[number]["path"].as_str().unwrap().to_owned();
    let list = proxy.open(&path(0)).await;
    assert_eq!(list.status.as_u16(), 200, "{}", list.text());
    assert!(list.text().contains(&format!("http://{HOST}{}", path(1))) && list.text().contains("<opml"));
    let feed = proxy.open(&path(1)).await;
    assert_eq!(feed.header("content-type"), "application/atom+xml;charset=utf-8");
    for expected in ["<title>", "<id>urn:uuid:", &format!("http://{HOST}{}", path(1))] {
        assert!(feed.text().contains(expected), "`{expected}`: {}", feed.text());
    }
    for (of, what) in [("person", "E".repeat(43)), ("search", "loyer <&>".to_owned())] {
        let made = proxy.call("POST", "/feeds", Some(json!({of: what}))).await.json();
        let feed = proxy.open(made["path"].as_str().unwrap()).await;
        assert_eq!(feed.status.as_u16(), 200, "{}", feed.text());
        assert!(!feed.text().contains("<&>"), "{}", feed.text());
    }
    // A token is of one feed, and what there is not looks like what one may not read.
    let other = path(1).replace(&board, &"B".repeat(43));
    for wrong in [other, path(1).replace("/boards/", "/people/"), "/feeds/x/boards/y".to_owned()] {
        assert_eq!(proxy.open(&wrong).await.status.as_u16(), 404, "{wrong}");
    }
}

#[tokio::test]
async fn a_backup_is_made_and_brought_back() {
    let file = roneo_keys::base64::encode(&vec![7; 300_000]);
    let backup = |passphrase: &str| json!({"file": file, "passphrase": passphrase});
    transcript(&[
        ("POST", "/backups", Some(json!({})), 201, r#""passphrase":"eight words""#),
        ("POST", "/backups", Some(json!({"language": "de"})), 422, "bad-request"),
        ("POST", "/restores", Some(backup("eight words")), 200, r#""identities":1"#),
        ("POST", "/restores", Some(backup("nine words")), 400, "bad-passphrase"),
        ("POST", "/restores", Some(json!({"file": "?", "passphrase": ""})), 422, "bad-request"),
    ])
    .await;
}

#[tokio::test]
async fn what_was_heard_is_listed_marked_and_searched() {
    let (board, post) = ("A".repeat(43), "E".repeat(43));
    let follow = format!("/boards/{board}/follow");
    let threads = |query: &str| format!("/boards/{board}/threads{query}");
    let person = format!("/people/{post}");
    transcript(&[
        ("PUT", &follow, None, 204, ""),
        ("GET", "/followed", None, 200, &board),
        ("GET", "/followed/boards", None, 200, r#""unread_posts":3"#),
        ("DELETE", &follow, None, 204, ""),
        ("GET", "/followed/boards", None, 200, "[]"),
        ("PUT", "/boards/nowhere/follow", None, 400, "bad-board"),
        ("GET", &threads(""), None, 200, r#""heard_at":5"#),
        ("GET", &threads("?tab=unread"), None, 200, r#""next":"more""#),
        ("GET", &threads("?after=here"), None, 200, r#""next":"here""#),
        ("GET", &threads("?tab=all-of-it"), None, 400, "bad-request"),
        ("GET", &format!("/threads/{post}"), None, 404, "not-heard"),
        ("PUT", &person, Some(json!({"petname": "La voisine"})), 204, ""),
        ("GET", &person, None, 200, "La voisine"),
        ("GET", "/people/nobody", None, 400, "bad-id"),
        ("PUT", &person, Some(json!({"name": "La voisine"})), 422, "bad-request"),
        ("POST", "/searches", Some(json!({"words": "bread"})), 200, r#""next":"more""#),
        ("POST", "/searches", Some(json!({})), 422, "bad-request"),
        ("POST", "/marks", Some(json!({"read": [post]})), 204, ""),
        ("POST", "/marks", Some(json!({"read": ["x"]})), 400, "bad-id"),
        ("PUT", "/curators", Some(json!({"curators": [{"person": post, "alone": true}]})), 204, ""),
        ("PUT", "/drafts/answer-1", Some(json!({"text": "Bonjour"})), 204, ""),
        ("GET", "/drafts/answer-1", None, 200, "Bonjour"),
        ("DELETE", "/drafts/answer-1", None, 204, ""),
        ("GET", "/drafts/answer-1", None, 404, "not-heard"),
    ])
    .await;
}
