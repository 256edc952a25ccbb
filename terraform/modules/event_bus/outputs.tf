output "source" {
  description = "The bus as a source: type, name, arn, delivery and queues, mapping (null), concurrency, policy (null), metrics and alarms."
  value       = local.source
}
