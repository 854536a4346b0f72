//! `DELETE /v3/customers/{id}`

use api::Deleted;
use api::{CrmWrite, Cx, Done, Path, Problem, operation};
use models::Id;
use models::crm::CUSTOMER_NUM;
use models::event::EventType;
use store::Retry;

/// Delete a customer
///
/// Deletes a customer for good and cancels its subscriptions at once, without a final bill. Its payments and invoices
/// stay. While a payment of a change that waits for it is under way, the answer is 409; try again when that payment has
/// an outcome.
#[operation(delete, "/v3/customers/{id}", tag = "crm")]
pub(crate) async fn delete_customer(
    cx: Cx<CrmWrite>,
    Path(id): Path<Id<models::ids::Customer>>,
) -> Result<Done<Deleted>, Problem> {
    let mut retry = Retry::of("the customer");
    let deleted = loop {
        let stored = operations::delete_customer(&cx, id).await?;
        let mut customer = (*stored).clone();
        customer.deleted = Some(cx.now().await?);
        let mut writes = cx.writes().await?;
        writes.update(&stored, &customer, Some(EventType::CustomerDeleted))?;
        if let Some(number) = &customer.customer_num {
            cx.release_name(&mut writes, (CUSTOMER_NUM, number), &id.to_string())
                .await?;
        }
        operations::forget_member(&cx, &mut writes, id).await?;
        if let Some(deleted) = cx.try_done(&writes, &Deleted::of(&id)).await? {
            break deleted;
        }
        // Its subscriptions are canceled by now: a conflict would leave a customer without them.
        retry.again().await?;
    };
    operations::end_subscriptions(&cx, id).await?;
    Ok(deleted)
}
