//! `PATCH /v3/tax-rates/{id}`

use api::input::{Change, Input, MetadataChanges, Patch};
use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::View;
use models::event::EventType;
use models::ids::{self, Id};
use views::rocketsavvy::TaxRate;

/// What may be changed of a tax rate.
#[derive(Debug, Input)]
#[input(fixed("percentage", "inclusive" => "cannot be changed: switch this rate off and create another"))]
pub(crate) struct TaxRateChanges {
    /// What later invoices call it.
    #[input(chars = 1..=50, example = "VAT")]
    display_name: Change<String>,
    /// ISO 3166, two letters.
    #[input(country, example = "GB")]
    country: Patch<String>,
    /// Whose tax it is within the country.
    #[input(chars = 1..=100)]
    jurisdiction: Patch<String>,
    #[input(chars = 1..=500, example = "Standard rate until 2027")]
    description: Patch<String>,
    /// Whether new invoices and subscriptions can use it.
    #[input(example = false)]
    active: Change<bool>,
    /// Keys that are given are set, those with `null` or an empty text are removed, all others stay; `null` removes all.
    #[input(example = {})]
    metadata: MetadataChanges,
}

/// Update a tax rate
///
/// Changes the fields that are given. The percentage, and whether prices include it, cannot be changed. What already
/// has a rate that is deactivated keeps it.
#[operation(patch, "/v3/tax-rates/{id}", tag = "billing")]
pub(crate) async fn update_tax_rate(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::TaxRate>>,
    Json(body): Json<TaxRateChanges>,
) -> Result<Done<TaxRate>, Problem> {
    let stored = cx.require_now(id).await?;
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
    cx.done(&writes, &TaxRate::of(&rate, cx.mode())?).await
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
