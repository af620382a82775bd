//! The thread that owns the datastore: questions in by a bounded queue, answers out in the order in
//! which they come true.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use roneo_datastore::{
    DiskError, FileDisk, GROUP_COMMIT_MAX, GROUP_PUTS_MAX, Index, IndexError, OpenError, Part, Put, PutError, RamIndex,
    Sizing, SledIndex, Store, StoreKey,
};
use roneo_keys::{Block, Locator, NodeSecret};
use roneo_overlay::{StoreOp, Stored};
use tokio::sync::mpsc;

use crate::platform;

/// Questions that may wait: with a block in each, 32 MiB.
pub(crate) const STORE_QUEUE: usize = 1_024;
/// Answers that may wait: one for each question, so that the thread hardly ever waits itself.
pub(crate) const ANSWER_QUEUE: usize = STORE_QUEUE + GATHERED_MAX;
/// Most puts gathered before they are committed: a group is sealed while the disk syncs the one before.
const GATHERED_MAX: usize = 4 * GROUP_PUTS_MAX;
/// Noise is written over unused slots in steps of this length…
const FILL_STEP: u64 = 512 << 10;
/// …this often: 2 MiB/s, so 10 GiB take an hour and a half that nobody notices.
const FILL_EVERY: Duration = Duration::from_millis(250);
/// How often the figures are brought up to date on a quiet node.
const FIGURES_EVERY: Duration = Duration::from_secs(1);

/// Why the datastore cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Its files do not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its directory does not open.
    #[error("cannot open the store's directory {}", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system gives no thread.
    #[error("cannot start the store's thread")]
    Thread(#[source] std::io::Error),
}

/// A question to the store.
pub(crate) enum Ask {
    /// Keep a block.
    Put { op: StoreOp, locator: Locator, block: Block },
    /// Look one up.
    Get { op: StoreOp, locator: Locator },
}

/// Its answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Stored { op: StoreOp, outcome: Stored },
    Loaded { op: StoreOp, block: Option<Block> },
}

/// What status says of the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) kept_bytes: u64,
    pub(crate) cached_bytes: u64,
    pub(crate) damaged: u64,
    /// Reads, writes and steps of filling that the disk refused.
    pub(crate) failures: u64,
}

/// Where a store lives and how large it is made.
pub(crate) struct Place {
    pub(crate) store_dir: PathBuf,
    pub(crate) index_dir: PathBuf,
    pub(crate) sizing: Sizing,
}

impl Place {
    /// Removes a store that holds nothing, so that the next one there is made anew. Blocks.
    pub(crate) fn remake(&self, empty: StoreThread) -> Result<(), StoreError> {
        empty.close().map_err(OpenError::from)?;
        let directory = |source| StoreError::Directory { path: self.store_dir.clone(), source };
        std::fs::remove_dir_all(&self.store_dir).map_err(directory)?;
        platform::create_private_dir(&self.store_dir).map_err(directory)?;
        // An index that stays is found to be behind, and is rebuilt.
        let _ = std::fs::remove_dir_all(&self.index_dir);
        Ok(())
    }
}

/// A running store.
pub(crate) struct StoreThread {
    asks: SyncSender<Ask>,
    figures: Arc<Mutex<Figures>>,
    thread: JoinHandle<Result<(), DiskError>>,
    sizing: Sizing,
}

impl StoreThread {
    /// Opens the store, scanning it where that is needed, and starts its thread. Blocks.
    pub(crate) fn start(
        place: &Place,
        secret: &NodeSecret,
        seed: [u8; 32],
        answers: mpsc::Sender<Answer>,
    ) -> Result<Self, StoreError> {
        let key = StoreKey::from_bytes(blake3::derive_key("roneo node store key 1", &secret.expose_seed()));
        let path = &place.store_dir;
        let disk = FileDisk::open(path).map_err(|source| StoreError::Directory { path: path.clone(), source })?;
        let index = SledIndex::open(
            &place.index_dir,
            &key,
            &mut ChaCha20Rng::from_seed(blake3::derive_key("roneo node index 1", &seed)),
        );
        let index = index.map_or_else(in_memory, |index| Box::new(index) as Box<dyn Index>);
        let store = Store::open(&disk, index, &key, place.sizing, seed)?;
        let sizing = store.sizing();
        let (asks, queue) = sync_channel(STORE_QUEUE);
        let figures = Arc::new(Mutex::new(Figures::default()));
        let keeper = Keeper { store, answers, figures: Arc::clone(&figures), failures: 0 };
        keeper.publish();
        let thread = std::thread::Builder::new()
            .name("roneo-store".to_owned())
            .spawn(move || keeper.serve(&queue))
            .map_err(StoreError::Thread)?;
        Ok(Self { asks, figures, thread, sizing })
    }

