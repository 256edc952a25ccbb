locals {
  # Lambda writes its on-failure objects below aws/lambda/ and lets nobody choose otherwise.
  on_failure_prefix = "aws/lambda/"
  quarantine_prefix = "quarantine/"
  redriven_prefix   = "redriven/"

  expire_days = {
    (local.on_failure_prefix) = var.on_failure_days
    (local.quarantine_prefix) = var.quarantine_days
    (local.redriven_prefix)   = var.on_failure_days
  }
}

module "bucket" {
  source = "../private_bucket"

  bucket        = "${var.name}-failure-store-${var.account_id}"
  force_destroy = var.force_destroy
  key_arn       = var.key_arn

  # An expired object is only hidden in a versioned bucket; a day later it is gone. A redrive needs versions: it removes
  # those that it read, and none that was written meanwhile.
  noncurrent_days = { "" = 1 }

  expire_days = local.expire_days
}

resource "aws_iam_role_policy" "quarantine" {
  name = "quarantine"
  role = var.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "${module.bucket.arn}/${local.quarantine_prefix}*"
    }]
  })
}

# Lambda writes with the function's role. The condition keeps the batches out of a bucket of the same name
# that somebody else might make after ours is gone.
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
        Condition = { StringEquals = { "s3:ResourceAccount" = var.account_id } }
      },
      {
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = module.bucket.arn
        Condition = { StringEquals = { "s3:ResourceAccount" = var.account_id } }
      },
    ]
  })
}
