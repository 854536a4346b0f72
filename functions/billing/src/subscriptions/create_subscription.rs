//! `POST /v3/subscriptions`

use api::input::{Fields, Input};
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use models::billing::{
    BillingCycle, CollectionMethod, Coupon, Discount, MAX_BACK_PERIODS, MissingPaymentMethod,
    NewSubscription, PaymentBehavior, ProrationBehavior, check_items, refuse_too_many_lines,
};
use models::event::EventType;
use models::ids::{self, Id, Slug};
use models::{Error, Invalid, Metadata, Timestamp, View, Zone};
use store::{Retry, Stored};
use views::rocketsavvy::Subscription;

use crate::subscriptions::begun::Begun;
use crate::subscriptions::terms::{
    CollectionFields, PlanFields, agreed_items, check_behavior, cycle, own_method, refused,
    settle_new, tax_rate_ids, tax_rates,
};

/// How far a subscription may be backdated.
const BACK_DAYS: i64 = 5 * 366;
/// How far ahead it may start.
const AHEAD_DAYS: i64 = 5 * 366;

/// A new subscription.
#[derive(Debug, Input)]
#[input(name = "NewSubscription", check = Self::check)]
pub(crate) struct SubscriptionFields {
    #[input(example = "cust_rs_123456")]
    customer_id: Id<ids::Customer>,
    #[input(flatten)]
    plans: PlanFields,
    /// Has to agree with the plan; the plan's if it is absent. `usage_based` bills what the plan's meters count, monthly.
    #[input(choice, example = "monthly")]
    billing_cycle: Option<BillingCycle>,
    /// The plan's if it is absent.
    #[input(range = 0..=730, example = 14)]
    trial_period_days: Option<u32>,
    /// Instead of the customer's default.
    payment_method_id: Option<Id<ids::PaymentMethod>>,
    /// Money off; see coupons.
    #[input(example = null)]
    coupon_id: Option<Slug<ids::Coupon>>,
    /// Tax rates of its invoices; the business's default ones if it is absent.
    #[input(by = tax_rate_ids)]
    tax_rate_ids: Option<Vec<Id<ids::TaxRate>>>,
    /// When it starts: later, or earlier, and then the first invoice has all periods since. Now if it is absent.
    #[input(example = null)]
    start_date: Option<Timestamp>,
    /// A later moment from which periods are counted; the time until then is charged in part. Not with a trial.
    #[input(example = null)]
    billing_cycle_anchor: Option<Timestamp>,
    /// Whether the time until `billing_cycle_anchor` is charged: it is but with `none`.
    #[input(choice, default, example = null)]
    proration_behavior: ProrationBehavior,
    /// What happens to a trial that ends without a payment method; `create_invoice` if it is absent.
    #[input(choice, default, example = null)]
    missing_payment_method: MissingPaymentMethod,
    /// It is charged where nothing is said.
    #[input(flatten)]
    collection: CollectionFields,
    /// What happens to it where its first invoice is not paid: `allow_incomplete` (the default) and
    /// `default_incomplete`, which charges nothing automatically, make it `incomplete`; with `error_if_incomplete` the answer is 402, and
    /// there is no subscription and no invoice.
    #[input(choice, default, example = null)]
    payment_behavior: PaymentBehavior,
    /// Days from an invoice to its due date; if it is absent, 30 for one that is sent, 0 for one that is charged.
    #[input(range = 0..=365, example = 30)]
    days_until_due: Option<u32>,
    #[input(default, example = { "source": "website", "campaign": "q4_promo" })]
    metadata: Metadata,
}

impl SubscriptionFields {
    fn check(&self, fields: &mut Fields<'_>) {
        if self.payment_behavior == PaymentBehavior::PendingIfIncomplete {
            let detail = "can only be pending_if_incomplete in a change";
            fields.reject("payment_behavior", "not_a_change", detail);
        }
    }

    fn method(&self) -> CollectionMethod {
        let said = self.collection.method();
        said.unwrap_or(CollectionMethod::ChargeAutomatically)
    }

