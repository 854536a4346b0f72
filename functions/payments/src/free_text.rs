//! Texts that callers write as they like. A card number in one of them is refused: it would be stored in the clear.

use api::input::Fields;
use models::Metadata;
use models::metadata::MAX_KEYS;

use models::payments::card_number;

/// Characters at the most.
const MAX_CHARS: usize = 500;
const CODE: &str = "card_number_in_text";
const DETAIL: &str = "must not contain a card number; 13 to 19 digits that pass a card's check digit are taken for one";

/// A text that may be absent.
pub(crate) fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<String> {
    let text = fields.text(name, 1..=MAX_CHARS).optional()?;
    if card_number::stands_in(&text) {
        fields.reject(name, CODE, DETAIL);
    }
    Some(text)
}

/// `metadata`, empty where it is absent.
pub(crate) fn read_metadata(fields: &mut Fields<'_>) -> Metadata {
    let given = fields.metadata_changes();
    if given.texts().any(card_number::stands_in) {
        fields.reject("metadata", CODE, DETAIL);
    }
    given.apply(Metadata::new()).unwrap_or_else(|_too_many| {
        let detail = format!("must have at most {MAX_KEYS} keys");
        fields.reject("metadata", "too_many", detail);
        Metadata::new()
    })
}
