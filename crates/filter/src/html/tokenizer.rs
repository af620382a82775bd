//! HTML tokens, in one pass and linear time.
//!
//! This is the tokenizer of the HTML Standard (section 13.2.5) but for what cannot matter here, where every token is
//! either rebuilt or dropped: comments and doctypes are skipped, script data has no escaped states, and of one tag at
//! most [`MAX_ATTRIBUTES`] are kept. The general tokenizers compare each attribute of a tag with all before it, so a
//! megabyte of them holds a core for minutes; that bound is why this one is here. The tests compare it with html5ever's.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::charset;

/// Most attributes of one tag that are kept; of two with one name the first counts.
pub(super) const MAX_ATTRIBUTES: usize = 64;

/// Longest name of an element or attribute that is kept whole.
const MAX_NAME_LEN: usize = 32;

/// Longest named character reference, `CounterClockwiseContourIntegral;`.
const MAX_REFERENCE_LEN: usize = 32;

/// How the text behind a start tag is read, up to its end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raw {
    /// As it stands: `style`, `script`, `iframe`.
    Text,
    /// With character references: `title`, `textarea`.
    References,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Text(Cow<'a, str>),
    Start(Tag),
    /// The name of an end tag, in lower case.
    End(String),
}

/// A start tag.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Tag {
    /// In lower case, cut behind [`MAX_NAME_LEN`] bytes.
    pub(super) name: String,
    /// Names are in lower case and differ.
    pub(super) attributes: Vec<(String, String)>,
    /// Whether attributes were left out for their number.
    pub(super) cut: bool,
    /// Whether it ends in `/>`.
    pub(super) closed: bool,
}

impl Tag {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

pub(super) struct Tokenizer<'a> {
    rest: &'a str,
}

