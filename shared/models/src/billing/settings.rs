//! What a business decides about its billing.

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::ids::{Id, TaxRate};

/// Retries of a refused payment at the most.
pub const MAX_RETRIES: usize = 8;
/// Days between two of them at the most.
pub const MAX_RETRY_DAYS: u32 = 60;
/// Text messages of a day at the most.
pub const MAX_TEXT_MESSAGES_PER_DAY: u32 = 100_000;
/// Text messages of a day where nobody said otherwise.
const TEXT_MESSAGES_PER_DAY: u32 = 1_000;
/// Tax rates that an invoice has where nothing else is said, at the most.
pub const MAX_DEFAULT_TAX_RATES: usize = 5;

choices! {
    /// What becomes of a subscription whose invoice is still owed after the last retry.
    #[derive(Default)]
    pub enum AfterRetries {
        /// It ends.
        #[default]
        Cancel = "cancel",
        /// It goes on, and its next invoice is collected.
        PastDue = "past_due",
        /// It goes on, and its invoices are not collected.
        Unpaid = "unpaid",
    }
}

choices! {
    /// In what the rest of a period is measured where a price changes within it.
    #[derive(Default)]
    pub enum ProrationUnit {
        /// Days; the day of the change is the new price's.
        Day = "day",
        /// Seconds.
        #[default]
        Second = "second",
    }
}

choices! {
    /// What becomes of usage that is reported after its period was billed.
    #[derive(Default)]
    pub enum LateUsage {
        /// It is billed with the next period.
        #[default]
        NextInvoice = "next_invoice",
        /// It is refused.
        Reject = "reject",
    }
}

/// Who sells, as it stands on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    /// The name in law.
    pub name: String,
    /// The address as it is printed, at most 6 lines of 100 characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address_lines: Vec<String>,
    /// The number under which it pays tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// Where customers ask about an invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// What a business has decided about its billing in one mode. Nothing is stored until somebody changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingSettings {
    /// Days from each refused attempt to the next one: as many retries as there are numbers.
    pub retry_days: Vec<u32>,
    /// What becomes of the subscription then.
    pub after_retries: AfterRetries,
    /// How a change within a period is measured.
    pub proration: ProrationUnit,
    /// What becomes of late usage.
    pub late_usage: LateUsage,
    /// The rates of an invoice where nothing else is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_tax_rates: Vec<Id<TaxRate>>,
    /// Days from an invoice that is sent to its due date.
    pub days_until_due: u32,
    /// Text messages that are sent in a day of UTC at the most.
    #[serde(default = "text_messages_per_day")]
    pub text_messages_per_day: u32,
    /// What is printed at the foot of an invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_footer: Option<String>,
    /// Who sells; the account's name where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller: Option<Seller>,
}

const fn text_messages_per_day() -> u32 {
    TEXT_MESSAGES_PER_DAY
}

impl Default for BillingSettings {
    fn default() -> Self {
        Self {
            retry_days: vec![3, 5, 7, 14, 21],
            after_retries: AfterRetries::default(),
            proration: ProrationUnit::default(),
            late_usage: LateUsage::default(),
            default_tax_rates: Vec::new(),
            days_until_due: 30,
            text_messages_per_day: TEXT_MESSAGES_PER_DAY,
            invoice_footer: None,
            seller: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_stored_as_they_are_spelled_on_the_wire() {
        fn stored<T: Serialize + Copy>(all: &[(&'static str, T)]) {
            for (spelling, value) in all {
                assert_eq!(serde_json::to_value(value).unwrap(), *spelling);
            }
        }
        stored(AfterRetries::ALL);
        stored(ProrationUnit::ALL);
        stored(LateUsage::ALL);
    }

    #[test]
    fn what_is_stored_reads_back() {
        let settings = BillingSettings {
            default_tax_rates: vec![Id::new(7).unwrap()],
            seller: Some(Seller {
                name: "Acme Ltd".to_owned(),
                address_lines: vec!["1 High Street".to_owned()],
                tax_id: None,
                email: None,
            }),
            ..BillingSettings::default()
        };
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(
            serde_json::from_str::<BillingSettings>(&text).unwrap(),
            settings
        );
    }
}
