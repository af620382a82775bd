use axum::body::Body;
use axum::http::Request;
use roneo_client::handle::{JobError, JobId, JobStatus, Peer, Status};
use serde_json::json;

use crate::fake::Network;
use crate::{HOST, Proxy, TOKEN, link};

fn leaflets() -> Proxy {
    let chunks = vec!["leaf", "lets"];
    Proxy::before(Network::Holds { chunks, length: 8, media_type: "text/plain", name: "tract.txt" })
}

/// Sends content to an insert.
async fn put(proxy: &Proxy, job: u64, content: &'static str) -> crate::Answer {
    let request = Request::put(format!("/api/v1/inserts/{job}/content"))
        .header("host", HOST)
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Body::from(content))
        .unwrap();
    proxy.send(request).await
}

async fn inserted(proxy: &Proxy, job: u64) -> Result<Vec<u8>, String> {
    for _ in 0..100 {
        if let Some(outcome) = proxy.state.lock().unwrap().inserted.remove(&JobId(job)) {
            return outcome;
        }
        tokio::task::yield_now().await;
    }
    panic!("the insert has not ended");
}

#[tokio::test]
async fn every_call_needs_the_token() {
    let proxy = leaflets();
    for shown in [None, Some(""), Some("Bearer"), Some("Bearer wrong"), Some("Basic test-token"), Some("test-token")] {
        for path in ["/status", "/inserts/1", "/fetches/1/content", "/nothing-here"] {
            let mut request = Request::get(format!("/api/v1{path}")).header("host", HOST);
            if let Some(shown) = shown {
                request = request.header("authorization", shown);
            }
            let answer = proxy.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status.as_u16(), 401, "{shown:?}");
            assert_eq!(answer.json()["code"], "unauthorized");
            assert!(answer.text().contains("api.token") && !answer.text().contains(TOKEN));
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
}

#[tokio::test]
async fn a_node_is_asked_and_told() {
    let proxy = leaflets();
    let status: Status = serde_json::from_value(proxy.call("GET", "/status", None).await.json()).unwrap();
    assert_eq!((status.nodes, status.counters["dropped_replayed"]), (7, 2));
    let peers: Vec<Peer> = serde_json::from_value(proxy.call("GET", "/peers", None).await.json()).unwrap();
    assert!(peers[0].me);
    assert_eq!(proxy.call("POST", "/invite", None).await.json(), json!({"invitation": "roneo-invite-1"}));
    let joined = proxy.call("POST", "/join", Some(json!({"invitation": "roneo-invite-2"}))).await;
    assert_eq!(joined.status.as_u16(), 204);
    let refused = proxy.call("POST", "/join", Some(json!({"invitation": "nonsense"}))).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (409, Some("refused")));
    assert_eq!(proxy.call("POST", "/shutdown", None).await.status.as_u16(), 202);
    let state = proxy.state.lock().unwrap();
    assert!(state.shut_down && state.joined == ["roneo-invite-2"]);
}

#[tokio::test]
async fn an_insert_is_announced_then_sent_then_asked_about() {
    let proxy = leaflets();
    let announced = json!({"name": "tract.txt", "media_type": "text/plain", "length": 8});
    let answer = proxy.call("POST", "/inserts", Some(announced)).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (201, json!({"job": 1})));
    assert_eq!(put(&proxy, 1, "leaflets").await.status.as_u16(), 204);
    assert_eq!(inserted(&proxy, 1).await.unwrap(), b"leaflets");
    let twice = put(&proxy, 1, "leaflets").await;
    assert_eq!((twice.status.as_u16(), twice.json()["code"].as_str()), (409, Some("conflict")));
    let status: JobStatus = serde_json::from_value(proxy.call("GET", "/inserts/1", None).await.json()).unwrap();
    assert_eq!(status.job, JobId(1));
    assert_eq!(proxy.call("DELETE", "/inserts/1", None).await.status.as_u16(), 204);
    assert_eq!(proxy.call("GET", "/inserts/1", None).await.json()["code"], "unknown-job");
    let state = proxy.state.lock().unwrap();
    assert_eq!((state.requests[0].length, state.requests[0].name.as_str()), (8, "tract.txt"));
}

