//! `PATCH /v3/usage/{id}`

use api::input::Input;
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::billing::Correction;
use models::ids::{self, Id};
use operations::Metric;
use rust_decimal::Decimal;
use views::rocketsavvy::Usage;

use crate::usage::usage_report::{METRIC_NAME, metric_name};

/// What was used in fact.
#[derive(Input)]
pub(crate) struct UsageAmendment {
    /// Of the usage that is amended.
    #[input(example = "sub_rs_123456")]
    subscription_id: Id<ids::Subscription>,
    /// Of the usage that is amended.
    #[input(chars = 1..=64, pattern = METRIC_NAME, then = metric_name, example = "api_calls")]
    metric_name: String,
    /// Not negative, at most 12 digits before and 6 after the decimal point.
    #[input(quantity, example = 1200)]
    quantity: Decimal,
}

/// Amend usage
///
/// Corrects the quantity of reported usage; the log keeps both. If the usage belongs to a period that was billed, the
/// difference counts in the running one. That is refused with 409 `period_closed` for metrics that are not sums or
/// counts.
#[operation(
    patch,
    "/v3/usage/{id}",
    tag = "billing",
    answer = "The usage as it stands."
)]
pub(crate) async fn amend_usage(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Usage>>,
    Json(body): Json<UsageAmendment>,
) -> Result<Done<Usage>, Problem> {
    let subscription = cx
        .require_at(body.subscription_id, "/subscription_id")
        .await?;
    operations::refuse_ended(&subscription)?;
    let metric = Metric::of(&subscription, &body.metric_name);
    let amend = Correction::Amend(body.quantity);
    let late = cx.billing_settings().await?.late_usage;
    let standing = operations::correct_usage(&cx, metric, id, amend, late);
    let view = Usage::standing(subscription.id, metric.name, &standing.await?, cx.mode())?;
    cx.done(&cx.writes().await?, &view).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    use crate::testing::{recorded, subscribed, used};

    #[tokio::test]
    async fn an_amended_quantity_is_what_counts_for_one_write_unit() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let usage = recorded(&api, &id, "1500").await;
        recorded(&api, &id, "0.5").await;
        let path = format!("/v3/usage/{usage}");
        let body = |quantity: Value| json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": quantity });
        world.meter.take();
        let answer = api.patch(&path, body(json!(1200.25))).await;
        let units = world.meter.take();
        assert_eq!(
            (units.read_tenths, units.write_tenths),
            (35, 10),
            "{units:?}"
        );
        let want = json!({
            "id": usage, "subscription_id": id, "metric_name": "api_calls", "quantity": 1200.25,
            "timestamp": "2026-01-15T12:00:00Z", "late": false, "duplicate": false, "status": "amended",
            "created": "2026-01-15T12:00:00Z", "livemode": false,
        });
        assert_eq!(answer.expect(200), &want);
        assert_eq!(used(&api, &id).await, json!([1200.75, 2]));
        // Again with what stands: nothing is written, so a lost answer does no harm.
        world.meter.take();
        assert_eq!(
            api.patch(&path, body(json!(1200.25))).await.text,
            answer.text
        );
        assert_eq!(world.meter.take().write_tenths, 0);
        api.patch(&path, body(json!(0))).await.expect(200);
        assert_eq!(used(&api, &id).await, json!([0.5, 2]));
        let key = api.idempotent("a-1");
        let first = key.patch(&path, body(json!(3))).await;
        api.patch(&path, body(json!(4))).await.expect(200);
        assert_eq!(key.patch(&path, body(json!(3))).await.text, first.text);
        assert_eq!(used(&api, &id).await, json!([4.5, 2]));
    }

    #[tokio::test]
    async fn what_is_not_there_or_not_theirs_is_not_found_and_a_wrong_field_is_named() {
        let world = World::new().await;
        let (api, id) = subscribed(&world).await;
        let usage = recorded(&api, &id, "1").await;
        let path = format!("/v3/usage/{usage}");
        let good = json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": 2 });
        for (field, value) in [
            ("metric_name", json!("storage_gb")),
            ("subscription_id", json!("sub_rs_1")),
        ] {
            let mut body = good.clone();
            body[field] = value;
            api.patch(&path, body).await.expect(404);
        }
        for path in [
            "/v3/usage/usage_rs_1",
            "/v3/usage/usage_rs_9007199254740991",
        ] {
            api.patch(path, good.clone()).await.expect(404);
        }
        for key in [&world.theirs.test_key, &world.ours.live_key] {
            api.with_key(key)
                .patch(&path, good.clone())
                .await
                .expect(404);
        }
        let answer = api
            .patch(&path, json!({ "metric_name": "", "quantity": -1 }))
            .await;
        let mut pointers = answer.pointers();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/metric_name", "/quantity", "/subscription_id"]);
        assert_eq!(used(&api, &id).await, json!([1, 1]));
    }
}
