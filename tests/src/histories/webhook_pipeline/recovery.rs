//! Sending again: one delivery, or all since some time; and what must never be sent.

use serde_json::json;

use super::pipeline::Pipeline;
use super::receiver::{Manner, Receiver};
use super::{deliveries, endpoint_of, happen};

#[tokio::test]
async fn a_delivery_is_sent_again_at_once_under_the_same_name() {
    let receiver = Receiver::willing().await;
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    let id = endpoint_of(&api, json!({ "url": receiver.url, "events": ["*"] })).await;
    happen(&api, 1).await;
    pipeline.settle().await;
    let delivery = deliveries(&api, &id).await.remove(0);
    let path = format!("/v3/deliveries/{}", delivery["id"].as_str().unwrap());
    let asked = api.post(&format!("{path}/resend"), json!({})).await;
    assert_eq!(asked.expect(202)["status"], "pending");
    // No tick is needed.
    pipeline.settle().await;
    let got = receiver.got();
    assert_eq!(got.len(), 2);
    assert_eq!((&got[0].id, &got[0].body), (&got[1].id, &got[1].body));
    let after = api.get(&path).await;
    let after = after.expect(200);
    assert_eq!(
        (&after["status"], &after["attempts"]),
        (&json!("delivered"), &json!(2))
    );
    let triggers: Vec<&str> = after["attempt_log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["trigger"].as_str().unwrap())
        .collect();
    assert_eq!(triggers, ["scheduled", "manual"]);
}

#[tokio::test]
async fn what_waits_for_a_retry_is_recovered_with_what_was_given_up() {
    let receiver =
        Receiver::start(|_, nth| Manner::Answer(if nth == 0 { 500 } else { 200 }, "")).await;
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    let id = endpoint_of(
        &api,
        json!({ "url": receiver.url, "events": ["customer.*"] }),
    )
    .await;
    let since = pipeline.now();
    for number in 0..120 {
        happen(&api, number).await;
    }
    pipeline.settle().await;
    assert_eq!(receiver.got().len(), 120);
    let path = format!("/v3/webhooks/{id}/recover");
    api.post(&path, json!({ "since": since.to_string() }))
        .await
        .expect(202);
    api.post(&path, json!({ "since": since.to_string() }))
        .await
        .expect(409);
    pipeline.settle().await;
    assert_eq!(receiver.got().len(), 240, "each once more");
    let state = api.get(&path).await;
    let state = state.expect(200);
    assert_eq!(
        (&state["status"], &state["resent"]),
        (&json!("finished"), &json!(120))
    );
    // What arrived is not sent again.
    api.post(&path, json!({ "since": since.to_string() }))
        .await
        .expect(202);
    pipeline.finish().await;
    assert_eq!(receiver.got().len(), 240);
}

#[tokio::test]
async fn an_endpoint_deleted_meanwhile_receives_nothing_more() {
    let receiver = Receiver::start(|_, _| Manner::Answer(500, "")).await;
    let mut pipeline = Pipeline::start().await;
    let api = pipeline.api();
    let id = endpoint_of(&api, json!({ "url": receiver.url, "events": ["*"] })).await;
    happen(&api, 1).await;
    pipeline.settle().await;
    api.delete(&format!("/v3/webhooks/{id}")).await.expect(200);
    pipeline.finish().await;
    assert_eq!(receiver.got().len(), 1);
    let statuses: Vec<String> = pipeline.deliveries().into_values().collect();
    assert_eq!(statuses, ["canceled"]);
}
