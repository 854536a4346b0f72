//! `POST /v3/deliveries/{id}/resend`

use api::dialect::rocketsavvy::{Delivery, Problems};
use api::{Cx, Path, Problem, Reply, WebhooksWrite};
use futures::future::try_join4;
use models::Error;
use models::webhooks::{DeliveryId, DeliveryStatus};

use crate::settings;

/// Resend a delivery
///
/// Whatever became of it: the event is sent again within seconds, with the same `webhook-id`, to the present URL of the
/// endpoint. Where that fails, the retries follow anew. A delivery that already waits to be sent now stays as it is. 3 reads
/// and 1 write unit for each KiB begun of what is kept of the last answer, and 3 more to have it sent.
#[utoipa::path(
    post,
    path = "/v3/deliveries/{id}/resend",
    tag = "webhooks",
    params(("id" = String, Path, description = "The delivery.", example = "del_rs_1234560000000000123456")),
    responses((status = 202, description = "The delivery is on its way once more.", body = Delivery), Problems)
)]
pub(crate) async fn resend_delivery(
    cx: Cx<WebhooksWrite>,
    Path(id): Path<DeliveryId>,
) -> Result<Reply, Problem> {
    let (stored, endpoint, events, now) = try_join4(
        cx.delivery_now(id),
        cx.endpoint_now(id.endpoint),
        cx.events_by_id(&[id.event]),
        cx.now(),
    )
    .await?;
    let (Some(stored), Some(endpoint)) = (stored, endpoint) else {
        return Err(Error::not_found("delivery", id).into());
    };
    settings::is_sent_to(&endpoint)?;
    let mut delivery = (*stored).clone();
    let mut writes = cx.writes().await?;
    let waits = delivery.status == DeliveryStatus::Pending && delivery.wants_attempt(now);
    if !waits {
        delivery.revive(now);
        writes.update_at_once(&stored, &delivery)?;
    }
    let event = events.into_iter().next().flatten();
    let view = Delivery::of(&delivery, &endpoint, event.as_deref(), cx.mode())?;
    cx.done(&writes, 202, &view.with_attempts_of(&delivery))
        .await
}
