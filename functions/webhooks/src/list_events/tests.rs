//! The log and the feed.

use models::event::EventType;
use models::webhooks::EventRecord;
use models::{Id, Timestamp};
use serde_json::{Value, json};
use testkit::{Answer, Call, World};

use crate::testing::{invoice_paid, log, log_all, strangers};

fn ids(answer: &Answer) -> Vec<&str> {
    let data = answer.expect(200)["data"].as_array().unwrap();
    data.iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect()
}

fn positions(answer: &Answer) -> Vec<u64> {
    let data = answer.expect(200)["data"].as_array().unwrap();
    data.iter()
        .map(|event| event["position"].as_u64().unwrap())
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
    for all in ["invoice.*", "*"] {
        let answer = api.get(&format!("/v3/events?type={all}&order=desc")).await;
        assert_eq!(ids(&answer), ["evt_rs_2", "evt_rs_1"], "{all}");
    }
    assert!(ids(&api.get("/v3/events?type=payment.*").await).is_empty());
    let first = api.get("/v3/events?limit=1&type=invoice.paid").await;
    assert_eq!(ids(&first), ["evt_rs_2"]);
    let cursor = first.text_of("next_cursor");
    let path = format!("/v3/events?limit=1&type=invoice.paid&cursor={cursor}");
    assert_eq!(ids(&api.get(&path).await), ["evt_rs_1"]);
    for other in ["", "&type=invoice.*", "&type=invoice.paid&order=asc"] {
        let path = format!("/v3/events?limit=1&cursor={cursor}{other}");
        let other = api.get(&path).await;
        other.expect(400);
        assert_eq!(other.pointers(), ["?cursor"]);
    }
    let live = api.with_key(&world.ours.live_key).get("/v3/events").await;
    assert!(ids(&live).is_empty());
}

/// An event of that moment.
fn at(moment: &str, kind: EventType, object: &str) -> EventRecord {
    let created: Timestamp = moment.parse().unwrap();
    // Somewhere in its second, as ids are.
    let id = Id::<models::ids::Event>::first_at(Timestamp::from_millis(created.millis() + 500));
    EventRecord {
        event_type: kind,
        created,
        source: format!("{object}#{moment}"),
        ..invoice_paid(id.unwrap().number(), object)
    }
}

#[tokio::test]
async fn a_window_of_time_has_both_its_ends() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    let paid = EventType::InvoicePaid;
    let moments = ["10:00:00", "10:00:01", "10:00:02"].map(|time| format!("2026-01-15T{time}Z"));
    let records = moments.iter().map(|moment| at(moment, paid, "inv_rs_1"));
    log_all(&world, world.ours.test(), records.collect()).await;
    let [first, second, third] = &moments;
    let seconds = |text: &String| text.parse::<Timestamp>().unwrap().seconds();
    for (query, want) in [
        (format!("created[gte]={second}"), vec![second, third]),
        (format!("created[gt]={second}"), vec![third]),
        (format!("created[lte]={second}"), vec![first, second]),
        (format!("created[lt]={}", seconds(second)), vec![first]),
        (
            format!("created%5Bgte%5D={second}&created%5Blte%5D={second}"),
            vec![second],
        ),
        (format!("created[gt]={first}&created[lt]={second}"), vec![]),
        (format!("created[gt]={third}"), vec![]),
    ] {
        let created = |answer: &Answer| -> Vec<Value> {
            let data = answer.expect(200)["data"].as_array().unwrap();
            data.iter().map(|event| event["created"].clone()).collect()
        };
        let feed = api.get(&format!("/v3/events?order=asc&{query}")).await;
        let mut oldest_first = created(&feed);
        assert_eq!(json!(oldest_first), json!(want), "{query}");
        let log = api.get(&format!("/v3/events?{query}")).await;
        oldest_first.reverse();
        assert_eq!(created(&log), oldest_first, "{query}");
        assert_eq!(log.body["has_more"], false);
    }
    let page = api
        .get(&format!("/v3/events?limit=1&created[gte]={second}"))
        .await;
    let next = format!(
        "/v3/events?limit=1&created[gte]={second}&cursor={}",
        page.text_of("next_cursor")
    );
    let last = api.get(&next).await;
    assert_eq!(last.expect(200)["data"][0]["created"], json!(second));
    assert_eq!(last.body["has_more"], false);
}

