output "aggregate_ranges" {
  description = "Number of hash-key ranges that predictions are aggregated into; 0: one record per prediction."
  value       = var.type == "kinesis" ? var.kinesis.aggregate_ranges : 0
}

output "sink" {
  description = "The sink: type, name, arn, target (what the scorer writes to: stream ARN, topic ARN or queue URL), policy, metrics and alarms. Known once the scorer may write to it."
  value       = local.sink
  depends_on  = [aws_iam_role_policy.write]
}
