//! The terms of a subscription, as a new one and a changed one read and check them.

use api::input::{Field, Fields, Input};
use api::{Answered, BillingWrite, Cx, Problem};
use models::billing::{
    AppliedRate, BillingCycle, CollectionMethod, Coupon, Item, MAX_ITEMS, PaymentBehavior, Plan,
    Price, PricingModel, Subscription,
};
use models::ids::{self, Id, Slug};
use models::time::Interval;
use models::{Currency, Error, Invalid, Result, Timestamp};
use store::Stored;

/// Tax rates of a subscription at the most.
pub(crate) const MAX_TAX_RATES: usize = 5;
/// Units of a plan at the most.
pub(crate) const MAX_QUANTITY: u32 = 1_000_000;

/// A plan within a subscription.
#[derive(Debug, Clone, Input)]
pub(crate) struct NewSubscriptionItem {
    #[input(example = "plan_support")]
    plan_id: Slug<ids::Plan>,
    /// 1 if it is absent.
    #[input(range = 1..=MAX_QUANTITY, default = 1, example = 1)]
    quantity: u32,
}

/// The plans of a new subscription.
#[derive(Debug, Input)]
#[input(check = Self::check)]
pub(crate) struct PlanFields {
    /// Required where `items` names no plan.
    #[input(example = "plan_enterprise_pro")]
    plan_id: Option<Slug<ids::Plan>>,
    /// Units of a plan that is not flat.
    #[input(range = 1..=MAX_QUANTITY, example = 1)]
    quantity: Option<u32>,
    /// Further plans, with the same interval and currency.
    #[input(items = 0..=MAX_ITEMS, default, example = null)]
    items: Vec<NewSubscriptionItem>,
}

impl PlanFields {
    fn check(&self, fields: &mut Fields<'_>) {
        match (&self.plan_id, self.quantity) {
            (None, Some(_)) => {
                let detail = "is of plan_id, which is absent";
                fields.reject("quantity", "without_plan", detail);
            }
            (None, None) if self.items.is_empty() => {
                fields.reject("plan_id", "required", "is required");
            }
            _ => {}
        }
    }

    /// `plan_id` with `quantity`, and then `items`.
    pub(crate) fn wanted(self) -> Vec<RequestedItem> {
        let quantity = self.quantity.unwrap_or(1);
        let main = self
            .plan_id
            .map(|plan_id| RequestedItem::main(plan_id, quantity));
        main.into_iter()
            .chain(RequestedItem::of(self.items))
            .collect()
    }
}

/// How a subscription or an invoice is collected.
#[derive(Debug, Clone, Input)]
#[input(check = Self::check)]
pub(crate) struct CollectionFields {
    /// `collection_method` in other words: `true` is `charge_automatically`, `false` `send_invoice`.
    #[input(example = true)]
    auto_collection: Option<bool>,
    /// Whether the payment method is charged, or the customer pays the invoice.
    #[input(choice = CollectionMethod::CHOICES)]
    collection_method: Option<CollectionMethod>,
}

impl CollectionFields {
    fn check(&self, fields: &mut Fields<'_>) {
        let contradicts = self.of_auto().zip(self.collection_method);
        if contradicts.is_some_and(|(auto, named)| auto != named) {
            let detail = "contradicts auto_collection";
            fields.reject("collection_method", "contradiction", detail);
        }
    }

    fn of_auto(&self) -> Option<CollectionMethod> {
        self.auto_collection.map(|auto| {
            if auto {
                CollectionMethod::ChargeAutomatically
            } else {
                CollectionMethod::SendInvoice
            }
        })
    }

    /// What they say, where they say anything.
    pub(crate) fn method(&self) -> Option<CollectionMethod> {
        self.of_auto().or(self.collection_method)
    }
}

/// A plan that the caller wants.
#[derive(Debug, Clone)]
pub(crate) struct RequestedItem {
    /// Which.
    pub(crate) plan_id: Slug<ids::Plan>,
    /// How many.
    pub(crate) quantity: u32,
    /// The field that names it.
    pointer: String,
}

