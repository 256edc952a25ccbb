locals {
  environment = merge(var.environment, { RELEASE_POLL_SECONDS = tostring(var.release_poll_seconds) })
}

module "function" {
  source = "../lambda_function"

  architecture            = var.architecture
  description             = "Scores events and publishes predictions"
  environment             = local.environment
  ephemeral_storage_mb    = var.ephemeral_storage_mb
  existing_log_group      = var.existing_log_group
  extra_environment       = var.extra_environment
  function                = "scorer"
  key_arn                 = var.key_arn
  layers                  = var.layers
  log_level               = var.log_level
  log_retention_days      = var.log_retention_days
  memory_mb               = var.memory_mb
  name                    = var.name
  package                 = var.package
  place                   = var.place
  policy_arns             = var.policy_arns
  provisioned_concurrency = var.provisioned_concurrency
  region                  = var.region
  reserved_concurrency    = var.reserved_concurrency
  snap_start              = var.snap_start
  timeout_seconds         = var.timeout_seconds
  tracing                 = var.tracing
}
