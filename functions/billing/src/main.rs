//! The Lambda function `billing`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(billing::function)
}
