mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { dns_suffix = "amazonaws.com", partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill"
    }
  }
}

variables {
  scorer_package = "./main.tf" # any file works: nothing is deployed
}

run "two_stacks_on_one_stream" {
  command = plan

  assert {
    condition     = { for name, stack in output.millrace : name => [stack.model.name, stack.scorer.function_name] } == { churn = ["churn", "visits-churn-scorer"], fraud = ["fraud", "visits-fraud-scorer"] }
    error_message = "Each model must have its own stack."
  }

  assert {
    condition     = output.millrace.churn.event_stream.arn == output.millrace.fraud.event_stream.arn && output.millrace.churn.prediction_sink.name != output.millrace.fraud.prediction_sink.name
    error_message = "Both must read the same stream, and publish apart."
  }
}
