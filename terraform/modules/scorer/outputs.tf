output "alarms" {
  description = "The scorer's alarms, as data."
  value       = local.alarms
}

output "alias" {
  description = "The alias that sources invoke."
  value       = module.function.alias
}

output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "log_group" {
  description = "Name of the function's log group."
  value       = module.function.log_group
}

output "memory_mb" {
  description = "Memory of the function."
  value       = module.function.memory_mb
}

output "release_poll_seconds" {
  description = "Minimum interval at which the scorer polls for a new release."
  value       = var.release_poll_seconds
}

output "reserved_concurrency" {
  description = "Maximum number of concurrent executions; -1 where the account's concurrency is shared."
  value       = var.reserved_concurrency
}

output "role_arn" {
  description = "ARN of the role."
  value       = module.function.role_arn
}

output "role_name" {
  description = "Name of the role that other modules attach their policies to."
  value       = module.function.role_name
}

output "timeout_seconds" {
  description = "Timeout of one batch."
  value       = var.timeout_seconds
}

output "version" {
  description = "The published version that the alias points to."
  value       = module.function.version
}
