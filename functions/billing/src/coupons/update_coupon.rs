//! `PATCH /v3/coupons/{id}`

use api::input::{Change, Input, MetadataChanges};
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::event::EventType;
use models::ids::{self, Slug};
use models::{Moment, View};
use views::rocketsavvy::Coupon;

/// What may be changed of a coupon.
#[derive(Debug, Input)]
#[input(fixed("percent_off", "amount_off", "currency", "duration", "duration_in_months", "max_redemptions", "redeem_by" => "cannot be changed: create another coupon"))]
pub(crate) struct CouponChanges {
    /// The name on later subscriptions' invoices.
    #[input(chars = 1..=200, example = "Welcome")]
    name: Change<String>,
    /// Whether it may be redeemed at all.
    #[input(example = false)]
    active: Change<bool>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[input(example = {})]
    metadata: MetadataChanges,
}

/// Update a coupon
///
/// Changes the fields that are given. What a coupon takes off cannot be changed, and no change reaches a subscription
/// that has it already.
#[operation(patch, "/v3/coupons/{id}", tag = "billing")]
pub(crate) async fn update_coupon(
    cx: Cx<BillingWrite>,
    Path(id): Path<Slug<ids::Coupon>>,
    Json(body): Json<CouponChanges>,
) -> Result<Done<Coupon>, Problem> {
    let stored = cx.require_now(&id).await?;
    let mut coupon = (*stored).clone();
    if let Some(name) = body.name {
        coupon.name = name;
    }
    coupon.active = body.active.unwrap_or(coupon.active);
    coupon.metadata = body.metadata.apply(coupon.metadata)?;
    let mut writes = cx.writes().await?;
    if coupon != *stored {
        writes.update(&stored, &coupon, Some(EventType::CouponUpdated))?;
    }
    let view = Coupon::of(&coupon, Moment::at(cx.now().await?, cx.mode()))?;
    cx.done(&writes, &view).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_coupon_is_renamed_and_switched_off_and_its_terms_are_for_good() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "id": "welcome", "name": "Welcome", "percent_off": 10, "metadata": { "a": "b" } });
        let mut want = api.post("/v3/coupons", body).await.expect(201).clone();
        let refused = api
            .patch(
                "/v3/coupons/welcome",
                json!({ "name": "New", "percent_off": 10, "redeem_by": null }),
            )
            .await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/percent_off", "/redeem_by"]);
        let change = json!({ "name": "New", "active": false, "metadata": null });
        let changed = api.patch("/v3/coupons/welcome", change).await;
        want["name"] = json!("New");
        want["active"] = json!(false);
        want["valid"] = json!(false);
        want["metadata"] = json!({});
        assert_eq!(*changed.expect(200), want);
        assert_eq!(api.get("/v3/coupons/welcome").await.body, want);
        world.meter.take();
        api.patch("/v3/coupons/welcome", json!({ "active": false }))
            .await
            .expect(200);
        assert_eq!(world.meter.take().write_tenths, 0);
        api.patch("/v3/coupons/none", json!({})).await.expect(404);
    }
}
