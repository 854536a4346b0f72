//! The calls that scenarios are made of.

use std::collections::BTreeMap;

use http::Method;

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
    pub(super) const fn declined(self) -> Self {
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

    /// Its path as it is written down.
    pub(super) fn template(&self) -> &'static str {
        self.path
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

pub(super) const CUSTOMER: Step = Step::post(
    "customer",
    "/v3/customers",
    r#"{"email":"trigger@example.com","first_name":"Triggered"}"#,
);
pub(super) const CUSTOMER_UPDATED: Step = Step::patch(
    "updated",
    "/v3/customers/<customer>",
    r#"{"first_name":"Renamed"}"#,
);
pub(super) const CUSTOMER_DELETED: Step = Step::delete("deleted", "/v3/customers/<customer>");

/// The sandbox card that succeeds.
pub(super) const CARD: Step = Step::post(
    "card",
    "/v3/payment-methods",
    r#"{"customer_id":"<customer>","type":"card","default":true,
        "card":{"number":"4242424242424242","exp_month":12,"exp_year":2039,"cvc":"123"}}"#,
);
/// The sandbox card that attaches, and declines when it is charged.
pub(super) const DECLINING_CARD: Step = Step::post(
    "card",
    "/v3/payment-methods",
    r#"{"customer_id":"<customer>","type":"card","default":true,
        "card":{"number":"4000000000000341","exp_month":12,"exp_year":2039,"cvc":"123"}}"#,
);
pub(super) const DETACHED: Step = Step::delete("detached", "/v3/payment-methods/<card>");

pub(super) const PLAN: Step = Step::post(
    "plan",
    "/v3/plans",
    r#"{"name":"Triggered","currency":"USD","amount":9999,"interval":"month"}"#,
);
pub(super) const PLAN_UPDATED: Step =
    Step::patch("updated", "/v3/plans/<plan>", r#"{"amount":10999}"#);
pub(super) const PLAN_DELETED: Step = Step::delete("deleted", "/v3/plans/<plan>");

pub(super) const COUPON: Step = Step::post(
    "coupon",
    "/v3/coupons",
    r#"{"name":"Triggered","percent_off":25,"duration":"once"}"#,
);
pub(super) const COUPON_UPDATED: Step =
    Step::patch("updated", "/v3/coupons/<coupon>", r#"{"active":false}"#);
pub(super) const COUPON_DELETED: Step = Step::delete("deleted", "/v3/coupons/<coupon>");

pub(super) const TAX_RATE: Step = Step::post(
    "rate",
    "/v3/tax-rates",
    r#"{"display_name":"VAT","percentage":20}"#,
);
pub(super) const TAX_RATE_UPDATED: Step = Step::patch(
    "updated",
    "/v3/tax-rates/<rate>",
    r#"{"display_name":"Value added tax"}"#,
);

pub(super) const SUBSCRIPTION: Step = Step::post(
    "subscription",
    "/v3/subscriptions",
    r#"{"customer_id":"<customer>","plan_id":"<plan>","auto_collection":true}"#,
);
pub(super) const CHANGED: Step = Step::patch(
    "changed",
    "/v3/subscriptions/<subscription>",
    r#"{"metadata":{"triggered":"yes"}}"#,
);
pub(super) const PAUSED: Step =
    Step::post("paused", "/v3/subscriptions/<subscription>/pause", "{}");
pub(super) const RESUMED: Step =
    Step::post("resumed", "/v3/subscriptions/<subscription>/resume", "{}");
pub(super) const CANCELED: Step =
    Step::post("canceled", "/v3/subscriptions/<subscription>/cancel", "{}");

pub(super) const INVOICE: Step = Step::post(
    "invoice",
    "/v3/invoices",
    r#"{"customer_id":"<customer>","days_until_due":14,
        "line_items":[{"description":"Triggered","quantity":1,"unit_amount":5000}]}"#,
);
pub(super) const INVOICE_UPDATED: Step = Step::patch(
    "updated",
    "/v3/invoices/<invoice>",
    r#"{"footer":"Thank you."}"#,
);
pub(super) const INVOICE_DELETED: Step = Step::delete("deleted", "/v3/invoices/<invoice>");
pub(super) const FINALIZED: Step = Step::post("finalized", "/v3/invoices/<invoice>/finalize", "{}");
pub(super) const PAID: Step = Step::post("paid", "/v3/invoices/<invoice>/pay", "{}");
pub(super) const VOIDED: Step = Step::post("voided", "/v3/invoices/<invoice>/void", "{}");
pub(super) const GIVEN_UP: Step =
    Step::post("given up", "/v3/invoices/<invoice>/uncollectible", "{}");
pub(super) const CREDIT_NOTE: Step = Step::post(
    "note",
    "/v3/credit-notes",
    r#"{"invoice_id":"<invoice>","amount":1000,"reason":"order_change"}"#,
);

pub(super) const PAYMENT: Step = Step::post(
    "payment",
    "/v3/payments",
    r#"{"customer_id":"<customer>","amount":5000,"currency":"USD"}"#,
);
pub(super) const REFUND: Step = Step::post(
    "refund",
    "/v3/payments/<payment>/refunds",
    r#"{"reason":"requested_by_customer"}"#,
);
