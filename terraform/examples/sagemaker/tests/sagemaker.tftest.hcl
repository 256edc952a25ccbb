mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  image          = "web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/1"
  model_bucket   = "models"
  model_name     = "sessions"
  next_image     = "web@sha256:1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  repository_arn = "arn:aws:ecr:eu-west-1:123456789012:repository/web"
}

run "it_plans" {
  command = plan

  assert {
    condition     = module.endpoint.endpoint_name == "scorer"
    error_message = "The endpoint must be planned."
  }
}
