//! Style sheets and `style` attributes: parsed to tokens, rebuilt from an allow-list, written by a writer that escapes.
//!
//! What stays: style rules and `@media`; selectors of [`selectors`]; properties of [`properties`]; values of plain
//! tokens and the functions named there. An address may stand only where a picture is expected, and only one inside of
//! the site is kept. What goes, and why:
//!
//! - `@import`, since the depth of a chain of sheets cannot be bounded from within one of them: sites use `<link>`;
//! - `@font-face`: font files are programs for a large interpreter, and a typeface whose letters are exchanged lets a
//!   page show one thing and mean another, in our own toolbar too if it takes a name that the toolbar uses;
//! - `@keyframes`, `@property`, `@layer`, `@counter-style`, `@page`, `@namespace`: names in them reach beyond the scope;
//! - `position: fixed`, so that nothing stays on the glass while the page moves below it;
//! - `:visited`, `attr()`, `element()`, `paint()`, `image-set()`, `expression()` and everything unknown.
//!
//! With a scope, rules match only inside of one element ([`Context::scope`](crate::Context::scope)).

mod properties;
mod selectors;
mod tokenizer;

use crate::links::Usage;
use crate::report::{Kind, Report};
use crate::{Context, MAX_TEXT_LEN, TooLong, charset};
use tokenizer::{Token, Tokenizer, closing, write_name, write_string};

/// How deep `@media` blocks go.
const MAX_BLOCK_DEPTH: usize = 8;

/// Most tokens of one selector list, media query or value.
const MAX_TOKENS: usize = 4_096;

/// How deep brackets go within a value.
const MAX_VALUE_DEPTH: usize = 16;

/// Longest text of one number, in bytes.
const MAX_NUMBER_LEN: usize = 32;

/// A style sheet as a browser may have it, to be served as `text/css; charset=utf-8`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The rebuilt sheet. Contains no `<`.
    pub text: String,
    /// What was removed.
    pub report: Report,
}

/// Rebuilds a style sheet that is a file of its own. `declared` is the charset of its media type, if it has one.
///
/// # Errors
/// [`TooLong`] above [`MAX_TEXT_LEN`].
pub fn css(bytes: &[u8], declared: Option<&str>, context: &Context<'_>) -> Result<Sheet, TooLong> {
    if bytes.len() > MAX_TEXT_LEN {
        return Err(TooLong);
    }
    let mut report = Report::default();
    let text = sheet(&charset::decode(bytes, declared), context, &mut report);
    Ok(Sheet { text, report })
}

/// The rules of a sheet that has been decoded.
pub(crate) fn sheet(text: &str, context: &Context<'_>, report: &mut Report) -> String {
    let mut parser = Parser { tokens: Tokenizer::new(text), context, report };
    let mut out = String::new();
    parser.rules(0, &mut out);
    out
}

/// The declarations of a `style` attribute.
pub(crate) fn declarations(text: &str, context: &Context<'_>, report: &mut Report) -> String {
    let mut parser = Parser { tokens: Tokenizer::new(text), context, report };
    let mut out = String::new();
    // A stray `}` does not end an attribute.
    while parser.declarations(&mut out) == End::Brace {}
    out
}

/// The media query list of an attribute; nothing if it is not understood.
pub(crate) fn media(text: &str) -> Option<String> {
    let tokens: Vec<_> = Tokenizer::new(text).take(MAX_TOKENS).collect();
    media_query(&tokens)
}

/// What ended a stretch of tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Semicolon,
    /// A `{`, which has been taken.
    Block,
    /// A `}` that was not opened in the stretch.
    Brace,
}

struct Parser<'a, 'b> {
    tokens: Tokenizer<'a>,
    context: &'a Context<'b>,
    report: &'a mut Report,
}

impl Parser<'_, '_> {
    /// Rules up to the end of the text or, inside of a block, to its `}`.
    fn rules(&mut self, depth: usize, out: &mut String) {
        while let Some(token) = self.tokens.next() {
            match token {
                Token::Space | Token::Comment | Token::HtmlComment => {}
                Token::Close('}') if depth > 0 => return,
                Token::At(name) => {
                    if self.at_rule(&name, depth, out) == End::Brace && depth > 0 {
                        return;
                    }
                }
                token => {
                    if self.style_rule(token, out) == End::Brace && depth > 0 {
                        return;
                    }
                }
            }
        }
    }

