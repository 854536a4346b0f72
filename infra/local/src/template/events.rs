//! The `Events` of a function: everything that can invoke it.

use std::time::Duration;

use serde_json::Value;

use super::{Function, QueueMapping, Rule, Schedule, StreamMapping, Target};
use super::{duration, flag, integer, last_of_arn, string};
use crate::Error;
use crate::pattern::Pattern;

/// Adds one event to the function, or the rule that it stands for to the rules.
pub(super) fn read(
    logical: &str,
    event: &str,
    source: &Value,
    function: &mut Function,
    rules: &mut Vec<Rule>,
) -> Result<(), Error> {
    let empty = Value::Null;
    let properties = source.get("Properties").unwrap_or(&empty);
    let name = format!("{}-{logical}{event}", super::STACK);
    match string(source, "Type").unwrap_or_default() {
        "SQS" => function.queues.push(queue_mapping(properties)),
        "DynamoDB" => function.streams.push(stream_mapping(&name, properties)?),
        kind @ ("ScheduleV2" | "Schedule") => {
            if string(properties, "State") != Some("DISABLED") {
                function
                    .schedules
                    .push(schedule(name, properties, kind == "ScheduleV2")?);
            }
        }
        "EventBridgeRule" | "CloudWatchEvent" => {
            rules.push(rule(name, properties, &function.name)?);
        }
        unknown => {
            return Err(Error::Template(format!(
                "{logical}.{event} has the type {unknown}, which is not understood here"
            )));
        }
    }
    Ok(())
}

fn queue_mapping(properties: &Value) -> QueueMapping {
    QueueMapping {
        queue: last_of_arn(string(properties, "Queue").unwrap_or_default()),
        batch_size: size(properties, 10),
        window: window(properties),
        reports_item_failures: reports_item_failures(properties),
    }
}

fn stream_mapping(name: &str, properties: &Value) -> Result<StreamMapping, Error> {
    let mut filters = Vec::new();
    let criteria = properties
        .pointer("/FilterCriteria/Filters")
        .and_then(Value::as_array);
    for filter in criteria.into_iter().flatten() {
        let pattern = string(filter, "Pattern").unwrap_or_default();
        let pattern = serde_json::from_str(pattern)
            .map_err(|error| error.to_string())
            .and_then(|pattern| Pattern::parse(&pattern))
            .map_err(|error| Error::Template(format!("filter of {name}: {error}")))?;
        filters.push(pattern);
    }
    let stream = string(properties, "Stream").unwrap_or_default();
    let table = stream
        .split_once(":table/")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map(|(table, _)| table.to_owned())
        .ok_or_else(|| Error::Template(format!("{name} has no stream of a table")))?;
    Ok(StreamMapping {
        table,
        batch_size: size(properties, 100),
        window: window(properties),
        filters,
        from_trim_horizon: string(properties, "StartingPosition") == Some("TRIM_HORIZON"),
        reports_item_failures: reports_item_failures(properties),
        bisects: flag(properties, "BisectBatchOnFunctionError"),
        maximum_retries: integer(properties, "MaximumRetryAttempts")
            .and_then(|count| u32::try_from(count).ok()),
        on_failure_queue: on_failure_queue(properties),
    })
}

fn schedule(name: String, properties: &Value, is_scheduler: bool) -> Result<Schedule, Error> {
    let key = if is_scheduler {
        "ScheduleExpression"
    } else {
        "Schedule"
    };
    let expression = string(properties, key).unwrap_or_default();
    let input = string(properties, "Input")
        .map(serde_json::from_str)
        .transpose()?;
    Ok(Schedule {
        every: rate(expression).ok_or_else(|| {
            Error::Template(format!(
                "{name} has the schedule {expression:?}, which is not understood here"
            ))
        })?,
        input,
        is_scheduler,
        name,
    })
}

fn rate(expression: &str) -> Option<Duration> {
    let (count, unit) = expression
        .strip_prefix("rate(")?
        .strip_suffix(')')?
        .split_once(' ')?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return None,
    };
    let count: i64 = count.parse().ok()?;
    (count > 0).then(|| duration(count.saturating_mul(seconds)))
}

fn rule(name: String, properties: &Value, function: &str) -> Result<Rule, Error> {
    let pattern = properties
        .get("Pattern")
        .ok_or_else(|| Error::Template(format!("{name} has no pattern")))?;
    if let Some(changed) = ["Input", "InputPath", "InputTransformer"]
        .into_iter()
        .find(|key| properties.get(key).is_some())
    {
        return Err(Error::Template(format!(
            "{changed} of {name} is not understood here"
        )));
    }
    Ok(Rule {
        bus: string(properties, "EventBusName")
            .unwrap_or("default")
            .to_owned(),
        pattern: Pattern::parse(pattern)
            .map_err(|error| Error::Template(format!("{name}: {error}")))?,
        targets: vec![Target::Function(function.to_owned())],
        name,
    })
}

/// The queue that a mapping or an asynchronous invocation gives up to.
pub(super) fn on_failure_queue(properties: &Value) -> Option<String> {
    let arn = properties
        .pointer("/DestinationConfig/OnFailure/Destination")?
        .as_str()?;
    arn.starts_with("arn:aws:sqs:").then(|| last_of_arn(arn))
}

fn reports_item_failures(properties: &Value) -> bool {
    properties
        .get("FunctionResponseTypes")
        .and_then(Value::as_array)
        .is_some_and(|types| types.iter().any(|kind| kind == "ReportBatchItemFailures"))
}

fn size(properties: &Value, default: usize) -> usize {
    integer(properties, "BatchSize")
        .and_then(|size| usize::try_from(size).ok())
        .unwrap_or(default)
        .max(1)
}

fn window(properties: &Value) -> Duration {
    duration(integer(properties, "MaximumBatchingWindowInSeconds").unwrap_or(0))
}
