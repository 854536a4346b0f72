//! `GET /openapi/{dialect}.json`: the OpenAPI document of a dialect.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Uri};

use crate::documents::DOCUMENTS;
use crate::not_found::not_found;
use api::conditional::reply;

/// Serves the document as it is committed, byte for byte.
pub async fn get_openapi(
    file_name: Result<Path<String>, PathRejection>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    // A name that cannot be decoded is a name that nothing has.
    let document = file_name.ok().and_then(|Path(name)| {
        let dialect = name.strip_suffix(".json")?;
        DOCUMENTS
            .iter()
            .find(|document| document.dialect == dialect)
    });
    match document {
        Some(document) => {
            let content = ([(CONTENT_TYPE, "application/json")], document.json);
            reply(&headers, &document.etag, content)
        }
        None => not_found(method, uri, headers).await,
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::documents::DOCUMENTS;
    use crate::testing::{get, send};

    #[tokio::test]
    async fn a_document_is_served_as_committed_and_only_when_it_is_new() {
        for document in &DOCUMENTS {
            let path = format!("/openapi/{}.json", document.dialect);
            let reply = get(&path, &[]).await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.header("content-type"), "application/json");
            assert_eq!(reply.header("cache-control"), "public, no-cache");
            assert_eq!(reply.text(), document.json);

            let etag = reply.header("etag");
            let again = get(&path, &[("if-none-match", etag)]).await;
            assert_eq!(again.status, 304);
            assert_eq!(again.header("etag"), etag);
            assert!(again.body.is_empty());

            let changed = get(&path, &[("if-none-match", "\"0000000000000000\"")]).await;
            assert_eq!(changed.status, 200);

            let head = send(Method::HEAD, &path, &[]).await;
            assert_eq!(head.status, 200);
            assert!(head.body.is_empty());
        }
    }

    #[tokio::test]
    async fn an_unknown_dialect_is_absent() {
        for path in [
            "/openapi/none.json",
            "/openapi/rocketsavvy",
            "/openapi/.json",
            "/openapi/%FF",
        ] {
            let reply = get(path, &[]).await;
            assert_eq!(reply.status, 404, "{path}");
            assert_eq!(
                reply.header("content-type"),
                "application/problem+json",
                "{path}"
            );
        }
    }
}
