//! The allow-list of elements, and what the tree builder must know of each.

/// How an element behaves when a browser builds its tree (HTML Standard, section 13.2.6). Only what is needed to write
/// markup that is read as it was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ends an open paragraph, and holds anything.
    Block,
    /// `p`: as a block, and ended by each of them.
    Paragraph,
    /// `h1` to `h6`: as a block, and never one right in another.
    Heading,
    /// `pre`: as a block, of which a first line end is not shown.
    Preformatted,
    /// `li`, `dd`, `dt`: as a block, and ends one of its like before it.
    Item,
    /// Opened again in the next block if left open: `b`, `font`, `a`.
    Formatting,
    /// Holds text and whatever its parent may hold.
    Inline,
    /// `ruby`, `rt`, `rp`.
    Ruby,
    RubyText,
    /// `audio`, `video`, `picture`: holds `source`.
    Media,
    /// Has no content.
    Void,
    /// `hr`: has no content and ends a paragraph.
    Rule,
    /// `source`: a void within media.
    Source,
    Table,
    Caption,
    /// `colgroup`.
    Columns,
    /// `col`.
    Column,
    /// `thead`, `tbody`, `tfoot`.
    Rows,
    Row,
    /// `td`, `th`.
    Cell,
}

impl Kind {
    /// Whether nothing can stand in it.
    pub(super) fn is_void(self) -> bool {
        matches!(self, Self::Void | Self::Rule | Self::Source | Self::Column)
    }

    /// Whether end tags of what is outside do not reach through it.
    pub(super) fn is_boundary(self) -> bool {
        matches!(self, Self::Table | Self::Cell | Self::Caption)
    }

    /// Whether it stands in a table and is not yet a cell or caption, so that text cannot stand in it.
    pub(super) fn is_table_part(self) -> bool {
        matches!(self, Self::Table | Self::Columns | Self::Rows | Self::Row)
    }

    /// Whether the standard calls it special: an end tag of something inline does not reach through it.
    pub(super) fn is_special(self) -> bool {
        !matches!(self, Self::Formatting | Self::Inline | Self::Ruby | Self::RubyText | Self::Media)
    }
}

/// An element that stays.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Attributes besides those that every element may have.
    pub(super) attributes: &'static [&'static str],
}

const fn element(name: &'static str, kind: Kind, attributes: &'static [&'static str]) -> Element {
    Element { name, kind, attributes }
}

const TABLE: &[&str] = &["align", "bgcolor", "border", "cellpadding", "cellspacing", "summary", "width"];
const CELL: &[&str] =
    &["abbr", "align", "bgcolor", "colspan", "headers", "height", "nowrap", "rowspan", "scope", "valign", "width"];
const ALIGN: &[&str] = &["align"];
const ROWS: &[&str] = &["align", "bgcolor", "valign"];
const COLUMNS: &[&str] = &["align", "span", "valign", "width"];
const CHANGE: &[&str] = &["datetime"];

/// In alphabetic order.
pub(super) const ELEMENTS: [Element; 86] = [
    element("a", Kind::Formatting, &["href", "hreflang", "name", "rel"]),
    element("abbr", Kind::Inline, &[]),
    element("acronym", Kind::Inline, &[]),
    element("address", Kind::Block, &[]),
    element("area", Kind::Void, &["alt", "coords", "href", "rel", "shape"]),
    element("article", Kind::Block, &[]),
    element("aside", Kind::Block, &[]),
    element("audio", Kind::Media, &["loop", "muted", "src"]),
    element("b", Kind::Formatting, &[]),
    element("bdi", Kind::Inline, &[]),
    element("bdo", Kind::Inline, &[]),
    element("big", Kind::Formatting, &[]),
    element("blockquote", Kind::Block, &[]),
    element("br", Kind::Void, &["clear"]),
    element("caption", Kind::Caption, ALIGN),
    element("center", Kind::Block, &[]),
    element("cite", Kind::Inline, &[]),
    element("code", Kind::Formatting, &[]),
    element("col", Kind::Column, COLUMNS),
    element("colgroup", Kind::Columns, COLUMNS),
    element("data", Kind::Inline, &["value"]),
    element("dd", Kind::Item, &[]),
    element("del", Kind::Inline, CHANGE),
    element("details", Kind::Block, &["name", "open"]),
    element("dfn", Kind::Inline, &[]),
    element("dir", Kind::Block, &["compact"]),
    element("div", Kind::Block, ALIGN),
    element("dl", Kind::Block, &["compact"]),
    element("dt", Kind::Item, &[]),
    element("em", Kind::Formatting, &[]),
    element("figcaption", Kind::Block, &[]),
    element("figure", Kind::Block, &[]),
    element("font", Kind::Formatting, &["color", "face", "size"]),
    element("footer", Kind::Block, &[]),
    element("h1", Kind::Heading, ALIGN),
    element("h2", Kind::Heading, ALIGN),
    element("h3", Kind::Heading, ALIGN),
    element("h4", Kind::Heading, ALIGN),
    element("h5", Kind::Heading, ALIGN),
    element("h6", Kind::Heading, ALIGN),
    element("header", Kind::Block, &[]),
    element("hgroup", Kind::Block, &[]),
    element("hr", Kind::Rule, &["align", "color", "noshade", "size", "width"]),
    element("i", Kind::Formatting, &[]),
    element(
        "img",
        Kind::Void,
        &["align", "alt", "border", "height", "hspace", "sizes", "src", "srcset", "usemap", "vspace", "width"],
    ),
    element("ins", Kind::Inline, CHANGE),
    element("kbd", Kind::Inline, &[]),
    element("li", Kind::Item, &["type", "value"]),
    element("main", Kind::Block, &[]),
    element("map", Kind::Inline, &["name"]),
    element("mark", Kind::Inline, &[]),
    element("menu", Kind::Block, &["compact"]),
    element("nav", Kind::Block, &[]),
    element("ol", Kind::Block, &["compact", "reversed", "start", "type"]),
    element("p", Kind::Paragraph, ALIGN),
    element("picture", Kind::Media, &[]),
    element("pre", Kind::Preformatted, &["width"]),
    element("q", Kind::Inline, &[]),
    element("rp", Kind::RubyText, &[]),
    element("rt", Kind::RubyText, &[]),
    element("ruby", Kind::Ruby, &[]),
    element("s", Kind::Formatting, &[]),
    element("samp", Kind::Inline, &[]),
    element("section", Kind::Block, &[]),
    element("small", Kind::Formatting, &[]),
    element("source", Kind::Source, &["media", "sizes", "src", "srcset", "type"]),
    element("span", Kind::Inline, &[]),
    element("strike", Kind::Formatting, &[]),
    element("strong", Kind::Formatting, &[]),
    element("sub", Kind::Inline, &[]),
    element("summary", Kind::Block, &[]),
    element("sup", Kind::Inline, &[]),
    element("table", Kind::Table, TABLE),
    element("tbody", Kind::Rows, ROWS),
    element("td", Kind::Cell, CELL),
    element("tfoot", Kind::Rows, ROWS),
    element("th", Kind::Cell, CELL),
    element("thead", Kind::Rows, ROWS),
    element("time", Kind::Inline, CHANGE),
    element("tr", Kind::Row, ROWS),
    element("tt", Kind::Formatting, &[]),
    element("u", Kind::Formatting, &[]),
    element("ul", Kind::Block, &["compact", "type"]),
    element("var", Kind::Inline, &[]),
    element("video", Kind::Media, &["height", "loop", "muted", "poster", "src", "width"]),
    element("wbr", Kind::Void, &[]),
];

/// Attributes that every element may have.
pub(super) const GLOBAL: [&str; 14] = [
    "aria-describedby",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "class",
    "dir",
    "hidden",
    "id",
    "lang",
    "role",
    "style",
    "tabindex",
    "title",
    "translate",
];

/// The element of this name, in lower case.
pub(super) fn find(name: &str) -> Option<&'static Element> {
    let place = ELEMENTS.binary_search_by(|element| element.name.cmp(name)).ok()?;
    Some(&ELEMENTS[place])
}

