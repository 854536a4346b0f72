//! The operations that requests are made of, without the way through a second socket.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Dynamo;

impl Dynamo {
    /// The answer to an operation that succeeds, or `None` for one that has to go to the database's own server.
    ///
    /// What fails has changed nothing and goes there too, to be answered in the exact words of DynamoDB. Operations that
    /// can fail halfway are therefore not here.
    pub(crate) fn answer(&self, operation: &str, body: &[u8]) -> Option<String> {
        let database = &self.database;
        match operation {
            "GetItem" => run(body, |request| database.get_item(request)),
            "Query" => run(body, |request| database.query(request)),
            "PutItem" => run(body, |request| database.put_item(request)),
            "UpdateItem" => run(body, |request| database.update_item(request)),
            "DeleteItem" => run(body, |request| database.delete_item(request)),
            "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
            "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
            "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
            _ => None,
        }
    }
}

fn run<I, O, E>(body: &[u8], operation: impl FnOnce(I) -> Result<O, E>) -> Option<String>
where
    I: DeserializeOwned,
    O: Serialize,
{
    let request = serde_json::from_slice(body).ok()?;
    let response = operation(request).ok()?;
    serde_json::to_string(&response).ok()
}
