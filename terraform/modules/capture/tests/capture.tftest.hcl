# Encryption and access of the bucket are tested in private_bucket.

mock_provider "aws" {
  override_during = plan

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-capture-123456789012-eu-west-1" }
  }
}

variables {
  account    = { id = "123456789012", region = "eu-west-1" }
  key_arn    = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name = "intent"
  name       = "mill"
  role_name  = "mill-scorer"
}

run "rows_are_written_and_expire" {
  command = plan

  assert {
    condition     = output.environment == { CAPTURE_BUCKET = "mill-capture-123456789012-eu-west-1", CAPTURE_SECONDS = "60", CAPTURE_SHARE = "1" }
    error_message = "The scorer must know where, how often and how much to write."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.capture.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = "arn:aws:s3:::mill-capture-123456789012-eu-west-1/capture/intent/*"
    }]
    error_message = "The scorer may put rows of its model, and may not read or delete them."
  }

  assert {
    condition     = module.bucket.protection == { expire_days = { "capture/" = 30 }, key_arn = var.key_arn, noncurrent_days = { noncurrent = 1 } } && output.keep_days == 30 && output.prefix == "capture/" && jsonencode(output.statements) == jsonencode(jsondecode(aws_iam_role_policy.capture.policy).Statement) && aws_iam_role_policy.capture.role == "mill-scorer"
    error_message = "Rows must be encrypted with the stack's own key and expire, and the policy must be the scorer's."
  }
}

run "existing_bucket" {
  command = plan

  variables {
    existing_bucket = { arn = "arn:aws:s3:::our-rows", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555" }
  }

  assert {
    condition = output.environment.CAPTURE_BUCKET == "our-rows" && jsondecode(aws_iam_role_policy.capture.policy).Statement == [
      { Effect = "Allow", Action = ["s3:PutObject"], Resource = "arn:aws:s3:::our-rows/capture/intent/*" },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.existing_bucket.key_arn },
    ]
    error_message = "Rows must go to the existing bucket, by its own key."
  }
}

run "bad_input" {
  command = plan

  variables {
    keep_days     = 0
    share         = 0
    write_seconds = 7200
  }

  expect_failures = [var.keep_days, var.share, var.write_seconds]
}
