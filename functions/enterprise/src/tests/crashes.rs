//! A process that dies between the provider's answer and the record of it.

use http::Method;
use models::ids::{self, Id};
use serde_json::{Value, json};

use testkit::{Fault, World};

use super::{Shop, live, statuses};

/// The message of the only reminder.
async fn message(shop: &Shop) -> (Id<ids::Message>, Value) {
    let list = shop.v3().get("/v3/messages").await;
    let message = list.expect(200)["data"][0].clone();
    (message["id"].as_str().unwrap().parse().unwrap(), message)
}

/// A subscription whose reminder of 25 January is due in the morning of the 23rd.
async fn announced() -> (Shop, Value) {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2026-01-25" }))
        .await;
    (shop, made)
}

/// Runs the row of 25 January at the moment of its reminder, in that process.
async fn remind(world: &World, made: &Value) -> models::Result<()> {
    remind_at(world, made, "2026-01-23T13:00:00Z").await
}

async fn remind_at(world: &World, made: &Value, at: &str) -> models::Result<()> {
    let at = at.parse().unwrap();
    let context = world.app.scheduled(world.ours.test(), Some(at));
    let slot = models::billing::Slot {
        date: "2026-01-25".parse().unwrap(),
        n: 0,
    };
    let id: Id<ids::Subscription> = made["id"].as_str().unwrap().parse().unwrap();
    operations::run_schedule(&context, id, slot, at).await
}

/// What is there when everybody has done their work: one message, sent, under one key; one event of it; and one row more.
async fn reminded_once(shop: &Shop, made: &Value, what: &str) {
    let (id, sent) = message(shop).await;
    assert_eq!(sent["status"], "sent", "{what}");
    let list = shop.v3().get("/v3/messages").await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 1, "{what}");
    let asked: Vec<String> = shop.world.sms.asked().into_keys().collect();
    assert_eq!(asked, [id.to_string()], "{what}");
    let now = shop.subscription(&made["id"]).await;
    assert_eq!(statuses(&now), ["ACTIVE", "PENDING"], "{what}");
    let told = shop
        .world
        .dump()
        .iter()
        .map(Value::to_string)
        .collect::<String>();
    assert_eq!(told.matches("schedule.reminder_sent").count(), 1, "{what}");
}

#[tokio::test]
async fn a_worker_that_dies_while_it_reminds_is_made_up_for() {
    let mut last = false;
    for fault in Fault::everywhere(14) {
        let (shop, made) = announced().await;
        let process = shop.world.process(4711);
        process.meter.fault(Some(fault));
        last = remind(&process, &made).await.is_ok();
        // The queue brings it again, and what was begun is taken up when its time is over.
        remind(&shop.world, &made).await.unwrap();
        shop.run("2026-01-23T13:05:00Z").await;
        reminded_once(&shop, &made, &format!("{fault:?}")).await;
    }
    assert!(last, "there are more calls");
}

#[tokio::test]
async fn workers_that_have_the_same_row_at_once_remind_once() {
    let (shop, made) = announced().await;
    let work = (0..16).map(|_| remind(&shop.world, &made));
    for done in futures::future::join_all(work).await {
        done.unwrap();
    }
    remind(&shop.world, &made).await.unwrap();
    reminded_once(&shop, &made, "at once").await;
    assert_eq!(shop.world.sms.asked().values().sum::<u32>(), 1);
}

/// In the night the worker of messages sends it in the morning.
#[tokio::test]
async fn workers_that_have_the_same_message_at_once_hand_it_over_once() {
    let (shop, made) = announced().await;
    remind_at(&shop.world, &made, "2026-01-24T03:00:00Z")
        .await
        .unwrap();
    let (message_id, queued) = message(&shop).await;
    assert_eq!(
        (&queued["status"], &queued["send_at"]),
        (&json!("queued"), &json!("2026-01-24T13:00:00Z"))
    );
    assert_eq!(
        statuses(&shop.subscription(&made["id"]).await)[0],
        "PENDING"
    );
    let morning = "2026-01-24T13:00:00Z".parse().unwrap();
    let context = shop.world.app.scheduled(shop.scope(), Some(morning));
    let work = (0..16).map(|_| operations::send_message(&context, message_id, morning));
    for done in futures::future::join_all(work).await {
        done.unwrap();
    }
    operations::send_message(&context, message_id, morning)
        .await
        .unwrap();
    reminded_once(&shop, &made, "in the morning").await;
    assert_eq!(shop.world.sms.asked().values().sum::<u32>(), 1);
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_and_the_payment_goes_on_without_it() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2026-01-25" }))
        .await;
    shop.world.sms.set_down(true);
    shop.run("2026-01-23T14:00:00Z").await;
    let (_, failed) = message(&shop).await;
    assert_eq!(
        (&failed["status"], &failed["attempts"]),
        (&json!("failed"), &json!(5))
    );
    assert_eq!(failed["error"]["code"], "provider_unavailable");
    assert_eq!(
        statuses(&shop.subscription(&made["id"]).await)[0],
        "PENDING"
    );
    shop.run("2026-01-25T06:00:00Z").await;
    assert_eq!(statuses(&shop.subscription(&made["id"]).await)[0], "ACTIVE");
    // Up again, and told again.
    shop.world.sms.set_down(false);
    let rest = format!("/{}/schedule", made["id"].as_str().unwrap());
    let body = json!({ "id": made["schedules"][0]["id"] });
    shop.call(Method::PATCH, "subscriptions", &rest, body)
        .await
        .expect(204);
    shop.run("2026-01-25T15:00:00Z").await;
    assert_eq!(shop.world.sms.asked().len(), 1);
}

#[tokio::test]
async fn a_process_that_dies_between_subscription_and_rows_is_made_up_for() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    shop.run("2026-01-20T15:00:00Z").await;
    let context = shop.world.app.scheduled(shop.scope(), None);
    let id: Id<ids::Subscription> = made["id"].as_str().unwrap().parse().unwrap();
    let stored = context.find_now(id).await.unwrap().unwrap();
    let mut ended = (*stored).clone();
    ended.end(context.now().await.unwrap());
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &ended, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    // Whoever looks sees it already, and the worker writes it.
    let now = shop.subscription(&made["id"]).await;
    assert!(statuses(&now).iter().all(|status| *status == "CANCELLED"));
    shop.run("2026-01-20T15:00:00Z").await;
    let rows = context.schedule(id).await.unwrap();
    assert!(rows.iter().all(|row| row.cancelled_at.is_some()));
    let invoices = shop.v3().get("/v3/invoices").await;
    assert_eq!(invoices.expect(200)["data"][0]["status"], "void");
    let sub = context.find_now(id).await.unwrap().unwrap();
    assert_eq!(sub.due(), None);
}

#[tokio::test]
async fn live_mode_without_a_provider_says_so() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let context = shop.world.app.scheduled(live(&shop.world), None);
    let mut writes = context.writes().await.unwrap();
    let ids = (context.mint().await.unwrap(), context.mint().await.unwrap());
    let now = context.now().await.unwrap();
    let received =
        operations::receive_message(&context, &mut writes, ids, ("+14165551234", "help"), now)
            .await
            .unwrap();
    assert!(context.write(&writes).await.unwrap());
    let id = received.reply.unwrap().id;
    operations::send_message(&context, id, now).await.unwrap();
    let message = context.find_now(id).await.unwrap().unwrap();
    assert_eq!(
        message.dispatch.failure.clone().unwrap().code,
        "sms_not_configured"
    );
}
