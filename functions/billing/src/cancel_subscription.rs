//! `POST /v3/subscriptions/{id}/cancel`

use api::dialect::rocketsavvy::{Problems, Subscription};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Path, Problem, Reply};
use models::Error;
use models::billing::SubscriptionStatus;
use models::event::EventType;
use models::ids::{self, Id};
use utoipa::ToSchema;

/// How a subscription ends.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct Cancellation {
    /// Whether it ends with the period that is running; at once where it is absent or `false`.
    #[schema(example = true)]
    cancel_at_period_end: Option<bool>,
    /// The same, shorter.
    at_period_end: Option<bool>,
}

/// What the body says.
pub(crate) struct Body {
    at_period_end: bool,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let long = fields.boolean("cancel_at_period_end").optional();
        let short = fields.boolean("at_period_end").optional();
        Some(Self {
            at_period_end: long.or(short).unwrap_or(false),
        })
    }
}

/// Cancel a subscription
///
/// Now, or when the running period ends; nothing is given back. One that still waits for its first payment ends at once.
/// 1 read and up to 3 write units.
#[utoipa::path(
    post,
    path = "/v3/subscriptions/{id}/cancel",
    tag = "billing",
    params(("id" = String, Path, description = "The subscription.", example = "sub_rs_123456")),
    request_body = Cancellation,
    responses((status = 200, description = "The subscription.", body = Subscription), Problems)
)]
pub(crate) async fn cancel_subscription(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Subscription>>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let stored = cx
        .subscription_now(id)
        .await?
        .ok_or_else(|| Error::not_found("subscription", id))?;
    let mut subscription = (*stored).clone();
    subscription.cancel(body.at_period_end, cx.now().await?)?;
    let event = match subscription.status {
        SubscriptionStatus::Canceled => EventType::SubscriptionCanceled,
        SubscriptionStatus::Trialing
        | SubscriptionStatus::Active
        | SubscriptionStatus::Incomplete
        | SubscriptionStatus::IncompleteExpired
        | SubscriptionStatus::PastDue => EventType::SubscriptionUpdated,
    };
    let mut writes = cx.writes().await?;
    writes.update(&stored, &subscription, Some(event))?;
    cx.changed(&writes, &Subscription::of(&subscription, cx.mode()))
        .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn ends_at_the_period_or_now_and_then_no_more() {
        let world = World::new().await;
        let (api, id) = crate::testing::subscribed(&world).await;
        let path = format!("/v3/subscriptions/{id}/cancel");
        let later = api
            .post(&path, json!({ "cancel_at_period_end": true }))
            .await;
        assert_eq!(later.expect(200)["status"], "trialing");
        assert_eq!(later.body["next_billing_date"], json!(null));
        let now = api.send(http::Method::POST, &path, "").await;
        assert_eq!(now.expect(200)["status"], "canceled");
        assert_eq!(
            api.post(&path, json!({})).await.text_of("code"),
            "subscription_ended"
        );
        assert_eq!(
            api.with_key(&world.theirs.test_key)
                .post(&path, json!({}))
                .await
                .status,
            404
        );
        let reader = api.with_key(&world.key_with(&["billing:read"]).await);
        let refused = reader.post(&path, json!({})).await;
        refused.expect(403);
        assert!(refused.text_of("detail").contains("billing:write"));
    }
}
