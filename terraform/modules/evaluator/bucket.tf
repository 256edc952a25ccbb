locals {
  # Lambda writes its on-failure objects below this prefix, which cannot be changed.
  on_failure_prefix = "aws/lambda/"
  quarantine_prefix = "quarantine/"
  hours_prefix      = "evaluation/${var.model_name}/hours/"
  # What an evaluation keeps for the next ones, until the hour is final. With open hours it has several versions.
  joined_prefix = "evaluation/${var.model_name}/joined/"

  # Of an existing bucket that is not encrypted with the stack's key: the statement that opens it.
  existing_key = [for key in try(var.existing_bucket.key_arn[*], []) : {
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource = key
  }]

  # Null for an existing bucket that has none.
  metrics_filter = var.existing_bucket == null ? aws_s3_bucket_metric.on_failure[0].name : var.existing_bucket.metrics_filter

  expire_days = {
    (local.drift_prefix)      = var.keep_days
    (local.hours_prefix)      = var.hours_days
    (local.joined_prefix)     = ceil(var.look_back_hours / 24) + 1
    (local.on_failure_prefix) = var.keep_days
    (local.quarantine_prefix) = var.keep_days
    "evaluation/outcomes/"    = var.keep_days
    "evaluation/predictions/" = var.keep_days
  }
}

module "bucket" {
  source = "../private_bucket"

  bucket        = "${var.name}-evaluation-${var.account.id}-${var.account.region}"
  existing      = var.existing_bucket == null ? null : { arn = var.existing_bucket.arn }
  force_destroy = var.force_destroy
  key_arn       = var.key_arn

  # An hour that changed overwrites its object; the former version is not needed.
  noncurrent_days = { "" = 1 }

  expire_days = local.expire_days
}

# S3 counts requests by prefix only with a metrics configuration, which is charged as a metric.
resource "aws_s3_bucket_metric" "on_failure" {
  count = var.existing_bucket == null ? 1 : 0

  bucket = module.bucket.bucket
  name   = "on-failure"

  filter {
    prefix = local.on_failure_prefix
  }
}
