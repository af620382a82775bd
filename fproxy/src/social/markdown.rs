//! Markdown that strangers wrote, as markup of our own.
//!
//! A post stands in a page of the console, among its classes and ids, where the filter of foreign pages would let too
//! much through: a class of ours, a heading of the page. So nothing of the text's own HTML is markup here (it is shown as the
//! text that it is), and of Markdown's events each is written by hand, with elements that have no attributes but links. A
//! picture is never loaded: it is a link with its description.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use roneo_keys::Uri;

use crate::html::escape;
use crate::link::{page_path, push_encoded};
use crate::words::Markup;

/// Blocks inside blocks (quotes, lists), at most: what lies deeper stands at this depth.
const MAX_DEPTH: usize = 6;

/// A text as markup, for an element whose `lang` the author chose.
pub(crate) fn html_of(text: &str) -> Markup {
    let mut writer = Writer::default();
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
    Parser::new_ext(text, options).for_each(|event| writer.write(event));
    Markup::made(writer.html)
}

/// A text as a quotation in an answer, two line ends behind it.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    // What the quoted text quotes itself is left out: it stands above already.
    for line in text.trim().lines().filter(|line| !line.starts_with('>')) {
        quoted.push_str("> ");
        quoted.push_str(line);
        quoted.push('\n');
    }
    quoted.push('\n');
    quoted
}

#[derive(Default)]
struct Writer {
    html: String,
    /// What ends each open container; nothing where it was too deep to be begun.
    open: Vec<&'static str>,
    /// Whether the row of a table is its head.
    in_head: bool,
}

impl Writer {
    fn write(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.html.push_str(&escape(&text)),
            Event::Code(text) => self.html.extend(["<code>", &escape(&text), "</code>"]),
            Event::SoftBreak => self.html.push('\n'),
            Event::HardBreak => self.html.push_str("<br>"),
            Event::Rule => self.html.push_str("<p>* * *</p>"),
            // Options that are off, and what they would name.
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.html.push_str("<p>"),
            // The page's headings are the titles and the names of those who speak.
            Tag::Heading { .. } => self.html.push_str("<p><b>"),
            Tag::BlockQuote(_) => self.container("<blockquote>", "</blockquote>"),
            Tag::CodeBlock(_) => self.html.push_str("<pre><code>"),
            Tag::List(None) => self.container("<ul>", "</ul>"),
            Tag::List(Some(first)) => {
                self.container("<ol>", "</ol>");
                if first != 1 && self.html.ends_with("<ol>") {
                    self.html.truncate(self.html.len() - 1);
                    self.html.push_str(&format!(" start=\"{first}\">"));
                }
            }
            // Beyond the depth a list has no element of its own: its entries are lines of the one around it.
            Tag::Item => self.html.push_str(if self.open.last() == Some(&"") { "" } else { "<li>" }),
            Tag::Table(_) => self.html.push_str("<div class=\"wide\"><table>"),
            Tag::TableHead => {
                self.in_head = true;
                self.html.push_str("<thead><tr>");
            }
            Tag::TableRow => self.html.push_str("<tr>"),
            Tag::TableCell => self.html.push_str(if self.in_head { "<th scope=\"col\">" } else { "<td>" }),
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<b>"),
            Tag::Strikethrough => self.html.push_str("<s>"),
            Tag::Link { link_type, dest_url, .. } => self.link(link_type, &dest_url),
            Tag::Image { dest_url, .. } => self.link(LinkType::Inline, &dest_url),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        let end = match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => "</p>",
            TagEnd::Heading(_) => "</b></p>",
            TagEnd::BlockQuote(_) | TagEnd::List(_) => self.open.pop().unwrap_or_default(),
            TagEnd::CodeBlock => "</code></pre>",
            TagEnd::Item if self.open.last() == Some(&"") => " ",
            TagEnd::Item => "</li>",
            TagEnd::Table => "</tbody></table></div>",
            TagEnd::TableHead => {
                self.in_head = false;
                "</tr></thead><tbody>"
            }
            TagEnd::TableRow => "</tr>",
            TagEnd::TableCell if self.in_head => "</th>",
            TagEnd::TableCell => "</td>",
            TagEnd::Emphasis => "</em>",
            TagEnd::Strong => "</b>",
            TagEnd::Strikethrough => "</s>",
            TagEnd::Link | TagEnd::Image => "</a>",
            _ => "",
        };
        self.html.push_str(end);
    }

    fn container(&mut self, start: &str, end: &'static str) {
        let shown = self.open.len() < MAX_DEPTH;
        self.html.push_str(if shown { start } else { "" });
        self.open.push(if shown { end } else { "" });
    }

    /// A link without an address leads nowhere, and its text stays.
    fn link(&mut self, link_type: LinkType, address: &str) {
        let address = if link_type == LinkType::Email { "" } else { address };
        match way(address) {
            Some(way) => self.html.extend(["<a href=\"", &escape(&way), "\">"]),
            None => self.html.push_str("<a>"),
        }
    }
}

