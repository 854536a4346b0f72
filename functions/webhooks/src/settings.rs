//! The settings of an endpoint, checked alike when it is created and when it is changed.

use api::input::{Field, Fields, Patch};
use models::webhooks::EventFilter;
use models::{Error, Result};
use providers::webhook::{Egress, check_url, secret_is_usable};

/// Filters of one endpoint; there are fewer event types and families.
const MAX_FILTERS: usize = 100;

/// Whether webhooks may go to `url` from where we run.
pub(crate) fn reachable(url: &str, egress: Egress) -> Result<()> {
    match check_url(url, egress) {
        Ok(_) => Ok(()),
        Err(refused) => Err(Error::invalid("/url", "invalid_url", refused.to_string())),
    }
}

/// The URL, unless it is good nowhere. [`reachable`] decides for where we run, which the body's reader does not know; what is
/// wrong everywhere is said here, together with all other fields.
pub(crate) fn good_url(fields: &mut Fields<'_>, url: String) -> Option<String> {
    match check_url(&url, Egress::AlsoLoopback) {
        Ok(_) => Some(url),
        Err(refused) => {
            fields.reject("url", "invalid_url", refused.to_string());
            None
        }
    }
}

/// The field `events`.
pub(crate) fn events(fields: &mut Fields<'_>) -> Field<Vec<EventFilter>> {
    fields.list("events", MAX_FILTERS, |text| {
        EventFilter::parse(text).ok_or_else(|| {
            let text: String = text.chars().take(80).collect();
            format!("{text:?} is no event type; types are like invoice.paid, families like invoice.*, and * is all")
        })
    })
}

/// The filters, unless there is none: such an endpoint would hear of nothing.
pub(crate) fn some_events(
    fields: &mut Fields<'_>,
    events: Vec<EventFilter>,
) -> Option<Vec<EventFilter>> {
    if events.is_empty() {
        fields.reject("events", "too_few", "must name at least one event type");
        return None;
    }
    Some(events)
}

/// The secret, unless it is too short or cannot be typed.
pub(crate) fn good_secret(fields: &mut Fields<'_>, secret: String) -> Option<String> {
    if secret_is_usable(&secret) {
        return Some(secret);
    }
    let detail = "must be 16 to 256 visible ASCII characters";
    fields.reject("secret", "invalid_secret", detail);
    None
}

/// What a `PATCH` sets a field to that cannot be removed.
pub(crate) fn change<T>(fields: &mut Fields<'_>, name: &str, field: Field<T>) -> Option<T> {
    match field.patch() {
        Patch::Keep => None,
        Patch::Set(value) => Some(value),
        Patch::Clear => {
            fields.reject(name, "required", "cannot be removed");
            None
        }
    }
}
