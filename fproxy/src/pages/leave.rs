//! The page between a foreign page and the web: it says where a link leads before anybody goes there.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;

use crate::console::{Frame, Visit, answer};
use crate::trouble::Trouble;

/// Longest address that is shown, in bytes: as the filter lets them through, encoded.
const MAX_ADDRESS_LEN: usize = 3 * roneo_filter::MAX_ADDRESS_LEN;

/// Where a link leads.
#[derive(Deserialize)]
pub(crate) struct Way {
    to: String,
}

#[derive(Template)]
#[template(path = "leave.html")]
struct Page<'a> {
    frame: Frame,
    host: &'a str,
    address: &'a str,
    /// Whether the name has signs that may look like others: it is not to be followed by a click.
    foreign_signs: bool,
}

pub(crate) async fn page(visit: Visit, Query(Way { to }): Query<Way>) -> Result<Response, Trouble> {
    let host = host_of(&to).ok_or(Trouble::NoSuchPage)?;
    let frame = visit.frame(None).await;
    Ok(answer(&Page { frame, host, address: &to, foreign_signs: has_foreign_signs(host) }))
}

/// The host of an address that leads to the web, with its port.
fn host_of(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let good = |sign: char| sign.is_alphanumeric() || ".-_:[]".contains(sign);
    let shown = address.chars().all(|sign| !sign.is_control() && !sign.is_whitespace() && sign != '\\');
    (address.len() <= MAX_ADDRESS_LEN && shown && !host.is_empty() && host.chars().all(good)).then_some(host)
}

/// Whether a name has other letters than those of ASCII, written out or as punycode.
fn has_foreign_signs(host: &str) -> bool {
    !host.is_ascii()
        || host.split('.').any(|label| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_shown() {
        for (address, host) in [
            ("https://example.org/a?b#c", Some("example.org")),
            ("http://[::1]:80", Some("[::1]:80")),
            ("https://example.org?x", Some("example.org")),
            ("https://bank.example@evil.example/", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("//example.org", None),
            ("/settings", None),
            ("https://", None),
            ("https://a b/", None),
            ("https://a\\b/", None),
            ("HTTPS://example.org", None),
            ("https://example.org/\u{7}", None),
        ] {
            assert_eq!(host_of(address), host, "{address}");
        }
        assert_eq!(host_of(&format!("https://a/{}", "x".repeat(MAX_ADDRESS_LEN))), None);
    }

    #[test]
    fn names_that_may_look_like_others_are_told() {
        for (host, foreign) in
            [("example.org", false), ("xn--exmple-cua.org", true), ("www.XN--a.org", true), ("exаmple.org", true)]
        {
            assert_eq!(has_foreign_signs(host), foreign, "{host}");
        }
    }
}
