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
  account      = { kms_suffixes = ["amazonaws.com"], id = "123456789012", partition = "aws", region = "eu-west-1" }
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
    error_message = "The key must be a P-256 signing key under the stack's name."
  }

  assert {
    condition     = length(output.public_keys) == 1 && output.signing_key_arn == aws_kms_key.signing["2026"].arn
    error_message = "The outputs must name the signing key and the keys that the scorer trusts."
  }

  assert {
    condition     = !anytrue([for s in jsondecode(aws_kms_key.signing["2026"].policy).Statement : can(regex("\\*", jsonencode([s.Principal, s.Action])))])
    error_message = "The key policy must have no wildcard principal and no wildcard action."
  }

  assert {
    condition     = [for s in jsondecode(aws_kms_key.signing["2026"].policy).Statement : s.Principal.AWS] == ["arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root"]
    error_message = "Without publishers the account's IAM policies must decide who signs."
  }

  assert {
    condition     = !can(regex("kms:(Sign|CreateGrant|\\*)", jsonencode(jsondecode(aws_kms_key.signing["2026"].policy).Statement[0].Action)))
    error_message = "Administration of the key must not include signing or grants."
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
    error_message = "Only the publishers may assume the publisher's role."
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
    error_message = "Only the publisher's role may sign, and only digests."
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

run "rotation" {
  command = plan

  variables {
    signing_keys = ["2027", "2026"]
  }

  assert {
    condition     = length(output.public_keys) == 2 && output.signing_key_arn == aws_kms_key.signing["2027"].arn
    error_message = "The first key must sign, and both must be trusted."
  }
}

run "invalid_publishers_and_keys" {
  command = plan

  variables {
    publishers   = ["*"]
    signing_keys = ["a", "a"]
  }

  expect_failures = [var.publishers, var.signing_keys]
}

run "an_account_as_publisher" {
  command = plan

  variables {
    publishers = ["arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.publishers]
}

run "kms_verifies_only_where_it_is_set" {
  command = plan

  assert {
    condition     = length(aws_iam_role_policy.verify) == 0 && length(output.verifying_key_arns) == 0 && !strcontains(aws_kms_key.signing["2026"].policy, "kms:Verify")
    error_message = "Where the scorer verifies by itself, nothing may grant kms:Verify."
  }
}

run "kms_verifies" {
  command = plan

  variables {
    signing_keys = ["2027", "2026"]
    verify       = "kms"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.verify[0].policy).Statement == [{ Action = "kms:Verify", Effect = "Allow", Resource = [for key in var.signing_keys : aws_kms_key.signing[key].arn] }] && aws_iam_role_policy.verify[0].role == "mill-scorer"
    error_message = "The scorer may verify with every trusted key, and nothing else."
  }

  assert {
    condition     = length(output.verifying_key_arns) == 2 && [for s in jsondecode(aws_kms_key.signing["2026"].policy).Statement : s.Sid] == ["Administer", "Sign", "Verify"]
    error_message = "The keys' own policy must let IAM decide who verifies."
  }
}

run "kms_has_nothing_to_verify" {
  command = plan

  variables {
    signing_keys = []
    verify       = "kms"
  }

  expect_failures = [var.verify]
}
