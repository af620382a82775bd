//! Selectors: parsed to simple selectors of an allow-list, and written again.

use super::tokenizer::{Token, write_name, write_string};

/// How deep `:not(:is(…))` goes.
const MAX_DEPTH: usize = 3;

/// Most simple selectors of one selector, so that matching stays cheap for the browser.
const MAX_SIMPLE: usize = 64;

/// Pseudo-classes that tell nothing about the reader. `:visited` is not here: it would show which pages they have read.
const PSEUDO_CLASSES: [&str; 21] = [
    "active",
    "any-link",
    "empty",
    "first-child",
    "first-of-type",
    "focus",
    "focus-visible",
    "focus-within",
    "hover",
    "last-child",
    "last-of-type",
    "link",
    "only-child",
    "only-of-type",
    "open",
    "root",
    "target",
    "first-letter",
    "first-line",
    "before",
    "after",
];

const PSEUDO_ELEMENTS: [&str; 6] = ["after", "before", "first-letter", "first-line", "marker", "selection"];

const NTH: [&str; 4] = ["nth-child", "nth-last-child", "nth-last-of-type", "nth-of-type"];

/// The tokens of a rule before its block, as a selector list without the selectors that are not allowed; nothing if
/// none is left. `refused` is told of each that went.
pub(super) fn list(tokens: &[Token], scope: Option<&str>, mut refused: impl FnMut(&[Token])) -> Option<String> {
    let mut selectors = Vec::new();
    for tokens in split(tokens) {
        let found = complex(tokens, 0).and_then(|selector| match scope {
            Some(scope) => selector.within(scope),
            None => Some(selector),
        });
        match found {
            Some(selector) => selectors.push(selector.to_text()),
            None => refused(tokens),
        }
    }
    (!selectors.is_empty()).then(|| selectors.join(","))
}

