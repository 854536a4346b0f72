//! The fields of a customer that callers set: the same when it is created and when it is changed.

use std::collections::BTreeMap;

use api::input::{Fields, Input, MetadataChanges, Patch};
use models::Result;
use models::crm::{Company, CustomerType, Profile};
use utoipa::ToSchema;

/// The company that a customer is, or works for.
#[derive(Debug, ToSchema)]
#[expect(
    dead_code,
    reason = "the schema of the input; it is read into a company"
)]
pub(crate) struct NewCompany {
    #[schema(example = "Acme Corporation")]
    name: Option<String>,
    #[schema(example = "technology")]
    industry: Option<String>,
    #[schema(example = "enterprise")]
    size: Option<String>,
    #[schema(example = 10_000_000)]
    annual_revenue: Option<i64>,
}

/// What a body says of each field: nothing, remove it, or set it.
pub(crate) struct ProfilePatch {
    email: Patch<String>,
    first_name: Patch<String>,
    last_name: Patch<String>,
    phone: Patch<String>,
    customer_type: Patch<CustomerType>,
    company: Patch<Company>,
    segments: Patch<Vec<String>>,
    custom_fields: Patch<BTreeMap<String, serde_json::Value>>,
    metadata: MetadataChanges,
}

impl Input for ProfilePatch {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let segment = |text: &str| {
            let good =
                (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
            if good {
                Ok(text.to_owned())
            } else {
                Err("every segment must have 1 to 64 characters".to_owned())
            }
        };
        Some(Self {
            email: fields.email("email").patch(),
            first_name: fields.text("first_name", 1..=100).patch(),
            last_name: fields.text("last_name", 1..=100).patch(),
            phone: fields.text("phone", 3..=32).patch(),
            customer_type: fields.choice("customer_type", CustomerType::ALL).patch(),
            company: fields.object("company", read_company).patch(),
            segments: fields.list("segments", 50, segment).patch(),
            custom_fields: fields.scalars("custom_fields").patch(),
            metadata: fields.metadata_changes(),
        })
    }
}

impl ProfilePatch {
    /// `profile` with the changes.
    pub(crate) fn apply(self, profile: Profile) -> Result<Profile> {
        Ok(Profile {
            email: self.email.apply(profile.email),
            first_name: self.first_name.apply(profile.first_name),
            last_name: self.last_name.apply(profile.last_name),
            phone: self.phone.apply(profile.phone),
            customer_type: self.customer_type.apply(profile.customer_type),
            company: self.company.apply(profile.company),
            segments: self.segments.apply_or_default(profile.segments),
            custom_fields: self.custom_fields.apply_or_default(profile.custom_fields),
            metadata: self.metadata.apply(profile.metadata)?,
        })
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the form of everything that is read"
)]
fn read_company(fields: &mut Fields<'_>) -> Option<Company> {
    Some(Company {
        name: fields.text("name", 1..=200).optional(),
        industry: fields.text("industry", 1..=100).optional(),
        size: fields.text("size", 1..=100).optional(),
        annual_revenue: fields
            .integer("annual_revenue", 0..=9_007_199_254_740_991)
            .optional(),
    })
}
