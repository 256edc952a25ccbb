mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill-http" }
  }
}

variables {
  account = {
    id           = "123456789012"
    kms_suffixes = ["amazonaws.com"]
    partition    = "aws"
    region       = "eu-west-1"
  }
  authorizer_package = "./main.tf"
  environment        = {}
  key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name         = "purchase-intent"
  model_store        = { arn = "arn:aws:s3:::mill-model-store-123456789012" }
  name               = "mill"
  package            = "./main.tf"
}

run "values_out_of_range" {
  command = plan

  variables {
    api_keys             = ["a", "a"]
    key_limits           = { quota = { limit = 1, period = "YEAR" } }
    kind                 = "http_api"
    release_poll_seconds = 4000
    throttle             = { rate = 0 }
    timeout_seconds      = 30
  }

  expect_failures = [var.api_keys, var.key_limits, var.kind, var.release_poll_seconds, var.throttle, var.timeout_seconds]
}

run "unknown_access" {
  command = plan

  variables {
    access = "basic"
    alarms = { errors = 1.5, latency_ms = 0, server_error_percent = 100, stale_seconds = 30 }
    domain = { certificate_arn = "arn:aws:iam::123456789012:server-certificate/a", name = "scores.example" }
  }

  expect_failures = [var.access, var.alarms, var.domain]
}

run "keys_without_tls" {
  command = plan

  variables {
    access = "jwt"
    jwt    = { audience = "a", cache_seconds = 4000, issuer = "b", jwks_url = "http://id.example/jwks.json" }
  }

  expect_failures = [var.jwt]
}

run "what_a_function_url_cannot_do" {
  command = plan

  variables {
    access      = "anonymous"
    domain      = { certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1", name = "scores.example" }
    kind        = "function_url"
    public_page = true
    waf_acl_arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1"
  }

  expect_failures = [var.access, var.domain, var.public_page, var.waf_acl_arn]
}

run "tokens_without_an_issuer" {
  command = plan

  variables {
    access = "jwt"
  }

  expect_failures = [var.jwt]
}
