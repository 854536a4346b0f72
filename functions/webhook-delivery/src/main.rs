//! The Lambda function `webhook-delivery`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(webhook_delivery::function)
}
