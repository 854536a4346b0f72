//! `POST /v3/subscriptions/{id}/cancel`

use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::View;
use models::billing::{Proration, SubscriptionStatus};
use models::event::EventType;
use models::ids::{self, Id};
use operations::{ChangeTime, Ending, Purpose, prorate};
use views::rocketsavvy::Subscription;

use crate::subscriptions::terms::{settle, settled, sync_rows};

/// How a subscription ends.
#[derive(Debug, Input)]
#[input(check = Self::check)]
pub(crate) struct Cancellation {
    /// Whether it ends with the period that is running; at once if it is absent or `false`.
    #[input(example = true)]
    cancel_at_period_end: Option<bool>,
    /// The same, shorter.
    at_period_end: Option<bool>,
    /// Whether the part of the period that is left is given back to the customer's balance, where it ends at once.
    #[input(default, example = false)]
    prorate: bool,
}

impl Cancellation {
    fn at_period_end(&self) -> bool {
        let said = self.cancel_at_period_end.or(self.at_period_end);
        said.unwrap_or(false)
    }

    fn check(&self, fields: &mut Fields<'_>) {
        if self.at_period_end() && self.prorate {
            let detail = "gives nothing back where the period is used to its end";
            fields.reject("prorate", "contradiction", detail);
        }
    }
}

/// Cancel a subscription
///
/// Cancels a subscription now, or when the running period ends. At the end, usage that is not billed yet and lines that
/// wait for the next invoice are billed. Earlier invoices stay open, but are not charged automatically any more. A
/// subscription that still waits for its first payment ends at once, and its invoice is void.
#[operation(post, "/v3/subscriptions/{id}/cancel", tag = "billing")]
pub(crate) async fn cancel_subscription(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Subscription>>,
    Json(body): Json<Cancellation>,
) -> Result<Done<Subscription>, Problem> {
    if cx.resumed().is_some() {
        return answer(&cx, id).await;
    }
    let stored = settled(&cx, id).await?;
    let now = cx.now().await?;
    let mut writes = cx.writes().await?;
    if body.at_period_end() && stored.status != SubscriptionStatus::Incomplete {
        let mut subscription = (*stored).clone();
        subscription.cancel_at_period_end(true, now)?;
        writes.update(&stored, &subscription, Some(EventType::SubscriptionUpdated))?;
        let view = Subscription::of(&subscription, cx.mode())?;
        return cx.done(&writes, &view).await;
    }
    stored.refuse_if_over()?;
    // What waits for a payment is not to come any more, and gives back what it credited.
    let stored = if stored.pending_update.is_some() {
        operations::drop_pending_update(&cx, id).await?;
        settled(&cx, id).await?
    } else {
        stored
    };
    let moment = ChangeTime {
        now,
        metrics: stored.metrics(),
        ending: Ending::Subscription,
        purpose: Purpose::Make,
    };
    let work = |after: &mut models::billing::Subscription, proration: &mut Proration<'_>| {
        after.cancel_now(body.prorate, proration)
    };
    let mut prorated = Box::pin(prorate(&cx, &stored, &moment, work)).await?;
    let stopped = prorated.stop_collection();
    prorated.put_invoices(&mut writes)?;
    let subscription = prorated.subscription;
    let waits = subscription.bill_now.is_some();
    let event = (!waits).then_some(EventType::SubscriptionCanceled);
    writes.update(&stored, &subscription, event)?;
    if stored.status == SubscriptionStatus::Incomplete {
        operations::undo_latest(&cx, &mut writes, &stored, now).await?;
    } else {
        operations::stop_collection(&cx, &mut writes, &stored, &stopped).await?;
    }
    if !waits {
        let view = Subscription::of(&subscription, cx.mode())?;
        let reply = cx.done(&writes, &view).await?;
        sync_rows(&cx, &subscription).await;
        return Ok(reply);
    }
    if !cx.begin(&writes, &id.to_string()).await? {
        return Err(store::stale().into());
    }
    answer(&cx, id).await
}

/// Bills what is left, unless that was done before, and answers.
async fn answer(
    cx: &Cx<BillingWrite>,
    id: Id<ids::Subscription>,
) -> Result<Done<Subscription>, Problem> {
    let subscription = settle(cx, id).await?;
    let view = Subscription::of(&subscription, cx.mode())?;
    cx.done(&cx.writes().await?, &view).await
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
