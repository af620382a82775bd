//! Attributes: each is of a form, and is written only if its value fits.

use super::elements::{Element, GLOBAL};
use super::tokenizer::Tag;
use crate::links::{self, Usage};
use crate::report::{Kind, Report};
use crate::{Context, RESERVED, css};

/// Longest value of text, in characters; longer ones are cut.
const MAX_TEXT_CHARS: usize = 4_096;

/// Longest value of a form that is not text, in bytes.
const MAX_VALUE_LEN: usize = 256;

/// Most columns and rows that one cell spans: browsers reserve room for each.
const MAX_SPAN: u32 = 1_000;

/// What a link may say of where it leads.
const RELATIONS: [&str; 11] =
    ["author", "bookmark", "external", "help", "license", "next", "nofollow", "noopener", "noreferrer", "prev", "tag"];

/// Attributes that go without a word: they do nothing on a page without programs, or only repeat what we decide.
const SILENT: [&str; 22] = [
    "accesskey",
    "as",
    "autocomplete",
    "controls",
    "crossorigin",
    "decoding",
    "draggable",
    "fetchpriority",
    "for",
    "integrity",
    "language",
    "loading",
    "longdesc",
    "media",
    "preload",
    "property",
    "referrerpolicy",
    "rel",
    "spellcheck",
    "target",
    "type",
    "version",
];

/// Attributes as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    /// The `id`, with a space before it; kept apart, since an element that is opened again must not have it twice.
    pub(super) id: String,
    /// All others, each with a space before it.
    pub(super) rest: String,
}

impl Attributes {
    fn push(&mut self, name: &str, value: &str) {
        let out = if name == "id" { &mut self.id } else { &mut self.rest };
        out.extend([" ", name, "=\""]);
        escape(value, out);
        out.push('"');
    }
}

/// Writes text so that it is text, in content and between double quotes.
pub(super) fn escape(text: &str, out: &mut String) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(char),
        }
    }
}

/// What values of an attribute look like.
enum Form {
    /// Anything, shown or spoken and never interpreted.
    Text,
    /// Present or not.
    Flag,
    /// Words, numbers and lengths: letters, digits and `#%,.:;+-_*/()` between spaces.
    Plain,
    /// A whole number up to [`MAX_SPAN`].
    Span,
    /// An address that is followed.
    Follow,
    /// An address that is shown.
    Embed,
    Candidates,
    Style,
    Media,
    Id,
    Classes,
    /// `#` and the name of a map on this page.
    Map,
    TabIndex,
    /// Written at the end, see [`relations`].
    Relations,
}

fn form(name: &str) -> Form {
    match name {
        "abbr" | "alt" | "aria-describedby" | "aria-label" | "aria-labelledby" | "headers" | "summary" | "title" => {
            Form::Text
        }
        "compact" | "hidden" | "loop" | "muted" | "noshade" | "nowrap" | "open" | "reversed" => Form::Flag,
        "colspan" | "rowspan" | "span" => Form::Span,
        "href" => Form::Follow,
        "src" | "poster" => Form::Embed,
        "srcset" => Form::Candidates,
        "style" => Form::Style,
        "media" => Form::Media,
        "id" | "name" => Form::Id,
        "class" => Form::Classes,
        "usemap" => Form::Map,
        "tabindex" => Form::TabIndex,
        "rel" => Form::Relations,
        _ => Form::Plain,
    }
}

/// The attributes of a tag that its element may have.
pub(super) fn of(tag: &Tag, element: &Element, context: &Context<'_>, report: &mut Report) -> Attributes {
    let mut written = Attributes::default();
    let mut leaves = false;
    for (name, value) in &tag.attributes {
        if !GLOBAL.contains(&name.as_str()) && !element.attributes.contains(&name.as_str()) {
            refuse(&tag.name, name, value, report);
            continue;
        }
        let form = form(name);
        if let Some(value) = fitting(&form, value, context, report) {
            leaves |= matches!(form, Form::Follow) && value.contains("://");
            written.push(name, &value);
        }
    }
    if tag.cut {
        report.add(Kind::Bounds, &format!("<{}", tag.name));
    }
    match element.name {
        "a" | "area" => relations(tag, leaves, &mut written),
        "audio" | "video" => {
            // Nothing plays, or is fetched, before the reader asks.
            written.push("controls", "");
            written.push("preload", "none");
        }
        _ => {}
    }
    written
}