    /// Tells what ended it: a `}` belongs to the block around.
    fn at_rule(&mut self, name: &str, depth: usize, out: &mut String) -> End {
        let (prelude, end) = self.stretch(None, true);
        let query = if name.eq_ignore_ascii_case("media") { media_query(&prelude) } else { None };
        match (query, end) {
            (Some(query), End::Block) if depth < MAX_BLOCK_DEPTH => {
                let mut inner = String::new();
                self.rules(depth + 1, &mut inner);
                if !inner.is_empty() {
                    out.extend(["@media ", &query, "{", &inner, "}"]);
                }
            }
            (_, end) => {
                // What a page says of its own encoding has been decided.
                if !name.eq_ignore_ascii_case("charset") {
                    let kind = if name.eq_ignore_ascii_case("font-face") { Kind::Font } else { Kind::Style };
                    self.report.add(kind, &format!("@{name}"));
                }
                if end == End::Block {
                    self.skip_block('{');
                }
            }
        }
        end
    }

    /// As [`Parser::at_rule`].
    fn style_rule(&mut self, first: Token, out: &mut String) -> End {
        let (prelude, end) = self.stretch(Some(first), false);
        if end != End::Block {
            return end;
        }
        let report = &mut *self.report;
        let selectors = selectors::list(&prelude, self.context.scope, |tokens| {
            report.add(Kind::Style, &source(tokens));
        });
        let mut inner = String::new();
        self.declarations(&mut inner);
        if let Some(selectors) = selectors
            && !inner.is_empty()
        {
            out.extend([&selectors, "{", &inner, "}"]);
        }
        end
    }

    /// Declarations up to the end of the text or a `}`.
    fn declarations(&mut self, out: &mut String) -> End {
        loop {
            let Some(token) = self.tokens.next() else { return End::Text };
            let end = match token {
                Token::Space | Token::Comment | Token::Delim(';') => continue,
                Token::Close('}') => return End::Brace,
                Token::Ident(name) => self.declaration(&name, out),
                token => {
                    let (tokens, end) = self.stretch(Some(token), true);
                    self.report.add(Kind::Style, &source(&tokens));
                    end
                }
            };
            match end {
                End::Block => self.skip_block('{'),
                End::Semicolon => {}
                End::Text | End::Brace => return end,
            }
        }
    }

    fn declaration(&mut self, name: &str, out: &mut String) -> End {
        let (tokens, end) = self.stretch(None, true);
        let tokens = selectors::trim(&tokens);
        let written = match tokens {
            // A block behind it makes it a nested rule, which is not among what stays.
            [Token::Delim(':'), value @ ..] if end != End::Block => self.written(name, selectors::trim(value)),
            _ => None,
        };
        match written {
            Some(written) => {
                if !out.is_empty() {
                    out.push(';');
                }
                out.push_str(&written);
            }
            None => self.report.add(Kind::Style, &format!("{name}{}", source(tokens))),
        }
        end
    }

    /// A declaration as it is written, if its property and value are allowed.
    fn written(&mut self, name: &str, value: &[Token]) -> Option<String> {
        let (value, important) = match value {
            [value @ .., Token::Delim('!'), Token::Ident(word)] if word.eq_ignore_ascii_case("important") => {
                (value, true)
            }
            [value @ .., Token::Delim('!'), Token::Space, Token::Ident(word)]
                if word.eq_ignore_ascii_case("important") =>
            {
                (value, true)
            }
            _ => (value, false),
        };
        let (mut text, property) = if let Some(custom) = name.strip_prefix("--") {
            let mut text = String::from("--");
            // A digit may stand behind two dashes, where it would be escaped at the start of a name.
            write_name(&format!("_{custom}"), &mut text);
            text.remove(2);
            (text, properties::CUSTOM)
        } else {
            let name = name.to_ascii_lowercase();
            let property = properties::find(&name)?;
            (name, property)
        };
        text.push(':');
        let before = text.len();
        Value { context: self.context, report: self.report, property, out: &mut text }.write(selectors::trim(value))?;
        if text.len() == before {
            return None;
        }
        if important {
            text.push_str("!important");
        }
        Some(text)
    }

