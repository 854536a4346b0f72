//! Plans, subscriptions, invoices and usage; coupons, tax rates and what a business decides about its billing.

mod coupon;
mod credit_note;
mod dunning;
mod explain;
mod invoice;
mod line;
mod plan;
mod pricing;
mod proration;
mod schedule;
mod settings;
mod subscription;
mod tax;
mod totals;
mod usage;

pub use coupon::{Coupon, Discount, Duration, MAX_PERCENT_SCALE, Terms};
pub use credit_note::{
    CreditNote, CreditNoteKind, CreditNoteLine, CreditNoteReason, NewCreditNote, NoteRefund,
};
pub use dunning::{Advice, advice, fault_wait};
pub use explain::{DiscountExplained, Explanation, LineExplained, Sum, Sums, TaxExplained};
pub use invoice::{
    AppliedDiscount, Attempt, BillingReason, Booked, Credit, Credited, Crediting, DraftChanges,
    GivenBack, Invoice, InvoiceStatus, MAX_FAILED_PAYMENTS, MAX_PAYMENTS, NewInvoice, Part, Party,
    Refunding, Refused, Unused,
};
pub use line::{Basis, BilledLine, Derivation, LineItem};
pub use plan::{BillingCycle, Meter, Plan, PlanVersion, Price, TaxBehavior};
pub use pricing::{Charge, PricingModel, Step, Tier};
pub use proration::Fraction;
pub use schedule::{
    BillingPeriod, MAX_ROWS_A_DAY, NewRow, PaymentTerms, Receipt, RowAction, ScheduleRow,
    ScheduleStatus, Slot, TierPolicy, TierTerms,
};
pub use settings::{
    AfterRetries, BillingSettings, LateUsage, MAX_DEFAULT_TAX_RATES, MAX_RETRIES, MAX_RETRY_DAYS,
    MAX_TEXT_MESSAGES_PER_DAY, ProrationUnit, Seller,
};
pub use subscription::{
    AnchorChange, Bill, Change, ChargedAs, ChargedLine, CollectionMethod, DueAction, Effective,
    INCOMPLETE_SECONDS, INVOICES_ON_A_PAGE, InvoicePage, Item, MAX_BACK_PERIODS, MAX_ITEMS,
    MissingPaymentMethod, NewSubscription, Outcome, Pause, PauseBehavior, PauseCollection,
    PaymentBehavior, PendingUpdate, Proration, ProrationBehavior, Reading, Resumption,
    Subscription, SubscriptionStatus, check_items, given_back, refuse_too_many_lines,
};
pub use tax::{
    AppliedRate, ExactTax, TaxAmount, TaxRate, Taxable, exact_taxes, exclusive_total, tax_total,
    taxes,
};
pub use totals::{Totals, rates_of};
pub use usage::{
    Aggregation, Closing, Correction, CorrectionTerms, Cut, Fingerprint, Placement, Scope, Survey,
    UsageEvent, UsageKind, UsagePage, UsageReceipt, UsageReport, UsageStanding, UsageTotals,
    last_use_after, used_ahead,
};
