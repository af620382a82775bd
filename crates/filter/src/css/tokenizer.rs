//! CSS tokens, as CSS Syntax Level 3 section 4 makes them, one at a time and in linear time.
//!
//! Differences from the specification, none of which can reach the output: comments are tokens, since two tokens with
//! only a comment between them must not grow together when written; numbers keep their text, so that nothing is
//! rounded; an unfinished string or `url(` at the end of the text is bad.

/// A token. Names have their escapes undone and are not lower-cased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Ident(String),
    /// A name with its `(`.
    Function(String),
    /// A name behind `@`.
    At(String),
    /// A name behind `#`.
    Hash(String),
    String(String),
    /// `url(` of anything without quotes, with its `)`.
    Url(String),
    /// An unfinished string, or a broken `url(`.
    Bad,
    /// A number's text and what stands behind it: nothing, `%`, or a unit.
    Number(String, String),
    Space,
    Comment,
    /// `(`, `[` or `{`.
    Open(char),
    /// `)`, `]` or `}`.
    Close(char),
    /// Any other character; `:`, `;` and `,` are here too.
    Delim(char),
    /// `<!--` or `-->`.
    HtmlComment,
}

/// What closes an opening bracket.
pub(crate) fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

pub(crate) struct Tokenizer<'a> {
    rest: &'a str,
}

