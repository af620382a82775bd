//! Builds the page: takes tokens, keeps a stack of open elements, writes as it goes.
//!
//! Where a page is written badly, the result is near to what browsers make of it, with two differences: what stands in a
//! table outside of any cell gets a cell, where browsers move it before the table; and an end tag out of order closes
//! what is in between, which is then opened again where it holds text, where browsers move nodes (the adoption agency).

use std::rc::Rc;

use super::Page;
use super::attributes::{self, Attributes, escape};
use super::elements::{self, Element, Fate, Kind};
use super::tokenizer::{Raw, Tag, Token, Tokenizer};
use crate::links::{self, Usage};
use crate::report::{Kind as Removed, Report};
use crate::{Context, css};

/// How deep elements lie in each other; what lies deeper is shown at this depth. Browsers stop at 512.
const MAX_DEPTH: usize = 256;

/// Depth that a table needs besides itself: rows, row, cell.
const TABLE_DEPTH: usize = 4;

/// Most formatting elements that are opened again in one cell or page.
const MAX_FORMATTING: usize = 8;

/// Longest title, in characters.
const MAX_TITLE_CHARS: usize = 256;

/// Longest body, in bytes; what comes later is left out.
const MAX_BODY_LEN: usize = 48 << 20;

/// An element that has been opened and not closed.
struct Open {
    element: &'static Element,
    /// Its attributes but for the id.
    attributes: Rc<str>,
    /// Which formatting element it is.
    serial: Option<u32>,
}

/// The list of active formatting elements.
enum Active {
    /// A cell or caption began.
    Marker,
    Element {
        element: &'static Element,
        attributes: Rc<str>,
        serial: u32,
        is_open: bool,
    },
}

pub(super) struct Builder<'a, 'b> {
    tokens: Tokenizer<'a>,
    context: &'a Context<'b>,
    report: Report,
    stack: Vec<Open>,
    formatting: Vec<Active>,
    serials: u32,
    /// Bytes that may still be written for elements that are opened again, so that the whole stays linear.
    again: usize,
    /// Whether `pre` has just been opened: in what is read, and in what is written.
    pre_read: bool,
    pre_written: bool,
    title: Option<String>,
    root_attributes: Option<String>,
    body_attributes: Option<String>,
    styles: String,
    body: String,
}

impl<'a, 'b> Builder<'a, 'b> {
    pub(super) fn new(text: &'a str, context: &'a Context<'b>) -> Self {
        Self {
            tokens: Tokenizer::new(text),
            context,
            report: Report::default(),
            stack: Vec::new(),
            formatting: Vec::new(),
            serials: 0,
            again: text.len() + 1_024,
            pre_read: false,
            pre_written: false,
            title: None,
            root_attributes: None,
            body_attributes: None,
            styles: String::new(),
            body: String::with_capacity(text.len()),
        }
    }

    pub(super) fn build(mut self) -> Page {
        while let Some(token) = self.tokens.next() {
            let after_pre = std::mem::take(&mut self.pre_read);
            match token {
                Token::Text(text) => {
                    self.text(if after_pre { text.strip_prefix('\n').unwrap_or(&text) } else { &text });
                }
                Token::Start(tag) => self.start(tag),
                Token::End(name) => self.end(&name),
            }
            if self.body.len() > MAX_BODY_LEN {
                self.report.add(Removed::Bounds, "");
                break;
            }
        }
        self.pop_to(0);
        Page {
            title: self.title.unwrap_or_default(),
            root_attributes: self.root_attributes.unwrap_or_default(),
            styles: self.styles,
            body_attributes: self.body_attributes.unwrap_or_default(),
            body: self.body,
            report: self.report,
        }
    }

