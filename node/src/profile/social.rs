//! What the user says on boards, and what they read there.
//!
//! A post is signed and on disk before anything else is done with it; from there a task of its own stores it,
//! makes its proof of work and announces it, and goes on at the next start wherever it stopped. Storing the same envelope again
//! gives the same link, and announcing it again in the same hour the same entry, so a stop at any moment
//! costs time and says nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use roneo_client::handle::{
    AnnouncementRecord, Effort, Gathered, HandleError, InMemory, InsertRequest, JobError, JobState, NodeHandle,
    RecordName,
};
use roneo_client::profile::ProfileError;
use roneo_client::social::{
    Answers, BoardPost, BoardView, Identity, InBothLanguages, MAX_ANNOUNCED, MAX_HOURS, MAX_IDENTITIES, MAX_UNDER_WAY,
    MadeIdentity, NewIdentity, NewPost, Posting, PostingState, SocialError, SocialFuture, SocialHandle, WordsIn,
};
use roneo_keys::time::Wall;
use roneo_keys::{ConvergenceSecret, Uri, base64};
use roneo_social::{
    Announced, BoardId, Body, DeviceId, DeviceSecret, Envelope, EnvelopeError, EnvelopeId, FormatError, GRACE_S,
    MAX_ENVELOPE_LEN, MAX_PER_DEVICE, MasterSecret, PersonId, Pointer, Post, Reply, Scopes, Signer, Solver,
    UnprovenAnnouncement, WordLanguage, Words, clean_name, fingerprint, hour_of,
};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use super::stored::{self, OwnPerson, Said, Social};
use super::{Profile, lock};

/// The media type of an envelope.
const MEDIA_TYPE: &str = "application/vnd.roneo.envelope";
/// Nonces tried between two looks at whether the node stops: about a tenth of a second.
const ATTEMPTS: u32 = 10;
/// How long one question to the network may take: a node without a path to anybody would wait for ever.
const ASK_PATIENCE: Duration = Duration::from_secs(60);
/// How long a board is read; what is not there by then is told as missing.
const READ_PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of texts that one reading gives, about.
const MAX_VIEW_LEN: usize = 4 << 20;
/// Waits between two tries to store or announce.
const RETRIES: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60)];
/// Time between two looks at the clock, while the record of an hour is not open yet.
const LOOK: Duration = Duration::from_secs(5);
/// Days before its end from which a device's certificate is made anew.
const RENEW_DAYS: u32 = 30;
/// Envelopes that were read and are kept in memory, at most: 16 MB, were each the longest.
const MAX_READ: usize = 512;
/// Posts fetched at one time.
const FETCHES: usize = 8;
/// Bytes of an answer's beginning that stands for a title.
const BEGINNING_LEN: usize = 60;

/// What was read lately, by where it lies.
pub(super) type ReadLately = BTreeMap<Pointer, Read>;

/// What a pointer led to.
#[derive(Clone)]
pub(super) enum Read {
    /// Something that somebody said.
    Envelope(Arc<Envelope>),
    /// Something else.
    NoEnvelope,
    /// Nothing, so far.
    NotFound,
}

/// Whether trying again would end the same.
fn is_final(error: &SocialError) -> bool {
    matches!(error, SocialError::NoSuchIdentity(_) | SocialError::Post(_) | SocialError::Newer)
}

/// How long to wait before the next try.
fn retry(tries: &mut usize) -> Duration {
    let wait = RETRIES[(*tries).min(RETRIES.len() - 1)];
    *tries += 1;
    wait
}

/// The hours that are read, the newest first: so many with that of `now`, and the next where its record takes entries
/// already.
fn hours_read(now: Wall, hours: u64) -> Vec<u32> {
    let (now, next) = (hour_of(now), hour_of(Wall(now.0.saturating_add(GRACE_S))));
    let oldest = now.saturating_sub(u32::try_from(hours.saturating_sub(1)).unwrap_or(u32::MAX));
    (oldest..=next).rev().collect()
}

/// Where the announcements that lead to `at` begin.
fn all_of(at: &Pointer) -> std::ops::RangeFrom<(Pointer, PersonId, DeviceId)> {
    (at.clone(), PersonId::from_bytes([0; 32]), DeviceId::from_bytes([0; 32]))..
}

