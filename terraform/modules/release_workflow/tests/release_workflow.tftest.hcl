mock_provider "aws" {
  override_during = plan

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/mill-release" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mill-release" }
  }

  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-release:live" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:mill-release" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:123456789012:rule/mill-release-ended" }
  }

  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:mill-release" }
  }
}

variables {
  account     = { dns_suffix = "amazonaws.com", id = "123456789012", kms_suffixes = ["amazonaws.com"], partition = "aws", region = "eu-west-1" }
  key_arn     = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  model_name  = "intent"
  model_store = { arn = "arn:aws:s3:::mill-model-store-123456789012", bucket = "mill-model-store-123456789012" }
  name        = "mill"
  package     = "./main.tf" # any file works: nothing is deployed

  evaluation     = { bucket = "mill-evaluation-123456789012" }
  scorer_package = "./main.tf"
  topic_arn      = "arn:aws:sns:eu-west-1:123456789012:mill-alarms"
}

run "safe_defaults" {
  command = plan

  assert {
    condition     = output.function_name == "mill-release" && aws_sfn_state_machine.release.name == "mill-release" && !output.training
    error_message = "Names must begin with the stack's."
  }

  assert {
    condition = local.environment == {
      APPROVAL          = "optional"
      DNS_SUFFIX        = "amazonaws.com"
      EVALUATION_BUCKET = "mill-evaluation-123456789012"
      EVIDENCE_SECONDS  = "604800"
      MODEL_BUCKET      = "mill-model-store-123456789012"
      MODEL_NAME        = "intent"
      STAGE_SHARES      = "0.05,0.25"
      TOPIC_ARN         = "arn:aws:sns:eu-west-1:123456789012:mill-alarms"
    }
    error_message = "The environment must name the buckets, the model and the stages."
  }

  assert {
    condition     = !aws_sfn_state_machine.release.logging_configuration[0].include_execution_data && aws_cloudwatch_log_group.states.kms_key_id == var.key_arn
    error_message = "The log must be encrypted, and hold no data of executions."
  }

  assert {
    condition     = local.definition.States["First stage"].Next == "Serve" && length(aws_iam_role_policy.backtest) == 0
    error_message = "Without batches nothing must be backtested."
  }

  assert {
    condition     = local.definition.States["Anything to train"].Choices[0].Next == "Nothing trains" && local.definition.States["Nothing trains"].Next == "Restore"
    error_message = "A workflow that is to train, where nothing trains, must say so."
  }
}

run "the_function_that_decides_reads_no_model_and_writes_two_objects" {
  command = plan

  assert {
    condition     = flatten([for statement in jsondecode(aws_iam_role_policy.release.policy).Statement : statement.Resource if contains(flatten([statement.Action]), "s3:PutObject")]) == ["arn:aws:s3:::mill-model-store-123456789012/models/intent/release.json", "arn:aws:s3:::mill-model-store-123456789012/models/intent/workflow.json"]
    error_message = "It must write the release and the record only."
  }

  assert {
    condition     = !contains(flatten([for statement in jsondecode(aws_iam_role_policy.release.policy).Statement : statement.Resource]), "arn:aws:s3:::mill-model-store-123456789012/models/intent/*")
    error_message = "It must not read models."
  }

  assert {
    condition     = length(setintersection(flatten([for statement in jsondecode(aws_iam_role_policy.verify.policy).Statement : statement.Action]), ["s3:PutObject", "kms:GenerateDataKey", "sns:Publish"])) == 0
    error_message = "The function that verifies must write nothing."
  }
}

run "every_step_repeats_what_may_pass_and_ends_in_the_release_as_it_was" {
  command = plan

  variables {
    retries = 3
  }

  assert {
    condition     = alltrue([for name in ["Begin", "Verify", "Store", "Serve", "Look", "Promote", "Roll back", "Restore"] : local.definition.States[name].Retry[0] == { ErrorEquals = local.refused, MaxAttempts = 0 } && local.definition.States[name].Retry[1].MaxAttempts == 3 && local.definition.States[name].Retry[1].ErrorEquals == ["States.ALL"]])
    error_message = "Each step must be repeated with backoff, unless it was refused."
  }

  assert {
    condition     = alltrue([for name in ["Begin", "Verify", "Store", "Serve", "Look", "Ask", "Promote"] : local.definition.States[name].Catch == local.caught]) && local.caught[0].Next == "Restore"
    error_message = "What fails after the last retry must bring the release back."
  }

  assert {
    condition     = alltrue([for name, state in local.definition.States : contains(["Restore", "Roll back"], name) || length(regexall("^(Pass|Choice|Wait|Succeed|Fail)$", state.Type)) == 1 || try(length(state.Catch), 0) == 1])
    error_message = "Every task must catch errors."
  }

  assert {
    condition     = contains(jsondecode(aws_cloudwatch_event_rule.ended.event_pattern).detail.status, "ABORTED") && contains(jsondecode(aws_cloudwatch_event_rule.ended.event_pattern).detail.status, "TIMED_OUT")
    error_message = "An execution that was stopped must bring the release back too."
  }
}