impl<'a> Tokenizer<'a> {
    /// `text` has been [decoded](charset::decode).
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The text behind a start tag just returned, up to its end tag, which is taken; or to the end of everything.
    pub(super) fn raw(&mut self, name: &str, raw: Raw) -> Cow<'a, str> {
        let end = find_end_tag(self.rest, name);
        let (text, behind) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = behind;
        if end.is_some() {
            self.next();
        }
        match raw {
            Raw::Text => Cow::Borrowed(text),
            Raw::References => references(text, Place::Text),
        }
    }

    /// Everything that is left, as text.
    pub(super) fn plain(&mut self) -> &'a str {
        std::mem::take(&mut self.rest)
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn take_until(&mut self, stop: impl Fn(char) -> bool) -> &'a str {
        self.take(self.rest.find(stop).unwrap_or(self.rest.len()))
    }

    /// Skips what is neither text nor a tag and begins with `<!`, `<?` or `</`: a comment, doctype or mistake.
    fn skip_markup(&mut self) {
        let end = match self.rest.strip_prefix("<!--") {
            Some(comment) if comment.starts_with('>') => Some("<!-->".len()),
            Some(comment) if comment.starts_with("->") => Some("<!--->".len()),
            Some(comment) => [("-->", 3), ("--!>", 4)]
                .into_iter()
                .filter_map(|(end, length)| comment.find(end).map(|place| "<!--".len() + place + length))
                .min(),
            None => self.rest.find('>').map(|place| place + 1),
        };
        self.take(end.unwrap_or(self.rest.len()));
    }

    /// A tag whose name begins at this place; nothing if the text ends within it.
    fn tag(&mut self, name_at: usize) -> Option<Tag> {
        self.take(name_at);
        let mut tag = Tag { name: short(self.take_until(ends_name)), ..Tag::default() };
        loop {
            self.take_until(|char| !is_space(char) && char != '/');
            // A slash counts if nothing but the bracket stands behind it.
            match self.rest.chars().next()? {
                '>' => {
                    self.take(1);
                    return Some(tag);
                }
                _ => self.attribute(&mut tag)?,
            }
        }
    }

    fn attribute(&mut self, tag: &mut Tag) -> Option<()> {
        // A name may begin with an equals sign.
        let equals = usize::from(self.rest.starts_with('='));
        let length = self.rest[equals..].find(|char| ends_name(char) || char == '=');
        let name = self.take(equals + length?);
        let mut value = Cow::Borrowed("");
        let behind = self.rest.trim_start_matches(is_space);
        if let Some(behind) = behind.strip_prefix('=') {
            self.rest = behind.trim_start_matches(is_space);
            value = match self.rest.chars().next()? {
                quote @ ('"' | '\'') => {
                    self.take(1);
                    let value = self.take(self.rest.find(quote)?);
                    self.take(1);
                    references(value, Place::Attribute)
                }
                '>' => Cow::Borrowed(""),
                _ => references(self.take_until(|char| is_space(char) || char == '>'), Place::Attribute),
            };
        }
        if tag.attributes.len() == MAX_ATTRIBUTES {
            tag.cut = true;
            return Some(());
        }
        let name = short(name);
        if tag.attribute(&name).is_none() {
            tag.attributes.push((name, value.into_owned()));
        }
        Some(())
    }
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let mut following = self.rest.bytes();
            let (first, second, third) = (following.next()?, following.next(), following.next());
            let letter = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic());
            match (first, second) {
                (b'<', second) if letter(second) => {
                    let before = self.rest;
                    let Some(mut tag) = self.tag(1) else {
                        self.rest = "";
                        return None;
                    };
                    tag.closed = before[..before.len() - self.rest.len()].ends_with("/>");
                    return Some(Token::Start(tag));
                }
                (b'<', Some(b'/')) if letter(third) => {
                    let Some(tag) = self.tag(2) else {
                        self.rest = "";
                        return None;
                    };
                    return Some(Token::End(tag.name));
                }
                (b'<', Some(b'/')) if third.is_none() => {
                    return Some(Token::Text(Cow::Borrowed(self.plain())));
                }
                (b'<', Some(b'!' | b'?' | b'/')) => self.skip_markup(),
                _ => {
                    // A `<` that begins no tag is text.
                    let end = self.rest.bytes().skip(1).position(|byte| byte == b'<');
                    let end = end.map_or(self.rest.len(), |place| place + 1);
                    return Some(Token::Text(references(self.take(end), Place::Text)));
                }
            }
        }
    }
}

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n')
}

fn ends_name(char: char) -> bool {
    is_space(char) || matches!(char, '/' | '>')
}

/// A name in lower case, cut: no name of the allow-list is as long.
fn short(name: &str) -> String {
    name.chars().take(MAX_NAME_LEN).map(|char| char.to_ascii_lowercase()).collect()
}

