mod many_payments;

use futures::future::join_all;
use models::billing::InvoiceStatus;
use models::event::EventType;
use models::ids::{self, Id};
use models::payments::{Card, NewPayment, Payment};
use models::{Metadata, Money};
use operations::Context;
use serde_json::{Value, json};
use store::Origin;
use testkit::{Answer, Call, Fault, World};

/// A caller, a customer with a card or none, and the plan `a` for 68.33.
struct Shop {
    api: Call,
    customer: String,
}

impl Shop {
    async fn open(world: &World, card: Option<&str>) -> Self {
        let api = calling(world);
        plan(&api, "a", 6833).await;
        let customer = json!({ "email": "a@example.com", "first_name": "Jo" });
        let customer = api.post("/v3/customers", customer).await;
        let customer = customer.text_of("id").to_owned();
        if let Some(number) = card {
            let card = json!({ "number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123" });
            let method =
                json!({ "customer_id": customer, "type": "card", "card": card, "default": true });
            api.post("/v3/payment-methods", method).await.expect(201);
        }
        Self { api, customer }
    }

    /// The first invoice of a subscription to plan `a`, with what `more` says.
    async fn invoice(&self, more: Value) -> String {
        let mut new = json!({ "customer_id": self.customer, "plan_id": "a" });
        let more = more.as_object().unwrap().clone();
        new.as_object_mut().unwrap().extend(more);
        let answer = self.api.post("/v3/subscriptions", new).await;
        answer.expect(201);
        answer.text_of("latest_invoice_id").to_owned()
    }

    /// The invoice of the worked vector: 68.33, 68.33, 57.50 and 85.00 with 20 % on top, 334.99.
    async fn vector(&self, more: Value) -> String {
        let rate = json!({ "display_name": "VAT", "percentage": 20 });
        let rate = self.api.post("/v3/tax-rates", rate).await;
        for (id, amount) in [("b", 6833), ("c", 5750), ("d", 8500)] {
            plan(&self.api, id, amount).await;
        }
        let items = ["b", "c", "d"].map(|plan| json!({ "plan_id": plan }));
        let mut all = json!({ "items": items, "tax_rate_ids": [rate.text_of("id")] });
        let more = more.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(more);
        self.invoice(all).await
    }

    async fn credit(&self, body: Value) -> Answer {
        self.api.post("/v3/credit-notes", body).await
    }

    async fn read(&self, kind: &str, id: &str) -> Value {
        let answer = self.api.get(&format!("/v3/{kind}/{id}")).await;
        answer.expect(200).clone()
    }
}

fn calling(world: &World) -> Call {
    let routes = crate::routes()
        .merge(crm::routes())
        .merge(payments::routes());
    world.call(routes)
}

async fn plan(api: &Call, id: &str, amount: i64) {
    let plan = json!({ "id": id, "name": id, "currency": "USD", "amount": amount, "interval": "month", "pricing_model": "per_unit" });
    api.post("/v3/plans", plan).await.expect(201);
}

/// To be paid by the customer.
fn sent() -> Value {
    json!({ "collection_method": "send_invoice", "days_until_due": 30 })
}

fn line(invoice: &str, place: u32) -> String {
    format!("il_{}_{place}", invoice.trim_start_matches("inv_rs_"))
}

/// What the customer's balance holds, in cents.
async fn balance(world: &World, customer: &str) -> i64 {
    let context: Context = world.app.context(world.ours.test(), Origin::system());
    let customer = context
        .find_now(customer.parse::<Id<ids::Customer>>().unwrap())
        .await;
    let customer = customer.unwrap().unwrap();
    customer.credit("USD".parse().unwrap()).minor()
}

/// Types of the events that the newest write of each item tells of.
fn told(world: &World) -> Vec<String> {
    let items = world.dump();
    let texts = items.iter().filter_map(|item| item["ev"]["S"].as_str());
    let stamps = texts.flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap());
    let mut told: Vec<String> = stamps
        .map(|stamp| stamp["t"].as_str().unwrap().to_owned())
        .collect();
    told.sort();
    told
}