    fn days_until_due(&self) -> u32 {
        let charged = self.method() == CollectionMethod::ChargeAutomatically;
        self.days_until_due.unwrap_or(if charged { 0 } else { 30 })
    }
}

/// Create a subscription
///
/// Starts billing a customer for one or more plans. With a trial it is `trialing`, and billed when the trial ends.
/// Without one the first period is billed at once: it is `active` when that is paid; otherwise it is `incomplete` and
/// expires after 23 hours, unless `payment_behavior` says something else. One with a later `start_date` is `paused`
/// until then.
#[operation(
    post,
    "/v3/subscriptions",
    tag = "billing",
    declined = "With `error_if_incomplete`: the card was refused; `payment_id` names the failed payment."
)]
pub(crate) async fn create_subscription(
    cx: Cx<BillingWrite>,
    Json(body): Json<SubscriptionFields>,
) -> Result<Created<Subscription>, Problem> {
    if let Some(begun) = cx.resumed() {
        return bill(&cx, Begun::read(&begun)?).await;
    }
    let behavior = body.payment_behavior;
    let coupon_id = body.coupon_id.clone();
    let mut new = agree(&cx, body).await?;
    let now = cx.now().await?;
    let mut retry = Retry::of("the coupon");
    loop {
        let id = cx.mint().await?;
        let coupon = redeem(&cx, coupon_id.as_ref(), &mut new, now).await?;
        let mut subscription = models::billing::Subscription::start(id, new.clone(), now)?;
        subscription.refuse_too_large("/items")?;
        operations::name_next_invoice(&cx, &mut subscription).await?;
        subscription.expect_payment(behavior, None);
        let begun = Begun::of(&subscription);
        let waits = subscription.bill_now.is_none();
        let mut writes = cx.writes().await?;
        let event = waits.then_some(EventType::SubscriptionCreated);
        writes.create(&subscription, event)?;
        writes.child_of(subscription.customer_id, "/customer_id");
        if let Some((before, after)) = &coupon {
            writes.update(before, after, Some(EventType::CouponUpdated))?;
        }
        if waits {
            let view = Subscription::of(&subscription, cx.mode())?;
            if let Some(reply) = cx.try_created(&writes, &view, id).await? {
                return Ok(reply);
            }
        } else if cx.begin(&writes, &begun.to_string()).await? {
            return bill(&cx, begun).await;
        }
        retry.again().await?;
    }
}

/// Bills the first period, unless that was done before, and answers.
async fn bill(cx: &Cx<BillingWrite>, begun: Begun) -> Result<Created<Subscription>, Problem> {
    let Some(subscription) = settle_new(cx, begun.subscription).await? else {
        return match begun.invoice {
            Some(invoice) => refused(cx, invoice).await,
            None => Err(operations::missing_record(begun.subscription).into()),
        };
    };
    let view = Subscription::of(&subscription, cx.mode())?;
    let reply = cx
        .try_created(&cx.writes().await?, &view, begun.subscription)
        .await?;
    Ok(reply.ok_or_else(|| Error::internal("an answer without writes was refused"))?)
}

/// Redeems the coupon: the discount goes to the subscription, and the coupon is counted up in the same write.
async fn redeem(
    cx: &Cx<BillingWrite>,
    id: Option<&Slug<ids::Coupon>>,
    new: &mut NewSubscription,
    now: Timestamp,
) -> Result<Option<(Stored<Coupon>, Coupon)>, Problem> {
    let Some(id) = id else {
        return Ok(None);
    };
    let currency = new.items.first().map(|item| item.price.currency);
    let (stored, coupon) = crate::subscriptions::terms::redeemed(cx, id, currency, now).await?;
    new.discount = Some(Discount::of(&coupon, new.start.max(now))?);
    Ok(Some((stored, coupon)))
}

