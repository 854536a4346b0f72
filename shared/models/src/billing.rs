//! Plans, subscriptions, invoices and usage.

mod invoice;
mod plan;
mod subscription;
mod usage;

pub use invoice::{BillingReason, Invoice, InvoiceStatus, LineItem, NewInvoice};
pub use plan::{BillingCycle, Plan, Price, PricingModel};
pub use subscription::{
    Bill, CollectionMethod, INCOMPLETE_SECONDS, NewSubscription, Subscription, SubscriptionStatus,
    Turn,
};
pub use usage::{
    Aggregation, Correction, CorrectionTerms, Fingerprint, LateUsage, Placement, Survey,
    UsageEvent, UsageKind, UsagePage, UsageReceipt, UsageReport, UsageStanding, UsageTotals,
};