#[tokio::test]
async fn notes_of_single_lines_come_to_the_invoice_and_the_last_takes_the_remainder() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let invoice = shop.vector(json!({})).await;
    let mut totals = Vec::new();
    let mut newest = String::new();
    for place in [1, 3, 4, 2] {
        let lines = json!([{ "line_item_id": line(&invoice, place) }]);
        let note = shop
            .credit(json!({ "invoice_id": invoice, "lines": lines }))
            .await;
        totals.push(note.expect(201)["total"].as_i64().unwrap());
        newest = note.text_of("id").to_owned();
    }
    assert_eq!(totals, [8200, 6900, 10200, 8199]);
    assert_eq!(totals.iter().sum::<i64>(), 33_499);
    let read = shop.read("invoices", &invoice).await;
    assert_eq!(
        (&read["total"], &read["amount_credited"]),
        (&json!(33_499), &json!(33_499))
    );
    assert_eq!(balance(&world, &shop.customer).await, 33_499);
    let more = json!({ "invoice_id": invoice, "amount": 1 });
    let more = shop.credit(more).await;
    assert_eq!(more.expect(409)["code"], "nothing_to_credit");
    for filter in [
        format!("?invoice_id={invoice}"),
        format!("?customer_id={}", shop.customer),
        format!("?customer_id={}&invoice_id={invoice}", shop.customer),
        String::new(),
    ] {
        let list = shop.api.get(&format!("/v3/credit-notes{filter}")).await;
        let ids = list.expect(200)["data"].as_array().unwrap();
        assert_eq!((ids.len(), &ids[0]["id"]), (4, &json!(newest)), "{filter}");
    }
    let none = shop.api.get("/v3/credit-notes?invoice_id=inv_rs_1").await;
    assert_eq!(none.expect(200)["data"], json!([]));
}

#[tokio::test]
async fn what_was_paid_goes_back_to_the_card_and_the_note_says_so() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let invoice = shop.vector(json!({ "quantity": 2 })).await;
    let read = shop.read("invoices", &invoice).await;
    let (payment, rate) = (&read["payment_ids"][0], &read["taxes"][0]["tax_rate_id"]);
    let lines = json!([{ "line_item_id": line(&invoice, 1), "quantity": 1 }]);
    let body = json!({
        "invoice_id": invoice, "lines": lines, "reason": "order_change", "memo": "One less.",
        "refund_amount": 8000, "out_of_band_amount": 150, "metadata": { "ticket": "4711" },
    });
    world.meter.take();
    let keyed = shop.api.idempotent("k");
    let note = keyed.post("/v3/credit-notes", body.clone()).await;
    let units = world.meter.take();
    assert_eq!(
        (units.read_tenths, units.write_tenths),
        (85, 210),
        "{units:?}"
    );
    let refund = &note.expect(201)["refunds"][0]["id"];
    let description = &read["line_items"][0]["description"];
    let want = json!({
        "id": note.text_of("id"), "number": "CN-2026-000001", "invoice_id": invoice, "customer_id": shop.customer,
        "status": "issued", "type": "post_payment", "reason": "order_change", "memo": "One less.", "currency": "USD",
        "line_items": [{ "line_item_id": line(&invoice, 1), "description": description, "quantity": 1, "amount": 6833 }],
        "taxes": [{
            "tax_rate_id": rate, "name": "VAT", "percentage": 20, "inclusive": false, "taxable_amount": 6833, "amount": 1367,
        }],
        "subtotal": 6833, "tax": 1367, "total": 8200, "pre_payment_amount": 0, "post_payment_amount": 8200,
        "refund_amount": 8000, "credit_amount": 50, "out_of_band_amount": 150,
        "refunds": [{ "id": refund, "payment_id": payment, "amount": 8000 }],
        "metadata": { "ticket": "4711" }, "created": "2026-01-15T12:00:00Z", "livemode": false,
    });
    assert_eq!(note.body, want);
    let again = keyed.post("/v3/credit-notes", body).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.text, note.text);
    assert_eq!(again.headers["location"], note.headers["location"]);
    assert_eq!(shop.read("credit-notes", note.text_of("id")).await, want);
    let asked = world.sandbox.asked();
    assert_eq!((asked.len(), asked[refund.as_str().unwrap()]), (2, 1));
    let payment = shop.read("payments", payment.as_str().unwrap()).await;
    assert_eq!(payment["amount_refunded"], 8000);
    let path = format!("/v3/payments/{}/refunds", payment["id"].as_str().unwrap());
    let refunds = shop.api.get(&path).await.body["data"][0].clone();
    assert_eq!(
        (&refunds["status"], &refunds["reason"]),
        (&json!("succeeded"), &json!("CN-2026-000001"))
    );
    assert_eq!(balance(&world, &shop.customer).await, 50);
    for kind in ["credit_note.created", "invoice.updated", "refund.succeeded"] {
        assert!(told(&world).contains(&kind.to_owned()), "{kind}");
    }
}

