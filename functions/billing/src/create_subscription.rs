//! `POST /v3/subscriptions`

use api::dialect::rocketsavvy::{Problems, Subscription};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Problem, Reply};
use models::billing::{BillingCycle, CollectionMethod, NewSubscription, Plan, PricingModel};
use models::event::EventType;
use models::ids::{self, Id, Slug};
use models::{Error, Invalid, Metadata};
use store::Stored;
use utoipa::ToSchema;

/// A new subscription.
#[derive(Debug, ToSchema)]
#[schema(as = NewSubscription)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct NewSubscriptionSchema {
    #[schema(example = "cust_rs_123456")]
    customer_id: String,
    #[schema(example = "plan_enterprise_pro")]
    plan_id: String,
    /// `monthly`, `quarterly`, `yearly` (also `daily`, `weekly`): has to agree with the plan; the plan's where it is absent.
    #[schema(example = "monthly")]
    billing_cycle: Option<String>,
    /// Whether the payment method is charged; else the customer pays the invoice.
    #[schema(example = true)]
    auto_collection: Option<bool>,
    /// 0 to 730; the plan's where it is absent.
    #[schema(example = 14)]
    trial_period_days: Option<u32>,
    /// Units of a `per_unit` plan.
    #[schema(example = 1)]
    quantity: Option<u32>,
    /// Instead of the customer's default.
    payment_method_id: Option<String>,
    /// `charge_automatically` or `send_invoice`: another way to say `auto_collection`.
    collection_method: Option<String>,
    /// Days from an invoice to its due date, 0 to 365.
    #[schema(example = 30)]
    days_until_due: Option<u32>,
    #[schema(value_type = BTreeMap<String, String>, required = false, example = json!({"source": "website", "campaign": "q4_promo"}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    customer_id: Id<ids::Customer>,
    plan_id: Slug<ids::Plan>,
    billing_cycle: Option<BillingCycle>,
    collection_method: CollectionMethod,
    trial_period_days: Option<u32>,
    quantity: u32,
    payment_method_id: Option<Id<ids::PaymentMethod>>,
    days_until_due: u32,
    metadata: Metadata,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let customer_id = fields.id("customer_id").required(fields);
        let plan_id = fields.slug("plan_id").required(fields);
        let billing_cycle = fields.choice("billing_cycle", BillingCycle::ALL).optional();
        let auto_collection = fields.boolean("auto_collection").optional();
        let trial_period_days = fields.count("trial_period_days", 0..=730).optional();
        let quantity = fields
            .count("quantity", 1..=1_000_000)
            .optional()
            .unwrap_or(1);
        let payment_method_id = fields.id("payment_method_id").optional();
        let named = fields
            .choice("collection_method", CollectionMethod::ALL)
            .optional();
        let days_until_due = fields.count("days_until_due", 0..=365).optional();
        let metadata = fields.metadata().optional().unwrap_or_default();
        fields.unsupported("coupon_id", "is not supported: no coupon can be applied");
        fields.unsupported("start_date", "is not supported: a subscription starts now");
        let automatic = match (auto_collection, named) {
            (Some(auto), Some(named))
                if auto != (named == CollectionMethod::ChargeAutomatically) =>
            {
                fields.reject(
                    "collection_method",
                    "contradiction",
                    "contradicts auto_collection",
                );
                auto
            }
            (Some(auto), _) => auto,
            (None, Some(named)) => named == CollectionMethod::ChargeAutomatically,
            (None, None) => true,
        };
        let collection_method = if automatic {
            CollectionMethod::ChargeAutomatically
        } else {
            CollectionMethod::SendInvoice
        };
        Some(Self {
            customer_id: customer_id?,
            plan_id: plan_id?,
            billing_cycle,
            collection_method,
            trial_period_days,
            quantity,
            payment_method_id,
            days_until_due: days_until_due.unwrap_or(if automatic { 0 } else { 30 }),
            metadata,
        })
    }
}

