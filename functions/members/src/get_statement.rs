//! `GET /v3/partners/{id}/statements`

use api::input::{Fields, Input};
use api::{Cx, Done, MembersRead, Path, Problem, Query, operation};
use models::page::Pages;
use models::{Error, Id, Result, Zone};
use views::rocketsavvy::Statement;

use crate::partner::partner;

/// Entries of one query.
const PAGE: u32 = 100;
/// Entries of one statement: more make a body that no function may answer with.
const MOST: usize = 10_000;

#[derive(Input)]
pub(crate) struct StatementPeriod {
    /// The month; this one if it is absent.
    #[input(chars = 7..=7, then = month, example = "2026-01")]
    period: Option<String>,
}

fn month(fields: &mut Fields<'_>, name: &str, text: String) -> Option<String> {
    let good = format!("{text}-01").parse::<models::Date>().is_ok();
    if !good {
        fields.reject(name, "invalid_period", "must be a month like 2026-01");
    }
    Some(text).filter(|_| good)
}

/// Retrieve a partner's statement
///
/// Retrieves what a partner earned in a month of the business's time zone, and what was taken back for refunds. 409 where that
/// are more than 10,000 entries.
#[operation(get, "/v3/partners/{id}/statements", tag = "members")]
pub(crate) async fn get_statement(
    cx: Cx<MembersRead>,
    Path(id): Path<Id<models::ids::Partner>>,
    Query(query): Query<StatementPeriod>,
) -> Result<Done<Statement>, Problem> {
    partner(&cx, id).await?;
    let now = cx.now().await?;
    let period = match query.period {
        Some(period) => period,
        None => this_month(&cx).await?,
    };
    let mut entries = Vec::new();
    let mut pages = Pages::of(PAGE);
    while let Some(request) = pages.request() {
        let page = cx.commissions(id, &period, request).await?;
        let page = pages.turn(page).into_iter();
        entries.extend(page.map(store::Stored::into_inner));
        if entries.len() > MOST {
            let detail = format!("the statement has more than {MOST} entries");
            return Err(Error::conflict("too_many_entries", detail).into());
        }
    }
    Done::of(&Statement::of((id, &period), &entries, now, cx.mode())?)
}

async fn this_month(cx: &Cx<MembersRead>) -> Result<String> {
    let zone = match cx.account().await? {
        Some(account) => Zone::new(&account.time_zone)?,
        None => Zone::default(),
    };
    let date = zone.date(cx.now().await?)?.to_string();
    Ok(date.chars().take(7).collect())
}
