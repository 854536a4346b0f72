//! `GET /v3/accounts/{id}`

use api::{Done, Operator, Path, Problem, operation};
use models::{Id, OrNotFound, View};
use views::rocketsavvy::Account;

/// Retrieve an account
///
/// Retrieves a business by its id. For the operator of the installation, with the operator key.
#[operation(get, "/v3/accounts/{id}", tag = "platform")]
pub(crate) async fn get_account(
    operator: Operator,
    Path(id): Path<Id<models::ids::Account>>,
) -> Result<Done<Account>, Problem> {
    let account = operator.context(id).account_record().await?;
    let account = account.or_not_found(id)?;
    Done::of(&Account::of(&account, ())?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn only_the_operator_sees_an_account() {
        let world = World::new().await;
        let ours = world.call(crate::routes());
        let operator = ours.with_key(world.operator_key());
        let answer = operator.get("/v3/accounts/acct_rs_1").await;
        let want = json!({
            "id": "acct_rs_1", "name": "Business 1", "email": "owner@example.com", "country": "US", "currency": "USD",
            "time_zone": "America/New_York", "rate_limit": { "per_second": 100, "burst": 1000 }, "created": "2026-01-15T12:00:00Z",
        });
        assert_eq!(*answer.expect(200), want);
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.round_trips()),
            (10, 1),
            "{units:?}"
        );
        operator.get("/v3/accounts/acct_rs_99").await.expect(404);
        operator.get("/v3/accounts/1").await.expect(404);
        for path in [
            "/v3/accounts/acct_rs_1",
            "/v3/accounts/acct_rs_99",
            "/v3/accounts/1",
        ] {
            ours.get(path).await.expect(401);
        }
    }
}
