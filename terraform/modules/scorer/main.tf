locals {
  environment = merge(var.environment, { RELEASE_POLL_SECONDS = tostring(var.release_poll_seconds) })
}

module "function" {
  source = "../lambda_function"

  architecture         = var.architecture
  description          = "Scores events and publishes predictions"
  environment          = local.environment
  function             = "scorer"
  key_arn              = var.key_arn
  log_level            = var.log_level
  log_retention_days   = var.log_retention_days
  memory_mb            = var.memory_mb
  name                 = var.name
  package              = var.package
  reserved_concurrency = var.reserved_concurrency
  timeout_seconds      = var.timeout_seconds
  tracing              = var.tracing
}
