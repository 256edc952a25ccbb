mock_provider "aws" {}

variables {
  environment = {}
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  package     = "./main.tf" # any file works: nothing is deployed
  region      = "eu-west-1"
}

run "each_setting_out_of_range" {
  command = plan

  variables {
    memory_mb            = 128
    release_poll_seconds = -1
    timeout_seconds      = 9
  }

  expect_failures = [var.memory_mb, var.release_poll_seconds, var.timeout_seconds]
}

run "stale_before_the_next_poll" {
  command = plan

  variables {
    alarms = { stale_seconds = 30 }
  }

  expect_failures = [var.alarms]
}

run "negative_count" {
  command = plan

  variables {
    alarms = { errors = -1 }
  }

  expect_failures = [var.alarms]
}

run "fractional_count" {
  command = plan

  variables {
    alarms = { throttles = 0.5 }
  }

  expect_failures = [var.alarms]
}

run "event_age_of_zero" {
  command = plan

  variables {
    alarms = { event_age_seconds = 0 }
  }

  expect_failures = [var.alarms]
}

run "more_than_all_values" {
  command = plan

  variables {
    alarms = { missing_percent = 100 }
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

run "empty_sample" {
  command = plan

  variables {
    alarms = { quarantine_least_events = 0 }
  }

  expect_failures = [var.alarms]
}
