# A deployment is a copy of the API: it is made again where a setting in it changed. Whole resources would change with what
# only AWS sets, and with it every second plan.
resource "aws_api_gateway_deployment" "this" {
  count = local.rest ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id

  triggers = {
    api = sha256(jsonencode([
      aws_api_gateway_rest_api.this[0].binary_media_types,
      [for one in aws_api_gateway_authorizer.jwt : [one.id, one.authorizer_uri, one.identity_source, one.authorizer_result_ttl_in_seconds]],
      { for type, one in aws_api_gateway_gateway_response.error : type => [one.response_parameters, one.response_templates] },
      { for key, one in aws_api_gateway_integration.function : key => [one.uri, one.timeout_milliseconds] },
      { for key, one in local.methods : key => [one.http_method, one.authorization, one.api_key_required] },
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  # checkov:skip=CKV_AWS_73:tracing is a setting (tracing)
  # checkov:skip=CKV_AWS_120:a prediction is of one request's features; a cache would answer with another release's
  # checkov:skip=CKV2_AWS_4:execution logs would have payloads in them; access logs have what operators need
  # checkov:skip=CKV2_AWS_29:a web ACL is a setting (waf_acl_arn); callers are authorized in any case
  # checkov:skip=CKV2_AWS_51:a client certificate is what a backend of one's own would check; Lambda checks IAM
  count = local.rest ? 1 : 0

  rest_api_id          = aws_api_gateway_rest_api.this[0].id
  deployment_id        = aws_api_gateway_deployment.this[0].id
  stage_name           = local.stage
  xray_tracing_enabled = var.tracing == "Active"

  # Who, when, what came of it, how long it took: no path parameters, no query, no headers and no bodies.
  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.access

    content {
      destination_arn = access_log_settings.value.arn
      format = jsonencode({
        request_id     = "$context.requestId"
        time           = "$context.requestTimeEpoch"
        caller         = "$context.identity.userArn"
        api_key_id     = "$context.identity.apiKeyId"
        principal      = "$context.authorizer.principalId"
        source_ip      = "$context.identity.sourceIp"
        method         = "$context.httpMethod"
        resource       = "$context.resourcePath"
        status         = "$context.status"
        error          = "$context.error.responseType"
        latency_ms     = "$context.responseLatency"
        integration_ms = "$context.integrationLatency"
        response_bytes = "$context.responseLength"
      })
    }
  }

  depends_on = [aws_api_gateway_account.logs]
}

resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_338:retention is a setting (log_retention_days)
  count = local.rest && var.access_log ? 1 : 0

  name              = "/aws/apigateway/${var.name}-http"
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_api_gateway_method_settings" "all" {
  # checkov:skip=CKV_AWS_225:see CKV_AWS_120 of the stage
  count = local.rest ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  stage_name  = aws_api_gateway_stage.live[0].stage_name
  method_path = "*/*"

  settings {
    caching_enabled        = false
    cache_data_encrypted   = true
    data_trace_enabled     = false
    logging_level          = "OFF"
    metrics_enabled        = true
    throttling_burst_limit = var.throttle.burst
    throttling_rate_limit  = var.throttle.rate
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = local.rest && var.waf_acl_arn != null ? 1 : 0

  resource_arn = aws_api_gateway_stage.live[0].arn
  web_acl_arn  = var.waf_acl_arn
}

# API Gateway writes logs with one role an account and region, which is a setting of the account: made here only on request.
resource "aws_iam_role" "logs" {
  count = local.rest && var.account_log_role ? 1 : 0

  name                 = "${var.name}-api-logs-${var.account.region}"
  description          = "API Gateway's access logs of this account and region"
  path                 = try(var.place.role_path, "/")
  permissions_boundary = try(var.place.permissions_boundary, null)

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "apigateway.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  count = local.rest && var.account_log_role ? 1 : 0

  policy_arn = "arn:${var.account.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
  role       = aws_iam_role.logs[0].name
}

resource "aws_api_gateway_account" "logs" {
  count = local.rest && var.account_log_role ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.logs[0].arn
  depends_on          = [aws_iam_role_policy_attachment.logs]
}
