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
  environment = { MODEL_BUCKET = "mill-model-store-123456789012" }
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  name        = "mill"
  package     = "./main.tf" # any file will do: nothing is deployed
}

run "safe_without_any_setting" {
  command = plan

  assert {
    condition = alltrue([
      aws_lambda_function.scorer.architectures == tolist(["arm64"]),
      aws_lambda_function.scorer.handler == "scorer.handler.handle",
      aws_lambda_function.scorer.reserved_concurrent_executions == 20,
      aws_lambda_function.scorer.runtime == "python3.13",
      aws_lambda_function.scorer.source_code_hash == filebase64sha256("./main.tf"),
    ])
    error_message = "The function must run python3.13 on arm64, with a bounded share of the account's concurrency, and change with its package."
  }

  assert {
    condition     = aws_lambda_function.scorer.publish && aws_lambda_alias.live.function_version == "7" && aws_lambda_alias.live.name == "live"
    error_message = "Each change must be published as a version, and the alias \"live\" must point to it."
  }

  assert {
    condition     = aws_cloudwatch_log_group.scorer.kms_key_id == var.key_arn && aws_cloudwatch_log_group.scorer.retention_in_days == 90
    error_message = "Logs must be encrypted with the stack's own key and expire."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.log.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-scorer:log-stream:*"
    }]
    error_message = "The scorer may write to its own log group only."
  }

  assert {
    condition     = jsondecode(aws_iam_role.scorer.assume_role_policy).Statement[0].Principal == { Service = "lambda.amazonaws.com" }
    error_message = "Only Lambda may take on the scorer's role."
  }

  assert {
    condition     = length(aws_iam_role_policy.trace) == 0
    error_message = "The right to write traces must come with tracing only."
  }
}

run "settings_arrive" {
  command = plan

  variables {
    log_level            = "DEBUG"
    release_poll_seconds = 5
    tracing              = "Active"
  }

  assert {
    condition = aws_lambda_function.scorer.environment[0].variables == tomap({
      LOG_LEVEL            = "DEBUG"
      MODEL_BUCKET         = "mill-model-store-123456789012"
      RELEASE_POLL_SECONDS = "5"
    })
    error_message = "The environment must hold what was given and the scorer's own settings."
  }

  assert {
    condition     = aws_lambda_function.scorer.tracing_config[0].mode == "Active" && length(aws_iam_role_policy.trace) == 1
    error_message = "Tracing must come with the right to write traces."
  }
}