#[tokio::test]
async fn content_of_another_length_fails_the_insert() {
    for content in ["leaf", "leaflets, many"] {
        let proxy = leaflets();
        proxy.call("POST", "/inserts", Some(json!({"length": 8}))).await;
        let answer = put(&proxy, 1, content).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (400, Some("wrong-length")));
        assert!(inserted(&proxy, 1).await.is_err());
        assert_eq!(proxy.state.lock().unwrap().cancelled, [JobId(1)], "nobody else would end it");
    }
}

#[tokio::test]
async fn an_announced_length_is_compared_before_a_byte_is_taken() {
    let proxy = leaflets();
    proxy.call("POST", "/inserts", Some(json!({"length": 8}))).await;
    let request = Request::put("/api/v1/inserts/1/content")
        .header("host", HOST)
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-length", "4")
        .body(Body::from("leaf"))
        .unwrap();
    assert_eq!(proxy.send(request).await.json()["code"], "wrong-length");
    assert_eq!(put(&proxy, 1, "leaflets").await.status.as_u16(), 204, "nothing was lost by trying");
}

#[tokio::test]
async fn a_fetch_is_begun_then_read_once() {
    let proxy = leaflets();
    let answer = proxy.call("POST", "/fetches", Some(json!({"uri": link()}))).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (201, json!({"job": 1})));
    let status = proxy.call("GET", "/fetches/1", None).await.json();
    assert_eq!((status["name"].as_str(), status["media_type"].as_str()), (Some("tract.txt"), Some("text/plain")));
    let content = proxy.call("GET", "/fetches/1/content", None).await;
    assert_eq!((content.text(), content.header("content-length")), ("leaflets", "8"));
    assert_eq!(content.header("content-type"), "application/octet-stream", "the API never names a stranger's type");
    tokio::task::yield_now().await;
    assert_eq!(proxy.call("GET", "/fetches/1/content", None).await.json()["code"], "unknown-job");
}

#[tokio::test]
async fn checks_and_repairs_take_a_link_and_show_what_was_found() {
    let proxy = leaflets();
    for (full, sampled) in [(None, true), (Some(true), false)] {
        let body = full.map_or_else(|| json!({"uri": link()}), |full| json!({"uri": link(), "full": full}));
        let begun = proxy.call("POST", "/checks", Some(body)).await;
        assert_eq!(begun.status.as_u16(), 201);
        let status = proxy.call("GET", &format!("/checks/{}", begun.json()["job"]), None).await.json();
        assert_eq!((status["kind"].as_str(), status["state"].as_str()), (Some("check"), Some("checked")));
        assert_eq!((&status["report"]["sampled"], &status["report"]["root"]["found"]), (&json!(sampled), &json!(5)));
        assert_eq!(status["report"]["condition"], "weakened");
    }
    let begun = proxy.call("POST", "/repairs", Some(json!({"uri": link()}))).await;
    let repair = format!("/repairs/{}", begun.json()["job"]);
    assert_eq!(proxy.call("GET", &repair, None).await.json()["kind"], "repair");
    assert_eq!(proxy.call("GET", &repair.replace("repairs", "checks"), None).await.json()["code"], "unknown-job");
    assert_eq!(proxy.call("DELETE", &repair, None).await.status.as_u16(), 204);
    for wrong in ["/checks", "/repairs"] {
        let refused = proxy.call("POST", wrong, Some(json!({"uri": "CHK@nothing"}))).await;
        assert_eq!(refused.json()["code"], "bad-link");
    }
}