run "approval" {
  command = plan

  variables {
    approval = { required = true, timeout_seconds = 600 }
  }

  assert {
    condition     = local.environment.APPROVAL == "required" && local.definition.States.Ask.TimeoutSeconds == 600 && endswith(local.definition.States.Ask.Resource, ":lambda:invoke.waitForTaskToken")
    error_message = "An approval must be awaited by a task token, for as long as was set."
  }

  assert {
    condition     = contains(local.definition.States.Ask.Retry[0].ErrorEquals, "States.Timeout")
    error_message = "An approval that is not given must not be asked for again."
  }
}

run "past_events_are_scored_by_both_versions_first" {
  command = plan

  variables {
    batch = { bucket = "mill-batch-123456789012", state_machine_arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:mill-batch" }
  }

  assert {
    condition     = local.definition.States["First stage"].Next == "Anything to backtest" && local.definition.States.Judge.Next == "What follows" && length(local.definition.States.Backtest.Branches) == 2
    error_message = "Both versions must score past events before the challenger serves."
  }

  assert {
    condition     = alltrue([for branch in local.definition.States.Backtest.Branches : values(branch.States)[0].Retry == [merge(local.backoff, { ErrorEquals = local.batch_passing })]]) && alltrue([for error in local.batch_passing : startswith(error, "StepFunctions.")]) && contains(local.batch_passing, "StepFunctions.AWSStepFunctionsException")
    error_message = "A start that Step Functions throttles must be repeated, a batch that failed must not."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.backtest[0].policy).Statement[0].Resource == var.batch.state_machine_arn && local.environment.BATCH_BUCKET == "mill-batch-123456789012"
    error_message = "The state machine must start the stack's batches only."
  }
}

run "publishers_start_and_end_workflows" {
  command = plan

  variables {
    publisher_role_name = "mill-publisher"
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.publisher["mill-publisher"].policy).Statement : statement.Resource] == [aws_sfn_state_machine.release.arn, "${replace(aws_sfn_state_machine.release.arn, ":stateMachine:", ":execution:")}:*", module.function.alias.arn]
    error_message = "Publishers may start this workflow and end it, and nothing else."
  }
}

run "a_function_trains" {
  command = plan

  variables {
    training = { function = { arn = "arn:aws:lambda:eu-west-1:123456789012:function:trainer:live" }, timeout_seconds = 900 }
  }

  assert {
    condition     = output.training && local.definition.States["Anything to train"].Choices[0].Next == "Train" && local.definition.States.Train.Parameters.FunctionName == var.training.function.arn && local.definition.States.Train.TimeoutSeconds == 900
    error_message = "The function must be the training task."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.training[0].policy).Statement == [{ Effect = "Allow", Action = "lambda:InvokeFunction", Resource = [var.training.function.arn] }]
    error_message = "The state machine must invoke that function only."
  }

  assert {
    condition     = !contains(local.definition.States.Train.Retry[0].ErrorEquals, "States.ALL") && !contains(local.definition.States.Train.Retry[0].ErrorEquals, "States.Timeout")
    error_message = "A training that failed or timed out must not be repeated."
  }
}

run "ecs_trains" {
  command = plan

  variables {
    training = { ecs = {
      cluster_arn         = "arn:aws:ecs:eu-west-1:123456789012:cluster/training"
      container           = "trainer"
      role_arns           = ["arn:aws:iam::123456789012:role/trainer"]
      security_group_ids  = ["sg-1"]
      subnet_ids          = ["subnet-1"]
      task_definition_arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/trainer:7"
    } }
  }

  assert {
    condition     = endswith(local.definition.States.Train.Resource, ":ecs:runTask.sync") && local.definition.States.Train.Parameters.Overrides.ContainerOverrides[0].Environment[0].Name == "TRAINING_INPUT"
    error_message = "The task must be waited for, and get its input."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.training[0].policy).Statement : statement.Resource if flatten([statement.Action])[0] == "iam:PassRole"] == [["arn:aws:iam::123456789012:role/trainer"]] && jsondecode(aws_iam_role_policy.training[0].policy).Statement[0].Resource == ["arn:aws:ecs:eu-west-1:123456789012:task-definition/trainer:*"]
    error_message = "The state machine must run that task only, with its roles only."
  }
}

run "sagemaker_trains" {
  command = plan

  variables {
    training = { sagemaker = {
      image         = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/trainer:1"
      instance_type = "ml.m5.large"
      output_path   = "s3://training/"
      role_arn      = "arn:aws:iam::123456789012:role/trainer"
    } }
  }

  assert {
    condition     = endswith(local.definition.States.Train.Resource, ":sagemaker:createTrainingJob.sync") && local.definition.States.Train.Parameters.ResourceConfig.InstanceType == "ml.m5.large" && local.definition.States.Train.Parameters.StoppingCondition.MaxRuntimeInSeconds == 3600
    error_message = "The job must be waited for, and end in time."
  }
}

run "alarms" {
  command = plan

  assert {
    condition     = keys(output.alarms) == ["release-workflow-failed"] && output.alarms["release-workflow-failed"].above == 0
    error_message = "One failed workflow must fire the alarm."
  }
}
