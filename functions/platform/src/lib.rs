//! Businesses, their credentials, the test clock, and health.
//!
//! # Determinations
//! - Credentials live in real time: their `created`, `expires_at` and `revoked_at` follow the wall clock, never a test clock.
//! - A secret is shown in the answer that makes it and is kept nowhere, so a replay of that answer by its
//!   `Idempotency-Key` shows `null` in its place.
//! - Nobody hands out more than they have: neither by making a credential nor by rotating one. Ending one is always allowed.
//! - A live key may make test keys, which are then seen by test keys only. A test key cannot make live ones.

mod advance_test_clock;
mod create_account;
mod create_api_key;
mod create_oauth_client;
mod delete_oauth_client;
mod delete_test_clock;
mod get_account;
mod get_api_key;
mod get_health;
mod get_oauth_client;
mod get_test_clock;
mod key_secrets;
mod list_api_keys;
mod list_oauth_clients;
mod revoke_api_key;
mod rotate_api_key;
mod scopes;
mod test_mode;
#[cfg(test)]
mod testing;
mod update_account;

use api::{App, Config, Invocation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create_account::create_account))
        .routes(routes!(
            get_account::get_account,
            update_account::update_account
        ))
        .routes(routes!(
            create_api_key::create_api_key,
            list_api_keys::list_api_keys
        ))
        .routes(routes!(
            get_api_key::get_api_key,
            revoke_api_key::revoke_api_key
        ))
        .routes(routes!(rotate_api_key::rotate_api_key))
        .routes(routes!(
            create_oauth_client::create_oauth_client,
            list_oauth_clients::list_oauth_clients
        ))
        .routes(routes!(
            get_oauth_client::get_oauth_client,
            delete_oauth_client::delete_oauth_client
        ))
        .routes(routes!(
            get_test_clock::get_test_clock,
            delete_test_clock::delete_test_clock
        ))
        .routes(routes!(advance_test_clock::advance_test_clock))
        .routes(routes!(get_health::get_health))
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    Ok(api::http_function(api::finish(
        routes().into(),
        App::new(config)?,
    )))
}
