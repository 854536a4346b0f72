//! `GET /v3/partners/{id}/enrollees/export`

use api::{Costs, Csv, Cx, MembersRead, Path, Problem, operation};
use models::members::Member;
use models::page::Pages;
use models::{Error, Id};

use crate::partner::partner;

/// Members of one page.
const PAGE: u32 = 100;
/// Members of one file: what a function writes in its time.
const MOST: usize = 5_000;
/// Bytes of one file: a function may answer with 6 MB, in JSON.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The first line.
const NAMES: [&str; 12] = [
    "id",
    "customer_id",
    "kind",
    "status",
    "email",
    "username",
    "first_name",
    "last_name",
    "city",
    "state",
    "phone",
    "created",
];

/// Export a partner's members
///
/// Exports the members that a partner enrolled as CSV (RFC 4180), newest first. 409 where they are more
/// than 5,000 or their file is larger than 4 MiB: list them instead. A cell that a
/// spreadsheet would take for a formula begins with an apostrophe.
#[operation(get, "/v3/partners/{id}/enrollees/export", tag = "members")]
pub(crate) async fn export_enrollees(
    _: Costs<50>,
    cx: Cx<MembersRead>,
    Path(id): Path<Id<models::ids::Partner>>,
) -> Result<Csv, Problem> {
    partner(&cx, id).await?;
    let mut text = line(&NAMES.map(str::to_owned));
    let mut pages = Pages::of(PAGE);
    let mut count = 0_usize;
    while let Some(request) = pages.request() {
        let page = cx.enrollees(id, request).await?;
        for member in pages.turn(page) {
            count = count.saturating_add(1);
            text.push_str(&line(&row(&member)?));
        }
        if count > MOST || text.len() > MOST_BYTES {
            let detail = "the partner enrolled too many members for one file; list them instead";
            return Err(Error::conflict("too_many_entries", detail).into());
        }
    }
    let name = format!("{id}.csv");
    Ok(Csv::new(text, &name))
}

fn row(member: &Member) -> Result<[String; 12], Error> {
    Ok([
        member.id.to_string(),
        member.customer_id()?.to_string(),
        member.kind.as_str().to_owned(),
        member.status.as_str().to_owned(),
        member.email.clone(),
        member.username.clone().unwrap_or_default(),
        member.first_name.clone(),
        member.last_name.clone(),
        member.address.city.clone(),
        member.address.state.clone(),
        member.address.phone.clone(),
        member.created.to_string(),
    ])
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| safe(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell in quotes where it needs them, and never a formula.
fn safe(cell: &str) -> String {
    let guarded = if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if guarded.contains([',', '"', '\r', '\n', '\'']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, written) in [
            ("plain", "plain"),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@a", "\"'@a\""),
            ("a,b", "\"a,b\""),
            ("O'Neil", "\"O'Neil\""),
            ("", ""),
        ] {
            assert_eq!(safe(cell), written);
        }
    }
}
