resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = local.made

  bucket = aws_s3_bucket.this[0].bucket

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = var.noncurrent_days

    content {
      id     = trimsuffix("noncurrent-${trimsuffix(replace(rule.key, "/", "-"), "-")}", "-")
      status = "Enabled"

      filter {
        prefix = rule.key == "" ? null : rule.key
      }

      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }
    }
  }

  dynamic "rule" {
    for_each = var.expire_days

    content {
      id     = "expire-${trimsuffix(replace(rule.key, "/", "-"), "-")}"
      status = "Enabled"

      filter {
        prefix = rule.key
      }

      expiration {
        days = rule.value
      }
    }
  }

  # Noncurrent versions exist only where versioning is on.
  depends_on = [aws_s3_bucket_versioning.this]
}
