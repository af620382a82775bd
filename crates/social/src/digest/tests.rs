use std::collections::BTreeMap;

use proptest::prelude::*;
use roneo_keys::{Chk, Locator};

use super::*;
use crate::identity::{DeviceSecret, RecoveryCommitment, Scopes};
use crate::words::Words;
use crate::{Post, Profile, Reply, Signer};

const NOW: Wall = Wall(1_795_000_000);
/// The first hour of a day.
const MIDNIGHT: u32 = 498_600;

fn board(number: u8) -> BoardId {
    BoardId::from_bytes([number; 32])
}

fn pointer(number: u32) -> Pointer {
    let mut root = [0; 32];
    root[..4].copy_from_slice(&number.to_be_bytes());
    let key = ReadKey::from_bytes([1; 32]);
    Pointer::of(&Chk { root: Locator::from_bytes(root), key, extra: Extra::PUBLIC, name: String::new() })
}

fn entry(number: u32, hour: u32, effort: u32) -> DigestEntry {
    let mut id = [0; 32];
    id[..4].copy_from_slice(&number.to_be_bytes());
    DigestEntry {
        id: EnvelopeId::from_bytes(id),
        author: PersonId::from_bytes([(number % 200) as u8; 32]),
        at: pointer(number),
        root: None,
        time: u64::from(hour) * 3_600,
        hour,
        effort,
        unknown: Unknown::new(),
    }
}

fn master(number: u8) -> MasterSecret {
    MasterSecret::of_words(&Words::from_entropy([number; 32]))
}

fn sealed(number: u8, body: impl Into<Body>) -> Envelope {
    let (master, device) = (master(number), DeviceSecret::from_seed(&[number; 32]));
    let certificate = master.certify(device.id(), Scopes::ALL, NOW.day());
    let signer = Signer { device: &device, certificate: &certificate, person: master.person(), seq: 0, prev: None };
    Envelope::seal(&signer, NOW, body).unwrap()
}

fn state() -> DigestState {
    DigestState::new(board(7), MIDNIGHT)
}

/// Stores pages until there is a head.
fn publish(state: &mut DigestState, to: u32, pages: &mut BTreeMap<Pointer, Digest>) -> Digest {
    while let Some(page) = state.overflow(to) {
        let at = pointer(0xFFFF_0000 + pages.len() as u32);
        state.moved(&page, at.clone());
        pages.insert(at, page);
    }
    state.head(to, None).unwrap()
}

fn ids(digest: &Digest) -> BTreeSet<EnvelopeId> {
    digest.entries.iter().map(|entry| entry.id).collect()
}

/// Digests of many days of `a_day` entries each, published every hour, that envelopes can hold.
fn days(days: u32, a_day: u32) -> (Digest, BTreeMap<Pointer, Digest>) {
    hours(days * 24, a_day)
}

fn hours(hours: u32, a_day: u32) -> (Digest, BTreeMap<Pointer, Digest>) {
    let (mut state, mut pages) = (state(), BTreeMap::new());
    let mut head = None;
    for hour in 0..hours {
        (0..a_day).filter(|number| number % 24 == hour % 24).for_each(|number| {
            assert!(state.offer(entry(hour / 24 * a_day + number, MIDNIGHT + hour, number % 2)));
        });
        head = Some(publish(&mut state, MIDNIGHT + hour + 1, &mut pages));
    }
    for digest in pages.values().chain(&head) {
        Body::from(digest.clone()).check().unwrap();
    }
    (head.unwrap(), pages)
}

#[test]
fn nothing_that_was_kept_is_lost_between_head_and_pages() {
    for a_day in [3, 40, 100, 101, 399] {
        let (head, pages) = days(9, a_day);
        let mut all = ids(&head);
        for reference in &head.pages {
            let page = &pages[&reference.at];
            assert_eq!((page.from, page.to, page.pages.len()), (reference.from, reference.to, 0));
            assert!(page.to <= head.from, "{a_day} a day");
            assert!(page.entries.iter().all(|entry| all.insert(entry.id)), "nothing stands twice");
        }
        // Of the last day, which has not ended for its digester, a head has the best.
        let behind = (a_day as usize).saturating_sub(MAX_DIGEST_ENTRIES);
        assert!(9 * a_day as usize - all.len() <= behind, "{a_day} a day: {}", all.len());
        assert!(head.entries.windows(2).all(|pair| pair[0].hour >= pair[1].hour), "newest first");
    }
}

