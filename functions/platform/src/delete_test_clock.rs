//! `DELETE /v3/test-clock`

use api::{Done, PlatformWrite, Problem, operation};
use models::Error;
use views::rocketsavvy::TestClock;

use crate::test_mode::TestMode;

/// Delete the test clock
///
/// Deletes the test clock, so that the business is back in real time. 409 while the clock is advancing. Only in test
/// mode.
#[operation(delete, "/v3/test-clock", tag = "platform", answer = "Real time.")]
pub(crate) async fn delete_test_clock(
    TestMode(cx): TestMode<PlatformWrite>,
) -> Result<Done<TestClock>, Problem> {
    let stored = cx
        .test_clock()
        .await?
        .ok_or_else(|| Error::not_found("test clock", cx.scope().business))?;
    let now = cx.wall().whole_second();
    let mut clock = (*stored).clone();
    clock.delete(now)?;
    let mut writes = cx.writes().await?;
    writes.update(&stored, &clock, None)?;
    cx.done(&writes, &TestClock::real(now)).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    async fn arrive(world: &World) {
        let context = world
            .app
            .context(world.ours.test(), store::Origin::system());
        let stored = context.test_clock().await.unwrap().unwrap();
        let mut clock = (*stored).clone();
        clock.arrive();
        let mut writes = context.writes().await.unwrap();
        writes.update(&stored, &clock, None).unwrap();
        assert!(context.write(&writes).await.unwrap());
    }

    #[tokio::test]
    async fn a_clock_that_has_arrived_can_be_deleted_and_made_again() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.delete("/v3/test-clock").await.expect(404);
        let advance = async |to: &str| {
            api.post("/v3/test-clock/advance", json!({ "to": to }))
                .await
        };
        advance("2027-01-31T00:00:00Z").await.expect(202);
        let early = api.delete("/v3/test-clock").await;
        early.expect(409);
        assert_eq!(early.text_of("code"), "test_clock_advancing");

        arrive(&world).await;
        let stands = api.get("/v3/test-clock").await;
        let want =
            json!({ "frozen_time": "2027-01-31T00:00:00Z", "status": "ready", "frozen": true });
        assert_eq!(*stands.expect(200), want);
        let backwards = advance("2026-06-01T00:00:00Z").await;
        backwards.expect(400);
        assert_eq!(backwards.pointers(), ["/to"]);
        world.meter.take();
        let deleted = api.delete("/v3/test-clock").await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (20, 10),
            "{units:?}"
        );
        let real =
            json!({ "frozen_time": "2026-01-15T12:00:00Z", "status": "ready", "frozen": false });
        assert_eq!(*deleted.expect(200), real);
        assert_eq!(*api.get("/v3/test-clock").await.expect(200), real);
        api.delete("/v3/test-clock").await.expect(404);

        let anew = advance("2026-02-01T00:00:00Z").await;
        assert_eq!(anew.expect(202)["frozen_time"], "2026-01-15T12:00:00Z");
        let clock = world
            .dump()
            .into_iter()
            .find(|item| item["et"]["S"] == "clock")
            .unwrap();
        let events: serde_json::Value =
            serde_json::from_str(clock["ev"]["S"].as_str().unwrap()).unwrap();
        assert_eq!(events[0]["n"], 2);
        let reader = api.with_key(&world.key_with(&["platform:read"]).await);
        reader.delete("/v3/test-clock").await.expect(403);
    }
}
