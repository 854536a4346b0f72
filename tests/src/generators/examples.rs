//! The examples of the OpenAPI document: requests that were sent, and what came back.
//!
//! One story in one world whose clock stands still and whose chance has a seed, so that every run gives the same.

pub(crate) mod reveknew;
pub(crate) mod savvi;

use std::collections::BTreeMap;

use http::{HeaderValue, Method};
use models::Id;
use models::event::{Actor, EventType};
use models::webhooks::{Attempt, Delivery, DeliveryId, EventRecord, LoggedResponse};
use serde_json::{Value, json};
use store::Origin;
use testkit::{Call, GOOD_CARD, World};

use crate::generators::catalogue;

/// A request that was sent, and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// What was sent, where there was a body.
    pub(crate) request: Option<Value>,
    /// The status of the answer.
    pub(crate) status: u16,
    /// The answer, where it is JSON.
    pub(crate) response: Value,
}

/// A caller whose first exchange of each operation is kept.
struct Recorder {
    api: Call,
    kept: BTreeMap<String, Exchange>,
}

impl Recorder {
    /// Sends a request of an operation and keeps the exchange.
    async fn send(&mut self, operation: &str, method: Method, path: &str, body: Value) -> Value {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = self.api.send(method, path, &text).await;
        if let Some(tag) = answer.headers.get("etag") {
            self.is_tag_of_the_record(path, &answer, tag).await;
        }
        self.keep(operation, body, &answer);
        answer.body
    }

    /// What a change answers has the entity tag that the record's `GET` has.
    async fn is_tag_of_the_record(&self, path: &str, answer: &testkit::Answer, tag: &HeaderValue) {
        let location = answer.headers.get("location");
        let created = location.map(|location| location.to_str().unwrap());
        let above = path.rsplit_once('/').unwrap().0;
        for record in created.into_iter().chain([path, above]) {
            let got = self.api.send(Method::GET, record, "").await;
            if let Some(found) = got.headers.get("etag") {
                assert_eq!(found, tag, "{path} {record}: {} {}", answer.text, got.text);
                return;
            }
        }
        panic!("{path} has a tag, and no record");
    }

    /// Keeps an exchange that somebody else had, where it is the first of its operation.
    fn keep(&mut self, operation: &str, body: Value, answer: &testkit::Answer) {
        let status = answer.status.as_u16();
        assert!(status < 300, "{operation}: {status} {}", answer.text);
        let exchange = Exchange {
            request: Some(body).filter(|body| !body.is_null()),
            status,
            response: answer.body.clone(),
        };
        self.kept.entry(operation.to_owned()).or_insert(exchange);
    }

    async fn post(&mut self, operation: &str, path: &str, body: Value) -> Value {
        self.send(operation, Method::POST, path, body).await
    }

    async fn patch(&mut self, operation: &str, path: &str, body: Value) -> Value {
        self.send(operation, Method::PATCH, path, body).await
    }

    async fn get(&mut self, operation: &str, path: &str) -> Value {
        self.send(operation, Method::GET, path, Value::Null).await
    }

    async fn delete(&mut self, operation: &str, path: &str) -> Value {
        self.send(operation, Method::DELETE, path, Value::Null)
            .await
    }
}

/// The exchanges of every operation of v3.
pub(crate) async fn exchanges() -> Exchanges {
    let world = World::new().await;
    let mut recorder = Recorder {
        api: world.call(catalogue::all()),
        kept: BTreeMap::new(),
    };
    let customer = customer(&mut recorder).await;
    catalog(&mut recorder).await;
    let subscription = subscriptions(&mut recorder, &customer).await;
    usage(&mut recorder, &subscription).await;
    invoices(&mut recorder).await;
    drafts(&mut recorder, &customer).await;
    ends(&mut recorder, &subscription).await;
    webhooks(&mut recorder, &world).await;
    customers(&mut recorder, &customer).await;
    payments(&mut recorder, &customer).await;
    messages(&mut recorder).await;
    members(&mut recorder, &world).await;
    keys(&mut recorder).await;
    accounts(&mut recorder, &world).await;
    test_clock(&mut recorder, &world).await;
    recorder.kept
}

