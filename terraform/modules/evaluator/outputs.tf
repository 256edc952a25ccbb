output "bucket" {
  description = "The bucket with what was collected, and what the hours came to."
  value       = module.bucket.bucket
}

output "drift_write_seconds" {
  description = "Seconds between two writes of what a container of the scorer counts."
  value       = var.drift.write_seconds
}

output "function_name" {
  description = "The function's name."
  value       = aws_lambda_function.evaluator.function_name
}

output "log_group" {
  description = "Where the function logs."
  value       = aws_cloudwatch_log_group.evaluator.name
}

output "on_failure_prefix" {
  description = "Where in the bucket Lambda writes the batches that it gave up on."
  value       = local.on_failure_prefix
}

output "outcomes_stream" {
  description = "Where outcomes are put: a Kinesis stream."
  value = {
    arn  = aws_kinesis_stream.outcomes.arn
    name = aws_kinesis_stream.outcomes.name
  }
}
