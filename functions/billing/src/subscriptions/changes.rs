//! A change of a subscription, as it is made and as it is previewed: one input, one effect.

use api::input::{Change, Field, Fields, Input, MetadataChanges, Patch};
use api::{BillingWrite, Cx, Problem};
use models::billing::{
    self, AnchorChange, AppliedRate, Coupon, Discount, Effective, Item, MAX_ITEMS,
    MissingPaymentMethod, PaymentBehavior, Proration, ProrationBehavior, Subscription,
};
use models::ids::{self, Id, Slug};
use models::{Invalid, Timestamp};
use operations::{ChangeTime, Ending, Prorated, Purpose, prorate};
use store::Stored;

use crate::subscriptions::terms::{
    CollectionFields, MAX_QUANTITY, NewSubscriptionItem, RequestedItem, check_behavior, own_method,
    redeemed, refuse_under_way, tax_rate_ids, tax_rates,
};

/// What may be changed of a subscription.
#[derive(Debug, Input)]
#[input(check = Self::check)]
pub(crate) struct SubscriptionChanges {
    /// Another plan in the place of the first one, at its newest price.
    #[input(example = "plan_enterprise_max")]
    plan_id: Change<Slug<ids::Plan>>,
    /// A version of that plan's price, or of the present plan's.
    #[input(range = 1..=999_999, example = null)]
    plan_version: Option<u32>,
    /// Units of the first plan.
    #[input(range = 1..=MAX_QUANTITY, example = 1)]
    quantity: Change<u32>,
    /// All plans from then on, instead of `plan_id`. Those that it has already keep their price.
    #[input(items = 0..=MAX_ITEMS, example = null)]
    items: Option<Vec<NewSubscriptionItem>>,
    /// `create_prorations` (the default): on the next invoice; `always_invoice`: on one now; `none`.
    #[input(choice, default, example = "always_invoice")]
    proration_behavior: ProrationBehavior,
    /// The moment that parts of the period are computed for: give the one of a preview to be charged what it said.
    #[input(example = null)]
    proration_date: Option<Timestamp>,
    /// What happens to a change whose invoice is made at once and not paid: with `allow_incomplete` (the default) it
    /// takes place, and the subscription is `past_due`; `default_incomplete` does the same and charges nothing automatically; with
    /// `error_if_incomplete` the answer is 402 and nothing is changed; with `pending_if_incomplete` it waits for the payment, until
    /// `pending_update.expires_at`, and nothing else can be changed with it. Then its invoice is void, or credited where a part of it
    /// was paid, and that part is on the customer's balance.
    #[input(choice, default, example = "allow_incomplete")]
    payment_behavior: PaymentBehavior,
    /// `now` begins a new period with the change; `unchanged` if it is absent.
    #[input(choice, default, example = "unchanged")]
    billing_cycle_anchor: AnchorChange,
    /// `now` (the default) or `period_end`.
    #[input(choice, default, example = "now")]
    effective: Effective,
    /// `null` drops the change that waits for the end of the period.
    #[input(by = only_null, example = null)]
    scheduled_change: Patch<()>,
    /// Instead of the customer's default; `null` goes back to that.
    payment_method_id: Patch<Id<ids::PaymentMethod>>,
    /// Money off; `null` ends it.
    #[input(example = null)]
    coupon_id: Patch<Slug<ids::Coupon>>,
    /// Tax rates of later invoices.
    #[input(by = tax_rate_ids)]
    tax_rate_ids: Change<Vec<Id<ids::TaxRate>>>,
    #[input(flatten)]
    collection: CollectionFields,
    /// Days from an invoice to its due date.
    #[input(range = 0..=365, example = 30)]
    days_until_due: Change<u32>,
    /// What happens to a trial that ends without a payment method.
    #[input(choice)]
    missing_payment_method: Change<MissingPaymentMethod>,
    /// Whether it ends with the period that is running; `false` takes that back.
    #[input(example = false)]
    cancel_at_period_end: Change<bool>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[input(example = { "source": "website" })]
    metadata: MetadataChanges,
}

fn only_null(fields: &mut Fields<'_>, name: &'static str) -> Field<()> {
    let why = "can only be null: a change is scheduled with effective period_end";
    fields.only_null(name, why)
}

