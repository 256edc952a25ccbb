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

  mock_resource "aws_api_gateway_rest_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3" }
  }

  mock_resource "aws_api_gateway_stage" {
    defaults = { arn = "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/live" }
  }

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1" }
  }
}

variables {
  certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
  domain          = "scores.example"
  issuer          = "https://id.example"
  packages        = { authorizer = "./main.tf", http = "./main.tf", scorer = "./main.tf" } # any file works: nothing is deployed
  zone_id         = "Z1"
}

run "tokens_at_a_domain" {
  command = plan

  assert {
    condition     = output.millrace.http.url == "https://scores.example" && output.millrace.http.access == "jwt"
    error_message = "The endpoint must be at the domain, and ask for tokens."
  }

  assert {
    condition     = aws_wafv2_web_acl.requests.rule != null && !aws_wafv2_web_acl.requests.visibility_config[0].sampled_requests_enabled
    error_message = "The web ACL must limit requests, and keep no sample of them."
  }
}
