//! Keeping a board: founding it, changing its terms with others, inviting to it, coming to it by an invitation.

use roneo_client::board::{
    BoardHandle, BoardInfo, Change, IntroducerRow, Invited, Join, Kind, MAX_OFFICES, MAX_PASSES, NewBoard,
    NewIntroducer, OfficeKey, Proposal, Reach, StewardRow, TermsChange,
};
use roneo_client::social::{SocialError, SocialFuture};
use roneo_keys::Uri;
use roneo_keys::time::{Day, Wall};
use roneo_social::{
    BEACON_HOURS, BeaconSecret, BoardChain, BoardId, BoardInvitation, BoardKind, ChainLink, DESCRIPTOR_VERSION,
    Descriptor, DescriptorId, FormatError, GuestSecret, Introducer, IntroducerId, IntroducerSecret, MAX_STEWARDS,
    PersonId, Pointer, Policy, Scope, StewardId, StewardSecret, Terms, Unknown, VOUCH_DAYS, hour_of,
};
use zeroize::Zeroizing;

use super::chains::{Asked, STEWARDS_ASKED, merged};
use super::lanes::{end_of, guest_of};
use super::stored::{Boards, HeldPass, KnownBoard, OwnPerson, Seed};
use super::{Profile, lock};

/// Hours before the end of a chain of beacons from which a change begins another.
const RENEW_BEACONS: u32 = 30 * 24;
/// Seconds of one announcement record.
const EPOCH_S: u32 = 3_600;

/// The user's keys for an office on one board.
pub(super) struct Office {
    seed: Zeroizing<[u8; 32]>,
    pub(super) steward: StewardSecret,
    pub(super) introducer: IntroducerSecret,
    /// For the user's own identities, where they introduce.
    pub(super) guest: GuestSecret,
}

impl Office {
    pub(super) fn of(seed: &Seed) -> Self {
        let key = |context: &str| Zeroizing::new(blake3::derive_key(context, &*seed.0));
        Self {
            seed: seed.0.clone(),
            steward: StewardSecret::from_seed(&key("roneo office steward 1")),
            introducer: IntroducerSecret::from_seed(&key("roneo office introducer 1")),
            guest: GuestSecret::from_seed(&key("roneo office guest 1")),
        }
    }

    /// The beacons that this office shows from an hour on.
    pub(super) fn beacons(&self, anchored: u32) -> BeaconSecret {
        let mut hasher = blake3::Hasher::new_derive_key("roneo office beacons 1");
        hasher.update(&*self.seed).update(&anchored.to_le_bytes());
        BeaconSecret::new(&Zeroizing::new(*hasher.finalize().as_bytes()), anchored)
    }

    fn key(&self, person: PersonId) -> OfficeKey {
        let introducer = NewIntroducer { person: person.to_text(), key: self.introducer.id().to_text() };
        OfficeKey { steward: self.steward.id().to_text(), introducer }
    }
}

