//! Moments, days and billing periods. `jiff` stays behind this module.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::choices;
use crate::error::{Error, Result};

/// A moment in UTC with millisecond precision; printed as RFC 3339, without a fraction where it is zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The last moment that we compute with: ids have 41 bits of milliseconds since 2020, which end in 2089.
pub const HORIZON: Timestamp = Timestamp(3_755_289_600_000);

impl Timestamp {
    /// From Unix milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From Unix seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Unix milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Unix seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The same moment without its fraction of a second: what records carry.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self::from_seconds(self.seconds())
    }

    /// Later by that many seconds (earlier where negative).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// Later by that many days of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// The day in UTC.
    pub fn date(self) -> Result<Date> {
        Zone::default().date(self)
    }

    /// The sortable form in index keys: always the same length.
    pub fn key(self) -> String {
        format!("{:014}", self.0.max(0))
    }

    /// Reads [`Timestamp::key`] back.
    pub fn from_key(key: &str) -> Option<Self> {
        key.parse().ok().map(Self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => fmt::Display::fmt(&moment, f),
            Err(_) => Err(fmt::Error),
        }
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a moment or day in the format we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid date or time")]
pub struct NotATime;

impl FromStr for Timestamp {
    type Err = NotATime;

    /// RFC 3339 with `Z` or an offset.
    fn from_str(text: &str) -> std::result::Result<Self, NotATime> {
        text.parse::<jiff::Timestamp>()
            .map(|moment| Self(moment.as_millisecond()))
            .or(Err(NotATime))
    }
}
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A moment as whole seconds of Unix time: for storage that is short of room.
pub mod unix_seconds {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Timestamp;

    /// For `serialize_with`. Fractions of a second are lost.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(at.seconds())
    }

    /// For `deserialize_with`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_seconds)
    }
}

/// A day of the calendar, printed `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Date(civil::Date);

impl Date {
    /// Later by that many days.
    pub fn plus_days(self, days: i32) -> Result<Self> {
        self.0
            .checked_add(jiff::Span::new().days(days))
            .map(Self)
            .map_err(Error::internal)
    }

    /// The four digits of the year.
    pub fn year(self) -> i16 {
        self.0.year()
    }
}
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl FromStr for Date {
    type Err = NotATime;

    fn from_str(text: &str) -> std::result::Result<Self, NotATime> {
        if text.len() != 10 {
            return Err(NotATime);
        }
        text.parse().map(Self).or(Err(NotATime))
    }
}

/// The canonical spelling of an IANA time zone such as `America/Toronto`; `None` where there is no such zone.
///
/// The database is the one compiled in: what is a zone does not depend on the machine.
pub fn time_zone(name: &str) -> Option<String> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    zone.iana_name().map(str::to_owned)
}

/// The calendar in which a business counts days and months. Stored as its IANA name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(String);

impl Default for Zone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

impl Zone {
    /// The zone of that name. Errors where there is none.
    pub fn new(name: &str) -> Result<Self> {
        time_zone(name)
            .map(Self)
            .ok_or_else(|| Error::internal(format_args!("{name} is no time zone")))
    }

    /// Whether it is UTC: storage leaves it out.
    pub fn is_utc(&self) -> bool {
        self.0 == "UTC"
    }

    /// The IANA name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The day on which a moment falls here.
    pub fn date(&self, at: Timestamp) -> Result<Date> {
        Ok(Date(self.zoned(at)?.date()))
    }

    /// Midnight at which a day begins here; the first moment after a gap where the clock skips midnight.
    pub fn start_of(&self, date: Date) -> Result<Timestamp> {
        let zoned = date.0.to_zoned(self.zone()?).map_err(Error::internal)?;
        Ok(Timestamp(zoned.timestamp().as_millisecond()))
    }

    /// The moment at which the clock on the wall says that hour (0 to 23) on a day; the first moment after a gap.
    pub fn at_hour(&self, date: Date, hour: i8) -> Result<Timestamp> {
        self.moment(date.0.at(hour.clamp(0, 23), 0, 0, 0))
    }

    /// The hour of the day that the clock on the wall says.
    pub fn hour(&self, at: Timestamp) -> Result<i8> {
        Ok(self.zoned(at)?.hour())
    }

    /// A day at the time of the day that `other` falls on.
    pub fn at_time_of(&self, date: Date, other: Timestamp) -> Result<Timestamp> {
        self.moment(date.0.to_datetime(self.zoned(other)?.time()))
    }

    fn moment(&self, wall: civil::DateTime) -> Result<Timestamp> {
        let zoned = wall.to_zoned(self.zone()?).map_err(Error::internal)?;
        Ok(Timestamp(zoned.timestamp().as_millisecond()))
    }

    /// Midnights between two moments: how many days of the calendar the later one is after the earlier one.
    pub fn days_between(&self, from: Timestamp, to: Timestamp) -> Result<i64> {
        let span = self.date(from)?.0.until(self.date(to)?.0);
        Ok(i64::from(span.map_err(Error::internal)?.get_days()))
    }

    fn zone(&self) -> Result<TimeZone> {
        if self.is_utc() {
            return Ok(TimeZone::UTC);
        }
        TimeZoneDatabase::bundled()
            .get(&self.0)
            .map_err(Error::internal)
    }

    fn zoned(&self, at: Timestamp) -> Result<jiff::Zoned> {
        let moment = jiff::Timestamp::from_millisecond(at.0).map_err(Error::internal)?;
        Ok(moment.to_zoned(self.zone()?))
    }
}

