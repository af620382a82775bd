//! Language and colours.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use roneo_client::profile::{self, ProfileError, Theme};

use super::content::see_other;
use crate::console::{Console, Frame, Visit, answer};
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::Language;

/// What the form calls the absence of a choice.
const AUTO: &str = "auto";

/// Something that can be chosen.
pub(super) struct Choice {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    /// More on it.
    text: &'static str,
    /// The language that its name is in, where that is not the page's.
    pub(super) lang: &'static str,
    pub(super) chosen: bool,
}

#[derive(Template)]
#[template(path = "display.html")]
struct Page {
    frame: Frame,
    languages: [Choice; 3],
    themes: [Choice; 4],
}

pub(crate) async fn page(visit: Visit) -> Response {
    let frame = visit.frame(None).await;
    let (w, chosen) = (frame.w, visit.preferences.theme);
    let theme = |theme, code, name, text| Choice { code, name, text, lang: "", chosen: chosen == theme };
    answer(&Page {
        languages: languages(&visit),
        themes: [
            theme(Theme::Auto, AUTO, w.display_theme_system(), w.display_theme_system_text()),
            theme(Theme::Light, "light", w.display_theme_light(), w.display_theme_light_text()),
            theme(Theme::Dark, "dark", w.display_theme_dark(), w.display_theme_dark_text()),
            theme(Theme::Contrast, "contrast", w.display_theme_contrast(), w.display_theme_contrast_text()),
        ],
        frame,
    })
}

/// The languages of the pages, and that of the browser.
pub(super) fn languages(visit: &Visit) -> [Choice; 3] {
    let language = |kept, language: Language| Choice {
        code: language.code(),
        name: language.own_name(),
        text: "",
        lang: language.code(),
        chosen: visit.preferences.language == kept,
    };
    let auto = visit.preferences.language == profile::Language::Auto;
    [
        Choice { code: AUTO, name: visit.w.display_language_auto(), text: "", lang: "", chosen: auto },
        language(profile::Language::Fr, Language::French),
        language(profile::Language::En, Language::English),
    ]
}

pub(crate) async fn choose(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    for (field, setting) in [("language", "console.language"), ("theme", "console.theme")] {
        let code = posted.text(field);
        if !code.is_empty() {
            let set = console.profile.set(setting.to_owned(), code.to_owned()).await;
            set.map_err(|error| match error {
                ProfileError::Value { .. } => Trouble::Form,
                other => other.into(),
            })?;
        }
    }
    Ok(see_other(back(posted.text("back"))))
}

/// Where a form leads back to: a path of ours, and no other place.
pub(super) fn back(path: &str) -> &str {
    let own = path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if own { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_our_own_pages_alone() {
        for (path, expected) in [
            ("/node", "/node"),
            ("/CHK@a,b,c/d?e=f", "/CHK@a,b,c/d?e=f"),
            ("", "/"),
            ("node", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nX: y", "/"),
            ("/é", "/"),
        ] {
            assert_eq!(back(path), expected);
        }
    }
}
