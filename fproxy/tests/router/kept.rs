//! Pages of what is kept on this machine: settings, bookmarks, keys, the first run.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::fake::Network;
use crate::fake_profile::FakeProfile;
use crate::forms::{HERE, post, token};
use crate::{Answer, HOST, Proxy, link, markup};

fn proxy() -> Proxy {
    let chunks = vec!["leaf", "lets"];
    Proxy::before(Network::Holds { chunks, length: 8, media_type: "text/plain", name: "leaflet.txt" })
}

/// Sends a form as its page has it.
async fn send(proxy: &Proxy, page: &str, action: &str, fields: &str) -> Answer {
    let token = token(proxy, page, action).await;
    post(proxy, action, &[("origin", HERE), ("sec-fetch-site", "same-origin")], format!("token={token}&{fields}")).await
}

fn leads_to(answer: &Answer, path: &str) {
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, path), "{:?}", answer.body);
}

#[tokio::test]
async fn every_page_speaks_both_languages_and_has_one_headline() {
    let proxy = proxy();
    send(&proxy, "/keys", "/keys", "name=union").await;
    let pages = [
        "/settings",
        "/bookmarks",
        "/keys",
        "/keys/delete?name=union",
        "/welcome",
        "/welcome/disk",
        "/welcome/join",
        "/display",
    ];
    for page in pages {
        for (language, code) in [("fr", "lang=\"fr\""), ("en", "lang=\"en\"")] {
            let answer = proxy.read(page, language).await;
            let text = answer.text();
            assert_eq!((answer.status, text.contains(&format!("<html {code}"))), (StatusCode::OK, true), "{page}");
            assert_eq!(markup::faults(text), [""; 0], "{page} in {language}");
        }
    }
}

#[tokio::test]
async fn settings_are_kept_unset_and_refused_with_the_reason() {
    let proxy = proxy();
    let keep = async |fields: &str| send(&proxy, "/settings", "/settings", fields).await;
    leads_to(&keep("name=disk.quota&value=2+GiB").await, "/settings?kept=disk.quota#disk-quota");
    let page = proxy.open("/settings?kept=disk.quota").await;
    assert!(page.text().contains("value=\"2 GiB\"") && page.text().contains("<span class=\"st\">Kept</span>"));
    let refused = keep("name=disk.quota&value=%22%3E%3Cb%3E").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text().contains("aria-invalid=\"true\"") && refused.text().contains("use one of these words: auto")
    );
    assert!(!refused.text().contains("\"><b>"));
    leads_to(&keep("name=disk.quota&value=").await, "/settings?kept=disk.quota#disk-quota");
    assert!(!proxy.open("/settings").await.text().contains("2 GiB"));
    assert_eq!(keep("name=colour&value=blue").await.status, StatusCode::NOT_FOUND);
    // One that these pages have no words for is shown in the program's own.
    assert!(proxy.read("/settings", "fr").await.text().contains("ne le connaissent pas encore"));
}

#[tokio::test]
async fn language_and_colours_are_settings() {
    let proxy = proxy();
    send(&proxy, "/settings", "/settings", "name=console.language&value=fr").await;
    send(&proxy, "/display", "/display", "theme=dark").await;
    let page = proxy.read("/settings", "en").await;
    assert!(page.text().contains("<html lang=\"fr\" data-theme=\"dark\">"));
}

#[tokio::test]
async fn bookmarks_are_kept_and_what_is_new_is_marked() {
    let proxy = proxy();
    assert!(proxy.open("/bookmarks").await.text().contains("No bookmark yet"));
    let usk = format!("USK@{0},{0},AQAAAAA/tenants/1", "A".repeat(43));
    leads_to(
        &send(&proxy, "/bookmarks", "/bookmarks", &format!("link={usk}&title=%3Cb%3ETenants")).await,
        "/bookmarks",
    );
    let page = proxy.open("/bookmarks").await;
    assert!(page.text().contains("&#60;b&#62;Tenants") && !page.text().contains("st new"));
    leads_to(&send(&proxy, "/bookmarks", "/bookmarks/check", "id=0").await, "/bookmarks");
    tokio::task::yield_now().await;
    assert!(proxy.open("/bookmarks").await.text().contains("<span class=\"st new\">New</span>"));
    leads_to(&send(&proxy, "/bookmarks", "/bookmarks/change", "id=0&title=Other&place=1").await, "/bookmarks");
    assert!(proxy.open("/bookmarks").await.text().contains("Other"));
    assert_eq!(send(&proxy, "/bookmarks", "/bookmarks", "link=nonsense").await.status, StatusCode::BAD_REQUEST);
    leads_to(&send(&proxy, "/bookmarks", "/bookmarks/remove", "id=0").await, "/bookmarks");
    assert!(proxy.open("/bookmarks").await.text().contains("No bookmark yet"));
}

