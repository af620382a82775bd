//! The proxy's socket, with a bound on everything that a caller could hold open.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::loopback::Loopback;

/// Connections open at once. A further one takes the place of that which has waited longest to say its first request,
/// and waits in the system's queue if all have said theirs.
pub const MAX_CONNECTIONS: usize = 256;

/// How long a caller may take over a request's head, and how long a connection may idle.
pub const HEADER_WAIT: Duration = Duration::from_secs(10);

/// How long answers under way may go on after the shutdown signal.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Bytes of a request's head: eight times the longest link.
const HEADER_LEN: usize = 16 * 1024;

/// Header lines of a request.
const MAX_HEADERS: usize = 64;

/// Bytes buffered per connection and direction.
const BUFFER_LEN: usize = 64 * 1024;

/// Pause before accepting again when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers HTTP/1.1 on `listener` until `shutdown` completes, then lets answers under way end within
/// [`SHUTDOWN_GRACE`].
pub async fn serve(listener: Loopback, router: Router, shutdown: impl Future<Output = ()>) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let unheard = Arc::new(Unheard::default());
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &permits, &unheard) => accepted,
        };
        let Ok((stream, permit)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (router, stopped) = (router.clone(), stopped.clone());
        let (entry, cut) = Unheard::enter(&unheard);
        connections.spawn(async move {
            converse(stream, router, entry, cut, stopped).await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    drop(stop);
    // Whatever is still there after the grace is cut when the set is dropped.
    let _ = timeout(SHUTDOWN_GRACE, async { while connections.join_next().await.is_some() {} }).await;
}

async fn accept(
    listener: &Loopback,
    permits: &Arc<Semaphore>,
    unheard: &Unheard,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let stream = listener.accept().await?;
    if permits.available_permits() == 0 {
        unheard.cut_oldest();
    }
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    Ok((stream, permit))
}

/// Connections that have not said a request yet, at most [`MAX_CONNECTIONS`], oldest first. Without them making room,
/// whoever opens connections and says nothing would keep everybody else out for [`HEADER_WAIT`].
#[derive(Default)]
struct Unheard {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    cuts: BTreeMap<u64, oneshot::Sender<()>>,
}

/// One of them, until it has said something or ends.
struct Entry {
    unheard: Arc<Unheard>,
    number: u64,
}

impl Unheard {
    /// Notes a connection. What is returned beside it completes with `Ok` when the connection has to make room.
    fn enter(this: &Arc<Self>) -> (Entry, oneshot::Receiver<()>) {
        let (cut, is_cut) = oneshot::channel();
        let number = this.with(|waiting| {
            waiting.next += 1;
            waiting.cuts.insert(waiting.next, cut);
            waiting.next
        });
        (Entry { unheard: Arc::clone(this), number }, is_cut)
    }

    fn cut_oldest(&self) {
        if let Some((_, cut)) = self.with(|waiting| waiting.cuts.pop_first()) {
            // It may be ending by itself, which makes room as well.
            let _ = cut.send(());
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Waiting) -> T) -> T {
        act(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entry {
    fn heard(&self) {
        self.unheard.with(|waiting| waiting.cuts.remove(&self.number));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.heard();
    }
}

/// Serves one connection. How it ended concerns nobody but the caller, who sees it.
async fn converse(
    stream: TcpStream,
    router: Router,
    entry: Entry,
    mut cut: oneshot::Receiver<()>,
    mut stopped: watch::Receiver<()>,
) {
    // Answers are written whole: waiting to fill a segment only adds delay. A socket that refuses
    // the option still works.
    let _ = stream.set_nodelay(true);
    let pages = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        entry.heard();
        pages.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_WAIT)
        .max_headers(MAX_HEADERS)
        .max_header_size(HEADER_LEN)
        .max_buf_size(BUFFER_LEN)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = &mut connection => return,
        Ok(()) = &mut cut => return,
        // The sender was dropped: the proxy is stopping.
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
