//! Credit notes over more payments than one transaction has room for.

use futures::future::join_all;
use models::Money;
use models::ids::{self, Id};
use models::payments::{Outcome, Payment};
use operations::Context;
use serde_json::{Value, json};
use store::{Origin, keys};
use testkit::{Fault, World};

use super::{Shop, calling, change, pending};

const PATH: &str = "/v3/credit-notes";

fn context(world: &World) -> Context {
    world.app.context(world.ours.test(), Origin::system())
}

/// An invoice that so many payments of 10 cents paid, and what they came to.
async fn paid_by(world: &World, shop: &Shop, count: i64) -> (String, i64) {
    let quantity = count.div_euclid(683).saturating_add(1);
    let more = json!({
        "quantity": quantity, "collection_method": "send_invoice", "days_until_due": 30,
    });
    let id = shop.invoice(more).await;
    let context = context(world);
    let stored = context.find_now(id.parse::<Id<ids::Invoice>>().unwrap());
    let invoice = stored.await.unwrap().unwrap();
    let mut payments: Vec<Payment> = Vec::new();
    for attempt in 1..=u32::try_from(count).unwrap() {
        let mut payment = Payment {
            id: context.mint().await.unwrap(),
            amount: Money::new(10, invoice.currency),
            attempt: Some(attempt),
            customer_id: Some(invoice.customer_id),
            ..pending(&invoice)
        };
        let outcome = Outcome::Succeeded {
            reference: format!("ch_{}", payment.id),
            risk_score: 1,
        };
        payment.resolve(outcome).unwrap();
        payments.push(payment);
    }
    for some in payments.chunks(90) {
        let mut writes = context.writes().await.unwrap();
        for payment in some {
            writes.create(payment, None).unwrap();
        }
        assert!(context.write(&writes).await.unwrap());
    }
    let total = invoice.total().unwrap().minor();
    change(world, &id, |invoice| {
        let rest = Money::new(total - 10 * count, invoice.currency);
        invoice
            .receive_out_of_band(Some(rest), invoice.created)
            .unwrap();
        let paid = Money::new(10 * count, invoice.currency);
        invoice.receive(paid, invoice.created).unwrap();
        invoice.payment_ids = payments.iter().map(|payment| payment.id).collect();
        invoice.attempt_count = u32::try_from(count).unwrap();
    })
    .await;
    (id, 10 * count)
}

