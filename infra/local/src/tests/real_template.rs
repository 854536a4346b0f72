//! The template of the product, as the local cloud reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::template::{Function, Queue, Redrive, TEMPLATE, Target, Template};

fn template() -> Template {
    let parameters = BTreeMap::from([("OperatorKeySha256".to_owned(), "ab".repeat(32))]);
    Template::parse(TEMPLATE, 4566, &parameters).unwrap()
}

fn function<'t>(template: &'t Template, name: &str) -> &'t Function {
    template.function(name).unwrap()
}

#[test]
fn the_table_has_its_indexes_stream_and_expiry() {
    let template = template();
    let [table] = template.tables.as_slice() else {
        panic!("there is one table");
    };
    assert_eq!(table.name, "savvy-Table");
    assert_eq!(table.ttl_attribute.as_deref(), Some("ttl"));
    assert_eq!(
        table.create["StreamSpecification"],
        json!({ "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" })
    );
    let indexes: Vec<&str> = table.create["GlobalSecondaryIndexes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|index| index["IndexName"].as_str().unwrap())
        .collect();
    assert_eq!(indexes, ["by_parent", "by_due"]);
}

#[test]
fn queues_have_their_times_and_dead_letters() {
    let template = template();
    let billing = template
        .queues
        .iter()
        .find(|queue| queue.name == "savvy-BillingQueue")
        .unwrap();
    assert_eq!(
        *billing,
        Queue {
            name: "savvy-BillingQueue".to_owned(),
            visibility_ms: 360_000,
            delay_ms: 0,
            retention_ms: 345_600_000,
            redrive: Some(Redrive {
                dead_letter_queue: "savvy-BillingDeadLetterQueue".to_owned(),
                max_receives: 5,
            }),
        }
    );
}

#[test]
fn functions_are_known_by_their_crates() {
    let template = template();
    let billing = function(&template, "billing");
    assert_eq!(billing.timeout, Duration::from_secs(29));
    let answers = |path: &str| {
        let mut routes = template.routes.iter().filter(|route| route.path == path);
        let function = routes.next().map(|route| route.function.as_str());
        assert_eq!(routes.next(), None);
        function
    };
    assert_eq!(answers("/v3/plans/{id}"), Some("billing"));
    assert_eq!(answers("$default"), Some("docs"));
}

#[test]
fn environments_are_resolved() {
    let template = template();
    let sweep = &function(&template, "due-sweep").environment;
    assert_eq!(sweep["TABLE_NAME"], "savvy-Table");
    assert_eq!(
        sweep["BILLING_QUEUE_URL"],
        "http://127.0.0.1:4566/000000000000/savvy-BillingQueue"
    );
    assert_eq!(
        function(&template, "outbox-relay").environment["EVENT_BUS_NAME"],
        "savvy-events"
    );
    assert_eq!(
        function(&template, "platform").environment["OPERATOR_KEY_SHA256"],
        "ab".repeat(32)
    );
    for function in &template.functions {
        for (name, value) in &function.environment {
            // What an operator may leave out.
            let optional = matches!(
                name.as_str(),
                "BRAINTREE_PRIVATE_KEY"
                    | "BRAINTREE_PUBLIC_KEY"
                    | "BRAINTREE_URL"
                    | "CORS_ORIGINS"
                    | "EMAIL_FROM"
                    | "PUBLIC_URL"
                    | "SMS_REGION"
                    | "SMS_SENDER_ID"
            );
            assert!(
                (optional || !value.is_empty()) && !value.contains("${"),
                "{}: {name}={value}",
                function.name
            );
        }
    }
}

#[test]
fn the_relay_follows_the_stream() {
    let template = template();
    let [mapping] = function(&template, "outbox-relay").streams.as_slice() else {
        panic!("the relay has one stream");
    };
    assert_eq!(
        (mapping.table.as_str(), mapping.batch_size),
        ("savvy-Table", 100)
    );
    assert!(mapping.from_trim_horizon && mapping.reports_item_failures && mapping.bisects);
    assert_eq!(
        mapping.on_failure_queue.as_deref(),
        Some("savvy-RelayFailuresQueue")
    );
    let matches = |record| mapping.filters.iter().any(|filter| filter.matches(&record));
    assert!(matches(
        json!({ "dynamodb": { "NewImage": { "ev": { "S": "[]" } } } })
    ));
    assert!(matches(
        json!({ "dynamodb": { "NewImage": { "at_once": { "N": "1" } } } })
    ));
    assert!(!matches(
        json!({ "dynamodb": { "NewImage": { "et": { "S": "plan" } } } })
    ));
    assert!(!matches(
        json!({ "dynamodb": { "OldImage": { "ev": { "S": "[]" } } } })
    ));
}

#[test]
fn the_sweep_ticks_and_hears_of_test_clocks() {
    let template = template();
    let sweep = function(&template, "due-sweep");
    let [schedule] = sweep.schedules.as_slice() else {
        panic!("the sweep has one schedule");
    };
    assert_eq!(schedule.every, Duration::from_mins(1));
    assert!(schedule.is_scheduler);
    assert_eq!(
        sweep.on_failure_queue.as_deref(),
        Some("savvy-DueSweepDeadLetterQueue")
    );
    let targets: Vec<&Target> = template
        .rules
        .iter()
        .filter(|rule| rule.bus == "savvy-events")
        .flat_map(|rule| &rule.targets)
        .collect();
    assert!(targets.contains(&&Target::Queue("savvy-WebhookFanoutQueue".to_owned())));
    assert!(targets.contains(&&Target::Function("due-sweep".to_owned())));
    let hidden: Vec<String> = crate::asynchronous::queues(&template)
        .into_iter()
        .map(|queue| queue.name)
        .collect();
    assert_eq!(hidden, ["~async-due-sweep"]);
}

/// Where a line of the log says that somebody has to look, an alarm counts it.
#[test]
fn what_keeps_failing_is_an_alarm() {
    let filters: Vec<&str> = TEMPLATE
        .split("Type: AWS::Logs::MetricFilter")
        .skip(1)
        .collect();
    for worker in [
        "DueSweep",
        "BillingRun",
        "Notifications",
        "WebhookFanout",
        "WebhookDelivery",
    ] {
        let own = format!("LogGroupName: !Ref {worker}LogGroup\n");
        let filter = filters.iter().find(|filter| filter.contains(&own)).unwrap();
        assert!(filter.contains("FilterPattern: '{ $.fields.alarm = \"due_work\" }'"));
        assert!(filter.contains("MetricName: DueWorkFailures"));
    }
    let alarm = TEMPLATE.split_once("  DueWorkAlarm:").unwrap().1;
    assert!(alarm.contains("MetricName: DueWorkFailures"));
    for code in [
        include_str!("../../../../shared/api/src/due.rs"),
        include_str!("../../../../functions/due-sweep/src/sweep.rs"),
        include_str!("../../../../functions/due-sweep/src/lib.rs"),
    ] {
        assert!(code.contains("alarm = \"due_work\""));
    }
}

#[test]
fn workers_take_batches() {
    let template = template();
    for (name, queue) in [
        ("billing-run", "savvy-BillingQueue"),
        ("notifications", "savvy-NotificationsQueue"),
        ("webhook-fanout", "savvy-WebhookFanoutQueue"),
        ("webhook-delivery", "savvy-WebhookDeliveryQueue"),
    ] {
        let [mapping] = function(&template, name).queues.as_slice() else {
            panic!("{name} has one queue");
        };
        assert_eq!(mapping.queue, queue);
        assert!(mapping.reports_item_failures);
    }
}

/// An API Gateway would refuse these, or answer 500 for ever.
#[test]
fn an_api_that_leads_nowhere_is_refused() {
    let parameters = BTreeMap::from([("OperatorKeySha256".to_owned(), "ab".repeat(32))]);
    let broken = |from: &str, to: &str| {
        let changed = TEMPLATE.replacen(from, to, 1);
        assert_ne!(changed, TEMPLATE, "{from}");
        Template::parse(&changed, 4566, &parameters)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    for (from, to, why) in [
        (
            "integrations/Docs\" }",
            "integrations/Doc\" }",
            "no integration Doc",
        ),
        ("functions/${Crm.Arn}", "functions/${Table.Arn}", "Crm"),
        (
            "FunctionName: !Ref Crm\n      Principal: apigateway.amazonaws.com",
            "FunctionName: !Ref Crm\n      Principal: events.amazonaws.com",
            "no permission to invoke Crm",
        ),
        (
            "parameters: [{ name: id,",
            "parameters: [{ name: other,",
            "are not those that it declares",
        ),
        (
            "/health:\n            x-amazon-apigateway-any-method",
            "/health:\n            get",
            "/health is not understood",
        ),
    ] {
        let error = broken(from, to).unwrap_err();
        assert!(error.contains(why), "{to}: {error}");
    }
}
