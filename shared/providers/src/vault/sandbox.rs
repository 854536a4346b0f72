//! The vault of test mode. What a customer's card does follows from its name alone.
//!
//! | the name | what is there |
//! |---|---|
//! | ends in `missing` | no such customer |
//! | ends in `nocard` | a customer without a card |
//! | ends in `declined` | a card that is declined when it is charged |
//! | ends in `down` | a vault that does not answer |
//! | 1 to 36 of `A-Z a-z 0-9 _ -` otherwise | a card that succeeds |
//! | anything else | no such customer |

use models::payments::Card;
use models::{Business, Error, Result};
use sha2::{Digest, Sha256};

/// The sandbox.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sandbox;

impl Sandbox {
    /// The card of a customer.
    #[expect(clippy::unused_self, reason = "every vault is asked the same way")]
    pub(super) fn card_of(self, business: Business, customer: &str) -> Result<Option<Card>> {
        let plain = customer
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if !plain || !(1..=36).contains(&customer.len()) {
            return Ok(None);
        }
        if customer.ends_with("down") {
            return Err(Error::Unavailable("the sandbox vault is down".to_owned()));
        }
        if customer.ends_with("missing") || customer.ends_with("nocard") {
            return Ok(None);
        }
        let (token, last4) = if customer.ends_with("declined") {
            ("sbx_declines_later", "0341")
        } else {
            ("sbx_succeeds", "4242")
        };
        let fingerprint = Sha256::digest(format!("sandbox#{business}#{customer}"));
        let fingerprint: Vec<u8> = fingerprint.iter().take(8).copied().collect();
        Ok(Some(Card {
            brand: "visa".to_owned(),
            last4: last4.to_owned(),
            exp_month: 12,
            exp_year: 2099,
            fingerprint: hex::encode(fingerprint),
            token: token.to_owned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_there() {
        let business = Business::new(1).unwrap();
        let card = |name: &str| Sandbox.card_of(business, name).unwrap();
        assert_eq!(card("btid123").unwrap().token, "sbx_succeeds");
        assert_eq!(card("btid123"), card("btid123"));
        assert_ne!(card("btid123"), card("btid124"));
        assert_eq!(card("bt_declined").unwrap().token, "sbx_declines_later");
        for none in ["bt_missing", "bt_nocard", "", "a b", "é", &"a".repeat(37)] {
            assert_eq!(card(none), None, "{none}");
        }
        assert!(Sandbox.card_of(business, "bt_down").is_err());
    }
}
