//! The Lambda function `webhooks`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(webhooks::function)
}