#[tokio::test]
async fn an_open_invoice_owes_less_and_its_subscription_heals_when_nothing_is_left() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4000000000000341")).await;
    let invoice = shop.vector(json!({})).await;
    let subscription = shop.read("invoices", &invoice).await["subscription_id"].clone();
    let subscription = subscription.as_str().unwrap();
    let read = shop.read("subscriptions", subscription).await;
    assert_eq!(read["status"], "incomplete");
    world.meter.take();
    let part = shop
        .credit(json!({ "invoice_id": invoice, "amount": 10_000 }))
        .await;
    let units = world.meter.take();
    assert_eq!(
        (units.read_tenths, units.write_tenths),
        (25, 80),
        "{units:?}"
    );
    let part = part.expect(201);
    assert_eq!(
        (&part["type"], &part["total"]),
        (&json!("pre_payment"), &json!(10_000))
    );
    assert_eq!(part["pre_payment_amount"], 10_000);
    let read = shop.read("invoices", &invoice).await;
    assert_eq!(
        (&read["status"], &read["amount_remaining"]),
        (&json!("open"), &json!(23_499))
    );
    let rest = shop
        .credit(json!({ "invoice_id": invoice, "amount": 23_499 }))
        .await;
    assert_eq!(rest.expect(201)["number"], "CN-2026-000002");
    let read = shop.read("invoices", &invoice).await;
    assert_eq!(
        (&read["status"], &read["amount_remaining"], &read["paid_at"]),
        (&json!("paid"), &json!(0), &json!("2026-01-15T12:00:00Z"))
    );
    assert_eq!(read["last_payment_error"], Value::Null);
    assert_eq!(
        shop.read("subscriptions", subscription).await["status"],
        "active"
    );
    assert_eq!(balance(&world, &shop.customer).await, 0);
    for kind in [EventType::InvoicePaid, EventType::SubscriptionUpdated] {
        assert!(told(&world).contains(&kind.as_str().to_owned()), "{kind:?}");
    }
}

#[tokio::test]
async fn the_balance_pays_the_next_invoice_and_gets_back_what_it_paid() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let first = shop.invoice(json!({})).await;
    let note = shop
        .credit(json!({ "invoice_id": first, "amount": 2000 }))
        .await;
    assert_eq!(note.expect(201)["credit_amount"], 2000);
    let next = shop.invoice(sent()).await;
    let read = shop.read("invoices", &next).await;
    assert_eq!(
        (&read["balance_applied"], &read["amount_due"]),
        (&json!(2000), &json!(4833))
    );
    assert_eq!(balance(&world, &shop.customer).await, 0);
    let lines = json!([{ "line_item_id": line(&next, 1) }]);
    let body = json!({ "invoice_id": next, "lines": lines, "refund_amount": 1 });
    let before = world.dump();
    let refused = shop.credit(body).await;
    refused.expect(400);
    assert_eq!(refused.pointers(), ["/refund_amount"]);
    assert_eq!(refused.body["errors"][0]["code"], "exceeds_refundable");
    assert_eq!(world.dump(), before);
    let body = json!({ "invoice_id": next, "lines": lines, "credit_amount": 1500, "out_of_band_amount": 500 });
    let mixed = shop.credit(body).await;
    let mixed = mixed.expect(201);
    assert_eq!(mixed["type"], "mixed");
    assert_eq!(
        (&mixed["pre_payment_amount"], &mixed["post_payment_amount"]),
        (&json!(4833), &json!(2000))
    );
    assert_eq!(shop.read("invoices", &next).await["status"], "paid");
    assert_eq!(balance(&world, &shop.customer).await, 1500);
}

