mock_provider "aws" {
  override_during = plan

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-events-123456789012-eu-west-1", bucket = "mill-events-123456789012-eu-west-1" }
  }
}

variables {
  account = { id = "123456789012", region = "eu-west-1" }
  alias   = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name    = "mill"

  on_failure_days = 30

  role_name = "mill-scorer"
}

run "a_bucket_of_the_stack" {
  command = plan

  variables {
    prefix = "daily/"
    suffix = ".jsonl"
  }

  assert {
    condition     = aws_s3_bucket_notification.objects.lambda_function[0].lambda_function_arn == var.alias.arn && aws_s3_bucket_notification.objects.lambda_function[0].filter_prefix == "daily/" && aws_s3_bucket_notification.objects.lambda_function[0].filter_suffix == ".jsonl"
    error_message = "New objects below the prefix must invoke the alias."
  }

  assert {
    condition     = aws_lambda_permission.bucket.source_arn == module.bucket[0].arn && aws_lambda_permission.bucket.source_account == "123456789012" && aws_lambda_permission.bucket.qualifier == "live"
    error_message = "Only this bucket, of this account, may invoke the function, and only its alias."
  }

  assert {
    condition     = module.bucket[0].protection == { expire_days = { "daily/" = 90 }, key_arn = var.key_arn, noncurrent_days = { noncurrent-daily = 30 } }
    error_message = "Objects must be encrypted with the stack's own key, and be deleted after their days."
  }

  assert {
    condition     = length(aws_iam_role_policy.batch) == 0 && output.environment == tomap({})
    error_message = "Without a batch nothing is handed over."
  }

  assert {
    condition     = output.source.type == "s3" && output.source.delivery == "direct" && output.source.policy == aws_iam_role_policy.read.policy
    error_message = "The source must describe the bucket and what reading it needs."
  }
}

run "without_a_prefix" {
  command = plan

  variables {
    keep_days       = 7
    on_failure_days = 20
  }

  assert {
    condition     = module.bucket[0].protection.expire_days == { "events/" = 7 } && module.bucket[0].protection.noncurrent_days == { noncurrent-events = 20 }
    error_message = "The days must be the ones that were set."
  }
}

run "an_existing_bucket" {
  command = plan

  variables {
    existing = { arn = "arn:aws:s3:::acme-events", key_arn = "arn:aws:kms:eu-west-1:210987654321:key/1" }
  }

  assert {
    condition     = length(module.bucket) == 0 && aws_s3_bucket_notification.objects.bucket == "acme-events"
    error_message = "The stack must use the bucket that exists."
  }

  assert {
    condition     = [for s in jsondecode(output.source.policy).Statement : s.Resource] == ["arn:aws:s3:::acme-events/*", "arn:aws:s3:::acme-events", "arn:aws:kms:eu-west-1:210987654321:key/1"]
    error_message = "The scorer may read its objects, and decrypt with its key."
  }
}

run "large_files_are_handed_to_the_batch" {
  command = plan

  variables {
    batch             = {}
    state_machine_arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:mill-batch"
  }

  assert {
    condition     = aws_iam_role_policy.batch[0].policy == jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "states:StartExecution", Resource = var.state_machine_arn }] })
    error_message = "The scorer may start this state machine, and do nothing else to it."
  }

  assert {
    condition     = output.environment == tomap({ BATCH_OBJECT_GIB = "50", BATCH_STATE_MACHINE = var.state_machine_arn })
    error_message = "The scorer must know the state machine, and the largest file that it may hand over."
  }
}

run "bad_input" {
  command = plan

  variables {
    batch    = { most_gib = 6000 }
    existing = { arn = "acme-events" }
    prefix   = "daily"
  }

  expect_failures = [var.batch, var.existing, var.prefix]
}
