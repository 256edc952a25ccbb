output "alarms" {
  description = "The workflow's alarms, as data."
  value       = local.alarms
}

output "function_name" {
  description = "Name of the function that decides."
  value       = module.function.function_name
}

output "log_group" {
  description = "Name of its log group."
  value       = module.function.log_group
}

output "rule" {
  description = "Name of the rule that has the release brought back after executions that were stopped or timed out."
  value       = aws_cloudwatch_event_rule.ended.name
}

output "stages" {
  description = "Shares of the keys that a challenger serves, stage by stage."
  value       = var.stages
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.release.arn
}

output "training" {
  description = "Whether the workflow can train a version."
  value       = local.training_kind != null
}
