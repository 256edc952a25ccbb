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

run "reads_another_accounts_stream" {
  command = plan

  variables {
    stream_arn     = "arn:aws:kinesis:eu-west-1:210987654321:stream/orders"
    stream_key_arn = "arn:aws:kms:eu-west-1:210987654321:key/1"
    topic_arn      = "arn:aws:sns:eu-west-1:210987654321:orders"
  }

  assert {
    condition     = jsondecode(output.stream_policy).Statement[0].Resource == var.stream_arn && jsondecode(output.stream_policy).Statement[0].Principal == { AWS = "arn:aws:iam::123456789012:role/mill" }
    error_message = "The other account must allow the scorer's role to read its stream, and no one else."
  }

  assert {
    condition     = jsondecode(output.key_policy).Statement[0].Principal == { AWS = "arn:aws:iam::123456789012:role/mill" } && jsondecode(output.topic_policy).Statement[0].Action == "sns:Subscribe"
    error_message = "The other account must allow the scorer's role to decrypt, and the stack's account to subscribe."
  }
}
