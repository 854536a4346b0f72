//! The HTML of the page: nothing in it is loaded, and nothing runs.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue, REFERRER_POLICY};
use models::Date;
use sha2::{Digest, Sha256};

use super::Mistakes;

/// Whose page it is, and how much.
pub(super) fn heading(business: &str, amount: &str) -> String {
    let business = escape(business);
    format!(
        "<p class=\"from\">{business}</p><h1>{}</h1>",
        escape(amount)
    )
}

/// What belongs to what, line by line.
pub(super) fn lines(rows: &[(&str, String)]) -> String {
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value)))
        .collect();
    format!("<dl>{}</dl>", lines.concat())
}

/// Something that whoever opens the page is told, also by a screen reader.
pub(super) fn notice(class: &str, text: &str) -> String {
    let role = if class == "bad" { "alert" } else { "status" };
    format!("<p class=\"{class}\" role=\"{role}\">{}</p>", escape(text))
}

/// The form of a card.
pub(super) fn form(amount: &str, mistakes: &Mistakes) -> String {
    let field = |id: &str, label: &str, hint: &str, attributes: &str, wrong: Option<&str>| {
        let (described, error) = match wrong {
            None => (String::new(), String::new()),
            Some(text) => (
                format!(" aria-invalid=\"true\" aria-describedby=\"{id}-error\""),
                format!(
                    "<span class=\"error\" id=\"{id}-error\">{}</span>",
                    escape(text)
                ),
            ),
        };
        format!(
            "<div class=\"field\"><label for=\"{id}\">{label} <small>{hint}</small></label>\
             <input id=\"{id}\" name=\"{id}\" inputmode=\"numeric\" required {attributes}{described}>{error}</div>"
        )
    };
    let number = field(
        "number",
        "Card number",
        "",
        "autocomplete=\"cc-number\" maxlength=\"23\"",
        mistakes.number,
    );
    let expiry = field(
        "expiry",
        "Expiry",
        "MM/YY",
        "autocomplete=\"cc-exp\" maxlength=\"7\" placeholder=\"MM/YY\"",
        mistakes.expiry,
    );
    let cvc = field(
        "cvc",
        "Security code",
        "",
        "autocomplete=\"cc-csc\" maxlength=\"4\"",
        mistakes.cvc,
    );
    format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"amount\" value=\"{amount}\">{number}<div class=\"two\">{expiry}{cvc}</div><button>Pay {amount}</button></form>"
    )
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#16181d;--soft:#555b66;--line:#8a909c;--paper:#fff;--ground:#eef0f3;--act:#0b57b7;--on:#fff;--bad:#a4161a;--badp:#fdecec;--good:#0b5d2a;--goodp:#e7f6ec;--late:#6b4300;--latep:#fff3db}\
@media(prefers-color-scheme:dark){:root{--ink:#f0f1f4;--soft:#b4bac6;--line:#7d8492;--paper:#1b1e24;--ground:#101216;--act:#8db9ff;--on:#0a1a33;--bad:#ffb3b5;--badp:#3d1416;--good:#9be3b4;--goodp:#10331d;--late:#ffd591;--latep:#3a2900}}\
*{box-sizing:border-box}\
body{margin:0;background:var(--ground);color:var(--ink);font:17px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\
main{max-width:26rem;margin:0 auto;padding:1.25rem;background:var(--paper);min-height:100vh}\
@media(min-width:30rem){main{min-height:0;margin:2rem auto;border-radius:.75rem}}\
.from{margin:0;font-weight:600;overflow-wrap:anywhere}\
h1{font-size:2.25rem;line-height:1.15;margin:.25rem 0 .75rem}\
dl{margin:0 0 1rem;border-top:1px solid var(--line)}\
dl div{display:flex;gap:1rem;justify-content:space-between;padding:.5rem 0;border-bottom:1px solid var(--line)}\
dt{color:var(--soft)}\
dd{margin:0;text-align:right;overflow-wrap:anywhere}\
p[role]{padding:.75rem;border-radius:.5rem;margin:0 0 1rem}\
.bad{color:var(--bad);background:var(--badp)}.good{color:var(--good);background:var(--goodp);font-weight:600}.late{color:var(--late);background:var(--latep)}\
.two{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}\
.field{margin-bottom:1rem}\
label{display:block;font-weight:600;margin-bottom:.25rem}\
small{font-weight:400;color:var(--soft);font-size:.85em}\
input{width:100%;padding:.75rem;font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:.5rem}\
input[aria-invalid]{border:2px solid var(--bad)}\
.error{display:block;color:var(--bad);margin-top:.25rem;font-size:.95em}\
button{width:100%;padding:.9rem;font:inherit;font-weight:700;color:var(--on);background:var(--act);border:0;border-radius:.5rem}\
:focus-visible{outline:3px solid var(--act);outline-offset:2px}";

/// Nothing is loaded, nothing runs, and the form goes back to where it came from.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// The whole page.
pub(super) fn document(business: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Payment to {}</title><style>{STYLE}</style></head><body><main>{content}</main></body></html>",
        escape(business)
    )
}

/// The page as a response.
pub(super) fn respond(status: StatusCode, html: &str) -> Response {
    let mut response = Response::new(Body::from(html.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(CONTENT_TYPE, html);
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        headers.insert("content-security-policy", policy);
    }
    // The address is the key: no link, log of another site or search engine is to have it.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

/// Text in HTML, between tags and in attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A day as people write it: `25 February 2026`.
pub(super) fn long(date: Date) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = date.to_string();
    let mut parts = text.split('-').map(str::parse::<usize>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) =
        (parts.next(), parts.next(), parts.next())
    else {
        return text;
    };
    let month = month.checked_sub(1).and_then(|index| MONTHS.get(index));
    month.map_or(text, |month| format!("{day} {month} {year}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_no_markup() {
        assert_eq!(
            escape("<b>\"A\" & 'B'</b>"),
            "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;"
        );
        assert_eq!(long("2026-02-05".parse().unwrap()), "5 February 2026");
    }

    #[test]
    fn the_page_loads_nothing() {
        let html = document("A", &form("1.00 USD", &Mistakes::default()));
        for outside in [
            "http:", "https:", "//", "src=", "url(", "@import", "<script",
        ] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(POLICY.starts_with("default-src 'none'; style-src 'sha256-"));
    }
}
