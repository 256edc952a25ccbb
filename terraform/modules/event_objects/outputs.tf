output "source" {
  description = "The bucket as a source: type, name, arn, delivery, queues and mapping (null), concurrency, policy, metrics and alarms (none)."
  value       = local.source
}
