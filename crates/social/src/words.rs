//! Words that stand for bits: the 24 that a person writes down, and the two that tell keys apart.
//!
//! Both come from the lists of BIP-39, in English and French.

use std::fmt;

use bip39::{Language, Mnemonic};
use rand::CryptoRng;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// How many words a secret has.
pub const WORD_COUNT: usize = 24;
/// Bytes of the longest text that [`Words::parse`] reads: 24 numbered words on lines of their own
/// take less than a quarter.
pub const MAX_WORDS_TEXT_LEN: usize = 2_048;

/// Bits that one word stands for.
const WORD_BITS: usize = 11;
/// Letters that are enough of a word: in each list no two words begin with the same four.
const PREFIX_LEN: usize = 4;
/// Letters of the longest word of both lists.
const LONGEST_WORD: usize = 8;
/// Bytes of the longest word, with decomposed accents.
const LONGEST_WORD_BYTES: usize = 12;
const FINGERPRINT_CONTEXT: &str = "roneo fingerprint 1";

/// A language with a list of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WordLanguage {
    /// The English list.
    English,
    /// The French list.
    French,
}

impl WordLanguage {
    /// Every language, in the order in which words are looked up.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    fn list(self) -> &'static [&'static str; 2_048] {
        self.bip39().word_list()
    }

    fn bip39(self) -> Language {
        match self {
            Self::English => Language::English,
            Self::French => Language::French,
        }
    }

    /// Where the list has a word, given as [`fold`] leaves it: whole, or its first four letters or more.
    fn find(self, folded: &str) -> Option<u16> {
        let named = |word: &&str| {
            // The lists are decomposed: an accent is a character after its ASCII letter.
            let mut letters = word.bytes().filter(u8::is_ascii);
            folded.bytes().all(|letter| letters.next() == Some(letter))
                && (folded.len() >= PREFIX_LEN || letters.next().is_none())
        };
        self.list().iter().position(named).and_then(|index| u16::try_from(index).ok())
    }
}

/// Why a text is not 24 words. Says where, and never the word, so that it may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// Longer than [`MAX_WORDS_TEXT_LEN`].
    #[error("this text is too long to be 24 words: enter the words alone")]
    TooLong,
    /// Another number of words than [`WORD_COUNT`].
    #[error("24 words are needed, there are {0}")]
    Count(usize),
    /// A word that is on no list.
    #[error("word {position} is not on the list: check its spelling")]
    Unknown {
        /// Which word, counted from 1.
        position: usize,
    },
    /// Each word is on a list, but not all on one; or all on both and both readings are valid.
    #[error("the words are not clearly of one language: write them all out, in the language they were given in")]
    Mixed,
    /// All are words of one list, but their checksum is wrong. Of random mistakes it misses 1 in 256.
    #[error("one of the words is wrong or two are swapped")]
    Checksum,
}

/// The 256 bits behind 24 words (BIP-39, entropy with its checksum). Zeroized on drop, never printed.
///
/// They are the secret itself and not the seed that wallets stretch from the text: the English and
/// the French words of the same bits are the same secret.
pub struct Words(Zeroizing<[u8; 32]>);

impl Words {
    /// Fresh bits.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut entropy = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *entropy);
        Self(entropy)
    }

    /// The words of given bits. The caller wipes its own copy.
    #[must_use]
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(Zeroizing::new(entropy))
    }

    /// The secret bits. Whoever calls this keeps them out of every log.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 24 words, one space between two, in lower case with composed accents (NFC).
    #[must_use]
    pub fn to_text(&self, language: WordLanguage) -> Zeroizing<String> {
        // Never grows, so that no copy stays behind in freed memory.
        let mut text = Zeroizing::new(String::with_capacity(WORD_COUNT * (LONGEST_WORD_BYTES + 1)));
        for word in mnemonic(&self.0, language).words() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.extend(word.nfc());
        }
        text
    }

    /// Reads 24 words as people type, paste or scan them: of either language, in any case, with or
    /// without accents, each whole or from four letters on, with anything between them that is neither
    /// letter nor digit. Digits before a word number it and are left out.
    ///
    /// # Errors
    /// [`WordsError`], by the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        if text.len() > MAX_WORDS_TEXT_LEN {
            return Err(WordsError::TooLong);
        }
        let count = typed_words(text).count();
        if count != WORD_COUNT {
            return Err(WordsError::Count(count));
        }
        let mut readings = WordLanguage::ALL.map(|language| (language, true, Zeroizing::new([0; WORD_COUNT])));
        for (number, typed) in typed_words(text).enumerate() {
            let word = fold(typed);
            let mut known = false;
            for (language, fits, indices) in &mut readings {
                match language.find(&word) {
                    Some(index) => {
                        known = true;
                        indices[number] = index;
                    }
                    None => *fits = false,
                }
            }
            if !known {
                return Err(WordsError::Unknown { position: number + 1 });
            }
        }
        if !readings.iter().any(|(_, fits, _)| *fits) {
            return Err(WordsError::Mixed);
        }
        let mut valid = readings.iter().filter(|(_, fits, _)| *fits).filter_map(|(_, _, indices)| open(indices));
        let words = valid.next().ok_or(WordsError::Checksum)?;
        // 123 words stand on both lists, and more by their first letters.
        if valid.next().is_some() { Err(WordsError::Mixed) } else { Ok(words) }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Words(…)")
    }
}

