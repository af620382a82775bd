//! From Fluent's syntax to Rust.
//!
//! A message becomes a method of `Language` with its arguments in the order in which the French text has
//! them. An argument in `NUMBER($n)`, or that plural forms depend on, is a number and is written as the
//! language writes numbers; any other is text. A message whose name ends in `-html` is markup, and its
//! text arguments are escaped.
//!
//! Of Fluent, text, arguments, `NUMBER` and selection are understood; attributes, terms and references
//! are refused. The same must stand in both languages: names, arguments, and in markup the tags. A
//! message that nobody calls is dead code to the compiler.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey};
use fluent_syntax::unicode::unescape_unicode_to_string;

use super::typography;

/// Words that promise what nobody can keep. They reach no page.
const FORBIDDEN: [&str; 5] = ["anonym", "intraçab", "untraceable", "incensurable", "uncensorable"];

/// The languages in the order of the generated branches.
const LANGUAGES: [&str; 2] = ["French", "English"];

/// What a message is made of.
#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Argument(String),
    Selection { argument: String, branches: Vec<(Key, Vec<Part>)>, default: usize },
}

/// What chooses a branch.
#[derive(Debug, Clone, PartialEq)]
enum Key {
    One,
    Other,
    Exactly(u64),
    Word(String),
}

/// One message in one language.
struct Message {
    parts: Vec<Part>,
    /// In order of appearance.
    arguments: Vec<String>,
    numbers: BTreeSet<String>,
}

/// The Rust of all messages, or what is wrong with them.
pub(crate) fn generate(french: &str, english: &str) -> Result<String, Vec<String>> {
    let mut faults = Vec::new();
    let texts = [french, english];
    let [french, english] = [0, 1].map(|language| read(LANGUAGES[language], texts[language], &mut faults));
    for name in french.keys().filter(|name| !english.contains_key(*name)) {
        faults.push(format!("English has no message {name}"));
    }
    for name in english.keys().filter(|name| !french.contains_key(*name)) {
        faults.push(format!("French has no message {name}"));
    }
    let mut rust = String::from("impl Language {\n");
    for (name, message) in &french {
        let Some(twin) = english.get(name) else { continue };
        faults.extend(differences(name, message, twin));
        method(&mut rust, name, [message, twin]);
    }
    rust.push_str("}\n");
    if faults.is_empty() { Ok(rust) } else { Err(faults) }
}

fn read(language: &str, source: &str, faults: &mut Vec<String>) -> BTreeMap<String, Message> {
    let mut messages = BTreeMap::new();
    let resource = match fluent_syntax::parser::parse(source) {
        Ok(resource) => resource,
        Err((resource, errors)) => {
            faults.extend(errors.iter().map(|error| {
                let line = source[..error.pos.start.min(source.len())].lines().count();
                format!("{language}, line {line}: {}", error.kind)
            }));
            resource
        }
    };
    for entry in resource.body {
        let Entry::Message(message) = entry else {
            if matches!(entry, Entry::Term(_)) {
                faults.push(format!("{language}: terms are not understood here"));
            }
            continue;
        };
        let name = message.id.name.to_owned();
        let read = message
            .value
            .ok_or_else(|| "it has no text".to_owned())
            .and_then(|pattern| Message::read(&name, language, &pattern));
        match read {
            Ok(read) => {
                if messages.insert(name.clone(), read).is_some() {
                    faults.push(format!("{language}: {name} stands there twice"));
                }
            }
            Err(fault) => faults.push(format!("{language}: {name}: {fault}")),
        }
    }
    messages
}

impl Message {
    fn read(name: &str, language: &str, pattern: &Pattern<&str>) -> Result<Self, String> {
        let mut message = Self { parts: Vec::new(), arguments: Vec::new(), numbers: BTreeSet::new() };
        let mut parts = message.parts_of(pattern)?;
        let markup = name.ends_with("-html");
        finish(&mut parts, language == "French", &message.numbers.clone(), markup)?;
        message.parts = parts;
        Ok(message)
    }

    fn argument(&mut self, name: &str, number: bool) -> String {
        if !self.arguments.iter().any(|known| known == name) {
            self.arguments.push(name.to_owned());
        }
        if number {
            self.numbers.insert(name.to_owned());
        }
        name.to_owned()
    }

