//! Taxes that invoices name.

mod create_tax_rate;
mod get_tax_rate;
mod list_tax_rates;
mod update_tax_rate;

use api::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_tax_rate::create_tax_rate,
            list_tax_rates::list_tax_rates
        ))
        .routes(routes!(
            get_tax_rate::get_tax_rate,
            update_tax_rate::update_tax_rate
        ))
}
