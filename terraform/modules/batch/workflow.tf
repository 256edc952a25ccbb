# split → for each item: preprocess → predict by version a or b → store → compare → notify. Optional; docs/workflows.md.
locals {
  workflow = "${var.name}-workflow"

  # What is of one item, and never passes.
  item_refused = ["ItemMissing", "ItemTooLarge", "ItemUnreadable"]
  item_retry   = concat([{ ErrorEquals = local.item_refused, MaxAttempts = 0 }], local.retry)
  set_aside = [
    { ErrorEquals = ["ItemMissing"], ResultPath = "$.error", Next = "Missing" },
    { ErrorEquals = ["ItemTooLarge"], ResultPath = "$.error", Next = "Oversized" },
    { ErrorEquals = ["ItemUnreadable"], ResultPath = "$.error", Next = "Corrupt" },
  ]
  item_parameters = { for task in ["preprocess", "predict"] : task => {
    FunctionName = module.function.alias.arn
    Payload      = { task = task, "run.$" = "$.run", "item.$" = "$.item" }
  } }
  predict = merge(local.invoke, {
    Parameters     = local.item_parameters["predict"]
    ResultSelector = { "prediction.$" = "$.Payload.prediction" }
    ResultPath     = "$.predicted"
    Retry          = local.item_retry
    Next           = "Predicted"
  })

  item_states = merge(
    {
      Preprocess = merge(local.invoke, {
        Parameters     = local.item_parameters["preprocess"]
        ResultSelector = { "version.$" = "$.Payload.version" }
        ResultPath     = "$.preprocessed"
        Retry          = local.item_retry
        Catch          = concat(local.set_aside, [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "Which version failed" }])
        Next           = "Which version"
      })

      "Which version" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.item.place", StringEquals = "b", Next = "Predict by b" }]
        Default = "Predict by a"
      }

      "Predict by a" = merge(local.predict, {
        Catch = concat(local.set_aside, [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "Failed" }])
      })
      "Predict by b" = merge(local.predict, {
        Catch = concat(local.set_aside, [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "By a instead" }])
      })

      "Which version failed" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.item.place", StringEquals = "b", Next = "By a instead" }]
        Default = "Failed"
      }

      # Version a decides alone: it reads the item in its own way, so the item is preprocessed again.
      "By a instead" = {
        Type = "Pass"
        Parameters = {
          "run.$"  = "$.run"
          fallback = true
          item     = merge({ for member in ["part", "key", "version", "etag", "size", "modified_at"] : "${member}.$" => "$.item.${member}" }, { place = "a" })
        }
        Next = "Preprocess"
      }

      Store = merge(local.invoke, {
        Parameters     = { FunctionName = module.function.alias.arn, Payload = { task = "store", "state.$" = "$" } }
        ResultSelector = { "outcome.$" = "$.Payload.outcome" }
        End            = true
      })
    },
    { for outcome in ["predicted", "missing", "oversized", "corrupt", "failed"] :
      title(outcome) => { Type = "Pass", Result = outcome, ResultPath = "$.outcome", Next = "Store" }
    },
  )

  workflow_caught = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "Notify of the failure" }]
  publish = {
    Type     = "Task"
    Resource = "arn:${var.account.partition}:states:::sns:publish"
    Retry    = [{ ErrorEquals = ["States.ALL"], IntervalSeconds = 2, BackoffRate = 2, MaxAttempts = var.retries, MaxDelaySeconds = 60, JitterStrategy = "FULL" }]
  }

  workflow_definition = {
    Comment = "Scores objects one by one by two versions of a model, and compares them"
    StartAt = "Split"
    States = {
      Split = merge(local.invoke, {
        Parameters     = { FunctionName = module.function.alias.arn, Payload = { task = "split", "input.$" = "$", "execution.$" = "$$.Execution.Name" } }
        ResultSelector = { "run.$" = "$.Payload.run", "items.$" = "$.Payload.items", "results.$" = "$.Payload.results" }
        ResultPath     = "$.split"
        Catch          = local.workflow_caught
        Next           = "Items"
      })

      Items = {
        Type           = "Map"
        Label          = "Items"
        MaxConcurrency = var.maximum_concurrency

        ItemReader = {
          Resource     = "arn:${var.account.partition}:states:::s3:getObject"
          ReaderConfig = { InputType = "JSONL" }
          Parameters   = { "Bucket.$" = "$.split.items.bucket", "Key.$" = "$.split.items.key" }
        }
        ItemSelector  = { "run.$" = "$.split.run", "item.$" = "$$.Map.Item.Value" }
        ItemProcessor = { ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, StartAt = "Preprocess", States = local.item_states }
        ResultWriter = {
          Resource   = "arn:${var.account.partition}:states:::s3:putObject"
          Parameters = { Bucket = module.bucket.bucket, "Prefix.$" = "$.split.results" }
        }
        # What fails is counted by Compare, and fails the run at its end: no item keeps another from being scored.
        ToleratedFailurePercentage = 100

        ResultPath = "$.written"
        Catch      = local.workflow_caught
        Next       = "Compare"
      }

      Compare = merge(local.invoke, {
        Parameters     = { FunctionName = module.function.alias.arn, Payload = { task = "compare", "run.$" = "$.split.run" } }
        ResultSelector = { "comparison.$" = "$.Payload" }
        ResultPath     = "$.compared"
        Catch          = local.workflow_caught
        Next           = "Notify"
      })

      Notify = merge(local.publish, {
        Parameters = { TopicArn = one(aws_sns_topic.workflow[*].arn), "Message.$" = "States.JsonToString($.compared.comparison)" }
        ResultPath = null
        Next       = "Every item has an outcome"
      })

      "Every item has an outcome" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.compared.comparison.counts.failed", NumericGreaterThan = 0, Next = "Items failed" }]
        Default = "Complete"
      }

      "Notify of the failure" = merge(local.publish, {
        Parameters = { TopicArn = one(aws_sns_topic.workflow[*].arn), "Message.$" = "States.Format('{} failed: {}: {}', $$.Execution.Name, $.error.Error, $.error.Cause)" }
        ResultPath = null
        Next       = "Run failed"
      })

      Complete       = { Type = "Succeed", OutputPath = "$.compared.comparison" }
      "Items failed" = { Type = "Fail", Error = "ItemsFailed", Cause = "Items have no outcome, or no version could score them: comparison.json of the run has their number" }
      "Run failed"   = { Type = "Fail", ErrorPath = "$.error.Error", CausePath = "$.error.Cause" }
    }
  }

  workflow_alarms = {
    for name in aws_sfn_state_machine.workflow[*].name : "workflow-runs-failed" => {
      meaning = "An item workflow failed, timed out or was refused: not every item has an outcome."
      runbook = "An item workflow failed"
      metrics = {
        failed    = { namespace = "AWS/States", name = "ExecutionsFailed", dimensions = { StateMachineArn = "${local.arn}:stateMachine:${name}" }, statistic = "Sum" }
        timed_out = { namespace = "AWS/States", name = "ExecutionsTimedOut", dimensions = { StateMachineArn = "${local.arn}:stateMachine:${name}" }, statistic = "Sum" }
      }
      expression = "FILL(failed, 0) + FILL(timed_out, 0)"
      above      = 0
      missing    = "notBreaching"
    }
  }
}

