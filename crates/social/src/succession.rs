//! What becomes of a person whose machine was stolen or lost. `docs/formats/succession.md`.
//!
//! A **revocation** takes back one device; a **succession** gives up all keys of a person for those of another. The first
//! is in a profile and costs nothing; but every device of a person has the master key, so a thief can revoke too. Only
//! the second ends that: it is signed with the recovery key, which is on no machine.
//!
//! Dates are what their signers say. So what a reader had before is never undone, and what comes afterwards is believed
//! only as far as nobody can profit from lying about its date. Everything here is a function of what was met and when.

use std::collections::BTreeMap;

use roneo_keys::time::Wall;

use crate::body::{Body, MAX_REVOKED, Profile, Succession, Unknown};
use crate::envelope::Envelope;
use crate::identity::{DeviceId, PersonId, RecoveryCommitment, RecoverySecret, verify};
use crate::octets::Octets;

/// Days by which a succession may lie after the moment since when the old keys are not believed: a theft is found out
/// late, and nobody disowns what they said a year ago.
pub const MAX_SINCE_DAYS: u64 = 30;
/// Days after which a succession that was met and not contested cannot be contested any more.
pub const SETTLED_DAYS: u64 = 30;
/// Successions of one person that are remembered.
pub const MAX_HEIRS: usize = 4;
/// Devices of one person of which it is remembered that they were revoked.
pub const MAX_KNOWN_REVOKED: usize = 4 * MAX_REVOKED;
/// Successions that are followed one after the other.
pub const MAX_SUCCESSIONS: usize = 8;

const DAY_S: u64 = 86_400;

impl Succession {
    /// BLAKE3 under `roneo succession 1` of `of`, `to`, `since` (8 bytes, little-endian) and the new commitment.
    fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("roneo succession 1");
        hasher.update(self.of.as_bytes()).update(self.to.as_bytes()).update(&self.since.to_le_bytes());
        hasher.update(self.recovery.as_bytes());
        *hasher.finalize().as_bytes()
    }

    pub(crate) fn is_signed(&self) -> bool {
        verify(self.key.as_bytes(), &self.digest(), &self.sig).is_ok()
    }
}

impl RecoverySecret {
    /// Gives a person's place to another, with a recovery commitment of its own. The other says it, in an envelope: so
    /// both agree.
    #[must_use]
    pub fn succession(&self, of: PersonId, (to, recovery): (PersonId, RecoveryCommitment), since: Wall) -> Succession {
        let (key, sig, unknown) = (self.id(), Octets([0; 64]), Unknown::new());
        let unsigned = Succession { of, to, since: since.0, key, recovery, sig, unknown };
        Succession { sig: self.sign(&unsigned.digest()), ..unsigned }
    }
}

/// How far a statement counts as its author's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It does.
    Stands,
    /// It may have been made by who holds stolen keys: it is dated before they were given up, and was met only after.
    /// It is shown with that remark, and changes nothing else of the person.
    Doubtful,
    /// It was made with keys that were given up: shown folded, as something that somebody else says.
    Void,
}

/// What became of a profile that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileMet {
    /// It is newer than any before, and its name and all else count.
    Newer,
    /// It is not newer. What it revokes counts all the same.
    Older,
    /// Its device was revoked, or the person has given up their keys: nothing of it counts but what it revokes.
    Void,
    /// It names another recovery key than the first profile met. Nothing of it counts: whoever holds the master key would
    /// give themselves the right to succeed. Readers are warned.
    OtherRecovery,
    /// It is no profile of this person.
    Foreign,
}

/// What became of a succession that was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuccessionMet {
    /// It counts.
    Taken,
    /// It was known.
    Known,
    /// There is another already, to somebody else: neither is followed.
    Contested,
    /// It came when another had been settled: that one stays, and readers are warned.
    TooLate,
    /// No profile was met, so it cannot be told whose recovery key it is: keep it, and try again after a profile.
    Unknown,
    /// It is not signed with this person's recovery key, the author is not who takes the place, or it reaches too far
    /// back.
    Foreign,
}

/// Who speaks in the place of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heir {
    /// They themselves.
    Nobody,
    /// Who took their place.
    One(PersonId),
    /// Several claim to, each with the recovery key: it is in other hands too. Nobody is followed, and readers are asked to
    /// find out by another way.
    Contested(Vec<PersonId>),
}

/// When keys were given up: as their owner says, and as a reader learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct GivenUp {
    since: Wall,
    met: Wall,
}