choices! {
    /// The step of a price: how long one period is.
    #[derive(Hash)]
    pub enum Interval {
        /// 24 hours.
        Day = "day",
        /// Seven days.
        Week = "week",
        /// A calendar month.
        Month = "month",
        /// Three calendar months.
        Quarter = "quarter",
        /// Twelve calendar months.
        Year = "year",
    }
}

impl Interval {
    /// `anchor` plus `steps` periods of `count` intervals, by the calendar and the clock on the wall of `zone`.
    ///
    /// Days and months are counted from the anchor itself, so its day survives short months (31 Jan → 28 Feb → 31 Mar) and
    /// its hour survives the change of the clocks. An hour that a change skips is the one after it, on that day alone.
    pub fn after(
        self,
        anchor: Timestamp,
        count: u32,
        steps: u32,
        zone: &Zone,
    ) -> Result<Timestamp> {
        self.step(
            anchor,
            i64::from(count).saturating_mul(i64::from(steps)),
            zone,
        )
    }

    /// As [`Interval::after`], one period of `count` intervals before `anchor`.
    pub fn before(self, anchor: Timestamp, count: u32, zone: &Zone) -> Result<Timestamp> {
        self.step(anchor, -i64::from(count), zone)
    }

    fn step(self, anchor: Timestamp, n: i64, zone: &Zone) -> Result<Timestamp> {
        let span = match self {
            Self::Day => jiff::Span::new().try_days(n),
            Self::Week => jiff::Span::new().try_weeks(n),
            Self::Month => jiff::Span::new().try_months(n),
            Self::Quarter => jiff::Span::new().try_months(n.saturating_mul(3)),
            Self::Year => jiff::Span::new().try_months(n.saturating_mul(12)),
        }
        .map_err(Error::internal)?;
        let zoned = zone
            .zoned(anchor)?
            .checked_add(span)
            .map_err(Error::internal)?;
        Ok(Timestamp(zoned.timestamp().as_millisecond()))
    }
}

/// From `start` (inclusive) to `end` (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The first moment that belongs to it.
    pub start: Timestamp,
    /// The first moment that does not.
    pub end: Timestamp,
}

impl Period {
    /// Whether a moment belongs to it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn month_steps_keep_the_day_of_the_anchor() {
        let anchor = at("2026-01-31T10:00:00Z");
        let steps: Vec<String> = (0..4)
            .map(|n| {
                Interval::Month
                    .after(anchor, 1, n, &Zone::default())
                    .unwrap()
                    .to_string()
            })
            .collect();
        assert_eq!(
            steps,
            [
                "2026-01-31T10:00:00Z",
                "2026-02-28T10:00:00Z",
                "2026-03-31T10:00:00Z",
                "2026-04-30T10:00:00Z"
            ]
        );
    }

    #[test]
    fn leap_days_come_back_in_leap_years() {
        let anchor = at("2024-02-29T00:00:00Z");
        assert_eq!(
            Interval::Year
                .after(anchor, 1, 1, &Zone::default())
                .unwrap(),
            at("2025-02-28T00:00:00Z")
        );
        assert_eq!(
            Interval::Year
                .after(anchor, 1, 4, &Zone::default())
                .unwrap(),
            at("2028-02-29T00:00:00Z")
        );
    }

    #[test]
    fn the_hour_survives_the_change_of_the_clocks() {
        let zone = Zone::new("America/New_York").unwrap();
        // 02:30 does not exist on 8 March 2026; it is 03:30 on that day, and 02:30 again a month later.
        let anchor = at("2026-02-08T07:30:00Z");
        let step = |n| {
            Interval::Month
                .after(anchor, 1, n, &zone)
                .unwrap()
                .to_string()
        };
        assert_eq!(step(1), "2026-03-08T07:30:00Z");
        assert_eq!(step(2), "2026-04-08T06:30:00Z");
        // 01:30 comes twice on 1 November 2026: the first of the two counts.
        let anchor = at("2026-10-01T05:30:00Z");
        let next = Interval::Month.after(anchor, 1, 1, &zone).unwrap();
        assert_eq!(next.to_string(), "2026-11-01T05:30:00Z");
        assert_eq!(
            zone.days_between(at("2026-03-08T04:59:59Z"), at("2026-03-08T05:00:00Z"))
                .unwrap(),
            1
        );
    }

    #[test]
    fn printed_without_a_zero_fraction() {
        assert_eq!(
            at("2025-06-27T10:30:00+02:00").to_string(),
            "2025-06-27T08:30:00Z"
        );
        assert_eq!(
            Timestamp::from_millis(1500).to_string(),
            "1970-01-01T00:00:01.5Z"
        );
        assert_eq!(
            Timestamp::from_key(&at("2025-06-27T10:30:00Z").key()),
            Some(at("2025-06-27T10:30:00Z"))
        );
    }

    #[test]
    fn a_time_zone_has_one_spelling() {
        for (given, canonical) in [
            ("America/Toronto", "America/Toronto"),
            ("europe/athens", "Europe/Athens"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(time_zone(given).as_deref(), Some(canonical));
        }
        for bad in [
            "",
            "EST5EDT4",
            "Mars/Olympus",
            "Etc/Unknown",
            "+02:00",
            "../UTC",
        ] {
            assert_eq!(time_zone(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_a_whole_date_is_a_date() {
        assert!("2025-06-27".parse::<Date>().is_ok());
        for bad in [
            "2025-02-30",
            "2025-6-27",
            "2025-06-27T00:00:00Z",
            "20250627",
            "",
        ] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }
}
