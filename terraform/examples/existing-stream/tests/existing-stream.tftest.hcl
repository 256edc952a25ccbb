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

run "reads_and_writes_what_exists" {
  command = plan

  assert {
    condition     = module.millrace.event_stream.name == "mill" && length([for name, sink in module.millrace.sinks : name if sink.type == "sqs"]) == 1
    error_message = "The stack must read the stream and write to the queue that exist."
  }

  assert {
    condition     = module.millrace.sources.event_stream.concurrency == 2
    error_message = "The concurrency must follow from the shards that were stated."
  }
}
