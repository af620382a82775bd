//! Content on its way from an HTTP body into an insert.
//!
//! The API announces an insert first and sends its content after; between the two stands a channel
//! of a few pieces, so that a fast sender waits for the network and memory stays flat.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use roneo_client::handle::{CHUNK_LEN, ContentSource, JobId};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Inserts announced whose content has not begun to come, at most.
pub(crate) const MAX_UPLOADS: usize = 64;

/// How long an insert that wants bytes waits for them before it is given up.
pub(crate) const UPLOAD_PATIENCE: Duration = Duration::from_secs(60);

/// Pieces between sender and insert. A piece is what one read of the socket gave, at most
/// [`crate::server`]'s buffer.
const UPLOAD_PIECES: usize = 8;

/// The sending end of an insert's content.
#[derive(Debug)]
pub(crate) struct Upload {
    length: u64,
    pieces: mpsc::Sender<Bytes>,
}

/// The end that the insert reads from.
#[derive(Debug)]
pub(crate) struct UploadSource {
    left: u64,
    held: Bytes,
    pieces: mpsc::Receiver<Bytes>,
}

/// Inserts whose content is awaited.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<JobId, Upload>>);

/// Why content was not taken whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadError {
    /// More or fewer bytes than announced.
    WrongLength,
    /// The insert ended first: its status says why.
    NotWanted,
    /// The sender broke off.
    BrokenOff,
}

/// Two ends for content of `length` bytes.
pub(crate) fn channel(length: u64) -> (Upload, UploadSource) {
    let (sender, receiver) = mpsc::channel(UPLOAD_PIECES);
    (Upload { length, pieces: sender }, UploadSource { left: length, held: Bytes::new(), pieces: receiver })
}

impl Uploads {
    /// Awaits content for a job. Returns whether there is room: without, the insert must be ended.
    pub(crate) fn expect(&self, job: JobId, upload: Upload) -> bool {
        let mut open = self.lock();
        open.retain(|_, upload| !upload.pieces.is_closed());
        let room = open.len() < MAX_UPLOADS;
        if room {
            open.insert(job, upload);
        }
        room
    }

    /// Hands out a job's sending end, once, if the body that is about to come may fit it.
    pub(crate) fn take(&self, job: JobId, announced: Option<u64>) -> Option<Result<Upload, UploadError>> {
        let mut open = self.lock();
        let length = open.get(&job)?.length;
        if announced.is_some_and(|announced| announced != length) {
            // Nothing was sent: the sender may try again.
            return Some(Err(UploadError::WrongLength));
        }
        open.remove(&job).map(Ok)
    }

    /// Awaits a job's content no longer.
    pub(crate) fn forget(&self, job: JobId) {
        self.lock().remove(&job);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<JobId, Upload>> {
        // A panic elsewhere leaves the map whole: every change to it is a single call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    /// Passes a body on, as fast as the insert takes it.
    ///
    /// One piece is always held back until the next comes or the body ends well, so that an insert
    /// never completes from a body that is too long.
    pub(crate) async fn receive(self, body: Body) -> Result<(), UploadError> {
        let mut body = body.into_data_stream();
        let mut left = self.length;
        let mut held = Bytes::new();
        loop {
            let piece = tokio::select! {
                piece = body.next() => piece,
                () = self.pieces.closed(), if self.length > 0 => return Err(UploadError::NotWanted),
            };
            let Some(piece) = piece else { break };
            let piece = piece.map_err(|_| UploadError::BrokenOff)?;
            left = left.checked_sub(piece.len() as u64).ok_or(UploadError::WrongLength)?;
            self.pass_on(std::mem::replace(&mut held, piece)).await?;
        }
        if left > 0 {
            return Err(UploadError::WrongLength);
        }
        self.pass_on(held).await
    }

    async fn pass_on(&self, piece: Bytes) -> Result<(), UploadError> {
        if piece.is_empty() {
            return Ok(());
        }
        self.pieces.send(piece).await.map_err(|_| UploadError::NotWanted)
    }
}

impl UploadSource {
    async fn read_bytes(&mut self, len: usize) -> io::Result<Vec<u8>> {
        let wanted = usize::try_from(self.left).map_or(len, |left| left.min(len));
        let mut bytes = Vec::with_capacity(wanted.min(CHUNK_LEN));
        while bytes.len() < wanted {
            if self.held.is_empty() {
                self.held = match timeout(UPLOAD_PATIENCE, self.pieces.recv()).await {
                    Ok(Some(piece)) => piece,
                    Ok(None) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended early")),
                    Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "it stopped coming")),
                };
            }
            let piece = self.held.split_to(self.held.len().min(wanted - bytes.len()));
            bytes.extend_from_slice(&piece);
        }
        self.left -= bytes.len() as u64;
        Ok(bytes)
    }
}

