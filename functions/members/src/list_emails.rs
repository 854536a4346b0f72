//! `GET /v3/emails`

use api::dialect::rocketsavvy::{Email, List, Problems};
use api::input::{Fields, Input};
use api::{Cx, MembersRead, PageQuery, Problem, Query, Reply};

/// What the query says.
pub(crate) struct Filter {
    to: Option<String>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            to: fields.text("to", 3..=254).optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List e-mails
///
/// What was sent to members and what waits, newest first. In test mode nothing leaves the installation: this is where it can be
/// read, its link included. 1 query; up to 10 with `to`.
#[utoipa::path(
    get,
    path = "/v3/emails",
    tag = "members",
    params(
        ("to" = Option<String>, Query, description = "To this address.", example = "test@example.com"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of e-mails.", body = List<Email>), Problems)
)]
pub(crate) async fn list_emails(
    cx: Cx<MembersRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let to = query.to.as_deref();
    let paging = cx.page(&query.page, &[to])?;
    let page = cx.emails(&paging.request, to).await?;
    Reply::ok(&paging.list(page, |email| Email::of(&email, cx.mode())))
}
