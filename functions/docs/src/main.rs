//! The Lambda function that serves the API reference and answers for routes that no other function has.

fn main() {}
