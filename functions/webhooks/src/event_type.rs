//! Event types as callers name them.

use api::input::Fields;
use models::event::EventType;
use models::webhooks::EventFilter;

/// Reads the event type that the field `name` had as text.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form of everything that is read further"
)]
pub(crate) fn read(fields: &mut Fields<'_>, name: &str, text: String) -> Option<EventType> {
    let known = text.parse().ok();
    if known.is_none() {
        let detail = "must be an event type like invoice.paid";
        fields.reject(name, "unknown_event_type", detail);
    }
    known
}

/// The event types that a list is asked for.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form of everything that is read further"
)]
pub(crate) fn known(fields: &mut Fields<'_>, name: &str, text: String) -> Option<EventFilter> {
    let known = EventFilter::parse(&text);
    if known.is_none() {
        let detail = "must be an event type like invoice.paid, a family like invoice.*, or *";
        fields.reject(name, "unknown_event_type", detail);
    }
    known
}