impl GivenUp {
    /// The earlier of both, each by itself, so that the order of meeting does not matter.
    fn and(self, other: Self) -> Self {
        Self { since: self.since.min(other.since), met: self.met.min(other.met) }
    }

    /// What was met first has not been forged since; what is dated later admits that it was.
    fn judge(self, dated: Wall, met: Wall) -> Standing {
        if met < self.met {
            Standing::Stands
        } else if dated < self.since {
            Standing::Doubtful
        } else {
            Standing::Void
        }
    }
}

/// What a reader knows of the keys of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonKnown {
    person: PersonId,
    serial: Option<u64>,
    recovery: Option<RecoveryCommitment>,
    revoked: BTreeMap<DeviceId, GivenUp>,
    heirs: BTreeMap<PersonId, GivenUp>,
}

impl PersonKnown {
    /// Somebody of whom nothing is known yet.
    #[must_use]
    pub const fn new(person: PersonId) -> Self {
        Self { person, serial: None, recovery: None, revoked: BTreeMap::new(), heirs: BTreeMap::new() }
    }

    /// Takes a profile, met at a time. Devices that any profile revokes stay revoked, whoever signed it and whatever later
    /// ones say: of two devices that revoke each other neither is believed, whichever came first.
    pub fn meet_profile(&mut self, envelope: &Envelope, met: Wall) -> ProfileMet {
        let Body::Profile(profile) = envelope.body() else { return ProfileMet::Foreign };
        if envelope.author() != self.person {
            return ProfileMet::Foreign;
        }
        if *self.recovery.get_or_insert(profile.recovery) != profile.recovery {
            return ProfileMet::OtherRecovery;
        }
        // Judged before its own revocations: a device may take itself back and say so.
        let standing = self.judge(envelope, met);
        self.revoke(profile, GivenUp { since: envelope.time(), met });
        if standing == Standing::Void {
            return ProfileMet::Void;
        }
        if self.serial.is_some_and(|known| profile.serial <= known) {
            return ProfileMet::Older;
        }
        self.serial = Some(profile.serial);
        ProfileMet::Newer
    }

    fn revoke(&mut self, profile: &Profile, given_up: GivenUp) {
        for device in &profile.revoked {
            let known = self.revoked.get(device).copied();
            // Beyond the bound those of the past stay: a thief cannot push them out.
            if known.is_some() || self.revoked.len() < MAX_KNOWN_REVOKED {
                self.revoked.insert(*device, known.map_or(given_up, |known| known.and(given_up)));
            }
        }
    }

    /// Takes a succession, met at a time.
    pub fn meet_succession(&mut self, envelope: &Envelope, met: Wall) -> SuccessionMet {
        let Body::Succession(said) = envelope.body() else { return SuccessionMet::Foreign };
        let oldest = envelope.time().0.saturating_sub(MAX_SINCE_DAYS * DAY_S);
        let in_time = (oldest..=envelope.time().0).contains(&said.since);
        if said.of != self.person || envelope.author() != said.to || !in_time {
            return SuccessionMet::Foreign;
        }
        match self.recovery {
            None => return SuccessionMet::Unknown,
            Some(committed) if said.key.commitment() != committed => return SuccessionMet::Foreign,
            Some(_) => {}
        }
        let given_up = GivenUp { since: Wall(said.since), met };
        if let Some(known) = self.heirs.get_mut(&said.to) {
            *known = known.and(given_up);
            return SuccessionMet::Known;
        }
        if self.settled(met).is_some() {
            return SuccessionMet::TooLate;
        }
        if self.heirs.len() < MAX_HEIRS {
            self.heirs.insert(said.to, given_up);
        }
        if self.heirs.len() == 1 { SuccessionMet::Taken } else { SuccessionMet::Contested }
    }

    /// Who took this person's place, if that was met so long ago that it stands for good.
    fn settled(&self, now: Wall) -> Option<PersonId> {
        let (heir, given_up) = self.heirs.first_key_value().filter(|_| self.heirs.len() == 1)?;
        (now.0.saturating_sub(given_up.met.0) >= SETTLED_DAYS * DAY_S).then_some(*heir)
    }

    /// Who speaks in this person's place.
    #[must_use]
    pub fn heir(&self) -> Heir {
        let mut heirs = self.heirs.keys().copied();
        match (heirs.next(), heirs.next()) {
            (None, _) => Heir::Nobody,
            (Some(one), None) => Heir::One(one),
            (Some(one), Some(other)) => Heir::Contested([one, other].into_iter().chain(heirs).collect()),
        }
    }

