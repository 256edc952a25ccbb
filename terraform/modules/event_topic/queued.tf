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

module "mapping" {
  source = "../queue_mapping"
  count  = local.queued ? 1 : 0

  alias               = var.alias
  default_concurrency = var.default_concurrency
  label               = "event topic"
  mapping             = var.mapping
  policy_name         = "event-topic"
  queue_arn           = aws_sqs_queue.events[0].arn
  queue_name          = aws_sqs_queue.events[0].name
  role_name           = var.role_name
  setting             = "event_topic"
}
