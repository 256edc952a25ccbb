output "arn" {
  description = "The stream. Known once the scorer may read it."
  value       = aws_kinesis_stream.events.arn
  depends_on  = [aws_iam_role_policy.read]
}

output "mapping_id" {
  description = "The mapping's id, which is part of the keys in the on-failure store."
  value       = aws_lambda_event_source_mapping.events.uuid
}

output "name" {
  description = "The stream's name."
  value       = aws_kinesis_stream.events.name
}
