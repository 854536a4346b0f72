//! The page on which a customer pays a row of a schedule: what is on it, and its HTML.
//!
//! It loads nothing and runs no script. Who knows its address may see it and pay, and nothing else: the address holds 128
//! random bits, of which the table knows the hash as the place to look, so there is nothing to guess and no cookie to ride on.

use std::sync::LazyLock;

use api::App;
use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, HOST, HeaderValue, REFERRER_POLICY};
use http::{HeaderMap, StatusCode};
use models::billing::{Refused, ScheduleRow, ScheduleStatus, Slot, SubscriptionStatus};
use models::event::Actor;
use models::ids::{self, Id};
use models::{Date, Error, Result, Zone};
use operations::{Context, ShownRow, amount_text, shown_row};
use sha2::{Digest, Sha256};
use store::{Via, keys};

/// Characters of the secret in an address: 128 bits in base64.
const CODE_CHARS: usize = 22;

/// Where the addresses of pages begin: what the installation says, or else where this request came in.
pub(crate) fn address(app: &App, headers: &HeaderMap) -> String {
    if let Some(url) = app.public_url() {
        return url.trim_end_matches('/').to_owned();
    }
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let host = host.unwrap_or("localhost");
    let name = host.split(':').next().unwrap_or_default();
    let scheme = match name {
        "127.0.0.1" | "localhost" => "http",
        _ => "https",
    };
    format!("{scheme}://{host}")
}

/// A page that was found by its address.
pub(crate) struct Found {
    pub(crate) context: Context,
    pub(crate) subscription: Id<ids::Subscription>,
    pub(crate) slot: Slot,
    pub(crate) shown: ShownRow,
}

/// Finds the page: 1 query and 2 reads. What is no address of a page does not exist.
pub(crate) async fn find(app: &App, code: &str) -> Result<Found> {
    let absent = || Error::not_found("payment", "");
    let plain = code
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if code.len() != CODE_CHARS || !plain {
        return Err(absent());
    }
    let hash = keys::sha256(code);
    let key = app.table().payment_page(&hash).await?.ok_or_else(absent)?;
    let scope = key.scope().ok_or_else(absent)?;
    let (subscription, slot) = keys::schedule_parts(&key).ok_or_else(absent)?;
    let via = Via {
        actor: Actor("payment_page".to_owned()),
        request: None,
    };
    let context = app.context(scope, via);
    let shown = shown_row(&context, subscription, slot)
        .await?
        .filter(|shown| shown.row.page_hash == hash)
        .ok_or_else(absent)?;
    Ok(Found {
        context,
        subscription,
        slot,
        shown,
    })
}

/// What is wrong with a form, by field, and with all of it.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    pub(crate) number: Option<&'static str>,
    pub(crate) expiry: Option<&'static str>,
    pub(crate) cvc: Option<&'static str>,
}

impl Mistakes {
    pub(crate) const fn any(&self) -> bool {
        self.number.is_some() || self.expiry.is_some() || self.cvc.is_some()
    }
}

/// What the page shows.
enum State<'a> {
    /// A form; overdue or not, after a refusal or not.
    Open {
        overdue: bool,
        refused: Option<String>,
        mistakes: &'a Mistakes,
    },
    /// The outcome of a payment is awaited.
    UnderWay,
    Paid {
        number: Option<String>,
    },
    Cancelled,
    Paused,
    /// The business takes no cards here.
    NoGateway,
}

/// The page as it is now. 4 reads at the most.
pub(crate) async fn show(found: &Found, mistakes: &Mistakes) -> Result<Response> {
    let context = &found.context;
    let (row, subscription) = (&found.shown.row, &found.shown.subscription);
    let account = context.account().await?;
    let invoice = match row.invoice_id {
        Some(id) => context.invoice(id).await?,
        None => None,
    };
    let status = row.status_in(subscription);
    let state = match status {
        ScheduleStatus::Completed => State::Paid {
            number: invoice.as_ref().and_then(|invoice| invoice.number.clone()),
        },
        ScheduleStatus::Cancelled => State::Cancelled,
        _ if subscription.status == SubscriptionStatus::Paused => State::Paused,
        _ if invoice
            .as_ref()
            .is_some_and(|invoice| invoice.processing.is_some()) =>
        {
            State::UnderWay
        }
        _ if context.gateway().is_err() => State::NoGateway,
        ScheduleStatus::Pending | ScheduleStatus::Active | ScheduleStatus::Suspended => {
            State::Open {
                overdue: row.expired_at.is_some(),
                refused: invoice
                    .as_ref()
                    .and_then(|invoice| invoice.refused.as_ref())
                    .map(refusal),
                mistakes,
            }
        }
    };
    let name = account
        .map(|account| account.name)
        .unwrap_or_else(|| "Payment".to_owned());
    let content = content(
        &name,
        &subscription.main()?.price.name,
        row,
        &state,
        &subscription.zone,
    )?;
    let status = if mistakes.any() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    Ok(respond(status, &document(&name, &content)))
}

