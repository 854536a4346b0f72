//! `GET /v3/emails`

use api::input::Input;
use api::{Cx, Listed, MembersRead, PageQuery, Problem, Query, operation};
use views::rocketsavvy::Email;

#[derive(Input)]
pub(crate) struct EmailFilter {
    /// To this address.
    #[input(chars = 3..=254, example = "test@example.com")]
    to: Option<String>,
    #[input(flatten)]
    page: PageQuery,
}

/// List e-mails
///
/// Lists e-mails to members, sent or waiting, newest first. In test mode nothing leaves the installation, and this is
/// where a mail and its link can be read. With `to` a page may be short, or empty, although `has_more` is
/// true.
#[operation(get, "/v3/emails", tag = "members")]
pub(crate) async fn list_emails(
    cx: Cx<MembersRead>,
    Query(query): Query<EmailFilter>,
) -> Result<Listed<Email>, Problem> {
    let to = query.to.as_deref();
    let paging = cx.page(&query.page)?;
    let page = cx.emails(&paging.request, to).await?;
    paging.list(page, cx.mode())
}
