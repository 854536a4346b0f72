//! The settings of an endpoint, checked alike when it is created and when it is changed.

use std::collections::{BTreeMap, BTreeSet};

use api::input::{Field, Fields, pointer_in};
use models::webhooks::{Endpoint, EventFilter};
use models::{Error, Invalid, Result};
use providers::webhook::{Egress, check_url, header_is_usable, secret_is_usable};
use views::rocketsavvy::MASKED;

/// Filters of one endpoint; there are fewer event types and families.
const MAX_FILTERS: usize = 100;
/// Headers of one endpoint.
const MAX_HEADERS: usize = 20;
/// For how long a replaced secret signs beside the new one where nobody says otherwise, in hours.
const OVERLAP_HOURS: u32 = 24;

/// Whether webhooks may go to `url` from where we run.
pub(crate) fn reachable(url: &str, egress: Egress) -> Result<()> {
    match check_url(url, egress) {
        Ok(_) => Ok(()),
        Err(refused) => Err(Error::invalid("/url", "invalid_url", refused.to_string())),
    }
}

/// The URL, unless it is good nowhere. [`reachable`] decides for where we run, which the body's reader does not know; what is
/// wrong everywhere is said here, together with all other fields.
pub(crate) fn good_url(fields: &mut Fields<'_>, name: &str, url: String) -> Option<String> {
    match check_url(&url, Egress::AlsoLoopback) {
        Ok(_) => Some(url),
        Err(refused) => {
            fields.reject(name, "invalid_url", refused.to_string());
            None
        }
    }
}

/// A list of event types and families.
pub(crate) fn events(fields: &mut Fields<'_>, name: &'static str) -> Field<Vec<EventFilter>> {
    fields.list(name, 1..=MAX_FILTERS, 1..=64, |text| {
        EventFilter::parse(text).ok_or_else(|| {
            let text: String = text.chars().take(80).collect();
            format!("{text:?} is no event type; types are like invoice.paid, families like invoice.*, and * is all")
        })
    })
}

/// What a secret is like: visible ASCII characters.
pub(crate) const SECRET: &str = "^[!-~]+$";

/// The secret, unless it is too short or cannot be typed.
pub(crate) fn good_secret(fields: &mut Fields<'_>, name: &str, secret: String) -> Option<String> {
    if secret_is_usable(&secret) {
        return Some(secret);
    }
    let detail = "must be 16 to 256 visible ASCII characters";
    fields.reject(name, "invalid_secret", detail);
    None
}

/// Refuses to send to an endpoint that is switched off.
pub(crate) fn is_sent_to(endpoint: &Endpoint) -> Result<()> {
    if endpoint.takes_any() {
        return Ok(());
    }
    let detail = "nothing is sent to a disabled endpoint; enable it first";
    Err(Error::conflict("webhook_disabled", detail))
}

/// How long a replaced secret signs beside the new one: so many hours, or 24.
pub(crate) fn overlap_seconds(hours: Option<u32>) -> i64 {
    i64::from(hours.unwrap_or(OVERLAP_HOURS)).saturating_mul(3_600)
}

/// Headers by their names. A value may be [`MASKED`], which [`unmasked`] resolves.
pub(crate) fn headers(
    fields: &mut Fields<'_>,
    name: &'static str,
) -> Field<BTreeMap<String, String>> {
    fields.texts(name, MAX_HEADERS, |name, value| {
        header_is_usable(name, value).map_err(|unusable| unusable.to_string())
    })
}

/// The headers, unless two of them have one name: HTTP does not tell `X-Env` from `x-env`.
pub(crate) fn distinct(
    fields: &mut Fields<'_>,
    name: &str,
    headers: BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    let mut names = BTreeSet::new();
    if headers
        .keys()
        .all(|name| names.insert(name.to_ascii_lowercase()))
    {
        return Some(headers);
    }
    let detail = "must not have the same name twice, in whatever case";
    fields.reject(name, "duplicate_name", detail);
    None
}

/// The headers with the present value where a value says that it is to stay. Errors name each that has none.
pub(crate) fn unmasked(
    mut headers: BTreeMap<String, String>,
    present: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let mut invalid = Invalid::default();
    for (name, value) in headers.iter_mut().filter(|(_, value)| *value == MASKED) {
        let mut known = present.iter();
        let there = known.find(|(other, _)| other.eq_ignore_ascii_case(name));
        if let Some((_, present)) = there {
            value.clone_from(present);
        } else {
            let detail = "has no present value that could stay; send the value itself";
            invalid.push(pointer_in("/headers", name), "masked_value", detail);
        }
    }
    invalid.into_result()?;
    Ok(headers)
}
