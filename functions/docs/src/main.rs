//! The Lambda function `docs`: the API reference, and the answer for routes that no other function has.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run_without_table(docs::function)
}
