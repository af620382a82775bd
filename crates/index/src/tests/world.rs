//! People who say things, and an index that hears them.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use roneo_keys::time::Wall;
use roneo_social::{
    BoardId, Body, Correction, DeviceCertificate, DeviceSecret, Edit, Envelope, EnvelopeId, Label, LabelTag,
    LabelTarget, MasterSecret, PersonId, Post, Profile, Reaction, ReactionWord, RecoverySecret, Reply, Retraction,
    Scopes, Signer, Unknown, Words,
};

use crate::bounds::Limits;
use crate::disk::Disk;
use crate::disk::fault::FaultDisk;
use crate::{Added, Heard, Index, IndexError, IndexKey, Opened, Paging, PostView, SearchIn, Tab};

/// The moment of most tests.
pub(super) const NOW: Wall = Wall(1_795_000_000);
/// Seconds before it at which most things were said.
const AGO_S: u64 = 100_000;

pub(super) fn key() -> IndexKey {
    IndexKey::from_bytes([9; 32])
}

pub(super) fn board(number: u8) -> BoardId {
    BoardId::from_bytes([number; 32])
}

/// A time some seconds after the beginning of all stories.
pub(super) fn at(seconds: u64) -> u64 {
    NOW.0 - AGO_S + seconds
}

/// Somebody, by a letter.
pub(super) struct Person {
    pub(super) id: PersonId,
    device: DeviceSecret,
    certificate: DeviceCertificate,
    recovery: roneo_social::RecoveryCommitment,
}

pub(super) fn person(letter: char) -> Person {
    let words = Words::from_entropy([letter as u8; 32]);
    let master = MasterSecret::of_words(&words);
    let device = DeviceSecret::from_seed(&[letter as u8; 32]);
    let certificate = master.certify(device.id(), Scopes::ALL, NOW.day());
    let recovery = RecoverySecret::of_words(&words).commitment();
    Person { id: master.person(), device, certificate, recovery }
}

impl Person {
    pub(super) fn say(&self, time: u64, body: impl Into<Body>) -> Envelope {
        let signer =
            Signer { device: &self.device, certificate: &self.certificate, person: self.id, seq: 0, prev: None };
        Envelope::seal(&signer, Wall(time), body).unwrap()
    }

    pub(super) fn post(&self, time: u64, on: &[u8], title: &str, text: &str) -> Envelope {
        self.post_in("fr", time, on, title, text)
    }

    pub(super) fn post_in(&self, lang: &str, time: u64, on: &[u8], title: &str, text: &str) -> Envelope {
        let post = Post {
            boards: on.iter().map(|number| board(*number)).collect(),
            title: title.to_owned(),
            text: text.to_owned(),
            lang: lang.to_owned(),
            files: Vec::new(),
            warning: String::new(),
            unknown: Unknown::new(),
        };
        self.say(time, post)
    }

    pub(super) fn reply(&self, time: u64, on: &[u8], root: EnvelopeId, parent: EnvelopeId, text: &str) -> Envelope {
        let reply = Reply {
            boards: on.iter().map(|number| board(*number)).collect(),
            root,
            parent,
            text: text.to_owned(),
            lang: "fr".to_owned(),
            files: Vec::new(),
            warning: String::new(),
            unknown: Unknown::new(),
        };
        self.say(time, reply)
    }

    pub(super) fn edit(&self, time: u64, target: EnvelopeId, title: &str, text: &str) -> Envelope {
        let edit = Edit {
            target,
            title: title.to_owned(),
            text: text.to_owned(),
            lang: "fr".to_owned(),
            files: Vec::new(),
            warning: String::new(),
            reason: "faute".to_owned(),
            unknown: Unknown::new(),
        };
        self.say(time, edit)
    }

    pub(super) fn retract(&self, time: u64, target: EnvelopeId, reason: &str) -> Envelope {
        self.say(time, Retraction { target, reason: reason.to_owned(), unknown: Unknown::new() })
    }

