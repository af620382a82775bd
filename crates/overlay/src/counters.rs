//! What a node counts: one registry, read by status, the API, benches and the simulator.

use std::collections::BTreeMap;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Counts since the node started. Nothing of it is sent anywhere.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)+
        }

        impl Counters {
            /// Every counter by name.
            #[must_use]
            pub fn by_name(&self) -> BTreeMap<&'static str, u64> {
                BTreeMap::from([$((stringify!($name), self.$name)),+])
            }
        }
    };
}

counters! {
    /// Packets passed on to a next hop, for whomever.
    packets_forwarded,
    /// Requests that ended here as at their storer.
    requests_served,
    /// Requests of own making sent to a guard, dummies aside.
    packets_sent,
    /// Dummy reads sent because the line would have been silent.
    padding_sent,
    /// Turns of the padding that a request of one's own had taken.
    padding_replaced,
    /// Dummy reads sent to round a number of reads up.
    dummies_sent,
    /// Answers to dummy reads of either kind.
    dummies_answered,
    /// Replies to own requests that opened.
    replies_opened,
    /// Replies that matched no outstanding reply block.
    replies_unknown,
    /// Packets dropped because they were seen before.
    dropped_replayed,
    /// Packets dropped because no packet key opens them.
    dropped_unreadable,
    /// Packets dropped for a length, version or rule that they break.
    dropped_malformed,
    /// Packets dropped because the replay filter is full.
    dropped_filter_full,
    /// Packets dropped because their next hop could not be reached in time.
    dropped_unreachable,
    /// Packets of a guard's client dropped above its share.
    dropped_over_share,
    /// Frames from a neighbour that do not parse.
    frames_malformed,
    /// Blocks kept on somebody's behalf.
    blocks_kept,
    /// Blocks refused because their hash, rank or size was wrong.
    blocks_refused,
    /// Blocks refused because the store is full.
    blocks_full,
    /// Records that gave way to a better one kept here.
    records_superseded,
    /// Reads answered with the block.
    reads_found,
    /// Reads answered *not found*.
    reads_not_found,
    /// Blocks handed over to the next storer in order.
    handed_over,
    /// Receipts that verified, for own inserts.
    receipts_verified,
    /// Receipts that did not.
    receipts_refused,
    /// Requests and hand-overs of others that a stamp was asked for.
    prices_asked,
    /// Requests of others dropped because there was no room even to name a price.
    dropped_busy,
    /// Stamps taken.
    stamps_taken,
    /// Stamps not taken: of too low a price, of another block or day, or used up.
    stamps_refused,
    /// Stamps made for own requests.
    stamps_made,
    /// Prices of other storers that were not paid.
    prices_not_paid,
    /// Answers to own reads whose bytes did not hash to the locator.
    answers_forged,
    /// Own requests that no answer came to in time.
    requests_silent,
    /// Descriptors refused.
    descriptors_refused,
    /// Times the reserve guard, or a newly sampled one, took over.
    guard_changes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_fields() {
        let counters = Counters { dropped_replayed: 3, ..Counters::default() };
        assert_eq!(counters.by_name()["dropped_replayed"], 3);
        assert_eq!(counters.by_name().len(), 35);
    }
}
