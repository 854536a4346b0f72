//! `GET /health`

use api::{Problem, Reply};
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
/// Takes no credential and costs nothing: the table is not asked.
#[utoipa::path(
    get,
    path = "/health",
    tag = "platform",
    responses((status = 200, description = "Requests are answered.", body = Health))
)]
pub(crate) async fn get_health() -> Result<Reply, Problem> {
    Reply::ok(&Health { status: "ok" })
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
