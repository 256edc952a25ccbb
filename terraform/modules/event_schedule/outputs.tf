output "source" {
  description = "The schedule as a source: type, name, arn (of the bucket), delivery, queues and mapping (null), concurrency, policy, metrics and alarms (none)."
  value       = local.source
}
