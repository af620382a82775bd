//! One link: frames in and out of a stream, within caps.
//!
//! On the stream a frame is its length, four bytes little-endian, and its bytes. What does not fit
//! into a queue is dropped: senders of packets expect silence and repeat themselves, and a queue
//! that never drops only turns a slow neighbour into a full memory.

use std::sync::Arc;
use std::time::Duration;

use libp2p::futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use roneo_keys::NodeId;
use roneo_overlay::MAX_FRAME_LEN;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::rate::{FRAME_OVERHEAD, Rate};
use crate::traffic::{Traffic, Way};

/// Frames that may wait for one link.
pub(crate) const LINK_QUEUE: usize = 256;
/// Bytes that may wait for all links together.
pub(crate) const QUEUED_BYTES: usize = 64 << 20;
/// A peer that takes nothing for so long is gone, whatever TCP thinks. Also how long a link that
/// was replaced may go on delivering what was under way.
const PATIENCE: Duration = Duration::from_secs(30);
const LENGTH_LEN: usize = 4;

/// What all links of a node share.
pub(crate) struct Shared {
    clock: Clock,
    traffic: Arc<Traffic>,
    upload: Option<Rate>,
    download: Option<Rate>,
    queued_bytes: Arc<Semaphore>,
    patience: Duration,
}

impl Shared {
    /// Caps in bytes per second; `None` for none.
    pub(crate) fn new(clock: Clock, upload: Option<u64>, download: Option<u64>) -> Self {
        let queued_bytes = Arc::new(Semaphore::new(QUEUED_BYTES));
        let (upload, download) = (Rate::new(upload), Rate::new(download));
        Self { clock, traffic: Arc::default(), upload, download, queued_bytes, patience: PATIENCE }
    }

    /// What the links carry.
    pub(crate) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }

    /// Counts a frame, and waits until the cap lets it pass.
    async fn pay(&self, way: Way, frame_len: usize) {
        let bytes = LENGTH_LEN + frame_len + FRAME_OVERHEAD;
        self.traffic.count(self.clock.now(), way, bytes);
        let rate = match way {
            Way::Sent => &self.upload,
            Way::Received => &self.download,
        };
        let Some(rate) = rate else { return };
        let wait = rate.take(self.clock.mono(), bytes);
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }

    async fn unless_stalled(&self, write: impl Future<Output = std::io::Result<()>>) -> Result<(), LinkEnd> {
        match timeout(self.patience, write).await {
            Ok(written) => written.map_err(broken),
            Err(_) => Err(LinkEnd::Stalled),
        }
    }
}

/// The sending end of a link. The link ends its direction once every clone is dropped and what
/// was queued is sent.
#[derive(Clone)]
pub(crate) struct LinkWriter {
    frames: mpsc::Sender<Queued>,
    queued_bytes: Arc<Semaphore>,
}

/// A frame that waits, and the room it takes.
pub(crate) struct Queued {
    frame: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It waits its turn.
    Queued,
    /// No room; it is dropped.
    Full,
    /// The link has ended.
    Gone,
}

impl LinkWriter {
    /// A writer and the queue that [`run`] empties.
    pub(crate) fn new(shared: &Shared) -> (Self, mpsc::Receiver<Queued>) {
        let (frames, queue) = mpsc::channel(LINK_QUEUE);
        (Self { frames, queued_bytes: Arc::clone(&shared.queued_bytes) }, queue)
    }

    /// Queues a frame, or drops it.
    pub(crate) fn send(&self, frame: Vec<u8>) -> Sent {
        debug_assert!(frame.len() <= MAX_FRAME_LEN, "the overlay makes no longer frames");
        let Ok(bytes) = u32::try_from(frame.len()) else { return Sent::Full };
        let Ok(room) = Arc::clone(&self.queued_bytes).try_acquire_many_owned(bytes) else { return Sent::Full };
        match self.frames.try_send(Queued { frame, _room: room }) {
            Ok(()) => Sent::Queued,
            Err(mpsc::error::TrySendError::Full(_)) => Sent::Full,
            Err(mpsc::error::TrySendError::Closed(_)) => Sent::Gone,
        }
    }
}

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkEnd {
    /// The peer closed it, or it was replaced and is drained.
    #[error("the peer closed the link")]
    Closed,
    /// The peer announced a frame of a length that no frame has.
    #[error("the peer sent a frame that is too long")]
    TooLong,
    /// The peer takes nothing.
    #[error("the peer takes nothing")]
    Stalled,
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] std::io::Error),
    /// This node stops.
    #[error("the node is stopping")]
    Stopping,
}

