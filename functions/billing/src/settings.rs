//! What a business decides about its billing.

mod get_billing_settings;
mod update_billing_settings;

use api::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(
        get_billing_settings::get_billing_settings,
        update_billing_settings::update_billing_settings
    ))
}
