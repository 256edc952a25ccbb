locals {
  # With an evaluator, the scorer counts for drift.
  drift = merge([for evaluator in module.evaluator : {
    DRIFT_BUCKET  = evaluator.bucket
    DRIFT_SECONDS = tostring(evaluator.drift_write_seconds)
  }]...)

  # What the evaluator reads. Each name gets an event source mapping.
  prediction_streams = merge(
    { predictions = module.prediction_sink.sink.arn },
    [for shadow in module.shadow_sink : { shadow-predictions = shadow.sink.arn } if shadow.sink.type == "kinesis"]...
  )
}

# Off the flow of events: it reads what was published to the sinks.
module "evaluator" {
  source = "../evaluator"
  count  = var.evaluator == null ? 0 : 1

  account             = local.account
  alarms              = var.alarms
  architecture        = var.architecture
  drift               = var.evaluator.drift
  existing_bucket     = var.evaluator.existing_bucket
  force_destroy       = var.evaluator.existing_bucket != null ? var.evaluator.force_destroy : try(coalesce(var.evaluator.force_destroy, var.failure_store.force_destroy), null)
  hours_days          = var.evaluator.hours_days
  keep_days           = var.evaluator.keep_days
  key_arn             = module.encryption.key_arn
  log_level           = var.evaluator.log_level
  log_retention_days  = var.evaluator.log_retention_days
  look_back_hours     = var.evaluator.look_back_hours
  mapping             = var.evaluator.mapping
  memory_mb           = var.evaluator.memory_mb
  model_name          = var.model.name
  model_store         = { arn = module.model_store.arn, bucket = module.model_store.bucket }
  name                = var.name
  outcomes            = var.evaluator.outcomes
  package             = var.packages.evaluator
  place               = var.functions
  prediction_streams  = local.prediction_streams
  publisher_role_name = module.model_store.publisher_role_name
  schedule_minutes    = var.evaluator.schedule_minutes
  scorer_role_name    = module.scorer.role_name
  stream_key_arns     = compact([try(var.prediction_sink.existing.key_arn, null), try(var.shadow_sink.existing.key_arn, null)])
  timeout_seconds     = var.evaluator.timeout_seconds
}
