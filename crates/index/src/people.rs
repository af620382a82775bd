//! Who said what is here.

use std::collections::HashMap;

use roneo_social::PersonId;

use crate::slab::Slab;

/// Somebody of whom there is something.
pub(crate) struct Person {
    pub(crate) id: PersonId,
    /// Their posts and replies with their times, by time and then id.
    pub(crate) said: Vec<(u64, u32)>,
    /// How many things of theirs are here; with the last of them they are forgotten.
    uses: u32,
    /// Whether there are labels on them, or the reader muted them.
    pub(crate) judged: bool,
}

/// All of them, by small numbers.
#[derive(Default)]
pub(crate) struct People {
    slab: Slab<Person>,
    by_id: HashMap<PersonId, u32>,
}

impl People {
    /// The number of a person of whom there is one thing more.
    pub(crate) fn used(&mut self, id: PersonId, judged: bool) -> u32 {
        let new = || Person { id, said: Vec::new(), uses: 0, judged };
        let number = *self.by_id.entry(id).or_insert_with(|| self.slab.insert(new()));
        self.slab[number].uses += 1;
        number
    }

    /// There is one thing less of a person.
    pub(crate) fn unused(&mut self, number: u32) {
        let person = &mut self.slab[number];
        person.uses -= 1;
        if person.uses == 0 {
            let id = person.id;
            self.by_id.remove(&id);
            self.slab.remove(number);
        }
    }

    pub(crate) fn number(&self, id: PersonId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    pub(crate) fn person(&self, number: u32) -> &Person {
        &self.slab[number]
    }

    pub(crate) fn person_mut(&mut self, number: u32) -> &mut Person {
        &mut self.slab[number]
    }

    pub(crate) fn len(&self) -> usize {
        self.slab.len()
    }
}