/// Somebody who pays with a good card.
async fn customer(recorder: &mut Recorder) -> String {
    let profile = json!({ "email": "test@example.com", "first_name": "Jo", "last_name": "Doe", "company": { "name": "Example GmbH" } });
    let customer = recorder
        .post("create_customer", "/v3/customers", profile)
        .await;
    let id = customer["id"].as_str().unwrap().to_owned();
    let card = testkit::card(GOOD_CARD);
    let method = json!({ "customer_id": id, "type": "card", "card": card });
    recorder
        .post("create_payment_method", "/v3/payment-methods", method)
        .await;
    id
}

async fn catalog(recorder: &mut Recorder) {
    let plan = json!({
        "id": "plan_enterprise_pro", "name": "Enterprise Pro", "currency": "USD", "amount": 9999, "interval": "month",
        "meters": [{ "metric_name": "api_calls", "name": "API calls", "amount": 0.25, "included_units": 1000 }],
    });
    recorder.post("create_plan", "/v3/plans", plan).await;
    let other = json!({ "id": "plan_enterprise_max", "name": "Enterprise Max", "currency": "USD", "amount": 29_999, "interval": "month" });
    recorder.post("create_plan", "/v3/plans", other).await;
    recorder
        .get("get_plan", "/v3/plans/plan_enterprise_pro")
        .await;
    recorder.get("list_plans", "/v3/plans?limit=1").await;
    let price = json!({ "amount": 10_999 });
    recorder
        .patch("update_plan", "/v3/plans/plan_enterprise_pro", price)
        .await;
    let coupon = json!({ "id": "welcome", "name": "Welcome", "percent_off": 25, "duration": "once", "max_redemptions": 100 });
    recorder.post("create_coupon", "/v3/coupons", coupon).await;
    recorder.get("get_coupon", "/v3/coupons/welcome").await;
    recorder.get("list_coupons", "/v3/coupons").await;
    let metadata = json!({ "metadata": { "campaign": "q4_promo" } });
    recorder
        .patch("update_coupon", "/v3/coupons/welcome", metadata)
        .await;
    let rate = json!({ "display_name": "VAT", "percentage": 20, "country": "GB" });
    let rate = recorder
        .post("create_tax_rate", "/v3/tax-rates", rate)
        .await;
    let path = format!("/v3/tax-rates/{}", rate["id"].as_str().unwrap());
    recorder.get("get_tax_rate", &path).await;
    recorder.get("list_tax_rates", "/v3/tax-rates").await;
    let words = json!({ "description": "Standard rate" });
    recorder.patch("update_tax_rate", &path, words).await;
    let settings = json!({
        "default_tax_rates": [rate["id"]], "retry_days": [3, 5, 7],
        "seller": { "name": "Acme Corp", "address_lines": ["1 Main St", "London"], "tax_id": "GB123456789" },
    });
    recorder
        .patch("update_billing_settings", "/v3/billing-settings", settings)
        .await;
    recorder
        .get("get_billing_settings", "/v3/billing-settings")
        .await;
}

async fn subscriptions(recorder: &mut Recorder, customer: &str) -> String {
    let new = json!({
        "customer_id": customer, "plan_id": "plan_enterprise_pro", "billing_cycle": "monthly", "auto_collection": true,
        "coupon_id": "welcome", "metadata": { "source": "website", "campaign": "q4_promo" },
    });
    let subscription = recorder
        .post("create_subscription", "/v3/subscriptions", new)
        .await;
    let id = subscription["id"].as_str().unwrap().to_owned();
    let path = format!("/v3/subscriptions/{id}");
    recorder.get("get_subscription", &path).await;
    recorder
        .get("list_subscriptions", "/v3/subscriptions")
        .await;
    let change =
        json!({ "plan_id": "plan_enterprise_max", "proration_behavior": "always_invoice" });
    recorder
        .post("preview_subscription", &format!("{path}/preview"), change)
        .await;
    let later = json!({ "plan_id": "plan_enterprise_max", "effective": "period_end" });
    recorder.patch("update_subscription", &path, later).await;
    id
}