#[tokio::test]
async fn a_deleted_customer_has_no_balance_but_may_be_refunded() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let invoice = shop.invoice(json!({})).await;
    let path = format!("/v3/customers/{}", shop.customer);
    shop.api.delete(&path).await.expect(200);
    let body = json!({ "invoice_id": invoice, "amount": 100 });
    let answer = shop.credit(body).await;
    assert_eq!(answer.expect(409)["code"], "customer_deleted");
    let body = json!({ "invoice_id": invoice, "amount": 100, "refund_amount": 100 });
    shop.credit(body).await.expect(201);
}

/// An invoice of the worked vector, of whose payment 19.99 can still be refunded.
async fn mostly_refunded(world: &World) -> (Shop, String) {
    let shop = Shop::open(world, Some("4242424242424242")).await;
    let invoice = shop.vector(json!({})).await;
    let payment = shop.read("invoices", &invoice).await["payment_ids"][0].clone();
    let path = format!("/v3/payments/{}/refunds", payment.as_str().unwrap());
    let refund = json!({ "amount": 33_000 });
    shop.api.post(&path, refund).await.expect(201);
    (shop, invoice)
}

/// Sends each body, with the invoice in the place of what it does not say, and looks for its pointers.
async fn refused(cases: &[(Value, &[&str])]) {
    let world = World::new().await;
    let (shop, invoice) = mostly_refunded(&world).await;
    let before = world.dump();
    for (body, pointers) in cases {
        let text = body.to_string().replace("\"il_", "\"il_INVOICE_");
        let text = text.replace("INVOICE", invoice.trim_start_matches("inv_rs_"));
        let mut body: Value = serde_json::from_str(&text).unwrap();
        let body = body.as_object_mut().unwrap();
        body.entry("invoice_id").or_insert(json!(invoice));
        let answer = shop.credit(json!(body)).await;
        answer.expect(400);
        assert_eq!(answer.pointers(), *pointers, "{text}");
    }
    assert_eq!(world.dump(), before);
}

