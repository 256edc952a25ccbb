# Who may call: callers with IAM permissions need nothing here (the output invoke_policy is what they need). Keys and tokens do.

# A value is made by API Gateway, and read by who hands it out: `aws apigateway get-api-key --include-value`. It is in the
# state, too, as every attribute is.
resource "aws_api_gateway_api_key" "caller" {
  for_each = toset(local.rest && var.access == "api_key" ? var.api_keys : [])

  name        = "${var.name}-${each.key}"
  description = "Requests for predictions of ${var.name}"
}

resource "aws_api_gateway_usage_plan" "callers" {
  count = local.rest && var.access == "api_key" ? 1 : 0

  name        = "${var.name}-http"
  description = "Each key's share of ${var.name}"

  api_stages {
    api_id = aws_api_gateway_rest_api.this[0].id
    stage  = aws_api_gateway_stage.live[0].stage_name
  }

  dynamic "quota_settings" {
    for_each = var.key_limits.quota[*]

    content {
      limit  = quota_settings.value.limit
      period = quota_settings.value.period
    }
  }

  throttle_settings {
    burst_limit = coalesce(var.key_limits.burst, var.throttle.burst)
    rate_limit  = coalesce(var.key_limits.rate, var.throttle.rate)
  }
}

resource "aws_api_gateway_usage_plan_key" "caller" {
  for_each = aws_api_gateway_api_key.caller

  key_id        = each.value.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.callers[0].id
}

module "authorizer" {
  source = "../lambda_function"
  count  = var.jwt == null ? 0 : 1

  architecture       = var.architecture
  description        = "Decides by JSON web tokens who may request predictions"
  function           = "authorizer"
  key_arn            = var.key_arn
  log_level          = var.log_level
  log_retention_days = var.log_retention_days
  memory_mb          = 256
  name               = var.name
  package            = var.authorizer_package
  place              = var.place
  region             = var.account.region
  timeout_seconds    = 10

  environment = merge({
    JWKS_URL     = var.jwt.jwks_url
    JWT_AUDIENCE = var.jwt.audience
    JWT_ISSUER   = var.jwt.issuer
  }, var.jwt.scope == null ? {} : { JWT_SCOPE = var.jwt.scope })
}

resource "aws_api_gateway_authorizer" "jwt" {
  count = var.jwt == null ? 0 : 1

  name                             = "jwt"
  authorizer_result_ttl_in_seconds = var.jwt.cache_seconds
  authorizer_uri                   = module.authorizer[0].alias.invoke_arn
  identity_source                  = "method.request.header.Authorization"
  # Not even the form of a token: refused without a call. The scheme may be in any case (RFC 9110, 11.1).
  identity_validation_expression = "^[Bb][Ee][Aa][Rr][Ee][Rr] +[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$"
  rest_api_id                    = aws_api_gateway_rest_api.this[0].id
  type                           = "TOKEN"
}

resource "aws_lambda_permission" "authorizer" {
  count = var.jwt == null ? 0 : 1

  statement_id  = "authorizer"
  action        = "lambda:InvokeFunction"
  function_name = module.authorizer[0].function_name
  principal     = "apigateway.amazonaws.com"
  qualifier     = module.authorizer[0].alias.name
  source_arn    = "${aws_api_gateway_rest_api.this[0].execution_arn}/authorizers/${aws_api_gateway_authorizer.jwt[0].id}"
}
