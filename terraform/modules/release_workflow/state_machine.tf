# begin → (train) → verify → store → (backtest) → serve a stage's share → wait → look → … → (ask) → promote, or the release as it was.
locals {
  state_machine     = "${var.name}-release"
  state_machine_arn = "arn:${var.account.partition}:states:${var.account.region}:${var.account.id}:stateMachine:${local.state_machine}"

  # What may pass: Lambda's own errors and throttles, S3's and SNS's, and two steps at once. A refusal does not.
  refused = [
    "ArtifactRefused", "ChangeRefused", "ConfigInvalid", "DocumentInvalid", "ReleaseChanged", "ReleaseMissing",
    "SigningKeyInvalid", "VersionMissing", "WorkflowEnded", "WorkflowRefused", "WorkflowRunning",
  ]
  backoff = { IntervalSeconds = 2, BackoffRate = 2, MaxAttempts = var.retries, MaxDelaySeconds = 60, JitterStrategy = "FULL" }
  retry = [
    { ErrorEquals = local.refused, MaxAttempts = 0 },
    merge(local.backoff, { ErrorEquals = ["States.ALL"] }),
  ]
  caught = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "Restore" }]

  who = { "execution.$" = "$$.Execution.Name" }
  step = { for task, more in {
    begin   = { "input.$" = "$" }
    judge   = { "outcomes.$" = "$.begun.past.outcomes" }
    store   = { "pointer.$" = "$.verified.pointer" }
    serve   = { "stage.$" = "$.look.stage" }
    look    = { "stage.$" = "$.look.stage", "approval.$" = "$.begun.approval" }
    promote = { "reason.$" = "$.look.reason" }
    end     = { "reason.$" = "$.look.reason" }
    failed  = { "error.$" = "$.error" }
    } : task => {
    Type       = "Task"
    Resource   = "${local.service}lambda:invoke"
    Retry      = local.retry
    Parameters = { FunctionName = module.function.alias.arn, Payload = merge(local.who, { task = task == "failed" ? "end" : task }, more) }
  } }

  definition = {
    Comment        = "A version of a model on its way into production"
    StartAt        = "Begin"
    TimeoutSeconds = local.longest_seconds
    States = merge(local.training_state, local.backtest_states, {
      Begin = merge(local.step.begin, {
        ResultSelector = { for name in ["train", "training", "approval", "backtest", "past", "champion"] : "${name}.$" => "$.Payload.${name}" }
        ResultPath     = "$.begun"
        Catch          = local.caught
        Next           = "Anything to train"
      })

      "Anything to train" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.begun.train", BooleanEquals = true, Next = local.training_kind == null ? "Nothing trains" : "Train" }]
        Default = "Verify"
      }

      Verify = {
        Type           = "Task"
        Resource       = "${local.service}lambda:invoke"
        Retry          = local.retry
        Parameters     = { FunctionName = module.verify.alias.arn, Payload = { "version.$" = "$.begun.training.version" } }
        ResultSelector = { "pointer.$" = "$.Payload.pointer" }
        ResultPath     = "$.verified"
        Catch          = local.caught
        Next           = "Store"
      }

      Store = merge(local.step.store, {
        ResultPath = "$.stored"
        Catch      = local.caught
        Next       = "First stage"
      })

      "First stage" = { Type = "Pass", Result = { stage = 0 }, ResultPath = "$.look", Next = local.after_store }

      Serve = merge(local.step.serve, {
        ResultPath = "$.served"
        Catch      = local.caught
        Next       = "Wait"
      })

      Wait = { Type = "Wait", Seconds = var.poll_seconds, Next = "Look" }

      Look = merge(local.step.look, {
        ResultSelector = { "next.$" = "$.Payload.next", "stage.$" = "$.Payload.stage", "reason.$" = "$.Payload.reason" }
        ResultPath     = "$.look"
        Catch          = local.caught
        Next           = "What follows"
      })

      "What follows" = {
        Type = "Choice"
        Choices = [
          { Variable = "$.look.next", StringEquals = "wait", Next = "Wait" },
          { Variable = "$.look.next", StringEquals = "serve", Next = "Serve" },
          { Variable = "$.look.next", StringEquals = "approve", Next = "Ask" },
          { Variable = "$.look.next", StringEquals = "promote", Next = "Promote" },
        ]
        Default = "Roll back"
      }

      # What `millrace release approve` sends is what follows.
      Ask = {
        Type           = "Task"
        Resource       = "${local.service}lambda:invoke.waitForTaskToken"
        TimeoutSeconds = var.approval.timeout_seconds
        Retry = [
          { ErrorEquals = concat(local.refused, ["States.Timeout"]), MaxAttempts = 0 },
          merge(local.backoff, { ErrorEquals = ["States.ALL"] }),
        ]
        Parameters = { FunctionName = module.function.alias.arn, Payload = merge(local.who, { task = "ask", "token.$" = "$$.Task.Token" }) }
        ResultPath = "$.look"
        Catch      = local.caught
        Next       = "What follows"
      }

      Promote = merge(local.step.promote, { ResultPath = "$.ended", Catch = local.caught, Next = "Promoted" })

      "Roll back" = merge(local.step.end, { ResultPath = "$.ended", Next = "Rolled back" })

      Restore = merge(local.step.failed, {
        ResultSelector = { "reason.$" = "$.Payload.reason" }
        ResultPath     = "$.ended"
        Next           = "Failed"
      })

      Promoted      = { Type = "Succeed" }
      "Rolled back" = { Type = "Succeed" }
      Failed        = { Type = "Fail", Error = "ReleaseFailed", CausePath = "$.ended.reason" }
      }, { for name in ["Nothing trains"] : name => {
        Type       = "Pass"
        Result     = { Error = "WorkflowRefused", Cause = "expected a training task, the stack has none: set release_workflow.training, or name a version that the model store has" }
        ResultPath = "$.error"
        Next       = "Restore"
      } if local.training_kind == null
    })
  }

  after_store = var.batch == null ? "Serve" : "Anything to backtest"

  backtest_states = { for name, state in {
    "Anything to backtest" = {
      Type    = "Choice"
      Choices = [{ Variable = "$.begun.backtest", BooleanEquals = true, Next = "Backtest" }]
      Default = "Serve"
    }
    Backtest = {
      Type       = "Parallel"
      Branches   = [for role in ["champion", "candidate"] : { StartAt = role, States = { (role) = local.batch_run[role] } }]
      ResultPath = "$.scored"
      Catch      = local.caught
      Next       = "Judge"
    }
    Judge = merge(local.step.judge, {
      ResultSelector = { "next.$" = "$.Payload.next", "stage.$" = "$.Payload.stage", "reason.$" = "$.Payload.reason" }
      ResultPath     = "$.look"
      Catch          = local.caught
      Next           = "What follows"
    })
  } : name => state if var.batch != null }

  # A batch that failed is not repeated: it repeats what may pass itself, and its name is used once. The service's own errors
  # are: the same name and input while the batch runs are the same start. AWS documents no list of their names: by its
  # SDK's, a throttle is an AWSStepFunctionsException.
  batch_passing = [
    "StepFunctions.AWSStepFunctionsException", "StepFunctions.ExecutionLimitExceededException",
    "StepFunctions.SdkClientException", "StepFunctions.ThrottlingException",
  ]

  batch_run = { for role, version in { champion = "$.begun.champion", candidate = "$.begun.training.version" } : role => {
    Type     = "Task"
    Resource = "${local.service}states:startExecution.sync:2"
    Retry    = [merge(local.backoff, { ErrorEquals = local.batch_passing })]
    Parameters = {
      StateMachineArn = try(var.batch.state_machine_arn, "")
      "Name.$"        = "States.Format('{}-${role}', $$.Execution.Name)"
      Input = {
        "run.$"     = "States.Format('{}-${role}', $$.Execution.Name)"
        "bucket.$"  = "$.begun.past.bucket"
        "prefix.$"  = "$.begun.past.prefix"
        "version.$" = version
        format      = "envelopes"
      }
    }
    ResultSelector = { "status.$" = "$.Status" }
    End            = true
  } }

  # Every wait and every deadline, and a day for what is between them.
  longest_seconds = length(var.stages) * (var.evidence_seconds + var.poll_seconds) + var.approval.timeout_seconds + try(var.training.timeout_seconds, 0) + 86400
}

