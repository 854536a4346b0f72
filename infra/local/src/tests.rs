//! The local cloud as its clients see it, on a small template of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_http_client::Builder;
use futures::FutureExt;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::access::DEVELOPER;
use crate::clock::Clock;
use crate::cloud::{Aws, Running, Settings, listen};
use crate::invoke::{Functions, Invocation};

/// The settings that all clients of AWS share, and whose they are.
macro_rules! client {
    ($sdk:ident, $aws:expr, $access_key_id:expr) => {
        $sdk::Client::from_conf(
            $sdk::config::Builder::new()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("us-east-1"))
                .credentials_provider($sdk::config::Credentials::new(
                    $access_key_id,
                    "secret",
                    None,
                    None,
                    "tests",
                ))
                .endpoint_url($aws.endpoint_url())
                .http_client(Builder::new().build_http())
                .build(),
        )
    };
}

mod access;
mod browsers;
mod buses;
mod database;
mod gateway;
mod listen;
mod patterns;
mod policies;
mod queues;
mod real_template;
mod settling;
mod sources;
mod streams;
mod throughput;
mod trigger;

const NOW_MS: i64 = 1_767_225_600_000;

const SMALL: &str = r#"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions:
        - { AttributeName: PK, AttributeType: S }
        - { AttributeName: SK, AttributeType: S }
      KeySchema:
        - { AttributeName: PK, KeyType: HASH }
        - { AttributeName: SK, KeyType: RANGE }
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
  Work:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 2 }
  Dead:
    Type: AWS::SQS::Queue
  Fanout:
    Type: AWS::SQS::Queue
  Bus:
    Type: AWS::Events::EventBus
    Properties: { Name: !Sub "${AWS::StackName}-bus" }
  FanoutRule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: { source: [savvy], detail: { amount: [{ numeric: [">=", 100] }] } }
      Targets: [{ Id: fanout, Arn: !GetAtt Fanout.Arn }]
  Relay:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/relay
      Events:
        TableStream:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 10
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 3
            FunctionResponseTypes: [ReportBatchItemFailures]
            FilterCriteria:
              Filters: [{ Pattern: '{"dynamodb":{"NewImage":{"ev":{"S":[{"exists":true}]}}}}' }]
            DestinationConfig:
              OnFailure: { Type: SQS, Destination: !GetAtt Dead.Arn }
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/worker
      Timeout: 10
      Environment: { Variables: { WORK_URL: !Ref Work, BUS: !Ref Bus } }
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        DestinationConfig:
          OnFailure: { Type: SQS, Destination: !GetAtt Dead.Arn }
      Events:
        Messages:
          Type: SQS
          Properties: { Queue: !GetAtt Work.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures] }
        Created:
          Type: EventBridgeRule
          Properties:
            EventBusName: !Ref Bus
            Pattern: { detail-type: [thing.created] }
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody:
        paths:
          /things/{id}:
            parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
            x-amazon-apigateway-any-method: { x-amazon-apigateway-integration: { $ref: '#/components/x-amazon-apigateway-integrations/It' } }
          /$default:
            x-amazon-apigateway-any-method: { x-amazon-apigateway-integration: { $ref: '#/components/x-amazon-apigateway-integrations/It' } }
        components:
          x-amazon-apigateway-integrations:
            It:
              type: aws_proxy
              httpMethod: POST
              payloadFormatVersion: "2.0"
              uri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Worker.Arn}/invocations"
  WorkerApiPermission:
    Type: AWS::Lambda::Permission
    Properties: { Action: lambda:InvokeFunction, FunctionName: !Ref Worker, Principal: apigateway.amazonaws.com }
  Ticker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/ticker
      Events:
        EveryMinute:
          Type: ScheduleV2
          Properties: { ScheduleExpression: rate(1 minute) }
"#;

/// Events that a stub saw, in order.
type Seen = Arc<Mutex<Vec<Value>>>;

