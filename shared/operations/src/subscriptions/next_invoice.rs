//! What is billed at once gets the id of its invoice with the change itself.

use models::Result;
use models::billing::Subscription;

use crate::Context;

/// Gives the invoice of what is billed at once its id, where something is. Whoever bills it, now or after a crash, finds that.
pub async fn name_next_invoice(context: &Context, subscription: &mut Subscription) -> Result<()> {
    if subscription.bill_now.is_some() && subscription.next_invoice.is_none() {
        subscription.next_invoice = Some(context.mint().await?);
        if subscription.status.is_over() {
            // From now on it is the only one that is collected by itself.
            subscription.final_invoice = subscription.next_invoice;
        }
    }
    Ok(())
}