    /// Asks; hands the question back where the queue is full or the thread is gone.
    pub(crate) fn ask(&self, ask: Ask) -> Result<(), Ask> {
        self.asks.try_send(ask).map_err(|error| match error {
            TrySendError::Full(ask) | TrySendError::Disconnected(ask) => ask,
        })
    }

    /// What status says.
    pub(crate) fn figures(&self) -> Figures {
        *lock(&self.figures)
    }

    /// Whether the thread still serves; if not, it met one of our mistakes.
    pub(crate) fn is_running(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Whether it held nothing when it was opened.
    pub(crate) fn is_empty(&self) -> bool {
        let Figures { kept_bytes, cached_bytes, damaged, .. } = self.figures();
        (kept_bytes, cached_bytes, damaged) == (0, 0, 0)
    }

    /// The sizing that the store was made with.
    pub(crate) fn sizing(&self) -> Sizing {
        self.sizing
    }

    /// Answers what is queued, makes everything durable and closes the store. Blocks.
    pub(crate) fn close(self) -> Result<(), DiskError> {
        drop(self.asks);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// sled's directory can fail where the slots do not; they are then scanned at every start.
fn in_memory(error: IndexError) -> Box<dyn Index> {
    tracing::warn!(%error, "the store's index cannot be used: remove the directory index/blocks to make a new one");
    Box::new(RamIndex::default())
}

struct Keeper {
    store: Store,
    answers: mpsc::Sender<Answer>,
    figures: Arc<Mutex<Figures>>,
    failures: u64,
}

impl Keeper {
    fn serve(mut self, asks: &Receiver<Ask>) -> Result<(), DiskError> {
        let mut fill_at = Some(Instant::now() + FILL_EVERY);
        loop {
            let wait = fill_at.map_or(FIGURES_EVERY, |at| at.saturating_duration_since(Instant::now()));
            match asks.recv_timeout(wait) {
                Ok(Ask::Get { op, locator }) => self.load(op, &locator),
                Ok(Ask::Put { op, locator, block }) => self.commit(asks, op, put(locator, block)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.store.close(),
            }
            // Asked of the clock, not of the time-out: a busy node fills its slots too.
            if fill_at.is_some_and(|at| at <= Instant::now()) {
                fill_at = self.fill().then(|| Instant::now() + FILL_EVERY);
            }
            self.publish();
        }
    }

    fn load(&mut self, op: StoreOp, locator: &Locator) {
        let block = self.store.get(locator).unwrap_or_else(|error| {
            self.failed(&error);
            None
        });
        self.answer(Answer::Loaded { op, block });
    }

    /// Gathers puts for a moment, so that many share one pair of syncs; reads in between are
    /// answered at once.
    fn commit(&mut self, asks: &Receiver<Ask>, op: StoreOp, first: Put) {
        let until = Instant::now() + GROUP_COMMIT_MAX;
        let (mut ops, mut puts) = (vec![op], vec![first]);
        while puts.len() < GATHERED_MAX {
            match asks.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Ask::Put { op, locator, block }) => {
                    ops.push(op);
                    puts.push(put(locator, block));
                }
                Ok(Ask::Get { op, locator }) => self.load(op, &locator),
                // Disconnected: these puts were asked for, and the next round closes.
                Err(_) => break,
            }
        }
        let Self { store, answers, failures, .. } = self;
        store.put_each(puts, |number, result| {
            let outcome = match result {
                Ok(_) => Stored::Kept,
                Err(PutError::Full(_)) => Stored::Full,
                Err(error) => {
                    note_failure(failures, &error);
                    Stored::Failed
                }
            };
            give(answers, Answer::Stored { op: ops[number], outcome });
        });
    }

    /// Whether there is more to fill.
    fn fill(&mut self) -> bool {
        match self.store.fill_step(FILL_STEP) {
            Ok(progress) => !progress.is_done(),
            Err(error) => {
                self.failed(&error);
                true
            }
        }
    }

    fn failed(&mut self, error: &dyn std::error::Error) {
        note_failure(&mut self.failures, error);
    }

    fn answer(&self, answer: Answer) {
        give(&self.answers, answer);
    }

    fn publish(&self) {
        let stats = self.store.stats();
        *lock(&self.figures) = Figures {
            kept_bytes: stats.leaf.kept_bytes() + stats.block.kept_bytes(),
            cached_bytes: stats.leaf.cached_bytes() + stats.block.cached_bytes(),
            damaged: stats.damaged,
            failures: self.failures,
        };
    }
}

fn note_failure(failures: &mut u64, error: &dyn std::error::Error) {
    *failures += 1;
    // Said once: what fails a thousand times a second must not fill the log as well.
    if *failures == 1 {
        tracing::warn!(%error, "the store's disk fails");
    }
}

fn give(answers: &mpsc::Sender<Answer>, answer: Answer) {
    // Nobody waits for it once the node stops.
    let _ = answers.blocking_send(answer);
}

fn put(locator: Locator, block: Block) -> Put {
    // Every block that the overlay hands over is one that this node answers for.
    Put { locator, block, part: Part::Kept }
}

/// The lock guards plain numbers: poisoned, they are as good as before.
fn lock(figures: &Mutex<Figures>) -> MutexGuard<'_, Figures> {
    figures.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_keys::SizeClass;

    fn leaf(number: u32) -> Block {
        let mut bytes = vec![0; SizeClass::Leaf.byte_len()];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        Block::new(bytes).unwrap()
    }

    fn start(root: &std::path::Path, seed: u8) -> (StoreThread, mpsc::Receiver<Answer>) {
        let place = Place {
            store_dir: root.join("store"),
            index_dir: root.join("index"),
            sizing: Sizing::for_quota(8 << 20).unwrap(),
        };
        std::fs::create_dir_all(&place.store_dir).unwrap();
        let (answers, queue) = mpsc::channel(ANSWER_QUEUE);
        (StoreThread::start(&place, &NodeSecret::from_seed([1; 32]), [seed; 32], answers).unwrap(), queue)
    }

    #[test]
    fn what_is_answered_as_kept_is_there_after_the_node_stops() {
        let root = tempfile::tempdir().unwrap();
        let (store, mut answers) = start(root.path(), 1);
        for number in 0..100 {
            let block = leaf(number);
            let ask = Ask::Put { op: StoreOp(u64::from(number)), locator: block.locator(), block };
            assert!(store.ask(ask).is_ok());
        }
        for number in 0..100 {
            let expected = Answer::Stored { op: StoreOp(number), outcome: Stored::Kept };
            assert_eq!(answers.blocking_recv(), Some(expected));
        }
        store.close().unwrap();

        let (store, mut answers) = start(root.path(), 2);
        assert_eq!(store.figures().kept_bytes, 100 * 4_096);
        for number in [0, 57, 99, 100] {
            store.ask(Ask::Get { op: StoreOp(7), locator: leaf(number).locator() }).ok().unwrap();
            let block = (number < 100).then(|| leaf(number));
            assert_eq!(answers.blocking_recv(), Some(Answer::Loaded { op: StoreOp(7), block }));
        }
        store.close().unwrap();
    }

    #[test]
    fn questions_asked_before_the_stop_are_answered() {
        let root = tempfile::tempdir().unwrap();
        let (store, mut answers) = start(root.path(), 1);
        for number in 0..150 {
            let block = leaf(number);
            store.ask(Ask::Put { op: StoreOp(u64::from(number)), locator: block.locator(), block }).ok().unwrap();
        }
        store.close().unwrap();
        let mut answered = 0;
        while let Some(Answer::Stored { outcome: Stored::Kept, .. }) = answers.blocking_recv() {
            answered += 1;
        }
        assert_eq!(answered, 150);
    }

    #[test]
    fn a_full_queue_hands_the_question_back() {
        let root = tempfile::tempdir().unwrap();
        let (store, answers) = start(root.path(), 1);
        let mut refused = 0;
        // Nobody takes answers: the thread waits for room, and then so does the queue.
        for number in 0..2 * (STORE_QUEUE + ANSWER_QUEUE) as u64 {
            let locator = leaf(0).locator();
            refused += usize::from(store.ask(Ask::Get { op: StoreOp(number), locator }).is_err());
        }
        assert!(refused > 0);
        drop(answers);
        store.close().unwrap();
    }
}