    // What is read.

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let blank = text.bytes().all(|byte| byte.is_ascii_whitespace());
        if self.in_table_part() {
            if blank {
                return;
            }
            self.open_cell();
        }
        if !blank {
            self.reconstruct();
        }
        if std::mem::take(&mut self.pre_written) && text.starts_with('\n') {
            // The first line end behind `<pre>` is not shown.
            self.body.push('\n');
        }
        escape(text, &mut self.body);
    }

    fn start(&mut self, tag: Tag) {
        match tag.name.as_str() {
            "html" => self.root(&tag),
            "body" => {
                if self.body_attributes.is_none() {
                    let Attributes { id, rest } = attributes::of_body(&tag, self.context, &mut self.report);
                    // Within a scope the element that stands for the body has an id already.
                    let id = if self.context.scope.is_some() { String::new() } else { id };
                    self.body_attributes = Some(id + &rest);
                }
            }
            "title" => {
                let text = self.tokens.raw("title", Raw::References);
                self.title.get_or_insert_with(|| {
                    let words: Vec<_> = text.split_whitespace().collect();
                    let title: String = words.join(" ").chars().take(MAX_TITLE_CHARS).collect();
                    title.trim_end().to_owned()
                });
            }
            "style" => self.style(&tag),
            "link" => self.link(&tag),
            "meta" => self.meta(&tag),
            "base" => {
                self.report.add(Removed::Redirect, &format!("base {}", tag.attribute("href").unwrap_or_default()))
            }
            "xmp" | "plaintext" => self.verbatim(&tag.name),
            "image" => self.start(Tag { name: "img".to_owned(), ..tag }),
            "listing" => self.start(Tag { name: "pre".to_owned(), ..tag }),
            name => match elements::find(name) {
                Some(element) => self.element(element, &tag),
                None => self.refuse(&tag),
            },
        }
    }

    fn root(&mut self, tag: &Tag) {
        if self.root_attributes.is_some() {
            return;
        }
        let mut out = String::new();
        let language =
            |text: &&str| text.len() <= 35 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if let Some(value) = tag.attribute("lang").filter(language) {
            out.extend([" lang=\"", value, "\""]);
        }
        if let Some(value) = tag.attribute("dir").filter(|value| matches!(*value, "ltr" | "rtl")) {
            out.extend([" dir=\"", value, "\""]);
        }
        self.root_attributes = Some(out);
    }

    fn style(&mut self, tag: &Tag) {
        let text = self.tokens.raw("style", Raw::Text);
        let sheet = css::sheet(&text, self.context, &mut self.report);
        if !sheet.is_empty() {
            self.styles.push_str("<style");
            self.media(tag);
            self.styles.extend([">", &sheet, "</style>"]);
        }
    }

    fn link(&mut self, tag: &Tag) {
        let relation = tag.attribute("rel").unwrap_or_default().to_ascii_lowercase();
        let address = tag.attribute("href").unwrap_or_default();
        if !relation.split_ascii_whitespace().eq(["stylesheet"]) {
            // Whatever else a link may be, a browser would fetch it unasked.
            return self.report.add(Removed::Outside, &format!("link {relation} {address}"));
        }
        if let Some(address) = links::rewrite(address, Usage::Embed, self.context, &mut self.report) {
            self.styles.push_str("<link rel=\"stylesheet\" href=\"");
            escape(&address, &mut self.styles);
            self.styles.push('"');
            self.media(tag);
            self.styles.push('>');
        }
    }

    /// Writes the media query of a style element. One that is not understood matches nothing, as in a browser.
    fn media(&mut self, tag: &Tag) {
        let Some(text) = tag.attribute("media").filter(|text| !text.trim().is_empty()) else { return };
        let query = css::media(text).unwrap_or_else(|| "not all".to_owned());
        self.styles.push_str(" media=\"");
        escape(&query, &mut self.styles);
        self.styles.push('"');
    }

    fn meta(&mut self, tag: &Tag) {
        let pragma = tag.attribute("http-equiv").unwrap_or_default();
        if pragma.eq_ignore_ascii_case("refresh") {
            self.report.add(Removed::Redirect, tag.attribute("content").unwrap_or_default());
        } else if !pragma.is_empty() && !pragma.eq_ignore_ascii_case("content-type") {
            self.report.add(Removed::Attribute, &format!("meta {pragma}"));
        }
    }

    /// Old elements whose content is shown as it stands.
    fn verbatim(&mut self, name: &str) {
        let text = match name {
            "plaintext" => self.tokens.plain().into(),
            _ => self.tokens.raw(name, Raw::Text),
        };
        let pre = Tag { name: "pre".to_owned(), ..Tag::default() };
        self.start(pre);
        self.pre_read = false;
        self.text(&text);
        self.end("pre");
    }

    /// An element that does not stay.
    fn refuse(&mut self, tag: &Tag) {
        let (fate, kind) = elements::fate(&tag.name);
        if let Some(kind) = kind {
            self.report.add(kind, &format!("<{}>", tag.name));
        }
        match fate {
            Fate::Unwrapped => {}
            Fate::Raw => {
                self.tokens.raw(&tag.name, Raw::Text);
            }
            Fate::Dropped if tag.closed && tag.name == "svg" => {}
            Fate::Dropped => self.drop_content(&tag.name),
        }
    }

    /// Skips up to the end tag of an element, or to a tag that cannot stand in it.
    fn drop_content(&mut self, name: &str) {
        let mut depth = 1_usize;
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Text(_) => {}
                Token::End(end) if end == name => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                Token::End(_) => {}
                Token::Start(tag) if tag.name == name => depth += usize::from(!(tag.closed && name == "svg")),
                Token::Start(tag) if name != "template" && elements::breaks_out(&tag.name) => return self.start(tag),
                Token::Start(tag) => {
                    let raw = matches!(tag.name.as_str(), "script" | "style" | "title" | "textarea" | "iframe" | "xmp");
                    if raw && name != "svg" {
                        self.tokens.raw(&tag.name, Raw::Text);
                    }
                }
            }
        }
    }

    fn element(&mut self, element: &'static Element, tag: &Tag) {
        let room = if element.kind == Kind::Table { MAX_DEPTH.saturating_sub(TABLE_DEPTH) } else { MAX_DEPTH };
        let depth = self.stack.len();
        if depth >= room && !element.kind.is_void() && !element.kind.is_table_part() && element.kind != Kind::Cell {
            return self.report.add(Removed::Bounds, &format!("<{}>", element.name));
        }
        match element.kind {
            Kind::Table | Kind::Caption | Kind::Columns | Kind::Column | Kind::Rows | Kind::Row | Kind::Cell => {
                self.table_element(element, tag);
            }
            Kind::Void => {
                if self.in_table_part() {
                    self.open_cell();
                }
                self.reconstruct();
                self.void(element, tag);
            }
            // What is left cannot stand between cells.
            _ if self.in_table_part() => {}
            Kind::Source => {
                if self.stack.last().is_some_and(|open| open.element.kind == Kind::Media) {
                    self.void(element, tag);
                }
            }
            Kind::Rule => {
                self.close_paragraph();
                self.void(element, tag);
            }
            Kind::Formatting => self.formatting_element(element, tag),
            Kind::RubyText => {
                if let Some(ruby) = self.find(|open| open.kind == Kind::Ruby, |open| open.kind.is_special()) {
                    self.pop_to(ruby + 1);
                    self.push(element, tag);
                }
            }
            Kind::Inline | Kind::Ruby | Kind::Media => {
                self.reconstruct();
                self.push(element, tag);
            }
            Kind::Block | Kind::Paragraph | Kind::Heading | Kind::Preformatted | Kind::Item => {
                self.block_element(element, tag);
            }
        }
    }

    fn block_element(&mut self, element: &'static Element, tag: &Tag) {
        if element.kind == Kind::Item {
            let like = |open: &Element| open.kind == Kind::Item && (open.name == "li") == (element.name == "li");
            let stop = |open: &Element| open.kind.is_special() && !matches!(open.name, "address" | "div" | "p");
            if let Some(before) = self.find(like, stop) {
                self.pop_to(before);
            }
        }
        self.close_paragraph();
        if element.kind == Kind::Heading && self.stack.last().is_some_and(|open| open.element.kind == Kind::Heading) {
            self.pop_to(self.stack.len() - 1);
        }
        self.push(element, tag);
        self.pre_read = element.kind == Kind::Preformatted;
    }

    fn formatting_element(&mut self, element: &'static Element, tag: &Tag) {
        if element.name == "a" {
            self.close_formatting("a");
            let from = self.active_from();
            let mut place = 0;
            self.formatting.retain(|active| {
                place += 1;
                place <= from || !matches!(active, Active::Element { element, .. } if element.name == "a")
            });
        }
        self.reconstruct();
        let from = self.active_from();
        if self.formatting.len() - from >= MAX_FORMATTING {
            self.formatting.remove(from);
        }
        let Attributes { id, rest } = attributes::of(tag, element, self.context, &mut self.report);
        let attributes: Rc<str> = rest.into();
        self.serials += 1;
        let serial = self.serials;
        self.formatting.push(Active::Element { element, attributes: Rc::clone(&attributes), serial, is_open: true });
        self.write_start(element, &id, &attributes);
        self.stack.push(Open { element, attributes, serial: Some(serial) });
    }

    fn table_element(&mut self, element: &'static Element, tag: &Tag) {
        if element.kind == Kind::Table {
            if self.in_table_part()
                && let Some(table) = self.table()
            {
                self.pop_to(table);
            }
            self.close_paragraph();
            return self.push(element, tag);
        }
        let Some(table) = self.table() else { return };
        match element.kind {
            Kind::Column => {
                if !self.stack.last().is_some_and(|open| open.element.kind == Kind::Columns) {
                    self.pop_to(table + 1);
                    self.push_implied("colgroup");
                }
                return self.void(element, tag);
            }
            Kind::Row => {
                self.pop_to_kind(table, Kind::Rows);
                if self.stack.len() == table + 1 {
                    self.push_implied("tbody");
                }
            }
            Kind::Cell => {
                self.open_row(table);
                self.formatting.push(Active::Marker);
            }
            Kind::Caption => {
                self.pop_to(table + 1);
                self.formatting.push(Active::Marker);
            }
            _ => self.pop_to(table + 1),
        }
        self.push(element, tag);
    }

    fn end(&mut self, name: &str) {
        if name == "br" {
            return self.start(Tag { name: name.to_owned(), ..Tag::default() });
        }
        let name = if matches!(name, "listing" | "xmp") { "pre" } else { name };
        let Some(element) = elements::find(name) else { return };
        let same = |open: &Element| open.name == name;
        let boundary = |open: &Element| open.kind.is_boundary();
        let found = match element.kind {
            Kind::Void | Kind::Rule | Kind::Source | Kind::Column => None,
            Kind::Formatting => return self.close_formatting(name),
            Kind::Table | Kind::Caption | Kind::Columns | Kind::Rows | Kind::Row | Kind::Cell => {
                self.find(same, |open| open.kind == Kind::Table)
            }
            Kind::Heading => self.find(|open| open.kind == Kind::Heading, boundary),
            Kind::Item => self.find(same, |open| boundary(open) || matches!(open.name, "ol" | "ul")),
            Kind::Block | Kind::Paragraph | Kind::Preformatted => self.find(same, boundary),
            Kind::Inline | Kind::Ruby | Kind::RubyText | Kind::Media => self.find(same, |open| open.kind.is_special()),
        };
        if let Some(found) = found {
            self.pop_to(found);
        }
    }

    // What is open.

    /// The place of the innermost open element that is wanted, unless one that stops the search lies within it.
    fn find(&self, wanted: impl Fn(&Element) -> bool, stop: impl Fn(&Element) -> bool) -> Option<usize> {
        for (place, open) in self.stack.iter().enumerate().rev() {
            if wanted(open.element) {
                return Some(place);
            }
            if stop(open.element) {
                return None;
            }
        }
        None
    }

    fn table(&self) -> Option<usize> {
        self.find(|open| open.kind == Kind::Table, |_| false)
    }

    fn in_table_part(&self) -> bool {
        self.stack.last().is_some_and(|open| open.element.kind.is_table_part())
    }

    fn close_paragraph(&mut self) {
        if let Some(paragraph) = self.find(|open| open.kind == Kind::Paragraph, |open| open.kind.is_boundary()) {
            self.pop_to(paragraph);
        }
    }

    /// Ends a formatting element and what lies in it. Blocks in between are opened again without it, formatting
    /// elements when text comes.
    fn close_formatting(&mut self, name: &str) {
        let Some(place) = self.find(|open| open.name == name, |open| open.kind.is_boundary()) else {
            // Ended by its block already; it is not to be opened again.
            let from = self.active_from();
            let named = |active: &Active| matches!(active, Active::Element { element, .. } if element.name == name);
            if let Some(place) = self.formatting[from..].iter().rposition(named) {
                self.formatting.remove(from + place);
            }
            return;
        };
        let serial = self.stack[place].serial;
        self.formatting.retain(|active| match active {
            Active::Marker => true,
            Active::Element { serial: found, .. } => Some(*found) != serial,
        });
        let between: Vec<_> = self.stack[place + 1..]
            .iter()
            .filter(|open| open.serial.is_none())
            .map(|open| (open.element, Rc::clone(&open.attributes)))
            .collect();
        self.pop_to(place);
        for (element, attributes) in between {
            if element.kind == Kind::Heading && self.stack.last().is_some_and(|open| open.element.kind == Kind::Heading)
            {
                // What stood between two headings is gone; the outer one goes on.
                continue;
            }
            if !self.may_open_again(element, &attributes) {
                return;
            }
            self.write_start(element, "", &attributes);
            self.stack.push(Open { element, attributes, serial: None });
        }
    }

    /// Where the formatting elements of this cell or caption begin in the list.
    fn active_from(&self) -> usize {
        let marker = self.formatting.iter().rposition(|active| matches!(active, Active::Marker));
        marker.map_or(0, |place| place + 1)
    }

    /// Opens the formatting elements again that ended with their block and were not ended themselves.
    fn reconstruct(&mut self) {
        let is_open = |active: &Active| matches!(active, Active::Marker | Active::Element { is_open: true, .. });
        let from = self.formatting.iter().rposition(is_open).map_or(0, |place| place + 1);
        for place in from..self.formatting.len() {
            let Active::Element { element, attributes, serial, .. } = &self.formatting[place] else { continue };
            let (element, attributes, serial) = (*element, Rc::clone(attributes), *serial);
            if !self.may_open_again(element, &attributes) {
                return self.formatting.truncate(place);
            }
            if let Active::Element { is_open, .. } = &mut self.formatting[place] {
                *is_open = true;
            }
            self.write_start(element, "", &attributes);
            self.stack.push(Open { element, attributes, serial: Some(serial) });
        }
    }

    fn may_open_again(&mut self, element: &Element, attributes: &str) -> bool {
        let cost = 2 * element.name.len() + "<></>".len() + attributes.len();
        let rest = self.again.checked_sub(cost).filter(|_| self.stack.len() < MAX_DEPTH);
        self.again = rest.unwrap_or(self.again);
        rest.is_some()
    }

    /// Ends elements until so many are open.
    fn pop_to(&mut self, length: usize) {
        while self.stack.len() > length {
            let Some(Open { element, serial, .. }) = self.stack.pop() else { return };
            self.pre_written = false;
            self.body.extend(["</", element.name, ">"]);
            if matches!(element.kind, Kind::Cell | Kind::Caption) {
                let marker = self.formatting.iter().rposition(|active| matches!(active, Active::Marker));
                self.formatting.truncate(marker.unwrap_or(0));
            }
            if serial.is_some() {
                for active in self.formatting.iter_mut().rev() {
                    if let Active::Element { serial: found, is_open, .. } = active
                        && Some(*found) == serial
                    {
                        *is_open = false;
                        break;
                    }
                }
            }
        }
    }

    /// Ends what is open in a table, down to what is of this kind or the table itself.
    fn pop_to_kind(&mut self, table: usize, kind: Kind) {
        let place = self.stack[table + 1..].iter().position(|open| open.element.kind == kind);
        self.pop_to(place.map_or(table + 1, |place| table + 1 + place + 1));
    }

    /// Ends what is open in a table so that a cell can follow.
    fn open_row(&mut self, table: usize) {
        let kind = if self.stack.get(table + 2).is_some_and(|open| open.element.kind == Kind::Row) {
            Kind::Row
        } else {
            Kind::Rows
        };
        self.pop_to_kind(table, kind);
        if self.stack.len() == table + 1 {
            self.push_implied("tbody");
        }
        if kind == Kind::Rows {
            self.push_implied("tr");
        }
    }

    /// Opens a cell for what stands in a table and in none.
    fn open_cell(&mut self) {
        if let Some(table) = self.table() {
            self.open_row(table);
            self.formatting.push(Active::Marker);
            self.push_implied("td");
        }
    }

    // What is written.

    fn push(&mut self, element: &'static Element, tag: &Tag) {
        let Attributes { id, rest } = attributes::of(tag, element, self.context, &mut self.report);
        self.write_start(element, &id, &rest);
        self.stack.push(Open { element, attributes: rest.into(), serial: None });
    }

    fn push_implied(&mut self, name: &str) {
        if let Some(element) = elements::find(name) {
            self.write_start(element, "", "");
            self.stack.push(Open { element, attributes: Rc::from(""), serial: None });
        }
    }

    fn void(&mut self, element: &'static Element, tag: &Tag) {
        let Attributes { id, rest } = attributes::of(tag, element, self.context, &mut self.report);
        self.write_start(element, &id, &rest);
    }

    fn write_start(&mut self, element: &Element, id: &str, attributes: &str) {
        self.body.extend(["<", element.name, id, attributes, ">"]);
        self.pre_written = element.kind == Kind::Preformatted;
    }
}
