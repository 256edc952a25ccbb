# Next to the flow of events: a function of its own, which answers requests with what the scorer would publish.
module "http_api" {
  source = "../http_api"
  count  = var.http == null ? 0 : 1

  access                  = var.http.access
  access_log              = var.http.access_log
  account                 = local.account
  account_log_role        = var.http.account_log_role
  alarms                  = var.alarms
  api_keys                = var.http.api_keys
  architecture            = var.architecture
  authorizer_package      = var.packages.authorizer
  capture_statements      = flatten(module.capture[*].statements)
  domain                  = var.http.domain
  environment             = merge(local.model_environment, var.onnx ? { ORT_DISABLE_TELEMETRY = "1" } : {}, local.capture)
  health_routes           = var.http.health_routes
  jwt                     = var.http.jwt
  key_arn                 = module.encryption.key_arn
  key_limits              = var.http.key_limits
  kind                    = var.http.kind
  log_level               = var.http.log_level
  log_retention_days      = var.http.log_retention_days
  memory_mb               = var.http.memory_mb
  model_name              = var.model.name
  model_store             = { arn = module.model_store.arn, key_arn = try(var.model_store.existing.key_arn, null) }
  name                    = var.name
  package                 = var.packages.http
  place                   = var.functions
  provisioned_concurrency = var.http.provisioned_concurrency
  public_page             = var.http.public_page
  release_poll_seconds    = var.http.release_poll_seconds
  reserved_concurrency    = var.http.reserved_concurrency
  throttle                = var.http.throttle
  timeout_seconds         = var.http.timeout_seconds
  tracing                 = var.http.tracing
  verifying_key_arns      = module.model_store.verifying_key_arns
  waf_acl_arn             = var.http.waf_acl_arn
}
