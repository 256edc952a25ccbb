# Alarms as data: observability creates them, and describes the members. A challenger that performs worse has no alarm:
# finding that out is what challengers are for, and `millrace model promote` refuses it.
locals {
  metric = { namespace = "Millrace", dimensions = { FunctionName = module.function.function_name } }

  # An existing bucket without a metrics configuration has no alarm on discarded batches.
  alarms = { for name, alarm in local.possible : name => alarm if name != "evaluator-on-failure" || local.metered }

  # Known while planning, where the filter's name is not.
  metered = var.existing_bucket == null || try(var.existing_bucket.metrics_filter, null) != null

  possible = {
    # Drift stays in ALARM until an evaluation finds it gone: a missing evaluation is no evidence, and has its own alarm.
    "scorer-columns-drifted" = {
      meaning = "More than ${var.alarms.columns_drifted} features, or the score, are no longer distributed as in the training data."
      runbook = "Drift"
      metrics = { columns = merge(local.metric, { name = "ColumnsDrifted", statistic = "Maximum" }) }
      above   = var.alarms.columns_drifted
      period  = 3600 # an evaluation runs at least once an hour
      missing = "ignore"
    }

    # Missing data is what this alarm is for: a disabled schedule, a function that fails or reaches its timeout.
    "evaluator-not-done" = {
      meaning = "No evaluation has completed all of its hours for three hours: metrics and verdicts are out of date."
      runbook = "The evaluation is not done"
      metrics = { done = merge(local.metric, { name = "EvaluationsDone", statistic = "Sum" }) }
      below   = 1
      period  = 3600
      periods = 3
      missing = "breaching"
    }

    # No threshold: each is an outcome that its producer believes was delivered.
    "evaluator-outcomes-quarantined" = {
      meaning = "Outcomes arrived that cannot be read; no metric includes them."
      runbook = "Outcomes are quarantined"
      metrics = { outcomes = merge(local.metric, { name = "OutcomesQuarantined", statistic = "Sum" }) }
      above   = 0
      missing = "notBreaching" # emitted only when there are some
    }

    # No threshold: no metric includes a discarded batch until an operator collects it.
    "evaluator-on-failure" = {
      meaning = "Lambda discarded batches of predictions or outcomes after the last retry: no metric includes them."
      runbook = "Batches that the evaluator failed"
      metrics = {
        objects = {
          namespace  = "AWS/S3"
          name       = "PutRequests"
          dimensions = { BucketName = module.bucket.bucket, FilterId = local.metrics_filter }
          statistic  = "Sum"
        }
      }
      above   = 0
      missing = "notBreaching" # S3 emits a value only where there were requests
    }
  }
}
