mock_provider "aws" {
  override_during = plan
}

variables {
  alias       = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  failure_arn = "arn:aws:s3:::mill-failures"
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  role_name   = "mill-scorer"
}

run "limits" {
  command = plan

  variables {
    existing = { stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders" }
    mapping  = { batch_size = 10001, maximum_retry_attempts = -1, record_age_seconds = 86400, starting_position = "AT_TIMESTAMP" }
    shards   = 0
  }

  expect_failures = [var.existing, var.mapping, var.shards]
}
