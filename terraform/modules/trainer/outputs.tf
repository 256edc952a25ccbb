output "alarms" {
  description = "The trainer's alarms, as data."
  value       = local.alarms
}

output "alias_arn" {
  description = "ARN of the alias that callers, such as a workflow, invoke."
  value       = module.function.alias.arn
}

output "function_name" {
  description = "Name of the function."
  value       = module.function.function_name
}

output "log_group" {
  description = "Name of the function's log group."
  value       = module.function.log_group
}

output "tables" {
  description = "Where in the model store's bucket tables are that the function may read."
  value       = { bucket = var.model_store.bucket, prefix = local.tables }
}
