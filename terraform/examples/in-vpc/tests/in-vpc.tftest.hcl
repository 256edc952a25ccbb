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

override_resource {
  target          = aws_security_group.endpoints
  override_during = plan
  values          = { id = "sg-endpoints" }
}

variables {
  scorer_package = "./main.tf" # any file works: nothing is deployed
}

run "functions_in_private_subnets" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    route_table_ids      = ["rtb-1"]
    subnet_ids           = ["subnet-1", "subnet-2"]
    vpc_id               = "vpc-1"
  }

  assert {
    condition     = keys(aws_vpc_endpoint.service) == ["kinesis-streams"] && aws_vpc_endpoint.service["kinesis-streams"].private_dns_enabled
    error_message = "The service of the sink must have an endpoint, under its ordinary name."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.https.referenced_security_group_id == aws_security_group.endpoints.id
    error_message = "The functions must reach the endpoints and nothing else."
  }
}
