//! A page as it is stored: a text of about forty bytes for each event, because a page is paid for by its size.
//!
//! Numbers are in base 36 and times in seconds. Parts of an event are separated by commas, those at the end left out where
//! they are empty; events by spaces:
//!
//! | part of an event | |
//! |---|---|
//! | period | its place in `periods`, `-` before it where the event is late |
//! | id | the difference to the event before |
//! | created | the difference to the event before |
//! | timestamp | the difference to `created`; empty where they are equal |
//! | quantity | a decimal; empty where it is a deprecation |
//! | key, unique value | fingerprints |
//! | corrects | how far the corrected id lies back |

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::page::{Closed, Closing};
use super::{UsageEvent, UsageKind, UsagePage, UsageTotals};
use crate::error::{Error, Result};
use crate::ids::{self, Id};
use crate::time::Timestamp;

/// From this size on a page is sealed: what is left of 1 KB takes one more event and the totals of one more period.
const FULL_BYTES: usize = 860;
/// What a page has beside its texts: names of attributes, keys, version, numbers.
const FRAME_BYTES: usize = 225;

/// The attributes of a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredPage {
    subscription_id: Id<ids::Subscription>,
    metric_name: String,
    seq: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    events: String,
    /// The starts of the periods that the events count in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    periods: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    open: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    closed: String,
    /// From when that was, and for which bill: the start of its period and its revision.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    closed_for: String,
    received: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    corrections: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sealed: bool,
}

impl From<UsagePage> for StoredPage {
    fn from(page: UsagePage) -> Self {
        let mut periods: Vec<Timestamp> = Vec::new();
        for event in &page.events {
            if !periods.contains(&event.period) {
                periods.push(event.period);
            }
        }
        let events = events_text(&page.events, &periods);
        let periods = joined(periods.iter().map(|start| base36(start.seconds())), ' ');
        let open = page.open.iter();
        let open = joined(open.map(|(start, totals)| totals_text(*start, totals)), ' ');
        let closed = page.closed.as_ref();
        let closed_for = closed.map_or_else(String::new, |c| {
            let closing = c.closing;
            trimmed(&[
                base36(c.from.seconds()),
                step(closing.period.seconds().saturating_sub(c.from.seconds())),
                step(i64::from(closing.revision)),
            ])
        });
        let closed = closed.map_or_else(String::new, |c| totals_text(c.end, &c.totals));
        let bytes = FRAME_BYTES
            + 2 * page.metric_name.len()
            + events.len()
            + periods.len()
            + open.len()
            + closed.len()
            + closed_for.len();
        Self {
            subscription_id: page.subscription_id,
            metric_name: page.metric_name,
            seq: page.seq,
            events,
            periods,
            open,
            closed,
            closed_for,
            received: page.last_received,
            last_id: page.last_id.map(Id::number),
            corrections: page.corrections_before,
            sealed: page.sealed || bytes >= FULL_BYTES,
        }
    }
}

impl TryFrom<StoredPage> for UsagePage {
    type Error = Error;

    fn try_from(stored: StoredPage) -> Result<Self> {
        let periods = words(&stored.periods, ' ')
            .map(time)
            .collect::<Result<Vec<_>>>()?;
        let open = words(&stored.open, ' ').map(read_totals);
        let closed = words(&stored.closed, ' ')
            .map(|text| read_closed(text, &stored.closed_for))
            .next()
            .transpose()?;
        Ok(Self {
            subscription_id: stored.subscription_id,
            metric_name: stored.metric_name,
            seq: stored.seq,
            events: read_events(&stored.events, &periods)?,
            last_received: stored.received,
            last_id: stored.last_id.map(Id::new).transpose()?,
            corrections_before: stored.corrections,
            open: open.collect::<Result<_>>()?,
            closed,
            sealed: stored.sealed,
        })
    }
}

fn events_text(events: &[UsageEvent], periods: &[Timestamp]) -> String {
    let (mut id, mut created) = (0, 0);
    let text = |event: &UsageEvent| {
        let period = periods.iter().position(|start| *start == event.period);
        let period = base36(i64::try_from(period.unwrap_or_default()).unwrap_or_default());
        let late = if event.late { "-" } else { "" };
        let parts = [
            format!("{late}{period}"),
            base36(signed(event.id.number()).saturating_sub(id)),
            step(event.created.seconds().saturating_sub(created)),
            step(
                event
                    .timestamp
                    .seconds()
                    .saturating_sub(event.created.seconds()),
            ),
            match event.kind {
                UsageKind::Usage | UsageKind::Amendment(_) => {
                    event.quantity.normalize().to_string()
                }
                UsageKind::Deprecation(_) => String::new(),
            },
            event.key.map_or_else(String::new, |key| key.to_string()),
            event
                .unique_value
                .map_or_else(String::new, |value| value.to_string()),
            event.kind.corrects().map_or_else(String::new, |of| {
                base36(signed(event.id.number()).saturating_sub(signed(of.number())))
            }),
        ];
        (id, created) = (signed(event.id.number()), event.created.seconds());
        trimmed(&parts)
    };
    joined(events.iter().map(text), ' ')
}

