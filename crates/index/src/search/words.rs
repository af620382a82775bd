//! Words: where they begin and end, and which count as one.
//!
//! Split at the word boundaries of Unicode (UAX 29), in small letters, without accents, ligatures written out, French
//! elisions (`l'`, `d'`, `qu'`) and the English `'s` cut. Stems are Snowball's, taken before the accents go.

use std::cell::LazyCell;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use crate::bounds::MAX_WORD_LEN;

/// What is cut in front of a word, the apostrophe with it.
const ELISIONS: [&str; 14] =
    ["l'", "d'", "j'", "m'", "t'", "s'", "c'", "n'", "qu'", "jusqu'", "lorsqu'", "puisqu'", "quoiqu'", "quelqu'"];
/// Before stems, so that none is taken for a word. No word begins with such a character.
const STEM_MARKS: [char; 3] = ['\0', '\u{1}', '\u{2}'];

/// The languages whose stems are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Other,
    French,
    English,
}

impl Language {
    /// Of a language tag: its first part counts.
    pub(crate) fn of(tag: &str) -> Self {
        match tag.split('-').next() {
            Some("fr") => Self::French,
            Some("en") => Self::English,
            _ => Self::Other,
        }
    }

    /// A stem as a term, of a word in small letters with its accents.
    fn stem(self, word: &str) -> Option<String> {
        thread_local! {
            static FRENCH: LazyCell<Stemmer> = const { LazyCell::new(|| Stemmer::create(Algorithm::French)) };
            static ENGLISH: LazyCell<Stemmer> = const { LazyCell::new(|| Stemmer::create(Algorithm::English)) };
        }
        // The stemmers are handed the letters that they were made for and no others.
        let fits = word.chars().all(|c| c.is_ascii_lowercase() || "àâäçéèêëîïôöùûüÿœæ".contains(c));
        let stemmer = match self {
            _ if !fits => return None,
            Self::Other => return None,
            Self::French => &FRENCH,
            Self::English => &ENGLISH,
        };
        // Snowball takes `loyer` for a verb and `loyers` for none.
        let plural = word.strip_suffix('s').filter(|one| self == Self::French && one.ends_with("er"));
        let word = plural.unwrap_or(word);
        let mut term = String::from(STEM_MARKS[self as usize]);
        stemmer.with(|stemmer| fold_into(&stemmer.stem(word), &mut term));
        Some(term)
    }
}

/// The terms of a word.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Forms {
    pub(crate) folded: String,
    /// As a term: marked with its language.
    pub(crate) stem: Option<String>,
}

impl Forms {
    /// Of a word as it stands in a text; none where nothing is left of it.
    pub(crate) fn of(word: &str, language: Language) -> Option<Self> {
        let lower = lower(word);
        let mut folded = String::with_capacity(lower.len());
        fold_into(&lower, &mut folded);
        if folded.is_empty() {
            return None;
        }
        Some(Self { stem: language.stem(&lower), folded })
    }

    /// The folded form alone.
    pub(crate) fn folded(word: &str) -> Option<String> {
        Self::of(word, Language::Other).map(|forms| forms.folded)
    }

    /// Of a word of a query, whose language nobody said.
    pub(crate) fn of_query(word: &str) -> Option<(String, Vec<String>)> {
        let forms = Self::of(word, Language::French)?;
        let english = Language::English.stem(&lower(word));
        Some((forms.folded, forms.stem.into_iter().chain(english).collect()))
    }
}

/// In small letters, composed, without what is cut, and no longer than [`MAX_WORD_LEN`].
fn lower(word: &str) -> String {
    let mut lower: String = if word.is_ascii() {
        word.to_ascii_lowercase()
    } else {
        word.nfc().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }).collect()
    };
    if let Some(apostrophe) = lower.find('\'') {
        let (head, tail) = lower.split_at(apostrophe + 1);
        if !tail.is_empty() && ELISIONS.contains(&head) {
            lower = tail.to_owned();
        }
        if let Some(owner) = lower.strip_suffix("'s").filter(|owner| !owner.is_empty()) {
            lower.truncate(owner.len());
        }
    }
    while lower.len() > MAX_WORD_LEN {
        lower.pop();
    }
    lower
}

/// Writes a word in small letters without accents, ligatures as two letters.
fn fold_into(lower: &str, out: &mut String) {
    if lower.is_ascii() {
        out.push_str(lower);
        return;
    }
    for c in lower.nfd() {
        match c {
            'œ' => out.push_str("oe"),
            'æ' => out.push_str("ae"),
            'ß' => out.push_str("ss"),
            c if is_accent(c) => {}
            c => out.push(c),
        }
    }
}

/// Marks that change no letter into another: those of no script, and the points of Hebrew and Arabic. The vowel signs
/// of other scripts stay, for a word without them is another word.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}' | '\u{0591}'..='\u{05bd}' | '\u{05bf}' | '\u{05c1}' | '\u{05c2}' | '\u{05c4}'
        | '\u{05c5}' | '\u{05c7}' | '\u{064b}'..='\u{0655}' | '\u{0670}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

