output "alarms" {
  description = "The store's alarms, as data."
  value       = local.alarms
}

output "bucket" {
  description = "Name of the bucket. Known once the scorer may write to quarantine."
  value       = module.bucket.bucket
  depends_on  = [aws_iam_role_policy.quarantine]
}

output "on_failure" {
  description = "Bucket and metrics filter of the batches that Lambda discarded after the last retry."
  value       = { bucket = module.bucket.bucket, filter = local.metrics_filter }
}

output "on_failure_arn" {
  description = "On-failure destination of sources. Known once Lambda may write there."
  value       = module.bucket.arn
  depends_on  = [aws_iam_role_policy.on_failure]
}

output "on_failure_days" {
  description = "Days for which discarded batches can be redriven."
  value       = var.on_failure_days
}

output "on_failure_prefix" {
  description = "Prefix of the batches that Lambda discarded after the last retry."
  value       = local.on_failure_prefix
}

output "quarantine_prefix" {
  description = "Prefix of quarantined events."
  value       = local.quarantine_prefix
}

output "redriven_prefix" {
  description = "Prefix of the log of redrives, and of the lease of a running redrive."
  value       = local.redriven_prefix
}
