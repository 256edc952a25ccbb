# Encryption and access of the bucket are tested in private_bucket.

mock_provider "aws" {
  override_during = plan

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-model-store-123456789012" }
  }
}

variables {
  account    = { kms_suffixes = ["amazonaws.com"], id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn    = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name = "purchase-intent"
  name       = "mill"
  role_name  = "mill-scorer"
}

run "scorer_reads_its_model_only" {
  command = plan

  assert {
    condition     = output.bucket == "mill-model-store-123456789012-eu-west-1"
    error_message = "The account id must make the bucket's name unique."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.read.policy).Statement == [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = "arn:aws:s3:::mill-model-store-123456789012/models/purchase-intent/*"
      },
      {
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = "arn:aws:s3:::mill-model-store-123456789012"
      },
    ]
    error_message = "The scorer may read the model that it serves and list the bucket; it may neither write nor sign."
  }

  assert {
    condition     = module.bucket.protection == { expire_days = {}, key_arn = var.key_arn, noncurrent_days = { for document in ["release", "workflow"] : "noncurrent-models-purchase-intent-${document}.json" => 365 } }
    error_message = "Former releases of this model must be kept for a year, and nothing else may expire."
  }

  assert {
    condition     = length(aws_kms_key.signing) == 0 && length(output.public_keys) == 0 && output.signing_key_arn == null
    error_message = "Without keys, manifests must not be signed."
  }

  assert {
    condition     = length(aws_iam_role.publisher) == 0 && output.publisher_role_arn == null
    error_message = "Without publishers, there must be no publisher's role."
  }
}

run "model_name_with_a_wildcard_and_no_release_days" {
  command = plan

  variables {
    model_name   = "*"
    release_days = 0
  }

  expect_failures = [var.model_name, var.release_days]
}

run "existing_bucket" {
  command = plan

  variables {
    existing = { arn = "arn:aws:s3:::our-models", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555" }
  }

  assert {
    condition     = output.bucket == "our-models" && jsondecode(aws_iam_role_policy.read.policy).Statement[0].Resource == "arn:aws:s3:::our-models/models/${var.model_name}/*"
    error_message = "The scorer must read its own model in the existing bucket, and no other."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.read.policy).Statement[2] == { Action = ["kms:Decrypt"], Effect = "Allow", Resource = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555" }
    error_message = "The scorer must be able to decrypt what that bucket's key encrypted."
  }
}
