# A bus, the stack's own or an existing one, and the rule that selects the events to score.
resource "aws_cloudwatch_event_bus" "events" {
  count = var.existing == null ? 1 : 0

  name = "${var.name}-events"
}

resource "aws_cloudwatch_event_rule" "events" {
  name           = "${var.name}-events"
  description    = "Events that ${var.name}-scorer scores"
  event_bus_name = local.bus.name
  event_pattern  = coalesce(var.pattern, jsonencode({ account = [var.account.id] }))
}

resource "aws_cloudwatch_event_target" "scorer" {
  event_bus_name = local.bus.name
  rule           = aws_cloudwatch_event_rule.events.name
  arn            = var.alias.arn

  dead_letter_config {
    arn = aws_sqs_queue.dead_letter.arn
  }

  retry_policy {
    maximum_event_age_in_seconds = var.retry.event_age_seconds
    maximum_retry_attempts       = var.retry.maximum_retry_attempts
  }

  depends_on = [aws_lambda_permission.rule, aws_sqs_queue_policy.dead_letter]
}

resource "aws_lambda_permission" "rule" {
  statement_id  = "event-bus"
  action        = "lambda:InvokeFunction"
  function_name = var.alias.function_name
  principal     = "events.amazonaws.com"
  qualifier     = var.alias.name
  source_arn    = aws_cloudwatch_event_rule.events.arn
}

# Events that EventBridge could not hand to Lambda. SQS's own key: EventBridge would need a statement in the stack's.
resource "aws_sqs_queue" "dead_letter" {
  name                      = "${var.name}-event-bus-dead-letter"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "dead_letter" {
  queue_url = aws_sqs_queue.dead_letter.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Rule"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.dead_letter.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.events.arn } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.dead_letter.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

locals {
  bus = var.existing == null ? { arn = aws_cloudwatch_event_bus.events[0].arn, name = aws_cloudwatch_event_bus.events[0].name } : {
    arn  = var.existing.arn
    name = reverse(split("/", var.existing.arn))[0]
  }
}
