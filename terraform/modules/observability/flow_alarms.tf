# Do events come through, and in time?
locals {
  flow_alarms = {
    # Lambda tells the age after each batch; no batch, no data, and no-predictions is there for that.
    "scorer-iterator-age" = {
      means   = "Events have waited in the event stream for more than ${var.alarms.iterator_age_seconds} s before they were scored."
      runbook = "The iterator age grows"
      metrics = { age = merge(local.lambda_metric, { name = "IteratorAge", statistic = "Maximum" }) }
      above   = var.alarms.iterator_age_seconds * 1000
      missing = "notBreaching"
    }

    # Two slow periods of three: one slow batch, after a cold start or a retry, is nothing to be woken for.
    "scorer-event-age" = {
      means      = "Of 100 batches more than one was published later than ${var.alarms.event_age_seconds} s after its oldest event had arrived."
      runbook    = "Predictions come late"
      metrics    = { age = merge(local.scorer_metric, { name = "EventAge", statistic = "p99" }) }
      above      = var.alarms.event_age_seconds * 1000
      periods    = 3
      datapoints = 2
      missing    = "notBreaching" # no batch was late where there was none
    }

    # Two periods on end: the first may hold an event that came at its end, whose prediction is in the second.
    #
    # What arrives is asked of the sources, since a scorer that is stopped tells nothing. Each metric is filled with 0,
    # because absence is what is looked for: no data on predictions is no predictions, no data on events is no events.
    # So the expression has a value in every period. Should it have none, because CloudWatch has never seen one of the
    # metrics, the alarm says that it does not know, rather than guess.
    "scorer-no-predictions" = {
      means   = "For ${var.alarms.silent_minutes} minutes events have arrived, and nothing was predicted."
      runbook = "No predictions while events arrive"
      metrics = {
        put         = merge(local.stream_metric, { name = "IncomingRecords", statistic = "Sum" })
        published   = merge(local.topic_metric, { name = "NumberOfMessagesPublished", statistic = "Sum" })
        predictions = merge(local.scorer_metric, { name = "Predictions", statistic = "Sum" })
      }
      expression = "IF(FILL(put, 0) + FILL(published, 0) > 0 AND FILL(predictions, 0) == 0, 1, 0)"
      above      = 0
      period     = var.alarms.silent_minutes * 30
      periods    = 2
      missing    = "missing"
    }

    "scorer-errors" = {
      means   = "The function failed more than ${var.alarms.errors} times in ${local.minutes}: batches are delivered again, until their retries run out."
      runbook = "The function fails"
      metrics = { errors = merge(local.lambda_metric, { name = "Errors", statistic = "Sum" }) }
      above   = var.alarms.errors
      missing = "notBreaching" # nothing was called, so nothing failed
    }

    "scorer-throttles" = {
      means   = "Lambda turned away more than ${var.alarms.throttles} calls of the function in ${local.minutes}, for want of concurrency."
      runbook = "The function is throttled"
      metrics = { throttles = merge(local.lambda_metric, { name = "Throttles", statistic = "Sum" }) }
      above   = var.alarms.throttles
      missing = "notBreaching" # nothing was called, so nothing was turned away
    }
  }

  minutes = "${var.alarms.period_seconds / 60} min"

  lambda_metric = { namespace = "AWS/Lambda", dimensions = { FunctionName = local.scorer } }
  scorer_metric = { namespace = "Millrace", dimensions = { FunctionName = local.scorer } }
  stream_metric = { namespace = "AWS/Kinesis", dimensions = { StreamName = var.event_stream.name } }
  topic_metric  = { namespace = "AWS/SNS", dimensions = { TopicName = var.event_topic.name } }
}
