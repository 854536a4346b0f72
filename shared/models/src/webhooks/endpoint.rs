//! Where a business wants to hear of events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::event::EventType;
use crate::ids::{self, Id};
use crate::metadata::Metadata;
use crate::platform::Group;
use crate::time::Timestamp;

/// Which events an endpoint wants: a type by name, a family (`invoice.*`), or all (`*`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventFilter(String);

impl EventFilter {
    /// Reads a filter. `None` where no event could ever match: a typing error should not mean silence.
    pub fn parse(text: &str) -> Option<Self> {
        let known = text == "*"
            || match text.strip_suffix(".*") {
                Some(family) => EventType::ALL
                    .iter()
                    .any(|kind| in_family(kind.as_str(), family)),
                None => text.parse::<EventType>().is_ok(),
            };
        known.then(|| Self(text.to_owned()))
    }

    /// Whether an event of that type is wanted.
    pub fn matches(&self, kind: EventType) -> bool {
        match self.0.strip_suffix(".*") {
            Some(family) => in_family(kind.as_str(), family),
            None => self.is_all() || self.0 == kind.as_str(),
        }
    }

    /// As the caller wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The groups whose records the events carry that it matches. `*` has every group: events of any may come to be.
    pub fn groups(&self) -> impl Iterator<Item = Group> {
        let carries = |group: &Group| {
            let mut kinds = EventType::ALL.iter();
            kinds.any(|kind| Group::of_events(*kind) == *group && self.matches(*kind))
        };
        let groups = Group::ALL.iter().copied();
        groups.filter(move |group| self.is_all() || carries(group))
    }

    /// Whether it matches every event.
    pub fn is_all(&self) -> bool {
        self.0 == "*"
    }
}

