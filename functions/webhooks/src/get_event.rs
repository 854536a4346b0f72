//! `GET /v3/events/{id}`

use api::{Cx, Done, Path, Problem, WebhooksRead, operation};
use models::{Id, View};
use views::rocketsavvy::Event;

use crate::access;

/// Retrieve an event
///
/// Retrieves an event by its id, in the form in which webhooks receive it. The key must be able to read the record that it
/// carries: `invoice.paid` takes `billing:read`.
#[operation(get, "/v3/events/{id}", tag = "webhooks")]
pub(crate) async fn get_event(
    cx: Cx<WebhooksRead>,
    Path(id): Path<Id<models::ids::Event>>,
) -> Result<Done<Event>, Problem> {
    let event = cx.require_now(id).await?;
    access::may_read_type(cx.scopes(), event.event_type)?;
    Done::of(&Event::of(&event, cx.mode())?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    use crate::testing::log;

    #[tokio::test]
    async fn an_event_is_printed_as_webhooks_receive_it() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        log(&world, world.ours.test(), 7, "inv_rs_1").await;
        let want = json!({
            "id": "evt_rs_7", "type": "invoice.paid", "created": "2026-01-15T12:00:00Z", "livemode": false, "sequence": 2,
            "data": { "object": { "status": "paid", "amount": 9999 }, "previous_attributes": { "status": "open" } },
            "request": { "id": null, "idempotency_key": "k-1" },
        });
        api.get("/v3/events").await.expect(200);
        world.meter.take();
        assert_eq!(*api.get("/v3/events/evt_rs_7").await.expect(200), want);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (10, 1),
            "{units:?}"
        );
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key)
                .get("/v3/events/evt_rs_7")
                .await
                .expect(404);
        }
        api.get("/v3/events/evt_rs_8").await.expect(404);
        let stranger = api.with_key(&world.key_with(&["billing:read"]).await);
        stranger.get("/v3/events/evt_rs_7").await.expect(403);
    }
}
