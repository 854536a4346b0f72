//! Texts that callers write as they like. A card number in one of them is refused: it would be stored in the clear.

use api::input::{Field, Fields};
use models::Metadata;

use models::payments::card_number;

/// Characters at the most.
pub(crate) const MAX_CHARS: usize = 500;
const CODE: &str = "card_number_in_text";
const DETAIL: &str = "must not contain a card number; 13 to 19 digits that pass a card's check digit are taken for one";

/// The text, unless a card number stands in it.
pub(crate) fn without_card_number(
    fields: &mut Fields<'_>,
    name: &str,
    text: String,
) -> Option<String> {
    if card_number::stands_in(&text) {
        fields.reject(name, CODE, DETAIL);
        return None;
    }
    Some(text)
}

/// Metadata, unless a card number stands in it.
pub(crate) fn metadata(fields: &mut Fields<'_>, _: &'static str) -> Field<Metadata> {
    fields.metadata_unless(|text| card_number::stands_in(text).then_some((CODE, DETAIL)))
}