/// A frame as it arrives.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// Who sent it, proved by the handshake.
    pub(crate) from: NodeId,
    /// Its bytes, unread.
    pub(crate) bytes: Vec<u8>,
}

/// Carries frames until either side ends the link.
pub(crate) async fn run<M: From<Arrived>>(
    stream: impl AsyncRead + AsyncWrite,
    peer: NodeId,
    queue: mpsc::Receiver<Queued>,
    inbox: mpsc::Sender<M>,
    shared: Arc<Shared>,
) -> LinkEnd {
    let (reader, writer) = stream.split();
    let mut reading = std::pin::pin!(read_frames(reader, peer, &inbox, &shared));
    let mut writing = std::pin::pin!(write_frames(writer, queue, &shared));
    tokio::select! {
        end = &mut reading => end,
        written = &mut writing => match written {
            Ok(()) => timeout(shared.patience, reading).await.unwrap_or(LinkEnd::Closed),
            Err(end) => end,
        },
    }
}

async fn read_frames<M: From<Arrived>>(
    mut reader: impl AsyncRead + Unpin,
    from: NodeId,
    inbox: &mpsc::Sender<M>,
    shared: &Shared,
) -> LinkEnd {
    loop {
        let bytes = match read_frame(&mut reader, shared).await {
            Ok(bytes) => bytes,
            Err(end) => return end,
        };
        // Waiting here is the back-pressure that reaches the peer through TCP.
        if inbox.send(Arrived { from, bytes }.into()).await.is_err() {
            return LinkEnd::Stopping;
        }
    }
}

async fn read_frame(reader: &mut (impl AsyncRead + Unpin), shared: &Shared) -> Result<Vec<u8>, LinkEnd> {
    let mut length = [0; LENGTH_LEN];
    reader.read_exact(&mut length).await.map_err(broken)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME_LEN {
        return Err(LinkEnd::TooLong);
    }
    shared.pay(Way::Received, length).await;
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).await.map_err(broken)?;
    Ok(bytes)
}

/// Returns `Ok` once all writers are gone and everything is sent.
async fn write_frames(
    mut writer: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Queued>,
    shared: &Shared,
) -> Result<(), LinkEnd> {
    while let Some(Queued { frame, _room }) = queue.recv().await {
        shared.pay(Way::Sent, frame.len()).await;
        // One buffer, one write: a length on its own would travel as a message of its own.
        let mut bytes = Vec::with_capacity(LENGTH_LEN + frame.len());
        bytes.extend_from_slice(&u32::try_from(frame.len()).map_err(|_| LinkEnd::TooLong)?.to_le_bytes());
        bytes.extend_from_slice(&frame);
        shared.unless_stalled(writer.write_all(&bytes)).await?;
        if queue.is_empty() {
            shared.unless_stalled(writer.flush()).await?;
        }
    }
    shared.unless_stalled(writer.close()).await
}