#[tokio::test]
async fn a_fetch_has_one_reader() {
    let proxy = leaflets();
    proxy.call("POST", "/fetches", Some(json!({"uri": link()}))).await;
    let request = || {
        Request::get("/api/v1/fetches/1/content")
            .header("host", HOST)
            .header("authorization", format!("Bearer {TOKEN}"))
            .body(Body::empty())
            .unwrap()
    };
    let first = tower::ServiceExt::oneshot(proxy.router(), request()).await.unwrap();
    let second = proxy.send(request()).await;
    assert_eq!((second.status.as_u16(), second.json()["code"].as_str()), (409, Some("conflict")));
    drop(first);
    tokio::task::yield_now().await;
    assert_eq!(proxy.state.lock().unwrap().cancelled, [JobId(1)], "hanging up ends the fetch");
}

#[tokio::test]
async fn a_failed_fetch_has_a_status_and_a_word() {
    let table = [
        (JobError::RootNotFound { asked: 3 }, 404, "not-found"),
        (JobError::SegmentMissing { segment: 1, segments: 2, found: 3, needed: 9 }, 404, "segment-missing"),
        (JobError::Damaged { reason: "two roots".to_owned() }, 502, "damaged"),
        (JobError::Newer, 501, "newer"),
        (JobError::TooFewNodes { needed: 5, known: 3 }, 503, "too-few-nodes"),
        (JobError::TooLarge, 413, "too-large"),
        (JobError::Cancelled, 410, "cancelled"),
    ];
    for (error, status, code) in table {
        let proxy = Proxy::before(Network::Fails(error.clone()));
        proxy.call("POST", "/fetches", Some(json!({"uri": link()}))).await;
        let answer = proxy.call("GET", "/fetches/1/content", None).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (status, Some(code)));
        assert_eq!(answer.json()["error"], error.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn asking_with_the_revision_seen_waits_for_a_change() {
    let proxy = leaflets();
    proxy.call("POST", "/inserts", Some(json!({"length": 8}))).await;
    for (seen, waits) in [("", false), ("?seen=0", false), ("?seen=1", true)] {
        let began = tokio::time::Instant::now();
        proxy.call("GET", &format!("/inserts/1{seen}"), None).await;
        assert_eq!(began.elapsed().as_secs() >= 10, waits, "{seen}");
    }
}

#[tokio::test]
async fn malformed_calls_are_answered_in_json() {
    let proxy = leaflets();
    proxy.call("POST", "/fetches", Some(json!({"uri": link()}))).await;
    let table = [
        ("GET", "/nothing", None, 404, "no-such-call"),
        ("GET", "", None, 404, "no-such-call"),
        ("DELETE", "/status", None, 405, "method-not-allowed"),
        ("GET", "/inserts", None, 405, "method-not-allowed"),
        ("POST", "/inserts", None, 415, "bad-request"),
        ("POST", "/inserts", Some(json!({"length": -1})), 422, "bad-request"),
        ("POST", "/inserts", Some(json!({"length": 1, "colour": "red"})), 422, "bad-request"),
        ("POST", "/inserts", Some(json!({"length": 1, "name": "n".repeat(200_000)})), 413, "bad-request"),
        ("POST", "/fetches", Some(json!({"uri": "CHK@a,b"})), 400, "bad-link"),
        ("POST", "/fetches", Some(json!({"uri": link().replace("AAAAAQA", "AQAAAQA")})), 400, "newer"),
        ("GET", "/inserts/1", None, 404, "unknown-job"),
        ("GET", "/fetches/9", None, 404, "unknown-job"),
        ("GET", "/fetches/x", None, 404, "unknown-job"),
        ("GET", "/fetches/99999999999999999999", None, 404, "unknown-job"),
        ("GET", "/fetches/1?seen=x", None, 400, "bad-request"),
        ("PUT", "/inserts/1/content", None, 404, "unknown-job"),
        ("GET", "/inserts/1/content", None, 405, "method-not-allowed"),
    ];
    for (method, path, body, status, code) in table {
        let answer = proxy.call(method, path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert_eq!(answer.json()["code"], code, "{method} {path}");
        let sentence = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(sentence.len() > 10 && !sentence.contains("AAAA"), "{sentence}");
    }
}