#[tokio::test]
async fn nothing_is_listed_where_nothing_is_remembered() {
    let proxy = proxy();
    send(&proxy, "/settings", "/settings", "name=console.recent&value=false").await;
    let page = proxy.open("/").await;
    assert!(page.text().contains("Nothing is remembered") && page.text().contains("/settings#console-recent"));
}

#[tokio::test]
async fn a_key_is_made_used_exported_and_deleted_after_a_question() {
    let proxy = proxy();
    let keys = async |action: &str, fields: &str| send(&proxy, "/keys", action, fields).await;
    leads_to(&keys("/keys", "name=union").await, "/keys");
    assert_eq!(keys("/keys", "name=union").await.status, StatusCode::CONFLICT);
    let exported = keys("/keys/export", "name=union").await;
    assert_eq!(exported.text(), "secret union");
    assert_eq!(exported.header("content-disposition"), "attachment; filename=\"union.key\"");
    assert_eq!(exported.header("content-type"), "application/octet-stream");
    leads_to(&keys("/keys/import", "text=secret+union&name=again").await, "/keys");
    let edition = format!("key=union&site=news&content={}", link());
    leads_to(&keys("/keys/publish", &edition).await, "/keys");
    assert!(proxy.open("/keys").await.text().contains("USK@"));
    for (fields, status) in [
        ("key=union&site=news", 400),
        ("key=union&site=news&content=nonsense", 400),
        ("key=nobody&site=news&insert=3", 404),
    ] {
        assert_eq!(keys("/keys/publish", fields).await.status.as_u16(), status, "{fields}");
    }
    assert_eq!(proxy.open("/keys/delete?name=nobody").await.status, StatusCode::NOT_FOUND);
    leads_to(&send(&proxy, "/keys/delete?name=union", "/keys/delete", "name=union").await, "/keys");
    assert!(!proxy.open("/keys").await.text().contains("union</h2>"));
}

#[tokio::test]
async fn the_first_run_has_three_screens_and_ends_on_the_home_page() {
    let proxy = Proxy::with(Network::Silent, FakeProfile::fresh());
    leads_to(&proxy.open("/").await, "/welcome");
    leads_to(&send(&proxy, "/welcome", "/welcome", "language=fr").await, "/welcome/disk");
    let wrong = send(&proxy, "/welcome/disk", "/welcome/disk", "choice=own&quota=lots").await;
    assert_eq!((wrong.status, wrong.text().contains("<html lang=\"fr\"")), (StatusCode::BAD_REQUEST, true));
    leads_to(&send(&proxy, "/welcome/disk", "/welcome/disk", "choice=own&quota=1+GiB").await, "/welcome/join");
    leads_to(&send(&proxy, "/welcome/disk", "/welcome/disk", "choice=auto&quota=").await, "/welcome/join");
    let refused = send(&proxy, "/welcome/join", "/welcome/join", "invitation=nonsense").await;
    assert_eq!((refused.status, refused.text().contains("nonsense")), (StatusCode::BAD_REQUEST, true));
    leads_to(&proxy.open("/").await, "/welcome");
    leads_to(&send(&proxy, "/welcome/join", "/welcome/join", "invitation=roneo-join%3Aabc").await, "/");
    assert_eq!(proxy.open("/").await.status, StatusCode::OK);
    assert_eq!(proxy.state.lock().unwrap().joined, ["roneo-join:abc"]);
}

/// A form with a file, as a browser sends it.
async fn send_file(proxy: &Proxy, token: &str, file: &[u8]) -> Answer {
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n\
         --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"
    );
    let body = [head.as_bytes(), file, b"\r\n--x--\r\n"].concat();
    let request = Request::post("/welcome/picture")
        .header("host", HOST)
        .header("origin", HERE)
        .header("content-type", "multipart/form-data; boundary=x");
    proxy.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn an_invitation_comes_as_a_file_or_a_picture() {
    let proxy = Proxy::with(Network::Silent, FakeProfile::fresh());
    let token = token(&proxy, "/welcome/join", "/welcome/picture").await;
    let picture = roneo_qr::Code::of("roneo-join:abc").unwrap().to_png(4);
    leads_to(&send_file(&proxy, &token, &picture).await, "/");
    leads_to(&send_file(&proxy, &token, b"roneo-join:def\n").await, "/");
    assert_eq!(proxy.state.lock().unwrap().joined, ["roneo-join:abc", "roneo-join:def"]);
    for (file, status, said) in [
        (&b"\xff\xfe"[..], 400, "neither a text nor a PNG or JPEG picture"),
        (&picture[..picture.len() / 2], 400, "cannot be read"),
        (b"nonsense", 400, "not an invitation"),
    ] {
        let answer = send_file(&proxy, &token, file).await;
        assert_eq!(answer.status.as_u16(), status, "{said}");
        assert!(answer.text().contains(said), "{said} is not in {}", answer.text());
    }
    let stale = send_file(&proxy, &"0".repeat(64), &picture).await;
    assert_eq!((stale.status, stale.text().contains("waited too long")), (StatusCode::FORBIDDEN, true));
}
