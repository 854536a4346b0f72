//! A customer: one record in every dialect.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::ids::{self, Id};
use crate::metadata::Metadata;
use crate::money::{Currency, Money};
use crate::text::folded;
use crate::time::Timestamp;

choices! {
    /// Who buys.
    pub enum CustomerType {
        /// A company.
        B2b = "b2b",
        /// A person.
        B2c = "b2c",
        /// A public body.
        B2g = "b2g",
    }
}

/// The company that a customer is, or works for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its name.
    pub name: Option<String>,
    /// Its industry, in the caller's words.
    pub industry: Option<String>,
    /// Its size, in the caller's words.
    pub size: Option<String>,
    /// Revenue a year, in the unit that the caller gave it in.
    pub annual_revenue: Option<i64>,
}

/// What a caller may set on a customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Person, company or public body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_type: Option<CustomerType>,
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<Company>,
    /// Names of the segments that the customer is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    /// Fields of the caller's own: text, numbers, truth values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<String, serde_json::Value>,
    /// What the caller attaches for itself.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
}

impl Profile {
    /// The name that an invoice is made out to: the company, the person, or the e-mail address.
    pub fn name(&self) -> String {
        let company = self
            .company
            .as_ref()
            .and_then(|company| company.name.clone());
        let parts = [self.first_name.as_deref(), self.last_name.as_deref()];
        let person = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        company
            .or(Some(person).filter(|person| !person.is_empty()))
            .or_else(|| self.email.clone())
            .unwrap_or_default()
    }

    /// Whether anything tells who this is: an empty customer is nearly always a mistake.
    pub fn names_somebody(&self) -> bool {
        let company = self
            .company
            .as_ref()
            .and_then(|company| company.name.as_ref());
        [&self.email, &self.first_name, &self.last_name, &self.phone]
            .iter()
            .any(|field| field.is_some())
            || company.is_some()
    }
}

/// Of which kind the name is that `customer_num` is: only one customer can have it.
pub const CUSTOMER_NUM: &str = "customerNum";

/// A customer of the business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Customer {
    /// Its id.
    pub id: Id<ids::Customer>,
    /// What the caller set.
    pub profile: Profile,
    /// The business's own number of the customer: no other customer has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_num: Option<String>,
    /// The partner who enrolled the member that the customer is: what the customer pays, that partner earns a share of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolled_by: Option<Id<ids::Partner>>,
    /// Lower-case words of name, e-mail and company, and the digits of the phone number: a search looks in them.
    pub words: String,
    /// The payment method that scheduled bills are charged to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_payment_method: Option<Id<ids::PaymentMethod>>,
    /// What the business owes the customer, in minor units by currency: the next invoices take it first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credit: BTreeMap<String, i64>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was deleted; a deleted customer is absent everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

impl Customer {
    /// A new customer.
    pub fn new(id: Id<ids::Customer>, profile: Profile, now: Timestamp) -> Self {
        let words = search_words(&profile);
        Self {
            id,
            profile,
            customer_num: None,
            enrolled_by: None,
            words,
            default_payment_method: None,
            credit: BTreeMap::new(),
            created: now,
            deleted: None,
        }
    }

    /// What the business owes the customer in a currency.
    pub fn credit(&self, currency: Currency) -> Money {
        let minor = self.credit.get(currency.code()).copied();
        Money::new(minor.unwrap_or_default(), currency)
    }

    /// Sets what the business owes the customer in a currency.
    pub fn set_credit(&mut self, credit: Money) {
        if credit.is_zero() {
            self.credit.remove(credit.currency().code());
        } else {
            self.credit
                .insert(credit.currency().code().to_owned(), credit.minor());
        }
    }

    /// Replaces the profile. Returns whether that changed anything.
    pub fn update(&mut self, profile: Profile) -> bool {
        let changed = self.profile != profile;
        self.words = search_words(&profile);
        self.profile = profile;
        changed
    }
}

fn search_words(profile: &Profile) -> String {
    let company = profile
        .company
        .as_ref()
        .and_then(|company| company.name.as_deref());
    let phone = profile.phone.as_deref().unwrap_or_default();
    let phone: String = phone.chars().filter(char::is_ascii_digit).collect();
    let parts = [
        profile.first_name.as_deref(),
        profile.last_name.as_deref(),
        profile.email.as_deref(),
        company,
        Some(phone.as_str()).filter(|digits| !digits.is_empty()),
    ];
    folded(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_names_mail_and_company() {
        let profile = Profile {
            email: Some("Jo@Example.com".into()),
            last_name: Some("Ørsted".into()),
            company: Some(Company {
                name: Some("ACME".into()),
                ..Company::default()
            }),
            ..Profile::default()
        };
        assert_eq!(search_words(&profile), "ørsted jo@example.com acme");
    }
}
