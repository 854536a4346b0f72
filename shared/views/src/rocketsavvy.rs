//! RocketSavvy v3: records in snake case, money in minor units.

mod billing;
mod catalog;
mod credit_notes;
mod crm;
mod deliveries;
mod event;
mod explain;
mod invoices;
mod members;
mod messages;
mod payments;
mod platform;
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
pub use event::{Event, EventData, EventRequest, example_of, object_schema};
pub use explain::{
    CreditedItem, DiscountExplanation, FractionView, InvoiceExplanation, LineExplanation,
    LineInputs, LineStep, SumExplanation, SumsExplanation, TaxExplanation, TaxPart,
};
pub use invoices::{
    Invoice, InvoiceDiscount, InvoiceParty, InvoicePreview, InvoiceTax, LineItem, PaymentError,
    line_item_id, line_of,
};
pub use members::{
    Commission, Email, Member, MemberAddress, MemberSettings, Partner, Statement, StatementSum,
};
pub use messages::{Message, MessageError, PlanTier, ReceivedMessage, Schedule};
pub use payments::{CardView, Payment, PaymentMethod, Refund, SettlementView};
pub use platform::{Account, AccountWithKeys, ApiKey, FirstKey, OauthClient, TestClock};
pub use usage::{Usage, UsageBatch, UsageBatchRow, UsageEntry};
pub use webhooks::{Endpoint, MASKED, Recovery, TestSent};

/// A decimal as a JSON number with exactly its digits.
pub fn number(decimal: rust_decimal::Decimal) -> models::Result<Box<serde_json::value::RawValue>> {
    serde_json::value::RawValue::from_string(decimal.normalize().to_string())
        .map_err(models::Error::internal)
}
