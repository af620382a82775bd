//! Who the user is, what they say on boards, and what they read there: [`SocialHandle`] for a profile.

use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::RngExt as _;

use roneo_client::profile::ProfileError;
use roneo_client::social::{
    BoardRow, BoardView, Curator, Draft, DraftRow, FollowedView, Found, Identity, InBothLanguages, MAX_HOURS,
    MAX_IDENTITIES, MadeIdentity, Marks, NewIdentity, NewStatement, Paging, PersonChange, PersonView, Posting, Search,
    SocialError, SocialFuture, SocialHandle, Tab, ThreadList, ThreadView, WordsIn,
};
use roneo_keys::base64;
use roneo_keys::time::Wall;
use roneo_social::{
    BoardId, Body, DeviceSecret, Edit, MasterSecret, PersonId, RecoverySecret, Retraction, Scopes, Unknown,
    WordLanguage, Words, clean_name, fingerprint,
};

use super::say::{body, shown, sign};
use super::stored::{self, OwnPerson, OwnProfile, Said, Social, Stored};
use super::{File, Kept, Profile, lock};

/// How long one question to the network may take: a node without a path to anybody would wait for ever.
pub(super) const ASK_PATIENCE: Duration = Duration::from_secs(60);

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
            let person = self.own_person(name, &words, language);
            let identity = identity(&person);
            self.social(move |social| add_person(social, person)).await?;
            self.tell_index_who().await;
            self.publish_soon(MasterSecret::of_words(&words).person());
            Ok(MadeIdentity { identity, words: fresh.then(|| words.to_text(language)) })
        })
    }

    fn forget_identity(&self, person: String) -> SocialFuture<'_, ()> {
        Box::pin(async move {
            self.social(move |social| {
                let before = social.people.len();
                social.people.retain(|own| identity(own).person != person);
                social.said.retain(|said| said.person.to_text() != person);
                if social.people.len() == before { Err(SocialError::NoSuchIdentity(person)) } else { Ok(()) }
            })
            .await?;
            self.tell_index_who().await;
            Ok(())
        })
    }

    fn say(&self, new: NewStatement) -> SocialFuture<'_, Posting> {
        Box::pin(async move {
            let NewStatement { identity, board, statement, now: at_once } = new;
            let board = BoardId::from_text(&board).ok_or(SocialError::Board)?;
            let body = body(statement, board)?;
            if let Body::Edit(Edit { target, .. }) | Body::Retraction(Retraction { target, .. }) = &body {
                self.check_own(identity.clone(), *target).await?;
            }
            let now = Wall(self.0.now());
            let not_before = now.0 + if at_once { 0 } else { self.drawn_delay() };
            let said = self.social(move |social| sign(social, &identity, board, body, (now, not_before))).await?;
            let posting = shown(&said, 0, now.0);
            self.go_on(said.id);
            if let Ok(envelope) = base64::decode_vec(&said.envelope) {
                // It is signed and kept: an index that is damaged does not undo that.
                let _ = self.show_own(envelope, board).await;
            }
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
            self.view_board(board, hours.clamp(1, MAX_HOURS)).await
        })
    }

    fn followed(&self) -> SocialFuture<'_, FollowedView> {
        Box::pin(self.followed_view())
    }

    fn board_rows(&self) -> SocialFuture<'_, Vec<BoardRow>> {
        Box::pin(self.rows())
    }

    fn follow_board(&self, board: String, follow: bool) -> SocialFuture<'_, ()> {
        Box::pin(self.set_followed(board, follow))
    }

    fn threads(&self, board: String, tab: Tab, paging: Paging) -> SocialFuture<'_, ThreadList> {
        Box::pin(self.list_threads(board, tab, paging))
    }

    fn thread(&self, root: String, paging: Paging) -> SocialFuture<'_, ThreadView> {
        Box::pin(self.show_thread(root, paging))
    }

    fn person(&self, person: String, paging: Paging) -> SocialFuture<'_, PersonView> {
        Box::pin(self.show_person(person, paging))
    }

    fn change_person(&self, person: String, change: PersonChange) -> SocialFuture<'_, ()> {
        Box::pin(self.set_person(person, change))
    }

    fn search(&self, search: Search) -> SocialFuture<'_, Found> {
        Box::pin(self.find(search))
    }

    fn mark(&self, marks: Marks) -> SocialFuture<'_, ()> {
        Box::pin(self.set_marks(marks))
    }

    fn set_curators(&self, board: Option<String>, curators: Vec<Curator>) -> SocialFuture<'_, ()> {
        Box::pin(self.follow_curators(board, curators))
    }

    fn drafts(&self) -> SocialFuture<'_, Vec<DraftRow>> {
        Box::pin(self.list_drafts())
    }

    fn draft(&self, id: String) -> SocialFuture<'_, Draft> {
        Box::pin(self.read_draft(id))
    }

    fn save_draft(&self, id: String, draft: Option<Draft>) -> SocialFuture<'_, ()> {
        Box::pin(self.keep_draft(id, draft))
    }
}

