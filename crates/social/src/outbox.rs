//! What a person said, as one list that several devices write and everybody may read.
//!
//! An outbox is a USK. Each edition is an envelope with an [`OutboxHead`]: the newest entries, and where pages with
//! older ones lie. A device that publishes merges what it finds there with what it has, so that two devices that
//! publish at once lose nothing: merging is a union, and the order in which heads are met does not matter.

use std::collections::BTreeMap;

use crate::body::{Body, MAX_HEAD_ENTRIES, MAX_PAGES, OutboxEntry, OutboxHead, OutboxPage, PageEntry, Unknown};
use crate::envelope::{Envelope, EnvelopeId};
use crate::identity::{OutboxId, PersonId};
use crate::pointer::Pointer;

/// Entries that move into a page at once, the oldest of a full head. So a head is rewritten this often, and a reader
/// who was away for fewer fetches no page.
pub const PAGE_ENTRIES: usize = 30;

/// What a head is kept in order by: newest first, and by id among equals.
type Place = (std::cmp::Reverse<u64>, EnvelopeId);

/// An outbox as one of its devices has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OutboxState {
    serial: u64,
    /// The profile of the highest serial, and that serial.
    profile: Option<(u64, Pointer)>,
    entries: BTreeMap<Place, OutboxEntry>,
    pages: Vec<PageEntry>,
}

impl OutboxState {
    /// The state that a head shows.
    #[must_use]
    pub fn of(head: &OutboxHead) -> Self {
        let mut state = Self::default();
        state.merge(head);
        state
    }

    /// Adds something that was signed and stored.
    pub fn add(&mut self, entry: OutboxEntry) {
        self.entries.insert(place(&entry), entry);
    }

    /// Sets the newest profile: the one of the higher serial stands, of equals that which is there.
    pub fn set_profile(&mut self, serial: u64, at: Pointer) {
        if self.profile.as_ref().is_none_or(|(known, _)| *known < serial) {
            self.profile = Some((serial, at));
        }
    }

    /// Takes over what another device has published.
    pub fn merge(&mut self, head: &OutboxHead) {
        self.serial = self.serial.max(head.serial);
        if let Some(at) = &head.profile {
            self.set_profile(head.profile_serial, at.clone());
        }
        head.entries.iter().cloned().for_each(|entry| self.add(entry));
        for page in &head.pages {
            if !self.pages.contains(page) {
                self.pages.push(page.clone());
            }
        }
        // One order for the same pages, whatever was met first.
        self.pages.sort_by(|one, other| other.month.cmp(&one.month).then_with(|| one.at.cmp(&other.at)));
        self.pages.truncate(MAX_PAGES);
    }

    /// The state as a head, under the serial met last, for keeping it: [`of`](Self::of) reads it again. It may have more
    /// entries than a head that is published.
    #[must_use]
    pub fn to_head(&self) -> OutboxHead {
        OutboxHead {
            serial: self.serial,
            profile: self.profile.as_ref().map(|(_, at)| at.clone()),
            profile_serial: self.profile.as_ref().map(|(serial, _)| *serial).unwrap_or_default(),
            entries: self.entries.values().cloned().collect(),
            pages: self.pages.clone(),
            unknown: Unknown::new(),
        }
    }

    /// Where the newest profile lies, with its serial.
    #[must_use]
    pub fn profile(&self) -> Option<&(u64, Pointer)> {
        self.profile.as_ref()
    }

    /// What has to be stored as a page before the next head: the oldest entries, once there are too many. Store it,
    /// say where with [`moved`](Self::moved), and ask again.
    #[must_use]
    pub fn overflow(&self) -> Option<OutboxPage> {
        if self.entries.len() <= MAX_HEAD_ENTRIES {
            return None;
        }
        let oldest = self.entries.len() - PAGE_ENTRIES;
        let entries: Vec<OutboxEntry> = self.entries.values().skip(oldest).cloned().collect();
        let month = month_of(entries.first()?.time);
        Some(OutboxPage { month, entries, unknown: Unknown::new() })
    }

    /// Says where a page lies that was asked for. Beyond [`MAX_PAGES`] the oldest is no longer led to.
    pub fn moved(&mut self, page: &OutboxPage, at: Pointer) {
        for entry in &page.entries {
            self.entries.remove(&place(entry));
        }
        self.pages.insert(0, PageEntry { month: page.month, at, unknown: Unknown::new() });
        self.pages.truncate(MAX_PAGES);
    }

