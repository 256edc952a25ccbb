output "arn" {
  description = "ARN of the stream. Known once the scorer may read it."
  value       = local.stream.arn
  depends_on  = [aws_iam_role_policy.read]
}

output "name" {
  description = "Name of the stream."
  value       = local.stream.name
}

output "source" {
  description = "The stream as a source: type, name, arn, delivery and queues (null), mapping, concurrency, policy, metrics and alarms."
  value       = local.source
}
