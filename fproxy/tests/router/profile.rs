//! Keys, sites, bookmarks and settings over the API.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use crate::fake::Network;
use crate::{HOST, Proxy, link};

/// Calls, one after another: method, path, body, status, and what the answer has to hold.
pub(crate) async fn transcript(calls: &[(&str, &str, Option<serde_json::Value>, u16, &str)]) {
    let proxy = Proxy::before(Network::Silent);
    for (method, path, body, status, expected) in calls {
        let answer = proxy.call(method, path, body.clone()).await;
        assert_eq!(answer.status.as_u16(), *status, "{method} {path}: {}", answer.text());
        assert!(answer.text().contains(expected), "{method} {path}: {}", answer.text());
    }
}

#[tokio::test]
async fn keys_are_made_exported_imported_and_deleted() {
    transcript(&[
        ("GET", "/keys", None, 200, "[]"),
        ("POST", "/keys", Some(json!({"name": "union"})), 201, r#""name":"union""#),
        ("POST", "/keys", Some(json!({"name": "union"})), 409, "key-exists"),
        ("POST", "/keys", Some(json!({"name": "a b"})), 400, "bad-name"),
        ("POST", "/keys", Some(json!({"nom": "union"})), 422, "bad-request"),
        ("GET", "/keys/union/secret", None, 200, r#"{"key":"secret union"}"#),
        ("GET", "/keys/nobody/secret", None, 404, "no-such-key"),
        ("POST", "/keys", Some(json!({"key": "secret union", "name": "again"})), 201, "again"),
        ("POST", "/keys", Some(json!({"key": "hello"})), 400, "not-a-key"),
        ("DELETE", "/keys/union", None, 204, ""),
        ("DELETE", "/keys/union", None, 404, "no-such-key"),
        ("GET", "/keys", None, 200, "again"),
    ])
    .await;
}

#[tokio::test]
async fn an_edition_is_published_of_an_insert_or_of_what_is_there() {
    let edition = |key: &str, content: serde_json::Value| Some(json!({"key": key, "site": "news", "content": content}));
    transcript(&[
        ("POST", "/keys", Some(json!({"name": "union"})), 201, ""),
        ("POST", "/sites", edition("union", json!({"insert": 3})), 201, r#"{"job":7}"#),
        ("POST", "/sites", edition("union", json!({"target": {"uri": link()}})), 201, r#"{"job":7}"#),
        ("POST", "/sites", edition("nobody", json!({"insert": 3})), 404, "no-such-key"),
        ("POST", "/sites", edition("union", json!({"target": {"uri": "USK@x"}})), 400, "bad-link"),
        ("GET", "/sites", None, 200, r#""name":"news""#),
    ])
    .await;
}

#[tokio::test]
async fn bookmarks_are_kept_changed_checked_and_removed() {
    transcript(&[
        ("POST", "/bookmarks", Some(json!({"link": link(), "title": "leaflet"})), 201, r#""id":0"#),
        ("POST", "/bookmarks", Some(json!({"link": "nonsense"})), 400, "bad-link"),
        ("PUT", "/bookmarks/0", Some(json!({"title": "other"})), 200, r#""title":"other""#),
        ("PUT", "/bookmarks/9", Some(json!({"place": 0})), 404, "no-such-bookmark"),
        ("POST", "/bookmarks/0/check", None, 200, r#""newest":2"#),
        ("POST", "/bookmarks/x/check", None, 404, "no-such-bookmark"),
        ("GET", "/bookmarks", None, 200, r#""checked":1700000000"#),
        ("DELETE", "/bookmarks/0", None, 204, ""),
        ("GET", "/bookmarks", None, 200, "[]"),
        ("GET", "/recent", None, 200, "[]"),
        ("DELETE", "/recent", None, 204, ""),
    ])
    .await;
}

#[tokio::test]
async fn settings_are_listed_and_changed() {
    transcript(&[
        ("GET", "/config", None, 200, r#""kind":{"choice":["auto","light","dark","contrast"]}"#),
        ("PUT", "/config/console.theme", Some(json!({"value": "dark"})), 200, r#""value":"dark""#),
        ("GET", "/config/console.theme", None, 200, r#""effect":"at-once""#),
        ("DELETE", "/config/console.theme", None, 200, r#""value":null"#),
        ("PUT", "/config/console.theme", Some(json!({"value": "pink"})), 400, "bad-value"),
        ("PUT", "/config/colour", Some(json!({"value": "dark"})), 404, "no-such-setting"),
        ("PUT", "/config/console.theme", Some(json!({"value": "stop"})), 503, "stopping"),
        ("PATCH", "/config/console.theme", None, 405, "method-not-allowed"),
    ])
    .await;
}

#[tokio::test]
async fn nothing_of_it_is_told_without_the_token() {
    let proxy = Proxy::before(Network::Silent);
    for path in ["/keys", "/keys/union/secret", "/sites", "/bookmarks", "/recent", "/config"] {
        let request = Request::get(format!("/api/v1{path}")).header("host", HOST).body(Body::empty()).unwrap();
        assert_eq!(proxy.send(request).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}
