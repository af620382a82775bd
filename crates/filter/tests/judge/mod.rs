//! A second opinion: parsers of other makers read what the filter wrote, and lists that were written apart from the
//! filter's own say what may be in it.

use std::borrow::Cow;
use std::cell::RefCell;

use cssparser::{Parser, Token};
use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName, local_name, ns};
use roneo_filter::{Context, Links, Usage};
use roneo_keys::Uri;

/// Where links lead in these tests.
pub(crate) const CONSOLE: &str = "http://console.test/";

pub(crate) struct Console;

impl Links for Console {
    fn key(&self, key: &Uri, _: Option<&str>, usage: Usage) -> Option<String> {
        (usage == Usage::Follow).then(|| format!("{CONSOLE}key/{}", hex(&key.to_text())))
    }

    fn web(&self, address: &str) -> Option<String> {
        if address.starts_with(CONSOLE) {
            Some(address.to_owned())
        } else {
            Some(format!("{CONSOLE}leave/{}", hex(address)))
        }
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn context(scope: Option<&str>) -> Context<'_> {
    Context { path: "folder/page.html", links: &Console, scope }
}

/// Filters a page, judges it, and holds it to the laws; the document as written.
pub(crate) fn page(bytes: &[u8]) -> String {
    let page = roneo_filter::html(bytes, None, &context(None)).expect("the tests' pages are short");
    let document = page.document(None);
    let again = roneo_filter::html(document.as_bytes(), Some("utf-8"), &context(None)).expect("not much longer");
    let show = || String::from_utf8_lossy(bytes).chars().take(2_000).collect::<String>();
    assert_eq!(again.document(None), document, "filtering twice is not filtering once: {}", show());
    let tree = Tree::parse(&document);
    assert_eq!(tree.to_text(), document, "a browser reads another page than was written: {}", show());
    if let Err(complaint) = tree.check() {
        panic!("{complaint} in {document}\nfrom {}", show());
    }
    document
}

/// Filters a style sheet, judges it, and holds it to the laws; the sheet as written.
pub(crate) fn sheet(bytes: &[u8], scope: Option<&str>) -> String {
    let filter =
        |bytes: &[u8]| roneo_filter::css(bytes, None, &context(scope)).expect("the tests' sheets are short").text;
    let sheet = filter(bytes);
    let show = || String::from_utf8_lossy(bytes).chars().take(2_000).collect::<String>();
    assert_eq!(filter(sheet.as_bytes()), sheet, "filtering twice is not filtering once: {}", show());
    if let Err(complaint) = check_css(&sheet) {
        panic!("{complaint} in {sheet}\nfrom {}", show());
    }
    sheet
}

const ELEMENTS: &str = "a abbr acronym address area article aside audio b bdi bdo big blockquote body br caption center \
    cite code col colgroup data dd del details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 head \
    header hgroup hr html i img ins kbd li link main map mark menu meta nav ol p picture pre q rp rt ruby s samp section \
    small source span strike strong style sub summary sup table tbody td tfoot th thead time title tr tt u ul var video wbr";

const ATTRIBUTES: &str = "abbr align alt aria-describedby aria-hidden aria-label aria-labelledby bgcolor border \
    cellpadding cellspacing charset class clear color colspan compact content controls coords datetime dir face headers \
    height hidden href hreflang hspace id lang loop media muted name noshade nowrap open poster preload rel reversed role \
    rowspan scope shape size sizes span src srcset start style summary tabindex title translate type usemap valign value \
    vspace width";

/// Whether an address cannot cause a request to anywhere but the site itself.
fn is_inside(address: &str) -> bool {
    let start = address.split(['/', '?', '#']).next().unwrap_or_default();
    !start.contains(':') && !address.starts_with(['/', '\\']) && address.bytes().all(|byte| byte.is_ascii_graphic())
}

fn check_attribute(element: &str, name: &str, value: &str) -> Result<(), String> {
    let good = match name {
        "href" if element == "link" => is_inside(value),
        "href" => is_inside(value) || value.starts_with(CONSOLE),
        "src" | "poster" => is_inside(value),
        "srcset" => value.split(',').all(|candidate| is_inside(candidate.trim().split(' ').next().unwrap_or_default())),
        "usemap" => value.starts_with('#'),
        "style" => return check_css(value),
        "rel" if element == "link" => value == "stylesheet",
        "id" | "name" | "class" => !value.to_ascii_lowercase().split(' ').any(|word| word.starts_with("roneo-")),
        "content" | "charset" => element == "meta",
        _ => ATTRIBUTES.split_ascii_whitespace().any(|allowed| allowed == name),
    };
    if good { Ok(()) } else { Err(format!("<{element} {name}={value:?}>")) }
}

/// Reads a sheet or declarations with Servo's tokenizer.
fn check_css(text: &str) -> Result<(), String> {
    if text.contains('<') {
        return Err("a sheet with <".to_owned());
    }
    check_tokens(&mut Parser::new(text))
}

fn check_tokens(parser: &mut Parser<'_>) -> Result<(), String> {
    const FORBIDDEN: [&str; 12] = [
        "attr",
        "cross-fade",
        "element",
        "env",
        "expression",
        "image",
        "image-set",
        "-moz-element",
        "paint",
        "src",
        "url-prefix",
        "-webkit-image-set",
    ];
    while let Ok(token) = parser.next_including_whitespace_and_comments() {
        let (name, nested) = match token.clone() {
            Token::UnquotedUrl(url) => return Err(format!("url({url})")),
            Token::BadUrl(_) | Token::BadString(_) | Token::Comment(_) | Token::CDO | Token::CDC => {
                return Err("a broken token or comment".to_owned());
            }
            Token::AtKeyword(name) if name.as_ref() != "media" => return Err(format!("@{name}")),
            Token::Ident(name) if ["fixed", "-moz-binding", "behavior"].contains(&name.as_ref()) => {
                // A class may be called so; what matters is that no value is.
                (String::new(), false)
            }
            Token::Function(name) => (name.to_ascii_lowercase(), true),
            Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock => (String::new(), true),
            _ => (String::new(), false),
        };
        if FORBIDDEN.contains(&name.as_str()) {
            return Err(format!("{name}()"));
        }
        if nested {
            let mut complaint = None;
            let _ = parser.parse_nested_block(|inner| {
                complaint = if name == "url" { check_url(inner).err() } else { check_tokens(inner).err() };
                Ok::<(), cssparser::ParseError<()>>(())
            });
            if let Some(complaint) = complaint {
                return Err(complaint);
            }
        }
    }
    Ok(())
}

fn check_url(parser: &mut Parser<'_>) -> Result<(), String> {
    match parser.next_including_whitespace_and_comments() {
        Ok(Token::QuotedString(url)) if is_inside(url) => Ok(()),
        other => Err(format!("url({other:?})")),
    }
}

/// A page as html5ever reads it.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    quirks: bool,
}

