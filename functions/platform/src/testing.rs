//! What several tests of this crate need.

use std::sync::Arc;

use api::App;
use models::{IdSource, Timestamp};
use store::Clock;
use testkit::{Call, World};

/// Moves the wall clock, and starts the process anew: it remembers no credential.
pub(crate) fn set_clock(world: &mut World, now: &str) {
    let now: Timestamp = now.parse().unwrap();
    world.config.clock = Clock::Fixed(now);
    let ids = Arc::new(IdSource::seeded(now.millis().unsigned_abs()));
    world.app = App::with(&world.config, ids, world.sandbox.clone()).unwrap();
}

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
