output "alarms" {
  description = "Names of the alarms."
  value       = [for alarm in aws_cloudwatch_metric_alarm.alarm : alarm.alarm_name]
}

output "dashboard" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.flow.dashboard_name
}

output "topic_arn" {
  description = "The SNS topic that alarms go to. Known once CloudWatch may publish to it."
  value       = local.topic_arn
  depends_on  = [aws_sns_topic_policy.alarms]
}