/// Create a subscription
///
/// With a trial it is `trialing` and billed when the trial ends: 2 reads and 3 write units. Without one its first period is
/// billed at once: it is `active` where that is paid and `incomplete` where it is not, and then expires after 23 hours.
#[utoipa::path(
    post,
    path = "/v3/subscriptions",
    tag = "billing",
    request_body = NewSubscriptionSchema,
    responses((status = 201, description = "The subscription.", body = Subscription), Problems)
)]
pub(crate) async fn create_subscription(
    cx: Cx<BillingWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    if let Some(begun) = cx.resumed() {
        let id = begun.parse().map_err(Error::internal)?;
        return bill(&cx, id).await;
    }
    let new = agree(&cx, body).await?;
    let now = cx.now().await?;
    if new.trial_period_days > 0 {
        return cx
            .insert(|id, writes| {
                let subscription = models::billing::Subscription::start(id, new.clone(), now)?;
                writes.create(&subscription, Some(EventType::SubscriptionCreated))?;
                Ok(Subscription::of(&subscription, cx.mode()))
            })
            .await;
    }
    for _ in 0..8 {
        let id = cx.mint().await?;
        let subscription = models::billing::Subscription::start(id, new.clone(), now)?;
        let mut writes = cx.writes().await?;
        writes.create(&subscription, None)?;
        if cx.begin(&writes, &id.to_string()).await? {
            return bill(&cx, id).await;
        }
    }
    Err(Error::Unavailable("no free subscription id was found".to_owned()).into())
}

/// Bills the first period, unless that was done before, and answers.
async fn bill(cx: &Cx<BillingWrite>, id: Id<ids::Subscription>) -> Result<Reply, Problem> {
    let gone = || operations::vanished(id);
    let mut stored = cx.subscription_now(id).await?.ok_or_else(gone)?;
    let subscription = loop {
        let Some(first) = stored.first_bill()? else {
            break stored.into_inner();
        };
        if let Some(billed) = operations::bill_subscription(cx, &stored, &first).await? {
            break billed;
        }
        stored = cx.subscription_now(id).await?.ok_or_else(gone)?;
    };
    let view = Subscription::of(&subscription, cx.mode());
    let reply = cx.created(&cx.writes().await?, &view, id).await?;
    Ok(reply.ok_or_else(|| Error::internal("an answer without writes was refused"))?)
}

/// What the body asks for, where the plan and the customer exist and agree with it.
async fn agree(cx: &Cx<BillingWrite>, body: Body) -> Result<NewSubscription, Problem> {
    let method = async {
        match body.payment_method_id {
            Some(id) => cx.payment_method_now(id).await,
            None => Ok(None),
        }
    };
    let (customer, plan, method) = tokio::try_join!(
        cx.customer_now(body.customer_id),
        cx.plan_now(&body.plan_id),
        method
    )?;
    if customer.is_none() {
        return Err(Error::no_such("customer", body.customer_id, "/customer_id").into());
    }
    let Some(plan) = plan.map(Stored::into_inner) else {
        return Err(Error::no_such("plan", body.plan_id, "/plan_id").into());
    };
    let mut invalid = Invalid::default();
    if let Some(id) = body.payment_method_id {
        match method {
            None => return Err(Error::no_such("payment method", id, "/payment_method_id").into()),
            Some(method) if method.customer_id != body.customer_id => {
                invalid.push(
                    "/payment_method_id",
                    "wrong_customer",
                    "belongs to another customer",
                );
            }
            Some(_) => {}
        }
    }
    let cycle = cycle(&plan, body.billing_cycle, &mut invalid);
    if plan.price.pricing_model == PricingModel::Flat && body.quantity > 1 {
        invalid.push(
            "/quantity",
            "flat_plan",
            "must be 1: the plan costs the same for any quantity",
        );
    }
    if plan.price.of(body.quantity).is_err() {
        invalid.push(
            "/quantity",
            "out_of_range",
            "makes an amount that is too large",
        );
    }
    invalid.into_result()?;
    Ok(NewSubscription {
        customer_id: body.customer_id,
        plan_id: body.plan_id,
        trial_period_days: body.trial_period_days.unwrap_or(plan.trial_period_days),
        price: plan.price,
        billing_cycle: cycle,
        quantity: body.quantity,
        collection_method: body.collection_method,
        days_until_due: body.days_until_due,
        payment_method_id: body.payment_method_id,
        metadata: body.metadata,
    })
}

/// The cycle that the caller and the plan agree on.
fn cycle(plan: &Plan, asked: Option<BillingCycle>, invalid: &mut Invalid) -> BillingCycle {
    let offered = BillingCycle::of(plan.price.interval, plan.price.interval_count);
    match (asked, offered) {
        (None, Some(offered)) => offered,
        // Two months have no name of their own; the plan says what is meant.
        (None, None) => BillingCycle::Monthly,
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
        assert!(units.write_tenths <= 30, "{units:?}");
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
                     "days_until_due": -1, "metadata": 1, "coupon_id": "c", "start_date": "x", "customerid": "x" }),
                400,
                vec![
                    "/customer_id",
                    "/plan_id",
                    "/billing_cycle",
                    "/auto_collection",
                    "/trial_period_days",
                    "/quantity",
                    "/payment_method_id",
                    "/collection_method",
                    "/days_until_due",
                    "/metadata",
                    "/coupon_id",
                    "/start_date",
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
}
