locals {
  function_name = "${var.name}-evaluator"
}

resource "aws_lambda_function" "evaluator" {
  # checkov:skip=CKV_AWS_115:it is called by as many shards as its streams have, and by one schedule; it shares the account's concurrency
  # checkov:skip=CKV_AWS_116:each stream brings its on-failure destination, and the next call of the schedule does what one left out
  # checkov:skip=CKV_AWS_117:the function talks to AWS APIs only, over TLS; a VPC would add NAT cost and no protection
  # checkov:skip=CKV_AWS_173:the environment holds names of buckets and streams, no secret; Lambda encrypts it with its own key
  # checkov:skip=CKV_AWS_272:the package is built here and pinned by its hash; a signing profile would guard a bucket that we do not use
  function_name = local.function_name
  description   = "Joins predictions with their outcomes, hour by hour"
  role          = aws_iam_role.evaluator.arn

  architectures    = [var.architecture]
  filename         = var.package
  handler          = "evaluator.handler.handle"
  runtime          = "python3.13"
  source_code_hash = filebase64sha256(var.package)

  memory_size = var.memory_mb
  timeout     = var.timeout_seconds

  environment {
    variables = {
      DRIFT_HOURS         = tostring(var.drift.hours)
      EVALUATION_BUCKET   = module.bucket.bucket
      LOG_LEVEL           = var.log_level
      LOOK_BACK_HOURS     = tostring(var.look_back_hours)
      MODEL_BUCKET        = var.model_store.bucket
      MODEL_NAME          = var.model_name
      OUTCOMES_STREAM_ARN = aws_kinesis_stream.outcomes.arn
    }
  }

  tracing_config {
    mode = "PassThrough"
  }

  # Before the first line is logged there must be a group, or Lambda makes one that is kept for ever in the clear.
  depends_on = [aws_cloudwatch_log_group.evaluator, aws_iam_role_policy.log]
}

resource "aws_cloudwatch_log_group" "evaluator" {
  # checkov:skip=CKV_AWS_338:how long is a setting (log_retention_days); logs hold counts and codes, no payloads, and are no audit trail
  name              = "/aws/lambda/${local.function_name}"
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
}
