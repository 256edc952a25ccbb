# All alarms of a stack. tests/terraform/test_observability.py reads these plans: when the alarms fire, and what the dashboard
# shows.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }

  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:mill-scorer-some" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill:live" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill"
    }
  }
}

variables {
  name     = "mill"
  packages = { evaluator = "./main.tf", scorer = "./main.tf" } # any file works: nothing is deployed
}

run "with_an_evaluator" {
  command = plan

  variables {
    capture   = {}
    evaluator = {}
  }

  assert {
    condition = toset(output.observability.alarms) == toset([
      "mill-evaluator-not-done",
      "mill-evaluator-on-failure",
      "mill-evaluator-outcomes-quarantined",
      "mill-scorer-capture-failures",
      "mill-scorer-columns-drifted",
      "mill-scorer-dead-letters",
      "mill-scorer-errors",
      "mill-scorer-event-age",
      "mill-scorer-events-lost",
      "mill-scorer-iterator-age",
      "mill-scorer-missing-values",
      "mill-scorer-no-predictions",
      "mill-scorer-on-failure",
      "mill-scorer-quarantine-rate",
      "mill-scorer-release-refused",
      "mill-scorer-release-stale",
      "mill-scorer-throttles",
    ])
    error_message = "Every failure mode of a stack must have its alarm, by a name that begins with the stack's."
  }
}

run "without_an_evaluator" {
  command = plan

  assert {
    condition     = length(output.observability.alarms) == 12
    error_message = "Without an evaluator, there must be no alarm on what only an evaluator emits."
  }
}

run "with_an_endpoint" {
  command = plan

  variables {
    alarms   = { latency_ms = 250, server_error_percent = 2 }
    capture  = {}
    http     = {}
    packages = { http = "./main.tf", scorer = "./main.tf" }
  }

  assert {
    condition     = length(output.observability.alarms) == 20
    error_message = "An endpoint must have its alarms: errors, 5xx, latency, throttles, two on releases, and one on data capture."
  }

  assert {
    condition = { for name, alarm in local.functions.http.alarms : name => alarm.above } == {
      "http-capture-failures" = 2
      "http-errors"           = 2
      "http-latency"          = 250
      "http-release-refused"  = 0
      "http-release-stale"    = 300
      "http-server-errors"    = 2
      "http-throttles"        = 10
    }
    error_message = "Every threshold must be the one that was set."
  }
}

run "delivered_directly_to_a_queue" {
  command = plan

  variables {
    event_topic     = { delivery = "direct" }
    prediction_sink = { type = "sqs" }
  }

  assert {
    condition     = length(output.observability.alarms) == 12
    error_message = "The alarms must not depend on the delivery or on the sink."
  }
}

run "settings_reach_the_alarms" {
  command = plan

  variables {
    capture   = {}
    evaluator = {}

    alarms = {
      capture_failures     = 6
      columns_drifted      = 4
      dead_letters         = 3
      errors               = 7
      event_age_seconds    = 5
      iterator_age_seconds = 90
      missing_percent      = 30
      on_failure_objects   = 2
      period_seconds       = 60
      quarantine_percent   = 12.5
      silent_minutes       = 2
      stale_seconds        = 40
      throttles            = 1
    }
  }

  assert {
    condition = { for name, alarm in merge([for watched in concat(values(local.functions), values(local.sinks), values(local.sources)) : watched.alarms]...) : name => try(alarm.above, alarm.below) } == {
      "evaluator-not-done"             = 1
      "evaluator-on-failure"           = 0
      "evaluator-outcomes-quarantined" = 0
      "scorer-capture-failures"        = 6
      "scorer-columns-drifted"         = 4
      "scorer-dead-letters"            = 3
      "scorer-errors"                  = 7
      "scorer-event-age"               = 5000
      "scorer-events-lost"             = 0
      "scorer-iterator-age"            = 90000
      "scorer-missing-values"          = 30
      "scorer-on-failure"              = 2
      "scorer-quarantine-rate"         = 12.5
      "scorer-release-refused"         = 0
      "scorer-release-stale"           = 40
      "scorer-throttles"               = 1
    }
    error_message = "Every threshold must be the one that was set, in the metric's own unit."
  }
}

run "with_a_trainer" {
  command = plan

  variables {
    onnx     = true
    packages = { scorer = "./main.tf", trainer = "./main.tf" }
    trainer  = {}
  }

  assert {
    condition     = { for name, alarm in local.functions.trainer.alarms : name => alarm.above } == { "trainer-failed" = 0, "trainer-slow" = 720000 }
    error_message = "A training that fails, or takes most of its time, must raise an alarm."
  }

  assert {
    condition     = output.trainer.tables.prefix == "tables/purchase-intent/"
    error_message = "Callers must know where the trainer reads tables."
  }
}

run "with_state_machines" {
  command = plan

  variables {
    batch            = { workflow = true }
    evaluator        = {}
    packages         = { batch = "./main.tf", evaluator = "./main.tf", release = "./main.tf", scorer = "./main.tf" }
    release_workflow = {}
  }

  assert {
    condition     = length(setsubtract(["mill-batch-runs-failed", "mill-release-workflow-failed", "mill-workflow-runs-failed"], output.observability.alarms)) == 0
    error_message = "A run of each state machine that fails must raise an alarm."
  }
}

run "a_trainer_of_trees_needs_no_onnx" {
  command = plan

  variables {
    packages = { scorer = "./main.tf", trainer = "./main.tf" }
    trainer  = { framework = "xgboost" }
  }

  assert {
    condition     = output.trainer.tables.prefix == "tables/purchase-intent/"
    error_message = "A trainer of trees must be there without ONNX Runtime."
  }
}

run "a_trainer_needs_onnx" {
  command = plan

  variables {
    packages = { scorer = "./main.tf", trainer = "./main.tf" }
    trainer  = {}
  }

  expect_failures = [var.trainer]
}
