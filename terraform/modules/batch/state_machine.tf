# plan → score (a Distributed Map over the items of a page) → next page, or finish → the counts add up, or the run fails.
locals {
  state_machine = "${var.name}-batch"
  arn           = "arn:${var.account.partition}:states:${var.account.region}:${var.account.id}"

  # What may pass: Lambda's own errors and throttles, and S3's. A refusal (BatchRefused, and what the model store refuses) does
  # not: trying again costs time and changes nothing.
  refused = ["BatchRefused", "CountsDiffer", "ArtifactRefused", "VersionMissing", "ReleaseMissing", "DocumentInvalid", "ConfigInvalid"]
  retry = [
    { ErrorEquals = local.refused, MaxAttempts = 0 },
    { ErrorEquals = ["States.ALL"], IntervalSeconds = 2, BackoffRate = 2, MaxAttempts = var.retries, MaxDelaySeconds = 60, JitterStrategy = "FULL" },
  ]

  invoke = {
    Type     = "Task"
    Resource = "arn:${var.account.partition}:states:::lambda:invoke"
    Retry    = local.retry
  }
  caught = [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = "Finish" }]
  who    = { "input.$" = "$.input", "execution.$" = "$$.Execution.Name", "attempt.$" = "$$.Execution.StartTime" }

  definition = {
    Comment = "Scores objects in S3 by one version of a model"
    StartAt = "Begin"
    States = {
      Begin = { Type = "Pass", Parameters = { "input.$" = "$", plan = { place = null } }, Next = "Plan" }

      Plan = merge(local.invoke, {
        Parameters     = { FunctionName = module.function.alias.arn, Payload = merge(local.who, { task = "plan", "place.$" = "$.plan.place" }) }
        ResultSelector = { "run.$" = "$.Payload.run", "items.$" = "$.Payload.items", "results.$" = "$.Payload.results", "place.$" = "$.Payload.place", "more.$" = "$.Payload.more" }
        ResultPath     = "$.plan"
        Catch          = local.caught
        Next           = "Anything to score"
      })

      "Anything to score" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.plan.items.count", NumericGreaterThan = 0, Next = "Score" }]
        Default = "Another page"
      }

      Score = {
        Type           = "Map"
        Label          = "Score"
        MaxConcurrency = var.maximum_concurrency

        ItemReader = {
          Resource     = "arn:${var.account.partition}:states:::s3:getObject"
          ReaderConfig = { InputType = "JSONL" }
          Parameters   = { "Bucket.$" = "$.plan.items.bucket", "Key.$" = "$.plan.items.key" }
        }
        ItemBatcher = {
          BatchInput       = { "run.$" = "$.plan.run" }
          MaxItemsPerBatch = var.items_per_invocation
          # A child's input has up to 256 KiB, with what is around the items.
          MaxInputBytesPerBatch = 200000
        }
        ItemProcessor = {
          ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }
          StartAt         = "Items"
          States = {
            Items = merge(local.invoke, {
              Parameters     = { FunctionName = module.function.alias.arn, Payload = { task = "score", "BatchInput.$" = "$.BatchInput", "Items.$" = "$.Items" } }
              ResultSelector = { "parts.$" = "$.Payload.parts" }
              End            = true
            })
          }
        }
        ResultWriter = {
          Resource   = "arn:${var.account.partition}:states:::s3:putObject"
          Parameters = { Bucket = module.bucket.bucket, "Prefix.$" = "$.plan.results" }
        }
        ToleratedFailurePercentage = var.tolerated_failure_percentage

        ResultPath = "$.written"
        Catch      = local.caught
        Next       = "Another page"
      }

      "Another page" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.plan.more", BooleanEquals = true, Next = "Plan" }]
        Default = "Finish without error"
      }

      "Finish without error" = { Type = "Pass", Result = "", ResultPath = "$.error", Next = "Finish" }

      Finish = merge(local.invoke, {
        Parameters     = { FunctionName = module.function.alias.arn, Payload = merge(local.who, { task = "finish", "error.$" = "$.error" }) }
        ResultSelector = { "run.$" = "$.Payload.run", "complete.$" = "$.Payload.complete", "error.$" = "$.Payload.error", "counts.$" = "$.Payload.counts" }
        Next           = "Counts add up"
      })

      "Counts add up" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.complete", BooleanEquals = true, Next = "Complete" }]
        Default = "Incomplete"
      }

      Complete   = { Type = "Succeed" }
      Incomplete = { Type = "Fail", Error = "BatchIncomplete", CausePath = "$.error" }
    }
  }
}

resource "aws_sfn_state_machine" "batch" {
  # checkov:skip=CKV_AWS_284:each child would be traced; the function's own tracing is a setting
  # checkov:skip=CKV_AWS_285:the log has the events of executions without their data, which holds keys of objects
  name       = local.state_machine
  role_arn   = aws_iam_role.states.arn
  definition = jsonencode(local.definition)

  logging_configuration {
    include_execution_data = false
    level                  = "ERROR"
    log_destination        = "${aws_cloudwatch_log_group.states.arn}:*"
  }

  depends_on = [aws_iam_role_policy.states]
}

# The prefix keeps resource policies of log groups within their limits.
resource "aws_cloudwatch_log_group" "states" {
  # checkov:skip=CKV_AWS_338:retention is a setting (log_retention_days); the log has no payloads, and is no audit trail
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

# A Distributed Map starts executions of its own state machine, and writes large results in parts:
# https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
resource "aws_iam_role_policy" "states" {
  # checkov:skip=CKV_AWS_290:log deliveries have no resource to name
  # checkov:skip=CKV_AWS_355:log deliveries have no resource to name
  name = "batch"
  role = aws_iam_role.states.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = module.function.alias.arn
      },
      {
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = "${module.bucket.arn}/${local.runs}*"
      },
      {
        Effect   = "Allow"
        Action   = "states:StartExecution"
        Resource = "${local.arn}:stateMachine:${local.state_machine}"
      },
      {
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"]
        Resource = "${local.arn}:execution:${local.state_machine}/*"
      },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.key_arn
        Condition = { StringEquals = { "kms:ViaService" = [for suffix in var.account.kms_suffixes : "s3.${var.account.region}.${suffix}"] } }
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"]
        Resource = "*"
      },
    ]
  })
}
