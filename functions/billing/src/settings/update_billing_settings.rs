//! `PATCH /v3/billing-settings`

use api::input::{Field, Fields, Input, Patch};
use api::{BillingWrite, Cx, Done, Json, Problem, operation};
use models::billing::{
    AfterRetries, LateUsage, MAX_DEFAULT_TAX_RATES, MAX_RETRIES, MAX_RETRY_DAYS,
    MAX_TEXT_MESSAGES_PER_DAY, ProrationUnit, Seller,
};
use models::event::EventType;
use models::ids::{Id, TaxRate};
use models::{Error, Result, View};
use store::Session;
use views::rocketsavvy::BillingSettings;

/// What is printed on an invoice of who sells.
#[derive(Debug, Input)]
#[input(name = "Seller")]
pub(crate) struct SellerFields {
    /// The name in law.
    #[input(chars = 1..=200, example = "Acme Ltd")]
    name: String,
    /// Lines of 1 to 100 characters.
    #[input(by = address_lines, default, example = ["1 High Street", "London"])]
    address_lines: Vec<String>,
    #[input(chars = 1..=50, numbers = "tax number", example = "GB123456789")]
    tax_id: Option<String>,
    #[input(email, example = "billing@example.com")]
    email: Option<String>,
}

/// What is to be changed; `null` restores the default.
#[derive(Debug, Input)]
pub(crate) struct BillingSettingsChanges {
    /// Days from each refused attempt to the next one; none for no retries.
    #[input(by = retry_days, example = [3, 5, 7, 14, 21])]
    retry_days: Patch<Vec<u32>>,
    /// What happens to the subscription after the last retry.
    #[input(choice, example = "cancel")]
    after_retries: Patch<AfterRetries>,
    /// By what a change within a period is measured.
    #[input(choice, example = "second")]
    proration: Patch<ProrationUnit>,
    /// What happens to usage that is reported after its period was billed.
    #[input(choice, example = "next_invoice")]
    late_usage: Patch<LateUsage>,
    /// The rates of an invoice where nothing else is said.
    #[input(by = tax_rates, then = each_once, example = ["txr_rs_123456"])]
    default_tax_rates: Patch<Vec<Id<TaxRate>>>,
    /// Days from an invoice that is sent to its due date.
    #[input(range = 0..=365, example = 30)]
    days_until_due: Patch<u32>,
    /// Text messages that are sent in a day of UTC at the most; 0 for none. What is beyond it fails with `daily_limit`.
    #[input(range = 0..=MAX_TEXT_MESSAGES_PER_DAY, example = 1000)]
    text_messages_per_day: Patch<u32>,
    /// What is printed at the foot of an invoice.
    #[input(chars = 1..=500, example = "Thank you for your business.")]
    invoice_footer: Patch<String>,
    /// The account's name is printed if it is absent.
    seller: Patch<SellerFields>,
}

fn retry_days(fields: &mut Fields<'_>, name: &'static str) -> Field<Vec<u32>> {
    fields.counts(name, MAX_RETRIES, 1..=MAX_RETRY_DAYS)
}

fn tax_rates(fields: &mut Fields<'_>, name: &'static str) -> Field<Vec<Id<TaxRate>>> {
    fields.ids(name, 0..=MAX_DEFAULT_TAX_RATES)
}

fn each_once(
    fields: &mut Fields<'_>,
    name: &str,
    ids: Vec<Id<TaxRate>>,
) -> Option<Vec<Id<TaxRate>>> {
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() == ids.len() {
        return Some(ids);
    }
    fields.reject(name, "duplicate", "must name each tax rate once");
    None
}

fn address_lines(fields: &mut Fields<'_>, name: &'static str) -> Field<Vec<String>> {
    fields.list(name, 0..=6, 1..=100, |line| {
        let good = !line.contains(char::is_control);
        good.then(|| line.to_owned())
            .ok_or_else(|| "lines must have no line breaks".to_owned())
    })
}

