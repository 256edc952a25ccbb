mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_ecr_image" {
    defaults = { image_digest = "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210" }
  }
}

variables {
  access_logs_bucket = "logs"
  api_key_hashes     = { shop = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  certificate_arn    = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
  image_digest       = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/1"
  model_bucket       = "models"
  model_name         = "sessions"
  subnet_ids         = ["subnet-1", "subnet-2"]
  vpc_id             = "vpc-1"
}

run "it_plans" {
  command = plan

  assert {
    condition     = module.service.service_name == "scorer-web"
    error_message = "The service must be planned."
  }
}

run "a_tag_becomes_its_digest" {
  command = plan

  variables {
    image_digest = null
    image_tag    = "1"
  }

  assert {
    condition     = local.digest == "sha256:fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
    error_message = "The service must get the digest that the tag has."
  }
}

run "one_name_of_one_image" {
  command = plan

  variables {
    image_tag = "1"
  }

  expect_failures = [var.image_digest]
}
