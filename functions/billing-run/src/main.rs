//! The Lambda function `billing-run`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(billing_run::function)
}