struct Node {
    parent: Option<usize>,
    children: Vec<usize>,
    data: Data,
}

enum Data {
    Document,
    Doctype,
    Comment,
    Text(String),
    Element { name: QualName, attributes: Vec<(String, String)> },
}

impl Tree {
    pub(crate) fn parse(text: &str) -> Self {
        html5ever::parse_document(Sink::default(), ParseOpts::default()).one(StrTendril::from_slice(text))
    }

    /// Whether everything in it is allowed.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.quirks {
            return Err("quirks mode".to_owned());
        }
        for node in &self.nodes {
            match &node.data {
                Data::Document | Data::Doctype => {}
                Data::Comment => return Err("a comment".to_owned()),
                Data::Text(text) => {
                    let is_style = node.parent.is_some_and(|parent| self.is(parent, "style"));
                    if is_style {
                        check_css(text)?;
                    }
                }
                Data::Element { name, attributes } => {
                    let local = &*name.local;
                    if name.ns != ns!(html) || !ELEMENTS.split_ascii_whitespace().any(|allowed| allowed == local) {
                        return Err(format!("<{local}>"));
                    }
                    for (name, value) in attributes {
                        check_attribute(local, name, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn is(&self, node: usize, wanted: &str) -> bool {
        matches!(&self.nodes[node].data, Data::Element { name, .. } if &*name.local == wanted)
    }

    /// The page as our writer would have it, from the tree alone.
    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    fn write(&self, node: usize, out: &mut String) {
        const VOID: [&str; 9] = ["area", "br", "col", "hr", "img", "link", "meta", "source", "wbr"];
        let Node { children, data, parent } = &self.nodes[node];
        match data {
            Data::Document => {}
            Data::Doctype => out.push_str("<!DOCTYPE html>"),
            Data::Comment => out.push_str("<!-- -->"),
            Data::Text(text) if parent.is_some_and(|parent| self.is(parent, "style")) => out.push_str(text),
            Data::Text(text) => out.push_str(&escaped(text)),
            Data::Element { name, attributes } => {
                out.push_str(&format!("<{}", name.local));
                for (name, value) in attributes {
                    out.push_str(&format!(" {name}=\"{}\"", escaped(value)));
                }
                out.push('>');
                let first = children.first().map(|&child| &self.nodes[child].data);
                if &*name.local == "pre" && matches!(first, Some(Data::Text(text)) if text.starts_with('\n')) {
                    out.push('\n');
                }
            }
        }
        for &child in children {
            self.write(child, out);
        }
        if let Data::Element { name, .. } = data
            && !VOID.contains(&&*name.local)
        {
            out.push_str(&format!("</{}>", name.local));
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Builds the tree.
struct Sink(RefCell<Tree>);

impl Default for Sink {
    fn default() -> Self {
        let document = Node { parent: None, children: Vec::new(), data: Data::Document };
        Self(RefCell::new(Tree { nodes: vec![document], quirks: false }))
    }
}

impl Sink {
    fn create(&self, data: Data) -> usize {
        let mut tree = self.0.borrow_mut();
        tree.nodes.push(Node { parent: None, children: Vec::new(), data });
        tree.nodes.len() - 1
    }

    /// Puts a node or text in a place among the children of a parent.
    fn insert(&self, parent: usize, place: usize, child: NodeOrText<usize>) {
        let child = match child {
            NodeOrText::AppendNode(node) => {
                self.remove_from_parent(&node);
                node
            }
            NodeOrText::AppendText(text) => {
                let mut tree = self.0.borrow_mut();
                let before = place.checked_sub(1).map(|place| tree.nodes[parent].children[place]);
                if let Some(Data::Text(before)) = before.map(|before| &mut tree.nodes[before].data) {
                    before.push_str(&text);
                    return;
                }
                drop(tree);
                self.create(Data::Text(text.to_string()))
            }
        };
        let mut tree = self.0.borrow_mut();
        let place = place.min(tree.nodes[parent].children.len());
        tree.nodes[parent].children.insert(place, child);
        tree.nodes[child].parent = Some(parent);
    }

    fn children(&self, node: usize) -> usize {
        self.0.borrow().nodes[node].children.len()
    }
}

#[derive(Debug)]
struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Sink {
    type Handle = usize;
    type Output = Tree;
    type ElemName<'a> = Name;

    fn finish(self) -> Tree {
        self.0.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Name {
        match &self.0.borrow().nodes[*target].data {
            Data::Element { name, .. } => Name(name.clone()),
            _ => Name(QualName::new(None, ns!(), local_name!(""))),
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> usize {
        let attributes =
            attributes.into_iter().map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()));
        self.create(Data::Element { name, attributes: attributes.collect() })
    }

    fn create_comment(&self, _: StrTendril) -> usize {
        self.create(Data::Comment)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.create(Data::Comment)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        self.insert(*parent, self.children(*parent), child);
    }

    fn append_based_on_parent_node(&self, element: &usize, before: &usize, child: NodeOrText<usize>) {
        let has_parent = self.0.borrow().nodes[*element].parent.is_some();
        if has_parent { self.append_before_sibling(element, child) } else { self.append(before, child) }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {
        let doctype = self.create(Data::Doctype);
        self.append(&0, NodeOrText::AppendNode(doctype));
    }

    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn same_node(&self, one: &usize, other: &usize) -> bool {
        one == other
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.0.borrow_mut().quirks = mode != QuirksMode::NoQuirks;
    }

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        let (parent, place) = {
            let tree = self.0.borrow();
            let Some(parent) = tree.nodes[*sibling].parent else { return };
            let place = tree.nodes[parent].children.iter().position(|child| child == sibling);
            (parent, place.unwrap_or_default())
        };
        self.insert(parent, place, child);
    }

    fn add_attrs_if_missing(&self, target: &usize, more: Vec<Attribute>) {
        if let Data::Element { attributes, .. } = &mut self.0.borrow_mut().nodes[*target].data {
            for attribute in more {
                let name = attribute.name.local.to_string();
                if attributes.iter().all(|(found, _)| *found != name) {
                    attributes.push((name, attribute.value.to_string()));
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &usize) {
        let mut tree = self.0.borrow_mut();
        if let Some(parent) = tree.nodes[*target].parent.take() {
            tree.nodes[parent].children.retain(|child| child != target);
        }
    }

    fn reparent_children(&self, node: &usize, new_parent: &usize) {
        let mut tree = self.0.borrow_mut();
        let children = std::mem::take(&mut tree.nodes[*node].children);
        for &child in &children {
            tree.nodes[child].parent = Some(*new_parent);
        }
        tree.nodes[*new_parent].children.extend(children);
    }
}