fn broken(error: std::io::Error) -> LinkEnd {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => LinkEnd::Closed,
        _ => LinkEnd::Broken(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use tokio::io::DuplexStream;

    /// Tokio's in-memory pipe behind the traits that libp2p's streams have.
    struct Pipe(DuplexStream);

    impl AsyncRead for Pipe {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut [u8]) -> Poll<std::io::Result<usize>> {
            let mut buffer = tokio::io::ReadBuf::new(to);
            let polled = tokio::io::AsyncRead::poll_read(Pin::new(&mut self.0), cx, &mut buffer);
            polled.map_ok(|()| buffer.filled().len())
        }
    }

    impl AsyncWrite for Pipe {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<std::io::Result<usize>> {
            tokio::io::AsyncWrite::poll_write(Pin::new(&mut self.0), cx, from)
        }
        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            tokio::io::AsyncWrite::poll_flush(Pin::new(&mut self.0), cx)
        }
        fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
            tokio::io::AsyncWrite::poll_shutdown(Pin::new(&mut self.0), cx)
        }
    }

    const PEER: NodeId = NodeId::from_bytes([9; 32]);

    struct End {
        writer: LinkWriter,
        inbox: mpsc::Receiver<Arrived>,
        task: tokio::task::JoinHandle<LinkEnd>,
    }

    fn end(stream: DuplexStream, shared: Shared) -> End {
        let shared = Arc::new(shared);
        let (writer, queue) = LinkWriter::new(&shared);
        let (sender, inbox) = mpsc::channel(4);
        End { writer, inbox, task: tokio::spawn(run(Pipe(stream), PEER, queue, sender, shared)) }
    }

    fn uncapped() -> Shared {
        Shared::new(Clock::new(), None, None)
    }

    #[tokio::test]
    async fn frames_arrive_whole_and_in_order() {
        let (near, far) = tokio::io::duplex(1_000);
        let near = end(near, uncapped());
        let mut far = end(far, uncapped());
        let lengths = [0, 1, 5_120, 34_304, MAX_FRAME_LEN, 7];
        for (index, length) in lengths.into_iter().enumerate() {
            assert_eq!(near.writer.send(vec![index as u8; length]), Sent::Queued);
        }
        for (index, length) in lengths.into_iter().enumerate() {
            let arrived = far.inbox.recv().await.unwrap();
            assert_eq!(arrived.from, PEER);
            assert_eq!(arrived.bytes, vec![index as u8; length]);
        }
    }

    #[tokio::test]
    async fn a_replaced_link_delivers_what_was_queued_and_ends() {
        let (near, far) = tokio::io::duplex(1_000);
        let near = end(near, uncapped());
        let mut far = end(far, uncapped());
        for _ in 0..20 {
            near.writer.send(vec![1; 5_120]);
        }
        drop(near.writer);
        for _ in 0..20 {
            assert_eq!(far.inbox.recv().await.unwrap().bytes.len(), 5_120);
        }
        assert!(matches!(far.task.await.unwrap(), LinkEnd::Closed));
        assert!(matches!(near.task.await.unwrap(), LinkEnd::Closed));
        assert_eq!(far.writer.send(vec![1]), Sent::Gone);
    }

    #[tokio::test]
    async fn a_full_queue_drops_and_a_peer_that_takes_nothing_is_hung_up_on() {
        let (near, far) = tokio::io::duplex(1_000);
        let near = end(near, Shared { patience: Duration::from_millis(100), ..uncapped() });
        let mut accepted = 0;
        while near.writer.send(vec![0; 34_304]) == Sent::Queued {
            accepted += 1;
        }
        assert_eq!(accepted, LINK_QUEUE);
        assert_eq!(near.writer.send(vec![0]), Sent::Full);
        assert!(matches!(near.task.await.unwrap(), LinkEnd::Stalled));
        drop(far);
    }

    #[tokio::test]
    async fn all_links_together_queue_no_more_than_their_bound() {
        let shared = uncapped();
        let links: Vec<_> = (0..16).map(|_| LinkWriter::new(&shared)).collect();
        let accepted = links
            .iter()
            .map(|(writer, _)| (0..LINK_QUEUE).filter(|_| writer.send(vec![0; 34_304]) == Sent::Queued).count())
            .sum::<usize>();
        assert_eq!(accepted, QUEUED_BYTES / 34_304);
        drop(links);
        assert_eq!(shared.queued_bytes.available_permits(), QUEUED_BYTES);
    }

    #[tokio::test]
    async fn a_frame_of_an_impossible_length_ends_the_link() {
        use tokio::io::AsyncWriteExt as _;
        for bytes in [(MAX_FRAME_LEN as u32 + 1).to_le_bytes(), [0xff; 4]] {
            let (near, mut far) = tokio::io::duplex(1_000);
            let near = end(near, uncapped());
            far.write_all(&bytes).await.unwrap();
            assert!(matches!(near.task.await.unwrap(), LinkEnd::TooLong));
        }
    }

    #[tokio::test]
    async fn caps_slow_a_link_to_their_rate() {
        for (upload, download) in [(Some(500_000), None), (None, Some(500_000))] {
            let (near, far) = tokio::io::duplex(1 << 20);
            let near = end(near, Shared::new(Clock::new(), upload, None));
            let mut far = end(far, Shared::new(Clock::new(), None, download));
            let begin = std::time::Instant::now();
            for _ in 0..20 {
                near.writer.send(vec![0; 34_304]);
            }
            for _ in 0..20 {
                far.inbox.recv().await.unwrap();
            }
            let elapsed = begin.elapsed().as_secs_f64();
            assert!(elapsed > 0.85, "688 kB at 500 kB/s less half a second of burst: {elapsed} s");
        }
    }
}
