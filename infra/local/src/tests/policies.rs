//! The policies of functions, as they are read.

use std::collections::BTreeMap;

use crate::template::{Grant, Resource, TEMPLATE, Template};

/// A template with one function, whose properties are given besides its code.
fn parse(properties: &str) -> Result<Template, String> {
    let source = format!(
        r"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{{ AttributeName: PK, AttributeType: S }}]
      KeySchema: [{{ AttributeName: PK, KeyType: HASH }}]
      GlobalSecondaryIndexes:
        - IndexName: by_parent
          KeySchema: [{{ AttributeName: PK, KeyType: HASH }}]
          Projection: {{ ProjectionType: KEYS_ONLY }}
  Work:
    Type: AWS::SQS::Queue
  Bus:
    Type: AWS::Events::EventBus
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../functions/worker
      {properties}
"
    );
    Template::parse(&source, 1, &BTreeMap::new()).map_err(|error| error.to_string())
}

/// The grants of one statement in place of the whole of the policies.
fn statement(statement: &str) -> Result<Vec<String>, String> {
    let template = parse(&format!("Policies: [{{ Statement: [{{ {statement} }}] }}]"))?;
    Ok(shown(&template, "worker"))
}

fn shown(template: &Template, function: &str) -> Vec<String> {
    let grants = &template.function(function).unwrap().grants;
    grants.iter().map(ToString::to_string).collect()
}

const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/savvy-Table";

#[test]
fn every_action_is_granted_on_every_resource() {
    let grants = statement(
        "Effect: Allow, Action: [dynamodb:Query, dynamodb:Scan], \
         Resource: [!GetAtt Table.Arn, !Sub '${Table.Arn}/index/by_parent']",
    );
    let expected = [
        format!("dynamodb:Query on {TABLE}"),
        format!("dynamodb:Query on {TABLE}/index/by_parent"),
        format!("dynamodb:Scan on {TABLE}"),
        format!("dynamodb:Scan on {TABLE}/index/by_parent"),
    ];
    assert_eq!(grants.unwrap(), expected);
}

#[test]
fn a_list_of_one_needs_no_brackets() {
    let grants =
        statement("Sid: Send, Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Work.Arn");
    let expected = ["sqs:SendMessage on arn:aws:sqs:us-east-1:000000000000:savvy-Work"];
    assert_eq!(grants.unwrap(), expected);
}

#[test]
fn a_function_without_policies_may_do_nothing() {
    let template = parse("Timeout: 3").unwrap();
    assert_eq!(template.function("worker").unwrap().grants, []);
}

#[test]
fn a_statement_that_is_not_understood_stops_the_start() {
    let table = "Resource: !GetAtt Table.Arn";
    for (wrong, because) in [
        (format!("Effect: Deny, Action: dynamodb:GetItem, {table}"), "Allow"),
        (format!("Action: dynamodb:GetItem, {table}"), "Allow"),
        (format!("Effect: Allow, {table}"), "Action is not a string"),
        (format!("Effect: Allow, NotAction: dynamodb:GetItem, {table}"), "NotAction"),
        (
            format!("Effect: Allow, Action: dynamodb:GetItem, {table}, Condition: {{}}"),
            "Condition",
        ),
        (format!("Effect: Allow, Action: 'dynamodb:*', {table}"), "dynamodb:* on"),
        (format!("Effect: Allow, Action: dynamodb:GetItme, {table}"), "dynamodb:GetItme on"),
        (
            format!("Effect: Allow, Action: dynamodb:TransactWriteItems, {table}"),
            "dynamodb:TransactWriteItems on",
        ),
        (format!("Effect: Allow, Action: sqs:SendMessage, {table}"), "sqs:SendMessage on"),
        ("Effect: Allow, Action: dynamodb:GetItem".to_owned(), "Resource is not a string"),
        ("Effect: Allow, Action: dynamodb:GetItem, Resource: '*'".to_owned(), "on *"),
        (
            "Effect: Allow, Action: dynamodb:GetItem, Resource: !Sub '${Table.Arn}/index/by_parent'"
                .to_owned(),
            "dynamodb:GetItem on",
        ),
        (
            "Effect: Allow, Action: dynamodb:Query, Resource: !Sub '${Table.Arn}/index/*'".to_owned(),
            "there is no",
        ),
        (
            "Effect: Allow, Action: dynamodb:GetItem, Resource: !Sub '${Table.Arn}s'".to_owned(),
            "there is no",
        ),
    ] {
        let error = statement(&wrong).unwrap_err();
        assert!(error.contains(because), "{wrong}: {error}");
    }
}

#[test]
fn rights_from_elsewhere_stop_the_start() {
    for wrong in [
        "Policies: AmazonDynamoDBFullAccess",
        "Policies: [{ DynamoDBCrudPolicy: { TableName: !Ref Table } }]",
        "Role: arn:aws:iam::000000000000:role/shared",
        "PermissionsBoundary: arn:aws:iam::000000000000:policy/boundary",
    ] {
        assert!(
            parse(wrong).unwrap_err().contains("not understood"),
            "{wrong}"
        );
    }
    let role = "Resources: { Other: { Type: AWS::IAM::Role } }";
    assert!(Template::parse(role, 1, &BTreeMap::new()).is_err());
}

#[test]
fn the_template_of_the_product_is_understood() {
    let parameters = BTreeMap::from([("OperatorKeySha256".to_owned(), "ab".repeat(32))]);
    let template = Template::parse(TEMPLATE, 1, &parameters).unwrap();
    let table = "savvy-Table".to_owned();
    let grants = &template.function("due-sweep").unwrap().grants;
    assert!(grants.contains(&Grant {
        action: "dynamodb:Query".to_owned(),
        resource: Resource::Index {
            table,
            index: "by_due".to_owned()
        },
    }));
    let sent_to: Vec<&Resource> = grants
        .iter()
        .filter(|grant| grant.action == "sqs:SendMessage")
        .map(|grant| &grant.resource)
        .collect();
    let queue = |name: &str| Resource::Queue(name.to_owned());
    assert_eq!(
        sent_to,
        [
            &queue("savvy-BillingQueue"),
            &queue("savvy-NotificationsQueue"),
            &queue("savvy-WebhookDeliveryQueue"),
            &queue("savvy-WebhookFanoutQueue")
        ]
    );
    let publishing = Grant {
        action: "events:PutEvents".to_owned(),
        resource: Resource::Bus("savvy-events".to_owned()),
    };
    for function in &template.functions {
        let granted = function.grants.contains(&publishing);
        assert_eq!(
            granted,
            function.name == "outbox-relay",
            "{}",
            function.name
        );
    }
    assert_eq!(template.function("docs").unwrap().grants, []);
}

#[test]
fn nothing_is_granted_twice() {
    let parameters = BTreeMap::from([("OperatorKeySha256".to_owned(), "ab".repeat(32))]);
    let template = Template::parse(TEMPLATE, 1, &parameters).unwrap();
    for function in &template.functions {
        let mut grants = shown(&template, &function.name);
        let granted = grants.len();
        grants.sort();
        grants.dedup();
        assert_eq!(grants.len(), granted, "{}", function.name);
    }
}