#[tokio::test]
async fn the_feed_is_in_order_of_logging_and_has_no_gaps() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    // The clock of the business says something else.
    for number in [30, 10, 20] {
        log(&world, world.ours.test(), number, "inv_rs_1").await;
        log(&world, world.theirs.test(), number, "inv_rs_1").await;
    }
    api.get("/v3/events").await.expect(200);
    world.meter.take();
    let page = api.get("/v3/events?order=asc&limit=2").await;
    let units = world.meter.take();
    assert_eq!(
        (units.read_tenths, units.round_trips()),
        (20, 2),
        "{units:?}"
    );
    let mut want = api.get("/v3/events/evt_rs_30").await.body;
    want["position"] = json!(1);
    assert_eq!(page.expect(200)["data"][0], want);
    assert_eq!(ids(&page), ["evt_rs_30", "evt_rs_10"]);
    assert_eq!(positions(&page), [1, 2]);
    assert_eq!(page.body["has_more"], true);
    let next = |answer: &Answer| {
        let cursor = answer.text_of("next_cursor");
        format!("/v3/events?order=asc&limit=2&cursor={cursor}")
    };
    let rest = api.get(&next(&page)).await;
    assert_eq!((ids(&rest), positions(&rest)), (vec!["evt_rs_20"], vec![3]));
    assert_eq!(rest.body["has_more"], false);
    // Who has read everything asks again with the same cursor.
    let nothing = api.get(&next(&rest)).await;
    assert_eq!(nothing.expect(200)["data"], json!([]));
    assert_eq!(nothing.body["has_more"], false);
    assert_eq!(nothing.text_of("next_cursor"), rest.text_of("next_cursor"));
    log(&world, world.ours.test(), 5, "inv_rs_1").await;
    assert_eq!(positions(&api.get(&next(&nothing)).await), [4]);
    // The position does what the cursor does.
    let after = api.get("/v3/events?order=asc&after_position=2").await;
    assert_eq!(positions(&after), [3, 4]);
    let end = api.get("/v3/events?order=asc&after_position=99").await;
    assert_eq!(end.expect(200)["data"], json!([]));
    for stranger in strangers(&world, &api) {
        let refused = stranger.get(&next(&page)).await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["?cursor"]);
    }
    let live = api.with_key(&world.ours.live_key);
    let live = live.get("/v3/events?order=asc").await;
    assert_eq!(live.expect(200)["data"], json!([]));
    assert_eq!(live.body["has_more"], false);
}

/// Everything that the feed has, page by page.
async fn follow(api: &Call, query: &str) -> (Vec<u64>, u32) {
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut path = format!("/v3/events?order=asc&{query}");
    loop {
        let page = api.get(&path).await;
        found.extend(positions(&page));
        pages += 1;
        if page.body["has_more"] == false {
            return (found, pages);
        }
        let cursor = page.text_of("next_cursor");
        path = format!("/v3/events?order=asc&{query}&cursor={cursor}");
    }
}

#[tokio::test]
async fn who_follows_the_feed_misses_nothing_whatever_the_filter() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    let records = (1..=170_u64).map(|number| {
        let kind = if number % 50 == 0 {
            EventType::CustomerCreated
        } else {
            EventType::InvoicePaid
        };
        EventRecord {
            event_type: kind,
            // Ids run backwards.
            ..invoice_paid(1000 - number, &format!("inv_rs_{}", number % 2))
        }
    });
    log_all(&world, world.ours.test(), records.collect()).await;
    let all: Vec<u64> = (1..=170).collect();
    for limit in [7, 80, 100] {
        let (found, pages) = follow(&api, &format!("limit={limit}")).await;
        assert_eq!(found, all);
        assert_eq!(pages, 170_u32.div_ceil(limit));
    }
    let (customers, pages) = follow(&api, "limit=20&type=customer.created").await;
    assert_eq!((customers, pages), (vec![50, 100, 150], 9));
    let odd: Vec<u64> = (1..=170).filter(|number| number % 2 == 1).collect();
    let (found, _) = follow(&api, "limit=20&type=invoice.*&object_id=inv_rs_1").await;
    assert_eq!(found, odd);
    let few = api
        .get("/v3/events?order=asc&type=customer.*&limit=10")
        .await;
    assert_eq!(few.expect(200)["data"], json!([]));
    assert_eq!(few.body["has_more"], true);
}

#[tokio::test]
async fn every_wrong_parameter_is_named() {
    let world = World::new().await;
    let api = world.call(crate::routes());
    let long = "x".repeat(101);
    for (query, wrong) in [
        (
            format!("type=invoice&object_id={long}&limit=0&order=up&after_position=-1"),
            vec!["?type", "?object_id", "?order", "?after_position", "?limit"],
        ),
        (
            "created[gte]=20&created[lte]=10&created[gt]=x".to_owned(),
            vec!["?created[gt]", "?created[lte]"],
        ),
        ("after_position=1".to_owned(), vec!["?after_position"]),
        (
            "order=asc&after_position=1&cursor=x".to_owned(),
            vec!["?after_position"],
        ),
        ("order=asc&cursor=x".to_owned(), vec!["?cursor"]),
    ] {
        let answer = api.get(&format!("/v3/events?{query}")).await;
        answer.expect(400);
        assert_eq!(answer.pointers(), wrong, "{query}");
    }
    let stranger = api.with_key(&world.key_with(&["billing:read"]).await);
    let refused = stranger.get("/v3/events").await;
    refused.expect(403);
    assert_eq!(
        refused.text_of("detail"),
        "this key lacks the scope webhooks:read"
    );
}
