//! What a function is granted it may do, and nothing else: with its own credentials and the clients that it uses.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Get, KeysAndAttributes, Put, TransactGetItem,
    TransactWriteItem, Update,
};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use aws_smithy_http_client::Builder;
use serde_json::json;

use super::{Value, gateway, services, url};
use crate::cloud::{Aws, Settings};
use crate::reply::full;

const TABLE: &str = "savvy-Table";

/// One function that reads, one that writes, and one without any right.
const FUNCTIONS: &str = r"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions:
        - { AttributeName: PK, AttributeType: S }
        - { AttributeName: parent, AttributeType: S }
      KeySchema: [{ AttributeName: PK, KeyType: HASH }]
      GlobalSecondaryIndexes:
        - IndexName: by_parent
          KeySchema: [{ AttributeName: parent, KeyType: HASH }]
          Projection: { ProjectionType: KEYS_ONLY }
  Work: { Type: AWS::SQS::Queue }
  Other: { Type: AWS::SQS::Queue }
  Bus: { Type: AWS::Events::EventBus }
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/reader
      Policies:
        - Statement:
            - Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:Query]
              Resource: !GetAtt Table.Arn
  Lister:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/lister
      Policies:
        - Statement:
            - { Effect: Allow, Action: dynamodb:Query, Resource: !Sub '${Table.Arn}/index/by_parent' }
  Writer:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/writer
      Policies:
        - Statement:
            - { Effect: Allow, Action: [dynamodb:PutItem, dynamodb:UpdateItem], Resource: !GetAtt Table.Arn }
            - { Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Work.Arn }
            - { Effect: Allow, Action: events:PutEvents, Resource: !GetAtt Bus.Arn }
  Idle:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: ../functions/idle }
";

async fn start() -> Aws {
    let settings = Settings {
        template: FUNCTIONS.to_owned(),
        ..Settings::default()
    };
    Aws::start(&settings).await.unwrap()
}

/// The table as the function sees it, by the credentials in its environment.
fn table(aws: &Aws, function: &str) -> aws_sdk_dynamodb::Client {
    let id = aws.environment(function)["AWS_ACCESS_KEY_ID"].clone();
    client!(aws_sdk_dynamodb, aws, id)
}

fn queues(aws: &Aws, function: &str) -> aws_sdk_sqs::Client {
    let id = aws.environment(function)["AWS_ACCESS_KEY_ID"].clone();
    client!(aws_sdk_sqs, aws, id)
}

