mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/1"
  model_store    = { bucket = "models", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1", name = "sessions" }
  name           = "web"
  region         = "eu-west-1"
  repository_arn = "arn:aws:ecr:eu-west-1:123456789012:repository/web"
  variants       = {}
}

run "no_variant" {
  command = plan

  variables {
    variants = {}
  }

  expect_failures = [var.variants]
}

run "neither_serverless_nor_instances" {
  command = plan

  variables {
    variants = { main = { image = "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" } }
  }

  expect_failures = [var.variants]
}

run "two_kinds" {
  command = plan

  variables {
    variants = {
      main = { image = "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", serverless = {} }
      next = { image = "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", instances = {} }
    }
  }

  expect_failures = [var.variants]
}

run "an_image_by_tag" {
  command = plan

  variables {
    variants = { main = { image = "web:latest", serverless = {} } }
  }

  expect_failures = [var.variants]
}

run "each_other_setting" {
  command = plan

  variables {
    alarms   = { errors = 0.5, latency_seconds = 0 }
    name     = "web_1"
    variants = { main = { image = "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", serverless = {} } }
  }

  expect_failures = [var.alarms, var.name]
}