impl BoardHandle for Profile {
    fn found_board(&self, new: NewBoard) -> SocialFuture<'_, BoardInfo> {
        Box::pin(async move {
            let (person, office) = (self.person_of(&new.identity)?, self.new_office().await?);
            let now = Wall(self.0.now());
            let terms = self.first_terms(new, person, &office, now)?;
            let sigs = vec![office.steward.cosign(&terms)];
            let link = ChainLink::new(Descriptor::new(terms, sigs).map_err(SocialError::Terms)?, None);
            let first = self.store_link(&link).await?;
            let chain = BoardChain::found(link, first.clone()).map_err(|_| SocialError::NoBoard)?;
            let board = chain.board().id();
            self.keep_board(first, chain, true).await?;
            self.0.beacons_changed.notify_one();
            self.set_followed(board.to_text(), true).await?;
            self.info(&board)
        })
    }

    fn meet_board(&self, link: String) -> SocialFuture<'_, BoardInfo> {
        Box::pin(async move {
            let Ok(Uri::Chk(chk)) = link.trim().parse() else { return Err(SocialError::NoBoard) };
            let board = self.get_to_know(Pointer::of(&chk)).await?;
            self.info(&board)
        })
    }

    fn board_info(&self, board: String, ask: bool) -> SocialFuture<'_, BoardInfo> {
        Box::pin(async move {
            let board = BoardId::from_text(&board).ok_or(SocialError::Board)?;
            if ask {
                self.ask_stewards(&board, MAX_STEWARDS).await?;
            }
            self.info(&board)
        })
    }

    fn office_key(&self, identity: String) -> SocialFuture<'_, OfficeKey> {
        Box::pin(async move {
            let person = self.person_of(&identity)?;
            Ok(self.new_office().await?.key(person))
        })
    }

    fn propose(&self, board: String, change: TermsChange) -> SocialFuture<'_, BoardInfo> {
        Box::pin(async move {
            let board = BoardId::from_text(&board).ok_or(SocialError::Board)?;
            self.ask_stewards(&board, STEWARDS_ASKED).await?;
            let known = self.known_board(&board).ok_or(SocialError::NotStewarded)?;
            let office = self.steward_of(&known)?;
            let terms = changed_terms(&known, change, &office, Wall(self.0.now()))?;
            let sigs = vec![office.steward.cosign(&terms)];
            self.settle_proposal(&known, Descriptor::new(terms, sigs).map_err(SocialError::Terms)?).await?;
            self.info(&board)
        })
    }

    fn sign_proposal(&self, board: String, proposal: String) -> SocialFuture<'_, BoardInfo> {
        Box::pin(async move {
            let board = BoardId::from_text(&board).ok_or(SocialError::Board)?;
            let id = DescriptorId::from_text(&proposal).ok_or(SocialError::Id)?;
            self.ask_stewards(&board, MAX_STEWARDS).await?;
            let known = self.known_board(&board).ok_or(SocialError::NotStewarded)?;
            let office = self.steward_of(&known)?;
            let proposed = self.proposals(&known).into_iter().find(|proposed| proposed.terms().id() == id);
            let proposed = proposed.ok_or(SocialError::NoProposal)?;
            let sigs = proposed.signatures().iter().cloned().chain([office.steward.cosign(proposed.terms())]);
            let signed = Descriptor::new(proposed.terms().clone(), sigs.collect()).map_err(SocialError::Terms)?;
            self.settle_proposal(&known, signed).await?;
            self.info(&board)
        })
    }

    fn invite(&self, board: String, days: u32) -> SocialFuture<'_, Invited> {
        Box::pin(async move {
            let board = BoardId::from_text(&board).ok_or(SocialError::Board)?;
            let known = self.known_board(&board).ok_or(SocialError::NotStewarded)?;
            let roster = &known.chain.newest.terms().introducers;
            let own = self.offices().into_iter().map(|office| office.introducer);
            let own = own.into_iter().find(|own| roster.iter().any(|named| named.key == own.id()));
            let introducer = own.ok_or(SocialError::NotIntroducer)?;
            let until = Day(Wall(self.0.now()).day().0.saturating_add(days.clamp(1, VOUCH_DAYS)));
            let rng = &mut *lock(&self.0.rng);
            let invitation = BoardInvitation::new(board, Some(known.first), &introducer, until, rng).to_text();
            Ok(Invited { invitation, until: end_of(until.0).0 })
        })
    }

    fn join(&self, join: Join) -> SocialFuture<'_, BoardInfo> {
        Box::pin(async move {
            let invitation: BoardInvitation = join.invitation.parse()?;
            let (board, person) = (*invitation.board(), self.person_of(&join.identity)?);
            let today = Wall(self.0.now()).day();
            if !invitation.pass().counts_on(today) {
                return Err(SocialError::NoLongerInvited);
            }
            match (self.known_board(&board), invitation.at()) {
                (Some(_), _) => {}
                (None, Some(at)) if self.get_to_know(at.clone()).await? == board => {}
                (None, _) => return Err(SocialError::NoBoard),
            }
            let known = self.known_board(&board).ok_or(SocialError::NotStewarded)?;
            let key = invitation.pass().key;
            if !known.chain.newest.terms().introducers.iter().any(|named| named.key == key.by) {
                return Err(SocialError::NoLongerInvited);
            }
            let (guest, until) = (Seed(invitation.guest().expose_seed()), invitation.pass().until);
            let held = HeldPass { board, person, guest, until, key };
            self.keep_boards(move |boards| hold(boards, held, today)).await?;
            self.set_followed(board.to_text(), true).await?;
            self.info(&board)
        })
    }
}

