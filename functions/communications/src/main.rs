//! The Lambda function `communications`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(communications::function)
}
