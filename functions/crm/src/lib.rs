//! Customers.

mod create_customer;
mod delete_customer;
mod get_customer;
mod list_customers;
mod profile;
mod update_customer;

use api::{App, Config, Invocation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_customer::create_customer,
            list_customers::list_customers
        ))
        .routes(routes!(
            get_customer::get_customer,
            update_customer::update_customer,
            delete_customer::delete_customer
        ))
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    Ok(api::http_function(api::finish(
        routes().into(),
        App::new(config)?,
    )))
}
