//! The style sheet and the mark, under paths that change with their bytes: a page never meets the style
//! sheet of another version.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// A file that comes with the program.
pub(crate) struct Asset {
    /// Where it is found.
    pub(crate) path: String,
    content_type: &'static str,
    bytes: &'static str,
}

/// The only style sheet.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("roneo", "css", "text/css;charset=utf-8", include_str!("../assets/roneo.css")));

/// The mark in a browser's tab: one O.
pub(crate) static MARK: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("mark", "svg", "image/svg+xml", include_str!("../assets/mark.svg")));

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, bytes: &'static str) -> Self {
        let hash = blake3::hash(bytes.as_bytes()).to_hex();
        Self { path: format!("/assets/{name}-{}.{extension}", &hash[..16]), content_type, bytes }
    }

    fn route<S: Clone + Send + Sync + 'static>(&'static self, router: Router<S>) -> Router<S> {
        router.route(&self.path, get(async || ([(header::CONTENT_TYPE, self.content_type)], self.bytes)))
    }
}

/// Both files.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    MARK.route(STYLE.route(Router::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_is_small_and_asks_for_nothing() {
        assert!(STYLE.bytes.len() < 20_000, "{} bytes", STYLE.bytes.len());
        for request in ["url(", "@import", "@font-face", "http:", "https:"] {
            assert!(!STYLE.bytes.contains(request), "{request}");
        }
    }
}