/// What is set aside on the payments of a world, and its refunds by their status.
fn refunds(world: &World) -> (i64, Vec<Value>) {
    let items = world.dump();
    let set_aside = items.iter().filter(|item| item["et"]["S"] == "pay");
    let minor = |item: &Value| -> i64 {
        let text = item["amount_refunded"]["S"].as_str().unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    let set_aside = set_aside.map(minor).sum();
    let refunds = items.into_iter().filter(|item| item["et"]["S"] == "refund");
    (set_aside, refunds.collect())
}

/// Has workers do what is due: the invoice that waits for its refunds, and the refunds.
async fn work(world: &World, invoice: &str) {
    let context = context(world);
    let id: Id<ids::Invoice> = invoice.parse().unwrap();
    let at = context.now().await.unwrap().plus_seconds(120);
    operations::run_invoice(&context, id, at).await.unwrap();
    let (_, refunds) = refunds(world);
    for item in refunds {
        let payment: Id<ids::Payment> = item["payment_id"]["S"].as_str().unwrap().parse().unwrap();
        let refund = item["id"]["S"].as_str().unwrap().parse().unwrap();
        let stored = context.refund_now(payment, refund).await.unwrap().unwrap();
        operations::resolve_refund(&context, stored).await.unwrap();
    }
}

async fn invoice_of(world: &World, id: &str) -> models::billing::Invoice {
    let id: Id<ids::Invoice> = id.parse().unwrap();
    let stored = context(world).find_now(id).await.unwrap();
    stored.unwrap().into_inner()
}

#[tokio::test]
async fn a_note_over_five_hundred_payments_gives_each_back_once() {
    let world = World::new().await;
    let shop = Shop::open(&world, None).await;
    let (invoice, amount) = paid_by(&world, &shop, 520).await;
    let body = json!({ "invoice_id": invoice, "amount": amount, "refund_amount": amount });
    let note = shop.api.idempotent("k").post(PATH, body.clone()).await;
    let refunded = note.expect(201)["refunds"].as_array().unwrap();
    assert_eq!(
        (refunded.len(), note.text_of("number")),
        (520, "CN-2026-000001")
    );
    let (set_aside, made) = refunds(&world);
    assert_eq!((set_aside, made.len()), (amount, 520));
    assert_eq!(invoice_of(&world, &invoice).await.refunding, None);
    // The request asked about the first of them; the others begin at once.
    assert_eq!(world.sandbox.asked().len(), 20);
    let begin = made.iter().filter(|item| item["at_once"]["N"] == "1");
    assert_eq!(begin.count(), 500);
    let later = world.later(testkit::AFTER_A_CRASH);
    work(&later, &invoice).await;
    let asked = world.sandbox.asked();
    assert_eq!(asked.len(), 520);
    assert!(asked.values().all(|times| *times == 1), "{asked:?}");
    for item in refunds(&world).1 {
        assert_eq!(item["status"]["S"], "succeeded");
        assert_eq!(item["reason"]["S"], "CN-2026-000001");
    }
    let again = shop.api.idempotent("k").post(PATH, body).await;
    assert_eq!(again.text, note.text);
    let read = shop.read("invoices", &invoice).await;
    assert_eq!(read["amount_refunded"], amount);
    // The note and the invoice are far from what an item may be.
    for item in world.dump() {
        let size = item.to_string().len();
        assert!(size < 150_000, "{} {size}", item["et"]);
    }
}

#[tokio::test]
async fn more_payments_than_a_note_can_name_are_refused_and_take_no_number() {
    let world = World::new().await;
    let shop = Shop::open(&world, None).await;
    let (invoice, amount) = paid_by(&world, &shop, 1001).await;
    let before = world.dump();
    let body = json!({ "invoice_id": invoice, "amount": amount, "refund_amount": amount });
    let refused = shop.credit(body).await;
    refused.expect(400);
    assert_eq!(refused.pointers(), ["/refund_amount"]);
    assert_eq!(refused.body["errors"][0]["code"], "too_many_payments");
    assert_eq!(world.dump(), before);
    let body = json!({ "invoice_id": invoice, "amount": 10, "refund_amount": 10 });
    let note = shop.credit(body).await;
    assert_eq!(note.expect(201)["number"], "CN-2026-000001");
}

#[tokio::test]
async fn a_note_that_dies_at_any_call_is_finished_by_whoever_comes() {
    const COUNT: i64 = 25;
    let prepared = async || {
        let world = World::new().await;
        let shop = Shop::open(&world, None).await;
        let (invoice, amount) = paid_by(&world, &shop, COUNT).await;
        let body = json!({ "invoice_id": invoice, "amount": amount, "refund_amount": amount });
        world.meter.fault(None);
        (world, shop, body)
    };
    let (world, shop, body) = prepared().await;
    shop.api.idempotent("k").post(PATH, body).await.expect(201);
    let calls = world.meter.calls();
    assert!(calls > 40, "only {calls} calls");
    let (mut unwritten, mut by_worker) = (0, 0);
    // What follows the first refund's answer is the same for each.
    for fault in (0..22).map(Fault::DieAfter) {
        let (world, shop, body) = prepared().await;
        let invoice = body["invoice_id"].as_str().unwrap();
        world.meter.fault(Some(fault));
        drop(shop.api.idempotent("k").post(PATH, body.clone()).await);
        world.meter.fault(None);
        let later = world.later(testkit::AFTER_A_CRASH);
        if invoice_of(&world, invoice).await.credited.is_none() {
            assert_eq!(refunds(&world), (0, Vec::new()), "{fault:?}");
            unwritten += 1;
        } else {
            let open = invoice_of(&world, invoice).await;
            assert_eq!(open.due().is_some(), open.refunding.is_some(), "{fault:?}");
            by_worker += i32::from(open.refunding.is_some());
            work(&later, invoice).await;
            let (set_aside, made) = refunds(&world);
            assert_eq!((set_aside, made.len()), (250, 25), "{fault:?}");
            assert_eq!(invoice_of(&world, invoice).await.refunding, None);
        }
        let api = calling(&later);
        let note = api.idempotent("k").post(PATH, body.clone()).await;
        assert_eq!(note.expect(201)["refund_amount"], 250, "{fault:?}");
        work(&later, invoice).await;
        let (set_aside, made) = refunds(&world);
        assert_eq!((set_aside, made.len()), (250, 25), "{fault:?}");
        let notes = api.get(PATH).await;
        assert_eq!(notes.body["data"], json!([note.body]), "{fault:?}");
        assert_eq!(world.sandbox.asked().len(), 25, "{fault:?}");
    }
    assert!(unwritten > 0 && by_worker > 0, "{unwritten} {by_worker}");
}

#[tokio::test]
async fn notes_refunds_and_workers_at_once_never_give_back_more_than_was_paid() {
    let world = World::new().await;
    let shop = Shop::open(&world, None).await;
    let (invoice, amount) = paid_by(&world, &shop, 90).await;
    let payment = invoice_of(&world, &invoice).await.payment_ids[3];
    let path = format!("/v3/payments/{payment}/refunds");
    let body = json!({ "invoice_id": invoice, "amount": 300, "refund_amount": 300 });
    let notes = join_all((0..6).map(|_| shop.credit(body.clone())));
    let single = shop.api.post(&path, json!({ "amount": 5 }));
    let (notes, single, ()) = tokio::join!(notes, single, async {
        let id: Id<ids::Invoice> = invoice.parse().unwrap();
        let context = context(&world);
        let at = context.now().await.unwrap().plus_seconds(120);
        for _ in 0..8 {
            operations::run_invoice(&context, id, at).await.unwrap();
        }
    });
    work(&world.later(testkit::AFTER_A_CRASH), &invoice).await;
    let mut given = i64::from(single.status == 201) * 5;
    for note in notes {
        match note.status.as_u16() {
            201 => given += 300,
            400 => assert_eq!(note.pointers().len(), 1, "{}", note.text),
            _ => assert!(
                ["refund_processing", "exceeds_paid", "nothing_to_credit"]
                    .contains(&note.expect(409)["code"].as_str().unwrap()),
                "{}",
                note.text
            ),
        }
    }
    let (set_aside, made) = refunds(&world);
    let after = invoice_of(&world, &invoice).await;
    assert!(given >= 300 && given <= amount, "{given}");
    assert_eq!((set_aside, after.amount_refunded().minor()), (given, given));
    assert_eq!(after.refunding, None);
    assert_eq!(world.sandbox.asked().len(), made.len());
}

#[tokio::test]
async fn while_a_note_sets_its_refunds_aside_nothing_else_gives_the_payments_back() {
    let world = World::new().await;
    let shop = Shop::open(&world, None).await;
    let (invoice, _) = paid_by(&world, &shop, 3).await;
    let note: Id<ids::CreditNote> = Id::new(7).unwrap();
    change(&world, &invoice, |invoice| {
        invoice.set_refunds_aside(note, (1, 3), invoice.created);
    })
    .await;
    let before = world.dump();
    let payment = invoice_of(&world, &invoice).await.payment_ids[0];
    let path = format!("/v3/payments/{payment}/refunds");
    let refund = shop.api.post(&path, json!({})).await;
    assert_eq!(refund.expect(409)["code"], "refund_processing");
    let note = shop
        .credit(json!({ "invoice_id": invoice, "amount": 10 }))
        .await;
    assert_eq!(note.expect(409)["code"], "refund_processing");
    assert_eq!(world.dump(), before);
    let key = keys::record(
        &world.ours.test(),
        invoice.parse::<Id<ids::Invoice>>().unwrap(),
    );
    let table = world.app.table();
    let due = table.due_moments(std::slice::from_ref(&key)).await.unwrap();
    let created = invoice_of(&world, &invoice).await.created;
    assert_eq!(due.get(&key), Some(&created.plus_seconds(120)));
}
