//! Members: Savvi v1, by which partners enrol them, and what v3 shows of members, partners and what these earn.

mod change;
mod create_call_center_member;
mod create_partner;
mod create_wholesale_member;
mod enroll;
mod export_enrollees;
mod find_member;
mod get_member;
mod get_member_settings;
mod get_partner;
mod get_statement;
mod list_emails;
mod list_enrollees;
mod list_members;
mod partner;
mod password_page;
mod schema;
mod subscribe;
mod update_call_center_member;
mod update_member_settings;
mod update_wholesale_member;
mod welcome;

use api::{App, Config, Invocation};
use axum::Router;
use axum::routing::get;
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

/// The routes of v3 and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_members::list_members))
        .routes(routes!(get_member::get_member))
        .routes(routes!(create_partner::create_partner))
        .routes(routes!(get_partner::get_partner))
        .routes(routes!(list_enrollees::list_enrollees))
        .routes(routes!(export_enrollees::export_enrollees))
        .routes(routes!(get_statement::get_statement))
        .routes(routes!(
            get_member_settings::get_member_settings,
            update_member_settings::update_member_settings
        ))
        .routes(routes!(list_emails::list_emails))
}

/// The page for members. It belongs to no API, so no document describes it.
pub fn pages() -> Router<App> {
    Router::new().route(
        "/m/{code}",
        get(password_page::get_password_page).post(password_page::set_password),
    )
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    let router = Router::from(savvi().merge(routes())).merge(pages());
    Ok(api::http_function(api::finish(router, App::new(config)?)))
}

#[cfg(test)]
mod tests;