#[tokio::test]
async fn each_wrong_field_is_named_and_nothing_is_written() {
    refused(&[
        (json!({ "invoice_id": null }), &["/invoice_id", "/lines"]),
        (
            json!({ "invoice_id": "x", "amount": 0, "reason": "no", "memo": "" }),
            &["/invoice_id", "/amount", "/reason", "/memo"],
        ),
        (
            json!({ "amount": 1, "lines": [{ "line_item_id": "il_1" }] }),
            &["/amount"],
        ),
        (
            json!({ "amount": 1, "refund_amount": -1, "credit_amount": 1.5, "out_of_band_amount": "1" }),
            &["/refund_amount", "/credit_amount", "/out_of_band_amount"],
        ),
        (
            json!({ "amount": 1, "metadata": 1, "refund_amonut": 1 }),
            &["/metadata", "/refund_amonut"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_amount_that_does_not_fit_is_named_and_nothing_is_written() {
    refused(&[
        (json!({ "amount": 33_500 }), &["/amount"]),
        (
            json!({ "amount": 1000, "refund_amount": 1001 }),
            &["/refund_amount"],
        ),
        (
            json!({ "amount": 1000, "credit_amount": 999 }),
            &["/credit_amount"],
        ),
        (
            json!({ "amount": 1000, "refund_amount": 300, "out_of_band_amount": 701 }),
            &["/out_of_band_amount"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_line_that_does_not_fit_is_named_and_nothing_is_written() {
    let id = |index: u32| format!("/lines/{index}/line_item_id");
    let (first, second, third) = (id(0), id(1), id(2));
    refused(&[
        (json!({ "lines": [] }), &["/lines"]),
        (json!({ "lines": 1 }), &["/lines"]),
        (json!({ "lines": [1] }), &["/lines/0"]),
        (
            json!({ "lines": [{}, { "line_item_id": "li_1" }, { "line_item_id": "il_01" }] }),
            &[&first, &second, &third],
        ),
        (
            json!({ "lines": [{ "line_item_id": "il_1", "quantity": 0, "amount": 1 }] }),
            &["/lines/0/quantity", "/lines/0/amount"],
        ),
        (json!({ "lines": [{ "line_item_id": "il_5" }] }), &[&first]),
        (json!({ "lines": [{ "line_item_id": "il_0" }] }), &[&first]),
        (
            json!({ "lines": [{ "line_item_id": "il_1", "quantity": 1.5 }] }),
            &["/lines/0/quantity"],
        ),
        (
            json!({ "lines": [{ "line_item_id": "il_1", "amount": 6834 }, { "line_item_id": "il_2", "amount": -1 }] }),
            &["/lines/0/amount", "/lines/1/amount"],
        ),
        (
            json!({ "lines": [{ "line_item_id": "il_1", "amount": 1 }, { "line_item_id": "il_1" }] }),
            &[&second],
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_invoice_of_somebody_else_is_none() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let invoice = shop.invoice(json!({})).await;
    let body = json!({ "invoice_id": invoice, "amount": 100 });
    let note = shop.credit(body.clone()).await;
    let before = world.dump();
    for key in [&world.theirs.test_key, &world.ours.live_key] {
        let api = shop.api.with_key(key);
        let answer = api.post("/v3/credit-notes", body.clone()).await;
        answer.expect(404);
        assert_eq!(answer.pointers(), ["/invoice_id"]);
        let path = format!("/v3/credit-notes/{}", note.text_of("id"));
        api.get(&path).await.expect(404);
        api.get(&format!("{path}/pdf")).await.expect(404);
        let path = format!("/v3/credit-notes?invoice_id={invoice}");
        assert_eq!(api.get(&path).await.expect(200)["data"], json!([]));
    }
    assert_eq!(world.dump(), before);
}

/// An invoice with one change that no route of these tests makes.
async fn change(world: &World, id: &str, change: impl Fn(&mut models::billing::Invoice)) {
    let context: Context = world.app.context(world.ours.test(), Origin::system());
    let id: Id<ids::Invoice> = id.parse().unwrap();
    let stored = context.find_now(id).await.unwrap().unwrap();
    let mut invoice = (*stored).clone();
    change(&mut invoice);
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &invoice, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
}

/// A payment of which the gateway has not said what became of it.
fn pending(invoice: &models::billing::Invoice) -> Payment {
    let new = NewPayment {
        amount: invoice.total().unwrap(),
        customer_id: None,
        payment_method_id: None,
        card: Card {
            brand: "visa".to_owned(),
            last4: "4242".to_owned(),
            exp_month: 12,
            exp_year: 2030,
            fingerprint: String::new(),
            token: String::new(),
        },
        invoice: Some((invoice.id, 1)),
        description: None,
        fraud_protection: false,
        metadata: Metadata::new(),
    };
    Payment::begin(Id::new(7).unwrap(), new, "primary_gateway", invoice.created)
}

#[tokio::test]
async fn an_invoice_is_credited_while_it_is_owed_or_paid_and_no_payment_is_under_way() {
    let world = World::new().await;
    let shop = Shop::open(&world, None).await;
    let invoice = shop.invoice(sent()).await;
    let body = json!({ "invoice_id": invoice, "amount": 100 });
    for (status, wanted) in [
        (InvoiceStatus::Draft, Some("invalid_invoice_status")),
        (InvoiceStatus::Void, Some("invalid_invoice_status")),
        (InvoiceStatus::Uncollectible, None),
        (InvoiceStatus::Open, None),
        (InvoiceStatus::Paid, None),
    ] {
        change(&world, &invoice, |invoice| {
            invoice.status = status;
            if status == InvoiceStatus::Paid {
                invoice.amount_paid = invoice.amount_due().unwrap();
            }
        })
        .await;
        let answer = shop.credit(body.clone()).await;
        match wanted {
            Some(code) => assert_eq!(answer.expect(409)["code"], code, "{status:?}"),
            None => assert_eq!(answer.expect(201)["total"], 100, "{status:?}"),
        }
    }
    change(&world, &invoice, |invoice| {
        invoice.status = InvoiceStatus::Open;
        let payment = pending(invoice);
        invoice.book(&payment, &[], payment.created).unwrap();
    })
    .await;
    let answer = shop.credit(body).await;
    assert_eq!(answer.expect(409)["code"], "payment_processing");
}

#[tokio::test]
async fn a_refund_may_go_back_to_several_payments_newest_first() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let invoice = shop.invoice(json!({})).await;
    let payment = json!({ "amount": 3000, "currency": "USD", "customer_id": shop.customer });
    let newest = shop.api.post("/v3/payments", payment).await;
    let newest: Id<ids::Payment> = newest.text_of("id").parse().unwrap();
    change(&world, &invoice, |invoice| invoice.payment_ids.push(newest)).await;
    let body = json!({ "invoice_id": invoice, "amount": 5000, "refund_amount": 5000 });
    let note = shop.credit(body).await;
    let refunds = note.expect(201)["refunds"].as_array().unwrap();
    let amounts: Vec<&Value> = refunds.iter().map(|refund| &refund["amount"]).collect();
    assert_eq!(amounts, [3000, 2000]);
    assert_eq!(refunds[0]["payment_id"], newest.to_string());
    assert_eq!(world.sandbox.asked().len(), 4);
    let body = json!({ "invoice_id": invoice, "amount": 1833, "refund_amount": 1833 });
    shop.credit(body).await.expect(201);
    let context: Context = world.app.context(world.ours.test(), Origin::system());
    let payment = context.find_now(newest).await.unwrap().unwrap();
    assert_eq!(
        payment.refundable().unwrap(),
        Money::zero("USD".parse().unwrap())
    );
}

#[tokio::test]
async fn sixty_four_at_once_never_credit_more_than_the_invoice() {
    let world = World::new().await;
    let shop = Shop::open(&world, None).await;
    let invoice = shop.vector(sent()).await;
    let body = json!({ "invoice_id": invoice, "amount": 1000 });
    let calls = (0..64).map(|_| shop.credit(body.clone()));
    let mut notes = 0_i64;
    for answer in join_all(calls).await {
        match answer.status.as_u16() {
            201 => notes += 1,
            // Too many others at the invoice all the time: nothing was written.
            503 => {}
            _ => assert_eq!(
                answer.expect(400)["errors"][0]["code"],
                "exceeds_creditable"
            ),
        }
    }
    assert!((1..=33).contains(&notes), "{notes}");
    let read = shop.read("invoices", &invoice).await;
    assert_eq!(read["amount_credited"], 1000 * notes);
    assert_eq!(read["amount_remaining"], 33_499 - 1000 * notes);
}

#[tokio::test]
async fn a_note_that_dies_at_any_call_is_issued_and_refunded_once() {
    let prepared = async || {
        let world = World::new().await;
        let shop = Shop::open(&world, Some("4242424242424242")).await;
        let invoice = shop.invoice(json!({})).await;
        let body = json!({ "invoice_id": invoice, "amount": 1000, "refund_amount": 400 });
        world.meter.fault(None);
        (world, shop, body)
    };
    let (world, shop, body) = prepared().await;
    let path = "/v3/credit-notes";
    shop.api.idempotent("k").post(path, body).await.expect(201);
    let calls = world.meter.calls();
    assert!(calls > 8, "only {calls} calls");
    for call in 0..calls {
        for fault in [Fault::DieBefore(call), Fault::DieAfter(call)] {
            let (world, shop, body) = prepared().await;
            world.meter.fault(Some(fault));
            drop(shop.api.idempotent("k").post(path, body.clone()).await);
            world.meter.fault(None);
            let later = calling(&world.later(testkit::AFTER_A_CRASH));
            let answer = later.idempotent("k").post(path, body.clone()).await;
            assert_eq!(answer.expect(201)["refund_amount"], 400, "{fault:?}");
            let again = later.idempotent("k").post(path, body).await;
            assert_eq!(again.text, answer.text, "{fault:?}");
            let notes = later.get(path).await;
            assert_eq!(notes.body["data"], json!([answer.body]), "{fault:?}");
            assert_eq!(balance(&world, &shop.customer).await, 600, "{fault:?}");
            let payments = later.get("/v3/payments").await;
            assert_eq!(payments.body["data"][0]["amount_refunded"], 400);
            assert_eq!(world.sandbox.asked().len(), 2, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_refund_to_which_nobody_comes_back_is_due() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let invoice = shop.invoice(json!({})).await;
    let body = json!({ "invoice_id": invoice, "amount": 1000, "refund_amount": 400 });
    let due = || {
        let waits = |item: &Value| item["et"]["S"] == "refund" && item["due_pk"]["S"].is_string();
        world.dump().into_iter().filter(waits).count()
    };
    for call in 0.. {
        world.meter.fault(Some(Fault::DieAfter(call)));
        drop(shop.credit(body.clone()).await);
        world.meter.fault(None);
        if due() > 0 {
            break;
        }
    }
    let notes = shop.api.get("/v3/credit-notes").await;
    assert_eq!(notes.body["data"].as_array().unwrap().len(), 1);
    assert_eq!((due(), world.sandbox.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_refund_that_the_gateway_refuses_leaves_the_note_and_can_be_made_again() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let invoice = shop.invoice(json!({})).await;
    let payment = shop.read("invoices", &invoice).await["payment_ids"][0].clone();
    let payment: Id<ids::Payment> = payment.as_str().unwrap().parse().unwrap();
    let context: Context = world.app.context(world.ours.test(), Origin::system());
    let stored = context.find_now(payment).await.unwrap().unwrap();
    let unknown = Payment {
        reference: Some("gone".to_owned()),
        ..(*stored).clone()
    };
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &unknown, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    let body = json!({ "invoice_id": invoice, "amount": 100, "refund_amount": 100 });
    shop.credit(body).await.expect(201);
    assert!(told(&world).contains(&"refund.failed".to_owned()));
    let read = shop.read("payments", &payment.to_string()).await;
    assert_eq!(read["amount_refunded"], 0);
}

#[tokio::test]
async fn a_note_is_a_file_named_after_its_number() {
    let world = World::new().await;
    let shop = Shop::open(&world, Some("4242424242424242")).await;
    let invoice = shop.vector(json!({})).await;
    let body = json!({ "invoice_id": invoice, "amount": 10_000, "memo": "Sorry." });
    let note = shop.credit(body).await;
    let path = format!("/v3/credit-notes/{}/pdf", note.text_of("id"));
    world.meter.take();
    let answer = shop.api.get(&path).await;
    let units = world.meter.take();
    assert_eq!(answer.status, 200);
    assert!(answer.bytes.starts_with(b"%PDF-1.7"), "{}", answer.text);
    assert_eq!(
        answer.headers["content-disposition"],
        r#"inline; filename="CN-2026-000001.pdf""#
    );
    assert_eq!(
        (units.read_tenths, units.write_tenths),
        (15, 0),
        "{units:?}"
    );
}
