//! Event types as callers name them.

use api::input::Fields;
use models::event::EventType;
use models::webhooks::EventFilter;

/// Reads the event type that the field `name` had as text.
pub(crate) fn read(fields: &mut Fields<'_>, name: &str, text: &str) -> Option<EventType> {
    let known = text.parse().ok();
    if known.is_none() {
        let detail = "must be an event type like invoice.paid";
        fields.reject(name, "unknown_event_type", detail);
    }
    known
}

/// The event types that a list is asked for.
#[derive(Debug, Default)]
pub(crate) struct Types(Option<EventFilter>);

impl Types {
    /// Reads them from the parameter `name`, where there is one.
    pub(crate) fn read(fields: &mut Fields<'_>, name: &'static str) -> Self {
        let text = fields.text(name, 1..=100).optional();
        Self(text.and_then(|text| {
            let known = EventFilter::parse(&text);
            if known.is_none() {
                let detail =
                    "must be an event type like invoice.paid, a family like invoice.*, or *";
                fields.reject(name, "unknown_event_type", detail);
            }
            known
        }))
    }

    /// As the caller wrote them.
    pub(crate) fn as_written(&self) -> Option<&str> {
        self.0.as_ref().map(EventFilter::as_str)
    }

    /// The one type.
    pub(crate) fn kind(&self) -> Option<&str> {
        self.as_written().filter(|text| !text.ends_with('*'))
    }

    /// What all of them begin with.
    pub(crate) fn family(&self) -> Option<&str> {
        self.as_written()
            .and_then(|text| text.strip_suffix('*'))
            .filter(|family| !family.is_empty())
    }
}