resource "aws_sfn_state_machine" "workflow" {
  # checkov:skip=CKV_AWS_284:each child would be traced; the function's own tracing is a setting
  # checkov:skip=CKV_AWS_285:the log has the events of executions without their data, which holds keys of objects
  count = var.workflow ? 1 : 0

  name       = local.workflow
  role_arn   = aws_iam_role.states.arn
  definition = jsonencode(local.workflow_definition)

  logging_configuration {
    include_execution_data = false
    level                  = "ERROR"
    log_destination        = "${aws_cloudwatch_log_group.workflow[0].arn}:*"
  }

  depends_on = [aws_iam_role_policy.states, aws_iam_role_policy.workflow]
}

resource "aws_cloudwatch_log_group" "workflow" {
  # checkov:skip=CKV_AWS_338:retention is a setting (log_retention_days); the log has no payloads, and is no audit trail
  count = var.workflow ? 1 : 0

  name              = "/aws/vendedlogs/states/${local.workflow}"
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
}

# Who is subscribed hears of every run: its comparison, or why it failed.
resource "aws_sns_topic" "workflow" {
  count = var.workflow ? 1 : 0

  name              = local.workflow
  kms_master_key_id = var.key_arn
}

resource "aws_sns_topic_policy" "workflow" {
  count = var.workflow ? 1 : 0

  arn = aws_sns_topic.workflow[0].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.workflow[0].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_iam_role_policy" "workflow" {
  count = var.workflow ? 1 : 0

  name = "workflow"
  role = aws_iam_role.states.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = "${module.bucket.arn}/${local.workflows}*"
      },
      {
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = "${local.arn}:stateMachine:${local.workflow}"
      },
      {
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
        Resource = "${local.arn}:execution:${local.workflow}/*"
      },
      {
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = aws_sns_topic.workflow[0].arn
      },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.key_arn
        Condition = { StringEquals = { "kms:ViaService" = [for suffix in var.account.kms_suffixes : "sns.${var.account.region}.${suffix}"] } }
      },
    ]
  })
}
