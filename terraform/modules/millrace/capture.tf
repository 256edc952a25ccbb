locals {
  # Where the functions keep rows that they scored. Nothing without data capture.
  capture = merge([for capture in module.capture : capture.environment]...)
}

# Off the flow of events: rows that the scorer and the endpoint keep for training.
module "capture" {
  source = "../capture"
  count  = var.capture == null ? 0 : 1

  account         = local.account
  existing_bucket = var.capture.existing_bucket
  force_destroy   = var.capture.existing_bucket != null ? var.capture.force_destroy : try(coalesce(var.capture.force_destroy, var.failure_store.force_destroy), null)
  keep_days       = var.capture.keep_days
  key_arn         = module.encryption.key_arn
  model_name      = var.model.name
  name            = var.name
  role_name       = module.scorer.role_name
  share           = var.capture.share
  write_seconds   = var.capture.write_seconds
}
