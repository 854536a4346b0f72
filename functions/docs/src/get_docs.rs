//! `GET /docs`: the API reference page.

use std::sync::LazyLock;

use axum::response::{Html, Response};
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderMap, HeaderValue};

use crate::assets;
use crate::documents::DOCUMENTS;
use api::conditional::{etag_of, reply};

/// What the page may do: run our files, style itself, and talk to this deployment. Nothing comes from or goes to another
/// host, no script stands in the page or is made from text. The renderer writes style elements, which differ from
/// operation to operation, into its shadow roots; hence `unsafe-inline` for styles, which here have nowhere to send
/// anything.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page with the names of its files filled in, and its entity tag.
static PAGE: LazyLock<(String, String)> = LazyLock::new(|| {
    let page = page();
    let etag = etag_of(page.as_bytes());
    (page, etag)
});

/// Serves the page. It is checked at each visit, because it names the files of this deployment.
pub async fn get_docs(headers: HeaderMap) -> Response {
    let (page, etag) = &*PAGE;
    let mut response = reply(&headers, etag, Html(page.as_str()));
    // Also on a 304, whose headers replace those that the browser has kept.
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn page() -> String {
    let options = lines(|dialect, title| format!("<option value=\"{dialect}\">{title}</option>"));
    let links =
        lines(|dialect, title| format!("<li><a href=\"openapi/{dialect}.json\">{title}</a></li>"));
    let page = include_str!("../page/docs.html")
        .replace("{{dialects}}", &options)
        .replace("{{links}}", &links);
    assets::named(page)
}

fn lines(write: impl Fn(&str, &str) -> String) -> String {
    DOCUMENTS
        .iter()
        .map(|document| write(document.dialect, document.title))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use crate::assets::ASSETS;
    use crate::documents::DOCUMENTS;
    use crate::testing::get;

    #[tokio::test]
    async fn the_page_offers_every_dialect_and_loads_only_what_is_served() {
        let page = get("/docs", &[]).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        let html = page.text();
        assert!(!html.contains("{{"), "a placeholder is left");
        for document in &DOCUMENTS {
            assert!(html.contains(&format!("<option value=\"{}\">", document.dialect)));
            assert!(html.contains(&format!("href=\"openapi/{}.json\"", document.dialect)));
        }
        assert!(html.contains("href=\"docs/webhooks\""));
        for asset in ASSETS.iter().filter(|asset| asset.name != "guide.css") {
            assert!(html.contains(&format!("=\"docs/{}\"", asset.file_name)));
            let path = format!("/docs/{}", asset.file_name);
            assert_eq!(get(&path, &[]).await.status, 200);
        }
    }

    #[tokio::test]
    async fn the_page_may_run_only_our_files_and_talk_only_to_us() {
        let page = get("/docs", &[]).await;
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        // The policy forbids scripts that stand in the page: there must be none to forbid.
        let html = page.text();
        assert!(!html.contains("<script>") && !html.contains(" onclick="));
        let policy = page.header("content-security-policy");
        let again = get("/docs", &[("if-none-match", page.header("etag"))]).await;
        assert_eq!(again.status, 304);
        assert_eq!(again.header("content-security-policy"), policy);
        assert_eq!(again.header("cache-control"), "public, no-cache");
        assert!(again.body.is_empty());
    }

    #[tokio::test]
    async fn no_file_of_ours_names_another_host() {
        let ours = [
            include_str!("../page/docs.html"),
            include_str!("../page/docs.js"),
            include_str!("../page/docs.css"),
            include_str!("../page/guide.css"),
        ];
        for text in ours {
            // The name of the SVG language is no address that anybody calls.
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("://"), "{text}");
        }
    }
}
