//! `GET /v3/members/{id}`

use api::{Cx, Done, MembersRead, Path, Problem, operation};
use models::{Id, View};
use views::rocketsavvy::Member;

/// Retrieve a member
///
/// Retrieves a member by its id.
#[operation(get, "/v3/members/{id}", tag = "members")]
pub(crate) async fn get_member(
    cx: Cx<MembersRead>,
    Path(id): Path<Id<models::ids::Member>>,
) -> Result<Done<Member>, Problem> {
    let member = cx.require_now(id).await?;
    Done::of(&Member::of(&member, cx.mode())?)
}
