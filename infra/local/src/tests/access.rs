//! What a function is granted it may do, and nothing else: with its own credentials and the clients that it uses.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;

use crate::cloud::{Aws, Settings};

mod messages;
mod table;

const TABLE: &str = "savvy-Table";

/// What a client learns of an answer: `Ok`, or status, code and message of the refusal.
type Outcome = Result<(), (u16, String, String)>;

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

fn outcome<T, E: ProvideErrorMetadata>(
    result: Result<T, SdkError<E, aws_sdk_dynamodb::config::http::HttpResponse>>,
) -> Outcome {
    result.map(drop).map_err(|error| {
        let status = error.raw_response().unwrap().status().as_u16();
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        (status, text(error.code()), text(error.message()))
    })
}

/// A refusal, whose message names function, action and resource.
fn refused(function: &str, action: &str, resource: &str) -> Outcome {
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

async fn get(client: &aws_sdk_dynamodb::Client, table: &str) -> Outcome {
    let request = client.get_item().table_name(table).key("PK", text("a"));
    outcome(request.send().await)
}

async fn put(client: &aws_sdk_dynamodb::Client) -> Outcome {
    let request = client.put_item().table_name(TABLE).item("PK", text("a"));
    outcome(request.send().await)
}

#[tokio::test]
async fn developers_may_do_everything_and_invented_functions_nothing() {
    let aws = start().await;
    for id in ["local", "AKIAIOSFODNN7EXAMPLE", "localhost"] {
        let tools = client!(aws_sdk_dynamodb, aws, id);
        assert_eq!(outcome(tools.list_tables().send().await), Ok(()), "{id}");
    }
    let code = |outcome: Outcome| {
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
