//! What the steps of a payment schedule cost in request units.

use serde_json::json;

use super::{Shop, path};

/// Read and write units since the last question, in tenths, and round trips.
fn spent(shop: &Shop) -> [u64; 3] {
    let units = shop.world.meter.take();
    let spent = [units.read_tenths, units.write_tenths, units.round_trips()];
    println!("{spent:?} {:?}", units.calls);
    spent
}

#[tokio::test]
async fn a_payment_costs_what_its_steps_cost() {
    let shop = Shop::at("2026-01-20T15:00:00Z").await;
    let (customer, tier) = (shop.customer().await, shop.tier(json!({})).await);
    spent(&shop);
    let new = json!({ "customerId": customer, "tierId": tier, "startDate": "2026-01-25" });
    let made = shop.post("subscriptions", "", new).await;
    let created = spent(&shop);
    shop.run("2026-01-23T12:59:59Z").await;
    assert_eq!(
        spent(&shop),
        [5, 0, 1],
        "nothing is due: the driver's own question"
    );
    shop.run("2026-01-23T13:00:00Z").await;
    let reminded = spent(&shop);
    shop.run("2026-01-25T06:00:00Z").await;
    let billed = spent(&shop);
    let url = &made["schedules"][0]["shortenedUrl"];
    shop.api.without_key().get(path(url)).await.expect(200);
    let shown = spent(&shop);
    shop.pay(url).await.expect(303);
    let paid = spent(&shop);
    // Subscription and first row, while the customer is there.
    assert_eq!(created[..2], [35, 90]);
    // The message twice, the row that follows, and the row; and two counters of messages.
    assert_eq!(reminded[1], 120);
    // The invoice and its number, row and subscription.
    assert_eq!(billed[1], 80);
    assert_eq!(shown[..2], [40, 0]);
    // Payment and invoice when it begins; the payment's outcome; invoice, row and subscription.
    assert_eq!(paid[1..], [150, 10]);
}
