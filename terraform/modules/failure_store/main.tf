locals {
  # Lambda writes its on-failure objects below this prefix, which cannot be changed.
  on_failure_prefix = "aws/lambda/"
  quarantine_prefix = "quarantine/"
  redriven_prefix   = "redriven/"

  # Null for an existing bucket that has none.
  metrics_filter = var.existing == null ? aws_s3_bucket_metric.on_failure[0].name : var.existing.metrics_filter

  expire_days = {
    (local.on_failure_prefix) = var.on_failure_days
    (local.quarantine_prefix) = var.quarantine_days
    (local.redriven_prefix)   = var.on_failure_days
  }
}

module "bucket" {
  source = "../private_bucket"

  bucket        = "${var.name}-failure-store-${var.account.id}-${var.account.region}"
  existing      = var.existing == null ? null : { arn = var.existing.arn }
  force_destroy = var.force_destroy
  key_arn       = var.key_arn

  # In a versioned bucket an expired object becomes noncurrent, and is deleted a day later. A redrive needs versions: it
  # deletes those that it read, and none that were written in the meantime.
  noncurrent_days = { "" = 1 }

  expire_days = local.expire_days
}

resource "aws_iam_role_policy" "quarantine" {
  name = "quarantine"
  role = var.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "${module.bucket.arn}/${local.quarantine_prefix}*"
      }],
      [for key in try(var.existing.key_arn[*], []) : {
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = key
      }],
    )
  })
}

# Lambda writes with the function's role. The condition keeps batches out of a bucket of the same name in another account.
resource "aws_iam_role_policy" "on_failure" {
  name = "on-failure"
  role = var.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "s3:PutObject"
        Resource  = "${module.bucket.arn}/${local.on_failure_prefix}*"
        Condition = { StringEquals = { "s3:ResourceAccount" = var.account.id } }
      },
      {
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = module.bucket.arn
        Condition = { StringEquals = { "s3:ResourceAccount" = var.account.id } }
      },
    ]
  })
}

# S3 counts requests by prefix only with a metrics configuration, which is charged as a metric.
resource "aws_s3_bucket_metric" "on_failure" {
  count = var.existing == null ? 1 : 0

  bucket = module.bucket.bucket
  name   = "on-failure"

  filter {
    prefix = local.on_failure_prefix
  }
}