impl Profile {
    fn person_of(&self, identity: &str) -> Result<PersonId, SocialError> {
        let people = |people: &[OwnPerson]| people.iter().find(|own| own.name == identity).map(OwnPerson::person);
        let person = self.0.read(|kept| people(&kept.social.value.people));
        person.ok_or_else(|| SocialError::NoSuchIdentity(identity.to_owned()))
    }

    /// What a board says of itself first. Of a fork, what is left out is as it was on the board that was left.
    fn first_terms(&self, new: NewBoard, person: PersonId, office: &Office, now: Wall) -> Result<Terms, SocialError> {
        let policy = Policy { k: 1, keys: vec![office.steward.id()] };
        let kind = match new.kind {
            Kind::Stewarded => BoardKind::Stewarded,
            Kind::Announcements => BoardKind::Announcements,
        };
        let scope = match new.scope {
            Reach::Local => Scope::Local,
            Reach::National => Scope::National,
            Reach::International => Scope::International,
        };
        let rules = new.rules.replace("\r\n", "\n");
        let introducers = vec![Introducer { person, key: office.introducer.id() }];
        let beacon = Some(office.beacons(hour_of(now)).anchor());
        let Some(left) = new.fork else {
            return Ok(Terms {
                v: DESCRIPTOR_VERSION,
                kind,
                board: None,
                serial: 0,
                prev: None,
                time: now.0,
                name: new.name,
                about: new.about,
                path: new.path,
                scope,
                place: new.place,
                langs: new.langs,
                rules,
                policy,
                introducers,
                curators: Vec::new(),
                digesters: Vec::new(),
                epoch: EPOCH_S,
                beacon,
                fork: None,
                unknown: Unknown::new(),
            });
        };
        let left = BoardId::from_text(&left).ok_or(SocialError::Board)?;
        let left = self.known_board(&left).ok_or(SocialError::NotStewarded)?;
        let terms = BoardChain::from(left.chain).board().fork(policy, now);
        let or = |new: String, old: &String| if new.is_empty() { old.clone() } else { new };
        Ok(Terms {
            kind,
            name: new.name,
            path: new.path,
            scope,
            about: or(new.about, &terms.about),
            place: or(new.place, &terms.place),
            langs: if new.langs.is_empty() { terms.langs.clone() } else { new.langs },
            rules: or(rules, &terms.rules),
            introducers,
            beacon,
            ..terms
        })
    }

    fn offices(&self) -> Vec<Office> {
        self.0.read(|kept| kept.boards.value.offices.iter().map(Office::of).collect())
    }

    /// Keys for one more office, kept before anybody hears of them.
    async fn new_office(&self) -> Result<Office, SocialError> {
        let seed = Seed(StewardSecret::random(&mut *lock(&self.0.rng)).expose_seed());
        let office = Office::of(&seed);
        self.keep_boards(move |boards| {
            if boards.offices.len() >= MAX_OFFICES {
                return Err(SocialError::Full { what: "keys for boards", most: MAX_OFFICES });
            }
            boards.offices.push(seed);
            Ok(())
        })
        .await?;
        Ok(office)
    }

    /// The user's keys as a steward of a board.
    fn steward_of(&self, known: &KnownBoard) -> Result<Office, SocialError> {
        let keys = &known.chain.newest.terms().policy.keys;
        self.offices().into_iter().find(|own| keys.contains(&own.steward.id())).ok_or(SocialError::NotSteward)
    }