async fn usage(recorder: &mut Recorder, subscription: &str) {
    let report =
        json!({ "subscription_id": subscription, "metric_name": "api_calls", "quantity": 1500 });
    let first = recorder.post("record_usage", "/v3/usage", report).await;
    let row = |quantity: u32, key: &str| json!({ "subscription_id": subscription, "metric_name": "api_calls", "quantity": quantity, "idempotency_key": key });
    let batch =
        json!({ "events": [row(10, "report-1"), row(20, "report-2"), row(10, "report-1")] });
    recorder
        .post("record_usage_batch", "/v3/usage/batch", batch)
        .await;
    let path = format!("/v3/usage/{}", first["id"].as_str().unwrap());
    let right =
        json!({ "subscription_id": subscription, "metric_name": "api_calls", "quantity": 1400 });
    recorder.patch("amend_usage", &path, right).await;
    let query = format!("subscription_id={subscription}&metric_name=api_calls");
    recorder
        .get("list_usage", &format!("/v3/usage?{query}"))
        .await;
    recorder
        .get(
            "get_subscription_usage",
            &format!("/v3/subscriptions/{subscription}/usage"),
        )
        .await;
    recorder
        .delete("deprecate_usage", &format!("{path}?{query}"))
        .await;
}

async fn invoices(recorder: &mut Recorder) {
    let list = recorder.get("list_invoices", "/v3/invoices").await;
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v3/invoices/{id}");
    let invoice = recorder.get("get_invoice", &path).await;
    recorder
        .get("get_invoice_pdf", &format!("{path}/pdf"))
        .await;
    let line = json!({ "line_item_id": invoice["line_items"][0]["id"], "amount": 1000 });
    let note = json!({
        "invoice_id": id, "lines": [line], "reason": "product_unsatisfactory", "memo": "Two days without service",
    });
    let note = recorder
        .post("create_credit_note", "/v3/credit-notes", note)
        .await;
    recorder
        .get(
            "list_credit_notes",
            &format!("/v3/credit-notes?invoice_id={id}"),
        )
        .await;
    let path = format!("/v3/credit-notes/{}", note["id"].as_str().unwrap());
    recorder.get("get_credit_note", &path).await;
    recorder
        .get("get_credit_note_pdf", &format!("{path}/pdf"))
        .await;
}

/// Invoices that somebody writes, to each of their ends.
async fn drafts(recorder: &mut Recorder, customer: &str) {
    let mut ids = Vec::new();
    for _ in 0..4 {
        let line = json!({ "description": "Consulting, by the day", "quantity": 2.5, "unit_amount": 80_000 });
        let draft = json!({ "customer_id": customer, "line_items": [line], "days_until_due": 14 });
        let draft = recorder.post("create_invoice", "/v3/invoices", draft).await;
        ids.push(draft["id"].as_str().unwrap().to_owned());
    }
    let path = |index: usize| format!("/v3/invoices/{}", ids[index]);
    let footer = json!({ "footer": "Thank you.", "metadata": { "order": "4711" } });
    recorder.patch("update_invoice", &path(0), footer).await;
    recorder.delete("delete_invoice", &path(3)).await;
    for index in 0..3 {
        let finalize = format!("{}/finalize", path(index));
        recorder
            .post("finalize_invoice", &finalize, Value::Null)
            .await;
    }
    let half = json!({ "amount": 100_000 });
    recorder
        .post("pay_invoice", &format!("{}/pay", path(0)), half)
        .await;
    recorder
        .get("explain_invoice", &format!("{}/explain", path(0)))
        .await;
    recorder
        .post("void_invoice", &format!("{}/void", path(1)), Value::Null)
        .await;
    let given_up = format!("{}/uncollectible", path(2));
    recorder
        .post("mark_invoice_uncollectible", &given_up, Value::Null)
        .await;
}

/// What is over afterwards.
async fn ends(recorder: &mut Recorder, subscription: &str) {
    let path = format!("/v3/subscriptions/{subscription}");
    let pause = json!({ "mode": "collection", "behavior": "keep_as_draft", "resumes_at": "2026-03-01T00:00:00Z" });
    recorder
        .post("pause_subscription", &format!("{path}/pause"), pause)
        .await;
    recorder
        .post("resume_subscription", &format!("{path}/resume"), json!({}))
        .await;
    let cancel = json!({ "cancel_at_period_end": true });
    recorder
        .post("cancel_subscription", &format!("{path}/cancel"), cancel)
        .await;
    recorder
        .delete("delete_coupon", "/v3/coupons/welcome")
        .await;
    recorder
        .delete("delete_plan", "/v3/plans/plan_enterprise_max")
        .await;
}

