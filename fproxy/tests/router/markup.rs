//! What every page's HTML must be. The browser stage looks closer; this needs no browser.

use std::collections::{BTreeMap, BTreeSet};

/// Elements without an end.
const VOID: [&str; 7] = ["meta", "link", "input", "br", "hr", "img", "col"];

/// Elements inside which there are no blocks.
const PHRASING: [&str; 9] = ["p", "h1", "h2", "h3", "span", "label", "button", "a", "summary"];

/// Blocks.
const BLOCKS: [&str; 15] =
    ["p", "h1", "h2", "h3", "div", "ul", "ol", "dl", "table", "form", "section", "nav", "header", "footer", "main"];

/// Attributes that hold ids of other elements.
const REFERENCES: [&str; 4] = ["for", "aria-labelledby", "aria-describedby", "headers"];

/// One start tag.
struct Tag<'a> {
    name: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
}

/// What is wrong with a page; nothing if all is well.
pub(crate) fn faults(html: &str) -> Vec<String> {
    let mut page = Page::default();
    match html.strip_prefix("<!DOCTYPE html>") {
        Some(rest) => page.read(rest),
        None => page.faults.push("no doctype".to_owned()),
    }
    page.judge();
    page.faults
}

#[derive(Default)]
struct Page<'a> {
    faults: Vec<String>,
    open: Vec<&'a str>,
    ids: BTreeSet<&'a str>,
    references: Vec<&'a str>,
    controls: Vec<(&'a str, bool)>,
    counts: BTreeMap<&'a str, usize>,
    nameless_navs: usize,
    empty_title: bool,
}

impl<'a> Page<'a> {
    fn read(&mut self, html: &'a str) {
        let mut rest = html;
        while let Some((text, after)) = rest.split_once('<') {
            self.text(text);
            let Some((tag, after)) = after.split_once('>') else {
                self.faults.push("a tag without an end".to_owned());
                return;
            };
            if let Some(name) = tag.strip_prefix('/') {
                self.close(name);
            } else {
                self.start(tag);
            }
            rest = after;
        }
        self.text(rest);
    }

    fn text(&mut self, text: &str) {
        if text.contains("{{") || text.contains("{%") {
            self.faults.push(format!("a template's own signs: {text}"));
        }
        for (at, _) in text.match_indices('&') {
            if !text[at..].split_once(';').is_some_and(|(name, _)| name.len() < 10 && !name.contains(' ')) {
                self.faults.push(format!("a loose ampersand in {text}"));
            }
        }
        if self.open.last() == Some(&"title") {
            self.empty_title = text.trim().trim_end_matches("| Roneo").trim().is_empty();
        }
    }

    fn start(&mut self, tag: &'a str) {
        let tag = match parse(tag) {
            Some(tag) => tag,
            None => return self.faults.push(format!("not well written: <{tag}>")),
        };
        *self.counts.entry(tag.name).or_default() += 1;
        if BLOCKS.contains(&tag.name)
            && let Some(parent) = self.open.last()
            && PHRASING.contains(parent)
        {
            self.faults.push(format!("<{}> in <{parent}>", tag.name));
        }
        self.attributes(&tag);
        if !VOID.contains(&tag.name) && !tag.attributes.contains_key("/") {
            self.open.push(tag.name);
        }
    }

    fn attributes(&mut self, tag: &Tag<'a>) {
        for (name, value) in &tag.attributes {
            if *name == "style" || name.starts_with("on") {
                self.faults.push(format!("{name} on <{}>", tag.name));
            }
            if REFERENCES.contains(name) {
                self.references.extend(value.split(' '));
            }
            // What leads out on purpose says so.
            let leads_out = tag.attributes.get("rel").is_some_and(|rel| rel.contains("noreferrer"));
            if matches!(*name, "href" | "action" | "src") && !value.starts_with(['/', '#']) && !leads_out {
                self.faults.push(format!("{name}={value} leads elsewhere"));
            }
        }
        if let Some(id) = tag.attributes.get("id")
            && (id.is_empty() || !self.ids.insert(id))
        {
            self.faults.push(format!("the id {id} stands there twice"));
        }
        let hidden = tag.attributes.get("type") == Some(&"hidden");
        if matches!(tag.name, "input" | "textarea" | "select") && !hidden {
            let named = tag.attributes.contains_key("aria-label");
            self.controls.push((tag.attributes.get("id").copied().unwrap_or_default(), named));
        }
        let named = ["aria-label", "aria-labelledby"].iter().any(|name| tag.attributes.contains_key(name));
        self.nameless_navs += usize::from(tag.name == "nav" && !named);
        if tag.name == "progress" && !tag.attributes.contains_key("aria-label") {
            self.faults.push("a progress without a name".to_owned());
        }
        if tag.name == "form"
            && tag.attributes.get("method") == Some(&"get")
            && tag.attributes.get("action") != Some(&"/")
        {
            self.faults.push("a form that is no POST".to_owned());
        }
    }

