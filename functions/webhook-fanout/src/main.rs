//! The Lambda function `webhook-fanout`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(webhook_fanout::function)
}