fn in_family(kind: &str, family: &str) -> bool {
    kind.strip_prefix(family)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// A secret that was replaced and still signs, beside the new one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldSecret {
    /// The key.
    pub secret: String,
    /// Until when it signs.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for OldSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OldSecret")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Old secrets that sign at the same time, at most.
const MAX_OLD_SECRETS: usize = 10;

choices! {
    /// Why nothing is sent any more.
    pub enum DisabledReason {
        /// Somebody switched it off.
        Manual = "manual",
        /// It answered 410.
        Gone = "gone",
        /// Every attempt failed for five days.
        Failing = "failing",
    }
}

/// Where a business wants to hear of events.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: Id<ids::Webhook>,
    /// Where to post.
    pub url: String,
    /// What the caller says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What to post.
    pub events: Vec<EventFilter>,
    /// The key of the signatures. It is shown once, and in no event.
    pub secret: String,
    /// Secrets that were replaced, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_secrets: Vec<OldSecret>,
    /// Headers that every message carries beside ours. Values may be credentials.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Messages in a minute, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Since when it has been so.
    pub enabled_changed: Timestamp,
    /// Why nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<DisabledReason>,
    /// The caller's.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    /// When it was created.
    pub created: Timestamp,
    /// When it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

impl Endpoint {
    /// Whether an event of that type goes to it.
    pub fn wants(&self, kind: EventType) -> bool {
        self.takes_any() && self.events.iter().any(|filter| filter.matches(kind))
    }

    /// Whether anything goes to it at all.
    pub const fn takes_any(&self) -> bool {
        self.enabled && self.deleted.is_none()
    }

    /// Switches it on or off by hand.
    pub fn set_enabled(&mut self, enabled: bool, now: Timestamp) {
        if enabled != self.enabled {
            (self.enabled, self.enabled_changed) = (enabled, now);
            self.disabled_reason = (!enabled).then_some(DisabledReason::Manual);
        }
    }

    /// Switches it off for what its answers say.
    pub fn disable(&mut self, reason: DisabledReason, now: Timestamp) {
        (self.enabled, self.enabled_changed) = (false, now);
        self.disabled_reason = Some(reason);
    }

    /// Signs with another secret from now on, and with the present one beside it for so many seconds. With 0 no earlier
    /// secret signs any more.
    pub fn rotate(&mut self, secret: String, overlap_seconds: i64, now: Timestamp) {
        let present = std::mem::replace(&mut self.secret, secret);
        let signs = |old: &OldSecret| old.expires_at > now && old.secret != self.secret;
        self.old_secrets.retain(signs);
        if overlap_seconds <= 0 {
            self.old_secrets.clear();
        } else if present != self.secret {
            let expires_at = now.plus_seconds(overlap_seconds);
            let old = OldSecret {
                secret: present,
                expires_at,
            };
            self.old_secrets.insert(0, old);
            self.old_secrets.truncate(MAX_OLD_SECRETS);
        }
    }

    /// Until when a replaced secret signs beside the present one; `None` where none does at `now`.
    pub fn old_secrets_expire_at(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = self.old_secrets.iter().map(|old| old.expires_at);
        ends.filter(|end| *end > now).max()
    }

    /// The secrets that sign at `now`, newest first.
    pub fn signing_secrets(&self, now: Timestamp) -> Vec<&str> {
        let valid = self.old_secrets.iter().filter(|old| old.expires_at > now);
        let old = valid.map(|old| old.secret.as_str());
        std::iter::once(self.secret.as_str()).chain(old).collect()
    }

    /// It is gone, and its secrets with it: nothing is signed for it any more.
    pub fn delete(&mut self, now: Timestamp) {
        self.secret.clear();
        self.old_secrets.clear();
        self.headers.clear();
        self.deleted = Some(now);
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_by_name_family_and_all() {
        let paid = EventType::InvoicePaid;
        for text in ["*", "invoice.*", "invoice.paid"] {
            assert!(EventFilter::parse(text).unwrap().matches(paid), "{text}");
        }
        assert!(!EventFilter::parse("payment.*").unwrap().matches(paid));
        assert!(
            !EventFilter::parse("payment.*")
                .unwrap()
                .matches(EventType::PaymentMethodAttached)
        );
        for typo in [
            "",
            "invoice",
            "invoice.payed",
            "invoices.*",
            "**",
            "*.paid",
            ".*",
        ] {
            assert_eq!(EventFilter::parse(typo), None, "{typo}");
        }
    }

    #[test]
    fn a_filter_has_the_groups_of_the_events_that_it_matches() {
        let groups = |text: &str| -> Vec<Group> {
            let filter = EventFilter::parse(text).unwrap();
            filter.groups().collect()
        };
        assert_eq!(groups("*"), Group::ALL);
        assert_eq!(groups("invoice.paid"), [Group::Billing]);
        for kind in EventType::ALL {
            let (family, _) = kind.as_str().split_once('.').unwrap();
            assert_eq!(groups(kind.as_str()), [Group::of_events(*kind)]);
            assert_eq!(
                groups(&format!("{family}.*")),
                [Group::of_events(*kind)],
                "{family}"
            );
        }
    }

    #[test]
    fn a_replaced_secret_signs_beside_the_new_one_until_its_time_is_over() {
        let now = Timestamp::from_seconds(1_000_000);
        let mut endpoint = Endpoint {
            id: Id::new(1).unwrap(),
            url: "https://a.example/".to_owned(),
            description: None,
            events: Vec::new(),
            secret: "one".to_owned(),
            old_secrets: Vec::new(),
            headers: BTreeMap::new(),
            rate_limit: None,
            enabled: true,
            enabled_changed: now,
            disabled_reason: None,
            metadata: Metadata::new(),
            created: now,
            deleted: None,
        };
        endpoint.rotate("two".to_owned(), 86_400, now);
        assert_eq!(endpoint.signing_secrets(now), ["two", "one"]);
        endpoint.rotate("three".to_owned(), 3_600, now.plus_seconds(60));
        assert_eq!(
            endpoint.signing_secrets(now.plus_seconds(60)),
            ["three", "two", "one"]
        );
        assert_eq!(
            endpoint.signing_secrets(now.plus_seconds(7_200)),
            ["three", "one"]
        );
        assert_eq!(endpoint.signing_secrets(now.plus_days(1)), ["three"]);
        assert_eq!(endpoint.old_secrets_expire_at(now), Some(now.plus_days(1)));
        assert_eq!(endpoint.old_secrets_expire_at(now.plus_days(1)), None);
        // Back to one that still signs: it signs once.
        endpoint.rotate("one".to_owned(), 3_600, now.plus_seconds(120));
        assert_eq!(
            endpoint.signing_secrets(now.plus_seconds(120)),
            ["one", "three", "two"]
        );
        endpoint.rotate("four".to_owned(), 0, now.plus_seconds(180));
        assert_eq!(endpoint.signing_secrets(now), ["four"]);
        for number in 0..20 {
            endpoint.rotate(format!("secret {number}"), 86_400, now.plus_days(2));
        }
        assert_eq!(endpoint.old_secrets.len(), 10);
        assert!(!format!("{endpoint:?}").contains("secret 1"));
    }
}
