//! `GET /v3/test-clock`

use api::{Done, PlatformRead, Problem, operation};
use models::View;
use views::rocketsavvy::TestClock;

use crate::test_mode::TestMode;

/// Retrieve the test clock
///
/// Retrieves the time that test mode takes for now: that of the test clock, or real time where there is none. Only in
/// test mode.
#[operation(get, "/v3/test-clock", tag = "platform")]
pub(crate) async fn get_test_clock(
    TestMode(cx): TestMode<PlatformRead>,
) -> Result<Done<TestClock>, Problem> {
    let view = cx.test_clock().await?.map_or_else(
        || Ok(TestClock::real(cx.wall().whole_second())),
        |clock| TestClock::of(&clock, ()),
    )?;
    Done::of(&view)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn without_a_clock_time_is_real() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let want =
            json!({ "frozen_time": "2026-01-15T12:00:00Z", "status": "ready", "frozen": false });
        assert_eq!(*api.get("/v3/test-clock").await.expect(200), want);
        world.meter.take();
        api.get("/v3/test-clock").await.expect(200);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (10, 1),
            "{units:?}"
        );
        let stranger = world.key_with(&["billing:read"]).await;
        let refused = api.with_key(&stranger).get("/v3/test-clock").await;
        refused.expect(403);
        assert_eq!(
            refused.text_of("detail"),
            "this key lacks the scope platform:read"
        );
    }

    #[tokio::test]
    async fn live_mode_has_no_test_clock_whatever_is_asked_of_it() {
        let world = World::new().await;
        let api = world.call(crate::routes()).with_key(&world.ours.live_key);
        let answers = [
            api.get("/v3/test-clock").await,
            api.delete("/v3/test-clock").await,
            api.post("/v3/test-clock/advance", json!({ "to": "soon" }))
                .await,
        ];
        for answer in answers {
            answer.expect(403);
            assert_eq!(answer.text_of("code"), "test_mode_only");
        }
    }
}
