use axum::body::Body;
use axum::http::{Request, StatusCode};
use roneo_client::handle::{HandleError, JobError};

use crate::fake::Network;
use crate::{HOST, Proxy, link};

fn holds(media_type: &'static str, name: &'static str) -> Network {
    Network::Holds { chunks: vec!["leaf", "lets"], length: 8, media_type, name }
}

#[tokio::test]
async fn a_link_opens_as_the_bytes_under_it() {
    let proxy = Proxy::before(holds("text/plain", "tract.txt"));
    let answer = proxy.open(&format!("/{}", link())).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.text(), "leaflets");
    assert_eq!(answer.header("content-type"), "text/plain;charset=utf-8");
    assert_eq!(answer.header("content-length"), "8");
    assert!(answer.header("content-disposition").starts_with("inline; filename=\"tract.txt\""));
    assert!(answer.header("content-security-policy").contains("sandbox"));
    tokio::task::yield_now().await;
    assert_eq!(proxy.state.lock().unwrap().cancelled.len(), 1, "a page leaves no fetch behind");
}

#[tokio::test]
async fn foreign_types_are_downloads_under_a_clean_name() {
    let proxy = Proxy::before(holds("text/html", "../index.html"));
    let answer = proxy.open(&format!("/{}", link())).await;
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"index.html\""));
}

#[tokio::test]
async fn empty_content_is_a_page_too() {
    let empty = Network::Holds { chunks: vec![], length: 0, media_type: "text/plain", name: "" };
    let answer = Proxy::before(empty).open(&format!("/{}/name%20%C3%A9.txt", link())).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, ""));
    assert!(
        answer.header("content-disposition").ends_with("name%20%C3%A9.txt"),
        "the link names what the root does not"
    );
}

#[tokio::test]
async fn content_that_ends_early_breaks_off_visibly() {
    let long = Network::Holds { chunks: vec!["leaf"], length: 8, media_type: "", name: "" };
    let short = Network::Holds { chunks: vec!["leaf", "lets"], length: 6, media_type: "", name: "" };
    for network in [Network::BreaksOff, long, short] {
        let answer = Proxy::before(network).open(&format!("/{}", link())).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.is_err(), "{:?}", answer.body);
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_before_the_first_byte_is_said_in_two_languages() {
    let missing = JobError::SegmentMissing { segment: 1, segments: 3, found: 4, needed: 63 };
    let table = [
        (Network::Fails(JobError::RootNotFound { asked: 8 }), 404, "aucun des 8\u{a0}nœuds", "none of the 8 nodes"),
        (Network::Fails(missing), 404, "partie 1\u{a0}sur 3", "part 1 of 3"),
        (Network::Fails(JobError::Damaged { reason: "<i>".to_owned() }), 502, "se contredit", "contradicts itself"),
        (Network::Fails(JobError::Newer), 501, "plus récent", "newer Roneo"),
        (Network::Waits, 503, "Il faut 5\u{a0}nœuds", "It takes 5 nodes"),
        (Network::Silent, 504, "rechargez", "reload"),
        (Network::Refuses(HandleError::Busy("fetches")), 503, "occupé", "busy"),
        (Network::Refuses(HandleError::Stopping), 503, "relancez", "start Roneo again"),
    ];
    for (network, status, french, english) in table {
        let proxy = Proxy::before(network);
        for (language, words) in [("fr", french), ("en", english)] {
            let answer = proxy.read(&format!("/{}", link()), language).await;
            assert_eq!(answer.status.as_u16(), status, "{english}");
            assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
            let page = answer.text();
            assert!(page.contains(&format!("<html lang=\"{language}\">")), "{page}");
            assert!(page.contains(words), "{words} is not in {page}");
        }
        tokio::task::yield_now().await;
        assert!(proxy.state.lock().unwrap().jobs.is_empty(), "a page that failed left its fetch behind");
    }
}

#[tokio::test]
async fn bad_links_say_what_is_wrong_with_them() {
    let proxy = Proxy::before(holds("", ""));
    let table = [
        ("/CHK@abc", 400, "3\u{a0}parties"),
        ("/USK@a,b,c/site/1", 400, "abîmée"),
        (&*format!("/{}", link().replace("AAAAAQA", "AQAAAQA")), 400, "plus récent"),
        (&*format!("/{}", link().replace("AAAAAQA", "AAEAAQA")), 400, "clé privée"),
        (&*format!("/{}/a%07b", link()), 400, "aucun nom de fichier"),
        (&*format!("/CHK@{}", "a".repeat(3_000)), 400, "trop long"),
        ("/favicon.ico", 404, "CHK@"),
        ("/%ff", 404, "CHK@"),
        ("/index.html?a=b", 404, "CHK@"),
        ("/api", 404, "CHK@"),
    ];
    for (path, status, words) in table {
        let answer = proxy.read(path, "fr").await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(answer.text().contains(words), "{words} is not in {}", answer.text());
    }
    assert!(proxy.state.lock().unwrap().jobs.is_empty(), "nothing was fetched");
}

#[tokio::test]
async fn the_front_page_leads_to_links() {
    let proxy = Proxy::before(holds("", ""));
    let answer = proxy.open("/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text().contains(">7</span> nodes<br>") && answer.text().contains("name=\"link\""));
    let answer =
        proxy.open(&format!("/?link=%20{}%2F%C3%A9%3F%20", link().replace('@', "%40").replace(',', "%2C"))).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, &*format!("/{}/%C3%A9%3F", link())));
    let answer = proxy.open("/?link=https%3A%2F%2Fexample.org").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(proxy.open("/?other=1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_are_only_read() {
    let proxy = Proxy::before(holds("", ""));
    for path in ["/".to_owned(), format!("/{}", link())] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
            let request =
                Request::builder().method(method).uri(&path).header("host", HOST).body(Body::empty()).unwrap();
            let answer = proxy.send(request).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(answer.header("allow"), "GET, HEAD");
        }
        let request = Request::head(&path).header("host", HOST).body(Body::empty()).unwrap();
        assert_eq!(proxy.send(request).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn refusals_at_the_gate_are_empty_and_sealed() {
    let proxy = Proxy::before(holds("text/plain", ""));
    for path in ["/".to_owned(), format!("/{}", link()), "/api/v1/status".to_owned()] {
        let rebound = Request::get(&path).header("host", "evil.example:8888").body(Body::empty()).unwrap();
        let answer = proxy.send(rebound).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (421, ""), "{path}");
        let embedded = Request::get(&path)
            .header("host", HOST)
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-mode", "no-cors")
            .header("sec-fetch-dest", "image");
        let answer = proxy.send(embedded.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (403, ""), "{path}");
    }
    assert!(proxy.state.lock().unwrap().jobs.is_empty());
}