    fn parts_of(&mut self, pattern: &Pattern<&str>) -> Result<Vec<Part>, String> {
        let mut parts = Vec::new();
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => push_text(&mut parts, value),
                PatternElement::Placeable { expression: Expression::Inline(inline) } => match inline {
                    InlineExpression::StringLiteral { value } => {
                        push_text(&mut parts, &unescape_unicode_to_string(value))
                    }
                    inline => {
                        let (name, number) = argument_of(inline)?;
                        parts.push(Part::Argument(self.argument(name, number)));
                    }
                },
                PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                    parts.push(self.selection(selector, variants)?);
                }
            }
        }
        Ok(parts)
    }

    fn selection(&mut self, selector: &InlineExpression<&str>, variants: &[Variant<&str>]) -> Result<Part, String> {
        let (name, _) = argument_of(selector)?;
        let keys: Vec<Key> = variants.iter().map(|variant| key(&variant.key)).collect::<Result<_, _>>()?;
        let words = keys.iter().filter(|key| matches!(key, Key::Word(_))).count();
        if words > 0 && keys.iter().any(|key| matches!(key, Key::One | Key::Exactly(_))) {
            return Err(format!("${name} is chosen by number and by word"));
        }
        let argument = self.argument(name, words == 0);
        let default = variants.iter().position(|variant| variant.default).ok_or("no default")?;
        let branches = keys
            .into_iter()
            .zip(variants)
            .map(|(key, variant)| Ok((key, self.parts_of(&variant.value)?)))
            .collect::<Result<_, String>>()?;
        Ok(Part::Selection { argument, branches, default })
    }
}

fn argument_of<'a>(expression: &InlineExpression<&'a str>) -> Result<(&'a str, bool), String> {
    match expression {
        InlineExpression::VariableReference { id } => Ok((id.name, false)),
        InlineExpression::FunctionReference { id, arguments } if id.name == "NUMBER" => {
            match arguments.positional.as_slice() {
                [InlineExpression::VariableReference { id }] => Ok((id.name, true)),
                _ => Err("NUMBER takes one argument".to_owned()),
            }
        }
        _ => Err("only text, arguments, NUMBER and selections are understood".to_owned()),
    }
}

fn key(key: &VariantKey<&str>) -> Result<Key, String> {
    Ok(match key {
        VariantKey::Identifier { name: "one" } => Key::One,
        VariantKey::Identifier { name: "other" } => Key::Other,
        VariantKey::Identifier { name } => Key::Word((*name).to_owned()),
        VariantKey::NumberLiteral { value } => Key::Exactly(value.parse().map_err(|_| "not a whole number")?),
    })
}

/// Lines are one text.
fn push_text(parts: &mut Vec<Part>, value: &str) {
    let value = value.replace('\n', " ");
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push_str(&value),
        _ => parts.push(Part::Text(value)),
    }
}

/// Sets the texts, and looks at them.
fn finish(parts: &mut [Part], french: bool, numbers: &BTreeSet<String>, markup: bool) -> Result<(), String> {
    let mut after_number = false;
    for part in parts {
        match part {
            Part::Text(text) => {
                check(text, markup)?;
                if french {
                    *text = typography::french(text);
                    if after_number && text.strip_prefix(' ').is_some_and(|rest| rest.starts_with(char::is_alphabetic))
                    {
                        text.replace_range(..1, &typography::NO_BREAK.to_string());
                    }
                } else {
                    *text = text.replace('\'', "’");
                }
                after_number = false;
            }
            Part::Argument(name) => after_number = numbers.contains(name),
            Part::Selection { branches, .. } => {
                for (_, parts) in branches {
                    finish(parts, french, numbers, markup)?;
                }
                after_number = false;
            }
        }
    }
    Ok(())
}

fn check(text: &str, markup: bool) -> Result<(), String> {
    let lower = text.to_lowercase();
    if let Some(word) = FORBIDDEN.iter().find(|word| lower.contains(**word)) {
        return Err(format!("{word} promises too much"));
    }
    if text.contains("...") {
        return Err("the ellipsis is one sign: …".to_owned());
    }
    if !markup && text.contains(['<', '>', '&']) {
        return Err("markup stands in messages whose name ends in -html".to_owned());
    }
    Ok(())
}

fn differences(name: &str, french: &Message, english: &Message) -> Vec<String> {
    let mut faults = Vec::new();
    let arguments = |message: &Message| message.arguments.iter().cloned().collect::<BTreeSet<_>>();
    if arguments(french) != arguments(english) {
        faults.push(format!("{name} has other arguments in English"));
    }
    if french.numbers != english.numbers {
        faults.push(format!("{name} has other numbers among its arguments in English"));
    }
    if tags(&french.parts) != tags(&english.parts) {
        faults.push(format!("{name} has other tags in English"));
    }
    faults
}

