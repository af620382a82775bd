//! The style sheet and the mark, under paths that change with their bytes: a page never meets the style
//! sheet of another version.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// A file that comes with the program.
pub(crate) struct Asset {
    /// Where it is found.
    pub(crate) path: String,
    content_type: &'static str,
    bytes: &'static str,
}

/// The style sheet of the console.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("roneo", "css", "text/css;charset=utf-8", include_str!("../assets/roneo.css")));

/// The style sheet of pages under a site's origin, where it is asked for by its name behind `?`.
pub(crate) static SITE_STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css;charset=utf-8", include_str!("../assets/site.css")));

/// The mark in a browser's tab: one O.
pub(crate) static MARK: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("mark", "svg", "image/svg+xml", include_str!("../assets/mark.svg")));

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, bytes: &'static str) -> Self {
        let hash = blake3::hash(bytes.as_bytes()).to_hex();
        Self { path: format!("/assets/{name}-{}.{extension}", &hash[..16]), content_type, bytes }
    }

    /// Its path without the folder.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The file as an answer.
    pub(crate) fn response(&self) -> Response {
        ([(header::CONTENT_TYPE, self.content_type)], self.bytes).into_response()
    }

    fn route<S: Clone + Send + Sync + 'static>(&'static self, router: Router<S>) -> Router<S> {
        router.route(&self.path, get(async || self.response()))
    }
}

/// Both files of the console.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    MARK.route(STYLE.route(Router::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheets_are_small_and_ask_for_nothing() {
        for (style, most) in [(&STYLE, 20_000), (&SITE_STYLE, 8_000)] {
            assert!(style.bytes.len() < most, "{} bytes", style.bytes.len());
            for request in ["url(", "@import", "@font-face", "http:", "https:"] {
                assert!(!style.bytes.contains(request), "{request}");
            }
        }
    }

    /// A rule of ours that names no class of ours would reach into foreign pages.
    #[test]
    fn every_rule_of_the_reader_names_what_no_foreign_page_has() {
        let rules = SITE_STYLE.bytes.split_once("[data-theme=light]").map_or("", |(_, rules)| rules);
        let prelude = |line: &&str| line.contains('{') && !line.starts_with(['@', '[', ' ', '}']);
        for line in rules.lines().skip(1).filter(prelude) {
            assert!(line.contains(".roneo-"), "{line}");
        }
    }
}