impl From<SellerFields> for Seller {
    fn from(fields: SellerFields) -> Self {
        Self {
            name: fields.name,
            address_lines: fields.address_lines,
            tax_id: fields.tax_id,
            email: fields.email,
        }
    }
}

impl BillingSettingsChanges {
    fn apply(self, before: models::billing::BillingSettings) -> models::billing::BillingSettings {
        let default = models::billing::BillingSettings::default();
        models::billing::BillingSettings {
            retry_days: self
                .retry_days
                .apply(Some(before.retry_days))
                .unwrap_or(default.retry_days),
            after_retries: self.after_retries.apply_or_default(before.after_retries),
            proration: self.proration.apply_or_default(before.proration),
            late_usage: self.late_usage.apply_or_default(before.late_usage),
            default_tax_rates: self
                .default_tax_rates
                .apply_or_default(before.default_tax_rates),
            days_until_due: self
                .days_until_due
                .apply(Some(before.days_until_due))
                .unwrap_or(default.days_until_due),
            text_messages_per_day: self
                .text_messages_per_day
                .apply(Some(before.text_messages_per_day))
                .unwrap_or(default.text_messages_per_day),
            invoice_footer: self.invoice_footer.apply(before.invoice_footer),
            seller: self.seller.map(Seller::from).apply(before.seller),
        }
    }
}

/// Update the billing settings
///
/// Changes the fields that are given, for the key's mode alone. Invoices and payment attempts made from now on follow
/// them.
#[operation(patch, "/v3/billing-settings", tag = "billing")]
pub(crate) async fn update_billing_settings(
    cx: Cx<BillingWrite>,
    Json(body): Json<BillingSettingsChanges>,
) -> Result<Done<BillingSettings>, Problem> {
    if let Patch::Set(ids) = &body.default_tax_rates {
        usable(&cx, ids).await?;
    }
    let stored = cx.billing_settings_now().await?;
    let before = stored.as_deref().cloned().unwrap_or_default();
    let settings = body.apply(before.clone());
    let mut writes = cx.writes().await?;
    if settings != before {
        let event = Some(EventType::BillingSettingsUpdated);
        match &stored {
            Some(stored) => writes.update(stored, &settings, event)?,
            None => writes.create(&settings, event).map(drop)?,
        }
    }
    cx.done(&writes, &BillingSettings::of(&settings, cx.mode())?)
        .await
}

