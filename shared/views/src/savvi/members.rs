//! Members as Savvi prints them.

use models::members::{Address, Member};
use models::{Result, View};
use serde::Serialize;
use utoipa::ToSchema;

/// A member that was created or updated.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Saved {
    #[schema(example = "User test@example.com created by Acme Wholesale")]
    message: String,
    user: SavviUser,
}

/// A member that was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Found {
    user: SavviUser,
}

/// The user block.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SavviUser {
    /// The same in every API: a customer of v3.
    #[schema(example = "cust_rs_123456")]
    id: String,
    #[schema(example = "test@example.com")]
    email: String,
    #[schema(example = "Testusername")]
    username: Option<String>,
    #[schema(example = "Testfirst")]
    first_name: String,
    #[schema(example = "Testlast")]
    last_name: String,
    #[schema(example = "1970-07-25")]
    date_of_birth: Option<String>,
    /// `Male`, `Female` or `Prefer not to say`.
    #[schema(example = "Female")]
    #[schema(inline)]
    gender: Option<models::members::Gender>,
    /// `active`, `inactive` or `banned`.
    #[schema(example = "active")]
    #[schema(inline)]
    status: models::members::MemberStatus,
    /// `wholesale` or `call_center`.
    #[schema(example = "wholesale")]
    #[schema(inline)]
    member_type: models::members::MemberKind,
    #[schema(example = json!(null))]
    braintree_customer_id: Option<String>,
    #[schema(example = "2026-01-15T12:00:00Z")]
    created_at: String,
    #[schema(example = "2026-01-15T12:00:00Z")]
    updated_at: String,
    address_attributes: SavviAddress,
}

/// The address block.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SavviAddress {
    #[schema(example = "123 e Main Street")]
    address1: String,
    #[schema(example = json!(null))]
    address2: Option<String>,
    #[schema(example = json!(null))]
    address3: Option<String>,
    #[schema(example = "billing")]
    address_type: Option<String>,
    #[schema(example = "Salt Lake City")]
    city: String,
    #[schema(example = json!(null))]
    county: Option<String>,
    #[schema(example = "UT")]
    state: String,
    #[schema(example = "84101")]
    zipcode: String,
    #[schema(example = "United States of America")]
    country: String,
    #[schema(example = "8015554312")]
    phone: String,
}

impl View for Saved {
    type Of = Member;
    type At = ();

    fn of(member: &Member, _at: ()) -> Result<Self> {
        Ok(Self {
            message: format!("User {} created by {}", member.email, member.partner_name),
            user: SavviUser::of(member),
        })
    }
}

impl View for Found {
    type Of = Member;
    type At = ();

    fn of(member: &Member, _at: ()) -> Result<Self> {
        Ok(Self {
            user: SavviUser::of(member),
        })
    }
}

impl SavviUser {
    fn of(member: &Member) -> Self {
        let id = member.customer_id().map(|id| id.to_string());
        Self {
            id: id.unwrap_or_default(),
            email: member.email.clone(),
            username: member.username.clone(),
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            date_of_birth: member.date_of_birth.map(|date| date.to_string()),
            gender: member.gender,
            status: member.status,
            member_type: member.kind,
            braintree_customer_id: member.vault_customer.clone(),
            created_at: member.created.to_string(),
            updated_at: member.updated.to_string(),
            address_attributes: SavviAddress::of(&member.address),
        }
    }
}

impl SavviAddress {
    fn of(address: &Address) -> Self {
        Self {
            address1: address.address1.clone(),
            address2: address.address2.clone(),
            address3: address.address3.clone(),
            address_type: address.address_type.clone(),
            city: address.city.clone(),
            county: address.county.clone(),
            state: address.state.clone(),
            zipcode: address.zipcode.clone(),
            country: address.country.clone(),
            phone: address.phone.clone(),
        }
    }
}