    /// Tokens up to a `{` or `}` or, where so asked, a `;`, brackets being skipped over as wholes. Those above
    /// [`MAX_TOKENS`] are read and not kept, and a token that nothing accepts stands for them.
    fn stretch(&mut self, first: Option<Token>, semicolon_ends: bool) -> (Vec<Token>, End) {
        let mut tokens = Vec::new();
        let mut open = Vec::new();
        let mut next = first.or_else(|| self.tokens.next());
        while let Some(token) = next {
            match token {
                Token::Delim(';') if semicolon_ends && open.is_empty() => return (tokens, End::Semicolon),
                Token::Open('{') if open.is_empty() => return (tokens, End::Block),
                Token::Close('}') if open.is_empty() => return (tokens, End::Brace),
                Token::Open(bracket) => open.push(closing(bracket)),
                Token::Function(_) => open.push(')'),
                Token::Close(bracket) if open.last() == Some(&bracket) => {
                    open.pop();
                }
                _ => {}
            }
            match tokens.len() {
                0..MAX_TOKENS => tokens.push(token),
                MAX_TOKENS => tokens.push(Token::Bad),
                _ => {}
            }
            next = self.tokens.next();
        }
        (tokens, End::Text)
    }

    /// Everything up to the bracket that closes one already taken.
    fn skip_block(&mut self, open: char) {
        let mut open = vec![closing(open)];
        while let Some(&awaited) = open.last()
            && let Some(token) = self.tokens.next()
        {
            match token {
                Token::Open(bracket) => open.push(closing(bracket)),
                Token::Function(_) => open.push(')'),
                Token::Close(bracket) if bracket == awaited => {
                    open.pop();
                }
                _ => {}
            }
        }
    }
}

/// Writes the value of one property.
struct Value<'a, 'b> {
    context: &'a Context<'b>,
    report: &'a mut Report,
    property: properties::Property,
    out: &'a mut String,
}

impl Value<'_, '_> {
    /// Writes all tokens, or nothing that counts.
    fn write(&mut self, tokens: &[Token]) -> Option<()> {
        let mut open = Vec::new();
        let mut rest = tokens;
        let mut spaced = true;
        while let [token, behind @ ..] = rest {
            rest = behind;
            if matches!(token, Token::Space | Token::Comment) {
                if !spaced {
                    self.out.push(' ');
                }
                spaced = true;
                continue;
            }
            spaced = false;
            match token {
                Token::Function(name) if name.eq_ignore_ascii_case("url") => rest = self.quoted_url(behind)?,
                Token::Url(url) => self.url(url)?,
                Token::Function(name) => {
                    let name = name.to_ascii_lowercase();
                    if !self.property.takes_function(&name) {
                        return None;
                    }
                    self.out.extend([&name, "("]);
                    open.push(')');
                    spaced = true;
                }
                Token::Open(bracket @ ('(' | '[')) => {
                    self.out.push(*bracket);
                    open.push(closing(*bracket));
                    spaced = true;
                }
                Token::Close(bracket) => {
                    if open.pop() != Some(*bracket) {
                        return None;
                    }
                    self.out.truncate(self.out.trim_end_matches(' ').len());
                    self.out.push(*bracket);
                }
                Token::Ident(name) => self.ident(name)?,
                token => self.property.takes_plain().then(|| write_plain(token, self.out))??,
            }
            if open.len() > MAX_VALUE_DEPTH {
                return None;
            }
        }
        open.is_empty().then_some(())
    }

    fn ident(&mut self, name: &str) -> Option<()> {
        if !self.property.takes_word(name) {
            return None;
        }
        write_name(name, self.out);
        Some(())
    }

