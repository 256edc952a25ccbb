# Alarms as data: observability creates them, and describes the members.
locals {
  lambda_metric = { namespace = "AWS/Lambda", dimensions = { FunctionName = module.function.function_name } }
  scorer_metric = { namespace = "Millrace", dimensions = { FunctionName = module.function.function_name } }

  alarms = merge(local.capture_alarms, {
    # Two slow periods of three: a single slow batch, after a cold start or a retry, needs no operator.
    "scorer-event-age" = {
      meaning    = "More than 1 % of batches were published later than ${var.alarms.event_age_seconds} s after their oldest event had arrived."
      runbook    = "Predictions come late"
      metrics    = { age = merge(local.scorer_metric, { name = "EventAge", statistic = "p99" }) }
      above      = var.alarms.event_age_seconds * 1000
      periods    = 3
      datapoints = 2
      missing    = "notBreaching" # no batch, so none was late
    }

    # A batch that fails as a whole is an error of the function, or, where the source would split it after an error, is
    # reported to the source and counted by the function.
    "scorer-errors" = {
      meaning = "More than ${var.alarms.errors} batches failed as a whole in {period}: they are delivered again until their retries are exhausted."
      runbook = "The function fails"
      metrics = {
        errors   = merge(local.lambda_metric, { name = "Errors", statistic = "Sum" })
        reported = merge(local.scorer_metric, { name = "FailedBatches", statistic = "Sum" })
      }
      expression = "FILL(errors, 0) + FILL(reported, 0)"
      above      = var.alarms.errors
      missing    = "notBreaching" # no invocation, so none failed
    }

    # No threshold: every batch counts that Lambda discards and cannot keep. Usually the role or the key was changed.
    "scorer-events-lost" = {
      meaning = "Lambda could not write discarded events to the failure store: nothing keeps them but the stream, within its retention."
      runbook = "Events are lost"
      metrics = { lost = merge(local.lambda_metric, { name = "DestinationDeliveryFailures", statistic = "Sum" }) }
      above   = 0
      missing = "notBreaching" # nothing was discarded
    }

    "scorer-throttles" = {
      meaning = "Lambda throttled more than ${var.alarms.throttles} invocations of the function in {period}: its concurrency is too low."
      runbook = "The function is throttled"
      metrics = { throttles = merge(local.lambda_metric, { name = "Throttles", statistic = "Sum" }) }
      above   = var.alarms.throttles
      missing = "notBreaching" # no invocation, so none was throttled
    }

    # A share of a handful of events means nothing, hence the minimum number of events.
    "scorer-quarantine-rate" = {
      meaning = "More than ${var.alarms.quarantine_percent} % of the events of {period} can never be scored as they are: they are in quarantine."
      runbook = "Events in quarantine"
      metrics = {
        events      = merge(local.scorer_metric, { name = "Events", statistic = "Sum" })
        quarantined = merge(local.scorer_metric, { name = "Quarantined", statistic = "Sum" })
      }
      expression = "IF(events >= ${var.alarms.quarantine_least_events}, 100 * FILL(quarantined, 0) / events, 0)"
      above      = var.alarms.quarantine_percent
      missing    = "notBreaching" # no events, so none in quarantine
    }

    # Above the share in the training data, which the model's manifest has: no evaluator is needed for that. Two periods of
    # three: a container's first rows may be one producer's.
    "scorer-missing-values" = {
      meaning    = "A feature is missing in more events than in the training data, by more than ${var.alarms.missing_percent} percentage points: a producer, or the model, has changed."
      runbook    = "Values are missing"
      metrics    = { missing = merge(local.scorer_metric, { name = "MissingValues", statistic = "Average" }) }
      above      = var.alarms.missing_percent
      periods    = 3
      datapoints = 2
      missing    = "notBreaching" # no events, so none lacks a value
    }

    # The scorer polls the release every release_poll_seconds while batches arrive; without batches there is no data.
    # By the minute: a bad release needs a quick answer. No threshold: one refused release is one too many.
    "scorer-release-refused" = {
      meaning = "A release failed verification. Running containers keep serving the last good release; new containers serve what is left of this one."
      runbook = "A release is refused"
      metrics = { refused = merge(local.scorer_metric, { name = "ReleaseRefused", statistic = "Sum" }) }
      above   = 0
      period  = 60
      missing = "notBreaching"
    }

    "scorer-release-stale" = {
      meaning = "A container has not been able to confirm for more than ${var.alarms.stale_seconds} s that it serves the release in the model store."
      runbook = "A release is stale"
      metrics = { stale = merge(local.scorer_metric, { name = "ReleaseStaleSeconds", statistic = "Maximum" }) }
      above   = var.alarms.stale_seconds
      period  = 60
      missing = "notBreaching"
    }
  })

  # Rows whose write failed are kept in memory and written later, so a single failure loses nothing.
  capture_alarms = contains(keys(var.environment), "CAPTURE_BUCKET") ? {
    "scorer-capture-failures" = {
      meaning = "The scorer could not write captured rows more than ${var.alarms.capture_failures} times in {period}: rows are lost when its memory for them is full, or when a container ends. Predictions are not affected."
      runbook = "Rows are not captured"
      metrics = { failures = merge(local.scorer_metric, { name = "CaptureFailures", statistic = "Sum" }) }
      above   = var.alarms.capture_failures
      missing = "notBreaching" # no batch, so no row was lost
    }
  } : {}
}