    /// What is proposed for the newest state of a board, as far as one of its stewards signed it.
    fn proposals(&self, known: &KnownBoard) -> Vec<Descriptor> {
        let Asked { proposals, .. } = lock(&self.0.asked).get(&known.chain.board).cloned().unwrap_or_default();
        let newest = &known.chain.newest;
        let follows = |proposal: &Descriptor| {
            let terms = proposal.terms();
            terms.board == Some(known.chain.board)
                && terms.prev == Some(newest.terms().id())
                && terms.serial == newest.terms().serial + 1
                && !proposal.signers(&newest.terms().policy).is_empty()
        };
        let all = known.proposal.clone().into_iter().chain(proposals);
        merged(all).into_iter().filter(follows).collect()
    }

    /// Has a change stand if enough stewards signed it, and published for the others to sign if not.
    async fn settle_proposal(&self, known: &KnownBoard, proposal: Descriptor) -> Result<(), SocialError> {
        let policy = &known.chain.newest.terms().policy;
        if proposal.signers(policy).len() < usize::from(policy.k) {
            let board = known.chain.board;
            self.keep_boards(move |boards| {
                let known = boards.known.iter_mut().find(|known| known.chain.board == board);
                let known = known.ok_or(SocialError::NotStewarded)?;
                (known.proposal, known.seat_waits) = (Some(proposal), true);
                Ok(())
            })
            .await?;
            self.0.stewards_changed.notify_one();
            return Ok(());
        }
        let mut chain = BoardChain::from(known.chain.clone());
        let link = ChainLink::new(proposal, Some(known.chain.at.clone()));
        let at = self.store_link(&link).await?;
        if !chain.follow([(link, at)]) {
            return Err(SocialError::NoProposal);
        }
        self.adopt_chain(chain).await?;
        self.0.beacons_changed.notify_one();
        Ok(())
    }

    fn info(&self, board: &BoardId) -> Result<BoardInfo, SocialError> {
        let known = self.known_board(board).ok_or(SocialError::NotStewarded)?;
        let offices = self.offices();
        let (stewards, introducers): (Vec<StewardId>, Vec<IntroducerId>) =
            offices.iter().map(|office| (office.steward.id(), office.introducer.id())).unzip();
        let asked = lock(&self.0.asked).get(board).cloned().unwrap_or_default();
        let today = Wall(self.0.now()).day();
        let admitted = self.0.read(|kept| {
            let people = kept.social.value.people.iter();
            let admitted = people.filter(|own| guest_of(&kept.boards.value, &known, &own.person(), today).is_some());
            admitted.map(|own| own.name.clone()).collect()
        });
        let terms = known.chain.newest.terms();
        let proposals = self.proposals(&known).iter().map(|proposal| shown(terms, proposal, &stewards)).collect();
        let steward = |key: &StewardId| StewardRow {
            key: key.to_text(),
            own: stewards.contains(key),
            diverged: known.chain.diverged.contains(key),
        };
        let introducer = |named: &Introducer| IntroducerRow {
            person: named.person.to_text(),
            key: named.key.to_text(),
            own: introducers.contains(&named.key),
        };
        Ok(BoardInfo {
            board: board.to_text(),
            link: Uri::Chk(known.first.chk().clone()).to_text(),
            kind: match terms.kind {
                BoardKind::Stewarded => Kind::Stewarded,
                BoardKind::Announcements => Kind::Announcements,
            },
            name: terms.name.clone(),
            about: terms.about.clone(),
            path: terms.path.clone(),
            scope: match terms.scope {
                Scope::Local => Reach::Local,
                Scope::National => Reach::National,
                Scope::International => Reach::International,
            },
            place: terms.place.clone(),
            langs: terms.langs.clone(),
            rules: terms.rules.clone(),
            serial: terms.serial,
            changed: terms.time,
            stewards: terms.policy.keys.iter().map(steward).collect(),
            needed: terms.policy.k,
            introducers: terms.introducers.iter().map(introducer).collect(),
            curators: terms.curators.iter().map(PersonId::to_text).collect(),
            fork: terms.fork.map(|fork| fork.board.to_text()),
            proposals,
            admitted,
            asked_at: asked.at,
        })
    }
}

