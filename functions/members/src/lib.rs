//! Members: Savvi v1, by which partners enrol them, and what v3 shows of members, partners and what these earn.
//!
//! | operation | route |
//! |---|---|
//! | `create_wholesale_member`, `…_by_query` | `POST`, `GET /api/v1/create_wholesale_member` |
//! | `update_wholesale_member`, `…_by_query` | `POST`, `GET /api/v1/update_wholesale_member` |
//! | `create_call_center_member`, `…_by_query` | `POST`, `GET /api/v1/create_call_center_member` |
//! | `update_call_center_member`, `…_by_query` | `POST`, `GET /api/v1/update_call_center_member` |
//! | `find_member`, `…_by_query` | `POST`, `GET /api/v1/find_member` |

mod change;
mod create_call_center_member;
mod create_wholesale_member;
mod enroll;
mod find_member;
mod schema;
mod subscribe;
mod update_call_center_member;
mod update_wholesale_member;
mod welcome;

use api::{App, Config, Invocation};
use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of Savvi and their descriptions.
pub fn savvi() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_wholesale_member::create_wholesale_member,
            create_wholesale_member::create_wholesale_member_by_query
        ))
        .routes(routes!(
            update_wholesale_member::update_wholesale_member,
            update_wholesale_member::update_wholesale_member_by_query
        ))
        .routes(routes!(
            create_call_center_member::create_call_center_member,
            create_call_center_member::create_call_center_member_by_query
        ))
        .routes(routes!(
            update_call_center_member::update_call_center_member,
            update_call_center_member::update_call_center_member_by_query
        ))
        .routes(routes!(
            find_member::find_member,
            find_member::find_member_by_query
        ))
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    let router = Router::from(savvi());
    Ok(api::http_function(api::finish(router, App::new(config)?)))
}

#[cfg(test)]
mod tests;
