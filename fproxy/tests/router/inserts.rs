//! Files put in by a form.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use roneo_client::handle::JobId;

use crate::fake::Network;
use crate::scenes::{multipart, multipart_type};
use crate::{Answer, HOST, Proxy, forms};

async fn send(proxy: &Proxy, body: impl Into<Body>) -> Answer {
    let request = Request::post("/insert")
        .header("host", HOST)
        .header("origin", format!("http://{HOST}"))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", multipart_type());
    proxy.send(request.body(body.into()).unwrap()).await
}

async fn inserted(proxy: &Proxy, job: u64) -> Vec<u8> {
    for _ in 0..1_000 {
        if let Some(outcome) = proxy.state.lock().unwrap().inserted.remove(&JobId(job)) {
            return outcome.unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("the insert has not ended");
}

#[tokio::test]
async fn one_file_becomes_an_insert() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let answer = send(&proxy, multipart(&token, &[("file", "leaflets\r\n--no boundary")])).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/transfers/1"));
    assert_eq!(inserted(&proxy, 1).await, b"leaflets\r\n--no boundary");
    let state = proxy.state.lock().unwrap();
    let request = &state.requests[0];
    assert_eq!((request.length, &*request.name, &*request.media_type), (23, "tract.txt", "text/plain"));
    assert!(request.secret.is_none());
}

#[tokio::test]
async fn several_files_are_several_inserts_of_any_length() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let long = "0123456789".repeat(30_000);
    let answer = send(&proxy, multipart(&token, &[("file", "first"), ("file", ""), ("file", &long)])).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/transfers"));
    assert_eq!(inserted(&proxy, 1).await, b"first");
    assert_eq!(inserted(&proxy, 2).await, long.as_bytes());
}

#[tokio::test]
async fn a_name_stays_behind_where_that_is_asked() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let unnamed =
        "name=\"unnamed\"\r\n\r\nyes\r\n------roneo-boundary\r\nContent-Disposition: form-data; name=\"token\"";
    let body = multipart(&token, &[("file", "leaflets")]).replacen("name=\"token\"", unnamed, 1);
    assert_eq!(send(&proxy, body).await.status, StatusCode::SEE_OTHER);
    assert_eq!(proxy.state.lock().unwrap().requests[0].name, "");
}

#[tokio::test]
async fn nothing_is_taken_in_for_a_stranger() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let good = multipart(&token, &[("file", "leaflets")]);
    // The token stands after the file, is another form's, or is missing.
    let (head, file) =
        good.split_at(good.find("------roneo-boundary\r\nContent-Disposition: form-data; name=\"file\"").unwrap());
    let late = format!("{}{head}------roneo-boundary--\r\n", file.trim_end_matches("------roneo-boundary--\r\n"));
    let other = multipart(&forms::token(&proxy, "/display", "/display").await, &[("file", "leaflets")]);
    for body in [late, other, multipart("", &[("file", "leaflets")])] {
        let answer = send(&proxy, body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains("waited too long"));
    }
    let foreign = Request::post("/insert").header("host", HOST).header("origin", "https://evil.example");
    let answer = proxy.send(foreign.header("content-type", multipart_type()).body(Body::from(good)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(proxy.state.lock().unwrap().requests.is_empty());
}

#[tokio::test]
async fn a_form_that_breaks_off_inserts_nothing() {
    let proxy = Proxy::before(Network::Silent);
    let token = forms::token(&proxy, "/insert", "/insert").await;
    let whole = multipart(&token, &[("file", "first"), ("file", "second")]);
    let cut = whole[..whole.find("second").unwrap() + 3].to_owned();
    let answer = send(&proxy, cut).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("stopped before its end"), "{}", answer.text());
    assert!(proxy.state.lock().unwrap().requests.is_empty(), "the first file went in without the second");
    for no_form in ["", "nonsense", "--other--"] {
        assert_eq!(send(&proxy, no_form).await.status, StatusCode::BAD_REQUEST, "{no_form}");
    }
    let request = Request::post("/insert").header("host", HOST).body(Body::from("token=1")).unwrap();
    assert_eq!(proxy.send(request).await.status, StatusCode::BAD_REQUEST);
}