    fn close(&mut self, name: &str) {
        match self.open.pop() {
            Some(open) if open == name => {}
            open => self.faults.push(format!("</{name}> where {open:?} is open")),
        }
    }

    fn judge(&mut self) {
        if !self.open.is_empty() {
            self.faults.push(format!("never closed: {:?}", self.open));
        }
        match self.counts.get("nav") {
            None => self.faults.push("no contents".to_owned()),
            Some(navs) if *navs > 1 && self.nameless_navs > 0 => {
                self.faults.push("two navs that sound the same".to_owned())
            }
            Some(_) => {}
        }
        for once in ["html", "head", "title", "main", "h1"] {
            if self.counts.get(once) != Some(&1) {
                self.faults.push(format!("{:?} of <{once}>", self.counts.get(once)));
            }
        }
        for never in ["script", "style", "iframe", "object", "embed", "base", "img"] {
            if self.counts.contains_key(never) {
                self.faults.push(format!("<{never}>"));
            }
        }
        for reference in std::mem::take(&mut self.references) {
            if !self.ids.contains(reference) {
                self.faults.push(format!("nothing has the id {reference}"));
            }
        }
        for (id, named) in std::mem::take(&mut self.controls) {
            if id.is_empty() && !named {
                self.faults.push("a control without a label".to_owned());
            }
        }
        if self.empty_title {
            self.faults.push("no title".to_owned());
        }
    }
}

/// Name and attributes, all in double quotes or without a value.
fn parse(tag: &str) -> Option<Tag<'_>> {
    let (name, mut rest) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
    let mut attributes = BTreeMap::new();
    if let Some(name) = name.strip_suffix('/') {
        attributes.insert("/", "");
        return Some(Tag { name, attributes });
    }
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(after) => after.split_once('"')?,
            None if after.starts_with('=') => return None,
            None => ("", after),
        };
        if let Some(attribute) = attribute.strip_suffix('/') {
            attributes.insert("/", "");
            if attribute.is_empty() {
                break;
            }
        }
        if attributes.insert(attribute, value).is_some() {
            return None;
        }
        rest = after;
    }
    let name_is_good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    name_is_good.then_some(Tag { name, attributes })
}

#[test]
fn faults_are_found() {
    let page = |main: &str| {
        format!(
            "<!DOCTYPE html>\n<html lang=\"fr\"><head><title>a | Roneo</title></head><body><nav></nav><main><h1>a</h1>{main}</main></body></html>"
        )
    };
    assert_eq!(
        faults(&page("<p>a &amp; b</p><svg><path d=\"M0 0\"/></svg><input id=\"a\"><label for=\"a\">b</label>")),
        [""; 0]
    );
    for main in [
        "<p>",
        "<p><div></div></p>",
        "<b><i></b></i>",
        "<p id=\"a\"></p><p id=\"a\"></p>",
        "<p style=\"color:red\"></p>",
        "<a href=\"https://example.org/\">a</a>",
        "<a href=\"//example.org/\" onclick=\"a\">a</a>",
        "<label for=\"b\">a</label>",
        "<input name=\"a\">",
        "<h1>b</h1>",
        "<nav></nav>",
        "<script></script>",
        "<p class=a></p>",
        "<p>a & b</p>",
        "{{ w.name() }}",
    ] {
        assert!(!faults(&page(main)).is_empty(), "{main}");
    }
}
