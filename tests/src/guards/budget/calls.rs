//! What a call of the API costs, group by group, in test mode: each in the usual case, once.

use serde_json::{Value, json};
use testkit::{Answer, Call, World};

use super::Row;
use crate::generators::catalogue;

/// Calls of the API, and the row of each.
struct Bill<'a> {
    world: World,
    api: Call,
    rows: &'a mut Vec<Row>,
}

/// Adds the rows.
pub(super) async fn calls(rows: &mut Vec<Row>) {
    let world = World::new().await;
    let dialects = catalogue::enterprise()
        .into_iter()
        .chain(catalogue::savvi());
    let api = world.call(dialects.fold(catalogue::all(), |all, (_, routes)| all.merge(routes)));
    // The credential is read once in 30 seconds and remembered.
    api.get("/v3/customers").await.expect(200);
    let mut bill = Bill { world, api, rows };
    platform(&mut bill).await;
    payments(&mut bill).await;
    invoices(&mut bill).await;
    catalog(&mut bill).await;
    subscriptions(&mut bill).await;
    reveknew(&mut bill).await;
    savvi(&mut bill).await;
}

impl Bill<'_> {
    /// The call, and a row with the tenths of read and write units that it may cost.
    async fn row(
        &mut self,
        what: &'static str,
        (read_tenths, write_tenths): (u64, u64),
        call: impl Future<Output = Answer>,
    ) -> Answer {
        self.world.meter.take();
        let answer = call.await;
        let status = answer.status.as_u16();
        assert!((200..300).contains(&status), "{what}: {}", answer.body);
        self.rows.push(Row {
            what,
            units: self.world.meter.take(),
            read_tenths,
            write_tenths,
        });
        answer
    }

    async fn post(
        &mut self,
        what: &'static str,
        most: (u64, u64),
        path: &str,
        body: Value,
    ) -> String {
        let api = self.api.clone();
        let answer = self.row(what, most, api.post(path, body)).await;
        answer.body["id"].as_str().unwrap_or_default().to_owned()
    }

    async fn patch(&mut self, what: &'static str, most: (u64, u64), path: &str, body: Value) {
        let api = self.api.clone();
        self.row(what, most, api.patch(path, body)).await;
    }

    async fn delete(&mut self, what: &'static str, most: (u64, u64), path: &str) {
        let api = self.api.clone();
        self.row(what, most, api.delete(path)).await;
    }

    async fn get(&mut self, what: &'static str, most: (u64, u64), path: &str) {
        let api = self.api.clone();
        self.row(what, most, api.get(path)).await;
    }

    /// A customer with a card, outside of any row.
    async fn customer(&self) -> String {
        let customer = self
            .api
            .post("/v3/customers", json!({ "email": "a@example.com" }))
            .await;
        let id = customer.text_of("id").to_owned();
        let method = json!({ "customer_id": id, "type": "card", "card": card() });
        self.api
            .post("/v3/payment-methods", method)
            .await
            .expect(201);
        id
    }

    /// A draft of 100 USD that is sent when it becomes final, outside of any row.
    async fn draft(&self, customer: &str) -> String {
        let line = json!({ "description": "Work", "quantity": 1, "unit_amount": 10_000 });
        let body = json!({ "customer_id": customer, "currency": "USD", "line_items": [line] });
        self.api
            .post("/v3/invoices", body)
            .await
            .text_of("id")
            .to_owned()
    }

    async fn finalized(&self, customer: &str) -> String {
        let id = self.draft(customer).await;
        let path = format!("/v3/invoices/{id}/finalize");
        self.api.post(&path, json!({})).await.expect(200);
        id
    }
}

fn card() -> Value {
    json!({ "number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123" })
}

async fn platform(bill: &mut Bill<'_>) {
    let key = json!({ "name": "A", "mode": "test" });
    let key = bill
        .post("create an API key", (10, 40), "/v3/api-keys", key)
        .await;
    let rotate = format!("/v3/api-keys/{key}/rotate");
    bill.post("rotate an API key", (30, 60), &rotate, json!({}))
        .await;
    bill.delete(
        "revoke an API key that has two secrets",
        (40, 60),
        &format!("/v3/api-keys/{key}"),
    )
    .await;
    let hook = json!({ "url": "https://example.com/hook", "events": ["*"] });
    bill.post("create a webhook endpoint", (15, 10), "/v3/webhooks", hook)
        .await;
}