/// What the body asks for, where the plans and the customer exist and agree with it.
async fn agree(
    cx: &Cx<BillingWrite>,
    body: SubscriptionFields,
) -> Result<NewSubscription, Problem> {
    let (customer, account, settings) = tokio::try_join!(
        cx.find_now(body.customer_id),
        cx.account(),
        cx.billing_settings()
    )?;
    if customer.is_none() {
        return Err(Error::no_such("customer", body.customer_id, "/customer_id").into());
    }
    let now = cx.now().await?;
    let mut invalid = Invalid::default();
    own_method(cx, body.payment_method_id, body.customer_id, &mut invalid).await?;
    let (method, days_until_due) = (body.method(), body.days_until_due());
    let wanted = body.plans.wanted();
    let (items, plan) = agreed_items(cx, &wanted, &mut invalid).await?;
    let billing_cycle = cycle(&plan, body.billing_cycle, &mut invalid);
    let trial_period_days = body.trial_period_days.unwrap_or(plan.trial_period_days);
    let start = body.start_date.unwrap_or(now).whole_second();
    check_start(start, now, &mut invalid);
    check_behavior(body.payment_behavior, method, &mut invalid);
    if let Some(anchor) = body.billing_cycle_anchor {
        check_anchor(anchor, start, trial_period_days, &mut invalid);
    }
    invalid.into_result()?;
    check_items(&items)?;
    let rates = body.tax_rate_ids.unwrap_or(settings.default_tax_rates);
    let zone = match account {
        Some(account) => Zone::new(&account.time_zone)?,
        None => Zone::default(),
    };
    let new = NewSubscription {
        customer_id: body.customer_id,
        trial_period_days,
        items,
        billing_cycle,
        collection_method: method,
        days_until_due,
        payment_method_id: body.payment_method_id,
        start,
        anchor: body.billing_cycle_anchor.map(Timestamp::whole_second),
        prorate_stub: body.proration_behavior != ProrationBehavior::None,
        missing_payment_method: body.missing_payment_method,
        discount: None,
        tax_rates: tax_rates(cx, &rates).await?,
        zone,
        metadata: body.metadata,
    };
    check_back(&new, now)?;
    Ok(new)
}

fn check_start(start: Timestamp, now: Timestamp, invalid: &mut Invalid) {
    if start < now.plus_days(-BACK_DAYS) || start > now.plus_days(AHEAD_DAYS) {
        let detail = "must be at most five years ago and five years ahead";
        invalid.push("/start_date", "out_of_range", detail);
    }
}

fn check_anchor(anchor: Timestamp, start: Timestamp, trial_days: u32, invalid: &mut Invalid) {
    if trial_days > 0 {
        let detail = "cannot be chosen with a trial: periods are counted from its end";
        invalid.push("/billing_cycle_anchor", "with_trial", detail);
    } else if anchor <= start {
        let detail = "must be later than the start";
        invalid.push("/billing_cycle_anchor", "out_of_range", detail);
    }
}

