locals {
  alarms = merge([for name, variant in var.variants : {
    "errors-${name}" = {
      meaning    = "More than ${var.alarms.errors} requests to variant ${name} were answered with 5xx in a minute."
      metric     = "Invocation5XXErrors"
      statistic  = "Sum"
      above      = var.alarms.errors
      periods    = 1
      dimensions = { EndpointName = var.name, VariantName = name }
    }
    # ModelLatency is in microseconds.
    "latency-${name}" = {
      meaning    = "One request of a hundred takes variant ${name} more than ${var.alarms.latency_seconds} s."
      metric     = "ModelLatency"
      statistic  = "p99"
      above      = var.alarms.latency_seconds * 1000000
      periods    = 3
      dimensions = { EndpointName = var.name, VariantName = name }
    }
  }]...)
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_actions       = var.alarm_topic_arns
  alarm_description   = "${each.value.meaning} What to do: docs/container.md, Alarms."
  comparison_operator = "GreaterThanThreshold"
  dimensions          = each.value.dimensions
  evaluation_periods  = each.value.periods
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  metric_name         = each.value.metric
  namespace           = "AWS/SageMaker"
  ok_actions          = var.alarm_topic_arns
  period              = 60
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  threshold           = each.value.above
  treat_missing_data  = "notBreaching" # no requests
}
