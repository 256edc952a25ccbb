output "arn" {
  description = "ARN of the table's stream. Known once the scorer may read it."
  value       = local.stream.arn
  depends_on  = [aws_iam_role_policy.read]
}

output "source" {
  description = "The table's stream as a source: type, name, arn, delivery and queues (null), mapping, concurrency, policy, metrics and alarms."
  value       = local.source
}
