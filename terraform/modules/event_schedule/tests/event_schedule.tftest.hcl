mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/mill-event-schedule" }
  }
}

variables {
  alias      = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-scorer:live", function_name = "mill-scorer", name = "live" }
  bucket_arn = "arn:aws:s3:::acme-events"
  name       = "mill"
  prefix     = "daily/"
  role_name  = "mill-scorer"
  schedule   = "rate(1 day)"
}

run "a_schedule" {
  command = plan

  assert {
    condition     = jsondecode(replace(aws_cloudwatch_event_target.scorer.input_transformer[0].input_template, "<time>", "\"t\"")) == { source = "millrace.schedule", bucket_arn = "arn:aws:s3:::acme-events", prefix = "daily/", time = "t" }
    error_message = "The input must name the prefix, as functions/sources/schedule.py reads it."
  }

  assert {
    condition     = aws_lambda_permission.rule.source_arn == aws_cloudwatch_event_rule.score.arn && aws_lambda_permission.rule.qualifier == "live"
    error_message = "Only this rule may invoke the function, and only its alias."
  }

  assert {
    condition     = [for s in jsondecode(output.source.policy).Statement : s.Resource] == ["arn:aws:s3:::acme-events/daily/*", "arn:aws:s3:::acme-events"]
    error_message = "The scorer may read the objects below the prefix."
  }
}

run "bad_input" {
  command = plan

  variables {
    bucket_arn = "acme"
    prefix     = "daily"
    schedule   = "daily"
  }

  expect_failures = [var.bucket_arn, var.prefix, var.schedule]
}
