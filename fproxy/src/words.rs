//! French and English: every sentence of the pages, and how numbers, sizes, times and durations are said.
//!
//! The sentences stand in `locales/fr.ftl` and `locales/en.ftl`; the build turns each into a method of
//! [`Language`], and fails where one is missing in a language or has other arguments there.

mod amounts;
mod moments;
mod notices;
mod talk;
#[cfg_attr(not(test), allow(dead_code, reason = "setting French is the build's work, which shares the module"))]
pub(crate) mod typography;

use std::borrow::Cow;
use std::fmt;

use axum::http::{HeaderMap, header};

pub(crate) use amounts::{Amount, Count};
pub(crate) use moments::Moment;

/// A language that the pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// French.
    French,
    /// English: also where a browser asks for neither.
    English,
}

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// Text that is HTML already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Markup(Cow<'static, str>);

impl Markup {
    fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// `text` must be HTML already.
    pub(crate) fn made(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

impl Language {
    /// Its code, as in `lang`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// The language of a code.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        [Self::French, Self::English].into_iter().find(|language| language.code() == code)
    }

    /// The one that a browser likes best, by its `Accept-Language` (RFC 9110, 12.5.4).
    pub(crate) fn preferred(headers: &HeaderMap) -> Self {
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (Self::English, 0.0);
        for range in asked.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0_f32));
            let primary = tag.split('-').next().unwrap_or_default();
            if let Some(language) = Self::of_code(primary).filter(|_| weight > best.1) {
                best = (language, weight);
            }
        }
        best.0
    }

    /// Whether a number takes the singular (CLDR's category *one*).
    pub(crate) const fn is_one(self, number: u64) -> bool {
        match self {
            Self::French => number <= 1,
            Self::English => number == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_that_it_likes_best() {
        for (asked, expected) in [
            ("fr", Language::French),
            ("fr-FR,fr;q=0.9,en;q=0.8", Language::French),
            ("en-GB,en;q=0.9,fr;q=0.8", Language::English),
            ("de,fr;q=0.4,en;q=0.3", Language::French),
            ("en;q=0.3, FR-ca ; q=0.4", Language::French),
            ("fr;q=0", Language::English),
            ("fr;q=x", Language::English),
            ("de", Language::English),
            ("", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, asked.parse().unwrap());
            assert_eq!(Language::preferred(&headers), expected, "{asked}");
        }
        assert_eq!(Language::preferred(&HeaderMap::new()), Language::English);
    }
}
