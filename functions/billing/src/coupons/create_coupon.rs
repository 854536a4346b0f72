//! `POST /v3/coupons`

use api::input::{Fields, Input};
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use models::billing::{Duration, Terms};
use models::event::EventType;
use models::ids::{self, Slug};
use models::{Currency, Error, Metadata, Moment, Money, Timestamp, View};
use rust_decimal::Decimal;
use views::rocketsavvy::Coupon;

/// The longest that a coupon repeats: ten years.
const MAX_MONTHS: u32 = 120;

/// How long a coupon takes off. The months stand in for those that are told beside it.
const DURATIONS: &[(&str, Duration)] = &[
    ("forever", Duration::Forever),
    ("once", Duration::Once),
    ("repeating", Duration::Repeating { months: 0 }),
];

/// A new coupon: `percent_off`, or `amount_off` and `currency`.
#[derive(Debug, Input)]
#[input(rules = Self::rules, check = Self::check)]
pub(crate) struct NewCoupon {
    /// Its name in the API, 1 to 64 of `A-Z a-z 0-9 _ -`; generated if it is absent.
    #[input(example = "coupon_welcome")]
    id: Option<Slug<ids::Coupon>>,
    /// Its name on invoices.
    #[input(chars = 1..=200, example = "Welcome")]
    name: String,
    /// At most 4 digits after the decimal point.
    #[input(percentage = true, example = 12.5)]
    percent_off: Option<Decimal>,
    /// Minor units of each invoice.
    #[input(minor = 1)]
    amount_off: Option<i64>,
    /// Of `amount_off`.
    currency: Option<Currency>,
    /// `once` if it is absent.
    #[input(choice = DURATIONS, default = Duration::Once, example = "repeating")]
    duration: Duration,
    /// For `repeating`: calendar months from the redemption.
    #[input(range = 1..=MAX_MONTHS, example = 3)]
    duration_in_months: Option<u32>,
    /// How often it can be redeemed.
    #[input(range = 1..=1_000_000_000, example = 100)]
    max_redemptions: Option<u32>,
    /// The last moment at which it can be redeemed.
    redeem_by: Option<Timestamp>,
    #[input(default, example = { "campaign": "q4_promo" })]
    metadata: Metadata,
}

impl NewCoupon {
    /// Exactly one of a percentage and an amount, and the amount's currency.
    fn rules(fields: &mut Fields<'_>) {
        let given = |name| fields.gives(name);
        match (given("percent_off"), given("amount_off"), given("currency")) {
            (true, true, _) => {
                let detail = "contradicts percent_off: a coupon takes off one or the other";
                fields.reject("amount_off", "contradiction", detail);
            }
            (true, false, true) => {
                let detail = "is the currency of amount_off, which is absent";
                fields.reject("currency", "contradiction", detail);
            }
            (false, true, false) => fields.reject("currency", "required", "is required"),
            (false, false, _) => {
                let detail = "is required, or amount_off and currency";
                fields.reject("percent_off", "required", detail);
            }
            (true, false, false) | (false, true, true) => {}
        }
    }

    /// Months where it repeats, and else none.
    fn check(&self, fields: &mut Fields<'_>) {
        match (self.duration, self.duration_in_months) {
            (Duration::Repeating { .. }, None) => {
                fields.reject("duration_in_months", "required", "is required");
            }
            (Duration::Once | Duration::Forever, Some(_)) => {
                let detail = "is for the duration repeating";
                fields.reject("duration_in_months", "contradiction", detail);
            }
            (Duration::Repeating { .. }, Some(_)) | (Duration::Once | Duration::Forever, None) => {}
        }
    }

    fn terms(&self) -> Result<Terms, Error> {
        match (self.percent_off, self.amount_off, self.currency) {
            (Some(percent), _, _) => Ok(Terms::Percent(percent)),
            (None, Some(amount), Some(currency)) => Ok(Terms::Amount(Money::new(amount, currency))),
            _ => Err(Error::internal("a coupon that takes nothing off")),
        }
    }

    fn duration(&self) -> Duration {
        match (self.duration, self.duration_in_months) {
            (Duration::Repeating { .. }, Some(months)) => Duration::Repeating { months },
            (duration, _) => duration,
        }
    }
}

