//! The gateway of test mode. What a card does follows from its number alone, so the same key always gets the same answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use models::payments::{Card, Failure, Outcome};
use models::{Business, Error, Result};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::{Charge, RawCard, Return};

/// A published card number and what it does.
#[derive(Debug, Clone, Copy)]
pub struct TestCard {
    /// The number.
    pub number: &'static str,
    /// The token that stands for it; it says what the card does, never its number.
    pub token: &'static str,
    /// The refusal, where there is one.
    pub refusal: Option<Refusal>,
    /// Whether the card can be kept although charges are refused.
    pub attaches: bool,
}

/// How a card refuses.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    code: &'static str,
    message: &'static str,
    fault: bool,
}

const fn refusal(code: &'static str, message: &'static str, fault: bool) -> Refusal {
    Refusal {
        code,
        message,
        fault,
    }
}

const DECLINED: &str = "The card was declined.";

/// The cards of test mode: Stripe's numbers with Stripe's behaviour. Any other number is refused as input.
pub const TEST_CARDS: &[TestCard] = &[
    TestCard {
        number: "4242424242424242",
        token: "sbx_succeeds",
        refusal: None,
        attaches: true,
    },
    TestCard {
        number: "4000000000000002",
        token: "sbx_card_declined",
        refusal: Some(refusal("card_declined", DECLINED, false)),
        attaches: false,
    },
    TestCard {
        number: "4000000000009995",
        token: "sbx_insufficient_funds",
        refusal: Some(refusal(
            "insufficient_funds",
            "The card has insufficient funds.",
            false,
        )),
        attaches: false,
    },
    TestCard {
        number: "4000000000000069",
        token: "sbx_expired_card",
        refusal: Some(refusal("expired_card", "The card has expired.", false)),
        attaches: false,
    },
    TestCard {
        number: "4000000000000127",
        token: "sbx_incorrect_cvc",
        refusal: Some(refusal(
            "incorrect_cvc",
            "The card's security code is incorrect.",
            false,
        )),
        attaches: false,
    },
    TestCard {
        number: "4000000000000341",
        token: "sbx_declines_later",
        refusal: Some(refusal("card_declined", DECLINED, false)),
        attaches: true,
    },
    TestCard {
        number: "4000000000000119",
        token: "sbx_processing_error",
        refusal: Some(refusal(
            "processing_error",
            "An error occurred while processing the card. Try again later.",
            true,
        )),
        attaches: true,
    },
];

/// The sandbox, with a book of the money it moved: tests look there whether a key moved money twice.
#[derive(Debug, Clone, Default)]
pub struct Sandbox {
    book: Option<Arc<Mutex<BTreeMap<String, u32>>>>,
    slow: Arc<AtomicBool>,
}

impl Sandbox {
    /// A sandbox that remembers nothing: its answers need no memory.
    pub fn new() -> Self {
        Self::default()
    }

    /// A sandbox that counts how often it was asked for each key.
    pub fn counting() -> Self {
        Self {
            book: Some(Arc::default()),
            slow: Arc::default(),
        }
    }

    /// Whether the bank takes its time from now on: charges stay pending, as a debit from an account does for days.
    pub fn set_slow(&self, slow: bool) {
        self.slow.store(slow, Ordering::SeqCst);
    }

    /// How often it was asked, by key.
    pub fn asked(&self) -> BTreeMap<String, u32> {
        self.book
            .as_ref()
            .and_then(|book| book.lock().ok().map(|book| book.clone()))
            .unwrap_or_default()
    }

    fn note(&self, key: &str) {
        if let Some(Ok(mut book)) = self.book.as_ref().map(|book| book.lock()) {
            *book.entry(key.to_owned()).or_default() += 1;
        }
    }

    #[expect(clippy::unused_self, reason = "every gateway is asked the same way")]
    pub(super) fn tokenize(
        &self,
        business: Business,
        card: &RawCard,
        pointer: &str,
    ) -> Result<Card> {
        let number = card.number.expose_secret();
        let Some(known) = TEST_CARDS.iter().find(|test| test.number == number) else {
            let detail = "is not one of the test cards; in test mode only those are accepted, e.g. 4242424242424242";
            return Err(Error::invalid(
                format!("{pointer}/number"),
                "not_a_test_card",
                detail,
            ));
        };
        // Of the token, not of the number: a hash of a card number can be reversed by trying all numbers.
        let fingerprint = Sha256::digest(format!("sandbox#{business}#{}", known.token));
        let last4: String = number
            .chars()
            .skip(number.len().saturating_sub(4))
            .collect();
        Ok(Card {
            brand: "visa".to_owned(),
            last4,
            exp_month: card.exp_month,
            exp_year: card.exp_year,
            fingerprint: hex::encode(fingerprint.iter().take(8).copied().collect::<Vec<_>>()),
            token: known.token.to_owned(),
        })
    }