    /// Whether an envelope counts as this person's that was first met at a time.
    #[must_use]
    pub fn judge(&self, envelope: &Envelope, met: Wall) -> Standing {
        if envelope.author() != self.person {
            return Standing::Void;
        }
        let device = self.revoked.get(&envelope.device().device).copied();
        let all = self.heirs.values().copied().reduce(GivenUp::and);
        let judged = device.into_iter().chain(all).map(|given_up| given_up.judge(envelope.time(), met));
        judged.max().unwrap_or(Standing::Stands)
    }
}

impl Heir {
    /// Who speaks for somebody after all successions, at most [`MAX_SUCCESSIONS`]; nobody where one is contested or they
    /// lead in a circle.
    #[must_use]
    pub fn last(person: PersonId, known: impl Fn(&PersonId) -> Self) -> Option<PersonId> {
        let mut speaks = person;
        for _ in 0..=MAX_SUCCESSIONS {
            match known(&speaks) {
                Self::Nobody => return Some(speaks),
                Self::One(heir) => speaks = heir,
                Self::Contested(_) => return None,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceSecret, MasterSecret, Scopes};
    use crate::words::Words;
    use crate::{EnvelopeError, FormatError, Signer};
    use proptest::prelude::*;

    const NOW: u64 = 1_795_000_000;

    fn words(number: u8) -> Words {
        Words::from_entropy([number; 32])
    }

    fn master(number: u8) -> MasterSecret {
        MasterSecret::of_words(&words(number))
    }

    fn recovery(number: u8) -> RecoverySecret {
        RecoverySecret::of_words(&words(number))
    }

    fn device(number: u8) -> DeviceSecret {
        DeviceSecret::from_seed(&[number; 32])
    }

    fn by(person: u8, signs: u8, time: u64, body: impl Into<Body>) -> Result<Envelope, EnvelopeError> {
        let (master, device) = (master(person), device(signs));
        let certificate = master.certify(device.id(), Scopes::ALL, Wall(time).day());
        let signer = Signer { device: &device, certificate: &certificate, person: master.person(), seq: 0, prev: None };
        Envelope::seal(&signer, Wall(time), body)
    }

    /// A profile of the first person, whose recovery key is in the same words.
    fn profile(signs: u8, time: u64, serial: u64, revoked: &[u8]) -> Envelope {
        by(1, signs, time, fields(serial, revoked)).unwrap()
    }

    fn fields(serial: u64, revoked: &[u8]) -> Profile {
        Profile {
            serial,
            name: "Ada".to_owned(),
            bio: String::new(),
            avatar: None,
            langs: Vec::new(),
            place: String::new(),
            recovery: recovery(1).commitment(),
            revoked: revoked.iter().map(|number| device(*number).id()).collect(),
            unknown: Unknown::new(),
        }
    }

    /// The first person's place goes to another, who says it a day after it happened.
    fn succession(to: u8, since: u64) -> Envelope {
        let heir = (master(to).person(), recovery(to).commitment());
        by(to, to, NOW, recovery(1).succession(master(1).person(), heir, Wall(since))).unwrap()
    }

    fn known() -> PersonKnown {
        let mut known = PersonKnown::new(master(1).person());
        assert_eq!(known.meet_profile(&profile(1, NOW - 1_000_000, 1, &[]), Wall(NOW - 1_000_000)), ProfileMet::Newer);
        known
    }

    fn after(days: u64) -> Wall {
        Wall(NOW + days * DAY_S)
    }

    #[test]
    fn what_counts_of_a_device_that_was_taken_back() {
        let mut known = known();
        // Device 2 was lost; the profile that says so is dated 500 and met at 600.
        known.meet_profile(&profile(1, NOW + 500, 2, &[2]), Wall(NOW + 600));
        for (signs, dated, met, standing) in [
            (2, 100, 200, Standing::Stands),
            (2, 550, 599, Standing::Stands),
            (2, 100, 600, Standing::Doubtful),
            (2, 499, 9_000, Standing::Doubtful),
            (2, 500, 600, Standing::Void),
            (2, 9_000, 9_001, Standing::Void),
            (1, 9_000, 9_001, Standing::Stands),
            (3, 9_000, 9_001, Standing::Stands),
        ] {
            let said = profile(signs, NOW + dated, 0, &[]);
            assert_eq!(known.judge(&said, Wall(NOW + met)), standing, "device {signs}, {dated}, {met}");
        }
        assert_eq!(known.judge(&by(2, 2, NOW, fields(0, &[])).unwrap(), Wall(NOW)), Standing::Void, "somebody else's");
        // A profile of that device is not taken, and a later one that leaves the device out gives it nothing back.
        assert_eq!(known.meet_profile(&profile(2, NOW + 700, 9, &[]), Wall(NOW + 701)), ProfileMet::Void);
        assert_eq!(known.meet_profile(&profile(1, NOW + 800, 3, &[]), Wall(NOW + 801)), ProfileMet::Newer);
        assert_eq!(known.judge(&profile(2, NOW + 900, 0, &[]), Wall(NOW + 901)), Standing::Void);
        assert_eq!(known.meet_profile(&profile(1, NOW + 800, 3, &[]), Wall(NOW + 802)), ProfileMet::Older);
    }

    #[test]
    fn what_is_no_profile_of_the_person_changes_nothing() {
        let mut known = known();
        let before = known.clone();
        let other = Profile { recovery: recovery(9).commitment(), ..fields(7, &[1]) };
        assert_eq!(known.meet_profile(&by(1, 1, NOW, other).unwrap(), Wall(NOW)), ProfileMet::OtherRecovery);
        assert_eq!(known.meet_profile(&by(2, 1, NOW, fields(7, &[1])).unwrap(), Wall(NOW)), ProfileMet::Foreign);
        assert_eq!(known.meet_profile(&succession(2, NOW), Wall(NOW)), ProfileMet::Foreign);
        assert_eq!(known, before);
    }

    #[test]
    fn a_succession_is_opened_with_the_recovery_key_and_said_by_who_comes() {
        let mut known = known();
        let person = master(1).person();
        let heir = (master(2).person(), recovery(2).commitment());
        let says = |recovered: u8, author: u8, since: u64| {
            by(author, author, NOW, recovery(recovered).succession(person, heir, Wall(since))).unwrap()
        };
        let foreign = [
            ("another recovery key", says(3, 2, NOW)),
            ("said by another than who comes", says(1, 3, NOW)),
            ("since tomorrow", says(1, 2, NOW + 1)),
            ("since too long ago", says(1, 2, NOW - MAX_SINCE_DAYS * DAY_S - 1)),
            ("a profile", profile(1, NOW, 5, &[])),
        ];
        for (what, envelope) in foreign {
            assert_eq!(known.meet_succession(&envelope, Wall(NOW)), SuccessionMet::Foreign, "{what}");
        }
        assert_eq!(known.heir(), Heir::Nobody);
        let mut other = PersonKnown::new(master(3).person());
        other.recovery = known.recovery;
        assert_eq!(other.meet_succession(&says(1, 2, NOW), Wall(NOW)), SuccessionMet::Foreign);
        let mut nothing = PersonKnown::new(person);
        assert_eq!(nothing.meet_succession(&says(1, 2, NOW), Wall(NOW)), SuccessionMet::Unknown);
        assert_eq!(known.meet_succession(&says(1, 2, NOW - MAX_SINCE_DAYS * DAY_S), Wall(NOW)), SuccessionMet::Taken);
        assert_eq!(known.heir(), Heir::One(heir.0));
        // What is not signed, or leads to oneself, is not even an envelope.
        let mut forged = recovery(1).succession(person, heir, Wall(NOW));
        forged.since -= 1;
        assert_eq!(by(2, 2, NOW, forged), Err(EnvelopeError::Format(FormatError::Field("sig"))));
        let own = recovery(1).succession(person, (person, heir.1), Wall(NOW));
        assert_eq!(by(1, 1, NOW, own), Err(EnvelopeError::Format(FormatError::Field("to"))));
    }

    #[test]
    fn after_a_succession_the_old_keys_say_nothing_more() {
        let mut known = known();
        known.meet_succession(&succession(2, NOW - DAY_S), after(1));
        for (dated, met, standing) in [
            (NOW - 2 * DAY_S, NOW, Standing::Stands),
            (NOW, NOW + 100, Standing::Stands),
            (NOW - 2 * DAY_S, NOW + DAY_S, Standing::Doubtful),
            (NOW - DAY_S, NOW + DAY_S, Standing::Void),
            (NOW + 5 * DAY_S, NOW + 5 * DAY_S, Standing::Void),
        ] {
            assert_eq!(known.judge(&profile(1, dated, 0, &[]), Wall(met)), standing, "{dated}, {met}");
        }
        assert_eq!(known.meet_profile(&profile(1, NOW + 9, 9, &[]), after(2)), ProfileMet::Void);
        assert_eq!(known.meet_succession(&succession(2, NOW - DAY_S), after(3)), SuccessionMet::Known);
    }

    #[test]
    fn two_heirs_are_none_until_one_is_settled() {
        let (one, other) = (succession(2, NOW), succession(3, NOW));
        let met = |first: &Envelope, second: &Envelope, days| {
            let mut known = known();
            assert_eq!(known.meet_succession(first, after(0)), SuccessionMet::Taken);
            (known.meet_succession(second, after(days)), known.heir())
        };
        let mut both = vec![master(2).person(), master(3).person()];
        both.sort();
        let contested = (SuccessionMet::Contested, Heir::Contested(both));
        assert_eq!(met(&one, &other, SETTLED_DAYS - 1), contested);
        assert_eq!(met(&other, &one, 0), contested, "whichever came first");
        let settled = (SuccessionMet::TooLate, Heir::One(master(2).person()));
        assert_eq!(met(&one, &other, SETTLED_DAYS), settled);
        // However many claim to, a few are remembered, and two are enough.
        let mut known = known();
        for heir in 2..20 {
            known.meet_succession(&succession(heir, NOW), after(0));
        }
        assert!(matches!(known.heir(), Heir::Contested(heirs) if heirs.len() == MAX_HEIRS));
    }

    #[test]
    fn successions_are_followed_to_their_end_and_not_in_circles() {
        let person = |number: u8| PersonId::from_bytes([number; 32]);
        let number = |person: &PersonId| person.as_bytes()[0];
        let last = |from: u8, next: fn(u8) -> Option<u8>| {
            Heir::last(person(from), |of| next(number(of)).map_or(Heir::Nobody, |to| Heir::One(person(to))))
        };
        assert_eq!(last(1, |_| None), Some(person(1)));
        assert_eq!(last(1, |of| (of < 9).then_some(of + 1)), Some(person(9)));
        assert_eq!(last(1, |of| (of < 10).then_some(of + 1)), None, "longer than anybody's");
        assert_eq!(last(1, |of| Some(of % 2 + 1)), None);
        let torn = |of: &PersonId| if *of == person(1) { Heir::One(person(2)) } else { Heir::Contested(Vec::new()) };
        assert_eq!(Heir::last(person(1), torn), None);
    }

    #[test]
    fn no_thief_pushes_out_what_was_revoked() {
        let mut known = known();
        known.meet_profile(&profile(1, NOW, 2, &[2]), Wall(NOW));
        for serial in 3..20u8 {
            let revoked = (0..MAX_REVOKED as u8)
                .map(|number| DeviceId::from_bytes(*blake3::hash(&[serial, number]).as_bytes()))
                .collect();
            let flood = Profile { revoked, ..fields(serial.into(), &[]) };
            known.meet_profile(&by(1, 1, NOW, flood).unwrap(), Wall(NOW));
        }
        assert_eq!(known.revoked.len(), MAX_KNOWN_REVOKED);
        assert_eq!(known.judge(&profile(2, NOW + 1, 0, &[]), Wall(NOW + 1)), Standing::Void);
    }

    /// Draft vectors: the same values stand in `docs/formats/succession.md`.
    #[test]
    fn vectors() {
        let heir = (master(1).person(), recovery(1).commitment());
        let said = recovery(2).succession(master(2).person(), heir, Wall(NOW - DAY_S));
        let envelope = by(1, 1, NOW, said.clone()).unwrap();
        let bytes = envelope.to_bytes();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let made = [envelope.id().to_text(), bytes.len().to_string(), hash];
        assert_eq!(
            made,
            [
                "~LFdx8bylFw7RQOPumtfG7dbaUZ0imcFnOYU3Ppl5Ck",
                "562",
                "4f426c279a6d536fa4f826e2b5fba287204e04d6f27a1af59aa5ff7af6633a3e"
            ]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Two devices that take each other back, and any others: whatever came first, the same are believed.
        #[test]
        fn revocations_do_not_depend_on_their_order(
            said in proptest::collection::vec((1u8..4, 0u64..1_000, proptest::collection::vec(1u8..4, 0..3)), 1..5),
            seed: u64,
        ) {
            let profiles: Vec<Envelope> = said
                .into_iter()
                .map(|(signs, time, mut revoked)| {
                    revoked.dedup();
                    revoked.truncate(1);
                    profile(signs, NOW + time, 1, &revoked)
                })
                .collect();
            let revoked = |order: &[usize]| {
                let mut known = known();
                for at in order {
                    known.meet_profile(&profiles[*at], Wall(NOW));
                }
                known.revoked
            };
            let order: Vec<usize> = (0..profiles.len()).collect();
            let mut shuffled = order.clone();
            shuffled.rotate_left((seed % profiles.len() as u64) as usize);
            shuffled.reverse();
            prop_assert_eq!(revoked(&order), revoked(&shuffled));
        }
    }
}
