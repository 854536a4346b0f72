//! The table through its client, on the short way and on the long one.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use http::Request;
use serde_json::{Value, json};

use super::{dynamodb, gateway, services};
use crate::cloud::Aws;
use crate::reply::full;

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

async fn put_new(
    aws: &Aws,
    name: &str,
) -> Result<(), aws_sdk_dynamodb::operation::put_item::PutItemError> {
    dynamodb(aws)
        .put_item()
        .table_name("savvy-Table")
        .item("PK", text("a"))
        .item("SK", text("-"))
        .item("name", text(name))
        .condition_expression("attribute_not_exists(PK)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await
        .map(drop)
        .map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)
}

#[tokio::test]
async fn a_failed_condition_says_what_is_there() {
    let (aws, _) = services(None).await;
    put_new(&aws, "first").await.unwrap();
    let error = put_new(&aws, "second").await.unwrap_err();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
        failed,
    ) = error
    else {
        panic!("the condition fails, not {error}");
    };
    assert_eq!(failed.item().unwrap()["name"], text("first"));
}

#[tokio::test]
async fn a_cancelled_transaction_has_its_reasons() {
    let (aws, _) = services(None).await;
    put_new(&aws, "first").await.unwrap();
    let put = Put::builder()
        .table_name("savvy-Table")
        .item("PK", text("b"))
        .item("SK", text("-"))
        .build()
        .unwrap();
    let check = ConditionCheck::builder()
        .table_name("savvy-Table")
        .key("PK", text("a"))
        .key("SK", text("-"))
        .condition_expression("attribute_not_exists(PK)")
        .build()
        .unwrap();
    let error = dynamodb(&aws)
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(put).build())
        .transact_items(TransactWriteItem::builder().condition_check(check).build())
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("the transaction is cancelled, not {error}");
    };
    let codes: Vec<Option<&str>> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code())
        .collect();
    assert_eq!(codes, [Some("None"), Some("ConditionalCheckFailed")]);
    let other = dynamodb(&aws)
        .get_item()
        .table_name("savvy-Table")
        .key("PK", text("b"))
        .key("SK", text("-"))
        .send()
        .await
        .unwrap();
    assert_eq!(other.item(), None);
}

#[tokio::test]
async fn mistakes_are_explained_in_the_words_of_dynamodb() {
    let (aws, _) = services(None).await;
    let error = dynamodb(&aws)
        .get_item()
        .table_name("nowhere")
        .key("PK", text("b"))
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_resource_not_found_exception());
    assert_eq!(error.message(), Some("Requested resource not found"));

    let request = Request::post(aws.endpoint_url())
        .header("x-amz-target", "DynamoDB_20120810.GetItem")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b")
        .body(full(json!({ "TableName": 7 }).to_string()))
        .unwrap();
    let (status, body) = gateway::send(request).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (status, body["__type"].as_str().unwrap()),
        (400, "com.amazon.coral.service#SerializationException")
    );
}

#[tokio::test]
async fn indexes_and_tables_can_be_described() {
    let (aws, _) = services(None).await;
    let described = dynamodb(&aws)
        .describe_table()
        .table_name("savvy-Table")
        .send()
        .await
        .unwrap();
    assert_eq!(described.table().unwrap().key_schema().len(), 2);
    let ttl = dynamodb(&aws)
        .describe_time_to_live()
        .table_name("savvy-Table")
        .send()
        .await
        .unwrap();
    assert_eq!(
        ttl.time_to_live_description().unwrap().attribute_name(),
        Some("ttl")
    );
}
