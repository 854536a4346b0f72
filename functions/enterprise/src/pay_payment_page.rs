//! `POST /p/{code}`: a customer pays.

use api::{App, Door, Form, Problem};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use models::payments::{Card, card_number};
use models::{Error, Result, Timestamp};
use operations::{RowPayment, pay_row};
use providers::gateway::RawCard;
use secrecy::{ExposeSecret, SecretString};

use crate::page::{Found, Mistakes, find, find_again, show};

/// Takes the payment and sends the browser back to the page, which shows how that went: loading it again pays nothing again.
///
/// The form says which amount its page showed: where another one is owed by now, nothing is paid and the page shows that. After ten
/// payments that failed within 24 hours it is 429, with `Retry-After`, and no card is tried. The card
/// becomes a token right here; no number is kept, logged or shown again. 10 round trips and 15 write units.
pub(crate) async fn pay_payment_page(
    State(app): State<App>,
    door: Door,
    code: std::result::Result<Path<String>, PathRejection>,
    Form(form): Form,
) -> Result<Response, Problem> {
    // An address that cannot be decoded is one that no page has.
    let Path(code) = code.or(Err(Error::not_found("payment", "")))?;
    let found = find(&app, &door, &code).await?;
    let mut mistakes = Mistakes::default();
    let now = found.context.now().await?;
    let form = form.unwrap_or_default();
    let seen = form.iter().find(|(name, _)| name == "amount");
    let seen = seen.map(|(_, amount)| amount.as_str());
    let raw = read(&form, now, &mut mistakes)?;
    let back = Redirect::to(&format!("/p/{code}")).into_response();
    let Some(raw) = raw else {
        return Ok(show(&found, &mistakes).await?);
    };
    if found.context.gateway().is_err() {
        return Ok(back);
    }
    let Some(card) = tokenize(&found, &raw, &mut mistakes)? else {
        return Ok(show(&found, &mistakes).await?);
    };
    match pay_row(&found.context, found.scheduled, &card, seen).await? {
        RowPayment::Changed => {
            mistakes.changed = true;
            let found = find_again(&app, &code).await?;
            Ok(show(&found, &mistakes).await?)
        }
        RowPayment::TooManyFailed(until) => {
            let found = find_again(&app, &code).await?;
            let page = show(&found, &mistakes).await?;
            Ok(until_then(page, until, now))
        }
        // Whatever came of it is written down, and the page shows that.
        RowPayment::Closed | RowPayment::UnderWay | RowPayment::Refused(_) => Ok(back),
    }
}

/// The page as 429, with the seconds until it takes cards again.
fn until_then(mut page: Response, until: Timestamp, now: Timestamp) -> Response {
    *page.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let seconds = until.seconds().saturating_sub(now.seconds());
    page.headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    page
}

fn tokenize(found: &Found, raw: &RawCard, mistakes: &mut Mistakes) -> Result<Option<Card>> {
    let business = found.context.scope().business;
    match found.context.gateway()?.tokenize(business, raw, "") {
        Ok(card) => Ok(Some(card)),
        Err(Error::Invalid(_)) => {
            mistakes.number = Some("This card number is not accepted.");
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// The card of the form; `None` where something is wrong with it, which `mistakes` knows then.
fn read(
    form: &[(String, String)],
    now: Timestamp,
    mistakes: &mut Mistakes,
) -> Result<Option<RawCard>> {
    let field = |name: &str| {
        let value = form.iter().find(|(known, _)| known == name);
        value.map_or("", |(_, value)| value.trim())
    };
    let digits = SecretString::from(
        field("number")
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '\u{a0}'))
            .collect::<String>(),
    );
    if !card_number::is_plausible(digits.expose_secret()) {
        mistakes.number = Some("Enter the 13 to 19 digits on your card.");
    }
    let expiry = expiry(field("expiry"));
    let today = now.date()?.to_string();
    match expiry {
        None => mistakes.expiry = Some("Enter month and year, like 04/29."),
        Some((month, year)) => {
            let last_month = format!("{year:04}-{month:02}");
            if today.get(..7).is_some_and(|this| *last_month < *this) {
                mistakes.expiry = Some("This card has expired.");
            }
        }
    }
    let cvc = field("cvc");
    if !((3..=4).contains(&cvc.len()) && cvc.bytes().all(|byte| byte.is_ascii_digit())) {
        mistakes.cvc = Some("Enter the 3 or 4 digits.");
    }
    let Some((exp_month, exp_year)) = expiry.filter(|_| !mistakes.any()) else {
        return Ok(None);
    };
    Ok(Some(RawCard {
        number: digits,
        exp_month,
        exp_year,
        cvc: Some(SecretString::from(cvc)),
    }))
}

/// `04/29`, `4 / 2029`, `0429`.
fn expiry(text: &str) -> Option<(u8, u16)> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (month, year) = match plain.split_once(['/', '-']) {
        Some(parts) => parts,
        None => plain.split_at_checked(2)?,
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(month) || !digits(year) {
        return None;
    }
    let month: u8 = month
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))?;
    let year: u16 = match year.len() {
        2 => year.parse::<u16>().ok()?.checked_add(2000)?,
        4 => year.parse().ok()?,
        _ => return None,
    };
    Some((month, year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_read_as_people_write_it() {
        for (text, read) in [
            ("04/29", Some((4, 2029))),
            ("4 / 2029", Some((4, 2029))),
            ("0429", Some((4, 2029))),
            ("04-29", Some((4, 2029))),
            ("13/29", None),
            ("00/29", None),
            ("04/029", None),
            ("+4/29", None),
            ("", None),
            ("é/29", None),
        ] {
            assert_eq!(expiry(text), read, "{text}");
        }
    }
}
