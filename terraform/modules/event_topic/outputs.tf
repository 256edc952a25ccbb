output "arn" {
  description = "ARN of the topic. Known once it accepts TLS only."
  value       = local.topic.arn
  depends_on  = [aws_sns_topic_policy.events]
}

output "dead_letter_queue_url" {
  description = "Queued: the queue for events that the scorer failed too many times. Direct: null."
  value       = local.queued ? aws_sqs_queue.dead_letter.url : null
}

output "delivery" {
  description = "How events get from the topic to the scorer."
  value       = var.delivery
}

output "queue_url" {
  description = "Queued: the queue between topic and scorer. Direct: null."
  value       = one(aws_sqs_queue.events[*].url)
}

output "source" {
  description = "The topic as a source: type, name, arn, delivery, queues, mapping, concurrency, policy, metrics and alarms."
  value       = local.source
}

output "undelivered_queue_url" {
  description = "The queue for events that SNS could not deliver; when queued, the same as the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.url
}
