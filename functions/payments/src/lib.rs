//! Payments, the payment methods that they charge, and refunds.
//!
//! A card number comes in through `card` alone, which hands it to the gateway and keeps the token. Nothing that is stored or
//! answered has a card number in it: texts with one are refused.

mod card;
mod create_payment;
mod create_payment_method;
mod create_refund;
mod delete_payment_method;
mod get_payment;
mod get_payment_method;
mod list_payment_methods;
mod list_payments;
mod list_refunds;
mod payer;
#[cfg(test)]
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

#[cfg(test)]
mod tests {
    use http::Method;
    use testkit::World;

    const ROUTES: &[(Method, &str)] = &[
        (Method::POST, "/v3/payment-methods"),
        (Method::GET, "/v3/payment-methods"),
        (Method::GET, "/v3/payment-methods/pm_rs_1"),
        (Method::DELETE, "/v3/payment-methods/pm_rs_1"),
        (Method::POST, "/v3/payments"),
        (Method::GET, "/v3/payments"),
        (Method::GET, "/v3/payments/pay_rs_1"),
        (Method::POST, "/v3/payments/pay_rs_1/refunds"),
        (Method::GET, "/v3/payments/pay_rs_1/refunds"),
    ];

    #[tokio::test]
    async fn a_key_of_other_scopes_gets_nowhere() {
        let world = World::new().await;
        let key = world.key_with(&["crm:write", "billing:write"]).await;
        let api = world.call(crate::routes());
        for (method, path) in ROUTES {
            let access = if *method == Method::GET {
                "read"
            } else {
                "write"
            };
            let answer = api.with_key(&key).send(method.clone(), path, "{}").await;
            assert_eq!(answer.expect(403)["code"], "missing_scope");
            let detail = answer.text_of("detail");
            assert!(
                detail.contains(&format!("payments:{access}")),
                "{method} {path}: {detail}"
            );
            api.without_key()
                .send(method.clone(), path, "{}")
                .await
                .expect(401);
        }
    }

    #[tokio::test]
    async fn a_key_that_may_read_changes_nothing() {
        let world = World::new().await;
        let key = world.key_with(&["payments:read"]).await;
        let api = world.call(crate::routes()).with_key(&key);
        for (method, path) in ROUTES {
            let answer = api.send(method.clone(), path, "{}").await;
            let refused = answer.status == 403;
            assert_eq!(refused, *method != Method::GET, "{method} {path}");
        }
    }
}
