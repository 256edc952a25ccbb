# What the dashboard shows. A metric is written as CloudWatch has it: namespace, name, then name and value of each
# dimension, then how it is drawn; "." repeats what stands above it.
locals {
  all_sections = [
    {
      title   = "Events arrive"
      runbook = ["The iterator age grows", "No predictions while events arrive"]
      graphs = [
        { title = "Events that arrive", stacked = true, metrics = [
          ["AWS/Kinesis", "IncomingRecords", "StreamName", var.event_stream.name, { label = "event stream" }],
          ["AWS/SNS", "NumberOfMessagesPublished", "TopicName", var.event_topic.name, { label = "event topic" }],
        ] },
        { title = "How long they wait for the scorer", stat = "Maximum", unit = "milliseconds", metrics = concat(
          [["AWS/Lambda", "IteratorAge", "FunctionName", local.scorer, { label = "event stream" }]],
          local.queued ? [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", local.queue, { label = "event topic's queue, seconds", yAxis = "right" }]] : [],
          local.queued ? [] : [["AWS/Lambda", "AsyncEventAge", "FunctionName", local.scorer, { label = "event topic" }]],
        ) },
        { title = "Messages that wait in the queue", stat = "Maximum", unit = "messages", there = local.queued, metrics = [
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", local.queue, { label = "waiting" }],
          [".", "ApproximateNumberOfMessagesNotVisible", ".", ".", { label = "being scored" }],
        ] },
      ]
    },
    {
      title   = "The scorer"
      runbook = ["Predictions come late", "The function fails", "The function is throttled"]
      graphs = [
        { title = "What became of the events", stacked = true, metrics = [
          ["Millrace", "Predictions", "FunctionName", local.scorer, { label = "predictions", color = "#2ca02c" }],
          [".", "Quarantined", ".", ".", { label = "quarantined", color = "#ff7f0e" }],
          [".", "Failed", ".", ".", { label = "failed, delivered again", color = "#d62728" }],
        ] },
        { title = "Arrival to publication, of a batch's oldest event", unit = "milliseconds", metrics = [
          ["Millrace", "EventAge", "FunctionName", local.scorer, { stat = "p50", label = "half of the batches" }],
          ["...", { stat = "p99", label = "99 of 100" }],
        ] },
        { title = "A batch, by stage", stacked = true, stat = "Average", unit = "milliseconds", metrics = [
          ["Millrace", "DecodeDuration", "FunctionName", local.scorer, { label = "decode" }],
          [".", "PredictDuration", ".", ".", { label = "predict" }],
          [".", "EncodeDuration", ".", ".", { label = "encode" }],
          [".", "PublishDuration", ".", ".", { label = "publish" }],
          [".", "QuarantineDuration", ".", ".", { label = "quarantine" }],
        ] },
        { title = "The function", metrics = [
          ["AWS/Lambda", "Invocations", "FunctionName", local.scorer, { label = "called" }],
          [".", "Errors", ".", ".", { label = "failed", color = "#d62728" }],
          [".", "Throttles", ".", ".", { label = "turned away", color = "#ff7f0e" }],
          [".", "ConcurrentExecutions", ".", ".", { label = "at once", stat = "Maximum", yAxis = "right" }],
          ["Millrace", "ColdStarts", "FunctionName", local.scorer, { label = "cold starts" }],
        ] },
      ]
    },
    {
      title   = "Predictions go to ${local.sink.is}"
      runbook = ["The sink is throttled"]
      graphs = [
        { title = "What the sink took", metrics = local.sink.taken },
        { title = "Sent to the sink again", metrics = concat(
          [["Millrace", "PublishRetries", "FunctionName", local.scorer, { label = "entries sent again" }]],
          local.sink.refused,
        ) },
        { title = "A whole batch", unit = "milliseconds", metrics = [
          ["Millrace", "BatchDuration", "FunctionName", local.scorer, { stat = "p50", label = "half of the batches" }],
          ["...", { stat = "p99", label = "99 of 100" }],
        ] },
      ]
    },
    {
      title   = "What is not scored"
      runbook = ["Events in quarantine", "Batches in the on-failure store, and dead letters"]
      graphs = [
        { title = "Quarantined, by code", stacked = true, metrics = [
          [{ expression = "SEARCH('{Millrace,FunctionName,Code} FunctionName=\"${local.scorer}\" MetricName=\"QuarantinedByCode\"', 'Sum', 60)", label = "" }],
        ] },
        { title = "Quarantined, of all events", unit = "per cent", metrics = [
          [{ expression = "100 * FILL(quarantined, 0) / events", label = "quarantined" }],
          ["Millrace", "Quarantined", "FunctionName", local.scorer, { id = "quarantined", visible = false }],
          [".", "Events", ".", ".", { id = "events", visible = false }],
        ] },
        { title = "Given up by Lambda: objects in the on-failure store", metrics = [
          ["AWS/S3", "PutRequests", "BucketName", var.failure_store.bucket, "FilterId", aws_s3_bucket_metric.on_failure.name, { label = "objects written" }],
        ] },
        { title = "Dead letters", stat = "Maximum", unit = "messages", metrics = [
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.event_topic.dead_letter_queue_name, { label = "waiting for a redrive" }],
        ] },
      ]
    },
    {
      title   = "The model"
      runbook = ["A release is refused", "A release is stale"]
      graphs = [
        { title = "Age of what serves", stat = "Maximum", unit = "seconds", metrics = [
          ["Millrace", "ModelAge", "FunctionName", local.scorer, { label = "since the release was made" }],
        ] },
        { title = "Since the release was last known to be the stored one", stat = "Maximum", unit = "seconds", metrics = [
          ["Millrace", "ReleaseStaleSeconds", "FunctionName", local.scorer, { label = "the worst container" }],
        ] },
        { title = "Releases that were refused", metrics = [
          ["Millrace", "ReleaseRefused", "FunctionName", local.scorer, { label = "refused, each time that one was looked at" }],
        ] },
        { title = "Members of events that the model does not know", metrics = [
          ["Millrace", "IgnoredMembers", "FunctionName", local.scorer, { label = "ignored" }],
        ] },
      ]
    },
    {
      title   = "Right or wrong, and has the world changed?"
      there   = local.evaluated
      runbook = [for name in ["The world has changed", "The evaluation is not done", "Outcomes are quarantined", "Batches that the evaluator gave up on"] : name if local.evaluated]
      graphs = [
        { title = "How right, by the hour in which the events arrived", stat = "Average", unit = "0 to 1", metrics = [
          for name in ["Accuracy", "F1", "RocAuc", "R2", "Coverage"] : [{ expression = replace(local.by_variant, "METRIC", name), label = name }]
        ] },
        { title = "How wrong", stat = "Average", unit = "loss", metrics = [
          for name in ["LogLoss", "CalibrationError", "MeanAbsoluteError", "RootMeanSquaredError"] : [{ expression = replace(local.by_variant, "METRIC", name), label = name }]
        ] },
        { title = "Drift", stat = "Maximum", unit = "columns", metrics = [
          ["Millrace", "ColumnsDrifted", "FunctionName", local.evaluator, { label = "columns that drifted" }],
          [".", "WorstPsi", ".", ".", { label = "population stability index of the worst", yAxis = "right" }],
        ] },
        { title = "The evaluator", unit = "an hour", metrics = [
          ["Millrace", "EvaluationsDone", "FunctionName", local.evaluator, { label = "evaluations done", period = 3600 }],
          [".", "HoursNotEvaluated", ".", ".", { label = "hours left out", period = 3600 }],
          [".", "OutcomesQuarantined", ".", ".", { label = "outcomes in quarantine", period = 3600 }],
          ["AWS/S3", "PutRequests", "BucketName", local.evaluator_bucket, "FilterId", aws_s3_bucket_metric.on_failure.name, { label = "on-failure objects", period = 3600 }],
        ] },
      ]
    },
  ]

  # Champion, challenger and shadow each have a line, where they are.
  by_variant = "SEARCH('{Millrace,FunctionName,Variant} FunctionName=\"${local.evaluator}\" MetricName=\"METRIC\"', 'Average', 3600)"
  evaluator  = local.evaluated ? var.evaluator.function_name : ""

  queued = var.event_topic.queue_name != null
  queue  = local.queued ? var.event_topic.queue_name : ""

  sink = {
    kinesis = {
      is      = "a Kinesis stream"
      taken   = [["AWS/Kinesis", "IncomingRecords", "StreamName", var.prediction_sink.name, { label = "records" }]]
      refused = [["AWS/Kinesis", "WriteProvisionedThroughputExceeded", "StreamName", var.prediction_sink.name, { label = "records that the stream turned away" }]]
    }
    sns = {
      is      = "an SNS topic"
      taken   = [["AWS/SNS", "NumberOfMessagesPublished", "TopicName", var.prediction_sink.name, { label = "messages" }]]
      refused = [["AWS/SNS", "NumberOfNotificationsFailed", "TopicName", var.prediction_sink.name, { label = "notifications that were not delivered" }]]
    }
    sqs = {
      is      = "an SQS queue"
      taken   = [["AWS/SQS", "NumberOfMessagesSent", "QueueName", var.prediction_sink.name, { label = "messages" }]]
      refused = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.prediction_sink.name, { label = "messages that wait for consumers", stat = "Maximum" }]]
    }
  }[var.prediction_sink.type]
}