/// An endpoint, what was sent to it, and the log.
async fn webhooks(recorder: &mut Recorder, world: &World) {
    let new = json!({
        "url": "https://your-app.com/webhooks/rocketsavvy", "description": "Main webhook endpoint",
        "events": ["subscription.*", "payment.succeeded"], "rate_limit": 600,
        "headers": { "X-Env": "production", "Authorization": "Bearer your-own-token" },
        "metadata": { "environment": "production" },
    });
    let endpoint = recorder.post("create_webhook", "/v3/webhooks", new).await;
    let id = endpoint["id"].as_str().unwrap();
    let path = format!("/v3/webhooks/{id}");
    recorder.get("get_webhook", &path).await;
    recorder.get("list_webhooks", "/v3/webhooks").await;
    let events =
        json!({ "events": ["*"], "headers": { "X-Env": "staging", "Authorization": "********" } });
    recorder.patch("update_webhook", &path, events).await;
    let overlap = json!({ "overlap_hours": 48 });
    recorder
        .post(
            "rotate_webhook_secret",
            &format!("{path}/rotate-secret"),
            overlap,
        )
        .await;
    let test = json!({ "event_type": "payment.succeeded", "test_data": { "id": "pay_rs_789012", "amount": 5000 } });
    recorder
        .post("test_webhook", &format!("{path}/test"), test)
        .await;
    let delivery = format!("/v3/deliveries/{}", delivery(world, id).await);
    recorder
        .get(
            "list_webhook_deliveries",
            &format!("{path}/deliveries?status=failed"),
        )
        .await;
    recorder.get("get_delivery", &delivery).await;
    recorder
        .post(
            "resend_delivery",
            &format!("{delivery}/resend"),
            Value::Null,
        )
        .await;
    let since = json!({ "since": "2026-01-14T00:00:00Z" });
    recorder
        .post("recover_webhook", &format!("{path}/recover"), since)
        .await;
    recorder
        .get("get_webhook_recovery", &format!("{path}/recover"))
        .await;
    let events = recorder.get("list_events", "/v3/events?order=asc").await;
    let event = events["data"][0]["id"].as_str().unwrap();
    recorder
        .get("get_event", &format!("/v3/events/{event}"))
        .await;
    recorder.delete("delete_webhook", &path).await;
}

async fn customers(recorder: &mut Recorder, customer: &str) {
    let path = format!("/v3/customers/{customer}");
    recorder.get("get_customer", &path).await;
    recorder.get("list_customers", "/v3/customers").await;
    let changes = json!({ "phone": "+14165551234", "segments": ["enterprise"], "metadata": { "crm": "4711" } });
    recorder.patch("update_customer", &path, changes).await;
    let other = json!({ "email": "other@example.com" });
    let other = recorder.post("create_customer", "/v3/customers", other);
    let other = other.await["id"].as_str().unwrap().to_owned();
    let path = format!("/v3/customers/{other}");
    recorder.delete("delete_customer", &path).await;
}

async fn payments(recorder: &mut Recorder, customer: &str) {
    let path = format!("/v3/payment-methods?customer_id={customer}");
    let methods = recorder.get("list_payment_methods", &path).await;
    let method = methods["data"][0]["id"].as_str().unwrap();
    let path = format!("/v3/payment-methods/{method}");
    recorder.get("get_payment_method", &path).await;
    let payment = json!({
        "amount": 5000, "currency": "USD", "payment_method_id": method, "customer_id": customer,
        "description": "Professional services payment", "metadata": { "source": "website" },
    });
    let payment = recorder.post("create_payment", "/v3/payments", payment);
    let payment = payment.await["id"].as_str().unwrap().to_owned();
    let path = format!("/v3/payments/{payment}");
    let refund = json!({ "amount": 1000, "reason": "requested_by_customer" });
    let refunds = format!("{path}/refunds");
    recorder.post("create_refund", &refunds, refund).await;
    recorder.get("list_refunds", &refunds).await;
    recorder.get("get_payment", &path).await;
    recorder.get("list_payments", "/v3/payments?limit=1").await;
    let card = testkit::card(GOOD_CARD);
    let other = json!({ "customer_id": customer, "type": "card", "card": card });
    let other = recorder.post("create_payment_method", "/v3/payment-methods", other);
    let other = other.await["id"].as_str().unwrap().to_owned();
    let path = format!("/v3/payment-methods/{other}");
    recorder.delete("delete_payment_method", &path).await;
}

