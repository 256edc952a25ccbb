output "arn" {
  description = "The stream. Known once the scorer may read it."
  value       = aws_kinesis_stream.events.arn
  depends_on  = [aws_iam_role_policy.read]
}

output "executions" {
  description = "How many executions of the scorer the mapping asks for at a time. On-demand streams begin with 4 shards."
  value       = coalesce(var.shards, 4) * var.mapping.parallelization_factor
}

output "mapping_id" {
  description = "The mapping's id, which is part of the keys in the on-failure store."
  value       = aws_lambda_event_source_mapping.events.uuid
}

output "name" {
  description = "The stream's name."
  value       = aws_kinesis_stream.events.name
}

output "record_age_seconds" {
  description = "The age at which Lambda gives up on a record."
  value       = var.mapping.record_age_seconds
}
