mock_provider "aws" {
  override_during = plan
}

variables {
  account     = { dns_suffix = "amazonaws.com", id = "123456789012", kms_suffixes = ["amazonaws.com"], partition = "aws", region = "eu-west-1" }
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name  = "intent"
  model_store = { arn = "arn:aws:s3:::mill-model-store-123456789012", bucket = "mill-model-store-123456789012" }
  name        = "mill"
  package     = "./main.tf"

  evaluation     = { bucket = "mill-evaluation-123456789012" }
  scorer_package = "./main.tf"
  topic_arn      = "arn:aws:sns:eu-west-1:123456789012:mill-alarms"
}

run "limits" {
  command = plan

  variables {
    approval               = { timeout_seconds = 5 }
    evidence_seconds       = 0
    retries                = -1
    stages                 = [0.25, 0.05]
    training               = { timeout_seconds = 0 }
    verify_timeout_seconds = 5
  }

  expect_failures = [
    var.approval,
    var.evidence_seconds,
    var.retries,
    var.stages,
    var.training,
    var.verify_timeout_seconds,
  ]
}

run "more_looks_than_a_history_has_room_for" {
  command = plan

  variables {
    evidence_seconds = 604800
    poll_seconds     = 60
  }

  expect_failures = [var.poll_seconds]
}

run "looks_are_whole_seconds_apart" {
  command = plan

  variables {
    poll_seconds = 900.5
  }

  expect_failures = [var.poll_seconds]
}
