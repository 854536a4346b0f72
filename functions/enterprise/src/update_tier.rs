//! `PUT /enterprise/v1/tiers/{businessId}/{tierId}`

use api::input::Input;
use api::{BillingWrite, Cx, Done, Json, NestedPath, Problem, operation};
use models::event::EventType;
use models::ids::{self, Slug};
use models::{Error, View};
use views::reveknew::Tier;

use crate::create_tier::NewTier;

/// A tier, with all fields; it may name its id, too.
#[derive(Debug, Input)]
#[input(name = "TierUpdate")]
pub(crate) struct TierUpdate {
    #[input(example = "plan_123456")]
    id: Option<Slug<ids::Plan>>,
    #[input(flatten)]
    tier: NewTier,
}

/// Update a tier
///
/// Replaces the tier's fields. Subscriptions that run keep the amount that they began with.
#[operation(put, "/enterprise/v1/tiers/{businessId}/{tierId}", tag = "tiers")]
pub(crate) async fn update_tier(
    cx: Cx<BillingWrite>,
    NestedPath(id): NestedPath<Slug<ids::Plan>>,
    Json(update): Json<TierUpdate>,
) -> Result<Done<Tier>, Problem> {
    let stored = cx
        .find_now(&id)
        .await?
        .filter(|plan| plan.billing_period().is_some())
        .ok_or_else(|| Error::not_found("tier", &id))?;
    if update.id.is_some_and(|other| other != id) {
        let detail = "is another tier than the one in the path";
        return Err(Error::invalid("/id", "contradiction", detail).into());
    }
    let mut plan = (*stored).clone();
    let (price, terms) = update
        .tier
        .price(plan.price.currency, Some(&stored.price))?;
    let replaced = plan.reprice(price, cx.now().await?);
    plan.tier = Some(terms);
    let mut writes = cx.writes().await?;
    if plan != *stored {
        writes.update(&stored, &plan, Some(EventType::PlanUpdated))?;
    }
    if let Some(replaced) = replaced {
        writes.create(&replaced, None)?;
    }
    cx.done(&writes, &Tier::of(&plan, ())?).await
}
