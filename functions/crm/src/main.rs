//! The Lambda function `crm`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(crm::function)
}
