//! Language and colours.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::console::{Console, Display, Frame, Theme, Visit, answer};
use crate::posted::Posted;
use crate::trouble::Trouble;
use crate::words::Language;

/// What the form calls the absence of a choice.
const AUTO: &str = "auto";

/// Something that can be chosen.
struct Choice {
    code: &'static str,
    name: &'static str,
    /// More on it.
    text: &'static str,
    /// The language that its name is in, where that is not the page's.
    lang: &'static str,
    chosen: bool,
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
    let (w, display) = (frame.w, visit.console.display());
    let language = |language: Language| Choice {
        code: language.code(),
        name: language.own_name(),
        text: "",
        lang: language.code(),
        chosen: display.language == Some(language),
    };
    let theme = |theme: Theme, name, text| Choice {
        code: if theme == Theme::System { AUTO } else { theme.code() },
        name,
        text,
        lang: "",
        chosen: display.theme == theme,
    };
    let auto =
        Choice { code: AUTO, name: w.display_language_auto(), text: "", lang: "", chosen: display.language.is_none() };
    answer(&Page {
        languages: [auto, language(Language::French), language(Language::English)],
        themes: [
            theme(Theme::System, w.display_theme_system(), w.display_theme_system_text()),
            theme(Theme::Light, w.display_theme_light(), w.display_theme_light_text()),
            theme(Theme::Dark, w.display_theme_dark(), w.display_theme_dark_text()),
            theme(Theme::Contrast, w.display_theme_contrast(), w.display_theme_contrast_text()),
        ],
        frame,
    })
}

pub(crate) async fn choose(State(console): State<Arc<Console>>, posted: Posted) -> Result<Response, Trouble> {
    let Display { mut language, mut theme } = console.display();
    match posted.text("language") {
        "" => {}
        AUTO => language = None,
        code => language = Some(Language::of_code(code).ok_or(Trouble::Form)?),
    }
    match posted.text("theme") {
        "" => {}
        AUTO => theme = Theme::System,
        code => theme = Theme::of_code(code).ok_or(Trouble::Form)?,
    }
    console.set_display(Display { language, theme });
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back(posted.text("back")).to_owned())]).into_response())
}

/// Where a form leads back to: a path of ours, and no other place.
fn back(path: &str) -> &str {
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
