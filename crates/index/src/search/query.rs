//! What a reader asks for.

use unicode_segmentation::UnicodeSegmentation;

use super::words::{Forms, each_folded, folded_words};
use crate::bounds::{MAX_QUERY_LEN, MAX_QUERY_WORDS};
use crate::error::IndexError;

/// A question: everything wanted and nothing unwanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) wanted: Vec<Clause>,
    pub(crate) unwanted: Vec<Clause>,
}

/// A part of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clause {
    /// A word in any of its forms, or with `prefix` its beginning.
    Word { folded: String, stems: Vec<String>, prefix: bool },
    /// Words that stand one behind the other, each as it is.
    Phrase(Vec<String>),
}

impl Query {
    /// Reads a question: words, `-unwanted`, `"phrases"`, `begin*`. The last word may be unfinished, unless a blank
    /// follows it.
    ///
    /// # Errors
    /// [`IndexError::TooLong`] beyond [`MAX_QUERY_LEN`] or [`MAX_QUERY_WORDS`].
    pub(crate) fn read(text: &str) -> Result<Self, IndexError> {
        if text.len() > MAX_QUERY_LEN {
            return Err(IndexError::TooLong("search"));
        }
        let mut query = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (unwanted, body) = rest.strip_prefix('-').map_or((false, rest), |body| (true, body));
            let clauses = if unwanted { &mut query.unwanted } else { &mut query.wanted };
            if let Some(quoted) = body.strip_prefix('"') {
                let (phrase, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                clauses.extend(phrase_of(phrase));
                rest = after.trim_start();
            } else {
                let end = body.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(body.len());
                let (word, after) = body.split_at(end);
                clauses.extend(words_of(word, !unwanted && after.is_empty()));
                rest = after.trim_start();
            }
        }
        if query.wanted.len() + query.unwanted.len() > MAX_QUERY_WORDS {
            return Err(IndexError::TooLong("search"));
        }
        Ok(query)
    }

    /// Whether there are phrases, for which texts have to be read.
    pub(crate) fn has_phrases(&self) -> bool {
        self.wanted.iter().chain(&self.unwanted).any(|clause| matches!(clause, Clause::Phrase(_)))
    }

    /// Whether the phrases are in a text, and the unwanted ones are not.
    pub(crate) fn phrases_fit(&self, title: &str, text: &str) -> bool {
        let holds = |clause: &Clause| match clause {
            Clause::Word { .. } => None,
            Clause::Phrase(words) => Some([title, text].iter().any(|part| stands_in(words, part))),
        };
        self.wanted.iter().all(|clause| holds(clause) != Some(false))
            && self.unwanted.iter().all(|clause| holds(clause) != Some(true))
    }

    /// Whether a word of a text is one that is wanted: where an excerpt begins.
    pub(crate) fn wants(&self, word: &str) -> bool {
        let Some((found, found_stems)) = Forms::of_query(word) else { return false };
        self.wanted.iter().any(|clause| match clause {
            Clause::Word { folded, stems, prefix } => {
                found == *folded
                    || (*prefix && found.starts_with(folded.as_str()))
                    || stems.iter().any(|stem| found_stems.contains(stem))
            }
            Clause::Phrase(words) => words.contains(&found),
        })
    }
}

/// Whether the words stand in a text one behind the other.
fn stands_in(words: &[String], text: &str) -> bool {
    // How many words of the phrase the text has so far, for each word of it at which the phrase may have begun.
    let mut begun: Vec<usize> = Vec::new();
    let mut found = false;
    each_folded(text, |word| {
        if found {
            return;
        }
        begun.push(0);
        begun.retain_mut(|so_far| {
            let fits = words[*so_far] == word;
            *so_far += 1;
            found |= fits && *so_far == words.len();
            fits && *so_far < words.len()
        });
    });
    found
}

fn phrase_of(text: &str) -> Option<Clause> {
    let words: Vec<String> = folded_words(text).map(|(_, _, word)| word).collect();
    (!words.is_empty()).then_some(Clause::Phrase(words))
}

/// The words of what stands between two blanks, all of them wanted.
fn words_of(text: &str, unfinished: bool) -> Vec<Clause> {
    let prefix = unfinished || text.ends_with('*');
    let forms = text.unicode_words().filter_map(Forms::of_query);
    let word = |(folded, stems)| Clause::Word { folded, stems, prefix: false };
    let mut clauses: Vec<Clause> = forms.map(word).collect();
    if let Some(Clause::Word { prefix: last, .. }) = clauses.last_mut() {
        *last = prefix;
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a question asks for, written short.
    fn check(text: &str, expected: &str) {
        let query = Query::read(text).unwrap();
        let write = |clause: &Clause| match clause {
            Clause::Word { folded, prefix, .. } => format!("{folded}{}", if *prefix { "*" } else { "" }),
            Clause::Phrase(words) => format!("[{}]", words.join(" ")),
        };
        let unwanted = query.unwanted.iter().map(|clause| format!("-{}", write(clause)));
        let all: Vec<String> = query.wanted.iter().map(write).chain(unwanted).collect();
        assert_eq!(all.join(" "), expected, "{text}");
    }

    #[test]
    fn questions_are_read() {
        check("", "");
        check("  ", "");
        check("Grève générale", "greve generale*");
        check("Grève générale ", "greve generale");
        check("gre* générale ", "gre* generale");
        check("-école \"Pain d'épices\" lun", "[pain epices] lun* -ecole");
        check("-\"pas cela\"", "-[pas cela]");
        check("\"never closed", "[never closed]");
        check("peut-être", "peut etre*");
        check("- \"\" -\"\" *", "");
        check("l'eau ", "eau");
    }

    #[test]
    fn questions_are_bounded() {
        assert!(matches!(Query::read(&"a".repeat(MAX_QUERY_LEN + 1)), Err(IndexError::TooLong(_))));
        assert!(Query::read(&"a ".repeat(MAX_QUERY_WORDS)).is_ok());
        assert!(matches!(Query::read(&"a ".repeat(MAX_QUERY_WORDS + 1)), Err(IndexError::TooLong(_))));
    }
}