    /// The head to be published next, one serial after every head that was met; `None` while there is an
    /// [`overflow`](Self::overflow).
    pub fn next_head(&mut self) -> Option<OutboxHead> {
        if self.entries.len() > MAX_HEAD_ENTRIES {
            return None;
        }
        self.serial = self.serial.saturating_add(1);
        Some(self.to_head())
    }
}

fn place(entry: &OutboxEntry) -> Place {
    (std::cmp::Reverse(entry.time), entry.id)
}

/// The month of a time, as 202611 (civil calendar, UTC).
fn month_of(time: u64) -> u32 {
    // Days to civil date after H. Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so
    // that the leap day is their last.
    let days = (time / 86_400).min(2_900_000) as u32 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    year * 100 + month
}

/// An outbox that somebody follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    person: PersonId,
    outbox: OutboxId,
    serial: Option<u64>,
}

/// What a head means for who follows it.
#[derive(Debug, Clone, PartialEq)]
pub enum HeadMet {
    /// It is newer than any before, and has these entries.
    Newer(OutboxHead),
    /// It is the one that was met last.
    Same,
    /// It is older than one that was met: somebody serves an old state. What was read stays read.
    Backwards {
        /// The serial met before.
        known: u64,
        /// The serial of this one.
        met: u64,
    },
    /// Somebody else signed it, or it is no head.
    Foreign,
}

impl Followed {
    /// Follows a person at their outbox. `serial` is that of the last head met, from where read state is kept.
    #[must_use]
    pub const fn new(person: PersonId, outbox: OutboxId, serial: Option<u64>) -> Self {
        Self { person, outbox, serial }
    }

    /// Takes an envelope that was found where the outbox is.
    pub fn meet(&mut self, envelope: &Envelope) -> HeadMet {
        let own = envelope.author() == self.person && envelope.device().outbox == self.outbox;
        let Body::OutboxHead(head) = envelope.body() else { return HeadMet::Foreign };
        match self.serial {
            _ if !own => HeadMet::Foreign,
            Some(known) if head.serial == known => HeadMet::Same,
            Some(known) if head.serial < known => HeadMet::Backwards { known, met: head.serial },
            _ => {
                self.serial = Some(head.serial);
                HeadMet::Newer(head.clone())
            }
        }
    }

    /// The serial of the newest head met.
    #[must_use]
    pub const fn serial(&self) -> Option<u64> {
        self.serial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceSecret, MasterSecret, Scopes};
    use crate::words::Words;
    use crate::{Post, Signer};
    use proptest::prelude::*;
    use roneo_keys::time::Wall;
    use roneo_keys::{Chk, Extra, Locator, ReadKey};

    const NOW: Wall = Wall(1_795_000_000);

    fn pointer(number: u16) -> Pointer {
        let mut root = [0; 32];
        root[..2].copy_from_slice(&number.to_le_bytes());
        let key = ReadKey::from_bytes([1; 32]);
        Pointer::of(&Chk { root: Locator::from_bytes(root), key, extra: Extra::PUBLIC, name: String::new() })
    }

    fn entry(number: u16) -> OutboxEntry {
        let mut id = [0; 32];
        id[..2].copy_from_slice(&number.to_be_bytes());
        OutboxEntry {
            kind: "post".to_owned(),
            id: EnvelopeId::from_bytes(id),
            at: pointer(number),
            time: NOW.0 + u64::from(number / 3),
            boards: Vec::new(),
            unknown: Unknown::new(),
        }
    }

    /// Publishes until there is a head, with pages stored at `pages`.
    fn publish(state: &mut OutboxState, pages: &mut BTreeMap<u16, OutboxPage>) -> OutboxHead {
        while let Some(page) = state.overflow() {
            let at = pages.len() as u16 + 10_000;
            state.moved(&page, pointer(at));
            pages.insert(at, page);
        }
        state.next_head().unwrap()
    }

    #[test]
    fn what_does_not_fit_moves_into_pages_and_nothing_is_lost() {
        let (mut state, mut pages) = (OutboxState::default(), BTreeMap::new());
        for number in 0..200 {
            state.add(entry(number));
            assert!(state.next_head().is_none() == state.overflow().is_some());
            let head = publish(&mut state, &mut pages);
            assert!(head.entries.len() <= MAX_HEAD_ENTRIES);
            assert!(head.entries.windows(2).all(|pair| pair[0].time >= pair[1].time), "newest first");
            let all = head.entries.len() + pages.values().map(|page| page.entries.len()).sum::<usize>();
            assert_eq!(all, usize::from(number) + 1);
            assert_eq!(OutboxState::of(&head).entries, state.entries);
        }
        assert_eq!(pages.len(), 5);
    }

