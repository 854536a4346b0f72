//! The page on which a customer pays a row of a schedule: how it is found, and what is on it.
//!
//! It loads nothing and runs no script. Who knows its address may see it and pay, and nothing else: the address holds 128
//! random bits, of which the table knows the hash as the place to look, so there is nothing to guess and no cookie to ride on.

mod html;

use api::{App, Door};
use axum::response::Response;
use http::StatusCode;
use models::billing::{Refused, ScheduleRow, ScheduleStatus, SubscriptionStatus};
use models::event::Actor;
use models::{Error, Result, Zone};
use operations::{Context, Scheduled, amount_text, scheduled_row, takes_cards_at};
use store::{Origin, keys};

use html::{long, notice};

/// A page that was found by its address.
pub(crate) struct Found {
    pub(crate) context: Context,
    pub(crate) scheduled: Scheduled,
}

/// Finds the page for somebody at the door, who is turned away after too many attempts.
pub(crate) async fn find(app: &App, door: &Door, code: &str) -> Result<Found> {
    let found = door.page(code, |hash| look_up(app, hash)).await?;
    found.ok_or_else(absent)
}

/// Finds the page again, as it is by now.
pub(crate) async fn find_again(app: &App, code: &str) -> Result<Found> {
    let found = look_up(app, keys::sha256(code)).await?;
    found.ok_or_else(absent)
}

fn absent() -> Error {
    Error::not_found("payment", "")
}

/// The page with that hash: 1 query and 1 call of 2 reads.
async fn look_up(app: &App, hash: String) -> Result<Option<Found>> {
    let Some(key) = app.table().payment_page(&hash).await? else {
        return Ok(None);
    };
    let (Some(scope), Some((subscription, slot))) = (key.scope(), keys::schedule_parts(&key))
    else {
        return Ok(None);
    };
    let via = Origin {
        actor: Actor("payment_page".to_owned()),
        request: None,
    };
    let context = app.context(scope, via);
    let scheduled = scheduled_row(&context, subscription, slot).await?;
    let scheduled = scheduled.filter(|scheduled| scheduled.row.page_hash == hash);
    Ok(scheduled.map(|scheduled| Found { context, scheduled }))
}

/// What is wrong with a form, by field, and with all of it.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    pub(crate) number: Option<&'static str>,
    pub(crate) expiry: Option<&'static str>,
    pub(crate) cvc: Option<&'static str>,
    /// The page showed another amount than is owed.
    pub(crate) changed: bool,
}

impl Mistakes {
    pub(crate) const fn any(&self) -> bool {
        self.number.is_some() || self.expiry.is_some() || self.cvc.is_some() || self.changed
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
    /// Too many cards were declined.
    Declined,
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
    let (row, subscription) = (&found.scheduled.row, &found.scheduled.subscription);
    let account = context.account().await?;
    let invoice = match row.invoice_id {
        Some(id) => context.find_now(id).await?,
        None => None,
    };
    let declined = match &invoice {
        Some(invoice) => takes_cards_at(context, invoice).await?.is_some(),
        None => false,
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
        _ if declined => State::Declined,
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
    let name = account.map_or_else(|| "Payment".to_owned(), |account| account.name);
    let what = &subscription.main()?.price.name;
    let shown = content(&name, what, row, &state, &subscription.zone)?;
    let status = if mistakes.any() {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    Ok(html::respond(status, &html::document(&name, &shown)))
}

/// What the customer may know of a refusal, where it is more than that it was one.
fn refusal(refused: &Refused) -> String {
    match refused.code.as_str() {
        "card_declined" => String::new(),
        _ => format!("{} ", refused.message.trim()),
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
    let bill = html::lines(&[("For", what.to_owned()), ("Due", long(row.scheduled_for))]);
    let mut parts = vec![html::heading(business, &amount)];
    match state {
        State::Open {
            overdue,
            refused,
            mistakes,
        } => {
            parts.push(bill);
            if *overdue {
                let last = long(row.grace_date);
                let text = format!(
                    "This payment is overdue: the last day for it was {last}. You can still pay it here."
                );
                parts.push(notice("late", &text));
            }
            if mistakes.changed {
                let text =
                    "Nothing was paid: the amount was changed. Please check it and pay again.";
                parts.push(notice("bad", text));
            } else if mistakes.any() {
                let text = "Nothing was paid. Please check your card’s details.";
                parts.push(notice("bad", text));
            } else if let Some(message) = refused {
                let text = format!(
                    "The last attempt was declined. {message}You can try again, or use another card."
                );
                parts.push(notice("bad", &text));
            }
            parts.push(html::form(&amount, mistakes));
        }
        State::UnderWay => {
            let text = "Your payment is being processed. Open this page again in a few minutes to see your receipt.";
            parts.extend([bill, notice("late", text)]);
        }
        State::Declined => {
            let text = format!(
                "Too many payments were declined here. Please try again tomorrow, or contact {business}."
            );
            parts.extend([bill, notice("bad", &text)]);
        }
        State::Paid { number } => {
            parts.push(notice("good", "Paid. Thank you!"));
            parts.push(html::lines(&receipt(what, row, number.as_deref(), zone)?));
        }
        State::Cancelled => {
            let text = "This payment was cancelled. There is nothing to pay.";
            parts.extend([bill, notice("late", text)]);
        }
        State::Paused => {
            let text = "This payment is suspended. There is nothing to pay at present.";
            parts.extend([bill, notice("late", text)]);
        }
        State::NoGateway => {
            let text = format!("Cards are not taken here at present. Please contact {business}.");
            parts.extend([bill, notice("late", &text)]);
        }
    }
    Ok(parts.concat())
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