async fn payments(bill: &mut Bill<'_>) {
    let customer = bill
        .api
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await;
    let customer = customer.text_of("id");
    let method = json!({ "customer_id": customer, "type": "card", "card": card() });
    bill.post(
        "attach a card, the customer's first",
        (20, 50),
        "/v3/payment-methods",
        method,
    )
    .await;
    let payment = json!({ "customer_id": customer, "amount": 5000, "currency": "USD" });
    let payment = bill
        .post("charge a customer", (30, 50), "/v3/payments", payment)
        .await;
    let refund = format!("/v3/payments/{payment}/refunds");
    bill.post("refund a payment", (30, 70), &refund, json!({}))
        .await;
    let path = format!("/v3/payments?customer_id={customer}");
    bill.get("list the payments of a customer", (10, 0), &path)
        .await;
}

async fn invoices(bill: &mut Bill<'_>) {
    let customer = bill.customer().await;
    let line = json!({ "description": "Work", "quantity": 1, "unit_amount": 10_000 });
    let body = json!({ "customer_id": customer, "currency": "USD", "line_items": [line] });
    let invoice = bill
        .post("create a draft invoice", (40, 50), "/v3/invoices", body)
        .await;
    let path = format!("/v3/invoices/{invoice}");
    bill.patch(
        "update a draft",
        (20, 10),
        &path,
        json!({ "footer": "Thanks" }),
    )
    .await;
    bill.post(
        "finalize an invoice",
        (50, 30),
        &format!("{path}/finalize"),
        json!({}),
    )
    .await;
    bill.get("retrieve an invoice", (10, 0), &path).await;
    bill.get(
        "retrieve an invoice as PDF",
        (10, 0),
        &format!("{path}/pdf"),
    )
    .await;
    bill.post(
        "charge an open invoice",
        (100, 100),
        &format!("{path}/pay"),
        json!({}),
    )
    .await;
    credit_notes(bill, &customer, &invoice).await;
    ends_of_invoices(bill, &customer).await;
}

/// Of a paid invoice, and of one that is open.
async fn credit_notes(bill: &mut Bill<'_>, customer: &str, invoice: &str) {
    let note = json!({ "invoice_id": invoice, "amount": 1000 });
    bill.post(
        "credit a paid invoice to the balance",
        (35, 80),
        "/v3/credit-notes",
        note,
    )
    .await;
    let note = json!({ "invoice_id": invoice, "amount": 1000, "refund_amount": 1000 });
    bill.post(
        "credit a paid invoice and refund the card",
        (65, 130),
        "/v3/credit-notes",
        note,
    )
    .await;
    let open = bill.finalized(customer).await;
    let note = json!({ "invoice_id": open, "amount": 1000 });
    bill.post("credit an open invoice", (25, 60), "/v3/credit-notes", note)
        .await;
}

async fn ends_of_invoices(bill: &mut Bill<'_>, customer: &str) {
    let open = bill.finalized(customer).await;
    bill.post(
        "void an invoice",
        (20, 20),
        &format!("/v3/invoices/{open}/void"),
        json!({}),
    )
    .await;
    let open = bill.finalized(customer).await;
    let path = format!("/v3/invoices/{open}/uncollectible");
    bill.post("mark an invoice uncollectible", (20, 20), &path, json!({}))
        .await;
    let draft = bill.draft(customer).await;
    bill.delete("delete a draft", (20, 50), &format!("/v3/invoices/{draft}"))
        .await;
}

async fn catalog(bill: &mut Bill<'_>) {
    let plan = |id, amount| json!({ "id": id, "name": id, "currency": "USD", "amount": amount, "interval": "month" });
    bill.post("create a plan", (10, 40), "/v3/plans", plan("small", 1000))
        .await;
    bill.api
        .post("/v3/plans", plan("large", 3000))
        .await
        .expect(201);
    bill.patch(
        "give a plan another price",
        (20, 40),
        "/v3/plans/small",
        json!({ "amount": 1200 }),
    )
    .await;
    bill.post(
        "create a coupon",
        (10, 40),
        "/v3/coupons",
        json!({ "name": "A", "percent_off": 10 }),
    )
    .await;
}

