//! Text messages that many workers send at once: no more go out than a number and a business may have.

use futures::future::join_all;
use serde_json::{Value, json};
use store::DueMessage;
use testkit::{World, deliver};

use crate::generators::catalogue;

/// The messages of the queue about what waits to be sent.
fn due(world: &World) -> Vec<String> {
    let items = world.dump().into_iter();
    let due = items.filter(|item| item["et"]["S"] == "msg" && item["due_sk"]["S"].is_string());
    due.map(|item| {
        let text = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
        let message = json!({ "pk": text("PK"), "sk": text("SK"), "entity_type": "msg" });
        let message: DueMessage = serde_json::from_value(message).unwrap();
        serde_json::to_string(&message).unwrap()
    })
    .collect()
}

/// Has each number ask for help that often, and sends the answers with eight workers at once, each message twice.
async fn answers(world: &World, numbers: &[&str], times: u32) -> (usize, Vec<Value>) {
    let api = world.call(catalogue::all());
    for number in numbers {
        for _ in 0..times {
            let inbound = json!({ "from": number, "body": "HELP" });
            api.post("/v3/messages/inbound", inbound).await.expect(201);
        }
    }
    let due = due(world);
    assert_eq!(due.len(), numbers.len() * usize::try_from(times).unwrap());
    let processes: Vec<World> = (0..8).map(|seed| world.process(60 + seed)).collect();
    let work = processes.iter().enumerate().map(|(index, process)| {
        let worker = notifications::worker(process.app.clone());
        let own: Vec<String> = due.iter().skip(index / 2).step_by(4).cloned().collect();
        async move { deliver(&worker, &own).await }
    });
    for failed in join_all(work).await {
        assert_eq!(failed, Vec::<String>::new());
    }
    let failed = api.get("/v3/messages?status=failed&limit=100").await;
    let failed = failed.expect(200)["data"].as_array().unwrap().clone();
    (world.sms.asked().len(), failed)
}

#[tokio::test]
async fn a_number_gets_five_messages_in_an_hour() {
    let world = World::new().await;
    let (sent, failed) = answers(&world, &["+14165551234"], 20).await;
    assert_eq!((sent, failed.len()), (5, 15));
    assert!(
        failed
            .iter()
            .all(|one| one["error"]["code"] == "number_limit")
    );
}

#[tokio::test]
async fn a_business_sends_as_many_in_a_day_as_it_says() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let settings = json!({ "text_messages_per_day": 7 });
    api.patch("/v3/billing-settings", settings)
        .await
        .expect(200);
    let numbers = [
        "+14165551234",
        "+14165551235",
        "+14165551236",
        "+14165551237",
    ];
    let (sent, failed) = answers(&world, &numbers, 4).await;
    assert_eq!((sent, failed.len()), (7, 9));
    assert!(
        failed
            .iter()
            .all(|one| one["error"]["code"] == "daily_limit")
    );
    // Somebody else's day is not ours, and STOP is heard whatever the day.
    let theirs = api.with_key(&world.theirs.test_key);
    let stop = json!({ "from": "+14165551234", "body": "STOP" });
    theirs
        .post("/v3/messages/inbound", stop.clone())
        .await
        .expect(201);
    api.post("/v3/messages/inbound", stop).await.expect(201);
    let context = world.app.scheduled(world.ours.test(), None);
    let consent = context.consent_now("+14165551234").await.unwrap().unwrap();
    assert!(consent.opted_out.is_some());
}
