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
    defaults = { arn = "arn:aws:s3:::mill-evaluation-123456789012-eu-west-1" }
  }
}

variables {
  account            = { kms_suffixes = ["amazonaws.com"], id = "123456789012", partition = "aws", region = "eu-west-1" }
  key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name         = "intent"
  model_store        = { arn = "arn:aws:s3:::mill-model-store-123456789012", bucket = "mill-model-store-123456789012" }
  name               = "mill"
  package            = "./main.tf" # any file works: nothing is deployed
  prediction_streams = { predictions = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-predictions" }
  scorer_role_name   = "mill-scorer"
}

run "safe_defaults" {
  command = plan

  assert {
    condition     = output.function_name == "mill-evaluator" && output.log_group == "/aws/lambda/mill-evaluator"
    error_message = "Names must begin with the stack's."
  }

  assert {
    condition = local.environment == {
      DRIFT_HOURS         = "24"
      EVALUATION_BUCKET   = "mill-evaluation-123456789012-eu-west-1"
      LOOK_BACK_HOURS     = "24"
      MODEL_BUCKET        = "mill-model-store-123456789012"
      MODEL_NAME          = "intent"
      OUTCOMES_STREAM_ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/mill-outcomes"
    }
    error_message = "The environment must name the bucket, the model, and the stream that outcomes arrive on."
  }

  assert {
    condition     = aws_kinesis_stream.outcomes.encryption_type == "KMS" && aws_kinesis_stream.outcomes.kms_key_id == var.key_arn && aws_kinesis_stream.outcomes.stream_mode_details[0].stream_mode == "ON_DEMAND"
    error_message = "Outcomes must be encrypted with the stack's own key, and have on-demand capacity by default."
  }

  assert {
    condition     = aws_kinesis_stream.outcomes.retention_period == 48
    error_message = "The stream must keep outcomes for two days by default."
  }
}

run "alarms" {
  command = plan

  variables {
    alarms = { columns_drifted = 3 }
  }

  assert {
    condition     = { for key, alarm in output.alarms : key => try(alarm.above, alarm.below) } == { "evaluator-not-done" = 1, "evaluator-on-failure" = 0, "evaluator-outcomes-quarantined" = 0, "scorer-columns-drifted" = 3 }
    error_message = "Every threshold must be the one that was set."
  }

  assert {
    condition     = output.on_failure == { bucket = "mill-evaluation-123456789012-eu-west-1", filter = "on-failure" } && aws_s3_bucket_metric.on_failure[0].filter[0].prefix == "aws/lambda/"
    error_message = "S3 must count the batches that Lambda writes, and nothing that the evaluator quarantines."
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
    error_message = "Outcomes and the predictions of every stream must be collected."
  }

  assert {
    condition = alltrue([for mapping in aws_lambda_event_source_mapping.collect : alltrue([
      mapping.function_response_types == toset(["ReportBatchItemFailures"]),
      mapping.bisect_batch_on_function_error,
      mapping.maximum_retry_attempts == 10,
      mapping.maximum_record_age_in_seconds == 21600,
      mapping.destination_config[0].on_failure[0].destination_arn == "arn:aws:s3:::mill-evaluation-123456789012-eu-west-1",
    ])])
    error_message = "One record must neither block its shard nor be lost: batches are bisected, retries are finite, and discarded batches are kept in this bucket."
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

run "least_privilege" {
  command = plan

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.store.policy).Statement : [flatten([s.Action]), flatten([s.Resource])]] == [
      [["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::mill-evaluation-123456789012-eu-west-1/evaluation/*"]],
      [["s3:PutObject"], ["arn:aws:s3:::mill-evaluation-123456789012-eu-west-1/aws/lambda/*", "arn:aws:s3:::mill-evaluation-123456789012-eu-west-1/quarantine/*"]],
      [["s3:ListBucket"], ["arn:aws:s3:::mill-evaluation-123456789012-eu-west-1"]],
    ]
    error_message = "In its own bucket the evaluator reads and writes collected data, only writes what operators read, and deletes nothing."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.manifests.policy).Statement : [s.Action, s.Resource]] == [
      ["s3:GetObject", "arn:aws:s3:::mill-model-store-123456789012/models/intent/*/manifest.json"],
      ["s3:ListBucket", "arn:aws:s3:::mill-model-store-123456789012"],
    ]
    error_message = "In the model store the evaluator may read the manifests of its model only."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.use.policy).Statement[0].Resource == [var.key_arn] && jsondecode(aws_iam_role_policy.use.policy).Statement[0].Condition == {
      StringEquals = { "kms:ViaService" = ["kinesis.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"] }
    }
    error_message = "The evaluator may use the stack's key only, and only through Kinesis and S3."
  }
}