#[test]
fn a_day_of_more_than_fits_keeps_the_best_and_says_how_many_it_left_out() {
    let mut state = state();
    // A flood of a thousand with work, from as many people, and one who is vouched for and says thirty things.
    let mut flood: Vec<DigestEntry> = (0..1_000)
        .map(|number| DigestEntry {
            author: PersonId::from_bytes(*blake3::hash(&[(number % 251) as u8, (number / 251) as u8]).as_bytes()),
            ..entry(number, MIDNIGHT + number % 24, 1_024 + number)
        })
        .collect();
    flood.extend((0..30).map(|number| DigestEntry {
        author: PersonId::from_bytes([1; 32]),
        ..entry(5_000 + number, MIDNIGHT + number % 24, 0)
    }));
    flood.into_iter().for_each(|entry| assert!(state.offer(entry)));
    state.leave_out(MIDNIGHT + 3);
    let to = MIDNIGHT + 25;
    let mut pages = BTreeMap::new();
    let head = publish(&mut state, to, &mut pages);
    assert!(head.entries.is_empty() && head.pages.len() == 4);
    let first = &pages[&head.pages[0].at];
    assert_eq!(first.entries.iter().filter(|entry| entry.effort == 0).count(), 30, "vouched first");
    assert!(first.entries.iter().filter(|entry| entry.effort > 0).all(|entry| entry.effort >= 1_954), "then most work");
    assert_eq!(head.pages.iter().map(|page| pages[&page.at].entries.len()).sum::<usize>(), MAX_DIGEST_DAY);
    assert_eq!(pages.values().map(|page| page.dropped).sum::<u32>(), 1_030 - 400 + 1);
    assert!(!state.offer(entry(9_999, MIDNIGHT + 2, 0)), "the day is closed");
}

#[test]
fn everybodys_first_comes_before_anybodys_second() {
    let mut state = state();
    for number in 0..300 {
        let author = if number < 250 { 1 } else { 2 };
        state.offer(DigestEntry { author: PersonId::from_bytes([author; 32]), ..entry(number, MIDNIGHT, 0) });
    }
    let head = state.head(MIDNIGHT + 1, None).unwrap();
    let of =
        |author: u8| head.entries.iter().filter(|entry| entry.author == PersonId::from_bytes([author; 32])).count();
    assert_eq!((of(1), of(2)), (50, 50));
    state.set_latest(PersonId::from_bytes([1; 32]), 9);
    state.set_latest(PersonId::from_bytes([1; 32]), 8);
    state.set_latest(PersonId::from_bytes([3; 32]), 8);
    let latest = state.head(MIDNIGHT + 1, None).unwrap().latest;
    assert_eq!(latest.iter().map(|entry| entry.edition).collect::<Vec<_>>(), [9], "of those who stand in it");
}

#[test]
fn a_digester_goes_on_where_the_published_digest_ended() {
    let (head, _) = days(5, 60);
    let mut again = DigestState::of(&head);
    assert_eq!(again.head(head.to, None).unwrap(), head);
    assert!(!again.offer(head.entries[0].clone()), "it is known");
    assert!(again.offer(entry(77_777, head.to, 0)));
    let next = again.head(head.to + 1, None).unwrap();
    assert_eq!((next.from, next.entries[0].id), (head.from, entry(77_777, 0, 0).id));
    assert_eq!(state().head(MIDNIGHT, None), None, "no hour has passed");
}

#[test]
fn a_silent_board_has_a_digest_too() {
    let mut state = state();
    state.offer(entry(1, MIDNIGHT, 0));
    let to = MIDNIGHT + 3 * MAX_DIGEST_HOURS;
    let mut pages = BTreeMap::new();
    let head = publish(&mut state, to, &mut pages);
    assert_eq!((head.entries.len(), pages.len(), head.to - head.from), (0, 1, MAX_DIGEST_HOURS));
    Body::from(head).check().unwrap();
}

