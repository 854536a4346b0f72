use models::Id;
use models::ids::Subscription;
use serde_json::{Value, json};
use testkit::{Call, World};

use crate::invoices::invoice_states::begin;
use crate::invoices::invoice_testing::{
    DECLINES, FAULTY, GOOD, act, buyer, card, credit, customer, give, open, payments, run_at,
    run_due, told,
};

async fn pay(api: &Call, path: &str, body: Value) -> testkit::Answer {
    act(api, path, "pay", body).await
}

#[tokio::test]
async fn what_remains_is_charged_to_the_default_card() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    let path = open(&api, &customer, 1000, json!({})).await;
    let mut want = api.get(&path).await.body;
    world.meter.take();
    let answer = pay(&api, &path, json!({})).await;
    let units = world.meter.take();
    assert!(
        units.read_tenths <= 100 && units.write_tenths <= 100,
        "{units:?}"
    );
    let payment = payments(&api).await.remove(0);
    want["status"] = json!("paid");
    want["payment_status"] = json!("paid");
    want["amount_paid"] = json!(1000);
    want["amount_remaining"] = json!(0);
    want["payment_method"] = json!("card_ending_4242");
    want["payment_ids"] = json!([payment["id"]]);
    want["attempt_count"] = json!(1);
    want["paid_at"] = json!("2026-01-15T12:00:00Z");
    assert_eq!(*answer.expect(200), want);
    assert_eq!(api.get(&path).await.body, want);
    assert_eq!(payment["status"], "succeeded");
    assert_eq!(payment["amount"], 1000);
    assert_eq!(payment["invoice_id"], want["id"]);
}

#[tokio::test]
async fn sixty_four_payments_at_once_are_one() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    let path = open(&api, &customer, 1000, json!({})).await;
    let calls = (0..64).map(|_| pay(&api, &path, json!({})));
    let answers = futures::future::join_all(calls).await;
    let mut paid = 0;
    for answer in &answers {
        if answer.status.as_u16() == 200 {
            paid += 1;
        } else {
            answer.expect(409);
            let codes = ["payment_processing", "invalid_invoice_status"];
            assert!(codes.contains(&answer.text_of("code")), "{}", answer.text);
        }
    }
    assert_eq!(paid, 1);
    assert_eq!(world.sandbox.asked().into_values().collect::<Vec<_>>(), [1]);
    assert_eq!(payments(&api).await.len(), 1);
    let invoice = api.get(&path).await.body;
    assert_eq!(
        (&invoice["status"], &invoice["amount_paid"]),
        (&json!("paid"), &json!(1000))
    );
}

#[tokio::test]
async fn a_part_is_paid_and_then_the_rest() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    let path = open(&api, &customer, 1000, json!({})).await;
    let part = pay(&api, &path, json!({ "amount": 400 })).await;
    let sums = |invoice: &Value| {
        let names = [
            "status",
            "payment_status",
            "amount_paid",
            "amount_remaining",
        ];
        names.map(|name| invoice[name].clone())
    };
    assert_eq!(
        sums(part.expect(200)),
        [
            json!("open"),
            json!("partially_paid"),
            json!(400),
            json!(600)
        ]
    );
    assert_eq!(told(&world, part.text_of("id")), ["3 invoice.updated"]);
    let more = pay(&api, &path, json!({ "amount": 601 })).await;
    more.expect(400);
    assert_eq!(more.pointers(), ["/amount"]);
    // The same amount again is another payment.
    let second = pay(&api, &path, json!({ "amount": 400 })).await;
    assert_eq!(second.expect(200)["amount_remaining"], 200);
    let rest = pay(&api, &path, json!({})).await;
    assert_eq!(
        sums(rest.expect(200)),
        [json!("paid"), json!("paid"), json!(1000), json!(0)]
    );
    let amounts: Vec<Value> = payments(&api)
        .await
        .iter()
        .map(|p| p["amount"].clone())
        .collect();
    assert_eq!(amounts, [json!(200), json!(400), json!(400)]);
}

