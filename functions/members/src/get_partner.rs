//! `GET /v3/partners/{id}`

use api::{Cx, Done, MembersRead, Path, Problem, operation};
use models::Id;
use views::rocketsavvy::Partner;

use crate::partner::partner;

/// Retrieve a partner
///
/// Retrieves a partner by its id. Its token is not shown.
#[operation(get, "/v3/partners/{id}", tag = "members")]
pub(crate) async fn get_partner(
    cx: Cx<MembersRead>,
    Path(id): Path<Id<models::ids::Partner>>,
) -> Result<Done<Partner>, Problem> {
    let key = partner(&cx, id).await?;
    Done::of(&Partner::of(&key, None)?)
}
