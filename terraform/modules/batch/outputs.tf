output "bucket" {
  description = "Name of the bucket with runs, below runs/, and what operators upload, below uploads/."
  value       = module.bucket.bucket
}

output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "log_group" {
  description = "Name of the function's log group."
  value       = module.function.log_group
}

output "planned_arn" {
  description = "ARN that the state machine has, of no resource: the scorer, which may start it, is made before it."
  value       = "${local.arn}:stateMachine:${local.state_machine}"
}

output "settings" {
  description = "What the estimate of a run depends on."
  value = {
    architecture         = coalesce(var.architecture, "arm64")
    items_per_invocation = var.items_per_invocation
    maximum_concurrency  = var.maximum_concurrency
    memory_mb            = var.memory_mb
  }
}

output "source" {
  description = "The batch as a source, in the form that all sources share."
  value       = local.source
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.batch.arn
}

output "workflow" {
  description = "The item workflow's state machine, and the topic of its notifications; null without one."
  value = one([for machine in aws_sfn_state_machine.workflow : {
    state_machine_arn = machine.arn
    topic_arn         = aws_sns_topic.workflow[0].arn
  }])
}
