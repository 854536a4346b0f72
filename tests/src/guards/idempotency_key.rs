//! One request has one idempotency key, however often it is sent with it.

use serde_json::json;
use testkit::World;

use crate::generators::catalogue;

#[tokio::test]
async fn a_key_that_is_sent_twice_is_one_key_and_two_keys_are_an_error() {
    let world = World::new().await;
    let api = world.call(catalogue::all());
    let customer = || json!({ "email": "a@example.com" });
    let first = api.idempotent("K1").post("/v3/customers", customer()).await;
    first.expect(201);
    let same: [&[&str]; 4] = [&["K1"], &["K1", "K1"], &["K1,K1"], &["K1 , K1", "K1"]];
    for keys in same {
        let twice = keys.iter().fold(api.clone(), |api, key| {
            api.with_header("idempotency-key", key)
        });
        let again = twice.post("/v3/customers", customer()).await;
        assert_eq!(again.text, first.text, "{keys:?}");
    }
    let before = world.dump();
    let bad: [&[&str]; 5] = [&["K1", "K2"], &["K1,K2"], &["K1,"], &[","], &[""]];
    for keys in bad {
        let other = keys.iter().fold(api.clone(), |api, key| {
            api.with_header("idempotency-key", key)
        });
        let refused = other.post("/v3/customers", customer()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.pointers()),
            (400, vec!["Idempotency-Key"]),
            "{keys:?}"
        );
    }
    assert_eq!(world.dump(), before);
}
