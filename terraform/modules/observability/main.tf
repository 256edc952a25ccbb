# Every alarm is an entry of one map, which *_alarms.tf hold, by what is watched. What all of them share is here, so that
# none can lack a topic, a section of the runbook or a word on missing data.
#
#   means    what is the case when it rings
#   runbook  the section of docs/runbook.md that says what to do
#   metrics  by id: namespace, name, dimensions and statistic. More than one need an `expression`
#   above    the threshold; or `below`
#   missing  what a period without data counts as
#
# period, periods and datapoints (how many of the periods) are var.alarms.period_seconds, 1 and all unless said otherwise.
locals {
  scorer = var.scorer.function_name

  alarms = merge(local.flow_alarms, local.failure_alarms, local.release_alarms, local.evaluator_alarms)
}

resource "aws_cloudwatch_metric_alarm" "alarm" {
  for_each = local.alarms

  alarm_name        = "${var.name}-${each.key}"
  alarm_description = "${each.value.means} See \"${each.value.runbook}\" in docs/runbook.md."

  comparison_operator = can(each.value.above) ? "GreaterThanThreshold" : "LessThanThreshold"
  threshold           = try(each.value.above, each.value.below)
  evaluation_periods  = try(each.value.periods, 1)
  datapoints_to_alarm = try(each.value.datapoints, each.value.periods, 1)
  treat_missing_data  = each.value.missing

  # One metric stands in the alarm itself …
  namespace          = try(local.metric[each.key].namespace, null)
  metric_name        = try(local.metric[each.key].name, null)
  dimensions         = try(local.metric[each.key].dimensions, null)
  period             = local.metric[each.key] == null ? null : local.period[each.key]
  statistic          = local.percentile[each.key] ? null : try(local.metric[each.key].statistic, null)
  extended_statistic = local.percentile[each.key] ? local.metric[each.key].statistic : null

  # Few batches are not ignored: of fewer than a thousand the p99 is about the slowest, and there the slowest matters.
  evaluate_low_sample_count_percentiles = local.percentile[each.key] ? "evaluate" : null

  # … several stand beside an expression over them.
  dynamic "metric_query" {
    for_each = { for id, metric in each.value.metrics : id => metric if local.metric[each.key] == null }

    content {
      id = metric_query.key

      metric {
        namespace   = metric_query.value.namespace
        metric_name = metric_query.value.name
        dimensions  = metric_query.value.dimensions
        period      = local.period[each.key]
        stat        = metric_query.value.statistic
      }
    }
  }

  dynamic "metric_query" {
    for_each = [for expression in [try(each.value.expression, null)] : expression if expression != null]

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

locals {
  # The only metric of an alarm; null where there is an expression over several.
  metric     = { for key, alarm in local.alarms : key => can(alarm.expression) ? null : values(alarm.metrics)[0] }
  period     = { for key, alarm in local.alarms : key => try(alarm.period, var.alarms.period_seconds) }
  percentile = { for key, metric in local.metric : key => startswith(try(metric.statistic, ""), "p") }
}
