mock_provider "aws" {
  override_during = plan

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-things" }
  }
}

variables {
  bucket  = "mill-things"
  key_arn = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "encrypted_closed_and_versioned" {
  command = plan

  assert {
    condition = alltrue([for rule in aws_s3_bucket_server_side_encryption_configuration.this[0].rule :
      rule.bucket_key_enabled &&
      rule.apply_server_side_encryption_by_default[0].kms_master_key_id == var.key_arn &&
      rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
    ])
    error_message = "Objects must be encrypted with the stack's own key."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this[0].block_public_acls,
      aws_s3_bucket_public_access_block.this[0].block_public_policy,
      aws_s3_bucket_public_access_block.this[0].ignore_public_acls,
      aws_s3_bucket_public_access_block.this[0].restrict_public_buckets,
      aws_s3_bucket_ownership_controls.this[0].rule[0].object_ownership == "BucketOwnerEnforced",
    ])
    error_message = "The bucket must not be public, and ACLs must be disabled."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this[0].policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::mill-things", "arn:aws:s3:::mill-things/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Requests without TLS must be denied."
  }

  assert {
    condition     = aws_s3_bucket.this[0].force_destroy == false
    error_message = "By default, `destroy` must not delete objects."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this[0].versioning_configuration[0].status == "Enabled"
    error_message = "The bucket must keep versions."
  }

  assert {
    condition = alltrue([
      length(aws_s3_bucket_lifecycle_configuration.this[0].rule) == 1,
      length(aws_s3_bucket_lifecycle_configuration.this[0].rule[0].noncurrent_version_expiration) == 0,
      aws_s3_bucket_lifecycle_configuration.this[0].rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 7,
    ])
    error_message = "Incomplete uploads must expire; by default, objects and versions must not."
  }

  assert {
    condition     = length(aws_s3_bucket_object_lock_configuration.this) == 0
    error_message = "Locking must be opt-in: it cannot be disabled again."
  }
}

run "expiring_prefixes" {
  command = plan

  variables {
    expire_days     = { "aws/lambda/" = 7, "quarantine/" = 30 }
    noncurrent_days = { "" = 1 }
  }

  assert {
    condition = { for rule in slice(aws_s3_bucket_lifecycle_configuration.this[0].rule, 2, 4) : rule.id => [rule.filter[0].prefix, tostring(rule.expiration[0].days)] } == {
      "expire-aws-lambda" = ["aws/lambda/", "7"]
      "expire-quarantine" = ["quarantine/", "30"]
    }
    error_message = "Each prefix must expire after its own days."
  }

  assert {
    condition = output.protection == {
      expire_days     = { "aws/lambda/" = 7, "quarantine/" = 30 }
      key_arn         = var.key_arn
      noncurrent_days = { noncurrent = 1 }
    }
    error_message = "The output must say what the resources do."
  }
}

run "objects_that_expire_into_versions_for_ever" {
  command = plan

  variables {
    expire_days     = { "aws/lambda/" = 7, "quarantine/" = 30 }
    noncurrent_days = { "quarantine/" = 1 }
  }

  expect_failures = [var.expire_days]
}

run "versions_that_expire" {
  command = plan

  variables {
    noncurrent_days = { "" = 90, "models/a/release.json" = 365 }
  }

  assert {
    condition = { for rule in slice(aws_s3_bucket_lifecycle_configuration.this[0].rule, 1, 3) : rule.id => rule.noncurrent_version_expiration[0].noncurrent_days } == {
      "noncurrent"                       = 90
      "noncurrent-models-a-release.json" = 365
    }
    error_message = "Versions must expire after the days of their prefix."
  }

  assert {
    condition     = [for rule in slice(aws_s3_bucket_lifecycle_configuration.this[0].rule, 2, 3) : rule.filter[0].prefix] == ["models/a/release.json"]
    error_message = "Each rule must have its own prefix."
  }
}

run "locked" {
  command = plan

  variables {
    object_lock = { days = 30, mode = "GOVERNANCE" }
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].days == 30,
      aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].mode == "GOVERNANCE",
    ])
    error_message = "Each version must be locked for the days and in the mode that were set."
  }
}

run "invalid_lock" {
  command = plan

  variables {
    object_lock = { days = 0, mode = "GOVERNANCE" }
  }

  expect_failures = [var.object_lock]
}

run "lock_and_force_destroy" {
  command = plan

  variables {
    force_destroy = true
    object_lock   = { days = 30, mode = "COMPLIANCE" }
  }

  expect_failures = [var.object_lock]
}

run "prefix_without_a_slash" {
  command = plan

  variables {
    expire_days     = { quarantine = 30 }
    noncurrent_days = { "" = 1 }
  }

  expect_failures = [var.expire_days]
}

run "no_noncurrent_days" {
  command = plan

  variables {
    noncurrent_days = { "" = 0 }
  }

  expect_failures = [var.noncurrent_days]
}

run "existing_bucket" {
  command = plan

  variables {
    existing = { arn = "arn:aws:s3:::our-models" }
  }

  assert {
    condition = alltrue([
      output.arn == "arn:aws:s3:::our-models",
      output.bucket == "our-models",
      length(aws_s3_bucket.this) + length(aws_s3_bucket_policy.this) + length(aws_s3_bucket_lifecycle_configuration.this) == 0,
      length(aws_s3_bucket_versioning.this) + length(aws_s3_bucket_server_side_encryption_configuration.this) == 0,
      length(aws_s3_bucket_ownership_controls.this) + length(aws_s3_bucket_public_access_block.this) == 0,
    ])
    error_message = "An existing bucket must be used as it is, and none be made."
  }
}

run "what_is_no_bucket_and_not_ours_to_lock" {
  command = plan

  variables {
    existing      = { arn = "our-models" }
    force_destroy = true
  }

  expect_failures = [var.existing]
}
