//! `GET /v3/webhooks/{id}/deliveries`

use api::dialect::rocketsavvy::{Deliveries, Delivery, Problems};
use api::input::{Fields, Input};
use api::{Cx, PageQuery, Path, Problem, Query, Reply, WebhooksRead};
use futures::future::try_join;
use models::page::Page;
use models::webhooks::DeliveryStatus;
use models::{Error, Id};
use store::DeliveryQuery;

use crate::event_type::Types;

/// What the query says.
pub(crate) struct Filter {
    status: Option<&'static str>,
    types: Types,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            status: fields.one_of("status", DeliveryStatus::ALL).optional(),
            types: Types::read(fields, "event_type"),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List the deliveries to a webhook endpoint
///
/// Newest event first, for 90 days. With `status` or `event_type` a page may be short although more follow. 1 read, 1 query
/// (up to 10 with a filter), and one read of the page's events together.
#[utoipa::path(
    get,
    path = "/v3/webhooks/{id}/deliveries",
    tag = "webhooks",
    params(
        ("id" = String, Path, description = "The endpoint.", example = "we_rs_123456"),
        ("status" = Option<String>, Query, description = "In this status: `pending`, `delivered`, `failed`, `exhausted` or `canceled`.", example = "failed"),
        ("event_type" = Option<String>, Query, description = "Of events of this type, or of a family like `invoice.*`.", example = "payment.succeeded"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of deliveries.", body = Deliveries), Problems)
)]
pub(crate) async fn list_webhook_deliveries(
    cx: Cx<WebhooksRead>,
    Path(id): Path<Id<models::ids::Webhook>>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let wanted = DeliveryQuery {
        status: query.status,
        kind: query.types.kind(),
        family: query.types.family(),
    };
    let paging = cx.page(&query.page, &[query.status, query.types.as_written()])?;
    let page = cx.deliveries(id, &paging.request, &wanted);
    let (endpoint, page) = try_join(cx.endpoint(id), page).await?;
    let endpoint = endpoint.ok_or_else(|| Error::not_found("webhook endpoint", id))?;
    let ids: Vec<_> = page.items.iter().map(|item| item.id.event).collect();
    let events = cx.events_by_id(&ids).await?;
    let page = Page {
        items: page.items.into_iter().zip(events).collect(),
        next: page.next,
    };
    let list = paging.try_list(page, |(delivery, event)| {
        Delivery::of(&delivery, &endpoint, event.as_deref(), cx.mode())
    })?;
    Reply::ok(&Deliveries::from(list))
}

#[cfg(test)]
mod tests {
    use models::event::EventType;
    use models::webhooks::{Attempt, Delivery, DeliveryId};
    use models::{Id, Timestamp};
    use serde_json::{Value, json};
    use testkit::World;

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

    fn attempt(at: &str, http_status: u16) -> Attempt {
        Attempt {
            at: at.parse().unwrap(),
            http_status: Some(http_status),
            error: None,
            response_time_ms: 245,
            manual: false,
            answer: None,
        }
    }

    /// The two deliveries of the document.
    fn printed(endpoint: Id<models::ids::Webhook>) -> [Delivery; 2] {
        let new = |event, kind, at: &str| {
            let at: Timestamp = at.parse().unwrap();
            let event = Id::new(event).unwrap();
            Delivery::new(DeliveryId { event, endpoint }, kind, at)
        };
        let mut delivered = new(2, EventType::PaymentSucceeded, "2025-06-27T10:30:00Z");
        delivered.book(
            attempt("2025-06-27T10:30:00Z", 200),
            "https://example.com/",
            None,
        );
        let mut failed = new(1, EventType::SubscriptionCreated, "2025-06-27T10:24:55Z");
        for at in [
            "2025-06-27T10:24:55Z",
            "2025-06-27T10:25:00Z",
            "2025-06-27T10:30:00Z",
        ] {
            failed.book(attempt(at, 500), "https://example.com/", None);
        }
        [delivered, failed]
    }

    #[tokio::test]
    async fn the_printed_deliveries_are_listed_as_printed() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "url": "https://example.com/", "events": ["*"] });
        let made = api.post("/v3/webhooks", body).await;
        let id = made.text_of("id");
        let path = format!("/v3/webhooks/{id}/deliveries");
        let empty = json!({ "deliveries": [], "has_more": false, "next_cursor": null });
        assert_eq!(*api.get(&path).await.expect(200), empty);

        let context = world.app.context(world.ours.test(), store::Via::system());
        let mut writes = context.writes().await.unwrap();
        for delivery in printed(id.parse().unwrap()) {
            writes.create(&delivery, None).unwrap();
        }
        assert!(context.write(&writes).await.unwrap());
        world.meter.take();
        let answer = api.get(&path).await;
        let units = world.meter.take();
        assert_eq!(units.round_trips(), 2, "{units:?}");
        let want: Value = serde_json::from_str(PRINTED).unwrap();
        let listed = answer.expect(200)["deliveries"].as_array().unwrap();
        for (printed, ours) in want["deliveries"].as_array().unwrap().iter().zip(listed) {
            for (name, value) in printed.as_object().unwrap() {
                assert_eq!(&ours[name], value, "{name} of {ours}");
            }
            assert_eq!(ours["webhook_id"], id);
            assert_eq!(ours["livemode"], false);
        }
        assert_eq!(listed.len(), 2);
        assert!(listed[0].get("next_retry").is_none() && listed[1].get("delivered_at").is_none());

        let first = api.get(&format!("{path}?limit=1")).await;
        assert_eq!(first.expect(200)["has_more"], true);
        let next = format!("{path}?limit=1&cursor={}", first.text_of("next_cursor"));
        let second = api.get(&next).await;
        assert_eq!(second.expect(200)["deliveries"][0]["id"], "del_rs_123457");
        assert_eq!(second.body["has_more"], false);
    }

    #[tokio::test]
    async fn an_unknown_endpoint_has_no_deliveries() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/webhooks/we_rs_1/deliveries").await.expect(404);
        let answer = api.get("/v3/webhooks/we_rs_1/deliveries?limit=x").await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["?limit"]);
        let stranger = api.with_key(&world.key_with(&["billing:read"]).await);
        let refused = stranger.get("/v3/webhooks/we_rs_1/deliveries").await;
        refused.expect(403);
        assert_eq!(
            refused.text_of("detail"),
            "this key lacks the scope webhooks:read"
        );
    }
}