/// Keeps an invitation in the place of an earlier one, and forgets those whose days are over.
fn hold(boards: &mut Boards, held: HeldPass, today: Day) -> Result<(), SocialError> {
    let same = |other: &HeldPass| (other.board, other.person) == (held.board, held.person);
    boards.passes.retain(|other| other.until >= today.0 && !same(other));
    if boards.passes.len() >= MAX_PASSES {
        return Err(SocialError::Full { what: "invitations", most: MAX_PASSES });
    }
    boards.passes.push(held);
    Ok(())
}

fn changed_terms(known: &KnownBoard, change: TermsChange, office: &Office, now: Wall) -> Result<Terms, SocialError> {
    let newest = known.chain.newest.terms();
    let same = newest.successor(known.chain.board, now);
    let mut terms = same.clone();
    let TermsChange { name, about, rules, needed, .. } = change;
    terms.name = name.unwrap_or(terms.name);
    terms.about = about.unwrap_or(terms.about);
    terms.rules = rules.map_or(terms.rules, |rules| rules.replace("\r\n", "\n"));
    let stewards = |texts: &[String]| all_of(texts, StewardId::from_text);
    let people = |texts: &[String]| all_of(texts, PersonId::from_text);
    let removed = stewards(&change.remove_stewards)?;
    terms.policy.keys.retain(|key| !removed.contains(key));
    terms.policy.keys.extend(stewards(&change.add_stewards)?);
    terms.policy.keys.sort_unstable();
    terms.policy.keys.dedup();
    terms.policy.k = needed.unwrap_or(terms.policy.k);
    if !(1..=terms.policy.keys.len()).contains(&usize::from(terms.policy.k)) {
        return Err(SocialError::Terms(FormatError::Field("policy")));
    }
    let removed = all_of(&change.remove_introducers, IntroducerId::from_text)?;
    terms.introducers.retain(|introducer| !removed.contains(&introducer.key));
    for NewIntroducer { person, key } in &change.add_introducers {
        let named = PersonId::from_text(person).zip(IntroducerId::from_text(key));
        let (person, key) = named.ok_or(SocialError::Id)?;
        terms.introducers.push(Introducer { person, key });
    }
    let removed = people(&change.remove_curators)?;
    terms.curators.retain(|curator| !removed.contains(curator));
    terms.curators.extend(people(&change.add_curators)?);
    if terms == same {
        return Err(SocialError::NoChange);
    }
    let left = terms.beacon.map_or(0, |anchor| (anchor.hour + BEACON_HOURS).saturating_sub(hour_of(now)));
    if left < RENEW_BEACONS {
        terms.beacon = Some(office.beacons(hour_of(now)).anchor());
    }
    Ok(terms)
}

fn all_of<T>(texts: &[String], read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, SocialError> {
    texts.iter().map(|text| read(text).ok_or(SocialError::Id)).collect()
}

fn shown(newest: &Terms, proposal: &Descriptor, own: &[StewardId]) -> Proposal {
    let signed = proposal.signers(&newest.policy);
    Proposal {
        id: proposal.terms().id().to_text(),
        time: proposal.terms().time,
        own: own.iter().any(|key| signed.contains(key)),
        signed: signed.iter().map(StewardId::to_text).collect(),
        changes: changes(newest, proposal.terms()),
    }
}

/// What differs between two terms, field by field, as whoever is to sign has to see it. What has no words of its own is
/// shown as the format has it: nothing that is signed stays unseen.
fn changes(from: &Terms, to: &Terms) -> Vec<Change> {
    // What differs in every change.
    const OF_EVERY_CHANGE: [&str; 4] = ["board", "serial", "prev", "time"];
    let fields = |terms: &Terms| match serde_json::to_value(terms) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (fields(from), fields(to));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let text = |value: Option<&serde_json::Value>| match value {
        None => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let differs =
        |name: &&&String| !OF_EVERY_CHANGE.contains(&name.as_str()) && before.get(**name) != after.get(**name);
    let change =
        |name: &String| Change { field: name.clone(), from: text(before.get(name)), to: text(after.get(name)) };
    names.iter().filter(differs).map(|name| change(name)).collect()
}