/// The plan: a week away from 20 boards costs at most 200 fetches. Here every board has as many entries as a page a day.
#[test]
fn a_week_away_from_twenty_boards_costs_at_most_two_hundred_fetches() {
    const BOARDS: usize = 20;
    const BUDGET: usize = 200;
    let digester = PersonId::from_bytes([9; 32]);
    // Whatever the hour at which the reader comes back.
    let costs = (11 * 24 + 1..=12 * 24).map(|now| {
        let (head, pages) = hours(now, MAX_DIGEST_ENTRIES as u32);
        let heads: Vec<Digest> =
            (0..BOARDS as u8).map(|number| Digest { board: board(number), ..head.clone() }).collect();
        let heads: Vec<(PersonId, &Digest)> = heads.iter().map(|head| (digester, head)).collect();
        // The newest digest of each board, and the record of the hour that has only begun.
        let first = BOARDS * (DIGEST_HEAD_FETCHES + 1);
        let plan = catch_up(&heads, head.to - 7 * 24, BUDGET - first);
        assert_eq!(plan.left, 0);
        // And all of the week is in them.
        let own = plan.pages.iter().filter(|wanted| wanted.board == board(3));
        let read: usize = own.map(|wanted| pages[&wanted.page.at].entries.len()).sum();
        assert!(read + head.entries.len() >= 7 * MAX_DIGEST_ENTRIES);
        first + plan.pages.len() * DIGEST_PAGE_FETCHES
    });
    let dearest = costs.max().unwrap();
    println!("{dearest} fetches after a week");
    assert!(dearest <= BUDGET, "{dearest}");
    // A board of five sentences a day costs nothing besides its head.
    let (quiet, _) = days(12, 5);
    assert_eq!(catch_up(&[(digester, &quiet)], quiet.to - 7 * 24, BUDGET), CatchUp::default());
}

#[test]
fn no_digester_and_no_board_has_more_than_its_turn() {
    let (mut busy, _) = days(8, 399);
    let (calm, _) = days(8, 100);
    busy.board = board(1);
    let (own, other) = (PersonId::from_bytes([9; 32]), PersonId::from_bytes([8; 32]));
    let heads = [(own, &busy), (other, &busy), (own, &calm)];
    let plan = catch_up(&heads, 0, 30);
    assert_eq!(plan.pages.len(), 30);
    let of = |number: u8, digester| {
        plan.pages.iter().filter(|page| page.board == board(number) && page.digester == digester).count()
    };
    // The first pages of every day, of everybody, then the second of a board's first digester, and so on.
    assert_eq!((of(7, own), of(1, own), of(1, other)), (7, 7 + 7, 7 + 2));
    assert_eq!(plan.left, busy.pages.len() * 2 + calm.pages.len() - 30);
    assert_eq!(catch_up(&heads, 0, 0).pages, []);
    assert_eq!(catch_up(&heads, u32::MAX, 30), CatchUp::default());
}

#[test]
fn the_link_follows_from_digester_and_board() {
    let (digester, pair) = (master(1).person(), master(1).digest_pair(&board(7)));
    let link = digest_link(&digester, &board(7)).unwrap();
    assert_eq!(link.public.as_bytes(), pair.secret.public().as_bytes());
    assert_eq!(link.key.expose(), pair.key.expose());
    let elsewhere = digest_link(&digester, &board(8)).unwrap();
    assert!(link.docname != elsewhere.docname && link.key.expose() != elsewhere.key.expose());
    assert!(digest_link(&PersonId::from_bytes([0; 32]), &board(7)).is_err());
}

