//! Dates and times of day, in the zone of this machine.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::Language;

/// A moment as the clock on the wall shows it here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment(ZonedDateTime);

impl Moment {
    /// The present.
    pub(crate) fn now() -> Self {
        Self(ZonedDateTime::now())
    }

    /// Seconds since 1970, here. A number beyond the calendar is the calendar's end.
    pub(crate) fn of_unix(seconds: u64) -> Self {
        Self::in_zone(seconds, TimeZone::system())
    }

    fn in_zone(seconds: u64, zone: TimeZone) -> Self {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        Self(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_zoned_datetime(zone))
    }

    /// Seconds since 1970; 0 before.
    pub(crate) fn unix(&self) -> u64 {
        self.0.timestamp().as_second().try_into().unwrap_or(0)
    }

    /// For `<time datetime>`.
    pub(crate) fn machine(&self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

impl Language {
    /// *Dimanche 22 novembre 2026*.
    pub(crate) fn date(self, moment: &Moment) -> String {
        capitalised(&self.date_in_sentence(moment))
    }

    /// *dimanche 22 novembre 2026*.
    fn date_in_sentence(self, moment: &Moment) -> String {
        let date = moment.0.date();
        let weekday = self.weekday(date.weekday().to_monday_zero_offset().unsigned_abs());
        let month = self.month(date.month().unsigned_abs());
        let day = match (self, date.day()) {
            (Self::French, 1) => "1er".to_owned(),
            (_, day) => day.to_string(),
        };
        self.date_words(weekday, day, month, date.year().to_string())
    }

    /// *21 h 04*.
    pub(crate) fn time(self, moment: &Moment) -> String {
        let time = moment.0.time();
        let minute = format!("{:02}", time.minute());
        self.time_words(time.hour().to_string(), minute)
    }

    /// How long before `now`, and when, as exactly as is of use: *il y a 8 min, à 21 h 04*.
    pub(crate) fn ago(self, moment: &Moment, now: &Moment) -> String {
        let seconds = now.unix().saturating_sub(moment.unix());
        match seconds {
            0..60 => self.moments_ago().to_owned(),
            60..3_600 => self.minutes_ago(seconds / 60, self.time(moment)),
            _ if moment.0.date() == now.0.date() => self.today_at(self.time(moment)),
            _ => self.on_date(self.date_in_sentence(moment), self.time(moment)),
        }
    }

    /// How long before `now`, and when, however long ago: *il y a 3 jours, jeudi 19 novembre 2026, à 21 h 40*.
    pub(crate) fn when(self, moment: &Moment, now: &Moment) -> String {
        let seconds = now.unix().saturating_sub(moment.unix());
        if seconds < 3_600 {
            return self.ago(moment, now);
        }
        let at = if moment.0.date() == now.0.date() {
            self.at_time(self.time(moment))
        } else {
            self.on_date(self.date_in_sentence(moment), self.time(moment))
        };
        self.ago_and_when(self.duration(seconds), at)
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::in_zone(seconds, TimeZone::UTC)
    }

    #[test]
    fn dates_are_said_as_people_say_them() {
        let moment = at(1_795_381_440);
        assert_eq!(Language::French.date(&moment), "Dimanche 22\u{a0}novembre 2026");
        assert_eq!(Language::English.date(&moment), "Sunday 22 November 2026");
        assert_eq!(Language::French.time(&moment), "21\u{a0}h\u{a0}04");
        assert_eq!(Language::English.time(&moment), "21:04");
        assert_eq!(Language::French.date(&at(1_793_491_200)), "Dimanche 1er\u{a0}novembre 2026");
        assert_eq!(moment.machine(), "2026-11-22T21:04:00+00:00");
        assert!(at(u64::MAX).unix() > 1 << 37);
    }

    #[test]
    fn what_is_near_is_said_relatively_and_absolutely() {
        let now = at(1_795_381_440);
        for (before, french, english) in [
            (5, "à l’instant", "just now"),
            (480, "il y a 8\u{a0}min, à 20\u{a0}h\u{a0}56", "8 min ago, at 20:56"),
            (7_200, "aujourd’hui à 19\u{a0}h\u{a0}04", "today at 19:04"),
            (86_400, "samedi 21\u{a0}novembre 2026, à 21\u{a0}h\u{a0}04", "Saturday 21 November 2026, at 21:04"),
        ] {
            let moment = at(now.unix() - before);
            assert_eq!(Language::French.ago(&moment, &now), french);
            assert_eq!(Language::English.ago(&moment, &now), english);
        }
        assert_eq!(Language::English.ago(&at(now.unix() + 60), &now), "just now");
        assert_eq!(Language::English.when(&at(now.unix() - 480), &now), "8 min ago, at 20:56");
        assert_eq!(Language::French.when(&at(now.unix() - 7_200), &now), "il y a 2\u{a0}heures, à 19\u{a0}h\u{a0}04");
        let days = "3 days ago, Thursday 19 November 2026, at 21:04";
        assert_eq!(Language::English.when(&at(now.unix() - 259_200), &now), days);
    }
}
