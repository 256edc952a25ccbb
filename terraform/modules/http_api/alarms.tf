# Alarms as data: observability creates them, and describes the members.
locals {
  lambda_metric = { namespace = "AWS/Lambda", dimensions = { FunctionName = module.function.function_name } }
  scorer_metric = { namespace = "Millrace", dimensions = { FunctionName = module.function.function_name } }
  # What callers see, which is more than what the function does.
  caller_metric = local.rest ? {
    namespace = "AWS/ApiGateway", dimensions = { ApiName = "${var.name}-http", Stage = local.stage }
    } : {
    namespace = "AWS/Lambda", dimensions = { FunctionName = module.function.function_name }
  }
  metric_names = local.rest ? {
    count = "Count", client_errors = "4XXError", server_errors = "5XXError", latency = "Latency"
    } : {
    count = "UrlRequestCount", client_errors = "Url4xxCount", server_errors = "Url5xxCount", latency = "UrlRequestLatency"
  }

  alarms = merge(local.capture_alarms, {
    "http-errors" = {
      meaning = "More than ${var.alarms.errors} requests made the function fail in {period}: their callers got 502."
      runbook = "Requests fail"
      metrics = { errors = merge(local.lambda_metric, { name = "Errors", statistic = "Sum" }) }
      above   = var.alarms.errors
      missing = "notBreaching" # no request, so none failed
    }

    # A share of a handful of requests means nothing, hence the minimum.
    "http-server-errors" = {
      meaning = "More than ${var.alarms.server_error_percent} % of the requests of {period} were answered with 500 or above."
      runbook = "Requests fail"
      metrics = {
        failed   = merge(local.caller_metric, { name = local.metric_names.server_errors, statistic = "Sum" })
        requests = merge(local.caller_metric, { name = local.metric_names.count, statistic = "Sum" })
      }
      expression = "IF(requests >= 20, 100 * FILL(failed, 0) / requests, 0)"
      above      = var.alarms.server_error_percent
      missing    = "notBreaching"
    }

    "http-latency" = {
      meaning    = "More than 1 % of requests took longer than ${var.alarms.latency_ms} ms."
      runbook    = "Answers are slow"
      metrics    = { latency = merge(local.caller_metric, { name = local.metric_names.latency, statistic = "p99" }) }
      above      = var.alarms.latency_ms
      periods    = 3
      datapoints = 2
      missing    = "notBreaching" # no request, so none was slow
    }

    "http-throttles" = {
      meaning = "Lambda throttled more than ${var.alarms.throttles} requests in {period}: the function's concurrency is too low."
      runbook = "The function is throttled"
      metrics = { throttles = merge(local.lambda_metric, { name = "Throttles", statistic = "Sum" }) }
      above   = var.alarms.throttles
      missing = "notBreaching"
    }

    # Its containers poll on their own: without events, the scorer's poll nothing.
    "http-release-refused" = {
      meaning = "A release failed verification. Running containers keep serving the last good release; new containers serve what is left of this one."
      runbook = "A release is refused"
      metrics = { refused = merge(local.scorer_metric, { name = "ReleaseRefused", statistic = "Sum" }) }
      above   = 0
      period  = 60
      missing = "notBreaching"
    }

    "http-release-stale" = {
      meaning = "A container has not been able to confirm for more than ${var.alarms.stale_seconds} s that it serves the release in the model store."
      runbook = "A release is stale"
      metrics = { stale = merge(local.scorer_metric, { name = "ReleaseStaleSeconds", statistic = "Maximum" }) }
      above   = var.alarms.stale_seconds
      period  = 60
      missing = "notBreaching"
    }
  })

  # As the scorer's.
  capture_alarms = local.captures ? {
    "http-capture-failures" = {
      meaning = "The endpoint could not write captured rows more than ${var.alarms.capture_failures} times in {period}: rows are lost when its memory for them is full, or when a container ends. Predictions are not affected."
      runbook = "Rows are not captured"
      metrics = { failures = merge(local.scorer_metric, { name = "CaptureFailures", statistic = "Sum" }) }
      above   = var.alarms.capture_failures
      missing = "notBreaching" # no request, so no row was lost
    }
  } : {}

  # What the dashboard shows of callers.
  metrics = {
    requests = [
      merge(local.caller_metric, { label = "requests", name = local.metric_names.count }),
      merge(local.caller_metric, { label = "refused (4xx)", name = local.metric_names.client_errors }),
      merge(local.caller_metric, { label = "failed (5xx)", name = local.metric_names.server_errors }),
      merge(local.scorer_metric, { label = "events answered with an error", name = "Rejected" }),
    ]
    latency = [
      merge(local.caller_metric, { label = "p50", name = local.metric_names.latency, statistic = "p50" }),
      merge(local.caller_metric, { label = "p99", name = local.metric_names.latency, statistic = "p99" }),
    ]
  }
}
