//! Pages: read as tokens, rebuilt as a tree of allowed elements, written by a writer that escapes.
//!
//! What is written is read by every browser as exactly the tree that was meant. Filters that look at one tree and let a
//! browser build another were passed by again and again (mutation XSS); here the builder keeps the rules of the HTML
//! Standard's tree construction as it goes (a block ends a paragraph, a link never lies in a link, nothing but cells
//! lies in a row, …), so that no end tag, place or parent is left for the browser to guess. The tests read the result
//! with html5ever's full tree builder and compare.
//!
//! Laws: filtering twice is filtering once; nothing outside of [the list](elements) is written; time and length are
//! linear in the input.
//!
//! Names (`id`, `name`) stay, since links within a page need them. No program runs on the page that they could mislead;
//! only names that begin with [`RESERVED`](crate::RESERVED) go, for the sake of what we may put around the page.

mod attributes;
mod builder;
mod elements;
mod tokenizer;

use crate::report::Report;
use crate::{Context, MAX_TEXT_LEN, TooLong, charset};
use attributes::escape;
use builder::Builder;

/// A page in parts, so that it can be shown alone or below something of ours. All parts but the title are markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its title as plain text, on one line; may be empty.
    pub title: String,
    /// Attributes of `html`: its language and direction. Each has a space before it.
    pub root_attributes: String,
    /// `style` and `link` elements, for the head.
    pub styles: String,
    /// Attributes of `body`, for that or for an element in its place. Each has a space before it.
    pub body_attributes: String,
    /// What stands in `body`.
    pub body: String,
    /// What was removed.
    pub report: Report,
}

impl Page {
    /// The page as a document of its own, to be served as `text/html; charset=utf-8`.
    ///
    /// With the [scope](Context::scope) that it was filtered for, its content stands in a `div` of that id.
    #[must_use]
    pub fn document(&self, scope: Option<&str>) -> String {
        let mut out = String::with_capacity(self.body.len() + self.styles.len() + 512);
        out.extend(["<!DOCTYPE html><html", &self.root_attributes, "><head><meta charset=\"utf-8\">"]);
        out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
        escape(&self.title, &mut out);
        out.extend(["</title>", &self.styles, "</head><body"]);
        match scope {
            None => out.extend([&self.body_attributes, ">", &self.body]),
            Some(scope) => {
                out.push_str("><div id=\"");
                escape(scope, &mut out);
                out.extend(["\"", &self.body_attributes, ">", &self.body, "</div>"]);
            }
        }
        out.push_str("</body></html>");
        out
    }
}

/// Rebuilds a page. `declared` is the charset of its media type, if it has one.
///
/// # Errors
/// [`TooLong`] above [`MAX_TEXT_LEN`].
pub fn html(bytes: &[u8], declared: Option<&str>, context: &Context<'_>) -> Result<Page, TooLong> {
    if bytes.len() > MAX_TEXT_LEN {
        return Err(TooLong);
    }
    let of_page = charset::of_html(bytes);
    let text = charset::decode(bytes, declared.or(of_page.as_deref()));
    Ok(of_text(&text, context))
}

/// Rebuilds a page that has been [decoded](charset::decode).
pub(crate) fn of_text(text: &str, context: &Context<'_>) -> Page {
    Builder::new(text, context).build()
}
