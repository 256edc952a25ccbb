output "bucket_arn" {
  description = "ARN of the bucket."
  value       = local.bucket.arn
}

output "environment" {
  description = "Variables of the scorer's environment: where large files go; empty where they are quarantined."
  value       = local.environment
}

output "source" {
  description = "The bucket as a source: type, name, arn, delivery, queues and mapping (null), concurrency, policy, metrics and alarms (none)."
  value       = local.source
}
