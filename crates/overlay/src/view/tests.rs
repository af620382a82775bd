use std::collections::BTreeSet;

use roneo_keys::time::{DAY, Mono, Wall};

use super::*;
use crate::descriptor::{DescriptorFields, Reach};
use crate::placement::StorerRef;
use crate::rules::{CapRules, RoleRules};
use crate::testing::{LOCAL, TestNode, address, now};

fn me() -> NodeId {
    TestNode::local(0).id()
}

fn view() -> View {
    View::new(Rules::LOCAL, LOCAL, me())
}

fn hear(view: &mut View, at: Now, pulse: Pulse) -> PulseOutcome {
    view.pulse(at, pulse, &mut PulseBudget::for_message())
}

/// A view of nodes 1 to `count`, all heard at the start.
fn crowd(count: u32) -> (View, Vec<TestNode>) {
    let mut view = view();
    let nodes: Vec<TestNode> = (1..=count).map(TestNode::local).collect();
    for node in &nodes {
        assert_eq!(view.insert(now(0), node.descriptor()), Ok(Admission::New));
        assert_eq!(hear(&mut view, now(0), node.pulse(now(0))), PulseOutcome::Fresh(node.id()));
    }
    (view, nodes)
}

fn resigned(node: &TestNode, serial: u64) -> Descriptor {
    Descriptor::sign(&node.secret, DescriptorFields { serial, ..node.fields.clone() })
}

#[test]
fn the_highest_serial_holds() {
    let (mut view, node) = (view(), TestNode::local(1));
    assert_eq!(view.insert(now(0), resigned(&node, 5)), Ok(Admission::New));
    assert_eq!(view.insert(now(0), resigned(&node, 5)), Ok(Admission::Known));
    assert_eq!(view.insert(now(0), resigned(&node, 4)), Ok(Admission::Older));
    assert_eq!(view.insert(now(0), resigned(&node, 6)), Ok(Admission::Newer));
    assert_eq!(view.get(&node.id()).unwrap().descriptor().serial(), 6);
    assert!(view.holds(&resigned(&node, 6).id()) && !view.holds(&resigned(&node, 5).id()));
}

#[test]
fn of_one_serial_every_view_ends_with_the_same() {
    let node = TestNode::local(1);
    let elsewhere = DescriptorFields { reach: Reach::reachable(&[address(LOCAL, [7, 7, 7])]), ..node.fields.clone() };
    let twins = [node.descriptor(), Descriptor::sign(&node.secret, elsewhere)];
    let kept = twins.iter().map(Descriptor::id).min().unwrap();
    for order in [[0, 1], [1, 0]] {
        let mut view = view();
        for index in order {
            view.insert(now(0), twins[index].clone()).unwrap();
        }
        assert_eq!(view.get(&node.id()).unwrap().descriptor().id(), kept);
    }
}

#[test]
fn what_may_not_enter_does_not() {
    let mut view = view();
    let node = TestNode::local(1);
    let stale = view.insert(now(4 * 86_400), node.descriptor());
    assert_eq!(stale, Err(DescriptorError::Stale));
    let public = TestNode::new(1, NetworkId::MAIN, &Rules::PUBLIC, now(0));
    assert_eq!(view.insert(now(0), public.descriptor()), Err(DescriptorError::WrongNetwork));
    let mut view = View::new(Rules::PUBLIC, NetworkId::MAIN, me());
    let unwitnessed = view.insert(now(0), public.descriptor());
    assert_eq!(unwitnessed, Err(DescriptorError::Unwitnessed { found: 0, required: 3 }));
    assert_eq!(view.insert(now(0), public.witnessed()), Ok(Admission::New));
}

#[test]
fn a_word_of_ones_own_earlier_life_is_reported() {
    let (mut view, me) = (view(), TestNode::local(0));
    assert_eq!(view.insert(now(0), resigned(&me, 9)), Ok(Admission::Mine { serial: 9 }));
    view.set_own(now(0), resigned(&me, 10));
    assert_eq!(view.insert(now(0), resigned(&me, 9)), Ok(Admission::Known));
    assert_eq!(view.insert(now(0), resigned(&me, 11)), Ok(Admission::Mine { serial: 11 }));
    assert_eq!((view.len_present(now(0)), view.own().map(Descriptor::serial)), (0, Some(10)));
}

#[test]
fn only_who_was_heard_is_present() {
    let (mut view, node) = (view(), TestNode::local(1));
    view.insert(now(0), node.descriptor()).unwrap();
    assert_eq!((view.len_present(now(0)), view.fresh(now(0)).count()), (0, 0));
    view.heard(now(3), &node.id());
    assert_eq!(view.get(&node.id()).unwrap().last_heard(), Some(now(3).mono));
    let at = |elapsed| (view.fresh(now(elapsed)).count(), view.len_present(now(elapsed)));
    assert_eq!([at(3), at(33), at(34), at(603), at(604)], [(1, 1), (1, 1), (0, 1), (0, 1), (0, 0)]);
}

