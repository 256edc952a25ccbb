mock_provider "aws" {
  override_during = plan

  mock_resource "aws_api_gateway_rest_api" {
    defaults = {
      id            = "a1b2c3"
      execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3"
    }
  }

  mock_resource "aws_api_gateway_stage" {
    defaults = {
      arn        = "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/live"
      invoke_url = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/live"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill-http" }
  }

  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-http:live" }
  }

  mock_resource "aws_lambda_function_url" {
    defaults = { function_url = "https://abc.lambda-url.eu-west-1.on.aws/" }
  }
}

variables {
  account = {
    id           = "123456789012"
    kms_suffixes = ["amazonaws.com"]
    partition    = "aws"
    region       = "eu-west-1"
  }
  authorizer_package = "./main.tf" # any file works: nothing is deployed
  environment        = { MODEL_BUCKET = "mill-model-store-123456789012", MODEL_NAME = "purchase-intent" }
  key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name         = "purchase-intent"
  model_store        = { arn = "arn:aws:s3:::mill-model-store-123456789012" }
  name               = "mill"
  package            = "./main.tf"
}

run "by_default_every_path_needs_iam" {
  command = plan

  assert {
    condition     = aws_api_gateway_method.rest[0].authorization == "AWS_IAM" && aws_api_gateway_method.rest[0].http_method == "ANY" && aws_api_gateway_method.root[0].authorization == "AWS_IAM" && length(aws_api_gateway_method.open) == 0
    error_message = "Without a setting, no path may be open."
  }

  assert {
    condition     = toset(keys(aws_api_gateway_integration.function)) == toset(["rest", "root"]) && alltrue([for integration in aws_api_gateway_integration.function : integration.type == "AWS_PROXY" && integration.timeout_milliseconds == 16000])
    error_message = "Every method must lead to the function, and wait a second longer than it works."
  }

  assert {
    condition     = aws_api_gateway_method_settings.all[0].settings[0].throttling_rate_limit == 100 && aws_api_gateway_method_settings.all[0].settings[0].throttling_burst_limit == 200 && !aws_api_gateway_method_settings.all[0].settings[0].data_trace_enabled && aws_api_gateway_method_settings.all[0].settings[0].logging_level == "OFF"
    error_message = "Requests must be limited, and no log may have payloads."
  }

  assert {
    condition     = toset(keys(jsondecode(aws_api_gateway_stage.live[0].access_log_settings[0].format))) == toset(["api_key_id", "caller", "error", "integration_ms", "latency_ms", "method", "principal", "request_id", "resource", "response_bytes", "source_ip", "status", "time"]) && aws_cloudwatch_log_group.access[0].kms_key_id == var.key_arn
    error_message = "The access log must be encrypted, and have no payloads, headers, paths or queries."
  }

  assert {
    condition     = local.environment == merge(var.environment, { ACCESS_CONTROL = "iam", HEALTH_ROUTES = "false", PUBLIC_PAGE = "false", RELEASE_POLL_SECONDS = "30" })
    error_message = "The function must know what is open, and where the model is."
  }

  assert {
    condition     = aws_lambda_permission.api[0].source_arn == "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/live/*/*" && aws_lambda_permission.api[0].qualifier == "live"
    error_message = "Only this API may invoke the function, and only its alias."
  }

  assert {
    condition     = jsondecode(output.invoke_policy).Statement[0].Resource == ["arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/live/*/*"] && output.url == "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/live"
    error_message = "The outputs must say where the endpoint is, and what a caller needs."
  }

  assert {
    condition     = length(aws_api_gateway_api_key.caller) + length(aws_api_gateway_usage_plan.callers) + length(aws_api_gateway_authorizer.jwt) + length(aws_lambda_function_url.this) + length(aws_api_gateway_domain_name.this) + length(aws_wafv2_web_acl_association.this) + length(aws_api_gateway_account.logs) == 0
    error_message = "What was not asked for must not be there."
  }
}

# Least privilege: nothing is written but the log.
run "the_role_reads_the_model" {
  command = plan

  variables {
    verifying_key_arns = ["arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555"]
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.read.policy).Statement[0] == { Action = ["s3:GetObject", "s3:GetObjectVersion"], Effect = "Allow", Resource = "arn:aws:s3:::mill-model-store-123456789012/models/purchase-intent/*" }
    error_message = "The function may read this model only."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.use.policy).Statement[0].Action == ["kms:Decrypt"] && jsondecode(aws_iam_role_policy.use.policy).Statement[0].Condition.StringEquals["kms:ViaService"] == ["s3.eu-west-1.amazonaws.com"]
    error_message = "The function may decrypt what S3 keeps, and encrypt nothing."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_iam_role_policy.verify[0].policy).Statement[0]) == jsonencode({ Action = "kms:Verify", Effect = "Allow", Resource = var.verifying_key_arns })
    error_message = "Where KMS verifies, the function may have it verify."
  }
}

