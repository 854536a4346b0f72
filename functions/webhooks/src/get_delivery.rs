//! `GET /v3/deliveries/{id}`

use api::dialect::rocketsavvy::{Delivery, Problems};
use api::{Cx, Path, Problem, Reply, WebhooksRead};
use futures::future::try_join3;
use models::Error;
use models::webhooks::DeliveryId;

/// Retrieve a delivery
///
/// With what was sent, what was answered, and how each of the newest ten attempts went. It is there for 90 days, unless its
/// endpoint is deleted before. 3 reads at once.
#[utoipa::path(
    get,
    path = "/v3/deliveries/{id}",
    tag = "webhooks",
    params(("id" = String, Path, description = "The delivery.", example = "del_rs_1234560000000000123456")),
    responses((status = 200, description = "The delivery.", body = Delivery), Problems)
)]
pub(crate) async fn get_delivery(
    cx: Cx<WebhooksRead>,
    Path(id): Path<DeliveryId>,
) -> Result<Reply, Problem> {
    let (delivery, endpoint, events) = try_join3(
        cx.delivery(id),
        cx.endpoint(id.endpoint),
        cx.events_by_id(&[id.event]),
    )
    .await?;
    let (Some(delivery), Some(endpoint)) = (delivery, endpoint) else {
        return Err(Error::not_found("delivery", id).into());
    };
    let event = events.into_iter().next().flatten();
    let view = Delivery::of(&delivery, &endpoint, event.as_deref(), cx.mode())?;
    Reply::ok(&view.with_attempts_of(&delivery))
}
