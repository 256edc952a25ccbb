# One resource for all paths, whose methods need what `access` says, and one for each path that is open. API Gateway chooses
# the most specific: what is not named is protected.
locals {
  # `/` is not in it: it is the API's root.
  open_paths = toset(local.rest ? concat(
    var.public_page ? ["openapi.json", "page.css", "page.js"] : [],
    var.health_routes ? ["ping", "v2/health/live", "v2/health/ready"] : [],
  ) : [])

  # By names without dots, which checkov takes for the end of a name.
  open_methods = { for path in local.open_paths : replace(path, ".", "_") => path }

  # The resources above them, level by level: each is the child of one of the level before.
  levels = [for depth in range(3) : toset([
    for path in local.open_paths : join("/", slice(split("/", path), 0, depth + 1)) if length(split("/", path)) > depth
  ])]
  resource_ids = merge(
    { for path, resource in aws_api_gateway_resource.level_1 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_2 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_3 : path => resource.id },
  )

  authorization = { iam = "AWS_IAM", api_key = "NONE", jwt = "CUSTOM", anonymous = "NONE" }[var.access]

  # What a caller is allowed: each method and path of this stage.
  execution_arn = local.rest ? "${aws_api_gateway_rest_api.this[0].execution_arn}/${local.stage}" : null
}

resource "aws_api_gateway_rest_api" "this" {
  count = local.rest ? 1 : 0

  name        = "${var.name}-http"
  description = "Predictions of ${var.name}"
  # Bodies of tensors are bytes, and clients such as tritonclient do not say in Accept that they take them: every type is binary.
  binary_media_types = ["*/*"]
  # The default address takes TLS 1.0; a domain of your own does not, and then it is the only one.
  disable_execute_api_endpoint = var.domain != null

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_resource" "level_1" {
  for_each = local.levels[0]

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_rest_api.this[0].root_resource_id
  path_part   = each.key
}

resource "aws_api_gateway_resource" "level_2" {
  for_each = local.levels[1]

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_resource.level_1[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_3" {
  for_each = local.levels[2]

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_resource.level_2[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "rest" {
  count = local.rest ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_rest_api.this[0].root_resource_id
  path_part   = "{path+}"
}

# Parameters only: of a bad body the function says what is wrong, and where.
resource "aws_api_gateway_request_validator" "parameters" {
  count = local.rest ? 1 : 0

  name                        = "parameters"
  rest_api_id                 = aws_api_gateway_rest_api.this[0].id
  validate_request_parameters = true
}

resource "aws_api_gateway_method" "rest" {
  count = local.rest ? 1 : 0

  rest_api_id          = aws_api_gateway_rest_api.this[0].id
  resource_id          = aws_api_gateway_resource.rest[0].id
  http_method          = "ANY"
  api_key_required     = var.access == "api_key"
  authorization        = local.authorization
  authorizer_id        = var.access == "jwt" ? aws_api_gateway_authorizer.jwt[0].id : null
  request_parameters   = { "method.request.path.path" = true }
  request_validator_id = aws_api_gateway_request_validator.parameters[0].id
}

resource "aws_api_gateway_method" "root" {
  # checkov:skip=CKV_AWS_59:open only with public_page, which is off by default; it serves a form, and no predictions
  count = local.rest ? 1 : 0

  rest_api_id          = aws_api_gateway_rest_api.this[0].id
  resource_id          = aws_api_gateway_rest_api.this[0].root_resource_id
  http_method          = "GET"
  api_key_required     = var.access == "api_key" && !var.public_page
  authorization        = var.public_page ? "NONE" : local.authorization
  authorizer_id        = var.access == "jwt" && !var.public_page ? aws_api_gateway_authorizer.jwt[0].id : null
  request_validator_id = aws_api_gateway_request_validator.parameters[0].id
}

resource "aws_api_gateway_method" "open" {
  # checkov:skip=CKV_AWS_59:the page, its document and the health routes, each open only by a setting that is off by default
  for_each = local.open_methods

  rest_api_id          = aws_api_gateway_rest_api.this[0].id
  resource_id          = local.resource_ids[each.value]
  http_method          = "GET"
  authorization        = "NONE"
  request_validator_id = aws_api_gateway_request_validator.parameters[0].id
}

locals {
  methods = merge(
    { for method in aws_api_gateway_method.rest : "rest" => method },
    { for method in aws_api_gateway_method.root : "root" => method },
    aws_api_gateway_method.open,
  )
  method_keys = toset(local.rest ? concat(["rest", "root"], keys(local.open_methods)) : [])
}

resource "aws_api_gateway_integration" "function" {
  for_each = local.method_keys

  rest_api_id             = aws_api_gateway_rest_api.this[0].id
  resource_id             = local.methods[each.key].resource_id
  http_method             = local.methods[each.key].http_method
  integration_http_method = "POST"
  timeout_milliseconds    = min(29000, (var.timeout_seconds + 1) * 1000)
  type                    = "AWS_PROXY"
  uri                     = module.function.alias.invoke_arn
}

# What the gateway answers by itself has the form of the function's answers: RFC 9457, and V2's member `error`.
resource "aws_api_gateway_gateway_response" "error" {
  for_each = toset(local.rest ? ["DEFAULT_4XX", "DEFAULT_5XX"] : [])

  rest_api_id   = aws_api_gateway_rest_api.this[0].id
  response_type = each.key

  response_parameters = {
    "gatewayresponse.header.Content-Type"              = "'application/problem+json'"
    "gatewayresponse.header.Strict-Transport-Security" = "'max-age=63072000'"
  }

  response_templates = {
    "application/json" = "{\"type\":\"about:blank\",\"title\":$context.error.messageString,\"code\":\"$context.error.responseType\",\"error\":$context.error.messageString,\"request_id\":\"$context.requestId\"}"
  }
}

resource "aws_lambda_permission" "api" {
  count = local.rest ? 1 : 0

  statement_id  = "http-api"
  action        = "lambda:InvokeFunction"
  function_name = module.function.function_name
  principal     = "apigateway.amazonaws.com"
  qualifier     = module.function.alias.name
  source_arn    = "${local.execution_arn}/*/*"
}
