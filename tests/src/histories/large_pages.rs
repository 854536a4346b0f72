//! Lists of large records: a page ends before its answer is larger than a function may give, and the next one goes on after it.

use serde_json::{Map, Value, json};
use testkit::Call;

use crate::histories::webhook_pipeline::pipeline::Pipeline;

/// What a Lambda function answers with at most. An answer to API Gateway has its body as a text in JSON.
const ANSWER_BYTES: usize = 6 * 1024 * 1024;
const RECORDS: usize = 100;

/// As much as a record may have, of characters that JSON spells longest.
fn metadata() -> Value {
    let entry = |number| (format!("key_{number}"), json!("\"".repeat(500)));
    Value::Object((0..50).map(entry).collect::<Map<_, _>>())
}

/// Ids of a list, page by page.
async fn walk(api: &Call, path: &str) -> (Vec<String>, usize) {
    let (mut ids, mut pages, mut next) = (Vec::new(), 0, path.to_owned());
    loop {
        let page = api.get(&next).await;
        page.expect(200);
        let answer = serde_json::to_string(&page.text).unwrap().len();
        assert!(answer < ANSWER_BYTES, "{path}: {answer} bytes");
        let records = page.body["data"].as_array().unwrap();
        assert!(!records.is_empty(), "{path}");
        ids.extend(
            records
                .iter()
                .map(|record| record["id"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        if page.body["has_more"] == false {
            return (ids, pages);
        }
        let cursor = page.text_of("next_cursor");
        next = format!("{path}&cursor={cursor}");
    }
}

#[tokio::test]
async fn no_page_is_larger_than_an_answer() {
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    let (mut customers, mut invoices) = (Vec::new(), Vec::new());
    for _ in 0..RECORDS {
        let new = json!({ "email": "a@example.com", "metadata": metadata() });
        let made = api.post("/v3/customers", new).await;
        made.expect(201);
        customers.insert(0, made.text_of("id").to_owned());
        let line = json!({ "description": "Work", "quantity": 1, "unit_amount": 500 });
        let new = json!({ "customer_id": customers[customers.len() - 1], "line_items": [line], "metadata": metadata() });
        let made = api.post("/v3/invoices", new).await;
        made.expect(201);
        invoices.insert(0, made.text_of("id").to_owned());
    }
    let first = customers.last().unwrap().clone();
    for (path, want) in [
        ("/v3/customers?limit=100".to_owned(), &customers),
        (
            "/v3/customers?limit=100&email=a@example.com".to_owned(),
            &customers,
        ),
        (
            "/v3/customers?limit=100&search=example".to_owned(),
            &customers,
        ),
        ("/v3/invoices?limit=100".to_owned(), &invoices),
        (
            format!("/v3/invoices?limit=100&customer_id={first}"),
            &invoices,
        ),
    ] {
        let (ids, pages) = walk(&api, &path).await;
        assert_eq!(ids, *want, "{path}");
        assert!((3..10).contains(&pages), "{path}: {pages} pages");
    }
    while pipeline.relay(100).await {}
    let (mut feed, pages) = walk(&api, "/v3/events?limit=100&order=asc").await;
    assert_eq!(feed.len(), 2 * RECORDS);
    assert!(pages > 5, "{pages} pages");
    let (mut log, _) = walk(&api, "/v3/events?limit=100").await;
    feed.sort();
    log.sort();
    assert_eq!(feed, log);
}

/// A search looks at a thousand records, however few it finds, and the next page goes on from there.
#[tokio::test]
async fn a_search_reads_a_thousand_records_at_most() {
    use futures::future::join_all;
    use models::crm::Customer;
    use models::{Id, ids};
    use store::Origin;

    let world = testkit::World::to_measure("2026-01-15T12:00:00Z").await;
    let api = world.call(crate::generators::catalogue::all());
    let oldest = json!({ "email": "needle@example.com" });
    let oldest = api.post("/v3/customers", oldest).await;
    let id: Id<ids::Customer> = oldest.text_of("id").parse().unwrap();
    let other: Id<ids::Customer> = api.customer().await.parse().unwrap();
    let context = world.app.context(world.ours.test(), Origin::system());
    let stored = context.find_now(other).await.unwrap().unwrap();
    let more = async |number| {
        let customer = Customer {
            id: Id::new(other.number() + number).unwrap(),
            ..(*stored).clone()
        };
        let mut writes = context.writes().await.unwrap();
        writes.create(&customer, None).unwrap();
        assert!(context.write(&writes).await.unwrap());
    };
    for tens in 0..110 {
        join_all((1..=10).map(|number| more(10 * tens + number))).await;
    }
    let path = "/v3/customers?search=needle";
    // The credential is read and remembered.
    api.get(path).await.expect(200);
    world.meter.take();
    let page = api.get(path).await;
    let units = world.meter.take();
    assert_eq!(
        (&page.expect(200)["data"], &page.body["has_more"]),
        (&json!([]), &json!(true))
    );
    assert_eq!(units.round_trips(), 4, "{units:?}");
    // Customers of less than half a kilobyte.
    assert!(units.read_tenths < 625, "{units:?}");
    let rest = format!("{path}&cursor={}", page.text_of("next_cursor"));
    let rest = api.get(&rest).await;
    assert_eq!(
        (
            &rest.expect(200)["data"][0]["id"],
            &rest.body["has_more"],
            rest.body["data"].as_array().unwrap().len()
        ),
        (&json!(id), &json!(false), 1)
    );
}