/// A function that keeps its events and answers each with what `reply` makes of it.
fn stub(
    seen: &Seen,
    reply: impl Fn(&Value) -> Result<Value, String> + Send + Sync + 'static,
) -> Invocation {
    let seen = Arc::clone(seen);
    let reply = Arc::new(reply);
    Arc::new(move |event: Box<RawValue>| {
        let seen = Arc::clone(&seen);
        let reply = Arc::clone(&reply);
        async move {
            let event: Value = serde_json::from_str(event.get()).unwrap();
            let answer = reply(&event);
            seen.lock().unwrap().push(event);
            answer.map(|answer| to_raw_value(&answer).unwrap())
        }
        .boxed()
    })
}

/// A function that succeeds with everything.
fn accepting(seen: &Seen) -> Invocation {
    stub(seen, |_| Ok(Value::Null))
}

struct World {
    running: Running,
    clock: Clock,
}

/// Services only, on a clock that stands still.
async fn services(data: Option<&Path>) -> (Aws, Clock) {
    let clock = Clock::manual(NOW_MS);
    let settings = Settings {
        data: data.map(Path::to_owned),
        template: SMALL.to_owned(),
        clock: clock.clone(),
        ..Settings::default()
    };
    (Aws::start(&settings).await.unwrap(), clock)
}

impl World {
    async fn start<const N: usize>(stubs: [(&str, Invocation); N]) -> Self {
        Self::start_with(None, stubs).await
    }

    async fn start_with<const N: usize>(
        data: Option<&Path>,
        stubs: [(&str, Invocation); N],
    ) -> Self {
        let (aws, clock) = services(data).await;
        let stubs = stubs.map(|(name, stub)| (name.to_owned(), stub));
        let functions = Functions::new(aws.template(), stubs);
        let running = aws.run(&functions, listen(0).await.unwrap()).unwrap();
        Self { running, clock }
    }

    fn aws(&self) -> &Aws {
        self.running.aws()
    }

    fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Lets time pass for queues and those who wait for them.
    fn pass(&self, duration: Duration) {
        self.clock
            .advance_ms(i64::try_from(duration.as_millis()).unwrap());
        self.aws().queues().wake_all();
    }
}

/// Waits for background work, giving up long after it should have been done.
async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..5_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{what} did not happen");
}

fn url(aws: &Aws, queue: &str) -> String {
    format!("{}/000000000000/savvy-{queue}", aws.endpoint_url())
}

fn sqs(aws: &Aws) -> aws_sdk_sqs::Client {
    client!(aws_sdk_sqs, aws, DEVELOPER)
}

fn events(aws: &Aws) -> aws_sdk_eventbridge::Client {
    client!(aws_sdk_eventbridge, aws, DEVELOPER)
}

fn dynamodb(aws: &Aws) -> aws_sdk_dynamodb::Client {
    client!(aws_sdk_dynamodb, aws, DEVELOPER)
}

/// A file of its own for each test, deleted with everything beside it at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("local-{}", crate::ids::token()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("savvy.db")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

#[tokio::test]
async fn environments_name_local_things() {
    let (aws, _) = services(None).await;
    let environment = aws.environment("worker");
    assert_eq!(environment["WORK_URL"], url(&aws, "Work"));
    assert_eq!(environment["BUS"], "savvy-bus");
    assert_eq!(environment["AWS_ENDPOINT_URL"], aws.endpoint_url());
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], "local-worker");
    assert_eq!(aws.environment("nobody").get("WORK_URL"), None::<&String>,);
}

#[tokio::test]
async fn an_unknown_service_is_refused_in_json() {
    let (aws, _) = services(None).await;
    let request = http::Request::post(aws.endpoint_url())
        .header("x-amz-target", "Kinesis_20131202.PutRecord")
        .body(crate::reply::full("{}"))
        .unwrap();
    let (status, body) = gateway::send(request).await;
    assert_eq!(status, 400);
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["__type"], json!("UnknownOperationException"));
    let parameters: BTreeMap<String, String> = BTreeMap::new();
    assert!(
        crate::template::Template::parse(
            "Resources: { A: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true } } }",
            1,
            &parameters
        )
        .is_err()
    );
}