impl SubscriptionChanges {
    fn check(&self, fields: &mut Fields<'_>) {
        if self.items.is_some() {
            for name in ["plan_id", "quantity", "plan_version"] {
                if fields.gives(name) {
                    let detail = "contradicts items, which names all plans";
                    fields.reject(name, "contradiction", detail);
                }
            }
        }
        let restarts = self.billing_cycle_anchor == AnchorChange::Now;
        if self.effective == Effective::PeriodEnd && restarts {
            let detail = "contradicts effective, for a period begins then in any case";
            fields.reject("billing_cycle_anchor", "contradiction", detail);
        }
        if self.payment_behavior == PaymentBehavior::PendingIfIncomplete {
            refuse_beside_pending(fields);
        }
    }
}

/// What cannot wait for a payment with a change.
fn refuse_beside_pending(fields: &mut Fields<'_>) {
    for name in [
        "effective",
        "scheduled_change",
        "payment_method_id",
        "coupon_id",
        "tax_rate_ids",
        "auto_collection",
        "collection_method",
        "days_until_due",
        "missing_payment_method",
        "cancel_at_period_end",
        "metadata",
    ] {
        if fields.gives(name) {
            let detail = "cannot wait for a payment: change it without payment_behavior pending_if_incomplete";
            fields.reject(name, "with_pending_update", detail);
        }
    }
}

/// A subscription before and after a change.
pub(crate) struct Changed {
    /// As it was read.
    pub(crate) before: Stored<Subscription>,
    /// As it is to be.
    pub(crate) after: Subscription,
    /// The invoices that parts are given back of.
    pub(crate) prorated: Option<Prorated>,
    /// The metrics whose usage it bills.
    pub(crate) billed: Vec<String>,
    /// The coupon that is redeemed with it.
    pub(crate) coupon: Option<(Stored<Coupon>, Coupon)>,
    /// The moment that parts were computed for.
    pub(crate) at: Timestamp,
}

impl SubscriptionChanges {
    /// What happens to the subscription. Nothing is written but, where it is made, the ends of meters that it no longer has.
    pub(crate) async fn apply(
        self,
        cx: &Cx<BillingWrite>,
        id: Id<ids::Subscription>,
        purpose: Purpose,
    ) -> Result<Changed, Problem> {
        let now = cx.now().await?;
        let before = cx.require_now(id).await?;
        before.refuse_if_over()?;
        refuse_under_way(&before)?;
        let mut after = (*before).clone();
        let coupon = self.set_terms(cx, &mut after, now).await?;
        let mut changed = Changed {
            after,
            before,
            prorated: None,
            billed: Vec::new(),
            coupon,
            at: self.proration_date.unwrap_or(now).whole_second(),
        };
        let mut invalid = Invalid::default();
        let method = changed.after.collection_method;
        check_behavior(self.payment_behavior, method, &mut invalid);
        invalid.into_result()?;
        if let Some(change) = self.change(cx, &mut changed).await? {
            make_change(cx, &mut changed, change, (self.effective, purpose)).await?;
        }
        if let Some(cancel) = self.cancel_at_period_end {
            changed.after.cancel_at_period_end(cancel, now)?;
        }
        changed
            .after
            .expect_payment(self.payment_behavior, Some(&changed.before));
        if changed.before.schedule.is_some() {
            refuse_scheduled(&changed.before, &changed.after, purpose)?;
        }
        Ok(changed)
    }

    /// The change of what is subscribed to, where there is one. Asking at the end of the period for what there is already drops
    /// the change that waits for it.
    async fn change(
        &self,
        cx: &Cx<BillingWrite>,
        changed: &mut Changed,
    ) -> Result<Option<billing::Change>, Problem> {
        let items = self.items(cx, &changed.before).await?;
        let same = items
            .as_ref()
            .is_some_and(|items| *items == changed.before.items);
        let drops = self.scheduled_change == Patch::Clear;
        if drops || (same && self.effective == Effective::PeriodEnd) {
            if changed.after.scheduled.is_some() {
                changed.after.refuse_while_pending()?;
            }
            changed.after.scheduled = None;
        }
        let items = items.filter(|_| !same);
        let restarts = self.billing_cycle_anchor == AnchorChange::Now;
        Ok((items.is_some() || restarts).then_some(billing::Change {
            items,
            proration: self.proration_behavior,
            anchor: self.billing_cycle_anchor,
            at: changed.at,
        }))
    }

