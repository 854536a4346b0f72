//! Webhook endpoints, what was sent to them, and the log of events.
//!
//! # Determinations
//! - Changing an endpoint makes no event: whoever listens to `*` would hear of its own wiring. What an endpoint does by itself
//!   (`endpoint.disabled`, `delivery.failing`, `delivery.exhausted`, `delivery.recovered`) does: it stands in `GET /v3/events`
//!   and goes to the other endpoints that listen to it, never to the one that it tells of.
//! - A test event goes to the tested endpoint alone, whatever the endpoint listens to, and stands in the log like any other.
//! - The secret is shown in the answer that creates the endpoint or rotates the secret. A replay of that answer by its
//!   `Idempotency-Key`, and every later answer, is without it, so that what was read can be sent back in a `PATCH`.
//! - There is one way for a secret to change: a rotation. A `secret` in a `PATCH` is one with an overlap of 24 hours.
//! - The values of an endpoint's own headers whose names say that they are credentials are `********` wherever they are shown,
//!   the answer to their own request included; sent back in a `PATCH` they stay as they are. They are in no event and no log.
//! - The id of a delivery is made of those of its event and its endpoint. It is known before there is anything to look up: a
//!   delivery is first written with the outcome of its first attempt, so until then it is 404.
//! - The document's `del_rs_123456` is such an id no more than any other of its ids: callers take them as they come.
//! - That an attempt is being made is not written down: it would cost a write for each attempt, be true for some milliseconds,
//!   and stay for ever where the process dies. So there is no status `sending`; `pending` and `failed` include it.
//! - The deliveries of an endpoint go with it.
//! - An event carries a record, so who may not read the record reads it in no event and no delivery either, and cannot have it
//!   sent: neither by an endpoint of its own, nor by changing the URL or the secret of another one, nor by sending again.
//!   `*` takes every group, because it matches what is added later. Deleting an endpoint takes `webhooks:write` alone.

mod access;
mod create_webhook;
mod delete_webhook;
mod event_type;
mod get_delivery;
mod get_event;
mod get_webhook;
mod get_webhook_recovery;
mod list_events;
mod list_webhook_deliveries;
mod list_webhooks;
mod recover_webhook;
mod resend_delivery;
mod rotate_webhook_secret;
mod settings;
mod test_webhook;
#[cfg(test)]
mod testing;
mod update_webhook;

use api::{App, Config, Invocation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_webhook::create_webhook,
            list_webhooks::list_webhooks
        ))
        .routes(routes!(
            get_webhook::get_webhook,
            update_webhook::update_webhook,
            delete_webhook::delete_webhook
        ))
        .routes(routes!(list_webhook_deliveries::list_webhook_deliveries))
        .routes(routes!(rotate_webhook_secret::rotate_webhook_secret))
        .routes(routes!(
            recover_webhook::recover_webhook,
            get_webhook_recovery::get_webhook_recovery
        ))
        .routes(routes!(test_webhook::test_webhook))
        .routes(routes!(get_delivery::get_delivery))
        .routes(routes!(resend_delivery::resend_delivery))
        .routes(routes!(list_events::list_events))
        .routes(routes!(get_event::get_event))
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    Ok(api::http_function(api::finish(
        routes().into(),
        App::new(config)?,
    )))
}
