use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::board::{Scope, open_board};
use crate::body::*;
use crate::identity::{MasterSecret, RecoverySecret, Scopes};
use crate::pointer::Pointer;
use crate::roster::{Beacon, BeaconValue};
use crate::vouch::{GuestSecret, IntroducerSecret};
use crate::words::Words;

const NOW: Wall = Wall(1_795_000_000);

struct Person {
    master: MasterSecret,
    device: DeviceSecret,
    certificate: DeviceCertificate,
}

fn person(number: u8, scopes: Scopes) -> Person {
    let master = MasterSecret::of_words(&Words::from_entropy([number; 32]));
    let device = DeviceSecret::from_seed(&[number; 32]);
    let certificate = master.certify(device.id(), scopes, NOW.day());
    Person { master, device, certificate }
}

impl Person {
    fn signer(&self) -> Signer<'_> {
        let Self { master, device, certificate } = self;
        Signer { device, certificate, person: master.person(), seq: 0, prev: None }
    }

    fn say(&self, body: impl Into<Body>) -> Result<Envelope, EnvelopeError> {
        Envelope::seal(&self.signer(), NOW, body)
    }
}

fn ada() -> Person {
    person(1, Scopes::ALL)
}

fn id(number: u8) -> EnvelopeId {
    EnvelopeId::from_bytes([number; 32])
}

fn pointer() -> Pointer {
    let link = format!("CHK@{},{},AAAAAAA", "A".repeat(43), "A".repeat(43));
    serde_json::from_value(json!(link)).unwrap()
}

fn post() -> Post {
    Post {
        boards: vec![BoardId::from_bytes([7; 32])],
        title: "Chauffage coupé aux Tilleuls".to_owned(),
        text: "Depuis lundi.\n\nQui d’autre ?".to_owned(),
        lang: "fr".to_owned(),
        files: Vec::new(),
        warning: String::new(),
        unknown: Unknown::new(),
    }
}

/// One of each type.
fn bodies() -> Vec<Body> {
    let unknown = Unknown::new;
    let guest = GuestSecret::from_seed(&[5; 32]).id();
    let (boards, lang) = (vec![BoardId::from_bytes([7; 32])], "fr".to_owned());
    let file = Attachment {
        at: pointer(),
        media: "image/png".to_owned(),
        len: 9_000,
        alt: "La chaudière".to_owned(),
        unknown: unknown(),
    };
    let entry = OutboxEntry {
        kind: "post".to_owned(),
        id: id(1),
        at: pointer(),
        time: NOW.0,
        boards: boards.clone(),
        unknown: unknown(),
    };
    let text = || "Ici aussi.".to_owned();
    vec![
        Profile {
            serial: 1,
            name: "Ada".to_owned(),
            bio: "Locataire".to_owned(),
            avatar: Some(pointer()),
            langs: vec![lang.clone(), "en".to_owned()],
            place: "FR-31".to_owned(),
            recovery: RecoverySecret::of_words(&Words::from_entropy([1; 32])).commitment(),
            revoked: vec![DeviceSecret::from_seed(&[9; 32]).id()],
            unknown: unknown(),
        }
        .into(),
        RecoverySecret::of_words(&Words::from_entropy([2; 32]))
            .succession(
                person(2, Scopes::ALL).master.person(),
                (ada().master.person(), RecoverySecret::of_words(&Words::from_entropy([1; 32])).commitment()),
                NOW,
            )
            .into(),
        OutboxHead {
            serial: 4,
            profile: Some(pointer()),
            profile_serial: 2,
            entries: vec![entry.clone()],
            pages: vec![PageEntry { month: 202_611, at: pointer(), unknown: unknown() }],
            unknown: unknown(),
        }
        .into(),
        OutboxPage { month: 202_611, entries: vec![entry], unknown: unknown() }.into(),
        Post { files: vec![file.clone()], ..post() }.into(),
        Reply {
            boards: boards.clone(),
            root: id(1),
            parent: id(2),
            text: text(),
            lang: lang.clone(),
            files: vec![file.clone()],
            warning: "photo".to_owned(),
            unknown: unknown(),
        }
        .into(),
        Reaction { target: id(1), word: ReactionWord::Solidarity, unknown: unknown() }.into(),
        Edit {
            target: id(1),
            title: "Rétabli".to_owned(),
            text: text(),
            lang: lang.clone(),
            files: vec![file],
            warning: "photo".to_owned(),
            reason: "coquille".to_owned(),
            unknown: unknown(),
        }
        .into(),
        Retraction { target: id(1), reason: "doublon".to_owned(), unknown: unknown() }.into(),
        Correction {
            target: id(1),
            boards,
            text: text(),
            lang,
            sources: vec!["procès-verbal du 3 mars".to_owned()],
            unknown: unknown(),
        }
        .into(),
        Label {
            target: LabelTarget::Person(ada().master.person()),
            tag: LabelTag::Offtopic,
            board: Some(BoardId::from_bytes([7; 32])),
            reason: "parle d’autre chose".to_owned(),
            until: 0,
            retracts: Some(id(3)),
            unknown: unknown(),
        }
        .into(),
        Vouch {
            invitee: ada().master.person(),
            board: None,
            until: 21_000,
            pass: Some(IntroducerSecret::from_seed(&[4; 32]).vouch(guest, None, Day(21_000)).key),
            unknown: unknown(),
        }
        .into(),
        Card {
            boards: vec![BoardId::from_bytes([7; 32])],
            board: open_board("fr/logement", "fr").unwrap(),
            at: None,
            path: "fr/logement".to_owned(),
            scope: Scope::National,
            place: "FR".to_owned(),
            langs: vec!["fr".to_owned()],
            name: "Logement".to_owned(),
            about: "Loyers, charges, expulsions.".to_owned(),
            unknown: unknown(),
        }
        .into(),
        Digest {
            board: BoardId::from_bytes([7; 32]),
            from: 498_000,
            to: 498_024,
            entries: vec![DigestEntry {
                id: id(1),
                author: ada().master.person(),
                at: pointer(),
                root: Some(id(2)),
                time: NOW.0,
                hour: 498_020,
                effort: 1_600,
                unknown: unknown(),
            }],
            dropped: 12,
            beacon: Some(Beacon { hour: 498_023, value: BeaconValue::from_bytes([4; 32]) }),
            latest: vec![AuthorEntry { author: ada().master.person(), edition: 4, unknown: unknown() }],
            pages: vec![DigestPage { from: 497_976, to: 498_000, at: pointer(), unknown: unknown() }],
            unknown: unknown(),
        }
        .into(),
    ]
}

