//! The Lambda function `due-sweep`.

fn main() -> Result<(), lambda_runtime::Error> {
    api::run(due_sweep::function)
}
