//! The API reference: a page that works without the internet, the OpenAPI documents behind it, a guide to webhooks, and the
//! answer to a request that no other function takes.
//!
//! Everything served here is compiled in. Nobody needs a credential, nothing is read from the store.
//!
//! | route | operation |
//! |---|---|
//! | `GET /docs` | [`get_docs`]: the page |
//! | `GET /docs/webhooks` | [`get_webhook_guide`]: how to receive webhooks |
//! | `GET /docs/{asset}` | [`get_docs_asset`]: scripts and styles of the pages, named by their content |
//! | `GET /openapi/{dialect}.json` | [`get_openapi`]: the document of a dialect |
//! | any other | [`not_found`]: 404 in the manner of the dialect that the path belongs to |

use axum::Router;
use axum::middleware;
use axum::routing::get;
use models::Error;

mod assets;
mod documents;
mod get_docs;
mod get_docs_asset;
mod get_openapi;
mod get_webhook_guide;
mod negotiation;
mod not_found;
mod security_headers;
#[cfg(test)]
mod testing;

pub use get_docs::get_docs;
pub use get_docs_asset::get_docs_asset;
pub use get_openapi::get_openapi;
pub use get_webhook_guide::get_webhook_guide;
pub use not_found::not_found;

/// The routes of this function, and what no other function has a route for.
pub fn router() -> Router {
    Router::new()
        .route("/docs", get(get_docs))
        .route("/docs/webhooks", get(get_webhook_guide))
        .route("/docs/{asset}", get(get_docs_asset))
        .route("/openapi/{dialect}", get(get_openapi))
        .fallback(not_found)
        .method_not_allowed_fallback(async || api::Problem(Error::MethodNotAllowed))
        .layer(middleware::map_response(security_headers::add))
}

/// The Lambda function.
pub fn function(config: &api::Config) -> models::Result<api::Invocation> {
    Ok(api::http_function(api::with_layers(
        router(),
        std::sync::Arc::clone(&config.ids),
        api::Cors::new(config.get("CORS_ORIGINS").unwrap_or_default()),
    )))
}

#[cfg(test)]
mod tests {
    use crate::testing::get;

    #[tokio::test]
    async fn every_answer_tells_browsers_to_be_careful() {
        for path in [
            "/docs",
            "/docs/webhooks",
            "/docs/no",
            "/openapi/rocketsavvy.json",
            "/v3/no",
            "/api/v2/no",
        ] {
            let reply = get(path, &[]).await;
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
            let policy = reply.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'; "),
                "{path}: {policy}"
            );
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
        }
    }
}