/// Where an address leads from here: a link of this network opens, one of the web is shown first.
fn way(address: &str) -> Option<String> {
    if address.starts_with("https://") || address.starts_with("http://") {
        let mut way = String::from("/leave?to=");
        push_encoded(&mut way, address, b"-._~");
        return Some(way);
    }
    let key = address.trim_start_matches('/');
    key.parse::<Uri>().ok().map(|uri| page_path(&uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, html: &str) {
        assert_eq!(html_of(text).to_string(), html, "{text}");
    }

    #[test]
    fn what_people_write_is_set() {
        check(
            "Bonjour *vous* **tous**\n\n1. un\n2. deux",
            "<p>Bonjour <em>vous</em> <b>tous</b></p><ol><li>un</li><li>deux</li></ol>",
        );
        check("> dit\n\n3. trois", "<blockquote><p>dit</p></blockquote><ol start=\"3\"><li>trois</li></ol>");
        check("# Titre\n`a<b`", "<p><b>Titre</b></p><p><code>a&lt;b</code></p>");
        check(
            "|a|b|\n|-|-|\n|1|2|",
            "<div class=\"wide\"><table><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>",
        );
    }

    #[test]
    fn nothing_that_is_hostile_becomes_markup() {
        check("<script>x()</script>", "<p>&lt;script&gt;x()&lt;/script&gt;</p>");
        check("a <b class=\"st bad\">b</b>", "<p>a &lt;b class=&quot;st bad&quot;&gt;b&lt;/b&gt;</p>");
        check("[x](javascript:alert(1)) [y](/settings) [z](//e.test)", "<p><a>x</a> <a>y</a> <a>z</a></p>");
        check("![chat](http://w.test/a.png)", "<p><a href=\"/leave?to=http%3A%2F%2Fw.test%2Fa.png\">chat</a></p>");
        check(
            "[a](<https://w.test/\"onclick=x>)",
            "<p><a href=\"/leave?to=https%3A%2F%2Fw.test%2F%22onclick%3Dx\">a</a></p>",
        );
    }

    #[test]
    fn links_of_this_network_open() {
        check("[plan](KSK@plan)", "<p><a href=\"/KSK@plan\">plan</a></p>");
    }

    #[test]
    fn depth_is_bounded_and_every_element_is_closed() {
        for text in [">".repeat(5_000) + " a", "- ".repeat(5_000) + "a", "1. ".repeat(900) + "a"] {
            let html = html_of(&text).to_string();
            assert!(
                html.matches("<blockquote>").count() + html.matches("<ul>").count() + html.matches("<ol>").count()
                    <= MAX_DEPTH
            );
            for element in ["blockquote", "ul", "ol", "li", "p"] {
                let (open, closed) = (format!("<{element}>"), format!("</{element}>"));
                assert_eq!(html.matches(&open).count(), html.matches(&closed).count(), "{element} in {}", html.len());
            }
        }
    }

    #[test]
    fn a_quotation_quotes_one_voice() {
        assert_eq!(quoted("> avant\nUn\n\nDeux\n"), "> Un\n> \n> Deux\n\n");
    }
}
