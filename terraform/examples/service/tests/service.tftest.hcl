mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
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
