# Events arrive, and nothing is predicted. Two consecutive periods: the first may hold an event that came at its end, whose
# prediction is in the second.
#
# Where all that the scorer read were records that the manifest ignores, or objects that gave no event, as those that are
# handed to a batch, no prediction is expected.
#
# The sources count what arrives, because a stopped scorer emits nothing. Each metric is filled with 0, because absence is
# what the alarm looks for: no data on predictions means no predictions, no data on events means no events. So the
# expression has a value in every period. If it has none, because CloudWatch has never seen one of the metrics, the alarm is
# in INSUFFICIENT_DATA rather than guess.
locals {
  arrivals = { for key, source in var.sources : key => source.metrics.arrivals if source.metrics.arrivals != null }

  silence = { for key, alarm in {
    "scorer-no-predictions" = {
      meaning = "For ${var.alarms.silent_minutes} minutes events have arrived, and nothing was predicted."
      runbook = "No predictions while events arrive"
      metrics = merge(
        { for key, metric in local.arrivals : key => merge(metric, { statistic = "Sum" }) },
        { for key, name in { predictions = "Predictions", scored = "Events", ignored = "IgnoredEvents" } :
        key => { namespace = "Millrace", name = name, dimensions = { FunctionName = local.scorer }, statistic = "Sum" } },
      )
      expression = "IF(${join(" + ", [for key in keys(local.arrivals) : "FILL(${key}, 0)"])} > 0 AND FILL(predictions, 0) == 0 AND (FILL(ignored, 0) == 0 OR FILL(scored, 0) > FILL(ignored, 0)), 1, 0)"
      above      = 0
      period     = var.alarms.silent_minutes * 30
      periods    = 2
      missing    = "missing"
    }
  } : key => alarm if length(local.arrivals) > 0 }
}
