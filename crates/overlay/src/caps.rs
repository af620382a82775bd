//! How many nodes of one subnet may hold a role: the price of a crowd is addresses.
//!
//! Caps bind at use, not at entry. Whoever shares an address with others may still read, write and
//! be in everybody's view.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Net16, Net24};
use crate::rules::CapRules;

/// Chooses from candidates given oldest first, each by its addresses or those of its first known
/// host, and returns their indices in order of preference. `population` is the number of present
/// nodes, eligible or not.
///
/// At most [`CapRules::PerSubnet`]'s numbers per subnet are chosen, oldest first; a node counts in the
/// subnets of all its addresses. In a population below its `binding_from` everybody is chosen, those
/// over a cap last.
#[must_use]
pub fn select(candidates: &[&[Address]], population: usize, caps: CapRules) -> Vec<usize> {
    let CapRules::PerSubnet { net24, net16, binding_from } = caps else {
        return (0..candidates.len()).collect();
    };
    let mut counts = Counts::default();
    let (mut chosen, over): (Vec<usize>, Vec<usize>) =
        (0..candidates.len()).partition(|&index| counts.admit(candidates[index], net24, net16));
    if population < binding_from {
        chosen.extend(over);
    }
    chosen
}

#[derive(Default)]
struct Counts {
    net24: BTreeMap<Net24, usize>,
    net16: BTreeMap<Net16, usize>,
}

impl Counts {
    /// Counts a node in every subnet of its addresses, unless one of them is full.
    fn admit(&mut self, addresses: &[Address], most24: usize, most16: usize) -> bool {
        let nets24: BTreeSet<Net24> = addresses.iter().map(Address::net24).collect();
        let nets16: BTreeSet<Net16> = addresses.iter().map(Address::net16).collect();
        let has_room = nets24.iter().all(|net| self.net24.get(net).is_none_or(|&count| count < most24))
            && nets16.iter().all(|net| self.net16.get(net).is_none_or(|&count| count < most16));
        if has_room {
            nets24.into_iter().for_each(|net| *self.net24.entry(net).or_default() += 1);
            nets16.into_iter().for_each(|net| *self.net16.entry(net).or_default() += 1);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    /// Positions of the chosen among candidates with these addresses, oldest first.
    fn check(addresses: &[&[&str]], population: usize, expected: &[usize]) {
        let addresses: Vec<Vec<Address>> = addresses
            .iter()
            .map(|texts| texts.iter().map(|text| Address::tcp(text.parse().unwrap()).unwrap()).collect())
            .collect();
        let candidates: Vec<&[Address]> = addresses.iter().map(Vec::as_slice).collect();
        assert_eq!(select(&candidates, population, Rules::PUBLIC.caps), expected);
        assert_eq!(select(&candidates, population, Rules::LOCAL.caps), (0..candidates.len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_two_oldest_of_a_24() {
        let hall: &[&[&str]] = &[&["1.2.3.1:1"], &["1.2.3.2:1"], &["1.2.3.3:1"], &["1.2.4.1:1"]];
        check(hall, 200, &[0, 1, 3]);
        check(hall, 199, &[0, 1, 3, 2]);
    }

    #[test]
    fn the_eight_oldest_of_a_16() {
        let texts: Vec<String> = (0..10).map(|site| format!("1.2.{site}.1:1")).collect();
        let provider: Vec<[&str; 1]> = texts.iter().map(|text| [text.as_str()]).collect();
        let provider: Vec<&[&str]> = provider.iter().map(|address| &address[..]).collect();
        check(&provider, 1_000, &[0, 1, 2, 3, 4, 5, 6, 7]);
        check(&provider, 10, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn ipv6_goes_by_48_and_32() {
        let site: &[&[&str]] =
            &[&["[2a00:1:2::1]:1"], &["[2a00:1:2:9::1]:1"], &["[2a00:1:2:8::1]:1"], &["[2a00:1:3::1]:1"]];
        check(site, 500, &[0, 1, 3]);
    }

    #[test]
    fn a_second_address_is_no_second_chance() {
        // The third is over the cap in its /24, whatever its IPv6 address; it uses up no room there.
        let both: &[&[&str]] = &[
            &["1.2.3.1:1"],
            &["1.2.3.2:1", "1.2.3.2:2"],
            &["1.2.3.3:1", "[2a00:1:2::1]:1"],
            &["[2a00:1:2::2]:1"],
            &["[2a00:1:2::3]:1"],
        ];
        check(both, 500, &[0, 1, 3, 4]);
    }
}
