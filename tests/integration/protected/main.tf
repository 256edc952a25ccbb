# What of a stack holds data that `destroy` must not delete: the key, the model store with its signing key, the failure store.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }

  backend "s3" {}
}

variable "force_destroy" {
  description = "Whether `destroy` deletes what the buckets hold."
  type        = bool
  default     = false
}

data "aws_caller_identity" "current" {}

locals {
  name = "it-protected"

  account = {
    dns_suffix   = "amazonaws.com"
    id           = data.aws_caller_identity.current.account_id
    kms_suffixes = ["amazonaws.com"]
    partition    = "aws"
    region       = "us-east-1"
  }
}

resource "aws_iam_role" "scorer" {
  name = "${local.name}-scorer"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

module "encryption" {
  source = "../../../terraform/modules/encryption"

  account              = local.account
  deletion_window_days = 7
  name                 = local.name
  role_name            = aws_iam_role.scorer.name
}

module "model_store" {
  source = "../../../terraform/modules/model_store"

  account       = local.account
  force_destroy = var.force_destroy
  key_arn       = module.encryption.key_arn
  model_name    = "purchase-intent"
  name          = local.name
  role_name     = aws_iam_role.scorer.name
  signing_keys  = ["1"]
}

module "failure_store" {
  source = "../../../terraform/modules/failure_store"

  account       = local.account
  force_destroy = var.force_destroy
  key_arn       = module.encryption.key_arn
  name          = local.name
  role_name     = aws_iam_role.scorer.name
}

output "failure_store" {
  value = { bucket = module.failure_store.bucket }
}

output "key_arn" {
  value = module.encryption.key_arn
}

output "model" {
  value = { name = "purchase-intent" }
}

output "model_store" {
  value = module.model_store
}