/// The parts between commas that stand in no bracket.
fn split(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0_usize;
    tokens.split(move |token| {
        match token {
            Token::Open(_) | Token::Function(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && *token == Token::Delim(',')
    })
}

/// Simple selectors about one element.
#[derive(Default)]
struct Compound {
    /// The element's name or `*`.
    element: Option<String>,
    /// Everything else, each as it is written.
    simple: Vec<String>,
}

impl Compound {
    fn is_empty(&self) -> bool {
        self.element.is_none() && self.simple.is_empty()
    }

    /// Whether it means the page as a whole.
    fn is_root(&self) -> bool {
        matches!(self.element.as_deref(), Some("html" | "body")) || self.simple.iter().any(|simple| simple == ":root")
    }
}

/// Compounds, each with the combinator before it: a space for "within" and before the first.
struct Complex(Vec<(char, Compound)>);

impl Complex {
    /// The selector made to match only what lies in the element with this id, or that element where it meant the page.
    /// One that does so already stays as it is, so that filtering twice changes nothing.
    fn within(mut self, scope: &str) -> Option<Self> {
        let mut id = String::from("#");
        write_name(scope, &mut id);
        let own = self.0.first().is_some_and(|(_, first)| first.element.is_none() && first.simple.first() == Some(&id));
        if !own {
            let roots = self
                .0
                .iter()
                .take_while(|(combinator, compound)| matches!(combinator, ' ' | '>') && compound.is_root());
            let roots = roots.count();
            if roots == 0 {
                self.0.insert(0, (' ', Compound::default()));
            } else {
                self.0.drain(..roots - 1);
            }
            let (combinator, first) = &mut self.0[0];
            *combinator = ' ';
            first.element = None;
            first.simple.retain(|simple| simple != ":root");
            first.simple.insert(0, id);
        }
        // A sibling of that element is not ours to style.
        let leaves = self.0.get(1).is_some_and(|(combinator, _)| matches!(combinator, '+' | '~'));
        (!leaves).then_some(self)
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        for (place, (combinator, compound)) in self.0.iter().enumerate() {
            if place > 0 {
                text.push(*combinator);
            }
            text.push_str(compound.element.as_deref().unwrap_or_default());
            for simple in &compound.simple {
                text.push_str(simple);
            }
        }
        text
    }
}

fn complex(tokens: &[Token], depth: usize) -> Option<Complex> {
    let mut rest = trim(tokens);
    let mut compounds: Vec<(char, Compound)> = Vec::new();
    let (mut combinator, mut count) = (' ', 0);
    loop {
        let (compound, behind) = compound(rest, depth)?;
        if compound.is_empty() {
            return None;
        }
        count += 1 + compound.simple.len();
        if count > MAX_SIMPLE {
            return None;
        }
        compounds.push((combinator, compound));
        if behind.is_empty() {
            return Some(Complex(compounds));
        }
        (combinator, rest) = next_combinator(behind)?;
    }
}

/// The combinator that tokens begin with, and what follows it.
fn next_combinator(tokens: &[Token]) -> Option<(char, &[Token])> {
    let rest = trim_start(tokens);
    let spaced = rest.len() < tokens.len() && tokens[..tokens.len() - rest.len()].contains(&Token::Space);
    match rest.first()? {
        Token::Delim(char @ ('>' | '+' | '~')) => Some((*char, trim_start(&rest[1..]))),
        _ if spaced => Some((' ', rest)),
        _ => None,
    }
}

/// As many simple selectors as stand together.
fn compound(tokens: &[Token], depth: usize) -> Option<(Compound, &[Token])> {
    let mut compound = Compound::default();
    let mut rest = tokens;
    match rest {
        [Token::Ident(name), behind @ ..] => {
            let mut element = String::new();
            write_name(&name.to_ascii_lowercase(), &mut element);
            (compound.element, rest) = (Some(element), behind);
        }
        [Token::Delim('*'), behind @ ..] => (compound.element, rest) = (Some("*".to_owned()), behind),
        _ => {}
    }
    loop {
        let mut text = String::new();
        rest = match rest {
            [Token::Comment, behind @ ..] if !compound.is_empty() => {
                rest = behind;
                continue;
            }
            [Token::Hash(name), behind @ ..] => {
                text.push('#');
                write_name(name, &mut text);
                behind
            }
            [Token::Delim('.'), Token::Ident(name), behind @ ..] => {
                text.push('.');
                write_name(name, &mut text);
                behind
            }
            [Token::Open('['), behind @ ..] => {
                let end = behind.iter().position(|token| *token == Token::Close(']'))?;
                text = attribute(&behind[..end])?;
                &behind[end + 1..]
            }
            [Token::Delim(':'), behind @ ..] => {
                let (pseudo, behind) = pseudo(behind, depth)?;
                text = pseudo;
                behind
            }
            _ => return Some((compound, rest)),
        };
        compound.simple.push(text);
    }
}

/// What stands between `[` and `]`.
fn attribute(tokens: &[Token]) -> Option<String> {
    let tokens: Vec<&Token> = tokens.iter().filter(|token| !matches!(token, Token::Space | Token::Comment)).collect();
    let (name, rest) = match tokens.as_slice() {
        [Token::Ident(name), rest @ ..] => (name, rest),
        _ => return None,
    };
    let mut text = String::from("[");
    write_name(&name.to_ascii_lowercase(), &mut text);
    let rest = match rest {
        [] => {
            text.push(']');
            return Some(text);
        }
        [Token::Delim('='), rest @ ..] => {
            text.push('=');
            rest
        }
        [Token::Delim(char @ ('~' | '|' | '^' | '$' | '*')), Token::Delim('='), rest @ ..] => {
            text.extend([*char, '=']);
            rest
        }
        _ => return None,
    };
    let (value, rest) = match rest {
        [Token::Ident(value) | Token::String(value), rest @ ..] => (value, rest),
        _ => return None,
    };
    write_string(value, &mut text);
    match rest {
        [] => text.push(']'),
        [Token::Ident(flag)] if flag.eq_ignore_ascii_case("i") => text.push_str(" i]"),
        _ => return None,
    }
    Some(text)
}

/// What stands behind a `:`.
fn pseudo(tokens: &[Token], depth: usize) -> Option<(String, &[Token])> {
    let allowed = |name: &str, list: &[&str]| list.contains(&name.to_ascii_lowercase().as_str());
    match tokens {
        [Token::Ident(name), rest @ ..] if allowed(name, &PSEUDO_CLASSES) => {
            Some((format!(":{}", name.to_ascii_lowercase()), rest))
        }
        [Token::Delim(':'), Token::Ident(name), rest @ ..] if allowed(name, &PSEUDO_ELEMENTS) => {
            Some((format!("::{}", name.to_ascii_lowercase()), rest))
        }
        [Token::Function(name), rest @ ..] => {
            let end = matching(rest)?;
            let text = functional(&name.to_ascii_lowercase(), &rest[..end], depth)?;
            Some((text, &rest[end + 1..]))
        }
        _ => None,
    }
}

/// Where the bracket closes that was opened before these tokens.
fn matching(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| match token {
        Token::Open(_) | Token::Function(_) => {
            depth += 1;
            false
        }
        Token::Close(_) if depth > 0 => {
            depth -= 1;
            false
        }
        Token::Close(_) => true,
        _ => false,
    })
}

fn functional(name: &str, arguments: &[Token], depth: usize) -> Option<String> {
    let argument = match name {
        "not" | "is" | "where" => {
            if depth == MAX_DEPTH {
                return None;
            }
            let selectors: Option<Vec<_>> =
                split(arguments).map(|tokens| complex(tokens, depth + 1).map(|selector| selector.to_text())).collect();
            selectors?.join(",")
        }
        "lang" | "dir" => match trim(arguments) {
            [Token::Ident(value) | Token::String(value)] => {
                let mut text = String::new();
                write_name(value, &mut text);
                text
            }
            _ => return None,
        },
        _ if NTH.contains(&name) => nth(arguments)?,
        _ => return None,
    };
    Some(format!(":{name}({argument})"))
}

/// The notation An+B (CSS Syntax, section 6): `odd`, `even`, `3`, `2n`, `-n+3`.
fn nth(tokens: &[Token]) -> Option<String> {
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Space | Token::Comment => {}
            Token::Ident(name) => text.push_str(name),
            Token::Number(number, unit) => text.extend([number.as_str(), unit]),
            Token::Delim(char @ ('+' | '-')) => text.push(*char),
            _ => return None,
        }
    }
    text.make_ascii_lowercase();
    let integer = |text: &str| {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let good = match text.split_once('n') {
        _ if text == "odd" || text == "even" => true,
        None => integer(&text),
        Some((step, offset)) => {
            (matches!(step, "" | "+" | "-") || integer(step))
                && (offset.is_empty() || (offset.starts_with(['+', '-']) && integer(offset)))
        }
    };
    good.then_some(text)
}