impl RequestedItem {
    /// `items`.
    pub(crate) fn of(items: Vec<NewSubscriptionItem>) -> Vec<Self> {
        let items = items.into_iter().enumerate();
        items
            .map(|(index, item)| Self {
                plan_id: item.plan_id,
                quantity: item.quantity,
                pointer: format!("/items/{index}"),
            })
            .collect()
    }

    /// What `plan_id` and `quantity` at the top of a body say.
    pub(crate) const fn main(plan_id: Slug<ids::Plan>, quantity: u32) -> Self {
        Self {
            plan_id,
            quantity,
            pointer: String::new(),
        }
    }

    /// The plan within a subscription that may have it already: then it keeps its price, unless a version is asked for.
    pub(crate) async fn item_of(
        &self,
        cx: &Cx<BillingWrite>,
        before: &Subscription,
        version: Option<u32>,
        invalid: &mut Invalid,
    ) -> Result<Item, Problem> {
        let had = before
            .items
            .iter()
            .find(|item| item.plan_id == self.plan_id)
            .filter(|item| version.is_none_or(|version| version == item.version));
        if let Some(item) = had {
            let kept = Item {
                quantity: self.quantity,
                ..item.clone()
            };
            self.check(&kept.price, invalid);
            return Ok(kept);
        }
        let plan = cx.find_now(&self.plan_id).await?;
        let Some(plan) = plan.map(Stored::into_inner) else {
            return Err(self.no_such_plan().into());
        };
        let plan = match version.filter(|version| *version != plan.version) {
            None => plan,
            Some(version) => {
                let earlier = cx.plan_version(&self.plan_id, version).await?;
                let Some(earlier) = earlier else {
                    let detail = format!("is not a version of {}", self.plan_id);
                    return Err(Error::invalid("/plan_version", "not_found", detail).into());
                };
                earlier.into_inner().plan
            }
        };
        Ok(self.agree(&plan, invalid))
    }

    fn no_such_plan(&self) -> Error {
        if self.pointer.is_empty() {
            return Error::no_such("plan", &self.plan_id, "/plan_id");
        }
        let detail = format!("no such plan: {}", self.plan_id);
        Error::invalid(format!("{}/plan_id", self.pointer), "not_found", detail)
    }

    fn check(&self, price: &Price, invalid: &mut Invalid) {
        let pointer = format!("{}/quantity", self.pointer);
        if price.charge.model == PricingModel::Flat && self.quantity > 1 {
            let detail = "must be 1: the plan costs the same for any quantity";
            invalid.push(pointer, "flat_plan", detail);
        } else if price.of(self.quantity).is_err() {
            let detail = "makes an amount that is too large";
            invalid.push(pointer, "out_of_range", detail);
        }
    }

    /// The plan at its present price, where it exists and can be had in that quantity.
    pub(crate) fn agree(&self, plan: &Plan, invalid: &mut Invalid) -> Item {
        self.check(&plan.price, invalid);
        if plan.tier.as_ref().is_some_and(|tier| tier.once) {
            let detail = "is paid a single time, so it cannot be billed by periods";
            invalid.push(format!("{}/plan_id", self.pointer), "paid_once", detail);
        }
        Item {
            plan_id: self.plan_id.clone(),
            version: plan.version,
            price: plan.price.clone(),
            quantity: self.quantity,
        }
    }
}

/// The plans that the caller wants at their present prices, and the first of them.
pub(crate) async fn agreed_items(
    cx: &Cx<BillingWrite>,
    wanted: &[RequestedItem],
    invalid: &mut Invalid,
) -> Result<(Vec<Item>, Plan), Problem> {
    let mut items = Vec::with_capacity(wanted.len());
    let mut first = None;
    for want in wanted {
        let plan = cx.find_now(&want.plan_id).await?;
        let Some(plan) = plan.map(Stored::into_inner) else {
            return Err(want.no_such_plan().into());
        };
        items.push(want.agree(&plan, invalid));
        first = first.or(Some(plan));
    }
    let first = first.ok_or_else(|| Error::invalid("/plan_id", "required", "is required"))?;
    Ok((items, first))
}

