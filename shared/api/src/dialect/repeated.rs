//! What an error repeats of a request: never a card number, wherever it was sent.

use std::borrow::Cow;

use models::payments::card_number;
use models::{Error, FieldError, Invalid};
use percent_encoding::percent_decode_str;

/// Stands in the place of a card number.
const MASK: &str = "[card number]";

/// The text without card numbers.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    card_number::masked(text, MASK)
}

/// The path of a request as an error repeats it: without card numbers, also where they were percent-encoded.
pub fn shown_path(path: &str) -> Cow<'_, str> {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    match clean(&decoded) {
        Cow::Owned(clean) => Cow::Owned(clean),
        Cow::Borrowed(_) => Cow::Borrowed(path),
    }
}

/// The error without card numbers in what it names and says.
pub(super) fn without_card_numbers(error: &Error) -> Error {
    let mut error = error.clone();
    match &mut error {
        Error::Invalid(Invalid { fields }) => {
            for FieldError {
                pointer, detail, ..
            } in fields
            {
                wipe(pointer);
                wipe(detail);
            }
        }
        Error::NotFound { id, .. } | Error::AlreadyExists { id, .. } => wipe(id),
        Error::Forbidden { detail, .. }
        | Error::Declined {
            message: detail, ..
        } => wipe(detail),
        Error::Conflict { detail, .. } | Error::UnsupportedMedia { detail, .. } => {
            if let Cow::Owned(clean) = clean(detail) {
                *detail = Cow::Owned(clean);
            }
        }
        // What these say does not come from the request.
        Error::MethodNotAllowed
        | Error::PreconditionFailed
        | Error::Idempotency { .. }
        | Error::Unauthenticated
        | Error::RateLimited { .. }
        | Error::Unavailable(_)
        | Error::Internal(_) => {}
    }
    error
}

fn wipe(text: &mut String) {
    if let Cow::Owned(clean) = clean(text) {
        *text = clean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_repeats_a_card_number() {
        let number = "4242424242424242";
        for error in [
            Error::invalid(format!("/{number}"), "unknown_field", "is unknown"),
            Error::invalid("/events", "invalid_entry", format!("{number} is no type")),
            Error::not_found("plan", number),
            Error::no_such("plan", number, "/plan_id"),
            Error::AlreadyExists {
                what: "plan",
                id: "4242-4242-4242-4242".to_owned(),
            },
            Error::conflict("taken", format!("{number} is taken")),
            Error::Forbidden {
                code: "forbidden",
                detail: number.to_owned(),
            },
        ] {
            let clean = without_card_numbers(&error);
            let shown = format!("{clean:?} {clean}");
            assert!(!shown.contains("4242"), "{shown}");
            assert!(shown.contains(MASK), "{shown}");
        }
        for path in ["/v3/plans/%34242424242424242", "/v3/4242424242424242/x"] {
            assert!(!shown_path(path).contains("42424"), "{path}");
        }
        assert_eq!(shown_path("/v3/plans/a%20b"), "/v3/plans/a%20b");
        let ours = Error::not_found("invoice", format!("inv_rs_{number}"));
        let clean = without_card_numbers(&ours);
        assert_eq!(clean.to_string(), ours.to_string());
    }
}
