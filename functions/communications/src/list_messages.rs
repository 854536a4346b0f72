//! `GET /v3/messages`

use api::input::Input;
use api::{CommunicationsRead, Cx, Listed, PageQuery, Problem, Query, operation};
use models::messaging::MessageStatus;
use views::rocketsavvy::Message;

#[derive(Input)]
pub(crate) struct MessageFilter {
    /// To or from this number, E.164.
    #[input(chars = 3..=32, numbers = "telephone number", example = "+14165551234")]
    number: Option<String>,
    /// In this status.
    #[input(choice, example = "sent")]
    status: Option<MessageStatus>,
    #[input(flatten)]
    page: PageQuery,
}

/// List messages
///
/// Lists text messages, newest first: sent, waiting and received. In test mode nothing leaves the installation, and
/// this is where the messages can be read. With `number` or `status` a page may be short, or
/// empty, although `has_more` is true.
#[operation(get, "/v3/messages", tag = "communications")]
pub(crate) async fn list_messages(
    cx: Cx<CommunicationsRead>,
    Query(query): Query<MessageFilter>,
) -> Result<Listed<Message>, Problem> {
    let number = query.number.as_deref();
    let paging = cx.page(&query.page)?;
    let status = query.status.map(MessageStatus::as_str);
    let page = cx.messages(&paging.request, number, status).await?;
    paging.list(page, cx.mode())
}
