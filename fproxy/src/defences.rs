//! Switches for experiments: what happens without one of the defences.

/// Whether one of the defences is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Check {
    /// It is.
    #[default]
    Enforce,
    /// It is left out.
    Off,
}

impl Check {
    pub(crate) fn is_off(self) -> bool {
        self == Self::Off
    }
}

/// The defences of the proxy. Tests switch one off to see what it is worth; nothing on the command line or in the
/// configuration reaches this type.
///
/// With one of them off by default, these tests go red (besides `controls`, which takes the part of the attacker and
/// sees what then gets through):
///
/// - `host`: `gate::tests::only_three_spellings_of_this_machine_are_hosts`,
///   `gate::tests::a_site_has_one_spelling_and_its_own_requests_alone`, `siege::no_other_name_leads_here`
/// - `token`: `form_key::tests::a_token_is_for_one_action_one_session_and_two_hours`,
///   `forms::a_form_without_a_good_token_comes_back_with_what_was_typed`, `forms::a_token_is_for_one_form`,
///   `inserts::nothing_is_taken_in_for_a_stranger`, `siege::no_form_passes_without_its_token`
/// - `policy`: every test of the router that sends a request, since each looks at the seal of its answer
/// - `filter`: `sites::no_hostile_page_comes_through`; in Chromium the suite `reader`
#[derive(Debug, Clone, Copy, Default)]
pub struct Defences {
    /// A request names this machine and port, or the site that it is for, as its host.
    pub host: Check,
    /// A form shows a token that one of our pages was sent.
    pub token: Check,
    /// Every answer says what browsers may do with it, in a `Content-Security-Policy`.
    pub policy: Check,
    /// Pages that strangers made are rebuilt.
    pub filter: Check,
}
