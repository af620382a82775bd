//! A browser that opens a link: a page at once, which turns into the content.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use roneo_client::handle::{JobError, JobId};

use crate::fake::Network;
use crate::{HOST, Proxy, browsing, forms, link};

fn holds(media_type: &'static str) -> Network {
    Network::Holds { chunks: vec!["leaf", "lets"], length: 8, media_type, name: "tract" }
}

async fn post(proxy: &Proxy, page: &str, action: &str, fields: &str) -> crate::Answer {
    let token = {
        let answer = proxy.browse(page, "fr").await;
        let form = answer.text().split_once(&format!("action=\"{action}\"")).unwrap().1.to_owned();
        form.split_once("name=\"token\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    let request = axum::http::Request::post(action)
        .header("host", HOST)
        .header("origin", format!("http://{HOST}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("token={token}&{fields}")));
    proxy.send(request.unwrap()).await
}

/// What a browser shows that is led on from a link.
async fn read(proxy: &Proxy, path: &str) -> crate::Answer {
    let led = proxy.browse(path, "fr").await;
    assert_eq!(led.status, StatusCode::SEE_OTHER, "{}", led.text());
    let here = led.header("location").strip_prefix(&format!("http://{HOST}")).unwrap().to_owned();
    proxy.browse(&here, "fr").await
}

#[tokio::test(start_paused = true)]
async fn a_page_comes_before_the_content() {
    let proxy = Proxy::before(Network::Silent);
    let path = format!("/{}/tract.txt", link());
    let began = tokio::time::Instant::now();
    for _ in 0..3 {
        let answer = proxy.browse(&path, "fr").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.text().contains("On cherche le plan") && answer.text().contains("tract.txt"));
        assert_eq!(answer.header("refresh"), "2");
    }
    assert!(began.elapsed() < Duration::from_millis(50), "a page waited for the network");
    assert_eq!(proxy.state.lock().unwrap().jobs.len(), 1, "every look began another fetch");
}

#[tokio::test]
async fn it_turns_into_the_content_where_that_is_shown() {
    let proxy = Proxy::before(holds("text/plain"));
    let answer = read(&proxy, &format!("/{}", link())).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text().contains("leaflets</pre>"), "{}", answer.text());
    assert!(answer.header("content-security-policy").contains("sandbox"));
    let home = proxy.browse("/", "fr").await;
    assert!(home.text().contains(">tract</a>"), "what was opened stands on the front page");
    let forgotten = post(&proxy, "/", "/forget", "").await;
    assert_eq!(forgotten.status, StatusCode::SEE_OTHER);
    assert!(!proxy.browse("/", "fr").await.text().contains(">tract</a>"));
}

#[tokio::test]
async fn other_types_are_saved_only_when_that_is_asked_for() {
    let proxy = Proxy::before(holds("application/zip"));
    let path = format!("/{}", link());
    for _ in 0..2 {
        let page = proxy.browse(&path, "fr").await;
        assert!(page.text().contains("Avant de l’ouvrir") && page.text().contains("application/zip"));
        assert!(page.header("refresh").is_empty());
    }
    let saved = proxy.browse(&format!("{path}?save"), "fr").await;
    assert_eq!((saved.text(), saved.header("content-type")), ("leaflets", "application/octet-stream"));
    tokio::task::yield_now().await;
    assert_eq!(proxy.state.lock().unwrap().jobs.len(), 0, "the fetch outlived its content");
}

#[tokio::test]
async fn a_look_without_a_body_takes_nothing() {
    let proxy = Proxy::before(holds("text/plain"));
    let path = format!("/{}", link());
    let head = axum::http::Request::head(&path).header("host", HOST).header("accept", "text/html");
    assert_eq!(proxy.send(head.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
    assert!(read(&proxy, &path).await.text().contains("leaflets</pre>"));
}

#[tokio::test]
async fn a_failure_is_told_once_and_tried_anew() {
    let proxy = Proxy::before(Network::Fails(JobError::RootNotFound { asked: 8 }));
    let path = format!("/{}", link());
    for look in 1..=3 {
        assert_eq!(proxy.browse(&path, "fr").await.status, StatusCode::NOT_FOUND);
        tokio::task::yield_now().await;
        assert_eq!(proxy.state.lock().unwrap().cancelled.len(), look);
    }
}

#[tokio::test]
async fn a_page_elsewhere_makes_nobody_ask_for_a_link() {
    let proxy = Proxy::before(holds("text/plain"));
    let path = format!("/{}", link());
    for site in ["cross-site", "same-site"] {
        let request = browsing(&path, "fr")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document");
        let answer = proxy.send(request.body(Body::empty()).unwrap()).await;
        assert!(answer.text().contains("Rien n’a été demandé") && !answer.text().contains("leaflets"));
    }
    assert!(proxy.state.lock().unwrap().jobs.is_empty(), "the network was asked");
    let request = browsing(&path, "fr").header("sec-fetch-site", "same-origin");
    let led = proxy.send(request.body(Body::empty()).unwrap()).await;
    assert!(led.header("location").contains(".localhost:8888/tract"), "{}", led.header("location"));
}

#[tokio::test]
async fn keeping_and_stopping_end_the_wait() {
    let proxy = Proxy::before(Network::Silent);
    let path = format!("/{}", link());
    let fields = format!("link={}", link().replace('@', "%40").replace(',', "%2C"));
    let kept = post(&proxy, &path, "/keep", &fields).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER);
    assert!(kept.header("location").starts_with("/transfers/"));
    tokio::task::yield_now().await;
    assert!(
        proxy.state.lock().unwrap().cancelled.contains(&JobId(1)),
        "the reader's fetch went on beside the download"
    );
    let stopped = post(&proxy, &path, "/stop", &fields).await;
    assert_eq!((stopped.status, stopped.header("location")), (StatusCode::SEE_OTHER, "/"));
    let wrong = post(&proxy, &path, "/keep", "link=nonsense").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_looks_at_ends() {
    let proxy = Proxy::before(Network::Silent);
    proxy.browse(&format!("/{}", link()), "fr").await;
    tokio::time::sleep(Duration::from_secs(599)).await;
    assert!(proxy.state.lock().unwrap().cancelled.is_empty());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(proxy.state.lock().unwrap().cancelled.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn few_links_are_waited_for_at_once() {
    let proxy = Proxy::before(Network::Silent);
    for number in 0..12_u8 {
        let other = link().replacen("AAAA", &format!("AA{}A", char::from(b'A' + number)), 1);
        proxy.browse(&format!("/{other}"), "fr").await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
    let state = proxy.state.lock().unwrap();
    assert_eq!(state.cancelled.len(), 4, "the oldest make room");
}

#[tokio::test]
async fn forms_for_transfers_do_what_they_say() {
    let proxy = Proxy::before(Network::Silent);
    let fields = format!("link={}", link().replace('@', "%40").replace(',', "%2C"));
    post(&proxy, &format!("/{}", link()), "/keep", &fields).await;
    let (id, path) = {
        let state = proxy.state.lock().unwrap();
        let job = state.jobs.values().find(|job| job.queued).unwrap().job;
        (job, format!("/transfers/{}", job.0))
    };
    for (action, paused, priority) in
        [("sooner", false, 2), ("later", false, 3), ("later", false, 4), ("pause", true, 4), ("resume", false, 4)]
    {
        let answer = post(&proxy, "/transfers", &format!("{path}/{action}"), "").await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/transfers"), "{action}");
        let state = proxy.state.lock().unwrap();
        let job = &state.jobs[&id];
        assert_eq!(job.state == roneo_client::handle::JobState::Paused, paused, "{action}");
        assert_eq!(job.priority.get(), priority, "{action}");
    }
    let token = forms::token(&proxy, &format!("{path}/remove"), &format!("{path}/remove")).await;
    assert!(!token.is_empty());
    assert!(proxy.state.lock().unwrap().jobs.contains_key(&id), "asking removed it");
    post(&proxy, &format!("{path}/remove"), &format!("{path}/remove"), "").await;
    assert!(!proxy.state.lock().unwrap().jobs.contains_key(&id));
}
