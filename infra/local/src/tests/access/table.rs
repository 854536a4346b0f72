//! The right to read and write the table.

use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Get, KeysAndAttributes, Put, TransactGetItem, TransactWriteItem, Update,
};
use serde_json::{Value, json};

use super::{TABLE, get, outcome, put, refused, start, table, text};
use crate::reply::full;
use crate::tests::{dynamodb, gateway};

#[tokio::test]
async fn a_function_may_do_what_it_is_granted_and_nothing_else() {
    let aws = start().await;
    let (reader, writer) = (table(&aws, "reader"), table(&aws, "writer"));
    assert_eq!(put(&writer).await, Ok(()));
    assert_eq!(get(&reader, TABLE).await, Ok(()));
    let here = "table/savvy-Table";
    assert_eq!(
        put(&reader).await,
        refused("reader", "dynamodb:PutItem", here)
    );
    assert_eq!(
        get(&writer, TABLE).await,
        refused("writer", "dynamodb:GetItem", here)
    );
    let elsewhere = refused("reader", "dynamodb:GetItem", "table/other");
    assert_eq!(get(&reader, "other").await, elsewhere);
    let idle = table(&aws, "idle");
    assert_eq!(
        get(&idle, TABLE).await,
        refused("idle", "dynamodb:GetItem", here)
    );

    let keys = KeysAndAttributes::builder().keys([("PK".to_owned(), text("a"))].into());
    let batch = |client: &aws_sdk_dynamodb::Client| {
        client
            .batch_get_item()
            .request_items(TABLE, keys.clone().build().unwrap())
    };
    assert_eq!(outcome(batch(&reader).send().await), Ok(()));
    let denied = refused("writer", "dynamodb:BatchGetItem", here);
    assert_eq!(outcome(batch(&writer).send().await), denied);
}

#[tokio::test]
async fn a_refused_write_changes_nothing() {
    let aws = start().await;
    put(&table(&aws, "reader")).await.unwrap_err();
    let found = dynamodb(&aws)
        .get_item()
        .table_name(TABLE)
        .key("PK", text("a"));
    assert_eq!(found.send().await.unwrap().item, None);
}

#[tokio::test]
async fn operations_that_nobody_is_granted_are_refused_as_well() {
    let aws = start().await;
    let reader = table(&aws, "reader");
    let described = reader.describe_table().table_name(TABLE).send().await;
    let denied = refused("reader", "dynamodb:DescribeTable", "table/savvy-Table");
    assert_eq!(outcome(described), denied);
    let listed = reader.list_tables().send().await;
    assert_eq!(
        outcome(listed),
        refused("reader", "dynamodb:ListTables", "*")
    );
    let statement = r#"SELECT * FROM "savvy-Table""#;
    let selected = reader.execute_statement().statement(statement).send().await;
    assert_eq!(
        outcome(selected),
        refused("reader", "dynamodb:ExecuteStatement", "*")
    );
}

#[tokio::test]
async fn an_index_needs_a_grant_of_its_own() {
    let aws = start().await;
    let (reader, lister) = (table(&aws, "reader"), table(&aws, "lister"));
    let query = |client: &aws_sdk_dynamodb::Client, key: &str| {
        client
            .query()
            .table_name(TABLE)
            .key_condition_expression(format!("{key} = :key"))
            .expression_attribute_values(":key", text("a"))
    };
    let by_parent = |client| query(client, "parent").index_name("by_parent");
    assert_eq!(outcome(query(&reader, "PK").send().await), Ok(()));
    assert_eq!(outcome(by_parent(&lister).send().await), Ok(()));
    let index = "table/savvy-Table/index/by_parent";
    let denied = refused("reader", "dynamodb:Query", index);
    assert_eq!(outcome(by_parent(&reader).send().await), denied);
    let denied = refused("lister", "dynamodb:Query", "table/savvy-Table");
    assert_eq!(outcome(query(&lister, "PK").send().await), denied);
}

/// A transaction is granted by what it consists of.
#[tokio::test]
async fn a_transaction_needs_the_right_to_each_of_its_members() {
    let aws = start().await;
    let writer = table(&aws, "writer");
    let put = Put::builder().table_name(TABLE).item("PK", text("a"));
    let put = TransactWriteItem::builder()
        .put(put.build().unwrap())
        .build();
    let update = Update::builder()
        .table_name(TABLE)
        .key("PK", text("b"))
        .update_expression("SET n = :n")
        .expression_attribute_values(":n", text("1"));
    let update = TransactWriteItem::builder()
        .update(update.build().unwrap())
        .build();
    let granted = writer
        .transact_write_items()
        .transact_items(put)
        .transact_items(update);
    assert_eq!(outcome(granted.clone().send().await), Ok(()));

    let here = "table/savvy-Table";
    let check = ConditionCheck::builder()
        .table_name(TABLE)
        .key("PK", text("c"))
        .condition_expression("attribute_not_exists(PK)");
    let check = TransactWriteItem::builder()
        .condition_check(check.build().unwrap())
        .build();
    let checked = granted.clone().transact_items(check);
    let denied = refused("writer", "dynamodb:ConditionCheckItem", here);
    assert_eq!(outcome(checked.send().await), denied);
    let delete = Delete::builder()
        .table_name(TABLE)
        .key("PK", text("c"))
        .build()
        .unwrap();
    let deleted = granted.transact_items(TransactWriteItem::builder().delete(delete).build());
    assert_eq!(
        outcome(deleted.send().await),
        refused("writer", "dynamodb:DeleteItem", here)
    );

    let get = Get::builder()
        .table_name(TABLE)
        .key("PK", text("a"))
        .build()
        .unwrap();
    let get = TransactGetItem::builder().get(get).build();
    let read =
        |client: &aws_sdk_dynamodb::Client| client.transact_get_items().transact_items(get.clone());
    assert_eq!(outcome(read(&table(&aws, "reader")).send().await), Ok(()));
    assert_eq!(
        outcome(read(&writer).send().await),
        refused("writer", "dynamodb:GetItem", here)
    );
}

/// What the check cannot read must not slip past it, into a database that reads it more generously.
#[tokio::test]
async fn a_body_that_is_not_understood_is_not_passed_on() {
    let aws = start().await;
    for body in [
        "not json".to_owned(),
        json!({ "TableName": 7 }).to_string(),
        r#"{ "TableName": "savvy-Table", "TableName": "other", "Key": { "PK": { "S": "a" } } }"#
            .to_owned(),
        json!({ "TransactItems": [{ "Get": {} }] }).to_string(),
    ] {
        let request = http::Request::post(aws.endpoint_url())
            .header("x-amz-target", "DynamoDB_20120810.GetItem")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=local-reader/20260101/us-east-1/dynamodb/aws4_request, Signature=b",
            )
            .body(full(body.clone()))
            .unwrap();
        let (status, answer) = gateway::send(request).await;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        let kind = answer["__type"].as_str().unwrap();
        assert_eq!(
            (status, kind),
            (400, "com.amazon.coral.service#SerializationException"),
            "{body}"
        );
    }
}
