locals {
  function_name = "${var.name}-scorer"
}

resource "aws_lambda_function" "scorer" {
  # checkov:skip=CKV_AWS_116:each event source brings its own on-failure destination (event_stream, event_topic)
  # checkov:skip=CKV_AWS_117:the function talks to AWS APIs only, over TLS; a VPC would add NAT cost and no protection
  # checkov:skip=CKV_AWS_173:the environment holds names of buckets and streams, no secret; Lambda encrypts it with its own key
  # checkov:skip=CKV_AWS_272:the package is built here and pinned by its hash; a signing profile would guard a bucket that we do not use
  function_name = local.function_name
  description   = "Scores events with XGBoost and publishes predictions"
  role          = aws_iam_role.scorer.arn

  architectures    = [var.architecture]
  filename         = var.package
  handler          = "scorer.handler.handle"
  publish          = true
  runtime          = "python3.13"
  source_code_hash = filebase64sha256(var.package)

  memory_size                    = var.memory_mb
  reserved_concurrent_executions = var.reserved_concurrency
  timeout                        = var.timeout_seconds

  environment {
    variables = merge(var.environment, {
      LOG_LEVEL            = var.log_level
      RELEASE_POLL_SECONDS = tostring(var.release_poll_seconds)
    })
  }

  tracing_config {
    mode = var.tracing
  }

  # Before the first line is logged there must be a group, or Lambda makes one that is kept for ever in the clear.
  depends_on = [aws_cloudwatch_log_group.scorer, aws_iam_role_policy.log]
}

# Event sources call the alias, so that a new version takes over in one step and can be taken back in one.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that event sources call"
  function_name    = aws_lambda_function.scorer.function_name
  function_version = aws_lambda_function.scorer.version
}

resource "aws_cloudwatch_log_group" "scorer" {
  # checkov:skip=CKV_AWS_338:how long is a setting (log_retention_days); logs hold codes and ids, no payloads, and are no audit trail
  name              = "/aws/lambda/${local.function_name}"
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
}
