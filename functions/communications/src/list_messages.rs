//! `GET /v3/messages`

use api::dialect::rocketsavvy::{List, Message, Problems};
use api::input::{Fields, Input};
use api::{CommunicationsRead, Cx, PageQuery, Problem, Query, Reply};
use models::messaging::MessageStatus;

/// What the query says.
pub(crate) struct Filter {
    number: Option<String>,
    status: Option<&'static str>,
    page: PageQuery,
}

impl Input for Filter {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            number: fields.text("number", 3..=32).optional(),
            status: fields.one_of("status", MessageStatus::ALL).optional(),
            page: PageQuery::read(fields)?,
        })
    }
}

/// List messages
///
/// What was sent, what waits, and what came in, newest first. In test mode nothing leaves the installation: this is where it
/// can be read. 1 query; up to 10 with `number` or `status`.
#[utoipa::path(
    get,
    path = "/v3/messages",
    tag = "communications",
    params(
        ("number" = Option<String>, Query, description = "To or from this number, E.164.", example = "+14165551234"),
        ("status" = Option<String>, Query, description = "In this status.", example = "sent"),
        api::PageParams
    ),
    responses((status = 200, description = "One page of messages.", body = List<Message>), Problems)
)]
pub(crate) async fn list_messages(
    cx: Cx<CommunicationsRead>,
    Query(query): Query<Filter>,
) -> Result<Reply, Problem> {
    let number = query.number.as_deref();
    let paging = cx.page(&query.page, &[number, query.status])?;
    let page = cx.messages(&paging.request, number, query.status).await?;
    Reply::ok(&paging.list(page, |message| Message::of(&message, cx.mode())))
}