#[test]
fn a_pulse_counts_from_the_moment_it_was_due() {
    let (mut view, nodes) = crowd(2);
    let [early, late] = &nodes[..] else { unreachable!() };
    // The same pulse, heard at once and five minutes late: silence begins at the same second.
    assert_eq!(hear(&mut view, now(20), early.pulse(now(20))), PulseOutcome::Fresh(early.id()));
    assert_eq!(hear(&mut view, now(320), late.pulse(now(20))), PulseOutcome::Fresh(late.id()));
    let heard = |node: &TestNode| view.get(&node.id()).unwrap().last_heard();
    assert_eq!((heard(early), heard(late)), (Some(now(20).mono), Some(now(20).mono)));
    assert_eq!(view.fresh(now(320)).count(), 0);
    assert_eq!(view.get(&late.id()).unwrap().pulse(), Some(late.pulse(now(20))));
    let stranger = TestNode::local(9).pulse(now(20));
    assert_eq!(hear(&mut view, now(20), stranger), PulseOutcome::Unknown);
    let foreign = Pulse { id: early.pulse(now(0)).id, preimage: stranger.preimage };
    assert_eq!(hear(&mut view, now(400), foreign), PulseOutcome::Invalid);
}

#[test]
fn a_pulse_from_before_this_machine_started_is_not_fresh() {
    let (mut view, node) = (view(), TestNode::local(1));
    let just_started = Now { mono: Mono(1), wall: Wall(now(0).wall.0 + 3_600) };
    view.insert(just_started, node.descriptor()).unwrap();
    assert_eq!(hear(&mut view, just_started, node.pulse(now(0))), PulseOutcome::Fresh(node.id()));
    assert_eq!((view.fresh(just_started).count(), view.len_present(just_started)), (0, 0));
}

#[test]
fn a_new_chain_takes_over_and_presence_stays() {
    let (mut view, nodes) = crowd(1);
    let reborn = TestNode::new(1, LOCAL, &Rules::LOCAL, now(25));
    assert_eq!(view.insert(now(25), reborn.descriptor()), Ok(Admission::Newer));
    assert_eq!(view.fresh(now(25)).count(), 1);
    assert_eq!(hear(&mut view, now(30), nodes[0].pulse(now(30))), PulseOutcome::Invalid);
    assert_eq!(hear(&mut view, now(35), reborn.pulse(now(35))), PulseOutcome::Fresh(reborn.id()));
    // Another descriptor of the same chain does not forget what was revealed.
    view.insert(now(36), resigned(&reborn, u64::MAX)).unwrap();
    assert_eq!(hear(&mut view, now(36), reborn.pulse(now(35))), PulseOutcome::Known);
}

#[test]
fn pulse_ids_that_collide_are_told_apart() {
    let (mut view, nodes) = crowd(2);
    // As if both ids had the same first eight bytes of location.
    let id = nodes[0].pulse(now(0)).id;
    view.pulse_ids = nodes.iter().map(|node| (id, node.id())).collect();
    for node in &nodes {
        let pulse = Pulse { id, ..node.pulse(now(10)) };
        assert_eq!(hear(&mut view, now(10), pulse), PulseOutcome::Fresh(node.id()));
    }
}

#[test]
fn closed_links_and_silent_paths_set_aside() {
    let (mut view, nodes) = crowd(3);
    let [linked, silent, slow] = [0, 1, 2].map(|index| nodes[index].id());
    let fresh = |view: &View, at| view.fresh(now(at)).map(Entry::id).collect::<BTreeSet<_>>();
    view.set_aside(now(0), &linked);
    view.silent_path(now(0), &silent);
    view.silent_path(now(0), &slow);
    assert_eq!(fresh(&view, 1), BTreeSet::from([silent, slow]));
    view.silent_path(now(1), &silent);
    view.heard(now(1), &slow);
    view.silent_path(now(2), &slow);
    assert_eq!(fresh(&view, 2), BTreeSet::from([slow]), "a frame between two silences clears the first");
    assert_eq!(view.get(&silent).unwrap().set_aside_until(), Some(now(601).mono));
    view.restore(&linked);
    assert_eq!(fresh(&view, 3), BTreeSet::from([linked, slow]));
    view.heard(now(4), &silent);
    assert_eq!(fresh(&view, 4).len(), 3);
    assert_eq!(view.len_present(now(4)), 3, "who is set aside is still present");
}

