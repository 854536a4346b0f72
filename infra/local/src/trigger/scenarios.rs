//! The calls that bring an event about. Each begins with nothing, and a later call names what earlier ones made.

use std::collections::BTreeMap;

use http::Method;
use models::event::EventType as Type;

/// An event, and the calls that bring it about.
#[derive(Debug)]
pub struct Scenario {
    /// The event that comes of the last call.
    pub event: Type,
    pub(super) steps: &'static [Step],
}

/// What a call does with what its path names.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Post,
    Patch,
    Delete,
}

/// One call. `<customer>` in its path or body stands for the id that the step of that name was answered with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    name: &'static str,
    verb: Verb,
    path: &'static str,
    body: Option<&'static str>,
    declined: bool,
}

impl Step {
    const fn new(
        name: &'static str,
        verb: Verb,
        path: &'static str,
        body: Option<&'static str>,
    ) -> Self {
        Self {
            name,
            verb,
            path,
            body,
            declined: false,
        }
    }

    const fn post(name: &'static str, path: &'static str, body: &'static str) -> Self {
        Self::new(name, Verb::Post, path, Some(body))
    }

    const fn patch(name: &'static str, path: &'static str, body: &'static str) -> Self {
        Self::new(name, Verb::Patch, path, Some(body))
    }

    const fn delete(name: &'static str, path: &'static str) -> Self {
        Self::new(name, Verb::Delete, path, None)
    }

    /// The same, for a call that charges a card which is refused.
    const fn declined(self) -> Self {
        Self {
            declined: true,
            ..self
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn method(&self) -> Method {
        match self.verb {
            Verb::Post => Method::POST,
            Verb::Patch => Method::PATCH,
            Verb::Delete => Method::DELETE,
        }
    }

    pub(super) fn is_declined(&self) -> bool {
        self.declined
    }

    pub(super) fn path(&self, made: &BTreeMap<&'static str, String>) -> String {
        fill(self.path, made)
    }

    pub(super) fn body(&self, made: &BTreeMap<&'static str, String>) -> Option<String> {
        self.body.map(|body| fill(body, made))
    }
}

/// The text with the ids of what was made.
fn fill(text: &str, made: &BTreeMap<&'static str, String>) -> String {
    made.iter().fold(text.to_owned(), |text, (name, id)| {
        text.replace(&["<", name, ">"].concat(), id)
    })
}

impl Scenario {
    /// Its calls in a line.
    pub(super) fn summary(&self) -> String {
        let calls = self.steps.iter();
        let calls = calls.map(|step| format!("{} {}", step.method(), step.path));
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

const CUSTOMER: Step = Step::post(
    "customer",
    "/v3/customers",
    r#"{"email":"trigger@example.com","first_name":"Triggered"}"#,
);
const CUSTOMER_UPDATED: Step = Step::patch(
    "updated",
    "/v3/customers/<customer>",
    r#"{"first_name":"Renamed"}"#,
);
const CUSTOMER_DELETED: Step = Step::delete("deleted", "/v3/customers/<customer>");

/// The sandbox card that succeeds.
const CARD: Step = Step::post(
    "card",
    "/v3/payment-methods",
    r#"{"customer_id":"<customer>","type":"card","default":true,
        "card":{"number":"4242424242424242","exp_month":12,"exp_year":2039,"cvc":"123"}}"#,
);
/// The sandbox card that attaches, and declines when it is charged.
const DECLINING_CARD: Step = Step::post(
    "card",
    "/v3/payment-methods",
    r#"{"customer_id":"<customer>","type":"card","default":true,
        "card":{"number":"4000000000000341","exp_month":12,"exp_year":2039,"cvc":"123"}}"#,
);
const DETACHED: Step = Step::delete("detached", "/v3/payment-methods/<card>");

const PLAN: Step = Step::post(
    "plan",
    "/v3/plans",
    r#"{"name":"Triggered","currency":"USD","amount":9999,"interval":"month"}"#,
);
const PLAN_UPDATED: Step = Step::patch("updated", "/v3/plans/<plan>", r#"{"amount":10999}"#);
const PLAN_DELETED: Step = Step::delete("deleted", "/v3/plans/<plan>");

const COUPON: Step = Step::post(
    "coupon",
    "/v3/coupons",
    r#"{"name":"Triggered","percent_off":25,"duration":"once"}"#,
);
const COUPON_UPDATED: Step = Step::patch("updated", "/v3/coupons/<coupon>", r#"{"active":false}"#);
const COUPON_DELETED: Step = Step::delete("deleted", "/v3/coupons/<coupon>");

const TAX_RATE: Step = Step::post(
    "rate",
    "/v3/tax-rates",
    r#"{"display_name":"VAT","percentage":20}"#,
);
const TAX_RATE_UPDATED: Step = Step::patch(
    "updated",
    "/v3/tax-rates/<rate>",
    r#"{"display_name":"Value added tax"}"#,
);

const SUBSCRIPTION: Step = Step::post(
    "subscription",
    "/v3/subscriptions",
    r#"{"customer_id":"<customer>","plan_id":"<plan>","auto_collection":true}"#,
);
const CHANGED: Step = Step::patch(
    "changed",
    "/v3/subscriptions/<subscription>",
    r#"{"metadata":{"triggered":"yes"}}"#,
);
const PAUSED: Step = Step::post("paused", "/v3/subscriptions/<subscription>/pause", "{}");
const RESUMED: Step = Step::post("resumed", "/v3/subscriptions/<subscription>/resume", "{}");
const CANCELED: Step = Step::post("canceled", "/v3/subscriptions/<subscription>/cancel", "{}");

const INVOICE: Step = Step::post(
    "invoice",
    "/v3/invoices",
    r#"{"customer_id":"<customer>","days_until_due":14,
        "line_items":[{"description":"Triggered","quantity":1,"unit_amount":5000}]}"#,
);
const INVOICE_UPDATED: Step = Step::patch(
    "updated",
    "/v3/invoices/<invoice>",
    r#"{"footer":"Thank you."}"#,
);
const INVOICE_DELETED: Step = Step::delete("deleted", "/v3/invoices/<invoice>");
const FINALIZED: Step = Step::post("finalized", "/v3/invoices/<invoice>/finalize", "{}");
const PAID: Step = Step::post("paid", "/v3/invoices/<invoice>/pay", "{}");
const VOIDED: Step = Step::post("voided", "/v3/invoices/<invoice>/void", "{}");
const GIVEN_UP: Step = Step::post("given up", "/v3/invoices/<invoice>/uncollectible", "{}");
const CREDIT_NOTE: Step = Step::post(
    "note",
    "/v3/credit-notes",
    r#"{"invoice_id":"<invoice>","amount":1000,"reason":"order_change"}"#,
);

const PAYMENT: Step = Step::post(
    "payment",
    "/v3/payments",
    r#"{"customer_id":"<customer>","amount":5000,"currency":"USD"}"#,
);
const REFUND: Step = Step::post(
    "refund",
    "/v3/payments/<payment>/refunds",
    r#"{"reason":"requested_by_customer"}"#,
);
