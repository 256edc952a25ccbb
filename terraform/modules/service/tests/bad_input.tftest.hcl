mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  access_logs              = { bucket = "logs" }
  api_key_hashes           = { shop = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  certificate_arn          = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
  client_cidrs             = ["10.0.0.0/16"]
  image                    = "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  key_arn                  = "arn:aws:kms:eu-west-1:123456789012:key/1"
  load_balancer_subnet_ids = ["subnet-1", "subnet-2"]
  model_store              = { bucket = "models", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1", name = "sessions" }
  name                     = "web"
  region                   = "eu-west-1"
  task_subnet_ids          = ["subnet-3"]
  vpc_id                   = "vpc-1"
}

run "an_anonymous_service_must_be_asked_for" {
  command = plan

  variables {
    api_key_hashes = {}
  }

  expect_failures = [var.api_key_hashes]
}

run "keys_and_anonymous_exclude_each_other" {
  command = plan

  variables {
    anonymous = true
  }

  expect_failures = [var.api_key_hashes]
}

run "a_key_in_place_of_its_hash" {
  command = plan

  variables {
    api_key_hashes = { shop = "secret" }
  }

  expect_failures = [var.api_key_hashes]
}

run "an_image_by_tag" {
  command = plan

  variables {
    image = "web:latest"
  }

  expect_failures = [var.image]
}

run "each_other_setting" {
  command = plan

  variables {
    alarms                   = { errors = -1, latency_seconds = 0 }
    architecture             = "riscv"
    client_cidrs             = ["everyone"]
    load_balancer_subnet_ids = ["subnet-1"]
    name                     = "Web"
    scaling                  = { least = 3, most = 2 }
  }

  expect_failures = [
    var.alarms, var.architecture, var.client_cidrs, var.load_balancer_subnet_ids, var.name, var.scaling,
  ]
}
