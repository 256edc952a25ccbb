# Sources, sinks and functions bring their alarms as data; the one that looks across them is here. One resource creates
# all of them, so that none lacks a topic, a runbook section or a decision on missing data.
#
#   meaning  what is the case when the alarm fires; "{period}" is replaced by the period that it looks at
#   runbook  the section of docs/runbook.md that describes what to do
#   metrics  by id: namespace, name, dimensions and statistic; more than one need an `expression`
#   above    the threshold; or `below`
#   missing  how a period without data is treated
#
# Defaults: period is var.alarms.period_seconds, periods is 1, datapoints (how many of the periods) is all of them.
locals {
  alarms = { for key, alarm in merge(local.silence, [
    for watched in concat(values(var.functions), values(var.sinks), values(var.sources)) : watched.alarms
    ]...) : key => merge(
    { above = null, below = null, datapoints = null, expression = null, period = var.alarms.period_seconds, periods = 1 },
    { for member, value in alarm : member => value if value != null },
  ) }

  # The only metric of an alarm; null where there is an expression over several.
  metric     = { for key, alarm in local.alarms : key => alarm.expression == null ? values(alarm.metrics)[0] : null }
  percentile = { for key, metric in local.metric : key => startswith(try(metric.statistic, ""), "p") }
}

resource "aws_cloudwatch_metric_alarm" "alarm" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${replace(each.value.meaning, "{period}", "${each.value.period / 60} min")} See \"${each.value.runbook}\" in docs/runbook.md."

  comparison_operator = each.value.above == null ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.above == null ? each.value.below : each.value.above
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = coalesce(each.value.datapoints, each.value.periods)
  treat_missing_data  = each.value.missing

  # A single metric is part of the alarm itself …
  namespace          = try(local.metric[each.key].namespace, null)
  metric_name        = try(local.metric[each.key].name, null)
  dimensions         = try(local.metric[each.key].dimensions, null)
  period             = local.metric[each.key] == null ? null : each.value.period
  statistic          = local.percentile[each.key] ? null : try(local.metric[each.key].statistic, null)
  extended_statistic = local.percentile[each.key] ? local.metric[each.key].statistic : null

  # With few samples the p99 is about the slowest batch, which is what matters then.
  evaluate_low_sample_count_percentiles = local.percentile[each.key] ? "evaluate" : null

  # … several are queries next to an expression over them.
  dynamic "metric_query" {
    for_each = { for id, metric in each.value.metrics : id => metric if local.metric[each.key] == null }

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        period      = each.value.period
        stat        = metric_query.value.statistic
      }
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression[*]

    content {
      id          = "value"
      expression  = metric_query.value
      label       = each.key
      return_data = true
    }
  }

  alarm_actions = [local.topic_arn]
  ok_actions    = [local.topic_arn]
}
