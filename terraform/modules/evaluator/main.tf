locals {
  environment = {
    DRIFT_HOURS         = tostring(var.drift.hours)
    EVALUATION_BUCKET   = module.bucket.bucket
    LOOK_BACK_HOURS     = tostring(var.look_back_hours)
    MODEL_BUCKET        = var.model_store.bucket
    MODEL_NAME          = var.model_name
    OUTCOMES_STREAM_ARN = aws_kinesis_stream.outcomes.arn
  }
}

# Its concurrency is not reserved: its streams' shards and one schedule invoke it, and the account's concurrency is enough.
# What a failed call of the schedule left out, the next call does.
module "function" {
  source = "../lambda_function"

  architecture = var.architecture
  description  = "Joins predictions with their outcomes, hour by hour"
  environment  = local.environment
  # What exceeds the memory is spilled to /tmp.
  ephemeral_storage_mb = 2048
  function             = "evaluator"
  key_arn              = var.key_arn
  log_level            = var.log_level
  log_retention_days   = var.log_retention_days
  memory_mb            = var.memory_mb
  name                 = var.name
  package              = var.package
  place                = var.place
  region               = var.account.region
  timeout_seconds      = var.timeout_seconds
}
