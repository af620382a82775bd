//! What a hostile page, name server or program on the line tries, on every page and every form.
//!
//! Control: with the host check gone from `gate.rs`, the first test goes red; with its Sec-Fetch rules gone, the
//! second; with `comes_from_here` gone from `console.rs`, the third; with the token's check gone from
//! `posted.rs`, the fourth and `forms::a_form_without_a_good_token_comes_back_with_what_was_typed`; with the
//! policy gone, [`Answer::assert_sealed`] in all of them.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, Version};

use crate::fake::Network;
use crate::{Answer, HOST, Proxy, TOKEN, link};

/// What is looked at.
const LOOKS: [&str; 21] = [
    "/",
    "/?link=CHK%40a",
    "/node",
    "/insert",
    "/display",
    "/transfers",
    "/transfers/1",
    "/help",
    "/help/words",
    "/transfers/1/remove",
    "/nowhere",
    "/api/v1/status",
    "/keys",
    "/keys/delete?name=a",
    "/bookmarks",
    "/settings",
    "/welcome",
    "/welcome/join",
    "/site/k7qvnm3tak7qvnm3tak7qvnm3t/index.html",
    "/removed/k7qvnm3tak7qvnm3tak7qvnm3t/index.html",
    "/leave?to=https%3A%2F%2Fexample.org%2F",
];

/// What forms are sent to.
const SENDS: [&str; 27] = [
    "/display",
    "/insert",
    "/transfers/1/remove",
    "/settings",
    "/bookmarks",
    "/keys",
    "/keys/delete",
    "/welcome",
    "/welcome/disk",
    "/welcome/join",
    "/forget",
    "/keep",
    "/stop",
    "/node/invite",
    "/node/join",
    "/transfers/1/pause",
    "/transfers/1/resume",
    "/transfers/1/sooner",
    "/transfers/1/later",
    "/bookmarks/change",
    "/bookmarks/check",
    "/bookmarks/remove",
    "/keys/import",
    "/keys/export",
    "/keys/publish",
    "/welcome/picture",
    "/welcome/alone",
];

const HERE: &str = "http://127.0.0.1:8888";

type Headers = &'static [(&'static str, &'static str)];

async fn ask(proxy: &Proxy, method: Method, target: &str, headers: Headers) -> Answer {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let form = "application/x-www-form-urlencoded";
    let request = request.header("content-type", form).header("authorization", format!("Bearer {TOKEN}"));
    proxy.send(request.body(Body::from("token=&link=KSK%40a&invitation=a&theme=dark")).unwrap()).await
}

fn every_target() -> impl Iterator<Item = (Method, String)> {
    let content = (Method::GET, format!("/{}", link()));
    let looks = LOOKS.into_iter().map(|path| (Method::GET, path.to_owned()));
    let sends = SENDS.into_iter().map(|path| (Method::POST, path.to_owned()));
    looks.chain(sends).chain([content])
}

fn assert_untouched(proxy: &Proxy, what: &str) {
    let state = proxy.state.lock().unwrap();
    let nothing = state.jobs.is_empty() && state.requests.is_empty() && state.joined.is_empty();
    assert!(nothing && state.cancelled.is_empty() && !state.shut_down, "{what} did something");
}

#[tokio::test]
async fn no_other_name_leads_here() {
    let proxy = Proxy::before(Network::Silent);
    let strangers: [Headers; 11] = [
        &[("host", "evil.example:8888")],
        &[("host", "localhost.evil.example:8888")],
        &[("host", "127.0.0.1.nip.io:8888")],
        &[("host", "LOCALHOST:8888")],
        &[("host", "localhost.:8888")],
        &[("host", "127.0.0.1")],
        &[("host", "127.0.0.1:8889")],
        &[("host", "k7qvnm3tak7qvnm3tak7qvnm3t.localhost:8888")],
        &[("host", "k7qvnm3tak7qvnm3tak7qvnm3.localhost:8888")],
        &[("host", HOST), ("host", "evil.example")],
        &[],
    ];
    for (method, target) in every_target() {
        for headers in strangers {
            let answer = ask(&proxy, method.clone(), &target, headers).await;
            assert_eq!((answer.status, answer.text()), (StatusCode::MISDIRECTED_REQUEST, ""), "{target} {headers:?}");
        }
        let absolute = format!("http://{HOST}{target}");
        let answer = ask(&proxy, method.clone(), &absolute, &[("host", HOST)]).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{absolute}");
        let old = Request::builder().method(method.clone()).uri(&target).version(Version::HTTP_10);
        let answer = proxy.send(old.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{target} without a host");
        let new = Request::builder().method(method).uri(&target).version(Version::HTTP_2).header("host", HOST);
        let answer = proxy.send(new.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::HTTP_VERSION_NOT_SUPPORTED);
    }
    assert_untouched(&proxy, "a foreign name");
}

#[tokio::test]
async fn no_foreign_page_holds_or_probes_ours() {
    let proxy = Proxy::before(Network::Silent);
    let probes: [Headers; 6] = [
        &[("host", HOST), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        &[("host", HOST), ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "style")],
        &[("host", HOST), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
        &[
            ("host", HOST),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ],
        &[
            ("host", HOST),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "object"),
        ],
        &[("host", HOST), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
    ];
    for (method, target) in every_target() {
        for headers in probes {
            let answer = ask(&proxy, method.clone(), &target, headers).await;
            assert_eq!((answer.status, answer.text()), (StatusCode::FORBIDDEN, ""), "{target} {headers:?}");
        }
    }
    assert_untouched(&proxy, "a probe");
}

#[tokio::test]
async fn no_foreign_page_sends_a_form() {
    let proxy = Proxy::before(Network::Silent);
    let foreign: [Headers; 7] = [
        &[("host", HOST), ("origin", "https://evil.example")],
        &[("host", HOST), ("origin", "null")],
        &[("host", HOST), ("origin", "http://localhost:8888")],
        &[("host", HOST), ("origin", HERE), ("sec-fetch-site", "none")],
        &[("host", HOST), ("origin", HERE), ("origin", "https://evil.example")],
        &[("host", HOST), ("sec-fetch-site", "same-origin")],
        &[("host", HOST), ("sec-fetch-site", "none")],
    ];
    for path in SENDS {
        for headers in foreign {
            let answer = ask(&proxy, Method::POST, path, headers).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            assert!(answer.text().contains("form-from-elsewhere"), "{path} {headers:?}");
        }
    }
    assert_untouched(&proxy, "a foreign form");
}

#[tokio::test]
async fn no_form_passes_without_its_token() {
    let proxy = Proxy::before(Network::Silent);
    let own: [Headers; 2] = [&[("host", HOST), ("origin", HERE), ("sec-fetch-site", "same-origin")], &[("host", HOST)]];
    for path in SENDS {
        for headers in own {
            let answer = ask(&proxy, Method::POST, path, headers).await;
            // Forms with files have another shape, and are looked at in `inserts` and `kept`.
            let expected = if ["/insert", "/welcome/picture"].contains(&path) {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(answer.status, expected, "{path} {headers:?}");
        }
    }
    assert_untouched(&proxy, "a form without a token");
}

#[tokio::test]
async fn looking_changes_nothing() {
    let proxy = Proxy::before(Network::Silent);
    for (_, path) in every_target().filter(|(_, path)| !path.contains('@')) {
        for method in [Method::GET, Method::HEAD] {
            let request = Request::builder().method(method).uri(&path).header("host", HOST);
            proxy.send(request.header("accept", "text/html").body(Body::empty()).unwrap()).await;
        }
    }
    assert_untouched(&proxy, "looking");
}
