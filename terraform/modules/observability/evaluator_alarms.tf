# Are predictions right, and has the world changed? Only where there is an evaluator. A challenger that is worse is no
# alarm: it is what challengers are for, and `millrace model promote` refuses it.
locals {
  evaluator_alarms = { for key, alarm in {
    # Drift that was seen stays until it is seen to have gone: an evaluation that is left out says nothing about the
    # world, and has an alarm of its own.
    "scorer-columns-drifted" = {
      means   = "More than ${var.alarms.columns_drifted} features, or the score, are no longer distributed as in the training data."
      runbook = "The world has changed"
      metrics = { columns = merge(local.evaluator_metric, { name = "ColumnsDrifted", statistic = "Maximum" }) }
      above   = var.alarms.columns_drifted
      period  = 3600 # there is an evaluation at least once an hour
      missing = "ignore"
    }

    # Missing data is what this is about: a schedule that is off, a function that fails or runs out of time.
    "evaluator-not-done" = {
      means   = "For three hours no evaluation has got through all its hours: metrics and verdicts are old."
      runbook = "The evaluation is not done"
      metrics = { done = merge(local.evaluator_metric, { name = "EvaluationsDone", statistic = "Sum" }) }
      below   = 1
      period  = 3600
      periods = 3
      missing = "breaching"
    }

    # No threshold to set: each is an outcome that somebody believes to have sent.
    "evaluator-outcomes-quarantined" = {
      means   = "Outcomes came that cannot be read; they are in no metric."
      runbook = "Outcomes are quarantined"
      metrics = { outcomes = merge(local.evaluator_metric, { name = "OutcomesQuarantined", statistic = "Sum" }) }
      above   = 0
      missing = "notBreaching" # told only where there are some
    }

    # As the scorer's: each object is a batch that is in no metric until somebody collects it.
    "evaluator-on-failure" = {
      means   = "Lambda gave up on batches of predictions or outcomes: what is in them is in no metric."
      runbook = "Batches that the evaluator gave up on"
      metrics = {
        objects = {
          namespace  = "AWS/S3"
          name       = "PutRequests"
          dimensions = { BucketName = local.evaluator_bucket, FilterId = aws_s3_bucket_metric.on_failure.name }
          statistic  = "Sum"
        }
      }
      above   = 0
      missing = "notBreaching" # S3 tells only of requests that there were
    }
  } : key => alarm if local.evaluated }

  evaluated        = var.evaluator != null
  evaluator_bucket = local.evaluated ? var.evaluator.bucket : ""

  evaluator_metric = { namespace = "Millrace", dimensions = { FunctionName = local.evaluated ? var.evaluator.function_name : "" } }
}

resource "aws_s3_bucket_metric" "evaluator_on_failure" {
  count  = local.evaluated ? 1 : 0
  bucket = var.evaluator.bucket
  name   = aws_s3_bucket_metric.on_failure.name

  filter {
    prefix = var.evaluator.on_failure_prefix
  }
}
