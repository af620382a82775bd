//! What the user says: signed, stored, announced.
//!
//! It is signed and on disk before anything else is done with it; from there a task of its own stores it,
//! makes its proof of work and announces it, and goes on at the next start wherever it stopped. Storing the same
//! envelope again gives the same link, and announcing it again in the same hour the same entry, so a stop at any
//! moment costs time and says nothing twice.

use std::sync::Arc;
use std::time::Duration;

use roneo_client::handle::{
    AnnouncementRecord, Effort, HandleError, InMemory, InsertRequest, JobId, JobState, JobStatus, RecordName,
};
use roneo_client::social::{MAX_ANNOUNCED, MAX_UNDER_WAY, Posting, PostingState, SocialError, Statement};
use roneo_keys::time::Wall;
use roneo_keys::{ConvergenceSecret, Uri, base64};
use roneo_social::{
    Announced, BoardId, Body, Correction, DeviceSecret, Edit, Envelope, EnvelopeError, EnvelopeId, FormatError,
    GRACE_S, Label, LabelTarget, MasterSecret, PersonId, Pointer, Post, Reaction, Reply, Retraction, Scopes, Signer,
    Solver, Unknown, UnprovenAnnouncement, hour_of,
};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::lanes::{self, Lane};
use super::social::ASK_PATIENCE;
use super::stored::{self, OwnPerson, Said, Social};
use super::{Profile, lock};

/// The media type of an envelope.
pub(super) const MEDIA_TYPE: &str = "application/vnd.roneo.envelope";
/// Nonces tried between two looks at whether the node stops: about a tenth of a second.
const ATTEMPTS: u32 = 10;
/// Waits between two tries to store or announce.
const RETRIES: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60)];
/// Time between two looks at the clock, while the record of an hour is not open yet.
const LOOK: Duration = Duration::from_secs(5);
/// Days before its end from which a device's certificate is made anew.
const RENEW_DAYS: u32 = 30;
/// Bytes of an answer's beginning that stands for a title.
const BEGINNING_LEN: usize = 60;

/// The secret under which an envelope is stored.
pub(super) fn envelope_secret(id: &EnvelopeId) -> ConvergenceSecret {
    ConvergenceSecret::from_bytes(blake3::derive_key("roneo envelope convergence 1", id.as_bytes()))
}

/// Whether trying again would end the same.
pub(super) fn is_final(error: &SocialError) -> bool {
    matches!(
        error,
        SocialError::NoSuchIdentity(_) | SocialError::OtherMachine | SocialError::Post(_) | SocialError::Newer
    )
}

