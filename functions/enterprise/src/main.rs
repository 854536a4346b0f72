//! The Lambda function `enterprise`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(enterprise::function)
}
