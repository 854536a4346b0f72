//! How many text messages a number gets, and how many a business sends.

use http::Method;
use serde_json::{Value, json};
use testkit::Answer;

use super::{Shop, routes};

/// Asks for another message about the first payment.
async fn again(shop: &Shop, made: &Value) -> Answer {
    let rest = format!("/{}/schedule", made["id"].as_str().unwrap());
    let body = json!({ "id": made["schedules"][0]["id"] });
    shop.call(Method::PATCH, "subscriptions", &rest, body).await
}

/// The same shop that many seconds later, in a process with chance of its own.
async fn later(shop: Shop, seconds: i64) -> Shop {
    let now = shop.world.config.clock.now().plus_seconds(seconds);
    let seed = u64::try_from(now.seconds()).unwrap();
    let world = shop.world.moment(now, seed);
    let api = world.call(routes());
    let shop = Shop { world, api, ..shop };
    let token = shop.token().await;
    Shop {
        api: shop.api.with_key(&token),
        ..shop
    }
}

/// A subscription of another customer with the same number.
async fn subscribe(shop: &Shop, number: u32) -> Value {
    let customer =
        json!({ "customerNum": number.to_string(), "firstName": "J", "phoneNo": "416 555 1234" });
    let customer = shop.post("customers", "", customer).await;
    let tier = shop.tier(json!({})).await;
    let new = json!({ "customerId": customer["id"], "tierId": tier, "startDate": "2026-01-25" });
    shop.post("subscriptions", "", new).await
}

async fn messages(shop: &Shop, status: &str) -> Vec<Value> {
    let list = shop
        .v3()
        .get(&format!("/v3/messages?status={status}&limit=100"))
        .await;
    list.expect(200)["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_reminder_is_sent_again_after_five_minutes_and_five_times_in_an_hour() {
    let mut shop = Shop::at("2026-01-20T15:00:00Z").await;
    let made = shop
        .subscribe(json!({}), json!({ "startDate": "2026-01-25" }))
        .await;
    again(&shop, &made).await.expect(204);
    let refused = again(&shop, &made).await;
    assert_eq!(refused.expect(429)["message"], "too many requests");
    assert_eq!(refused.headers["retry-after"], "300");
    for _ in 0..4 {
        shop = later(shop, 300).await;
        again(&shop, &made).await.expect(204);
    }
    // The number has had its five; the hour is over in 35 minutes.
    shop = later(shop, 300).await;
    let before = shop.world.dump().len();
    let refused = again(&shop, &made).await;
    refused.expect(429);
    assert_eq!(refused.headers["retry-after"], "2100");
    assert_eq!(shop.world.dump().len(), before, "nothing is written");
    shop = later(shop, 2_100).await;
    again(&shop, &made).await.expect(204);
    // Their counters counted them once, whoever sends them.
    shop.run("2026-01-20T16:00:00Z").await;
    assert_eq!(messages(&shop, "sent").await.len(), 6);
}

#[tokio::test]
async fn reminders_beyond_what_a_number_gets_in_an_hour_wait_for_the_next_one() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    for number in 0..7 {
        subscribe(&shop, number).await;
    }
    shop.run("2026-01-23T13:59:59Z").await;
    assert_eq!(messages(&shop, "sent").await.len(), 5);
    let waiting = messages(&shop, "queued").await;
    assert_eq!(waiting.len(), 2);
    for message in &waiting {
        assert_eq!(message["send_at"], "2026-01-23T14:00:00Z");
    }
    shop.run("2026-01-23T14:00:00Z").await;
    assert_eq!(messages(&shop, "sent").await.len(), 7);
}

#[tokio::test]
async fn a_business_sends_as_many_messages_in_a_day_as_its_settings_say() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let settings = json!({ "text_messages_per_day": 2 });
    shop.v3()
        .patch("/v3/billing-settings", settings)
        .await
        .expect(200);
    let mut made = Vec::new();
    for number in 0..3 {
        made.push(subscribe(&shop, number).await);
    }
    shop.run("2026-01-23T13:00:00Z").await;
    assert_eq!(messages(&shop, "sent").await.len(), 2);
    let [failed] = messages(&shop, "failed").await.try_into().unwrap();
    assert_eq!(failed["error"]["code"], "daily_limit");
    // Three in the afternoon: nobody gets another message before the next day, who got none as little as who got one.
    let mut shop = later(shop, 3 * 86_400).await;
    for made in &made {
        let refused = again(&shop, made).await;
        refused.expect(429);
        assert_eq!(refused.headers["retry-after"], "32400");
    }
    shop = later(shop, 32_400).await;
    again(&shop, &made[0]).await.expect(204);
}

#[tokio::test]
async fn names_in_a_reminder_are_no_links() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let terms = json!({ "name": "Win https://evil.example/x now" });
    shop.subscribe(terms, json!({ "startDate": "2026-01-25" }))
        .await;
    shop.run("2026-01-23T13:00:00Z").await;
    let [message] = messages(&shop, "sent").await.try_into().unwrap();
    let body = message["body"].as_str().unwrap();
    assert!(body.contains("Win https: evil. example/x now"), "{body}");
}