    pub(super) fn react(&self, time: u64, target: EnvelopeId, word: ReactionWord) -> Envelope {
        self.say(time, Reaction { target, word, unknown: Unknown::new() })
    }

    pub(super) fn correct(&self, time: u64, target: EnvelopeId, text: &str) -> Envelope {
        let correction = Correction {
            target,
            boards: vec![board(1)],
            text: text.to_owned(),
            lang: "fr".to_owned(),
            sources: vec!["https://example.org".to_owned()],
            unknown: Unknown::new(),
        };
        self.say(time, correction)
    }

    pub(super) fn profile(&self, time: u64, serial: u64, name: &str) -> Envelope {
        let profile = Profile {
            serial,
            name: name.to_owned(),
            bio: String::new(),
            avatar: None,
            langs: Vec::new(),
            place: String::new(),
            recovery: self.recovery,
            revoked: Vec::new(),
            unknown: Unknown::new(),
        };
        self.say(time, profile)
    }
}

/// A label that calls something spam, everywhere and without end.
pub(super) fn spam(target: LabelTarget) -> Label {
    Label {
        target,
        tag: LabelTag::Spam,
        board: None,
        reason: "trop de fois".to_owned(),
        until: 0,
        retracts: None,
        unknown: Unknown::new(),
    }
}

/// Something said, with how it was heard.
#[derive(Clone)]
pub(super) struct Hearing {
    pub(super) envelope: Envelope,
    pub(super) boards: Vec<BoardId>,
    pub(super) effort: u32,
    pub(super) heard_at: u64,
}

impl Hearing {
    /// Heard on board 1, a minute after it was said, or now if it is ahead.
    pub(super) fn of(envelope: Envelope) -> Self {
        let heard_at = (envelope.time().0 + 60).min(NOW.0);
        Self { envelope, boards: vec![board(1)], effort: 10, heard_at }
    }

    pub(super) fn heard(&self) -> Heard<'_> {
        Heard {
            envelope: &self.envelope,
            at: None,
            boards: self.boards.clone(),
            effort: self.effort,
            heard_at: self.heard_at,
        }
    }
}

/// A reader's index on a disk in memory.
pub(super) struct Reader {
    pub(super) disk: FaultDisk,
    pub(super) index: Index,
}

pub(super) fn open_on(disk: &FaultDisk, limits: Limits) -> Result<(Index, Opened), IndexError> {
    open_with(Box::new(disk.clone()), &key(), limits)
}

pub(super) fn open_with(disk: Box<dyn Disk>, key: &IndexKey, limits: Limits) -> Result<(Index, Opened), IndexError> {
    // The same randomness at every opening: segments must differ all the same.
    Index::open_on(disk, key, &[person('r').id], &mut ChaCha8Rng::seed_from_u64(5), limits)
}

impl Reader {
    pub(super) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(super) fn with(limits: Limits) -> Self {
        let disk = FaultDisk::default();
        let (index, _) = open_on(&disk, limits).unwrap();
        Self { disk, index }
    }

    pub(super) fn add(&mut self, envelope: &Envelope) -> Added {
        self.index.add(Hearing::of(envelope.clone()).heard()).unwrap()
    }

    /// Adds something that is to be kept.
    pub(super) fn hears(&mut self, envelope: &Envelope) -> EnvelopeId {
        assert_eq!(self.add(envelope), Added::New);
        envelope.id()
    }

    pub(super) fn post(&self, id: EnvelopeId) -> PostView {
        self.index.post(&id, NOW).unwrap().unwrap()
    }

    /// The titles, or beginnings of texts, of what a search finds.
    pub(super) fn find(&self, query: &str) -> Vec<String> {
        self.find_in(query, &SearchIn::default())
    }

