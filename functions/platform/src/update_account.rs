//! `PATCH /v3/accounts/{id}`

use api::input::{Fields, Input, Patch};
use api::{Done, Json, Operator, Path, Problem, operation};
use models::{Id, OrNotFound, View, platform};
use store::Retry;
use views::rocketsavvy::Account;

/// A limit on calls.
#[derive(Debug, Clone, Input)]
#[input(check = burst_holds_a_second)]
pub(crate) struct RateLimitInput {
    /// Calls a second, in the long run.
    #[input(range = 1..=100_000, example = 500)]
    per_second: u32,
    /// Calls at once, after a pause: at least those of a second.
    #[input(range = 1..=1_000_000, example = 5000)]
    burst: u32,
}

fn burst_holds_a_second(limit: &RateLimitInput, fields: &mut Fields<'_>) {
    if limit.burst < limit.per_second {
        let detail = format!("must be at least per_second, which is {}", limit.per_second);
        fields.reject("burst", "too_small", &detail);
    }
}

/// What changes of a business.
#[derive(Debug, Input)]
pub(crate) struct AccountChanges {
    /// The calls that each key may make; `null` for the limit of all businesses. Functions that run already know it half a minute later.
    rate_limit: Patch<RateLimitInput>,
}

/// Update an account
///
/// Changes a business. For the operator of the installation, with the operator key; an `Idempotency-Key` has no effect here.
#[operation(patch, "/v3/accounts/{id}", tag = "platform")]
pub(crate) async fn update_account(
    operator: Operator,
    Path(id): Path<Id<models::ids::Account>>,
    Json(input): Json<AccountChanges>,
) -> Result<Done<Account>, Problem> {
    let context = operator.context(id);
    let limit = input.rate_limit.map(|limit| platform::RateLimit {
        per_second: limit.per_second,
        burst: limit.burst,
    });
    let mut retry = Retry::of("the account");
    loop {
        let stored = context.account_record().await?.or_not_found(id)?;
        let mut account = (*stored).clone();
        account.rate_limit = limit.clone().apply(account.rate_limit);
        let mut writes = context.writes().await?;
        writes.update(&stored, &account, None)?;
        if context.write(&writes).await? {
            return Done::of(&Account::of(&account, ())?);
        }
        retry.again().await?;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn the_operator_sets_and_removes_a_limit() {
        let world = World::new().await;
        let operator = world.call(crate::routes()).with_key(world.operator_key());
        let path = "/v3/accounts/acct_rs_1";
        let body = json!({ "rate_limit": { "per_second": 500, "burst": 5000 } });
        let answer = operator.patch(path, body.clone()).await;
        assert_eq!(answer.expect(200)["rate_limit"], body["rate_limit"]);
        assert_eq!(operator.get(path).await.expect(200), &answer.body);
        let same = operator.patch(path, json!({})).await;
        assert_eq!(same.expect(200), &answer.body);
        let removed = operator.patch(path, json!({ "rate_limit": null })).await;
        let usual = json!({ "per_second": 100, "burst": 1000 });
        assert_eq!(removed.expect(200)["rate_limit"], usual);
        let body = json!({ "rate_limit": null });
        operator
            .patch("/v3/accounts/acct_rs_99", body)
            .await
            .expect(404);
    }

    #[tokio::test]
    async fn wrong_limits_and_other_callers_change_nothing() {
        let world = World::new().await;
        let ours = world.call(crate::routes());
        let operator = ours.with_key(world.operator_key());
        let path = "/v3/accounts/acct_rs_1";
        for (limit, pointer) in [
            (
                json!({ "per_second": 0, "burst": 1 }),
                "/rate_limit/per_second",
            ),
            (
                json!({ "per_second": 100, "burst": 99 }),
                "/rate_limit/burst",
            ),
            (
                json!({ "per_second": 1, "burst": 1_000_001 }),
                "/rate_limit/burst",
            ),
            (json!({ "per_second": 1 }), "/rate_limit/burst"),
            (json!(5), "/rate_limit"),
        ] {
            let answer = operator.patch(path, json!({ "rate_limit": limit })).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), [pointer]);
        }
        let named = operator.patch(path, json!({ "name": "Other" })).await;
        named.expect(400);
        assert_eq!(named.pointers(), ["/name"]);
        let body = json!({ "rate_limit": { "per_second": 500, "burst": 5000 } });
        ours.patch(path, body).await.expect(401);
        let usual = json!({ "per_second": 100, "burst": 1000 });
        assert_eq!(operator.get(path).await.expect(200)["rate_limit"], usual);
    }
}
