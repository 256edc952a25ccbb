mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill-publisher" }
  }

  mock_resource "aws_kms_key" {
    defaults = {
      arn    = "arn:aws:kms:eu-west-1:123456789012:key/22222222-3333-4444-5555-666666666666"
      key_id = "22222222-3333-4444-5555-666666666666"
    }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-model-store-123456789012" }
  }
}

variables {
  account      = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn      = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name   = "purchase-intent"
  name         = "mill"
  role_name    = "mill-scorer"
  signing_keys = ["2026"]
}

run "one_key_signs" {
  command = plan

  assert {
    condition = alltrue([
      aws_kms_key.signing["2026"].customer_master_key_spec == "ECC_NIST_P256",
      aws_kms_key.signing["2026"].key_usage == "SIGN_VERIFY",
      aws_kms_alias.signing[0].name == "alias/mill-signing",
    ])
    error_message = "The key must be one of P-256 that signs and does nothing else, under the stack's name."
  }

  assert {
    condition     = length(output.public_keys) == 1 && output.signing_key_arn == aws_kms_key.signing["2026"].arn
    error_message = "The outputs must say what signs and what the scorer trusts."
  }

  assert {
    condition     = !anytrue([for s in jsondecode(aws_kms_key.signing["2026"].policy).Statement : can(regex("\\*", jsonencode([s.Principal, s.Action])))])
    error_message = "The key must be open to nobody unnamed and for no action unnamed."
  }

  assert {
    condition     = [for s in jsondecode(aws_kms_key.signing["2026"].policy).Statement : s.Principal.AWS] == ["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root"]
    error_message = "Without publishers the account's IAM policies must decide who signs."
  }

  assert {
    condition     = !can(regex("kms:(Sign|CreateGrant|\\*)", jsonencode(jsondecode(aws_kms_key.signing["2026"].policy).Statement[0].Action)))
    error_message = "Who administers the key must not sign by that, nor hand the right out by a grant."
  }
}

run "publishers_alone_sign" {
  command = plan

  variables {
    publishers = ["arn:aws:iam::123456789012:role/training", "arn:aws:iam::123456789012:user/ada@example.org"]
  }

  assert {
    condition = jsondecode(aws_iam_role.publisher[0].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::123456789012:role/training", "arn:aws:iam::123456789012:user/ada@example.org"] }
      Action    = "sts:AssumeRole"
    }]
    error_message = "Those named, and nobody else, may take on the publisher's role."
  }

  assert {
    condition = jsondecode(aws_kms_key.signing["2026"].policy).Statement[1] == {
      Sid       = "Sign"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:role/mill-publisher" }
      Action    = "kms:Sign"
      Resource  = "*"
      Condition = { StringEquals = { "kms:MessageType" = "DIGEST", "kms:SigningAlgorithm" = "ECDSA_SHA_256" } }
    }
    error_message = "The publisher's role alone may sign, and digests only."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.publish[0].policy).Statement[0].Resource == "arn:aws:s3:::mill-model-store-123456789012/models/purchase-intent/*"
    error_message = "Publishers may write below their model's name only."
  }

  assert {
    condition     = !can(regex("Delete|Bypass|\\*\"?[],]", jsonencode([for s in jsondecode(aws_iam_role_policy.publish[0].policy).Statement : s.Action])))
    error_message = "Publishers may delete nothing."
  }
}

run "a_new_key_in_front_of_the_old_one" {
  command = plan

  variables {
    signing_keys = ["2027", "2026"]
  }

  assert {
    condition     = length(output.public_keys) == 2 && output.signing_key_arn == aws_kms_key.signing["2027"].arn
    error_message = "The first key must sign, and both must be trusted."
  }
}

run "publishers_and_keys_that_are_too_wide" {
  command = plan

  variables {
    publishers   = ["*"]
    signing_keys = ["a", "a"]
  }

  expect_failures = [var.publishers, var.signing_keys]
}

run "a_whole_account_is_no_publisher" {
  command = plan

  variables {
    publishers = ["arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.publishers]
}
