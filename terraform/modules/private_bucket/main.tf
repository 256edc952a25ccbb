locals {
  # An existing bucket is its owner's: nothing of it is changed.
  made = var.existing == null ? 1 : 0
}

resource "aws_s3_bucket" "this" {
  count = local.made

  # checkov:skip=CKV_AWS_18:CloudTrail data events show reads and writes; access logs would need another bucket for each
  # checkov:skip=CKV_AWS_144:a stack is in one region; models can be published again and events redriven
  # checkov:skip=CKV2_AWS_62:no object triggers anything; the scorer polls its release
  bucket        = var.bucket
  force_destroy = var.force_destroy

  # Makes the bucket depend on its key: a bucket that still holds objects stops a destroy before the key is scheduled for
  # deletion, so what it holds stays readable.
  tags = { key = var.key_arn }
}

resource "aws_s3_bucket_versioning" "this" {
  count = local.made

  bucket = aws_s3_bucket.this[0].bucket

  versioning_configuration {
    status = "Enabled"
  }
}

# S3 can enable object lock in an existing bucket, and never disable it again.
resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = var.object_lock == null ? 0 : local.made

  bucket = aws_s3_bucket.this[0].bucket

  rule {
    default_retention {
      days = var.object_lock.days
      mode = var.object_lock.mode
    }
  }

  # Only versions can be locked.
  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  count = local.made

  bucket = aws_s3_bucket.this[0].bucket

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      kms_master_key_id = var.key_arn
      sse_algorithm     = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  count = local.made

  bucket = aws_s3_bucket.this[0].bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  count = local.made

  bucket = aws_s3_bucket.this[0].bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "this" {
  count = local.made

  bucket = aws_s3_bucket.this[0].bucket

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this[0].arn, "${aws_s3_bucket.this[0].arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  # S3 rejects concurrent changes of a bucket's access.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
