//! What the filter took out of a file, in words.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri as Target};
use axum::response::Response;
use roneo_filter::{Kind, Removed};

use crate::console::{Console, Frame, Section, Visit, answer};
use crate::link::decode;
use crate::site;
use crate::trouble::Trouble;
use crate::words::Language;

/// How long this page waits for the file, which is here where it was just looked at.
const WAIT: Duration = Duration::from_secs(5);

struct Line {
    count: u64,
    what: &'static str,
    why: &'static str,
    /// Foreign text.
    examples: Vec<String>,
}

#[derive(Template)]
#[template(path = "removed.html")]
struct Page<'a> {
    frame: Frame,
    path: &'a str,
    lines: Vec<Line>,
    back: String,
}

pub(crate) async fn page(
    visit: Visit,
    headers: HeaderMap,
    State(console): State<Arc<Console>>,
    Path((label, _)): Path<(String, String)>,
    target: Target,
) -> Result<Response, Trouble> {
    let site = console.sites.find(&label).ok_or(Trouble::NoSuchPage)?;
    let path = target.path().splitn(4, '/').nth(3).and_then(decode).ok_or(Trouble::NoSuchPage)?;
    let place = site::place_of(&console, &site, &headers, false);
    let made = site::report(&console, &site, &place, &path, WAIT).await?.ok_or(Trouble::NoSuchPage)?;
    let frame = visit.frame(Section::Home).await;
    let w = frame.w;
    let line = |(kind, removed): (Kind, &Removed)| {
        let (what, why) = words(w, kind);
        Line { count: removed.count, what, why, examples: removed.examples.clone() }
    };
    let lines = made.entries().map(line).collect();
    Ok(answer(&Page { lines, back: place.address(&path), path: &path, frame }))
}

/// What a kind of thing is, and why it is taken out.
fn words(w: Language, kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Script => (w.removed_script(), w.removed_script_why()),
        Kind::Outside => (w.removed_outside(), w.removed_outside_why()),
        Kind::Scheme => (w.removed_scheme(), w.removed_scheme_why()),
        Kind::BadLink => (w.removed_bad_link(), w.removed_bad_link_why()),
        Kind::Form => (w.removed_form(), w.removed_form_why()),
        Kind::Frame => (w.removed_frame(), w.removed_frame_why()),
        Kind::Embedded => (w.removed_embedded(), w.removed_embedded_why()),
        Kind::Redirect => (w.removed_redirect(), w.removed_redirect_why()),
        Kind::Element => (w.removed_element(), w.removed_element_why()),
        Kind::Attribute => (w.removed_attribute(), w.removed_attribute_why()),
        Kind::Style => (w.removed_style(), w.removed_style_why()),
        Kind::Font => (w.removed_font(), w.removed_font_why()),
        Kind::Bounds => (w.removed_bounds(), w.removed_bounds_why()),
        Kind::Metadata => (w.removed_metadata(), w.removed_metadata_why()),
        Kind::Hidden => (w.removed_hidden(), w.removed_hidden_why()),
        _ => (w.removed_element(), w.removed_element_why()),
    }
}
