mock_provider "aws" {}

variables {
  alias       = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  failure_arn = "arn:aws:s3:::mill-failure-store-123456789012"
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  role_name   = "mill-scorer"
}

run "batch_too_large" {
  command = plan

  variables {
    mapping = { batch_size = 10001 }
  }

  expect_failures = [var.mapping]
}

run "window_too_long" {
  command = plan

  variables {
    mapping = { window_seconds = 301 }
  }

  expect_failures = [var.mapping]
}

run "too_many_batches_per_shard" {
  command = plan

  variables {
    mapping = { parallelization_factor = 11 }
  }

  expect_failures = [var.mapping]
}

run "unlimited_retries" {
  command = plan

  variables {
    mapping = { maximum_retry_attempts = -1 }
  }

  expect_failures = [var.mapping]
}

run "unlimited_record_age" {
  command = plan

  variables {
    mapping = { record_age_seconds = -1 }
  }

  expect_failures = [var.mapping]
}

run "record_age_reaches_retention" {
  command = plan

  variables {
    retention_hours = 24
    mapping         = { record_age_seconds = 86400 }
  }

  expect_failures = [var.mapping]
}

run "unknown_starting_position" {
  command = plan

  variables {
    mapping = { starting_position = "LATER" }
  }

  expect_failures = [var.mapping]
}

run "capacity_out_of_range" {
  command = plan

  variables {
    retention_hours = 12
    shards          = 0
    mapping         = { record_age_seconds = 600 }
  }

  expect_failures = [var.retention_hours, var.shards]
}

run "alarm_fires_after_records_are_discarded" {
  command = plan

  variables {
    alarms  = { iterator_age_seconds = 600 }
    mapping = { record_age_seconds = 600 }
  }

  expect_failures = [var.alarms]
}

run "a_timestamp_without_its_position" {
  command = plan

  variables {
    mapping = { starting_position_timestamp = "2026-11-28T09:00:00Z" }
  }

  expect_failures = [var.mapping]
}

run "a_position_without_its_timestamp" {
  command = plan

  variables {
    mapping = { starting_position = "AT_TIMESTAMP" }
  }

  expect_failures = [var.mapping]
}

run "a_filter_on_data" {
  command = plan

  variables {
    mapping = { filters = ["{\"data\":{\"country\":[\"de\"]}}"] }
  }

  expect_failures = [var.mapping]
}

run "what_is_no_stream" {
  command = plan

  variables {
    existing = { arn = "arn:aws:sqs:eu-west-1:123456789012:events" }
  }

  expect_failures = [var.existing]
}

run "an_existing_stream_is_not_resized" {
  command = plan

  variables {
    existing = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders" }
    shards   = 3
  }

  expect_failures = [var.existing]
}

run "records_that_expire_before_they_are_discarded" {
  command = plan

  variables {
    existing = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders" }
    mapping  = { record_age_seconds = 86400 }
  }

  expect_failures = [var.mapping]
}
