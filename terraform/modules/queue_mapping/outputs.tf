output "mapping" {
  description = "The settings of the mapping, with the limit of concurrent executions."
  value       = merge(var.mapping, { batch_size = local.batch_size, maximum_concurrency = local.maximum_concurrency, window_seconds = local.window_seconds })
}

output "metrics" {
  description = "Metrics of the queue: how long messages wait, and how many."
  value = {
    wait = [{ namespace = "AWS/SQS", name = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = var.queue_name }, label = "${var.label}, seconds", right = true }]
    backlog = [
      { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.queue_name }, label = "${var.label}: waiting" },
      { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesNotVisible", dimensions = { QueueName = var.queue_name }, label = "${var.label}: in flight" },
    ]
  }
}

output "policy" {
  description = "JSON of the policy that receiving needs."
  value       = local.policy
}
