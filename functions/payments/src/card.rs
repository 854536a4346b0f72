//! A card as its holder typed it: the only way in which a card number gets here.
//!
//! Nothing that is told of a wrong card repeats what was sent.

use api::input::{Fields, Input};
use models::payments::Card;
use models::{Error, Result, Timestamp};
use operations::Context;
use providers::gateway::RawCard;
use secrecy::SecretString;

use models::payments::card_number;

/// A card as its holder typed it.
#[derive(Input)]
pub(crate) struct NewCard {
    /// 13 to 19 digits; spaces and dashes between them do not count.
    #[input(chars = 0..=64, numbers = "card number", pattern = "^[ -]*([0-9][ -]*){13,19}$", then = number, example = "4242424242424242")]
    number: SecretString,
    #[input(range = 1..=12, example = 12)]
    exp_month: u32,
    /// Four digits; of two, `30` is 2030.
    #[input(range = 0..=2199, then = year, example = 2027)]
    exp_year: u32,
    /// 3 or 4 digits. It is never stored.
    #[input(chars = 0..=64, pattern = "^[0-9]{3,4}$", then = cvc, example = "123")]
    cvc: Option<SecretString>,
}

impl NewCard {
    /// The card as the gateway takes it.
    pub(crate) fn raw(self) -> Result<RawCard> {
        Ok(RawCard {
            number: self.number,
            exp_month: u8::try_from(self.exp_month).map_err(Error::internal)?,
            exp_year: u16::try_from(self.exp_year).map_err(Error::internal)?,
            cvc: self.cvc,
        })
    }
}

/// The year as cards print it, `30`, or in full.
fn year(fields: &mut Fields<'_>, name: &str, year: u32) -> Option<u32> {
    match year {
        0..=99 => Some(year.saturating_add(2000)),
        100..=1999 => {
            let detail = "must be a year like 2030, or its last two digits";
            fields.reject(name, "out_of_range", detail);
            None
        }
        _ => Some(year),
    }
}

fn cvc(fields: &mut Fields<'_>, name: &str, cvc: String) -> Option<SecretString> {
    if (3..=4).contains(&cvc.len()) && cvc.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(SecretString::from(cvc));
    }
    fields.reject(name, "invalid_cvc", "must be 3 or 4 digits");
    None
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the form of everything that is read further"
)]
fn number(fields: &mut Fields<'_>, name: &str, text: String) -> Option<SecretString> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if card_number::is_plausible(&digits) {
        return Some(SecretString::from(digits));
    }
    let detail = "must be 13 to 19 digits, the last of which is the check digit of the others";
    fields.reject(name, "invalid_number", detail);
    None
}

/// Exchanges the card for the gateway's token of it. `pointer` is where it stands in the body.
///
/// Errors where it has expired by the business's time, and where the gateway does not take such a number.
pub(crate) async fn tokenize(context: &Context, raw: &RawCard, pointer: &str) -> Result<Card> {
    let gateway = context.gateway()?;
    if has_expired(raw, context.now().await?)? {
        let pointer = format!("{pointer}/exp_year");
        return Err(Error::invalid(
            pointer,
            "expired_card",
            "the card has expired",
        ));
    }
    gateway.tokenize(context.scope().business, raw, pointer)
}

/// A card is good through the last day of its month.
fn has_expired(card: &RawCard, now: Timestamp) -> Result<bool> {
    let today = now.date()?.to_string();
    let last_month = format!("{:04}-{:02}", card.exp_year, card.exp_month);
    Ok(today.get(..7).is_some_and(|month| *last_month < *month))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn errors(body: &str) -> Vec<(String, &'static str)> {
        let mut fields = Fields::from_json(body.as_bytes()).unwrap();
        let card = NewCard::read(&mut fields);
        let invalid = fields.finish();
        for error in &invalid.fields {
            assert!(!error.detail.contains("4242"), "{}", error.detail);
        }
        assert!(card.is_some() || !invalid.fields.is_empty());
        let named = |error: models::FieldError| (error.pointer, error.code);
        invalid.fields.into_iter().map(named).collect()
    }

    #[test]
    fn a_year_may_be_written_as_on_the_card() {
        for (written, read) in [(30, 2030), (0, 2000), (2031, 2031)] {
            let body =
                format!(r#"{{"number":"4242424242424242","exp_month":12,"exp_year":{written}}}"#);
            let card = NewCard::read(&mut Fields::from_json(body.as_bytes()).unwrap());
            assert_eq!(card.unwrap().exp_year, read);
        }
    }

    #[test]
    fn spaces_and_dashes_do_not_count() {
        let body =
            br#"{"number":"4242 4242-4242 4242","exp_month":12,"exp_year":2027,"cvc":"1234"}"#;
        let card = NewCard::read(&mut Fields::from_json(body).unwrap()).unwrap();
        let card = card.raw().unwrap();
        assert_eq!(card.number.expose_secret(), "4242424242424242");
        assert_eq!(card.cvc.as_ref().unwrap().expose_secret(), "1234");
        let printed = format!("{card:?}");
        assert!(
            !printed.contains("4242") && !printed.contains("1234"),
            "{printed}"
        );
    }

    #[test]
    fn every_wrong_field_is_named_and_none_is_repeated() {
        let got =
            errors(r#"{"number":"4242424242424241","exp_month":13,"exp_year":270,"cvc":"4242 4"}"#);
        let want = [
            ("/number", "invalid_number"),
            ("/exp_month", "out_of_range"),
            ("/exp_year", "out_of_range"),
            ("/cvc", "invalid_cvc"),
        ];
        assert_eq!(got, want.map(|(pointer, code)| (pointer.to_owned(), code)));
        let got = errors(
            r#"{"number":4242424242424242,"exp_month":"12","exp_year":null,"cvc":424,"nmber":"4242"}"#,
        );
        let want = [
            ("/number", "invalid_type"),
            ("/exp_month", "invalid_type"),
            ("/exp_year", "required"),
            ("/cvc", "invalid_type"),
            ("/nmber", "unknown_field"),
        ];
        assert_eq!(got, want.map(|(pointer, code)| (pointer.to_owned(), code)));
        for number in [
            "",
            "4242",
            "４２４２４２４２４２４２４２４２",
            "42424242424242424242",
            "4242/4242/4242/4242",
        ] {
            let body = format!(r#"{{"number":"{number}","exp_month":1,"exp_year":2027}}"#);
            assert_eq!(errors(&body), [("/number".to_owned(), "invalid_number")]);
        }
    }

    #[test]
    fn a_card_is_good_through_its_last_month() {
        let now: Timestamp = "2026-01-31T23:59:59Z".parse().unwrap();
        for (exp_month, exp_year, expired) in [
            (1, 2026, false),
            (12, 2025, true),
            (2, 2026, false),
            (12, 1999, true),
            (1, 9999, false),
        ] {
            let card = RawCard {
                number: SecretString::from("4242424242424242"),
                exp_month,
                exp_year,
                cvc: None,
            };
            assert_eq!(
                has_expired(&card, now).unwrap(),
                expired,
                "{exp_month}/{exp_year}"
            );
        }
    }
}
