# `arn` and `bucket` wait until the bucket is private, encrypted, versioned and locked: nothing is written to it before.

output "arn" {
  description = "ARN of the bucket."
  value       = var.existing == null ? aws_s3_bucket.this[0].arn : var.existing.arn
  depends_on = [
    aws_s3_bucket_object_lock_configuration.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "bucket" {
  description = "Name of the bucket."
  value       = var.existing == null ? aws_s3_bucket.this[0].bucket : reverse(split(":", var.existing.arn))[0]
  depends_on = [
    aws_s3_bucket_object_lock_configuration.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

# A module's tests see no resource of another module.
output "protection" {
  description = "What the bucket's resources say of the data in it: its key, the days until objects expire, by prefix, and the days until former versions are deleted, by rule; null for an existing bucket."
  value = var.existing != null ? null : {
    expire_days     = { for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : one(rule.filter).prefix => one(rule.expiration).days if length(rule.expiration) > 0 }
    key_arn         = one([for rule in aws_s3_bucket_server_side_encryption_configuration.this[0].rule : one(rule.apply_server_side_encryption_by_default).kms_master_key_id])
    noncurrent_days = { for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.id => one(rule.noncurrent_version_expiration).noncurrent_days if length(rule.noncurrent_version_expiration) > 0 }
  }
}