/// Where `</name` stands with something behind it that ends a name.
fn find_end_tag(text: &str, name: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(place) = text[from..].find("</") {
        let start = from + place;
        let behind = &text.as_bytes()[start + 2..];
        let is_end = behind.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
            && behind.get(name.len()).is_some_and(|&byte| ends_name(char::from(byte)));
        if is_end {
            return Some(start);
        }
        from = start + 2;
    }
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

/// Replaces character references (section 13.2.5.72 and the following).
fn references(text: &str, place: Place) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let found = match rest.strip_prefix('#') {
            Some(number) => numeric(number).map(|(char, length)| (char, length + 1)),
            None => named(rest, place),
        };
        match found {
            Some((chars, length)) => {
                out.extend(chars.into_iter().flatten());
                rest = &rest[length..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// At most two characters, and the length of the reference without its `&`.
type Reference = ([Option<char>; 2], usize);

/// What stands behind `&#`.
fn numeric(text: &str) -> Option<Reference> {
    let hex = text.starts_with(['x', 'X']);
    let digits = &text[usize::from(hex)..];
    let length = digits.find(|char: char| !char.is_digit(if hex { 16 } else { 10 })).unwrap_or(digits.len());
    if length == 0 {
        return None;
    }
    let significant = digits[..length].trim_start_matches('0');
    let code = match significant {
        "" => 0,
        // Longer ones are above the last character in any case.
        _ if significant.len() > 8 => u32::MAX,
        _ => u32::from_str_radix(significant, if hex { 16 } else { 10 }).unwrap_or(u32::MAX),
    };
    let char = match code {
        0 => char::REPLACEMENT_CHARACTER,
        0x0D => '\n',
        0x80..=0x9F => charset::from_windows_1252(u8::try_from(code).unwrap_or_default()),
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    let semicolon = usize::from(digits[length..].starts_with(';'));
    Some(([charset::is_kept(char).then_some(char), None], usize::from(hex) + length + semicolon))
}

/// What stands behind `&`.
fn named(text: &str, place: Place) -> Option<Reference> {
    static NAMES: LazyLock<HashMap<&str, [Option<char>; 2]>> = LazyLock::new(|| {
        let char = |hex: Option<&str>| hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        let lines = include_str!("entities.txt").lines();
        let entry = |line: &'static str| {
            let mut words = line.split(' ');
            Some((words.next()?, [char(words.next()), char(words.next())]))
        };
        lines.filter_map(entry).collect()
    });
    let name = text.bytes().take(MAX_REFERENCE_LEN).take_while(u8::is_ascii_alphanumeric).count();
    let whole = name + usize::from(text[name..].starts_with(';'));
    // The longest that there is, and some old ones need no semicolon.
    let (length, chars) = (2..=whole).rev().find_map(|length| Some((length, *NAMES.get(&text[..length])?)))?;
    let behind = text.as_bytes().get(length);
    let goes_on = behind.is_some_and(|&byte| byte == b'=' || byte.is_ascii_alphanumeric());
    if place == Place::Attribute && !text[..length].ends_with(';') && goes_on {
        return None;
    }
    Some((chars, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use html5ever::tendril::StrTendril;
    use html5ever::tokenizer::{BufferQueue, TagKind, Token as Theirs, TokenSink, TokenSinkResult, TokenizerOpts};
    use proptest::prelude::*;
    use std::cell::RefCell;

    /// Tokens as text, neighbouring texts as one.
    #[derive(Default)]
    struct Written(String);

    impl Written {
        /// Names are written as far as [`short`] keeps them, and of two that then are one the first counts.
        fn tag(&mut self, slash: &str, name: &str, attributes: impl Iterator<Item = (String, String)>) {
            self.0.push_str(&format!("\n<{slash}{}", short(name)));
            let mut seen = Vec::new();
            for (name, value) in attributes {
                let name = short(&name);
                if !seen.contains(&name) {
                    self.0.push_str(&format!(" {name}={value:?}"));
                    seen.push(name);
                }
            }
            self.0.push_str(">\n");
        }
    }

    fn ours(text: &str) -> String {
        let mut written = Written::default();
        for token in Tokenizer::new(text) {
            match token {
                Token::Text(text) => written.0.push_str(&text),
                Token::Start(tag) => written.tag("", &tag.name, tag.attributes.into_iter()),
                Token::End(name) => written.tag("/", &name, std::iter::empty()),
            }
        }
        written.0
    }

    struct Sink(RefCell<Written>);

    impl TokenSink for Sink {
        type Handle = ();

        fn process_token(&self, token: Theirs, _line: u64) -> TokenSinkResult<()> {
            let mut written = self.0.borrow_mut();
            match token {
                Theirs::CharacterTokens(text) => written.0.push_str(&text),
                Theirs::TagToken(tag) if tag.kind == TagKind::StartTag => {
                    // Cleaned here, since what is written of a value spells its controls out.
                    let value = |attr: &html5ever::Attribute| charset::clean(&attr.value).to_string();
                    let attributes = tag.attrs.iter().map(|attr| (attr.name.local.to_string(), value(attr)));
                    written.tag("", &tag.name, attributes);
                }
                Theirs::TagToken(tag) => written.tag("/", &tag.name, std::iter::empty()),
                _ => {}
            }
            TokenSinkResult::Continue
        }
    }

    fn theirs(text: &str) -> String {
        let tokenizer = html5ever::tokenizer::Tokenizer::new(Sink(RefCell::default()), TokenizerOpts::default());
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(text));
        let _ = tokenizer.feed(&queue);
        tokenizer.end();
        charset::clean(&tokenizer.sink.0.take().0)
    }

    #[test]
    fn tokens_are_those_of_another_implementation() {
        for text in [
            "a<b>c</b>d",
            "<a href=x>",
            "<a href='x' HREF=y b = \"c\" d/e=f/g>",
            "<a =b==c>",
            "<br/><br / ><br /x>",
            "a < b <3 </> </ x> </3> <>",
            "<!-- a --> <!--> <!---> <!-- --!> x -->y<!-",
            "<!doctype html><?x y?><![CDATA[x]]>z",
            "<!--x",
            "&amp;&ampx;&AMP;&notit;&notin;&nope;&#65;&#x41;&#xD800;&#128;&#0;&#99999999999;&#;&#x;&",
            "<a b='&amp;&ampx;&amp=&notit;&copy=&copy;&#65' c=&lt>",
            "&CounterClockwiseContourIntegral;&NotEqualTilde;&fjlig;",
            "<a b=\"",
            "<a",
            "</a b=c>",
            "</",
            "<",
            "<é><aé É=é>",
            "<a\u{a0}b=c>",
            "<a&copy=&copy=&#x3cscript&<<!x=y-->",
        ] {
            assert_eq!(ours(text), theirs(text), "{text}");
        }
    }

    #[test]
    fn references_are_all_that_there_are() {
        let ours = include_str!("entities.txt").lines().count();
        // Theirs has the beginnings of names too, as entries without a meaning.
        let all = html5ever::data::NAMED_ENTITIES.entries().filter(|(_, (first, _))| *first != 0);
        assert_eq!(ours, all.clone().count());
        for (name, &(first, second)) in all {
            let expected: String =
                [first, second].into_iter().filter(|&code| code != 0).filter_map(char::from_u32).collect();
            assert_eq!(references(&format!("&{name}"), Place::Text), expected, "{name}");
        }
    }

    #[test]
    fn raw_text_ends_at_its_own_end_tag() {
        let check = |text: &'static str, raw, expected: &str, rest: &str| {
            let mut tokenizer = Tokenizer::new(text);
            assert_eq!(tokenizer.raw("style", raw), expected);
            assert_eq!(tokenizer.plain(), rest);
        };
        check("a</b></stylex></STYLE x=y>z", Raw::Text, "a</b></stylex>", "z");
        check("a&lt;</style", Raw::References, "a<</style", "");
        check("a</style>", Raw::Text, "a", "");
    }

    #[test]
    fn a_tag_has_a_bounded_number_of_attributes() {
        let many: String = (0..1_000_000).map(|number| format!(" a{number}")).collect();
        let text = format!("<a{many}>");
        let Some(Token::Start(tag)) = Tokenizer::new(&text).next() else { panic!("there is a tag") };
        assert!(tag.cut && tag.attributes.len() == MAX_ATTRIBUTES);
    }

    proptest! {
        #[test]
        fn tokens_of_anything_are_those_of_another_implementation(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "<", ">", "/", "</", "<!", "<!--", "-->", "--!>", "-", "!", "?", "=", "\"", "'", " ", "\n", "&", "&amp", "&lt;",
                "&#", "&#x3c", ";", "a", "B", "é", "script", "1", "<a", "</b>", "x=y", "&not", "it", "&copy=",
            ]), 0..24)
        ) {
            let text = pieces.concat();
            prop_assert_eq!(ours(&text), theirs(&text), "{}", text);
        }
    }
}
