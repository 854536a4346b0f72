//! `POST /v3/test-clock/advance`

use api::input::Input;
use api::{Accepted, Costs, Json, PlatformWrite, Problem, operation};
use models::event::EventType;
use models::{Timestamp, View, platform};
use views::rocketsavvy::TestClock;

use crate::test_mode::TestMode;

/// Where the clock goes.
#[derive(Debug, Input)]
pub(crate) struct Advance {
    /// Later than the present time of the clock, by two years at most.
    #[input(example = "2027-01-31T00:00:00Z")]
    to: Timestamp,
}

/// Advance the test clock
///
/// Moves the business's time in test mode forward. Everything that falls due on the way is done in order, each at its
/// own time; this goes on after the answer, and the event `test_clock.ready` says when it is finished. The first
/// advance creates the clock: it starts from now and stands still between advances. 409 while it is advancing.
#[operation(post, "/v3/test-clock/advance", tag = "platform")]
pub(crate) async fn advance_test_clock(
    _: Costs<50>,
    TestMode(cx): TestMode<PlatformWrite>,
    Json(input): Json<Advance>,
) -> Result<Accepted<TestClock>, Problem> {
    let stored = cx.clock_record().await?;
    let standing = stored.as_ref().filter(|clock| clock.deleted.is_none());
    let mut clock = standing.map_or_else(
        || platform::TestClock::frozen_at(cx.wall().whole_second()),
        |stored| (**stored).clone(),
    );
    clock.advance(input.to)?;
    let mut writes = cx.writes().await?;
    let event = Some(EventType::TestClockAdvancing);
    match &stored {
        // Also one that was deleted: the new clock takes its place, and its events go on counting.
        Some(before) => writes.update(before, &clock, event)?,
        None => {
            writes.create(&clock, event)?;
        }
    }
    cx.done(&writes, &TestClock::of(&clock, ())?).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    fn clock_of(world: &World) -> Value {
        let clock = world
            .dump()
            .into_iter()
            .find(|item| item["et"]["S"] == "clock");
        clock.unwrap_or_default()
    }

    #[tokio::test]
    async fn the_first_advance_stops_time_and_sends_it_on() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/api-keys").await.expect(200);
        world.meter.take();
        let body = json!({ "to": "2027-01-31T00:00:00Z" });
        let answer = api.post("/v3/test-clock/advance", body.clone()).await;
        let want = json!({
            "frozen_time": "2026-01-15T12:00:00Z", "status": "advancing", "target": "2027-01-31T00:00:00Z",
            "frozen": true,
        });
        assert_eq!(*answer.expect(202), want);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (20, 10),
            "{units:?}"
        );
        assert_eq!(*api.get("/v3/test-clock").await.expect(200), want);
        let item = clock_of(&world);
        assert_eq!(item["PK"]["S"], "1#test#clock");
        let events: Value = serde_json::from_str(item["ev"]["S"].as_str().unwrap()).unwrap();
        assert_eq!(events[0]["t"], "test_clock.advancing");

        let twice = api
            .post(
                "/v3/test-clock/advance",
                json!({ "to": "2028-01-31T00:00:00Z" }),
            )
            .await;
        twice.expect(409);
        assert_eq!(twice.text_of("code"), "test_clock_advancing");
        assert_eq!(clock_of(&world), item);
        let theirs = api
            .with_key(&world.theirs.test_key)
            .get("/v3/test-clock")
            .await;
        assert_eq!(theirs.expect(200)["frozen"], false);
    }

    #[tokio::test]
    async fn time_goes_forward_only_and_not_beyond_its_end() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        for to in [
            json!("2026-01-15T11:59:59Z"),
            json!("2026-01-15T12:00:00Z"),
            json!("2028-01-16T12:00:01Z"),
            json!("2090-01-01T00:00:00Z"),
            json!("tomorrow"),
            json!(1),
            json!(null),
        ] {
            let answer = api
                .post("/v3/test-clock/advance", json!({ "to": to }))
                .await;
            answer.expect(400);
            assert_eq!(answer.pointers(), ["/to"], "{to}");
        }
        assert_eq!(clock_of(&world), json!(null));
        let reader = api.with_key(&world.key_with(&["platform:read"]).await);
        let body = json!({ "to": "2027-01-31T00:00:00Z" });
        reader
            .post("/v3/test-clock/advance", body)
            .await
            .expect(403);
    }

    #[tokio::test]
    async fn one_key_advances_once() {
        let world = World::new().await;
        let api = world.call(crate::routes()).idempotent("a-1");
        let body = json!({ "to": "2027-01-31T00:00:00Z" });
        let first = api.post("/v3/test-clock/advance", body.clone()).await;
        let again = api.post("/v3/test-clock/advance", body).await;
        assert_eq!(again.expect(202), first.expect(202));
        assert_eq!(again.headers["idempotent-replayed"], "true");
    }
}
