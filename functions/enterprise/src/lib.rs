//! Reveknew enterprise v1: tiers, subscriptions that are paid by schedule, and the pages on which customers pay.

mod cancel_subscription;
mod client;
mod create_customer;
mod create_subscription;
mod create_tier;
mod create_token;
mod get_customer;
mod get_payment_page;
mod get_schedule;
mod get_subscription;
mod get_tier;
mod list_customer_subscriptions;
mod page;
mod pause_subscription;
mod pay_payment_page;
mod resend_reminder;
mod revoke_token;
mod schedule_by_date;
mod schedule_by_order;
mod scheduled;
mod update_customer;
mod update_schedule;
mod update_tier;

use api::{App, Config, Invocation};
use axum::Router;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of the API and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_token::create_token))
        .routes(routes!(revoke_token::revoke_token))
        .routes(routes!(
            create_customer::create_customer,
            update_customer::update_customer
        ))
        .routes(routes!(get_customer::get_customer))
        .routes(routes!(create_tier::create_tier))
        .routes(routes!(get_tier::get_tier, update_tier::update_tier))
        .routes(routes!(create_subscription::create_subscription))
        .routes(routes!(get_subscription::get_subscription))
        .routes(routes!(
            list_customer_subscriptions::list_customer_subscriptions
        ))
        .routes(routes!(cancel_subscription::cancel_subscription))
        .routes(routes!(pause_subscription::pause_subscription))
        .routes(routes!(get_schedule::get_schedule))
        .routes(routes!(
            update_schedule::update_schedule,
            resend_reminder::resend_reminder
        ))
        .routes(routes!(schedule_by_date::schedule_by_date))
        .routes(routes!(schedule_by_order::schedule_by_order))
}

/// The pages for people. They belong to no API, so no document describes them.
pub fn pages() -> Router<App> {
    Router::new().route(
        "/p/{code}",
        get(get_payment_page::get_payment_page).post(pay_payment_page::pay_payment_page),
    )
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    let router = Router::from(routes()).merge(pages());
    Ok(api::http_function(api::finish(router, App::new(config)?)))
}

#[cfg(test)]
mod tests;
