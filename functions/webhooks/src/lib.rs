//! Webhook endpoints, what was sent to them, and the log of events.
//!
//! | operation | route |
//! |---|---|
//! | `create_webhook` | `POST /v3/webhooks` |
//! | `list_webhooks` | `GET /v3/webhooks` |
//! | `get_webhook` | `GET /v3/webhooks/{id}` |
//! | `update_webhook` | `PATCH /v3/webhooks/{id}` |
//! | `delete_webhook` | `DELETE /v3/webhooks/{id}` |
//! | `list_webhook_deliveries` | `GET /v3/webhooks/{id}/deliveries` |
//! | `test_webhook` | `POST /v3/webhooks/{id}/test` |
//! | `list_events` | `GET /v3/events` |
//! | `get_event` | `GET /v3/events/{id}` |
//!
//! # Determinations
//! - An endpoint has no events of its own: whoever listens to `*` would hear of its own wiring.
//! - A test event goes to the tested endpoint alone, whatever the endpoint listens to, and stands in the log like any other.
//! - The secret is shown in the answer that creates the endpoint. A replay of that answer by its `Idempotency-Key`, and every
//!   later answer, is without it, so that what was read can be sent back in a `PATCH`.

mod create_webhook;
mod delete_webhook;
mod event_type;
mod get_event;
mod get_webhook;
mod list_events;
mod list_webhook_deliveries;
mod list_webhooks;
mod settings;
mod test_webhook;
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
        .routes(routes!(test_webhook::test_webhook))
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