/// Words of a passphrase.
const PASSPHRASE_WORDS: usize = 8;

/// A passphrase of eight words of BIP-39, 88 bits, in ASCII so that every keyboard has it, one space between two.
#[must_use]
pub fn passphrase(rng: &mut impl CryptoRng, language: WordLanguage) -> Zeroizing<String> {
    let words = Words::random(rng).to_text(language);
    let eight: Vec<&str> = words.split(' ').take(PASSPHRASE_WORDS).collect();
    fold_passphrase(&eight.join(" "))
}

/// What [`passphrase`] gave, from what somebody typed: in lower case, without accents, numbers and what else stands
/// between words.
#[must_use]
pub fn fold_passphrase(typed: &str) -> Zeroizing<String> {
    let mut folded = Zeroizing::new(String::with_capacity(PASSPHRASE_WORDS * (LONGEST_WORD_BYTES + 1)));
    for word in typed_words(typed).take(2 * PASSPHRASE_WORDS) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&fold(word));
    }
    folded
}

/// Two words for a public key, joined by a hyphen, to stand beside a name: `brume-cuivre`.
///
/// The first 22 bits of BLAKE3 `derive_key("roneo fingerprint 1", key)`, most significant bit of the
/// first byte first: bits 0 to 10 are the first word's place in the list of BIP-39, bits 11 to 21 the
/// second's. Accents are composed (NFC). The same key has other words in another language.
///
/// They tell apart, they do not prove: of keys made by chance two share their words once in 4,194,304
/// pairs (so among about 2,400 keys it is as likely as not that some two do), and whoever wants the
/// words of a given key finds a key with them in about 4 million trials: a minute or so. What
/// proves is the whole key, which a person's page shows.
#[must_use]
pub fn fingerprint(key: &[u8; 32], language: WordLanguage) -> String {
    let list = language.list();
    let [first, second] = places(&blake3::derive_key(FINGERPRINT_CONTEXT, key)).map(|place| list[place]);
    first.nfc().chain(['-']).chain(second.nfc()).collect()
}

/// The first two groups of 11 bits, each below 2,048.
fn places(hash: &[u8; 32]) -> [usize; 2] {
    let [a, b, c] = [hash[0], hash[1], hash[2]].map(usize::from);
    [a << 3 | b >> 5, (b & 0x1f) << 6 | c >> 2]
}

fn mnemonic(entropy: &[u8; 32], language: WordLanguage) -> Mnemonic {
    Mnemonic::from_entropy_in(language.bip39(), entropy).expect("BIP-39 has words for 32 bytes")
}

/// The bits of 24 places in a list, if their checksum is right.
fn open(indices: &[u16; WORD_COUNT]) -> Option<Words> {
    let mut bits = Zeroizing::new([0_u8; WORD_COUNT * WORD_BITS / 8]);
    for at in 0..WORD_COUNT * WORD_BITS {
        let bit = indices[at / WORD_BITS] >> (WORD_BITS - 1 - at % WORD_BITS) & 1;
        bits[at / 8] |= u8::from(bit == 1) << (7 - at % 8);
    }
    let (entropy, checksum) = bits.split_first_chunk()?;
    // The checksum is of the bits alone: any language's words have it.
    let right = [mnemonic(entropy, WordLanguage::English).checksum()] == *checksum;
    right.then(|| Words(Zeroizing::new(*entropy)))
}

/// The words of a text without their numbers.
fn typed_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .map(|word| word.trim_start_matches(|c: char| c.is_numeric() || is_combining_mark(c)))
        .filter(|word| !word.is_empty())
}

