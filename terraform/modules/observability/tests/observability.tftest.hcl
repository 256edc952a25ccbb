mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:mill-scorer-some" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:mill-alarms" }
  }
}

variables {
  account = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name    = "mill"

  functions = {
    scorer = {
      name       = "mill-scorer"
      on_failure = { bucket = "mill-failure-store-123456789012", filter = "on-failure" }
      alarms = {
        "scorer-errors" = {
          meaning = "It failed in {period}."
          runbook = "The function fails"
          metrics = { errors = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = "mill-scorer" }, statistic = "Sum" } }
          above   = 2
          missing = "notBreaching"
        }
        "scorer-event-age" = {
          meaning    = "It was late."
          runbook    = "Predictions come late"
          metrics    = { age = { namespace = "Millrace", name = "EventAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "p99" } }
          above      = 60000
          periods    = 3
          datapoints = 2
          missing    = "notBreaching"
        }
      }
    }
  }

  sinks = {
    prediction_sink = {
      type = "kinesis"
      metrics = {
        accepted = [{ namespace = "AWS/Kinesis", name = "IncomingRecords", dimensions = { StreamName = "mill-predictions" }, label = "records" }]
        pressure = [{ namespace = "AWS/Kinesis", name = "WriteProvisionedThroughputExceeded", dimensions = { StreamName = "mill-predictions" }, label = "throttled" }]
      }
      alarms = {}
    }
  }

  sources = {
    event_stream = {
      metrics = {
        arrivals = { namespace = "AWS/Kinesis", name = "IncomingRecords", dimensions = { StreamName = "mill-events" }, label = "event stream" }
        wait     = [{ namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, label = "event stream", statistic = "Maximum" }]
      }
      alarms = {}
    }
  }
}

run "alarms_of_what_is_watched" {
  command = plan

  assert {
    condition     = toset(output.alarms) == toset(["mill-scorer-errors", "mill-scorer-event-age", "mill-scorer-no-predictions"])
    error_message = "Every alarm of a function, a sink or a source must exist, by a name that begins with the stack's."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.alarm : alarm.alarm_actions == toset([output.topic_arn]) && alarm.ok_actions == toset([output.topic_arn])])
    error_message = "Every alarm must notify the topic when it fires and when it is over."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.alarm["scorer-errors"].alarm_description == "It failed in 5 min. See \"The function fails\" in docs/runbook.md."
    error_message = "The description must have the meaning, the period and the runbook's section."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.alarm["scorer-errors"].datapoints_to_alarm == 1,
      aws_cloudwatch_metric_alarm.alarm["scorer-errors"].statistic == "Sum",
      aws_cloudwatch_metric_alarm.alarm["scorer-event-age"].datapoints_to_alarm == 2,
      aws_cloudwatch_metric_alarm.alarm["scorer-event-age"].evaluation_periods == 3,
      aws_cloudwatch_metric_alarm.alarm["scorer-event-age"].extended_statistic == "p99",
    ])
    error_message = "An alarm must have what its data defines, and the defaults for the rest."
  }

  assert {
    condition     = [for query in aws_cloudwatch_metric_alarm.alarm["scorer-no-predictions"].metric_query : query.expression if query.id == "value"] == ["IF(FILL(event_stream, 0) > 0 AND FILL(predictions, 0) == 0 AND (FILL(ignored, 0) == 0 OR FILL(scored, 0) > FILL(ignored, 0)), 1, 0)"]
    error_message = "The absence of predictions must be compared with what every source received, and with what the manifest ignores."
  }

  assert {
    condition     = aws_sns_topic.alarms[0].name == "mill-alarms" && aws_sns_topic.alarms[0].kms_master_key_id == var.key_arn
    error_message = "The stack's own topic must be encrypted with the stack's key."
  }

  assert {
    condition = jsondecode(aws_sns_topic_policy.alarms[0].policy).Statement[0] == {
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-west-1:123456789012:mill-alarms"
      Condition = {
        StringEquals = { "aws:SourceAccount" = "123456789012" }
        ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:mill-*" }
      }
    }
    error_message = "Only CloudWatch may publish to the topic, for alarms of this stack."
  }

  assert {
    condition     = !strcontains(aws_cloudwatch_dashboard.flow.dashboard_body, "ColumnsDrifted")
    error_message = "Without an evaluator, nothing that only an evaluator emits may be shown."
  }
}

run "another_source" {
  command = plan

  variables {
    sources = {
      changes = {
        metrics = { wait = [{ namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, label = "changes" }] }
        alarms = {
          "changes-late" = {
            meaning = "Changes are late."
            runbook = "Predictions come late"
            metrics = { age = { namespace = "AWS/Lambda", name = "IteratorAge", dimensions = { FunctionName = "mill-scorer" }, statistic = "Maximum" } }
            above   = 1
            missing = "notBreaching"
          }
        }
      }
    }
  }

  assert {
    condition     = contains(output.alarms, "mill-changes-late") && !contains(output.alarms, "mill-scorer-no-predictions") && strcontains(aws_cloudwatch_dashboard.flow.dashboard_body, "\"changes\"")
    error_message = "A source must be watched by its own data; without a metric of what arrives, silence cannot be detected."
  }
}

run "settings_reach_the_alarms" {
  command = plan

  variables {
    alarms = {
      emails         = ["on-call@example.com"]
      period_seconds = 60
      runbook_url    = "https://example.com/runbook"
      silent_minutes = 2
    }
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.alarm :
      alarm.period == 60 || alltrue([for query in alarm.metric_query : try(query.metric[0].period, 60) == 60])
    ])
    error_message = "Every alarm must look at periods of a minute."
  }

  assert {
    condition     = aws_sns_topic_subscription.email["on-call@example.com"].protocol == "email"
    error_message = "Addresses must be subscribed to the topic."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.flow.dashboard_body, "[A release is refused](https://example.com/runbook#a-release-is-refused)")
    error_message = "With the runbook's address, the dashboard must link to its sections."
  }
}

run "existing_topic" {
  command = plan

  variables {
    alarms = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:on-call" }
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-west-1:123456789012:on-call" && length(aws_sns_topic.alarms) == 0 && length(aws_sns_topic_policy.alarms) == 0
    error_message = "With a topic of the account's, none must be created."
  }
}
