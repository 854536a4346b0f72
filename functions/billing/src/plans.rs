//! What can be subscribed to.

mod create_plan;
mod delete_plan;
mod get_plan;
mod list_plans;
pub(crate) mod price;
mod update_plan;

use api::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_plan::create_plan, list_plans::list_plans))
        .routes(routes!(
            get_plan::get_plan,
            update_plan::update_plan,
            delete_plan::delete_plan
        ))
}