/// Ids of tax rates.
pub(crate) fn tax_rate_ids(
    fields: &mut Fields<'_>,
    name: &'static str,
) -> Field<Vec<Id<ids::TaxRate>>> {
    fields.ids(name, 0..=MAX_TAX_RATES)
}

/// The tax rates as they stand on an invoice. Errors where one does not exist, is there twice, or is not active any more.
pub(crate) async fn tax_rates(
    cx: &Cx<BillingWrite>,
    ids: &[Id<ids::TaxRate>],
) -> Result<Vec<AppliedRate>, Problem> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut invalid = Invalid::default();
    let found = cx.tax_rates_by_ids(ids).await?;
    let mut rates: Vec<AppliedRate> = Vec::with_capacity(ids.len());
    for id in ids {
        let rate = found.iter().find(|rate| rate.id == *id);
        let Some(rate) = rate else {
            return Err(Error::no_such("tax rate", id, "/tax_rate_ids").into());
        };
        if rates.iter().any(|other| other.id == *id) {
            invalid.push("/tax_rate_ids", "duplicate", format!("name {id} twice"));
        }
        if !rate.active {
            invalid.push(
                "/tax_rate_ids",
                "inactive",
                format!("name {id}, which is not active"),
            );
        }
        rates.push(AppliedRate::from(&**rate));
    }
    invalid.into_result()?;
    Ok(rates)
}

/// The coupon, counted up. Errors where it does not exist, cannot be redeemed, or is in another currency.
pub(crate) async fn redeemed(
    cx: &Cx<BillingWrite>,
    id: &Slug<ids::Coupon>,
    currency: Option<Currency>,
    now: Timestamp,
) -> Result<(Stored<Coupon>, Coupon), Problem> {
    let stored = cx.require_at(id, "/coupon_id").await?;
    if currency.is_some_and(|currency| !stored.terms.fits(currency)) {
        let detail = "is an amount in another currency";
        return Err(Error::invalid("/coupon_id", "currency_mismatch", detail).into());
    }
    let mut coupon = (*stored).clone();
    coupon.redeem(now)?;
    Ok((stored, coupon))
}

/// Errors where the payment method does not exist, and notes where it is another customer's.
pub(crate) async fn own_method(
    cx: &Cx<BillingWrite>,
    id: Option<Id<ids::PaymentMethod>>,
    customer: Id<ids::Customer>,
    invalid: &mut Invalid,
) -> Result<(), Problem> {
    let Some(id) = id else {
        return Ok(());
    };
    let method = cx.require_at(id, "/payment_method_id").await?;
    if method.customer_id != customer {
        let detail = "belongs to another customer";
        invalid.push("/payment_method_id", "wrong_customer", detail);
    }
    Ok(())
}

/// The cycle that the caller and the plan agree on.
pub(crate) fn cycle(
    plan: &Plan,
    asked: Option<BillingCycle>,
    invalid: &mut Invalid,
) -> BillingCycle {
    let price = &plan.price;
    let offered = BillingCycle::of(price.interval, price.interval_count);
    let monthly = price.interval == Interval::Month && price.interval_count == 1;
    let metered = !price.meters.is_empty() && monthly;
    match (asked, offered) {
        (None, _) if metered && price.charge.is_free() => BillingCycle::UsageBased,
        (None, Some(offered)) => offered,
        // Two months have no name of their own; the plan says what is meant.
        (None, None) => BillingCycle::Monthly,
        (Some(BillingCycle::UsageBased), _) if metered => BillingCycle::UsageBased,
        (Some(asked), offered) => {
            if offered != Some(asked) {
                let detail = "does not agree with the interval of the plan";
                invalid.push("/billing_cycle", "cycle_mismatch", detail);
                invalid.push(
                    "/plan_id",
                    "cycle_mismatch",
                    "has an interval that does not agree with billing_cycle",
                );
            }
            asked
        }
    }
}

