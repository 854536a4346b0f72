//! `PATCH /v3/tax-rates/{id}`

use api::dialect::rocketsavvy::{Problems, TaxRate};
use api::input::{Fields, Input, MetadataChanges, Patch};
use api::{BillingWrite, Cx, Json, Path, Problem, Reply};
use models::Error;
use models::event::EventType;
use models::ids::{self, Id};
use utoipa::ToSchema;

/// What may be changed of a tax rate.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "the schema of the input; it is read into a patch")]
pub(crate) struct TaxRateChanges {
    /// What later invoices call it.
    #[schema(example = "VAT")]
    display_name: Option<String>,
    /// ISO 3166, two letters.
    #[schema(example = "GB")]
    country: Option<String>,
    /// Whose tax it is within the country.
    jurisdiction: Option<String>,
    #[schema(example = "Standard rate until 2027")]
    description: Option<String>,
    /// Whether it can be put on anything new.
    #[schema(example = false)]
    active: Option<bool>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[schema(value_type = BTreeMap<String, Option<String>>, required = false, example = json!({}))]
    metadata: Option<()>,
}

/// What the body says.
pub(crate) struct Body {
    display_name: Option<String>,
    country: Patch<String>,
    jurisdiction: Patch<String>,
    description: Patch<String>,
    active: Option<bool>,
    metadata: MetadataChanges,
}

impl Input for Body {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let body = Self {
            display_name: fields.text("display_name", 1..=50).optional(),
            country: fields.country("country").patch(),
            jurisdiction: fields.text("jurisdiction", 1..=100).patch(),
            description: fields.text("description", 1..=500).patch(),
            active: fields.boolean("active").optional(),
            metadata: fields.metadata_changes(),
        };
        for fixed in ["percentage", "inclusive"] {
            if fields.has(fixed) {
                let detail = "cannot be changed: switch this rate off and create another";
                fields.reject(fixed, "immutable", detail);
            }
        }
        Some(body)
    }
}

/// Update a tax rate
///
/// Its percentage, and whether prices include it, are for good. What has a rate that is switched off keeps it. 1 read and
/// 1 write unit.
#[utoipa::path(
    patch,
    path = "/v3/tax-rates/{id}",
    tag = "billing",
    params(("id" = String, Path, description = "The tax rate.", example = "txr_rs_123456")),
    request_body = TaxRateChanges,
    responses((status = 200, description = "The tax rate.", body = TaxRate), Problems)
)]
pub(crate) async fn update_tax_rate(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::TaxRate>>,
    Json(body): Json<Body>,
) -> Result<Reply, Problem> {
    let stored = cx
        .tax_rate_now(id)
        .await?
        .ok_or_else(|| Error::not_found("tax rate", id))?;
    let mut rate = (*stored).clone();
    if let Some(name) = body.display_name {
        rate.display_name = name;
    }
    rate.country = body.country.apply(rate.country);
    rate.jurisdiction = body.jurisdiction.apply(rate.jurisdiction);
    rate.description = body.description.apply(rate.description);
    rate.active = body.active.unwrap_or(rate.active);
    rate.metadata = body.metadata.apply(rate.metadata)?;
    let mut writes = cx.writes().await?;
    if rate != *stored {
        writes.update(&stored, &rate, Some(EventType::TaxRateUpdated))?;
    }
    cx.changed(&writes, &TaxRate::of(&rate, cx.mode())?).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use testkit::World;

    #[tokio::test]
    async fn a_tax_rate_is_renamed_and_switched_off_and_its_percentage_is_for_good() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({ "display_name": "VAT", "percentage": 20, "country": "GB", "description": "Standard" });
        let answer = api.post("/v3/tax-rates", body).await;
        let mut want = answer.expect(201).clone();
        let path = format!("/v3/tax-rates/{}", answer.text_of("id"));
        let refused = api
            .patch(
                &path,
                json!({ "percentage": 20, "inclusive": false, "display_name": "New" }),
            )
            .await;
        refused.expect(400);
        assert_eq!(refused.pointers(), ["/percentage", "/inclusive"]);
        let change = json!({
            "display_name": "New", "country": "FR", "jurisdiction": "Corsica", "description": null, "active": false,
            "metadata": { "a": "b" },
        });
        let changed = api.patch(&path, change.clone()).await;
        for (name, value) in change.as_object().unwrap() {
            want[name] = value.clone();
        }
        assert_eq!(*changed.expect(200), want);
        assert_eq!(api.get(&path).await.body, want);
        world.meter.take();
        api.patch(&path, json!({ "country": "fr" }))
            .await
            .expect(200);
        assert_eq!(world.meter.take().write_tenths, 0);
        let theirs = api.with_key(&world.theirs.test_key);
        theirs.patch(&path, json!({})).await.expect(404);
    }
}