impl SocialHandle for Profile {
    fn identities(&self) -> SocialFuture<'_, Vec<Identity>> {
        let people = self.0.read(|kept| kept.social.value.people.iter().map(identity).collect());
        Box::pin(async { Ok(people) })
    }

    fn new_identity(&self, new: NewIdentity) -> SocialFuture<'_, MadeIdentity> {
        Box::pin(async move {
            let name = clean_name(&new.name)?;
            let (words, fresh) = match &new.words {
                Some(text) => (Words::parse(text)?, false),
                None => (Words::random(&mut *lock(&self.0.rng)), true),
            };
            let language = match new.language {
                WordsIn::Fr => WordLanguage::French,
                WordsIn::En => WordLanguage::English,
            };
            let person = self.own_person(name, &words);
            let identity = identity(&person);
            self.social(move |social| add_person(social, person)).await?;
            Ok(MadeIdentity { identity, words: fresh.then(|| words.to_text(language)) })
        })
    }

    fn forget_identity(&self, person: String) -> SocialFuture<'_, ()> {
        Box::pin(self.social(move |social| {
            let before = social.people.len();
            social.people.retain(|own| identity(own).person != person);
            social.said.retain(|said| said.person.to_text() != person);
            if social.people.len() == before { Err(SocialError::NoSuchIdentity(person)) } else { Ok(()) }
        }))
    }

    fn post(&self, post: NewPost) -> SocialFuture<'_, Posting> {
        Box::pin(async move {
            let board = BoardId::from_text(&post.board).ok_or(SocialError::Board)?;
            let body = body(&post, board)?;
            let now = Wall(self.0.now());
            let said = self.social(move |social| sign(social, &post.identity, board, body, now)).await?;
            let posting = shown(&said, 0, now.0);
            self.go_on(said.id);
            Ok(posting)
        })
    }

    fn postings(&self) -> SocialFuture<'_, Vec<Posting>> {
        let work = lock(&self.0.work).clone();
        let now = self.0.now();
        let shown = |said: &Said| shown(said, work.get(&said.id).copied().unwrap_or_default(), now);
        let mut postings: Vec<Posting> = self.0.read(|kept| kept.social.value.said.iter().map(shown).collect());
        postings.reverse();
        Box::pin(async { Ok(postings) })
    }

    fn read_board(&self, board: String, hours: u64) -> SocialFuture<'_, BoardView> {
        Box::pin(async move {
            let board = BoardId::from_text(&board).ok_or(SocialError::Board)?;
            self.gather_board(board, hours.clamp(1, MAX_HOURS)).await
        })
    }
}

impl Profile {
    /// Goes on with the posts that an earlier run left on their way.
    pub(super) fn go_on_with_posts(&self) {
        for said in self.0.read(|kept| kept.social.value.said.clone()) {
            if said.state.is_under_way() {
                self.go_on(said.id);
            }
        }
    }

    fn own_person(&self, name: String, words: &Words) -> OwnPerson {
        let master = MasterSecret::of_words(words);
        let device = DeviceSecret::random(&mut *lock(&self.0.rng));
        let certificate = master.certify(device.id(), Scopes::ALL, Wall(self.0.now()).day());
        OwnPerson {
            name,
            master: stored::Seed(master.expose_seed()),
            device: stored::Seed(device.expose_seed()),
            certificate,
            seq: 0,
            prev: None,
        }
    }

