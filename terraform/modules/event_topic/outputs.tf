output "arn" {
  description = "The topic. Known once it takes TLS only."
  value       = aws_sns_topic.events.arn
  depends_on  = [aws_sns_topic_policy.events]
}

output "dead_letter_queue_url" {
  description = "Queued: where events go that the scorer failed too often. Direct: null."
  value       = local.queued ? aws_sqs_queue.dead_letter.url : null
}

output "delivery" {
  description = "How events get from the topic to the scorer."
  value       = var.delivery
}

output "executions" {
  description = "How many executions of the scorer to keep free for the topic at the least."
  value       = local.queued ? coalesce(var.mapping.maximum_concurrency, 2) : 1
}

output "name" {
  description = "The topic's name."
  value       = aws_sns_topic.events.name
}

output "queue_name" {
  description = "Queued: the name of the queue between topic and scorer. Direct: null."
  value       = one(aws_sqs_queue.events[*].name)
}

output "queue_url" {
  description = "Queued: the queue between topic and scorer. Direct: null."
  value       = one(aws_sqs_queue.events[*].url)
}

output "undelivered_queue_name" {
  description = "The name of the queue for events that SNS could not hand over; when queued, the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.name
}

output "undelivered_queue_url" {
  description = "Where events go that SNS could not hand over; when queued, the same as the dead-letter queue."
  value       = aws_sqs_queue.dead_letter.url
}