#[test]
fn being_set_aside_ends() {
    let (mut view, nodes) = crowd(1);
    let node = nodes[0].id();
    view.set_aside(now(0), &node);
    hear(&mut view, now(590), nodes[0].pulse(now(590)));
    assert!(!view.is_fresh(now(599), &node) && view.is_fresh(now(600), &node));
    // Two silences more than ten minutes apart are no pattern.
    view.silent_path(now(600), &node);
    view.silent_path(now(1_201), &node);
    hear(&mut view, now(1_201), nodes[0].pulse(now(1_201)));
    assert!(view.is_fresh(now(1_201), &node));
}

#[test]
fn the_gone_are_held_a_while_and_then_forgotten() {
    let (mut view, nodes) = crowd(2);
    view.heard(now(500), &nodes[1].id());
    view.expire(now(1_200));
    assert_eq!(view.entries.len(), 2);
    // Somebody who heard it later says it again: no news.
    assert_eq!(view.insert(now(1_200), nodes[0].descriptor()), Ok(Admission::Known));
    view.expire(now(1_201));
    assert_eq!(view.entries.keys().copied().collect::<Vec<_>>(), [nodes[1].id()]);
    assert_eq!((view.pulse_ids.len(), view.descriptor_ids.len()), (1, 1));
}

#[test]
fn a_full_view_makes_room_only_at_the_cost_of_the_never_heard() {
    let mut view = view();
    // Entries by hand: 20,000 signatures would take seconds.
    let descriptor = TestNode::local(1).descriptor();
    for number in 0..MAX_NODES as u32 {
        let mut id = [0xee; 32];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let mut entry = Entry::new(now(u64::from(number)), descriptor.clone(), &Rules::LOCAL);
        if number > 0 {
            entry.alive(now(30_000), Duration::ZERO);
        }
        view.entries.insert(NodeId::from_bytes(id), entry);
    }
    view.entries.insert(descriptor.node(), view.entries.values().next().unwrap().clone());
    view.entries.pop_first();
    assert_eq!(view.entries.len(), MAX_NODES);
    assert_eq!(view.insert(now(0), TestNode::local(2).descriptor()), Ok(Admission::New));
    assert!(!view.entries.contains_key(&descriptor.node()));
    view.heard(now(1), &TestNode::local(2).id());
    assert_eq!(view.insert(now(1), TestNode::local(3).descriptor()), Err(DescriptorError::ViewFull));
}

#[test]
fn on_a_local_network_everybody_is_everything() {
    let (mut view, nodes) = crowd(5);
    let others: BTreeSet<NodeId> = nodes.iter().map(TestNode::id).collect();
    let set = |nodes: Vec<NodeId>| nodes.into_iter().collect::<BTreeSet<_>>();
    assert_eq!((set(view.relays(now(1))), set(view.guards(now(1)))), (others.clone(), others.clone()));
    let storers = |view: &View| set(view.storers(now(1)).iter().map(StorerRef::id).collect());
    assert_eq!(storers(&view), others);
    view.set_own(now(1), TestNode::local(0).descriptor());
    assert_eq!(storers(&view), others.iter().copied().chain([me()]).collect());
    assert_eq!(set(view.relays(now(1))), others, "nobody relays for themselves");
    view.set_aside(now(1), &nodes[0].id());
    assert_eq!((view.relays(now(1)).len(), storers(&view).len()), (4, 6), "who is set aside still stores");
    assert_eq!(view.net16(&nodes[0].id()), None);
}

#[test]
fn hosted_nodes_store_and_do_not_relay() {
    let (mut view, nodes) = crowd(2);
    let mut hosted = TestNode::local(3);
    hosted.fields.reach = Reach::hosted(&[nodes[0].id()]);
    view.insert(now(0), hosted.descriptor()).unwrap();
    view.heard(now(0), &hosted.id());
    assert!(!view.relays(now(0)).contains(&hosted.id()) && !view.guards(now(0)).contains(&hosted.id()));
    let stored: Vec<StorerRef> = view.storers(now(0)).into_iter().filter(|storer| storer.id() == hosted.id()).collect();
    let host_net = nodes[0].fields.reach.addresses()[0].net16();
    assert_eq!(stored.iter().map(StorerRef::net16).collect::<Vec<_>>(), [Some(host_net)]);
    assert_eq!(view.addresses(&hosted.id()), []);
}

/// A public view of `count` nodes, a /16 each, of which node `i` was first seen `i` days ago and
/// pulsed ever since.
fn public(count: u32, rules: Rules) -> (View, Vec<TestNode>, Now) {
    let rules = Rules { witnesses_required: 0, pulse_chain: 16_384, ..rules };
    let mut view = View::new(rules, NetworkId::MAIN, me());
    let today = now(u64::from(count) * DAY.as_secs());
    let nodes: Vec<TestNode> = (0..count)
        .map(|age| {
            let born = now(u64::from(count - age) * DAY.as_secs());
            let mut node = TestNode::new(256 * age + 1, NetworkId::MAIN, &rules, born);
            node.fields.reach = Reach::reachable(&[address(NetworkId::MAIN, [age as u8, 1, 1])]);
            view.insert(born, node.descriptor()).unwrap();
            for hour in 0..=24 * u64::from(age) {
                let at = now(u64::from(count - age) * DAY.as_secs() + 3_600 * hour);
                assert_eq!(hear(&mut view, at, node.pulse(at)), PulseOutcome::Fresh(node.id()));
            }
            node
        })
        .collect();
    (view, nodes, today)
}

