output "alarms" {
  description = "The function's and the endpoint's alarms, as data."
  value       = local.alarms
}

output "api_id" {
  description = "Id of the REST API; null for a function URL."
  value       = one(aws_api_gateway_rest_api.this[*].id)
}

output "domain_target" {
  description = "Host and hosted zone that the DNS record of your domain leads to; null without a domain."
  value = one([for domain in aws_api_gateway_domain_name.this : {
    host    = domain.regional_domain_name
    zone_id = domain.regional_zone_id
  }])
}

output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "invoke_policy" {
  description = "JSON of the IAM policy that a caller needs where access is \"iam\"; null otherwise."
  value = var.access != "iam" ? null : jsonencode({
    Version = "2012-10-17"
    Statement = local.rest ? [{
      Effect    = "Allow"
      Action    = ["execute-api:Invoke"]
      Resource  = ["${local.execution_arn}/*/*"]
      Condition = {}
      }] : [{
      Effect    = "Allow"
      Action    = ["lambda:InvokeFunctionUrl"]
      Resource  = [module.function.alias.arn]
      Condition = {}
      }, {
      # Since October 2025, and only through the URL.
      Effect    = "Allow"
      Action    = ["lambda:InvokeFunction"]
      Resource  = [module.function.alias.arn]
      Condition = { Bool = { "lambda:InvokedViaFunctionUrl" = "true" } }
    }]
  })
}

output "key_ids" {
  description = "Ids of the API keys by name; empty where access is not \"api_key\"."
  value       = { for name, key in aws_api_gateway_api_key.caller : name => key.id }
}

output "log_group" {
  description = "Name of the function's log group."
  value       = module.function.log_group
}

output "memory_mb" {
  description = "Memory of the function."
  value       = module.function.memory_mb
}

output "metrics" {
  description = "What the dashboard shows of requests: their number by result, and their latency."
  value       = local.metrics
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = module.function.role_arn
}

output "stage" {
  description = "Stage of the REST API; null for a function URL."
  value       = one(aws_api_gateway_stage.live[*].stage_name)
}

# Known once the function may read what it serves, and the gateway may call it.
output "url" {
  description = "Address of the endpoint, without a slash at its end."
  value = (
    !local.rest ? trimsuffix(aws_lambda_function_url.this[0].function_url, "/") :
    var.domain != null ? "https://${aws_api_gateway_domain_name.this[0].domain_name}" :
    aws_api_gateway_stage.live[0].invoke_url
  )
  depends_on = [
    aws_api_gateway_base_path_mapping.this, aws_api_gateway_method_settings.all, aws_api_gateway_usage_plan_key.caller,
    aws_iam_role_policy.capture, aws_iam_role_policy.read, aws_iam_role_policy.use, aws_iam_role_policy.verify, aws_lambda_permission.api,
    aws_lambda_permission.authorizer,
  ]
}