    #[test]
    fn of_pages_the_oldest_go() {
        let (mut state, mut pages) = (OutboxState::default(), BTreeMap::new());
        for number in 0..(MAX_PAGES * PAGE_ENTRIES + 200) as u16 {
            state.add(entry(number));
            publish(&mut state, &mut pages);
        }
        let head = state.next_head().unwrap();
        assert_eq!(head.pages.len(), MAX_PAGES);
        assert!(pages.len() > MAX_PAGES && !head.pages.iter().any(|page| page.at == pointer(10_000)));
    }

    #[test]
    fn two_devices_that_publish_at_once_lose_nothing() {
        let mut first = OutboxState::default();
        first.add(entry(1));
        let common = first.next_head().unwrap();
        let (mut phone, mut desk) = (OutboxState::of(&common), OutboxState::of(&common));
        phone.add(entry(2));
        phone.set_profile(2, pointer(900));
        desk.add(entry(3));
        desk.set_profile(1, pointer(901));
        let (one, other) = (phone.next_head().unwrap(), desk.next_head().unwrap());
        assert_eq!(one.serial, other.serial);
        // Whoever comes second finds the other's head, merges and publishes again.
        desk.merge(&one);
        let both = desk.next_head().unwrap();
        assert_eq!(both.entries.len(), 3);
        assert_eq!(both.profile, Some(pointer(900)));
        assert!(both.serial > one.serial);
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let table = [(0, 197_001), (951_782_400, 200_002), (951_868_800, 200_003), (1_795_000_000, 202_611)];
        for (time, month) in table {
            assert_eq!(month_of(time), month, "{time}");
        }
        assert!((197_001..=999_912).contains(&month_of(u64::MAX)));
    }

    #[test]
    fn a_follower_goes_forward_only() {
        let master = MasterSecret::of_words(&Words::from_entropy([1; 32]));
        let device = DeviceSecret::from_seed(&[1; 32]);
        let certificate = master.certify(device.id(), Scopes::ALL, NOW.day());
        let sealed = |person: &MasterSecret, serial| {
            let certificate = person.certify(device.id(), Scopes::ALL, NOW.day());
            let signer =
                Signer { device: &device, certificate: &certificate, person: person.person(), seq: 0, prev: None };
            let head = OutboxHead { serial, ..OutboxState::default().next_head().unwrap() };
            Envelope::seal(&signer, NOW, head).unwrap()
        };
        let mut followed = Followed::new(master.person(), master.outbox().id(), None);
        assert!(matches!(followed.meet(&sealed(&master, 5)), HeadMet::Newer(head) if head.serial == 5));
        assert_eq!(followed.meet(&sealed(&master, 5)), HeadMet::Same);
        assert_eq!(followed.meet(&sealed(&master, 4)), HeadMet::Backwards { known: 5, met: 4 });
        let other = MasterSecret::of_words(&Words::from_entropy([2; 32]));
        assert_eq!(followed.meet(&sealed(&other, 6)), HeadMet::Foreign);
        let signer = Signer { device: &device, certificate: &certificate, person: master.person(), seq: 0, prev: None };
        let post = Post {
            boards: vec![crate::BoardId::from_bytes([7; 32])],
            title: "a".to_owned(),
            text: String::new(),
            lang: "fr".to_owned(),
            files: Vec::new(),
            warning: String::new(),
            unknown: Unknown::new(),
        };
        assert_eq!(followed.meet(&Envelope::seal(&signer, NOW, post).unwrap()), HeadMet::Foreign);
        assert_eq!(followed.serial(), Some(5));
    }

    proptest! {
        #[test]
        fn merging_is_a_union(
            one in proptest::collection::btree_set(0u16..40, 0..20),
            other in proptest::collection::btree_set(0u16..40, 0..20),
            third in proptest::collection::btree_set(0u16..40, 0..20),
        ) {
            let head = |numbers: &std::collections::BTreeSet<u16>| {
                let mut state = OutboxState::default();
                numbers.iter().for_each(|number| state.add(entry(*number)));
                if let Some(last) = numbers.last() {
                    state.set_profile(u64::from(*last), pointer(*last));
                    state.pages.push(PageEntry { month: 202_611, at: pointer(500 + *last), unknown: Unknown::new() });
                }
                state.next_head().unwrap()
            };
            let heads = [head(&one), head(&other), head(&third)];
            let merged = |order: [usize; 4]| {
                let mut state = OutboxState::default();
                order.iter().for_each(|number| state.merge(&heads[*number]));
                state
            };
            prop_assert_eq!(merged([0, 1, 2, 2]), merged([2, 0, 1, 0]));
            prop_assert_eq!(merged([0, 1, 2, 1]), merged([1, 2, 0, 0]));
        }
    }
}
