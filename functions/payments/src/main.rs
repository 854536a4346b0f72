//! The Lambda function `payments`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(payments::function)
}
