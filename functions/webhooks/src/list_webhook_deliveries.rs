//! `GET /v3/webhooks/{id}/deliveries`

use api::input::Input;
use api::{Cx, Done, PageQuery, Path, Problem, Query, WebhooksRead, operation};
use futures::future::try_join;
use models::Id;
use models::webhooks::{DeliveryStatus, EventFilter};
use store::DeliveryQuery;
use views::rocketsavvy::{Delivery, DeliveryPage};

use crate::{access, event_type};

#[derive(Input)]
pub(crate) struct DeliveryFilter {
    /// In this status.
    #[input(choice, example = "failed")]
    status: Option<DeliveryStatus>,
    /// Of events of this type, or of a family like `invoice.*`.
    #[input(chars = 1..=100, then = event_type::known, rename = "event_type", example = "payment.succeeded")]
    types: Option<EventFilter>,
    #[input(flatten)]
    page: PageQuery,
}

/// List the deliveries to a webhook endpoint
///
/// Lists what was sent to an endpoint in the last 90 days, newest event first: events of the records that the key may read.
/// Asking for a type that the key may not read is 403. With `status` or `event_type`, or with a key that may not read every
/// group, a page may be short, or empty, although `has_more` is true.
#[operation(get, "/v3/webhooks/{id}/deliveries", tag = "webhooks")]
pub(crate) async fn list_webhook_deliveries(
    cx: Cx<WebhooksRead>,
    Path(id): Path<Id<models::ids::Webhook>>,
    Query(query): Query<DeliveryFilter>,
) -> Result<Done<DeliveryPage>, Problem> {
    let types = access::readable(cx.scopes(), query.types.as_ref())?;
    let wanted = DeliveryQuery {
        status: query.status.map(DeliveryStatus::as_str),
        types: types.as_deref(),
    };
    let paging = cx.page(&query.page)?;
    let page = cx.deliveries(id, &paging.request, &wanted);
    let (endpoint, page) = try_join(cx.require(id), page).await?;
    let list = paging.views(page, |(delivery, event)| {
        Delivery::of(&delivery, &endpoint, event.as_deref(), cx.mode())
    })?;
    // The document prints this list under a name of its own.
    Done::of(&DeliveryPage {
        deliveries: list.data,
        has_more: list.has_more,
        next_cursor: list.next_cursor,
    })
}

#[cfg(test)]
mod tests {
    use models::event::EventType;
    use models::webhooks::Delivery;
    use serde_json::{Value, json};
    use testkit::{Answer, World};

    use crate::testing::{
        NOON, answered, delivery, endpoint, failed_delivery, invoice_paid, log_all, write,
    };

