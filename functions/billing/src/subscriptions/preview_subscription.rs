//! `POST /v3/subscriptions/{id}/preview`

use api::{BillingWrite, Cx, Done, Json, Path, Problem, operation};
use models::View;
use models::ids::{self, Id};
use operations::Purpose;
use serde::Serialize;
use utoipa::ToSchema;
use views::rocketsavvy::{InvoicePreview, Subscription};

use crate::subscriptions::changes::SubscriptionChanges;

/// What a change would do and cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SubscriptionPreview {
    /// Give it to the change, to be charged exactly this.
    #[schema(example = "2025-07-01T12:00:00Z")]
    proration_date: String,
    /// The invoice that the change makes at once; `null` where it makes none.
    immediate_invoice: Option<InvoicePreview>,
    /// The invoice at the end of the period that runs then, with usage as it is by now; `null` where there is none.
    next_invoice: Option<InvoicePreview>,
    /// The subscription after the change.
    subscription: Subscription,
    livemode: bool,
}

/// Preview a change of a subscription
///
/// Computes what a change would cost and writes nothing. It takes the same body as the change and follows the same
/// rules, so the amounts are the same to the cent if the change is given the `proration_date` of the answer. With an
/// empty body it shows the next invoice.
#[operation(
    post,
    "/v3/subscriptions/{id}/preview",
    tag = "billing",
    answer = "What the change would do."
)]
pub(crate) async fn preview_subscription(
    cx: Cx<BillingWrite>,
    Path(id): Path<Id<ids::Subscription>>,
    Json(body): Json<SubscriptionChanges>,
) -> Result<Done<SubscriptionPreview>, Problem> {
    let changed = body.apply(&cx, id, Purpose::Show).await?;
    let forecast = operations::forecast(&cx, &changed.after, &changed.billed).await?;
    let view = |invoice: &Option<models::billing::Invoice>| {
        invoice
            .as_ref()
            .map(|invoice| InvoicePreview::of(invoice, ()))
            .transpose()
    };
    Done::of(&SubscriptionPreview {
        proration_date: changed.at.to_string(),
        immediate_invoice: view(&forecast.immediate)?,
        next_invoice: view(&forecast.next)?,
        subscription: Subscription::of(&changed.after, cx.mode())?,
        livemode: cx.livemode(),
    })
}