#[tokio::test]
async fn money_received_elsewhere_is_booked_and_what_is_too_much_is_the_customers() {
    let world = World::new().await;
    let (api, customer) = customer(&world).await;
    let path = open(&api, &customer, 1000, json!({})).await;
    let part = pay(
        &api,
        &path,
        json!({ "paid_out_of_band": true, "amount": 400 }),
    )
    .await;
    assert_eq!(part.expect(200)["payment_status"], "partially_paid");
    assert_eq!(credit(&world, &customer).await, 0);
    world.meter.take();
    let rest = pay(
        &api,
        &path,
        json!({ "paid_out_of_band": true, "amount": 1000 }),
    )
    .await;
    assert_eq!(rest.expect(200)["status"], "paid");
    assert_eq!(rest.body["amount_paid"], 1000);
    assert_eq!(rest.body["amount_paid_out_of_band"], 1000);
    assert_eq!(rest.body["payment_method"], "out_of_band");
    assert_eq!(rest.body["payment_ids"], json!([]));
    assert_eq!(credit(&world, &customer).await, 400);
    let next = open(&api, &customer, 1000, json!({})).await;
    assert_eq!(api.get(&next).await.body["balance_applied"], 400);
    let all = json!({ "paid_out_of_band": true });
    world.meter.take();
    let all = pay(&api, &next, all).await;
    let units = world.meter.take();
    assert!(
        units.read_tenths <= 50 && units.write_tenths <= 20,
        "{units:?}"
    );
    assert_eq!(all.expect(200)["amount_paid"], 600);
    assert!(world.sandbox.asked().is_empty());
}

#[tokio::test]
async fn a_refusal_is_kept_for_its_key_and_is_no_step_of_the_schedule() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, DECLINES).await;
    let fields = json!({ "auto_collection": true });
    let path = open(&api, &customer, 1000, fields).await;
    let before = api.get(&path).await.body;
    assert_eq!(before["next_payment_attempt"], "2026-01-18T12:00:00Z");
    let keyed = api.idempotent("k");
    let refused = pay(&keyed, &path, json!({})).await;
    refused.expect(402);
    assert_eq!(refused.text_of("code"), "card_declined");
    let payment = payments(&api).await.remove(0);
    assert_eq!(payment["id"], refused.text_of("payment_id"));
    assert_eq!(pay(&keyed, &path, json!({})).await.text, refused.text);
    assert_eq!(world.sandbox.asked().len(), 2);
    let after = api.get(&path).await.body;
    assert_eq!(after["attempt_count"], 2);
    assert_eq!(
        after["next_payment_attempt"],
        before["next_payment_attempt"]
    );
    assert_eq!(
        told(&world, after["id"].as_str().unwrap()),
        ["4 invoice.payment_failed"]
    );
    // A part that is paid leaves the schedule where it is, too; it then charges the rest.
    let good = card(&api, &customer, GOOD, true).await;
    let part = json!({ "payment_method_id": good, "amount": 300 });
    let part = pay(&api, &path, part).await;
    assert_eq!(
        part.expect(200)["next_payment_attempt"],
        before["next_payment_attempt"]
    );
    assert_eq!(
        run_due(&world, &path).await.to_string(),
        "2026-01-18T12:00:00Z"
    );
    let paid = api.get(&path).await.body;
    assert_eq!(
        (&paid["status"], &paid["attempt_count"]),
        (&json!("paid"), &json!(4))
    );
    assert_eq!(payments(&api).await[0]["amount"], 700);
}

#[tokio::test]
async fn a_fault_of_the_gateway_is_told_and_left_to_the_caller() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, FAULTY).await;
    let path = open(&api, &customer, 1000, json!({})).await;
    let refused = pay(&api, &path, json!({})).await;
    refused.expect(402);
    assert_eq!(refused.text_of("code"), "processing_error");
    let invoice = api.get(&path).await.body;
    assert_eq!(invoice["next_payment_attempt"], json!(null));
    assert_eq!(invoice["last_payment_error"]["advice"], "retry_soon");
}

