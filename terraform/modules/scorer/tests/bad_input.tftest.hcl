mock_provider "aws" {}

variables {
  environment = {}
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  package     = "./main.tf" # any file will do: nothing is deployed
}

run "unknown_architecture" {
  command = plan

  variables {
    architecture = "riscv64"
  }

  expect_failures = [var.architecture]
}

run "unknown_log_level" {
  command = plan

  variables {
    log_level = "TRACE"
  }

  expect_failures = [var.log_level]
}

run "retention_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    log_retention_days = 42
  }

  expect_failures = [var.log_retention_days]
}

run "too_little_memory_for_xgboost" {
  command = plan

  variables {
    memory_mb = 128
  }

  expect_failures = [var.memory_mb]
}

run "negative_poll" {
  command = plan

  variables {
    release_poll_seconds = -1
  }

  expect_failures = [var.release_poll_seconds]
}

run "concurrency_that_stops_the_scorer" {
  command = plan

  variables {
    reserved_concurrency = 0
  }

  expect_failures = [var.reserved_concurrency]
}

run "timeout_too_long" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

run "unknown_tracing" {
  command = plan

  variables {
    tracing = "On"
  }

  expect_failures = [var.tracing]
}
