//! Text messages.

mod get_message;
mod list_messages;
mod receive_message;

use api::{App, Config, Invocation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_messages::list_messages))
        .routes(routes!(receive_message::receive_message))
        .routes(routes!(get_message::get_message))
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    Ok(api::http_function(api::finish(
        routes().into(),
        App::new(config)?,
    )))
}