#[tokio::test]
async fn an_attempt_whose_maker_died_is_looked_after_and_paid_once() {
    let world = World::new().await;
    let (api, customer) = buyer(&world, GOOD).await;
    let path = open(&api, &customer, 1000, json!({})).await;
    act(&api, &path, "uncollectible", json!({}))
        .await
        .expect(200);
    begin(&world, &path, 400).await;
    let processing = api.get(&path).await.body;
    assert_eq!(processing["payment_status"], "processing");
    assert_eq!(processing["next_payment_attempt"], json!(null));
    let early = "2026-01-15T12:01:59Z".parse().unwrap();
    run_at(&world, &path, early).await;
    assert!(world.sandbox.asked().is_empty());
    let world = world.later(testkit::AFTER_A_CRASH);
    assert_eq!(
        run_due(&world, &path).await.to_string(),
        "2026-01-15T12:02:00Z"
    );
    let invoice = api.get(&path).await.body;
    assert_eq!(invoice["status"], "uncollectible");
    assert_eq!(invoice["amount_paid"], 400);
    assert_eq!(world.sandbox.asked().len(), 1);
    let rest = pay(&api, &path, json!({})).await;
    assert_eq!(rest.expect(200)["status"], "paid");
}

/// A subscription of 10.00 a month that is billed at once to a customer with that card.
async fn subscribed(world: &World, number: &str) -> (Call, String, String, String) {
    let (api, customer) = buyer(world, number).await;
    let plan = json!({ "id": "pro", "name": "Pro", "currency": "USD", "amount": 1000, "interval": "month" });
    api.post("/v3/plans", plan).await;
    let new = json!({ "customer_id": customer, "plan_id": "pro" });
    let subscription = api.post("/v3/subscriptions", new).await;
    let invoice = format!("/v3/invoices/{}", subscription.text_of("latest_invoice_id"));
    let subscription = format!("/v3/subscriptions/{}", subscription.text_of("id"));
    (api, customer, subscription, invoice)
}

#[tokio::test]
async fn an_incomplete_subscription_begins_with_its_payment_and_not_with_a_refusal() {
    let world = World::new().await;
    let (api, customer, subscription, invoice) = subscribed(&world, DECLINES).await;
    assert_eq!(api.get(&subscription).await.body["status"], "incomplete");
    pay(&api, &invoice, json!({})).await.expect(402);
    assert_eq!(api.get(&subscription).await.body["status"], "incomplete");
    let good = card(&api, &customer, GOOD, false).await;
    let paid = pay(&api, &invoice, json!({ "payment_method_id": good })).await;
    assert_eq!(paid.expect(200)["status"], "paid");
    let now = api.get(&subscription).await.body;
    assert_eq!(now["status"], "active");
    let id = now["id"].as_str().unwrap();
    assert_eq!(told(&world, id), ["2 subscription.updated"]);
}

#[tokio::test]
async fn a_subscription_of_which_nothing_is_collected_any_more_heals_with_its_newest_invoice() {
    let world = World::new().await;
    let settings = json!({ "retry_days": [1], "after_retries": "unpaid" });
    let (api, customer, subscription, first) = subscribed(&world, GOOD).await;
    api.patch("/v3/billing-settings", settings)
        .await
        .expect(200);
    card(&api, &customer, DECLINES, true).await;
    let id: Id<Subscription> = subscription.rsplit('/').next().unwrap().parse().unwrap();
    let at = "2026-02-15T12:00:00Z".parse().unwrap();
    let context = world.app.scheduled(world.ours.test(), Some(at));
    operations::run_subscription(&context, id, at)
        .await
        .unwrap();
    let status = async || api.get(&subscription).await.body["status"].clone();
    assert_eq!(status().await, "past_due");
    let list = api.get("/v3/invoices?status=open").await;
    let invoice = format!(
        "/v3/invoices/{}",
        list.body["data"][0]["id"].as_str().unwrap()
    );
    run_due(&world, &invoice).await;
    assert_eq!(status().await, "unpaid");
    // Who tries again by hand makes nothing worse.
    pay(&api, &invoice, json!({})).await.expect(402);
    assert_eq!(status().await, "unpaid");
    give(&api, &customer, 5).await;
    let received = json!({ "paid_out_of_band": true, "amount": 1000 });
    assert_eq!(
        pay(&api, &invoice, received).await.expect(200)["status"],
        "paid"
    );
    assert_eq!(status().await, "active");
    pay(&api, &first, json!({})).await.expect(409);
}

