//! Controls: each defence left out, one at a time, lets through what the other tests see it stop.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use roneo_fproxy::{Check, Defences};

use crate::fake::{Library, Network};
use crate::sites::{library, usk};
use crate::{HOST, Proxy};

async fn get(proxy: &Proxy, host: &str, path: &str) -> crate::Answer {
    let request = Request::get(path).header("host", host).header("accept", "text/html");
    proxy.unsealed(request.body(Body::empty()).unwrap()).await
}

/// The first page of a hostile site below its path, and its policy.
async fn hostile_page(defences: Defences) -> (String, String) {
    let proxy = Proxy::without(Network::Library(Library::new(library())), defences);
    let opened = get(&proxy, HOST, &roneo_fproxy::page_path(&usk(0).parse().unwrap())).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let root = opened.header("location").trim_start_matches(&format!("http://{HOST}")).to_owned();
    let page = get(&proxy, HOST, &format!("{root}index.html")).await;
    assert_eq!(page.status, StatusCode::OK);
    (page.text().to_owned(), page.header("content-security-policy").to_owned())
}

#[tokio::test]
async fn without_the_host_check_a_foreign_name_leads_here() {
    let defences = Defences { host: Check::Off, ..Defences::default() };
    for (defences, status) in [(defences, StatusCode::OK), (Defences::default(), StatusCode::MISDIRECTED_REQUEST)] {
        let proxy = Proxy::without(Network::Silent, defences);
        assert_eq!(get(&proxy, "rebound.example:8888", "/").await.status, status, "{defences:?}");
    }
}

#[tokio::test]
async fn without_the_token_any_form_is_taken() {
    let defences = Defences { token: Check::Off, ..Defences::default() };
    for (defences, status) in [(defences, StatusCode::SEE_OTHER), (Defences::default(), StatusCode::FORBIDDEN)] {
        let proxy = Proxy::without(Network::Silent, defences);
        let form = Request::post("/display")
            .header("host", HOST)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("theme=dark"))
            .unwrap();
        assert_eq!(proxy.unsealed(form).await.status, status, "{defences:?}");
    }
}

#[tokio::test]
async fn without_the_policy_browsers_are_told_nothing() {
    let defences = Defences { policy: Check::Off, ..Defences::default() };
    let proxy = Proxy::without(Network::Silent, defences);
    for path in ["/", "/nowhere"] {
        assert_eq!(get(&proxy, HOST, path).await.header("content-security-policy"), "", "{path}");
    }
    assert_eq!(hostile_page(defences).await.1, "");
    assert!(hostile_page(Defences::default()).await.1.contains("sandbox"));
}

#[tokio::test]
async fn without_the_filter_what_strangers_wrote_is_sent_as_it_is() {
    let defences = Defences { filter: Check::Off, ..Defences::default() };
    for (defences, comes_through) in [(defences, true), (Defences::default(), false)] {
        let (page, policy) = hostile_page(defences).await;
        assert_eq!(page.contains("<script"), comes_through, "{defences:?}");
        assert!(policy.contains("sandbox"), "the second wall stands: {policy}");
    }
}
