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

  timeout_seconds = 60
}

run "safe_defaults" {
  command = plan

  assert {
    condition = alltrue([
      aws_lambda_function.this.architectures == tolist(["arm64"]),
      aws_lambda_function.this.function_name == "mill-scorer",
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
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.key_arn && aws_cloudwatch_log_group.this.retention_in_days == 90
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
      aws_cloudwatch_log_group.this.retention_in_days == 7,
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
