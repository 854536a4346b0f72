//! RocketSavvy v3: JSON in snake case, bare objects, errors as RFC 9457 problems.
//!
//! # Determinations
//! - A record that an input field refers to and that does not exist is 404, like one in the path, and the problem's `errors`
//!   name the field.
//! - A refused card is 402 with the gateway's code, as in Stripe; the failed payment is recorded and named (`payment_id`).
//! - `amount` of an invoice is its total, in minor units. Its `due_date` is a day.
//! - A report of usage whose `idempotency_key` was used for another report is 400 and names the field, like any other wrong
//!   field. A reused header `Idempotency-Key` is 422.
//! - An event's `data.object` is the object as its `GET` prints it at that moment.

mod billing;
mod catalog;
mod credit_notes;
mod crm;
mod deliveries;
mod event;
mod explain;
mod invoices;
mod list;
mod members;
mod messages;
mod payments;
mod platform;
mod problem;
mod usage;
mod webhooks;

pub use billing::{
    Meter, PauseCollection, PendingUpdate, PeriodView, Plan, ScheduledChange, Subscription,
    SubscriptionDiscount, SubscriptionItem, Tier,
};
pub use catalog::{BillingSettings, Coupon, SellerView, TaxRate};
pub use credit_notes::{CreditNote, CreditNoteLine, CreditNoteRefund};
pub use crm::{CompanyView, Customer};
pub use deliveries::{Delivery, DeliveryAttempt, DeliveryPage, DeliveryRequest, DeliveryResponse};
pub use event::{Event, EventData, EventRequest, example_of, object_of, object_schema};
pub use explain::{
    CreditedItem, DiscountExplanation, FractionView, InvoiceExplanation, LineExplanation,
    LineInputs, LineStep, SumExplanation, SumsExplanation, TaxExplanation, TaxPart,
};
pub use invoices::{
    Invoice, InvoiceDiscount, InvoiceParty, InvoicePreview, InvoiceTax, LineItem, PaymentError,
    line_item_id, line_of,
};
pub use list::{Deleted, List};
pub use members::{
    Commission, Email, Member, MemberAddress, MemberSettings, Partner, Statement, StatementSum,
};
pub use messages::{Message, MessageError, PlanTier, ReceivedMessage, Schedule};
pub use payments::{CardView, Payment, PaymentMethod, Refund, SettlementView};
pub use platform::{Account, AccountWithKeys, ApiKey, FirstKey, OauthClient, TestClock};
pub use problem::{ProblemDetails, ProblemField};
pub use usage::{Usage, UsageBatch, UsageBatchRow, UsageEntry};
pub use webhooks::{Endpoint, MASKED, Recovery, TestSent};

pub(crate) use problem::{problem, render, render_too_large};

/// A decimal as a JSON number with exactly its digits.
pub fn number(decimal: rust_decimal::Decimal) -> models::Result<Box<serde_json::value::RawValue>> {
    serde_json::value::RawValue::from_string(decimal.normalize().to_string())
        .map_err(models::Error::internal)
}
