//! `GET /docs/{asset}`: a file that the page loads.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::assets::ASSETS;
use crate::negotiation::quality;
use crate::not_found::not_found;

/// Serves a file under the name that carries its hash, for a year: another content has another name.
///
/// The renderer is kept compressed only. Whoever refuses gzip (no browser does) is told so with 406, instead of this
/// function carrying a decompressor or the file twice.
pub async fn get_docs_asset(
    file_name: Result<Path<String>, PathRejection>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let asset = file_name
        .ok()
        .and_then(|Path(name)| ASSETS.iter().find(|asset| asset.file_name == name));
    let Some(asset) = asset else {
        return not_found(method, uri, headers).await;
    };
    if !asset.gzip {
        return cached(asset.content_type, asset.body);
    }
    let vary = [(VARY, "accept-encoding")];
    if accepts_gzip(&headers) {
        let encoding = [(CONTENT_ENCODING, "gzip")];
        (vary, encoding, cached(asset.content_type, asset.body)).into_response()
    } else {
        let sorry = "This file is served with Content-Encoding: gzip only.\n";
        (StatusCode::NOT_ACCEPTABLE, vary, sorry).into_response()
    }
}

fn cached(content_type: &'static str, body: &'static [u8]) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, body).into_response()
}

/// RFC 9110, section 12.5.3: without the header any coding is fine; `*` stands for those that are not named.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    if !headers.contains_key(ACCEPT_ENCODING) {
        return true;
    }
    let gzip = |coding: &str| matches!(coding, "gzip" | "x-gzip");
    quality(headers, &ACCEPT_ENCODING, gzip)
        .or_else(|| quality(headers, &ACCEPT_ENCODING, |coding| coding == "*"))
        .is_some_and(|quality| quality > 0)
}

#[cfg(test)]
mod tests {
    use crate::assets::ASSETS;
    use crate::testing::get;

    fn address_of(name: &str) -> String {
        let asset = ASSETS.iter().find(|asset| asset.name == name).unwrap();
        format!("/docs/{}", asset.file_name)
    }

    #[tokio::test]
    async fn a_file_is_kept_for_a_year_under_the_name_of_its_content() {
        let reply = get(&address_of("docs.css"), &[]).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(
            reply.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(reply.body, include_bytes!("../page/docs.css"));
        assert_eq!(get("/docs/docs.css", &[]).await.status, 404);
        assert_eq!(
            get("/docs/docs-0000000000000000.css", &[]).await.status,
            404
        );
    }

    #[tokio::test]
    async fn the_renderer_is_sent_compressed_to_whoever_can_read_that() {
        let address = address_of("openapi-explorer.js");
        for (accepted, status) in [
            (None, 200),
            (Some("gzip, deflate, br, zstd"), 200),
            (Some("*"), 200),
            (Some("br;q=1, gzip;q=0.1"), 200),
            (Some("identity"), 406),
            (Some("*, gzip;q=0"), 406),
            (Some(""), 406),
        ] {
            let headers = accepted.map(|value| ("accept-encoding", value));
            let reply = get(&address, headers.as_slice()).await;
            assert_eq!(reply.status, status, "{accepted:?}");
            assert_eq!(reply.header("vary"), "accept-encoding", "{accepted:?}");
            let encoding = if status == 200 { "gzip" } else { "" };
            assert_eq!(reply.header("content-encoding"), encoding, "{accepted:?}");
        }
        let reply = get(&address, &[]).await;
        assert_eq!(
            reply.header("content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            reply.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert!(reply.body.starts_with(&[0x1f, 0x8b]), "no gzip");
    }
}
