//! The Lambda function `platform`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(platform::function)
}