async fn subscriptions(bill: &mut Bill<'_>) {
    let customer = bill.customer().await;
    let new = json!({ "customer_id": customer, "plan_id": "small" });
    let what = "create a subscription that is charged at once";
    let subscription = bill
        .post(what, (100, 140), "/v3/subscriptions", new.clone())
        .await;
    let path = format!("/v3/subscriptions/{subscription}");
    bill.get("retrieve a subscription", (5, 0), &path).await;
    let change = json!({ "plan_id": "large" });
    bill.post(
        "preview a change of the plan",
        (75, 0),
        &format!("{path}/preview"),
        change.clone(),
    )
    .await;
    bill.patch(
        "change the plan of a subscription, prorated on the next invoice",
        (55, 60),
        &path,
        change,
    )
    .await;
    bill.post(
        "pause a subscription",
        (20, 20),
        &format!("{path}/pause"),
        json!({}),
    )
    .await;
    let resume = json!({ "billing_cycle_anchor": "unchanged" });
    bill.post(
        "resume a subscription in its period",
        (25, 20),
        &format!("{path}/resume"),
        resume,
    )
    .await;
    let end = json!({ "cancel_at_period_end": true });
    bill.post(
        "cancel a subscription at the end of its period",
        (20, 20),
        &format!("{path}/cancel"),
        end,
    )
    .await;
    let other = bill.api.post("/v3/subscriptions", new).await;
    let path = format!("/v3/subscriptions/{}/cancel", other.text_of("id"));
    bill.post("cancel a subscription at once", (35, 20), &path, json!({}))
        .await;
    bill.delete(
        "delete a customer with one subscription",
        (90, 80),
        &format!("/v3/customers/{customer}"),
    )
    .await;
}

async fn reveknew(bill: &mut Bill<'_>) {
    let client = bill
        .api
        .post("/v3/oauth-clients", json!({ "name": "A" }))
        .await;
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&audience=https://services.reveknew.net",
        client.text_of("client_id"),
        client.text_of("client_secret")
    );
    let open = bill.api.without_key();
    let token = bill
        .row(
            "Reveknew: get a token",
            (30, 10),
            open.form("/oauth/token", &form),
        )
        .await;
    let v3 = bill.api.clone();
    bill.api = v3.with_key(token.text_of("access_token"));
    let business = bill.world.ours.business;
    let at = |what: &str| format!("/enterprise/v1/{what}/{business}");
    // The token is read here, and remembered.
    let path = format!("{}/plan_of_nobody", at("tiers"));
    bill.api.get(&path).await.expect(404);
    let customer = json!({ "customerNum": "4515", "firstName": "Joey", "phoneNo": "+14165551234" });
    let customer = bill
        .post(
            "Reveknew: create a customer",
            (20, 40),
            &at("customers"),
            customer,
        )
        .await;
    let tier = json!({ "name": "Basic", "amount": 20, "billingPeriod": "MONTHLY" });
    let tier = bill
        .post("Reveknew: create a tier", (15, 40), &at("tiers"), tier)
        .await;
    let new = json!({ "customerId": customer, "tierId": tier, "startDate": "2030-01-25" });
    let what = "Reveknew: create a subscription with one scheduled payment";
    let subscription = bill.post(what, (35, 90), &at("subscriptions"), new).await;
    let path = format!("{}/{subscription}", at("subscriptions"));
    bill.get(
        "Reveknew: retrieve a subscription with one scheduled payment",
        (20, 0),
        &path,
    )
    .await;
    bill.api = v3;
}

async fn savvi(bill: &mut Bill<'_>) {
    let token = bill.world.partner("A", 4711).await;
    let api = bill.api.without_key();
    let address = json!({ "address1": "1 Main St", "city": "Salt Lake City", "state": "UT", "zipcode": "84101", "phone": "8015555555" });
    let user = json!({ "email": "m@example.com", "first_name": "A", "last_name": "B", "address_attributes": address });
    let body = json!({ "authentication_token": token, "user": user });
    let path = "/api/v1/create_wholesale_member";
    bill.row(
        "Savvi: create a wholesale member",
        (60, 130),
        api.post(path, body),
    )
    .await;
    let body = json!({ "authentication_token": token, "email": "m@example.com" });
    bill.row(
        "Savvi: find a member",
        (30, 0),
        api.post("/api/v1/find_member", body),
    )
    .await;
}
