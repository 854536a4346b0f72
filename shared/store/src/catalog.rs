//! What billing chooses from: coupons, tax rates, and what a business decided about it.

use models::billing::{BillingSettings, Coupon, TaxRate};
use models::ids::{self, Id};
use models::{Result, Scope, Timestamp};

use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::session::Session;

impl Record for Coupon {
    const TYPE: &'static str = "coupon";
    const NAMED: bool = true;

    fn key(&self, scope: &Scope) -> Key {
        keys::named(scope, &self.id)
    }

    fn deleted(&self) -> Option<Timestamp> {
        self.deleted
    }
}

impl Record for TaxRate {
    const TYPE: &'static str = "txr";

    fn key(&self, scope: &Scope) -> Key {
        keys::record(scope, self.id)
    }
}

impl Record for BillingSettings {
    const TYPE: &'static str = "billing_settings";

    fn key(&self, scope: &Scope) -> Key {
        keys::billing_settings(scope)
    }
}

impl Session {
    /// The tax rates with these ids, each once and in that order, without those that do not exist. One `BatchGetItem` of at
    /// most 100, or none. Reads may be a moment old: what is computed with a rate never changes.
    pub async fn tax_rates_by_ids(&self, ids: &[Id<ids::TaxRate>]) -> Result<Vec<Stored<TaxRate>>> {
        let mut keys: Vec<String> = Vec::with_capacity(ids.len());
        for id in ids {
            let digits = id.digits();
            // DynamoDB refuses a batch that names an item twice.
            if !keys.contains(&digits) {
                keys.push(digits);
            }
        }
        self.read_all(&keys::list::<ids::TaxRate>(&self.scope()), &keys)
            .await
    }

    /// What the business decided about its billing, or the defaults. One read.
    pub async fn billing_settings(&self) -> Result<BillingSettings> {
        let stored = self
            .load::<BillingSettings>(&keys::billing_settings(&self.scope()), false)
            .await?;
        Ok(stored.map(Stored::into_inner).unwrap_or_default())
    }

    /// The same as it is at this moment: it is about to be changed. `None` where nothing was ever. One consistent read.
    pub async fn billing_settings_now(&self) -> Result<Option<Stored<BillingSettings>>> {
        self.load(&keys::billing_settings(&self.scope()), true)
            .await
    }
}