fn read_events(text: &str, periods: &[Timestamp]) -> Result<Vec<UsageEvent>> {
    let (mut id, mut created) = (0_i64, 0_i64);
    let read = |text: &str| {
        let mut parts = text.split(',');
        let mut next = || parts.next().unwrap_or_default();
        let period = next();
        let late = period.starts_with('-');
        let place = usize::try_from(number(period.trim_start_matches('-'))?)
            .or_else(|_error| broken(text))?;
        id = id.saturating_add(number(next())?);
        created = created.saturating_add(number(next())?);
        let timestamp = Timestamp::from_seconds(created.saturating_add(number(next())?));
        let quantity = next();
        let key = fingerprint(next())?;
        let unique_value = fingerprint(next())?;
        let kind = match (next(), quantity) {
            ("", _) => UsageKind::Usage,
            (back, "") => UsageKind::Deprecation(unsigned(id.saturating_sub(number(back)?))?),
            (back, _) => UsageKind::Amendment(unsigned(id.saturating_sub(number(back)?))?),
        };
        Ok(UsageEvent {
            id: unsigned(id)?,
            kind,
            quantity: decimal(quantity)?.unwrap_or_default(),
            timestamp,
            created: Timestamp::from_seconds(created),
            period: periods
                .get(place)
                .copied()
                .ok_or(())
                .or_else(|()| broken(text))?,
            late,
            key,
            unique_value,
        })
    };
    words(text, ' ').map(read).collect()
}

/// The moment and the totals: `moment,sum,count,late,max,latest at,latest,unique`, with `?` as `max` where that is unknown.
fn totals_text(at: Timestamp, totals: &UsageTotals) -> String {
    let some =
        |value: Option<Decimal>| value.map_or_else(String::new, |v| v.normalize().to_string());
    let unknown = totals.stale.then(|| "?".to_owned());
    let latest = totals.latest;
    trimmed(&[
        base36(at.seconds()),
        totals.sum.normalize().to_string(),
        base36(totals.count),
        step(signed(totals.late)),
        unknown.unwrap_or_else(|| some(totals.max)),
        latest.map_or_else(String::new, |(at, _)| base36(at.seconds())),
        some(latest.map(|(_, value)| value)),
        totals
            .unique
            .map_or_else(String::new, |count| base36(signed(count))),
    ])
}

fn read_totals(text: &str) -> Result<(Timestamp, UsageTotals)> {
    let mut parts = text.split(',');
    let mut next = || parts.next().unwrap_or_default();
    let at = time(next())?;
    let sum = decimal(next())?.unwrap_or_default();
    let count = number(next())?;
    let late = u64::try_from(number(next())?).or_else(|_error| broken(text))?;
    let max = next();
    let stale = max == "?";
    let max = if stale { None } else { decimal(max)? };
    let (latest_at, latest) = (next(), decimal(next())?);
    let latest = latest.map(|value| Ok::<_, Error>((time(latest_at)?, value)));
    let unique = match next() {
        "" => None,
        digits => Some(u64::try_from(number(digits)?).or_else(|_error| broken(text))?),
    };
    let totals = UsageTotals {
        sum,
        count,
        late,
        max,
        latest: latest.transpose()?,
        unique,
        stale,
    };
    Ok((at, totals))
}

fn read_closed(text: &str, closed_for: &str) -> Result<Closed> {
    let (end, totals) = read_totals(text)?;
    let mut parts = closed_for.split(',');
    let mut next = || parts.next().unwrap_or_default();
    let from = number(next())?;
    let period = from.saturating_add(number(next())?);
    let revision = u32::try_from(number(next())?).or_else(|_error| broken(closed_for))?;
    Ok(Closed {
        from: Timestamp::from_seconds(from),
        end,
        closing: Closing {
            period: Timestamp::from_seconds(period),
            revision,
        },
        totals,
    })
}

fn words(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).filter(|word| !word.is_empty())
}

fn joined(words: impl Iterator<Item = String>, separator: char) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(separator);
        }
        text.push_str(&word);
    }
    text
}

/// The parts without those at the end that are empty.
fn trimmed(parts: &[String]) -> String {
    parts.join(",").trim_end_matches(',').to_owned()
}

/// A number that is mostly zero: then nothing.
fn step(number: i64) -> String {
    if number == 0 {
        String::new()
    } else {
        base36(number)
    }
}

fn base36(number: i64) -> String {
    let mut digits = Vec::new();
    let mut rest = number.unsigned_abs();
    while rest > 0 || digits.is_empty() {
        let digit = u32::try_from(rest % 36).unwrap_or_default();
        digits.push(char::from_digit(digit, 36).unwrap_or_default());
        rest /= 36;
    }
    if number < 0 {
        digits.push('-');
    }
    digits.iter().rev().collect()
}

/// Reads [`base36`] and [`step`].
fn number(text: &str) -> Result<i64> {
    if text.is_empty() {
        return Ok(0);
    }
    i64::from_str_radix(text, 36).or_else(|_error| broken(text))
}

fn time(text: &str) -> Result<Timestamp> {
    number(text).map(Timestamp::from_seconds)
}

