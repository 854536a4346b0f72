//! Plans, subscriptions, invoices and usage.
//!
//! | operation | route |
//! |---|---|
//! | `create_plan` | `POST /v3/plans` |
//! | `list_plans` | `GET /v3/plans` |
//! | `get_plan` | `GET /v3/plans/{id}` |
//! | `update_plan` | `PATCH /v3/plans/{id}` |
//! | `delete_plan` | `DELETE /v3/plans/{id}` |
//! | `create_subscription` | `POST /v3/subscriptions` |
//! | `list_subscriptions` | `GET /v3/subscriptions` |
//! | `get_subscription` | `GET /v3/subscriptions/{id}` |
//! | `cancel_subscription` | `POST /v3/subscriptions/{id}/cancel` |
//! | `get_subscription_usage` | `GET /v3/subscriptions/{id}/usage` |
//! | `record_usage` | `POST /v3/usage` |
//! | `list_invoices` | `GET /v3/invoices` |
//! | `get_invoice` | `GET /v3/invoices/{id}` |
//! | `get_invoice_pdf` | `GET /v3/invoices/{id}/pdf` |

mod cancel_subscription;
mod create_plan;
mod create_subscription;
mod delete_plan;
mod get_invoice;
mod get_invoice_pdf;
mod get_plan;
mod get_subscription;
mod get_subscription_usage;
mod list_invoices;
mod list_plans;
mod list_subscriptions;
mod paper;
mod record_usage;
#[cfg(test)]
mod testing;
mod update_plan;

use api::{App, Config, Invocation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_plan::create_plan, list_plans::list_plans))
        .routes(routes!(
            get_plan::get_plan,
            update_plan::update_plan,
            delete_plan::delete_plan
        ))
        .routes(routes!(
            create_subscription::create_subscription,
            list_subscriptions::list_subscriptions
        ))
        .routes(routes!(get_subscription::get_subscription))
        .routes(routes!(cancel_subscription::cancel_subscription))
        .routes(routes!(get_subscription_usage::get_subscription_usage))
        .routes(routes!(record_usage::record_usage))
        .routes(routes!(list_invoices::list_invoices))
        .routes(routes!(get_invoice::get_invoice))
        .routes(routes!(get_invoice_pdf::get_invoice_pdf))
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    Ok(api::http_function(api::finish(
        routes().into(),
        App::new(config)?,
    )))
}
