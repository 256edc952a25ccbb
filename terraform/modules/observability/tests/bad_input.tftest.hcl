mock_provider "aws" {}

variables {
  account         = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  event_stream    = { name = "mill-events", record_age_seconds = 600 }
  event_topic     = { dead_letter_queue_name = "mill-events-dead-letter", name = "mill-events", queue_name = "mill-events" }
  failure_store   = { bucket = "mill-failure-store-123456789012", on_failure_prefix = "aws/lambda/" }
  key_arn         = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name            = "mill"
  prediction_sink = { name = "mill-predictions", type = "kinesis" }
  scorer          = { function_name = "mill-scorer", release_poll_seconds = 30 }
}

run "stale_before_it_is_looked_at" {
  command = plan

  variables {
    alarms = { stale_seconds = 30 }
  }

  expect_failures = [var.alarms]
}

run "too_old_to_be_seen" {
  command = plan

  variables {
    alarms = { iterator_age_seconds = 600 }
  }

  expect_failures = [var.alarms]
}

run "to_what_is_no_topic" {
  command = plan

  variables {
    alarms = { topic_arn = "arn:aws:sqs:eu-west-1:123456789012:on-call" }
  }

  expect_failures = [var.alarms]
}

run "addresses_for_a_topic_of_others" {
  command = plan

  variables {
    alarms = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:on-call", emails = ["a@example.com"] }
  }

  expect_failures = [var.alarms]
}

run "what_is_no_address" {
  command = plan

  variables {
    alarms = { emails = ["on-call"] }
  }

  expect_failures = [var.alarms]
}

run "a_count_below_zero" {
  command = plan

  variables {
    alarms = { errors = -1 }
  }

  expect_failures = [var.alarms]
}

run "half_a_throttle" {
  command = plan

  variables {
    alarms = { throttles = 0.5 }
  }

  expect_failures = [var.alarms]
}

run "no_age_at_all" {
  command = plan

  variables {
    alarms = { event_age_seconds = 0 }
  }

  expect_failures = [var.alarms]
}

run "half_a_minute" {
  command = plan

  variables {
    alarms = { period_seconds = 90 }
  }

  expect_failures = [var.alarms]
}

run "more_than_all_events" {
  command = plan

  variables {
    alarms = { quarantine_percent = 100 }
  }

  expect_failures = [var.alarms]
}

run "a_sample_of_none" {
  command = plan

  variables {
    alarms = { quarantine_least_events = 0 }
  }

  expect_failures = [var.alarms]
}

run "silence_that_has_no_halves" {
  command = plan

  variables {
    alarms = { silent_minutes = 3 }
  }

  expect_failures = [var.alarms]
}

run "a_runbook_that_is_no_address" {
  command = plan

  variables {
    alarms = { runbook_url = "docs/runbook.md" }
  }

  expect_failures = [var.alarms]
}