/// How long to wait before the next try.
pub(super) fn retry(tries: &mut usize) -> Duration {
    let wait = RETRIES[(*tries).min(RETRIES.len() - 1)];
    *tries += 1;
    wait
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

    /// Stores and announces a post, in a task of its own. The number of these is bounded by the list.
    pub(super) fn go_on(&self, id: EnvelopeId) {
        if !lock(&self.0.under_way).insert(id) {
            return;
        }
        let profile = self.clone();
        tokio::spawn(async move {
            let mut tries = 0;
            loop {
                let ended = profile.say(id).await;
                lock(&profile.0.work).remove(&id);
                match ended {
                    // The node stops: it is gone on with at the next start.
                    Ok(()) | Err(SocialError::Node(HandleError::Stopping)) => break,
                    Err(error) if is_final(&error) => break profile.give_up(id, &error).await,
                    // A full disk, a busy node, a network that is away: all of them pass.
                    Err(_) => sleep(retry(&mut tries)).await,
                }
            }
            lock(&profile.0.under_way).remove(&id);
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
        self.note(move |social| {
            if let Some(said) = social.said.iter_mut().find(|said| said.id == id) {
                change(said);
            }
        })
        .await
    }

    async fn say(&self, id: EnvelopeId) -> Result<(), SocialError> {
        let said = self.0.read(|kept| kept.social.value.said.iter().find(|said| said.id == id).cloned());
        let now = Wall(self.0.now());
        // Forgotten with its identity: nothing is left to do.
        let Some(said) = said.filter(|said| said.state.is_under_way()) else { return Ok(()) };
        // A clock that was ahead when it was signed strands nothing.
        while (said.time..said.not_before).contains(&self.0.now()) {
            sleep(LOOK).await;
            self.0.open_still().map_err(|_| SocialError::Node(HandleError::Stopping))?;
        }
        let at = match &said.at {
            Some(at) => at.clone(),
            None => {
                let bytes =
                    base64::decode_vec(&said.envelope).map_err(|_| SocialError::Post(FormatError::Malformed))?;
                let at = self.store_envelope(&said.id, bytes).await?;
                let kept = at.clone();
                self.note(move |social| stored_at(social, id, kept)).await?;
                // Who follows its author finds it there, whatever becomes of the announcement.
                self.publish_soon(said.person);
                at
            }
        };
        let leads = self.0.read(|kept| kept.social.value.said.iter().any(|other| leads_to(other, &said, now)));
        if leads {
            return self
                .update(id, |said| {
                    said.state = stored::SaidState::Published;
                    said.envelope.clear();
                })
                .await;
        }
        let receipts = self.announce(&said, at).await?;
        self.update(id, move |said| {
            said.state = stored::SaidState::Announced;
            said.receipts = receipts;
            said.envelope.clear();
        })
        .await
    }

    /// Stores the envelope, which gives the same link whenever it is done again.
    pub(super) async fn store_envelope(&self, id: &EnvelopeId, bytes: Vec<u8>) -> Result<Pointer, SocialError> {
        self.store(MEDIA_TYPE, bytes, envelope_secret(id)).await
    }

    /// Stores content under a secret of its own, so that storing the same again gives the same link.
    pub(super) async fn store(
        &self,
        media_type: &str,
        bytes: Vec<u8>,
        secret: ConvergenceSecret,
    ) -> Result<Pointer, SocialError> {
        let node = &self.0.node;
        let request = InsertRequest {
            length: bytes.len() as u64,
            name: String::new(),
            media_type: media_type.to_owned(),
            secret: Some(secret),
        };
        let job = node.insert(request, Box::new(InMemory::new(bytes))).await?;
        let status = self.settled(job).await?;
        let link: Option<Uri> = status.uri.and_then(|link| link.parse().ok());
        match link {
            Some(Uri::Chk(chk)) => Ok(Pointer::of(&chk)),
            _ => Err(SocialError::Post(FormatError::Malformed)),
        }
    }

    /// What became of a job that stores something.
    pub(super) async fn settled(&self, job: JobId) -> Result<JobStatus, SocialError> {
        let mut status = self.0.node.job(job).await?;
        // Weak is enough to be read; the node goes on placing copies.
        while !status.state.is_settled() && status.state != JobState::Weak {
            status = self.0.node.job_change(job, status.revision).await?;
        }
        status.error.take().map_or(Ok(status), |error| Err(HandleError::Job(error).into()))
    }

    /// Announces until storers have signed for it, with more work where the record is full of what has
    /// more, and in a later hour if one passes meanwhile.
    async fn announce(&self, said: &Said, at: Pointer) -> Result<u8, SocialError> {
        let device = self.device_of(said)?;
        let announced = Announced { at, author: said.person };
        let (id, mut tries) = (said.id, 0);
        loop {
            let now = Wall(self.0.now());
            let lane =
                self.0.read(|kept| Lane::of(&kept.boards.value, &said.board, &said.person, &device.id(), now.day()));
            let most = lane.most();
            let hour = self.social(move |social| Ok(take_hour(social, id, now, most))).await?;
            let name = lane.record(&said.board, hour);
            while Wall(self.0.now()) < opens(hour) {
                sleep(LOOK).await;
                self.0.open_still().map_err(|_| SocialError::Node(HandleError::Stopping))?;
            }
            let mut proven = None;
            while name.takes_entries(Wall(self.0.now())) {
                let record = match &lane {
                    Lane::Vouched(roster, admission) => {
                        let board = (&said.board, roster);
                        // The roster and the day were just looked at: what nobody would take is never made here.
                        lanes::vouched_record(board, hour, &device, admission, &announced)
                            .map_err(|_| SocialError::NoLongerInvited)?
                    }
                    Lane::Open | Lane::Newcomer(_) => {
                        self.worked_record(said, &lane, name, (&device, &announced), &mut proven).await?
                    }
                };
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

    /// A record with one entry that stands by work, as much as it takes now. `proven` is what was done for it before.
    async fn worked_record(
        &self,
        said: &Said,
        lane: &Lane,
        name: RecordName,
        (device, announced): (&DeviceSecret, &Announced),
        proven: &mut Option<roneo_social::Proof>,
    ) -> Result<AnnouncementRecord, SocialError> {
        let there = self.gather_hour(name).await?.map(|gathered| gathered.record);
        let (mut record, beacon, unproven) = match lane {
            Lane::Newcomer(roster) => {
                let there = there.as_ref().filter(|there| there.roster() == Some(roster));
                let beacon = there.and_then(|there| there.beacon().copied());
                let mut record = AnnouncementRecord::under(roster, name.hour);
                let beacon = beacon.filter(|beacon| record.learn(*beacon).is_ok());
                let board = (&said.board, roster);
                let begun = UnprovenAnnouncement::newcomer(board, name.hour, device.id(), announced, beacon.as_ref());
                // A beacon that a record has learned is fresh in it.
                (record, beacon, begun.map_err(|_| SocialError::Post(FormatError::Malformed))?)
            }
            _ => {
                let begun = UnprovenAnnouncement::new(&said.board, name.hour, device.id(), announced);
                (AnnouncementRecord::empty(name), None, begun)
            }
        };
        let challenge = unproven.challenge(beacon.as_ref().map(|beacon| beacon.value.as_bytes()));
        let floor = self.0.node.announcement_floor().await?;
        let bound = |effort: Effort| if beacon.is_some() { effort.with_beacon() } else { effort };
        // With less nobody would fetch it unasked, or the record, if it is full, not even take it.
        let rate = there.and_then(|there| there.fetched_rate()).map_or(floor, |rate| rate.above()).max(floor);
        let asked = bound(rate);
        let proof = match proven.filter(|proof| proof.effort(&challenge) >= asked) {
            Some(enough) => enough,
            None => self.solve(said.id, Solver::new(challenge, asked, 0), asked).await?,
        };
        *proven = Some(proof);
        let _ = record.offer(unproven.prove(&proof, device), floor);
        Ok(record)
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
        let own = self.0.read(|kept| kept.social.value.people.iter().find(|own| own.person() == said.person).cloned());
        let own = own.ok_or_else(|| SocialError::NoSuchIdentity(said.identity.clone()))?;
        let seed = Some(own.device).filter(|_| own.certificate.device == device).ok_or(SocialError::OtherMachine)?;
        Ok(DeviceSecret::from_seed(&seed.0))
    }
}

/// What a statement becomes, said on `board`.
pub(super) fn body(statement: Statement, board: BoardId) -> Result<Body, SocialError> {
    let (boards, unknown) = (vec![board], Unknown::new());
    let id = |text: &str| EnvelopeId::from_text(text).ok_or(SocialError::Id);
    let (files, warning) = (Vec::new(), String::new());
    Ok(match statement {
        Statement::Post { title, text, lang, answers: None } => {
            Post { boards, title: title.trim().to_owned(), text: lines(&text), lang, files, warning, unknown }.into()
        }
        Statement::Post { text, lang, answers: Some(answers), .. } => {
            let (root, parent) = (id(&answers.root)?, id(&answers.parent)?);
            Reply { boards, root, parent, text: lines(&text), lang, files, warning, unknown }.into()
        }
        Statement::React { target, word } => Reaction { target: id(&target)?, word, unknown }.into(),
        Statement::Edit { target, title, text, lang, reason } => {
            let (target, title) = (id(&target)?, title.trim().to_owned());
            Edit { target, title, text: lines(&text), lang, files, warning, reason, unknown }.into()
        }
        Statement::Retract { target, reason } => Retraction { target: id(&target)?, reason, unknown }.into(),
        Statement::Correct { target, text, lang, sources } => {
            Correction { target: id(&target)?, boards, text: lines(&text), lang, sources, unknown }.into()
        }
        Statement::Label { post, person, tag, reason, until, retracts, everywhere } => {
            let target = match (post, person) {
                (Some(post), None) => LabelTarget::Post(id(&post)?),
                (None, Some(person)) => LabelTarget::Person(PersonId::from_text(&person).ok_or(SocialError::Id)?),
                _ => return Err(SocialError::Id),
            };
            let retracts = retracts.as_deref().map(id).transpose()?;
            Label { target, tag, board: (!everywhere).then_some(board), reason, until, retracts, unknown }.into()
        }
    })
}

/// Lines as the format has them, however a form sent them.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// Signs a body as the next thing that an identity says here.
pub(super) fn seal(person: &mut OwnPerson, body: impl Into<Body>, now: Wall) -> Result<Envelope, SocialError> {
    let (master, device) = (MasterSecret::from_seed(&person.master.0), DeviceSecret::from_seed(&person.device.0));
    if person.certificate.until < now.day().0.saturating_add(RENEW_DAYS) {
        person.certificate = master.certify(device.id(), Scopes::ALL, now.day());
    }
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
    Ok(envelope)
}

/// Signs what an identity says on a board, and keeps it.
pub(super) fn sign(
    social: &mut Social,
    name: &str,
    board: BoardId,
    body: Body,
    (now, not_before): (Wall, u64),
) -> Result<Said, SocialError> {
    if social.said.iter().filter(|said| said.state.is_under_way()).count() >= MAX_UNDER_WAY {
        return Err(SocialError::Full { what: "posts on their way", most: MAX_UNDER_WAY });
    }
    let person = social.people.iter_mut().find(|person| person.name == name);
    let person = person.ok_or_else(|| SocialError::NoSuchIdentity(name.to_owned()))?;
    let (kind, title) = (body.kind().to_owned(), beginning(&body));
    let envelope = seal(person, body, now)?;
    let said = Said {
        id: envelope.id(),
        kind,
        identity: name.to_owned(),
        person: envelope.author(),
        board,
        title,
        time: now.0,
        not_before,
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

/// Notes where something lies, also in the outbox of who said it.
fn stored_at(social: &mut Social, id: EnvelopeId, at: Pointer) {
    let Some(said) = social.said.iter_mut().find(|said| said.id == id) else { return };
    (said.at, said.state) = (Some(at), stored::SaidState::Stored);
    let said = said.clone();
    if let Some(person) = social.people.iter_mut().find(|own| own.person() == said.person) {
        person.outbox.add(&said);
    }
}

/// Whether `said` is found without being announced: it is no sentence of its own, and whoever hears `other` this hour
/// looks into the outbox of their author.
fn leads_to(other: &Said, said: &Said, now: Wall) -> bool {
    let aside = matches!(said.kind.as_str(), "react" | "edit" | "retract" | "label");
    let heard = other.hour == Some(hour_of(now)) && other.state == stored::SaidState::Announced;
    aside && heard && other.id != said.id && (other.person, other.board) == (said.person, said.board)
}

/// The hour in which something is announced: the first from now on in whose record its device, which has `most` places,
/// has room. What the
/// device announced there before would else give way to it.
fn take_hour(social: &mut Social, id: EnvelopeId, now: Wall, most: usize) -> u32 {
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
        (first..=first.saturating_add(MAX_UNDER_WAY as u32)).find(|hour| taken(*hour) < most).unwrap_or(first)
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
    let text = match body {
        Body::Post(post) => return post.title.clone(),
        Body::Reply(reply) => &reply.text,
        Body::Edit(edit) if !edit.title.is_empty() => return edit.title.clone(),
        Body::Edit(edit) => &edit.text,
        Body::Correction(correction) => &correction.text,
        Body::Retraction(retraction) => &retraction.reason,
        Body::Label(label) => &label.reason,
        _ => return String::new(),
    };
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let cut = line.floor_char_boundary(BEGINNING_LEN);
    if cut < line.len() { format!("{}…", &line[..cut]) } else { line.to_owned() }
}

pub(super) fn shown(said: &Said, work_percent: u32, now: u64) -> Posting {
    Posting {
        id: said.id.to_text(),
        kind: said.kind.clone(),
        identity: said.identity.clone(),
        board: said.board.to_text(),
        title: said.title.clone(),
        time: said.time,
        state: match said.state {
            stored::SaidState::Signed => PostingState::Signed,
            stored::SaidState::Stored => PostingState::Stored,
            stored::SaidState::Announced => PostingState::Announced,
            stored::SaidState::Published => PostingState::Published,
            stored::SaidState::Failed => PostingState::Failed,
        },
        receipts: said.receipts,
        work_percent,
        waits_until: said
            .hour
            .map(|hour| opens(hour).0)
            .max(Some(said.not_before))
            .filter(|until| *until > now && said.state.is_under_way()),
        error: said.error.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::social::add_person;
    use super::*;
    use roneo_social::{MAX_PER_DEVICE, Words};

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
            profile: None,
            outbox: stored::OwnOutbox::default(),
        };
        add_person(social, own).unwrap();
    }

    fn say(social: &mut Social, name: &str, title: &str) -> Result<EnvelopeId, SocialError> {
        let board = roneo_social::open_board("fr/logement", "fr").unwrap();
        let post =
            Statement::Post { title: title.to_owned(), text: String::new(), lang: "fr".to_owned(), answers: None };
        sign(social, name, board, body(post, board)?, (NOW, 0)).map(|said| said.id)
    }

    #[test]
    fn what_is_more_than_one_device_may_say_waits_for_the_next_hour() {
        let mut social = Social::default();
        person(&mut social, "Ada", 1);
        person(&mut social, "Zola", 2);
        let ids: Vec<_> = (0..9).map(|number| say(&mut social, "Ada", &number.to_string()).unwrap()).collect();
        let hours: Vec<u32> = ids.iter().map(|id| take_hour(&mut social, *id, NOW, MAX_PER_DEVICE) - 498_600).collect();
        assert_eq!(hours, [0, 0, 0, 0, 1, 1, 1, 1, 2]);
        let zola = say(&mut social, "Zola", "moi").unwrap();
        assert_eq!(take_hour(&mut social, zola, NOW, MAX_PER_DEVICE), 498_600);
        // Asked again it is the same hour, until that is over.
        assert_eq!(take_hour(&mut social, ids[0], NOW, MAX_PER_DEVICE), 498_600);
        let later = Wall(opens(498_602).0 + 3_600);
        assert_eq!(take_hour(&mut social, ids[0], later, MAX_PER_DEVICE), hour_of(later));
    }

    #[test]
    fn what_changes_or_answers_in_a_word_takes_no_place_of_a_sentence() {
        let mut social = Social::default();
        person(&mut social, "Ada", 1);
        let post = say(&mut social, "Ada", "a").unwrap();
        let board = social.said[0].board;
        let word = Statement::React { target: post.to_text(), word: roneo_social::ReactionWord::Thanks };
        let word = sign(&mut social, "Ada", board, body(word, board).unwrap(), (NOW, 0)).unwrap();
        assert!(!leads_to(&social.said[0], &word, NOW), "nobody has heard of Ada this hour");
        take_hour(&mut social, post, NOW, MAX_PER_DEVICE);
        assert!(!leads_to(&social.said[0], &word, NOW), "nor will they before it is announced");
        social.said[0].state = stored::SaidState::Announced;
        assert!(leads_to(&social.said[0], &word, NOW));
        assert!(!leads_to(&social.said[0], &word, Wall(NOW.0 + 3_600)));
        let other = Said { kind: "post".to_owned(), ..word };
        assert!(!leads_to(&social.said[0], &other, NOW), "a sentence is announced");
    }

    #[test]
    fn a_clock_that_was_ahead_strands_nothing() {
        let mut social = Social::default();
        person(&mut social, "Ada", 1);
        let id = say(&mut social, "Ada", "a").unwrap();
        social.said[0].hour = Some(498_600 + 9_000);
        assert_eq!(take_hour(&mut social, id, NOW, MAX_PER_DEVICE), 498_600);
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
