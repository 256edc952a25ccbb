mock_provider "aws" {}

variables {
  account            = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name         = "intent"
  model_store        = { arn = "arn:aws:s3:::mill-model-store-123456789012", bucket = "mill-model-store-123456789012" }
  name               = "mill"
  package            = "./main.tf" # any file will do: nothing is deployed
  prediction_streams = { predictions = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-predictions" }
  scorer_role_name   = "mill-scorer"
}

run "what_is_waited_for_expires_before" {
  command = plan

  variables {
    keep_days       = 3
    look_back_hours = 48
  }

  expect_failures = [var.keep_days]
}

run "what_drift_is_measured_of_expires_before" {
  command = plan

  variables {
    drift     = { hours = 168 }
    keep_days = 8
  }

  expect_failures = [var.keep_days]
}

run "records_leave_the_stream_before_they_are_given_up" {
  command = plan

  variables {
    mapping  = { record_age_seconds = 86400 }
    outcomes = { retention_hours = 24 }
  }

  expect_failures = [var.mapping]
}

run "half_a_shard" {
  command = plan

  variables {
    outcomes = { shards = 0.5 }
  }

  expect_failures = [var.outcomes]
}

run "each_setting_out_of_range" {
  command = plan

  variables {
    architecture       = "riscv64"
    drift              = { hours = 1.5, write_seconds = 0 }
    hours_days         = 0
    log_level          = "TRACE"
    log_retention_days = 42
    look_back_hours    = 337
    mapping            = { batch_size = 10001, maximum_retry_attempts = -1, window_seconds = 301 }
    memory_mb          = 256
    prediction_streams = {}
    schedule_minutes   = 90
    timeout_seconds    = 30
  }

  expect_failures = [
    var.architecture,
    var.drift,
    var.hours_days,
    var.log_level,
    var.log_retention_days,
    var.look_back_hours,
    var.mapping,
    var.memory_mb,
    var.prediction_streams,
    var.schedule_minutes,
    var.timeout_seconds,
  ]
}