run "open_paths_are_named_and_get_only" {
  command = plan

  variables {
    access        = "api_key"
    api_keys      = ["shop", "office"]
    health_routes = true
    key_limits    = { rate = 5, quota = { limit = 1000, period = "DAY" } }
    public_page   = true
  }

  assert {
    condition     = toset(keys(aws_api_gateway_method.open)) == toset(["openapi_json", "page_css", "page_js", "ping", "v2/health/live", "v2/health/ready"]) && alltrue([for method in aws_api_gateway_method.open : method.http_method == "GET" && method.authorization == "NONE"])
    error_message = "The settings must open these paths, to read."
  }

  assert {
    condition     = aws_api_gateway_method.root[0].authorization == "NONE" && !aws_api_gateway_method.root[0].api_key_required && aws_api_gateway_method.rest[0].api_key_required
    error_message = "The page must be open, and every other path must need a key."
  }

  assert {
    condition     = toset(keys(aws_api_gateway_resource.level_1)) == toset(["openapi.json", "page.css", "page.js", "ping", "v2"]) && keys(aws_api_gateway_resource.level_2) == ["v2/health"] && keys(aws_api_gateway_resource.level_3) == ["v2/health/live", "v2/health/ready"]
    error_message = "Each open path must have a resource, and the ones above it."
  }

  assert {
    condition     = keys(output.key_ids) == ["office", "shop"] && aws_api_gateway_usage_plan.callers[0].throttle_settings[0].rate_limit == 5 && aws_api_gateway_usage_plan.callers[0].throttle_settings[0].burst_limit == 200 && aws_api_gateway_usage_plan.callers[0].quota_settings[0].limit == 1000
    error_message = "Each caller must have a key, and each key its limits."
  }

  assert {
    condition     = output.invoke_policy == null
    error_message = "Callers with keys need no IAM policy."
  }
}

run "tokens_are_checked_by_the_authorizer" {
  command = plan

  variables {
    access = "jwt"
    jwt    = { audience = "predictions", issuer = "https://id.example/", jwks_url = "https://id.example/jwks.json" }
  }

  assert {
    condition     = aws_api_gateway_method.rest[0].authorization == "CUSTOM" && aws_api_gateway_method.root[0].authorization == "CUSTOM" && aws_api_gateway_authorizer.jwt[0].type == "TOKEN" && aws_api_gateway_authorizer.jwt[0].authorizer_result_ttl_in_seconds == 300
    error_message = "Every path must ask the authorizer."
  }

  assert {
    condition     = alltrue([for sent in ["Bearer a.b.c", "bearer a.b.c", "BEARER  a.b.c"] : can(regex(aws_api_gateway_authorizer.jwt[0].identity_validation_expression, sent))])
    error_message = "The scheme of a token may be in any case."
  }

  assert {
    condition     = !anytrue([for sent in ["Basic YTpi", "Bearer", "Bearera.b.c", "Bearer a.b", "Token Bearer a.b.c"] : can(regex(aws_api_gateway_authorizer.jwt[0].identity_validation_expression, sent))])
    error_message = "What is no token must be refused without a call."
  }
}

run "anonymous_only_by_name" {
  command = plan

  variables {
    access = "anonymous"
  }

  assert {
    condition     = aws_api_gateway_method.rest[0].authorization == "NONE" && !aws_api_gateway_method.rest[0].api_key_required
    error_message = "An anonymous endpoint must ask for nothing."
  }
}

run "a_domain_replaces_the_default_address" {
  command = plan

  variables {
    account_log_role = true
    domain           = { certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1", name = "scores.example" }
    tracing          = "Active"
    waf_acl_arn      = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1"
  }

  assert {
    condition     = aws_api_gateway_domain_name.this[0].security_policy == "TLS_1_2" && aws_api_gateway_rest_api.this[0].disable_execute_api_endpoint && output.url == "https://scores.example"
    error_message = "The only address must be the domain, with TLS 1.2 or newer."
  }

  assert {
    condition     = aws_wafv2_web_acl_association.this[0].web_acl_arn == var.waf_acl_arn && aws_api_gateway_stage.live[0].xray_tracing_enabled && length(aws_api_gateway_account.logs) == 1
    error_message = "A web ACL, tracing and the account's role for logs must be there where they are set."
  }
}

run "a_function_url_is_for_iam" {
  command = plan

  variables {
    health_routes = true
    kind          = "function_url"
  }

  assert {
    condition     = aws_lambda_function_url.this[0].authorization_type == "AWS_IAM" && aws_lambda_function_url.this[0].qualifier == "live" && output.url == "https://abc.lambda-url.eu-west-1.on.aws" && output.api_id == null
    error_message = "The address must be the function's own, and need IAM."
  }

  assert {
    condition     = length(aws_api_gateway_rest_api.this) + length(aws_api_gateway_method.open) + length(aws_cloudwatch_log_group.access) + length(aws_lambda_permission.api) == 0
    error_message = "There must be no API Gateway."
  }

  assert {
    condition     = jsondecode(output.invoke_policy).Statement[0].Action == ["lambda:InvokeFunctionUrl"] && jsondecode(output.invoke_policy).Statement[1].Condition == { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }
    error_message = "A caller must be allowed the URL, and the function through the URL only."
  }

  assert {
    condition     = alltrue([for alarm in output.alarms : alltrue([for metric in values(alarm.metrics) : jsonencode(metric.dimensions) == jsonencode({ FunctionName = "mill-http" })])])
    error_message = "Every alarm must look at the function."
  }
}

run "what_it_answers_is_captured" {
  command = plan

  variables {
    capture_statements = [{ Effect = "Allow", Action = ["s3:PutObject"], Resource = "arn:aws:s3:::mill-capture-123456789012/capture/purchase-intent/*" }]
    environment        = { CAPTURE_BUCKET = "mill-capture-123456789012", MODEL_BUCKET = "mill-model-store-123456789012", MODEL_NAME = "purchase-intent" }
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.use.policy).Statement[0].Action == ["kms:Decrypt", "kms:GenerateDataKey"] && contains(keys(output.alarms), "http-capture-failures")
    error_message = "With data capture, the function must be able to encrypt what it writes, and an alarm must watch that it does."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_iam_role_policy.capture[0].policy).Statement) == jsonencode(var.capture_statements)
    error_message = "The function may put rows of its model, and may not read or delete them."
  }
}
