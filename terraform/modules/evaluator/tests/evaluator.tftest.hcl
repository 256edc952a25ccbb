mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/mill-evaluator-evaluate" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-evaluator" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill-evaluator" }
  }

  mock_resource "aws_kinesis_stream" {
    defaults = { arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-outcomes" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-evaluator" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-evaluation-123456789012" }
  }
}

variables {
  account            = { id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name         = "intent"
  model_store        = { arn = "arn:aws:s3:::mill-model-store-123456789012", bucket = "mill-model-store-123456789012" }
  name               = "mill"
  package            = "./main.tf" # any file will do: nothing is deployed
  prediction_streams = { predictions = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-predictions" }
  scorer_role_name   = "mill-scorer"
}

run "safe_without_any_setting" {
  command = plan

  assert {
    condition = alltrue([
      aws_lambda_function.evaluator.architectures == tolist(["arm64"]),
      aws_lambda_function.evaluator.handler == "evaluator.handler.handle",
      aws_lambda_function.evaluator.runtime == "python3.13",
      aws_lambda_function.evaluator.source_code_hash == filebase64sha256("./main.tf"),
      aws_lambda_function.evaluator.timeout == 900,
    ])
    error_message = "The function must run python3.13 on arm64, for as long as Lambda allows, and change with its package."
  }

  assert {
    condition = aws_lambda_function.evaluator.environment[0].variables == tomap({
      DRIFT_HOURS         = "24"
      EVALUATION_BUCKET   = "mill-evaluation-123456789012"
      LOG_LEVEL           = "INFO"
      LOOK_BACK_HOURS     = "24"
      MODEL_BUCKET        = "mill-model-store-123456789012"
      MODEL_NAME          = "intent"
      OUTCOMES_STREAM_ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-outcomes"
    })
    error_message = "The function must hear of its bucket, its model, and which of the streams brings outcomes."
  }

  assert {
    condition     = aws_cloudwatch_log_group.evaluator.kms_key_id == var.key_arn && aws_cloudwatch_log_group.evaluator.retention_in_days == 90
    error_message = "Logs must be encrypted with the stack's own key and expire."
  }

  assert {
    condition     = aws_kinesis_stream.outcomes.encryption_type == "KMS" && aws_kinesis_stream.outcomes.kms_key_id == var.key_arn && aws_kinesis_stream.outcomes.stream_mode_details[0].stream_mode == "ON_DEMAND"
    error_message = "Outcomes must be encrypted with the stack's own key, and come in without a setting."
  }
}

run "every_stream_is_collected" {
  command = plan

  variables {
    prediction_streams = {
      predictions = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-predictions"
      shadow      = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-shadow-predictions"
    }
  }

  assert {
    condition     = toset(keys(aws_lambda_event_source_mapping.collect)) == toset(["outcomes", "predictions", "shadow"])
    error_message = "Outcomes and the predictions of every stream must come in."
  }

  assert {
    condition = alltrue([for mapping in aws_lambda_event_source_mapping.collect : alltrue([
      mapping.function_response_types == toset(["ReportBatchItemFailures"]),
      mapping.bisect_batch_on_function_error,
      mapping.maximum_retry_attempts == 10,
      mapping.maximum_record_age_in_seconds == 21600,
      mapping.destination_config[0].on_failure[0].destination_arn == "arn:aws:s3:::mill-evaluation-123456789012",
    ])])
    error_message = "One record must neither block its shard nor get lost: batches are halved, retries are finite, and what is given up is kept here."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.collect.policy).Statement[0].Resource == [
      "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-outcomes",
      "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-predictions",
      "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-shadow-predictions",
    ]
    error_message = "The evaluator may read these streams only."
  }
}

run "the_role_may_do_little" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.log.policy).Statement == [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-evaluator:log-stream:*"
    }]
    error_message = "The evaluator may write to its own log group only."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.store.policy).Statement : [flatten([s.Action]), flatten([s.Resource])]] == [
      [["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::mill-evaluation-123456789012/evaluation/*"]],
      [["s3:PutObject"], ["arn:aws:s3:::mill-evaluation-123456789012/aws/lambda/*", "arn:aws:s3:::mill-evaluation-123456789012/quarantine/*"]],
      [["s3:ListBucket"], ["arn:aws:s3:::mill-evaluation-123456789012"]],
    ]
    error_message = "In its own bucket the evaluator reads and writes what it collects, and only writes what is for people; it deletes nothing."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.manifests.policy).Statement : [s.Action, s.Resource]] == [
      ["s3:GetObject", "arn:aws:s3:::mill-model-store-123456789012/models/intent/*/manifest.json"],
      ["s3:ListBucket", "arn:aws:s3:::mill-model-store-123456789012"],
    ]
    error_message = "In the model store the evaluator may read manifests of its model."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.use.policy).Statement[0].Resource == var.key_arn && jsondecode(aws_iam_role_policy.use.policy).Statement[0].Condition == {
      StringEquals = { "kms:ViaService" = ["kinesis.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"] }
    }
    error_message = "The evaluator may use the stack's key only, and only through Kinesis and S3."
  }
}

run "the_scorer_leaves_its_counts" {
  command = plan

  assert {
    condition = aws_iam_role_policy.drift.role == "mill-scorer" && jsondecode(aws_iam_role_policy.drift.policy).Statement == [{
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "arn:aws:s3:::mill-evaluation-123456789012/evaluation/intent/drift/*"
    }]
    error_message = "The scorer may write below one prefix of this bucket, and do nothing else there."
  }

  assert {
    condition     = output.drift_write_seconds == 300
    error_message = "The scorer must hear how often to write."
  }
}

run "counts_expire" {
  command = plan

  variables {
    keep_days = 3
  }

  assert {
    condition     = local.expire_days["evaluation/intent/drift/"] == 3 && !contains(keys(local.expire_days), "evaluation/")
    error_message = "What was counted must expire, and what was measured of it must not."
  }
}

run "the_schedule_calls_it" {
  command = plan

  variables {
    schedule_minutes = 5
  }

  assert {
    condition     = aws_cloudwatch_event_rule.evaluate.schedule_expression == "rate(5 minutes)" && jsondecode(aws_cloudwatch_event_target.evaluate.input) == { evaluate = {} }
    error_message = "The rule must ask for an evaluation as often as was said."
  }

  assert {
    condition     = aws_lambda_permission.evaluate.principal == "events.amazonaws.com" && aws_lambda_permission.evaluate.source_arn == aws_cloudwatch_event_rule.evaluate.arn
    error_message = "Only this rule may call the function."
  }
}