/// What readers find in an outbox and what storers check are one vouch.
#[test]
fn a_vouch_and_its_pass_agree() {
    let board = BoardId::from_bytes([7; 32]);
    let (introducer, guest) = (IntroducerSecret::from_seed(&[4; 32]), GuestSecret::from_seed(&[5; 32]).id());
    for board in [None, Some(board)] {
        let pass = introducer.vouch(guest, board.map(|board| board.tag()), Day(21_000));
        let vouch = Vouch {
            invitee: ada().master.person(),
            board,
            until: 21_000,
            pass: Some(pass.key),
            unknown: Unknown::new(),
        };
        assert_eq!(vouch.pass(), Some(pass));
        assert!(ada().say(vouch.clone()).is_ok());
        let refused = Err(EnvelopeError::Format(FormatError::Field("pass")));
        let longer = Vouch { until: 21_001, ..vouch.clone() };
        let elsewhere = Vouch { board: Some(BoardId::from_bytes([8; 32])), ..vouch };
        for changed in [longer, elsewhere] {
            assert_eq!(ada().say(changed), refused);
        }
    }
}

fn twin(envelope: &Envelope) -> serde_json::Value {
    envelope.to_json(serde_json::value::Serializer).unwrap()
}

#[test]
fn every_type_reads_as_it_was_written_in_both_spellings() {
    let kinds: Vec<String> = bodies().iter().map(|body| body.kind().to_owned()).collect();
    assert_eq!(kinds, Body::KINDS, "one of each, in the order of the registry");
    for body in bodies() {
        let envelope = ada().say(body.clone()).unwrap();
        assert_eq!(envelope.body(), &body);
        assert_eq!(Envelope::open(&envelope.to_bytes()).unwrap(), envelope, "{}", body.kind());
        assert_eq!(Envelope::from_json(twin(&envelope)).unwrap(), envelope, "{}", body.kind());
    }
}

