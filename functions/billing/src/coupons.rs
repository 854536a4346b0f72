//! Money off.

mod create_coupon;
mod delete_coupon;
mod get_coupon;
mod list_coupons;
mod update_coupon;

use api::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_coupon::create_coupon,
            list_coupons::list_coupons
        ))
        .routes(routes!(
            get_coupon::get_coupon,
            update_coupon::update_coupon,
            delete_coupon::delete_coupon
        ))
}
