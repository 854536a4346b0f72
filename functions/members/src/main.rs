//! The Lambda function `members`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(members::function)
}
