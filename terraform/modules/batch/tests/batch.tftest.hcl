mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-batch" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill-batch" }
  }

  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-batch:live" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-batch" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mill-batch-123456789012-eu-west-1" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:123456789012:mill-workflow" }
  }

  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:mill-batch" }
  }
}

variables {
  account     = { dns_suffix = "amazonaws.com", id = "123456789012", kms_suffixes = ["amazonaws.com"], partition = "aws", region = "eu-west-1" }
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name  = "intent"
  model_store = { arn = "arn:aws:s3:::mill-model-store-123456789012", bucket = "mill-model-store-123456789012" }
  name        = "mill"
  package     = "./main.tf" # any file works: nothing is deployed
}

run "safe_defaults" {
  command = plan

  assert {
    condition     = output.function_name == "mill-batch" && aws_sfn_state_machine.batch.name == "mill-batch" && module.function.alias.arn == "arn:aws:lambda:eu-west-1:123456789012:function:mill-batch:live"
    error_message = "Names must begin with the stack's."
  }

  assert {
    condition = local.environment == {
      BATCH_BUCKET = "mill-batch-123456789012-eu-west-1"
      DNS_SUFFIX   = "amazonaws.com"
      MODEL_BUCKET = "mill-model-store-123456789012"
      MODEL_NAME   = "intent"
      PARTITION    = "aws"
    }
    error_message = "The environment must name the buckets and the model."
  }

  assert {
    condition     = module.bucket.protection == { expire_days = { "runs/" = 30, "uploads/" = 30, "workflows/" = 30 }, key_arn = var.key_arn, noncurrent_days = { noncurrent = 1 } }
    error_message = "All that runs read and write must be encrypted with the stack's own key, and be deleted after its days."
  }

  assert {
    condition     = !aws_sfn_state_machine.batch.logging_configuration[0].include_execution_data && aws_cloudwatch_log_group.states.kms_key_id == var.key_arn
    error_message = "The log must be encrypted, and hold no data of executions."
  }
}

run "failures_are_retried_and_end_the_run" {
  command = plan

  variables {
    maximum_concurrency          = 7
    retries                      = 3
    tolerated_failure_percentage = 5
  }

  assert {
    condition     = alltrue([for state in [local.definition.States.Plan, local.definition.States.Finish, local.definition.States.Score.ItemProcessor.States.Items] : state.Retry[0] == { ErrorEquals = local.refused, MaxAttempts = 0 } && state.Retry[1].MaxAttempts == 3 && state.Retry[1].BackoffRate == 2])
    error_message = "Each task must be retried with backoff, unless it was refused."
  }

  assert {
    condition     = alltrue([for state in [local.definition.States.Plan, local.definition.States.Score] : state.Catch == local.caught])
    error_message = "What fails after the last retry must be counted, and fail the run."
  }

  assert {
    condition     = local.definition.States.Score.MaxConcurrency == 7 && local.definition.States.Score.ToleratedFailurePercentage == 5
    error_message = "The map must have the concurrency and the tolerance that were set."
  }

  assert {
    condition     = [for choice in local.definition.States["Counts add up"].Choices : choice.Next] == ["Complete"] && local.definition.States["Counts add up"].Default == "Incomplete" && local.definition.States.Incomplete.Type == "Fail"
    error_message = "A run whose counts do not add up must fail."
  }
}

run "only_the_named_buckets_are_read" {
  command = plan

  variables {
    input_bucket_arns = ["arn:aws:s3:::events"]
    input_key_arns    = ["arn:aws:kms:eu-west-1:123456789012:key/22222222-2222-3333-4444-555555555555"]
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.batch.policy).Statement : statement.Resource if contains(statement.Action, "s3:PutObject")] == [[for part in ["runs", "workflows"] : "arn:aws:s3:::mill-batch-123456789012-eu-west-1/${part}/*"]]
    error_message = "The function must write runs and workflows only."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.batch.policy).Statement : flatten([statement.Resource])] == [
      ["arn:aws:s3:::mill-batch-123456789012-eu-west-1/runs/*", "arn:aws:s3:::mill-batch-123456789012-eu-west-1/workflows/*"],
      ["arn:aws:s3:::mill-batch-123456789012-eu-west-1/uploads/*"],
      ["arn:aws:s3:::mill-batch-123456789012-eu-west-1"],
      ["arn:aws:s3:::events/*"],
      ["arn:aws:s3:::events"],
    ]
    error_message = "The function must read its own bucket and those that are named, and no other."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.models.policy).Statement : statement.Resource] == ["arn:aws:s3:::mill-model-store-123456789012/models/intent/*", "arn:aws:s3:::mill-model-store-123456789012"]
    error_message = "Of the model store it must read its own model only."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.use.policy).Statement[0].Resource == [var.key_arn, var.input_key_arns[0]]
    error_message = "It must use the stack's key and those of the named buckets only."
  }
}

run "alarms" {
  command = plan

  assert {
    condition     = keys(output.source.alarms) == ["batch-runs-failed"] && output.source.alarms["batch-runs-failed"].above == 0
    error_message = "One failed run must fire the alarm."
  }
}

run "no_workflow_unless_it_is_switched_on" {
  command = plan

  assert {
    condition     = output.workflow == null && length(aws_sfn_state_machine.workflow) == 0 && length(aws_sns_topic.workflow) == 0
    error_message = "A stack must have no item workflow by default."
  }
}

run "an_item_that_fails_is_named_and_keeps_no_other_from_being_scored" {
  command = plan

  variables {
    retries  = 3
    workflow = true
  }

  assert {
    condition     = aws_sfn_state_machine.workflow[0].name == "mill-workflow" && aws_sns_topic.workflow[0].kms_master_key_id == var.key_arn
    error_message = "The workflow's names must begin with the stack's, and its topic be encrypted."
  }

  assert {
    condition = jsondecode(aws_sns_topic_policy.workflow[0].policy).Statement == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:eu-west-1:123456789012:mill-workflow"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The topic must refuse what is published without TLS."
  }

  assert {
    condition     = local.workflow_definition.States.Items.ToleratedFailurePercentage == 100 && local.workflow_definition.States["Every item has an outcome"].Choices[0].Next == "Items failed"
    error_message = "Every item must be tried, and one without an outcome fail the run."
  }

  assert {
    condition     = alltrue([for name in ["Preprocess", "Predict by a", "Predict by b"] : [for caught in slice(local.item_states[name].Catch, 0, 3) : caught.Next] == ["Missing", "Oversized", "Corrupt"] && local.item_states[name].Retry[0].MaxAttempts == 0 && local.item_states[name].Retry[2].MaxAttempts == 3])
    error_message = "What is wrong with an item must be caught by its name and not retried; what may pass must be retried."
  }

  assert {
    condition     = local.item_states["Predict by b"].Catch[3].Next == "By a instead" && local.item_states["Which version failed"].Choices[0].Next == "By a instead" && local.item_states["By a instead"].Parameters.item.place == "a" && local.item_states["Predict by a"].Catch[3].Next == "Failed"
    error_message = "The items of a version that fails must be scored by version a, which decides alone."
  }

  assert {
    condition     = alltrue([for name in ["Missing", "Oversized", "Corrupt", "Failed", "Predicted"] : local.item_states[name].Next == "Store"])
    error_message = "Every outcome must be stored."
  }

  assert {
    condition     = keys(output.source.alarms) == ["batch-runs-failed", "workflow-runs-failed"]
    error_message = "One failed workflow must fire the alarm."
  }
}
