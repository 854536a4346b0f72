//! What was used.

mod amend_usage;
mod deprecate_usage;
mod get_subscription_usage;
mod list_usage;
mod record_usage;
mod record_usage_batch;
pub(crate) mod usage_log;
pub(crate) mod usage_report;

use api::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(record_usage::record_usage, list_usage::list_usage))
        .routes(routes!(record_usage_batch::record_usage_batch))
        .routes(routes!(
            amend_usage::amend_usage,
            deprecate_usage::deprecate_usage
        ))
        .routes(routes!(get_subscription_usage::get_subscription_usage))
}
