//! `GET /docs/webhooks`: how to receive webhooks, with samples to copy.

use std::sync::LazyLock;

use axum::response::{Html, Response};
use http::header::CONTENT_SECURITY_POLICY;
use http::{HeaderMap, HeaderValue};

use crate::assets;
use api::conditional::{etag_of, reply};

/// What the page may do: be read. It has no script, and its only style is ours.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The sources that the page shows. They are compiled, or run, by the tests of the whole product.
const SAMPLES: [(&str, &str); 3] = [
    ("{{verify.py}}", include_str!("../samples/verify.py")),
    ("{{verify.ts}}", include_str!("../samples/verify.ts")),
    ("{{verify.rs}}", include_str!("../samples/verify.rs")),
];

/// The page with everything filled in, and its entity tag.
static PAGE: LazyLock<(String, String)> = LazyLock::new(|| {
    let page = page();
    let etag = etag_of(page.as_bytes());
    (page, etag)
});

/// Serves the page. It is checked at each visit, because it names the files of this deployment.
pub async fn get_webhook_guide(headers: HeaderMap) -> Response {
    let (page, etag) = &*PAGE;
    let mut response = reply(&headers, etag, Html(page.as_str()));
    // Also on a 304, whose headers replace those that the browser has kept.
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn page() -> String {
    let page = assets::named(include_str!("../page/webhooks.html").to_owned());
    SAMPLES.iter().fold(page, |page, (placeholder, source)| {
        page.replace(placeholder, escaped(source).trim_end())
    })
}

/// The text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{SAMPLES, escaped};
    use crate::testing::get;

    #[tokio::test]
    async fn the_guide_shows_every_sample_and_loads_only_our_style() {
        let page = get("/docs/webhooks", &[]).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        let html = page.text();
        assert!(!html.contains("{{"), "a placeholder is left");
        for (name, source) in SAMPLES {
            assert!(html.contains(escaped(source).trim_end()), "{name}");
            let lines = source.lines().count();
            assert!(lines <= 45, "{name} has {lines} lines");
        }
        let style = html.split("rel=\"stylesheet\" href=\"").nth(1).unwrap();
        let style = style.split('"').next().unwrap();
        assert_eq!(get(&format!("/docs/{style}"), &[]).await.status, 200);
    }

    #[tokio::test]
    async fn the_guide_works_without_a_script_and_without_another_host() {
        let page = get("/docs/webhooks", &[]).await;
        let policy = page.header("content-security-policy").to_owned();
        assert_eq!(
            policy,
            "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        );
        let html = page.text();
        for forbidden in ["<script", "<style", " style=", " onclick=", "src="] {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
        for link in html.split("href=\"").skip(1) {
            let link = link.split('"').next().unwrap();
            assert!(
                !link.starts_with("http") && !link.starts_with("//"),
                "{link}"
            );
        }
        let again = get("/docs/webhooks", &[("if-none-match", page.header("etag"))]).await;
        assert_eq!(again.status, 304);
        assert_eq!(again.header("content-security-policy"), policy);
        assert!(again.body.is_empty());
    }

    #[tokio::test]
    async fn every_entry_of_the_contents_leads_somewhere() {
        let html = get("/docs/webhooks", &[]).await.text();
        let targets = html.split("href=\"#").skip(1);
        let targets: Vec<&str> = targets
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert!(targets.len() > 12);
        for target in targets {
            assert!(html.contains(&format!(" id=\"{target}\"")), "{target}");
        }
    }
}