    /// The string behind `url(`, and the tokens behind its `)`.
    fn quoted_url<'t>(&mut self, tokens: &'t [Token]) -> Option<&'t [Token]> {
        let end = tokens.iter().position(|token| *token == Token::Close(')'))?;
        let [Token::String(url)] = selectors::trim(&tokens[..end]) else { return None };
        self.url(url)?;
        Some(&tokens[end + 1..])
    }

    fn url(&mut self, url: &str) -> Option<()> {
        if !self.property.takes_url() {
            return None;
        }
        let url = crate::links::rewrite(url, Usage::Embed, self.context, self.report)?;
        self.out.push_str("url(");
        write_string(&url, self.out);
        self.out.push(')');
        Some(())
    }
}

/// Writes a token that is neither a word, a bracket nor an address.
fn write_plain(token: &Token, out: &mut String) -> Option<()> {
    match token {
        Token::Hash(name) => {
            out.push('#');
            write_name(name, out);
        }
        Token::String(string) => write_string(string, out),
        Token::Number(number, unit) => {
            let unit = unit.to_ascii_lowercase();
            if number.len() > MAX_NUMBER_LEN || !(unit.is_empty() || properties::UNITS.contains(&unit.as_str())) {
                return None;
            }
            out.extend([number.as_str(), &unit]);
        }
        Token::Delim(char @ (',' | '/' | '+' | '-' | '*')) => out.push(*char),
        _ => return None,
    }
    Some(())
}

/// A media query list, if all of it is known.
fn media_query(tokens: &[Token]) -> Option<String> {
    let mut text = String::new();
    let (mut depth, mut spaced) = (0_usize, true);
    for token in selectors::trim(tokens) {
        if matches!(token, Token::Space | Token::Comment) {
            if !spaced {
                text.push(' ');
            }
            spaced = true;
            continue;
        }
        spaced = false;
        match token {
            Token::Ident(name) => {
                let name = name.to_ascii_lowercase();
                if !properties::MEDIA_WORDS.contains(&name.as_str()) {
                    return None;
                }
                text.push_str(&name);
            }
            Token::Number(..) | Token::Delim(',' | '/') => write_plain(token, &mut text)?,
            Token::Delim(':') if depth > 0 => text.push(':'),
            Token::Open('(') if depth < 4 => {
                depth += 1;
                text.push('(');
            }
            Token::Close(')') => {
                depth = depth.checked_sub(1)?;
                text.push(')');
            }
            _ => return None,
        }
    }
    (depth == 0 && !text.is_empty()).then_some(text)
}