/// The first invoice of a backdated subscription has a line a plan and period: there must not be too many of them.
fn check_back(new: &NewSubscription, now: Timestamp) -> Result<(), Problem> {
    let Some(price) = new.items.first().map(|item| &item.price) else {
        return Ok(());
    };
    let after = |steps| {
        price
            .interval
            .after(new.start, price.interval_count, steps, &new.zone)
    };
    if new.start < now && after(MAX_BACK_PERIODS)? <= now {
        let detail = format!("is more than {MAX_BACK_PERIODS} periods ago");
        return Err(Error::invalid("/start_date", "out_of_range", detail).into());
    }
    let mut periods = 1;
    while after(periods)? <= now {
        periods = periods.saturating_add(1);
    }
    refuse_too_many_lines(&new.items, periods, "/start_date")?;
    if let Some(anchor) = new
        .anchor
        .filter(|anchor| after(1).is_ok_and(|end| *anchor > end))
    {
        let detail = format!("must be within the first period, but {anchor} is later");
        return Err(Error::invalid("/billing_cycle_anchor", "out_of_range", detail).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::{Call, World};

    async fn api(world: &World) -> Call {
        let routes = crate::routes()
            .merge(crm::routes())
            .merge(payments::routes());
        let api = world.call(routes);
        let plan = json!({
            "id": "plan_enterprise_pro", "name": "Enterprise Pro", "currency": "USD", "amount": 9999, "interval": "month",
        });
        api.post("/v3/plans", plan).await.expect(201);
        api
    }

    async fn customer(api: &Call, card: Option<&str>) -> String {
        let customer = api
            .post("/v3/customers", json!({ "email": "test@example.com" }))
            .await;
        let id = customer.text_of("id").to_owned();
        if let Some(number) = card {
            let card = json!({ "number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123" });
            let method =
                json!({ "customer_id": id, "type": "card", "card": card, "default": true });
            api.post("/v3/payment-methods", method).await.expect(201);
        }
        id
    }

    #[tokio::test]
    async fn the_printed_subscription_begins_its_trial() {
        let world = World::new().await;
        let api = api(&world).await;
        let customer = customer(&api, None).await;
        let printed = r#"{
"customer_id": "cust_rs_123456",
"plan_id": "plan_enterprise_pro",
"billing_cycle": "monthly",
"auto_collection": true,
"trial_period_days": 14,
"metadata": {
"source": "website",
"campaign": "q4_promo"
}
}"#
        .replace("cust_rs_123456", &customer);
        world.meter.take();
        let answer = api
            .send(http::Method::POST, "/v3/subscriptions", &printed)
            .await;
        let body = answer.expect(201);
        assert_eq!(body["status"], "trialing");
        assert_eq!(body["trial_end"], "2026-01-29T12:00:00Z");
        assert_eq!(body["next_billing_date"], "2026-01-29T12:00:00Z");
        assert_eq!(
            body["metadata"],
            json!({ "source": "website", "campaign": "q4_promo" })
        );
        let units = world.meter.take();
        // A transaction, because the customer has to be there.
        assert!(units.write_tenths <= 60, "{units:?}");
        let id = answer.text_of("id");
        assert_eq!(
            api.get(&format!("/v3/subscriptions/{id}")).await.body,
            *body
        );
    }

    #[tokio::test]
    async fn without_a_trial_the_first_period_is_paid_at_once() {
        let world = World::new().await;
        let api = api(&world).await;
        let customer = customer(&api, Some("4242424242424242")).await;
        let body = json!({ "customer_id": customer, "plan_id": "plan_enterprise_pro" });
        let keyed = api.idempotent("sub-1");
        let answer = keyed.post("/v3/subscriptions", body.clone()).await;
        assert_eq!(answer.expect(201)["status"], "active");
        assert_eq!(
            keyed.post("/v3/subscriptions", body).await.text,
            answer.text
        );
        let invoices = api.get("/v3/invoices").await;
        let invoices = invoices.body["data"].as_array().unwrap();
        assert_eq!(invoices.len(), 1);
        assert_eq!(invoices[0]["status"], "paid");
        assert_eq!(invoices[0]["billing_reason"], "subscription_create");
        assert_eq!(invoices[0]["number"], "INV-2026-000001");
        assert_eq!(invoices[0]["payment_method"], "card_ending_4242");
        assert_eq!(world.sandbox.asked().len(), 1);
    }

    #[tokio::test]
    async fn a_refused_first_payment_leaves_it_incomplete() {
        let world = World::new().await;
        let api = api(&world).await;
        let customer = customer(&api, Some("4000000000000341")).await;
        let answer = api
            .post(
                "/v3/subscriptions",
                json!({ "customer_id": customer, "plan_id": "plan_enterprise_pro" }),
            )
            .await;
        assert_eq!(answer.expect(201)["status"], "incomplete");
        let invoices = api.get("/v3/invoices?status=open").await;
        assert_eq!(invoices.body["data"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_does_not_fit_together_is_named_and_nothing_is_written() {
        let world = World::new().await;
        let api = api(&world).await;
        let customer = customer(&api, None).await;
        let before = world.dump().len();
        let cases = [
            (
                json!({ "customer_id": customer, "plan_id": "plan_enterprise_pro", "billing_cycle": "yearly" }),
                400,
                vec!["/billing_cycle", "/plan_id"],
            ),
            (
                json!({ "customer_id": customer, "plan_id": "plan_enterprise_pro", "billing_cycle": "usage_based" }),
                400,
                vec!["/billing_cycle", "/plan_id"],
            ),
            (
                json!({ "customer_id": customer, "plan_id": "plan_enterprise_pro", "quantity": 2 }),
                400,
                vec!["/quantity"],
            ),
            (
                json!({ "customer_id": customer, "plan_id": "none" }),
                404,
                vec!["/plan_id"],
            ),
            (
                json!({ "customer_id": "cust_rs_1", "plan_id": "plan_enterprise_pro" }),
                404,
                vec!["/customer_id"],
            ),
            (
                json!({ "customer_id": customer, "plan_id": "plan_enterprise_pro", "payment_method_id": "pm_rs_1" }),
                404,
                vec!["/payment_method_id"],
            ),
            (
                json!({ "customer_id": 1, "plan_id": "a b", "billing_cycle": "x", "auto_collection": "yes",
                     "trial_period_days": 731, "quantity": 0, "payment_method_id": "x", "collection_method": "x",
                     "days_until_due": -1, "metadata": 1, "coupon_id": "a b", "start_date": "x", "customerid": "x" }),
                400,
                vec![
                    "/customer_id",
                    "/plan_id",
                    "/quantity",
                    "/billing_cycle",
                    "/trial_period_days",
                    "/payment_method_id",
                    "/coupon_id",
                    "/start_date",
                    "/auto_collection",
                    "/collection_method",
                    "/days_until_due",
                    "/metadata",
                    "/customerid",
                ],
            ),
        ];
        for (body, status, pointers) in cases {
            let answer = api.post("/v3/subscriptions", body).await;
            answer.expect(status);
            assert_eq!(answer.pointers(), pointers);
        }
        assert_eq!(world.dump().len(), before);
    }

    #[tokio::test]
    async fn somebody_elses_customer_does_not_exist() {
        let world = World::new().await;
        let api = api(&world).await;
        let customer = customer(&api, None).await;
        let theirs = api.with_key(&world.theirs.test_key);
        let foreign = theirs
            .post(
                "/v3/subscriptions",
                json!({ "customer_id": customer, "plan_id": "x" }),
            )
            .await;
        assert_eq!(
            (foreign.status.as_u16(), foreign.pointers()),
            (404, vec!["/customer_id"])
        );
    }

    #[tokio::test]
    async fn a_coupon_is_redeemed_as_often_as_it_may_be_however_many_try_at_once() {
        let world = World::new().await;
        let api = api(&world).await;
        let customer = customer(&api, None).await;
        let coupon = json!({ "id": "few", "name": "Few", "percent_off": 10, "max_redemptions": 5 });
        api.post("/v3/coupons", coupon).await.expect(201);
        let new = json!({
            "customer_id": customer, "plan_id": "plan_enterprise_pro", "trial_period_days": 7, "coupon_id": "few",
        });
        let tries = (0..24).map(|_| api.post("/v3/subscriptions", new.clone()));
        let answers = futures::future::join_all(tries).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let refused = answers
            .iter()
            .filter(|answer| answer.body["code"] == "coupon_exhausted")
            .count();
        assert_eq!((made, refused), (5, 19));
        let coupon = api.get("/v3/coupons/few").await;
        assert_eq!(
            (&coupon.body["times_redeemed"], &coupon.body["valid"]),
            (&json!(5), &json!(false))
        );
        let list = api.get("/v3/subscriptions").await;
        assert_eq!(list.body["data"].as_array().unwrap().len(), 5);
    }
}