/// Hands what stands between blanks to `each`, as long as it says so, without the signs around it: none of those is
/// ever part of a word there.
pub(crate) fn each_chunk(text: &str, mut each: impl FnMut(&str) -> bool) {
    const SIGNS: [char; 12] = ['.', ',', ';', ':', '!', '?', '(', ')', '"', '*', '«', '»'];
    for chunk in text.split_whitespace() {
        if !each(chunk.trim_matches(SIGNS)) {
            return;
        }
    }
}

/// Hands the words of a chunk to `each`.
///
/// No boundary rule of Unicode looks across a blank in a way that counts here, and most chunks are one word: those of
/// plain letters and digits are seen to be without asking.
pub(crate) fn each_word(chunk: &str, mut each: impl FnMut(&str)) {
    if !chunk.is_empty() && chunk.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        each(chunk);
    } else {
        chunk.unicode_words().for_each(each);
    }
}

/// Hands every word of a text, folded, to `each`.
pub(crate) fn each_folded(text: &str, mut each: impl FnMut(&str)) {
    let mut folded = String::new();
    each_chunk(text, |chunk| {
        each_word(chunk, |word| {
            folded.clear();
            // Nearly every word of nearly every text.
            if word.len() <= MAX_WORD_LEN && word.bytes().all(|byte| byte.is_ascii_lowercase()) {
                each(word);
            } else {
                fold_into(&lower(word), &mut folded);
                if !folded.is_empty() {
                    each(&folded);
                }
            }
        });
        true
    });
}

/// All words of a text, folded, with the byte at which each stands.
pub(crate) fn folded_words(text: &str) -> impl Iterator<Item = (usize, &str, String)> {
    text.unicode_word_indices().filter_map(|(at, word)| Some((at, word, Forms::folded(word)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folded(text: &str) -> Vec<String> {
        folded_words(text).map(|(_, _, word)| word).collect()
    }

    #[test]
    fn words_are_folded() {
        for (text, expected) in [
            ("Chauffage coupé aux Tilleuls", "chauffage coupe aux tilleuls"),
            ("L’ÉCOLE d'Été", "ecole ete"),
            ("Qu'est-ce qu’aujourd'hui", "est ce aujourd'hui"),
            ("Cœur d'Æsop, Straße", "coeur aesop strasse"),
            ("e\u{301}te\u{301}", "ete"),
            ("the dog's don't", "the dog don't"),
            ("3,5 km", "3,5 km"),
            ("पहाड़ों", "पहाड़ों"),
            ("l' d' '", "l d"),
        ] {
            let expected: Vec<String> = expected.split(' ').map(|word| word.nfd().collect()).collect();
            assert_eq!(folded(text), expected, "{text}");
        }
    }

    #[test]
    fn stems_are_those_of_the_language() {
        let stem = |word, language| Forms::of(word, language).and_then(|forms| forms.stem);
        let same = |one, other, language| assert_eq!(stem(one, language), stem(other, language), "{one} {other}");
        same("cheval", "chevaux", Language::French);
        same("grève", "GRÈVES", Language::French);
        same("loyer", "loyers", Language::French);
        same("manger", "mangée", Language::French);
        same("demonstrate", "demonstrations", Language::English);
        same("striking", "strikes", Language::English);
        assert_ne!(stem("marche", Language::French), stem("marche", Language::English));
        assert_eq!(stem("marche", Language::Other), None);
        assert_eq!(stem("слово", Language::French), None);
    }

    #[test]
    fn long_words_count_by_their_beginning() {
        let long = "é".repeat(1_000);
        assert_eq!(Forms::folded(&long).unwrap(), "e".repeat(MAX_WORD_LEN / 2));
    }

    proptest! {
        /// The stemmers are others' code, and the words are strangers'.
        #[test]
        fn any_text_has_words(text in prop_oneof![any::<String>(), "[a-zàâäçéèêëîïôöùûüÿœæ']{1,50}"]) {
            for language in [Language::French, Language::English, Language::Other] {
                each_chunk(&text, |chunk| {
                    each_word(chunk, |word| {
                        if let Some(forms) = Forms::of(word, language) {
                            assert!(!forms.folded.starts_with(STEM_MARKS));
                            let again = Forms::folded(&forms.folded).unwrap();
                            // An elision may have stood behind another.
                            assert!(again == forms.folded || forms.folded.contains('\''));
                        }
                    });
                    true
                });
            }
        }

        /// Splitting at blanks first finds the same words as asking Unicode for all.
        #[test]
        fn chunks_have_the_words_of_the_text(text in "[a-zA-Z0-9éœ'’.,;:!?()\"*«»_\u{301}\u{200d} -]{0,40}") {
            let mut chunked = Vec::new();
            each_chunk(&text, |chunk| {
                each_word(chunk, |word| chunked.push(word.to_owned()));
                true
            });
            prop_assert_eq!(chunked, text.unicode_words().map(str::to_owned).collect::<Vec<_>>());
            let mut each = Vec::new();
            each_folded(&text, |word| each.push(word.to_owned()));
            prop_assert_eq!(each, folded(&text));
        }
    }
}
