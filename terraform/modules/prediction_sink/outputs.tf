output "aggregate_ranges" {
  description = "Into how many ranges of hash keys predictions are aggregated; 0: a record for each prediction."
  value       = var.type == "kinesis" ? var.kinesis.aggregate_ranges : 0
}

output "arn" {
  description = "The sink's ARN. Known once the scorer may write to it."
  value       = local.sink.arn
  depends_on  = [aws_iam_role_policy.write]
}

output "name" {
  description = "The sink's name."
  value       = local.sink.name
}

output "target" {
  description = "What the scorer writes to: the stream's ARN, the topic's ARN or the queue's URL. Known once it may."
  value       = local.sink.target
  depends_on  = [aws_iam_role_policy.write]
}

output "type" {
  description = "What the sink is."
  value       = var.type
}
