//! What several tests of this crate need.

use testkit::{Call, World};

/// Whether any item of the table has that text in it.
pub(crate) fn is_stored(world: &World, text: &str) -> bool {
    world
        .dump()
        .iter()
        .any(|item| item.to_string().contains(text))
}

/// The same caller with a new key that has these scopes only.
pub(crate) async fn with_scopes(api: &Call, scopes: &[&str]) -> Call {
    let body = serde_json::json!({ "name": "Restricted", "mode": "test", "scopes": scopes });
    let answer = api.post("/v3/api-keys", body).await;
    answer.expect(201);
    api.with_key(answer.text_of("key"))
}
