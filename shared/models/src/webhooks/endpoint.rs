//! Where a business wants to hear of events.

use serde::{Deserialize, Serialize};

use crate::event::EventType;
use crate::ids::{self, Id};
use crate::metadata::Metadata;
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
            None => self.0 == "*" || self.0 == kind.as_str(),
        }
    }

    /// As the caller wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn in_family(kind: &str, family: &str) -> bool {
    kind.strip_prefix(family)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// Where a business wants to hear of events.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: Id<ids::Webhook>,
    /// Where to post.
    pub url: String,
    /// What to post.
    pub events: Vec<EventFilter>,
    /// The key of the signatures. It is shown once, and in no event.
    pub secret: String,
    /// Whether anything is sent.
    pub enabled: bool,
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
        self.enabled
            && self.deleted.is_none()
            && self.events.iter().any(|filter| filter.matches(kind))
    }

    /// It is gone, and its secret with it: nothing is signed for it any more.
    pub fn delete(&mut self, now: Timestamp) {
        self.secret.clear();
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
}
