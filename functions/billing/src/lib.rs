//! Plans, subscriptions, invoices and usage; coupons, tax rates and what a business decides about its billing.

mod coupons;
mod credit_notes;
mod invoices;
mod pdf;
mod plans;
mod settings;
mod subscriptions;
mod tax_rates;
#[cfg(test)]
mod testing;
mod usage;

use api::{App, Config, Invocation};
use utoipa_axum::router::OpenApiRouter;

/// The routes and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(plans::routes())
        .merge(coupons::routes())
        .merge(tax_rates::routes())
        .merge(subscriptions::routes())
        .merge(invoices::routes())
        .merge(credit_notes::routes())
        .merge(usage::routes())
        .merge(settings::routes())
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    Ok(api::http_function(api::finish(
        routes().into(),
        App::new(config)?,
    )))
}
