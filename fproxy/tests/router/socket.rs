//! What only a real socket shows: bounds, cut bodies, shutdown.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use roneo_fproxy::{ApiToken, Loopback, MAX_CONNECTIONS, SHUTDOWN_GRACE, Settings, router, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::TOKEN;
use crate::fake::{FakeNode, Network};
use crate::fake_profile::FakeProfile;
use crate::link;

struct Server {
    port: u16,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

async fn server(network: Network) -> Server {
    let listener = Loopback::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let port = listener.address().port();
    let (node, _) = FakeNode::new(network);
    let profile = Arc::new(FakeProfile::default());
    let pages = router(node, Arc::clone(&profile) as _, profile, &Settings::new(port, ApiToken::new(TOKEN)));
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(serve(listener, pages, async {
        let _ = stopped.await;
    }));
    Server { port, stop, ended }
}

/// Sends bytes and reads until the server closes.
async fn exchange(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(port: u16, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn pages_come_over_http_1_alone() {
    let chunks = vec!["leaf", "lets"];
    let server = server(Network::Holds { chunks, length: 8, media_type: "text/plain", name: "" }).await;
    let page = exchange(server.port, &get(server.port, &format!("/{}", link()))).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("\r\n\r\nleaflets"), "{page}");
    assert!(!page.contains("transfer-encoding"));
    let port = server.port;
    let table = [
        (format!("GET /help HTTP/1.0\r\nHost: localhost:{port}\r\n\r\n"), "HTTP/1.0 200 "),
        ("GET /help HTTP/1.0\r\n\r\n".to_owned(), " 421 "),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), " 421 "),
        (get(port, &format!("http://localhost:{port}/")), " 421 "),
        (format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\nHost: a\r\nConnection: close\r\n\r\n"), " 421 "),
        (get(port, &format!("/{}", "a".repeat(20_000))), " 4"),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(100)), " 431 "),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), " 4"),
    ];
    for (request, status) in table {
        let answer = exchange(port, &request).await;
        let line = answer.lines().next().unwrap_or_default();
        assert!(line.contains(status) || (status == " 4" && line.is_empty()), "{line} for {request:.80}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_shorter_than_announced() {
    let server = server(Network::BreaksOff).await;
    let page = exchange(server.port, &get(server.port, &format!("/{}", link()))).await;
    assert!(page.contains("content-length: 8\r\n") && page.ends_with("\r\n\r\nhalf"), "{page}");
}

/// All of them would be cut once their time is up; only the first has to go for the one that speaks.
#[tokio::test]
async fn connections_that_say_nothing_make_room() {
    let server = server(Network::Silent).await;
    let mut slow = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: local").await.unwrap();
        slow.push(stream);
    }
    let page = exchange(server.port, &get(server.port, "/help")).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert_eq!(slow[0].read(&mut [0]).await.unwrap_or(0), 0, "the first is still there");
    let last = slow[MAX_CONNECTIONS - 1].try_read(&mut [0]);
    assert!(last.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "the last had to go too");
}

#[tokio::test]
async fn shutdown_cuts_what_does_not_end() {
    let server = server(Network::Silent).await;
    let mut idle = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let mut waiting = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    waiting.write_all(get(server.port, &format!("/{}", link())).as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert!(began.elapsed() < SHUTDOWN_GRACE + Duration::from_secs(1));
    for stream in [&mut idle, &mut waiting] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
    }
    assert!(TcpStream::connect(("127.0.0.1", server.port)).await.is_err());
}
