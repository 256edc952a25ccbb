# SNS → SQS → Lambda: batches, partial batch responses and a configurable number of attempts.

resource "aws_sqs_queue" "events" {
  count = local.queued ? 1 : 0

  name                       = local.queue
  kms_master_key_id          = var.key_arn
  message_retention_seconds  = var.queue.retention_seconds
  policy                     = local.queue_policies[local.queue]
  visibility_timeout_seconds = local.visibility_seconds

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    maxReceiveCount     = var.queue.max_receive_count
  })
}

resource "aws_sns_topic_subscription" "queue" {
  count = local.queued ? 1 : 0

  topic_arn      = local.topic.arn
  protocol       = "sqs"
  endpoint       = aws_sqs_queue.events[0].arn
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letter.arn })

  # Raw delivery would drop the SNS message id, which prediction ids are derived from.
  raw_message_delivery = false
}

resource "aws_lambda_event_source_mapping" "queue" {
  count = local.queued ? 1 : 0

  event_source_arn = aws_sqs_queue.events[0].arn
  function_name    = var.alias.arn

  batch_size                         = var.mapping.batch_size
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = var.mapping.window_seconds

  # Without a limit Lambda starts with five batches at once and adds more, whatever the function's concurrency is; messages
  # that it receives for throttled invocations count as failed, and end in the dead-letter queue.
  scaling_config {
    maximum_concurrency = local.maximum_concurrency
  }

  depends_on = [aws_iam_role_policy.receive]
}

resource "aws_iam_role_policy" "receive" {
  count = local.queued ? 1 : 0

  name   = "event-topic"
  role   = var.role_name
  policy = local.policy
}

locals {
  policy = one([for queue in aws_sqs_queue.events : jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = queue.arn
    }]
  })])
}
