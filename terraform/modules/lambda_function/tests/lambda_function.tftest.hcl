mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-scorer" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill-scorer" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { version = "7" }
  }
}

variables {
  description = "Scores events"
  environment = { MODEL_BUCKET = "mill-model-store-123456789012" }
  function    = "scorer"
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  package     = "./main.tf" # any file works: nothing is deployed
  region      = "eu-west-1"

  timeout_seconds = 60
}

run "safe_defaults" {
  command = plan

  assert {
    condition = alltrue([
      aws_lambda_function.this.architectures == tolist(["arm64"]),
      aws_lambda_function.this.function_name == "mill-scorer",
      aws_iam_role.this.name == "mill-scorer-eu-west-1",
      aws_lambda_function.this.handler == "scorer.handler.handle",
      aws_lambda_function.this.runtime == "python3.13",
      aws_lambda_function.this.source_code_hash == filebase64sha256("./main.tf"),
    ])
    error_message = "The function must run its own handler with python3.13 on arm64, and change with its package."
  }

  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live.function_version == "7" && aws_lambda_alias.live.name == "live"
    error_message = "Each change must be published as a version, and the alias \"live\" must point to it."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this[0].kms_key_id == var.key_arn && aws_cloudwatch_log_group.this[0].retention_in_days == 90
    error_message = "Logs must be encrypted with the stack's own key and expire."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.log.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-scorer:log-stream:*"
    }]
    error_message = "The function may write to its own log group only."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "lambda.amazonaws.com" }
    error_message = "Only Lambda may assume the role."
  }

  assert {
    condition     = length(aws_iam_role_policy.trace) == 0
    error_message = "The permission to write traces must come with tracing only."
  }
}

run "settings_reach_the_function" {
  command = plan

  variables {
    architecture         = "x86_64"
    log_level            = "DEBUG"
    log_retention_days   = 7
    memory_mb            = 512
    reserved_concurrency = 3
    timeout_seconds      = 10
    tracing              = "Active"
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ LOG_LEVEL = "DEBUG", MODEL_BUCKET = "mill-model-store-123456789012" })
    error_message = "The environment must hold what was passed, and the log level."
  }

  assert {
    condition = alltrue([
      aws_cloudwatch_log_group.this[0].retention_in_days == 7,
      aws_lambda_function.this.architectures == tolist(["x86_64"]),
      aws_lambda_function.this.memory_size == 512,
      aws_lambda_function.this.reserved_concurrent_executions == 3,
      aws_lambda_function.this.timeout == 10,
    ])
    error_message = "Every setting must reach the function as passed."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && length(aws_iam_role_policy.trace) == 1
    error_message = "Tracing must come with the permission to write traces."
  }
}

run "in_a_vpc_with_additions" {
  command = plan

  variables {
    ephemeral_storage_mb    = 1024
    extra_environment       = { AWS_USE_FIPS_ENDPOINT = "true" }
    layers                  = ["arn:aws:lambda:eu-west-1:123456789012:layer:agent:3"]
    policy_arns             = { agent = "arn:aws:iam::123456789012:policy/agent" }
    provisioned_concurrency = 2

    place = {
      permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
      role_path            = "/teams/ml/"
      vpc                  = { dual_stack = true, security_group_ids = ["sg-1"], subnet_ids = ["subnet-1", "subnet-2"] }
    }
  }

  assert {
    condition = alltrue([
      aws_iam_role.this.path == "/teams/ml/",
      aws_iam_role.this.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary",
      aws_iam_role_policy_attachment.extra["agent"].policy_arn == "arn:aws:iam::123456789012:policy/agent",
      aws_lambda_function.this.ephemeral_storage[0].size == 1024,
      aws_lambda_function.this.layers == tolist(["arn:aws:lambda:eu-west-1:123456789012:layer:agent:3"]),
      aws_lambda_function.this.vpc_config[0].ipv6_allowed_for_dual_stack,
      aws_lambda_function.this.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"]),
      aws_lambda_provisioned_concurrency_config.live[0].provisioned_concurrent_executions == 2,
      length(aws_lambda_function.this.snap_start) == 0,
    ])
    error_message = "Every addition must reach the function and its role."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ AWS_USE_DUALSTACK_ENDPOINT = "true", AWS_USE_FIPS_ENDPOINT = "true", LOG_LEVEL = "INFO", MODEL_BUCKET = "mill-model-store-123456789012" })
    error_message = "In dual-stack subnets the clients must use dual-stack hosts, and the caller's variables must be added."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.network[0].policy).Statement[1].Effect == "Deny" && jsondecode(aws_iam_role_policy.network[0].policy).Statement[1].Condition == { ArnLike = { "lambda:SourceFunctionArn" = "arn:*:lambda:*:*:function:mill-scorer*" } }
    error_message = "Lambda may manage network interfaces, the function's code may not."
  }
}

run "signed" {
  command = plan

  variables {
    place = { code_signing = { profile_version_arns = ["arn:aws:signer:eu-west-1:123456789012:/signing-profiles/millrace/7Kx3"] } }
  }

  assert {
    condition = alltrue([
      length(aws_lambda_code_signing_config.this) == 1,
      aws_lambda_code_signing_config.this[0].policies[0].untrusted_artifact_on_deployment == "Enforce",
      aws_lambda_code_signing_config.this[0].allowed_publishers[0].signing_profile_version_arns == toset(["arn:aws:signer:eu-west-1:123456789012:/signing-profiles/millrace/7Kx3"]),
    ])
    error_message = "Lambda must refuse packages that these profiles did not sign."
  }
}

run "from_s3_with_snap_start" {
  command = plan

  variables {
    package    = "s3://packages/millrace/scorer-arm64.zip?versionId=abc"
    snap_start = true
  }

  assert {
    condition     = aws_lambda_function.this.filename == null && aws_lambda_function.this.s3_bucket == "packages" && aws_lambda_function.this.s3_key == "millrace/scorer-arm64.zip" && aws_lambda_function.this.s3_object_version == "abc"
    error_message = "A package in S3 must be named by bucket, key and version."
  }

  assert {
    condition     = aws_lambda_function.this.snap_start[0].apply_on == "PublishedVersions"
    error_message = "Snapshots must be made of published versions."
  }
}

run "existing_log_group" {
  command = plan

  variables {
    existing_log_group = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/shared/scoring" }
  }

  assert {
    condition = alltrue([
      output.log_group == "/shared/scoring",
      length(aws_cloudwatch_log_group.this) == 0,
      aws_lambda_function.this.logging_config[0].log_group == "/shared/scoring",
      aws_lambda_function.this.logging_config[0].log_format == "Text",
      jsondecode(aws_iam_role_policy.log.policy).Statement[0].Resource == "arn:aws:logs:eu-west-1:123456789012:log-group:/shared/scoring:log-stream:*",
    ])
    error_message = "The function must write to the existing log group, in the lines that it writes everywhere."
  }
}