run "the_scorer_writes_its_counts" {
  command = plan

  assert {
    condition = aws_iam_role_policy.drift.role == "mill-scorer" && jsondecode(aws_iam_role_policy.drift.policy).Statement == [{
      Effect   = "Allow"
      Action   = "s3:PutObject"
      Resource = "arn:aws:s3:::mill-evaluation-123456789012-eu-west-1/evaluation/intent/drift/*"
    }]
    error_message = "The scorer may write below one prefix of this bucket, and nothing else."
  }

  assert {
    condition     = output.drift_write_seconds == 300
    error_message = "The interval between two writes must reach the scorer."
  }
}

run "counts_expire" {
  command = plan

  variables {
    hours_days = 50
    keep_days  = 3
  }

  assert {
    condition = module.bucket.protection == {
      expire_days = {
        "aws/lambda/"               = 3
        "evaluation/intent/drift/"  = 3
        "evaluation/intent/hours/"  = 50
        "evaluation/intent/joined/" = 2 # what an evaluation keeps for the next: the look-back, and a day
        "evaluation/outcomes/"      = 3
        "evaluation/predictions/"   = 3
        "quarantine/"               = 3
      }
      key_arn         = var.key_arn
      noncurrent_days = { noncurrent = 1 }
    }
    error_message = "What is collected must be encrypted with the stack's own key and expire, and so must results by hour; nothing else may."
  }
}

run "the_schedule_invokes_it" {
  command = plan

  variables {
    schedule_minutes = 5
  }

  assert {
    condition     = aws_cloudwatch_event_rule.evaluate.schedule_expression == "rate(5 minutes)" && jsondecode(aws_cloudwatch_event_target.evaluate.input) == { evaluate = {} }
    error_message = "The rule must start an evaluation at the interval that was set."
  }

  assert {
    condition     = aws_lambda_permission.evaluate.principal == "events.amazonaws.com" && aws_lambda_permission.evaluate.qualifier == "live" && aws_lambda_permission.evaluate.source_arn == aws_cloudwatch_event_rule.evaluate.arn
    error_message = "Only this rule may invoke the function, and only its alias."
  }
}

run "publishers_may_read_what_decides_on_a_promotion" {
  command = plan

  variables {
    publisher_role_name = "mill-publisher"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.publisher["mill-publisher"].policy).Statement == [
      { Action = "s3:GetObject", Effect = "Allow", Resource = "arn:aws:s3:::mill-evaluation-123456789012-eu-west-1/evaluation/intent/hours/*" },
      { Action = "s3:ListBucket", Condition = { StringLike = { "s3:prefix" = "evaluation/intent/hours/*" } }, Effect = "Allow", Resource = "arn:aws:s3:::mill-evaluation-123456789012-eu-west-1" },
    ]
    error_message = "Who promotes must be able to read the evaluation, and nothing else in its bucket."
  }
}

run "existing_bucket" {
  command = plan

  variables {
    existing_bucket     = { arn = "arn:aws:s3:::our-evaluations", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555", metrics_filter = "batches" }
    publisher_role_name = "mill-publisher"
  }

  assert {
    condition = alltrue([
      output.bucket == "our-evaluations",
      output.on_failure == { bucket = "our-evaluations", filter = "batches" },
      output.alarms["evaluator-on-failure"].metrics.objects.dimensions == { BucketName = "our-evaluations", FilterId = "batches" },
      length(aws_s3_bucket_metric.on_failure) == 0,
      aws_lambda_event_source_mapping.collect["outcomes"].destination_config[0].on_failure[0].destination_arn == "arn:aws:s3:::our-evaluations",
    ])
    error_message = "The existing bucket and its metrics must be used, and nothing of it be changed."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_iam_role_policy.use.policy).Statement[0].Resource == [var.key_arn, var.existing_bucket.key_arn],
      jsondecode(aws_iam_role_policy.drift.policy).Statement[1] == { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.existing_bucket.key_arn },
      jsondecode(aws_iam_role_policy.publisher["mill-publisher"].policy).Statement[2] == { Effect = "Allow", Action = ["kms:Decrypt"], Resource = var.existing_bucket.key_arn },
    ])
    error_message = "Evaluator, scorer and publisher must be able to use the bucket's own key."
  }
}

run "existing_bucket_without_metrics" {
  command = plan

  variables {
    existing_bucket = { arn = "arn:aws:s3:::our-evaluations" }
  }

  assert {
    condition     = !contains(keys(output.alarms), "evaluator-on-failure") && length(output.alarms) == 3 && output.on_failure.filter == null
    error_message = "An alarm on a metric that does not exist would never fire."
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.drift.policy).Statement) == 1
    error_message = "A bucket with the stack's key needs no other."
  }
}
