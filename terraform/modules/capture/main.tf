locals {
  prefix = "capture/"

  # What a function that captures may do: it can neither read nor list what it wrote.
  statements = concat(
    [{
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = "${module.bucket.arn}/${local.prefix}${var.model_name}/*"
    }],
    [for key in try(var.existing_bucket.key_arn[*], []) : {
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = key
    }],
  )
}

module "bucket" {
  source = "../private_bucket"

  bucket        = "${var.name}-capture-${var.account.id}-${var.account.region}"
  existing      = var.existing_bucket == null ? null : { arn = var.existing_bucket.arn }
  force_destroy = var.force_destroy
  key_arn       = var.key_arn

  # Objects are written once; what replaces one is an erasure, which deletes the former version itself.
  noncurrent_days = { "" = 1 }

  expire_days = { (local.prefix) = var.keep_days }
}

resource "aws_iam_role_policy" "capture" {
  name   = "capture"
  role   = var.role_name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