#[test]
fn public_roles_go_by_what_was_seen() {
    let (view, nodes, today) = public(20, Rules::PUBLIC);
    let who = |ids: Vec<NodeId>| -> Vec<usize> {
        let mut ages: Vec<usize> =
            ids.iter().map(|id| nodes.iter().position(|node| node.id() == *id).unwrap()).collect();
        ages.sort_unstable();
        ages
    };
    assert_eq!(who(view.relays(today)), (1..20).collect::<Vec<_>>(), "a day, or the older 3/4");
    assert_eq!(who(view.guards(today)), (10..20).collect::<Vec<_>>(), "14 days, or the older half");
    let storers = |view: &View, at| who(view.storers(at).iter().map(StorerRef::id).collect());
    // The set is that of midnight, when the node of age 0 had not been seen: the older 3/4 of 19.
    assert_eq!(storers(&view, today), (5..20).collect::<Vec<_>>());
    let few_wanted = match Rules::PUBLIC.roles {
        RoleRules::Seniority(seniority) => {
            RoleRules::Seniority(crate::rules::Seniority { storers_wanted: 5, ..seniority })
        }
        RoleRules::Everyone => unreachable!(),
    };
    let (view, _, today) = public(20, Rules { roles: few_wanted, ..Rules::PUBLIC });
    assert_eq!(storers(&view, today), (8..20).collect::<Vec<_>>(), "seven days at midnight, and steady");
}

#[test]
fn a_newcomer_to_a_public_network_goes_by_what_it_finds() {
    let rules = Rules { witnesses_required: 0, ..Rules::PUBLIC };
    let mut view = View::new(rules, NetworkId::MAIN, me());
    for number in 1..=10 {
        let node = TestNode::new(number, NetworkId::MAIN, &rules, now(0));
        view.insert(now(0), node.descriptor()).unwrap();
        view.heard(now(0), &node.id());
    }
    assert_eq!(view.relays(now(1)).len(), 10);
    assert_eq!(view.storers(now(1)).len(), 10);
}

#[test]
fn the_roster_of_a_public_view_is_made_once_a_minute() {
    let (mut view, nodes, today) = public(4, Rules::PUBLIC);
    view.expire(today);
    assert_eq!(view.relays(today).len(), 3);
    view.set_aside(today, &nodes[3].id());
    assert_eq!(view.relays(today).len(), 2, "freshness is asked every time");
    let rules = view.rules;
    let newcomer = TestNode::new(9, NetworkId::MAIN, &rules, today);
    view.insert(today, newcomer.descriptor()).unwrap();
    view.heard(today, &newcomer.id());
    let storers = |view: &View| view.storers(today).len();
    let before = storers(&view);
    view.expire(Now { mono: today.mono + Duration::from_secs(59), ..today });
    assert_eq!(storers(&view), before);
    let later = now(4 * 86_400 + 60);
    view.heard(later, &newcomer.id());
    view.expire(later);
    assert_eq!(view.relays(later).len(), 4, "the newcomer is one of today's, who are in the older 3/4 of five");
}

#[test]
fn caps_bind_at_use() {
    let caps = CapRules::PerSubnet { net24: 2, net16: 8, binding_from: 3 };
    let rules = Rules { witnesses_required: 0, roles: RoleRules::Everyone, caps, ..Rules::PUBLIC };
    let mut view = View::new(rules, NetworkId::MAIN, me());
    for number in 0..5u32 {
        // Ages differ by a day, and all listen in one /24.
        let born = now(u64::from(number) * DAY.as_secs());
        let mut node = TestNode::new(number + 1, NetworkId::MAIN, &rules, born);
        node.fields.reach = Reach::reachable(&[address(NetworkId::MAIN, [1, 1, number as u8])]);
        view.insert(born, node.descriptor()).unwrap();
    }
    let today = now(5 * DAY.as_secs());
    (1..=5).for_each(|number| view.heard(today, &TestNode::new(number, NetworkId::MAIN, &rules, today).id()));
    let oldest: Vec<NodeId> =
        (1..=2).map(|number| TestNode::new(number, NetworkId::MAIN, &rules, today).id()).collect();
    assert_eq!((view.len_present(today), view.relays(today)), (5, oldest.clone()));
    view.set_aside(today, &oldest[0]);
    assert_eq!(view.relays(today), oldest[1..], "silencing the oldest does not promote the next");
}
