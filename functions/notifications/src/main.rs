//! The Lambda function `notifications`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(notifications::function)
}
