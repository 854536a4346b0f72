//! Payments, the payment methods that they charge, and refunds.
//!
//! | operation | route |
//! |---|---|
//! | `create_payment_method` | `POST /v3/payment-methods` |
//! | `list_payment_methods` | `GET /v3/payment-methods` |
//! | `get_payment_method` | `GET /v3/payment-methods/{id}` |
//! | `delete_payment_method` | `DELETE /v3/payment-methods/{id}` |
//! | `create_payment` | `POST /v3/payments` |
//! | `list_payments` | `GET /v3/payments` |
//! | `get_payment` | `GET /v3/payments/{id}` |
//! | `create_refund` | `POST /v3/payments/{id}/refunds` |
//! | `list_refunds` | `GET /v3/payments/{id}/refunds` |
//!
//! A card number comes in through `card` alone, which hands it to the gateway and keeps the token. Nothing that is stored or
//! answered has a card number in it: `free_text` refuses texts with one.

mod card;
mod card_number;
mod create_payment;
mod create_payment_method;
mod create_refund;
mod delete_payment_method;
mod free_text;
mod get_payment;
mod get_payment_method;
mod list_payment_methods;
mod list_payments;
mod list_refunds;
mod payer;
#[cfg(test)]
#[expect(dead_code)]
mod testing;

use api::{App, Config, Invocation};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes and their descriptions.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(
            create_payment_method::create_payment_method,
            list_payment_methods::list_payment_methods
        ))
        .routes(routes!(
            get_payment_method::get_payment_method,
            delete_payment_method::delete_payment_method
        ))
        .routes(routes!(
            create_payment::create_payment,
            list_payments::list_payments
        ))
        .routes(routes!(get_payment::get_payment))
        .routes(routes!(
            create_refund::create_refund,
            list_refunds::list_refunds
        ))
}

/// The Lambda function.
pub fn function(config: &Config) -> models::Result<Invocation> {
    Ok(api::http_function(api::finish(
        routes().into(),
        App::new(config)?,
    )))
}