    pub(super) fn verify(card: &Card) -> std::result::Result<(), Failure> {
        match behind(card) {
            Some(test) if test.attaches => Ok(()),
            Some(test) => Err(test.refusal.map_or_else(unknown, failure)),
            None => Err(unknown()),
        }
    }

    pub(super) fn charge(&self, charge: Charge<'_>) -> Outcome {
        self.note(charge.idempotency_key);
        if self.slow.load(Ordering::SeqCst) {
            return Outcome::Pending;
        }
        match behind(charge.card).map(|test| test.refusal) {
            Some(None) => Outcome::Succeeded {
                reference: format!("ch_{}", charge.idempotency_key),
                risk_score: 32,
            },
            Some(Some(refusal)) => Outcome::Failed(failure(refusal)),
            None => Outcome::Failed(unknown()),
        }
    }

    pub(super) fn refund(&self, refund: Return<'_>) -> std::result::Result<(), Failure> {
        self.note(refund.idempotency_key);
        if refund.reference.starts_with("ch_") {
            Ok(())
        } else {
            Err(unknown())
        }
    }
}

fn behind(card: &Card) -> Option<&'static TestCard> {
    TEST_CARDS.iter().find(|test| test.token == card.token)
}

fn failure(refusal: Refusal) -> Failure {
    Failure {
        code: refusal.code.to_owned(),
        message: refusal.message.to_owned(),
        fault: refusal.fault,
    }
}

fn unknown() -> Failure {
    Failure {
        code: "resource_missing".to_owned(),
        message: "The gateway does not know this card or charge.".to_owned(),
        fault: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::{Id, Money};
    use secrecy::SecretString;

    fn raw(number: &str) -> RawCard {
        RawCard {
            number: SecretString::from(number),
            exp_month: 12,
            exp_year: 2027,
            cvc: None,
        }
    }

    fn business(n: u64) -> Business {
        Id::new(n).unwrap()
    }

    #[test]
    fn a_token_tells_nothing_of_the_number_and_differs_between_businesses() {
        for test in TEST_CARDS {
            let card = Sandbox::new()
                .tokenize(business(1), &raw(test.number), "/card")
                .unwrap();
            let other = Sandbox::new()
                .tokenize(business(2), &raw(test.number), "/card")
                .unwrap();
            let text = format!("{card:?}");
            assert!(!text.contains(test.number.split_at(12).0), "{text}");
            assert!(test.number.ends_with(&card.last4));
            assert_ne!(card.fingerprint, other.fingerprint);
        }
    }

    #[test]
    fn other_numbers_are_no_cards() {
        let error = Sandbox::new()
            .tokenize(business(1), &raw("4111111111111111"), "/card")
            .unwrap_err();
        let Error::Invalid(invalid) = error else {
            panic!("{error:?}")
        };
        assert_eq!(invalid.fields[0].pointer, "/card/number");
    }

    #[tokio::test]
    async fn each_card_does_what_the_table_says() {
        let gateway = super::super::Gateway::Sandbox(Sandbox::counting());
        let mut got = Vec::new();
        for test in TEST_CARDS {
            let card = gateway
                .tokenize(business(1), &raw(test.number), "")
                .unwrap();
            let amount = Money::new(100, "USD".parse().unwrap());
            let charge = Charge {
                idempotency_key: "pay_rs_1",
                card: &card,
                amount,
                asked: None,
            };
            let outcome = match gateway.charge(charge).await.unwrap() {
                Outcome::Succeeded { .. } => "succeeded".to_owned(),
                Outcome::Failed(failure) => failure.code,
                Outcome::Pending => "pending".to_owned(),
            };
            got.push((gateway.verify(&card).is_ok(), outcome));
        }
        let want = [
            (true, "succeeded"),
            (false, "card_declined"),
            (false, "insufficient_funds"),
            (false, "expired_card"),
            (false, "incorrect_cvc"),
            (true, "card_declined"),
            (true, "processing_error"),
        ];
        assert_eq!(
            got,
            want.map(|(attaches, outcome)| (attaches, outcome.to_owned()))
        );
    }
}
