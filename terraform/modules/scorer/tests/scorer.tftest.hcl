mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill-scorer" }
  }
}

variables {
  environment = { MODEL_BUCKET = "mill-model-store-123456789012" }
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  package     = "./main.tf" # any file works: nothing is deployed
  region      = "eu-west-1"
}

run "safe_defaults" {
  command = plan

  assert {
    condition = alltrue([
      output.function_name == "mill-scorer",
      output.log_group == "/aws/lambda/mill-scorer",
      output.reserved_concurrency == -1,
      output.timeout_seconds == 60,
    ])
    error_message = "The function must fit into a new account, and names must begin with the stack's."
  }

  assert {
    condition     = alltrue([for key, alarm in output.alarms : startswith(key, "scorer-") && length(alarm.metrics) > 0])
    error_message = "Every alarm must name the scorer and its metrics."
  }

  assert {
    condition     = alltrue([for alarm in output.alarms : values(alarm.metrics)[0].dimensions == { FunctionName = "mill-scorer" }])
    error_message = "Every alarm must look at this function only."
  }
}

run "environment" {
  command = plan

  variables {
    release_poll_seconds = 5
  }

  assert {
    condition     = local.environment == { MODEL_BUCKET = "mill-model-store-123456789012", RELEASE_POLL_SECONDS = "5" }
    error_message = "The environment must hold what was passed, and the scorer's own settings."
  }
}

run "thresholds_reach_the_alarms" {
  command = plan

  variables {
    alarms = {
      errors                  = 7
      event_age_seconds       = 5
      missing_percent         = 30
      quarantine_least_events = 100
      quarantine_percent      = 12.5
      stale_seconds           = 40
      throttles               = 1
    }
  }

  assert {
    condition = { for key, alarm in output.alarms : key => alarm.above } == {
      "scorer-errors"          = 7
      "scorer-event-age"       = 5000
      "scorer-events-lost"     = 0
      "scorer-missing-values"  = 30
      "scorer-quarantine-rate" = 12.5
      "scorer-release-refused" = 0
      "scorer-release-stale"   = 40
      "scorer-throttles"       = 1
    }
    error_message = "Every threshold must be the one that was set, in the metric's own unit."
  }

  assert {
    condition     = strcontains(output.alarms["scorer-quarantine-rate"].expression, "events >= 100")
    error_message = "The smallest sample must be the one that was set."
  }
}
