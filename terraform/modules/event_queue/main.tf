locals {
  fifo   = var.existing == null ? var.queue.fifo : endswith(var.existing.arn, ".fifo")
  ending = local.fifo ? ".fifo" : ""

  # A batch may wait for its window, reach the function's timeout and be retried before SQS delivers it again.
  visibility_seconds = coalesce(var.queue.visibility_seconds, 6 * var.function_timeout_seconds + (local.fifo ? 0 : var.mapping.window_seconds))

  made = one([for i, queue in aws_sqs_queue.events : {
    arn             = queue.arn
    dead_letter     = aws_sqs_queue.dead_letter[i].name
    dead_letter_url = aws_sqs_queue.dead_letter[i].url
    name            = queue.name
    url             = queue.url
  }])

  # arn:partition:sqs:region:account:name
  existing_parts = split(":", try(var.existing.arn, ""))
  existing_name  = reverse(local.existing_parts)[0]

  # A URL on AWS, where the owner did not state another one.
  given = var.existing == null ? null : {
    arn             = var.existing.arn
    dead_letter     = try(reverse(split("/", var.existing.dead_letter_queue_url))[0], null)
    dead_letter_url = var.existing.dead_letter_queue_url
    name            = local.existing_name
    url             = coalesce(var.existing.queue_url, "https://sqs.${local.existing_parts[3]}.${var.dns_suffix}/${local.existing_parts[4]}/${local.existing_name}")
  }

  events = var.existing == null ? local.made : local.given
}

resource "aws_sqs_queue" "events" {
  count = var.existing == null ? 1 : 0

  name                       = "${var.name}-event-queue${local.ending}"
  fifo_queue                 = local.fifo ? true : null
  kms_master_key_id          = var.key_arn
  message_retention_seconds  = var.queue.retention_seconds
  visibility_timeout_seconds = local.visibility_seconds

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[0].arn
    maxReceiveCount     = var.queue.max_receive_count
  })
}

# Events that the scorer failed max_receive_count times.
resource "aws_sqs_queue" "dead_letter" {
  count = var.existing == null ? 1 : 0

  name                      = "${var.name}-event-queue-dead-letter${local.ending}"
  fifo_queue                = local.fifo ? true : null
  kms_master_key_id         = var.key_arn
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letter" {
  count = var.existing == null ? 1 : 0

  queue_url = aws_sqs_queue.dead_letter[0].url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.events[0].arn]
  })
}

resource "aws_sqs_queue_policy" "tls_only" {
  for_each = var.existing == null ? { events = aws_sqs_queue.events[0], dead_letter = aws_sqs_queue.dead_letter[0] } : {}

  queue_url = each.value.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

module "mapping" {
  source = "../queue_mapping"

  alias               = var.alias
  default_concurrency = var.default_concurrency
  fifo                = local.fifo
  label               = "event queue"
  mapping             = var.mapping
  policy_name         = "event-queue"
  queue_arn           = local.events.arn
  queue_key_arn       = try(var.existing.key_arn, null)
  queue_name          = local.events.name
  role_name           = var.role_name
  setting             = "event_queue"
}
