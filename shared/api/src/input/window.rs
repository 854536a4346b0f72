//! The window of time that a list is asked for, in Stripe's parameters.

use models::Timestamp;
use models::time::HORIZON;

use super::{Described, Fields, Input, Words};

/// When the records of a list were created. Whole seconds, both ends included: `created` has no fractions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// The earliest.
    pub since: Option<Timestamp>,
    /// The latest.
    pub until: Option<Timestamp>,
}

impl Input for Window {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let detail = "is asked for by created[gte], created[gt], created[lte] and created[lt]";
        fields.unsupported("created", detail);
        let from = bound(fields, "created[gte]");
        let after = bound(fields, "created[gt]");
        let to = bound(fields, "created[lte]");
        let before = bound(fields, "created[lt]");
        let begin = from.max(after);
        for (name, end) in [("created[lte]", to), ("created[lt]", before)] {
            if begin.zip(end).is_some_and(|(begin, end)| begin > end) {
                let detail = "must not be before the window begins";
                fields.reject(name, "invalid_range", detail);
            }
        }
        let ends = [to.map(Timestamp::whole_second), before.map(last_before)];
        Some(Self {
            since: from.map(first_from).max(after.map(first_after)),
            until: ends.into_iter().flatten().min(),
        })
    }
}

impl Described for Window {
    const NAME: &'static str = "Window";
    const DOC: &'static str = "A window of time.";

    fn words() -> Vec<Words> {
        let words = |field, doc, example: Option<&str>| Words {
            field,
            doc,
            example: example.map(Into::into),
        };
        vec![
            words(
                "created[gte]",
                "Created from this moment on: RFC 3339, or seconds since 1970.",
                Some("2025-06-27T00:00:00Z"),
            ),
            words("created[gt]", "Created after this moment.", None),
            words("created[lte]", "Created up to this moment.", None),
            words("created[lt]", "Created before this moment.", None),
        ]
    }
}

impl Window {
    /// Whether no second is in it: after one and before the next.
    pub fn is_empty(&self) -> bool {
        let ends = self.since.zip(self.until);
        ends.is_some_and(|(since, until)| since > until)
    }
}

/// RFC 3339, or whole seconds since 1970.
fn bound(fields: &mut Fields<'_>, name: &'static str) -> Option<Timestamp> {
    let written = fields.text(name, 1..=40).optional()?;
    let seconds = written.parse().ok().map(Timestamp::from_seconds);
    let at = seconds.or_else(|| written.parse().ok());
    let known = Timestamp::from_seconds(0)..=HORIZON;
    let at = at.filter(|at| known.contains(at));
    if at.is_none() {
        let detail = "must be a date and time like 2027-01-31T00:00:00Z, or seconds since 1970";
        fields.reject(name, "invalid_timestamp", detail);
    }
    at
}

/// The first whole second that is not before `at`.
fn first_from(at: Timestamp) -> Timestamp {
    if at.whole_second() == at {
        at
    } else {
        first_after(at)
    }
}

fn first_after(at: Timestamp) -> Timestamp {
    at.whole_second().plus_seconds(1)
}

/// The last whole second before `at`.
fn last_before(at: Timestamp) -> Timestamp {
    first_from(at).plus_seconds(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> (Window, Vec<String>) {
        let mut fields = Fields::from_query(query);
        let created = Window::read(&mut fields).unwrap();
        let wrong = fields.finish().fields.into_iter();
        (created, wrong.map(|field| field.pointer).collect())
    }

    fn window(query: &str) -> (Option<i64>, Option<i64>) {
        let (created, wrong) = read(query);
        assert!(wrong.is_empty(), "{query}: {wrong:?}");
        let seconds = |at: Option<Timestamp>| at.map(Timestamp::seconds);
        (seconds(created.since), seconds(created.until))
    }

    #[test]
    fn a_window_is_of_whole_seconds() {
        assert_eq!(window(""), (None, None));
        assert_eq!(
            window("created[gte]=10&created[lte]=20"),
            (Some(10), Some(20))
        );
        assert_eq!(
            window("created%5Bgt%5D=10&created%5Blt%5D=20"),
            (Some(11), Some(19))
        );
        assert_eq!(
            window("created[gte]=1970-01-01T00:00:10.5Z&created[lt]=1970-01-01T00:00:19.5Z"),
            (Some(11), Some(19))
        );
        assert_eq!(
            window("created[gt]=1970-01-01T00:00:10.5Z&created[lte]=1970-01-01T01:00:19.5%2B01:00"),
            (Some(11), Some(19))
        );
        // All of them hold.
        assert_eq!(
            window("created[gte]=10&created[gt]=10&created[lte]=20&created[lt]=20"),
            (Some(11), Some(19))
        );
        assert!(read("created[gt]=10&created[lt]=11").0.is_empty());
        assert!(!read("created[gte]=10&created[lte]=10").0.is_empty());
    }

    #[test]
    fn every_wrong_end_is_named() {
        let lte = "?created[lte]";
        for (query, wrong) in [
            ("created[gte]=yesterday", vec!["?created[gte]"]),
            ("created[gt]=-1", vec!["?created[gt]"]),
            ("created[lt]=99999999999999", vec!["?created[lt]"]),
            ("created[lte]=10.5", vec![lte]),
            ("created[gte]=20&created[lte]=10", vec![lte]),
            (
                "created[gt]=20&created[lte]=10&created[lt]=10",
                vec![lte, "?created[lt]"],
            ),
            ("created=10", vec!["?created"]),
            ("created[gtee]=10", vec!["?created[gtee]"]),
        ] {
            assert_eq!(read(query).1, wrong, "{query}");
        }
    }
}
