//! Card numbers in texts that callers write as they like. They are refused: they would be stored in the clear.

use models::payments::card_number;
use serde_json::{Map, Value};

use super::Wrong;

const DETAIL: &str = "must not contain a card number; 13 to 19 digits that pass a card's check digit are taken for one";

/// Errors where a card number stands in the text.
pub(super) fn refuse(text: &str) -> Result<(), Wrong> {
    if card_number::stands_in(text) {
        return Err(Wrong::Value(card_number::IN_TEXT, DETAIL.into()));
    }
    Ok(())
}

/// The same of each of these.
pub(super) fn refuse_each<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<(), Wrong> {
    texts.into_iter().try_for_each(refuse)
}

/// The same of all texts, numbers and names in a JSON value.
pub(super) fn refuse_in(value: &Value) -> Result<(), Wrong> {
    match value {
        Value::Null | Value::Bool(_) => Ok(()),
        Value::Number(number) => refuse(&number.to_string()),
        Value::String(text) => refuse(text),
        Value::Array(entries) => entries.iter().try_for_each(refuse_in),
        Value::Object(members) => refuse_in_members(members),
    }
}

/// The same of an object.
pub(super) fn refuse_in_members(members: &Map<String, Value>) -> Result<(), Wrong> {
    members.iter().try_for_each(|(name, value)| {
        refuse(name)?;
        refuse_in(value)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Fields;

    /// The fields that are refused for a card number.
    fn refused(body: &str, read: impl FnOnce(&mut Fields<'_>)) -> Vec<String> {
        let mut fields = Fields::from_json(body.as_bytes()).unwrap();
        read(&mut fields);
        let wrong = fields.finish().fields;
        for error in &wrong {
            assert_eq!(error.code, "card_number_in_text");
            assert!(!format!("{error:?}").contains("4242"), "{error:?}");
        }
        wrong.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn no_text_takes_a_card_number_however_it_is_read() {
        for (body, pointer) in [
            (r#"{"text":"pay with 4242 4242 4242 4242"}"#, "/text"),
            (r#"{"text":"\u0034242-4242-4242-4242"}"#, "/text"),
            (r#"{"text":"４２４２４２４２４２４２４２４２"}"#, "/text"),
            (r#"{"like":"4242424242424242"}"#, "/like"),
            (r#"{"email":"4242424242424242@example.com"}"#, "/email"),
            (r#"{"list":["a","4242424242424242"]}"#, "/list"),
            (r#"{"texts":{"a":"4242424242424242"}}"#, "/texts"),
            (r#"{"texts":{"4242424242424242":"a"}}"#, "/texts"),
            (r#"{"metadata":{"a":"4242424242424242"}}"#, "/metadata"),
            (r#"{"metadata":{"4242424242424242":null}}"#, "/metadata"),
            (r#"{"scalars":{"a":"4242424242424242"}}"#, "/scalars"),
            (r#"{"scalars":{"a":378282246310005}}"#, "/scalars"),
            (r#"{"scalars":{"4242424242424242":true}}"#, "/scalars"),
            (r#"{"object":{"a":[{"b":"4242424242424242"}]}}"#, "/object"),
            (r#"{"object":{"a":{"4242424242424242":1}}}"#, "/object"),
            (r#"{"object":{"a":4242424242424242}}"#, "/object"),
        ] {
            let read = |fields: &mut Fields<'_>| {
                fields.text("text", 1..=100).optional();
                fields.text_like("like", 1..=100, "^[0-9]+$").optional();
                fields.email("email").optional();
                let entry = |text: &str| Ok(text.to_owned());
                fields.list("list", 0..=5, 1..=100, entry).optional();
                drop(fields.texts("texts", 5, |_, _| Ok(())).optional());
                drop(fields.metadata().optional());
                drop(fields.scalars("scalars").optional());
                drop(fields.json_object("object", 1_000).optional());
            };
            assert_eq!(refused(body, read), [pointer], "{body}");
            let change = |fields: &mut Fields<'_>| drop(fields.metadata_changes());
            if pointer == "/metadata" {
                assert_eq!(refused(body, change), [pointer], "{body}");
            }
        }
    }

    #[test]
    fn a_text_that_holds_other_numbers_takes_one_that_looks_like_a_card() {
        let body = r#"{"phone":"4242424242424242","url":"https://example.com/4242424242424242"}"#;
        let read = |fields: &mut Fields<'_>| {
            for name in ["phone", "url"] {
                let text = fields.text_of_numbers(name, 1..=100, None).optional();
                assert!(text.is_some(), "{name}");
            }
        };
        assert!(refused(body, read).is_empty());
    }
}
