locals {
  function_name = "${var.name}-${var.function}"

  log_group = var.existing_log_group == null ? { arn = aws_cloudwatch_log_group.this[0].arn, name = aws_cloudwatch_log_group.this[0].name } : {
    arn  = var.existing_log_group.arn
    name = split(":log-group:", var.existing_log_group.arn)[1]
  }

  # Null for a file.
  package = try(regex("^s3://(?P<bucket>[^/]+)/(?P<key>[^?]+)(?:[?]versionId=(?P<version>.+))?$", var.package), null)
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_115:reserved concurrency is set by each function's module; -1 shares the account's concurrency
  # checkov:skip=CKV_AWS_116:each event source mapping and asynchronous invocation has its own on-failure destination
  # checkov:skip=CKV_AWS_117:a VPC is a setting; without one the function calls AWS APIs only, over TLS
  # checkov:skip=CKV_AWS_173:the environment holds names of buckets and streams, no secret; Lambda encrypts it with its own key
  # checkov:skip=CKV_AWS_272:signing is a setting (functions.code_signing); without it the package is built locally and pinned by its hash
  function_name           = local.function_name
  code_signing_config_arn = one(aws_lambda_code_signing_config.this[*].arn)
  description             = var.description
  role                    = aws_iam_role.this.arn

  architectures     = [var.architecture]
  filename          = local.package == null ? var.package : null
  handler           = coalesce(var.handler, "${var.function}.handler.handle")
  publish           = true
  runtime           = "python3.13"
  s3_bucket         = try(local.package.bucket, null)
  s3_key            = try(local.package.key, null)
  s3_object_version = try(local.package.version, null)
  source_code_hash  = local.package == null ? filebase64sha256(var.package) : null

  layers                         = var.layers
  memory_size                    = var.memory_mb
  reserved_concurrent_executions = var.reserved_concurrency
  timeout                        = var.timeout_seconds

  environment {
    variables = merge(
      var.extra_environment,
      var.environment,
      { LOG_LEVEL = var.log_level },
      try(var.place.vpc.dual_stack, false) ? { AWS_USE_DUALSTACK_ENDPOINT = "true" } : {},
    )
  }

  ephemeral_storage {
    size = var.ephemeral_storage_mb
  }

  dynamic "logging_config" {
    for_each = var.existing_log_group[*]

    content {
      log_format = "Text" # lines are JSON already
      log_group  = local.log_group.name
    }
  }

  dynamic "snap_start" {
    for_each = var.snap_start ? ["PublishedVersions"] : []

    content {
      apply_on = snap_start.value
    }
  }

  tracing_config {
    mode = var.tracing
  }

  dynamic "vpc_config" {
    for_each = var.place.vpc[*]

    content {
      ipv6_allowed_for_dual_stack = vpc_config.value.dual_stack
      security_group_ids          = vpc_config.value.security_group_ids
      subnet_ids                  = vpc_config.value.subnet_ids
    }
  }

  # Without a log group, Lambda creates one that never expires and is not encrypted with the stack's key.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.log, aws_iam_role_policy.network]
}

# Lambda deploys what these profiles of AWS Signer signed, and nothing else.
resource "aws_lambda_code_signing_config" "this" {
  count = var.place.code_signing == null ? 0 : 1

  description = "Packages of ${local.function_name}"

  allowed_publishers {
    signing_profile_version_arns = var.place.code_signing.profile_version_arns
  }

  policies {
    untrusted_artifact_on_deployment = var.place.code_signing.enforce ? "Enforce" : "Warn"
  }
}

# Executions that are initialised before an event arrives.
resource "aws_lambda_provisioned_concurrency_config" "live" {
  count = var.provisioned_concurrency == 0 ? 0 : 1

  function_name                     = aws_lambda_alias.live.function_name
  provisioned_concurrent_executions = var.provisioned_concurrency
  qualifier                         = aws_lambda_alias.live.name
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
  count = var.existing_log_group == null ? 1 : 0

  name              = "/aws/lambda/${local.function_name}"
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
}