/// Every tag of a message, as a set: languages order their words differently.
fn tags(parts: &[Part]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in parts {
        match part {
            Part::Text(text) => {
                found.extend(text.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0.to_owned())));
            }
            Part::Argument(_) => {}
            Part::Selection { branches, .. } => branches.iter().for_each(|(_, parts)| found.extend(tags(parts))),
        }
    }
    found
}

fn method(rust: &mut String, name: &str, messages: [&Message; 2]) {
    let markup = name.ends_with("-html");
    let fixed = messages.iter().all(|message| message.arguments.is_empty());
    let arguments: String = messages[0]
        .arguments
        .iter()
        .map(|argument| {
            let kind = if messages[0].numbers.contains(argument) { "impl Count" } else { "impl AsRef<str>" };
            format!(", {}: {kind}", identifier(argument))
        })
        .collect();
    let kind = match (fixed, markup) {
        (true, false) => "&'static str",
        (false, false) => "String",
        (_, true) => "Markup",
    };
    let _ = writeln!(rust, "    pub(crate) fn {}(self{arguments}) -> {kind} {{", identifier(name));
    if fixed {
        rust.push_str(if markup { "        Markup::fixed(match self {\n" } else { "        match self {\n" });
        for (language, message) in LANGUAGES.iter().zip(messages) {
            let _ = writeln!(rust, "            Self::{language} => {:?},", plain(&message.parts));
        }
        rust.push_str(if markup { "        })\n" } else { "        }\n" });
    } else {
        for argument in &messages[0].arguments {
            let value = if messages[0].numbers.contains(argument) { "count" } else { "as_ref" };
            let _ = writeln!(rust, "        let {0} = {0}.{value}();", identifier(argument));
        }
        rust.push_str("        let mut text = String::new();\n        match self {\n");
        for (language, message) in LANGUAGES.iter().zip(messages) {
            let _ = writeln!(rust, "            Self::{language} => {{");
            write_parts(rust, &message.parts, &message.numbers, markup);
            rust.push_str("            }\n");
        }
        rust.push_str("        }\n");
        rust.push_str(if markup { "        Markup::made(text)\n" } else { "        text\n" });
    }
    rust.push_str("    }\n");
}

fn plain(parts: &[Part]) -> &str {
    match parts {
        [Part::Text(text)] => text,
        _ => "",
    }
}

fn write_parts(rust: &mut String, parts: &[Part], numbers: &BTreeSet<String>, markup: bool) {
    for part in parts {
        match part {
            Part::Text(text) => {
                let mut signs = text.chars();
                let _ = match (signs.next(), signs.next()) {
                    (None, _) => Ok(()),
                    (Some(sign), None) => writeln!(rust, "text.push({sign:?});"),
                    _ => writeln!(rust, "text.push_str({text:?});"),
                };
            }
            Part::Argument(name) if numbers.contains(name) => {
                let _ = writeln!(rust, "text.push_str(&self.number({}));", identifier(name));
            }
            Part::Argument(name) if markup => {
                let _ = writeln!(rust, "text.push_str(&crate::html::escape({}));", identifier(name));
            }
            Part::Argument(name) => {
                let _ = writeln!(rust, "text.push_str({});", identifier(name));
            }
            Part::Selection { argument, branches, default } => {
                let by_number = numbers.contains(argument);
                let _ = writeln!(rust, "match {} {{", identifier(argument));
                // What is said of one number goes before what is said of a plural form.
                let rank = |key: &Key| usize::from(!matches!(key, Key::Exactly(_)));
                let mut order: Vec<usize> = (0..branches.len()).filter(|index| index != default).collect();
                order.sort_by_key(|&index| rank(&branches[index].0));
                for &index in &order {
                    let arm = match &branches[index].0 {
                        Key::One => "n if self.is_one(n)".to_owned(),
                        Key::Other => continue,
                        Key::Exactly(number) => format!("{number}"),
                        Key::Word(word) => format!("{word:?}"),
                    };
                    let _ = writeln!(rust, "{arm} => {{");
                    write_parts(rust, &branches[index].1, numbers, markup);
                    rust.push_str("}\n");
                }
                debug_assert!(by_number || order.iter().all(|&index| matches!(branches[index].0, Key::Word(_))));
                rust.push_str("_ => {\n");
                write_parts(rust, &branches[*default].1, numbers, markup);
                rust.push_str("}\n}\n");
            }
        }
    }
}

fn identifier(name: &str) -> String {
    name.replace('-', "_")
}