fn trim_start(tokens: &[Token]) -> &[Token] {
    let start = tokens.iter().position(|token| !matches!(token, Token::Space | Token::Comment));
    &tokens[start.unwrap_or(tokens.len())..]
}

pub(super) fn trim(tokens: &[Token]) -> &[Token] {
    let tokens = trim_start(tokens);
    let end = tokens.iter().rposition(|token| !matches!(token, Token::Space | Token::Comment));
    &tokens[..end.map_or(0, |end| end + 1)]
}

#[cfg(test)]
mod tests {
    use super::super::tokenizer::Tokenizer;
    use super::*;

    fn check(text: &str, scope: Option<&str>, expected: &str) {
        let tokens: Vec<_> = Tokenizer::new(text).collect();
        let written = list(&tokens, scope, |_| {}).unwrap_or_default();
        assert_eq!(written, expected, "{text}");
        let tokens: Vec<_> = Tokenizer::new(&written).collect();
        assert_eq!(list(&tokens, scope, |_| {}).unwrap_or_default(), written, "not the same when read again: {text}");
    }

    #[test]
    fn selectors_are_rebuilt_from_an_allow_list() {
        for (text, expected) in [
            ("P > a.b#c[HREF^='x' I]:hover::Before", "p>a.b#c[href^=\"x\" i]:hover::before"),
            ("a:link, a:visited", "a:link"),
            ("a  b/**/c", ""),
            ("a/**/.b", "a.b"),
            (
                "li:nth-child( 2n + 1 ), li:nth-child(2n+x), li:nth-of-type(-n+3)",
                "li:nth-child(2n+1),li:nth-of-type(-n+3)",
            ),
            (":not(a, :is(b .c))", ":not(a,:is(b .c))"),
            (":not(:not(:not(:not(a))))", ""),
            (
                ":has(a), ::-webkit-x, ns|a, &, a..b, a >, > a, a + + b, :nth-child(), [=x], [x=], :lang(fr)",
                ":lang(fr)",
            ),
            (r"\3C\2f style\00003e  .\31 x, \3c /style", r"\3c \2f style\3e  .\31 x"),
            ("a:not(", ""),
            ("", ""),
        ] {
            check(text, None, expected);
        }
        check(&"a ".repeat(MAX_SIMPLE + 1), None, "");
    }

    #[test]
    fn within_a_scope_nothing_outside_of_it_matches() {
        for (text, expected) in [
            ("p, *", "#page p,#page *"),
            ("html, body.dark > p, :root", "#page,#page.dark>p,#page"),
            ("html body p", "#page p"),
            ("#page p", "#page p"),
            ("#page + nav, #page ~ nav", ""),
            ("body + nav", ""),
            ("p + a", "#page p+a"),
            ("x#page + nav", "#page x#page+nav"),
            ("body::before", "#page::before"),
            (":is(html, #page) + nav", "#page :is(html,#page)+nav"),
        ] {
            check(text, Some("page"), expected);
        }
    }
}
