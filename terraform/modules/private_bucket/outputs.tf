# Both wait until the bucket is private, encrypted, versioned and locked: nothing is written to it before.

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