resource "aws_sfn_state_machine" "release" {
  # checkov:skip=CKV_AWS_284:a workflow waits for days: a trace of it shows nothing that its history does not
  # checkov:skip=CKV_AWS_285:the log has the events of executions without their data
  name       = local.state_machine
  role_arn   = aws_iam_role.states.arn
  definition = jsonencode(local.definition)

  logging_configuration {
    include_execution_data = false
    level                  = "ERROR"
    log_destination        = "${aws_cloudwatch_log_group.states.arn}:*"
  }

  depends_on = [aws_iam_role_policy.states, aws_iam_role_policy.training, aws_iam_role_policy.backtest]
}

# The prefix keeps resource policies of log groups within their limits.
resource "aws_cloudwatch_log_group" "states" {
  # checkov:skip=CKV_AWS_338:retention is a setting (log_retention_days); the history of workflows is in the model store
  name              = "/aws/vendedlogs/states/${local.state_machine}"
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "states" {
  name                 = "${local.state_machine}-states-${var.account.region}"
  path                 = try(coalesce(var.place.role_path), "/")
  permissions_boundary = try(var.place.permissions_boundary, null)

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account.id } }
    }]
  })
}

resource "aws_iam_role_policy" "states" {
  # checkov:skip=CKV_AWS_290:log deliveries have no resource to name
  # checkov:skip=CKV_AWS_355:log deliveries have no resource to name
  name = "release"
  role = aws_iam_role.states.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [module.function.alias.arn, module.verify.alias.arn]
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"]
        Resource = "*"
      },
    ]
  })
}

# https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
resource "aws_iam_role_policy" "backtest" {
  count = var.batch == null ? 0 : 1

  name = "backtest"
  role = aws_iam_role.states.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = var.batch.state_machine_arn
      },
      {
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StopExecution"]
        Resource = "${replace(var.batch.state_machine_arn, ":stateMachine:", ":execution:")}:*"
      },
      {
        Effect   = "Allow"
        Action   = ["events:DescribeRule", "events:PutRule", "events:PutTargets"]
        Resource = "arn:${var.account.partition}:events:${var.account.region}:${var.account.id}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
      },
    ]
  })
}