/// What the customer may know of a refusal.
fn refusal(refused: &Refused) -> String {
    let message = refused.message.trim();
    if message.is_empty() {
        "The card was declined.".to_owned()
    } else {
        message.to_owned()
    }
}

fn content(
    business: &str,
    what: &str,
    row: &ScheduleRow,
    state: &State<'_>,
    zone: &Zone,
) -> Result<String> {
    let amount = amount_text(row.amount);
    let mut html = format!("<p class=\"from\">{}</p>", escape(business));
    let due = long(row.scheduled_for);
    let lines = |rows: &[(&str, String)]| {
        let lines: String = rows
            .iter()
            .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", escape(value)))
            .collect();
        format!("<dl>{lines}</dl>")
    };
    let bill = lines(&[("For", what.to_owned()), ("Due", due.clone())]);
    match state {
        State::Open {
            overdue,
            refused,
            mistakes,
        } => {
            html.push_str(&format!("<h1>{amount}</h1>{bill}"));
            if *overdue {
                let last = long(row.grace_date);
                html.push_str(&notice("late", &format!("This payment is overdue: the last day for it was {last}. You can still pay it here.")));
            }
            if mistakes.any() {
                html.push_str(&notice(
                    "bad",
                    "Nothing was paid. Please check your card’s details.",
                ));
            } else if let Some(message) = refused {
                let text = format!(
                    "The last attempt was declined: {message} You can try again, or use another card."
                );
                html.push_str(&notice("bad", &text));
            }
            html.push_str(&form(&amount, mistakes));
        }
        State::UnderWay => {
            html.push_str(&format!("<h1>{amount}</h1>{bill}"));
            html.push_str(&notice("late", "Your payment is being processed. Open this page again in a few minutes to see your receipt."));
        }
        State::Paid { number } => {
            html.push_str(&format!(
                "<h1>{amount}</h1>{}",
                notice("good", "Paid. Thank you!")
            ));
            html.push_str(&lines(&receipt(what, row, number.as_deref(), zone)?));
        }
        State::Cancelled => {
            html.push_str(&format!("<h1>{amount}</h1>{bill}"));
            html.push_str(&notice(
                "late",
                "This payment was cancelled. There is nothing to pay.",
            ));
        }
        State::Paused => {
            html.push_str(&format!("<h1>{amount}</h1>{bill}"));
            html.push_str(&notice(
                "late",
                "This payment is suspended. There is nothing to pay at present.",
            ));
        }
        State::NoGateway => {
            html.push_str(&format!("<h1>{amount}</h1>{bill}"));
            let text = format!("Cards are not taken here at present. Please contact {business}.");
            html.push_str(&notice("late", &text));
        }
    }
    Ok(html)
}

fn receipt(
    what: &str,
    row: &ScheduleRow,
    number: Option<&str>,
    zone: &Zone,
) -> Result<Vec<(&'static str, String)>> {
    let mut lines = vec![("For", what.to_owned())];
    if let Some(receipt) = &row.receipt {
        lines.push(("Paid on", long(zone.date(receipt.received_at)?)));
        let card = receipt
            .method
            .as_deref()
            .and_then(|method| method.strip_prefix("card_ending_"));
        if let Some(last4) = card {
            lines.push(("Card", format!("ending in {last4}")));
        }
        if let Some(id) = receipt.payment_id {
            lines.push(("Reference", id.to_string()));
        }
    }
    lines.extend(number.map(|number| ("Invoice", number.to_owned())));
    Ok(lines)
}

/// Something that whoever opens the page is told, also by a screen reader.
fn notice(class: &str, text: &str) -> String {
    let role = if class == "bad" { "alert" } else { "status" };
    format!("<p class=\"{class}\" role=\"{role}\">{}</p>", escape(text))
}

fn form(amount: &str, mistakes: &Mistakes) -> String {
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
        "<form method=\"post\">{number}<div class=\"two\">{expiry}{cvc}</div><button>Pay {amount}</button></form>"
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

fn document(business: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>Payment to {}</title><style>{STYLE}</style></head><body><main>{content}</main></body></html>",
        escape(business)
    )
}

fn respond(status: StatusCode, html: &str) -> Response {
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
fn long(date: Date) -> String {
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
