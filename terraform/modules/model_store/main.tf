module "bucket" {
  source = "../private_bucket"

  bucket        = "${var.name}-model-store-${var.account.id}-${var.account.region}"
  existing      = var.existing == null ? null : { arn = var.existing.arn }
  force_destroy = var.force_destroy
  key_arn       = var.key_arn
  object_lock   = var.object_lock

  # Former releases are the history; those of release workflows are theirs. Versions of artifacts never expire: an artifact is not overwritten in normal operation,
  # and if it is overwritten or deleted by mistake, a release may still point to the old version.
  noncurrent_days = { for document in ["release", "workflow"] : "${local.models}${document}.json" => var.release_days }

  # As for the key of its bucket: while there are models, what signed them is not scheduled for deletion.
  depends_on = [aws_kms_key.signing]
}

locals {
  # Of a bucket that another key encrypts.
  existing_keys = try(var.existing.key_arn[*], [])

  models = "models/${var.model_name}/"
}

# A release names each file by its VersionId, hence GetObjectVersion. ListBucket turns the response for a missing key from 403
# into 404; a condition on s3:prefix would undo that, because GetObject has no prefix.
resource "aws_iam_role_policy" "read" {
  name = "model-store"
  role = var.role_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = "${module.bucket.arn}/${local.models}*"
        },
        {
          Effect   = "Allow"
          Action   = "s3:ListBucket"
          Resource = module.bucket.arn
        },
      ],
      [for key in local.existing_keys : { Effect = "Allow", Action = ["kms:Decrypt"], Resource = key }],
    )
  })
}