/// About what a stretch of tokens looked like, for a report.
fn source(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens.iter().take(crate::report::MAX_EXAMPLE_LEN) {
        match token {
            Token::Ident(name) => text.push_str(name),
            Token::Function(name) => text.extend([name, "("]),
            Token::At(name) => text.extend(["@", name]),
            Token::Hash(name) => text.extend(["#", name]),
            Token::String(string) => text.extend(["\"", string, "\""]),
            Token::Url(url) => text.extend(["url(", url, ")"]),
            Token::Bad => text.push('…'),
            Token::Number(number, unit) => text.extend([number.as_str(), unit]),
            Token::Space | Token::Comment | Token::HtmlComment => text.push(' '),
            Token::Open(char) | Token::Close(char) | Token::Delim(char) => text.push(*char),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::tests::Console;

    fn filtered(text: &str) -> (String, Report) {
        let context = Context { path: "css/a.css", links: &Console, scope: None };
        let mut report = Report::default();
        let written = sheet(text, &context, &mut report);
        assert_eq!(sheet(&written, &context, &mut Report::default()), written, "not the same when filtered twice");
        assert!(!written.contains('<'));
        (written, report)
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(filtered(text).0, expected, "{text}");
    }

    #[test]
    fn rules_are_rebuilt() {
        check("p { color : RED ; margin:0 -1px!important }", "p{color:RED;margin:0 -1px!important}");
        check("p{color:red;}q{}", "p{color:red}");
        check("p{color:red", "p{color:red}");
        check("<!-- p{color:red} -->", "p{color:red}");
        check("p{--1x: 1px ;width:var(--1x)}", "p{--1x:1px;width:var(--1x)}");
        check("p{width:calc( 1px + (2em*3) )}", "p{width:calc(1px + (2em*3))}");
        check("p{color:red;a{color:blue}width:1px}", "p{color:red;width:1px}");
        check("p{color:red;&:hover{color:blue}width:1px}", "p{color:red;width:1px}");
        check("p{grid-template:[a b] 1fr/auto}", "p{grid-template:[a b] 1fr/auto}");
        check("p{color:#FFF;content:'\\3c/style>'}", "p{color:#FFF;content:\"\\3c /style\\3e \"}");
    }

    #[test]
    fn at_rules_are_few() {
        check("@media PRINT and (max-width:10em){p{color:red}}", "@media print and (max-width:10em){p{color:red}}");
        check("@media (x){p{color:red}} q{color:red}", "q{color:red}");
        check("@media print{}", "");
        check("@import 'a.css';@import url(a.css);p{color:red}", "p{color:red}");
        check("@charset \"utf-7\";@namespace x url(y);p{color:red}", "p{color:red}");
        check("@font-face{font-family:x;src:url(a.woff)}p{color:red}", "p{color:red}");
        check("@keyframes x{from{color:red}}@supports(a:b){p{color:red}}@layer{p{color:red}}", "");
        check(&format!("{}p{{color:red}}", "@media all{".repeat(100)), "");
        assert_eq!(filtered("@font-face{src:url(a)}").1.of(Kind::Font).count, 1);
    }

    #[test]
    fn only_a_picture_of_the_site_has_an_address() {
        check("p{background:url(../b.png) top}", "p{background:url(\"../b.png\") top}");
        check("p{background:url( '/x y.png' )}", "p{background:url(\"../x%20y.png\")}");
        for text in [
            "p{background:url(http://w.test/)}",
            "p{background:url(//w.test/)}",
            "p{background:\\75 rl(http://w.test/)}",
            "p{background:u\\72l('http://w.test/')}",
            "p{background:url('http://w.test/'}",
            "p{background:image-set('http://w.test/' 1x)}",
            "p{background:-webkit-image-set(url(http://w.test/) 1x)}",
            "p{background:image(ltr 'x.png')}",
            "p{background:src('x.png')}",
            "p{--x:url(x.png)}",
            "p{--x:var(--y)var(--y)}",
            "p{color:url(x.png)}",
            "p{cursor:url(x.png),auto}",
            "p{behavior:url(x.htc)}",
            "p{-moz-binding:url(x.xml#y)}",
            "p{width:expression(alert(1))}",
            "p{background:url(javascript:alert(1))}",
            "p{background:url(data:image/svg+xml,x)}",
            "p{background:element(#x)}",
            "p{background:paint(x)}",
            "p{content:attr(href)}",
            "p{filter:url(x.svg#y)}",
            "p{position:fixed}",
            "p{position:var(--x)}",
            "p{position:FIXED}",
            "p{animation:x 1s}",
            "p{color:red}}q{color:{}}",
        ] {
            let written = filtered(text).0;
            assert!(written.is_empty() || written == "p{color:red}", "{text} became {written}");
        }
    }

    #[test]
    fn nothing_breaks_out() {
        for text in [
            "</style><script>alert(1)</script>",
            "p{color:red</style><img src=x onerror=alert(1)>}",
            "p{font-family:'</style><script>'}",
            ".a\\3c /style\\3e {color:red}",
            "p{color:red}/*</style>*/",
            "@media </style>{p{color:red}}",
        ] {
            filtered(text);
        }
        check("p{font-family:'a;}q{color:red}", "");
        check("p{width:1\\65 5}", "");
        check("p{width:1px1}", "");
    }

    #[test]
    fn attributes_hold_declarations_alone() {
        let context = Context { path: "", links: &Console, scope: None };
        let check = |text, expected: &str| {
            assert_eq!(declarations(text, &context, &mut Report::default()), expected, "{text}");
        };
        check("color:red; ; width : 1px", "color:red;width:1px");
        check("color:red}q{width:1px", "color:red");
        check("}color:red", "color:red");
        check("{color:red}", "");
        check("@media all{color:red};color:blue", "color:blue");
    }
}
