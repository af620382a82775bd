//! Foreign content, made safe to show: pages, styles, text, pictures and recordings whose makers nobody vouches for.
//!
//! Nothing is cleaned as a string. What comes in is parsed, what is on an allow-list is built anew, and what goes out
//! is written by writers that cannot write anything else; so a parser's mistake costs looks, never safety. What was
//! left out stands in a [`Report`].
//!
//! Start from [`treatment`], which says what a file is; then [`html()`], [`css()`] or [`markdown()`] with a [`Context`],
//! which says where the content lies and where links from it lead, or [`picture()`]. What a user is about to insert goes
//! through [`strip`] or [`picture()`] first.
//!
//! Not for: deciding who may be read (that is the reader's choice), HTTP headers, or fetching anything. Nothing here
//! reads a clock, a file or a source of randomness; the same bytes give the same result.
//!
//! ```
//! use roneo_filter::{Context, Kind, Links, Usage, html};
//! use roneo_keys::Uri;
//!
//! struct Console;
//!
//! impl Links for Console {
//!     fn key(&self, _: &Uri, _: Option<&str>, _: Usage) -> Option<String> {
//!         None
//!     }
//!     fn web(&self, _: &str) -> Option<String> {
//!         None
//!     }
//! }
//!
//! let context = Context { path: "guide/index.html", links: &Console, scope: None };
//! let page = html(b"<p onclick=x()>A <a href=/maps>map<script>y()</script>", None, &context)?;
//! assert_eq!(page.body, r#"<p>A <a href="../maps">map</a></p>"#);
//! assert_eq!(page.report.of(Kind::Script).count, 2);
//! # Ok::<(), roneo_filter::TooLong>(())
//! ```

pub mod charset;
#[doc(hidden)]
pub mod corpus;
mod css;
mod html;
mod links;
mod markdown;
mod media;
mod picture;
mod report;

pub use css::{Sheet, css};
pub use html::{Page, html};
pub use links::{Links, MAX_ADDRESS_LEN, Usage};
pub use markdown::markdown;
pub use media::{HEAD_LEN, Refusal, Treatment, text, treatment};
pub use picture::{
    CannotStrip, Format, MAX_FRAMES, MAX_PICTURE_LEN, MAX_PIXELS, MAX_SIDE, Picture, PictureError, QUALITY, Stripped,
    picture, strip,
};
pub use report::{Kind, MAX_EXAMPLE_LEN, MAX_EXAMPLES, Removed, Report};

/// Longest page, style sheet or text that is filtered, in bytes. Longer ones are downloads.
pub const MAX_TEXT_LEN: usize = 4 << 20;

/// How names (ids, classes) begin that no foreign page may use, whatever the case of their letters.
pub const RESERVED: &str = "roneo-";

/// Where content lies, and where what it names leads.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The path of the file within its site, without a slash before it; empty for a file that is no part of one.
    pub path: &'a str,
    /// Where links lead that leave the site.
    pub links: &'a dyn Links,
    /// The id of an element that holds the page, if it is shown below something of ours: no style of it matches outside
    /// of that element. It begins with [`RESERVED`], so that no element of the page has it.
    ///
    /// Where things lie is not a matter of selectors: negative margins and absolute places could still cover what is
    /// above the page. So this element lies in another one of ours, which no style of the page can match, with
    /// `contain: layout paint` and `isolation: isolate`.
    pub scope: Option<&'a str>,
}

/// What was to be filtered is longer than [`MAX_TEXT_LEN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is too long to be shown as a page: save it instead")]
pub struct TooLong;
