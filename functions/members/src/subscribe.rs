//! What pays for a call-center member: the card in the vault, and the monthly subscription on it.

use api::{Cx, MembersWrite};
use models::billing::{
    AppliedRate, BillingCycle, CollectionMethod, Item, MissingPaymentMethod, NewSubscription, Plan,
    Subscription,
};
use models::crm::Customer;
use models::event::EventType;
use models::ids::{self, Id};
use models::members::{Changes, Member, MemberKind};
use models::payments::{Card, PaymentMethod};
use models::{Invalid, Metadata, Result, Timestamp, Zone};
use store::{Stored, Writes};

/// Everything that the subscription of a new member needs, before the member has an id.
pub(crate) struct MembershipPlan {
    card: Card,
    plan: Plan,
    tax_rates: Vec<AppliedRate>,
    zone: Zone,
    now: Timestamp,
}

/// Looks the card up and reads the plan. What is wrong is added to `invalid`; `None` for whoever needs none. 4 reads, and one
/// call of the vault where nothing else is wrong.
pub(crate) async fn cover(
    cx: &Cx<MembersWrite>,
    changes: &Changes,
    kind: MemberKind,
    invalid: &mut Invalid,
) -> Result<Option<MembershipPlan>> {
    let customer = match (kind, &changes.vault_customer) {
        (MemberKind::CallCenter, Some(customer)) if invalid.fields.is_empty() => customer,
        (MemberKind::Wholesale | MemberKind::CallCenter, _) => return Ok(None),
    };
    let Some(plan) = plan(cx, invalid).await? else {
        return Ok(None);
    };
    let Some(card) = vaulted(cx, customer, invalid).await? else {
        return Ok(None);
    };
    let (account, settings) = terms(cx).await?;
    let rates = cx.tax_rates_by_ids(&settings.default_tax_rates).await?;
    let zone = match account {
        Some(account) => Zone::new(&account.time_zone)?,
        None => Zone::default(),
    };
    Ok(Some(MembershipPlan {
        card,
        plan,
        tax_rates: rates
            .iter()
            .map(|rate| AppliedRate::from(&**rate))
            .collect(),
        zone,
        now: cx.now().await?,
    }))
}

async fn terms(
    cx: &Cx<MembersWrite>,
) -> Result<(
    Option<models::platform::Account>,
    models::billing::BillingSettings,
)> {
    Ok((cx.account().await?, cx.billing_settings().await?))
}

/// The plan of the business's members.
async fn plan(cx: &Cx<MembersWrite>, invalid: &mut Invalid) -> Result<Option<Plan>> {
    let settings = cx.member_settings_now().await?;
    let plan = match settings
        .as_ref()
        .and_then(|settings| settings.plan_id.as_ref())
    {
        Some(id) => cx.find_now(id).await?,
        None => None,
    };
    if plan.is_none() {
        let detail =
            "The account has no plan for members: set plan_id by PATCH /v3/member-settings";
        invalid.push("base", "no_member_plan", detail);
    }
    Ok(plan.map(Stored::into_inner))
}

/// The card of a customer in the vault; where there is none, `invalid` knows.
pub(crate) async fn vaulted(
    cx: &Cx<MembersWrite>,
    customer: &str,
    invalid: &mut Invalid,
) -> Result<Option<Card>> {
    let card = cx.vault()?.card_of(cx.scope().business, customer).await?;
    if card.is_none() {
        invalid.push("braintree_customer_id", "invalid", "is invalid");
    }
    Ok(card)
}

/// Adds to `writes` that a customer is charged on another card from now on: 1 item.
pub(crate) async fn swap_card(
    cx: &Cx<MembersWrite>,
    writes: &mut Writes<'_>,
    customer: &mut Customer,
    card: &Card,
) -> Result<bool> {
    let method = method(cx.mint().await?, customer.id, card, cx.now().await?);
    writes.create(&method, Some(EventType::PaymentMethodAttached))?;
    customer.default_payment_method = Some(method.id);
    Ok(true)
}

fn method(
    id: Id<ids::PaymentMethod>,
    customer_id: Id<ids::Customer>,
    card: &Card,
    now: Timestamp,
) -> PaymentMethod {
    PaymentMethod {
        id,
        customer_id,
        card: card.clone(),
        metadata: Metadata::default(),
        created: now,
        deleted: None,
    }
}

impl MembershipPlan {
    /// Adds the card and the subscription to `writes`: 2 items. The customer's default is charged, so that a card that is
    /// replaced later is replaced here, too.
    pub(crate) async fn put(
        &self,
        cx: &Cx<MembersWrite>,
        writes: &mut Writes<'_>,
        (member, customer): (&mut Member, &mut Customer),
    ) -> Result<()> {
        swap_card(cx, writes, customer, &self.card).await?;
        let id = cx.mint().await?;
        let mut subscription = Subscription::start(id, self.agreement(customer.id), self.now)?;
        operations::name_next_invoice(cx, &mut subscription).await?;
        let waits = subscription.bill_now.is_none();
        writes.create(
            &subscription,
            waits.then_some(EventType::SubscriptionCreated),
        )?;
        member.subscription_id = Some(id);
        Ok(())
    }

    fn agreement(&self, customer_id: Id<ids::Customer>) -> NewSubscription {
        let price = &self.plan.price;
        let cycle = BillingCycle::of(price.interval, price.interval_count);
        NewSubscription {
            customer_id,
            items: vec![Item {
                plan_id: self.plan.id.clone(),
                version: self.plan.version,
                price: price.clone(),
                quantity: 1,
            }],
            billing_cycle: cycle.unwrap_or(BillingCycle::Monthly),
            collection_method: CollectionMethod::ChargeAutomatically,
            days_until_due: 0,
            payment_method_id: None,
            start: self.now,
            anchor: None,
            prorate_stub: false,
            trial_period_days: self.plan.trial_period_days,
            missing_payment_method: MissingPaymentMethod::default(),
            discount: None,
            tax_rates: self.tax_rates.clone(),
            zone: self.zone.clone(),
            metadata: Metadata::default(),
        }
    }

    /// Bills the first period. Where that does not succeed now, the member is there all the same, and the worker of bills comes
    /// back to it.
    pub(crate) async fn bill(cx: &Cx<MembersWrite>, id: Option<Id<ids::Subscription>>) {
        let Some(id) = id else { return };
        if let Err(error) = settle(cx, id).await {
            tracing::warn!(%error, subscription = %id, "a member is billed later");
        }
    }
}

async fn settle(cx: &Cx<MembersWrite>, id: Id<ids::Subscription>) -> Result<()> {
    loop {
        let stored = cx.find_now(id).await?;
        let stored = stored.ok_or_else(|| operations::missing_record(id))?;
        let Some(bill) = stored.owed()? else {
            return Ok(());
        };
        if operations::bill_subscription(cx, &stored, &bill)
            .await?
            .is_some()
        {
            return Ok(());
        }
    }
}
