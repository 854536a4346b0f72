//! The Lambda function `outbox-relay`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(outbox_relay::function)
}
