//! `POST /v3/tax-rates`

use api::input::Input;
use api::{BillingWrite, Created, Cx, Json, Problem, operation};
use models::event::EventType;
use models::{Metadata, View};
use rust_decimal::Decimal;
use views::rocketsavvy::TaxRate;

/// A new tax rate.
#[derive(Debug, Input)]
pub(crate) struct NewTaxRate {
    /// What invoices call it.
    #[input(chars = 1..=50, example = "VAT")]
    display_name: String,
    /// At most 4 digits after the decimal point.
    #[input(percentage = false, example = 20)]
    percentage: Decimal,
    /// Whether the prices it is on include it; `false` if it is absent.
    #[input(default, example = false)]
    inclusive: bool,
    /// ISO 3166, two letters.
    #[input(country, example = "GB")]
    country: Option<String>,
    /// Whose tax it is within the country.
    #[input(chars = 1..=100)]
    jurisdiction: Option<String>,
    #[input(chars = 1..=500, example = "Standard rate")]
    description: Option<String>,
    /// Whether invoices and subscriptions can use it; `true` if it is absent.
    #[input(default = true, example = true)]
    active: bool,
    #[input(default, example = {})]
    metadata: Metadata,
}

/// Create a tax rate
///
/// Creates a tax rate for invoices. Its percentage, and whether prices include it, cannot be changed later; to replace
/// it, deactivate it and create another.
#[operation(post, "/v3/tax-rates", tag = "billing")]
pub(crate) async fn create_tax_rate(
    cx: Cx<BillingWrite>,
    Json(body): Json<NewTaxRate>,
) -> Result<Created<TaxRate>, Problem> {
    let now = cx.now().await?;
    cx.insert(|id, writes| {
        let rate = models::billing::TaxRate {
            id,
            display_name: body.display_name.clone(),
            percentage: body.percentage,
            inclusive: body.inclusive,
            country: body.country.clone(),
            jurisdiction: body.jurisdiction.clone(),
            description: body.description.clone(),
            active: body.active,
            metadata: body.metadata.clone(),
            created: now,
        };
        writes.create(&rate, Some(EventType::TaxRateCreated))?;
        TaxRate::of(&rate, cx.mode())
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::World;

    #[tokio::test]
    async fn a_tax_rate_is_created_for_one_write_unit() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        api.get("/v3/tax-rates").await.expect(200);
        world.meter.take();
        let body = json!({
            "display_name": "VAT", "percentage": 7.25, "inclusive": true, "country": "gb", "jurisdiction": "UK",
            "description": "Reduced", "active": false, "metadata": { "a": "b" },
        });
        let answer = api.post("/v3/tax-rates", body.clone()).await;
        let mut want = body;
        want["id"] = json!(answer.text_of("id"));
        want["country"] = json!("GB");
        want["created"] = json!("2026-01-15T12:00:00Z");
        want["livemode"] = json!(false);
        assert_eq!(*answer.expect(201), want);
        assert!(answer.text.contains(r#""percentage":7.25,"#));
        assert_eq!(world.meter.take().write_tenths, 10);
        let path = format!("/v3/tax-rates/{}", answer.text_of("id"));
        assert_eq!(*api.get(&path).await.expect(200), want);
        assert_eq!(api.get("/v3/tax-rates").await.body["data"], json!([want]));
        let theirs = api.with_key(&world.theirs.test_key);
        theirs.get(&path).await.expect(404);
    }

    #[tokio::test]
    async fn a_tax_rate_is_exclusive_and_active_where_nothing_else_is_said() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let answer = api
            .post(
                "/v3/tax-rates",
                json!({ "display_name": "GST", "percentage": "0" }),
            )
            .await;
        let rate = answer.expect(201);
        assert!(answer.text.contains(r#""percentage":0,"#));
        assert_eq!(
            (&rate["inclusive"], &rate["active"]),
            (&json!(false), &json!(true))
        );
        for absent in ["country", "jurisdiction", "description"] {
            assert_eq!(rate[absent], Value::Null);
        }
    }

    #[tokio::test]
    async fn rates_are_found_together_in_the_order_that_was_asked_for() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let mut ids: Vec<models::Id<models::ids::TaxRate>> = Vec::new();
        for _ in 0..2 {
            let body = json!({ "display_name": "VAT", "percentage": 20 });
            let answer = api.post("/v3/tax-rates", body).await;
            ids.push(answer.text_of("id").parse().unwrap());
        }
        let asked = [ids[1], ids[0].successor().unwrap(), ids[0], ids[1]];
        let found = async |scope| {
            let context = world.app.scheduled(scope, None);
            let rates = context.tax_rates_by_ids(&asked).await.unwrap();
            rates.iter().map(|rate| rate.id).collect::<Vec<_>>()
        };
        assert_eq!(found(world.ours.test()).await, [ids[1], ids[0]]);
        assert_eq!(found(world.theirs.test()).await, []);
        let context = world.app.scheduled(world.ours.test(), None);
        world.meter.take();
        assert!(context.tax_rates_by_ids(&[]).await.unwrap().is_empty());
        assert_eq!(world.meter.take().round_trips(), 0);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let before = world.dump().len();
        let body = json!({
            "display_name": "", "percentage": 100.1, "inclusive": "yes", "country": "GBR", "jurisdiction": 1,
            "description": "", "active": 1, "metadata": [],
        });
        let answer = api.post("/v3/tax-rates", body).await;
        answer.expect(400);
        let want = [
            "/display_name",
            "/percentage",
            "/inclusive",
            "/country",
            "/jurisdiction",
            "/description",
            "/active",
            "/metadata",
        ];
        assert_eq!(answer.pointers(), want);
        let answer = api.post("/v3/tax-rates", json!({})).await;
        assert_eq!(answer.pointers(), ["/display_name", "/percentage"]);
        assert_eq!(world.dump().len(), before);
    }
}
