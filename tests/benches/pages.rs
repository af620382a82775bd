//! How long every page of a real node's console takes to its first byte, and what five hundred connections that
//! say their requests slowly cost whoever does not.
//!
//! One JSON object per line on standard output; a table on standard error.
//!
//! ```text
//! cargo bench --workspace --bench pages -- [--quick]
//! ```

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use roneo_tests::Net;
use serde_json::json;

/// Every page that can be opened on a node that holds nothing.
const PAGES: [&str; 21] = [
    "/",
    "/transfers",
    "/insert",
    "/keys",
    "/bookmarks",
    "/node",
    "/settings",
    "/display",
    "/help",
    "/help/read",
    "/help/publish",
    "/help/lend",
    "/help/protection",
    "/help/words",
    "/welcome",
    "/welcome/disk",
    "/welcome/join",
    "/nowhere",
    "/transfers/999",
    "/CHK@abc",
    "/stop",
];
/// Requests for each page that are not counted.
const WARMING: usize = 20;
/// Connections that say their requests slowly, each opened anew when it is cut.
const SLOW: usize = 500;
/// How long they have to fill every place.
const FILLING: Duration = Duration::from_secs(2);
/// Requests made meanwhile.
const FRESH: usize = 20;
/// How often a slow connection looks whether the siege is over.
const STALL: Duration = Duration::from_millis(500);
/// Longest time for an answer; whatever takes longer is a node that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    // What `cargo bench` hands to every bench is of no use here.
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let net = Net::processes(1);
    let set = net.run(0, &["config", "set", "console.first_run_done", "true"]);
    assert_eq!(set.code, 0, "{set:?}");
    let address = net.ready(0)["http"].as_str().and_then(|address| address.strip_prefix("http://"));
    let console = address.expect("the console's address").parse().expect("of this machine");
    pages(console, if is_quick { 50 } else { 400 });
    siege(console);
}

fn pages(console: SocketAddr, runs: usize) {
    let mut slowest = Duration::ZERO;
    for page in PAGES {
        for _ in 0..WARMING {
            first_byte(console, page);
        }
        let mut times: Vec<_> = (0..runs).map(|_| first_byte(console, page)).collect();
        times.sort_unstable();
        let p95 = times[(times.len() * 95).div_ceil(100) - 1];
        slowest = slowest.max(p95);
        eprintln!("{page:<18} first byte, p95: {:>7.2} ms", p95.as_secs_f64() * 1e3);
        println!("{}", json!({"operation": page, "first_byte_p95_s": p95.as_secs_f64()}));
    }
    println!("{}", json!({"operation": "slowest page", "first_byte_p95_s": slowest.as_secs_f64()}));
}

/// Keeps connections open that each begin a request and do not go on, and asks meanwhile as anybody would.
fn siege(console: SocketAddr) {
    let is_over = AtomicBool::new(false);
    let longest = thread::scope(|scope| {
        for _ in 0..SLOW {
            scope.spawn(|| stall(console, &is_over));
        }
        thread::sleep(FILLING);
        let longest = (0..FRESH).map(|_| first_byte(console, "/")).max().unwrap_or_default();
        is_over.store(true, Ordering::Relaxed);
        longest
    });
    eprintln!("among {SLOW} slow connections, longest of {FRESH}: {:>7.2} ms", longest.as_secs_f64() * 1e3);
    let operation = format!("page among {SLOW} slow connections");
    println!("{}", json!({"operation": operation, "first_byte_s": longest.as_secs_f64()}));
}

/// Begins a request, and begins again when the node has lost patience.
fn stall(console: SocketAddr, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect_timeout(&console, STALL) else { continue };
        let begun = stream.write_all(b"GET / HTTP/1.1\r\nHost: 127");
        let _ = begun.and_then(|()| stream.set_read_timeout(Some(STALL)));
        let mut byte = [0];
        // Nothing comes: the read ends with the time or the connection.
        while !is_over.load(Ordering::Relaxed) && stream.read(&mut byte).is_err_and(|error| is_wait(&error)) {}
    }
}

fn is_wait(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// From the attempt to connect to the first byte of the answer.
fn first_byte(console: SocketAddr, page: &str) -> Duration {
    let began = Instant::now();
    let mut stream = TcpStream::connect(console).expect("the node listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let request = format!(
        "GET {page} HTTP/1.1\r\nHost: {console}\r\nAccept: text/html\r\nAccept-Language: fr\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it takes a request");
    let mut byte = [0];
    stream.read_exact(&mut byte).expect("it answers");
    let time = began.elapsed();
    // The rest is read, so that one request does not disturb the next.
    let _ = stream.read_to_end(&mut Vec::new());
    time
}
