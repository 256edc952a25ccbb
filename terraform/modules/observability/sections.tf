# What the dashboard shows. A metric has CloudWatch's form: namespace, name, name and value of each dimension, then how it is
# drawn; "." repeats the member above. What sources, sinks and functions have in common is iterated over.
locals {
  scorer    = var.functions["scorer"].name
  evaluator = try(var.functions["evaluator"].name, "")
  evaluated = local.evaluator != ""

  all_sections = [
    {
      title   = "Events arrive"
      runbook = ["The iterator age grows", "No predictions while events arrive"]
      graphs = [
        { title = "Events that arrive", stacked = true, metrics = local.shown.arrivals },
        { title = "Wait before the scorer", stat = "Maximum", unit = "milliseconds", metrics = local.shown.wait },
        { title = "Messages in queues", stat = "Maximum", unit = "messages", there = length(local.shown.backlog) > 0, metrics = local.shown.backlog },
      ]
    },
    {
      title   = "The scorer"
      runbook = ["Predictions come late"]
      graphs = [
        { title = "Events by result", stacked = true, metrics = [
          ["Millrace", "Predictions", "FunctionName", local.scorer, { label = "predictions", color = "#2ca02c" }],
          [".", "Quarantined", ".", ".", { label = "quarantined", color = "#ff7f0e" }],
          [".", "Failed", ".", ".", { label = "failed, delivered again", color = "#d62728" }],
          [".", "IgnoredEvents", ".", ".", { label = "ignored, no events", color = "#7f7f7f" }],
        ] },
        { title = "Arrival to publication, oldest event of a batch", unit = "milliseconds", metrics = [
          ["Millrace", "EventAge", "FunctionName", local.scorer, { stat = "p50", label = "p50" }],
          ["...", { stat = "p99", label = "p99" }],
        ] },
        { title = "A batch, by stage", stacked = true, stat = "Average", unit = "milliseconds", metrics = [
          ["Millrace", "DecodeDuration", "FunctionName", local.scorer, { label = "decode" }],
          [".", "PredictDuration", ".", ".", { label = "predict" }],
          [".", "EncodeDuration", ".", ".", { label = "encode" }],
          [".", "PublishDuration", ".", ".", { label = "publish" }],
          [".", "QuarantineDuration", ".", ".", { label = "quarantine" }],
        ] },
        { title = "A whole batch", unit = "milliseconds", metrics = [
          ["Millrace", "BatchDuration", "FunctionName", local.scorer, { stat = "p50", label = "p50" }],
          ["...", { stat = "p99", label = "p99" }],
        ] },
      ]
    },
    {
      title   = "Requests"
      there   = length(var.endpoints) > 0
      runbook = ["Requests fail", "Answers are slow"]
      graphs = [
        { title = "Requests by result", metrics = local.shown.requests },
        { title = "Request to answer", unit = "milliseconds", metrics = local.shown.latency },
      ]
    },
    {
      title   = "Functions"
      runbook = ["The function fails", "The function is throttled"]
      graphs = concat(
        [for key, function in var.functions : { title = "Invocations: ${key}", metrics = [
          ["AWS/Lambda", "Invocations", "FunctionName", function.name, { label = "invocations" }],
          [".", "Errors", ".", ".", { label = "errors", color = "#d62728" }],
          [".", "Throttles", ".", ".", { label = "throttles", color = "#ff7f0e" }],
          [".", "ConcurrentExecutions", ".", ".", { label = "concurrent executions", stat = "Maximum", yAxis = "right" }],
        ] }],
        [{ title = "Batches reported as failed: scorer", metrics = [
          ["Millrace", "FailedBatches", "FunctionName", local.scorer, { label = "reported", color = "#d62728" }],
        ] }],
        [{ title = "Cold starts: scorer", metrics = [
          ["Millrace", "ColdStarts", "FunctionName", local.scorer, { label = "cold starts" }],
        ] }],
      )
    },
    {
      title   = "Sinks"
      runbook = ["The sink is throttled"]
      graphs = [
        { title = "Accepted by the sink", metrics = local.shown.accepted },
        { title = "Retries and backpressure", metrics = concat(
          [["Millrace", "PublishRetries", "FunctionName", local.scorer, { label = "entries published again" }]],
          local.shown.pressure,
        ) },
      ]
    },
    {
      title   = "Events that are not scored"
      runbook = ["Events in quarantine", "Batches in the on-failure store, and dead letters"]
      graphs = [
        { title = "Quarantined, by code", stacked = true, metrics = [
          [{ expression = "SEARCH('{Millrace,FunctionName,Code} FunctionName=\"${local.scorer}\" MetricName=\"QuarantinedByCode\"', 'Sum', 60)", label = "" }],
        ] },
        { title = "Quarantined, share of all events", unit = "percent", metrics = [
          [{ expression = "100 * FILL(quarantined, 0) / events", label = "quarantined" }],
          ["Millrace", "Quarantined", "FunctionName", local.scorer, { id = "quarantined", visible = false }],
          [".", "Events", ".", ".", { id = "events", visible = false }],
        ] },
        { title = "Objects of batches discarded after the last retry", metrics = [for key, function in var.functions :
          ["AWS/S3", "PutRequests", "BucketName", function.on_failure.bucket, "FilterId", function.on_failure.filter, { label = key }]
          if try(function.on_failure.filter, null) != null
        ] },
        { title = "Dead letters", stat = "Maximum", unit = "messages", there = length(local.shown.dead_letters) > 0, metrics = local.shown.dead_letters },
      ]
    },
    {
      title   = "The model"
      runbook = ["A release is refused", "A release is stale", "Values are missing"]
      graphs = [
        { title = "Age of the serving release", stat = "Maximum", unit = "seconds", metrics = [
          ["Millrace", "ModelAge", "FunctionName", local.scorer, { label = "since the release was written" }],
        ] },
        { title = "Since the release was last confirmed", stat = "Maximum", unit = "seconds", metrics = [
          ["Millrace", "ReleaseStaleSeconds", "FunctionName", local.scorer, { label = "oldest container" }],
        ] },
        { title = "Refused releases", metrics = [
          ["Millrace", "ReleaseRefused", "FunctionName", local.scorer, { label = "refused, per poll" }],
        ] },
        { title = "Failed writes of captured rows", there = contains(keys(var.functions["scorer"].alarms), "scorer-capture-failures"), metrics = [
          ["Millrace", "CaptureFailures", "FunctionName", local.scorer, { label = "failed" }],
        ] },
        { title = "Members of events that the model does not use", metrics = [
          ["Millrace", "IgnoredMembers", "FunctionName", local.scorer, { label = "ignored" }],
        ] },
        { title = "Missing values, above the training data", stat = "Average", unit = "percentage points", metrics = [
          ["Millrace", "MissingValues", "FunctionName", local.scorer, { label = "worst feature" }],
        ] },
      ]
    },
    {
      title   = "Model quality and drift"
      there   = local.evaluated
      runbook = ["Drift", "The evaluation is not done", "Outcomes are quarantined", "Batches that the evaluator failed"]
      graphs = [
        { title = "Quality, by hour of arrival", stat = "Average", unit = "0 to 1", metrics = [
          for name in ["Accuracy", "F1", "RocAuc", "R2", "Coverage"] : [{ expression = replace(local.by_variant, "METRIC", name), label = name }]
        ] },
        { title = "Loss, by hour of arrival", stat = "Average", unit = "loss", metrics = [
          for name in ["LogLoss", "CalibrationError", "MeanAbsoluteError", "RootMeanSquaredError"] : [{ expression = replace(local.by_variant, "METRIC", name), label = name }]
        ] },
        { title = "Drift", stat = "Maximum", unit = "columns", metrics = [
          ["Millrace", "ColumnsDrifted", "FunctionName", local.evaluator, { label = "columns that drifted" }],
          [".", "WorstPsi", ".", ".", { label = "highest population stability index", yAxis = "right" }],
        ] },
        { title = "The evaluator", unit = "per hour", metrics = [
          ["Millrace", "EvaluationsDone", "FunctionName", local.evaluator, { label = "evaluations done", period = 3600 }],
          [".", "HoursNotEvaluated", ".", ".", { label = "hours left out", period = 3600 }],
          [".", "OutcomesQuarantined", ".", ".", { label = "outcomes in quarantine", period = 3600 }],
        ] },
      ]
    },
  ]

  # One line for each of champion, challenger and shadow, where they exist.
  by_variant = "SEARCH('{Millrace,FunctionName,Variant} FunctionName=\"${local.evaluator}\" MetricName=\"METRIC\"', 'Average', 3600)"

  # The metrics of sources and sinks in CloudWatch's form, by what they are about.
  shown = { for place, metrics in {
    accepted     = flatten([for sink in var.sinks : sink.metrics.accepted])
    arrivals     = values(local.arrivals)
    backlog      = flatten([for source in var.sources : source.metrics.backlog])
    dead_letters = flatten([for source in var.sources : source.metrics.dead_letters])
    latency      = flatten([for endpoint in var.endpoints : endpoint.metrics.latency])
    pressure     = flatten([for sink in var.sinks : sink.metrics.pressure])
    requests     = flatten([for endpoint in var.endpoints : endpoint.metrics.requests])
    wait         = flatten([for source in var.sources : source.metrics.wait])
    } : place => [for metric in metrics : concat(
      [metric.namespace, metric.name],
      flatten([for name, value in metric.dimensions : [name, value]]),
      [{ for name, value in { label = metric.label, stat = metric.statistic, yAxis = metric.right ? "right" : null } : name => value if value != null }],
  )] }
}
