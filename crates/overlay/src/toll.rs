//! Whom a storer serves: everybody below 3/4 of its load, then whoever brings a stamp, then nobody.

use roneo_keys::time::{Mono, Now};
use roneo_keys::{Locator, SizeClass};
use roneo_packet::Class;

use crate::Rules;
use crate::counters::Counters;
use crate::rules::Prices;
use crate::stamp::{Load, Meter, Price, Spent, is_around};
use crate::storage_message::Stamp;

/// Of the lent uplink, the part that stored blocks leave through: three eighths. One half carries what is relayed.
const SERVED: [u64; 2] = [3, 8];
/// Of the lent uplink, the part for naming prices: an eighth. It has a bucket of its own, so that a flood without stamps
/// cannot take the room of those who bring them, nor these keep newcomers from learning the price. An answer that only
/// names a price is as long as the block that it stands for, since its length was fixed by the request.
const WORDS: [u64; 2] = [1, 8];

/// What a request is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It is served.
    Open,
    /// It needs a stamp of this price.
    Asks(Price),
    /// It brought a stamp, of less than this price. It hears so first: a quarter of the room for words is for such.
    AsksMore(Price),
    /// Nothing: there is no room to say so either.
    Silent,
}

/// What is asked of a request: what it is for, and what it brings.
pub(crate) struct Passing<'a> {
    pub(crate) locator: &'a Locator,
    pub(crate) class: SizeClass,
    pub(crate) day: roneo_keys::time::Day,
    pub(crate) stamp: &'a Stamp,
}

/// The load of one storer, and the stamps it has taken.
pub(crate) struct Toll {
    prices: Prices,
    served: Meter,
    words: Meter,
    spent: Spent,
}

impl Toll {
    /// `uplink` is what the node lends, in bytes per second; `key` is random.
    pub(crate) fn new(rules: &Rules, uplink: Option<u64>, key: [u8; 32]) -> Self {
        let part = |[of, parts]: [u64; 2]| Meter::new(uplink.map(|uplink| uplink.saturating_mul(of) / parts));
        Self { prices: rules.prices, served: part(SERVED), words: part(WORDS), spent: Spent::new(key) }
    }

    /// The load, where the queues of this storer are as full as `queues`.
    pub(crate) fn load(&mut self, now: Mono, queues: Load) -> Load {
        self.served.load(now).max(queues)
    }

    /// Notes bytes that leave for somebody who is served.
    pub(crate) fn spend(&mut self, now: Mono, bytes: usize) {
        self.served.spend(now, bytes);
    }

    /// Whether a request is served now. A stamp that is looked at is used.
    pub(crate) fn pass(&mut self, counters: &mut Counters, now: Now, queues: Load, request: &Passing<'_>) -> Passage {
        if self.prices == Prices::Never {
            return Passage::Open;
        }
        let load = self.load(now.mono, queues);
        let price = Price::of_load(load);
        if price == Price::FREE {
            return Passage::Open;
        }
        let worth = self.worth(now, request);
        if load < Load::FULL && worth >= Some(price) {
            counters.stamps_taken += 1;
            return Passage::Open;
        }
        counters.stamps_refused += u64::from(*request.stamp != Stamp::NONE);
        counters.prices_asked += 1;
        match worth {
            Some(_) => Passage::AsksMore(price),
            None => Passage::Asks(price),
        }
    }

    fn worth(&mut self, now: Now, request: &Passing<'_>) -> Option<Price> {
        let Passing { locator, class, day, stamp } = *request;
        let today = now.wall.day();
        let worth = stamp.worth(locator, class, day, Price::MIN).filter(|_| is_around(day, today))?;
        self.spent.take(today, locator, stamp, day, worth).then_some(worth)
    }

    /// As [`pass`](Self::pass) for somebody whose answer is a packet of this class: where not even the price can be named,
    /// silence.
    pub(crate) fn pass_or_say(
        &mut self,
        counters: &mut Counters,
        now: Now,
        queues: Load,
        request: &Passing<'_>,
        answer: Class,
    ) -> Passage {
        let passage = self.pass(counters, now, queues, request);
        let room = match passage {
            Passage::Open | Passage::Silent => return passage,
            Passage::Asks(_) => Load::PRICED,
            Passage::AsksMore(_) => Load::FULL,
        };
        if self.words.load(now.mono) >= room {
            counters.dropped_busy += 1;
            return Passage::Silent;
        }
        self.words.spend(now.mono, answer.packet_len());
        passage
    }
}