impl Profile {
    /// Seconds that something waits before it leaves, drawn anew each time.
    fn drawn_delay(&self) -> u64 {
        let longest = self.0.delay_s.load(Ordering::Relaxed);
        lock(&self.0.rng).random_range(0..=longest)
    }

    fn own_person(&self, name: String, words: &Words, language: WordLanguage) -> OwnPerson {
        let master = MasterSecret::of_words(words);
        let device = DeviceSecret::random(&mut *lock(&self.0.rng));
        let certificate = master.certify(device.id(), Scopes::ALL, Wall(self.0.now()).day());
        let profile = roneo_social::Profile {
            serial: 1,
            name: name.clone(),
            bio: String::new(),
            avatar: None,
            langs: vec![match language {
                WordLanguage::French => "fr".to_owned(),
                WordLanguage::English => "en".to_owned(),
            }],
            place: String::new(),
            recovery: RecoverySecret::of_words(words).commitment(),
            revoked: Vec::new(),
            unknown: Unknown::new(),
        };
        OwnPerson {
            name,
            master: stored::Seed(master.expose_seed()),
            device: stored::Seed(device.expose_seed()),
            certificate,
            seq: 0,
            prev: None,
            profile: Some(OwnProfile { profile, at: None }),
            outbox: stored::OwnOutbox { waits: true, ..stored::OwnOutbox::default() },
        }
    }

    /// Tells the index which persons the user is.
    pub(super) async fn tell_index_who(&self) {
        let own: Vec<PersonId> = self.0.read(|kept| kept.social.value.people.iter().map(OwnPerson::person).collect());
        // One that is damaged says so to whoever reads.
        let told = self.index(move |index, _| {
            index.set_own(&own);
            Ok(())
        });
        let _ = told.await;
    }

    /// Notes something that nothing speaks against.
    pub(super) async fn note(&self, change: impl FnOnce(&mut Social) + Send + 'static) -> Result<(), SocialError> {
        self.social(move |social| {
            change(social);
            Ok(())
        })
        .await
    }

    /// Changes who the user is and what they said, on disk first.
    pub(super) async fn social<R: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Social) -> Result<R, SocialError> + Send + 'static,
    ) -> Result<R, SocialError> {
        self.keep(|kept| &mut kept.social, change).await
    }

    /// Changes one of the files, on disk first. What is refused changes nothing.
    pub(super) async fn keep<T: Stored + PartialEq + 'static, R: Send + 'static>(
        &self,
        file: fn(&mut Kept) -> &mut File<T>,
        change: impl FnOnce(&mut T) -> Result<R, SocialError> + Send + 'static,
    ) -> Result<R, SocialError> {
        let changed = self.blocking(move |inner| {
            inner.change(file, |kept| {
                let mut changed = kept.clone();
                // What is refused is no fault of the disk.
                Ok(change(&mut changed).inspect(|_| *kept = changed))
            })
        });
        match changed.await {
            Ok(done) => done,
            Err(ProfileError::Newer) => Err(SocialError::Newer),
            Err(ProfileError::Node(error)) => Err(error.into()),
            Err(other) => Err(SocialError::Disk(other.to_string())),
        }
    }
}

pub(super) fn fingerprints(person: &PersonId) -> InBothLanguages {
    let words = |language| fingerprint(person.as_bytes(), language);
    InBothLanguages { fr: words(WordLanguage::French), en: words(WordLanguage::English) }
}

pub(super) fn identity(person: &OwnPerson) -> Identity {
    let id = MasterSecret::from_seed(&person.master.0).person();
    Identity { name: person.name.clone(), person: id.to_text(), fingerprint: fingerprints(&id) }
}

pub(super) fn add_person(social: &mut Social, person: OwnPerson) -> Result<(), SocialError> {
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
