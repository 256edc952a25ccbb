output "alarms" {
  description = "The evaluator's alarms, as data."
  value       = local.alarms
}

output "bucket" {
  description = "Name of the bucket with the collected predictions and outcomes, and with the results by hour."
  value       = module.bucket.bucket
}

output "drift_write_seconds" {
  description = "Seconds between two writes of the counts that a container of the scorer keeps."
  value       = var.drift.write_seconds
}

output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "log_group" {
  description = "Name of the function's log group."
  value       = module.function.log_group
}

output "on_failure" {
  description = "Bucket and metrics filter of the batches that Lambda discarded after the last retry."
  value       = { bucket = module.bucket.bucket, filter = local.metrics_filter }
}

output "outcomes_stream" {
  description = "The Kinesis stream that producers put outcomes on."
  value = {
    arn  = aws_kinesis_stream.outcomes.arn
    name = aws_kinesis_stream.outcomes.name
  }
}