    /// As printed in the v3 document.
    const PRINTED: &str = r#"{
"deliveries": [
{
"id": "del_rs_123456",
"event_type": "payment.succeeded",
"status": "delivered",
"http_status": 200,
"attempts": 1,
"delivered_at": "2025-06-27T10:30:00Z",
"response_time": 245
},
{
"id": "del_rs_123457",
"event_type": "subscription.created",
"status": "failed",
"http_status": 500,
"attempts": 3,
"next_retry": "2025-06-27T11:00:00Z"
}
]
}"#;

    /// The two deliveries of the document, whose ids are made of their events' and their endpoint's.
    fn printed(endpoint: &str) -> [Delivery; 2] {
        let url = "https://example.com/hook";
        let kind = EventType::PaymentSucceeded;
        let mut delivered = delivery(endpoint, 2, kind, "2025-06-27T10:30:00Z");
        delivered.book(
            answered("2025-06-27T10:30:00Z", 200, "ok"),
            url,
            models::webhooks::Retry::default(),
        );
        let kind = EventType::SubscriptionCreated;
        let mut failed = delivery(endpoint, 1, kind, "2025-06-27T10:24:55Z");
        for at in [
            "2025-06-27T10:24:55Z",
            "2025-06-27T10:25:00Z",
            "2025-06-27T10:30:00Z",
        ] {
            failed.book(
                answered(at, 500, "oops"),
                url,
                models::webhooks::Retry::default(),
            );
        }
        // The wait is drawn.
        failed.next_retry = "2025-06-27T11:00:00Z".parse().ok();
        [delivered, failed]
    }

    #[tokio::test]
    async fn the_printed_deliveries_are_listed_as_printed() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        let path = format!("/v3/webhooks/{id}/deliveries");
        let empty = json!({ "deliveries": [], "has_more": false, "next_cursor": null });
        assert_eq!(*api.get(&path).await.expect(200), empty);

        let deliveries = printed(&id);
        write(&world, &deliveries).await;
        let records = [2, 1].map(|number| invoice_paid(number, "inv_rs_1"));
        log_all(&world, world.ours.test(), records.into()).await;
        world.meter.take();
        let answer = api.get(&path).await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (20, 3),
            "{units:?}"
        );
        let mut want: Value = serde_json::from_str(PRINTED).unwrap();
        let listed = answer.expect(200)["deliveries"].as_array().unwrap();
        assert_eq!(listed.len(), 2);
        for (index, ours) in listed.iter().enumerate() {
            let printed = &mut want["deliveries"][index];
            printed["id"] = json!(deliveries[index].id);
            for (name, value) in printed.as_object().unwrap() {
                assert_eq!(&ours[name], value, "{name} of {ours}");
            }
            let one = api
                .get(&format!("/v3/deliveries/{}", ours["id"].as_str().unwrap()))
                .await;
            let mut one = one.expect(200).clone();
            one.as_object_mut().unwrap().remove("attempt_log").unwrap();
            assert_eq!(*ours, one);
        }
        assert!(listed[0].get("next_retry").is_none() && listed[1].get("delivered_at").is_none());
        assert_eq!(
            listed[0]["request"]["body"],
            api.get("/v3/events/evt_rs_2").await.text
        );

        let first = api.get(&format!("{path}?limit=1")).await;
        assert_eq!(first.expect(200)["has_more"], true);
        let next = format!("{path}?limit=1&cursor={}", first.text_of("next_cursor"));
        let second = api.get(&next).await;
        assert_eq!(second.expect(200)["deliveries"][0], listed[1]);
        assert_eq!(second.body["has_more"], false);
    }

    fn statuses(answer: &Answer) -> Vec<&str> {
        let listed = answer.expect(200)["deliveries"].as_array().unwrap();
        listed
            .iter()
            .map(|row| row["status"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_list_can_be_of_one_status_or_type() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let id = endpoint(&api).await;
        failed_delivery(&world, &id).await;
        let mut canceled = delivery(&id, 9, EventType::InvoiceVoided, NOON);
        canceled.cancel();
        write(&world, &[canceled]).await;
        write(&world, &printed(&id)).await;
        let path = format!("/v3/webhooks/{id}/deliveries");
        for (query, want) in [
            ("", vec!["canceled", "failed", "delivered", "failed"]),
            ("status=failed", vec!["failed", "failed"]),
            ("event_type=invoice.*", vec!["canceled", "failed"]),
            ("event_type=invoice.paid&status=failed", vec!["failed"]),
            ("event_type=*&status=pending", vec![]),
        ] {
            let answer = api.get(&format!("{path}?{query}")).await;
            assert_eq!(statuses(&answer), want, "{query}");
        }
        let first = api.get(&format!("{path}?status=failed&limit=1")).await;
        let cursor = first.text_of("next_cursor");
        let next = format!("{path}?status=failed&limit=1&cursor={cursor}");
        assert_eq!(statuses(&api.get(&next).await), ["failed"]);
        let other = api.get(&format!("{path}?limit=1&cursor={cursor}")).await;
        other.expect(400);
        assert_eq!(other.pointers(), ["?cursor"]);
    }

    #[tokio::test]
    async fn an_unknown_endpoint_has_no_deliveries() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/webhooks/we_rs_1/deliveries").await.expect(404);
        let query = "limit=x&status=sending&event_type=invoice";
        let answer = api
            .get(&format!("/v3/webhooks/we_rs_1/deliveries?{query}"))
            .await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["?status", "?event_type", "?limit"]);
        let stranger = api.with_key(&world.key_with(&["billing:read"]).await);
        let refused = stranger.get("/v3/webhooks/we_rs_1/deliveries").await;
        refused.expect(403);
        assert_eq!(
            refused.text_of("detail"),
            "this key lacks the scope webhooks:read"
        );
    }
}
