# A stack on buckets, a key and an alarm topic that exist already.

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

  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:123456789012:mill"
      url = "https://sqs.eu-west-1.amazonaws.com/123456789012/mill"
    }
  }
}

variables {
  name     = "mill"
  packages = { evaluator = "./main.tf", scorer = "./main.tf" } # any file works: nothing is deployed
}

run "every_bucket_exists" {
  command = plan

  variables {
    alarms        = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:on-call" }
    capture       = { existing_bucket = { arn = "arn:aws:s3:::our-rows" } }
    encryption    = { existing = { key_arn = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555" } }
    evaluator     = { existing_bucket = { arn = "arn:aws:s3:::our-evaluations" } }
    failure_store = { existing = { arn = "arn:aws:s3:::our-failures" } }
    model_store   = { existing = { arn = "arn:aws:s3:::our-models" } }
    scorer        = { existing_log_group = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/our/scorers" } }
  }

  assert {
    condition = alltrue([
      output.capture.bucket == "our-rows",
      output.evaluator.bucket == "our-evaluations",
      output.failure_store.bucket == "our-failures",
      output.model_store.bucket == "our-models",
      output.encryption.key_arn == var.encryption.existing.key_arn,
      output.observability.topic_arn == var.alarms.topic_arn,
      output.scorer.log_group == "/our/scorers",
    ])
    error_message = "Each part must be the one that exists."
  }
}

# force_destroy of the failure store is what the other buckets of the stack take where they have none of their own.
run "an_existing_bucket_is_not_emptied" {
  command = plan

  variables {
    capture       = { existing_bucket = { arn = "arn:aws:s3:::our-rows" } }
    evaluator     = { existing_bucket = { arn = "arn:aws:s3:::our-evaluations" } }
    failure_store = { force_destroy = true }
  }

  assert {
    condition     = output.capture.bucket == "our-rows" && output.evaluator.bucket == "our-evaluations"
    error_message = "The failure store's force_destroy must not reach buckets that exist."
  }
}

run "the_memory_that_models_must_fit_is_known" {
  command = plan

  variables {
    http     = {}
    packages = { http = "./main.tf", scorer = "./main.tf" }
    scorer   = { memory_mb = 512 }
  }

  assert {
    condition     = output.scorer.memory_mb == 512 && output.http.memory_mb == 1769
    error_message = "Commands compare a model with the memory of each function that loads it."
  }
}