/// A typed word in lower case without accents, cut where it is longer than any word of the lists.
fn fold(typed: &str) -> Zeroizing<String> {
    // Never grows: one character, of at most 4 bytes, is added to what is not yet too long.
    let mut folded = Zeroizing::new(String::with_capacity(LONGEST_WORD + 4));
    let letters = typed.nfkd().flat_map(char::to_lowercase).filter(|&c| !is_combining_mark(c));
    for letter in letters {
        match letter {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            letter => folded.push(letter),
        }
        if folded.len() > LONGEST_WORD {
            break;
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn zeros() -> String {
        format!("{}art", "abandon ".repeat(23))
    }

    fn error(text: &str) -> Option<WordsError> {
        Words::parse(text).err()
    }

    #[test]
    fn the_lists_are_as_the_lookup_needs_them() {
        for language in WordLanguage::ALL {
            let folded: Vec<_> = language.list().iter().map(|word| fold(word)).collect();
            for (index, word) in folded.iter().enumerate() {
                assert!(word.bytes().all(|letter| letter.is_ascii_lowercase()) && word.len() <= LONGEST_WORD);
                assert!(language.list()[index].len() <= LONGEST_WORD_BYTES);
                assert_eq!(language.find(word), Some(index as u16), "{word:?}");
                let prefix = &word[..word.len().min(PREFIX_LEN)];
                assert_eq!(language.find(prefix), Some(index as u16), "{prefix}");
            }
        }
    }

    #[test]
    fn speaks_bip_39() {
        // Trezor's vectors for BIP-39, the three of 256 bits that repeat one byte.
        for (byte, start, last) in
            [(0, "abandon abandon", "art"), (0x80, "letter advice", "bless"), (0xff, "zoo zoo", "vote")]
        {
            let text = Words::from_entropy([byte; 32]).to_text(WordLanguage::English);
            assert!(text.starts_with(start) && text.ends_with(&format!(" {last}")), "{}", *text);
            assert_eq!(Words::parse(&text).unwrap().expose(), &[byte; 32]);
        }
        assert_eq!(*Words::from_entropy([0; 32]).to_text(WordLanguage::English), zeros());
        let french = Words::from_entropy([0; 32]).to_text(WordLanguage::French);
        assert!(french.starts_with("abaisser abaisser ") && french.split(' ').count() == WORD_COUNT);
    }

    #[test]
    fn reads_what_people_type() {
        let numbered = |end: &str| -> String {
            let words = zeros();
            words.split(' ').enumerate().map(|(n, word)| format!("{}{end}{word}\n", n + 1)).collect()
        };
        let texts = [
            zeros().to_uppercase(),
            zeros().replace(' ', "\r\n\t"),
            zeros().replace(' ', "\u{a0}"),
            zeros().replace(' ', ", "),
            zeros().replace("abandon", "aban"),
            zeros().replace("abandon", "Abando"),
            format!("\u{feff}  {}.\n", zeros()),
            numbered(". "),
            numbered(") "),
            numbered("."),
            numbered(" - "),
            numbered("\u{fe0f}\u{20e3} "),
        ];
        for text in texts {
            assert_eq!(Words::parse(&text).unwrap().expose(), &[0; 32], "{text}");
        }
        for (typed, word) in [
            ("étoile", "étoile"),
            ("e\u{301}toile", "étoile"),
            ("ETOILE", "étoile"),
            ("étoi", "étoile"),
            ("mœlleux", "moelleux"),
            ("MŒLL", "moelleux"),
        ] {
            let index = WordLanguage::French.find(&fold(typed)).unwrap();
            assert_eq!(WordLanguage::French.list()[usize::from(index)].nfc().collect::<String>(), word);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let words = zeros();
        let tail = &words["abandon".len()..];
        for (text, expected) in [
            (String::new(), WordsError::Count(0)),
            ("1. 2. 3.".to_owned(), WordsError::Count(0)),
            (words.replacen("abandon ", "", 1), WordsError::Count(23)),
            (format!("abandon {words}"), WordsError::Count(25)),
            (words.replace("art", "arts"), WordsError::Unknown { position: 24 }),
            (format!("aba{tail}"), WordsError::Unknown { position: 1 }),
            (format!("abandonner{tail}"), WordsError::Unknown { position: 1 }),
            (format!("αβγ{tail}"), WordsError::Unknown { position: 1 }),
            (format!("abaisser{tail}"), WordsError::Mixed),
            (format!("zoo{tail}"), WordsError::Checksum),
            ("abandon ".repeat(24), WordsError::Checksum),
            ("a".repeat(MAX_WORDS_TEXT_LEN + 1), WordsError::TooLong),
        ] {
            assert_eq!(error(&text), Some(expected), "{text}");
        }
        assert_eq!(WordsError::Unknown { position: 7 }.to_string(), "word 7 is not on the list: check its spelling");
    }

    #[test]
    fn two_valid_readings_are_not_guessed_between() {
        let common: Vec<(u16, u16)> = (0..2_048)
            .filter_map(|at| Some((at, WordLanguage::French.find(WordLanguage::English.list()[usize::from(at)])?)))
            .filter(|&(at, french)| {
                WordLanguage::English.list()[usize::from(at)] == WordLanguage::French.list()[usize::from(french)]
            })
            .collect();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let both = std::iter::repeat_with(|| {
            let mut choice = [0_u8; WORD_COUNT];
            rand::Rng::fill_bytes(&mut rng, &mut choice);
            choice.map(|byte| common[usize::from(byte) % common.len()])
        })
        .find(|chosen| open(&chosen.map(|(at, _)| at)).is_some() && open(&chosen.map(|(_, at)| at)).is_some())
        .unwrap();
        let text = both.map(|(at, _)| WordLanguage::English.list()[usize::from(at)]).join(" ");
        assert_eq!(error(&text), Some(WordsError::Mixed));
    }

    #[test]
    fn passphrases_are_eight_ascii_words_however_they_are_typed() {
        for language in WordLanguage::ALL {
            for seed in 0..50 {
                let phrase = passphrase(&mut ChaCha8Rng::seed_from_u64(seed), language);
                assert!(phrase.is_ascii() && phrase.split(' ').count() == 8, "{}", *phrase);
                assert_ne!(phrase, passphrase(&mut ChaCha8Rng::seed_from_u64(seed + 50), language));
                let typed = format!(" 1. {}\n", phrase.to_uppercase().replace(' ', " -  2) "));
                assert_eq!(fold_passphrase(&typed), phrase);
            }
        }
        assert_eq!(*fold_passphrase("Éléphant  brûler"), "elephant bruler");
    }

    #[test]
    fn fingerprints_take_the_first_22_bits() {
        let hash = |start: [u8; 3]| {
            let mut hash = [0x55; 32];
            hash[..3].copy_from_slice(&start);
            hash
        };
        assert_eq!(places(&hash([0, 0, 0x03])), [0, 0]);
        assert_eq!(places(&hash([0xff, 0xe0, 0])), [2_047, 0]);
        assert_eq!(places(&hash([0, 0x1f, 0xfc])), [0, 2_047]);
        assert_eq!(places(&hash([0x80, 0x20, 0x04])), [1_025, 1]);
    }

    #[test]
    fn fingerprints_stay_as_they_are() {
        let english = fingerprint(&[7; 32], WordLanguage::English);
        assert_eq!([&english, &fingerprint(&[7; 32], WordLanguage::French)], ["nominee-control", "marathon-cheval"]);
    }

    #[test]
    fn secrets_are_not_printed() {
        let words = Words::random(&mut ChaCha8Rng::seed_from_u64(2));
        assert_ne!(words.expose(), Words::random(&mut ChaCha8Rng::seed_from_u64(3)).expose());
        assert_eq!(format!("{words:?}"), "Words(…)");
    }

    proptest! {
        #[test]
        fn texts_lead_back_to_their_bits(
            entropy: [u8; 32],
            french: bool,
            how in proptest::collection::vec((0_u8..4, 0_u8..3, 0_usize..5, 0_u8..3), WORD_COUNT),
        ) {
            let language = WordLanguage::ALL[usize::from(french)];
            let words = Words::from_entropy(entropy).to_text(language);
            prop_assert_eq!(*Words::parse(&words).unwrap().expose(), entropy);
            let mut typed = String::new();
            for (number, (word, (case, accents, space, prefix))) in words.split(' ').zip(how).enumerate() {
                let word: String = match accents {
                    0 => word.nfc().collect(),
                    1 => word.nfd().collect(),
                    _ => word.nfd().filter(char::is_ascii).collect(),
                };
                let word = match case {
                    0 => word.to_uppercase(),
                    1 => word.char_indices().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }).collect(),
                    _ => word,
                };
                if prefix == 0 {
                    typed.push_str(&format!("{}. ", number + 1));
                }
                typed.push_str(&word);
                typed.push_str([" ", "\n", "  ", "\t", "\u{3000}\r\n"][space]);
            }
            prop_assert_eq!(*Words::parse(&typed).unwrap().expose(), entropy);
        }

        #[test]
        fn no_text_stops_the_reader(text: String, words in "([a-zé0-9.]{1,9} ){24}") {
            let _ = Words::parse(&text);
            let _ = Words::parse(&words);
        }

        #[test]
        fn fingerprints_are_two_words(key: [u8; 32]) {
            for language in WordLanguage::ALL {
                let text = fingerprint(&key, language);
                let words: Vec<_> = text.split('-').map(|word| language.find(&fold(word)).map(usize::from)).collect();
                prop_assert_eq!(words, places(&blake3::derive_key(FINGERPRINT_CONTEXT, &key)).map(Some).to_vec());
            }
        }
    }
}
