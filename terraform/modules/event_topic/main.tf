# The topic and its dead-letter queue. queued.tf and direct.tf are the two deliveries to the scorer.
locals {
  queued = var.delivery == "queued"

  topic = var.existing == null ? { arn = aws_sns_topic.events[0].arn, name = aws_sns_topic.events[0].name } : {
    arn  = var.existing.arn
    name = reverse(split(":", var.existing.arn))[0]
  }

  # Queue policies name their own queue, so its ARN is needed before the queue exists.
  queue_arn_prefix = "arn:${var.account.partition}:sqs:${var.account.region}:${var.account.id}:"
  dead_letter      = "${var.name}-events-dead-letter"
  queue            = "${var.name}-events"

  # A batch may wait for its window, reach the function's timeout and be retried before SQS delivers it again.
  visibility_seconds = coalesce(var.queue.visibility_seconds, 6 * var.function_timeout_seconds + var.mapping.window_seconds)
}

resource "aws_sns_topic" "events" {
  count = var.existing == null ? 1 : 0

  name              = "${var.name}-events"
  kms_master_key_id = var.key_arn
}

# An existing topic keeps the policy that it has.
resource "aws_sns_topic_policy" "events" {
  count = var.existing == null ? 1 : 0

  arn = local.topic.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = local.topic.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# Queued: events that the scorer failed max_receive_count times. Queued and direct: events that SNS could not deliver.
resource "aws_sqs_queue" "dead_letter" {
  name                      = local.dead_letter
  kms_master_key_id         = var.key_arn
  message_retention_seconds = 1209600
  policy                    = local.queue_policies[local.dead_letter]

  redrive_allow_policy = !local.queued ? null : jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = ["${local.queue_arn_prefix}${local.queue}"]
  })
}
