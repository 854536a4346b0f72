//! `DELETE /v3/coupons/{id}`

use api::Deleted;
use api::{BillingWrite, Cx, Done, Path, Problem, operation};
use models::event::EventType;
use models::ids::{self, Slug};

/// Delete a coupon
///
/// Deletes a coupon for good: it cannot be redeemed any more, and subscriptions keep the discount that they have. Its
/// id cannot be used again.
#[operation(delete, "/v3/coupons/{id}", tag = "billing")]
pub(crate) async fn delete_coupon(
    cx: Cx<BillingWrite>,
    Path(id): Path<Slug<ids::Coupon>>,
) -> Result<Done<Deleted>, Problem> {
    let stored = cx.require_now(&id).await?;
    let mut coupon = (*stored).clone();
    coupon.delete(cx.now().await?);
    let mut writes = cx.writes().await?;
    writes.update(&stored, &coupon, Some(EventType::CouponDeleted))?;
    cx.done(&writes, &Deleted::of(&id)).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_deleted_coupon_is_gone_and_its_name_stays_taken() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "id": "welcome", "name": "Welcome", "percent_off": 10 });
        api.post("/v3/coupons", body.clone()).await.expect(201);
        let theirs = api.with_key(&world.theirs.test_key);
        theirs.delete("/v3/coupons/welcome").await.expect(404);
        let gone = api.delete("/v3/coupons/welcome").await;
        assert_eq!(
            *gone.expect(200),
            json!({ "id": "welcome", "deleted": true })
        );
        api.get("/v3/coupons/welcome").await.expect(404);
        api.delete("/v3/coupons/welcome").await.expect(404);
        api.patch("/v3/coupons/welcome", json!({}))
            .await
            .expect(404);
        assert_eq!(api.get("/v3/coupons").await.expect(200)["data"], json!([]));
        let again = api.post("/v3/coupons", body).await;
        assert_eq!(again.text_of("code"), "already_exists");
    }
}
