# Encryption and access of the bucket are tested in private_bucket.

mock_provider "aws" {
  override_during = plan

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-failure-store-123456789012" }
  }
}

variables {
  account   = { id = "123456789012", region = "eu-west-1" }
  key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name      = "mill"
  role_name = "mill-scorer"
}

run "each_prefix_has_its_writer" {
  command = plan

  assert {
    condition = alltrue([
      output.bucket == "mill-failure-store-123456789012-eu-west-1",
      output.on_failure_prefix == "aws/lambda/",
      output.quarantine_prefix == "quarantine/",
      output.redriven_prefix == "redriven/",
    ])
    error_message = "The outputs must name the prefixes; Lambda's cannot be changed."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.quarantine.policy).Statement == [{
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "arn:aws:s3:::mill-failure-store-123456789012/quarantine/*"
    }]
    error_message = "The scorer may put objects into quarantine and may not read or delete them."
  }

  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.on_failure.policy).Statement : s.Action] == ["s3:PutObject", "s3:ListBucket"]
    error_message = "An S3 on-failure destination needs PutObject and ListBucket, and no more."
  }

  assert {
    condition     = alltrue([for s in jsondecode(aws_iam_role_policy.on_failure.policy).Statement : s.Condition.StringEquals["s3:ResourceAccount"] == "123456789012"])
    error_message = "Batches must go to a bucket of this account only."
  }
}

run "each_prefix_expires" {
  command = plan

  variables {
    on_failure_days = 20
    quarantine_days = 10
  }

  assert {
    condition     = module.bucket.protection == { expire_days = { "aws/lambda/" = 20, "quarantine/" = 10, "redriven/" = 20 }, key_arn = var.key_arn, noncurrent_days = { noncurrent = 1 } }
    error_message = "Everything in the store must be encrypted with the stack's own key and expire; the log of redrives together with the batches."
  }
}

run "alarm" {
  command = plan

  variables {
    alarms = { on_failure_objects = 2 }
  }

  assert {
    condition     = output.alarms["scorer-on-failure"].above == 2 && aws_s3_bucket_metric.on_failure[0].filter[0].prefix == "aws/lambda/"
    error_message = "The alarm must count the batches that Lambda writes, not the events in quarantine, above the threshold that was set."
  }
}

run "failures_that_expire_at_once" {
  command = plan

  variables {
    on_failure_days = 0
    quarantine_days = 0
  }

  expect_failures = [var.on_failure_days, var.quarantine_days]
}

run "existing_bucket" {
  command = plan

  variables {
    existing = { arn = "arn:aws:s3:::our-failures", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555", metrics_filter = "batches" }
  }

  assert {
    condition = alltrue([
      output.bucket == "our-failures",
      output.on_failure == { bucket = "our-failures", filter = "batches" },
      output.alarms["scorer-on-failure"].metrics.objects.dimensions == { BucketName = "our-failures", FilterId = "batches" },
      length(aws_s3_bucket_metric.on_failure) == 0,
      jsondecode(aws_iam_role_policy.quarantine.policy).Statement[1].Action == ["kms:Decrypt", "kms:GenerateDataKey"],
    ])
    error_message = "The existing bucket, its key and its metrics must be used, and nothing of it be changed."
  }
}

run "existing_bucket_without_metrics" {
  command = plan

  variables {
    existing = { arn = "arn:aws:s3:::our-failures" }
  }

  assert {
    condition     = output.alarms == {} && output.on_failure.filter == null
    error_message = "An alarm on a metric that does not exist would never fire."
  }
}
