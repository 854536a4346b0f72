//! The fields of a customer that callers set: the same when it is created and when it is changed.

use std::collections::BTreeMap;

use api::input::{Field, Fields, Input, MetadataChanges, Patch};
use models::crm::{Company, CustomerType, Profile};
use models::{Error, Result};

/// The company that a customer is, or works for.
#[derive(Debug, Input)]
pub(crate) struct NewCompany {
    #[input(chars = 1..=200, example = "Acme Corporation")]
    name: Option<String>,
    #[input(chars = 1..=100, example = "technology")]
    industry: Option<String>,
    #[input(chars = 1..=100, example = "enterprise")]
    size: Option<String>,
    #[input(range = 0..=9_007_199_254_740_991, example = 10_000_000)]
    annual_revenue: Option<i64>,
}

/// A customer as callers write it. At least one of `email`, `first_name`, `last_name`, `phone` and `company.name` is needed.
#[derive(Debug, Input)]
#[input(name = "NewCustomer")]
pub(crate) struct CustomerFields {
    #[input(email, example = "test@example.com")]
    email: Patch<String>,
    #[input(chars = 1..=100, example = "John")]
    first_name: Patch<String>,
    #[input(chars = 1..=100, example = "Doe")]
    last_name: Patch<String>,
    #[input(chars = 3..=32, numbers = "telephone number", example = "+14165551234")]
    phone: Patch<String>,
    #[input(choice, example = "b2b")]
    customer_type: Patch<CustomerType>,
    company: Patch<NewCompany>,
    /// Names of segments.
    #[input(by = segments, example = ["enterprise", "technology"])]
    segments: Patch<Vec<String>>,
    /// Texts, numbers and truth values by name.
    #[input(scalars, example = { "lead_source": "website", "priority_level": "high" })]
    custom_fields: Patch<BTreeMap<String, serde_json::Value>>,
    #[input(example = {})]
    metadata: MetadataChanges,
}

fn segments(fields: &mut Fields<'_>, name: &'static str) -> Field<Vec<String>> {
    fields.list(name, 0..=50, 1..=64, |text| {
        if text.contains(char::is_control) {
            return Err("must have no control characters".to_owned());
        }
        Ok(text.to_owned())
    })
}

impl CustomerFields {
    /// `profile` with the changes, where it still names somebody.
    pub(crate) fn apply(self, profile: Profile) -> Result<Profile> {
        let profile = Profile {
            email: self.email.apply(profile.email),
            first_name: self.first_name.apply(profile.first_name),
            last_name: self.last_name.apply(profile.last_name),
            phone: self.phone.apply(profile.phone),
            customer_type: self.customer_type.apply(profile.customer_type),
            company: self.company.map(Company::from).apply(profile.company),
            segments: self.segments.apply_or_default(profile.segments),
            custom_fields: self.custom_fields.apply_or_default(profile.custom_fields),
            metadata: self.metadata.apply(profile.metadata)?,
        };
        if profile.names_somebody() {
            return Ok(profile);
        }
        let detail = "is required where neither a name nor a phone number is given";
        Err(Error::invalid("/email", "required", detail))
    }
}

impl From<NewCompany> for Company {
    fn from(new: NewCompany) -> Self {
        Self {
            name: new.name,
            industry: new.industry,
            size: new.size,
            annual_revenue: new.annual_revenue,
        }
    }
}
