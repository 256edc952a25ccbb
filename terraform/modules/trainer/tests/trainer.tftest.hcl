mock_provider "aws" {
  override_during = plan

  mock_resource "aws_s3_object" {
    defaults = { bucket = "mill-models", key = "packages/mill-trainer.zip", version_id = "v7" }
  }
}

variables {
  account     = { kms_suffixes = ["amazonaws.com"], id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name  = "intent"
  model_store = { arn = "arn:aws:s3:::mill-models", bucket = "mill-models" }
  name        = "mill"
  package     = "./main.tf" # any file works: nothing is deployed
}

run "the_package_comes_from_the_model_store" {
  command = plan

  assert {
    condition     = aws_s3_object.package[0].bucket == "mill-models" && aws_s3_object.package[0].source == "./main.tf"
    error_message = "A package of this size must be put into S3."
  }

  assert {
    condition     = output.tables == { bucket = "mill-models", prefix = "tables/intent/" }
    error_message = "Callers must know where tables are read."
  }
}

run "it_writes_versions_and_no_release" {
  command = plan

  variables {
    tables = ["arn:aws:s3:::data/sessions/*"]
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.train.policy).Statement == [
      {
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = ["arn:aws:s3:::mill-models/tables/intent/*", "arn:aws:s3:::data/sessions/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = ["arn:aws:s3:::mill-models/models/intent/*/model.onnx", "arn:aws:s3:::mill-models/models/intent/*/manifest.json"]
      },
    ]
    error_message = "The role may read tables, and write versions of its model only."
  }
}

run "a_trainer_of_trees_writes_their_files" {
  command = plan

  variables {
    framework = "xgboost"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.train.policy).Statement[1].Resource == ["arn:aws:s3:::mill-models/models/intent/*/model.ubj", "arn:aws:s3:::mill-models/models/intent/*/manifest.json"]
    error_message = "The role must write the files of the framework."
  }
}

run "a_failed_or_slow_training_has_an_alarm" {
  command = plan

  variables {
    slow_percent    = 50
    timeout_seconds = 600
  }

  assert {
    condition     = output.alarms["trainer-failed"].above == 0 && output.alarms["trainer-slow"].above == 300000
    error_message = "Each failure must raise an alarm, and a duration above half of the timeout."
  }
}

run "a_package_in_s3_is_used_as_it_is" {
  command = plan

  variables {
    package = "s3://builds/trainer.zip?versionId=3"
  }

  assert {
    condition     = length(aws_s3_object.package) == 0
    error_message = "A package that is in S3 must not be put there again."
  }
}

run "bad_input" {
  command = plan

  variables {
    framework       = "lightgbm"
    memory_mb       = 512
    slow_percent    = 0
    tables          = ["s3://data/sessions"]
    timeout_seconds = 1000
  }

  expect_failures = [var.framework, var.memory_mb, var.slow_percent, var.tables, var.timeout_seconds]
}
