//! What most stories begin with: somebody with a card, a plan, and a subscription to it.

use serde_json::{Value, json};

use crate::request::Call;

/// The number of a card that the sandbox gateway takes.
pub const GOOD_CARD: &str = "4242424242424242";

/// A card as callers send it, good until the end of 2030.
pub fn card(number: &str) -> Value {
    json!({ "number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123" })
}

impl Call {
    /// Makes a customer: its id.
    pub async fn customer(&self) -> String {
        let profile = json!({ "email": "a@example.com" });
        let made = self.post("/v3/customers", profile).await;
        made.expect(201);
        made.text_of("id").to_owned()
    }

    /// Gives a customer a card, which is the default from now on: the payment method's id.
    pub async fn card(&self, customer: &str, number: &str) -> String {
        let method = json!({ "customer_id": customer, "type": "card", "card": card(number), "default": true });
        let made = self.post("/v3/payment-methods", method).await;
        made.expect(201);
        made.text_of("id").to_owned()
    }

    /// Makes a plan, given as its body, and answers it.
    pub async fn plan(&self, plan: Value) -> Value {
        let made = self.post("/v3/plans", plan).await;
        made.expect(201).clone()
    }

    /// Subscribes a customer to a plan and answers the subscription.
    pub async fn subscription(&self, customer: &str, plan: &str) -> Value {
        let new = json!({ "customer_id": customer, "plan_id": plan });
        let made = self.post("/v3/subscriptions", new).await;
        made.expect(201).clone()
    }
}
