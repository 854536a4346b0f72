//! What a refused payment asks for, and when a fault of the gateway is tried again.
//!
//! The codes are Stripe's, with the next steps that it documents (<https://docs.stripe.com/declines/codes>); the actions are
//! those of hyperswitch. Where Stripe lets an issuer be asked again, we ask by the business's schedule.

use crate::choices;

choices! {
    /// What to do about an invoice whose payment was refused.
    pub enum Advice {
        /// Do not charge this card again: its issuer wants to see no more of it.
        DoNotRetry = "do_not_retry",
        /// Try again once the customer has given another card, or the right digits of this one.
        RetryAfterInstrumentUpdate = "retry_after_instrument_update",
        /// Try again by the business's schedule.
        RetryLater = "retry_later",
        /// Nobody refused: the gateway failed. Try again soon, see [`fault_wait`].
        GatewayFault = "retry_soon",
        /// The customer has told the issuer to let no more of these payments through.
        StopRecurring = "stop_recurring",
    }
}

/// The codes that want something else than another try later.
const TABLE: &[(Advice, &[&str])] = &[
    (
        Advice::RetryAfterInstrumentUpdate,
        &[
            "authentication_not_handled",
            "authentication_required",
            "card_not_supported",
            "currency_not_supported",
            "expired_card",
            "incorrect_address",
            "incorrect_cvc",
            "incorrect_number",
            "incorrect_pin",
            "incorrect_zip",
            "invalid_account",
            "invalid_cvc",
            "invalid_expiry_month",
            "invalid_expiry_year",
            "invalid_number",
            "invalid_pin",
            "mobile_device_authentication_required",
            "new_account_information_available",
            "offline_pin_required",
            "online_or_offline_pin_required",
            "pin_try_exceeded",
            "testmode_decline",
        ],
    ),
    (
        Advice::DoNotRetry,
        &[
            "do_not_try_again",
            "fraudulent",
            "highest_risk_level",
            "lost_card",
            "merchant_blacklist",
            "not_permitted",
            "pickup_card",
            "restricted_card",
            "security_violation",
            "service_not_allowed",
            "stolen_card",
            "transaction_not_allowed",
        ],
    ),
    (
        Advice::StopRecurring,
        &[
            "revocation_of_all_authorizations",
            "revocation_of_authorization",
            "stop_payment_order",
        ],
    ),
];

/// The codes that want another try later. An unknown code does, too; these are listed so that a test sees that no code of
/// Stripe's was forgotten.
#[cfg(test)]
const LATER: &[&str] = &[
    "approve_with_id",
    "call_issuer",
    "card_declined",
    "card_velocity_exceeded",
    "do_not_honor",
    "duplicate_transaction",
    "generic_decline",
    "insufficient_funds",
    "invalid_amount",
    "issuer_not_available",
    "no_action_taken",
    "processing_error",
    "reenter_transaction",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
];

/// What a refusal asks for. `fault` says that the gateway failed and no issuer was asked, whatever the code.
pub fn advice(code: &str, fault: bool) -> Advice {
    if fault {
        return Advice::GatewayFault;
    }
    TABLE
        .iter()
        .find(|(_, codes)| codes.contains(&code))
        .map_or(Advice::RetryLater, |(advice, _)| *advice)
}

/// The first wait after a fault of the gateway; each further one is twice as long (Kill Bill's numbers).
const FAULT_SECONDS: i64 = 300;
/// After so many faults in a row the attempt counts as refused.
const MAX_FAULTS: u32 = 8;

/// Seconds to wait after a fault of the gateway that `faults` others came before in a row. `None` after the eighth wait: the
/// attempt counts as refused then.
pub fn fault_wait(faults: u32) -> Option<i64> {
    let factor = 1_i64.checked_shl(faults).filter(|_| faults < MAX_FAULTS)?;
    FAULT_SECONDS.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_gateway_is_tried_again_eight_times_at_doubling_intervals() {
        let waits: Vec<i64> = (0..).map_while(fault_wait).collect();
        assert_eq!(
            waits,
            [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 38_400]
        );
        assert_eq!(waits.iter().sum::<i64>(), 21 * 3_600 + 15 * 60);
        assert_eq!(fault_wait(u32::MAX), None);
    }

    #[test]
    fn a_code_asks_for_one_thing() {
        for (code, want) in [
            ("insufficient_funds", "retry_later"),
            ("some_new_code", "retry_later"),
            ("", "retry_later"),
            ("expired_card", "retry_after_instrument_update"),
            ("incorrect_cvc", "retry_after_instrument_update"),
            ("stolen_card", "do_not_retry"),
            ("revocation_of_authorization", "stop_recurring"),
        ] {
            assert_eq!(advice(code, false).as_str(), want, "{code}");
            assert_eq!(advice(code, true), Advice::GatewayFault);
        }
        let mut all: Vec<&str> = TABLE
            .iter()
            .flat_map(|(_, codes)| codes.iter().copied())
            .collect();
        all.extend(LATER);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for code in LATER {
            assert_eq!(advice(code, false), Advice::RetryLater);
        }
    }

    #[test]
    fn spellings_agree() {
        for (spelling, advice) in Advice::ALL {
            assert_eq!(advice.as_str(), *spelling);
        }
    }
}
