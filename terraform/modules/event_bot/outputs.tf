output "source" {
  description = "The bot as a source: type, name, arn, delivery, queues and mapping (null), concurrency, policy (null), metrics and alarms (none)."
  value       = local.source
}