    /// Sets what costs nothing by itself. Returns the coupon that is redeemed.
    async fn set_terms(
        &self,
        cx: &Cx<BillingWrite>,
        after: &mut Subscription,
        now: Timestamp,
    ) -> Result<Option<(Stored<Coupon>, Coupon)>, Problem> {
        if let Patch::Set(id) = self.payment_method_id {
            let mut invalid = Invalid::default();
            own_method(cx, Some(id), after.customer_id, &mut invalid).await?;
            invalid.into_result()?;
        }
        after.payment_method_id = self
            .payment_method_id
            .clone()
            .apply(after.payment_method_id);
        if let Some(ids) = &self.tax_rate_ids {
            let rates: Vec<AppliedRate> = tax_rates(cx, ids).await?;
            after.tax_rates = rates;
        }
        after.collection_method = self.collection.method().unwrap_or(after.collection_method);
        after.days_until_due = self.days_until_due.unwrap_or(after.days_until_due);
        after.missing_payment_method = self
            .missing_payment_method
            .unwrap_or(after.missing_payment_method);
        let before = std::mem::take(&mut after.metadata);
        after.metadata = self.metadata.clone().apply(before)?;
        after.refuse_too_large("/metadata")?;
        if !matches!(self.coupon_id, Patch::Keep) {
            after.refuse_while_pending()?;
        }
        match &self.coupon_id {
            Patch::Keep => Ok(None),
            Patch::Clear => {
                after.discount = None;
                Ok(None)
            }
            Patch::Set(id) => {
                let currency = Some(after.currency()?);
                let (stored, coupon) = redeemed(cx, id, currency, now).await?;
                after.discount = Some(Discount::of(&coupon, now)?);
                Ok(Some((stored, coupon)))
            }
        }
    }

    /// All plans after the change; `None` where it says nothing of them.
    async fn items(
        &self,
        cx: &Cx<BillingWrite>,
        before: &Subscription,
    ) -> Result<Option<Vec<Item>>, Problem> {
        let mut invalid = Invalid::default();
        let items = if let Some(items) = &self.items {
            let wanted = RequestedItem::of(items.clone());
            let mut items = Vec::with_capacity(wanted.len());
            for want in &wanted {
                items.push(want.item_of(cx, before, None, &mut invalid).await?);
            }
            items
        } else if self.plan_id.is_some() || self.quantity.is_some() || self.plan_version.is_some() {
            let main = before.main()?;
            let plan_id = self.plan_id.clone().unwrap_or_else(|| main.plan_id.clone());
            let want = RequestedItem::main(plan_id, self.quantity.unwrap_or(main.quantity));
            let first = want
                .item_of(cx, before, self.plan_version, &mut invalid)
                .await?;
            let rest = before.items.iter().skip(1).cloned();
            std::iter::once(first).chain(rest).collect()
        } else {
            return Ok(None);
        };
        invalid.into_result()?;
        Ok(Some(items))
    }
}

/// Of a subscription that is paid by schedule only the caller's own words change here: what it costs and when is of its rows.
fn refuse_scheduled(
    before: &Subscription,
    after: &Subscription,
    purpose: Purpose,
) -> Result<(), Problem> {
    let same = Subscription {
        metadata: after.metadata.clone(),
        ..before.clone()
    };
    if same != *after || purpose == Purpose::Show {
        before.refuse_if_scheduled("changed")?;
    }
    Ok(())
}

/// Makes the change now, or sets it down for the end of the period.
async fn make_change(
    cx: &Cx<BillingWrite>,
    changed: &mut Changed,
    change: billing::Change,
    (effective, purpose): (Effective, Purpose),
) -> Result<(), Problem> {
    if effective == Effective::PeriodEnd {
        let now = cx.now().await?;
        changed.after.schedule(change, now)?;
        return Ok(changed.after.refuse_too_large("/items")?);
    }
    changed.billed = changed.after.meters_closed_by(&change)?;
    let moment = ChangeTime {
        now: cx.now().await?,
        metrics: changed.billed.clone(),
        ending: Ending::Price,
        purpose,
    };
    let work = |after: &mut Subscription, proration: &mut Proration<'_>| {
        after.change(change.clone(), proration)?;
        after.refuse_too_large("/items")
    };
    let prorated = Box::pin(prorate(cx, &changed.after, &moment, work)).await?;
    changed.after = prorated.subscription.clone();
    changed.prorated = Some(prorated);
    Ok(())
}