/// Bills what a subscription owes at once, unless that was done before, and returns it as it is then.
pub(crate) async fn settle(
    cx: &Cx<BillingWrite>,
    id: Id<ids::Subscription>,
) -> Result<Subscription> {
    let settled = settle_new(cx, id).await?;
    settled.ok_or_else(|| operations::missing_record(id))
}

/// The same for a new one; `None` where its first payment was refused, and its caller wanted none without.
pub(crate) async fn settle_new(
    cx: &Cx<BillingWrite>,
    id: Id<ids::Subscription>,
) -> Result<Option<Subscription>> {
    loop {
        let Some(stored) = cx.find_now(id).await? else {
            return Ok(None);
        };
        let Some(bill) = stored.owed()? else {
            return Ok(Some(stored.into_inner()));
        };
        if let Some(billed) = operations::bill_subscription(cx, &stored, &bill).await? {
            return Ok(Some(billed).filter(|billed| billed.deleted.is_none()));
        }
    }
}

/// The answer where nothing came of what was asked for, because its payment was refused.
pub(crate) async fn refused<const STATUS: u16, T>(
    cx: &Cx<BillingWrite>,
    invoice: Id<ids::Invoice>,
) -> Result<Answered<STATUS, T>, Problem> {
    let id: Id<ids::Payment> = Id::new(invoice.number())?;
    let payment = cx.find_now(id).await?;
    let payment = payment.map(Stored::into_inner);
    let failure = payment.and_then(|payment| Some((payment.failure?, payment.id)));
    let error = match failure {
        Some((failure, id)) => failure.into_error(Some(id)),
        None => Error::Declined {
            code: "no_payment_method".to_owned(),
            message: "The customer has no payment method that can be charged.".to_owned(),
            payment: None,
        },
    };
    cx.declined(error).await
}

/// A 400 where nothing is charged, so nothing can be said of how that goes.
pub(crate) fn check_behavior(
    behavior: PaymentBehavior,
    method: CollectionMethod,
    invalid: &mut Invalid,
) {
    if !behavior.is_default() && method != CollectionMethod::ChargeAutomatically {
        let detail = "is for collection_method charge_automatically only";
        invalid.push("/payment_behavior", "not_charged", detail);
    }
}

/// The subscription as it is once all is billed that was due to it or was begun: what is done to it then is done to that.
pub(crate) async fn settled(
    cx: &Cx<BillingWrite>,
    id: Id<ids::Subscription>,
) -> Result<Stored<Subscription>> {
    let now = cx.now().await?;
    let read = async || cx.require_now(id).await;
    let stored = read().await?;
    if stored.bill_now.is_none() && stored.due().is_none_or(|due| due > now) {
        return Ok(stored);
    }
    settle(cx, id).await?;
    Box::pin(operations::run_subscription(cx, id, now)).await?;
    let stored = read().await?;
    refuse_under_way(&stored)?;
    Ok(stored)
}

/// A 409 while somebody else's change is being paid for that may not take place.
pub(crate) fn refuse_under_way(subscription: &Subscription) -> Result<()> {
    match subscription.before_update {
        Some(_) => Err(store::stale()),
        None => Ok(()),
    }
}

/// Brings the rows of a subscription that is paid by schedule to where it stands. A worker does where this does not get to it:
/// the subscription itself was changed, and that is what was asked for.
pub(crate) async fn sync_rows(cx: &Cx<BillingWrite>, subscription: &Subscription) {
    if subscription.schedule.is_none() {
        return;
    }
    if let Err(error) = operations::follow_subscription(cx, subscription.id).await {
        tracing::warn!(%error, subscription = %subscription.id, "a schedule follows later");
    }
}
