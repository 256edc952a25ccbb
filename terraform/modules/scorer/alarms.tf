# The scorer writes these metrics to its log (embedded metric format), so its role needs nothing for them. Without
# traffic there is no data, and nothing that could be wrong.
locals {
  alarm_actions = var.alarms.topic_arn == null ? [] : [var.alarms.topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "release_refused" {
  alarm_name        = "${local.function_name}-release-refused"
  alarm_description = "A release failed verification. Containers serve on with the last good one, new ones with what is left of it. See \"A release is refused\" in docs/runbook.md."

  namespace   = "Millrace"
  metric_name = "ReleaseRefused"
  dimensions  = { FunctionName = local.function_name }

  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "release_stale" {
  alarm_name        = "${local.function_name}-release-stale"
  alarm_description = "A container has not known for more than ${var.alarms.stale_seconds} s that it serves the release in the model store. See \"A release is stale\" in docs/runbook.md."

  namespace   = "Millrace"
  metric_name = "ReleaseStaleSeconds"
  dimensions  = { FunctionName = local.function_name }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.stale_seconds
  treat_missing_data  = "notBreaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.alarm_actions
}
