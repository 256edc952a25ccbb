# The second function that scores: it answers requests, and publishes nothing. Whoever calls it over HTTP waits.
module "function" {
  source = "../lambda_function"

  architecture            = var.architecture
  description             = "Answers requests for predictions"
  environment             = local.environment
  function                = "http"
  handler                 = "scorer.http_handler.handler"
  key_arn                 = var.key_arn
  log_level               = var.log_level
  log_retention_days      = var.log_retention_days
  memory_mb               = var.memory_mb
  name                    = var.name
  package                 = var.package
  place                   = var.place
  provisioned_concurrency = var.provisioned_concurrency
  region                  = var.account.region
  reserved_concurrency    = var.reserved_concurrency
  timeout_seconds         = var.timeout_seconds
  tracing                 = var.tracing
}

locals {
  environment = merge(var.environment, {
    ACCESS_CONTROL       = var.access == "jwt" ? "token" : var.access # what the page asks for; checked before the function
    HEALTH_ROUTES        = tostring(var.health_routes)
    PUBLIC_PAGE          = tostring(var.public_page)
    RELEASE_POLL_SECONDS = tostring(var.release_poll_seconds)
  })

  captures = contains(keys(var.environment), "CAPTURE_BUCKET") # known before the bucket is

  rest = var.kind == "rest_api"
  # Only the stack's own parts know how they are called: over HTTP the stage is the first part of the path.
  stage = "live"
}
