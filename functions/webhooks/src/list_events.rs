//! `GET /v3/events`

use api::dialect::rocketsavvy::{Event, List, Problems};
use api::input::{Fields, Input};
use api::{Cx, PageQuery, Problem, Query, Reply, WebhooksRead};
use models::event::EventType;
use store::EventQuery;

use crate::event_type;

/// What the query says.
pub(crate) struct Filter {
    kind: Option<EventType>,
    object_id: Option<String>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let kind = fields.text("type", 1..=100).optional();
        Some(Self {
            kind: kind.and_then(|text| event_type::read(fields, "type", &text)),
            object_id: fields.text("object_id", 1..=100).optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List events
///
/// Newest first. With `type` or `object_id` a page may be short although more follow. An event appears within seconds of what
/// it tells of. 1 query; up to 10 with a filter.
#[utoipa::path(
    get,
    path = "/v3/events",
    tag = "webhooks",
    params(
        ("type" = Option<String>, Query, description = "Events of this type only.", example = "invoice.paid"),
        ("object_id" = Option<String>, Query, description = "Events of this object only.", example = "inv_rs_789012"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of events.", body = List<Event>), Problems)
)]
pub(crate) async fn list_events(
    cx: Cx<WebhooksRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let kind = query.kind.map(EventType::as_str);
    let object_id = query.object_id.as_deref();
    let wanted = EventQuery {
        kind,
        object: object_id,
        ..EventQuery::default()
    };
    let paging = cx.page(&query.page, &[kind, object_id])?;
    let page = cx.events(&paging.request, &wanted).await?;
    Reply::ok(&paging.try_list(page, |event| Event::of(&event, cx.mode()))?)
}

#[cfg(test)]
mod tests {
    use testkit::{Answer, World};

    use crate::get_event::testing::log;

    fn ids(answer: &Answer) -> Vec<String> {
        let data = answer.expect(200)["data"].as_array().unwrap();
        data.iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect()
    }

    #[tokio::test]
    async fn the_log_is_read_newest_first_whole_or_of_one_type_or_object() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        log(&world, world.ours.test(), 1, "inv_rs_1").await;
        log(&world, world.ours.test(), 2, "inv_rs_2").await;
        log(&world, world.theirs.test(), 3, "inv_rs_1").await;
        api.get("/v3/events").await.expect(200);
        world.meter.take();
        assert_eq!(ids(&api.get("/v3/events").await), ["evt_rs_2", "evt_rs_1"]);
        let units = world.meter.take();
        assert_eq!(units.round_trips(), 1, "{units:?}");
        let of_one = api
            .get("/v3/events?object_id=inv_rs_1&type=invoice.paid")
            .await;
        assert_eq!(ids(&of_one), ["evt_rs_1"]);
        assert!(ids(&api.get("/v3/events?type=invoice.voided").await).is_empty());
        let first = api.get("/v3/events?limit=1&type=invoice.paid").await;
        assert_eq!(ids(&first), ["evt_rs_2"]);
        let cursor = first.text_of("next_cursor");
        let next = api
            .get(&format!(
                "/v3/events?limit=1&type=invoice.paid&cursor={cursor}"
            ))
            .await;
        assert_eq!(ids(&next), ["evt_rs_1"]);
        let other_list = api
            .get(&format!("/v3/events?limit=1&cursor={cursor}"))
            .await;
        other_list.expect(400);
        assert_eq!(other_list.pointers(), ["?cursor"]);
        let live = api.with_key(&world.ours.live_key).get("/v3/events").await;
        assert!(ids(&live).is_empty());
    }

    #[tokio::test]
    async fn every_wrong_parameter_is_named() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let long = "x".repeat(101);
        let answer = api
            .get(&format!(
                "/v3/events?type=invoice.*&object_id={long}&limit=0"
            ))
            .await;
        answer.expect(400);
        assert_eq!(answer.pointers(), ["?type", "?object_id", "?limit"]);
        let stranger = api.with_key(&world.key_with(&["billing:read"]).await);
        let refused = stranger.get("/v3/events").await;
        refused.expect(403);
        assert_eq!(
            refused.text_of("detail"),
            "this key lacks the scope webhooks:read"
        );
    }
}
