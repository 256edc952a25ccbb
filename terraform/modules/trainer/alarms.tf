# Alarms as data: observability creates them, and describes the members.
locals {
  metric  = { namespace = "AWS/Lambda", dimensions = { FunctionName = module.function.function_name } }
  slow_ms = var.timeout_seconds * 1000 * var.slow_percent / 100

  alarms = {
    # No threshold: each is a model that an operator or a workflow waits for.
    "trainer-failed" = {
      meaning = "A training failed: no version of the model was made."
      runbook = "A training fails or is slow"
      metrics = { errors = merge(local.metric, { name = "Errors", statistic = "Sum" }) }
      above   = 0
      missing = "notBreaching" # no training, so none failed
    }

    "trainer-slow" = {
      meaning = "A training took more than ${var.slow_percent} % of the function's ${var.timeout_seconds} s: with more rows it will not end."
      runbook = "A training fails or is slow"
      metrics = { duration = merge(local.metric, { name = "Duration", statistic = "Maximum" }) }
      above   = local.slow_ms
      missing = "notBreaching" # no training, so none was slow
    }
  }
}