#[test]
fn a_reader_believes_the_digester_and_goes_forward_only() {
    let to = hour_of(NOW);
    let digest = Digest { from: to - 24, to, entries: vec![entry(1, to - 3, 0)], ..days(1, 1).0 };
    let mut followed = DigestFollowed::new(master(1).person(), board(7), Some(to - 2));
    let met = sealed(1, digest.clone());
    assert_eq!(followed.meet(&met), DigestMet::Newer(&digest));
    assert_eq!(followed.to(), Some(to));
    let (older, early) = (Digest { to: to - 1, ..digest.clone() }, Digest { to: to + 1, ..digest.clone() });
    let elsewhere = Digest { board: board(8), ..digest.clone() };
    let profile = Profile {
        serial: 0,
        name: "Ada".to_owned(),
        bio: String::new(),
        avatar: None,
        langs: Vec::new(),
        place: String::new(),
        recovery: RecoveryCommitment::from_bytes([1; 32]),
        revoked: Vec::new(),
        unknown: Unknown::new(),
    };
    assert_eq!(followed.meet(&sealed(1, older)), DigestMet::Known);
    for foreign in [sealed(2, digest.clone()), sealed(1, early), sealed(1, elsewhere), sealed(1, profile)] {
        assert_eq!(followed.meet(&foreign), DigestMet::Foreign);
    }
    let reference = DigestPage { from: digest.from, to, at: pointer(1), unknown: Unknown::new() };
    assert_eq!(followed.page(&reference, &met), Some(&digest));
    assert_eq!(followed.page(&reference, &sealed(2, digest.clone())), None);
    let later = DigestPage { to: to - 1, ..reference.clone() };
    assert_eq!(followed.page(&later, &met), None);
    let leads_on = Digest { pages: vec![reference.clone()], ..digest };
    assert_eq!(followed.page(&reference, &sealed(1, leads_on)), None);
}

#[test]
fn an_entry_is_checked_against_what_it_leads_to() {
    let post = Post {
        boards: vec![board(7)],
        title: "a".to_owned(),
        text: String::new(),
        lang: "fr".to_owned(),
        files: Vec::new(),
        warning: String::new(),
        unknown: Unknown::new(),
    };
    let envelope = sealed(1, post);
    let honest = DigestEntry { id: envelope.id(), author: envelope.author(), ..entry(1, MIDNIGHT, 0) };
    assert!(honest.is_of(&envelope, &board(7)) && !honest.is_of(&envelope, &board(8)));
    let root = Some(EnvelopeId::from_bytes([1; 32]));
    for lie in [
        DigestEntry { id: EnvelopeId::from_bytes([2; 32]), ..honest.clone() },
        DigestEntry { author: master(2).person(), ..honest.clone() },
        DigestEntry { root, ..honest.clone() },
    ] {
        assert!(!lie.is_of(&envelope, &board(7)));
    }
    let reply = Reply {
        boards: vec![board(7)],
        root: EnvelopeId::from_bytes([1; 32]),
        parent: EnvelopeId::from_bytes([1; 32]),
        text: "b".to_owned(),
        lang: "fr".to_owned(),
        files: Vec::new(),
        warning: String::new(),
        unknown: Unknown::new(),
    };
    let envelope = sealed(1, reply);
    let honest = DigestEntry { id: envelope.id(), root, ..honest };
    assert!(honest.is_of(&envelope, &board(7)));
    assert!(!DigestEntry { root: None, ..honest }.is_of(&envelope, &board(7)));
}

/// What a digester says takes the place of nothing that another says, however much it is.
#[test]
fn a_forged_digest_harms_nobody() {
    let (honest, liar) = (PersonId::from_bytes([1; 32]), PersonId::from_bytes([2; 32]));
    let digest = |entries: Vec<DigestEntry>| Digest { entries, ..days(1, 1).0 };
    let said: Vec<DigestEntry> = (0..50).map(|number| entry(number, MIDNIGHT + 1, 0)).collect();
    // The same ids, led to nowhere; and a thousand of nothing.
    let twisted = said.iter().map(|entry| DigestEntry { at: pointer(1_000_000), ..entry.clone() }).collect();
    let junk = (0..10_000).map(|number| entry(100_000 + number, MIDNIGHT + 20, 0)).collect();
    let mut digested = Digested::default();
    digested.add(liar, &digest(twisted));
    digested.add(liar, &digest(junk));
    digested.add(honest, &digest(said.clone()));
    let leads = digested.leads();
    let found = |count: usize| leads.iter().take(count).filter(|lead| lead.digester == honest).count();
    assert_eq!(found(100), 50, "half of what a reader fetches is the honest one's");
    assert!(said.iter().all(|entry| leads.iter().any(|lead| lead.entry == entry)));
    assert_eq!(leads.iter().filter(|lead| lead.digester == liar).count(), MAX_DIGESTED);
    digested.forget(&liar);
    assert_eq!(digested.leads().len(), 50);
}

