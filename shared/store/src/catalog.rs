//! What billing chooses from: coupons, tax rates, and what a business decided about it.

use models::billing::{BillingSettings, Coupon, TaxRate};
use models::ids::{self, Id, Slug};
use models::page::{Page, PageRequest};
use models::{Result, Scope};

use crate::item::{Record, Stored};
use crate::keys::{self, Key};
use crate::list::{Range, Span};
use crate::session::Session;

impl Record for Coupon {
    const TYPE: &'static str = "coupon";

    fn key(&self, scope: &Scope) -> Key {
        keys::named(scope, &self.id)
    }

    // A deleted coupon keeps its name, as a plan does: invoices speak of it.
    fn is_deleted(&self) -> bool {
        self.deleted.is_some()
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
    /// A coupon. One read.
    pub async fn coupon(&self, id: &Slug<ids::Coupon>) -> Result<Option<Stored<Coupon>>> {
        self.load(&keys::named(&self.scope(), id), false).await
    }

    /// A coupon as it is at this moment: it is about to be changed or redeemed. One consistent read.
    pub async fn coupon_now(&self, id: &Slug<ids::Coupon>) -> Result<Option<Stored<Coupon>>> {
        self.load(&keys::named(&self.scope(), id), true).await
    }

    /// Coupons in order of their names.
    pub async fn coupons(&self, page: &PageRequest) -> Result<Page<Stored<Coupon>>> {
        let range = Range {
            pk: keys::list::<ids::Coupon>(&self.scope()),
            span: Span::All,
            descending: false,
        };
        self.list(&range, page, &[]).await
    }

    /// A tax rate. One read.
    pub async fn tax_rate(&self, id: Id<ids::TaxRate>) -> Result<Option<Stored<TaxRate>>> {
        self.load(&keys::record(&self.scope(), id), false).await
    }

    /// A tax rate as it is at this moment: it is about to be changed. One consistent read.
    pub async fn tax_rate_now(&self, id: Id<ids::TaxRate>) -> Result<Option<Stored<TaxRate>>> {
        self.load(&keys::record(&self.scope(), id), true).await
    }

    /// Tax rates, newest first.
    pub async fn tax_rates(&self, page: &PageRequest) -> Result<Page<Stored<TaxRate>>> {
        let range = Range::newest_first(keys::list::<ids::TaxRate>(&self.scope()));
        self.list(&range, page, &[]).await
    }

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
