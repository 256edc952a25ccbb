output "bucket" {
  description = "The bucket's name. Known once the scorer may write to quarantine."
  value       = module.bucket.bucket
  depends_on  = [aws_iam_role_policy.quarantine]
}

output "on_failure_arn" {
  description = "On-failure destination of event sources. Known once Lambda may write there."
  value       = module.bucket.arn
  depends_on  = [aws_iam_role_policy.on_failure]
}

output "on_failure_prefix" {
  description = "Where the batches lie that Lambda gave up on."
  value       = local.on_failure_prefix
}

output "quarantine_prefix" {
  description = "Where quarantined events lie."
  value       = local.quarantine_prefix
}

output "redriven_prefix" {
  description = "Where a redrive writes down what it did, and holds its lease."
  value       = local.redriven_prefix
}
