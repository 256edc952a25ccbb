mock_provider "aws" {}

variables {
  account            = { kms_suffixes = ["amazonaws.com"], id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name         = "intent"
  model_store        = { arn = "arn:aws:s3:::mill-model-store-123456789012", bucket = "mill-model-store-123456789012" }
  name               = "mill"
  package            = "./main.tf" # any file works: nothing is deployed
  prediction_streams = { predictions = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-predictions" }
  scorer_role_name   = "mill-scorer"
}

run "collected_data_expires_within_the_look_back" {
  command = plan

  variables {
    keep_days       = 3
    look_back_hours = 48
  }

  expect_failures = [var.keep_days]
}

run "drift_counts_expire_within_the_drift_hours" {
  command = plan

  variables {
    drift     = { hours = 168 }
    keep_days = 8
  }

  expect_failures = [var.keep_days]
}

run "records_expire_before_they_are_discarded" {
  command = plan

  variables {
    mapping  = { record_age_seconds = 86400 }
    outcomes = { retention_hours = 24 }
  }

  expect_failures = [var.mapping]
}

run "fractional_shards" {
  command = plan

  variables {
    outcomes = { shards = 0.5 }
  }

  expect_failures = [var.outcomes]
}

run "each_setting_out_of_range" {
  command = plan

  variables {
    alarms             = { columns_drifted = -1 }
    drift              = { hours = 1.5, write_seconds = 0 }
    hours_days         = 0
    look_back_hours    = 337
    mapping            = { batch_size = 10001, maximum_retry_attempts = -1, window_seconds = 301 }
    memory_mb          = 256
    prediction_streams = {}
    schedule_minutes   = 90
    timeout_seconds    = 30
  }

  expect_failures = [
    var.alarms,
    var.drift,
    var.hours_days,
    var.look_back_hours,
    var.mapping,
    var.memory_mb,
    var.prediction_streams,
    var.schedule_minutes,
    var.timeout_seconds,
  ]
}
