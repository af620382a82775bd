//! Numbers, sizes and durations.

use super::Language;
use super::typography::{NARROW, NO_BREAK};

/// A figure and its unit, which a margin sets below each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) figure: String,
    pub(crate) unit: &'static str,
}

impl std::fmt::Display for Amount {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{NO_BREAK}{}", self.figure, self.unit)
    }
}

/// What counts things. Templates hand on references.
pub(crate) trait Count {
    /// How many.
    fn count(self) -> u64;
}

macro_rules! counts {
    ($($kind:ty),*) => {$(
        impl Count for $kind {
            fn count(self) -> u64 {
                self as u64
            }
        }
    )*};
}

counts!(u8, u16, u32, u64, usize);

impl<T: Count + Copy> Count for &T {
    fn count(self) -> u64 {
        (*self).count()
    }
}

impl Language {
    /// A number with its thousands apart.
    pub(crate) fn number(self, number: impl Count) -> String {
        let number = number.count();
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() + 8);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(match self {
                    Self::French => NARROW,
                    Self::English => ',',
                });
            }
            text.push(digit);
        }
        text
    }

    /// Bytes in the unit in which they are read best: 950 B, 3.2 GB, 41 MB.
    pub(crate) fn bytes(self, bytes: impl Count) -> Amount {
        let bytes = bytes.count();
        const UNITS: [[&str; 2]; 6] =
            [["o", "B"], ["Ko", "KB"], ["Mo", "MB"], ["Go", "GB"], ["To", "TB"], ["Po", "PB"]];
        let mut unit = 0;
        let mut size = 1_u64;
        while unit + 1 < UNITS.len() && bytes / size >= 1_000 {
            unit += 1;
            size *= 1_000;
        }
        Amount { figure: self.shortened(bytes, size), unit: UNITS[unit][self as usize] }
    }

    /// A number short enough for a margin: 940, 40 thousand, 1.2 million.
    pub(crate) fn short(self, number: impl Count) -> Amount {
        let number = number.count();
        let (size, unit) = match number {
            0..1_000 => (1, ""),
            1_000..1_000_000 => (1_000, self.thousand()),
            1_000_000..1_000_000_000 => (1_000_000, self.million()),
            _ => (1_000_000_000, self.billion()),
        };
        Amount { figure: self.shortened(number, size), unit }
    }

    /// So many times `size`, with one decimal below ten.
    fn shortened(self, number: u64, size: u64) -> String {
        let (whole, tenth) = (number / size, number % size * 10 / size);
        if whole >= 10 || tenth == 0 { self.number(whole) } else { format!("{whole}{}{tenth}", self.decimal_mark()) }
    }

    /// How long ago, short enough for a margin: 8 min, 3 h, 2 d, 5 mo, 3 y. Two digits fit, so that a hundred days
    /// are months; two years come after 23 months, so that there is never one.
    pub(crate) fn elapsed(self, seconds: u64) -> Amount {
        let (figure, unit) = match seconds {
            0..3_600 => (seconds.div_ceil(60).max(1), self.short_minutes()),
            3_600..86_400 => (seconds / 3_600, self.short_hours()),
            86_400..8_640_000 => (seconds / 86_400, self.short_days()),
            8_640_000..63_072_000 => (seconds / 2_628_000, self.short_months()),
            _ => (seconds / 31_536_000, self.short_years()),
        };
        Amount { figure: self.number(figure), unit }
    }

    /// Whole hundredths of `of`, rounded down, so that 100 is only said of all.
    pub(crate) fn percent(done: u64, of: u64) -> u64 {
        if of == 0 { 0 } else { (u128::from(done.min(of)) * 100 / u128::from(of)) as u64 }
    }

    /// A length of time as people say it: *45 secondes*, *3 heures*.
    pub(crate) fn duration(self, seconds: u64) -> String {
        match seconds {
            0..60 => self.seconds(seconds),
            60..5_400 => self.minutes((seconds + 30) / 60),
            5_400..172_800 => self.hours((seconds + 1_800) / 3_600),
            _ => self.days((seconds + 43_200) / 86_400),
        }
    }

    const fn decimal_mark(self) -> char {
        match self {
            Self::French => ',',
            Self::English => '.',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, french, english) in [
            (0_u64, "0", "0"),
            (999, "999", "999"),
            (2_130, "2\u{202f}130", "2,130"),
            (104_000, "104\u{202f}000", "104,000"),
            (12_345_678, "12\u{202f}345\u{202f}678", "12,345,678"),
        ] {
            assert_eq!([Language::French, Language::English].map(|w| w.number(number)), [french, english]);
        }
    }

    #[test]
    fn sizes_have_one_decimal_while_they_are_small() {
        for (bytes, french, english) in [
            (0_u64, "0\u{a0}o", "0\u{a0}B"),
            (950, "950\u{a0}o", "950\u{a0}B"),
            (1_000, "1\u{a0}Ko", "1\u{a0}KB"),
            (3_299_999_999, "3,2\u{a0}Go", "3.2\u{a0}GB"),
            (41_900_000, "41\u{a0}Mo", "41\u{a0}MB"),
            (u64::MAX, "18\u{202f}446\u{a0}Po", "18,446\u{a0}PB"),
        ] {
            let found = [Language::French, Language::English].map(|language| language.bytes(bytes).to_string());
            assert_eq!(found, [french, english]);
        }
    }

    #[test]
    fn what_stands_in_a_margin_is_short() {
        for (number, french, english) in [
            (940_u64, ("940", ""), ("940", "")),
            (4_812, ("4,8", "mille"), ("4.8", "thousand")),
            (40_212, ("40", "mille"), ("40", "thousand")),
            (1_204_331, ("1,2", "millions"), ("1.2", "million")),
            (3_000_000_000, ("3", "milliards"), ("3", "billion")),
        ] {
            let short = |language: Language| language.short(number);
            let (found, other) = (short(Language::French), short(Language::English));
            assert_eq!(((&*found.figure, found.unit), (&*other.figure, other.unit)), (french, english));
        }
        for (seconds, figure, unit) in [
            (0, "1", "min"),
            (61, "2", "min"),
            (7_199, "1", "h"),
            (200_000, "2", "d"),
            (8_639_999, "99", "d"),
            (8_640_000, "3", "mo"),
            (63_071_999, "23", "mo"),
            (63_072_000, "2", "y"),
        ] {
            assert_eq!(Language::English.elapsed(seconds), Amount { figure: figure.to_owned(), unit });
        }
    }

    #[test]
    fn a_hundred_per_cent_is_all() {
        for (done, of, percent) in [(0, 0, 0), (0, 3, 0), (2, 3, 66), (999, 1_000, 99), (3, 3, 100), (9, 3, 100)] {
            assert_eq!(Language::percent(done, of), percent);
        }
        assert_eq!(Language::percent(u64::MAX - 1, u64::MAX), 99);
    }

    #[test]
    fn durations_are_said_in_one_unit() {
        for (seconds, french, english) in [
            (0, "0\u{a0}seconde", "0 seconds"),
            (1, "1\u{a0}seconde", "1 second"),
            (59, "59\u{a0}secondes", "59 seconds"),
            (60, "1\u{a0}minute", "1 minute"),
            (3_600, "60\u{a0}minutes", "60 minutes"),
            (7_200, "2\u{a0}heures", "2 hours"),
            (200_000, "2\u{a0}jours", "2 days"),
        ] {
            assert_eq!(
                (&*Language::French.duration(seconds), &*Language::English.duration(seconds)),
                (french, english)
            );
        }
    }
}
