//! The calls that bring an event about. Each begins with nothing, and a later call names what earlier ones made.

use models::event::EventType as Type;

use super::steps::{
    CANCELED, CARD, CHANGED, COUPON, COUPON_DELETED, COUPON_UPDATED, CREDIT_NOTE, CUSTOMER,
    CUSTOMER_DELETED, CUSTOMER_UPDATED, DECLINING_CARD, DETACHED, FINALIZED, GIVEN_UP, INVOICE,
    INVOICE_DELETED, INVOICE_UPDATED, PAID, PAUSED, PAYMENT, PLAN, PLAN_DELETED, PLAN_UPDATED,
    REFUND, RESUMED, SUBSCRIPTION, Step, TAX_RATE, TAX_RATE_UPDATED, VOIDED,
};

/// An event, and the calls that bring it about.
#[derive(Debug)]
pub struct Scenario {
    /// The event that comes of the last call.
    pub event: Type,
    pub(super) steps: &'static [Step],
}

impl Scenario {
    /// Its calls in a line.
    pub(super) fn summary(&self) -> String {
        let calls = self.steps.iter();
        let calls = calls.map(|step| format!("{} {}", step.method(), step.template()));
        calls.collect::<Vec<_>>().join(", ")
    }
}

/// The calls that bring an event of that type about, where calls alone do.
pub fn of(kind: Type) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.event == kind)
}

const fn on(event: Type, steps: &'static [Step]) -> Scenario {
    Scenario { event, steps }
}

/// Every scenario, in the order of the types.
pub static ALL: &[Scenario] = &[
    on(Type::CouponCreated, &[COUPON]),
    on(Type::CouponDeleted, &[COUPON, COUPON_DELETED]),
    on(Type::CouponUpdated, &[COUPON, COUPON_UPDATED]),
    on(
        Type::CreditNoteCreated,
        &[CUSTOMER, INVOICE, FINALIZED, CREDIT_NOTE],
    ),
    on(Type::CustomerCreated, &[CUSTOMER]),
    on(Type::CustomerDeleted, &[CUSTOMER, CUSTOMER_DELETED]),
    on(Type::CustomerUpdated, &[CUSTOMER, CUSTOMER_UPDATED]),
    on(Type::InvoiceCreated, &[CUSTOMER, INVOICE]),
    on(Type::InvoiceDeleted, &[CUSTOMER, INVOICE, INVOICE_DELETED]),
    on(Type::InvoiceFinalized, &[CUSTOMER, INVOICE, FINALIZED]),
    on(
        Type::InvoicePaid,
        &[CUSTOMER, CARD, INVOICE, FINALIZED, PAID],
    ),
    on(
        Type::InvoicePaymentFailed,
        &[
            CUSTOMER,
            DECLINING_CARD,
            INVOICE,
            FINALIZED,
            PAID.declined(),
        ],
    ),
    on(
        Type::InvoiceUncollectible,
        &[CUSTOMER, INVOICE, FINALIZED, GIVEN_UP],
    ),
    on(Type::InvoiceUpdated, &[CUSTOMER, INVOICE, INVOICE_UPDATED]),
    on(Type::InvoiceVoided, &[CUSTOMER, INVOICE, FINALIZED, VOIDED]),
    on(
        Type::PaymentFailed,
        &[CUSTOMER, DECLINING_CARD, PAYMENT.declined()],
    ),
    on(Type::PaymentSucceeded, &[CUSTOMER, CARD, PAYMENT]),
    on(Type::PaymentMethodAttached, &[CUSTOMER, CARD]),
    on(Type::PaymentMethodDetached, &[CUSTOMER, CARD, DETACHED]),
    on(Type::PlanCreated, &[PLAN]),
    on(Type::PlanDeleted, &[PLAN, PLAN_DELETED]),
    on(Type::PlanUpdated, &[PLAN, PLAN_UPDATED]),
    on(Type::RefundSucceeded, &[CUSTOMER, CARD, PAYMENT, REFUND]),
    on(
        Type::SubscriptionCanceled,
        &[CUSTOMER, CARD, PLAN, SUBSCRIPTION, CANCELED],
    ),
    on(
        Type::SubscriptionCreated,
        &[CUSTOMER, CARD, PLAN, SUBSCRIPTION],
    ),
    on(
        Type::SubscriptionPaused,
        &[CUSTOMER, CARD, PLAN, SUBSCRIPTION, PAUSED],
    ),
    on(
        Type::SubscriptionResumed,
        &[CUSTOMER, CARD, PLAN, SUBSCRIPTION, PAUSED, RESUMED],
    ),
    on(
        Type::SubscriptionUpdated,
        &[CUSTOMER, CARD, PLAN, SUBSCRIPTION, CHANGED],
    ),
    on(Type::TaxRateCreated, &[TAX_RATE]),
    on(Type::TaxRateUpdated, &[TAX_RATE, TAX_RATE_UPDATED]),
];
