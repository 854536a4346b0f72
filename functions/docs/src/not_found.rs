//! The answer to a request that no function takes: 404, written as the dialect that the path belongs to writes it.

use api::dialect::shown_path;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde::Serialize;
use serde_json::json;

use crate::negotiation::quality;

/// Problem details, RFC 9457, with the members that every problem of `/v3` has.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// Answers with 404.
pub async fn not_found(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = &*shown_path(uri.path());
    let body = if is_under(path, "/api/v2") {
        suite()
    } else if is_under(path, "/api/v1") {
        savvi(&headers)
    } else if is_under(path, "/enterprise/v1") || is_under(path, "/oauth") {
        reveknew(&method, path)
    } else {
        rocketsavvy(&method, path, &headers)
    };
    (StatusCode::NOT_FOUND, body).into_response()
}

/// Whether a path is the prefix or below it: `/api/v1` and `/api/v1/users`, but not `/api/v10`.
fn is_under(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn suite() -> Response {
    Json(json!({"success": false, "message": "Not found"})).into_response()
}

/// The format is what `Accept` prefers; if it says nothing of either, that of the body that was sent.
fn savvi(headers: &HeaderMap) -> Response {
    let is_xml = |value: &str| matches!(value, "application/xml" | "text/xml");
    let xml = quality(headers, &ACCEPT, is_xml);
    let json = quality(headers, &ACCEPT, |value| value == "application/json");
    let wants_xml = if xml.is_none() && json.is_none() {
        quality(headers, &CONTENT_TYPE, is_xml).is_some()
    } else {
        xml > json
    };
    if wants_xml {
        let content_type = [(CONTENT_TYPE, "application/xml; charset=utf-8")];
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hash>\n  <error>Not found</error>\n</hash>\n";
        (content_type, body).into_response()
    } else {
        Json(json!({"error": "Not found"})).into_response()
    }
}

fn reveknew(method: &Method, path: &str) -> Response {
    Json(json!({"code": "not_found", "message": absence(method, path)})).into_response()
}

fn rocketsavvy(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    let problem = Problem {
        r#type: "urn:savvy:problem:not_found",
        title: "Not found",
        status: StatusCode::NOT_FOUND.as_u16(),
        detail: &absence(method, path),
        instance: path,
        code: "not_found",
        request_id: headers
            .get("request-id")
            .and_then(|value| value.to_str().ok()),
    };
    let content_type = [(CONTENT_TYPE, "application/problem+json")];
    (content_type, Json(problem)).into_response()
}

fn absence(method: &Method, path: &str) -> String {
    format!("No operation answers {method} {path}.")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use http::{Request, StatusCode};
    use serde_json::json;
    use tower::ServiceExt;

    use super::is_under;
    use crate::testing::get;

    #[test]
    fn a_prefix_ends_at_a_slash() {
        assert!(is_under("/api/v1", "/api/v1"));
        assert!(is_under("/api/v1/users", "/api/v1"));
        assert!(!is_under("/api/v10", "/api/v1"));
        assert!(!is_under("/v3/api/v1", "/api/v1"));
    }

    #[tokio::test]
    async fn a_card_number_in_a_path_is_not_repeated() {
        for path in [
            "/v3/customers/4242424242424242/x",
            "/4242424242424242",
            "/enterprise/v1/%34242424242424242",
        ] {
            let reply = get(path, &[]).await;
            assert_eq!(reply.status, 404, "{path}");
            let shown = reply.json().to_string();
            assert!(shown.contains("[card number]"), "{shown}");
            assert!(!shown.contains("42424"), "{shown}");
        }
    }

    #[tokio::test]
    async fn rocketsavvy_and_paths_of_no_dialect_get_a_problem() {
        for path in ["/v3/nothing", "/", "/api/v10/users", "/oauthority"] {
            let reply = get(path, &[("request-id", "req_1")]).await;
            assert_eq!(reply.status, 404, "{path}");
            assert_eq!(reply.header("content-type"), "application/problem+json");
            assert_eq!(
                reply.json(),
                json!({
                    "type": "urn:savvy:problem:not_found",
                    "title": "Not found",
                    "status": 404,
                    "detail": format!("No operation answers GET {path}."),
                    "instance": path,
                    "code": "not_found",
                    "request_id": "req_1",
                })
            );
        }
    }

    #[tokio::test]
    async fn a_wrong_method_is_told_the_right_ones() {
        for path in ["/docs", "/docs/docs.css", "/openapi/rocketsavvy.json"] {
            let request = Request::delete(path).body(Body::empty()).unwrap();
            let ids = Arc::new(models::IdSource::seeded(1));
            let router = api::with_layers(crate::router(), ids, api::Cors::default());
            let response = router.oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert_eq!(response.headers()["allow"], "GET,HEAD", "{path}");
        }
    }

    #[tokio::test]
    async fn suite_gets_its_envelope() {
        let reply = get("/api/v2/nothing", &[]).await;
        assert_eq!(reply.status, 404);
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(
            reply.json(),
            json!({"success": false, "message": "Not found"})
        );
    }

    #[tokio::test]
    async fn savvi_gets_the_format_of_the_caller() {
        for (headers, is_xml) in [
            (&[][..], false),
            (&[("accept", "application/json")], false),
            (&[("accept", "application/xml")], true),
            (&[("accept", "text/xml; charset=utf-8")], true),
            (
                &[("accept", "application/json;q=0.5, application/xml")],
                true,
            ),
            (
                &[("accept", "application/xml;q=0.5, application/json")],
                false,
            ),
            (
                &[("accept", "*/*"), ("content-type", "application/xml")],
                true,
            ),
            (&[("content-type", "text/xml; charset=utf-8")], true),
            (
                &[("accept", "application/json"), ("content-type", "text/xml")],
                false,
            ),
            (
                &[("content-type", "application/x-www-form-urlencoded")],
                false,
            ),
        ] {
            let reply = get("/api/v1/nothing", headers).await;
            assert_eq!(reply.status, 404);
            if is_xml {
                assert_eq!(
                    reply.header("content-type"),
                    "application/xml; charset=utf-8"
                );
                assert_eq!(
                    reply.text(),
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hash>\n  <error>Not found</error>\n</hash>\n"
                );
            } else {
                assert_eq!(
                    reply.header("content-type"),
                    "application/json",
                    "{headers:?}"
                );
                assert_eq!(reply.json(), json!({"error": "Not found"}));
            }
        }
    }

    #[tokio::test]
    async fn reveknew_gets_code_and_message() {
        for path in ["/enterprise/v1/business/1", "/oauth/authorize"] {
            let reply = get(path, &[]).await;
            assert_eq!(reply.status, 404);
            assert_eq!(
                reply.json(),
                json!({"code": "not_found", "message": format!("No operation answers GET {path}.")})
            );
        }
    }
}