    pub(super) fn find_in(&self, query: &str, within: &SearchIn) -> Vec<String> {
        let paging = Paging { cursor: None, limit: Some(100) };
        let page = self.index.search(query, within, &paging, NOW).unwrap();
        let name = |hit: &crate::Hit| if hit.title.is_empty() { hit.excerpt.clone() } else { hit.title.clone() };
        page.entries.iter().map(name).collect()
    }

    /// The titles of a tab of board 1.
    pub(super) fn titles(&self, tab: Tab) -> Vec<String> {
        let page = self.index.threads(board(1), tab, &Paging::default(), NOW).unwrap();
        page.entries.into_iter().map(|row| row.title.unwrap_or_else(|| "-".to_owned())).collect()
    }
}

/// Everything that every view shows at a moment, as text.
pub(super) fn everything(index: &Index, now: Wall) -> String {
    let all = Paging { cursor: None, limit: Some(100) };
    let mut shown = Vec::new();
    let mut note = |what: &dyn std::fmt::Debug| shown.push(format!("{what:#?}"));
    let mut roots = BTreeSet::new();
    for number in 1..=3 {
        for tab in [Tab::All, Tab::Unread, Tab::Newcomers { min_effort: 15 }, Tab::Folded] {
            let page = index.threads(board(number), tab, &all, now).unwrap();
            roots.extend(page.entries.iter().map(|row| row.root));
            // Ids are not shown by their debug form.
            note(&page.entries.iter().map(|row| row.root.to_text()).collect::<Vec<_>>());
            note(&page.entries);
        }
        note(&index.board_read_up_to(board(number)));
    }
    for root in roots {
        let view = index.thread(&root, &all, now).unwrap();
        note(&view);
        let placed = view.into_iter().flat_map(|view| view.posts.entries);
        for placed in placed {
            note(&placed.post.id.to_text());
            note(&index.post(&placed.post.id, now).unwrap());
        }
    }
    for letter in "abcdr".chars() {
        note(&index.by_person(person(letter).id, &all, now).unwrap().entries);
        note(&index.person(person(letter).id, now));
    }
    for query in ["", "chauffage ", "premier", "\"du chauffage\"", "reunion -loyer "] {
        let page = index.search(query, &SearchIn::default(), &all, now).unwrap();
        note(&page.entries.iter().map(|hit| (hit.id.to_text(), hit)).collect::<Vec<_>>());
    }
    note(&index.boards(now));
    note(&index.bookmarks(&all, now).unwrap().entries);
    for row in index.drafts() {
        note(&index.draft(&row.id).unwrap());
        note(&row);
    }
    note(&index.mutes(now));
    note(&index.followed(now));
    shown.join("\n")
}

