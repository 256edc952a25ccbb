mock_provider "aws" {}

variables {
  description = "Scores events"
  function    = "scorer"
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  package     = "./main.tf" # any file works: nothing is deployed
  region      = "eu-west-1"

  timeout_seconds = 60
}

run "each_setting_out_of_range" {
  command = plan

  variables {
    architecture         = "riscv64"
    log_level            = "TRACE"
    log_retention_days   = 42
    memory_mb            = 64
    reserved_concurrency = 0
    timeout_seconds      = 901
    tracing              = "On"
  }

  expect_failures = [
    var.architecture,
    var.log_level,
    var.log_retention_days,
    var.memory_mb,
    var.reserved_concurrency,
    var.timeout_seconds,
    var.tracing,
  ]
}

run "additions_that_lambda_refuses" {
  command = plan

  variables {
    environment             = { MODEL_BUCKET = "mill-model-store-123456789012" }
    ephemeral_storage_mb    = 100
    extra_environment       = { MODEL_BUCKET = "mine" }
    place                   = { role_path = "teams", vpc = { security_group_ids = [], subnet_ids = ["subnet-1"] } }
    provisioned_concurrency = 5
    reserved_concurrency    = 4
  }

  expect_failures = [var.ephemeral_storage_mb, var.extra_environment, var.place, var.provisioned_concurrency]
}

run "a_log_group_with_all_streams" {
  command = plan

  variables {
    existing_log_group = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/shared/scoring:*" }
  }

  expect_failures = [var.existing_log_group]
}

run "no_profile_that_signs" {
  command = plan

  variables {
    place = { code_signing = { profile_version_arns = ["millrace"] } }
  }

  expect_failures = [var.place]
}

run "a_snapshot_of_provisioned_executions" {
  command = plan

  variables {
    provisioned_concurrency = 1
    snap_start              = true
  }

  expect_failures = [var.snap_start]
}