    /// Changes what is kept, on disk first.
    async fn social<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Social) -> Result<R, SocialError> + Send + 'static,
    ) -> Result<R, SocialError> {
        let changed = self.blocking(move |inner| {
            inner.change(
                |kept| &mut kept.social,
                |social| {
                    let mut changed = social.clone();
                    // What is refused changes nothing, and is no fault of the disk.
                    Ok(change(&mut changed).inspect(|_| *social = changed))
                },
            )
        });
        match changed.await {
            Ok(done) => done,
            Err(ProfileError::Newer) => Err(SocialError::Newer),
            Err(ProfileError::Node(error)) => Err(error.into()),
            Err(other) => Err(SocialError::Disk(other.to_string())),
        }
    }

    /// Stores and announces a post, in a task of its own. The number of these is bounded by the list.
    fn go_on(&self, id: EnvelopeId) {
        let profile = self.clone();
        tokio::spawn(async move {
            let mut tries = 0;
            loop {
                let ended = profile.say(id).await;
                lock(&profile.0.work).remove(&id);
                match ended {
                    // The node stops: it is gone on with at the next start.
                    Ok(()) | Err(SocialError::Node(HandleError::Stopping)) => return,
                    Err(error) if is_final(&error) => return profile.give_up(id, &error).await,
                    // A full disk, a busy node, a network that is away: all of them pass.
                    Err(_) => sleep(retry(&mut tries)).await,
                }
            }
        });
    }

    async fn give_up(&self, id: EnvelopeId, error: &SocialError) {
        // It names neither board nor identity.
        tracing::warn!(code = error.code(), "a post was given up");
        let reason = error.to_string();
        let failed = self.update(id, move |said| {
            said.state = stored::SaidState::Failed;
            said.error = Some(reason);
            said.envelope.clear();
        });
        // A disk that does not take this leaves the post on its way, and the next start tries again.
        let _ = failed.await;
    }

    async fn update(&self, id: EnvelopeId, change: impl FnOnce(&mut Said) + Send + 'static) -> Result<(), SocialError> {
        self.social(move |social| {
            if let Some(said) = social.said.iter_mut().find(|said| said.id == id) {
                change(said);
            }
            Ok(())
        })
        .await
    }

    async fn say(&self, id: EnvelopeId) -> Result<(), SocialError> {
        let said = self.0.read(|kept| kept.social.value.said.iter().find(|said| said.id == id).cloned());
        // Forgotten with its identity: nothing is left to do.
        let Some(said) = said.filter(|said| said.state.is_under_way()) else { return Ok(()) };
        let at = match &said.at {
            Some(at) => at.clone(),
            None => {
                let at = self.store_envelope(&said).await?;
                let kept = at.clone();
                self.update(id, move |said| {
                    said.at = Some(kept);
                    said.state = stored::SaidState::Stored;
                })
                .await?;
                at
            }
        };
        let receipts = self.announce(&said, at).await?;
        self.update(id, move |said| {
            said.state = stored::SaidState::Announced;
            said.receipts = receipts;
            said.envelope.clear();
        })
        .await
    }

    /// Stores the envelope, which gives the same link whenever it is done again.
    async fn store_envelope(&self, said: &Said) -> Result<Pointer, SocialError> {
        let node = &self.0.node;
        let bytes = base64::decode_vec(&said.envelope).map_err(|_| SocialError::Post(FormatError::Malformed))?;
        let secret = blake3::derive_key("roneo envelope convergence 1", said.id.as_bytes());
        let request = InsertRequest {
            length: bytes.len() as u64,
            name: String::new(),
            media_type: MEDIA_TYPE.to_owned(),
            secret: Some(ConvergenceSecret::from_bytes(secret)),
        };
        let job = node.insert(request, Box::new(InMemory::new(bytes))).await?;
        let mut status = node.job(job).await?;
        // Weak is enough to be read; the node goes on placing copies.
        while !status.state.is_settled() && status.state != JobState::Weak {
            status = node.job_change(job, status.revision).await?;
        }
        if let Some(error) = status.error {
            return Err(HandleError::Job(error).into());
        }
        let link: Option<Uri> = status.uri.and_then(|link| link.parse().ok());
        match link {
            Some(Uri::Chk(chk)) => Ok(Pointer::of(&chk)),
            _ => Err(SocialError::Post(FormatError::Malformed)),
        }
    }

    /// Announces until storers have signed for it, with more work where the record is full of what has
    /// more, and in a later hour if one passes meanwhile.
    async fn announce(&self, said: &Said, at: Pointer) -> Result<u8, SocialError> {
        let device = self.device_of(said)?;
        let announced = Announced { at, author: said.person };
        let (id, mut tries) = (said.id, 0);
        loop {
            let now = Wall(self.0.now());
            let hour = self.social(move |social| Ok(take_hour(social, id, now))).await?;
            let name = RecordName { tag: said.board.tag(), hour, shard: 0 };
            while Wall(self.0.now()) < opens(hour) {
                sleep(LOOK).await;
                self.0.open_still().map_err(|_| SocialError::Node(HandleError::Stopping))?;
            }
            let unproven = UnprovenAnnouncement::new(&said.board, name.hour, device.id(), &announced);
            let challenge = unproven.challenge(None);
            let mut proven: Option<roneo_social::Proof> = None;
            while name.takes_entries(Wall(self.0.now())) {
                // Where the record is full, less than the going rate would be answered with *full*.
                let floor = self.0.node.announcement_floor().await?;
                let there = self.gather_hour(name).await?.map(|gathered| gathered.record);
                let asked = there.and_then(|there| there.going_rate()).map_or(floor, |rate| rate.above()).max(floor);
                let proof = match proven.filter(|proof| proof.effort(&challenge) >= asked) {
                    Some(enough) => enough,
                    None => self.solve(id, Solver::new(challenge, asked, 0), asked).await?,
                };
                proven = Some(proof);
                let mut record = AnnouncementRecord::empty(name);
                let _ = record.offer(unproven.clone().prove(&proof, &device), floor);
                let announcing = timeout(ASK_PATIENCE, self.0.node.announce(record)).await;
                let receipts = announcing.unwrap_or(Ok(0))?;
                if receipts > 0 {
                    return Ok(receipts);
                }
                sleep(retry(&mut tries)).await;
                self.0.open_still().map_err(|_| SocialError::Node(HandleError::Stopping))?;
            }
        }
    }

    /// Works until there is a proof, or the node stops.
    async fn solve(&self, id: EnvelopeId, solver: Solver, floor: Effort) -> Result<roneo_social::Proof, SocialError> {
        // One at a time: a machine that has much to say is still somebody's machine.
        let _alone = self.0.solving.lock().await;
        let inner = Arc::clone(&self.0);
        let solved = spawn_blocking(move || {
            let mut solver = solver;
            loop {
                if inner.open_still().is_err() {
                    return None;
                }
                if let Some(proof) = solver.step(ATTEMPTS) {
                    return Some(proof);
                }
                let percent = solver.solutions().saturating_mul(100) / u64::from(floor.get());
                lock(&inner.work).insert(id, u32::try_from(percent).unwrap_or(u32::MAX));
            }
        });
        solved.await.ok().flatten().ok_or(SocialError::Node(HandleError::Stopping))
    }

    /// The key that signed a post: its announcement is believed under that one alone. An identity that was forgotten
    /// and brought back has another.
    fn device_of(&self, said: &Said) -> Result<DeviceSecret, SocialError> {
        let bytes = base64::decode_vec(&said.envelope).map_err(|_| SocialError::Post(FormatError::Malformed))?;
        let signed = Envelope::open(&bytes).map_err(|_| SocialError::Post(FormatError::Malformed))?;
        let device = signed.device().device;
        let found = self.0.read(|kept| {
            let people = &kept.social.value.people;
            people.iter().find(|person| person.certificate.device == device).map(|person| person.device.clone())
        });
        let seed = found.ok_or_else(|| SocialError::NoSuchIdentity(said.identity.clone()))?;
        Ok(DeviceSecret::from_seed(&seed.0))
    }

    /// Gathers the hours of a board, then fetches what is announced and was not read lately.
    async fn gather_board(&self, board: BoardId, hours: u64) -> Result<BoardView, SocialError> {
        let now = Wall(self.0.now());
        let hours = hours_read(now, hours);
        let mut view = BoardView { hours_asked: hours.len() as u64, ..BoardView::default() };
        // By all that an announcement says: a false one about a post stands beside the true one, never before it.
        let mut announced: BTreeMap<(Pointer, PersonId, DeviceId), Effort> = BTreeMap::new();
        let tag = board.tag();
        for hours in hours.chunks(FETCHES) {
            let gathering = hours.iter().map(|hour| self.gather_hour(RecordName { tag, hour: *hour, shard: 0 }));
            for gathered in futures_util::future::join_all(gathering).await {
                let Some(gathered) = gathered? else { continue };
                view.hours_heard += u64::from(gathered.answered > 0);
                for entry in gathered.record.entries() {
                    let Ok(what) = entry.open(&board) else {
                        view.lies += 1;
                        continue;
                    };
                    let effort = entry.effort(&tag, None);
                    let best = announced.entry((what.at, what.author, entry.device())).or_insert(effort);
                    *best = effort.max(*best);
                }
            }
        }
        let mut seen = BTreeSet::new();
        let pointers: Vec<Pointer> =
            announced.keys().map(|(at, ..)| at.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        let (deadline, mut shown) = (Instant::now() + READ_PATIENCE, 0);
        for (number, some) in pointers.chunks(FETCHES).enumerate() {
            // What a flood makes too much is told as missing, and what is read already is kept.
            if Instant::now() >= deadline || shown >= MAX_VIEW_LEN {
                view.missing += pointers.len() - number * FETCHES;
                break;
            }
            let read = futures_util::future::join_all(some.iter().map(|at| self.envelope(at))).await;
            for (at, read) in some.iter().zip(read) {
                let read = read?;
                for ((_, author, device), effort) in announced.range(all_of(at)).take_while(|((of, ..), _)| of == at) {
                    match &read {
                        Read::NotFound => view.missing += 1,
                        Read::Envelope(envelope) if is_as_announced(envelope, author, device, &board) => {
                            if envelope.is_ahead(now) {
                                view.early += 1;
                            } else if seen.insert(envelope.id()) {
                                let post = board_post(envelope, *effort);
                                shown += post.as_ref().map_or(0, |post| post.text.len());
                                view.posts.extend(post);
                            }
                        }
                        Read::Envelope(_) | Read::NoEnvelope => view.lies += 1,
                    }
                }
            }
        }
        view.posts.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        Ok(view)
    }

    /// One hour of a board; nothing where nobody could be asked in time.
    async fn gather_hour(&self, name: RecordName) -> Result<Option<Gathered>, SocialError> {
        match timeout(ASK_PATIENCE, self.0.node.gather(name)).await {
            Ok(Ok(gathered)) => Ok(Some(gathered)),
            Ok(Err(HandleError::Stopping)) => Err(HandleError::Stopping.into()),
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }

    /// An envelope, from what was read lately or from the network.
    async fn envelope(&self, at: &Pointer) -> Result<Read, SocialError> {
        if let Some(known) = lock(&self.0.read_lately).get(at) {
            return Ok(known.clone());
        }
        // In a task of its own: whoever reads may go away, and the fetch is ended all the same.
        let (node, uri) = (Arc::clone(&self.0.node), Uri::Chk(at.chk().clone()));
        let fetched = tokio::spawn(async move { fetched(&*node, uri).await }).await;
        let read = match fetched.unwrap_or(Err(HandleError::Stopping)) {
            Ok(bytes) => match Envelope::open(&bytes) {
                Ok(envelope) => Read::Envelope(Arc::new(envelope)),
                Err(_) => Read::NoEnvelope,
            },
            Err(HandleError::Job(JobError::Damaged { .. })) => Read::NoEnvelope,
            Err(HandleError::Stopping) => return Err(HandleError::Stopping.into()),
            Err(_) => return Ok(Read::NotFound),
        };
        let mut lately = lock(&self.0.read_lately);
        if lately.len() >= MAX_READ {
            // All at once: what is still on the boards that are read comes back with the next reading.
            lately.clear();
        }
        lately.insert(at.clone(), read.clone());
        Ok(read)
    }
}

/// The content behind a link, if it is no longer than an envelope.
async fn fetched(node: &dyn NodeHandle, uri: Uri) -> Result<Vec<u8>, HandleError> {
    let job = node.fetch(uri).await?;
    let read = timeout(ASK_PATIENCE, async {
        let mut bytes = Vec::new();
        while let Some(more) = node.read(job).await? {
            bytes.extend(more);
            if bytes.len() > MAX_ENVELOPE_LEN {
                break;
            }
        }
        Ok(bytes)
    });
    let read = read.await.unwrap_or(Err(HandleError::Busy("nobody answers")));
    let _ = node.cancel(job).await;
    read
}

/// Whether an envelope is what its announcement said: of that author and device, for that board, and something that
/// stands on boards.
fn is_as_announced(envelope: &Envelope, author: &PersonId, device: &DeviceId, board: &BoardId) -> bool {
    let boards = match envelope.body() {
        Body::Post(post) => &post.boards,
        Body::Reply(reply) => &reply.boards,
        _ => return false,
    };
    envelope.author() == *author && envelope.device().device == *device && boards.contains(board)
}

fn board_post(envelope: &Envelope, effort: Effort) -> Option<BoardPost> {
    let (title, text, lang, answers) = match envelope.body() {
        Body::Post(post) => (post.title.clone(), &post.text, &post.lang, None),
        Body::Reply(reply) => {
            let answers = Answers { root: reply.root.to_text(), parent: reply.parent.to_text() };
            (String::new(), &reply.text, &reply.lang, Some(answers))
        }
        _ => return None,
    };
    Some(BoardPost {
        id: envelope.id().to_text(),
        author: envelope.author().to_text(),
        fingerprint: fingerprints(&envelope.author()),
        time: envelope.time().0,
        title,
        text: text.clone(),
        lang: lang.clone(),
        answers,
        effort: effort.get(),
    })
}

fn fingerprints(person: &PersonId) -> InBothLanguages {
    let words = |language| fingerprint(person.as_bytes(), language);
    InBothLanguages { fr: words(WordLanguage::French), en: words(WordLanguage::English) }
}

fn identity(person: &OwnPerson) -> Identity {
    let id = MasterSecret::from_seed(&person.master.0).person();
    Identity { name: person.name.clone(), person: id.to_text(), fingerprint: fingerprints(&id) }
}

fn add_person(social: &mut Social, person: OwnPerson) -> Result<(), SocialError> {
    let same_key = |other: &OwnPerson| *other.master.0 == *person.master.0;
    if social.people.iter().any(|other| other.name == person.name) {
        return Err(SocialError::IdentityExists(person.name));
    }
    if social.people.iter().any(same_key) {
        return Err(SocialError::IdentityHere);
    }
    if social.people.len() >= MAX_IDENTITIES {
        return Err(SocialError::Full { what: "identities", most: MAX_IDENTITIES });
    }
    social.people.push(person);
    Ok(())
}

fn body(post: &NewPost, board: BoardId) -> Result<Body, SocialError> {
    let (boards, unknown) = (vec![board], roneo_social::Unknown::new());
    let (text, lang) = (post.text.replace("\r\n", "\n"), post.lang.clone());
    let (files, warning) = (Vec::new(), String::new());
    let Some(answers) = &post.answers else {
        let title = post.title.trim().to_owned();
        return Ok(Post { boards, title, text, lang, files, warning, unknown }.into());
    };
    let id = |text: &str| EnvelopeId::from_text(text).ok_or(SocialError::Id);
    let (root, parent) = (id(&answers.root)?, id(&answers.parent)?);
    Ok(Reply { boards, root, parent, text, lang, files, warning, unknown }.into())
}

/// Signs a body as the next thing that an identity says, and keeps it.
fn sign(social: &mut Social, name: &str, board: BoardId, body: Body, now: Wall) -> Result<Said, SocialError> {
    if social.said.iter().filter(|said| said.state.is_under_way()).count() >= MAX_UNDER_WAY {
        return Err(SocialError::Full { what: "posts on their way", most: MAX_UNDER_WAY });
    }
    let person = social.people.iter_mut().find(|person| person.name == name);
    let person = person.ok_or_else(|| SocialError::NoSuchIdentity(name.to_owned()))?;
    let (master, device) = (MasterSecret::from_seed(&person.master.0), DeviceSecret::from_seed(&person.device.0));
    if person.certificate.until < now.day().0.saturating_add(RENEW_DAYS) {
        person.certificate = master.certify(device.id(), Scopes::ALL, now.day());
    }
    let title = beginning(&body);
    let signer = Signer {
        device: &device,
        certificate: &person.certificate,
        person: master.person(),
        seq: person.seq,
        prev: person.prev,
    };
    let envelope = Envelope::seal(&signer, now, body).map_err(|error| match error {
        EnvelopeError::Format(error) => SocialError::Post(error),
        // The certificate was made a moment ago, by this master key for this device.
        _ => SocialError::Post(FormatError::Malformed),
    })?;
    (person.seq, person.prev) = (person.seq + 1, Some(envelope.id()));
    let said = Said {
        id: envelope.id(),
        identity: name.to_owned(),
        person: envelope.author(),
        board,
        title,
        time: now.0,
        state: stored::SaidState::Signed,
        envelope: base64::encode(&envelope.to_bytes()),
        at: None,
        receipts: 0,
        hour: None,
        error: None,
    };
    social.said.push(said.clone());
    while social.said.len() > MAX_ANNOUNCED + MAX_UNDER_WAY {
        let Some(oldest) = social.said.iter().position(|said| !said.state.is_under_way()) else { break };
        social.said.remove(oldest);
    }
    Ok(said)
}

/// The hour in which something is announced: the first from now on in whose record its device has room. What the
/// device announced there before would else give way to it.
fn take_hour(social: &mut Social, id: EnvelopeId, now: Wall) -> u32 {
    let Some(at) = social.said.iter().position(|said| said.id == id) else { return hour_of(now) };
    let (board, person) = (social.said[at].board, social.said[at].person);
    let taken = |hour: u32| {
        let same =
            |said: &&Said| said.board == board && said.person == person && said.hour == Some(hour) && said.id != id;
        social.said.iter().filter(same).count()
    };
    let tag = board.tag();
    // So far ahead only a clock that was wrong then, or is wrong now, could have put it.
    let furthest = hour_of(now).saturating_add(MAX_UNDER_WAY as u32);
    let over = |hour: &u32| {
        let name = RecordName { tag, hour: *hour, shard: 0 };
        *hour > furthest || (!name.takes_entries(now) && opens(*hour) <= now)
    };
    let kept = social.said[at].hour.filter(|hour| !over(hour));
    let hour = kept.unwrap_or_else(|| {
        let first = hour_of(now);
        // As many posts are on their way at once as there are, so some hour before these has room.
        (first..=first.saturating_add(MAX_UNDER_WAY as u32)).find(|hour| taken(*hour) < MAX_PER_DEVICE).unwrap_or(first)
    });
    social.said[at].hour = Some(hour);
    hour
}

/// When the record of an hour begins to take entries.
fn opens(hour: u32) -> Wall {
    Wall((u64::from(hour) * 3_600).saturating_sub(GRACE_S))
}

/// What stands for a title in the list of one's own posts.
fn beginning(body: &Body) -> String {
    match body {
        Body::Post(post) => post.title.clone(),
        Body::Reply(reply) => {
            let line = reply.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
            let cut = line.floor_char_boundary(BEGINNING_LEN);
            if cut < line.len() { format!("{}…", &line[..cut]) } else { line.to_owned() }
        }
        _ => String::new(),
    }
}

fn shown(said: &Said, work_percent: u32, now: u64) -> Posting {
    Posting {
        id: said.id.to_text(),
        identity: said.identity.clone(),
        board: said.board.to_text(),
        title: said.title.clone(),
        time: said.time,
        state: match said.state {
            stored::SaidState::Signed => PostingState::Signed,
            stored::SaidState::Stored => PostingState::Stored,
            stored::SaidState::Announced => PostingState::Announced,
            stored::SaidState::Failed => PostingState::Failed,
        },
        receipts: said.receipts,
        work_percent,
        waits_until: said.hour.map(|hour| opens(hour).0).filter(|opens| *opens > now && said.state.is_under_way()),
        error: said.error.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Wall = Wall(498_600 * 3_600 + 1_800);

    fn person(social: &mut Social, name: &str, number: u8) {
        let master = MasterSecret::of_words(&Words::from_entropy([number; 32]));
        let device = DeviceSecret::from_seed(&[number; 32]);
        let certificate = master.certify(device.id(), Scopes::ALL, NOW.day());
        let own = OwnPerson {
            name: name.to_owned(),
            master: stored::Seed(master.expose_seed()),
            device: stored::Seed(device.expose_seed()),
            certificate,
            seq: 0,
            prev: None,
        };
        add_person(social, own).unwrap();
    }

    fn say(social: &mut Social, name: &str, title: &str) -> Result<EnvelopeId, SocialError> {
        let board = roneo_social::open_board("fr/logement", "fr").unwrap();
        let post = NewPost {
            identity: name.to_owned(),
            board: board.to_text(),
            title: title.to_owned(),
            text: String::new(),
            lang: "fr".to_owned(),
            answers: None,
        };
        sign(social, name, board, body(&post, board)?, NOW).map(|said| said.id)
    }

    #[test]
    fn what_is_more_than_one_device_may_say_waits_for_the_next_hour() {
        let mut social = Social::default();
        person(&mut social, "Ada", 1);
        person(&mut social, "Zola", 2);
        let ids: Vec<_> = (0..9).map(|number| say(&mut social, "Ada", &number.to_string()).unwrap()).collect();
        let hours: Vec<u32> = ids.iter().map(|id| take_hour(&mut social, *id, NOW) - 498_600).collect();
        assert_eq!(hours, [0, 0, 0, 0, 1, 1, 1, 1, 2]);
        let zola = say(&mut social, "Zola", "moi").unwrap();
        assert_eq!(take_hour(&mut social, zola, NOW), 498_600);
        // Asked again it is the same hour, until that is over.
        assert_eq!(take_hour(&mut social, ids[0], NOW), 498_600);
        let later = Wall(opens(498_602).0 + 3_600);
        assert_eq!(take_hour(&mut social, ids[0], later), hour_of(later));
    }

    #[test]
    fn a_clock_that_was_ahead_strands_nothing() {
        let mut social = Social::default();
        person(&mut social, "Ada", 1);
        let id = say(&mut social, "Ada", "a").unwrap();
        social.said[0].hour = Some(498_600 + 9_000);
        assert_eq!(take_hour(&mut social, id, NOW), 498_600);
    }

    #[test]
    fn the_hour_that_begins_is_read_beside_those_asked_for() {
        assert_eq!(hours_read(NOW, 1), [498_600]);
        assert_eq!(hours_read(NOW, 3), [498_600, 498_599, 498_598]);
        let late = Wall(498_600 * 3_600 + 3_000);
        assert_eq!(hours_read(late, 1), [498_601, 498_600]);
        assert_eq!(hours_read(Wall(10), 48), [0]);
    }

    #[test]
    fn each_device_counts_what_it_signs_and_names_the_last() {
        let mut social = Social::default();
        person(&mut social, "Ada", 1);
        let ids: Vec<_> = (0..3).map(|number| say(&mut social, "Ada", &number.to_string()).unwrap()).collect();
        let envelopes =
            social.said.iter().map(|said| Envelope::open(&base64::decode_vec(&said.envelope).unwrap()).unwrap());
        let places: Vec<_> = envelopes.map(|envelope| envelope.place()).collect();
        assert_eq!(places, [(0, None), (1, Some(ids[0])), (2, Some(ids[1]))]);
        // What is refused is not counted.
        assert!(matches!(say(&mut social, "Ada", ""), Err(SocialError::Post(FormatError::Field("title")))));
        assert!(matches!(say(&mut social, "Nana", "a"), Err(SocialError::NoSuchIdentity(_))));
        assert_eq!(social.people[0].seq, 3);
    }

    #[test]
    fn one_person_is_here_once_and_one_name_names_one() {
        let mut social = Social::default();
        person(&mut social, "Ada", 1);
        let mut again = social.people[0].clone();
        assert!(matches!(add_person(&mut social, again.clone()), Err(SocialError::IdentityExists(_))));
        again.name = "Autre".to_owned();
        assert!(matches!(add_person(&mut social, again), Err(SocialError::IdentityHere)));
    }

    #[test]
    fn only_so_many_posts_are_on_their_way() {
        let mut social = Social::default();
        person(&mut social, "Ada", 1);
        for number in 0..MAX_UNDER_WAY {
            say(&mut social, "Ada", &number.to_string()).unwrap();
        }
        assert!(matches!(say(&mut social, "Ada", "more"), Err(SocialError::Full { .. })));
        social.said[0].state = stored::SaidState::Announced;
        assert!(say(&mut social, "Ada", "more").is_ok());
        assert!(stored::encode(&social).is_some(), "it fits into its file");
    }
}
