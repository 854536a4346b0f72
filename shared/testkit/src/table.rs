//! The table of a world: an embedded DynamoDB behind a port of its own.

use serde_json::{Value, json};

/// A database in memory with that table.
pub(crate) fn database(definition: &Value) -> dynoxide::Database {
    let database = dynoxide::Database::memory().unwrap();
    let request = serde_json::from_value(definition.clone()).unwrap();
    database.create_table(request).unwrap();
    database
}

/// The table without its stream.
pub(crate) fn without_stream(name: &str) -> Value {
    let mut table = definition(name);
    table.as_object_mut().unwrap().remove("StreamSpecification");
    table
}

/// The table's definition: the same keys and indexes as `infra/template.yaml`, which a test compares.
pub(crate) fn definition(name: &str) -> Value {
    let attribute = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let key = |hash: &str, range: &str| {
        json!([
            { "AttributeName": hash, "KeyType": "HASH" },
            { "AttributeName": range, "KeyType": "RANGE" },
        ])
    };
    let index = |name: &str, hash: &str, range: &str| {
        json!({
            "IndexName": name,
            "KeySchema": key(hash, range),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        })
    };
    json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": (["PK", "SK", "gp_pk", "gp_sk", "due_pk", "due_sk"].map(attribute)),
        "KeySchema": key("PK", "SK"),
        "GlobalSecondaryIndexes": [index("by_parent", "gp_pk", "gp_sk"), index("by_due", "due_pk", "due_sk")],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
    })
}