fn decimal(text: &str) -> Result<Option<Decimal>> {
    match text {
        "" => Ok(None),
        digits => digits.parse().map(Some).or_else(|_error| broken(text)),
    }
}

fn fingerprint(text: &str) -> Result<Option<super::Fingerprint>> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).or_else(|_error| broken(text)),
    }
}

/// Counts and ids are far below 2^63.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> Result<Id<ids::Usage>> {
    Id::new(u64::try_from(number).map_err(Error::internal)?)
}

fn broken<T>(text: &str) -> Result<T> {
    Err(Error::internal(format_args!(
        "a page of usage has {text:?}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::Fingerprint;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn event(id: u64, kind: UsageKind, quantity: &str) -> UsageEvent {
        UsageEvent {
            id: Id::new(id).unwrap(),
            kind,
            quantity: quantity.parse().unwrap(),
            timestamp: at("2026-01-15T12:00:00Z"),
            created: at("2026-01-15T12:00:00Z"),
            period: at("2026-01-01T00:00:00Z"),
            late: false,
            key: None,
            unique_value: None,
        }
    }

    fn page() -> UsagePage {
        let mut page = UsagePage::first(
            Id::new(1).unwrap(),
            "api_calls".to_owned(),
            at("2026-01-15T12:00:00Z"),
        );
        page.events = vec![
            event(892_083_540_430_848, UsageKind::Usage, "1500"),
            UsageEvent {
                timestamp: at("2025-12-11T12:00:00Z"),
                period: at("2026-02-01T00:00:00Z"),
                late: true,
                key: Some(Fingerprint::of_key("report-1")),
                ..event(892_083_540_430_900, UsageKind::Usage, "0.000001")
            },
            UsageEvent {
                // A clock that was set back.
                created: at("2025-01-01T00:00:00Z"),
                unique_value: Some(Fingerprint::of_value("x")),
                ..event(892_083_540_430_901, UsageKind::Usage, "0")
            },
        ];
        let [first, second, _] = [0, 1, 2].map(|index| page.events[index].id);
        let amendment = UsageKind::Amendment(second);
        let deprecation = UsageKind::Deprecation(first);
        page.events.push(event(892_083_540_430_902, amendment, "0"));
        page.events
            .push(event(892_083_540_430_903, deprecation, "0"));
        page.last_id = page.events.last().map(|event| event.id);
        page.corrections_before = Some(7);
        let mut totals = UsageTotals::default();
        totals
            .add("0.5".parse().unwrap(), at("2026-01-02T00:00:00Z"), true)
            .unwrap();
        totals.unique = Some(0);
        page.open.insert(at("2026-01-01T00:00:00Z"), totals.clone());
        totals.adjust(Decimal::from(-3), -2).unwrap();
        totals.forget();
        page.open.insert(at("2026-02-01T00:00:00Z"), totals.clone());
        page.closed = Some(Closed {
            from: at("2025-12-15T00:00:00Z"),
            end: at("2026-01-01T00:00:00Z"),
            closing: Closing {
                period: at("2025-12-01T00:00:00Z"),
                revision: 3,
            },
            totals,
        });
        page
    }

    #[test]
    fn a_page_is_read_as_it_was_written() {
        let text = serde_json::to_string(&page()).unwrap();
        assert_eq!(serde_json::from_str::<UsagePage>(&text).unwrap(), page());
    }

    #[test]
    fn an_event_is_a_short_text() {
        let stored = StoredPage::from(page());
        let events: Vec<&str> = stored.events.split(' ').collect();
        let want = [
            "0,8s7tir239c,t8wmo0,,1500",
            "-1,1g,,-1stc0,0.000001,UBfSgds0VPFpyuvD",
            "0,1,-jis00,jis00,0,,qm29kkZM-RuWk0aY",
            "0,1,jis00,,0,,,2",
            "0,1,,,,,,1j",
        ];
        assert_eq!(events, want);
        assert_eq!(stored.periods, "t85s00 t9r6o0");
    }

    #[test]
    fn a_broken_page_is_an_error_and_no_panic() {
        let good = serde_json::to_value(StoredPage::from(page())).unwrap();
        for (field, text) in [
            ("events", "5,1,1,,1"),
            ("events", "-,x!,1,,1"),
            ("events", "0,-1,1,,1"),
            ("events", "0,1,1,,1,short"),
            ("events", "zzzzzzzzzzzzzzzzzzzz"),
            ("periods", "!"),
            ("open", "1,x"),
            ("open", "1,1,1,-1"),
            ("closed", "1,1,1,1,1,1,1,-1"),
            ("closed_for", "1,1,-1"),
        ] {
            let mut broken = good.clone();
            broken[field] = text.into();
            assert!(
                serde_json::from_value::<UsagePage>(broken).is_err(),
                "{field} {text}"
            );
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for n in [0, 1, -1, 35, 36, -36, i64::MAX, i64::MIN + 1] {
            assert_eq!(number(&base36(n)).unwrap(), n);
            assert_eq!(number(&step(n)).unwrap(), n);
        }
    }
}
