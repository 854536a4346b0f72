//! A customer who is a member leaves: the profile goes with it, and its names are anybody's.

use models::Result;
use models::event::EventType;
use models::ids::{self, Id};
use models::members::{MEMBER_EMAIL, MEMBER_USERNAME};
use store::Writes;

use crate::Context;

/// Adds to `writes` that the member of a customer is gone, where it is one: 1 read; of a member 2 more, and 3 items.
pub async fn forget_member(
    context: &Context,
    writes: &mut Writes<'_>,
    customer: Id<ids::Customer>,
) -> Result<()> {
    let id: Id<ids::Member> = Id::new(customer.number())?;
    let Some(stored) = context.find_now(id).await? else {
        return Ok(());
    };
    let owner = stored.id.to_string();
    let email = (MEMBER_EMAIL, stored.email.as_str());
    context.release_name(writes, email, &owner).await?;
    if let Some(username) = &stored.username {
        let username = (MEMBER_USERNAME, username.as_str());
        context.release_name(writes, username, &owner).await?;
    }
    let mut member = (*stored).clone();
    member.deleted = Some(context.now().await?);
    writes.update(&stored, &member, None::<EventType>)
}