#[tokio::test]
async fn wrong_fields_are_named_and_nothing_is_written() {
    let world = World::new().await;
    let (api, other) = buyer(&world, GOOD).await;
    let theirs = card(&api, &other, GOOD, false).await;
    let (_, customer) = customer(&world).await;
    let path = open(&api, &customer, 1000, json!({})).await;
    let before = world.dump().len();
    let cases: Vec<(Value, u16, Vec<&str>)> = vec![
        (json!({}), 400, vec!["/payment_method_id"]),
        (
            json!({ "payment_method_id": "pm_rs_1" }),
            404,
            vec!["/payment_method_id"],
        ),
        (
            json!({ "payment_method_id": theirs, "amount": 1001 }),
            400,
            vec!["/amount", "/payment_method_id"],
        ),
        (
            json!({ "payment_method_id": theirs, "paid_out_of_band": true }),
            400,
            vec!["/payment_method_id"],
        ),
        (
            json!({ "payment_method_id": 1, "amount": 0, "paid_out_of_band": 1, "ammount": 1 }),
            400,
            vec![
                "/payment_method_id",
                "/amount",
                "/paid_out_of_band",
                "/ammount",
            ],
        ),
    ];
    for (body, status, pointers) in cases {
        let answer = pay(&api, &path, body).await;
        answer.expect(status);
        assert_eq!(answer.pointers(), pointers);
    }
    assert_eq!(world.dump().len(), before);
    assert_eq!(api.get(&path).await.body["attempt_count"], 0);
}

#[tokio::test]
async fn the_payments_of_an_invoice_are_found_among_those_of_its_customer() {
    let world = World::new().await;
    let routes = crate::routes()
        .merge(crm::routes())
        .merge(payments::routes());
    let api = world.call(routes);
    let customer = api
        .post("/v3/customers", json!({ "email": "a@example.com" }))
        .await;
    let customer = customer.text_of("id");
    let attach = async |number: &str, default: bool| {
        let card = json!({ "number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123" });
        let method =
            json!({ "customer_id": customer, "type": "card", "card": card, "default": default });
        let method = api.post("/v3/payment-methods", method).await;
        method.text_of("id").to_owned()
    };
    attach("4242424242424242", true).await;
    let method = attach("4000000000000341", false).await;
    let line = json!({ "description": "Work", "unit_amount": 100 });
    let draft = json!({ "customer_id": customer, "currency": "USD", "line_items": [line] });
    let invoice = api.post("/v3/invoices", draft).await;
    let invoice = invoice.text_of("id");
    let path = format!("/v3/invoices/{invoice}");
    api.post(&format!("{path}/finalize"), json!({}))
        .await
        .expect(200);
    let mut tried = Vec::new();
    for _ in 0..23 {
        let body = json!({ "payment_method_id": method });
        let refused = api.post(&format!("{path}/pay"), body).await;
        tried.insert(
            0,
            refused.expect(402)["payment_id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
        let other = json!({ "amount": 200, "currency": "USD", "customer_id": customer });
        api.post("/v3/payments", other).await.expect(201);
    }
    let read = api.get(&path).await;
    let mut known: Vec<String> = serde_json::from_value(read.body["payment_ids"].clone()).unwrap();
    known.reverse();
    assert_eq!(known[..], tried[..20]);
    assert_eq!(read.body["attempt_count"], 23);
    let list = async |query: &str| {
        let list = api
            .get(&format!("/v3/payments?invoice_id={invoice}{query}"))
            .await;
        let ids = list.expect(200)["data"].as_array().unwrap().iter();
        let ids: Vec<String> = ids
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        (ids, list.body["next_cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(list("&limit=100").await, (tried.clone(), None));
    let (first, cursor) = list("&limit=20&status=failed").await;
    assert_eq!(first[..], tried[..20]);
    let cursor = format!("&limit=20&status=failed&cursor={}", cursor.unwrap());
    assert_eq!(list(&cursor).await, (tried[20..].to_vec(), None));
    let nothing = (Vec::new(), None);
    assert_eq!(list("&status=succeeded").await, nothing);
    assert_eq!(list("&customer_id=cust_rs_1").await, nothing);
    let theirs = api.with_key(&world.theirs.test_key);
    let theirs = theirs
        .get(&format!("/v3/payments?invoice_id={invoice}"))
        .await;
    assert_eq!(theirs.expect(200)["data"], json!([]));
}
