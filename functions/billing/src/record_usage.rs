//! `POST /v3/usage`

use api::dialect::rocketsavvy::{Problems, Usage};
use api::input::{Fields, Input};
use api::{BillingWrite, Cx, Json, Problem, Reply};
use models::ids::{self, Id};
use models::{Error, Timestamp};
use rust_decimal::Decimal;
use store::IdempotencyKey;
use utoipa::ToSchema;

/// How old a report may be: Stripe's 35 days.
const OLDEST_SECONDS: i64 = 35 * 86_400;
/// How far the caller's clock may be ahead of ours: Stripe's 5 minutes.
const AHEAD_SECONDS: i64 = 300;

/// A report of usage.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a body")]
pub(crate) struct NewUsage {
    #[schema(example = "sub_rs_123456")]
    subscription_id: String,
    /// 1 to 64 of `A-Z a-z 0-9 _ - .` and spaces.
    #[schema(example = "api_calls")]
    metric_name: String,
    /// Not negative, at most 6 digits after the decimal point.
    #[schema(value_type = f64, example = 1500)]
    quantity: String,
    /// When it was used, at most 35 days ago and 5 minutes ahead; now where it is absent.
    #[schema(example = "2025-06-27T10:30:00Z")]
    timestamp: Option<String>,
    /// The same as the header `Idempotency-Key`, which wins where both are given.
    #[schema(example = "report-2025-06-27")]
    idempotency_key: Option<String>,
}

/// What the body says.
pub(crate) struct Body {
    subscription_id: Id<ids::Subscription>,
    metric_name: String,
    quantity: Decimal,
    timestamp: Option<Timestamp>,
    idempotency_key: Option<String>,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let subscription_id = fields.id("subscription_id").required(fields);
        let metric_name = fields.text("metric_name", 1..=64).required(fields);
        let quantity = fields.decimal("quantity").required(fields);
        let timestamp = fields.timestamp("timestamp").optional();
        let idempotency_key = fields.text("idempotency_key", 1..=200).optional();
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
        if metric_name
            .as_ref()
            .is_some_and(|name| !name.chars().all(plain))
        {
            fields.reject(
                "metric_name",
                "invalid_characters",
                "must consist of A-Z a-z 0-9 _ - . and spaces",
            );
        }
        if quantity.is_some_and(|quantity| quantity.is_sign_negative() && !quantity.is_zero()) {
            fields.reject("quantity", "out_of_range", "must not be negative");
        }
        Some(Self {
            subscription_id: subscription_id?,
            metric_name: metric_name?,
            quantity: quantity?,
            timestamp,
            idempotency_key,
        })
    }
}

impl Body {
    /// The key in the body, held like one in the header. It has its own names, so the two never meet.
    fn key(&self, route: String) -> Option<IdempotencyKey> {
        let report = format!(
            "{} {} {} {:?}",
            self.subscription_id, self.metric_name, self.quantity, self.timestamp
        );
        let key = format!("usage#{}", self.idempotency_key.as_ref()?);
        Some(IdempotencyKey {
            key,
            route,
            body_hash: store::keys::sha256(&report),
        })
    }
}

/// Record usage
///
/// 1 read and 1 write unit; with a key 1 read and 3 write units more. Send a key, in the header or in the body: a report that
/// is sent twice without one counts twice.
#[utoipa::path(
    post,
    path = "/v3/usage",
    tag = "billing",
    request_body = NewUsage,
    responses((status = 201, description = "The report.", body = Usage), Problems)
)]
pub(crate) async fn record_usage(
    cx: Cx<BillingWrite>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    if !cx.has_key()
        && let Some(key) = body.key(format!("POST {}", cx.path()))
        && let Some(kept) = cx.claim(key).await?
    {
        return Ok(kept.into());
    }
    let (now, subscription) =
        tokio::try_join!(cx.now(), cx.subscription_now(body.subscription_id))?;
    let missing = || Error::no_such("subscription", body.subscription_id, "/subscription_id");
    let subscription = subscription.ok_or_else(missing)?;
    if subscription.status.is_over() {
        let detail = format!("subscription {} has ended", subscription.id);
        return Err(Error::conflict("subscription_ended", detail).into());
    }
    let timestamp = body.timestamp.unwrap_or(now).whole_second();
    if timestamp > now.plus_seconds(AHEAD_SECONDS) || timestamp < now.plus_seconds(-OLDEST_SECONDS)
    {
        let detail = "must be at most 35 days ago and 5 minutes ahead";
        return Err(Error::invalid("/timestamp", "out_of_range", detail).into());
    }
    cx.insert(|id, writes| {
        let usage = models::billing::Usage {
            id,
            subscription_id: body.subscription_id,
            metric_name: body.metric_name.clone(),
            quantity: body.quantity,
            timestamp,
            created: now,
        };
        writes.create(&usage, None)?;
        Usage::of(&usage, cx.mode())
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn usage_adds_up_exactly_and_a_key_counts_once() {
        let world = World::new().await;
        let (api, id) = crate::testing::subscribed(&world).await;
        world.meter.take();
        let body = json!({ "subscription_id": id, "metric_name": "storage_gb", "quantity": 0.1 });
        let first = api.post("/v3/usage", body.clone()).await;
        assert_eq!(first.expect(201)["quantity"], json!(0.1));
        assert_eq!(world.meter.take().write_tenths, 10);
        for _ in 0..2 {
            api.idempotent("u-1")
                .post("/v3/usage", body.clone())
                .await
                .expect(201);
        }
        api.post(
            "/v3/usage",
            json!({ "subscription_id": id, "metric_name": "api_calls", "quantity": 1500 }),
        )
        .await
        .expect(201);
        let used = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
        let metrics = json!([
            { "metric_name": "api_calls", "total": 1500, "records": 1 },
            { "metric_name": "storage_gb", "total": 0.2, "records": 2 },
        ]);
        assert_eq!(used.expect(200)["metrics"], metrics);
    }

    #[tokio::test]
    async fn bad_reports_are_refused_by_field() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "subscription_id": "x", "metric_name": "a#b", "quantity": -1, "timestamp": "yesterday" });
        let answer = api.post("/v3/usage", body).await;
        answer.expect(400);
        assert_eq!(
            answer.pointers(),
            [
                "/subscription_id",
                "/timestamp",
                "/metric_name",
                "/quantity"
            ]
        );
        let body = json!({ "subscription_id": "sub_rs_1", "metric_name": "a", "quantity": 1 });
        assert_eq!(
            api.post("/v3/usage", body).await.pointers(),
            ["/subscription_id"]
        );
    }

    #[tokio::test]
    async fn a_key_in_the_body_counts_once_too() {
        let world = World::new().await;
        let (api, id) = crate::testing::subscribed(&world).await;
        let mut body = json!({
            "subscription_id": id, "metric_name": "api_calls", "quantity": 7, "idempotency_key": "r-1",
        });
        let first = api.post("/v3/usage", body.clone()).await;
        first.expect(201);
        let again = api.post("/v3/usage", body.clone()).await;
        assert_eq!(again.text, first.text);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        body["quantity"] = json!(8);
        assert_eq!(
            api.post("/v3/usage", body).await.text_of("code"),
            "idempotency_key_reused"
        );
        let used = api.get(&format!("/v3/subscriptions/{id}/usage")).await;
        assert_eq!(used.body["metrics"][0]["total"], 7);
    }
}
