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
    AnnouncementRecord, Effort, HandleError, InMemory, InsertRequest, JobState, NodeHandle, RecordName,
};
use roneo_client::profile::ProfileError;
use roneo_client::social::{
    Answers, BoardPost, BoardView, Identity, InBothLanguages, MAX_ANNOUNCED, MAX_HOURS, MAX_IDENTITIES, MAX_UNDER_WAY,
    MadeIdentity, NewIdentity, NewPost, Posting, PostingState, SocialError, SocialFuture, SocialHandle, WordsIn,
};
use roneo_keys::time::Wall;
use roneo_keys::{Chk, ConvergenceSecret, Locator, Uri, base64};
use roneo_social::{
    Announced, BoardId, Body, DeviceSecret, Envelope, EnvelopeError, EnvelopeId, FormatError, MAX_ENVELOPE_LEN,
    MasterSecret, PersonId, Pointer, Post, Reply, Scopes, Signer, Solver, UnprovenAnnouncement, WordLanguage, Words,
    clean_name, fingerprint, hour_of,
};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::stored::{self, OwnPerson, Said, Social};
use super::{Profile, lock};

/// The media type of an envelope.
const MEDIA_TYPE: &str = "application/vnd.roneo.envelope";
/// Nonces tried between two looks at whether the node stops: about a tenth of a second.
const ATTEMPTS: u32 = 10;
/// Waits between two tries to announce.
const RETRIES: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60)];
/// Days before its end from which a device's certificate is made anew.
const RENEW_DAYS: u32 = 30;
/// Envelopes that were read and are kept in memory, at most; about 4 KB each.
const MAX_READ: usize = 1_024;
/// Posts fetched at one time.
const FETCHES: usize = 8;
/// Bytes of an answer's beginning that stands for a title.
const BEGINNING_LEN: usize = 60;