/// Create a coupon
///
/// Creates a coupon: an amount or a percentage off, for a time. You choose its id. What it takes off cannot be changed
/// later; create another coupon for that.
#[operation(post, "/v3/coupons", tag = "billing")]
pub(crate) async fn create_coupon(
    cx: Cx<BillingWrite>,
    Json(body): Json<NewCoupon>,
) -> Result<Created<Coupon>, Problem> {
    let now = cx.now().await?;
    if body.redeem_by.is_some_and(|last| last <= now) {
        return Err(Error::invalid("/redeem_by", "not_later", "must be in the future").into());
    }
    let (terms, duration) = (body.terms()?, body.duration());
    let redeem_by = body.redeem_by.map(Timestamp::whole_second);
    cx.insert_named(body.id, |id, writes| {
        let coupon = models::billing::Coupon {
            id: id.clone(),
            name: body.name.clone(),
            terms,
            duration,
            max_redemptions: body.max_redemptions,
            redeem_by,
            times_redeemed: 0,
            active: true,
            metadata: body.metadata.clone(),
            created: now,
            deleted: None,
        };
        writes.create(&coupon, Some(EventType::CouponCreated))?;
        Coupon::of(&coupon, Moment::at(now, cx.mode()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    #[tokio::test]
    async fn a_coupon_of_a_percentage_is_created() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/coupons").await.expect(200);
        world.meter.take();
        let body = json!({
            "id": "coupon_welcome", "name": "Welcome", "percent_off": 12.5, "duration": "repeating",
            "duration_in_months": 3, "max_redemptions": 100, "redeem_by": "2026-02-01T00:00:00+01:00",
            "metadata": { "campaign": "q4_promo" },
        });
        let answer = api.post("/v3/coupons", body.clone()).await;
        let want = json!({
            "id": "coupon_welcome", "name": "Welcome", "percent_off": 12.5, "amount_off": null, "currency": null,
            "duration": "repeating", "duration_in_months": 3, "max_redemptions": 100,
            "redeem_by": "2026-01-31T23:00:00Z", "times_redeemed": 0, "active": true, "valid": true,
            "metadata": { "campaign": "q4_promo" }, "created": "2026-01-15T12:00:00Z", "livemode": false,
        });
        assert_eq!(*answer.expect(201), want);
        assert_eq!(answer.headers["location"], "/v3/coupons/coupon_welcome");
        // Two for the coupon, and two to see that no deleted one had its name.
        assert_eq!(world.meter.take().write_tenths, 40);
        assert_eq!(api.get("/v3/coupons/coupon_welcome").await.body, want);
        assert_eq!(api.get("/v3/coupons").await.body["data"], json!([want]));
        let again = api.post("/v3/coupons", body.clone()).await;
        assert_eq!(
            (again.status.as_u16(), again.text_of("code")),
            (409, "already_exists")
        );
        let theirs = api.with_key(&world.theirs.test_key);
        theirs.get("/v3/coupons/coupon_welcome").await.expect(404);
        theirs.post("/v3/coupons", body).await.expect(201);
    }

    #[tokio::test]
    async fn a_coupon_of_an_amount_is_for_once_where_nothing_else_is_said() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "name": "Five off", "amount_off": 500, "currency": "usd" });
        let answer = api.post("/v3/coupons", body).await;
        let coupon = answer.expect(201);
        assert!(answer.text_of("id").starts_with("coupon_"));
        let part = |name: &str| coupon[name].clone();
        assert_eq!(part("percent_off"), Value::Null);
        assert_eq!(
            (part("amount_off"), part("currency")),
            (json!(500), json!("USD"))
        );
        assert_eq!(
            (part("duration"), part("duration_in_months")),
            (json!("once"), Value::Null)
        );
        assert_eq!(
            (part("max_redemptions"), part("redeem_by")),
            (Value::Null, Value::Null)
        );
    }

    #[tokio::test]
    async fn a_percentage_keeps_its_digits() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        for (percent, printed) in [
            ("33.3333", "33.3333"),
            ("\"12.50\"", "12.5"),
            ("100.0", "100"),
        ] {
            let body = format!(r#"{{"name":"A","percent_off":{percent},"duration":"forever"}}"#);
            let answer = api.send(http::Method::POST, "/v3/coupons", &body).await;
            answer.expect(201);
            let found = answer
                .text
                .contains(&format!(r#""percent_off":{printed},"#));
            assert!(found, "{}", answer.text);
        }
    }

    #[tokio::test]
    async fn every_wrong_field_and_every_contradiction_is_named() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let before = world.dump().len();
        let cases = [
            (json!({ "name": "A" }), vec!["/percent_off"]),
            (
                json!({ "name": "A", "percent_off": null }),
                vec!["/percent_off"],
            ),
            (
                json!({ "name": "A", "percent_off": 10, "amount_off": 5, "currency": "USD" }),
                vec!["/amount_off"],
            ),
            (
                json!({ "name": "A", "percent_off": 10, "currency": "USD" }),
                vec!["/currency"],
            ),
            (json!({ "name": "A", "amount_off": 5 }), vec!["/currency"]),
            (
                json!({ "name": "A", "amount_off": 0, "currency": "USD" }),
                vec!["/amount_off"],
            ),
            (
                json!({ "name": "A", "percent_off": 10, "duration": "repeating" }),
                vec!["/duration_in_months"],
            ),
            (
                json!({ "name": "A", "percent_off": 10, "duration_in_months": 3 }),
                vec!["/duration_in_months"],
            ),
            (
                json!({ "name": "A", "percent_off": 10, "duration": "forever", "duration_in_months": 3 }),
                vec!["/duration_in_months"],
            ),
            (
                json!({ "name": "A", "percent_off": 10, "redeem_by": "2026-01-15T12:00:00Z" }),
                vec!["/redeem_by"],
            ),
            (
                json!({ "name": "A", "percent_of": 10 }),
                vec!["/percent_off", "/percent_of"],
            ),
            (
                json!({ "id": "a b", "name": "", "percent_off": 100.5, "currency": "x", "duration": "twice", "duration_in_months": 121,
                    "max_redemptions": 0, "redeem_by": "soon", "metadata": [] }),
                vec![
                    "/id",
                    "/name",
                    "/percent_off",
                    "/currency",
                    "/duration",
                    "/duration_in_months",
                    "/max_redemptions",
                    "/redeem_by",
                    "/metadata",
                    "/currency",
                ],
            ),
        ];
        for (body, pointers) in cases {
            let answer = api.post("/v3/coupons", body.clone()).await;
            answer.expect(400);
            assert_eq!(answer.pointers(), pointers, "{body}");
        }
        assert_eq!(world.dump().len(), before);
    }
}