impl ContentSource for UploadSource {
    fn read(&mut self, len: usize) -> Pin<Box<dyn Future<Output = io::Result<Vec<u8>>> + Send + '_>> {
        Box::pin(self.read_bytes(len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn body(pieces: &'static [&'static str]) -> Body {
        Body::from_stream(stream::iter(pieces.iter().map(|piece| Ok::<_, io::Error>(*piece))))
    }

    async fn check(length: u64, pieces: &'static [&'static str], expected: Result<&str, UploadError>) {
        let (upload, mut source) = channel(length);
        let reader = tokio::spawn(async move {
            let mut all = Vec::new();
            loop {
                let bytes = source.read(3).await?;
                if bytes.is_empty() {
                    return Ok::<_, io::Error>(all);
                }
                all.extend(bytes);
            }
        });
        let sent = upload.receive(body(pieces)).await;
        let read = reader.await.unwrap();
        assert_eq!(sent.err(), expected.err(), "{pieces:?}");
        match expected {
            Ok(text) => assert_eq!(read.unwrap(), text.as_bytes()),
            Err(_) => assert!(read.is_err(), "an insert completed from a body that was refused: {pieces:?}"),
        }
    }

    #[tokio::test]
    async fn a_body_of_the_length_announced_arrives_whole_and_no_other() {
        check(0, &[], Ok("")).await;
        check(8, &["leaflets"], Ok("leaflets")).await;
        check(8, &["l", "", "ea", "flets"], Ok("leaflets")).await;
        check(8, &["leaf"], Err(UploadError::WrongLength)).await;
        check(4, &["leaf", "lets"], Err(UploadError::WrongLength)).await;
        check(4, &["leaflets"], Err(UploadError::WrongLength)).await;
    }

    #[tokio::test]
    async fn a_sender_learns_that_the_insert_has_ended() {
        let (upload, source) = channel(8);
        drop(source);
        assert_eq!(upload.receive(body(&["leaf", "lets"])).await, Err(UploadError::NotWanted));
    }

    #[tokio::test(start_paused = true)]
    async fn an_insert_does_not_wait_for_ever() {
        let (_upload, mut source) = channel(8);
        assert_eq!(source.read(8).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn awaited_uploads_are_bounded_and_ended_ones_make_room() {
        let uploads = Uploads::default();
        let mut sources = Vec::new();
        for job in 0..MAX_UPLOADS as u64 {
            let (upload, source) = channel(1);
            assert!(uploads.expect(JobId(job), upload));
            sources.push(source);
        }
        let (upload, _source) = channel(1);
        assert!(!uploads.expect(JobId(900), upload));
        sources.pop();
        let (upload, _source) = channel(1);
        assert!(uploads.expect(JobId(901), upload));
        assert!(matches!(uploads.take(JobId(901), Some(2)), Some(Err(UploadError::WrongLength))));
        assert!(matches!(uploads.take(JobId(901), Some(1)), Some(Ok(_))));
        assert!(uploads.take(JobId(901), None).is_none());
    }
}
