locals {
  function_name = "${var.name}-${var.function}"
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_115:reserved concurrency is set by each function's module; -1 shares the account's concurrency
  # checkov:skip=CKV_AWS_116:each event source mapping and asynchronous invocation has its own on-failure destination
  # checkov:skip=CKV_AWS_117:the function calls AWS APIs only, over TLS; a VPC would add NAT cost and no protection
  # checkov:skip=CKV_AWS_173:the environment holds names of buckets and streams, no secret; Lambda encrypts it with its own key
  # checkov:skip=CKV_AWS_272:the package is built locally and pinned by its hash; a signing profile would protect a bucket that is not used
  function_name = local.function_name
  description   = var.description
  role          = aws_iam_role.this.arn

  architectures    = [var.architecture]
  filename         = var.package
  handler          = "${var.function}.handler.handle"
  publish          = true
  runtime          = "python3.13"
  source_code_hash = filebase64sha256(var.package)

  memory_size                    = var.memory_mb
  reserved_concurrent_executions = var.reserved_concurrency
  timeout                        = var.timeout_seconds

  environment {
    variables = merge(var.environment, { LOG_LEVEL = var.log_level })
  }

  tracing_config {
    mode = var.tracing
  }

  # Without a log group, Lambda creates one that never expires and is not encrypted with the stack's key.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.log]
}

# Callers invoke the alias, so that a new version takes over, and is rolled back, in one step.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that callers invoke"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338:retention is a setting (log_retention_days); logs hold codes, counts and ids, no payloads, and are no audit trail
  name              = "/aws/lambda/${local.function_name}"
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
}
