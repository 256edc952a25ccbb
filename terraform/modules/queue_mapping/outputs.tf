output "mapping" {
  description = "The settings of the mapping, with the limit of concurrent executions."
  value       = merge(var.mapping, { maximum_concurrency = local.maximum_concurrency })
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
