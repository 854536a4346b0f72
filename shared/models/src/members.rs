//! Members: customers whom a partner enrolled, with the profile that Savvi keeps of them.
//!
//! # Determinations
//! - A member has the number of its customer (`mbr_rs_7` is the profile of `cust_rs_7`), and a partner that of the key behind
//!   its token (`partner_rs_3` is `key_rs_3`). Neither needs a table of who is who.
//! - E-mail and user name are unique in the business, whatever their case; the customers of v3 may share an address.
//! - The patterns are the document's. Ruby's `^` and `$` match at every line; here they match at the ends of the text alone, so
//!   that no second line slips in behind a good address. `\Z` is written `\z`: what stands before it takes the line break.

mod commission;
mod form;
mod pattern;
mod state;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::choices;
use crate::crm::Customer;
use crate::ids::{self, Id};
use crate::time::{Date, Timestamp};

pub use commission::{
    Commission, CommissionStatus, MemberSettings, NewCommission, Statement, StatementLine,
};
pub use form::{AddressInput, Changes, FormAction, MemberInput};

/// Of which kind the name is that a member's e-mail address is.
pub const MEMBER_EMAIL: &str = "memberEmail";
/// Of which kind the name is that a member's user name is.
pub const MEMBER_USERNAME: &str = "memberUsername";
/// The country where none is given: the only one that Savvi is available in.
pub const DEFAULT_COUNTRY: &str = "United States of America";

choices! {
    /// How a member was enrolled.
    pub enum MemberKind {
        /// By a wholesale partner, who pays.
        Wholesale = "wholesale",
        /// By a call center; the member pays by a card in the vault.
        CallCenter = "call_center",
    }
}

choices! {
    /// Where a member stands.
    pub enum MemberStatus {
        /// As enrolled.
        Active = "active",
        /// Sent away.
        Banned = "banned",
        /// Left.
        Inactive = "inactive",
    }
}

choices! {
    /// What a member says of its gender.
    pub enum Gender {
        /// `Male`.
        Male = "Male",
        /// `Female`.
        Female = "Female",
        /// `Prefer not to say`.
        Unsaid = "Prefer not to say",
    }
}

/// A password as somebody typed it. It cannot be printed or stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes it out of an input.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself: for whoever hashes it, and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Where a member lives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// First line.
    pub address1: String,
    /// Second line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address2: Option<String>,
    /// Third line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address3: Option<String>,
    /// City.
    pub city: String,
    /// County, which only the examples send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub county: Option<String>,
    /// Two letters.
    pub state: String,
    /// Postal code.
    pub zipcode: String,
    /// Country, in the words in which it was given.
    pub country: String,
    /// Telephone number as it was given.
    pub phone: String,
    /// `billing` and the like, which only the examples send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_type: Option<String>,
}

/// A member. Its customer has the same number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its id.
    pub id: Id<ids::Member>,
    /// Who enrolled it, and alone may see and change it.
    pub partner_id: Id<ids::Partner>,
    /// The partner's name at that time.
    pub partner_name: String,
    /// How it was enrolled.
    pub kind: MemberKind,
    /// Where it stands.
    pub status: MemberStatus,
    /// By which it is known to its partner.
    pub email: String,
    /// A name of its own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Birthday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<Date>,
    /// What it says of its gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Where it lives.
    pub address: Address,
    /// The hash of its password, argon2id in PHC form.
    pub password: String,
    /// Its name in the vault of cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault_customer: Option<String>,
    /// The monthly subscription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<Id<ids::Subscription>>,
    /// When it was enrolled.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// When its customer was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
}

impl fmt::Debug for Member {
    // Neither the hash of the password nor where somebody lives belongs in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("id", &self.id)
            .field("partner_id", &self.partner_id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Member {
    /// Its customer.
    pub fn customer_id(&self) -> crate::Result<Id<ids::Customer>> {
        Id::new(self.id.number())
    }

    /// The member with what v3 may have changed of its customer since: the names.
    #[must_use]
    pub fn with_customer(mut self, customer: &Customer) -> Self {
        let profile = &customer.profile;
        self.first_name = profile.first_name.clone().unwrap_or(self.first_name);
        self.last_name = profile.last_name.clone().unwrap_or(self.last_name);
        self
    }

    /// Takes over what was given. `password` is the hash of a new one.
    pub fn change(&mut self, changes: &Changes, password: Option<&String>, now: Timestamp) {
        fn take<T: Clone>(to: &mut T, from: Option<&T>) {
            if let Some(value) = from {
                to.clone_from(value);
            }
        }
        fn set<T: Clone>(to: &mut Option<T>, from: Option<&T>) {
            if from.is_some() {
                *to = from.cloned();
            }
        }
        take(&mut self.email, changes.email.as_ref());
        take(&mut self.first_name, changes.first_name.as_ref());
        take(&mut self.last_name, changes.last_name.as_ref());
        take(&mut self.status, changes.status.as_ref());
        take(&mut self.password, password);
        set(&mut self.username, changes.username.as_ref());
        set(&mut self.date_of_birth, changes.date_of_birth.as_ref());
        set(&mut self.gender, changes.gender.as_ref());
        set(&mut self.vault_customer, changes.vault_customer.as_ref());
        let (own, new) = (&mut self.address, &changes.address);
        take(&mut own.address1, new.address1.as_ref());
        take(&mut own.city, new.city.as_ref());
        take(&mut own.state, new.state.as_ref());
        take(&mut own.zipcode, new.zipcode.as_ref());
        take(&mut own.country, new.country.as_ref());
        take(&mut own.phone, new.phone.as_ref());
        set(&mut own.address2, new.address2.as_ref());
        set(&mut own.address3, new.address3.as_ref());
        set(&mut own.county, new.county.as_ref());
        set(&mut own.address_type, new.address_type.as_ref());
        self.updated = now;
    }
}

/// The way to a new password: what stands under the hash of the secret in a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// SHA-256 of the secret, hexadecimal.
    pub hash: String,
    /// Whose it is.
    pub scope: crate::Scope,
    /// Whose password it sets.
    pub member_id: Id<ids::Member>,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it was used: once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

impl PasswordLink {
    /// How long a link can be used.
    pub const LIFE_DAYS: i64 = 7;

    /// Whether it can be used at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}