/// Refuses rates that do not exist or are switched off.
async fn usable(session: &Session, ids: &[Id<TaxRate>]) -> Result<()> {
    let rates = session.tax_rates_by_ids(ids).await?;
    for id in ids {
        let found = rates.iter().find(|rate| rate.id == *id);
        match found {
            None => return Err(Error::no_such("tax rate", id, "/default_tax_rates")),
            Some(rate) if !rate.active => {
                let detail = format!("{id} is switched off");
                return Err(Error::invalid("/default_tax_rates", "inactive", detail));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use testkit::{Call, World};

    const PATH: &str = "/v3/billing-settings";

    async fn rate(api: &Call, active: bool) -> String {
        let body = json!({ "display_name": "VAT", "percentage": 20, "active": active });
        api.post("/v3/tax-rates", body)
            .await
            .text_of("id")
            .to_owned()
    }

    fn defaults() -> Value {
        json!({
            "retry_days": [3, 5, 7, 14, 21], "after_retries": "cancel", "proration": "second", "late_usage": "next_invoice",
            "default_tax_rates": [], "days_until_due": 30, "text_messages_per_day": 1000, "invoice_footer": null, "seller": null, "livemode": false,
        })
    }

    #[tokio::test]
    async fn nothing_is_written_until_somebody_changes_something() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let before = world.dump().len();
        assert_eq!(*api.get(PATH).await.expect(200), defaults());
        let same = json!({ "retry_days": [3, 5, 7, 14, 21], "days_until_due": 30, "seller": null });
        assert_eq!(*api.patch(PATH, same).await.expect(200), defaults());
        assert_eq!(world.dump().len(), before);
    }

    #[tokio::test]
    async fn what_is_set_stays_and_null_restores_the_default() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let (first, second) = (rate(&api, true).await, rate(&api, true).await);
        let change = json!({
            "retry_days": [], "after_retries": "unpaid", "proration": "day", "late_usage": "reject",
            "default_tax_rates": [second, first], "days_until_due": 0, "text_messages_per_day": 0, "invoice_footer": "Thank you.",
            "seller": { "name": "Acme Ltd", "address_lines": ["1 High Street", "London"], "tax_id": "GB1", "email": "a@example.com" },
        });
        let mut want = change.clone();
        want["livemode"] = json!(false);
        world.meter.take();
        assert_eq!(*api.patch(PATH, change).await.expect(200), want);
        assert_eq!(world.meter.take().write_tenths, 10);
        assert_eq!(*api.get(PATH).await.expect(200), want);
        // The seller is changed as a whole.
        want["seller"] =
            json!({ "name": "Acme Inc", "address_lines": [], "tax_id": null, "email": null });
        want["proration"] = json!("second");
        let change = json!({ "seller": { "name": "Acme Inc" }, "proration": null });
        assert_eq!(*api.patch(PATH, change).await.expect(200), want);
        for other in [&world.theirs.test_key, &world.ours.live_key] {
            let settings = api.with_key(other).get(PATH).await;
            assert_eq!(settings.expect(200)["retry_days"], json!([3, 5, 7, 14, 21]));
        }
        let nulls = json!({
            "retry_days": null, "after_retries": null, "proration": null, "late_usage": null, "default_tax_rates": null,
            "days_until_due": null, "text_messages_per_day": null, "invoice_footer": null, "seller": null,
        });
        assert_eq!(*api.patch(PATH, nulls).await.expect(200), defaults());
    }

    #[tokio::test]
    async fn a_default_tax_rate_exists_and_is_active() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let (good, off) = (rate(&api, true).await, rate(&api, false).await);
        let theirs = rate(&api.with_key(&world.theirs.test_key), true).await;
        let six: Vec<String> = (1..=6).map(|n| format!("txr_rs_{n}")).collect();
        for (rates, status) in [
            (json!([off]), 400),
            (json!([good, theirs]), 404),
            (json!(["txr_rs_1"]), 404),
            (json!([good, good]), 400),
            (json!(["20"]), 400),
            (json!(six), 400),
        ] {
            let answer = api.patch(PATH, json!({ "default_tax_rates": rates })).await;
            answer.expect(status);
            assert_eq!(answer.pointers(), ["/default_tax_rates"], "{rates}");
        }
        assert_eq!(*api.get(PATH).await.expect(200), defaults());
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let world = World::new().await;
        let api = world.call(crate::routes());
        let body = json!({
            "retry_days": [0], "after_retries": "x", "proration": "hour", "late_usage": "drop", "default_tax_rates": [1],
            "days_until_due": 366, "text_messages_per_day": 100_001, "invoice_footer": "x".repeat(501),
            "seller": { "name": "", "address_lines": ["a\nb"], "tax_id": "", "email": "x", "phone": 1, "emaill": 1 },
            "retry_dayz": [],
        });
        let answer = api.patch(PATH, body).await;
        answer.expect(400);
        let want = [
            "/retry_days",
            "/after_retries",
            "/proration",
            "/late_usage",
            "/default_tax_rates",
            "/days_until_due",
            "/text_messages_per_day",
            "/invoice_footer",
            "/seller/name",
            "/seller/address_lines",
            "/seller/tax_id",
            "/seller/email",
            "/seller/emaill",
            "/retry_dayz",
        ];
        assert_eq!(answer.pointers(), want);
    }
}
