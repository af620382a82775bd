//! The proxy's socket, with a bound on everything that a caller could hold open.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Connections open at once. Further ones wait in the system's queue.
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
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        let Ok((stream, permit)) = accepted else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (router, stopped) = (router.clone(), stopped.clone());
        connections.spawn(async move {
            converse(stream, router, stopped).await;
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
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

/// Serves one connection. How it ended concerns nobody but the caller, who sees it.
async fn converse(stream: TcpStream, router: Router, mut stopped: watch::Receiver<()>) {
    // Answers are written whole: waiting to fill a segment only adds delay. A socket that refuses
    // the option still works.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_WAIT)
        .max_headers(MAX_HEADERS)
        .max_header_size(HEADER_LEN)
        .max_buf_size(BUFFER_LEN)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        _ = &mut connection => return,
        // The sender was dropped: the proxy is stopping.
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
