//! `GET /v3/messages/{id}`

use api::{CommunicationsRead, Cx, Done, Path, Problem, operation};
use models::{Id, View};
use views::rocketsavvy::Message;

/// Retrieve a message
///
/// Retrieves a text message, sent or received, by its id, with its status and, where it failed, the reason.
#[operation(get, "/v3/messages/{id}", tag = "communications")]
pub(crate) async fn get_message(
    cx: Cx<CommunicationsRead>,
    Path(id): Path<Id<models::ids::Message>>,
) -> Result<Done<Message>, Problem> {
    let message = cx.require_now(id).await?;
    Done::of(&Message::of(&message, cx.mode())?)
}