/// Things of every kind, most of them about each other.
pub(super) fn story() -> Vec<Hearing> {
    let [ada, ben, cleo, dora, reader] = ['a', 'b', 'c', 'd', 'r'].map(person);
    let mut said = Vec::new();
    let mut hear = |envelope: Envelope| {
        let id = envelope.id();
        said.push(Hearing::of(envelope));
        id
    };
    let first = hear(ada.post(at(0), &[1, 2], "Premier chauffage", "Panne du chauffage dans l’immeuble"));
    let second = hear(ben.post(at(10), &[1], "Réunion", "Réunion sur le loyer, le chauffage et l'eau"));
    let third = hear(cleo.post(at(20), &[2], "Trocs", "Échange de vélos contre radiateurs"));
    let one = hear(ben.reply(at(30), &[1], first, first, "Chez nous aussi"));
    let two = hear(ada.reply(at(40), &[1, 2], first, one, "Depuis lundi ?"));
    let three = hear(reader.reply(at(50), &[1], first, two, "Oui, premier étage"));
    // Its parent never comes.
    hear(cleo.reply(at(60), &[1], first, EnvelopeId::from_bytes([1; 32]), "Je réponds à personne"));
    // Its beginning never comes.
    hear(dora.reply(at(70), &[1], EnvelopeId::from_bytes([2; 32]), EnvelopeId::from_bytes([3; 32]), "Perdu"));
    // A parent in another thread.
    hear(dora.reply(at(80), &[1], second, one, "Mauvais fil"));
    hear(ada.edit(at(100), first, "", "Panne réparée, du chauffage partout"));
    hear(ada.edit(at(90), first, "Premier chauffage coupé", "Panne du chauffage depuis lundi"));
    hear(ben.edit(at(110), first, "Piraté", "Piraté"));
    hear(ada.edit(NOW.0 + 5_000, first, "Plus tard", "Plus tard encore"));
    hear(ben.retract(at(120), second, "erreur de date"));
    hear(ada.retract(at(130), second, "pas la sienne"));
    for (who, time, target, word) in [
        (&ben, 140, first, ReactionWord::Agree),
        (&ben, 150, first, ReactionWord::Thanks),
        (&reader, 160, first, ReactionWord::Important),
        (&cleo, 145, first, ReactionWord::Thanks),
        (&cleo, 165, two, ReactionWord::Question),
    ] {
        hear(who.react(at(time), target, word));
    }
    hear(cleo.react(NOW.0 + 5_000, first, ReactionWord::Disagree));
    hear(dora.correct(at(170), first, "C’était mardi"));
    hear(ben.correct(at(175), first, "Et pas partout"));
    let label = |who: &Person, time, target, change: &dyn Fn(&mut Label)| {
        let mut label = spam(target);
        change(&mut label);
        who.say(time, label)
    };
    let taken = hear(label(&cleo, at(180), LabelTarget::Post(one), &|_| {}));
    hear(label(&dora, at(190), LabelTarget::Post(one), &|label| label.tag = LabelTag::Offtopic));
    let wrong = hear(label(&cleo, at(200), LabelTarget::Post(three), &|_| {}));
    hear(label(&cleo, at(210), LabelTarget::Post(three), &|label| label.retracts = Some(wrong)));
    hear(label(&dora, at(215), LabelTarget::Post(one), &|label| label.retracts = Some(taken)));
    hear(label(&dora, at(220), LabelTarget::Post(third), &|label| label.until = at(230)));
    hear(label(&cleo, at(225), LabelTarget::Person(cleo.id), &|label| label.board = Some(board(2))));
    hear(ada.profile(at(0), 1, "Ada"));
    hear(ada.profile(at(300), 3, "Ada L."));
    hear(ada.profile(at(400), 2, "Ada Byron"));
    hear(ben.profile(NOW.0 + 5_000, 1, "Ben"));
    hear(cleo.post(NOW.0 + 5_000, &[1], "Demain", "Réunion de demain"));
    hear(dora.reply(NOW.0 + 5_000, &[1], third, third, "Demain aussi"));
    // Heard again: elsewhere, with more effort, earlier.
    let mut again = said[0].clone();
    (again.boards, again.effort, again.heard_at) = (vec![board(2)], 30, again.heard_at - 5);
    said.push(again);
    let mut elsewhere = said[4].clone();
    // Board 3 is not one to which it was sent.
    (elsewhere.boards, elsewhere.effort) = (vec![board(3), board(2)], 1);
    said.push(elsewhere);
    said
}

/// What a reader sets before they read the story.
pub(super) fn settle_in(index: &mut Index) {
    let [cleo, dora] = ['c', 'd'].map(person);
    let curator = |person: &Person, alone| crate::Curator { person: person.id, alone };
    index.set_curators(None, &[curator(&cleo, false)]).unwrap();
    index.set_curators(Some(board(1)), &[curator(&dora, false)]).unwrap();
    index.set_curators(Some(board(2)), &[curator(&cleo, true)]).unwrap();
    index.follow_board(board(1), NOW).unwrap();
    index.follow_board(board(2), NOW).unwrap();
    index.mark_board_read(board(2), at(85)).unwrap();
}