#[test]
fn no_byte_can_be_changed() {
    let bytes = ada().say(post()).unwrap().to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Envelope::open(&changed).is_err(), "byte {at}");
    }
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(Envelope::open(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    assert!(Envelope::open(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn unknown_fields_and_types_are_kept() {
    let mut later = post();
    later.unknown = BTreeMap::from([("poll".to_owned(), Value::Array(vec![Value::from(1), Value::from("b")]))]);
    let envelope = ada().say(later.clone()).unwrap();
    let read = Envelope::open(&envelope.to_bytes()).unwrap();
    assert_eq!(read.body(), &Body::Post(later));

    let fields = Value::Map(vec![(Value::from("start"), Value::from(7))]);
    let event = Body::Other { kind: "event".to_owned(), fields };
    let envelope = ada().say(event.clone()).unwrap();
    assert_eq!(Envelope::open(&envelope.to_bytes()).unwrap().body(), &event);
    assert_eq!(Envelope::from_json(twin(&envelope)).unwrap(), envelope);
}

#[test]
fn what_could_not_be_read_again_is_not_made() {
    let deep = (0..9).fold(Value::from(1), |inner, _| Value::Array(vec![inner]));
    for (name, field) in [("title", Value::from("twice")), ("none", Value::Null), ("deep", deep)] {
        let mut odd = post();
        odd.unknown.insert(name.to_owned(), field);
        assert!(ada().say(odd).is_err(), "{name}");
    }
}

#[test]
fn what_json_can_say_and_the_format_cannot_is_refused() {
    let mut shown = twin(&ada().say(post()).unwrap());
    shown["body"]["half"] = json!(0.5);
    assert!(Envelope::from_json(shown).is_err());
}

#[test]
fn a_later_version_is_told_from_damage() {
    let newer = Err(EnvelopeError::Format(FormatError::Newer));
    let mut envelope = ada().say(post()).unwrap();
    envelope.unsigned.v = 1;
    assert_eq!(Envelope::open(&envelope.to_bytes()), newer);
    // Whatever else it may hold.
    assert_eq!(Envelope::open(&cbor::to_bytes(&BTreeMap::from([("v", 1_000)]))), newer);
}

#[test]
fn a_device_signs_what_it_is_allowed_for_as_long_as_it_is() {
    let label = || bodies().into_iter().find(|body| body.kind() == "label").unwrap();
    let poster = person(1, Scopes::POST);
    assert!(poster.say(post()).is_ok());
    assert_eq!(poster.say(label()), Err(EnvelopeError::NotAllowed));
    let ada = ada();
    let last = Wall(Day(ada.certificate.until).start().0 + 86_399);
    assert!(Envelope::seal(&ada.signer(), last, post()).is_ok());
    assert_eq!(Envelope::seal(&ada.signer(), Wall(last.0 + 1), post()), Err(EnvelopeError::NotAllowed));
    // A certificate of somebody else, and a device that it does not name.
    let other = person(2, Scopes::ALL);
    let borrowed = Signer { certificate: &other.certificate, ..ada.signer() };
    assert_eq!(Envelope::seal(&borrowed, NOW, post()), Err(EnvelopeError::Unsigned));
    let mut named = Signer { device: &other.device, ..ada.signer() };
    assert_eq!(Envelope::seal(&named, NOW, post()), Err(EnvelopeError::Unsigned));
    named = Signer { seq: 1, ..ada.signer() };
    assert_eq!(Envelope::seal(&named, NOW, post()), Err(EnvelopeError::Format(FormatError::Field("prev"))));
}

#[test]
fn only_what_is_far_ahead_waits() {
    let envelope = ada().say(post()).unwrap();
    assert!(!envelope.is_ahead(Wall(NOW.0 - MAX_AHEAD_S)));
    assert!(envelope.is_ahead(Wall(NOW.0 - MAX_AHEAD_S - 1)));
    assert!(!envelope.is_ahead(Wall(u64::MAX)));
}

/// Each of these is one change that takes a body out of its bounds, and the field that is named.
#[test]
fn bounds_are_checked_by_name() {
    type Change = (&'static str, fn(&mut Post));
    let changes: [Change; 11] = [
        ("boards", |post| post.boards.clear()),
        ("boards", |post| post.boards = vec![post.boards[0]; 2]),
        ("boards", |post| post.boards = (0..4).map(|number| BoardId::from_bytes([number; 32])).collect()),
        ("title", |post| post.title = " ".to_owned()),
        ("title", |post| post.title = "a\nb".to_owned()),
        ("title", |post| post.title = "é".repeat(MAX_TITLE + 1)),
        ("text", |post| post.text = "a".repeat(MAX_TEXT_LEN + 1)),
        ("text", |post| post.text = "a\u{1b}[2J".to_owned()),
        ("lang", |post| post.lang = "French".to_owned()),
        ("warning", |post| post.warning = "a\r".to_owned()),
        ("files", |post| {
            let file = Attachment {
                at: pointer(),
                media: "text/plain".to_owned(),
                len: 1,
                alt: String::new(),
                unknown: Unknown::new(),
            };
            post.files = vec![file; MAX_ATTACHMENTS + 1];
        }),
    ];
    for (field, change) in changes {
        let mut changed = post();
        change(&mut changed);
        assert_eq!(ada().say(changed), Err(EnvelopeError::Format(FormatError::Field(field))), "{field}");
    }
    let mut profile = bodies().remove(0);
    if let Body::Profile(profile) = &mut profile {
        profile.name = "Ad\u{202e}a".to_owned();
    }
    assert_eq!(ada().say(profile), Err(EnvelopeError::Format(FormatError::Field("name"))));
}

#[test]
fn a_text_of_the_longest_fits_and_what_is_beside_it_may_not() {
    let long = Post { text: "a".repeat(MAX_TEXT_LEN), ..post() };
    assert!(ada().say(long.clone()).is_ok());
    let mut longer = long;
    longer.unknown.insert("more".to_owned(), Value::from("b".repeat(2_000)));
    assert_eq!(ada().say(longer), Err(EnvelopeError::Format(FormatError::TooLong)));
}

/// The fullest head, page and digest fit into an envelope.
#[test]
fn the_fullest_lists_fit() {
    let mut all = bodies();
    for body in &mut all {
        match body {
            Body::OutboxHead(head) => {
                head.entries = vec![head.entries[0].clone(); MAX_HEAD_ENTRIES];
                head.pages = vec![head.pages[0].clone(); MAX_PAGES];
            }
            Body::OutboxPage(page) => page.entries = vec![page.entries[0].clone(); MAX_PAGE_ENTRIES],
            Body::Digest(digest) => {
                let entry = DigestEntry { effort: u32::MAX, time: u64::MAX, ..digest.entries[0].clone() };
                digest.entries = (0..MAX_DIGEST_ENTRIES as u8)
                    .map(|number| DigestEntry { id: id(number), ..entry.clone() })
                    .collect();
                digest.pages = vec![digest.pages[0].clone(); MAX_DIGEST_PAGES];
                digest.latest = (0..MAX_DIGEST_AUTHORS)
                    .map(|number| AuthorEntry {
                        author: PersonId::from_bytes([number as u8; 32]),
                        edition: 1 << 40,
                        unknown: Unknown::new(),
                    })
                    .collect();
            }
            _ => continue,
        }
        let envelope = ada().say(body.clone());
        assert!(envelope.is_ok(), "{}: {:?}", body.kind(), envelope.err());
    }
}

/// Draft vectors: the same values stand in `docs/formats/envelope.md`.
#[test]
fn vectors() {
    let Person { master, certificate, .. } = ada();
    assert_eq!(master.person().to_text(), "4wrULAgZ3Tpdv-GVRZBh0fVmbm2lpw1eRyyi6rMYGfw");
    assert_eq!(master.outbox().id().to_text(), "gVxJi-xkAjSxsR1sOXihQWB98vSZIhXgiANJbEzFeO4");
    let recovery = RecoverySecret::of_words(&Words::from_entropy([1; 32])).commitment();
    assert_eq!(recovery.to_text(), "48DH79eFJL-4rX0ZruW25Sf6kq9Q0DtDM~yLONw2PEw");
    let signature = "fTNDoxmMdNQJ5n9fy8ZBZm~Naj-rl5JhujpmzrVJaAvWliGB5jEJgsU13OPq9wR9dW1C9l3Fw0K5wpjzlnCCBg";
    assert_eq!((certificate.until, json!(certificate.sig)), (20_865, json!(signature)));
    let envelope = ada().say(post()).unwrap();
    assert_eq!(envelope.id().to_text(), "1MNxWRsLlCXuepcpIznqvD-j4QiRIZG90Y2rTC6FbjA");
    let bytes = envelope.to_bytes();
    let hash = "e78e24fbc795bf2b52594448c8be37e313d35f61fe850142126b01c523132e32";
    assert_eq!((bytes.len(), blake3::hash(&bytes).to_hex().as_str()), (447, hash));
}

proptest! {
    #[test]
    fn no_bytes_stop_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Envelope::open(&bytes).is_err());
    }

    #[test]
    fn texts_of_every_kind_come_back(title in "[^\\p{C}\\u{2028}\\u{2029}]{1,60}", text in "(?s)[^\\p{Cc}]{0,200}") {
        let body = Post { title: title.clone(), text: text.replace(['\u{2028}', '\u{2029}'], ""), ..post() };
        match ada().say(body) {
            Ok(envelope) => {
                prop_assert_eq!(&Envelope::open(&envelope.to_bytes()).unwrap(), &envelope);
                prop_assert_eq!(&Envelope::from_json(twin(&envelope)).unwrap(), &envelope);
            }
            Err(error) => prop_assert!(title.trim().is_empty(), "{error}"),
        }
    }
}
