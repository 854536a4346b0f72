//! `GET /health`

use api::{Done, Problem, operation};
use serde::Serialize;
use utoipa::ToSchema;

/// How the installation is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`: requests are answered.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Check health
///
/// Answers 200 as long as requests are served. Takes no credential, and does not look at the database.
#[operation(get, "/health", tag = "platform", answer = "Requests are answered.")]
pub(crate) async fn get_health() -> Result<Done<Health>, Problem> {
    Done::of(&Health { status: "ok" })
}

#[cfg(test)]
mod tests {
    use testkit::World;

    #[tokio::test]
    async fn anybody_may_ask_and_the_table_is_left_alone() {
        let world = World::new().await;
        let answer = world
            .call(crate::routes())
            .without_key()
            .get("/health")
            .await;
        answer.expect(200);
        assert_eq!(answer.text, r#"{"status":"ok"}"#);
        assert_eq!(world.meter.take().round_trips(), 0);
    }
}
