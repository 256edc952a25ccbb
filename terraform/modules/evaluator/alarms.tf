# The evaluator writes these metrics to its log (embedded metric format), so its role needs nothing for them.
locals {
  alarm_actions = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]
}

# Missing data is what this is about: a schedule that is off, a function that fails or runs out of time.
resource "aws_cloudwatch_metric_alarm" "not_done" {
  alarm_name        = "${local.function_name}-not-done"
  alarm_description = "For three hours no evaluation has got through all its hours: metrics and verdicts are old. See \"The evaluation is not done\" in docs/runbook.md."

  namespace   = "Millrace"
  metric_name = "EvaluationsDone"
  dimensions  = { FunctionName = local.function_name }

  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "outcomes_quarantined" {
  alarm_name        = "${local.function_name}-outcomes-quarantined"
  alarm_description = "Outcomes came that cannot be read; they are in no metric. See \"Outcomes are quarantined\" in docs/runbook.md."

  namespace   = "Millrace"
  metric_name = "OutcomesQuarantined"
  dimensions  = { FunctionName = local.function_name }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.alarm_actions
}
