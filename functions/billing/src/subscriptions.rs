//! Running agreements on plans.

pub(crate) mod begun;
mod cancel_subscription;
pub(crate) mod changes;
mod create_subscription;
mod get_subscription;
mod list_subscriptions;
mod pause_subscription;
mod preview_subscription;
mod resume_subscription;
pub(crate) mod terms;
pub(crate) mod update_subscription;

use api::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_subscription::create_subscription,
            list_subscriptions::list_subscriptions
        ))
        .routes(routes!(
            get_subscription::get_subscription,
            update_subscription::update_subscription
        ))
        .routes(routes!(preview_subscription::preview_subscription))
        .routes(routes!(pause_subscription::pause_subscription))
        .routes(routes!(resume_subscription::resume_subscription))
        .routes(routes!(cancel_subscription::cancel_subscription))
}