fn bus(aws: &Aws, function: &str) -> aws_sdk_eventbridge::Client {
    let id = aws.environment(function)["AWS_ACCESS_KEY_ID"].clone();
    client!(aws_sdk_eventbridge, aws, id)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// What a client learns of an answer: `Ok`, or status, code and message of the refusal.
fn outcome<T, E: ProvideErrorMetadata>(
    result: Result<T, SdkError<E, aws_sdk_dynamodb::config::http::HttpResponse>>,
) -> Result<(), (u16, String, String)> {
    result.map(drop).map_err(|error| {
        let status = error.raw_response().unwrap().status().as_u16();
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        (status, text(error.code()), text(error.message()))
    })
}

/// The words in which a refusal of DynamoDB names function, action and resource.
fn refused(function: &str, action: &str, resource: &str) -> Result<(), (u16, String, String)> {
    let (status, code) = if action.starts_with("sqs:") {
        (403, "AccessDenied")
    } else {
        (400, "AccessDeniedException")
    };
    let resource = match resource {
        "*" => "*".to_owned(),
        resource => {
            let service = action.split(':').next().unwrap();
            format!("arn:aws:{service}:us-east-1:000000000000:{resource}")
        }
    };
    let message = format!(
        "User: arn:aws:sts::000000000000:assumed-role/{function}/{function} is not authorized to perform: {action} \
         on resource: {resource} because no identity-based policy allows the {action} action"
    );
    Err((status, code.to_owned(), message))
}

async fn get(client: &aws_sdk_dynamodb::Client, table: &str) -> Result<(), (u16, String, String)> {
    let request = client.get_item().table_name(table).key("PK", text("a"));
    outcome(request.send().await)
}

async fn put(client: &aws_sdk_dynamodb::Client) -> Result<(), (u16, String, String)> {
    let request = client.put_item().table_name(TABLE).item("PK", text("a"));
    outcome(request.send().await)
}

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
    let found = super::dynamodb(&aws)
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

#[tokio::test]
async fn messages_go_only_to_granted_queues() {
    let aws = start().await;
    let writer = queues(&aws, "writer");
    let send = |queue: &str| {
        writer
            .send_message()
            .queue_url(url(&aws, queue))
            .message_body("x")
    };
    assert_eq!(outcome(send("Work").send().await), Ok(()));
    let denied = refused("writer", "sqs:SendMessage", "savvy-Other");
    assert_eq!(outcome(send("Other").send().await), denied.clone());
    let entry = SendMessageBatchRequestEntry::builder()
        .id("1")
        .message_body("x");
    let batch = |queue: &str| {
        let entry = entry.clone().build().unwrap();
        writer
            .send_message_batch()
            .queue_url(url(&aws, queue))
            .entries(entry)
    };
    assert_eq!(outcome(batch("Work").send().await), Ok(()));
    assert_eq!(outcome(batch("Other").send().await), denied);
    let received = writer
        .receive_message()
        .queue_url(url(&aws, "Work"))
        .send()
        .await;
    assert_eq!(
        outcome(received),
        refused("writer", "sqs:ReceiveMessage", "savvy-Work")
    );
    let named = writer.get_queue_url().queue_name("savvy-Work").send().await;
    assert_eq!(
        outcome(named),
        refused("writer", "sqs:GetQueueUrl", "savvy-Work")
    );
    let listed = writer.list_queues().send().await;
    assert_eq!(outcome(listed), refused("writer", "sqs:ListQueues", "*"));
    assert_eq!(aws.queues().counts("savvy-Work").unwrap().visible, 2);
    assert_eq!(aws.queues().counts("savvy-Other").unwrap().visible, 0);
}

#[tokio::test]
async fn events_go_only_to_the_granted_bus() {
    let aws = start().await;
    let entry = |name: Option<&str>| {
        PutEventsRequestEntry::builder()
            .source("savvy")
            .detail_type("a")
            .detail("{}")
            .set_event_bus_name(name.map(str::to_owned))
            .build()
    };
    let put = |function: &str, entries| {
        bus(&aws, function)
            .put_events()
            .set_entries(Some(entries))
            .send()
    };
    let arn = "arn:aws:events:us-east-1:000000000000:event-bus/savvy-Bus";
    let granted = vec![entry(Some("savvy-Bus")), entry(Some(arn))];
    assert_eq!(outcome(put("writer", granted).await), Ok(()));
    let mixed = vec![entry(Some("savvy-Bus")), entry(None)];
    let denied = refused("writer", "events:PutEvents", "event-bus/default");
    assert_eq!(outcome(put("writer", mixed).await), denied);
    let denied = refused("reader", "events:PutEvents", "event-bus/savvy-Bus");
    assert_eq!(
        outcome(put("reader", vec![entry(Some("savvy-Bus"))]).await),
        denied
    );
}

#[tokio::test]
async fn developers_may_do_everything_and_invented_functions_nothing() {
    let aws = start().await;
    for id in ["local", "AKIAIOSFODNN7EXAMPLE", "localhost"] {
        let tools = client!(aws_sdk_dynamodb, aws, id);
        assert_eq!(outcome(tools.list_tables().send().await), Ok(()), "{id}");
    }
    let code = |outcome: Result<(), (u16, String, String)>| {
        outcome.map_err(|(status, code, message)| (status, code, message.contains("nobody")))
    };
    let nobody = outcome(table(&aws, "nobody").list_tables().send().await);
    let unknown = |status, code: &str| Err((status, code.to_owned(), true));
    assert_eq!(code(nobody), unknown(400, "UnrecognizedClientException"));
    let nobody = outcome(queues(&aws, "nobody").list_queues().send().await);
    assert_eq!(code(nobody), unknown(403, "InvalidClientTokenId"));
    let nobody = outcome(
        bus(&aws, "nobody")
            .put_events()
            .set_entries(Some(vec![]))
            .send()
            .await,
    );
    assert_eq!(code(nobody), unknown(400, "UnrecognizedClientException"));
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

#[tokio::test]
async fn grants_are_unused_until_a_request_needs_them() {
    let aws = start().await;
    let unused = |aws: &Aws| -> Vec<String> {
        let grants = aws.unused_grants().into_iter();
        grants
            .map(|(function, grant)| format!("{function}: {}", grant.action))
            .collect()
    };
    let lister = "lister: dynamodb:Query";
    let all = [
        lister,
        "reader: dynamodb:GetItem",
        "reader: dynamodb:BatchGetItem",
        "reader: dynamodb:Query",
        "writer: dynamodb:PutItem",
        "writer: dynamodb:UpdateItem",
        "writer: sqs:SendMessage",
        "writer: events:PutEvents",
    ];
    assert_eq!(unused(&aws), all);
    put(&table(&aws, "writer")).await.unwrap();
    get(&table(&aws, "reader"), TABLE).await.unwrap();
    get(&table(&aws, "writer"), TABLE).await.unwrap_err();
    put(&super::dynamodb(&aws)).await.unwrap();
    let rest = [
        lister,
        "reader: dynamodb:BatchGetItem",
        "reader: dynamodb:Query",
    ];
    assert_eq!(unused(&aws)[..3], rest);
    assert!(!unused(&aws).contains(&"writer: dynamodb:PutItem".to_owned()));
}

#[tokio::test]
async fn functions_of_one_template_are_told_apart_by_their_environment() {
    let (aws, _) = services(None).await;
    let environment = aws.environment("worker");
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], "local-worker");
}
