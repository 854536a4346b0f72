//! A process that dies between the provider's answer and the record of it.

use http::Method;
use models::ids::{self, Id};
use models::messaging::MessageStatus;
use serde_json::{Value, json};

use super::{Shop, live, statuses};

/// The message of the only reminder.
async fn message(shop: &Shop) -> (Id<ids::Message>, Value) {
    let list = shop.v3().get("/v3/messages").await;
    let message = list.expect(200)["data"][0].clone();
    (message["id"].as_str().unwrap().parse().unwrap(), message)
}

/// Runs the row of 25 January on the day of its reminder, which is queued then.
async fn reminded(shop: &Shop, made: &Value) -> (operations::Context, models::Timestamp) {
    let at = "2026-01-23T13:00:00Z".parse().unwrap();
    let context = shop.world.app.scheduled(shop.scope(), Some(at));
    let slot = models::billing::Slot {
        date: "2026-01-25".parse().unwrap(),
        n: 0,
    };
    let id: Id<ids::Subscription> = made["id"].as_str().unwrap().parse().unwrap();
    operations::run_schedule(&context, id, slot, at)
        .await
        .unwrap();
    (context, at)
}

#[tokio::test]
async fn a_worker_that_dies_after_the_provider_took_the_message_sends_no_second_one() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2026-01-25" }))
        .await;
    let (context, at) = reminded(&shop, &made).await;
    // Again, as often as the queue likes: one message.
    reminded(&shop, &made).await;
    let (message_id, queued) = message(&shop).await;
    assert_eq!(queued["status"], "queued");
    assert_eq!(
        statuses(&shop.subscription(&made["id"]).await)[0],
        "PENDING"
    );

    // It was begun and handed over, and then the process died.
    let stored = context.message(message_id).await.unwrap().unwrap();
    let mut begun = (*stored).clone();
    begun.dispatch.begin(at);
    let mut writes = context.writes().await.unwrap();
    writes.update(&stored, &begun, None).unwrap();
    assert!(context.write(&writes).await.unwrap());
    let sms = providers::sms::Sms::Sandbox(shop.sms.clone());
    let key = message_id.to_string();
    let text = providers::sms::Text {
        idempotency_key: &key,
        number: &begun.number,
        body: &begun.body,
    };
    sms.send(text).await.unwrap().unwrap();

    // Nobody forgets it: it is due again, under the same key, and the row learns of it.
    shop.run("2026-01-23T13:05:00Z").await;
    let sent = context.message(message_id).await.unwrap().unwrap();
    assert_eq!(
        (sent.dispatch.status, sent.dispatch.attempts),
        (MessageStatus::Sent, 2)
    );
    assert_eq!(
        shop.sms.asked().len(),
        1,
        "one key, which a provider that knows keys sends once"
    );
    assert_eq!(statuses(&shop.subscription(&made["id"]).await)[0], "ACTIVE");
    shop.run("2026-01-24T12:00:00Z").await;
    assert_eq!(shop.sms.asked().values().sum::<u32>(), 2);
}

#[tokio::test]
async fn workers_that_have_the_same_message_at_once_hand_it_over_once() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2026-01-25" }))
        .await;
    let (context, at) = reminded(&shop, &made).await;
    let (message_id, _) = message(&shop).await;
    let sms = providers::sms::Sms::Sandbox(shop.sms.clone());
    let work = (0..16).map(|_| operations::send_message(&context, Some(&sms), message_id, at));
    for done in futures::future::join_all(work).await {
        done.unwrap();
    }
    operations::send_message(&context, Some(&sms), message_id, at)
        .await
        .unwrap();
    assert_eq!(shop.sms.asked().values().sum::<u32>(), 1);
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_again_and_the_payment_goes_on_without_it() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2026-01-25" }))
        .await;
    shop.sms.set_down(true);
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
    shop.sms.set_down(false);
    let rest = format!("/{}/schedule", made["id"].as_str().unwrap());
    let body = json!({ "id": made["schedules"][0]["id"] });
    shop.call(Method::PATCH, "subscriptions", &rest, body)
        .await
        .expect(204);
    shop.run("2026-01-25T15:00:00Z").await;
    assert_eq!(shop.sms.asked().len(), 1);
}

#[tokio::test]
async fn a_process_that_dies_between_subscription_and_rows_is_made_up_for() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop.subscribe(json!({}), json!({})).await;
    shop.run("2026-01-20T15:00:00Z").await;
    let context = shop.world.app.scheduled(shop.scope(), None);
    let id: Id<ids::Subscription> = made["id"].as_str().unwrap().parse().unwrap();
    let stored = context.subscription_now(id).await.unwrap().unwrap();
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
    let sub = context.subscription_now(id).await.unwrap().unwrap();
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
    operations::send_message(&context, None, id, now)
        .await
        .unwrap();
    let message = context.message(id).await.unwrap().unwrap();
    assert_eq!(
        message.dispatch.failure.clone().unwrap().code,
        "sms_not_configured"
    );
}
