//! Customers as v3 prints them.

use std::collections::BTreeMap;

use models::{Metadata, Mode, Result, View, crm};
use serde::Serialize;
use utoipa::ToSchema;

/// A customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Customer {
    #[schema(example = "cust_rs_123456")]
    id: String,
    #[schema(example = "test@example.com")]
    email: Option<String>,
    #[schema(example = "John")]
    first_name: Option<String>,
    #[schema(example = "Doe")]
    last_name: Option<String>,
    #[schema(example = "+14165551234")]
    phone: Option<String>,
    /// `b2b`, `b2c` or `b2g`.
    #[schema(example = "b2b")]
    #[schema(inline)]
    customer_type: Option<crm::CustomerType>,
    company: Option<CompanyView>,
    #[schema(example = json!(["enterprise", "technology"]))]
    segments: Vec<String>,
    /// Fields of the caller's own.
    #[schema(value_type = BTreeMap<String, Value>, example = json!({"lead_source": "website", "priority_level": "high"}))]
    custom_fields: BTreeMap<String, serde_json::Value>,
    /// The payment method that scheduled bills are charged to.
    #[schema(example = "pm_rs_123456")]
    default_payment_method: Option<String>,
    /// What the business owes the customer, in minor units by currency: the next invoices take it first. Absent where it is
    /// nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false, example = json!({"USD": 1000}))]
    credit_balance: BTreeMap<String, i64>,
    #[schema(value_type = BTreeMap<String, String>, example = json!({"source": "website"}))]
    metadata: Metadata,
    #[schema(example = "2025-06-27T10:30:00Z")]
    created: String,
    livemode: bool,
}

/// The company that a customer is, or works for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompanyView {
    #[schema(example = "Acme Corporation")]
    name: Option<String>,
    #[schema(example = "technology")]
    industry: Option<String>,
    #[schema(example = "enterprise")]
    size: Option<String>,
    #[schema(example = 10_000_000)]
    annual_revenue: Option<i64>,
}

impl View for Customer {
    type Of = crm::Customer;
    type At = Mode;

    fn of(customer: &crm::Customer, mode: Mode) -> Result<Self> {
        let profile = customer.profile.clone();
        Ok(Self {
            id: customer.id.to_string(),
            email: profile.email,
            first_name: profile.first_name,
            last_name: profile.last_name,
            phone: profile.phone,
            customer_type: profile.customer_type,
            company: profile.company.map(|company| CompanyView {
                name: company.name,
                industry: company.industry,
                size: company.size,
                annual_revenue: company.annual_revenue,
            }),
            segments: profile.segments,
            custom_fields: profile.custom_fields,
            default_payment_method: customer.default_payment_method.map(|id| id.to_string()),
            credit_balance: customer.credit.clone(),
            metadata: profile.metadata,
            created: customer.created.to_string(),
            livemode: mode.is_live(),
        })
    }
}
