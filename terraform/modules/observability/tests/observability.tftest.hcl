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
  account         = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  event_stream    = { name = "mill-events", record_age_seconds = 21600 }
  event_topic     = { dead_letter_queue_name = "mill-events-dead-letter", name = "mill-events", queue_name = "mill-events" }
  failure_store   = { bucket = "mill-failure-store-123456789012", on_failure_prefix = "aws/lambda/" }
  key_arn         = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name            = "mill"
  prediction_sink = { name = "mill-predictions", type = "kinesis" }
  scorer          = { function_name = "mill-scorer", release_poll_seconds = 30 }
}

# tests/terraform/test_observability.py reads this plan: what the alarms ring at, and what the dashboard shows.
run "with_an_evaluator" {
  command = plan

  variables {
    evaluator = {
      bucket            = "mill-evaluation-123456789012"
      function_name     = "mill-evaluator"
      on_failure_prefix = "aws/lambda/"
    }
  }

  assert {
    condition = toset(output.alarms) == toset([
      "mill-evaluator-not-done",
      "mill-evaluator-on-failure",
      "mill-evaluator-outcomes-quarantined",
      "mill-scorer-columns-drifted",
      "mill-scorer-dead-letters",
      "mill-scorer-errors",
      "mill-scorer-event-age",
      "mill-scorer-iterator-age",
      "mill-scorer-no-predictions",
      "mill-scorer-on-failure",
      "mill-scorer-quarantine-rate",
      "mill-scorer-release-refused",
      "mill-scorer-release-stale",
      "mill-scorer-throttles",
    ])
    error_message = "Each way in which a stack fails must have its alarm, by a name that begins with the stack's."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.alarm : alarm.alarm_actions == toset([output.topic_arn]) && alarm.ok_actions == toset([output.topic_arn])])
    error_message = "Every alarm must tell the topic, when it rings and when it is over."
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
    error_message = "Only CloudWatch may publish to it, for alarms of this stack."
  }

  assert {
    condition     = aws_s3_bucket_metric.on_failure.filter[0].prefix == "aws/lambda/"
    error_message = "S3 must count what Lambda writes, and not what the scorer quarantines."
  }
}

run "without_an_evaluator" {
  command = plan

  assert {
    condition     = length(output.alarms) == 10 && !strcontains(aws_cloudwatch_dashboard.flow.dashboard_body, "ColumnsDrifted")
    error_message = "Without an evaluator nothing may ring, or be shown, that only an evaluator tells."
  }
}

run "delivered_directly_to_a_queue" {
  command = plan

  variables {
    event_topic     = { dead_letter_queue_name = "mill-events-dead-letter", name = "mill-events" }
    prediction_sink = { name = "mill-predictions", type = "sqs" }
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.flow.dashboard_body, "AsyncEventAge") && !strcontains(aws_cloudwatch_dashboard.flow.dashboard_body, "ApproximateAgeOfOldestMessage")
    error_message = "Where there is no queue, the dashboard must show how long calls wait instead."
  }
}

run "settings_arrive" {
  command = plan

  variables {
    alarms = {
      dead_letters         = 3
      emails               = ["on-call@example.com"]
      errors               = 7
      event_age_seconds    = 5
      iterator_age_seconds = 90
      on_failure_objects   = 2
      period_seconds       = 60
      quarantine_percent   = 12.5
      runbook_url          = "https://example.com/runbook"
      silent_minutes       = 2
      stale_seconds        = 40
      throttles            = 1
    }
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.alarm : key => alarm.threshold } == {
      "scorer-dead-letters"    = 3
      "scorer-errors"          = 7
      "scorer-event-age"       = 5000
      "scorer-iterator-age"    = 90000
      "scorer-no-predictions"  = 0
      "scorer-on-failure"      = 2
      "scorer-quarantine-rate" = 12.5
      "scorer-release-refused" = 0
      "scorer-release-stale"   = 40
      "scorer-throttles"       = 1
    }
    error_message = "Every threshold must be the one that was set, in the metric's own unit."
  }

  assert {
    condition = alltrue([for alarm in aws_cloudwatch_metric_alarm.alarm :
      alarm.period == 60 || alltrue([for query in alarm.metric_query : try(query.metric[0].period, 60) == 60])
    ])
    error_message = "Every alarm must look by the minute."
  }

  assert {
    condition     = aws_sns_topic_subscription.email["on-call@example.com"].protocol == "email"
    error_message = "Addresses must be subscribed to the topic."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.flow.dashboard_body, "[A release is refused](https://example.com/runbook#a-release-is-refused)")
    error_message = "The dashboard must link to the runbook's sections where it is known where they are."
  }
}

run "to_a_topic_that_is_there" {
  command = plan

  variables {
    alarms = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:on-call" }
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-west-1:123456789012:on-call" && length(aws_sns_topic.alarms) == 0 && length(aws_sns_topic_policy.alarms) == 0
    error_message = "Where a topic is named none must be made."
  }
}