impl<'a> Tokenizer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn peek_at(&self, place: usize) -> Option<char> {
        self.rest.chars().nth(place)
    }

    fn bump(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.rest = &self.rest[char.len_utf8()..];
        Some(char)
    }

    /// Takes the longest beginning of which all characters are so.
    fn take_while(&mut self, so: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|char| !so(char)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let found = self.rest.strip_prefix(prefix);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// Whether an escape begins at this place.
    fn is_escape(&self, place: usize) -> bool {
        self.peek_at(place) == Some('\\') && !matches!(self.peek_at(place + 1), None | Some('\n'))
    }

    fn is_name(&self, place: usize) -> bool {
        match self.peek_at(place) {
            Some('-') => {
                self.peek_at(place + 1).is_some_and(|c| is_name_start(c) || c == '-') || self.is_escape(place + 1)
            }
            Some(char) => is_name_start(char) || self.is_escape(place),
            None => false,
        }
    }

    fn is_number(&self) -> bool {
        let digit = |place| self.peek_at(place).is_some_and(|char| char.is_ascii_digit());
        match self.peek() {
            Some('+' | '-') => digit(1) || (self.peek_at(1) == Some('.') && digit(2)),
            Some('.') => digit(1),
            Some(char) => char.is_ascii_digit(),
            None => false,
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        loop {
            name.push_str(self.take_while(is_name_char));
            if !self.is_escape(0) {
                return name;
            }
            self.bump();
            name.push(self.escaped());
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> char {
        let digits = self.rest.chars().take(6).take_while(char::is_ascii_hexdigit).count();
        if digits == 0 {
            return self.bump().unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        let (hex, rest) = self.rest.split_at(digits);
        self.rest = rest.strip_prefix([' ', '\n', '\t']).unwrap_or(rest);
        let char = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
        char.filter(|&char| char != '\0').unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn number(&mut self) -> Token {
        let whole = self.rest;
        if matches!(self.peek(), Some('+' | '-')) {
            self.bump();
        }
        self.take_while(|char| char.is_ascii_digit());
        if self.peek() == Some('.') && self.peek_at(1).is_some_and(|char| char.is_ascii_digit()) {
            self.bump();
            self.take_while(|char| char.is_ascii_digit());
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            let signed = matches!(self.peek_at(1), Some('+' | '-'));
            if self.peek_at(1 + usize::from(signed)).is_some_and(|char| char.is_ascii_digit()) {
                self.rest = &self.rest[1 + usize::from(signed)..];
                self.take_while(|char| char.is_ascii_digit());
            }
        }
        let text = whole[..whole.len() - self.rest.len()].to_owned();
        let unit = if self.skip("%") {
            "%".to_owned()
        } else if self.is_name(0) {
            self.name()
        } else {
            String::new()
        };
        Token::Number(text, unit)
    }

    fn string(&mut self, quote: char) -> Token {
        let mut string = String::new();
        loop {
            string.push_str(self.take_while(|char| char != quote && char != '\\' && char != '\n'));
            match self.peek() {
                Some('\\') => {
                    self.bump();
                    if self.peek() == Some('\n') {
                        self.bump();
                    } else {
                        string.push(self.escaped());
                    }
                }
                Some('\n') | None => return Token::Bad,
                Some(_) => {
                    self.bump();
                    return Token::String(string);
                }
            }
        }
    }

    /// Behind `url(`, where no quote follows.
    fn url(&mut self) -> Token {
        let mut url = String::new();
        loop {
            url.push_str(self.take_while(|char| !" \t\n\"'()\\".contains(char) && !char.is_control()));
            match self.peek() {
                Some(')') => {
                    self.bump();
                    return Token::Url(url);
                }
                Some(' ' | '\t' | '\n') => {
                    self.take_while(is_space);
                    if self.skip(")") {
                        return Token::Url(url);
                    }
                    return self.bad_url();
                }
                Some('\\') if self.is_escape(0) => {
                    self.bump();
                    url.push(self.escaped());
                }
                _ => return self.bad_url(),
            }
        }
    }

    fn bad_url(&mut self) -> Token {
        while let Some(char) = self.bump() {
            match char {
                ')' => break,
                '\\' => {
                    self.bump();
                }
                _ => {}
            }
        }
        Token::Bad
    }

    fn named(&mut self) -> Token {
        let name = self.name();
        if !self.skip("(") {
            return Token::Ident(name);
        }
        if !name.eq_ignore_ascii_case("url") {
            return Token::Function(name);
        }
        let behind = self.rest.trim_start_matches(is_space);
        if behind.starts_with(['"', '\'']) {
            return Token::Function(name);
        }
        self.rest = behind;
        self.url()
    }
}

impl Iterator for Tokenizer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let char = self.peek()?;
        if is_space(char) {
            self.take_while(is_space);
            return Some(Token::Space);
        }
        if self.skip("/*") {
            self.rest = self.rest.split_once("*/").map_or("", |(_, behind)| behind);
            return Some(Token::Comment);
        }
        if self.is_number() {
            return Some(self.number());
        }
        if self.skip("<!--") || self.skip("-->") {
            return Some(Token::HtmlComment);
        }
        if self.is_name(0) {
            return Some(self.named());
        }
        self.bump();
        Some(match char {
            '"' | '\'' => self.string(char),
            '#' if self.peek().is_some_and(is_name_char) || self.is_escape(0) => Token::Hash(self.name()),
            '@' if self.is_name(0) => Token::At(self.name()),
            '(' | '[' | '{' => Token::Open(char),
            ')' | ']' | '}' => Token::Close(char),
            _ => Token::Delim(char),
        })
    }
}

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n')
}

fn is_name_start(char: char) -> bool {
    char.is_ascii_alphabetic() || char == '_' || !char.is_ascii()
}

fn is_name_char(char: char) -> bool {
    is_name_start(char) || char.is_ascii_digit() || char == '-'
}

/// Writes a name so that it is read as that name and nothing else: whatever has a meaning in CSS or HTML is escaped.
pub(crate) fn write_name(name: &str, out: &mut String) {
    let only_dash = name == "-";
    for (place, char) in name.chars().enumerate() {
        let leading = place == 0 || (place == 1 && name.starts_with('-'));
        let plain = is_name_char(char) && !(char.is_ascii_digit() && leading) && !only_dash;
        if plain { out.push(char) } else { escape(char, out) }
    }
}

/// Writes a string in double quotes, as [`write_name`] does names.
pub(crate) fn write_string(string: &str, out: &mut String) {
    out.push('"');
    for char in string.chars() {
        if matches!(char, '"' | '\\' | '<' | '>' | '&') || char.is_control() {
            escape(char, out)
        } else {
            out.push(char)
        }
    }
    out.push('"');
}

fn escape(char: char, out: &mut String) {
    out.push_str(&format!("\\{:x} ", u32::from(char)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Token]) {
        assert_eq!(Tokenizer::new(text).collect::<Vec<_>>(), expected, "{text}");
    }

    fn ident(name: &str) -> Token {
        Token::Ident(name.to_owned())
    }

    fn number(text: &str, unit: &str) -> Token {
        Token::Number(text.to_owned(), unit.to_owned())
    }

    #[test]
    fn tokens_are_those_of_css_syntax() {
        use Token::{At, Bad, Close, Comment, Delim, Function, Hash, HtmlComment, Open, Space, Url};
        check("a  b", &[ident("a"), Space, ident("b")]);
        check("a/*x*/b/*", &[ident("a"), Comment, ident("b"), Comment]);
        check(r"\75rl(", &[Url(String::new())].map(|_| Bad));
        check(r"u\72 l(x)", &[Url("x".into())]);
        check("url( 'x')", &[Function("url".into()), Space, Token::String("x".into()), Close(')')]);
        check("url( x )url(a b)", &[Url("x".into()), Bad]);
        check("1px-2.5e3-.5%+1e", &[number("1", "px-2"), number(".5e3", ""), number("-.5", "%"), number("+1", "e")]);
        check(
            "--x -y -1 - --> <!--",
            &[
                ident("--x"),
                Space,
                ident("-y"),
                Space,
                number("-1", ""),
                Space,
                Delim('-'),
                Space,
                HtmlComment,
                Space,
                HtmlComment,
            ],
        );
        check("@media#1a{[(", &[At("media".into()), Hash("1a".into()), Open('{'), Open('['), Open('(')]);
        check("'a\\\nb\\27'\"c\n", &[Token::String("ab'".into()), Bad, Space]);
        check(r"\0 \110000 \d800 x", &[ident("\u{fffd}\u{fffd}\u{fffd}x")]);
    }

    #[test]
    fn what_is_written_is_read_again_and_means_nothing_to_html() {
        for text in [
            "a",
            "-",
            "--",
            "-1",
            "1a",
            "a b",
            "</style>",
            "\"",
            "'\\",
            "é",
            "\n",
            "e5",
            "a\u{0}".trim_end_matches('\0'),
        ] {
            let (mut name, mut string) = (String::new(), String::new());
            write_name(text, &mut name);
            write_string(text, &mut string);
            check(&name, &[ident(text)]);
            check(&string, &[Token::String(text.to_owned())]);
            assert!(!name.contains('<') && !string.contains('<'));
        }
    }
}
