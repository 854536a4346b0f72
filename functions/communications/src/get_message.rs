//! `GET /v3/messages/{id}`

use api::dialect::rocketsavvy::{Message, Problems};
use api::{CommunicationsRead, Cx, Path, Problem, Reply};
use models::{Error, Id};

/// Retrieve a message
///
/// 1 read.
#[utoipa::path(
    get,
    path = "/v3/messages/{id}",
    tag = "communications",
    params(("id" = String, Path, description = "The message.", example = "msg_rs_123456")),
    responses((status = 200, description = "The message.", body = Message), Problems)
)]
pub(crate) async fn get_message(
    cx: Cx<CommunicationsRead>,
    Path(id): Path<Id<models::ids::Message>>,
) -> Result<Reply, Problem> {
    let message = cx
        .message(id)
        .await?
        .ok_or_else(|| Error::not_found("message", id))?;
    Reply::ok(&Message::of(&message, cx.mode()))
}
