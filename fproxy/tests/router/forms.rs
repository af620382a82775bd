//! Forms: who may send them, and what becomes of those who may not.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::fake::Network;
use crate::{Answer, HOST, Proxy};

pub(crate) const HERE: &str = "http://127.0.0.1:8888";

fn proxy() -> Proxy {
    Proxy::before(Network::Silent)
}

/// The token of the form on a page that is sent to `action`.
pub(crate) async fn token(proxy: &Proxy, page: &str, action: &str) -> String {
    let answer = proxy.open(page).await;
    let form = answer.text().split_once(&format!("action=\"{action}\"")).unwrap().1.to_owned();
    form.split_once("name=\"token\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
}

/// A form as a page of ours sends it, with other headers where asked.
pub(crate) async fn post(proxy: &Proxy, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let mut request = Request::post(path).header("host", HOST);
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    proxy.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn only_our_own_pages_change_anything() {
    let proxy = proxy();
    let token = token(&proxy, "/", "/display").await;
    let body = || format!("token={token}&theme=dark&back=%2Fnode");
    let (origin, site) = ("origin", "sec-fetch-site");
    let refused: [&[(&str, &str)]; 11] = [
        &[(origin, "https://evil.example")],
        &[(origin, "null")],
        &[(origin, "null"), (site, "same-origin")],
        &[(origin, "http://localhost:8888")],
        &[(origin, "http://127.0.0.1:80"), (site, "same-origin")],
        &[(origin, HERE), (site, "cross-site")],
        &[(origin, HERE), (site, "same-site")],
        &[(origin, HERE), (site, "none")],
        &[(site, "same-origin")],
        &[(origin, HERE), (origin, HERE)],
        &[(origin, "https://evil.example"), (site, "same-origin")],
    ];
    for headers in refused {
        let answer = post(&proxy, "/display", headers, body()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}");
        assert!(!proxy.open("/").await.text().contains("data-theme"), "{headers:?} changed something");
    }
    let admitted: [&[(&str, &str)]; 3] = [&[(origin, HERE), (site, "same-origin")], &[(origin, HERE)], &[]];
    for headers in admitted {
        let answer = post(&proxy, "/display", headers, body()).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/node"), "{headers:?}");
    }
    assert!(proxy.open("/").await.text().contains("<html lang=\"en\" data-theme=\"dark\">"));
}

#[tokio::test]
async fn a_form_without_a_good_token_comes_back_with_what_was_typed() {
    let proxy = proxy();
    let own = [("origin", HERE), ("sec-fetch-site", "same-origin")];
    for shown in ["", "token=", "token=0", &format!("token={}", "0".repeat(64)), "token=%C3%A9"] {
        let answer = post(&proxy, "/display", &own, format!("{shown}&theme=dark&back=%3Cb%3E")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{shown}");
        let page = answer.text();
        for kept in ["action=\"/display\"", "name=\"theme\" value=\"dark\"", "value=\"&#60;b&#62;\"", "send it again"] {
            assert!(page.contains(kept), "{kept} is not in {page}");
        }
    }
    assert!(!proxy.open("/").await.text().contains("data-theme"));
    // What comes back carries a good token.
    let answer = post(&proxy, "/display", &own, "theme=contrast".to_owned()).await;
    let form = answer.text().split_once("<main").unwrap().1.split_once("name=\"token\" value=\"").unwrap().1;
    let token = form.split_once('"').unwrap().0;
    let again = post(&proxy, "/display", &own, format!("token={token}&theme=contrast")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let proxy = proxy();
    let token = token(&proxy, "/display", "/display").await;
    let table = [
        ("text/plain", format!("token={token}&theme=dark"), 400),
        ("application/json", "{}".to_owned(), 400),
        ("multipart/form-data; boundary=b", "--b--".to_owned(), 400),
        ("application/x-www-form-urlencoded", format!("token={token}&theme=plaid"), 400),
        ("application/x-www-form-urlencoded", format!("token={token}&back={}", "a".repeat(70_000)), 413),
        ("application/x-www-form-urlencoded;charset=UTF-8", format!("token={token}&theme=dark"), 303),
    ];
    for (kind, body, status) in table {
        let answer = post(&proxy, "/display", &[("origin", HERE), ("content-type", kind)], body).await;
        assert_eq!(answer.status.as_u16(), status, "{kind}");
    }
}

#[tokio::test]
async fn a_token_is_for_one_form() {
    let proxy = proxy();
    let token = token(&proxy, "/", "/display").await;
    let answer = post(&proxy, "/", &[("origin", HERE)], format!("token={token}")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let other = Proxy::before(Network::Silent);
    let answer = post(&other, "/display", &[("origin", HERE)], format!("token={token}&theme=dark")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "another session's token");
}
