//! What was taken out of a piece of content, for the page that tells its reader.

use std::fmt;

/// Most examples kept of one kind.
pub const MAX_EXAMPLES: usize = 5;

/// Most characters of one example.
pub const MAX_EXAMPLE_LEN: usize = 80;

/// A kind of thing that is taken out. Each has a sentence of its own on the report page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A program, or a place where one could hang: `script`, `onclick`, `javascript:`.
    Script,
    /// Something that would have been fetched from outside of the site.
    Outside,
    /// A link of a scheme that is not followed: `mailto:`, `data:`, `file:`.
    Scheme,
    /// A link whose address cannot be read, or leads nowhere.
    BadLink,
    /// A form or one of its fields.
    Form,
    /// A frame, or a page within the page.
    Frame,
    /// A plugin, drawing or formula: `object`, `embed`, `svg`, `math`.
    Embedded,
    /// An order to leave for another page, or to read links from another place.
    Redirect,
    /// An element outside of the allow-list; its text stays.
    Element,
    /// An attribute outside of the allow-list.
    Attribute,
    /// A style rule, property or value outside of the allow-list.
    Style,
    /// A typeface that the page wanted to bring along.
    Font,
    /// What lies deeper, or is longer, than anything that is shown.
    Bounds,
    /// Place, date, device and other remarks inside a picture.
    Metadata,
    /// Bytes behind the end of a picture, or pieces of it that no viewer shows.
    Hidden,
}

impl Kind {
    /// All kinds, in the order in which a report lists them.
    pub const ALL: [Self; 15] = [
        Self::Script,
        Self::Outside,
        Self::Scheme,
        Self::BadLink,
        Self::Form,
        Self::Frame,
        Self::Embedded,
        Self::Redirect,
        Self::Element,
        Self::Attribute,
        Self::Style,
        Self::Font,
        Self::Bounds,
        Self::Metadata,
        Self::Hidden,
    ];

    /// The name under which messages and the API know it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Outside => "outside",
            Self::Scheme => "scheme",
            Self::BadLink => "bad-link",
            Self::Form => "form",
            Self::Frame => "frame",
            Self::Embedded => "embedded",
            Self::Redirect => "redirect",
            Self::Element => "element",
            Self::Attribute => "attribute",
            Self::Style => "style",
            Self::Font => "font",
            Self::Bounds => "bounds",
            Self::Metadata => "metadata",
            Self::Hidden => "hidden",
        }
    }
}

/// What was removed of one kind.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// How often.
    pub count: u64,
    /// The first of them that differ, at most [`MAX_EXAMPLES`] of [`MAX_EXAMPLE_LEN`] characters. They are
    /// foreign text: to be escaped like any other, and kept out of logs.
    pub examples: Vec<String>,
}

impl fmt::Debug for Removed {
    /// Examples quote what somebody reads, so they stay out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} removed", self.count)
    }
}

/// Everything that was removed from one piece of content. Bounded whatever the content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    kinds: [Removed; Kind::ALL.len()],
}

impl Report {
    /// Nothing was removed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }

    /// How many things were removed.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.kinds.iter().map(|removed| removed.count).sum()
    }

    /// What was removed of this kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &Removed {
        &self.kinds[kind as usize]
    }

    /// The kinds of which something was removed.
    pub fn entries(&self) -> impl Iterator<Item = (Kind, &Removed)> {
        Kind::ALL.into_iter().map(|kind| (kind, self.of(kind))).filter(|(_, removed)| removed.count > 0)
    }

    /// Notes that something was removed.
    pub(crate) fn add(&mut self, kind: Kind, example: &str) {
        let removed = &mut self.kinds[kind as usize];
        removed.count += 1;
        if removed.examples.len() < MAX_EXAMPLES {
            let example: String = example.chars().filter(|c| !c.is_control()).take(MAX_EXAMPLE_LEN).collect();
            if !removed.examples.contains(&example) {
                removed.examples.push(example);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_counts_everything_and_quotes_little() {
        let mut report = Report::default();
        for number in 0..100 {
            report.add(Kind::Script, &format!("{number}{}", "x".repeat(1_000)));
        }
        report.add(Kind::Font, "a\u{7}b");
        assert_eq!(report.total(), 101);
        let script = report.of(Kind::Script);
        assert_eq!((script.count, script.examples.len()), (100, MAX_EXAMPLES));
        assert!(script.examples.iter().all(|example| example.chars().count() == MAX_EXAMPLE_LEN));
        assert_eq!(report.of(Kind::Font).examples, ["ab"]);
        assert_eq!(report.entries().map(|(kind, _)| kind.id()).collect::<Vec<_>>(), ["script", "font"]);
    }

    #[test]
    fn kinds_are_listed_in_the_order_of_their_places() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }
}