async fn messages(recorder: &mut Recorder) {
    let inbound = json!({ "from": "+14165551234", "body": "STOP" });
    let received = recorder.post("receive_message", "/v3/messages/inbound", inbound);
    let received = received.await["message"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v3/messages/{received}");
    recorder.get("get_message", &path).await;
    recorder.get("list_messages", "/v3/messages").await;
}

/// A partner, whom it enrolls, and what it earns.
async fn members(recorder: &mut Recorder, world: &World) {
    let settings = json!({ "commission_rate": 0.1 });
    recorder
        .patch("update_member_settings", "/v3/member-settings", settings)
        .await;
    recorder
        .get("get_member_settings", "/v3/member-settings")
        .await;
    let partner = json!({ "name": "Acme Wholesale" });
    let partner = recorder
        .post("create_partner", "/v3/partners", partner)
        .await;
    let address = json!({ "address1": "1 Main St", "city": "Lehi", "state": "UT", "zipcode": "84043", "phone": "8015555555" });
    let user = json!({ "email": "member@example.com", "first_name": "Ada", "last_name": "Doe", "address_attributes": address });
    let body = json!({ "authentication_token": partner["authentication_token"], "user": user });
    let savvi = world.call(members::savvi());
    let enrolled = savvi.post("/api/v1/create_wholesale_member", body).await;
    enrolled.expect(200);
    let path = format!("/v3/partners/{}", partner["id"].as_str().unwrap());
    recorder.get("get_partner", &path).await;
    let enrollees = format!("{path}/enrollees");
    recorder.get("list_enrollees", &enrollees).await;
    let export = format!("{enrollees}/export");
    recorder.get("export_enrollees", &export).await;
    let statement = format!("{path}/statements?period=2026-01");
    recorder.get("get_statement", &statement).await;
    let members = recorder.get("list_members", "/v3/members").await;
    let path = format!("/v3/members/{}", members["data"][0]["id"].as_str().unwrap());
    recorder.get("get_member", &path).await;
    recorder.get("list_emails", "/v3/emails").await;
}

/// Keys and clients, from their beginning to their end.
async fn keys(recorder: &mut Recorder) {
    let key = json!({ "name": "Billing server", "mode": "test", "scopes": ["billing:write", "crm:read"] });
    let key = recorder.post("create_api_key", "/v3/api-keys", key).await;
    let path = format!("/v3/api-keys/{}", key["id"].as_str().unwrap());
    recorder.get("get_api_key", &path).await;
    recorder.get("list_api_keys", "/v3/api-keys").await;
    let rotate = format!("{path}/rotate");
    recorder.post("rotate_api_key", &rotate, Value::Null).await;
    recorder.delete("revoke_api_key", &path).await;
    let client =
        json!({ "name": "Reveknew integration", "scopes": ["billing:write", "crm:write"] });
    let client = recorder
        .post("create_oauth_client", "/v3/oauth-clients", client)
        .await;
    let path = format!("/v3/oauth-clients/{}", client["id"].as_str().unwrap());
    recorder.get("get_oauth_client", &path).await;
    recorder
        .get("list_oauth_clients", "/v3/oauth-clients")
        .await;
    recorder.delete("delete_oauth_client", &path).await;
}

/// What the operator does, and what needs no key.
async fn accounts(recorder: &mut Recorder, world: &World) {
    let operator = recorder.api.with_key(world.operator_key());
    let account = json!({
        "name": "Acme Corporation", "email": "owner@example.com", "country": "CA", "currency": "CAD", "time_zone": "America/Toronto",
    });
    let created = operator.post("/v3/accounts", account.clone()).await;
    recorder.keep("create_account", account, &created);
    let path = format!("/v3/accounts/{}", created.text_of("id"));
    let read = operator.get(&path).await;
    recorder.keep("get_account", Value::Null, &read);
    let limit = json!({ "rate_limit": { "per_second": 500, "burst": 5000 } });
    let changed = operator.patch(&path, limit.clone()).await;
    recorder.keep("update_account", limit, &changed);
    let health = recorder.api.without_key().get("/health").await;
    recorder.keep("get_health", Value::Null, &health);
}

/// The clock stops, moves and goes again. It comes last, for it moves everybody's time.
async fn test_clock(recorder: &mut Recorder, world: &World) {
    let to = json!({ "to": "2026-01-31T00:00:00Z" });
    recorder
        .post("advance_test_clock", "/v3/test-clock/advance", to)
        .await;
    recorder.get("get_test_clock", "/v3/test-clock").await;
    // What a worker does when everything on the way is done.
    let context = world.app.context(world.ours.test(), Origin::system());
    let stored = context.test_clock().await.unwrap().unwrap();
    let mut clock = (*stored).clone();
    clock.arrive();
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &clock, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    recorder.delete("delete_test_clock", "/v3/test-clock").await;
}

/// A delivery that was answered 503, as the relay and the sender leave it: its id.
pub(crate) async fn delivery(world: &World, endpoint: &str) -> DeliveryId {
    let context = world.app.context(world.ours.test(), Origin::system());
    let at = context.now().await.unwrap();
    let record = EventRecord {
        id: Id::first_at(at).unwrap(),
        event_type: EventType::PaymentSucceeded,
        object_id: "pay_rs_789012".to_owned(),
        sequence: 1,
        data: r#"{"object":{"id":"pay_rs_789012","amount":9999,"status":"succeeded"}}"#.to_owned(),
        actor: Actor::system(),
        request: None,
        idempotency_key: Some("order-4711".to_owned()),
        source: "pay_rs_789012#1#payment.succeeded".to_owned(),
        only_endpoint: None,
        except_endpoint: None,
        created: at,
    };
    let head = context.feed_head().await.unwrap();
    let logged = context.log_event(record).await.unwrap();
    let id = DeliveryId {
        event: logged.record.id,
        endpoint: endpoint.parse().unwrap(),
    };
    context.add_to_feed(head, &[logged]).await.unwrap();
    let answer = LoggedResponse {
        headers: [("retry-after".to_owned(), "30".to_owned())].into(),
        body: "The service is being restarted.".to_owned(),
        truncated: false,
    };
    let attempt = Attempt {
        at,
        http_status: Some(503),
        error: None,
        response_time_ms: 245,
        manual: false,
        answer: Some(answer),
    };
    let mut delivery = Delivery::new(id, EventType::PaymentSucceeded, at);
    let url = "https://your-app.com/webhooks/rocketsavvy";
    delivery.book(
        attempt,
        url,
        models::webhooks::Retry {
            after: Some(30),
            exact: false,
        },
    );
    let mut writes = context.writes().await.unwrap();
    writes.create(&delivery, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    id
}

/// What was sent and answered, by operation.
pub(crate) type Exchanges = BTreeMap<String, Exchange>;

/// Those of each document, in the order of `catalogue::documents`.
pub(crate) async fn of_all_dialects() -> [Exchanges; 3] {
    [
        exchanges().await,
        reveknew::exchanges().await,
        savvi::exchanges().await,
    ]
}

#[tokio::test]
async fn every_operation_has_an_example_that_was_sent() {
    let mut missing = Vec::new();
    let documents = catalogue::documents().into_iter();
    for ((_, _, operations), exchanges) in documents.zip(of_all_dialects().await) {
        let ids = operations.into_iter().map(|operation| operation.id);
        missing.extend(ids.filter(|id| !exchanges.contains_key(id)));
    }
    assert!(
        missing.is_empty(),
        "If you are here because this assertion failed: these operations have no example in the OpenAPI \
         document. Send them in the story of this file: {missing:?}"
    );
}
