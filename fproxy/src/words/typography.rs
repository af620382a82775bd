//! How French sets its punctuation: `U+00A0` before `:` and `»`, after `«`, between a number and its
//! unit; `U+202F` before `;`, `?`, `!` and `%`; `’` for the apostrophe. Authors type plain spaces.

/// A space that does not break.
pub(crate) const NO_BREAK: char = '\u{a0}';

/// The same, narrow.
pub(crate) const NARROW: char = '\u{202f}';

/// French text as it is set. What stands between `<` and `>` stays as it is.
pub(crate) fn french(text: &str) -> String {
    let mut set = String::with_capacity(text.len() + 8);
    let mut in_tag = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            '\'' if !in_tag => {
                set.push('’');
                continue;
            }
            ' ' if !in_tag => {
                set.push(space(set.chars().next_back(), rest.peek().copied()));
                continue;
            }
            _ => {}
        }
        set.push(c);
    }
    set
}

/// The space that stands between two characters.
fn space(before: Option<char>, after: Option<char>) -> char {
    match (before, after) {
        (_, Some(':' | '»')) | (Some('«'), _) => NO_BREAK,
        (_, Some(';' | '?' | '!' | '%')) => NARROW,
        (Some(digit), Some(unit)) if digit.is_ascii_digit() && unit.is_alphabetic() => NO_BREAK,
        _ => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_keeps_its_marks_on_the_line() {
        for (typed, set) in [
            ("Vu : oui", "Vu\u{a0}: oui"),
            ("« lu »", "«\u{a0}lu\u{a0}»"),
            ("qui vient ? moi ! 6 % ; rien", "qui vient\u{202f}? moi\u{202f}! 6\u{202f}%\u{202f}; rien"),
            ("à 18 h 30, 9 voisins", "à 18\u{a0}h 30, 9\u{a0}voisins"),
            ("l'heure d'ici", "l’heure d’ici"),
            ("<a href=\"/help : ?\" class='a'>c'est : là</a>", "<a href=\"/help : ?\" class='a'>c’est\u{a0}: là</a>"),
            ("12 sur 27", "12\u{a0}sur 27"),
        ] {
            assert_eq!(french(typed), set);
        }
    }

    #[test]
    fn what_is_set_stays_set() {
        let once = french("« Où ? » : 3 h, l'eau ; 100 % !");
        assert_eq!(french(&once), once);
    }
}