/// Envelopes that were read lately, by where they lie.
pub(super) type ReadLately = BTreeMap<Locator, Arc<Envelope>>;

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
            if social.people.len() == before { Err(SocialError::NoSuchIdentity(person)) } else { Ok(()) }
        }))
    }

    fn post(&self, post: NewPost) -> SocialFuture<'_, Posting> {
        Box::pin(async move {
            let board = BoardId::from_text(&post.board).ok_or(SocialError::Board)?;
            let body = body(&post, board)?;
            let now = Wall(self.0.now());
            let said = self.social(move |social| sign(social, &post.identity, board, body, now)).await?;
            let posting = shown(&said, 0);
            self.go_on(said);
            Ok(posting)
        })
    }

    fn postings(&self) -> SocialFuture<'_, Vec<Posting>> {
        let work = lock(&self.0.work).clone();
        let shown = |said: &Said| shown(said, work.get(&said.id).copied().unwrap_or_default());
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
                self.go_on(said);
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
            // What the change itself refuses is no fault of the disk.
            let mut refused = None;
            let outcome = inner.change(
                |kept| &mut kept.social,
                |social| {
                    let before = social.clone();
                    match change(social) {
                        Ok(done) => Ok(Some(done)),
                        Err(error) => {
                            (*social, refused) = (before, Some(error));
                            Ok(None)
                        }
                    }
                },
            )?;
            Ok(outcome.ok_or(refused))
        });
        match changed.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(refused)) => Err(refused.unwrap_or(SocialError::Node(HandleError::Stopping))),
            Err(ProfileError::Newer) => Err(SocialError::Newer),
            Err(ProfileError::Node(error)) => Err(error.into()),
            Err(other) => Err(SocialError::Disk(other.to_string())),
        }
    }

    /// Stores and announces a post, in a task of its own. The number of these is bounded by the list.
    fn go_on(&self, said: Said) {
        let profile = self.clone();
        tokio::spawn(async move {
            let id = said.id;
            let ended = profile.say(said).await;
            lock(&profile.0.work).remove(&id);
            match ended {
                // The node stops: it is gone on with at the next start.
                Ok(()) | Err(SocialError::Node(HandleError::Stopping)) => {}
                Err(error) => {
                    // It names neither board nor identity.
                    tracing::warn!(code = error.code(), "a post was given up");
                    let reason = error.to_string();
                    let failed = profile.update(id, move |said| {
                        said.state = stored::SaidState::Failed;
                        said.error = Some(reason);
                        said.envelope.clear();
                    });
                    // A disk that does not take this leaves the post on its way, and the next start tries again.
                    let _ = failed.await;
                }
            }
        });
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

    async fn say(&self, said: Said) -> Result<(), SocialError> {
        let id = said.id;
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

    /// Announces until storers have signed for it; in a later hour with new work, if one passes meanwhile.
    async fn announce(&self, said: &Said, at: Pointer) -> Result<u8, SocialError> {
        let device = self.device_of(said)?;
        let announced = Announced { at, author: said.person };
        let mut tries = 0;
        loop {
            let floor = self.0.node.announcement_floor().await?;
            let name = RecordName { tag: said.board.tag(), hour: hour_of(Wall(self.0.now())), shard: 0 };
            let unproven = UnprovenAnnouncement::new(&said.board, name.hour, device.id(), &announced);
            let mut record = AnnouncementRecord::empty(name);
            let proof = self.solve(said.id, Solver::new(unproven.challenge(None), floor, 0), floor).await?;
            let entry = unproven.prove(&proof, &device);
            let _ = record.offer(entry, floor);
            while name.takes_entries(Wall(self.0.now())) {
                let receipts = self.0.node.announce(record.clone()).await?;
                if receipts > 0 {
                    return Ok(receipts);
                }
                sleep(RETRIES[tries.min(RETRIES.len() - 1)]).await;
                tries += 1;
                self.0.open_still().map_err(|_| SocialError::Node(HandleError::Stopping))?;
            }
        }
    }

    /// Works until there is a proof, or the node stops.
    async fn solve(&self, id: EnvelopeId, solver: Solver, floor: Effort) -> Result<roneo_social::Proof, SocialError> {
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

    fn device_of(&self, said: &Said) -> Result<DeviceSecret, SocialError> {
        let found = self.0.read(|kept| {
            let people = &kept.social.value.people;
            people.iter().find(|person| person.name == said.identity).map(|person| person.device.clone())
        });
        let seed = found.ok_or_else(|| SocialError::NoSuchIdentity(said.identity.clone()))?;
        Ok(DeviceSecret::from_seed(&seed.0))
    }

    /// Gathers the hours of a board, then fetches what is announced and was not read lately.
    async fn gather_board(&self, board: BoardId, hours: u64) -> Result<BoardView, SocialError> {
        let newest = hour_of(Wall(self.0.now()));
        let oldest = newest.saturating_sub(u32::try_from(hours - 1).unwrap_or(u32::MAX));
        let mut view = BoardView { hours_asked: hours, ..BoardView::default() };
        let mut announced: BTreeMap<Locator, (Announced, roneo_social::DeviceId, Effort)> = BTreeMap::new();
        let tag = board.tag();
        for hours in (oldest..=newest).rev().collect::<Vec<_>>().chunks(FETCHES) {
            let gathering = hours.iter().map(|hour| self.0.node.gather(RecordName { tag, hour: *hour, shard: 0 }));
            for gathered in futures_util::future::join_all(gathering).await {
                let gathered = gathered?;
                view.hours_heard += u64::from(gathered.answered > 0);
                for entry in gathered.record.entries() {
                    let Ok(what) = entry.open(&board) else {
                        view.lies += 1;
                        continue;
                    };
                    let effort = entry.effort(&tag, None);
                    announced.entry(what.at.chk().root).or_insert((what, entry.device(), effort));
                }
            }
        }
        let mut seen = BTreeSet::new();
        let announced: Vec<_> = announced.into_values().collect();
        for some in announced.chunks(FETCHES) {
            let reading = some.iter().map(|(what, ..)| self.envelope(what.at.chk()));
            let read = futures_util::future::join_all(reading).await;
            for ((what, device, effort), envelope) in some.iter().zip(read) {
                match envelope? {
                    None => view.missing += 1,
                    Some(envelope) if is_as_announced(&envelope, what, device, &board) => {
                        if seen.insert(envelope.id()) {
                            view.posts.extend(board_post(&envelope, *effort));
                        }
                    }
                    Some(_) => view.lies += 1,
                }
            }
        }
        view.posts.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        Ok(view)
    }

    /// An envelope, from what was read lately or from the network; nothing where it cannot be had now.
    async fn envelope(&self, chk: &Chk) -> Result<Option<Arc<Envelope>>, SocialError> {
        if let Some(known) = lock(&self.0.read_lately).get(&chk.root) {
            return Ok(Some(Arc::clone(known)));
        }
        let bytes = match fetched(&*self.0.node, Uri::Chk(chk.clone())).await {
            Ok(bytes) => bytes,
            Err(HandleError::Job(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Ok(envelope) = Envelope::open(&bytes) else { return Ok(None) };
        let envelope = Arc::new(envelope);
        let mut lately = lock(&self.0.read_lately);
        while lately.len() >= MAX_READ {
            lately.pop_first();
        }
        lately.insert(chk.root, Arc::clone(&envelope));
        Ok(Some(envelope))
    }
}

/// The content behind a link, if it is no longer than an envelope.
async fn fetched(node: &dyn NodeHandle, uri: Uri) -> Result<Vec<u8>, HandleError> {
    let job = node.fetch(uri).await?;
    let mut bytes = Vec::new();
    let read = loop {
        match node.read(job).await {
            Ok(Some(more)) => bytes.extend(more),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if bytes.len() > MAX_ENVELOPE_LEN {
            break Ok(());
        }
    };
    let _ = node.cancel(job).await;
    read.map(|()| bytes)
}

/// Whether an envelope is what its announcement said: of that author and device, for that board, and something that
/// stands on boards.
fn is_as_announced(envelope: &Envelope, what: &Announced, device: &roneo_social::DeviceId, board: &BoardId) -> bool {
    let boards = match envelope.body() {
        Body::Post(post) => &post.boards,
        Body::Reply(reply) => &reply.boards,
        _ => return false,
    };
    envelope.author() == what.author && envelope.device().device == *device && boards.contains(board)
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
        error: None,
    };
    social.said.push(said.clone());
    while social.said.len() > MAX_ANNOUNCED + MAX_UNDER_WAY {
        let Some(oldest) = social.said.iter().position(|said| !said.state.is_under_way()) else { break };
        social.said.remove(oldest);
    }
    Ok(said)
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

fn shown(said: &Said, work_percent: u32) -> Posting {
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
        error: said.error.clone(),
    }
}
