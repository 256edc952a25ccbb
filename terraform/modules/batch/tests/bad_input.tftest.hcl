mock_provider "aws" {
  override_during = plan
}

variables {
  account     = { dns_suffix = "amazonaws.com", id = "123456789012", kms_suffixes = ["amazonaws.com"], partition = "aws", region = "eu-west-1" }
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name  = "intent"
  model_store = { arn = "arn:aws:s3:::mill-model-store-123456789012", bucket = "mill-model-store-123456789012" }
  name        = "mill"
  package     = "./main.tf"
}

run "limits" {
  command = plan

  variables {
    input_bucket_arns            = ["events"]
    items_per_invocation         = 0
    keep_days                    = 0
    maximum_concurrency          = 10001
    memory_mb                    = 256
    retries                      = -1
    timeout_seconds              = 30
    tolerated_failure_percentage = 101
  }

  expect_failures = [
    var.input_bucket_arns,
    var.items_per_invocation,
    var.keep_days,
    var.maximum_concurrency,
    var.memory_mb,
    var.retries,
    var.timeout_seconds,
    var.tolerated_failure_percentage,
  ]
}