/// What becomes of an element that is not in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Goes, and its text stays.
    Unwrapped,
    /// Goes with its content, which is raw text.
    Raw,
    /// Goes with its content, which is markup.
    Dropped,
}

/// What becomes of an element that is not in the list, and as what it is reported; `None` for those that say nothing,
/// like `html`.
pub(super) fn fate(name: &str) -> (Fate, Option<crate::report::Kind>) {
    use crate::report::Kind as Removed;
    match name {
        "html" | "head" | "body" | "label" | "nobr" | "noscript" | "noframes" | "noembed" | "search" | "legend"
        | "slot" | "rb" | "rtc" => (Fate::Unwrapped, None),
        "script" => (Fate::Raw, Some(Removed::Script)),
        "iframe" => (Fate::Raw, Some(Removed::Frame)),
        "textarea" => (Fate::Raw, Some(Removed::Form)),
        "frame" | "frameset" => (Fate::Unwrapped, Some(Removed::Frame)),
        "form" | "input" | "button" | "fieldset" | "output" | "meter" | "progress" | "keygen" | "isindex" => {
            (Fate::Unwrapped, Some(Removed::Form))
        }
        "select" | "datalist" => (Fate::Dropped, Some(Removed::Form)),
        "svg" | "annotation" | "annotation-xml" => (Fate::Dropped, Some(Removed::Embedded)),
        "template" => (Fate::Dropped, Some(Removed::Element)),
        "math" | "object" | "embed" | "applet" | "param" | "canvas" | "bgsound" | "track" | "portal"
        | "fencedframe" => (Fate::Unwrapped, Some(Removed::Embedded)),
        "base" | "meta" | "link" => (Fate::Unwrapped, None),
        _ => (Fate::Unwrapped, Some(Removed::Element)),
    }
}

/// Tags that end a drawing (HTML Standard, section 13.2.6.5) and other content that is dropped, so that a forgotten end
/// tag does not take the rest of the page along.
pub(super) fn breaks_out(name: &str) -> bool {
    matches!(
        name,
        "b" | "big"
            | "blockquote"
            | "body"
            | "br"
            | "center"
            | "code"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "em"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "hr"
            | "i"
            | "img"
            | "li"
            | "menu"
            | "nobr"
            | "ol"
            | "p"
            | "pre"
            | "ruby"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "strike"
            | "sub"
            | "sup"
            | "table"
            | "tt"
            | "u"
            | "ul"
            | "var"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_nothing_in_it_runs() {
        assert!(ELEMENTS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(GLOBAL.windows(2).all(|pair| pair[0] < pair[1]));
        for element in &ELEMENTS {
            assert!(element.attributes.windows(2).all(|pair| pair[0] < pair[1]), "{}", element.name);
            for attribute in element.attributes.iter().chain(&GLOBAL) {
                assert!(!attribute.starts_with("on"), "{attribute}");
            }
            assert_eq!(find(element.name).map(|found| found.name), Some(element.name));
        }
        for name in ["script", "style", "svg", "math", "iframe", "form", "base", "meta", "template", "noscript"] {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
