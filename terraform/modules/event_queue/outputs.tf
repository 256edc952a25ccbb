output "arn" {
  description = "ARN of the queue."
  value       = local.events.arn
}

output "queue_url" {
  description = "URL of the queue."
  value       = local.events.url
}

output "source" {
  description = "The queue as a source: type, name, arn, delivery (null), queues, mapping, concurrency, policy, metrics and alarms."
  value       = local.source
}