/// Draft vectors: the same values stand in `docs/formats/digest.md`.
#[test]
fn vectors() {
    let link = digest_link(&master(1).person(), &board(7)).unwrap();
    assert_eq!(link.docname.as_str(), "digest-BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
    let key = roneo_keys::base64::encode(link.key.expose());
    let lies_at = Pointer::of(&Chk {
        root: Locator::from_bytes([4; 32]),
        key: ReadKey::from_bytes([2; 32]),
        extra: Extra::PUBLIC,
        name: String::new(),
    });
    let entry = DigestEntry {
        id: EnvelopeId::from_bytes([5; 32]),
        author: PersonId::from_bytes([3; 32]),
        at: lies_at.clone(),
        root: Some(EnvelopeId::from_bytes([6; 32])),
        time: 1_794_990_000,
        hour: 498_608,
        effort: 1_604,
        unknown: Unknown::new(),
    };
    let latest = vec![AuthorEntry { author: entry.author, edition: 4, unknown: Unknown::new() }];
    let pages = vec![DigestPage { from: 498_576, to: 498_600, at: lies_at, unknown: Unknown::new() }];
    let (board, entries, unknown) = (board(7), vec![entry], Unknown::new());
    let (from, to, dropped, beacon) = (498_600, 498_611, 2, None);
    let envelope = sealed(1, Digest { board, from, to, entries, dropped, beacon, latest, pages, unknown });
    let bytes = envelope.to_bytes();
    let made = [key, envelope.id().to_text(), bytes.len().to_string(), blake3::hash(&bytes).to_hex().to_string()];
    assert_eq!(
        made,
        [
            "7I5-IrJCgns~TRGQZFNCF8rFyjy6s8ZA3B8fE528RT8",
            "a01C58wiNMK1J-oaZs4FOZqnq7I4VDestc6FvLzupLo",
            "782",
            "ca4881d96fedd7785c08566b6ccc09cf54aa02eb21e603ea6989b9740094a27b"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn taking_digests_together_is_a_union(
        parts in proptest::collection::vec(proptest::collection::vec((0u32..30, 0u32..24, 0u32..3), 0..20), 3),
        lie in 0u32..30,
    ) {
        let digests: Vec<(PersonId, Digest)> = parts.iter().enumerate().map(|(number, part)| {
            let entries = part.iter().map(|(number, hour, effort)| entry(*number, MIDNIGHT + hour, *effort)).collect();
            let latest = vec![AuthorEntry {
                author: PersonId::from_bytes([1; 32]), edition: lie.into(), unknown: Unknown::new(),
            }];
            (PersonId::from_bytes([(number % 2) as u8; 32]), Digest { entries, latest, ..days(1, 1).0 })
        }).collect();
        let together = |order: [usize; 4]| {
            let mut digested = Digested::default();
            order.iter().for_each(|number| digested.add(digests[*number].0, &digests[*number].1));
            digested
        };
        let ids = |digested: &Digested| -> BTreeSet<_> {
            digested.leads().iter().map(|lead| (lead.entry.id, lead.entry.at.clone())).collect()
        };
        prop_assert_eq!(ids(&together([0, 1, 2, 2])), ids(&together([2, 0, 1, 0])));
        prop_assert_eq!(together([0, 1, 2, 1]).latest(&PersonId::from_bytes([1; 32])), Some(lie.into()));
    }

    #[test]
    fn whatever_is_offered_heads_and_pages_fit_their_format(
        offered in proptest::collection::vec((0u32..100_000, 0u32..200, 0u32..5_000), 0..600),
        mut looks in proptest::collection::vec(1u32..230, 1..6),
    ) {
        let (mut state, mut pages) = (state(), BTreeMap::new());
        for (number, hour, effort) in offered {
            state.offer(entry(number, MIDNIGHT + hour, effort));
        }
        looks.sort_unstable();
        for to in looks {
            while let Some(page) = state.overflow(MIDNIGHT + to) {
                prop_assert_eq!(Body::from(page.clone()).check(), Ok(()));
                state.moved(&page, pointer(0xFFFF_0000 + pages.len() as u32));
                pages.insert(pages.len(), page);
            }
            if let Some(head) = state.head(MIDNIGHT + to, None) {
                prop_assert_eq!(Body::from(head).check(), Ok(()));
            }
        }
    }
}
