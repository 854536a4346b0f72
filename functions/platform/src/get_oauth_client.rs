//! `GET /v3/oauth-clients/{id}`

use api::{Cx, Done, Path, PlatformRead, Problem, operation};
use models::{Id, View};
use views::rocketsavvy::OauthClient;

/// Retrieve an OAuth client
///
/// Retrieves an OAuth client by its id. Its secret is not shown.
#[operation(get, "/v3/oauth-clients/{id}", tag = "platform")]
pub(crate) async fn get_oauth_client(
    cx: Cx<PlatformRead>,
    Path(id): Path<Id<models::ids::OauthClient>>,
) -> Result<Done<OauthClient>, Problem> {
    let client = cx.require_now(id).await?;
    Done::of(&OauthClient::of(&client, ())?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn clients_of_another_business_or_mode_do_not_exist() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let made = api.post("/v3/oauth-clients", json!({ "name": "A" })).await;
        let path = format!("/v3/oauth-clients/{}", made.text_of("id"));
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key).get(&path).await.expect(404);
            api.with_key(key).delete(&path).await.expect(404);
        }
        world.meter.take();
        api.get(&path).await.expect(200);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (10, 1),
            "{units:?}"
        );
    }
}