/// The attributes of `body`: of the old ones that colour the page, what CSS would say.
pub(super) fn of_body(tag: &Tag, context: &Context<'_>, report: &mut Report) -> Attributes {
    const BODY: Element = Element { name: "body", kind: super::elements::Kind::Block, attributes: &[] };
    let mut style = String::new();
    let mut kept = Vec::new();
    for (name, value) in &tag.attributes {
        let declaration = match name.as_str() {
            "bgcolor" => format!("background-color:{}", colour(value)),
            "text" => format!("color:{}", colour(value)),
            "background" => format!("background-image:url('{}')", value.replace(['\'', '\\', '\n'], "")),
            "style" => value.clone(),
            "alink" | "link" | "vlink" | "leftmargin" | "marginheight" | "marginwidth" | "topmargin" => continue,
            _ => {
                kept.push((name.clone(), value.clone()));
                continue;
            }
        };
        style.push_str(&declaration);
        style.push(';');
    }
    let tag = Tag { name: "body".to_owned(), attributes: kept, cut: tag.cut, closed: false };
    let mut written = of(&tag, &BODY, context, report);
    let style = css::declarations(&style, context, report);
    if !style.is_empty() {
        written.push("style", &style);
    }
    written
}

/// A colour of old HTML as CSS has it: with `#` before digits.
fn colour(value: &str) -> String {
    let hex = matches!(value.len(), 3 | 6) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let word: String = value.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '#').take(32).collect();
    if hex { format!("#{word}") } else { word }
}

fn refuse(tag: &str, name: &str, value: &str, report: &mut Report) {
    let silent =
        SILENT.contains(&name) || ["data-", "xml", "item", "aria-"].iter().any(|start| name.starts_with(start));
    if name.starts_with("on") || name == "srcdoc" {
        report.add(Kind::Script, &format!("{name}={value}"));
    } else if matches!(
        name,
        "ping" | "background" | "lowsrc" | "dynsrc" | "formaction" | "action" | "manifest" | "profile"
    ) {
        report.add(Kind::Outside, &format!("{name}={value}"));
    } else if !silent {
        report.add(Kind::Attribute, &format!("<{tag} {name}>"));
    }
}

/// The value as it is written, if it fits the form.
fn fitting(form: &Form, value: &str, context: &Context<'_>, report: &mut Report) -> Option<String> {
    let trimmed = value.trim();
    match form {
        Form::Text => Some(value.chars().take(MAX_TEXT_CHARS).collect()),
        Form::Flag => Some(String::new()),
        Form::Plain => is_plain(trimmed).then(|| trimmed.to_owned()),
        Form::Span => {
            let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
            // What does not fit in 32 bits is too much as well.
            let span = trimmed[..digits].parse().unwrap_or(if digits > 0 { MAX_SPAN } else { 1 });
            Some(span.min(MAX_SPAN).to_string())
        }
        Form::Follow => links::rewrite(value, Usage::Follow, context, report),
        Form::Embed => links::rewrite(value, Usage::Embed, context, report),
        Form::Candidates => links::srcset(value, context, report),
        Form::Style => Some(css::declarations(value, context, report)).filter(|style| !style.is_empty()),
        Form::Media => css::media(value),
        Form::Id => is_own(trimmed).then(|| trimmed.to_owned()),
        Form::Classes => {
            let classes: Vec<_> = trimmed.split_ascii_whitespace().filter(|class| is_own(class)).take(64).collect();
            (!classes.is_empty()).then(|| classes.join(" "))
        }
        Form::Map => {
            let name = trimmed.strip_prefix('#')?;
            is_own(name).then(|| trimmed.to_owned())
        }
        Form::TabIndex => matches!(trimmed, "0" | "-1").then(|| trimmed.to_owned()),
        Form::Relations => None,
    }
}

fn is_plain(value: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || " #%,.:;+-_*/()".contains(char);
    !value.is_empty() && value.len() <= MAX_VALUE_LEN && value.chars().all(plain)
}

/// Whether a name is one that a page may give: none that begins as ours do.
fn is_own(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_VALUE_LEN
        && !name.contains(char::is_whitespace)
        && !name.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED))
}

/// Writes what a link says of itself and, if it leaves the site, that nothing is to be told to where it leads.
fn relations(tag: &Tag, leaves: bool, written: &mut Attributes) {
    let said = tag.attribute("rel").unwrap_or_default().to_ascii_lowercase();
    let said: Vec<&str> = said.split_ascii_whitespace().collect();
    let kept: Vec<&str> = RELATIONS
        .into_iter()
        .filter(|relation| said.contains(relation) || (leaves && matches!(*relation, "noopener" | "noreferrer")))
        .collect();
    if !kept.is_empty() {
        written.push("rel", &kept.join(" "));
    }
}
