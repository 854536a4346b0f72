//! Event types as callers name them.

use api::input::Fields;
use models::event::EventType;

/// Reads the event type that the field `name` had as text.
pub(crate) fn read(fields: &mut Fields<'_>, name: &str, text: &str) -> Option<EventType> {
    let known = text.parse().ok();
    if known.is_none() {
        let detail = "must be an event type like invoice.paid";
        fields.reject(name, "unknown_event_type", detail);
    }
    known
}
